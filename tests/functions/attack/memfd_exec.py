"""Executes a program that is no file, set-user-id, to be rid of the filter or to gain capabilities. That it runs is
allowed; it must gain nothing."""

import os
import subprocess
import sys

LOOK = "print(open('/proc/self/status').read())"


def attack(world):
    memory = os.memfd_create("program", 0)
    with open(os.path.realpath(sys.executable), "rb") as source:
        while chunk := source.read(1 << 20):
            os.write(memory, chunk)
    os.fchmod(memory, 0o6755)
    told = subprocess.run([f"/proc/self/fd/{memory}", "-S", "-c", LOOK], pass_fds=[memory], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False).stdout
    status = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
    if "Seccomp" not in status:
        raise RuntimeError(told[-200:])
    gained = [name for name, usual in (("Seccomp", "2"), ("CapEff", "0" * 16)) if status[name].strip() != usual]
    if not gained:
        raise PermissionError("the program runs, with the filter and without capabilities")
    return f"gained by {gained}"
