"""The outcome of a trial as Markdown or HTML, fit to be sent to the authors of a paper."""

from collections import Counter
from dataclasses import dataclass
from html import escape

from grader.bank.keys import AGREES, AMBIGUOUS, FINDINGS, HUMAN, NOT_PRINTED, READING, ROUNDING, WRONG

COMPUTED = ("number", "array", "count", "shape", "expression", "chain")  # kinds whose wrong keys should have a cause
FOOTER = "Written by `grader validate`; every answer of the engine was worked out, none was typed."
TOLD = (WRONG, READING, HUMAN)  # findings that are listed one by one


class Prose(str):
    """A sentence of ours, in Markdown already."""


@dataclass(frozen=True)
class Outcome:
    """Everything that was tried: keys (Trials), problems (ProblemTrials), items (ItemTrials); faults: of files.

    own: whether the key is somebody's own, without expectations; left_out: what of it has no place in the paper, in sentences.
    """

    title: str
    keys: tuple = ()
    problems: tuple = ()
    items: tuple = ()
    faults: tuple = ()
    own: bool = False
    left_out: tuple = ()

    @property
    def counts(self):
        """Finding -> how many printed answers have it, in the order of FINDINGS."""
        found = Counter(trial.finding for trial in self.keys)
        return {finding: found[finding] for finding in FINDINGS if found[finding]}

    @property
    def surprises(self):
        """The Trials that did not come out as their file expects."""
        return [trial for trial in self.keys if trial.surprise]

    @property
    def bad(self):
        """The Trials that are faults: of an own key what is wrong or too coarse, else what was not expected."""
        if not self.own:
            return self.surprises
        return [trial for trial in self.keys if trial.finding == WRONG or (trial.finding == ROUNDING and trial.cause)]

    @property
    def wrong(self):
        return [trial for trial in self.keys if trial.finding == WRONG]

    @property
    def explained(self):
        """How many wrong numbers, shapes, matrices and formulas have a cause that was found, for how many it is more than a
        coincidence, and how many there are."""
        wrong = [trial for trial in self.wrong if trial.kind in COMPUTED]
        return sum(trial.explained for trial in wrong), sum(trial.explained and trial.sure for trial in wrong), len(wrong)


# --- rows that both formats share: (heading, introduction, columns, rows) ---


def sections(outcome):
    """(heading, sentences, columns, rows) of the report, in order."""
    yield from _summary(outcome)
    for finding in (WRONG, READING, ROUNDING, HUMAN, NOT_PRINTED) if outcome.own else TOLD:
        rows = [_row(trial) for trial in outcome.keys if trial.finding == finding and _is_told(trial, outcome)]
        if rows:
            yield _HEADINGS[finding], "", _COLUMNS, rows
    if outcome.left_out:
        yield "Not tried", "", ("What has no place in the paper",), [(sentence,) for sentence in outcome.left_out]
    if outcome.items:
        yield from _items(outcome)
    faults = [*outcome.faults, *(fault for trial in outcome.problems for fault in trial.faults)]
    if faults:
        yield "Faults of problems", "", ("Where", "What"), [(str(fault.where), fault.sentence) for fault in faults]


def _is_told(trial, outcome):
    return outcome.own or trial.finding != HUMAN or bool(trial.entry.because)


_HEADINGS = {
    WRONG: "Printed answers that are wrong",
    READING: "Right under another reading of the question",
    ROUNDING: "Right by rounding",
    HUMAN: "Left to a person",
    NOT_PRINTED: "Without an answer",
}
_COLUMNS = ("Where", "Printed", "The engine's answer", "Cause", "Explanation")


def _summary(outcome):
    rows = [(FINDINGS[finding], count) for finding, count in outcome.counts.items()]
    explained, sure, wrong = outcome.explained
    said = "1 printed answer was tried." if len(outcome.keys) == 1 else f"{len(outcome.keys)} printed answers were tried."
    if wrong:
        said += f" Of {wrong} wrong numbers, shapes, matrices and formulas, {explained} have a cause that was found;"
        said += f" {sure} of these are more than a coincidence."
    if rows:
        yield "Summary", said, ("The printed answer", "How often"), rows


def _row(trial):
    reference = "" if trial.finding == HUMAN and trial.kind in ("text", "file") else trial.reference
    cause = trial.cause if trial.sure or not trial.cause else f"{trial.cause} (or by chance)"
    told = Prose(trial.entry.because) if trial.entry.because else trial.detail
    return trial.name, trial.entry.printed or "", reference, cause, told


def _items(outcome):
    said = (WRONG, AMBIGUOUS, AGREES, NOT_PRINTED, HUMAN)
    rows = []
    for verdict in said:
        here = [item for item in outcome.items if item.verdict == verdict]
        if here:
            same = sum(item.agrees for item in here)
            by_person = sum(item.by_person for item in here)
            rows.append((verdict, len(here), same, len(here) - same, by_person))
    total = [sum(row[column] for row in rows) for column in range(1, 5)]
    rows.append(("all", *total))
    columns = ("What is printed", "Items", "The catalogue says the same", "It says otherwise", "Decided by a person")
    yield "Items of the source documents", "", columns, rows
    other = [item for item in outcome.items if not item.agrees]
    if other:
        rows = [(item.id, item.verdict, item.catalogue, ", ".join(item.problems), _argument(item)) for item in other]
        yield "Where the catalogue says otherwise", "", ("Item", "We say", "It says", "Asked in", "Why"), rows
    lost = [(item.id, item.lost) for item in outcome.items if item.lost]
    if lost:
        yield "Items that are no problem", "", ("Item", "Why"), lost


def _argument(item):
    told = [trial.entry.because for trial in item.trials if trial.entry.because]
    return Prose(" ".join(dict.fromkeys(told)))


# --- Markdown ---


def markdown(outcome):
    """The report in Markdown."""
    lines = [f"# {outcome.title}", ""]
    for heading, said, columns, rows in sections(outcome):
        lines += [f"## {heading}", ""]
        if said:
            lines += [said, ""]
        lines += [_md_row(columns), _md_row(["---"] * len(columns)), *map(_md_row, rows), ""]
    return "\n".join([*lines, FOOTER]) + "\n"


def _md_row(cells):
    return "| " + " | ".join(_md(cell if isinstance(cell, str) else str(cell)) for cell in cells) + " |"


def _md(text):
    if isinstance(text, Prose):
        return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
    for character in ("\\", "|", "*", "_", "`", "<", "$", "[", "~", "#"):
        text = text.replace(character, f"\\{character}" if character != "<" else "&lt;")
    return " ".join(text.split())


# --- HTML ---

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>
body {{ font: 15px/1.5 Georgia, serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #111; }}
h1 {{ font-size: 1.6rem; }} h2 {{ font-size: 1.2rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
th {{ background: #eee; }}
@media print {{ body {{ margin: 0; max-width: none; }} tr {{ break-inside: avoid; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def html(outcome):
    """The report as one HTML page without any outside resource."""
    parts = []
    for heading, said, columns, rows in sections(outcome):
        parts.append(f"<h2>{escape(heading)}</h2>")
        if said:
            parts.append(f"<p>{escape(said)}</p>")
        head = "".join(f"<th>{escape(column)}</th>" for column in columns)
        body = "\n".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
        parts.append(f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>")
    parts.append(f"<p>{escape(FOOTER.replace('`', ''))}</p>")
    return _PAGE.format(title=escape(outcome.title), body="\n".join(parts))


WRITERS = {"md": markdown, "html": html}
