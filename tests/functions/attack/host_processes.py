"""Reads the command line of a process of the host."""

from kernel import read


def attack(world):
    return world["scope"] in read(f"/proc/{world['canaryPid']}/cmdline")
