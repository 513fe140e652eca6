"""Connects to an abstract Unix socket of the host."""

import socket


def attack(world):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect("\0" + world["abstractSocket"])
        return client.recv(100).decode() == world["secret"]
