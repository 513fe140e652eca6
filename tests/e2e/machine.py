"""What a server leaves on the machine: its processes, mounts, cgroups and network links, read from /proc and ip(8)."""

import os
import subprocess
import time

CGROUP_ROOT = "/sys/fs/cgroup"


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _stat(pid):
    """(parent, start time) of a process, or None when it is gone or a zombie."""
    text = read(f"/proc/{pid}/stat")
    if not text:
        return None
    fields = text.rsplit(")", 1)[1].split()
    return None if fields[0] in "ZX" else (int(fields[1]), int(fields[19]))


def processes():
    """pid → (parent, start time) of all living processes."""
    found = {int(name): _stat(name) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: stat for pid, stat in found.items() if stat}


def family(pid):
    """{(pid, start time)} of a process and all its descendants."""
    everyone = processes()
    members = {pid} & everyone.keys()
    while True:
        more = {child for child, (parent, _) in everyone.items() if parent in members} - members
        if not more:
            return {(member, everyone[member][1]) for member in members}
        members |= more


def alive(member):
    pid, started = member
    stat = _stat(pid)
    return stat is not None and stat[1] == started


def alive_pid(pid):
    return _stat(pid) is not None


# Takes in what lived in a group of systemd's before openfc made groups below it, a test's own processes too.
OWN_GROUP = "openfc-main"


def cgroups(pid):
    """The directories of a process's groups that were made for sandboxes."""
    found = set()
    for line in read(f"/proc/{pid}/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if "openfc" in path and os.path.basename(path) != OWN_GROUP:
            names = ([controllers.removeprefix("name=")] if controllers else ["unified", ""])
            found |= {os.path.join(CGROUP_ROOT, name, path.lstrip("/")) for name in names}
    return {path for path in found if os.path.isdir(path)}


def all_cgroups():
    """Every group on the machine that was made for sandboxes."""
    found = set()
    for directory, names, _ in os.walk(CGROUP_ROOT):
        found |= {os.path.join(directory, name) for name in names if "openfc" in name and name != OWN_GROUP}
    return found


def mounts(pid="self"):
    """Mount points of a process's namespace that mention openfc or lie below a test's directory."""
    lines = read(f"/proc/{pid}/mountinfo").splitlines()
    return {line.split(" ")[4] for line in lines if "openfc" in line}


def links():
    """Names of the network links of the host's namespace."""
    output = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    return {line.split(":")[1].strip().split("@")[0] for line in output.splitlines()}


def named_namespaces():
    return set(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else set()


def other_servers(but=()):
    """Pids of openfc servers on this machine beside those given: then only a server's own family can be judged."""
    found = set()
    for pid in processes():
        command = read(f"/proc/{pid}/cmdline").split("\0")
        if os.path.basename(command[0]) == "openfc" and "serve" in command:
            found.add(pid)
    return found - set(but)


def wait_until(condition, seconds=10, interval=0.02):
    """Polls `condition` until it is true; returns its value, false after the time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(interval)


class Snapshot:
    """The machine before a server started; says what is there beyond it."""

    def __init__(self):
        self.mounts, self.links, self.namespaces = mounts(), links(), named_namespaces()
        self.cgroups = all_cgroups()

    def extra(self):
        found = {"mounts": mounts() - self.mounts, "links": links() - self.links,
                 "namespaces": named_namespaces() - self.namespaces, "cgroups": all_cgroups() - self.cgroups}
        return {name: sorted(values) for name, values in found.items() if values}
