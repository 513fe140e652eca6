"""Leaves a daemon that works between the requests; the second call looks how far it came."""

import os
import time

PATH = "/tmp/counter"


def daemon():
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    with open(PATH, "w") as file:
        while True:
            file.seek(0)
            file.write(str(time.monotonic()))
            file.flush()
            time.sleep(0.01)


def attack(world):
    if not os.path.exists(PATH):
        child = os.fork()
        if child == 0:
            daemon()
        os.waitpid(child, 0)
        while not os.path.exists(PATH) or not os.path.getsize(PATH):
            time.sleep(0.01)
        return None
    # It wrote all the time, or stood still since shortly after the first call.
    return time.monotonic() - float(open(PATH).read()) < 0.2
