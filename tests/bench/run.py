"""run.py BUILD_DIR [--quick] [--only PART…]: the benchmarks, in a network namespace of their own (needs root).

Prints every figure and ends with one line a goal: goal NAME VALUE LIMIT ok|short. See docs/benchmarks.md.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("cold", "control", "density", "warm", "many", "bodies", "tenants")


class Options:
    """How much is measured. `count(full, quick)` picks a number."""

    def __init__(self, quick, peers):
        self.quick, self.peers = quick, peers
        self.rounds = 1 if quick else 3
        self.seconds = 1 if quick else 3
        self.long_seconds = 3 if quick else 60

    def count(self, full, quick):
        return quick if self.quick else full


def install_peers(build):
    """The pinned npm packages, below the build directory; needs the network, so before the namespace."""
    target = os.path.join(build, "bench-peers")
    lock = os.path.join(HERE, "peers", "package-lock.json")
    installed = os.path.join(target, "installed-lock.json")
    if not (os.path.exists(installed) and filecmp.cmp(lock, installed, shallow=False)):
        os.makedirs(target, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, "peers", name), target)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=target,
                       check=True)
        shutil.copy(lock, installed)
    return target


def enter_namespace(build):
    """Runs this program again behind `unshare --net` with loopback up."""
    command = 'ip link set lo up && exec "$@"'
    environment = {**os.environ, "OPENFC_BENCH_INSIDE": "1", "OPENFC_BUILD": build}
    os.execvpe("unshare", ["unshare", "--net", "sh", "-c", command, "sh", sys.executable, *sys.argv], environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--quick", action="store_true", help="a smoke run of under three minutes")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    build = os.path.abspath(arguments.build)
    if os.environ.get("OPENFC_BENCH_INSIDE") != "1":
        install_peers(build)
        enter_namespace(build)

    import importlib
    from report import Report
    from world import World
    options = Options(arguments.quick, os.path.join(build, "bench-peers"))
    report, world = Report(), World(build)
    try:
        for part in arguments.only:
            importlib.import_module(part).run(world, report, options)
    finally:
        world.close()
    report.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
