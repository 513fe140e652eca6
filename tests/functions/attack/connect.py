"""Connects to an address that it shall not reach and reads what is said there."""

import socket


def attack(world):
    with socket.create_connection((world["target"], world["port"]), timeout=1) as connection:
        if world.get("say"):
            connection.sendall(world["say"].encode())
        try:
            return connection.recv(100).decode("utf-8", "replace")
        except TimeoutError:
            return "connected, nothing was said"
