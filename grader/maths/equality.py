"""Whether two expressions are equal: exactly where they are rational, in certified balls otherwise.

Rational expressions of numbers are compared modulo the prime 2^61 - 1 at a random residue, and exactly at rational points: the
chance that different ones pass is below degree / 2^61 (Schwartz 1980, Zippel 1979). Others are compared in balls at points of the
declared domain, at several scales, on and around every corner, the last time with many more digits. Disjoint values prove a
difference and give the witness; agreement at all points is equality. Where both sides are undefined nothing is compared; where
one is, at more than isolated points, the verdict is undecided.

The points follow from the texts of the two expressions and the sorted names, so a verdict never changes between runs.
"""

import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np
from flint import arb, fmpq

from grader.maths.compile import PRIME, compiled
from grader.maths.errors import GraderError, TooLargeError, UndecidedError, UndefinedError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable, show_shape
from grader.maths.language.declarations import Declaration
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER
from grader.maths.points import (
    Point,
    around_corners,
    combinations_of_indices,
    level_points,
    residues,
    sample_points,
    whole_domain,
)
from grader.maths.show import decimal_number, exact_number, nested
from grader.maths.systems import BALL, EXACT, PRECISION

ENOUGH = 6  # points at which both sides are defined
FIRST, BLOCK, MOST = 1, 8, 48  # points of the domain: drawn at first, then in blocks while too few of them are of use
CORNERED = 32  # points where there are corners, so that the branches of those that cannot be found are seen too
PAIR = 2  # further points that depend on both expressions
BASES = 4  # points from which corners are looked for
AT_LEAST = 3  # points for very long expressions with arrays, and such without a value before the comparison is given up
FEW = 64  # a domain of so few points is gone through as a whole
MOST_COMBINED = 400  # values of several index symbols together
SURE_BITS, ZERO = 40, 0.625  # a ball of fewer bits says nothing, unless it is around 0 and below 2^-(this share of the bits)
PRECISIONS = (PRECISION, 2 * PRECISION, 4 * PRECISION)
LAST, LAST_OF_CONSTANTS = 4 * PRECISION, 16 * PRECISION  # bits of the last comparison
WITNESS_DIGITS = (6, 12, 24, 48)
SHORT = 12  # characters of a fraction that a witness shows as it is
SHOWN = arb(10) ** 300  # values up to here are written out
ORDERED = 3  # from so many corners and symbols on, points of one scale are tried
MOST_REFUSED = 12  # values that are refused as too large before the comparison is given up
MOST_WITHOUT_VALUE = 120  # looks with more digits at points where a side has no value
LONG_ARRAYS, VERY_LONG = 100, 200  # operations above which expressions with arrays are compared at fewer points
MOST_ON_ARRAYS = 4_000  # operations over all points, where there are arrays
MOST_IN_VAIN = 1_500  # operations on arrays at points without a value, before the comparison is given up
MOST_OF_NUMBERS_IN_VAIN = 6_000  # the same on numbers
LEVELS, NESTED_LEVELS, MOST_LEVELS = 32, 240, 960  # how many: for few orders, for a choice inside a choice, for more of these
GAPS_NEEDED, GAPS_TRIED = 3, 12  # points with a value of one side only that are more than isolated ones; how many are looked at
ASIDE = fmpq(1, 2**20)
JUMP = arb(1) / 2**10  # how much a value changes at least over a step of 2 ASIDE where it jumps
CLOSE = 2  # bits of a value worked out from rounded constants that says something
TOO_FEW = "both could be evaluated at too few points of the domain"

RATIONAL, BALLS = {fmpq}, {arb}
_lock = threading.RLock()  # the precision of balls is one setting for all threads


@dataclass(frozen=True)
class Equality:
    """`state`: equal, different or undecided; `witness`: where different, the point and both values in words; `reason` else.

    only_at_corners: whether different ones differ only exactly where the first jumps.
    """

    state: str
    witness: str = ""
    reason: str = ""
    only_at_corners: bool = False


def equal_nodes(left, right, symbols, shapes=None, values=None, seed_text="", turned=False, among=1):
    """Compare two nodes over the given symbols.

    symbols: name -> Declaration; shapes: name -> shape of each symbol (default: numbers); values: what further givens are;
    turned: whether `right` is called the first, and its value is told first; among: how many comparisons share a budget.
    """
    return Prepared(left, symbols, shapes, values, seed_text).compare(right, seed_text, turned, among)


