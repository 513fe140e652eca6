"""Takes an open file out of a process of the host."""

import os

from kernel import call


def attack(world):
    pidfd = call("pidfd_open", world["canaryPid"], 0)
    stolen = call("pidfd_getfd", pidfd, world["canaryFd"], 0)
    return os.pread(stolen, 100, 0).decode() == world["secret"]
