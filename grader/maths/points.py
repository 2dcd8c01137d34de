"""Points at which two expressions are compared: in the declared domains, at several scales, and around every corner.

Everything is derived from a text by a hash, so that the same question gets the same points in every run, thread and machine.
"""

import hashlib
import struct
from fractions import Fraction
from functools import lru_cache
from itertools import islice, pairwise, product
from math import prod

import numpy as np
from flint import arb, fmpq, nmod

from grader.maths.compile import GAPS, PRIME, compiled
from grader.maths.errors import TooLargeError
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER
from grader.maths.systems import as_fraction

MOST_AROUND_CORNERS, SECOND_BASES, MOST_BETWEEN = 72, 12, 24
MOST_CORNERED_SYMBOLS = 4
NEWTON_STEPS, NEAR, GRID, MOST_BITS = 12, fmpq(1, 2**16), 24, 80
AREA, MESH, MOST_CROSSINGS, HALVINGS = 10, 200, 6, 28  # where sign changes are looked for, on how fine a grid
LEVEL = 4_001  # values of a symbol in points of one scale
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
    """Points in the domains of the symbols (name -> Declaration), one a turn; see `Declaration.sample`.

    Index symbols go through all their values, in every combination, turn by turn.
    """
    count = len(symbols)
    numbers = random_numbers(f"{turns.start} of {text}", count * len(turns))
    domains = list(symbols.items())
    indices = {name: int(domain.high) for name, domain in domains if domain.kind == "index"}
    for turn in turns:
        start = (turn - turns.start) * count
        chosen = zip(domains, numbers[start : start + count], strict=True)
        values = {name: fmpq(*domain.sample(turn, number)) for (name, domain), number in chosen}
        rest = turn
        for name, size in indices.items():
            rest, place = divmod(rest, size)
            values[name] = fmpq(1 + place)
        yield Point(values)


def combinations_of_indices(symbols):
    """In how many ways the index symbols among some (name -> Declaration) can be chosen."""
    return prod(int(domain.high) for domain in symbols.values() if domain.kind == "index")


def level_points(symbols, text, count):
    """Points of one scale, so that every order of the symbols turns up about as often."""
    numbers = random_numbers(f"one scale of {text}", count * len(symbols))
    for turn in range(count):
        chosen = numbers[turn * len(symbols) : (turn + 1) * len(symbols)]
        yield Point({name: _level(domain, number) for (name, domain), number in zip(symbols.items(), chosen, strict=True)})


def _level(domain, number):
    """A member of a domain, all about equally likely; of an unbounded one, no further than AREA or twice that from its end."""
    if domain.integer:
        low, high = map(int, _ends(domain))
        return fmpq(low + 1 + number % max(1, high - low))
    low, length = _stretch(domain)
    return low + length * fmpq(1 + number % (LEVEL - 1), LEVEL)


@lru_cache(256)
def _stretch(domain):
    """The lower end of what is searched of a domain, and its length."""
    low, high = _ends(domain)
    return _rational(low), _rational(high - low)


def _ends(domain):
    """Between which Fractions a domain is searched."""
    if domain.low is None and domain.high is None:
        return Fraction(-AREA), Fraction(AREA)
    low = domain.high - 2 * AREA if domain.low is None else domain.low
    return low, domain.low + 2 * AREA if domain.high is None else domain.high


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
    Newton's steps lead to it, or where its argument changes sign in floats between neighbours on a grid. Corners inside corners
    are found from base points on both sides of the first. `seen` collects the corners, which are not gone to again. Last come
    points between neighbouring corners, and where the argument of a corner is largest or smallest.
    """
    seen = set() if seen is None else seen
    corners = [program for node in deciding if (program := _corner(node, symbols, values)) is not None]
    if not corners:
        return []
    found = _around(corners, symbols, bases, seen)
    if len(corners) > 1:
        found += _around(corners, symbols, found[:SECOND_BASES], seen)
    between = [*_extremes(corners, symbols, bases[0]), *_between(seen, symbols, bases[0])]
    return [*found[:MOST_AROUND_CORNERS], *between[:MOST_BETWEEN]]


def _between(seen, symbols, base):
    """Points in the middle between neighbouring corners that depend on one symbol only."""
    points = []
    for name, domain in symbols.items():
        zeros = sorted(fmpq(p, q) for own, p, q, several in seen if own == name and not several and not domain.integer)
        points += [base.moved(name, (a + b) / 2) for a, b in pairwise(zeros)]
    return [point for point in points if _inside(point, symbols)]


def _inside(point, symbols):
    return all(domain.contains(as_fraction(point.values[name])) for name, domain in symbols.items())


def _extremes(corners, symbols, base):
    """For rational arguments of corners, points that go to the vertex of the parabola in one symbol after the other."""
    points = []
    for corner in corners:
        point, names = base, [name for name in corner.names if not symbols[name].integer]
        for name in names[:MOST_CORNERED_SYMBOLS] if corner.kind == "fractions" else ():
            vertex = _vertex(corner, point, name)
            point = point.moved(name, vertex) if vertex is not None else point
        if point is not base and _inside(point, symbols):
            points.append(point)
    return points


def _vertex(corner, base, name):
    """Where the parabola through three neighbouring gaps of a corner's equation has its vertex; None where it has none."""
    gaps = [_gap(corner, base.moved(name, base.values[name] + k)) for k in range(3)]
    if None in gaps or (bend := gaps[2] - 2 * gaps[1] + gaps[0]) == 0:
        return None
    found = base.values[name] + fmpq(1, 2) - (gaps[1] - gaps[0]) / bend
    return found if found.height_bits() <= MOST_BITS else _rounded(found)


