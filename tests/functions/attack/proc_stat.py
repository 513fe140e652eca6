"""Watches what others do by the machine's counters: interrupts and switches of tasks come when they work."""

import time

FILES = ("/proc/stat", "/proc/interrupts", "/proc/softirqs", "/proc/schedstat", "/proc/pressure/cpu")


def counters(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def attack(world):
    before = {path: counters(path) for path in FILES}
    time.sleep(0.2)
    moving = [path for path in FILES if counters(path) != before[path]]
    return moving and "counters move: " + ", ".join(moving)
