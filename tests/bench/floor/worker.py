"""The floor of a Python invocation: frames of u32 length and event on a Unix socket, an FC context, a trivial handler.

worker.py SOCKET
"""
import os
import socket
import struct
import sys


class Credentials:
    def __init__(self):
        self.access_key_id = self.access_key_secret = self.security_token = ""


class Part:
    def __init__(self, **values):
        self.__dict__.update(values)


FUNCTION = Part(name="hello", handler="index.handler", memory=128, timeout=60)
SERVICE = Part(name="bench", log_project="", log_store="", qualifier="LATEST", version_id="LATEST")


class Context:
    def __init__(self, request_id):
        self.request_id = request_id
        self.credentials = Credentials()
        self.function = FUNCTION
        self.service = SERVICE
        self.region = "cn-hangzhou"
        self.account_id = "1234567890"
        self.retry_count = 0
        self.tracing = Part(span_context="", span_baggages={}, jaeger_endpoint="")


def handler(event, context):
    return event


def serve(connection):
    fd = connection.fileno()
    count = 0
    buffer = b""
    while True:
        while len(buffer) < 4 or len(buffer) < 4 + struct.unpack_from("<I", buffer)[0]:
            piece = os.read(fd, 65536)
            if not piece:
                return
            buffer += piece
        end = 4 + struct.unpack_from("<I", buffer)[0]
        event, buffer = buffer[4:end], buffer[end:]
        count += 1
        answer = handler(event, Context("request-%d" % count))
        frame = struct.pack("<I", len(answer)) + answer
        sent = os.write(fd, frame)
        if sent < len(frame):
            connection.sendall(frame[sent:])


def main(path):
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(16)
    while True:
        connection, _ = listener.accept()
        serve(connection)
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
