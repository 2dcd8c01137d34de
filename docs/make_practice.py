"""Runs the session of docs/practice.md again, with the answers that are typed in it, and writes what it shows now.

Run by `make docs`; a test compares.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent / "practice.md"
SESSION = re.compile(r"^```console\n\$ grader ([^\n]*)\n(.*?)\n```", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\(\w+\)[^:]*: (.*)$", re.MULTILINE)


def page(text, run):
    """The page with its session as `run(arguments, typed text)` shows it."""

    def shown(match):
        typed = "".join(f"{line}\n" for line in TYPED.findall(match.group(2)))
        return f"```console\n$ grader {match.group(1)}\n{run(shlex.split(match.group(1)), typed).rstrip()}\n```"

    return SESSION.sub(shown, text)


def output(arguments, typed):
    """What `grader ARGUMENTS` prints for typed lines."""
    command = [sys.executable, "-m", "grader", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=True, cwd=FILE.parent.parent).stdout


if __name__ == "__main__":
    FILE.write_text(page(FILE.read_text(encoding="utf-8"), output), encoding="utf-8")
