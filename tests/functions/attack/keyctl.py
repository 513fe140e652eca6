"""Joins the session keyring."""

from kernel import call


def attack(world):
    return call("keyctl", 0, -3 & 0xffffffffffffffff, 1) > 0
