"""Attaches shared memory of the host."""

import ctypes

from kernel import call


def attack(world):
    identity = call("shmget", world["memoryKey"], 0, 0)
    address = call("shmat", identity, 0, 0o10000)
    return ctypes.string_at(address, len(world["secret"])).decode() == world["secret"]
