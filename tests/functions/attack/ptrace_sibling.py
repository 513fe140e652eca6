"""Traces another process of the sandbox: the way to rewrite a process that holds more rights."""

import os
import signal

from kernel import call

ATTACH, DETACH = 16, 17


def attack(world):
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    try:
        call("ptrace", ATTACH, child, 0, 0)
        os.waitpid(child, 0x40000000)
        call("ptrace", DETACH, child, 0, 0)
        return "attached"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
