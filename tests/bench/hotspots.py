"""hotspots.py BUILD_DIR invoke|get|front CONNECTIONS: where the server's processor time goes under load (root, perf, wrk).

Prints the rate, processor time of the server and of the instance a request, system calls a request (strace, in a second
run), and perf's report by function with its callees. docs/profiles.md tells what was seen.
"""

import os
import re
import subprocess
import sys
import tempfile

import run

SECONDS = 5


def prepare(world, what):
    """(server, URL, wrk script): one warm function on a node that holds one instance."""
    import load
    import product
    server = world.openfc("memory: 128\nadmissionWait: 60\n")
    client = server.client()
    product.service(client, "warm")
    product.deploy_echo(client, "warm", "python", "python")
    file = os.path.join(world.directory, "profile.lua")
    if what == "invoke":
        path, headers = product.invoke_headers(client, "warm", "python")
        script = load.script(file, headers=headers)
    elif what == "get":
        path = "/2016-08-15/services/warm/functions/python"
        script = load.script(file, method="GET", headers=client.signed("GET", path, {}), body=None)
    else:
        path = "/2016-08-15/nothing/here"
        script = load.script(file, method="GET", body=None, refused_ok=True)
    return server, f"http://127.0.0.1:{server.port}{path}", script


def loaded(tool, target, connections):
    """What wrk measured while `tool` looked at the server."""
    import load
    url, script = target
    process = subprocess.Popen(tool, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    result = load.wrk(url, script, connections, SECONDS)
    process.terminate()
    process.wait()
    return result


def seconds(pid):
    """Processor time so far of the server and of each runtime process, by pid."""
    import world as processes
    import machine
    workers = [one for one, _ in machine.family(pid) if "bootstrap.py" in machine.read(f"/proc/{one}/cmdline")]
    return {one: processes.cpu_seconds([one]) for one in [pid, *workers]}


def main():
    build, what, connections = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if os.environ.get("OPENFC_BENCH_INSIDE") != "1":
        run.enter_namespace(build)
    import world as processes
    import machine
    world = processes.World(build)
    try:
        server, url, script = prepare(world, what)
        pid = server.process.pid
        with tempfile.TemporaryDirectory() as directory:
            data, calls = os.path.join(directory, "perf.data"), os.path.join(directory, "calls")
            before = seconds(pid)
            result = loaded(["perf", "record", "-q", "-F", "4000", "-e", "cpu-clock", "-g", "-p", str(pid), "-o", data],
                            (url, script), connections)
            used = {one: (spent - before.get(one, 0)) / result.requests * 1e6 for one, spent in seconds(pid).items()}
            print(f"{what}, {connections} connections: {result.rps:.0f}/s, p50 {result.p50 * 1000:.0f} us; processor time a "
                  f"request: server {used.pop(pid):.1f} us, instances {sum(used.values()):.1f} us")
            result = loaded(["strace", "-c", "-f", "-p", str(pid), "-o", calls], (url, script), connections)
            for line in machine.read(calls).splitlines():
                found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
                if found and int(found[1]) > result.requests / 20:
                    print(f"  {found[2]:<14} {int(found[1]) / result.requests:.2f} a request")
            subprocess.run(["perf", "report", "-i", data, "--children", "--stdio", "-g", "none", "--percent-limit", "1"],
                           stderr=subprocess.DEVNULL, check=True)
    finally:
        world.close()


if __name__ == "__main__":
    main()
