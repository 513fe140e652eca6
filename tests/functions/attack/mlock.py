"""Locks memory that cannot be taken away again."""

import ctypes

from kernel import call


def attack(world):
    buffer = ctypes.create_string_buffer(1 << 20)
    return call("mlock", ctypes.addressof(buffer), 1 << 20) == 0
