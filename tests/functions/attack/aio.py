"""Takes contexts of asynchronous file I/O: the machine has one small table of them for everybody."""

import ctypes

from kernel import call


def attack(world):
    context = ctypes.c_ulong(0)
    call("io_setup", 128, ctypes.byref(context))
    return f"context {context.value:#x}"
