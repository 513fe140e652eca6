"""Leaves a daemon that works between the requests; the second call asks it for the longest time that it stood still."""

import os
import time

PATH = "/tmp/longest"


def daemon():
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    longest, last = 0.0, time.monotonic()
    while True:
        time.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
        with open(PATH + ".new", "w") as file:
            file.write(f"{longest} {last}")
        os.rename(PATH + ".new", PATH)


def longest_since(start):
    """What the daemon has written after `start`."""
    while True:
        if os.path.exists(PATH):
            longest, last = open(PATH).read().split()
            if float(last) > start:
                return float(longest)
        time.sleep(0.005)


def attack(world):
    first = not os.path.exists(PATH)
    if first:
        child = os.fork()
        if child == 0:
            daemon()
        os.waitpid(child, 0)
    longest = longest_since(time.monotonic())
    return not first and longest < 0.3 and f"never stood still longer than {longest:.2f} s"
