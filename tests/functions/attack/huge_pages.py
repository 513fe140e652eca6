"""Takes huge pages that are reserved for the host: no memory limit counts them."""

import mmap
import os

MAP_HUGETLB, MFD_HUGETLB = 0x40000, 4
SIZE = 2 << 20


def anonymous():
    return mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_HUGETLB)


def of_file():
    file = os.memfd_create("huge", MFD_HUGETLB)
    os.ftruncate(file, SIZE)
    return mmap.mmap(file, SIZE)


def attack(world):
    last = None
    for way in (anonymous, of_file):
        try:
            memory = way()
            memory[0] = memory[SIZE - 1] = 1
            return f"{way.__name__}: a huge page"
        except OSError as error:
            last = error
    raise last
