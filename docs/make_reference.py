"""Writes docs/reference.md from the tables of the code: functions, operations with their slips, conventions.

Run by `make docs`; a test fails while the file is out of date.
"""

import inspect
from pathlib import Path

from grader.bank.conventions import default_conventions
from grader.marking.verdict import STATES
from grader.maths.builders.layer_kinds import KINDS
from grader.maths.language.meaning import FUNCTIONS
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER, NO_GRADIENT

FILE = Path(__file__).with_name("reference.md")
HEAD = """# Reference

Written by `make docs` from the tables of the code.
"""


def reference():
    """The text of docs/reference.md."""
    tables = (_functions, _layers, _operations, _slips, _conventions, _verdicts)
    return "\n".join([HEAD, *(line for table in tables for line in table())]) + "\n"


def _table(*columns):
    return [_row(*columns), _row(*("---" for _ in columns))]


def _row(*cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _functions():
    """Each function once, with the other names it goes by."""
    others = {}
    for name, row in FUNCTIONS.items():
        if name != row.usage.partition("(")[0]:
            others.setdefault(id(row.build), []).append(name)
    lines = ["## Functions of the language", "", "Those with a mark may be typed in answers, too.", ""]
    lines += _table("use", "what it gives", "in answers")
    for name, row in sorted(FUNCTIONS.items()):
        if name == row.usage.partition("(")[0]:
            also = f" (also `{'`, `'.join(others[id(row.build)])}`)" if id(row.build) in others else ""
            lines.append(_row(f"`{row.usage}`{also}", row.sentence, "yes" if row.students else ""))
    return [*lines, ""]


def _layers():
    """Each kind of layer with its settings and their defaults."""
    lines = ["## Layers", "", "The kinds of a layer stack under `given`, each with `name` besides.", ""]
    lines += _table("layer", "settings")
    for name, build in sorted(KINDS.items()):
        settings = [p for p in inspect.signature(build).parameters.values() if p.kind is p.KEYWORD_ONLY]
        told = ", ".join(f"`{p.name}`" if p.default in (p.empty, None, ()) else f"`{p.name}` ({p.default})" for p in settings)
        lines.append(_row(f"`{name}`", told or "none"))
    return [*lines, ""]


def _operations():
    lines = ["## Operations", "", "What the graph is made of. A composite operation is defined through simpler ones.", ""]
    lines += _table("operation", "what it does", "made how", "gradient", "corner or tie")
    for name, row in sorted(OPS.items()):
        gradient = "none" if row.vjp == NO_GRADIENT else "follows" if row.definition else "own rule"
        lines.append(_row(f"`{name}`", row.sentence, "composite" if row.definition else "primitive", gradient, _corner(row)))
    return [*lines, ""]


def _corner(row):
    return "smooth" if row.corner == NO_CORNER else "has one"


def _slips():
    lines = ["## Slips", "", "Named wrong changes of an operation.", "", *_table("operation", "slip", "in words")]
    lines += [_row(f"`{name}`", f"`{slip.tag}`", slip.sentence) for name, row in sorted(OPS.items()) for slip in row.slips]
    return [*lines, ""]


def _conventions():
    lines = ["## Conventions", "", "Set by a problem or a paper under `conventions:`; the default is first.", ""]
    lines += _table("convention", "about", "default", "values")
    for name, convention in default_conventions().known.items():
        values = ", ".join(f"`{value}`" for value in convention.lines) + (" or a number" if convention.any_number else "")
        lines.append(_row(f"`{name}`", convention.about, f"`{convention.default}`", values))
    return lines


def _verdicts():
    lines = ["", "## Verdicts", "", "The states of a judged answer.", "", *_table("state", "what it means")]
    return [*lines, *(_row(f"`{state}`", sentence) for state, sentence in STATES.items())]


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
