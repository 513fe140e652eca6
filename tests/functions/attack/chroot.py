"""Changes its root directory, the first step of the old way out of one."""

from kernel import call, in_child


def attack(world):
    def work():
        call("chroot", b"/tmp")
        return "changed"
    return in_child(work)
