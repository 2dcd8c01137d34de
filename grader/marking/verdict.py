"""What the checker says about one typed answer."""

import unicodedata
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

BLANK, UNREADABLE, RIGHT, ROUNDED, READING = "blank", "unreadable", "right", "rounded", "reading"
FOLLOWS, PARTLY, WRONG, UNDECIDED = "follows", "partly", "wrong", "undecided"
STATES = {
    BLANK: "nothing is typed",
    UNREADABLE: "it could not be read; a human looks at it",
    RIGHT: "equal to the reference, or its correct rounding",
    ROUNDED: "cut off instead of rounded, or off by no more than rounding on the way explains",
    READING: "right under a listed reading of the question, which is named",
    FOLLOWS: "wrong in itself, but what follows from own earlier answers",
    PARTLY: "worth part of the marks: a declared partial value, some entries, too few digits",
    WRONG: "none of these",
    UNDECIDED: "it cannot be decided; a human does",
}
FULL = frozenset({RIGHT, ROUNDED, READING})


def in_one_line(text):
    """A text that may hold what somebody typed, without line ends, control and other invisible characters."""
    if text.isascii() and text.isprintable():
        return text
    visible = (" " if character.isspace() else character for character in text)
    return "".join(one for one in visible if not unicodedata.category(one).startswith("C")).strip()


@dataclass(frozen=True)
class Verdict:
    """One box, judged.

    state: one of STATES; tag: stable and without drawn values (the slip, the reading, what it follows from); evidence: what the
    verdict rests on, for the instructor; share: the part of the box's marks that is earned (None where a human decides); marks:
    a Fraction once credit is given, None where a human must decide; read: the answer as it was understood; feedback: a
    sentence, made last.
    """

    part: str
    box: str
    state: str
    tag: str = ""
    evidence: MappingProxyType = field(default_factory=lambda: MappingProxyType({}))
    share: Fraction | None = Fraction(0)
    marks: Fraction | None = None
    out_of: Fraction = Fraction(0)
    typed: str = ""
    read: str = ""
    feedback: str = ""

    @property
    def name(self):
        """`a.z`, or `a` where the part has one answer."""
        return f"{self.part}.{self.box}" if self.box else self.part
