"""Opens a file system through the newer mount interface."""

from kernel import call


def attack(world):
    return call("fsopen", b"tmpfs", 0) >= 0
