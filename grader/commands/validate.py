"""`grader validate`: printed keys and problems on trial."""

import os
import sys
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path

import click

from grader.commands.output import complaints_as_json, counted, echo, echo_json

ENOUGH_FOR_BAR = 5  # problems from which progress is shown


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--key", "own_key", metavar="FILE", help="Your own key for a paper, in YAML, CSV or Markdown; with --paper.")
@click.option("--paper", metavar="PAPER", help="The paper that --key is for: an id, or its paper.yaml.")
@click.option("--only", type=click.Choice(["keys", "problems"]), help="Try only the keys, or only the problems.")
@click.option("--all", "everything", is_flag=True, help="List every printed answer, also those that agree.")
@click.option("--notes", is_flag=True, help="Also tell wrong methods that lead to the right answer with a problem's values.")
@click.option("--variants", type=click.IntRange(1, 10_000), metavar="N", help="Also draw N variants of each problem with 'draw'.")
@click.option("--to", "format", type=click.Choice(["md", "html"]), help="Write a report instead of the table.")
@click.option("-o", "--output", metavar="FILE", help="The file for the report (with --to); without it, it is printed.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="{counts, explained: {found, sure, wrong}, surprises, keys: [{problem, place, about, printed, judged, because, finding, "
    "cause, sure, detail, reference, kind, surprise, items, verdict}], problems: [{id, faults, notes}], items: [{id, verdict, "
    "catalogue, by_person}], faults, left_out}; with --variants also drawn: [{id, rate, variants, answers, whole, tried, "
    "operations, digits, open, slips, strata, faults, notes}], where whole says that these are all variants there are, and "
    "operations, digits, open (the share of ReLUs) and slips (told apart) are {original, least, most}, or null each.",
)
@click.pass_context
def validate(context, paths, own_key, paper, only, everything, notes, variants, format, output, as_json):
    """Try printed keys against the engine's own answers, and problems against themselves.

    PATH is a problem or paper, or a file or folder below problems/ or solutions/; without any, everything is tried. For each
    printed answer the finding is: it agrees; agrees by rounding; agrees under another reading; is wrong, with the cause where one
    is found; is not printed; needs a human. Findings that differ from what the key's file expects are faults, and so are
    problems that contradict themselves; the exit code is 1 when there is one. With --key, an answer is a fault where it is wrong,
    has fewer digits than are asked for, or has no place in the paper.

    With --variants, a table says for each problem with 'draw' how many candidates pass, how many variants and sets of answers
    differ, and in (original: least-most) how much work, digits and open units they have, and how many slips are told apart. It is
    a fault where variants are rare, few, or uneven; docs/problem-files.md has the thresholds.

    \b
    Examples:
      grader validate tum-2022ss
      grader validate lectures/lstm-step --variants 100 --notes
      grader validate --key mykey.csv --paper tum-mock-2020 --to html -o report.html
    """
    from grader.maths.errors import UsageError
    from grader.trial.report import WRITERS

    if (own_key is None) != (paper is None) or (own_key and paths):
        raise UsageError("--key and --paper belong together, and with them no PATH.")
    if output and not format:
        raise UsageError("-o is the file for a report; say which by --to md or --to html.")
    if as_json and format:
        raise UsageError("--json and --to exclude each other.")
    if output and own_key and os.path.exists(output) and os.path.samefile(output, own_key):
        raise UsageError(f"'{output}' is the key itself; give the report another name.")
    if output and os.path.isdir(output):
        raise UsageError(f"'{output}' is a folder; -o is the file for the report.")
    outcome = _own_key(own_key, paper) if own_key else try_bank(paths, only)
    drawn = _drawn(paths, variants) if variants and not own_key else []
    outcome = replace(outcome, faults=(*outcome.faults, *(fault for trial in drawn for fault in trial.faults)))
    if as_json:
        echo_json(_summary(outcome) | ({"drawn": [_drawn_json(trial) for trial in drawn]} if variants else {}))
    elif format:
        _write(WRITERS[format](outcome), output)
    else:
        if drawn:
            _echo_drawn(drawn, notes)
        _echo(outcome, drawn, everything or outcome.own, notes)
    bad = outcome.bad or outcome.faults or outcome.left_out or any(trial.faults for trial in outcome.problems)
    context.exit(1 if bad else 0)


# --- what is tried ---


def try_bank(paths, only):
    """The Outcome of everything that the paths name (all without any); only: `keys`, `problems` or None."""
    from grader.bank.keys import key_files, load_items
    from grader.maths.errors import BankError
    from grader.trial.items import try_items
    from grader.trial.report import Outcome

    problems, faults = _problems(paths)
    keyed = key_files()
    if not paths:
        faults += _stray_keys(keyed, problems)
    keys, trials = [], []
    with _progress(len(problems)) as advance:
        for problem, paper in problems:
            try:
                keys += _tried_key(problem, keyed) if only != "problems" else []
            except BankError as error:
                faults += error.complaints
            trials += [_tried_problem(problem, paper)] if only != "keys" else []
            advance()
    items = try_items(load_items(), [problem for problem, _ in problems], keys) if only != "problems" else []
    items = items if not paths else [item for item in items if item.problems]
    return Outcome("Printed answers on trial", tuple(keys), tuple(trials), tuple(items), tuple(faults))


def _tried_key(problem, keyed):
    from grader.bank.keys import read_key
    from grader.marking.solution import solution_of
    from grader.trial.keys import try_key

    return try_key(solution_of(problem.id), read_key(keyed[problem.id], problem)) if problem.id in keyed else []


def _tried_problem(problem, paper):
    from grader.trial.problems import try_problem

    return try_problem(problem, paper)


def _drawn(paths, count):
    """The VariantTrials of the problems with a `draw`."""
    from grader.trial.variants import try_variants

    return [trial for problem, _ in _problems(paths)[0] if (trial := try_variants(problem.id, count))]


DRAWN_HEADER = ("problem", "pass", "variants", "answers", "operations", "digits", "open units", "slips", "faults", "notes")


def _echo_drawn(trials, notes):
    """The table of variants, a line for each problem, and with `notes` what is worth knowing of them."""
    rows = [DRAWN_HEADER, *map(_drawn_row, trials)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        echo("  ".join(cells).rstrip())
    for trial in trials if notes else ():
        for note in trial.notes:
            echo(note)


def _drawn_row(trial):
    number = f"all {trial.variants:,}" if trial.whole else f"{trial.variants:,}"
    answers = "-" if trial.answers is None else f"{trial.answers:,}"
    slips = "-" if trial.slips.original is None else f"{trial.slips.original:.0f}: {trial.slips.least:.0f}"
    spreads = (_spread_told(trial.operations, 1), _spread_told(trial.digits, 1), _spread_told(trial.open, 100, " %"))
    counts = (str(len(found)) if found else "" for found in (trial.faults, trial.notes))
    return trial.id, f"{100 * trial.rate:.3g} %", number, answers, *spreads, slips, *counts


def _spread_told(spread, factor, unit=""):
    """`8: 7-12`: of the original, and from the least to the most."""
    if spread.original is None:
        return "-"
    first, least, most = (f"{factor * value:.0f}" for value in (spread.original, spread.least, spread.most))
    return f"{first}: {least if least == most else f'{least}-{most}'}{unit}"


def _problems(paths):
    """([(Problem, its Paper or None)], complaints about files that cannot be read) that the paths name; all without any."""
    from grader.bank.load import load_bank, problem_with_paper

    ids, faults = (_named(path) for path in paths), []
    if paths:
        found = dict.fromkeys(id for group in ids for id in group)
    else:
        bank = load_bank()
        found, faults = dict.fromkeys(bank.problems), [fault for faults in bank.faulty.values() for fault in faults]
    return [problem_with_paper(id) for id in found], faults


def _named(path):
    """The ids of the problems that a path names."""
    from grader.bank.keys import key_files, keys_root
    from grader.bank.load import load_paper, load_problem, names_paper, problem_files
    from grader.bank.places import bank_root
    from grader.maths.errors import UsageError

    place = Path(path)
    if place.exists():
        for root, files in ((bank_root().resolve(), problem_files(bank_root().resolve())), (keys_root(), key_files())):
            if root and place.resolve().is_relative_to(root):
                inside = [id for id, file in files.items() if file.resolve().is_relative_to(place.resolve())]
                if place.name == "paper.yaml":
                    return [problem.id for problem in load_paper(path).problems]
                if not inside:
                    raise UsageError(f"There is no problem and no key in '{path}'.")
                return inside
        raise UsageError(f"'{path}' lies neither among the problems nor among their keys; name the bank's folder by GRADER_BANK.")
    if names_paper(path):
        return [problem.id for problem in load_paper(path).problems]
    return [load_problem(path).id]


def _stray_keys(keyed, problems):
    """Complaints about keys for which there is no problem."""
    from grader.bank.model import Complaint, Where
    from grader.bank.places import shown
    from grader.maths.errors import nearest

    ids = {problem.id for problem, _ in problems}
    return [
        Complaint(Where(shown(file), 1), f"there is no problem '{id}'{nearest(id, ids)}")
        for id, file in keyed.items()
        if id not in ids
    ]


def _own_key(path, paper):
    from grader.bank.load import load_paper
    from grader.course.keys import read_own_key
    from grader.marking.solution import solution_of
    from grader.trial.keys import external_key, try_key
    from grader.trial.report import Outcome

    paper = load_paper(paper)
    answers, left_out = read_own_key(path, paper)
    keys = []
    with _progress(len(answers)) as advance:
        for problem, parts in answers:
            keys += try_key(solution_of(problem.id), external_key(problem, parts))
            advance()
    return Outcome(f"{paper.title}: the key on trial", tuple(keys), own=True, left_out=tuple(left_out))


def _progress(length):
    """A context whose value advances a bar on the terminal, or does nothing."""
    if not sys.stderr.isatty() or length < ENOUGH_FOR_BAR:
        return nullcontext(lambda: None)
    return _Bar(length)


class _Bar:
    def __init__(self, length):
        self.bar = click.progressbar(length=length, label="Trying", file=sys.stderr)

    def __enter__(self):
        self.bar.__enter__()
        return lambda: self.bar.update(1)

    def __exit__(self, *error):
        return self.bar.__exit__(*error)


# --- what is printed ---


def _summary(outcome):
    return {
        "counts": outcome.counts,
        "explained": dict(zip(("found", "sure", "wrong"), outcome.explained, strict=True)),
        "surprises": len(outcome.surprises),
        "keys": [_key(trial) for trial in outcome.keys],
        "problems": [
            {
                "id": trial.id,
                "faults": complaints_as_json(trial.faults),
                "notes": complaints_as_json(trial.notes),
            }
            for trial in outcome.problems
        ],
        "items": [
            {"id": item.id, "verdict": item.verdict, "catalogue": item.catalogue, "by_person": item.by_person}
            for item in outcome.items
        ],
        "faults": complaints_as_json(outcome.faults),
        "left_out": outcome.left_out,
    }


def _drawn_json(trial):
    found = {field.name: getattr(trial, field.name) for field in fields(trial)}
    told = {"strata": dict(trial.strata), "faults": complaints_as_json(trial.faults), "notes": complaints_as_json(trial.notes)}
    return found | told


def _key(trial):
    entry = {name: getattr(trial.entry, name) for name in ("place", "about", "printed", "judged", "because")}
    fields = ("problem", "finding", "cause", "sure", "detail", "reference", "kind", "surprise", "items", "verdict")
    return {field: getattr(trial, field) for field in fields} | entry


def _write(text, output):
    if output:
        Path(output).write_text(text, encoding="utf-8")
        echo(f"The report is in {output}.")
    else:
        echo(text.rstrip("\n"))


def _echo(outcome, drawn, everything, notes):
    for trial in outcome.keys:
        if everything or trial.surprise or trial.finding in ("wrong", "reading"):
            _echo_trial(trial, outcome.own)
    for sentence in outcome.left_out:
        echo(f"Not tried: {sentence}")
    for trial in outcome.problems:
        for fault in (*trial.faults, *(trial.notes if notes else ())):
            echo(fault)
    for fault in outcome.faults:
        echo(fault)
    echo(_line(outcome, drawn))


def _echo_trial(trial, own):
    from grader.bank.keys import FINDINGS

    cause = f" ({trial.cause}{'' if trial.sure else ', or by chance'})" if trial.cause else ""
    echo(f"{trial.name}: {FINDINGS[trial.finding]}{cause}")
    if trial.surprise and not own:
        echo(f"  {trial.entry.where}: {trial.surprise}")
    if trial.finding not in ("agrees", "not-printed") or trial.surprise:
        echo(f"  printed: {' '.join((trial.entry.printed or '').split())}")
        if trial.reference:
            echo(f"  worked out: {trial.reference}")
    told = trial.detail if trial.cause or not trial.entry.because else trial.entry.because
    if told:
        echo(f"  {told.partition(chr(10))[0]}")


def _line(outcome, drawn):
    from grader.bank.keys import FINDINGS

    found = "; ".join(f"{FINDINGS[finding]}: {count}" for finding, count in outcome.counts.items())
    told = f"{counted(len(outcome.keys), 'printed answer')}: {found}." if outcome.keys else "No printed answers."
    explained, sure, wrong = outcome.explained
    if wrong:
        told += f" {explained} of {wrong} wrong computed answers have a cause that was found ({sure} beyond chance)."
    tried = (*outcome.problems, *drawn)
    if tried:
        faulty = {trial.id for trial in tried if trial.faults}
        told += f" {counted(len({trial.id for trial in tried}), 'problem')} tried, {len(faulty)} with faults."
    if outcome.items:
        same = sum(item.agrees for item in outcome.items)
        told += f" {counted(len(outcome.items), 'item')} of the catalogue, {same} with its verdict."
    if not outcome.own and outcome.surprises:
        told += f" {counted(len(outcome.surprises), 'finding')} did not come out as expected."
    return told
