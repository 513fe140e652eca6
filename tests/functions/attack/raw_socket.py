"""Opens a socket that can send any packet."""

import socket


def attack(world):
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
