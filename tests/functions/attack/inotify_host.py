"""Watches a file of the host, to learn when it is used."""

import ctypes
import os

IN_ALL_EVENTS = 0xfff


def attack(world):
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(0)
    for path in (world["canaryFile"], "/mnt" + world["canaryFile"]):
        if libc.inotify_add_watch(queue, path.encode(), IN_ALL_EVENTS) >= 0:
            return f"watches {path}"
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
