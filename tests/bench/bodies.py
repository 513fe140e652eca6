"""T7: the server's memory while 1,000 connections send 32 MB each to instances that have stopped."""

import re
import selectors
import socket
import time

import machine
import product

MB = 1 << 20
EVENT = 32 * MB
BUDGET = 256 * MB
STOPS = "import os, signal\n\ndef handler(event, context):\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
CONFIG = f"maxBytesInFlight: {BUDGET}\nmaxAccountBytesInFlight: {BUDGET}\nmemory: 4000000\n"


def resident(server):
    return int(re.search(r"VmRSS:\s+(\d+) kB", machine.read(f"/proc/{server.process.pid}/status"))[1]) << 10


def connect(server, client, length):
    path = "/2016-08-15/services/t7/functions/stops/invocations"
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {length}"]
    lines += [f"{key}: {value}" for key, value in client.signed("POST", path).items()]
    connection = socket.create_connection(("127.0.0.1", server.port), 30)
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
    return connection


def send_all(server, connections, seconds):
    """Sends on all of them what the server takes; returns the highest memory seen meanwhile."""
    selector, piece, highest = selectors.DefaultSelector(), b"x" * MB, 0
    for connection in connections:
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_WRITE, [EVENT])
    end = time.monotonic() + seconds
    while selector.get_map() and time.monotonic() < end:
        ready = selector.select(1)
        for key, _ in ready:
            try:
                key.data[0] -= key.fileobj.send(piece[:key.data[0]])
            except BlockingIOError:
                continue
            except OSError:
                key.data[0] = 0
            if key.data[0] <= 0:
                selector.unregister(key.fileobj)
        highest = max(highest, resident(server))
    selector.close()
    return highest


def run(world, report, options):
    count = options.count(1000, 100)
    report.section(f"bodies: {count} connections send {EVENT // MB} MB each to stopped instances")
    server = world.openfc(CONFIG)
    client = server.client()
    product.service(client, "t7")
    product.deploy(client, "t7", "stops", "python3", {"index.py": STOPS}, instanceConcurrency=100)
    before = resident(server)
    first = connect(server, client, 1)
    first.sendall(b"x")
    machine.wait_until(lambda: any("State:\tT" in machine.read(f"/proc/{pid}/status")
                                   for pid, _ in machine.family(server.process.pid)), 20)
    connections = [connect(server, client, EVENT) for _ in range(count)]
    highest = send_all(server, connections, options.count(60, 20))
    report.figure("server's memory", f"{before / MB:.1f} MB before, {highest / MB:.1f} MB at most; counted "
                  f"{server.metric('fc_bytes_in_flight') / MB:.0f} MB")
    report.goal("T7", (highest - before) / MB, BUDGET / MB, "MB")
    for connection in [first, *connections]:
        connection.close()
    server.stop()
