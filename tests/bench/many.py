"""M1 to M3: 100,000 functions in one store."""

import os
import random
import socket
import time

import load
import product
import world as processes
from fcclient import make_zip, zip_field
from load import median

MB = 1 << 20
SERVICE = "many"
CONFIG = "maxFunctionsPerService: 1000000\n"
# One thread counts. What was under way when a run ended may be lost: the next one begins a little before that.
CREATE = """
local count = BEGIN
request = function()
  count = count + 1
  return wrk.format(nil, nil, nil, 'HEAD' .. string.format('%06d', count) .. 'TAIL')
end
"""
# wrk asks the script for one request that it does not send: the first name of all is never made.
CLIENTS, OVERLAP = 16, 64


def name(number):
    return f"f{number:06}"


def fill(world, server, count):
    """Creates functions of one package through the API; returns how many certainly have a name."""
    client = server.client()
    product.service(client, SERVICE)
    package = zip_field(make_zip(product.ECHO["python"][1]))["zipFile"]
    tail = f'","runtime":"python3","handler":"index.handler","code":{{"zipFile":"{package}"}}}}'
    path = f"/2016-08-15/services/{SERVICE}/functions"
    text = CREATE.replace("HEAD", '{"functionName":"f').replace("TAIL", tail)
    made = 0
    while made < count:
        headers = client.signed("POST", path, {"content-type": "application/json"})
        script = load.script(os.path.join(world.directory, "many.lua"), "POST", headers, "",
                             text.replace("BEGIN", str(max(0, made - OVERLAP))))
        load.wrk(f"http://127.0.0.1:{server.port}{path}", script, CLIENTS, 2 if count < 10_000 else 10)
        before, made = made, int(server.metric("fc_api_requests_total", operation="CreateFunction", status="200"))
        if made == before:
            raise RuntimeError(f"{made} of {count} functions were created")
    return made - OVERLAP


class Reader:
    """Signed GETs on one connection, timed on a bare socket."""

    def __init__(self, server):
        self.client = server.client()
        self.socket = socket.create_connection(("127.0.0.1", server.port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def message(self, path):
        lines = [f"GET {path} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{key}: {value}" for key, value in self.client.signed("GET", path.split("?")[0]).items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def time_ms(self, message):
        began = time.perf_counter_ns()
        self.socket.sendall(message)
        data = self.socket.recv(1 << 20)
        taken = (time.perf_counter_ns() - began) / 1e6
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head!r}")
        length = next(int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
        while len(body) < length:
            body += self.socket.recv(1 << 20)
        return taken


class ServerTime:
    """Mean time of an operation in a server since this was made: round trips tell more about who woke on which core."""

    def __init__(self, server, operation):
        self.server, self.operation = server, operation
        self.before = self._spent()

    def _spent(self):
        return [self.server.metric(f"fc_api_request_seconds_{part}", operation=self.operation)
                for part in ("sum", "count")]

    def mean_ms(self):
        seconds, number = (after - before for after, before in zip(self._spent(), self.before))
        return seconds / number * 1000


def reads(options, few, many, count):
    """GetFunction in turns, the one name of a store and random ones of the full store: medians of the rounds' means in
    the server, and of all round trips."""
    rng = random.Random(1)
    servers = {"few": (few, lambda: 1), "many": (many, lambda: rng.randint(2, count))}
    readers = {kind: Reader(server) for kind, (server, _) in servers.items()}
    means, trips = {"few": [], "many": []}, {"few": [], "many": []}
    for _ in range(options.count(21, 3)):
        for kind, (server, number) in servers.items():
            timed = ServerTime(server, "GetFunction")
            for _ in range(200):
                path = f"/2016-08-15/services/{SERVICE}/functions/{name(number())}"
                trips[kind].append(readers[kind].time_ms(readers[kind].message(path)))
            means[kind].append(timed.mean_ms())
    return [{kind: median(series) for kind, series in measured.items()} for measured in (means, trips)]


def named_reads(report, options, few, many, count):
    """M1, in the server that has made them."""
    inside, trips = reads(options, few, many, count)
    report.figure(f"M1 GetFunction among 1 / {count}, in the server", f"{inside['few']:.4f} / {inside['many']:.4f} ms")
    report.figure("M1 round trip, p50", f"{trips['few']:.3f} / {trips['many']:.3f} ms")
    report.goal("M1", inside["many"] / inside["few"], 1.5, "x")


def first_reads(report, options, few, many, count):
    """The same after a restart: the server reads functions ahead, and hardly any name was asked for before."""
    many.kill()
    many.start()
    inside, _ = reads(options, few, many, count)
    report.figure("M1 after a restart, in the server", f"{inside['few']:.4f} / {inside['many']:.4f} ms")


def pages(report, options, many, count):
    """M2: pages of 100 from random places."""
    rng, reader = random.Random(2), Reader(many)
    timed = ServerTime(many, "ListFunctions")
    for _ in range(options.count(300, 20)):
        start = name(rng.randint(2, max(2, count - 100)))
        reader.time_ms(reader.message(f"/2016-08-15/services/{SERVICE}/functions?limit=100&startKey={start}"))
    mean = timed.mean_ms()
    report.figure("M2 ListFunctions, a page of 100, in the server", f"mean {mean:.2f} ms")
    report.goal("M2", mean, 5, "ms")


def run(world, report, options):
    report.section("many functions")
    few, many = world.openfc(CONFIG), world.openfc(CONFIG)
    began = time.monotonic()
    product.service(few.client(), SERVICE)
    product.deploy(few.client(), SERVICE, name(1), *product.ECHO["python"])
    count = fill(world, many, options.count(100_000, 2_000))
    report.figure(f"M {count} functions created", f"in {time.monotonic() - began:.0f} s")
    named_reads(report, options, few, many, count)
    pages(report, options, many, count)
    memory = sum(processes.pss(pid) for pid in processes.own_processes(many)) / MB
    report.figure("M3 server and launcher with them, PSS", f"{memory:.0f} MB")
    report.goal("M3", memory, 300, "MB")
    first_reads(report, options, few, many, count)
    for server in (few, many):
        server.stop()
