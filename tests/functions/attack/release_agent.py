"""Opens a version 1 control group's release_agent, which the kernel runs as root on the host."""

import os

from kernel import NEWNS, call, in_child, mount


def attack(world):
    def work():
        call("unshare", NEWNS)
        os.mkdir("/tmp/groups")
        mount("none", "/tmp/groups", "cgroup", 0, "memory")
        # A write of the path that is there already would do; opening shows as much.
        return os.open("/tmp/groups/release_agent", os.O_WRONLY) >= 0
    return in_child(work)
