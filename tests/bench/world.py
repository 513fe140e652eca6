"""The processes of a benchmark: the product, its floors and its peers, each on a port of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import harness  # noqa: E402
import machine  # noqa: E402

WORKERD_CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = (
    serviceWorkerScript = "addEventListener('fetch', (event) => event.respondWith(event.request.text().then((text) => new Response(text))));",
    compatibilityDate = "2023-02-28")) ],
  sockets = [ (name = "http", address = "127.0.0.1:PORT", http = (), service = "main") ]
);
"""
NGINX_CONFIG = """daemon off; user root; pid DIR/pid; error_log DIR/error.log; worker_processes 1;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path DIR/a; proxy_temp_path DIR/b; fastcgi_temp_path DIR/c;
  uwsgi_temp_path DIR/d; scgi_temp_path DIR/e; keepalive_requests 1000000000;
  MORE
  server { listen 127.0.0.1:PORT; location / { ANSWER } } }
"""
NGINX_PROXY = """proxy_pass http://workers; proxy_http_version 1.1; proxy_set_header Connection "";"""


class World:
    """Starts things and ends them all."""

    def __init__(self, build):
        self.build = build
        self.directory = tempfile.mkdtemp(prefix="openfc-bench-")
        os.chmod(self.directory, 0o755)
        self.started = []
        self.servers = []

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.terminate()
        for process in self.started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        for server in self.servers:
            if server.process:
                server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def spawn(self, command, port, environment=None):
        """Starts a program and waits until its port accepts."""
        log = open(os.path.join(self.directory, f"{port}.log"), "ab")
        with log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env={**os.environ, **(environment or {})}, cwd=self.directory)
        self.started.append(process)
        if not machine.wait_until(lambda: process.poll() is not None or accepts(port), 20) or process.poll() is not None:
            raise RuntimeError(f"{command[0]} did not listen on {port}: "
                               f"{machine.read(os.path.join(self.directory, f'{port}.log'))[-800:]}")
        return process

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def program(self, name):
        """A program of the build directory, wherever its target put it."""
        for directory in ("bin", "tests/bench/floor", "tests/bench/store"):
            path = os.path.join(self.build, directory, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return path
        raise RuntimeError(f"{name} is not in {self.build}; build the bench preset")

    def nginx(self, answer='return 200 "ok";', more=""):
        port = harness.free_port()
        directory = os.path.join(self.directory, f"nginx-{port}")
        os.mkdir(directory)
        text = NGINX_CONFIG
        for name, value in (("PORT", str(port)), ("DIR", directory), ("MORE", more), ("ANSWER", answer)):
            text = text.replace(name, value)
        self.spawn(["nginx", "-p", directory, "-e", os.path.join(directory, "error.log"), "-c",
                    self.file(f"nginx-{port}.conf", text)], port)
        return f"http://127.0.0.1:{port}/"

    def nginx_proxy(self, headers, *command):
        """nginx as the reverse proxy of a worker that listens on a Unix socket; `headers` go with each request."""
        worker = self.worker(*command)
        told = " ".join(f'proxy_set_header {name} "{quoted(value)}";' for name, value in headers.items())
        return self.nginx(NGINX_PROXY + told, f"upstream workers {{ server unix:{worker}; keepalive 256; }}")

    def bare(self):
        port = harness.free_port()
        self.spawn([self.program("bare_server"), str(port)], port)
        return f"http://127.0.0.1:{port}/"

    def front(self):
        port = harness.free_port()
        self.spawn([self.program("front_server"), str(port)], port)
        return f"http://127.0.0.1:{port}/"

    def worker(self, *command):
        """Starts a program that listens on the Unix socket that it gets as its last argument; the socket's name."""
        path = os.path.join(self.directory, f"w{len(self.started)}")
        self.started.append(subprocess.Popen([*command, path], stdin=subprocess.DEVNULL))
        if not machine.wait_until(lambda: os.path.exists(path), 10):
            raise RuntimeError(f"{command} did not listen")
        return path

    def hop(self, workers, *command, program="hop_server", more=()):
        """The bare server with a hop to workers, each listening on a Unix socket; `more` follows their names."""
        port = harness.free_port()
        sockets = [self.worker(*command) for _ in range(workers)]
        self.spawn([self.program(program), str(port), *sockets, *more], port)
        return f"http://127.0.0.1:{port}/"

    def workerd(self, peers):
        port = harness.free_port()
        config = self.file("workerd.capnp", WORKERD_CONFIG.replace("PORT", str(port)))
        binary = os.path.join(peers, "node_modules", "@cloudflare", f"workerd-linux-{node_machine()}", "bin", "workerd")
        self.spawn([binary, "serve", config], port)
        return f"http://127.0.0.1:{port}/"

    def functions_framework(self, peers):
        port = harness.free_port()
        source = self.file("index.js", "exports.echo = (request, response) => { response.send(request.rawBody); };\n")
        self.spawn([os.path.join(peers, "node_modules", ".bin", "functions-framework"), "--target=echo",
                    f"--source={source}"], port, {"PORT": str(port), "NODE_ENV": "production"})
        return f"http://127.0.0.1:{port}/"

    def openfc(self, config=""):
        server = harness.Server(config).start()
        self.servers.append(server)
        return server


def node_machine():
    return {"x86_64": "64", "aarch64": "arm64"}[os.uname().machine]


def quoted(text):
    """As the inside of a string of nginx's configuration; a dollar would name a variable."""
    if "$" in text:
        raise RuntimeError(f"nginx cannot send {text!r}")
    return text.replace("\\", "\\\\").replace('"', '\\"')


def accepts(port):
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def pss(pid):
    """Proportional memory of a process in bytes."""
    for line in machine.read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) << 10
    return 0


def charge(pid):
    """Bytes charged to the memory group of a process."""
    for line in machine.read(f"/proc/{pid}/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return int(machine.read(f"/sys/fs/cgroup/memory{path}/memory.usage_in_bytes") or 0)
        if number == "0" and not controllers:
            for root in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
                text = machine.read(f"{root}{path}/memory.current")
                if text:
                    return int(text)
    return 0


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        text = machine.read(f"/proc/{pid}/stat")
        if text:
            fields = text.rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def switches(pids):
    """Context switches of all these processes so far: one that sleeps on has none."""
    return sum(int(line.split()[1]) for pid in pids for line in machine.read(f"/proc/{pid}/status").splitlines()
               if "ctxt_switches:" in line)


def own_processes(server):
    """The server and its launcher, without what runs in sandboxes."""
    return [pid for pid, _ in machine.family(server.process.pid)
            if os.path.basename(machine.read(f"/proc/{pid}/cmdline").split("\0")[0]) in ("openfc", "openfc-sandbox")]


def instance_processes(server, mark):
    """Host pids of the instance whose /tmp holds this file."""
    return [pid for pid, _ in machine.family(server.process.pid) if os.path.exists(f"/proc/{pid}/root/tmp/{mark}")]


def available_memory():
    for line in machine.read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


def clock():
    return time.monotonic()


def parsed(response):
    if response.status != 200 or response.header("x-fc-error-type"):
        raise RuntimeError(f"invocation failed: {response}")
    return json.loads(response.body)
