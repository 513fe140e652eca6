"""Handles page faults of the kernel itself: the tool that makes its races easy to win."""

from kernel import call


def attack(world):
    return call("userfaultfd", 0) >= 0
