"""Memory and idle cost: D1, D2, D3, D4. Memory as PSS and as the charge of the cgroup."""

import resource
import socket
import time

import machine
import product
import world as processes
from load import median

MB = 1 << 20
BIG_NODE = "memory: 4000000\nmaxFunctionsPerService: 100000\nreclaimAfter: 86400\n"


def idle_instance(server, client, name, runtime, files):
    """(charge, PSS, processes) of one idle instance after its first call, in MB."""
    product.deploy(client, "idle", name, runtime, files)
    product.check(client.invoke("idle", name, b""))
    pids = processes.instance_processes(server, name)
    if not pids:
        raise RuntimeError(f"no process of {name} found")
    machine.wait_until(lambda: server.metric("fc_instances", state="idle") == 0, 5)
    return processes.charge(pids[0]) / MB, sum(processes.pss(pid) for pid in pids) / MB, len(pids)


def instances(server, report, options, name, runtime, files, goals):
    """The median of several: the first also pays for pages of files that nobody had read before."""
    client = server.client()
    measured = [idle_instance(server, client, f"{name}_{number}", runtime, files)
                for number in range(options.count(5, 3))]
    charges = [charge for charge, _, _ in measured]
    charge, pss = median(charges), median([pss for _, pss, _ in measured])
    report.figure(f"idle {name}", f"charge {charge:.2f} MB (first {charges[0]:.2f}), PSS {pss:.2f} MB, "
                  f"{measured[0][2]} processes")
    for goal, limit in goals:
        report.goal(goal, charge, limit, "MB")


def single(world, report, options):
    server = world.openfc(BIG_NODE)
    product.service(server.client(), "idle")
    instances(server, report, options, "python_lean", "python3", {"index.py": product.IDLE}, [("D1", 2)])
    instances(server, report, options, "python_common", "python3", {"index.py": product.COMMON}, [("D1", 10)])
    instances(server, report, options, "node_lean", "nodejs14", {"index.js": product.IDLE_NODE}, [("D2", 7)])
    server.stop()


def thousand(world, report, options):
    """D3: 1,000 functions called once each; memory by what the machine has left, processor time of everything."""
    server = world.openfc(BIG_NODE)
    client = server.client()
    product.service(client, "many")
    count = options.count(1000, 50)
    for number in range(count):
        product.deploy(client, "many", f"f{number}", "python3", {"index.py": product.IDLE})
    before = processes.available_memory()
    for number in range(count):
        product.check(client.invoke("many", f"f{number}", b""))
    machine.wait_until(lambda: server.metric("fc_instances", state="frozen") >= count, 30)
    used = (before - processes.available_memory()) / MB * 1000 / count
    pids = [pid for pid, _ in machine.family(server.process.pid)]
    charges = sum(processes.charge(pid) for pid in one_each_group(pids)) / MB * 1000 / count
    seconds = options.count(20, 3)
    inside = [pid for pid in pids if pid not in processes.own_processes(server)]
    began, cpu, waked = time.monotonic(), processes.cpu_seconds(pids), processes.switches(inside)
    time.sleep(seconds)
    share = (processes.cpu_seconds(pids) - cpu) / (time.monotonic() - began) * 100
    waked = processes.switches(inside) - waked
    report.figure(f"D3 {count} idle instances, for 1,000", f"machine {used:.0f} MB, charges {charges:.0f} MB, "
                  f"{share:.2f} % of a core, {waked} wake-ups in {seconds} s")
    report.goal("D3", max(used, charges), 2048, "MB")
    report.goal("D3", waked, 0, " wake-ups")
    server.stop(timeout=120)


def one_each_group(pids):
    groups = {}
    for pid in pids:
        text = machine.read(f"/proc/{pid}/cgroup")
        if "openfc" in text:
            groups.setdefault(text, pid)
    return groups.values()


def server_alone(world, report, options):
    """D4: the server and its launcher at rest, then with 10,000 idle connections."""
    server = world.openfc()
    product.machine.wait_until(lambda: server.metric("fc_instances", state="warm") > 0, 10)
    own = processes.own_processes(server)
    rest = sum(processes.pss(pid) for pid in own) / MB
    everything = sum(processes.pss(pid) for pid, _ in machine.family(server.process.pid)) / MB
    report.figure("D4 idle server", f"PSS {rest:.1f} MB server and launcher, {everything:.1f} MB with the pool")
    report.goal("D4", rest, 25, "MB")
    count = options.count(10_000, 1000)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 1000), hard))
    free = processes.available_memory()
    connections = [socket.create_connection(("127.0.0.1", server.port), 20) for _ in range(count)]
    request = b"GET /2016-08-15/nothing HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    for connection in connections:
        connection.sendall(request)
        connection.recv(4096)
    loaded = sum(processes.pss(pid) for pid in own) / MB
    report.figure(f"D4 {count} idle connections", f"PSS {loaded:.1f} MB, machine "
                  f"{(free - processes.available_memory()) / MB:.0f} MB (both ends)")
    report.goal("D4", loaded, 100, "MB")
    for connection in connections:
        connection.close()
    server.stop()


def run(world, report, options):
    report.section("memory")
    single(world, report, options)
    server_alone(world, report, options)
    thousand(world, report, options)
