"""A process of the host with secrets in its memory, files, sockets and shared memory."""

import ctypes
import json
import os
import select
import socket
import sys

import world

IPC_CREATE = 0o1000


def shared_memory(secret):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    key = 0x0fc00000 | os.getpid() & 0xfffff
    identity = libc.shmget(key, 4096, IPC_CREATE | 0o644)
    address = libc.shmat(identity, None, 0)
    ctypes.memmove(address, secret.encode(), len(secret))
    return key, identity


def listening(family, address):
    server = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(address)
    server.listen(64)
    return server


def main():
    world.die_with_parent()
    scope, directory, secret, host, port = sys.argv[1:]
    memory = ctypes.create_string_buffer(secret.encode())
    path = os.path.join(directory, "socket")
    if os.path.exists(path):
        os.remove(path)
    servers = [listening(socket.AF_UNIX, "\0" + scope), listening(socket.AF_UNIX, path),
               listening(socket.AF_INET, (host, int(port)))]
    os.chmod(path, 0o600)
    key, identity = shared_memory(secret)
    print(json.dumps({"canaryPid": os.getpid(), "canaryAddress": ctypes.addressof(memory),
                      "canaryFd": os.open(os.path.join(directory, "canary"), os.O_RDONLY), "abstractSocket": scope,
                      "pathSocket": path, "memoryKey": key, "memoryId": identity}), flush=True)
    while True:
        for server in select.select(servers, [], [])[0]:
            with server.accept()[0] as connection:
                connection.sendall(secret.encode())


if __name__ == "__main__":
    main()
