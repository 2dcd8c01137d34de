"""Points at which two expressions are compared: in the declared domains, at several scales, and around every corner.

Everything is derived from a text by a hash, so that the same question gets the same points in every run, thread and machine.
"""

import hashlib
import struct
from fractions import Fraction
from itertools import islice, product

from flint import arb, fmpq, nmod

from grader.maths.compile import GAPS, PRIME, compiled
from grader.maths.errors import TooLargeError
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER
from grader.maths.systems import as_fraction

MOST_AROUND_CORNERS, SECOND_BASES = 72, 12
MOST_CORNERED_SYMBOLS = 4
NEWTON_STEPS, NEAR, GRID, MOST_BITS = 12, fmpq(1, 2**16), 24, 80
STEP = Fraction(1, 2**20)  # between the values that show whether a corner's argument is affine
ASIDE = (0, 1, -1, Fraction(1, 8), Fraction(-1, 8), Fraction(1, 2**30), Fraction(-1, 2**30), 2**20, -(2**20))
WHOLE_ASIDE = (0, 1, -1, 2, 1000, -1000)


class Point:
    """Values of symbols: `values`, name -> flint.fmpq; also as balls. `kept` is for those who come back to it."""

    __slots__ = ("_balls", "kept", "values")

    def __init__(self, values):
        self.values, self._balls, self.kept = values, {}, {}

    def balls(self, bits):
        """name -> flint.arb at the current precision, which is `bits`."""
        if bits not in self._balls:
            self._balls[bits] = {name: arb(value) for name, value in self.values.items()}
        return self._balls[bits]

    def moved(self, name, value):
        """The same point with another value of one symbol."""
        return Point({**self.values, name: value})


def random_numbers(text, count):
    """That many whole numbers of 64 bits, by a hash of the text."""
    return struct.unpack(f"<{count}Q", hashlib.shake_128(text.encode()).digest(8 * count))


def residues(symbols, text):
    """A residue modulo PRIME for every symbol: name -> flint.nmod."""
    numbers = random_numbers(f"residues of {text}", len(symbols))
    return {name: nmod(number, PRIME) for name, number in zip(symbols, numbers, strict=True)}


def sample_points(symbols, text, turns):
    """Points in the domains of the symbols (name -> Declaration), one a turn; see `Declaration.sample`."""
    count = len(symbols)
    numbers = random_numbers(f"{turns.start} of {text}", count * len(turns))
    domains = list(symbols.items())
    for turn in turns:
        start = (turn - turns.start) * count
        chosen = zip(domains, numbers[start : start + count], strict=True)
        yield Point({name: fmpq(*domain.sample(turn, number)) for (name, domain), number in chosen})


def whole_domain(symbols, limit):
    """All points of the domain where there are few (whole numbers between ends), else None."""
    ranges = [domain.whole_numbers(limit) for domain in symbols.values()]
    if not ranges or None in ranges:
        return None
    points = list(islice(product(*ranges), limit + 1))
    return [Point(dict(zip(symbols, map(_rational, point), strict=True))) for point in points] if len(points) <= limit else None


def _rational(value):
    return fmpq(value.numerator, value.denominator)


def around_corners(deciding, symbols, values, bases, seen=None):
    """Points on, beside and far from every corner, jump and change of branch, seen from some base points.

    A corner is found where its argument is, near a base point, rational and affine in one of its symbols; otherwise, as far as
    Newton's steps lead to it. Corners inside corners are found from base points on both sides of the first. `seen` collects the
    corners, which are not gone to again.
    """
    seen = set() if seen is None else seen
    corners = [program for node in deciding if (program := _corner(node, symbols, values)) is not None]
    if not corners:
        return []
    found = _around(corners, symbols, bases, seen)
    if len(corners) > 1:
        found += _around(corners, symbols, found[:SECOND_BASES], seen)
    return found[:MOST_AROUND_CORNERS]


def _corner(node, symbols, values):
    """The Program of both sides of the equation that holds on a node's corner, or None where it is not rational."""
    row = OPS[node.op]
    if row.corner is NO_CORNER:
        return None  # a choice: its condition is a comparison, and has the corner
    program = compiled(row.corner(node).inputs, symbols, values)
    return program if program and program.kind == "fractions" and program.names else None


def _around(corners, symbols, bases, seen):
    """The points beside every zero of every corner's equation."""
    points = []
    for corner in corners:
        names = corner.names[:MOST_CORNERED_SYMBOLS]
        for base, name in product(bases if len(names) == 1 else bases[:2], names):
            zero = _zero(corner, base, name, symbols[name])
            if zero is None or zero.height_bits() > 2 * MOST_BITS:
                continue
            key = name, int(zero.p), int(zero.q), 0 if len(names) == 1 else id(base)
            if key not in seen:
                seen.add(key)
                points += _beside(base, name, zero, symbols[name])
    return points


def _zero(corner, base, name, domain):
    """The value of one symbol that solves a corner's equation, if the equation is affine in it near the base point."""
    step = _rational(Fraction(1) if domain.integer else STEP)
    here = base.values[name]
    gaps = [_gap(corner, base.moved(name, here + step * k)) for k in range(3)]
    if None in gaps or gaps[0] == gaps[1]:
        return None
    zero = here - gaps[0] * step / (gaps[1] - gaps[0])
    return zero if gaps[2] - gaps[1] == gaps[1] - gaps[0] else _near_zero(corner, base, name, zero, step)


def _near_zero(corner, base, name, start, step):
    """A number near a zero of a corner's equation that is not affine, by Newton's steps; None where they lead nowhere."""
    here = _rounded(start)
    for _ in range(NEWTON_STEPS):
        if here.height_bits() > MOST_BITS:
            return None
        gap, beside = _gap(corner, base.moved(name, here)), _gap(corner, base.moved(name, here + step))
        if gap is None or beside is None or gap == beside:
            return None
        move = gap * step / (beside - gap)
        if abs(move) < NEAR:
            return here
        here = _rounded(here - move)
    return None


def _rounded(value):
    """A rational of few bits near a value."""
    return fmpq((value * 2**GRID).floor(), 2**GRID)


def _gap(corner, point):
    try:
        left, right = corner.at(point)
    except (TooLargeError, *GAPS):
        return None
    return None if left is None or right is None else left - right


def _beside(base, name, zero, domain):
    offsets = ASIDE if not domain.integer else WHOLE_ASIDE
    start = fmpq(zero.floor()) if domain.integer else zero
    candidates = [start + _rational(offset) for offset in offsets]
    return [base.moved(name, value) for value in candidates if domain.contains(as_fraction(value))]
