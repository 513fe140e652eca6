"""Prints without end. That it may is no success: what counts is what the host keeps of it."""

import sys


def attack(world):
    line = "x" * 1023 + "\n"
    for _ in range(64 << 10):
        sys.stdout.write(line)
    sys.stdout.flush()
