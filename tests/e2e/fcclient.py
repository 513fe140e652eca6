"""A plain client of the API on http.client: no retries, one connection a thread, nothing hidden."""

import base64
import http.client
import io
import json
import threading
import zipfile
from urllib.parse import urlencode

import signing

API = "/2016-08-15"
POLYNOMIAL = 0xC96C5795D7870F42


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ POLYNOMIAL if byte & 1 else byte >> 1
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc64(data):
    """CRC-64/XZ as the unsigned decimal text of the API."""
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return str(crc ^ 0xFFFFFFFFFFFFFFFF)


def make_zip(files, compression=zipfile.ZIP_DEFLATED):
    """`files` maps names to text or bytes; (content, mode) sets the Unix mode."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            content, mode = content if isinstance(content, tuple) else (content, 0o100644)
            info = zipfile.ZipInfo(name, (2022, 3, 1, 8, 0, 0))
            info.external_attr = mode << 16
            info.compress_type = compression
            archive.writestr(info, content)
    return buffer.getvalue()


def zip_field(data):
    return {"zipFile": base64.b64encode(data).decode()}


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The API error code, or the type of the function error; None where there is neither."""
        if not (self.header("content-type") or "").startswith("application/json"):
            return None
        parsed = self.json
        return parsed.get("ErrorCode") if isinstance(parsed, dict) else None

    @property
    def message(self):
        return self.json.get("ErrorMessage")

    @property
    def log(self):
        return base64.b64decode(self.header("x-fc-log-result", "")).decode("utf-8", "replace")

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


class Client:
    def __init__(self, host, port, key_id, secret, timeout=90):
        self.host, self.port, self.key_id, self.secret, self.timeout = host, port, key_id, secret, timeout
        self._local = threading.local()

    def connection(self):
        if getattr(self._local, "connection", None) is None:
            self._local.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        return self._local.connection

    def close(self):
        if getattr(self._local, "connection", None):
            self._local.connection.close()
            self._local.connection = None

    def signed(self, method, path, headers=None, date=None):
        return signing.signed(method, path, headers, self.key_id, self.secret, date)

    def send(self, method, path, headers, body=None, **options):
        """Sends exactly these headers (plus Host and Content-Length) and reads the whole answer."""
        connection = self.connection()
        try:
            connection.request(method, path, body=body, headers=headers, **options)
            answer = connection.getresponse()
            result = Response(answer.status, answer.getheaders(), answer.read())
            if answer.will_close:
                self.close()
            return result
        except BaseException:
            self.close()
            raise

    def call(self, method, path, body=None, headers=None, query=None, date=None):
        """A signed call below /2016-08-15. A dict body travels as JSON."""
        headers = {name.lower(): value for name, value in (headers or {}).items()}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("content-type", "application/json")
        full = API + path + ("?" + urlencode(query) if query else "")
        return self.send(method, full, self.signed(method, full, headers, date), body)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.call("PUT", path, body, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)

    def invoke(self, service, function, event=b"", tail=False, headers=None):
        """`event` of dict type travels as JSON text."""
        event = json.dumps(event).encode() if isinstance(event, dict) else event
        headers = dict(headers or {})
        headers.setdefault("content-type", "application/octet-stream")
        if tail:
            headers["x-fc-log-type"] = "Tail"
        return self.call("POST", f"/services/{service}/functions/{function}/invocations", event, headers)
