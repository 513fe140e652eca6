"""Takes a process of the host under its control."""

import os

from kernel import call, in_child

ATTACH, DETACH = 16, 17


def attack(world):
    def work():
        call("ptrace", ATTACH, world["canaryPid"], 0, 0)
        os.waitpid(world["canaryPid"], 0x40000000)
        call("ptrace", DETACH, world["canaryPid"], 0, 0)
        return "attached"
    return in_child(work)
