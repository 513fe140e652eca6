"""Sends the machine a magic key ("h": help)."""


def attack(world):
    with open("/proc/sysrq-trigger", "w") as file:
        file.write("h")
    return "sent"
