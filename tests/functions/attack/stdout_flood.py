"""Prints without end."""

import sys


def attack(world):
    line = "x" * 1023 + "\n"
    for _ in range(64 << 10):
        sys.stdout.write(line)
    return "64 MB"
