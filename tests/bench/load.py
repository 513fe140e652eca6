"""Load by wrk: one Lua file a target, one line of JSON a run."""

import json
import statistics
import subprocess

BODY = "x" * 128


class Load:
    """What wrk measured in one run. Times in milliseconds."""

    def __init__(self, result):
        self.requests = result["requests"]
        self.rps = result["requests"] / (result["duration"] / 1e6)
        self.p50, self.p99 = result["p50"] / 1e3, result["p99"] / 1e3
        self.errors = result["errors"]


_DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"duration":%d,"p50":%.3f,"p99":%.3f,"errors":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.timeout + (REFUSED_OK and 0 or e.status)))
end
"""


def script(path, method="POST", headers=None, body=BODY, request=None, delay=None, refused_ok=False):
    """Writes a wrk script. `headers` are complete: requests of one run share them, signature and date included.
    `request` is Lua that replaces the fixed request; `delay` is (least, most) milliseconds between requests."""
    lines = [f"REFUSED_OK = {'true' if refused_ok else 'false'}", f'wrk.method = "{method}"']
    if body is not None:
        lines.append(f"wrk.body = {json.dumps(body)}")
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in (headers or {}).items()]
    if delay:
        lines.append(f"delay = function() return math.random({delay[0]}, {delay[1]}) end")
    lines += [request or "", _DONE]
    with open(path, "w") as file:
        file.write("\n".join(lines))
    return path


def wrk(url, script_path, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", script_path, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    results = [line for line in done.stdout.splitlines() if line.startswith('{"requests"')]
    if not results:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return Load(json.loads(results[-1]))


def median(values):
    return statistics.median(values)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
