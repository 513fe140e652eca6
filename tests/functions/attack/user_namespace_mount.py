"""Mounts in a user namespace of its own: where many holes of the kernel begin."""

from kernel import NEWNS, NEWUSER, call, in_child, mount


def attack(world):
    def work():
        call("unshare", NEWUSER | NEWNS)
        mount("none", "/tmp", "tmpfs")
        return "mounted"
    return in_child(work)
