"""Mounts a file system."""

from kernel import call, in_child, mount


def attack(world):
    def work():
        mount("none", "/tmp", "tmpfs")
        call("umount2", b"/tmp", 2)
        return "mounted"
    return in_child(work)
