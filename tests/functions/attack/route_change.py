"""Gives its loopback another address by netlink."""

import errno
import os
import socket
import struct


def attack(world):
    message = struct.pack("<BBBBI", socket.AF_INET, 32, 0, 254, 1)  # address, /32, on link 1
    for kind in (1, 2):
        message += struct.pack("<HH4B", 8, kind, 127, 9, 9, 9)
    header = struct.pack("<IHHII", 16 + len(message), 20, 0x5 | 0x400, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.send(header + message)
        answer = link.recv(4096)
    error = -struct.unpack_from("<i", answer, 16)[0]
    if error not in (0, errno.EEXIST):
        raise OSError(error, os.strerror(error))
    return "added"
