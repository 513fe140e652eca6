"""HTTP/1.1 on a bare socket, for what an HTTP library would refuse to send or would hide."""

import socket
import time

from fcclient import Response


class Connection:
    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def request(self, method, path, headers, body=b""):
        """Head with exactly these headers (Host added), then the body as it is."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"] + [f"{name}: {value}" for name, value in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)

    def _fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def _until(self, mark):
        while mark not in self.buffer:
            if not self._fill():
                raise ConnectionError(f"closed after {self.buffer[:200]!r}")
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def _exactly(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise ConnectionError("closed within a body")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def response(self):
        """One whole answer; 1xx included, which has no body."""
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in head[1:]]
        answer = Response(status, headers, b"")
        if status >= 200:
            if (answer.header("transfer-encoding") or "").lower() == "chunked":
                answer.body = self._chunks()
            else:
                answer.body = self._exactly(int(answer.header("content-length") or 0))
        return answer

    def _chunks(self):
        body = b""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            body += self._exactly(size)
            self._until(b"\r\n")
            if size == 0:
                return body

    def closed(self, seconds=10):
        """Whether the far side closes within the time (what it sends before is dropped)."""
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self.socket.settimeout(max(0.01, deadline - time.monotonic()))
                if not self.socket.recv(65536):
                    return True
        except (ConnectionResetError, BrokenPipeError):
            return True
        except TimeoutError:
            pass
        return False


def chunked(body, size=1000):
    pieces = [body[start:start + size] for start in range(0, len(body), size)] + [b""]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
