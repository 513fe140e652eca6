"""Hands the kernel a program for a socket's packets: what it is compiled to is charged to nobody."""

import socket
import struct

import ctypes

SO_ATTACH_FILTER = 26


def attack(world):
    instructions = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xffffffff))  # accept all
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(instructions))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    return "attached"
