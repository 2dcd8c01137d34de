"""Declarations of symbols without a particular value: `real`, `real(0, 1)`, `integer > 0`, `vector(3)`, `matrix(D, M)`,
`index(n)`, a whole number from 1 to n, and `function`, of which nothing is known but its name.
"""

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.maths.errors import LanguageError
from grader.maths.graph import given, make
from grader.maths.language.meaning import read_number
from grader.maths.ops.indexed import Opaque, dimension

TENSORS = {"vector": 1, "matrix": 2, "ones": 1, "index": 1}
FUNCTION = "function"
SIZES = (3, 2, 4, 5, 7)  # sizes that stand for dimensions given by name, in order of appearance
OTHER_SIZES = (2, 5, 3, 7, 4)  # and another set of them
LARGER_SIZES = (4, 3, 5, 6, 8)  # in the order of the first, so that what is invertible stays so
SMALL = 8  # integers near the end of a domain, where most differences show
WIDE, WIDER = 40, 5000
PLAIN = ((2, 1), (3, 1), (1, 2), (5, 2), (3, 2), (4, 1), (1, 3), (7, 2))  # magnitudes that read well in a witness
TINY, HUGE = (1, 2**30), (2**20, 1)
SCALES = ((1, 1), (3, 1), (1, 5), (10, 1), (1000, 1), (1, 1000), TINY, HUGE)
SCALAR = re.compile(r"(real|positive|negative|nonnegative|integer)\s*(?:\(([^()]*),([^()]*)\))?\s*(?:(>=|<=|>|<)\s*(\S+))?")
TENSOR = re.compile(r"(vector|matrix|ones|index)\s*\(([^()]*)\)")


@dataclass(frozen=True)
class Declaration:
    """A symbol's domain: an interval (ends None where infinite), whole numbers or not, and a shape with dimension names.

    The interval is open; of whole numbers, `high` belongs to it.
    """

    kind: str
    low: Fraction | None = None
    high: Fraction | None = None
    integer: bool = False
    dimensions: tuple = ()

    def shape(self, sizes, stand_ins=SIZES):
        """The shape, with named dimensions looked up in (and added to) the dict `sizes`."""
        found = self._sizes(sizes, stand_ins)
        return () if self.kind == "index" else found

    def _sizes(self, sizes, stand_ins):
        return tuple(
            size if isinstance(size, int) else sizes.setdefault(size, stand_ins[len(sizes) % len(stand_ins)])
            for size in self.dimensions
        )

    def sized(self, sizes, stand_ins=SIZES):
        """The same declaration, of an index with its largest value."""
        return replace(self, high=Fraction(self._sizes(sizes, stand_ins)[0])) if self.kind == "index" else self

    def meaning(self, name, sizes, stand_ins=SIZES):
        """What a name so declared means: a node, or an Opaque function."""
        if self.kind == FUNCTION:
            return Opaque(name)
        shape = self.shape(sizes, stand_ins)
        if self.kind != "index":
            return given(name, shape)
        return make("given", name=name, dimensions=(), upto=self._sizes(sizes, stand_ins)[0])

    def contains(self, value):
        """Whether a rational number belongs to the domain."""
        if self.integer and value.denominator != 1:
            return False
        above = self.low is None or value > self.low
        return above and (self.high is None or value < self.high or (self.integer and value == self.high))

    def whole_numbers(self, limit):
        """All members of a domain of whole numbers as a range, where there are at most that many; else None."""
        if not self.integer or self.low is None or self.high is None:
            return None
        members = range(math.floor(self.low) + 1, math.floor(self.high) + 1)
        return members if len(members) <= limit else None

    def sample(self, turn, number):
        """A member as numerator and denominator, made from a random `number` of 64 bits.

        turn: 0 and 1 plain numbers that read well, 2 and 3 any of moderate size, 4 tiny (or near the lower end), 5 huge (or near
        the upper end), from 6 on any of these.
        """
        return (self._whole(turn, number), 1) if self.integer else self._real(turn, number)

    def _whole(self, turn, number):
        spread = (SMALL, SMALL, SMALL, SMALL, WIDE, WIDER)[turn] if turn < 6 else (SMALL, WIDE, WIDER)[number % 3]
        number >>= 2
        if self.low is None and self.high is None:
            return number % (2 * spread + 1) - spread
        if self.low is None:
            return math.floor(self.high) - number % spread
        first = math.floor(self.low) + 1
        if self.high is not None:
            spread = min(spread, math.floor(self.high) - first + 1)
        return first + number % max(1, spread)

    def _real(self, turn, number):
        if self.low is not None and self.high is not None:
            return _sum(self.low, *_product(self.high - self.low, *_share(turn, number)))
        size, unit = _size(turn, number)
        if self.low is not None:
            return _sum(self.low, size, unit)
        if self.high is not None:
            return _sum(self.high, -size, unit)
        return (size, unit) if number & 128 else (-size, unit)


