"""Kills every process it may: its own sandbox at most."""

import os
import signal


def attack(world):
    os.kill(-1, signal.SIGKILL)
    return "killed"