class Prepared:
    """An expression to compare many others with: its points and its values there are worked out once.

    Arguments as for `equal_nodes`; `text` stands for the expression where points are chosen. Threads may share one.
    """

    def __init__(self, node, symbols, shapes=None, values=None, text=""):
        self.node, self.symbols, self.text = node, dict(sorted(symbols.items())), text
        self.shapes, self.values = shapes or {}, values or {}
        self.program = self._compiled(node)
        self.whole = whole_domain(symbols, FEW) if self.program else None
        self._points = []
        self._residue = self._corners = self._jumps = None
        self._levels = {}

    def compare(self, other, text="", turned=False, among=1):
        """The Equality of the expression and another node; `text` stands for the other where points are chosen.

        among: how many comparisons share the budget of operations on arrays.
        """
        if self.node.shape != other.shape:
            told = f"the first is {show_shape(self.node.shape)}, the second {show_shape(other.shape)}"
            return Equality("different", witness=told)
        program = self.program if other is self.node else self._compiled(other)
        both = f"{self.text} | {text}"
        with _precision(PRECISION):
            if self.program is None or program is None:
                return _ArrayComparison(self, other, both, turned, among).verdict()
            return _Comparison(self, program, both, turned).verdict()

    def _compiled(self, node):
        if any(self.shapes.get(name) for name in self.symbols):
            return None
        return compiled([node], self.symbols, self.values)

    def points(self, first, last):
        """The points of the domain from number `first` to before `last`, always the same; a small domain as a whole."""
        if self.whole is not None or not self.symbols:
            return (self.whole or [Point({})]) if first == 0 else []
        while len(self._points) < last:
            known = len(self._points)
            end = known + BLOCK - known % BLOCK if known else FIRST  # always the same blocks
            self._points += sample_points(self.symbols, self.text, range(known, end))
        return self._points[first:last]

    def level_points(self, count):
        """So many points of one scale, always the same."""
        if count not in self._levels:
            self._levels[count] = list(level_points(self.symbols, self.text, count))
        return self._levels[count]

    def value(self, point, bits):
        """The value at a point, kept with the point."""
        kept = point.kept
        if bits not in kept:
            kept[bits] = _value(self.program, point, bits)
        return kept[bits]

    def work_out(self, points):
        """The values at several points together, which is quicker than one by one."""
        missing = [point for point in points if PRECISION not in point.kept]
        values = self.program.at_all(missing) if len(missing) > 1 else None
        for point, value in zip(missing, values or (), strict=False):
            point.kept[PRECISION] = value

    def residue(self):
        """(residues of the symbols, the value there); the value is None where a denominator vanishes."""
        if self._residue is None:
            chosen = residues(self.symbols, self.text)
            self._residue = chosen, self.program.modulo(chosen)
        return self._residue

    def corners(self):
        """(points around the corners of this expression, the corners)."""
        if self._corners is None:
            seen = set()
            found = around_corners(self.program.deciding, self.symbols, self.values, self.points(0, BASES), seen)
            self._corners = found, frozenset(seen)
        return self._corners

    def jumps_at(self, point):
        """Whether a point lies exactly on a corner at which the expression jumps, so that its value there is a convention."""
        if self._jumps is None:
            rows = [(OPS[node.op], node) for node in self.program.deciding]
            ties = [row.corner(node).inputs for row, node in rows if row.corner is not NO_CORNER]
            self._jumps = [found for pair in ties if (found := compiled(pair, self.symbols, self.values))]
        names = {name for tie in self._jumps if _ties(tie, point) for name in tie.names if not self.symbols[name].integer}
        return any(self._jumps_along(point, name) for name in names)

    def _jumps_along(self, point, name):
        beside = [_value(self.program, point.moved(name, point.values[name] + step), PRECISION) for step in (-ASIDE, ASIDE)]
        if not all(map(_has_value, beside)):
            return False
        return abs(arb(beside[1]) - arb(beside[0])) > JUMP


def _ties(tie, point):
    """Whether both sides of a corner's equation are the same rational number at a point."""
    left, right = tie.at(point)
    return isinstance(left, fmpq) and isinstance(right, fmpq) and left == right


def _has_value(value):
    return isinstance(value, fmpq) or (isinstance(value, arb) and value.is_finite())


@contextmanager
def _precision(bits):
    """Balls of that many bits, and no other thread that changes them."""
    with _lock:
        before, flint.ctx.prec = flint.ctx.prec, bits
        try:
            yield
        finally:
            flint.ctx.prec = max(before, PRECISION)


