#!/usr/bin/env python3
"""run.py BUILD_DIR [--mode 200|204|both] [--only TEXT]: shows every row of the specification on the real server, and
compares the document that the server prints of itself (declared.py).

not_exercised.tsv names the rows that cannot be shown here, with the reason; `*` stands for any operation. A row that
is not shown and not named there fails, so does a name there that fits no row, and so does another number of rows than
the reviewed one in not_exercised.count. A reason that begins with "absent" says that the operation is not there; it
fails once the server has it.
"""

import argparse
import collections
import csv
import fnmatch
import json
import os
import sys
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]
THREADS = 8


def not_exercised(rows):
    """Row id → reason; and what is wrong with the list."""
    with open(os.path.join(HERE, "not_exercised.tsv"), encoding="utf-8", newline="") as file:
        named = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    with open(os.path.join(HERE, "not_exercised.count"), encoding="utf-8") as file:
        pinned = int(file.read())
    found, problems = {}, []
    for entry in named:
        fitting = [row.id for row in rows if fnmatch.fnmatchcase(row.id, entry["row"].replace("[", "[[]"))]
        if not fitting:
            problems.append(f"not_exercised.tsv: {entry['row']} fits no row")
        found.update({row: entry["reason"] for row in fitting})
    if len(found) != pinned:
        problems.append(f"not_exercised.tsv names {len(found)} rows, reviewed are {pinned} (not_exercised.count)")
    return found, problems


class Run:
    def __init__(self, cases, rows, left):
        self.cases, self.rows, self.left = cases, rows, left
        self.next, self.lock = 0, threading.Lock()
        self.passed, self.skipped, self.failures = 0, 0, []

    def work(self):
        while True:
            with self.lock:
                if self.next >= len(self.rows):
                    return
                row, self.next = self.rows[self.next], self.next + 1
            self.one(row)

    def one(self, row):
        from cases import NotExercised
        problem = None
        if row.id in self.left:
            with self.lock:
                self.skipped += 1
            return
        try:
            self.cases.run(row)
        except NotExercised:
            problem = "cannot be shown and stands not in not_exercised.tsv"
        except Exception as error:  # pylint: disable=broad-except
            problem = f"{type(error).__name__}: {error}"[:600]
        with self.lock:
            self.passed += problem is None
            if problem:
                self.failures.append((row.id, problem))


def run_mode(mode, options, rows, left):
    import declared
    from cases import Cases
    from rows import document, operations, table
    from world import World
    world = World(operations(), mode)
    cases = Cases(world, operations(), document(), table("errors.tsv"))
    run = Run(cases, [row for row in rows if options.only in row.id], left)
    threads = [threading.Thread(target=run.work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with urllib.request.urlopen(f"http://127.0.0.1:{world.server.port}/openapi.json") as answer:
        text = json.load(answer)
    paths = text["paths"]
    world.server.stop(90)
    there = {method["operationId"] for methods in paths.values() for method in methods.values()}
    for operation in sorted({row.split("/")[0] for row, reason in left.items() if reason.startswith("absent")} & there):
        run.failures.append((operation, "is there: not_exercised.tsv calls it absent"))
    run.failures += [("/openapi.json", problem) for problem in declared.problems(text)]
    print(f"conformance {mode}: {run.passed} passed, {len(run.failures)} failed, {run.skipped} skipped; "
          f"{sum(len(methods) for methods in paths.values())} operations")
    for row, problem in sorted(run.failures):
        print(f"FAILED {row}: {problem}")
    kinds = collections.Counter(row.split("/")[0] for row, _ in run.failures)
    print("  ".join(f"{name} {count}" for name, count in kinds.most_common(20)))
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--mode", choices=["200", "204", "both"], default="both")
    parser.add_argument("--only", default="", help="only rows whose id holds this text")
    options = parser.parse_args()
    os.environ["OPENFC_BUILD"] = options.build
    from rows import all_rows
    rows = all_rows()
    left, problems = not_exercised(rows)
    for problem in problems:
        print("FAILED", problem)
    modes = [200, 204] if options.mode == "both" else [int(options.mode)]
    runs = [run_mode(mode, options, rows, left) for mode in modes]
    failed = sum(len(run.failures) for run in runs) + len(problems)
    # What is not exercised has a gate of its own above and is no skipped test of this machine.
    print(f"conformance: {len(left)} rows of {len(rows)} are not exercised (not_exercised.tsv)")
    print(f"conformance: {sum(run.passed for run in runs)} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
