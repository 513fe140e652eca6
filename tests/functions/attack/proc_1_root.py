"""Reads a file of the host through the root of process 1."""

from kernel import read


def attack(world):
    return read("/proc/1/root" + world["canaryFile"]) == world["secret"]
