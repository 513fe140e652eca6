"""The world outside the host: a network namespace with public, private and metadata addresses, all of which answer."""

import socket
import sys

import world


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
    with socket.create_server(("0.0.0.0", world.PORT), backlog=64) as listener:
        print("{}", flush=True)
        while True:
            with listener.accept()[0] as connection:
                connection.sendall(f"you reached {connection.getsockname()[0]}".encode())


if __name__ == "__main__":
    main()
