"""Writes README.md from docs/README.template.md: every line `@@command` becomes the command with its real output.

Run by `make docs`; a test runs the commands of README.md again and compares.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = re.compile(r"^@@grader (.*)$", re.MULTILINE)


def output(arguments):
    """What `grader ARGUMENTS` prints, run in the project's folder."""
    run = subprocess.run(
        [sys.executable, "-m", "grader", *shlex.split(arguments)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if run.returncode not in (0, 1):  # 1: `validate` found faults
        raise SystemExit(run.stderr)
    return run.stdout.rstrip()


def shown(match):
    return f"```console\n$ grader {match.group(1)}\n{output(match.group(1))}\n```"


if __name__ == "__main__":
    text = (ROOT / "docs" / "README.template.md").read_text(encoding="utf-8")
    (ROOT / "README.md").write_text(COMMAND.sub(shown, text), encoding="utf-8")
