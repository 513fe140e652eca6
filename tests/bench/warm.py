"""Warm invocations and the HTTP front against their floors and peers: W1, W2, W4, W5, W6, W7, W8."""

import os

import load
import product
from load import median

# Who judges a floor: nginx doing the same in the same rounds. All hops are one program's work, so the one that nginx can
# do as well, to an HTTP server, speaks for all of them.
JUDGES = {"hop-http": "nginx-http", "bare": "nginx"}
PROVED_BY = {"hop-python": "hop-http", "hop-python4": "hop-http", "hop-node": "hop-http"}
# Lines of HTTP stand on the better of two floors, whichever that is in this run.
CUSTOM_FLOORS = ("hop-custom", "nginx-custom")
FRONT_FLOORS = ("bare", "nginx")
CONNECTIONS = (1, 16, 64)


class Target:
    """One thing that wrk drives: its address, its script, and its runs by number of connections."""

    def __init__(self, name, url, script, connections=CONNECTIONS):
        self.name, self.url, self.script, self.connections = name, url, script, connections
        self.runs = {count: [] for count in connections}

    def run(self, connections, seconds):
        self.runs[connections].append(load.wrk(self.url, self.script, connections, seconds))

    def rps(self, connections):
        return median([run.rps for run in self.runs[connections]])

    def p50(self, connections):
        return median([run.p50 for run in self.runs[connections]])

    def errors(self):
        return sum(run.errors for runs in self.runs.values() for run in runs)


