"""Figures and goals: figures are printed as they come, goals in the end, one line each."""

import sys
import time

ORDER = ["W1", "W2", "W4", "W5", "W6", "W7", "W8", "C1-python", "C1-node", "C2", "C6", "C7", "C8", "C9", "C10", "D1", "D2",
         "D3", "D4", "P1", "P2", "M1", "M2", "M3", "S1", "T1", "T2", "T3", "T4", "T5", "T6", "T7"]


class Report:
    def __init__(self):
        self.goals, self.invalid_floors, self.began = [], {}, time.monotonic()

    def section(self, title):
        print(f"\n[{time.monotonic() - self.began:6.1f} s] {title}", flush=True)

    def figure(self, name, text):
        print(f"  {name:<44} {text}", flush=True)

    def invalid(self, floor, reason):
        """A floor that is no fair measure: the goals that stand on it are short."""
        if floor not in self.invalid_floors:
            self.invalid_floors[floor] = reason
            print(f"  floor {floor}: invalid ({reason})", flush=True)

    def goal(self, name, value, limit, unit="", at_least=False, floors=()):
        """`floors`: the floors whose validity this goal depends on. Several goals of one name show the worst."""
        good = value is not None and (value >= limit if at_least else value <= limit)
        if any(floor in self.invalid_floors for floor in floors):
            good = False
        self.goals.append((name, value, limit, unit, at_least, good))

    def missing(self, name, limit, reason, unit="", at_least=False):
        self.figure(name, f"not measured: {reason}")
        self.goal(name, None, limit, unit, at_least)

    def close(self):
        """Prints the goal lines; how many are short."""
        print()
        short = 0
        by_name = {}
        for goal in self.goals:
            by_name.setdefault(goal[0], []).append(goal)
        for name in sorted(by_name, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)):
            good = all(goal[5] for goal in by_name[name])
            worst = min(by_name[name], key=lambda goal: (goal[5], _margin(goal)))
            value = "none" if worst[1] is None else f"{worst[1]:.4g}"
            print(f"goal {name} {value}{worst[3]} {'>=' if worst[4] else '<='}{worst[2]:g}{worst[3]} "
                  f"{'ok' if good else 'short'}")
            short += not good
        sys.stdout.flush()
        return short


def _margin(goal):
    """How far a value is on the good side of its limit, as a ratio."""
    _, value, limit, _, at_least, _ = goal
    if value is None:
        return float("-inf")
    return value / limit if at_least else limit / max(value, 1e-9)
