"""Changes its own code for all instances to come."""

import os


def attack(world):
    with open("/code/added.py", "w") as file:
        file.write("x = 1\n")
    os.remove("/code/added.py")
    return "written"
