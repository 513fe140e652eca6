#!/usr/bin/env python3
"""tidy.py [--minutes N]: clang-tidy on the sources of src/ that are not known to be clean.

Known clean is what passed before with the same rules, compiler flags and text, its own headers' included; that is kept
in ~/.cache/openfc/tidy, so that checkouts share it. What changed last comes first: uncommitted files, then by the time
of their last commit. When the minutes are over, no further file is begun and the rest is only counted.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TIDY = "clang-tidy-19"
BUILD = "build/dev"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "openfc" / "tidy"
KEEP_SECONDS = 60 * 24 * 3600
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
PLUGIN = pathlib.Path("tools/tidy_own_code.cpp")
CHECKS = "openfc-own-code"
# How far the static analyser goes into a function. By itself it goes ten times as far, and needs twice the time for a
# file.
DEPTH = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=20000")]
# Neither gtest's assertions nor value(), which throws, count as a check of an optional: in tests that is wrong far more
# often than right, and an optional that is absent there fails the test. The static analyser takes up to half a minute
# for a file of gtest's macros; the sanitizers see these files run.
TEST_CHECKS = CHECKS + ",-bugprone-unchecked-optional-access,-clang-analyzer-*"


def git(*arguments):
    return subprocess.run(["git", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def tidy_version():
    return subprocess.run([TIDY, "--version"], check=True, stdout=subprocess.PIPE).stdout


def plugin():
    """The path of the plugin, which is built when it was not before."""
    digest = hashlib.sha256(tidy_version() + PLUGIN.read_bytes()).hexdigest()[:40]
    built = CACHE / f"own_code-{digest}.so"
    if not built.exists():
        headers = pathlib.Path(shutil.which(TIDY)).resolve().parent.parent / "include"
        mine = built.with_suffix(f".{os.getpid()}")
        subprocess.run(["clang++-19", "-std=c++20", "-O1", "-fno-rtti", "-fPIC", "-shared", "-isystem", headers,
                        PLUGIN, "-o", mine], check=True)
        mine.rename(built)
    built.touch()
    return built


def sources():
    """What changed last comes first."""
    known = [name for name in git("ls-files", "-co", "--exclude-standard", "--", "src/*.cpp").splitlines()
             if os.path.exists(name)]
    order = dict.fromkeys(line[3:] for line in git("status", "--porcelain", "-uall", "--", "src").splitlines())
    order |= dict.fromkeys(git("log", "--format=", "--name-only", "--", "src").splitlines())
    place = {name: number for number, name in enumerate(order)}
    return sorted(known, key=lambda name: place.get(name, len(place)))


class Keys:
    """Of each source: a digest of all that clang-tidy's answer depends on but the system's headers."""

    def __init__(self):
        self.rules = (tidy_version() + PLUGIN.read_bytes() + pathlib.Path(".clang-tidy").read_bytes()
                      + " ".join([TEST_CHECKS, *DEPTH]).encode())
        root = os.getcwd()
        self.commands = {os.path.relpath(entry["file"], root): entry["command"].replace(root, "")
                         for entry in json.loads(pathlib.Path(BUILD, "compile_commands.json").read_text())}
        self.texts = {}
        self.headers = {}

    def text(self, name):
        if name not in self.texts:
            self.texts[name] = pathlib.Path(name).read_bytes()
        return self.texts[name]

    def included(self, name):
        """The project's headers that one file names itself."""
        if name not in self.headers:
            places = [(os.path.join("src", each.decode()), os.path.join(os.path.dirname(name), each.decode()))
                      for each in INCLUDE.findall(self.text(name))]
            self.headers[name] = [next(filter(os.path.exists, place), None) for place in places]
        return filter(None, self.headers[name])

    def of(self, name):
        reached, left = {name}, [name]
        while left:
            new = set(self.included(left.pop())) - reached
            reached |= new
            left.extend(new)
        digest = hashlib.sha256(self.rules + self.commands.get(name, "").encode())
        for each in sorted(reached):
            digest.update(each.encode() + b"\0" + hashlib.sha256(self.text(each)).digest())
        return digest.hexdigest()[:40]


def check(name, stamp, options, deadline):
    """Whether the file is clean; nothing when there was no time for it."""
    if time.monotonic() > deadline:
        return None
    checks = TEST_CHECKS if name.endswith("_test.cpp") else CHECKS
    done = subprocess.run([TIDY, *options, f"--checks={checks}", "-p", BUILD, "--quiet", name],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if done.returncode == 0:
        stamp.touch()
    else:
        print(done.stdout or f"{name}: {TIDY} ended with {done.returncode}", flush=True)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=float("inf"))
    deadline = time.monotonic() + 60 * parser.parse_args().minutes

    CACHE.mkdir(parents=True, exist_ok=True)
    options = [f"--load={plugin()}", *DEPTH]
    keys = Keys()
    files = sources()
    unknown = []
    for name in files:
        stamp = CACHE / keys.of(name)
        if stamp.exists():
            stamp.touch()
        else:
            unknown.append((name, stamp))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda one: check(*one, options, deadline), unknown))
    for stamp in CACHE.iterdir():
        if time.time() - stamp.stat().st_mtime > KEEP_SECONDS:
            stamp.unlink(missing_ok=True)

    bad, left = results.count(False), results.count(None)
    print(f"clang-tidy: {len(files)} files, {len(files) - len(unknown)} known to be clean, "
          f"{results.count(True)} found clean, {bad} not clean, {left} left for lack of time")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
