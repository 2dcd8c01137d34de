"""`grader check`: one answer judged, with feedback."""

import click

from grader.commands.arguments import AnswerCommand
from grader.commands.output import echo, echo_json, show_marks


@click.command(cls=AnswerCommand)
@click.argument("problem")
@click.argument("part")
@click.argument("answer")
@click.option("--seed", type=int, help="Which variant; a problem without 'draw' has only one, so it makes no difference there.")
@click.option(
    "--paper", metavar="PAPER", help="The paper that PROBLEM belongs to: an id, its paper.yaml, or a roster's manifest.json."
)
@click.option("--earlier", multiple=True, metavar="PART=ANSWER", help="An earlier answer, carried forward; may be repeated.")
@click.option("--reveal", is_flag=True, help="Show the reference, too; without it nothing that is printed tells it.")
@click.option("--evidence", is_flag=True, help="For instructors: what the verdict rests on, and the command that repeats it.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="A list of {part, box, state, tag, marks, out_of, typed, read, feedback, evidence}, with --reveal also the reference.",
)
def check(problem, part, answer, seed, paper, earlier, reveal, evidence, as_json):
    """Judge ANSWER to a PART of PROBLEM, as in a hand-in.

    PROBLEM is an id such as tum-2022ss/06, or a YAML file. PART may be a box (a.z); a part with several boxes is answered by
    name: 'z = ...; h = ...'. Earlier answers of the same person are judged first, in the order given, and carried forward.
    Marks in JSON are exact text such as "5/2", null where a person must decide; 'evidence' is what the verdict rests on.

    With --paper its policies and conventions hold, and PROBLEM may be what the paper calls it (06). With a roster's manifest
    --seed is that of a student's copy, whose values are taken as they were issued; it is needed where values were drawn.

    \b
    Example:
      grader check tum-mock-2020/03 a.h "2; 1" --earlier a.z="2; 1"
    """
    from grader.marking.api import check_boxes, solution_within

    before, again = _earlier(earlier), (problem, seed, paper)
    if paper:
        solution = solution_within(paper, problem, seed)
        _check_copy(solution.problem, seed, paper)
        problem, seed = solution, None
    verdicts = check_boxes(problem, part, answer, seed=seed, earlier=before)
    references = _references(problem, seed) if reveal else {}
    if as_json:
        echo_json([_row(verdict, references) for verdict in verdicts])
        return
    for verdict in verdicts:
        _echo(verdict, named=len(verdicts) > 1)
        if verdict.name in references:
            echo(f"  reference: {references[verdict.name]}")
        if evidence:
            _echo_evidence(verdict, before, *again)


def _check_copy(problem, seed, paper):
    """Raise UsageError where the values of a roster's copies differ, and none is named."""
    from grader.maths.errors import UsageError
    from grader.variants.manifest import is_manifest

    if seed is None and problem.draw and is_manifest(paper):
        raise UsageError(
            f"Every student has values of their own for {problem.id}; name the copy with --seed ('seed' in '{paper}')."
        )


def _references(problem, seed):
    """Box -> its reference as text."""
    from grader.marking.solution import solution_of
    from grader.marking.working import references

    solution = solution_of(problem, seed)
    rows = [row for part in solution.problem.parts for row in references(solution, part)]
    return {f"{row.part}.{row.box}" if row.box else row.part: _shown(row) for row in rows}


def _shown(row):
    if row.formula:
        return row.formula
    return f"{row.exact}  ({row.decimal})" if row.decimal and row.decimal not in row.exact else row.exact or "marked by a person"


def _echo_evidence(verdict, earlier, problem, seed, paper):
    """The evidence, a line each, and the command."""
    from grader.marking.reproduce import command_line

    for name, value in verdict.evidence.items():
        told = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        if told not in ("", ()):
            echo(f"  {name}: {str(told).partition(chr(10))[0]}")
    echo(f"  again: {command_line(problem, verdict.name, verdict.typed, earlier, seed, paper)}")


def _earlier(typed):
    """PART=ANSWER texts as a dict; raises UsageError for one without `=`."""
    from grader.maths.errors import UsageError

    found = {}
    for text in typed:
        name, equals, answer = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"'{text}' is not an earlier answer; write PART=ANSWER, such as a.z='2; 1'.")
        if name.strip() in found:
            raise UsageError(f"'{name.strip()}' stands twice among the earlier answers.")
        found[name.strip()] = answer
    return found


def _row(verdict, references):
    fields = ("part", "box", "state", "tag", "marks", "out_of", "typed", "read", "feedback", "evidence")
    told = {"reference": references[verdict.name]} if verdict.name in references else {}
    return {field: getattr(verdict, field) for field in fields} | told


def _echo(verdict, named):
    label = f"{verdict.name}: " if named else ""
    tag = f" ({verdict.tag})" if verdict.tag else ""
    echo(f"{label}{verdict.state}{tag}, {_marks(verdict)}")
    if verdict.read:
        echo(f"  read as: {verdict.read}")
    echo(f"  {verdict.feedback}")
    if problem := verdict.evidence.get("problem", ""):
        for line in str(problem).splitlines()[1:]:
            echo(f"  {line}")


def _marks(verdict):
    if verdict.marks is None:
        return f"up to {show_marks(verdict.out_of)}, waiting for a person"
    return f"{verdict.marks} of {show_marks(verdict.out_of)}"
