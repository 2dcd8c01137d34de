"""`grader bank`: what problems there are, what one asks, whether all are sound."""

import os
from pathlib import Path

import click

from grader.commands.new_problem import new, schema
from grader.commands.output import complaints_as_json, counted, echo, echo_json, show_marks


@click.group()
def bank():
    """What problems there are, what one asks, and whether all are sound.

    Problems come from the bank supplied with the grader, or from the folder that GRADER_BANK names.

    \b
    Example:
      grader bank show tum-2022ss/06
    """


bank.add_command(new)
bank.add_command(schema)


# --- list ---


@bank.command("list")
@click.option("--by", type=click.Choice(["source", "topic", "kind"]), default="source", help="How to group (default: source).")
@click.option("--items", is_flag=True, help="Behind each problem the items of the catalogue that it carries.")
@click.option(
    "--json", "as_json", is_flag=True, help="A list of {id, title, source, topics, kinds, parts, marks, catalogue, file}."
)
def list_problems(by, items, as_json):
    """List all problems with their titles and marks.

    Grouped by topic or kind of answer, a problem stands under each that it has. `expr` as a kind means that the value decides
    whether a number, an array or a formula is asked. Marks in JSON are exact text such as "5/2". Where the bank has a catalogue
    of questions (solutions/catalogue.yaml), every heading says how many of its items stand below, and the last line what became
    of all of them.

    \b
    Example:
      grader bank list --by topic
    """
    from grader.bank.keys import load_items
    from grader.bank.load import load_bank
    from grader.maths.errors import UsageError

    found = load_bank()
    rows = [_row(problem) for problem in found.problems.values()]
    if not rows and not found.faulty:
        raise UsageError(f"There is no problem in '{found.root}'.")
    if as_json:
        echo_json(rows)
    else:
        catalogue = load_items()
        _echo_groups(_grouped(rows, by), catalogue, items)
        _echo_catalogue(catalogue, rows)
    if found.faulty:
        echo(f"{counted(len(found.faulty), 'file')} with faults left out; 'grader bank check' names them.", err=True)


def _row(problem):
    from grader.bank.coverage import items_of

    return {
        "id": problem.id,
        "title": problem.title,
        "source": problem.id.rpartition("/")[0],
        "topics": problem.topics,
        "kinds": sorted({_kind(box) for part in problem.parts for box in part.boxes}),
        "parts": len(problem.parts),
        "marks": problem.marks,
        "catalogue": items_of(problem),
        "file": problem.where.file,
    }


def _kind(box):
    return box.kind or "expr"


def _grouped(rows, by):
    """Rows under each heading, sorted; a row can stand under several."""
    headings = {"source": lambda row: [row["source"]], "topic": lambda row: row["topics"], "kind": lambda row: row["kinds"]}[by]
    groups = {}
    for row in rows:
        for heading in headings(row):
            groups.setdefault(heading, []).append(row)
    return dict(sorted(groups.items()))


def _echo_groups(groups, catalogue=(), items=False):
    """Headings with their rows; with a catalogue they say how many of its items stand there, and `items` lists those."""
    width = max((len(row["id"]) for rows in groups.values() for row in rows), default=0)
    for heading, rows in groups.items():
        held = f", {counted(len(_held(catalogue, rows)), 'item')}" if catalogue else ""
        echo(f"{heading or 'without a folder'} ({counted(len(rows), 'problem')}{held})")
        for row in rows:
            echo(f"  {row['id']:{width}}  {row['title']}  ({counted(row['parts'], 'part')}, {show_marks(row['marks'])})")
            if items and row["catalogue"]:
                echo(f"      {', '.join(row['catalogue'])}")


def _held(catalogue, rows):
    """The items of the catalogue that problems carry."""
    return {id for row in rows for id in row["catalogue"] if id in catalogue}


