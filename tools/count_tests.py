#!/usr/bin/env python3
"""count_tests.py JUNIT GTEST_DIR: one line "N passed, N failed, N skipped" for a run of ctest.

Programs of GoogleTest count by their test cases (their reports lie in GTEST_DIR), all others as one test each.
A program that ended without a report, or badly although all of its cases passed, is one failure.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def main():
    junit, reports = ElementTree.parse(sys.argv[1]).getroot(), pathlib.Path(sys.argv[2])
    passed = failed = skipped = 0
    for test in junit.iter("testcase"):
        status = test.get("status")
        report = reports / f"{test.get('name')}_test.xml"
        left = test.find("skipped")
        if status in ("notrun", "disabled"):
            # ctest says so too when the program is not there.
            absent = left is not None and "SKIP_" not in left.get("message", "") and status == "notrun"
            failed += absent
            skipped += not absent
            continue
        cases = list(ElementTree.parse(report).getroot().iter("testcase")) if report.exists() else []
        bad = sum(case.find("failure") is not None for case in cases)
        left_out = sum(case.get("status") == "notrun" or case.get("result") == "skipped" for case in cases)
        if not cases:
            passed += status == "run"
            failed += status != "run"
            continue
        if status != "run" and not bad:
            bad = 1
        failed += bad
        skipped += left_out
        passed += max(0, len(cases) - bad - left_out)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


if __name__ == "__main__":
    main()
