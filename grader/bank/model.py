"""What a problem bank is made of: Problem, Part, Box, Paper and what they hold, as frozen dataclasses.

Expressions stay text here (`Located`, a string that knows its file and line); `grader.bank.program` turns them into a graph.
Marks are Fractions, so half points are exact.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

EMPTY = MappingProxyType({})


def _empty():
    return EMPTY


KINDS = (
    "number",
    "array",
    "shape",
    "count",
    "expression",
    "chain",
    "growth",
    "boolean",
    "choice",
    "order",
    "text",
    "file",
)
CHOICE_POLICIES = ("all-or-nothing", "per-option", "negative")
DISTRACTORS = ("slips",)  # where the wrong options of a choice come from
USUAL_DISTRACTORS = 3  # how many there are, where a file does not say
FOLLOW_POLICIES = ("full", "half", "none")
ARITHMETIC = "arithmetic"  # the tag of a right formula, worked out wrongly
ARRAY_POLICIES = ("share", "all-or-nothing")


@dataclass(frozen=True)
class Where:
    """A place in a file; `str(where)` is `file:line`."""

    file: str
    line: int

    def __str__(self):
        return f"{self.file}:{self.line}"


class Located(str):
    """Text read from a file, with the place it stands at in `.where`."""

    def __new__(cls, text, where):
        self = super().__new__(cls, text)
        self.where = where
        return self

    def __getnewargs__(self):
        return str(self), self.where


@dataclass(frozen=True)
class Complaint:
    """One fault of a file: where it is and what is wrong, in a sentence."""

    where: Where
    sentence: str

    def __str__(self):
        return f"{self.where}: {self.sentence}"


@dataclass(frozen=True)
class Source:
    """Where a question comes from: the document's number, its lines, and a heading or title.

    completed: what is our own where the document lost its data, in words.
    """

    document: str
    lines: str = ""
    heading: str = ""
    completed: str = ""


@dataclass(frozen=True)
class Stack:
    """A layer stack as written: the shape of its input (an expression, channels first) and its layers.

    Each layer is `(kind, settings)` with settings a dict of name to Located text; `residual` and `branch` hold nested layers:
    `residual: [layers]` (or `{layers: [...], shortcut: [...]}`), `branch: [[layers], [layers]]` (paths joined along channels).
    """

    input: Located
    layers: tuple
    where: Where


@dataclass(frozen=True)
class Partial:
    """A value that earns part of a box's marks, with the tag the verdict carries."""

    value: Located
    marks: Fraction
    tag: str


@dataclass(frozen=True)
class Option:
    """One option of a choice: its text, whether it is right (`true`, `false` or a condition for the engine), and why.

    Of an order `right` is a number; the options ascend by it.
    """

    key: str
    text: str
    right: Located
    because: str = ""


@dataclass(frozen=True)
class RubricLine:
    """What earns how many marks in a part that a human marks."""

    marks: Fraction
    text: str


@dataclass(frozen=True)
class Box:
    """One answer to be typed. `name` is empty where a part has one answer only.

    `value` is the expression whose value is the reference (None for choice, order, text and file). `digits` is the number of
    decimals asked for. `names` limits what an expression may be written in. `layout: any` lets a shape's axes stand in
    another usual order. `follow` False: earlier errors are not carried into this box. Of a chain `start` (in the file: `from`)
    is the expression it has to begin with, and `links` the least number of its equals signs. `distractors` is the number of
    wrong options, made of slips, beside the reference of a choice; 0 where the file lists the options, and for other kinds.
    """

    name: str
    kind: str | None
    value: Located | None
    marks: Fraction
    partial: tuple[Partial, ...] = ()
    digits: int | None = None
    names: tuple[str, ...] = ()
    layout: str = ""
    follow: bool = True
    start: Located | None = None
    links: int | None = None
    distractors: int = 0


@dataclass(frozen=True)
class Figure:
    """A drawing of the problem's own data: its kind (a row of `grader.bank.figures`), settings, caption and alternative text.

    Absent, the alternative text is made from the data.
    """

    kind: str
    settings: MappingProxyType
    caption: str
    alt: str
    where: Where


