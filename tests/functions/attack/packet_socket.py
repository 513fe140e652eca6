"""Opens a socket that sees every frame of the link."""

import socket


def attack(world):
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x300)
