"""Changes a file of its code through a hard or symbolic link in /tmp."""

import os


def attack(world):
    try:
        os.link("/code/index.py", "/tmp/index.py")
    except OSError:
        os.symlink("/code/index.py", "/tmp/index.py")
    return os.open("/tmp/index.py", os.O_WRONLY) >= 0