def _echo_catalogue(catalogue, rows):
    """What became of all items of the catalogue; nothing where there is none."""
    from grader.bank.coverage import Coverage

    if not catalogue:
        return
    coverage = Coverage.of(catalogue, [row["catalogue"] for row in rows])
    echo(coverage)
    for heading, ids in (("Missing", coverage.missing), ("Not in the catalogue", coverage.unknown)):
        if ids:
            echo(f"{heading}: {', '.join(ids)}")


# --- show ---


@bank.command()
@click.argument("problem")
@click.option("--full", is_flag=True, help="Also what is given and worked out, conventions and rubrics.")
@click.option("--figures", "folder", metavar="DIR", help="Write the figures as DIR/<problem>-<number>.svg and list them.")
@click.option("--seed", type=int, help="Show the variant of this number; a problem without 'draw' has only one.")
@click.option("--json", "as_json", is_flag=True, help="All fields of the file, as in the manual.")
def show(problem, full, folder, seed, as_json):
    """Show what a problem asks, as a student reads it, or the problems of a paper.

    PROBLEM is a name that `grader bank list` shows, the name of a paper, or a YAML file. Figures are told in words.

    \b
    Example:
      grader bank show tum-2022ss/06
    """
    from grader.bank.load import load_paper, names_paper

    found = load_paper(problem) if names_paper(problem) else _variant(problem, seed)
    drawn = {one.id: _drawn(one) for one in getattr(found, "problems", [found])}
    if as_json:
        echo_json(found)
    elif hasattr(found, "problems"):
        _show_paper(found)
    else:
        _show_problem(problem, seed, full, drawn[found.id])
    if folder is not None:
        _write_figures(Path(folder), drawn, silent=as_json)


def _variant(problem, seed):
    from grader.bank.load import load_problem
    from grader.marking.solution import solution_of

    return load_problem(problem) if seed is None else solution_of(problem, seed).problem


def _drawn(problem):
    """Drawings of all figures of a problem, in their order: (part's id or None, caption, Drawing)."""
    from grader.bank.figures import figures_of

    figures, found = figures_of(problem), []
    if not figures:
        return found
    from grader.bank.statement import filled
    from grader.marking.solution import solve_problem
    from grader.maths.errors import UsageError
    from grader.sheets.figures import Drawing, draw

    solution = solve_problem(problem)
    for part, figure in figures:
        try:
            drawing = draw(solution, figure)
        except UsageError as error:  # `grader bank check` complains; the rest of the problem can be shown
            drawing = Drawing("", f"it cannot be shown: {error}")
        found.append((part and part.id, filled(figure.caption, problem, solution.program), drawing))
    return found


def _write_figures(folder, drawn, silent):
    """Write drawings as SVG files, and list them with what they show."""
    from grader.maths.errors import UsageError

    rows = []
    for problem, drawings in drawn.items():
        for number, (_, _, drawing) in enumerate(drawings, 1):
            if not drawing.svg:
                continue
            path = folder / f"{_safe(problem)}-{number}.svg"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(drawing.svg, encoding="utf-8")
            except OSError as error:
                raise UsageError(f"'{path}' cannot be written: {error.strerror}") from error
            rows.append(f"{path}: {drawing.alt}")
    if not silent:
        echo(f"\n{counted(len(rows), 'figure')} written." if rows else "\nThere are no figures.")
        for row in rows:
            echo(f"  {row}")


