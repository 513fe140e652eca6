"""Uncovers what the sandbox hides in /proc."""

import os

from kernel import call, in_child


def attack(world):
    def work():
        call("umount2", b"/proc/bus", 2)
        return bool(os.listdir("/proc/bus"))
    return in_child(work)
