"""Instance exec over a WebSocket, byte by byte: what the official clients do, without them."""

import base64
import os
import re
import socket
import struct
from urllib.parse import urlencode

import fcclient

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
STDIN, STDOUT, STDERR, RESIZE = 0, 1, 2, 4


class Refused(Exception):
    def __init__(self, response):
        super().__init__(str(response))
        self.response = response


class Exec:
    """One session. `headers` replace or add to those of the handshake."""

    def __init__(self, client, service, function, instance, command, headers=None, timeout=30, **parameters):
        path = f"{fcclient.API}/services/{service}/functions/{function}/instances/{instance}/exec"
        query = [("command", word) for word in command] + [
            (name, value if isinstance(value, str) else str(value).lower()) for name, value in parameters.items()]
        sent = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
                "sec-websocket-key": base64.b64encode(os.urandom(16)).decode(), **(headers or {})}
        lines = [f"GET {path}?{urlencode(query)} HTTP/1.1", f"Host: {client.host}:{client.port}"]
        lines += [f"{name}: {value}" for name, value in client.signed("GET", path, sent).items()]
        self.socket = socket.create_connection((client.host, client.port), timeout)
        self.received = b""
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
        self.head = self._until(b"\r\n\r\n").decode()
        self.status = int(self.head.split(" ", 2)[1])
        self.headers = [tuple(line.split(": ", 1)) for line in self.head.split("\r\n")[1:] if line]
        self.request_id = next((value for name, value in self.headers if name == "X-Fc-Request-Id"), None)
        self.reason = None  # of the server's last frame
        if self.status != 101:
            length = int(re.search(r"(?i)content-length: (\d+)", self.head).group(1))
            body = self._exactly(length)
            self.close()
            raise Refused(fcclient.Response(self.status, self.headers, body))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def _more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError("the server has closed the connection")
        self.received += piece

    def _until(self, end):
        while end not in self.received:
            self._more()
        found, self.received = self.received.split(end, 1)
        return found

    def _exactly(self, count):
        while len(self.received) < count:
            self._more()
        found, self.received = self.received[:count], self.received[count:]
        return found

    def frame(self):
        """(kind, payload) of the next frame."""
        head = self._exactly(2)
        size = head[1] & 0x7f
        if size == 126:
            size = struct.unpack(">H", self._exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._exactly(8))[0]
        return head[0] & 0x0f, self._exactly(size)

    def send(self, kind, payload):
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | kind]) + size + mask + masked)

    def type(self, data):
        """Input as the Go and the Python clients send it."""
        self.send(TEXT, bytes([STDIN]) + data)

    def until(self, text, channel=STDOUT):
        """What comes on this channel, until it holds `text`."""
        said = b""
        while text not in said:
            kind, payload = self.frame()
            if kind == CLOSE:
                raise EOFError(f"the session has ended: {payload[2:]!r} after {said!r}")
            if kind in (TEXT, BINARY) and payload[0] == channel:
                said += payload[1:]
        return said

    def rest(self):
        """{channel: bytes} until the server's last frame, which is answered."""
        said = {STDOUT: b"", STDERR: b""}
        while True:
            kind, payload = self.frame()
            if kind == CLOSE:
                self.reason = payload[2:].decode()
                self.send(CLOSE, payload[:2])
                return said
            if kind in (TEXT, BINARY):
                said[payload[0]] = said.get(payload[0], b"") + payload[1:]


def run(client, service, function, instance, command, **options):
    """(stdout, stderr, reason of the end) of a program that needs no input."""
    with Exec(client, service, function, instance, command, **options) as session:
        said = session.rest()
        return said[STDOUT], said[STDERR], session.reason


def instance_of(client, service, function):
    """The id of the one instance that there is."""
    found = client.get(f"/services/{service}/functions/{function}/instances").json["instances"]
    if len(found) != 1:
        raise AssertionError(f"there are {len(found)} instances")
    return found[0]["instanceId"]
