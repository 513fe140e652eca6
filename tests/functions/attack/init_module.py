"""Loads a kernel module; that it is not an ELF file is found out after the permission."""

import ctypes
import errno

from kernel import call


def attack(world):
    try:
        call("init_module", ctypes.create_string_buffer(4096), 4096, b"")
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            return "the kernel would have loaded it"
        raise
    return "loaded"
