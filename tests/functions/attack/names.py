"""Asks for names that nobody answers, as a crowd, until nobody else's names are answered either."""

import socket
import time

SECONDS = 8
QUESTIONS = 64


def question(number, label):
    return (number.to_bytes(2, "big") + b"\x01\x00\x00\x01" + bytes(6) + bytes([len(label)]) + label + b"\x04test\x00"
            + b"\x00\x01\x00\x01")


def flood(gateway):
    """Keeps as many questions open as the resolver takes of one sandbox."""
    end = time.monotonic() + SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        number = 0
        while time.monotonic() < end:
            for _ in range(QUESTIONS):
                number = (number + 1) % 65536
                sender.sendto(question(number, b"silent%d" % number), (gateway, 53))
            time.sleep(0.1)


def answered(gateway):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.5)
        asker.sendto(question(1, b"answered"), (gateway, 53))
        try:
            return len(asker.recv(512)) > 0
        except TimeoutError:
            return False


def attack(world):
    if world.get("crowd"):
        flood(world["gateway"])
        return ""
    time.sleep(3)
    tries = [answered(world["gateway"]) for _ in range(6)]
    return "" if any(tries) else f"{len(tries)} questions of somebody else were not answered"