@dataclass(frozen=True)
class Part:
    """One part of a problem, with the boxes to fill in.

    `catalogue`: the ids of the items of our source documents that it carries. `options` belongs to choice parts, `rubric`
    and `model` (a model answer in our own words) to parts that a human marks. Options that are made of slips are not among
    `options`; `Solution.options` has all.
    """

    id: str
    text: str
    boxes: tuple[Box, ...]
    where: Where
    catalogue: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    rubric: tuple[RubricLine, ...] = ()
    model: str = ""
    bonus: bool = False
    figures: tuple[Figure, ...] = ()

    @property
    def marks(self):
        """The marks of all boxes."""
        return sum((box.marks for box in self.boxes), Fraction(0))

    @property
    def distractors(self):
        """The number of wrong options that are made of slips; 0 where the file lists the options, or there are none."""
        return self.boxes[0].distractors if self.boxes else 0

    @property
    def has_options(self):
        """Whether it is answered by options, from the file or made of slips."""
        return bool(self.options or self.distractors)

    @property
    def for_human(self):
        """Whether a human marks all of it."""
        return all(box.kind in ("text", "file") for box in self.boxes)

    def box(self, name):
        """The box of that name; raises KeyError when there is none."""
        for box in self.boxes:
            if box.name == name:
                return box
        raise KeyError(name)


@dataclass(frozen=True)
class Reading:
    """Another way to take the question: conventions changed, or givens replaced by expressions; named by `name`."""

    name: str
    conventions: MappingProxyType = field(default_factory=_empty)
    replace: MappingProxyType = field(default_factory=_empty)


@dataclass(frozen=True)
class Test:
    """A second witness: `expect` maps `part` or `part.box` to hand-typed values, `respond` to typed answers worth `marks`."""

    where: Where
    expect: MappingProxyType = field(default_factory=_empty)
    respond: MappingProxyType = field(default_factory=_empty)
    marks: Fraction | None = None
    conventions: MappingProxyType = field(default_factory=_empty)


@dataclass(frozen=True)
class Problem:
    """A question with its parts, as it stands in one file of the bank.

    `given` maps a name to an expression, a symbol's declaration (both Located text) or a Stack; `let` maps names to
    expressions, in the order in which they are worked out. `conventions` holds only what the file sets.
    """

    id: str
    title: str
    topics: tuple[str, ...]
    source: Source
    text: str
    given: MappingProxyType
    let: MappingProxyType
    parts: tuple[Part, ...]
    where: Where
    conventions: MappingProxyType = field(default_factory=_empty)
    readings: tuple[Reading, ...] = ()
    draw: MappingProxyType = field(default_factory=_empty)
    tests: tuple[Test, ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def marks(self):
        """The marks that can be had without bonus parts."""
        return sum((part.marks for part in self.parts if not part.bonus), Fraction(0))

    def part(self, id):
        """The part of that id; raises KeyError when there is none."""
        for part in self.parts:
            if part.id == id:
                return part
        raise KeyError(id)


@dataclass(frozen=True)
class Policies:
    """How a paper gives marks where instructors differ.

    slips: (tag, share of the marks) for wrong answers whose slip is named; the tag `any` stands for all the others.
    """

    choice: str = "all-or-nothing"
    follow: str = "full"
    array: str = "share"
    slips: tuple[tuple[str, Fraction], ...] = ((ARITHMETIC, Fraction(1, 2)),)

    def as_texts(self):
        """The policies as a paper's file writes them."""
        slips = {tag: str(share) for tag, share in self.slips}
        return {"choice": self.choice, "follow": self.follow, "array": self.array, "slips": slips}


@dataclass(frozen=True)
class Paper:
    """An exam or sheet: problems in their order, and what holds for all of them."""

    id: str
    title: str
    problems: tuple[Problem, ...]
    where: Where
    source: Source | None = None
    conventions: MappingProxyType = field(default_factory=_empty)
    policies: Policies = field(default_factory=Policies)

    @property
    def marks(self):
        """The marks that can be had without bonus parts."""
        return sum((problem.marks for problem in self.problems), Fraction(0))


@dataclass(frozen=True)
class Bank:
    """All problems and papers below a folder; `faulty` maps files that could not be read to their complaints."""

    root: Path
    problems: MappingProxyType
    papers: MappingProxyType
    faulty: MappingProxyType = field(default_factory=_empty)
