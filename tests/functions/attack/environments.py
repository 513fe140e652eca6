"""Looks for a secret in the environments of all processes, and in what its own process can see of its surroundings."""

import os

PLACES = ("environ", "cmdline", "mounts", "mountinfo", "cgroup", "maps", "net/unix")


def attack(world):
    for name in ["self", *filter(str.isdigit, os.listdir("/proc"))]:
        for place in PLACES:
            try:
                with open(f"/proc/{name}/{place}", "rb") as file:
                    if world["environmentSecret"].encode() in file.read():
                        return f"/proc/{name}/{place}"
            except OSError:
                pass
    return None
