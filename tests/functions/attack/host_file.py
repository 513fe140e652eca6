"""Reads a file of the host, of the server or of another function where the host's root may have been left."""

from kernel import read


def attack(world):
    return bool(read("/mnt" + world["path"]))
