"""Replaces the kernel (with no image, which would only unload one)."""

from kernel import call


def attack(world):
    return call("kexec_load", 0, 0, 0, 0x3e0000) == 0
