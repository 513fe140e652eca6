"""Takes precedence over all neighbours."""

import os

from kernel import in_child


def attack(world):
    def work():
        os.nice(-10)
        return "raised"
    return in_child(work)
