"""`grader solve`: reference answers of a problem, with worked steps."""

import click

from grader.commands.output import echo, echo_json, show_marks, value_text


@click.command()
@click.argument("problem")
@click.option("--seed", type=int, help="Which variant; a problem without 'draw' has only one.")
@click.option("--part", "only", help="Only this part.")
@click.option("--steps", is_flag=True, help="Show the worked solution with numbers put in.")
@click.option("--convention", "changes", multiple=True, metavar="NAME=VALUE", help="Solve under another convention.")
@click.option(
    "--json", "as_json", is_flag=True, help="{problem, title, conventions, parts: [{id, marks, answers, steps, options}]}."
)
def solve(problem, seed, only, steps, changes, as_json):
    """Solve PROBLEM and print the reference answers, exact and in decimals.

    PROBLEM is an id such as tum-2022ss/06, or a YAML file. Where a rational answer exists it is exact; other values are
    certified to the digits shown. The conventions an answer depends on are quoted. Of a choice whose wrong options are made of
    slips, all options are shown, each with its slip.

    \b
    Examples:
      grader solve tum-mock-2020/03 --steps
      grader solve freiburg-sheet-9/06 --part c --convention relu_at_zero=0
    """
    from grader.marking.solution import solution_of
    from grader.maths.errors import UsageError, nearest

    solution = solution_of(problem, seed, _changes(changes))
    parts = [part for part in solution.problem.parts if only in (None, part.id)]
    if not parts:
        known = [part.id for part in solution.problem.parts]
        raise UsageError(
            f"problem {solution.problem.id} has no part '{only}'{nearest(only, known)}; its parts are {', '.join(known)}"
        )
    rows = list(_rows(solution, parts, steps))
    if as_json:
        echo_json(
            {
                "problem": solution.problem.id,
                "title": solution.problem.title,
                "conventions": _conventions(solution, parts),
                "parts": rows,
            }
        )
    else:
        _echo(solution, parts, rows)


def _changes(texts):
    """Convention -> value from `NAME=VALUE` texts."""
    from grader.maths.errors import UsageError

    for text in texts:
        if "=" not in text:
            raise UsageError(f"--convention takes NAME=VALUE, such as relu_at_zero=0; this is '{text}'")
    return dict(text.split("=", 1) for text in texts)


def _rows(solution, parts, steps):
    from grader.marking.working import part_steps, references

    told = set()
    for part in parts:
        row = {"id": part.id, "marks": part.marks, "answers": references(solution, part), "steps": []}
        if steps:
            row["steps"] = part_steps(solution, part, told)
            told.update(step.name for step in row["steps"])
        if part.distractors:
            row["options"] = solution.options(part)
        yield row


def _conventions(solution, parts):
    """Convention -> the line that quotes it, for all that the parts depend on."""
    from grader.marking.working import conventions_that_matter

    return {name: solution.conventions.quote(name) for name in conventions_that_matter(solution, parts)}


def _echo(solution, parts, rows):
    from grader.bank.statement import filled

    echo(f"{solution.problem.id}: {solution.problem.title}")
    for part, row in zip(parts, rows, strict=True):
        echo()
        echo(f"({part.id}) {_marks(part)}")
        for step in row["steps"]:
            _echo_step(step)
        for answer in row["answers"]:
            _echo_answer(answer)
        for option in row.get("options", ()):
            echo(f"  {option.key}) {option.text}  ({option.because or 'right'})")
        if any(answer.kind in ("text", "file") for answer in row["answers"]):
            echo("  marked by a person: " + filled(_rubric(part), solution.problem, solution.program))
    quoted = _conventions(solution, parts)
    if quoted:
        echo()
        echo("Conventions:")
        for line in quoted.values():
            echo(f"  {line}")


def _marks(part):
    return show_marks(part.marks) + (" (bonus)" if part.bonus else "")


def _echo_step(step):
    echo(f"    {step.name} = {step.formula}")
    pad = " " * (5 + len(step.name))
    if step.numbers:
        echo(f"{pad}= {step.numbers}")
    if step.value not in (step.formula, step.numbers):
        echo(f"{pad}{_equals(step.value)}")


def _equals(value):
    return value if value.startswith("≈") else f"= {value}"


def _echo_answer(answer):
    if answer.kind in ("text", "file"):
        return
    shown = answer.formula or value_text(answer.exact, answer.decimal)
    echo(f"  {answer.box} {_equals(shown)}" if answer.box else f"  {shown}")


def _rubric(part):
    lines = "; ".join(f"{line.text} ({line.marks})" for line in part.rubric)
    return lines or part.model or "no rubric is given"
