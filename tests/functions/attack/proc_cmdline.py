"""Reads how the host was booted."""

from kernel import read


def attack(world):
    return read("/proc/cmdline").strip()
