"""`grader sheet`: a paper or a problem as a sheet to hand out, with or without worked solutions."""

import os
import sys
from contextlib import nullcontext

import click

from grader.commands.choosing import chosen, practice_options, saved
from grader.commands.output import counted, echo, echo_json

ENOUGH_FOR_BAR = 4  # problems, or students, from which progress is shown


@click.command()
@click.argument("paper", required=False)
@click.option(
    "--to",
    "format",
    default="text",
    metavar="FORMAT",
    help="text (default), markdown, html, latex, pdf, notebook, moodle or canvas.",
)
@click.option("--solutions", is_flag=True, help="With worked solutions, model answers and rubrics.")
@click.option("--seed", type=int, help="Which variant; a problem without 'draw' has only one.")
@click.option("--roster", metavar="FILE", help="Students as CSV (columns student, name): a sheet with own values for each.")
@click.option("--variants", type=click.IntRange(1, 1000), metavar="N", help="N variants of each problem (moodle and canvas).")
@click.option("--language", default="en", metavar="LANGUAGE", help="Of the fixed words: en (default) or de.")
@click.option(
    "-o", "--output", metavar="DIR", help="The folder for the files (default: sheets/PAPER; text goes to the terminal)."
)
@practice_options
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="{sheet, format, folder, files, kept, remarks} (for moodle and canvas with agreement), with --roster "
    "{sheet, format, folder, manifest, seed, students: [{student, name, folder, seed, code, new}], remarks}.",
)
def sheet(paper, format, solutions, seed, roster, variants, language, output, as_json, **choice):
    """Write the sheet of PAPER, a paper or a single problem, in a FORMAT; or, with --topic, a practice sheet from the bank.

    Beside it DIR gets answers.yaml and answers.md, empty hand-ins that `grader grade` reads once they are filled in. Other files
    of the folder stay; filled-in answers there are kept under another name. Beside a practice sheet stands its paper.yaml, which
    `grader grade --paper` takes; --seed picks other problems and their variants.

    With --roster everybody gets a folder with an own sheet and an own empty hand-in. DIR/manifest.json freezes what was issued;
    given to `grader grade` as --paper, every hand-in is marked by its own values. Run again on the same DIR, what was issued
    stays as it is, and who is new on the roster is added.

    \b
    Examples:
      grader sheet tum-mock-2020
      grader sheet --topic conv --topic receptive-field --count 6 --marks 30 --to pdf
      grader sheet tum-2022ss --to pdf --solutions -o handouts
      grader sheet tum-2022ss --to pdf --roster students.csv -o handouts
    """
    from grader.maths.errors import UsageError
    from grader.sheets.output import write_sheet
    from grader.sheets.selection import write_practice
    from grader.sheets.words import words_in
    from grader.sheets.writers import FORMATS, check_format, check_variants, marked_by
    from grader.sheets.writers.text import text_of
    from grader.variants.manifest import MANIFEST

    check_format(format)
    check_variants(format, variants, roster)
    words_in(language)
    practice = chosen(paper, seed, language, fresh=not roster, **choice)
    found = practice.paper if practice else _loaded(paper)
    if roster:
        found = saved(practice, output) if practice else found
        _issue(found, roster, format, output, seed, solutions, language, as_json)
        return
    keys = FORMATS[format].marks
    made = _made(found, solutions, None if practice else seed, language, keys, variants or 0)
    told, agreement = marked_by(made, format)
    remarks = [*(practice.remarks if practice else ()), *made.remarks, *told]
    if format == "text" and output is None and not as_json:
        echo(text_of(made).rstrip("\n"))
        _echo_remarks(remarks)
        return
    folder = output or os.path.join("sheets", made.id.replace("/", "-"))
    if os.path.exists(os.path.join(folder, MANIFEST)):
        raise UsageError(f"'{folder}' holds the sheets of a roster; name another folder, or give --roster as well.")
    beside = [write_practice(practice, folder)] if practice else []
    written = write_sheet(made, format, folder)
    files = [*written.files, *beside]
    if as_json:
        fields = {"sheet": made.id, "format": format, "folder": folder, "files": files, "kept": written.kept}
        marked = {"agreement": agreement.fields()} if agreement else {}
        echo_json({**fields, **marked, "remarks": remarks})
        return
    echo(f"{counted(len(made.questions), 'problem')}, in {folder}: {', '.join(files)}.")
    for name in written.kept:
        echo(f"Answers that stood there are kept as {name}.", err=True)
    _echo_remarks(remarks)


def _loaded(id):
    """The Paper or Problem of that name or in that file; raises UsageError with the nearest name of either."""
    from grader.bank.load import load_paper, load_problem, names_paper, paper_files, problem_files
    from grader.bank.places import bank_root
    from grader.maths.errors import UsageError, nearest

    if names_paper(id):
        return load_paper(id)
    known = (*paper_files(bank_root()), *problem_files(bank_root()))
    if not os.path.isfile(id) and id.removesuffix(".yaml") not in known:
        raise UsageError(f"There is no paper or problem '{id}'{nearest(id, known)}; 'grader bank list' shows all problems.")
    return load_problem(id)


def _made(paper, solutions, seed, language, keys, variants):
    from grader.sheets.build import sheet_of

    problems = getattr(paper, "problems", (paper,))
    with _bar(len(problems), "Solving") as progress:
        told = progress and (lambda problem: progress.update(1))
        return sheet_of(paper, solutions, seed, language, told, keys, variants)


# --- for a roster ---


def _issue(paper, roster, format, output, seed, solutions, language, as_json):
    from grader.bank.model import Paper
    from grader.maths.errors import UsageError
    from grader.sheets.issuing import issue
    from grader.sheets.roster import read_roster
    from grader.variants.manifest import MANIFEST

    if not isinstance(paper, Paper):
        raise UsageError(f"A roster needs a paper; '{paper.id}' is a single problem. List it in a paper.yaml of your own.")
    persons, folder = read_roster(roster), output or os.path.join("sheets", paper.id.replace("/", "-"))
    with _bar(len(persons), "Writing") as progress:
        made = issue(paper, persons, format, folder, seed, solutions, language, progress and (lambda copy: progress.update(1)))
    manifest = os.path.join(folder, MANIFEST)
    if as_json:
        rows = [_issued(copy, made) for copy in made.issue.copies]
        known = {"sheet": paper.id, "format": format, "folder": folder, "manifest": manifest, "seed": made.issue.seed}
        echo_json({**known, "students": rows, "remarks": made.remarks})
        return
    new = f", {len(made.new)} of them new" if 0 < len(made.new) < len(made.issue.copies) else ""
    echo(f"Sheets for {counted(len(persons), 'student')}{new}, in {folder}: a folder each.")
    echo(f"What was issued is frozen in {manifest}; mark the hand-ins with: grader grade HANDINS --paper {manifest} -o results")
    _echo_remarks(made.remarks)


def _issued(copy, made):
    who = {"student": copy.student.id, "name": copy.student.name, "folder": copy.folder}
    return {**who, "seed": copy.seed, "code": copy.code, "new": copy.student.id in made.new}


def _bar(length, label):
    """A bar for long work on a terminal, else nothing."""
    shown = sys.stderr.isatty() and length >= ENOUGH_FOR_BAR
    return click.progressbar(length=length, label=label, file=sys.stderr) if shown else nullcontext()


def _echo_remarks(remarks):
    for remark in remarks:
        echo(remark, err=True)
