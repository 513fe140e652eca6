"""Writes into /opt through a link in /tmp."""

import os


def attack(world):
    os.symlink("/opt", "/tmp/link")
    with open("/tmp/link/openfc-attack", "w") as file:
        file.write("x")
    os.remove("/tmp/link/openfc-attack")
    return "written"
