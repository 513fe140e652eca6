"""Becomes root in a user namespace of its own."""

from kernel import NEWUSER, call, in_child


def attack(world):
    def work():
        call("unshare", NEWUSER)
        return "entered"
    return in_child(work)
