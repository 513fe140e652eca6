"""Fills the buffers of connections to itself with more than the function's memory."""

import socket


def attack(world):
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    ends, total, chunk = [], 0, bytes(1 << 20)
    for _ in range(200):
        sender = socket.create_connection(listener.getsockname())
        ends += [sender, listener.accept()[0]]
        sender.setblocking(False)
        try:
            while True:
                total += sender.send(chunk)
        except BlockingIOError:
            pass
        if total > 256 << 20:
            return f"{total >> 20} MB in buffers"
    raise OSError(f"{total >> 20} MB in buffers at most")
