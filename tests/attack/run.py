"""run.py [--strict] BUILD_DIR [NAME…]: attacks a real server with real functions. Every attack must fail against the
server as it is, leave the host's canaries untouched and let a function next door work. Then each attack runs against
a server without the defence that stopped it (a build with OPENFC_TEST_HOOKS) and must succeed: that proves the defence.

Needs root. Everything happens in network and process namespaces of its own. Prints a line an attack, and
"attack: N passed, N failed, N skipped" at the end; exit status 0 only if none failed. --strict: an attack that this
machine cannot show to succeed has failed, too; so it is in the virtual machine of tests/vm, which lacks nothing."""

import errno
import http.client
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

HERE = pathlib.Path(__file__).resolve().parent
FUNCTIONS = HERE.parent / "functions" / "attack"
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from machine import read, wait_until  # noqa: E402
import rows  # noqa: E402
import world as worlds  # noqa: E402

# What the kernel answers to calls and files that it does not have; a switched-off filter does not say so.
ABSENT = {errno.ENOSYS, errno.ENOENT, errno.EAFNOSUPPORT, errno.ENODEV, errno.EOPNOTSUPP}
LOG_LIMIT = 48 << 20
IDLE = b"def handler(event, context):\n    return 'idle'\n"


class Outcome:
    def __init__(self, succeeded, detail="", number=0):
        self.succeeded, self.detail, self.errno = succeeded, detail, number

    def __str__(self):
        return " ".join(self.detail.split())[:110]