def _safe(name):
    """A name as part of a file name."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name).strip("-") or "problem"


def _show_paper(paper):
    echo(f"{paper.title}  ({paper.id}, {show_marks(paper.marks)})")
    echo()
    _echo_groups({"In this order": [_row(problem) for problem in paper.problems]})
    _show_pairs("Conventions", paper.conventions)


def _show_problem(name, seed, full, drawn):
    from grader.marking.solution import solution_of
    from grader.marking.statement_text import statement_text

    figures = [(part, _figure_line(number, caption, one)) for number, (part, caption, one) in enumerate(drawn, 1)]
    echo(statement_text(solution_of(name, seed), full, figures))


def _show_pairs(heading, pairs):
    if pairs:
        echo(f"\n{heading}:")
        for name, value in pairs.items():
            echo(f"  {name}: {value}")


def _figure_line(number, caption, drawing):
    return f"[Figure {number}{caption and f' ({caption})'}: {drawing.alt}]"


# --- check ---


@bank.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="{files: number, faults: [{file, line, sentence}]}.")
@click.pass_context
def check(context, paths, as_json):
    """Read files or folders of the bank (all of it, when none is named), run each problem's own tests, and list every fault.

    Each fault stands on a line: file, line number, what is wrong. The exit code is 1 when there is one, 0 otherwise.

    \b
    Example:
      grader bank check problems/tum-2022ss
    """
    files = _files([Path(path) for path in paths])
    complaints = _complaints(files)
    if as_json:
        echo_json({"files": len(files), "faults": complaints_as_json(complaints)})
    else:
        _echo_faults(files, complaints)
    context.exit(1 if complaints else 0)


def _echo_faults(files, complaints):
    for complaint in complaints:
        echo(complaint)
    faulty = len({complaint.where.file for complaint in complaints})
    faults = f"{counted(len(complaints), 'fault')} in {counted(faulty, 'file')}" if complaints else "no faults"
    echo(f"{counted(len(files), 'file')} read, {faults}.")


def _files(paths):
    """The files to read; raises UsageError where there is nothing."""
    from grader.bank.load import yaml_files
    from grader.bank.places import bank_root
    from grader.maths.errors import UsageError

    found = {}
    for path in paths or [bank_root()]:
        if not os.path.exists(path):
            raise UsageError(f"There is no file or folder '{path}'.")
        inside = yaml_files(path) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"There is no problem (no .yaml file) in '{path}'.")
        found.update({file.resolve(): file for file in inside})
    return list(found.values())


def _complaints(files):
    """All complaints about files, each once: a paper repeats those of its problems."""
    from grader.maths.errors import BankError

    found = {}
    for file in files:
        try:
            found.update(dict.fromkeys(_failed_tests(file)))
        except BankError as error:
            found.update(dict.fromkeys((*error.complaints, *_faulty_expressions(error))))
    return sorted(found, key=lambda complaint: (complaint.where.file, complaint.where.line))


def _faulty_expressions(error):
    """Complaints about expressions of a file with other faults, as far as it could be read; none on a line that has one."""
    from grader.bank.conventions import default_conventions
    from grader.bank.model import Problem
    from grader.bank.program import build_program
    from grader.maths.errors import BankError

    if not isinstance(error.partial, Problem):
        return []
    try:
        build_program(error.partial, default_conventions())
    except BankError as further:
        told = {(complaint.where.file, complaint.where.line) for complaint in error.complaints}
        return [complaint for complaint in further.complaints if (complaint.where.file, complaint.where.line) not in told]
    return []


def _failed_tests(file):
    """Reads a file, works its problem out, and runs the problem's own tests."""
    from grader.bank.load import problem_with_paper, read_file
    from grader.bank.model import Problem
    from grader.bank.statement import unfilled
    from grader.marking.own_tests import run_own_tests
    from grader.marking.solution import solve_problem
    from grader.variants.draw import draw_faults

    if not isinstance(read_file(file), Problem):
        return []
    problem, paper = problem_with_paper(str(file))
    solution = solve_problem(problem, paper)
    _ = solution.readings  # raises BankError where one cannot be worked out
    faults = [*run_own_tests(problem, paper), *unfilled(problem, solution.program), *_faulty_figures(solution)]
    return [*faults, *draw_faults(problem, paper)]


def _faulty_figures(solution):
    """Complaints about figures that cannot be drawn."""
    from grader.bank.figures import figures_of
    from grader.sheets.figures import figure_faults

    return figure_faults(solution) if figures_of(solution.problem) else []
