"""Changes its root."""

import os

from kernel import NEWNS, call, in_child, mount


def attack(world):
    def work():
        call("unshare", NEWNS)
        mount("none", "/tmp", "tmpfs")
        os.mkdir("/tmp/old")
        call("pivot_root", b"/tmp", b"/tmp/old")
        return os.listdir("/") == ["old"]
    return in_child(work)