class Warm:
    def __init__(self, world, report, options):
        self.world, self.report, self.options = world, report, options
        self.targets, self.full = {}, []

    def add(self, name, url, path=None, headers=None, connections=CONNECTIONS, **details):
        file = load.script(os.path.join(self.world.directory, f"{name}.lua"), headers=headers, **details)
        self.targets[name] = Target(name, url.rstrip("/") + (path or "/"), file, connections)

    def attempt(self, name, start, **details):
        """Adds a target that may be absent on this machine; says so then."""
        try:
            self.add(name, start(), **details)
        except (RuntimeError, OSError, KeyError) as error:
            self.report.figure(name, f"not available: {error}")

    def prepare(self, server):
        client, url = server.client(), f"http://127.0.0.1:{server.port}"
        self.server = server
        product.service(client, "warm")
        for kind in ("python", "node", "custom"):
            product.deploy_echo(client, "warm", kind, kind)
        for name in ("python", "node", "custom"):
            product.deploy_echo(client, "warm", f"{name}_shared", name, instanceConcurrency=100)
        self.attempt("bare", self.world.bare)
        self.attempt("front", self.world.front, refused_ok=True)
        self.attempt("nginx", self.world.nginx)
        self.attempt("hop-python", lambda: self.world.hop(1, "python3", product.floor_source("worker.py")))
        self.attempt("hop-python4", lambda: self.world.hop(4, "python3", product.floor_source("worker.py")))
        self.attempt("hop-node", lambda: self.world.hop(1, "node", product.floor_source("worker.js")))
        told = product.custom_headers(client, "warm")
        file = self.world.file("headers", "".join(f"{name}: {value}\r\n" for name, value in told.items()))
        worker = ("node", product.floor_source("http_worker.js"))
        for name, more in (("hop-http", ()), ("hop-custom", (file,))):
            self.attempt(name, lambda more=more: self.world.hop(1, *worker, program="hop_http_server", more=more))
        for name, headers in (("nginx-http", {}), ("nginx-custom", told)):
            self.attempt(name, lambda headers=headers: self.world.nginx_proxy(headers, *worker))
        self.attempt("workerd", lambda: self.world.workerd(self.options.peers))
        self.attempt("functions-framework", lambda: self.world.functions_framework(self.options.peers))
        for kind in ("python", "node", "custom"):
            self.add_function(client, url, f"openfc-{kind}", kind, (1,))
            self.add_function(client, url, f"openfc-{kind}-shared", f"{kind}_shared", (16, 64))
        for instances in (1, 4):
            self.prepare_full(instances)
        self.add("openfc-front", url, "/2016-08-15/nothing/here", method="GET", body=None, refused_ok=True)

    def prepare_full(self, instances):
        """A node whose memory holds this many instances: as with the floor, requests wait for one of them."""
        server = self.world.openfc(f"memory: {128 * instances}\nadmissionWait: 60\n")
        self.full.append(server)
        client, url = server.client(), f"http://127.0.0.1:{server.port}"
        product.service(client, "warm")
        for kind in ("python", "node"):
            product.deploy_echo(client, "warm", kind, kind)
            self.add_function(client, url, f"openfc-{kind}-{instances}", kind, (16, 64))

    def add_function(self, client, url, target, function, connections):
        path, headers = product.invoke_headers(client, "warm", function)
        self.add(target, url, path, headers, connections)

    def measure(self):
        """All targets one after another, again in each round, so that a slow minute hits everything alike."""
        for _ in range(self.options.rounds):
            for target in self.targets.values():
                for connections in target.connections:
                    target.run(connections, self.options.seconds)
        for target in self.targets.values():
            parts = [f"c={count}: {target.rps(count):7.0f}/s {1000 * target.p50(count):6.0f} us"
                     for count in target.connections]
            errors = f"  ERRORS {target.errors()}" if target.errors() else ""
            self.report.figure(target.name, "   ".join(parts) + errors)

    def check_floors(self):
        """A floor counts when it reaches 90 % of its judge's rate at 16 and 64 connections and 1.1 times its p50."""
        for name, judge in JUDGES.items():
            if judge not in self.targets:
                self.report.invalid(name, f"no {judge} in this run")
            elif name in self.targets:
                self.compare(name, self.targets[name], self.targets[judge])

    def compare(self, name, floor, judge):
        rates = [floor.rps(connections) / judge.rps(connections) for connections in (16, 64)]
        p50 = floor.p50(1) / judge.p50(1)
        self.report.figure(f"floor {name} / {judge.name}",
                           f"rate {rates[0]:.2f} and {rates[1]:.2f} at 16 and 64 connections, p50 {p50:.2f}")
        if min(rates) < 0.9:
            self.report.invalid(name, f"{min(rates):.0%} of {judge.name}'s rate")
        if p50 > 1.1:
            self.report.invalid(name, f"{p50:.2f} x {judge.name}'s p50")

    def goals(self):
        report, have = self.report, self.targets
        self.latency("W1", "openfc-python", ("hop-python",), 1.25)
        for instances, floor in ((1, "hop-python"), (4, "hop-python4")):
            for connections in (16, 64):
                self.throughput("W2", f"openfc-python-{instances}", (floor,), connections)
        self.throughput("W4", "openfc-node-1", ("hop-node",), 16)
        if "workerd" in have:
            ratio = have["openfc-node-1"].rps(16) / have["workerd"].rps(16)
            report.figure("W4 node / workerd, 16 connections", f"{ratio:.2f}")
            report.goal("W4", ratio, 1, "x", at_least=True)
        else:
            report.missing("W4", 1, "no workerd in this run", "x", at_least=True)
        self.latency("W5", "openfc-custom", CUSTOM_FLOORS, 1.3)
        self.throughput("W5", "openfc-custom-shared", CUSTOM_FLOORS, 16)
        self.without_headers()
        if "front" in have and "bare" in have:
            report.figure("HTTP front without the API / bare, c=64", f"{have['front'].rps(64) / have['bare'].rps(64):.2f}")
        self.throughput("W6", "openfc-front", FRONT_FLOORS, 64)
        for peer in ("workerd", "functions-framework"):
            if peer in have:
                for connections in (1, 16, 64):
                    mine = have["openfc-node" if connections == 1 else "openfc-node-1"]
                    report.figure(f"openfc node / {peer}, c={connections}",
                                  f"{mine.rps(connections) / have[peer].rps(connections):.2f} x")

    def floor_of(self, names, better):
        """The best of these floors that there are in this run, and what the goals on it depend on."""
        have = [self.targets[name] for name in names if name in self.targets]
        if len(have) < len(names):
            return None, ()
        best = better(have)
        return best, (PROVED_BY[best.name],) if best.name in PROVED_BY else ()

    def latency(self, goal, name, floors, limit):
        floor, proofs = self.floor_of(floors, lambda have: min(have, key=lambda target: target.p50(1)))
        if floor is None:
            return self.report.missing(goal, limit, f"one of {', '.join(floors)} is missing", "x")
        ratio = self.targets[name].p50(1) / floor.p50(1)
        self.report.figure(f"{goal} p50 {name} / {floor.name}", f"{ratio:.2f}")
        return self.report.goal(goal, ratio, limit, "x", floors=proofs)

    def throughput(self, goal, name, floors, connections):
        floor, proofs = self.floor_of(floors, lambda have: max(have, key=lambda target: target.rps(connections)))
        if floor is None:
            return self.report.missing(goal, 0.8, f"one of {', '.join(floors)} is missing", "x", at_least=True)
        ratio = self.targets[name].rps(connections) / floor.rps(connections)
        self.report.figure(f"{goal} {name} / {floor.name}, c={connections}", f"{ratio:.2f}")
        if self.targets[name].errors():
            ratio = 0
        return self.report.goal(goal, ratio, 0.8, "x", at_least=True, floors=proofs)

    def without_headers(self):
        """W5 beside a hop that tells the runtime nothing: what the promised headers cost shows in the difference."""
        have = self.targets
        if "hop-http" in have:
            p50 = have["openfc-custom"].p50(1) / have["hop-http"].p50(1)
            rps = have["openfc-custom-shared"].rps(16) / have["hop-http"].rps(16)
            self.report.figure("W5 beside a hop without headers", f"p50 {p50:.2f}, throughput {rps:.2f}")

    def half_load(self):
        """W7: p99 at half of saturation; each connection pauses 5 to 15 ms between its requests."""
        if "hop-python" not in self.targets:
            return self.report.missing("W7", 2, "no hop-python", "x")
        values = {}
        for name, connections in (("hop-python", 64), ("openfc-python-1", 64)):
            target = self.targets[name]
            count = max(1, round(target.rps(connections) / 2 * 0.0105))
            text = open(target.script).read()
            path = os.path.join(self.world.directory, f"{name}-half.lua")
            with open(path, "w") as file:
                file.write("delay = function() return math.random(5, 15) end\n" + text)
            values[name] = (target, path, count, [])
        for _ in range(3):
            for target, path, count, runs in values.values():
                runs.append(load.wrk(target.url, path, count, max(1, self.options.long_seconds // 3)))
        p99 = {name: median([run.p99 for run in runs]) for name, (_, _, _, runs) in values.items()}
        for name, (target, _, count, runs) in values.items():
            self.report.figure(f"W7 {name} at half load", f"{median([run.rps for run in runs]):.0f}/s on {count} "
                               f"connections, p99 {p99[name]:.2f} ms")
        return self.report.goal("W7", p99["openfc-python-1"] / p99["hop-python"], 2, "x", floors=("hop-http",))

    def waking(self):
        """W8: calls 400 ms apart, with freezing after 100 ms and without freezing, in turns."""
        product.service(self.server.client(), "wake")
        other = self.world.openfc("freezeAfter: 3600000\n")
        product.service(other.client(), "wake")
        times = {"frozen": [], "awake": []}
        callers = {}
        for name, server in (("frozen", self.server), ("awake", other)):
            product.deploy_echo(server.client(), "wake", "f", "python")
            callers[name] = product.Caller(server, "wake", "f")
        for _ in range(self.options.count(60, 10)):
            product.machine.wait_until(lambda: self.server.metric("fc_instances", state="frozen") >= 1 and
                                       self.server.metric("fc_instances", state="idle") == 0, 2)
            for name, caller in callers.items():
                sent, answered, _ = caller.call()
                times[name].append((answered - sent) / 1e6)
        for caller in callers.values():
            caller.close()
        other.stop()
        p50 = {name: median(values) for name, values in times.items()}
        self.report.figure("W8 p50 of a call after a pause", f"frozen {p50['frozen']:.3f} ms, awake {p50['awake']:.3f} ms")
        self.report.goal("W8", p50["frozen"] - p50["awake"], 0.1, "ms")


def run(world, report, options):
    report.section("warm invocations")
    server = world.openfc()
    warm = Warm(world, report, options)
    warm.prepare(server)
    warm.measure()
    warm.check_floors()
    warm.goals()
    report.section("half load and waking")
    warm.half_load()
    for full in warm.full:
        full.stop()
    warm.waking()
    server.stop()
