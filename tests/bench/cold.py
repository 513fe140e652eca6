"""Cold starts: C1, C2, C6, C7, C8, C9, C10, S1."""

import os
import threading
import time

import bare
import product
from fcclient import make_zip, zip_field
from load import median, percentile

BIG_NODE = "memory: 4000000\nmaxFunctionsPerService: 100000\n"


def describe(values):
    if not values:
        return "none"
    return f"n={len(values)} p50 {median(values):.2f} ms, p90 {percentile(values, .9):.2f}, p99 {percentile(values, .99):.2f}"


def hits_and_misses(world, report, options):
    """C1: many functions with different code at the default pool size; each call waits until the pool is full."""
    server = world.openfc(BIG_NODE)
    client = server.client()
    product.service(client, "cold")
    count = options.count(220, 20)
    names = {kind: product.deploy_first_lines(client, "cold", kind, count) for kind in ("python", "node")}
    times = {(kind, result): [] for kind in names for result in ("hit", "miss")}
    warm = server.metric("fc_instances", state="warm")
    for number in range(count):
        for kind in names:
            product.machine.wait_until(lambda: server.metric("fc_instances", state="warm") >= warm, 3)
            before = server.metric("fc_cold_starts_total", result="hit")
            taken = product.cold_start_ms(server, "cold", names[kind][number])
            hit = server.metric("fc_cold_starts_total", result="hit") > before
            times[(kind, "hit" if hit else "miss")].append(taken)
    for (kind, result), values in times.items():
        report.figure(f"C1 {kind} {result}", describe(values))
    for kind in names:
        values = times[(kind, "hit")]
        if values:
            report.goal(f"C1-{kind}", median(values), 1.5, "ms")
            report.goal(f"C1-{kind}", percentile(values, 0.99), 10, "ms")
        else:
            report.missing(f"C1-{kind}", 1.5, "no pool hit", "ms")
    burst(server, client, report, "burst_50", 50, "burst of 50 (exceeds the pool)")
    server.stop()


def burst(server, client, report, name, count, title):
    """`count` instances of a new function at once: every request sleeps until all have begun. The moment before and
    that of the last first line (None with an error), in ns of the monotonic clock."""
    text = ("import time\n\ndef handler(event, context):\n    began = time.monotonic_ns()\n"
            f"    time.sleep({8 if count < 100 else 20})\n    return str(began)\n")
    product.deploy(client, "cold", name, "python3", {"index.py": text})
    callers = [product.Caller(server, "cold", name) for _ in range(count)]
    began = time.monotonic_ns()
    results, errors = product.in_threads(count, lambda number: int(callers[number].call()[2]))
    for caller in callers:
        caller.close()
    ended = max(results, default=began)
    report.figure(title, f"{len(results)} instances in {(ended - began) / 1e9:.2f} s, {len(errors)} errors {errors[:1]}")
    return began, ended if not errors else None


def misses(world, report, options):
    """C2, C6, C7: no pool, beside the same bootstrap as a bare process, in turns; then as many as two cores give."""
    server = world.openfc(BIG_NODE + "poolSize: 0\n")
    product.service(server.client(), "cold")
    count = options.count(60, 6)
    runtimes = os.path.join(world.build, "lib", "openfc", "runtimes")
    for kind in ("python", "node"):
        names = product.deploy_first_lines(server.client(), "cold", kind, count)
        _, file, text = product.FIRST_LINE[kind]
        times = {"sandboxed": [], "bare": []}
        for number, name in enumerate(names):
            code = os.path.join(world.directory, f"bare-{kind}-{number}")
            os.makedirs(code)
            with open(os.path.join(code, file), "w") as source:
                source.write(text.format(name))
            times["bare"].append(bare.cold_start_ms(runtimes, kind, code))
            times["sandboxed"].append(product.cold_start_ms(server, "cold", name))
        for key, values in times.items():
            report.figure(f"pool miss, {kind}, {key}", describe(values))
        sandboxed, alone = median(times["sandboxed"]), median(times["bare"])
        report.goal("C2", sandboxed / alone, 1.15, "x")
        report.goal("C6", sandboxed - alone, 2, "ms")
    report.figure("python3 -S -c pass", describe([bare.program_ms(["/usr/bin/python3", "-S", "-c", "pass"])
                                                  for _ in range(count)]))
    sustained(server, report, options)
    server.stop()


