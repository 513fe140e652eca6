"""Threads for instances that serve several requests at a time."""

import threading
from collections import deque


class Pool:
    """Starts a thread when none is idle, up to `size`; the server never has more calls under way."""

    def __init__(self, serve, size):
        self.serve = serve
        self.size = size
        self.calls = deque()
        self.ready = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.threads = 0
        self.idle = 0

    def submit(self, *call):
        self.calls.append(call)
        with self.lock:
            if self.idle > 0:
                self.idle -= 1
            elif self.threads < self.size:
                self.threads += 1
                threading.Thread(target=self.work, name="fc-%d" % self.threads, daemon=True).start()
        self.ready.release()

    def work(self):
        while True:
            self.ready.acquire()
            self.serve(*self.calls.popleft())
            with self.lock:
                self.idle += 1
