"""Asks for the processor's input and output ports."""

from kernel import call


def attack(world):
    return call("iopl", 3) == 0
