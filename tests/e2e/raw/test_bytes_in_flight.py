"""Events and answers on their way are counted: what does not fit is refused, and memory stays where it is."""

import re
import socket

import fcclient
import harness
import machine

MB = 1 << 20
LIMIT, OF_ACCOUNT = 256 * MB, 192 * MB
EVENT = 32 * MB
OTHER = ("other-key", "other-secret", "2345678901234567")
STOPS = "import os, signal\ndef handler(event, context):\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
LARGE = "def handler(event, context):\n    return b'x' * (30 * 1024 * 1024)\n"


class Upload:
    """An invocation with a large event, sent as far as the server takes it."""

    def __init__(self, server, client, function="stops", size=EVENT):
        path = f"/2016-08-15/services/s/functions/{function}/invocations"
        headers = client.signed("POST", path)
        self.socket = socket.create_connection(("127.0.0.1", server.port), 20)
        lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {size}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")

    def send(self, size=EVENT):
        piece = b"x" * MB
        try:
            for _ in range(size // MB):
                self.socket.sendall(piece)
        except OSError:  # the server has answered, and closed
            return

    def answer(self):
        """"" = there is none yet."""
        head = b""
        self.socket.settimeout(1)
        while b"\r\n\r\n" not in head:
            try:
                part = self.socket.recv(1 << 16)
            except OSError:
                break
            if not part:
                break
            head += part
        return head.decode("latin1")


class BytesInFlight(harness.ServerTest):
    config = (f"maxBytesInFlight: {LIMIT}\nmaxAccountBytesInFlight: {OF_ACCOUNT}\nmemory: 16000\n"
              f"accessKeys: [{{id: {OTHER[0]}, secret: {OTHER[1]}, accountId: '{OTHER[2]}'}}]\n")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = fcclient.Client("127.0.0.1", cls.server.port, OTHER[0], OTHER[1])
        test = cls("test_events_to_stopped_instances_have_a_limit")
        for client in (cls.client, cls.other):
            client.post("/services", {"serviceName": "s"})
            for name, code, calls in (("stops", STOPS, 100), ("large", LARGE, 1)):
                test.expect(client.post("/services/s/functions", {
                    "functionName": name, "runtime": "python3", "handler": "index.handler", "memorySize": 256,
                    "timeout": 30, "instanceConcurrency": calls,
                    "code": fcclient.zip_field(fcclient.make_zip({"index.py": code}))}), 200)

    def in_flight(self):
        return self.server.metric("fc_bytes_in_flight")

    def resident(self):
        return int(re.search(r"VmRSS:\s+(\d+) kB", machine.read(f"/proc/{self.server.process.pid}/status"))[1]) << 10

    def test_events_to_stopped_instances_have_a_limit(self):
        before = self.resident()
        stop = Upload(self.server, self.client, size=1)
        stop.socket.sendall(b"x")
        machine.wait_until(self.stopped, 20)
        uploads = []
        for _ in range(20):
            uploads.append(Upload(self.server, self.client))
            uploads[-1].send()
        refused = [answer for answer in (upload.answer() for upload in uploads) if answer]
        self.assertLessEqual(self.in_flight(), OF_ACCOUNT)
        self.assertLess(self.resident() - before, LIMIT)
        self.assertGreaterEqual(len(refused), 10)
        for answer in refused:
            self.assertTrue(answer.startswith("HTTP/1.1 429 "), answer)
            self.assertIn("Retry-After: 1", answer)
        answer = self.other.invoke("s", "large")
        self.assertEqual(len(answer.body), 30 * MB)
        for upload in [stop, *uploads]:
            upload.socket.close()
        # An instance that serves others too outlives its callers; its time-out ends it.
        machine.wait_until(lambda: self.in_flight() == 0, 60)
        self.assertEqual(self.in_flight(), 0)

    def test_an_answer_without_room_is_refused(self):
        # Six that nobody reads leave no room for one more.
        held = [self.unread() for _ in range(6)]
        machine.wait_until(lambda: self.in_flight() >= 6 * 25 * MB, 30)

        response = self.client.invoke("s", "large")

        self.expect(response, 429, "ResourceExhausted", ("maxAccountBytesInFlight",))
        self.assertEqual(response.header("retry-after"), "1")
        for one in held:
            one.socket.close()
        machine.wait_until(lambda: self.in_flight() == 0, 30)

    def unread(self):
        return Upload(self.server, self.client, "large", 0)

    def stopped(self):
        return any("State:\tT" in machine.read(f"/proc/{pid}/status") for pid, _ in
                   machine.family(self.server.process.pid))
