"""Crashes so that the kernel writes a core file."""

import os
import resource


def attack(world):
    child = os.fork()
    if child == 0:
        os.chdir("/tmp")
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        os.abort()
    status = os.waitpid(child, 0)[1]
    return os.WCOREDUMP(status)