def declaration(text):
    """The declaration a text makes, or None where it is an expression; raises LanguageError for a faulty one."""
    text = str(text)
    if text.strip() == FUNCTION:
        return Declaration(FUNCTION)
    match = SCALAR.fullmatch(text.strip())
    if match:
        return _scalar(match, text)
    match = TENSOR.fullmatch(text.strip())
    if not match:
        return None
    kind, inside = match.groups()
    dimensions = tuple(int(part) if part.isdigit() else part for part in (piece.strip() for piece in inside.split(",")))
    if len(dimensions) != TENSORS[kind] or not all(isinstance(size, int) or size.isidentifier() for size in dimensions):
        raise LanguageError(f"a {kind} needs {TENSORS[kind]} sizes, numbers or names", text, 0)
    if kind == "index":
        if dimensions == (0,):
            raise LanguageError("an index counts from 1, so its size is at least 1", text, 0)
        return Declaration(kind, low=Fraction(0), integer=True, dimensions=dimensions)
    return Declaration(kind, dimensions=dimensions)


def _scalar(match, text):
    kind, low, high, comparison, bound = match.groups()
    ends = {"positive": (0, None), "nonnegative": (0, None), "negative": (None, 0)}.get(kind, (None, None))
    low, high = (end if part is None else _number(part, text) for end, part in zip(ends, (low, high), strict=True))
    if comparison:
        value = _number(bound, text)
        low, high = (value, high) if comparison in (">", ">=") else (low, value)
        if kind == "integer" and comparison == ">=":
            low -= 1
        if kind == "integer" and comparison == "<":
            high = Fraction(math.ceil(high) - 1)
    return Declaration("integer" if kind == "integer" else "real", low, high, kind == "integer")


def _number(text, whole):
    text = text.strip()
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if digits in ("inf", "infinity", "oo"):
        return None
    if not re.fullmatch(r"\d+(\.\d+)?(/[1-9]\d*)?", digits):
        raise LanguageError(f"'{text}' is not a number", whole, whole.find(text))
    numerator, _, denominator = digits.partition("/")
    return sign * read_number(numerator) / int(denominator or 1)


def _sum(end, size, unit):
    """end + size / unit as numerator and denominator."""
    return end.numerator * unit + size * end.denominator, end.denominator * unit


def _product(factor, size, unit):
    return factor.numerator * size, factor.denominator * unit


def _size(turn, number):
    """A positive number as numerator and denominator: moderate at first, then tiny, then huge, then any."""
    if turn < 2:
        return PLAIN[(number >> 8) % len(PLAIN)]
    numerator, denominator = SCALES[number % 4] if turn < 4 else (TINY, HUGE)[turn - 4] if turn < 6 else SCALES[number % 8]
    return (1 + (number >> 8) % 997) * numerator, 499 * denominator


def _share(turn, number):
    """The place in an interval as a share of its length: in the middle at first, then near either end, then any."""
    if turn < 2:
        return 1 + (number >> 8) % 7, 8
    share = 1 + (number >> 8) % 997
    where = turn if turn < 6 else 2 + number % 4
    if where < 4:
        return share, 998
    return (share, 998 * 2**30) if where == 4 else (998 * 2**30 - share, 998 * 2**30)


def named_sizes(sizes):
    """Name of a dimension -> the node of its size, from the dict that `Declaration.shape` fills."""
    return {name: dimension(name=name, size=size) for name, size in sizes.items()}
