"""Nests queues of events so deep that one event would keep the kernel busy. The kernel itself forbids it."""

import select


def attack(world):
    queues = [select.epoll() for _ in range(16)]
    for outer, inner in zip(queues, queues[1:]):
        inner.register(outer, select.EPOLLIN)
    return f"{len(queues)} queues in each other"
