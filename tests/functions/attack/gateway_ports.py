"""Looks for a port of the host's address in the sandboxes' network that answers besides names, HTTP and HTTPS."""

import select
import socket

OPEN = {53, 80, 443}
AT_ONCE = 1500


def answering(gateway, ports):
    poller, sockets, found = select.poll(), {}, []
    try:
        for port in ports:
            each = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            sockets[each.fileno()] = (each, port)
            each.connect_ex((gateway, port))
            poller.register(each, select.POLLOUT)
        while events := poller.poll(200):
            for number, _ in events:
                each, port = sockets[number]
                poller.unregister(each)
                if each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    found.append(port)
        return found
    finally:
        for each, _ in sockets.values():
            each.close()


def attack(world):
    if missing := OPEN - set(answering(world["gateway"], OPEN)):
        raise RuntimeError(f"the door is shut: {missing}")
    found = []
    for first in range(1, 65536, AT_ONCE):
        found += answering(world["gateway"], range(first, min(first + AT_ONCE, 65536)))
    return sorted(set(found) - OPEN)
