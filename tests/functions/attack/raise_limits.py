"""Raises a hard limit."""

import resource


def attack(world):
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 30, 1 << 30))
    return "raised"
