"""Changes its segment table, old and seldom tested code of the kernel."""

import ctypes
import struct

from kernel import call


def attack(world):
    entry = struct.pack("<IIII", 0, 0, 0xfffff, 0x51)
    return call("modify_ldt", 0x11, ctypes.create_string_buffer(entry, 16), 16) == 0
