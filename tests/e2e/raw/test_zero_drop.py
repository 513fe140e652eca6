"""64 connections without retries through at least 50 updates: nothing fails, and an update shows at once."""

import http.client
import os
import threading
import time

import harness
from fcclient import crc64, make_zip, zip_field

SECONDS = 10 if os.environ.get("OPENFC_CI") == "1" else 30
CONNECTIONS = 64
UPDATES = 50


def package(number):
    return make_zip({"index.py": f"def handler(event, context):\n    return '{number}'\n"})


class ZeroDrop(harness.ServerTest):
    def test_no_request_fails_through_50_updates(self):
        self.make_service("s")
        packages = [package(number) for number in range(UPDATES + 1)]
        order = {crc64(data): number for number, data in enumerate(packages)}
        self.make_function("s", "f", zip=packages[0])
        # The number of the newest update whose answer has arrived; a request begun now must show it or a later one.
        self.newest, self.failures, self.count, self.stop = 0, [], 0, False
        lock = threading.Lock()

        def call():
            client = self.server.client(timeout=30)
            mine = 0
            while not self.stop:
                begun_after = self.newest
                try:
                    answer = client.invoke("s", "f", b"x")
                    shown = order.get(answer.header("x-fc-code-checksum"), -1)
                    wrong = answer.status != 200 or answer.header("x-fc-error-type") or shown < begun_after or \
                        answer.body != str(shown).encode()
                    problem = f"after update {begun_after}: shows {shown}, {answer}" if wrong else None
                except (OSError, http.client.HTTPException) as error:
                    problem = repr(error)
                mine += 1
                if problem:
                    with lock:
                        self.failures.append(problem)
            with lock:
                self.count += mine

        threads = [threading.Thread(target=call) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        started = time.monotonic()
        for number in range(1, UPDATES + 1):
            answer = self.client.put("/services/s/functions/f", {"code": zip_field(packages[number])})
            self.assertEqual(answer.status, 200, answer)
            self.newest = number
            due = started + number * SECONDS / UPDATES
            threading.Event().wait(max(0, due - time.monotonic()))
        self.stop = True
        for thread in threads:
            thread.join()

        print(f"zero-drop: {self.count} requests, {UPDATES} updates, {len(self.failures)} failures")
        self.assertEqual(self.failures[:10], [])
        self.assertGreater(self.count, 2 * CONNECTIONS)