def _corner(node, symbols, values):
    """The Program of both sides of the equation that holds on a node's corner, or None where there is none."""
    row = OPS[node.op]
    if row.corner is NO_CORNER:
        return None  # a choice: its condition is a comparison, and has the corner
    program = compiled(row.corner(node).inputs, symbols, values)
    return program if program and program.names else None


def _around(corners, symbols, bases, seen):
    """The points beside every zero of every corner's equation."""
    points = []
    for corner in corners:
        names = corner.names[:MOST_CORNERED_SYMBOLS]
        for base, name in product(bases if len(names) == 1 else bases[:2], names):
            for zero in _zeros(corner, base, name, symbols[name], searched=base is bases[0]):
                if zero.height_bits() > 2 * MOST_BITS:
                    continue
                key = name, int(zero.p), int(zero.q), 0 if len(names) == 1 else id(base)
                if key not in seen:
                    seen.add(key)
                    points += _beside(base, name, zero, symbols[name])
    return points


def _zeros(corner, base, name, domain, searched):
    """The values of one symbol that solve a corner's equation, as far as they are found."""
    if corner.kind == "fractions":
        zero, affine = _zero(corner, base, name, domain)
        found = [] if zero is None else [zero]
        if affine:
            return found
    else:
        found = []
    return [*found, *_crossings(corner, base, name, domain)] if searched and not domain.integer else found


def _crossings(corner, base, name, domain):
    """Where the sides of a corner's equation change their order in floats, between neighbours on a grid, bisected."""
    here = {own: np.float64(int(value.p) / int(value.q)) for own, value in base.values.items()}

    def gap(places):
        left, right = corner.floats({**here, name: places})
        with np.errstate(invalid="ignore"):  # inf - inf
            return np.broadcast_to(left - right, places.shape)

    low, high = _ends(domain)
    grid = np.linspace(float(low), float(high), MESH)[1:-1]
    signs = np.sign(gap(grid))
    turns = np.flatnonzero(signs[:-1] * signs[1:] < 0)[:MOST_CROSSINGS]
    left, right, sign = grid[turns], grid[turns + 1], signs[turns]
    for _ in range(HALVINGS if len(turns) else 0):
        middle = (left + right) / 2
        before = np.sign(gap(middle)) == sign
        left, right = np.where(before, middle, left), np.where(before, right, middle)
    return [_rational(Fraction(float(place)).limit_denominator(2**40)) for place in left]


def _zero(corner, base, name, domain):
    """(the value of one symbol that solves a corner's equation, or None; whether the equation is affine near the base point)."""
    step = _rational(Fraction(1) if domain.integer else STEP)
    here = base.values[name]
    gaps = [_gap(corner, base.moved(name, here + step * k)) for k in range(3)]
    if None in gaps or gaps[0] == gaps[1]:
        return None, None not in gaps and gaps[1] == gaps[2]
    zero = here - gaps[0] * step / (gaps[1] - gaps[0])
    affine = gaps[2] - gaps[1] == gaps[1] - gaps[0]
    return (zero, True) if affine else (_near_zero(corner, base, name, zero, step), False)


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
