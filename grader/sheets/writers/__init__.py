"""The formats of sheets: a row each. A writer turns a Sheet into the files of that format and computes nothing."""

from dataclasses import dataclass
from importlib import import_module

from grader.bank.files import file_name
from grader.maths.errors import UsageError, nearest


@dataclass(frozen=True)
class Format:
    """A format: the module that writes it (`write(sheet) -> {suffix or file name: text or bytes}`), and what it is, in words.

    marks: whether it is for a system that marks; its sheets have answer keys, and its module `remarks(sheet)` and a `TARGET`.
    """

    module: str
    words: str
    marks: bool = False


FORMATS = {
    "text": Format("text", "plain text for a terminal"),
    "markdown": Format("markdown", "Markdown with formulas between dollar signs; figures as SVG files"),
    "html": Format("html", "one self-contained page with MathML, for screens of any width, screen readers and print"),
    "latex": Format("latex", "LaTeX source; figures as PDF files"),
    "pdf": Format("pdf", "PDF, set by Typst"),
    "notebook": Format("notebook", "Jupyter notebook with cells for the answers"),
    "moodle": Format("moodle", "Moodle XML for its question bank", marks=True),
    "canvas": Format("canvas", "QTI 1.2 package that Canvas imports as a quiz", marks=True),
}


def check_format(format):
    """Raise UsageError for a format that is not there."""
    if format not in FORMATS:
        raise UsageError(f"There is no format '{format}'{nearest(format, FORMATS)}; there is {', '.join(FORMATS)}.")


def check_variants(format, variants, roster=None):
    """Raise UsageError for a number of variants where there is one of each problem, and for a roster where a system hands out."""
    marks = FORMATS[format].marks
    if variants and (roster or not marks):
        raise UsageError("--variants is for --to moodle and canvas; for other sheets --seed or --roster choose one.")
    if roster and marks:
        raise UsageError(f"{format.capitalize()} hands out variants itself: use --variants N instead of --roster.")


def write(sheet, format):
    """The files of a Sheet in a format: name -> text or bytes. Raises UsageError for other formats."""
    check_format(format)
    return import_module(f"grader.sheets.writers.{FORMATS[format].module}").write(sheet)


def marked_by(sheet, format):
    """(remarks, Agreement) on how the system of a format marks: what it cannot express, and how far it agrees with us.

    The Agreement is None for a format whose answers we mark ourselves.
    """
    if not FORMATS[format].marks:
        return [], None
    from grader.sheets.agreement import agreement

    module = import_module(f"grader.sheets.writers.{FORMATS[format].module}")
    found = agreement(sheet, module.TARGET)
    return [*module.remarks(sheet), *filter(None, [found.sentence()])], found


def base_name(sheet):
    """The name of a sheet's files without suffix."""
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in sheet.id).strip(".") or "sheet"
    variant = f"-seed-{sheet.variant}" if sheet.variant is not None else ""
    whose = f"-{file_name(sheet.student)}" if sheet.student else variant
    return f"{name[:100]}{whose}{'-solutions' if sheet.solutions else ''}"
