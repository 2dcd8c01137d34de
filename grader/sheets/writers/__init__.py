"""The formats of sheets: a row each. A writer turns a Sheet into the files of that format and computes nothing."""

from dataclasses import dataclass
from importlib import import_module

from grader.maths.errors import UnsupportedError, UsageError, nearest


@dataclass(frozen=True)
class Format:
    """A format: the module that writes it (`write(sheet) -> {suffix or file name: text or bytes}`), and what it is, in words."""

    module: str
    words: str


FORMATS = {
    "text": Format("text", "plain text for a terminal"),
    "markdown": Format("markdown", "Markdown with formulas between dollar signs; figures as SVG files"),
    "html": Format("html", "one self-contained page with MathML, for screens of any width, screen readers and print"),
    "latex": Format("latex", "LaTeX source; figures as PDF files"),
    "pdf": Format("pdf", "PDF, set by Typst"),
}
PLANNED = ("notebook", "moodle", "canvas")


def check_format(format):
    """Raise UsageError or UnsupportedError for a format that is not there."""
    if format in PLANNED:
        raise UnsupportedError(f"Sheets are not written as {format} yet; there is {', '.join(FORMATS)}.")
    if format not in FORMATS:
        known = (*FORMATS, *PLANNED)
        raise UsageError(f"There is no format '{format}'{nearest(format, known)}; there is {', '.join(FORMATS)}.")


def write(sheet, format):
    """The files of a Sheet in a format: name -> text or bytes. Raises UsageError or UnsupportedError for other formats."""
    check_format(format)
    return import_module(f"grader.sheets.writers.{FORMATS[format].module}").write(sheet)


def base_name(sheet):
    """The name of a sheet's files without suffix."""
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in sheet.id).strip(".") or "sheet"
    return name[:100] + (f"-seed-{sheet.seed}" if sheet.seed is not None else "") + ("-solutions" if sheet.solutions else "")
