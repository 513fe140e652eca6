"""The control plane: P1 and P2."""

import json
import os
import subprocess

import load
import product
from load import median

NAMES = """
local count = 0
request = function()
  count = count + 1
  return wrk.format(nil, nil, nil, '{"serviceName":"p2_ROUND_' .. count .. '","description":"written"}')
end
"""


def reads(world, report, options, server):
    """P1: GetFunction; wrk has the other core."""
    client = server.client()
    product.service(client, "control")
    product.deploy(client, "control", "f", *product.ECHO["python"])
    path = "/2016-08-15/services/control/functions/f"
    script = load.script(os.path.join(world.directory, "p1.lua"), "GET", client.signed("GET", path), None)
    url = f"http://127.0.0.1:{server.port}{path}"
    runs = [load.wrk(url, script, 32, options.seconds) for _ in range(options.rounds)]
    rps = 0 if any(run.errors for run in runs) else median([run.rps for run in runs])
    report.figure("P1 GetFunction, 32 connections", f"{rps:.0f}/s, p50 {median([run.p50 for run in runs]):.2f} ms")
    report.goal("P1", rps, 20_000, "/s", at_least=True)


def writes(world, report, options, server):
    """P2: CreateService by 16 clients against bare SQLite with group commit on the same disk, in turns."""
    client = server.client()
    path = "/2016-08-15/services"
    headers = client.signed("POST", path, {"content-type": "application/json"})
    mine, floor = [], []
    for number in range(options.rounds):
        script = load.script(os.path.join(world.directory, "p2.lua"), "POST", headers, "",
                             NAMES.replace("ROUND", str(number)))
        mine.append(load.wrk(f"http://127.0.0.1:{server.port}{path}", script, 16, options.seconds))
        rate = sqlite_floor(world, options)
        if rate is not None:
            floor.append(rate)
    rps = median([run.rps for run in mine])
    errors = sum(run.errors for run in mine)
    report.figure("P2 durable writes, 16 clients", f"{rps:.0f}/s, {errors} errors")
    if not floor:
        return report.missing("P2", 0.6, "no SQLite floor in this build", "x", at_least=True)
    report.figure("P2 bare SQLite group commit", f"{median(floor):.0f}/s")
    return report.goal("P2", 0 if errors else rps / median(floor), 0.6, "x", at_least=True)


def sqlite_floor(world, options):
    """Rows a second of bare SQLite that commits groups of 16; None when it is not in this build."""
    try:
        program = world.program("store_bench")
    except RuntimeError:
        return None
    command = [program, "--benchmark_filter=floor/commits/16", "--benchmark_format=json",
               f"--benchmark_min_time={options.seconds}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)["benchmarks"][0]["items_per_second"]


def run(world, report, options):
    report.section("control plane")
    server = world.openfc()
    reads(world, report, options, server)
    writes(world, report, options, server)
    server.stop()
