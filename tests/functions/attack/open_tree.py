"""Clones a mount without its attributes."""

from kernel import call


def attack(world):
    return call("open_tree", -100 & 0xffffffffffffffff, b"/code", 1) >= 0
