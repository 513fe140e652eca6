"""Connects to a Unix socket in the host's file system."""

import socket


def attack(world):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect("/mnt" + world["pathSocket"])
        return client.recv(100).decode() == world["secret"]
