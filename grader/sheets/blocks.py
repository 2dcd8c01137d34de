"""What a sheet is made of, whatever the format: blocks, and text with formulas in it, as frozen dataclasses.

Texts are plain: a writer escapes them for its format. Formulas are LaTeX of the subset that `grader.sheets.formulas` reads.
Marks are Fractions.
"""

from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

# --- within a line: a tuple of these is called a run ---


@dataclass(frozen=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True)
class Code:
    """Text in a typewriter font, as one types it."""

    text: str


@dataclass(frozen=True)
class Math:
    """A formula within a line."""

    latex: str


@dataclass(frozen=True)
class Emphasis:
    """A stressed run; `strong`: in bold type."""

    run: tuple
    strong: bool = False


@dataclass(frozen=True)
class Break:
    """The end of a line."""


# --- blocks ---


@dataclass(frozen=True)
class Paragraph:
    """A run on lines of its own."""

    run: tuple


@dataclass(frozen=True)
class Formula:
    """A formula on a line of its own."""

    latex: str


@dataclass(frozen=True)
class CodeBlock:
    """Lines of code."""

    text: str


@dataclass(frozen=True)
class Listing:
    """A list: every item a tuple of blocks. `start` is the number of the first, None where they have dots."""

    items: tuple
    start: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells, each a run; the first row is the heading."""

    heading: tuple
    rows: tuple


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG, the same in words, and its caption, a run."""

    svg: str
    alt: str
    caption: tuple = ()


# --- what is asked ---


@dataclass(frozen=True)
class AnswerBox:
    """One answer to write down. `kind` is a kind of answer (`number`, `text`, ...); `name` may be empty.

    key: its `AnswerKey`, where the sheet is for a system that marks.
    """

    name: str
    kind: str
    marks: Fraction
    digits: int | None = None
    key: object = None


@dataclass(frozen=True)
class Option:
    """One option of a choice or an order."""

    key: str
    run: tuple


# --- what is right ---


@dataclass(frozen=True)
class Step:
    """One line of a worked solution: its name, what it is equal to (runs: formula, numbers put in, result), and why."""

    name: tuple
    sides: tuple
    why: str


@dataclass(frozen=True)
class Result:
    """What is right in a box: its name and the value, both runs."""

    name: tuple
    value: tuple


@dataclass(frozen=True)
class OptionResult:
    """Whether an option is right (`right`, `wrong`, `either`, or its rank in an order as text), and why, a run."""

    key: str
    state: str
    because: tuple = ()


@dataclass(frozen=True)
class RubricLine:
    """What earns how many marks of a person."""

    marks: Fraction
    run: tuple


@dataclass(frozen=True)
class Solution:
    """The worked solution of a part."""

    steps: tuple = ()
    results: tuple = ()
    options: tuple = ()
    model: tuple = ()
    rubric: tuple = ()


@dataclass(frozen=True)
class Part:
    """One part of a question; `solution` is None on a sheet without solutions.

    marking: a Solution of what a person marks by, where the sheet is for a system that marks.
    """

    id: str
    marks: Fraction
    bonus: bool
    blocks: tuple
    boxes: tuple
    options: tuple = ()
    solution: Solution | None = None
    marking: Solution | None = None

    @property
    def ordered(self):
        """Whether its options are to be put in order."""
        return any(box.kind == "order" for box in self.boxes)


@dataclass(frozen=True)
class Variant:
    """What one variant puts into a question with open places (`grader.sheets.open_questions`).

    values: texts by the numbers of the places; figures: in the order of the question; keys: (part, box) -> AnswerKey; solutions:
    part -> its worked Solution; conventions: runs, as they depend on the functions that are drawn.
    """

    label: str
    values: tuple
    figures: tuple
    keys: MappingProxyType
    solutions: MappingProxyType
    conventions: tuple = ()


@dataclass(frozen=True)
class Question:
    """A problem on the sheet. `name` is what hand-ins call it; `conventions` are runs.

    language: of its statements, empty where it is not known.
    variants: those that stand beside each other, for systems that choose among them; the question has open places then.
    """

    number: int
    name: str
    title: str
    marks: Fraction
    blocks: tuple
    parts: tuple
    conventions: tuple = ()
    variants: tuple = ()
    language: str = ""


@dataclass(frozen=True)
class Sheet:
    """A whole sheet: of a paper or a single problem, called `id`. `paper` is the paper that hand-ins answer, empty where there
    is none; `remarks` are sentences on what could not be typeset. student, name: for whom it is; empty where it is for anybody.
    `code` stands for the paper and the values that were drawn for it, empty where there are none.
    """

    id: str
    paper: str
    title: str
    language: str
    marks: Fraction
    questions: tuple
    solutions: bool = False
    seed: int | None = None
    remarks: tuple = ()
    student: str = ""
    name: str = ""
    code: str = ""

    @property
    def variant(self):
        """The seed that a reader is told: none where the sheet is a student's own, or nothing is drawn."""
        return self.seed if self.code and not self.student else None
