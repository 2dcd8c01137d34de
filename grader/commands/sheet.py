"""`grader sheet`: a paper or a problem as a sheet to hand out, with or without worked solutions."""

import os
import sys
from contextlib import nullcontext

import click

from grader.commands.output import counted, echo, echo_json

ENOUGH_FOR_BAR = 4  # problems from which progress is shown


@click.command()
@click.argument("paper")
@click.option("--to", "format", default="text", metavar="FORMAT", help="text (default), markdown, html, latex or pdf.")
@click.option("--solutions", is_flag=True, help="With worked solutions, model answers and rubrics.")
@click.option("--seed", type=int, help="Which variant; a problem without 'draw' has only one.")
@click.option("--language", default="en", metavar="LANGUAGE", help="Of the fixed words: en (default) or de.")
@click.option(
    "-o", "--output", metavar="DIR", help="The folder for the files (default: sheets/PAPER; text goes to the terminal)."
)
@click.option("--json", "as_json", is_flag=True, help="{sheet, format, folder, files, kept, remarks}; the files are written.")
def sheet(paper, format, solutions, seed, language, output, as_json):
    """Write the sheet of PAPER, a paper or a single problem, in a FORMAT.

    Beside it DIR gets answers.yaml and answers.md, empty hand-ins that `grader grade` reads once they are filled in. Other files
    of the folder stay; filled-in answers there are kept under another name.

    \b
    Examples:
      grader sheet tum-mock-2020
      grader sheet tum-2022ss --to pdf --solutions -o handouts
    """
    from grader.sheets.output import write_sheet
    from grader.sheets.words import words_in
    from grader.sheets.writers import check_format
    from grader.sheets.writers.text import text_of

    check_format(format)
    words_in(language)
    found = _loaded(paper)
    made = _made(found, solutions, seed, language)
    remarks = [*made.remarks, *_of_variants(found, seed)]
    if format == "text" and output is None and not as_json:
        echo(text_of(made).rstrip("\n"))
        _echo_remarks(remarks)
        return
    folder = output or os.path.join("sheets", made.id.replace("/", "-"))
    written = write_sheet(made, format, folder)
    if as_json:
        fields = {"sheet": made.id, "format": format, "folder": folder, "files": written.files, "kept": written.kept}
        echo_json({**fields, "remarks": remarks})
        return
    echo(f"{counted(len(made.questions), 'problem')}, in {folder}: {', '.join(written.files)}.")
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


def _made(paper, solutions, seed, language):
    from grader.sheets.build import sheet_of

    problems = getattr(paper, "problems", (paper,))
    shown = sys.stderr.isatty() and len(problems) >= ENOUGH_FOR_BAR
    bar = click.progressbar(length=len(problems), label="Solving", file=sys.stderr) if shown else nullcontext()
    with bar as progress:
        return sheet_of(paper, solutions, seed, language, progress=progress and (lambda problem: progress.update(1)))


def _of_variants(found, seed):
    """What to know of hand-ins to a variant."""
    if seed is not None and any(problem.draw for problem in getattr(found, "problems", (found,))):
        yield "'grader grade' marks hand-ins to the problems as they stand in the bank, not yet to a variant."


def _echo_remarks(remarks):
    for remark in remarks:
        echo(remark, err=True)
