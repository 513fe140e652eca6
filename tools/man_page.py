#!/usr/bin/env python3
"""man_page.py PROGRAM: prints the manual page openfc(1), made from what the program's help says."""

import subprocess
import sys

HEAD = r""".TH OPENFC 1 "" "{version}" "User Commands"
.SH NAME
openfc \- Function Compute on your own machines
.SH SYNOPSIS
.B openfc
.I COMMAND
[arguments] [flags]
.SH DESCRIPTION
.B openfc serve
is the server of the API of Function Compute 2.0; every other command is a client of it.
"""
TAIL = r""".SH FILES
.TP
.I /etc/openfc/config.yaml
Settings of the server.
.TP
.I /var/lib/openfc
Its data.
.SH EXIT STATUS
0: done; 1: the function failed; 2: wrong arguments; 3: the API answered with an error; 4: no answer.
"""


def quoted(text):
    """As lines of troff that stand as they are."""
    lines = (line.replace("\\", "\\e").replace("-", "\\-") for line in text.rstrip("\n").split("\n"))
    return "".join(("\\&" if line[:1] in (".", "'") else "") + line + "\n" for line in lines)


def main():
    program = sys.argv[1]

    def said(*words):
        return subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout

    overview = said("help")
    listed = overview.split("Commands:\n")[1].split("\n\n")[0]
    names = [line.split()[0] for line in listed.split("\n") if line[:2] == "  " and line[2:3].strip()]
    page = HEAD.format(version=said("version").split(" (")[0].strip())
    page += ".SH OVERVIEW\n.nf\n" + quoted(overview) + ".fi\n.SH COMMANDS\n"
    for name in names:
        page += f".SS openfc {name}\n.nf\n" + quoted(said("help", name)) + ".fi\n"
    sys.stdout.write(page + TAIL)


if __name__ == "__main__":
    main()
