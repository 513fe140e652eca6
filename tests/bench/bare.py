"""The floor of a pool miss: the runtime's bootstrap as a bare process, driven by the frames of docs/runtime-protocol.md."""

import json
import os
import socket
import struct
import subprocess
import time

COMMAND = {"python": ["/usr/bin/python3", "-S", "python/bootstrap.py"], "node": ["/usr/bin/node", "nodejs/bootstrap.js"]}
CONFIGURE, INVOKE, READY, RESULT = 1, 3, 16, 17
CONTROL = 3  # the descriptor at which a bootstrap expects its socket


def frame(kind, stream, payload):
    return struct.pack("<IBBHI", len(payload), kind, 0, 0, stream) + payload


def receive(connection):
    """(type, payload) of the next frame but `ready`."""
    while True:
        head = exactly(connection, 12)
        length, kind, _, _, _ = struct.unpack("<IBBHI", head)
        payload = exactly(connection, length)
        if kind != READY:
            return kind, payload


def exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise RuntimeError("the bare process ended")
        data += piece
    return data


def cold_start_ms(runtimes, kind, code):
    """From before the process is started to the first line of the handler in the directory `code`."""
    program, *arguments = COMMAND[kind]
    arguments[-1] = os.path.join(runtimes, arguments[-1])
    configuration = {
        "instanceId": "bare", "accountId": "1", "region": "r", "serviceName": "s", "functionName": "f",
        "qualifier": "LATEST", "versionId": "LATEST", "handler": "index.handler", "initializer": "", "preFreeze": "",
        "preStop": "", "logProject": "", "logStore": "", "jaegerEndpoint": "",
        "runtime": {"python": "python3", "node": "nodejs14"}[kind],
        "memorySize": 128, "timeout": 60, "initializationTimeout": 3, "instanceConcurrency": 1, "resultLimit": 1 << 20,
        "codePath": code, "environment": {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}}
    call = json.dumps({"requestId": "1", "qualifier": "LATEST", "retryCount": 0}).encode()
    mine, theirs = socket.socketpair()
    began = time.monotonic_ns()
    pid = os.posix_spawn(program, [program, *arguments], {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"},
                         file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), CONTROL),
                                       (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                                       (os.POSIX_SPAWN_DUP2, 1, 2)])
    theirs.close()
    try:
        mine.sendall(frame(CONFIGURE, 1, json.dumps(configuration).encode()))
        kind, payload = receive(mine)
        if kind != RESULT:
            raise RuntimeError(f"configure: {payload!r}")
        mine.sendall(frame(INVOKE, 2, struct.pack("<I", len(call)) + call + b"x"))
        kind, payload = receive(mine)
        if kind != RESULT:
            raise RuntimeError(f"invoke: {payload!r}")
        return (int(payload) - began) / 1e6
    finally:
        mine.close()
        os.waitpid(pid, 0)


def program_ms(command):
    """A whole run of a program, for comparison."""
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - began) * 1000
