"""Kills a process of the host."""

import os
import signal


def attack(world):
    os.kill(world["canaryPid"], signal.SIGKILL)
    return "killed"
