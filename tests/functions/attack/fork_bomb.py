"""Starts processes without end."""

import os
import signal

WANTED = 1500


def attack(world):
    children = []
    try:
        while len(children) < WANTED:
            children.append(os.posix_spawn("/bin/sleep", ["sleep", "60"], {}))
        return f"{len(children)} processes"
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
