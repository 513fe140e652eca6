"""Enters the host's mount namespace through a descriptor that the launcher left open."""

from kernel import NEWNS, call, in_child, read, wide_descriptors


def attack(world):
    def work():
        for fd, target in wide_descriptors().items():
            if target.startswith("mnt:["):
                call("setns", fd, NEWNS)
                if read(world["canaryFile"]) == world["secret"]:
                    return "read the host's file"
        return None
    return in_child(work)
