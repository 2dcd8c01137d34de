"""The command that repeats a verdict, for the instructor who wants to know why."""

import shlex

from grader.marking.verdict import BLANK


def command(problem, verdict, verdicts, seed=None, paper=None):
    """`grader check ...` for one of the verdicts on a person's answers to a problem or its variant, with all earlier ones."""
    earlier = verdicts[: next(position for position, one in enumerate(verdicts) if one.name == verdict.name)]
    before = {one.name: one.typed.strip() for one in earlier if one.state != BLANK}
    return command_line(problem, verdict.name, verdict.typed.strip(), before, seed, paper)


def command_line(problem, name, typed, earlier, seed=None, paper=None):
    """`grader check PROBLEM NAME TYPED --paper PAPER --seed N --earlier ...`, quoted for a shell."""
    before = [word for part, text in earlier.items() for word in ("--earlier", f"{part}={text}")]
    variant = [] if seed is None else ["--seed", str(seed)]
    within = [] if paper is None else ["--paper", str(paper)]
    return shlex.join(["grader", "check", str(problem), name, typed, *within, *variant, *before])
