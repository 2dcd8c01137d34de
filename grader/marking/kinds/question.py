"""One box as it is put to somebody: what every kind of answer is read, judged, shown and tried out by."""

from dataclasses import dataclass, field
from fractions import Fraction

from grader.bank.model import Box, Part, Policies
from grader.marking.comparing.follow import Inconsistent, blame, follow, without_idle
from grader.marking.comparing.numeric import Finding
from grader.marking.verdict import FOLLOWS, READING, RIGHT, UNDECIDED


@dataclass(frozen=True)
class Question:
    """A box of a part, and what its answer is judged by.

    solutions: the problem's Solution and those under its other readings; owned: earlier answers of the same person that are
    numbers, formulas: those that are expressions; attempted: whether that person answered anything in this problem; among:
    in how many senses the answer at hand can be taken, which share a budget of comparisons.
    """

    solutions: tuple
    part: Part
    box: Box
    policies: Policies = field(default_factory=Policies)
    owned: tuple = ()
    formulas: tuple = ()
    attempted: bool = False
    among: int = 1

    @property
    def solution(self):
        return self.solutions[0]

    @property
    def kind(self):
        return self.solution.kind(self.part, self.box)

    @property
    def place(self):
        """The key of the box in a Program."""
        return self.part.id, self.box.name

    @property
    def node(self):
        """The reference as a node; None for a box without a value."""
        return self.solution.program.boxes.get(self.place)

    @property
    def symbolic(self):
        return self.node is not None and self.solution.symbolic(self.node)

    def readings_under_which(self, holds):
        """The names of the readings ('' for the question as it stands) whose Solution makes `holds` true."""
        return tuple(solution.reading for solution in self.solutions if holds(solution))


@dataclass(frozen=True)
class Shown:
    """A reference as text: `exact` (rational, or certified digits with ≈) and `decimal`, or `formula`."""

    exact: str = ""
    decimal: str = ""
    formula: str = ""


@dataclass(frozen=True)
class Samples:
    """Typed answers that must come out right, wrong and unreadable; empty where there is none of that sort."""

    right: str = ""
    wrong: str = ""
    unreadable: str = "(see my notes"


@dataclass(frozen=True)
class Misfit:
    """A typed expression whose dimensions do not fit, said in a sentence."""

    sentence: str
    text: str


def right_under(readings, **evidence):
    """The finding for an answer that is right under these readings, the first of which counts."""
    return Finding.of(*((READING, readings[0]) if readings[0] else (RIGHT, "")), Fraction(1), under=readings, **evidence)


def carried_forward(question, target, agrees):
    """The finding where an answer agrees with the reference recomputed from own earlier answers; undecided where those do not
    fit; else None.

    target: Solution -> the node that is recomputed; agrees: whether the answer goes with its recomputed Value.
    """
    doubt = None
    for solution in question.solutions if question.box.follow else ():
        for followed in follow(solution, target(solution), question.owned):
            if isinstance(followed, Inconsistent):
                doubt = doubt or Finding.of(UNDECIDED, "own-values-do-not-fit", None, reason=str(followed))
            elif agrees(followed.value):
                return _following(without_idle(solution, target(solution), followed))
    return doubt


def _following(followed):
    if followed.degenerate:
        return Finding.of(UNDECIDED, "follows-but-trivial", None, **blame(followed.sources))
    return Finding.of(FOLLOWS, "own-values", Fraction(1), **blame(followed.sources))
