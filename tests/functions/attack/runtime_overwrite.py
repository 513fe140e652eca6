"""Overwrites the bootstrap that every later instance starts with."""

import os


def attack(world):
    base = "/var/fc/runtime/python"
    return os.open(os.path.join(base, sorted(os.listdir(base))[0]), os.O_WRONLY) >= 0
