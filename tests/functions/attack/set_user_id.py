"""Runs a program of root's that has the set-user-id bit."""

import os
import signal


def attack(world):
    reader, writer = os.pipe()
    child = os.posix_spawn("/usr/bin/su", ["su", "-c", "id"], {}, file_actions=[(os.POSIX_SPAWN_DUP2, reader, 0)])
    try:
        while os.readlink(f"/proc/{child}/exe") != "/usr/bin/su":
            pass
    except OSError:
        pass  # a process of another user does not show its program: the status tells
    try:
        status = open(f"/proc/{child}/status").read()
    finally:
        os.close(writer)
        try:
            os.kill(child, signal.SIGKILL)
        except OSError:
            pass
        os.waitpid(child, 0)
    user = next(line for line in status.splitlines() if line.startswith("Uid:")).split()
    return user[2] == "0" and user[1] != "0" and status
