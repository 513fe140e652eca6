"""Reads how much of its tables and memory the whole machine uses: that moves with the work of others."""

PATHS = ("vmstat", "zoneinfo", "buddyinfo", "partitions", "sys/fs/file-nr", "sys/fs/inode-nr", "sys/fs/dentry-state")


def attack(world):
    seen = []
    for path in PATHS:
        try:
            with open(f"/proc/{path}", "rb") as file:
                if file.read(64):
                    seen.append(path)
        except OSError:
            pass
    return " ".join(seen)
