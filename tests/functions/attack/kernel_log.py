"""Reads the kernel's log."""

from kernel import call


def attack(world):
    return call("syslog", 10, 0, 0) > 0
