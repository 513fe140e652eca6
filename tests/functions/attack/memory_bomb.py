"""Takes four times its memory."""


def attack(world):
    return len(bytearray(b"x") * (world["bytes"])) == world["bytes"]