class Site:
    """One server, the functions on it, and the function next door."""

    def __init__(self, machine, without):
        import harness
        import instance_exec
        self.machine, self.harness, self.instance_exec = machine, harness, instance_exec
        machine.make_share()
        name, _, value = without.partition(": ")
        self.timeout = int(value) if name == "timeout" else None
        self.size = int(value) if name == "size" else None
        setting = without if value and name not in ("timeout", "size") else "freezeAfter: 100"
        off = [] if value else [layer for layer in without.split(",") if layer]
        self.server = harness.Server(f"{setting}\nadmissionWait: 30\n" + machine.share_config(), environment={
            "OPENFC_DEFENCES_OFF": ",".join(layer for layer in off if layer != "listen")} if off else {})
        if "listen" in off:
            self.listen_everywhere()
        try:
            self.server.start()
        except BaseException:
            self.server.remove()
            raise
        # From this process namespace another server is not seen, but its groups are: only our server's own are judged.
        self.server.alone = False
        self.client = self.server.client()
        self.must(self.client.post("/services", {"serviceName": "open", "internetAccess": True}))
        self.must(self.client.post("/services", {"serviceName": "closed", "internetAccess": False}))
        for name, address in (("whole", "nas.example:/"), ("part", "nas.example:/team/b")):
            self.must(self.client.post("/services", {"serviceName": name, "nasConfig": {
                "userId": 10003, "groupId": 10003, "mountPoints": [{"serverAddr": address, "mountDir": "/mnt/share"}]}}))
        self.deploy("open", rows.Attack("neighbour", ""))
        self.facts = {}
        self.neighbour_address = self.neighbour().detail
        self.facts = self._facts()

    def listen_everywhere(self):
        """Only with a key that is not the one for development."""
        command, everywhere = self.server.command(), f"0.0.0.0:{self.server.port}"
        command[command.index("--listen") + 1] = everywhere
        self.server.command = lambda: command
        with open(self.server.config_path, "a") as file:
            file.write(f"accessKeys:\n  - id: {self.harness.KEY_ID}\n    secret: {self.harness.KEY_SECRET}\n")

    @staticmethod
    def must(response):
        if response.status != 200:
            raise AssertionError(str(response))
        return response

    def deploy(self, service, attack):
        fcclient = self.harness.fcclient
        program = (FUNCTIONS / f"{attack.source}.py").read_bytes()
        files = {"bootstrap": (program, 0o100755)} if attack.custom else {
            "attack.py": program, **{path.name: path.read_bytes() for path in (FUNCTIONS / "common").glob("*.py")}}
        if attack.visitor:
            files = {**files, "attacker.py": files["index.py"], "index.py": IDLE}
        self.must(self.client.post(f"/services/{service}/functions", {
            "functionName": attack.name, "runtime": "custom" if attack.custom else "python3",
            "handler": "index.handler", "memorySize": attack.memory, "timeout": self.timeout or attack.timeout,
            "code": fcclient.zip_field(fcclient.make_zip(files))}))

    def _facts(self):
        """What rows name in braces."""
        packages = [path for path in pathlib.Path(self.server.directory).rglob("attack.py")
                    if b"function next door" in path.read_bytes()]
        files = [path for path in pathlib.Path(self.server.directory).iterdir() if path.is_file()]
        return {"apiPort": self.server.port, "adminPort": self.server.admin_port, "serverFile": str(max(
            files, key=lambda path: path.stat().st_size)), "neighbourCode": str(packages[0]),
                "neighbourAddress": self.neighbour_address, "gateway": gateway_of(self.neighbour_address)}

    def event(self, attack):
        event = {**self.machine.event(), **self.facts}
        for key, value in attack.event.items():
            braced = isinstance(value, str) and value.startswith("{")
            event[key] = event[value.strip("{}")] if braced else value
        return {**event, "size": self.size} if self.size else event

    def invoke(self, service, name, event):
        response = self.client.invoke(service, name, event)
        if response.status != 200 or response.header("x-fc-error-type"):
            return Outcome(False, f"{response.status} {response.body[:160].decode('utf-8', 'replace')}")
        answer = json.loads(response.body)
        return Outcome(answer["succeeded"], answer["detail"], answer.get("errno", 0))

    def visit(self, service, name, event):
        """The same by a program beside the function."""
        self.must(self.client.invoke(service, name, b""))
        instance = self.instance_exec.instance_of(self.client, service, name)
        command = ["python3", "-c", "import attacker, sys; print(attacker.handler(sys.argv[1], None))", json.dumps(event)]
        out, err, reason = self.instance_exec.run(self.client, service, name, instance, command)
        if reason != "exit status 0":
            return Outcome(False, f"{reason}: {err[-160:].decode('utf-8', 'replace')}")
        answer = json.loads(out)
        return Outcome(answer["succeeded"], answer["detail"], answer.get("errno", 0))

    def neighbour(self):
        return self.invoke("open", "neighbour", {"neighbourSecret": self.machine.neighbour_secret})

    def run(self, attack):
        self.neighbour()
        for service in attack.services or ("open" if attack.internet else "closed",):
            outcome = self.run_in(service, attack)
        return outcome

    def run_in(self, service, attack):
        self.deploy(service, attack)
        with ThreadPoolExecutor(attack.crowd + 1) as crowd:
            for _ in range(attack.crowd):
                crowd.submit(self.join_crowd, service, attack)
            for number in range(attack.calls):
                if number > 0:
                    time.sleep(0.6)  # past freezeAfter
                strike = self.visit if attack.visitor else self.invoke
                outcome = strike(service, attack.name, self.event(attack))
        if attack.outlives and not wait_until(lambda: not outliving(), 5):  # what is killed is gone a moment later
            outcome = Outcome(True, f"{len(outliving())} processes live on")
        self.client.delete(f"/services/{service}/functions/{attack.name}")
        return outcome

    def join_crowd(self, service, attack):
        with closing(self.server.client()) as client:
            self.must(client.invoke(service, attack.name, {**self.event(attack), "crowd": True}))

    def survive(self, attack):
        """The same, where the attack may end the server."""
        try:
            return self.run(attack)
        except (OSError, http.client.HTTPException) as error:
            self.server.process.wait(10)
            wait_until(lambda: not self.machine.canary.alive(), 2)  # what ended the server may have met it too
            return Outcome(False, f"the server is gone: {error}")

    def harm(self):
        """What is broken after an attack."""
        found = self.machine.harm()
        if self.server.process.poll() is not None:
            found.append("the server ended")
        else:
            next_door = self.neighbour()
            if next_door.detail != self.neighbour_address:
                found.append(f"the function next door says {next_door}")
        return found + self.flooded()

    def flooded(self):
        size = sum(path.stat().st_size for path in pathlib.Path(self.server.directory).rglob("*") if path.is_file())
        return [f"the server's directory holds {size >> 20} MB"] if size > LOG_LIMIT else []

    def close(self, strict):
        self.client.close()
        if not strict and self.server.process.poll() is not None:
            self.server.start()  # to sweep what the dead one left
        try:
            self.server.stop()
        except AssertionError as error:
            if strict:
                raise
            print(f"       note: {' '.join(str(error).split())[:200]}")
            self.server.kill()
            self.server.remove()


