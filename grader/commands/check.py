"""`grader check`: one answer judged, with feedback."""

import click

from grader.commands.output import echo, echo_json, show_marks


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("problem")
@click.argument("part")
@click.argument("answer")
@click.option("--seed", type=int, help="Which variant; a problem without 'draw' has only one, so it makes no difference there.")
@click.option("--earlier", multiple=True, metavar="PART=ANSWER", help="An earlier answer, carried forward; may be repeated.")
@click.option(
    "--json", "as_json", is_flag=True, help="A list of {part, box, state, tag, marks, out_of, typed, read, feedback, evidence}."
)
def check(problem, part, answer, seed, earlier, as_json):
    """Judge ANSWER to a PART of PROBLEM, as in a hand-in.

    PROBLEM is an id such as tum-2022ss/06, or a YAML file. PART may be a box (a.z); a part with several boxes is answered by
    name: 'z = ...; h = ...'. Earlier answers of the same person are judged first, in the order given, and carried forward.
    Marks in JSON are exact text such as "5/2", null where a person must decide; 'evidence' is what the verdict rests on.

    \b
    Example:
      grader check tum-mock-2020/03 a.h "2; 1" --earlier a.z="2; 1"
    """
    from grader.marking.api import check_boxes

    verdicts = check_boxes(problem, part, answer, seed=seed, earlier=_earlier(earlier))
    if as_json:
        echo_json([_row(verdict) for verdict in verdicts])
        return
    for verdict in verdicts:
        _echo(verdict, named=len(verdicts) > 1)


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


def _row(verdict):
    fields = ("part", "box", "state", "tag", "marks", "out_of", "typed", "read", "feedback", "evidence")
    return {field: getattr(verdict, field) for field in fields}


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
