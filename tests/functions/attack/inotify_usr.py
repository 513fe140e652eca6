"""Watches the system's programs, which all functions share: who executes one is seen."""

import ctypes
import os

from kernel import libc

IN_OPEN = 0x20


def attack(world):
    watch = libc.inotify_init1(os.O_NONBLOCK)
    if libc.inotify_add_watch(watch, b"/usr/bin/env", IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), "inotify_add_watch")
    os.close(os.open("/usr/bin/env", os.O_RDONLY))  # stands for the function next door
    return len(os.read(watch, 4096)) > 0
