"""The world outside the host: a network namespace with public, private and metadata addresses, all of which answer,
and a resolver that knows names that begin with "answered" and says nothing of others."""

import socket
import sys
import threading

import world


def answer_names():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind((world.PUBLIC, 53))
        while True:
            question, client = resolver.recvfrom(2048)
            if question[13:].startswith(b"answered"):
                address = socket.inet_aton(world.PUBLIC)
                resolver.sendto(question[:2] + b"\x81\x80\x00\x01\x00\x01" + bytes(4) + question[12:] +
                                b"\xc0\x0c\x00\x01\x00\x01" + bytes(4) + b"\x00\x04" + address, client)


def main():
    world.die_with_parent()
    world.unshare(world.NEWNET)
    print("{}", flush=True)
    sys.stdin.readline()
    for address in sys.argv[1:]:
        world.ip("address", "add", f"{address}/32", "dev", "world0")
    world.ip("link", "set", "lo", "up")
    world.ip("link", "set", "world0", "up")
    world.ip("route", "add", "default", "via", world.HOST, "dev", "world0", "onlink")
    threading.Thread(target=answer_names, daemon=True).start()
    with socket.create_server(("0.0.0.0", world.PORT), backlog=64) as listener:
        print("{}", flush=True)
        while True:
            with listener.accept()[0] as connection:
                connection.sendall(f"you reached {connection.getsockname()[0]}".encode())


if __name__ == "__main__":
    main()
