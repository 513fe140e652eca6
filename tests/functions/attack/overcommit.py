"""Has the kernel promise more memory than there is, to all processes of the machine."""


def attack(world):
    with open("/proc/sys/vm/overcommit_memory", "r+") as file:
        before = file.read()
        # The same text again: to be allowed to write it is enough.
        file.seek(0)
        file.write(before)
    return "written"
