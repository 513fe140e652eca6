"""Watches all of a processor."""

import ctypes
import struct

from kernel import call


def attack(world):
    attributes = struct.pack("<IIQ", 1, 112, 0) + bytes(96)  # software event: processor clock
    return call("perf_event_open", ctypes.create_string_buffer(attributes, 112), -1 & 0xffffffffffffffff, 0,
                -1 & 0xffffffffffffffff, 0) >= 0
