"""Watches every file of a mount."""

from kernel import call


def attack(world):
    return call("fanotify_init", 0x4, 0) >= 0  # FAN_CLASS_CONTENT: decides on opens
