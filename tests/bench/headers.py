"""headers.py BUILD_DIR: what the headers that a custom runtime is promised cost Node's HTTP server (root, wrk).

Asks openfc once which headers it sends, then drives the benchmark's echo server with them, with those that have a value,
and with none but wrk's own, in turns and with nothing between. docs/profiles.md tells what was seen.
"""

import os
import sys

import run

ROUNDS, SECONDS, CONNECTIONS = 3, 2, 16


def promised(world):
    """The headers of one invocation, as a custom runtime gets them."""
    import product
    server = world.openfc()
    client = server.client()
    product.service(client, "warm")
    headers = product.custom_headers(client, "warm")
    server.stop()
    return headers


def main():
    build = os.path.abspath(sys.argv[1])
    if os.environ.get("OPENFC_BENCH_INSIDE") != "1":
        run.enter_namespace(build)
    from world import World  # first: it tells where the tests' own modules are
    import harness
    import load
    import product
    world = World(build)
    try:
        headers = promised(world)
        sets = {"none": {}, "all": headers, "with a value": {name: value for name, value in headers.items() if value}}
        port = harness.free_port()
        world.spawn(["node", world.file("echo.js", product.CUSTOM_ECHO)], port, {"FC_SERVER_PORT": str(port)})
        rates = {name: [] for name in sets}
        for number in range(ROUNDS):
            for name, some in sets.items():
                script = load.script(os.path.join(world.directory, f"{number}.lua"), headers=some)
                rates[name].append(load.wrk(f"http://127.0.0.1:{port}/invoke", script, CONNECTIONS, SECONDS).rps)
        for name, values in rates.items():
            rate = load.median(values)
            print(f"{name}: {len(sets[name])} headers, {rate:.0f}/s, {rate / load.median(rates['none']):.2f}")
    finally:
        world.close()


if __name__ == "__main__":
    main()
