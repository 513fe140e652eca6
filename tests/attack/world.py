"""A machine for attacks: network namespaces of its own, and canaries on the host that no attack may touch."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys

NEWNS, NEWPID, NEWNET = 0x20000, 0x20000000, 0x40000000
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000
HOST, PUBLIC = "203.0.113.2", "203.0.113.10"
OUTSIDE = (PUBLIC, "203.0.113.1", "10.1.2.3", "172.16.9.9", "192.168.5.5", "100.100.100.200", "169.254.169.254")
PORT = 9000
KERNEL_SETTINGS = ("core_pattern", "hostname", "modprobe", "domainname", "randomize_va_space")

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags):
    if _libc.unshare(flags) != 0:
        sys.exit(f"attack: needs root and namespaces: {os.strerror(ctypes.get_errno())}")


def own_processes():
    """Goes on in a process namespace of its own, as its process 1: whoever may kill every process reaches nobody
    outside, and not this one. The process that was started waits, and ends as the other does."""
    unshare(NEWNS | NEWPID)
    child = os.fork()
    if child != 0:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    die_with_parent()
    mount(None, "/", None, RECURSIVE | PRIVATE)
    mount("proc", "/proc", "proc", 0)


def mount(source, target, kind, flags):
    words = [word if word is None else word.encode() for word in (source, target, kind)]
    if _libc.mount(*words, ctypes.c_ulong(flags), None) != 0:
        sys.exit(f"attack: cannot mount {target}: {os.strerror(ctypes.get_errno())}")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def huge_pages():
    """Whether the host has huge pages to lose."""
    with open("/proc/sys/vm/nr_hugepages") as file:
        return int(file.read()) > 0


def set_huge_pages(count):
    """Reserves them as far as this machine can. Returns how many there were before."""
    try:
        with open("/proc/sys/vm/nr_hugepages") as file:
            before = int(file.read())
        with open("/proc/sys/vm/nr_hugepages", "w") as file:
            file.write(str(count))
        return before
    except OSError:
        return 0


class Child:
    """A Python program of this folder that prints one line of JSON when it is ready, and ends with its parent."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), program), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.told = None

    def ready(self):
        self.told = json.loads(self.process.stdout.readline())
        return self

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class World:
    """This process moves into a network namespace that stands for the host's; another one is the world outside."""

    def __init__(self, directory):
        self.directory, self.scope = directory, f"openfc-attack-{os.getpid()}"
        self.secret, self.neighbour_secret = "host-secret-" + os.urandom(8).hex(), "neighbour-" + os.urandom(8).hex()
        # All that is started from here has it in its environment: the canary and the server.
        os.environ["ATTACK_SECRET"] = self.environment_secret = "environment-" + os.urandom(8).hex()
        self.canary_file = os.path.join(directory, "canary")
        with open(os.open(self.canary_file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(self.secret)
        self.share = os.path.join(directory, "share")
        self.settings = self._settings()
        self.canary = None
        self.huge_pages = set_huge_pages(4)
        unshare(NEWNET)
        ip("link", "set", "lo", "up")
        self.outside = None
        self.start_outside()
        self.start_canary()

    def make_share(self):
        """The directory that functions may mount, as its operator has made it."""
        shutil.rmtree(self.share, ignore_errors=True)
        for path in (self.share, f"{self.share}/team", f"{self.share}/team/b"):
            os.mkdir(path)
            os.chown(path, 10003, 10003)

    def share_config(self):
        """A share in a share, which the operator has to allow."""
        return ("allowNestedDirectories: true\nnas:\n"
                f"  - {{serverAddr: 'nas.example:/', directory: {self.share}}}\n"
                f"  - {{serverAddr: 'nas.example:/team/b', directory: {self.share}/team/b}}\n")

    def start_outside(self):
        self.outside = Child("outside.py", *OUTSIDE)
        self.outside.ready()
        ip("link", "add", "up0", "type", "veth", "peer", "name", "world0", "netns", str(self.outside.process.pid))
        ip("address", "add", f"{HOST}/24", "dev", "up0")
        ip("link", "set", "up0", "up")
        ip("route", "add", "default", "via", "203.0.113.1")
        self.outside.process.stdin.write("linked\n")
        self.outside.process.stdin.flush()
        self.outside.ready()

    def ask_outside_for_names(self):
        """In this mount namespace, which must be one's own, the host's resolver is the one outside."""
        path = os.path.join(self.directory, "resolv.conf")
        with open(path, "w") as file:
            file.write(f"nameserver {PUBLIC}\n")
        os.chmod(path, 0o644)
        mount(path, os.path.realpath("/etc/resolv.conf"), None, BIND)

    def restore(self):
        """Starts again what an attack has killed. Returns whether it had killed anything."""
        dead = not self.canary.alive()
        if not self.outside.alive():
            self.outside.stop()
            subprocess.run(["ip", "link", "delete", "up0"], check=False, stderr=subprocess.DEVNULL)
            self.start_outside()
        if dead:
            self.start_canary()
        return dead

    @staticmethod
    def _settings():
        return [open(f"/proc/sys/kernel/{name}").read() for name in KERNEL_SETTINGS
                if os.path.exists(f"/proc/sys/kernel/{name}")]

    def start_canary(self):
        self.stop_canary()
        self.canary = Child("canary.py", self.scope, self.directory, self.secret, HOST, str(PORT)).ready()

    def stop_canary(self):
        if self.canary:
            self.canary.stop()
            _libc.shmctl(self.canary.told["memoryId"], 0, None)  # IPC_RMID

    def event(self):
        """What an attack is told; more than a real attacker would know."""
        return {"scope": self.scope, "secret": self.secret, "neighbourSecret": self.neighbour_secret,
                "environmentSecret": self.environment_secret, "canaryFile": self.canary_file, **self.canary.told}

    def harm(self):
        """What an attack has done to the host, empty when all is as it was."""
        found = []
        if not self.canary.alive():
            found.append("the canary process was killed")
        with open(self.canary_file) as file:
            if file.read() != self.secret:
                found.append("the canary file was changed")
        if self._settings() != self.settings:
            found.append("settings of the kernel were changed")
        return found

    def close(self):
        self.stop_canary()
        self.outside.stop()
        set_huge_pages(self.huge_pages)


def die_with_parent():
    """For the children: SIGKILL when whoever started them ends."""
    _libc.prctl(1, signal.SIGKILL)