def _value(program, point, bits):
    """The value at a point, None where there is none, or the error where it is too large."""
    try:
        return program.at(point, bits)[0]
    except TooLargeError as error:
        return error


def _combined(symbols):
    """How many points it takes to see every combination of index symbols; raises TooLargeError for very many."""
    count = combinations_of_indices(symbols)
    if count > MOST_COMBINED:
        raise TooLargeError(f"the index symbols can be chosen in {count:,} ways (limit {MOST_COMBINED})")
    return count


class _Comparison:
    """One comparison of a prepared expression with the program of another; runs under the lock."""

    def __init__(self, key, program, text, turned):
        self.key, self.program, self.text, self.turned = key, program, text, turned
        self.cornered = bool(key.program.deciding or program.deciding)
        self.limited = bool(key.symbols) and key.whole is None  # points are a choice from the domain
        self.refusal, self.bound = TOO_FEW, None
        self.gaps = None  # made at the first of them
        self.at_corner = None  # the first difference found exactly where the expression jumps
        self.worked_out = {}  # point -> value of the program at the usual precision
        self.without_value = self.refused = 0  # looks at points where a side has no value, or one that is too large

    def verdict(self):
        same, agreed = self._same_residue(), []
        most = max(MOST, MOST_OF_NUMBERS_IN_VAIN // (1 + len(self.key.program.work) + len(self.program.work)))
        for turn, point in enumerate(self._points(agreed)):
            if not agreed and (turn >= most or self.refused >= MOST_REFUSED):
                break
            found = self._at(point, PRECISIONS)
            if isinstance(found, Equality) and not (self.key.program.deciding and self.limited and self.key.jumps_at(point)):
                return found
            if isinstance(found, Equality):
                self.at_corner = self.at_corner or found
            elif found:
                agreed.append(point)
            if found and same:
                break
        found = self._conclusion(agreed, same)
        if self.at_corner is None or found.state == "different":
            return found
        return replace(self.at_corner, only_at_corners=found.state == "equal")

    def _same_residue(self):
        """Whether residues agree at a random residue; None where they do not tell it."""
        if not (self.key.program.rational and self.program.rational):
            return None
        chosen, own = self.key.residue()
        other = self.program.modulo(chosen)
        return None if own is None or other is None else own == other

    def _points(self, agreed):
        """The points that are always tried, and further ones while too few agreed."""
        for block in self._first_blocks():
            yield from self._worked_out(block)
        for start in range(BLOCK, MOST, BLOCK):
            if len(agreed) >= ENOUGH:
                return
            for point in self._worked_out(self.key.points(start, start + BLOCK)):
                if len(agreed) >= ENOUGH:
                    return
                yield point

    def _first_blocks(self):
        yield self.key.points(0, FIRST)
        if self.limited:
            known = self.key.points(FIRST, max(CORNERED if self.cornered else BLOCK, _combined(self.key.symbols)))
            yield [*known, *sample_points(self.key.symbols, self.text, range(2, 2 + PAIR))]
        if self.limited and self.cornered:
            own, seen = self.key.corners()
            yield own
            others = [node for node in self.program.deciding if node not in self.key.program.deciding]
            yield around_corners(others, self.key.symbols, self.key.values, self.key.points(0, BASES), set(seen))
            ties = sum(OPS[node.op].corner is not NO_CORNER for node in {*self.key.program.deciding, *others})
            if ties >= ORDERED and len(self.key.symbols) >= ORDERED:
                yield self.key.level_points(self._levels(ties))

    def _levels(self, ties):
        """How many points of one scale: several times as many as the compared quantities have orders."""
        choices = sum(node.op == "where" for node in {*self.key.program.deciding, *self.program.deciding})
        if choices > ORDERED:
            return MOST_LEVELS
        return NESTED_LEVELS if choices > 1 or min(ties, len(self.key.symbols)) > ORDERED else LEVELS

    def _worked_out(self, points):
        """The points, with the values of both sides worked out together where that can be done."""
        if len(points) > 1:
            self.key.work_out(points)
            values = self.program.at_all(points)
            if values is not None:
                self.worked_out.update(zip(points, values, strict=True))
        return points

    def _value(self, point, bits):
        if bits == PRECISION and point in self.worked_out:
            return self.worked_out[point]
        return _value(self.program, point, bits)

    def _at(self, point, precisions):
        """True where both agree, False where they cannot be compared, an Equality where they are proved different."""
        for bits in precisions:
            if bits != PRECISION:
                flint.ctx.prec = bits
            a, b = self.key.value(point, bits), self._value(point, bits)
            found = self._judged(a, b, bits, point)
            if found is not None:
                break
        if bits != PRECISION:
            flint.ctx.prec = PRECISION
        if found:
            return found
        self.gaps = self.gaps or _Gaps(self.key, self.program.roots[0], self.turned)
        self.gaps.add(point.values, _has_value(a), _has_value(b))
        return False

    def _judged(self, a, b, bits, point):
        """As `_at`; None where more digits may help."""
        kinds = {type(a), type(b)}
        if kinds == RATIONAL:
            return True if a == b else self._different(point, a, b)
        if TooLargeError in kinds:
            self.refusal = str(a if isinstance(a, TooLargeError) else b)
            self.refused += 1
            return False
        if a is None or b is None:
            self.without_value += 1
            return None if self.cornered and self.without_value <= MOST_WITHOUT_VALUE else False
        first, second = (a, b) if kinds == BALLS else (arb(a), arb(b))
        if not (first.is_finite() and second.is_finite()):
            return False
        if not first.overlaps(second):
            return self._different(point, a, b)
        self.bound = first, second
        return True if _narrow(first, bits) and _narrow(second, bits) else None

    def _conclusion(self, agreed, same):
        """The Equality where no difference was found."""
        if len(agreed) < (ENOUGH if self.limited and not same else 1):
            nowhere = "" if agreed or self.at_corner or not self.gaps else self.gaps.everywhere()
            return Equality("undecided", reason=nowhere or self.refusal)
        if same:
            degree = max(self.key.program.bits, self.program.bits)
            return Equality("equal", reason=f"equal as fractions; the chance of an error is below {degree / PRIME:.0e}")
        if same is False and self.limited:
            return Equality("undecided", reason="they differ as formulas, but no point was found that shows it")
        if not (self.key.program.kind == self.program.kind == "fractions"):
            bits = LAST if self.key.symbols else LAST_OF_CONSTANTS
            found = self._at(agreed[min(2, len(agreed) - 1)], (bits,))
            if isinstance(found, Equality):
                return found
        gap = self.gaps.told() if self.gaps else ""
        if gap:
            return Equality("undecided", reason=gap)
        return Equality("equal", reason=f"equal at {len(agreed)} points{self._unseen()}")

    def _unseen(self):
        """How small a difference would not have been seen at the last comparison, where it was in balls."""
        if self.key.program.kind == self.program.kind == "fractions" or self.bound is None:
            return ""
        width = self.bound[0].rad() + self.bound[1].rad()
        return f"; a difference below 10^{_power_of_ten(width)} would not be seen" if width > 0 else ""

    def _different(self, point, a, b):
        present = {*self.key.program.names, *self.program.names}
        place = {name: exact_number(point.values[name]) for name in self.key.symbols if name in present}
        return _witness(place, *_told_apart(*((b, a) if self.turned else (a, b))))


class _Gaps:
    """The points at which one side has no value; `turned`: whether the other side is called the first."""

    def __init__(self, key, other, turned):
        self.nodes, self.symbols, self.values = (key.node, other), key.symbols, key.values
        self.shapes, self.called = key.shapes, ("second", "first") if turned else ("first", "second")
        self.alone, self.without, self.tried = [], ([], []), 0

    def add(self, place, *present):
        """A point (name -> value) that says nothing, and whether the sides have a value there."""
        self.tried += 1
        for side in range(2):
            if not present[side]:
                self.without[side].append(place)
                if present[1 - side]:
                    self.alone.append((side, place))

    def told(self):
        """Where one side only has no value, at more than isolated points, in a sentence; else ''."""
        found = []
        for side, place in self.alone[:GAPS_TRIED]:
            beside = self._beside(place)
            if self._undefined(side, place) and self._undefined(side, beside) and not self._undefined(1 - side, beside):
                found.append((side, place))
        if len({str(place) for _, place in found}) < GAPS_NEEDED:
            return ""
        side, place = found[0]
        where = ", ".join(f"{name} = {nested(value, exact_number)}" for name, value in place.items())
        return f"the {self.called[side]} has no value at {where}"

    def everywhere(self):
        """Which side has no value at any point that was tried, in a sentence; else ''."""
        for side in sorted(range(2), key=lambda side: self.called[side]):
            places = self.without[side]
            if places and len(places) == self.tried and all(self._undefined(side, place) for place in places[:GAPS_NEEDED]):
                return f"the {self.called[side]} has no value on the domain"
        return ""

    def _beside(self, place):
        """A point beside another, so that isolated points and lines are left."""
        return {name: value + self._step(name, turn) for turn, (name, value) in enumerate(place.items(), start=1)}

    def _step(self, name, turn):
        return fmpq(turn) if self.symbols[name].integer else turn * ASIDE

    def _undefined(self, side, place):
        work = Evaluation({**self.values, **place}, (EXACT, BALL))
        try:
            work(self.nodes[side])
        except UndefinedError:
            return True
        except GraderError:
            pass
        return False


def _power_of_ten(size):
    """A whole power of ten at or just above a positive ball."""
    digits, exponent = size.mid().man_exp()
    return 1 + (int(exponent) + int(digits).bit_length()) * 30_103 // 100_000


def _narrow(ball, bits):
    """Whether a ball has enough digits to be compared; around 0, whether it is small enough."""
    return ball.rel_accuracy_bits() >= SURE_BITS or (ball.contains(0) and ball.rad() < arb(2) ** int(-ZERO * bits))


def _told_apart(a, b):
    """Two values that differ, with as many digits as it takes to tell them apart, or the size of their difference."""
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        exact = exact_number(a), exact_number(b)
        if max(map(len, exact)) <= SHORT:
            return exact
    for digits in WITNESS_DIGITS:
        shown = _shown(a, digits), _shown(b, digits)
        if not _same_number(*shown):
            return shown
    gap = arb(abs(a - b)) if isinstance(a, fmpq) and isinstance(b, fmpq) else abs(arb(a) - arb(b))
    shown = _shown(a, WITNESS_DIGITS[0]), _shown(b, WITNESS_DIGITS[0])
    return shown[0], f"{shown[1]}, which differ by {gap.str(1, radius=False) if gap > 1 / SHOWN else f'10^{_power_of_ten(gap)}'}"


def _same_number(first, second):
    """Whether two texts show one number: `-1` and `-1.00000`."""
    try:
        return Fraction(first) == Fraction(second)
    except ValueError:
        return first == second


def _shown(value, digits):
    """A value in decimals; one with very many places by the power of ten it is near to."""
    if isinstance(value, fmpq):
        return decimal_number(value, EXACT, digits)
    if value.contains(0) and value.rad() < arb(10) ** -digits:
        return "0"
    size = abs(value)
    if value.contains(0) or 1 / SHOWN < size < SHOWN:
        return decimal_number(value, BALL, digits)
    return f"{'-' if value < 0 else ''}10^({(size.log() / arb(10).log()).str(digits, radius=False)})"


def _witness(place, a, b):
    where = ", ".join(f"{name} = {value}" for name, value in place.items())
    return Equality("different", witness=f"at {where}: {a} against {b}" if where else f"{a} against {b}")


# ------------------------------------------------------------------------------------------------------------- arrays


class _ArrayComparison:
    """The same for expressions with arrays in them, entry by entry."""

    def __init__(self, key, other, text, turned, among):
        self.key, self.other, self.text, self.turned, self.among = key, other, text, turned, among
        self.refusal, self.refused, self.gaps = TOO_FEW, 0, _Gaps(key, other, turned)
        self.graph = reachable([key.node, other])
        given = {step.settings["name"] for step in self.graph if step.op == "given"}
        self.symbols = {name: domain for name, domain in key.symbols.items() if name in given}

    def verdict(self):
        agreed, symbols = 0, self.symbols
        enough = AT_LEAST if len(self.graph) > VERY_LONG else ENOUGH
        if not symbols or self.key.node is self.other:
            enough = 1  # the same graph is equal wherever it has a value
        steps = len(self.graph) * self.among
        first = max(enough if steps > LONG_ARRAYS else BLOCK, _combined(symbols))
        in_vain, most = max(AT_LEAST, MOST_IN_VAIN // steps), max(first, MOST_ON_ARRAYS // steps)
        points = _array_points(symbols, self.key.shapes, self.text, max(first, MOST) if symbols else 1)
        for turn, point in enumerate(points):
            no_use = not agreed and (turn >= in_vain or self.refused >= MOST_REFUSED)
            if no_use or turn >= most or (turn >= first and agreed >= enough):
                break
            found = self._at(point)
            if isinstance(found, Equality):
                return found
            agreed += found
        if agreed < enough:
            return Equality("undecided", reason=("" if agreed else self.gaps.everywhere()) or self.refusal)
        gap = self.gaps.told()
        where = f"equal at {agreed} point{'s' * (agreed != 1)}"
        return Equality("undecided", reason=gap) if gap else Equality("equal", reason=where)

    def _at(self, point):
        """True where both agree, False where they cannot be compared, an Equality where they are proved different."""
        work = Evaluation({**self.key.values, **point}, (EXACT, BALL))
        left, right = self._value(work, self.key.node), self._value(work, self.other)
        if left is None or right is None:
            self.gaps.add(point, left is not None, right is not None)
            return False
        same = _same_arrays(left, right)
        if same is not None:
            return same
        place = {name: nested(point[name], exact_number) for name in self.symbols}
        return _witness(place, *_arrays_told_apart(*((right, left) if self.turned else (left, right))))

    def _value(self, work, node):
        """(array, number system), or None where there is none."""
        try:
            return work.with_system(node)
        except (UndefinedError, UndecidedError):
            return None
        except GraderError as error:
            self.refusal = str(error)
            self.refused += 1
            return None


def _same_arrays(left, right):
    """True where all entries agree, None where two are proved different, False where they cannot be compared."""
    (a, first), (b, second) = left, right
    if first is second is EXACT:
        return True if all(x == y for x, y in zip(a.flat, b.flat, strict=True)) else None
    pairs = list(zip(BALL.array(a).flat, BALL.array(b).flat, strict=True))
    if not all(x.overlaps(y) for x, y in pairs):
        return None
    return all(_narrow(entry, PRECISION) for pair in pairs for entry in pair)


def _arrays_told_apart(left, right):
    """Both arrays as text, with as many digits as it takes to tell them apart."""
    for digits in WITNESS_DIGITS:
        shown = [nested(array, lambda entry, digits=digits: _shown(entry, digits)) for array, _ in (left, right)]
        if shown[0] != shown[1]:
            break
    return shown


def _array_points(symbols, shapes, text, count):
    """Values for every symbol, `count` times: numbers or arrays of rationals in the declared domains."""
    flat = {}
    for name, domain in symbols.items():
        shape = shapes.get(name, ())
        for position in np.ndindex(*shape):
            flat[name, position] = Declaration("real") if shape else domain
    for point in sample_points(flat, text, range(count)):
        yield {name: _gathered(point.values, name, shapes.get(name, ())) for name in symbols}


def _gathered(entries, name, shape):
    result = np.empty(shape, dtype=object)
    for position in np.ndindex(*shape):
        result[position] = entries[name, position]
    return result


def row_product(node, known=()):
    """A product in a graph of a vector that is not transposed and a matrix of several rows behind it, else None.

    known: nodes whose own products do not count.
    """
    for step in reachable([node], stop=known):
        if step.op == "matmul" and step not in known and step.settings["ranks"] == (1, 2):
            left, right = step.inputs
            if not left.lying and right.shape[0] > 1:
                return step
    return None


def steps_of(node):
    """About how many operations on single numbers a node of an array takes."""
    if not node.shape and not any(child.shape for child in node.inputs):
        return 0
    size = math.prod(node.shape)
    if node.op == "matmul":
        return size * node.inputs[0].shape[-1]
    rows = max((child.shape[-1] for child in node.inputs if child.shape), default=1)
    return rows**4 if node.op in ("inverse", "solve", "det") else max(size, *(math.prod(child.shape) for child in node.inputs), 1)


def overlaps_within(left, right, symbols, shapes, values, margins, text):
    """Whether one expression may equal another whose constants (node -> half-width) are only known so well, at every point."""
    agreed, most = 0, max(ENOUGH, min(3 * BLOCK, MOST_ON_ARRAYS // len(reachable([left, right]))))
    with _precision(PRECISION):
        for place in _array_points(symbols, shapes, text, most if symbols else 1):
            found = _overlap({**values, **place}, left, right, margins)
            if found is False:
                return False
            agreed += found is True
    return agreed >= (ENOUGH if symbols else 1)


def _overlap(values, left, right, margins):
    """True where both overlap closely, False where they are apart, None where that says nothing."""
    try:
        a = BALL.array(Evaluation(values, (EXACT, BALL))(left))
        b = BALL.array(Evaluation(values, (EXACT, BALL), widen=margins)(right))
    except GraderError:
        return None
    pairs = list(zip(a.flat, b.flat, strict=True))
    if not all(x.overlaps(y) for x, y in pairs):
        return False
    return True if all(y.rel_accuracy_bits() >= CLOSE or x.contains(0) for x, y in pairs) else None
