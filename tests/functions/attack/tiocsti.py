"""Types into a terminal."""

import fcntl
import os
import struct

from kernel import call, in_child, mount

TIOCSTI, TIOCSPTLCK = 0x5412, 0x40045431


def attack(world):
    for fd in (0, 1, 2):
        try:
            fcntl.ioctl(fd, TIOCSTI, b"x")
            return "typed"
        except OSError:
            pass

    def work():
        os.setsid()
        os.mkdir("/tmp/pts")
        mount("none", "/tmp/pts", "devpts", 0, "newinstance,ptmxmode=0666")
        master = os.open("/tmp/pts/ptmx", os.O_RDWR)
        fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
        terminal = os.open("/tmp/pts/0", os.O_RDWR)
        fcntl.ioctl(terminal, TIOCSTI, b"x")
        return "typed"
    return in_child(work)
