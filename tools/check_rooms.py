#!/usr/bin/env python3
"""Refuses what the house's rules forbid and no compiler sees.

- a file of src/ROOM may include only its own room, those that its room() row in CMake names, and what these use;
- the rows hold no circle;
- heavy libraries stay where they belong;
- no source file is longer than 600 lines, and no work is left behind as a remark.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 600
# Library header (regular expression) → the places that may include it.
CONFINED = {
    r"boost/(asio|beast)": ("src/net/", "src/http/", "tests/bench/"),
    r"sqlite3\.h": ("src/store/",),
    r"iostream": (),
    r"regex": (),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
REMARK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def rooms():
    """Room → the rooms that it may use."""
    found = {}
    for path in sorted(ROOT.glob("src/*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", path.read_text())
        for row in re.findall(r"\broom\(([^)]*)\)", text):
            words = row.split()
            uses, taking = set(), False
            for word in words[1:]:
                if word in ("USES", "LINK", "EXCLUDE"):
                    taking = word == "USES"
                elif taking:
                    uses.add(word)
            found[words[0]] = uses
    return found


def reachable(uses):
    """Room → every room below it."""
    below = {}

    def visit(room, trail):
        if room not in below and room not in trail:
            others = uses.get(room, set())
            below[room] = set(others).union(*(visit(other, trail + [room]) for other in others))
        return below.get(room, set())

    for room in uses:
        visit(room, [])
    return below


def circles(uses):
    state, found = {}, []

    def visit(room, trail):
        if state.get(room) == "done":
            return
        if room in trail:
            found.append(" -> ".join(trail[trail.index(room):] + [room]))
            return
        for other in sorted(uses.get(room, ())):
            visit(other, trail + [room])
        state[room] = "done"

    for room in uses:
        visit(room, [])
    return [f"the rooms form a circle: {circle}" for circle in found]


def sources():
    for folder in ("src", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".cpp", ".h") and path.is_file():
                yield path


def check_file(path, below):
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text()
    room = name.split("/")[1] if name.startswith("src/") else None
    for project, library in INCLUDE.findall(text):
        other = project.split("/")[0]
        if room in below and other in below and other != room and other not in below[room]:
            yield f'{name}: includes "{project}", but {room} does not use {other} (src/{room}/CMakeLists.txt)'
        for pattern, places in CONFINED.items():
            if library and re.match(pattern, library) and not name.startswith(places):
                yield f"{name}: <{library}> belongs to {', '.join(places) or 'nobody'}"
    lines = text.count("\n")
    if lines > MAX_LINES:
        yield f"{name}: {lines} lines; split it by subject (at most {MAX_LINES})"
    for number, line in enumerate(text.splitlines(), 1):
        if REMARK.search(line):
            yield f"{name}:{number}: unfinished work belongs in an issue: {line.strip()}"


def main():
    uses = rooms()
    problems = circles(uses)
    for room, others in uses.items():
        problems += [f"src/{room}/CMakeLists.txt: there is no room {other}" for other in sorted(others - uses.keys())]
    below = reachable(uses)
    for path in sources():
        problems += check_file(path, below)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
