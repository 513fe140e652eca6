"""The same as a filter for its own system calls."""

import ctypes
import struct

from kernel import in_child, libc

PR_SET_SECCOMP, MODE_FILTER = 22, 2


def load():
    instructions = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))  # allow all
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(instructions)))
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, program, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, "prctl")
    return "loaded"


def attack(world):
    return in_child(load)
