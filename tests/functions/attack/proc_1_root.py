"""Reads a file of the host through the root of a process of the host."""

from kernel import read


def attack(world):
    for process in (1, world["canaryPid"]):
        try:
            if read(f"/proc/{process}/root{world['canaryFile']}") == world["secret"]:
                return f"through process {process}"
        except OSError as error:
            refused = error
    raise refused