def sustained(server, report, options):
    count = options.count(300, 20)
    names = product.deploy_first_lines(server.client(), "cold", "python", count, "sustained")
    lock, left = threading.Lock(), list(names)

    def work(_):
        while True:
            with lock:
                if not left:
                    return
                name = left.pop()
            product.cold_start_ms(server, "cold", name)

    began = time.monotonic()
    _, errors = product.in_threads(8, work)
    rate = count / (time.monotonic() - began)
    report.figure("C7 sustained pool misses", f"{rate:.1f}/s, {len(errors)} errors {errors[:1]}")
    report.goal("C7", 0 if errors else rate, 50, "/s", at_least=True)


def large_burst(world, report, options):
    """C8: bursts of 300, each from zero, while another function is called 50 times a second."""
    quiet, noisy, seconds = [], [], []
    for number in range(options.rounds):
        server = world.openfc(BIG_NODE)
        client = server.client()
        product.service(client, "cold")
        product.deploy_echo(client, "cold", "other", "python")
        caller = product.Caller(server, "cold", "other")
        quiet += [ms for _, ms in product.Pace(caller, 100).finish()]
        pace = product.Pace(caller)
        began, ended = burst(server, client, report, f"burst_{number}", options.count(300, 40), "C8 burst")
        calls = pace.finish()
        caller.close()
        server.stop()
        seconds.append(None if ended is None else (ended - began) / 1e9)
        noisy += [ms for sent, ms in calls if began <= sent <= (ended or sent)]
    ratio = percentile(noisy, 0.99) / percentile(quiet, 0.99)
    report.figure("C8 the other function, alone", describe(quiet))
    report.figure("C8 the other function, meanwhile", f"{describe(noisy)} ({ratio:.1f} x)")
    if None in seconds:
        report.missing("C8", 7, "a burst had errors", "s")
    else:
        report.goal("C8", median(seconds), 7, "s")
    report.goal("C8", ratio, 2, "x")


def create_to_invocable(world, report, options):
    """C9: CreateFunction with 1 MB of code, then its first result."""
    server = world.openfc()
    client = server.client()
    product.service(client, "cold")
    times = []
    for number in range(options.count(20, 4)):
        files = {"index.py": "def handler(event, context):\n    return 'x'\n", "data.bin": os.urandom(1 << 20)}
        body = product.dumps({"functionName": f"big{number}", "runtime": "python3", "handler": "index.handler",
                              "code": zip_field(make_zip(files, 0))})
        began = time.monotonic()
        product.check(client.post("/services/cold/functions", body))
        product.check(client.invoke("cold", f"big{number}", b""))
        times.append((time.monotonic() - began) * 1000)
    report.figure("C9 create with 1 MB to first result", describe(times))
    report.goal("C9", median(times), 60, "ms")
    server.stop()


def after_a_burst(world, report, options):
    """C10: a burst of calls of a Node.js function, then its update, then one call of it."""
    server = world.openfc(BIG_NODE)
    client = server.client()
    product.service(client, "cold")
    times, late = [], []
    for number in range(options.count(7, 2)):
        name = f"after_{number}"
        product.deploy(client, "cold", name, *product.ECHO["node"])
        callers = [product.Caller(server, "cold", name) for _ in range(100)]
        _, errors = product.in_threads(len(callers), lambda of: [callers[of].call() for _ in range(10)])
        for caller in callers:
            caller.close()
        if errors:
            report.missing("C10", 100, f"errors in the burst: {errors[:1]}", "ms")
            continue
        started = server.metric("fc_cold_starts_total")
        runtime, files = product.ECHO["node"]
        code = zip_field(make_zip({**files, "more.js": f"// {number}\n"}))
        product.check(client.put(f"/services/cold/functions/{name}", {"runtime": runtime, "code": code}))
        caller = product.Caller(server, "cold", name)
        sent, answered, _ = caller.call()
        caller.close()
        times.append((answered - sent) / 1e6)
        late.append(server.metric("fc_cold_starts_total") - started)
        product.check(client.delete(f"/services/cold/functions/{name}"))
    report.figure("C10 the call after a burst and an update", describe(times))
    report.figure("C10 instances started after the burst", f"{late}")
    report.goal("C10", median(times) if times else None, 100, "ms")
    server.stop()


def start(world, report, options):
    """S1: from starting the process to its ready line, on a data directory that exists."""
    times = []
    for _ in range(options.count(7, 2)):
        server = world.openfc()
        times.append(server.ready_seconds * 1000)
        server.stop()
        world.servers.remove(server)
    report.figure("S1 start to ready", describe(times))
    report.goal("S1", median(times), 300, "ms")


def run(world, report, options):
    report.section("start")
    start(world, report, options)
    report.section("cold starts at the default pool size")
    hits_and_misses(world, report, options)
    report.section("pool misses")
    misses(world, report, options)
    report.section("burst")
    large_burst(world, report, options)
    after_a_burst(world, report, options)
    create_to_invocable(world, report, options)
