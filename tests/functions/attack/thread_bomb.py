"""Starts threads without end."""

import threading

WANTED = 1500


def attack(world):
    threading.stack_size(64 << 10)
    done = threading.Event()
    threads = []
    try:
        while len(threads) < WANTED:
            thread = threading.Thread(target=done.wait)
            thread.start()
            threads.append(thread)
        return f"{len(threads)} threads"
    finally:
        done.set()
        for thread in threads:
            thread.join()
