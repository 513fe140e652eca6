"""No attack: the function next door. Keeps a secret in its /tmp and a port open, and says hello."""

import socket

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 9100))
listener.listen(16)


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.10", 9))
        except OSError:
            return ""
        return probe.getsockname()[0]


def attack(world):
    with open("/tmp/neighbour", "w") as file:
        file.write(world["neighbourSecret"])
    return own_address()
