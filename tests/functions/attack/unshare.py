"""Makes namespaces of its own."""

from kernel import NEWNET, NEWNS, NEWPID, NEWUTS, call, in_child


def attack(world):
    def work():
        call("unshare", NEWNS | NEWUTS | NEWPID | NEWNET)
        return "made"
    return in_child(work)