def outliving():
    """Processes that functions/attack/outlives.py has left."""
    return [process for process in pathlib.Path("/proc").glob("[0-9]*")
            if read(process / "comm").strip() == "fc-outlives"]


def gateway_of(address):
    """The first address of the /20 that a sandbox's address lies in."""
    if not address:
        return ""
    parts = [int(part) for part in address.split(".")]
    return f"{parts[0]}.{parts[1]}.{parts[2] & 0xf0}.1"


class Report:
    def __init__(self, strict):
        self.strict = strict
        self.passed = self.failed = self.skipped = 0

    def line(self, verdict, attack, text, seconds):
        """`verdict`: True, False, or None for what cannot be shown on this machine."""
        if self.strict:
            verdict = bool(verdict)
        self.passed, self.failed = self.passed + (verdict is True), self.failed + (verdict is False)
        self.skipped += verdict is None
        word = {True: "ok", False: "FAILED", None: "skip"}[verdict]
        print(f"{word:6} {attack.name:22} {text} ({seconds:.2f} s)", flush=True)


def defended(machine, attacks, report):
    """Every attack against the server as it is."""
    site = Site(machine, "")
    try:
        lacking = [line for line in site.server.log().splitlines() if "this machine lacks" in line]
        if lacking and report.strict:
            raise AssertionError("\n".join(lacking))
        for line in lacking:
            print(f"       note: {line}")
        control = rows.Attack("public_server", None, "connect", {"target": worlds.PUBLIC, "port": worlds.PORT})
        if not (reached := site.run(control)).succeeded:
            raise AssertionError(f"functions do not reach the public server: {reached}")
        for attack in attacks:
            started = time.monotonic()
            outcome, harm = site.run(attack), site.harm()
            good = not outcome.succeeded and not harm
            text = f"stopped: {outcome}" if good else f"succeeded={outcome.succeeded} {outcome} harm={harm}"
            report.line(good, attack, text, time.monotonic() - started)
    finally:
        site.close(strict=True)


def undefended(machine, without, attacks, report):
    """Each of the attacks against a server without these defences."""
    if os.getpid() != 1:
        raise AssertionError("processes of this machine are within reach")
    site = Site(machine, without)
    try:
        for attack in attacks:
            started = time.monotonic()
            for _ in range(attack.tries):
                if (outcome := site.survive(attack)).succeeded:
                    break
            if attack.floods:
                wait_until(site.flooded, 10)
                outcome = Outcome(bool(site.flooded()), "".join(site.flooded()))
            if machine.restore():
                outcome = Outcome(True, "the canary process was killed")
            absent = not outcome.succeeded and (outcome.errno in ABSENT or not attack.provable())
            text = f"without {without}: " + ("not on this machine, but in tests/vm: " if absent else "") + str(outcome)
            report.line(None if absent else bool(outcome.succeeded), attack, text, time.monotonic() - started)
    finally:
        site.close(strict=False)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--strict"]
    if not arguments:
        sys.exit(__doc__)
    os.environ["OPENFC_BUILD"] = arguments[0]
    wanted = set(arguments[1:])
    if unknown := wanted - {attack.name for attack in rows.ATTACKS}:
        sys.exit(f"attack: there is no {', '.join(sorted(unknown))}")
    worlds.own_processes()
    attacks = [attack for attack in rows.ATTACKS if not wanted or attack.name in wanted]
    directory = tempfile.mkdtemp(prefix="openfc-attack-")
    machine, report = worlds.World(directory), Report("--strict" in sys.argv)
    try:
        machine.ask_outside_for_names()
        defended(machine, attacks, report)
        for without in dict.fromkeys(attack.without for attack in attacks if attack.without):
            undefended(machine, without, [attack for attack in attacks if attack.without == without], report)
    finally:
        machine.close()
        shutil.rmtree(directory, ignore_errors=True)
    if report.skipped:
        print(f"       {report.skipped} attacks cannot be shown to succeed here: the machine lacks what they attack. "
              "tests/vm/run.sh shows them (a part of make test-all)")
    print(f"attack: {report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    sys.exit(report.failed != 0)


if __name__ == "__main__":
    main()
