"""Looks for descriptors of the launcher."""

from kernel import wide_descriptors


def attack(world):
    return wide_descriptors()
