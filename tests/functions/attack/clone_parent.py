"""Makes a child for the parent of this process: the launcher's, where this process is a copy of a prepared one. Nobody
in the sandbox can reap it, and the sandbox does not end before it is reaped."""

import os
import signal

from kernel import call

CLONE_PARENT = 0x8000


def attack(world):
    reader, writer = os.pipe()
    child = call("clone", CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os.write(writer, str(os.getppid()).encode())
        os._exit(0)
    os.close(writer)
    parent = int(os.read(reader, 16))
    return parent != os.getpid() and f"a child of {parent}"
