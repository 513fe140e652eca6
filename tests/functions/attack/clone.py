"""Makes namespaces by the older call."""

import os

from kernel import NEWNS, NEWPID, call


def attack(world):
    child = call("clone", NEWNS | NEWPID | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "made"
