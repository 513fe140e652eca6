"""Switches address randomisation off for what it executes."""

from kernel import call, in_child


def attack(world):
    def work():
        call("personality", 0x0040000)
        return "switched"
    return in_child(work)
