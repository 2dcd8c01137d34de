"""The formats of sheets: a row each. A writer turns a Sheet into the files of that format and computes nothing."""

from dataclasses import dataclass
from importlib import import_module

from grader.bank.files import file_name
from grader.maths.errors import UnsupportedError, UsageError, nearest


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
PLANNED = ()


def check_format(format):
    """Raise UsageError or UnsupportedError for a format that is not there."""
    if format in PLANNED:
        raise UnsupportedError(f"Sheets are not written as {format} yet; there is {', '.join(FORMATS)}.")
    if format not in FORMATS:
        known = (*FORMATS, *PLANNED)
        raise UsageError(f"There is no format '{format}'{nearest(format, known)}; there is {', '.join(FORMATS)}.")


def check_variants(format, variants, roster=None):
    """Raise UsageError where a number of variants is given for a format, or with a roster, that has one of each problem."""
    if variants and (not FORMATS[format].marks or roster):
        raise UsageError("--variants is for --to moodle and canvas; for other sheets --seed or --roster choose one.")


def write(sheet, format):
    """The files of a Sheet in a format: name -> text or bytes. Raises UsageError or UnsupportedError for other formats."""
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
