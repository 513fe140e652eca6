"""Stores a key in a keyring of the kernel, which no namespace separates."""

from kernel import call


def attack(world):
    return call("add_key", b"user", b"openfc-attack", b"x", 1, -2 & 0xffffffffffffffff) > 0
