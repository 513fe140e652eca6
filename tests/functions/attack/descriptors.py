"""Opens descriptors without end."""

import os
import resource


def attack(world):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    base = os.open("/dev/null", os.O_RDONLY)
    opened = []
    try:
        while len(opened) < 150_000:
            opened.append(os.dup(base))
        return f"{len(opened)} descriptors"
    finally:
        if opened:
            os.closerange(opened[0], opened[-1] + 1)
