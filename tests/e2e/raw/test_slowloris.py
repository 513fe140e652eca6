"""Ten thousand clients that never end a request: the others are served all the while."""

import itertools
import resource
import socket
import unittest

import harness
from fcclient import zip_field

SLOW = 10_000
HEAD = b"POST /2016-08-15/services HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


class Slowloris(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < SLOW + 500:
            self.skipTest(f"at most {hard} descriptors a process")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def attack(self, server, check):
        """Connects them all, lets each drip a byte now and then, and calls `check` between."""
        slow = []
        try:
            for number in range(SLOW):
                connection = socket.create_connection(("127.0.0.1", server.port), 20)
                connection.setblocking(False)
                connection.sendall(HEAD)
                slow.append(connection)
                if number % 500 == 499:
                    self.drip(slow)
                    check()
            for _ in range(3):
                self.drip(slow)
                check()
            return [connection for connection in slow if self.is_open(connection)]
        finally:
            for connection in slow:
                connection.close()

    @staticmethod
    def drip(connections):
        for connection in itertools.islice(connections, 0, None, 7):
            try:
                connection.send(b"x")
            except OSError:
                pass  # the server has closed it

    @staticmethod
    def is_open(connection):
        try:
            return connection.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def serve(self, server):
        """A function, and a check that it and the API answer on an old connection and on a new one."""
        kept = server.client()
        for path, body in (("/services", {"serviceName": "s"}), ("/services/s/functions", {
                "functionName": "f", "runtime": "python3", "handler": "index.handler",
                "code": zip_field(harness.code("python"))})):
            self.assertEqual(kept.post(path, body).status, 200)

        def check():
            fresh = server.client()
            for client in (kept, fresh):
                self.assertEqual(client.get("/services").status, 200)
                self.assertEqual(client.invoke("s", "f", {"do": "echo", "value": 1}).body, b"1")
            fresh.close()
        self.addCleanup(kept.close)
        return check

    def test_others_are_served(self):
        with harness.Server() as server:
            still = self.attack(server, self.serve(server))
            self.assertEqual(len(still), SLOW, "the server had room for all of them")

    def test_others_are_served_where_descriptors_are_few(self):
        """The server may have fewer descriptors than there are attackers: those that waited longest give way."""
        server = harness.Server()
        server.command = lambda: ["prlimit", "--nofile=4096:4096", *harness.Server.command(server)]
        with server:
            still = self.attack(server, self.serve(server))
            self.assertLess(len(still), 4096)
