"""Takes more processors than it is given."""

import os
import time

WORKERS, SECONDS = 8, 1.0


def spin(end):
    while time.monotonic() < end:
        for _ in range(20_000):
            pass
    os._exit(0)


def attack(world):
    end = time.monotonic() + SECONDS
    children = []
    for _ in range(WORKERS):
        child = os.fork()
        if child == 0:
            spin(end)
        children.append(child)
    used = 0.0
    for child in children:
        usage = os.wait4(child, 0)[2]
        used += usage.ru_utime + usage.ru_stime
    return used / SECONDS > 1.25 and f"{used:.2f} processors"
