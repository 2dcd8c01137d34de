"""What all writers share: going through blocks and runs by the name of their class."""

import re

from grader.sheets import formulas
from grader.sheets.words import hint_in, marks_in, words_in


class Writer:
    """Goes through a sheet. A format says how each kind of block (`paragraph`, `table`, ...) and piece of a run is written."""

    joint = "\n\n"  # between blocks

    def __init__(self, sheet):
        self.sheet, self.words = sheet, words_in(sheet.language)
        self.figures = 0

    def run(self, run):
        """A run in the format."""
        return "".join(getattr(self, f"of_{type(piece).__name__.lower()}")(piece) for piece in run)

    def blocks(self, blocks):
        """Blocks in the format, one behind the other."""
        return self.joint.join(filter(None, (self.block(block) for block in blocks)))

    def block(self, block):
        return getattr(self, f"of_{type(block).__name__.lower()}")(block)

    def marks(self, marks, bonus=False):
        """Marks in words of the sheet's language."""
        return marks_in(self.words, marks, bonus)

    def hint(self, box):
        """How an answer is typed, in words of the sheet's language."""
        return hint_in(self.words, box)

    def problem_title(self, question):
        return f"{self.words['problem']} {number_of(question)}: {question.title}"

    def sheet_title(self):
        title = self.sheet.title
        variant = f", {self.words['variant']} {self.sheet.variant}" if self.sheet.variant is not None else ""
        return f"{title}{variant}{' – ' + self.words['solutions'] if self.sheet.solutions else ''}"

    def owner(self):
        """Whose sheet it is: (word, text) for the name, the student number and the copy; a text may be empty."""
        sheet = self.sheet
        copy = [(self.words["copy"], sheet.code)] if sheet.student and sheet.code else []
        return [(self.words["name"], sheet.name), (self.words["student"], sheet.student), *copy]

    def owner_line(self):
        """Whose sheet it is, on a line; empty where it is for anybody."""
        return ", ".join(f"{word}: {text}" for word, text in self.owner() if text)

    def state(self, result):
        """What is right of an option, in words; the rank of an order as it is."""
        return self.words.get(result.state) or result.state


def number_of(question):
    """The number of a question: that of its name, where hand-ins call it by a number, else its place on the sheet."""
    return int(question.name) if question.name.isdecimal() else question.number


def plain_formula(latex):
    """A formula as plain text."""
    try:
        return formulas.plain(latex)
    except formulas.FormulaError:
        return latex


def is_approximate(run):
    """Whether a side of an equation begins with its own sign, ≈."""
    first = getattr(run[0], "latex", None) or getattr(run[0], "text", "") if run else ""
    return first.lstrip().startswith(("\\approx", "≈"))


def box_label(box):
    return f"{box.name} =" if box.name else ""


def width_of(svg):
    """The width that a drawing gives itself, in millimetres."""
    match = re.search(r'width="([\d.]+)mm"', svg[:300])
    return float(match[1]) if match else 80.0
