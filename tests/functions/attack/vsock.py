"""Opens a socket to the hypervisor."""

import socket


def attack(world):
    return socket.socket(40, socket.SOCK_STREAM)
