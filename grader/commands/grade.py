"""`grader grade`: hand-ins marked; gradebook, feedback and what waits for a human written."""

import os
import sys
from contextlib import nullcontext

import click

from grader.bank.words import listed
from grader.commands.output import counted, echo, echo_json

ENOUGH_FOR_BAR = 20  # hand-ins from which progress is shown


@click.command()
@click.argument("handins", nargs=-1, required=True, metavar="HANDINS...")
@click.option(
    "--paper",
    required=True,
    help="The paper they answer: an id that 'grader bank list' shows, its paper.yaml, or the manifest.json of a roster.",
)
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder for the results.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, help="Processes that share the work (default: 1).")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="{paper, output, handins: [{id, decided, waiting, waiting_boxes, maximum, failure, note}], unread, ignored, faults, "
    "absent, kept, out_of, waiting, changes}.",
)
def grade(handins, paper, output, jobs, as_json):
    """Mark HANDINS (files, or folders searched for .yaml, .yml, .md and .ipynb) and write the results to DIR.

    DIR gets gradebook.csv and gradebook.json, feedback/ with a page for each hand-in, and to-review.csv with everything that a
    person must decide. A gradebook of the same paper in DIR is replaced, and every mark that changed is printed. Marks in JSON
    are exact text such as "5/2"; 'out_of' and 'waiting' are those of all hand-ins together, 'changes' is null the first time.

    Sheets that 'grader sheet --roster' made have values of their own: with their manifest.json as --paper every hand-in is marked
    by its own, and students of whom there is none are named. A hand-in to a sheet made with --seed names the seed itself.

    \b
    Examples:
      grader grade examples/handins --paper tum-mock-2020 -o results
      grader grade handed-in --paper handouts/manifest.json -o results
    """
    from grader.bank.load import load_paper
    from grader.course.handins import read_handins
    from grader.course.store import previous, write_results
    from grader.maths.errors import UsageError
    from grader.variants.manifest import is_manifest, read_manifest

    issue = read_manifest(paper) if is_manifest(paper) else None
    paper = issue.paper if issue else load_paper(paper)
    previous(output, paper, issue.file if issue else "")
    found = read_handins(handins, paper, leave_out=output)
    if not found.handins:
        _echo_unread(found, err=True)
        raise UsageError(_nothing(handins, found))
    grading = _marked(paper, found, jobs, issue)
    if not grading.marks:
        _echo_unread(grading, err=True)
        raise UsageError(_nothing(handins, grading))
    written = write_results(grading, output)
    if as_json:
        echo_json(_summary(grading, written, output))
    else:
        _echo(grading, written, output)


def _nothing(paths, found):
    where = ", ".join(f"'{path}'" for path in paths)
    if found.unread:
        return f"None of the hand-ins in {where} can be marked."
    return f"There is no hand-in (no .yaml, .yml, .md or .ipynb file) in {where}."


def _marked(paper, found, jobs, issue):
    from grader.course.marking import mark_paper

    shown = sys.stderr.isatty() and len(found.handins) >= ENOUGH_FOR_BAR
    bar = click.progressbar(length=len(found.handins), label="Marking", file=sys.stderr) if shown else nullcontext()
    with bar as progress:
        return mark_paper(paper, found, jobs, progress and (lambda mark: progress.update(1)), issue)


def _summary(grading, written, output):
    fields = ("id", "decided", "waiting", "waiting_boxes", "maximum", "failure", "note")
    return {
        "paper": grading.paper.id,
        "output": output,
        "handins": [{field: getattr(mark, field) for field in fields} for mark in grading.marks],
        "unread": grading.unread,
        "ignored": grading.ignored,
        "faults": grading.faults,
        "absent": grading.absent,
        "kept": written.kept,
        "out_of": grading.out_of,
        "waiting": grading.waiting,
        "changes": written.changes,
    }


# --- printed ---


def _echo(grading, written, output):
    from grader.course.safe import number

    _echo_marks(grading)
    _echo_unread(grading)
    for name, reason in grading.faults.items():
        echo(f"Problem {name} has no solution, so its answers wait for a person: {reason}", err=True)
    if notes := [mark.note for mark in grading.marks if mark.note]:
        echo("\nThe copy of somebody else:")
        for note in notes:
            echo(f"  {' '.join(note.split())}")
    if grading.absent:
        echo(f"\nNo hand-in of {counted(len(grading.absent), 'student')}: {listed(grading.absent)}")
    _echo_changes(written)
    out_of, waiting = grading.out_of, grading.waiting
    echo()
    share = f" ({int(100 * (out_of - waiting) / out_of)} %)" if out_of else ""
    line = f"{counted(len(grading.marks), 'hand-in')}: decided {number(out_of - waiting)} of {number(out_of)} marks{share}"
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        line += f"; {number(waiting)} {verb} for a human in {os.path.join(output, 'to-review.csv')}"
    echo(f"{line}.")
    echo(f"The results are in {output}: gradebook.csv, gradebook.json, to-review.csv and feedback/.")


def _echo_marks(grading):
    rows = [("id", "marks", "waiting"), *(_row(mark) for mark in grading.marks)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for id, marks, waiting in rows:
        echo(f"{id:<{widths[0]}}  {marks:<{widths[1]}}  {waiting}".rstrip())


def _row(mark):
    from grader.bank.files import clean
    from grader.course.safe import number

    id = " ".join(clean(mark.id).split())
    if mark.failure:
        return id, "not marked", mark.failure
    waiting = f"{number(mark.waiting)} in {counted(mark.waiting_boxes, 'answer')}" if mark.waiting_boxes else ""
    remarks = f"{counted(len(mark.remarks), 'text')} without a place" if mark.remarks else ""
    return id, f"{number(mark.decided)} / {number(mark.maximum)}", ", ".join(filter(None, [waiting, remarks]))


def _echo_unread(found, err=False):
    if found.unread and not err:
        echo("\nNot read:")
    for unread in found.unread:
        echo(f"{'' if err else '  '}{unread.file}: {unread.reason}", err=err)
    if found.ignored:
        echo(f"{counted(len(found.ignored), 'file')} ignored: {listed(found.ignored)}", err=err)


def _echo_changes(written):
    for name in written.kept:
        echo(f"The file there had been changed by hand; it is kept as {name}.", err=True)
    if written.changes is None:
        return
    echo()
    if not written.changes:
        echo("No mark changed since the last time.")
        return
    echo("Changed since the last time:")
    for sentence in written.changes:
        echo(f"  {sentence}")
