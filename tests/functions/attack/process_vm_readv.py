"""Reads a secret from the memory of a process of the host."""

import ctypes

from kernel import call


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def attack(world):
    size = len(world["secret"])
    buffer = ctypes.create_string_buffer(size)
    here = Vector(ctypes.addressof(buffer), size)
    there = Vector(world["canaryAddress"], size)
    call("process_vm_readv", world["canaryPid"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return buffer.raw.decode() == world["secret"]
