#!/usr/bin/python3
"""A custom runtime that attacks the server with its answer. The event says how ("way")."""

import json
import os
import socket
import time

SECONDS = 4
LINE = b"x-more: " + b"m" * 990 + b"\r\n"


def body(text, more=0):
    return json.dumps({"succeeded": True, "detail": text, "more": "m" * more}).encode()


def head(size, more=b""):
    return b"HTTP/1.1 200 OK\r\nx-fc-status: 200\r\n" + more + b"Content-Length: %d\r\n\r\n" % size


def slowly(connection, data):
    for byte in data:
        connection.sendall(bytes((byte,)))
        time.sleep(SECONDS / len(data))


def slow_head(connection, _event):
    answer = body(f"the head took {SECONDS} s")
    slowly(connection, head(len(answer)))
    connection.sendall(answer)


def slow_body(connection, _event):
    answer = body(f"the body took {SECONDS} s")
    connection.sendall(head(len(answer)))
    slowly(connection, answer)


def interim(connection, _event):
    """Answers that are none yet."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        time.sleep(0.001)
    answer = body(f"{SECONDS} s of interim answers")
    connection.sendall(head(len(answer)) + answer)


def huge_body(connection, event):
    answer = body("the body came through", event["size"])
    connection.sendall(head(len(answer)) + answer)


def huge_head(connection, event):
    answer = body("the head came through")
    connection.sendall(head(len(answer), LINE * (event["size"] // len(LINE))) + answer)


WAYS = {way.__name__: way for way in (slow_head, slow_body, interim, huge_body, huge_head)}


def serve(connection):
    with connection, connection.makefile("rb") as request:
        while line := request.readline():
            length, first = 0, line
            while (line := request.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            event = json.loads(request.read(length) or b"{}")
            if b"/invoke" in first:
                WAYS[event["way"]](connection, event)
            else:
                connection.sendall(head(0))


with socket.create_server(("0.0.0.0", int(os.environ["FC_SERVER_PORT"]))) as listener:
    while True:
        try:
            serve(listener.accept()[0])
        except OSError:
            pass  # the server has had enough
