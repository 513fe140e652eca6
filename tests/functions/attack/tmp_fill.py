"""Fills /tmp beyond its size."""


def attack(world):
    block = bytes(1 << 20)
    with open("/tmp/full", "wb", buffering=0) as file:
        for _ in range(600):
            if file.write(block) != len(block):
                return None
    return "600 MB"
