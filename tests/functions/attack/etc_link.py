"""Writes into the root that all sandboxes share, through a link in /tmp."""

import os


def attack(world):
    os.symlink("/etc", "/tmp/link")
    with open("/tmp/link/openfc-attack", "w") as file:
        file.write("x")
    os.remove("/tmp/link/openfc-attack")
    return "written"
