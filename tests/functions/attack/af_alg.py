"""Opens a socket to the kernel's cryptography."""

import socket


def attack(world):
    return socket.socket(38, socket.SOCK_SEQPACKET)
