"""Leaves a daemon that ignores every signal it can, outside of session and group, and then does not answer in time."""

import ctypes
import os
import signal
import time

PR_SET_NAME = 15
NAME = b"fc-outlives"  # by which the host finds it


def daemon():
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_NAME, NAME, 0, 0, 0)
    while True:
        time.sleep(60)


def attack(world):
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        daemon()
    time.sleep(3)
    return None
