"""Makes a device node and opens it."""

import os
import stat


def attack(world):
    os.mknod("/tmp/device", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    with open("/tmp/device", "rb") as device:
        return len(device.read(16)) == 16
