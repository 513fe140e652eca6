"""Loads a BPF program."""

import ctypes
import struct

from kernel import call


def attack(world):
    code = struct.pack("<QQ", 0xb7, 0x95)  # r0 = 0; exit
    instructions = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("<IIQQIIQ", 1, 2, ctypes.addressof(instructions), ctypes.addressof(licence), 0, 0, 0)
    attributes += bytes(72 - len(attributes))
    return call("bpf", 5, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes)) >= 0
