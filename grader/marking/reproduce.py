"""The command that repeats a verdict, for the instructor who wants to know why."""

import shlex

from grader.marking.verdict import BLANK


def command(problem, verdict, verdicts):
    """`grader check ...` for one of the verdicts on a person's answers to a problem, with all earlier answers."""
    earlier = verdicts[: next(position for position, one in enumerate(verdicts) if one.name == verdict.name)]
    words = ["grader", "check", problem, verdict.name, verdict.typed.strip()]
    for one in earlier:
        if one.state != BLANK:
            words += ["--earlier", f"{one.name}={one.typed.strip()}"]
    return shlex.join(words)
