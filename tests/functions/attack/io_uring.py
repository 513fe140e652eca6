"""Opens the submission ring that goes around the system call filter."""

import ctypes

from kernel import call


def attack(world):
    return call("io_uring_setup", 4, ctypes.create_string_buffer(120)) >= 0
