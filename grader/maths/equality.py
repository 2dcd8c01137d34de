"""Whether two expressions are equal: exactly where they are rational, in certified balls otherwise.

Rational expressions of numbers are compared modulo the prime 2^61 - 1 at a random residue, and exactly at rational points: the
chance that different ones pass is below degree / 2^61 (Schwartz 1980, Zippel 1979). Others are compared in balls at points of the
declared domain, at several scales, on and around every corner, the last time with many more digits. Disjoint values prove a
difference and give the witness; agreement at all points is equality. Where one side is undefined nothing is compared.

The points follow from the texts of the two expressions, so a verdict never changes between runs.
"""

import threading
from contextlib import contextmanager
from dataclasses import dataclass

import flint
import numpy as np
from flint import arb, fmpq

from grader.maths.compile import PRIME, compiled
from grader.maths.errors import GraderError, TooLargeError, UndecidedError, UndefinedError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable, show_shape
from grader.maths.language.declarations import Declaration
from grader.maths.points import Point, around_corners, residues, sample_points, whole_domain
from grader.maths.show import decimal_number, decimal_text, exact_number, nested
from grader.maths.systems import BALL, EXACT, PRECISION

ENOUGH = 6  # points at which both sides are defined
FIRST, BLOCK, MOST = 1, 8, 48  # points of the domain: drawn at first, then in blocks while too few of them are of use
CORNERED = 32  # points where there are corners, so that the branches of those that cannot be found are seen too
PAIR = 2  # further points that depend on both expressions
BASES = 4  # points from which corners are looked for
FEW = 64  # a domain of so few points is gone through as a whole
SURE_BITS, ZERO = 40, 0.625  # a ball of fewer bits says nothing, unless it is around 0 and below 2^-(this share of the bits)
PRECISIONS = (PRECISION, 2 * PRECISION, 4 * PRECISION)
LAST, LAST_OF_CONSTANTS = 4 * PRECISION, 16 * PRECISION  # bits of the last comparison
WITNESS_DIGITS = (6, 12, 24, 48)
SHOWN = arb(10) ** 300  # values up to here are written out

RATIONAL, BALLS = {fmpq}, {arb}
_lock = threading.RLock()  # the precision of balls is one setting for all threads


@dataclass(frozen=True)
class Equality:
    """`state`: equal, different or undecided; `witness`: where different, the point and both values in words; `reason` else."""

    state: str
    witness: str = ""
    reason: str = ""


def equal_nodes(left, right, symbols, shapes=None, values=None, seed_text=""):
    """Compare two nodes over the given symbols.

    symbols: name -> Declaration; shapes: name -> shape of each symbol (default: numbers); values: what further givens are.
    """
    return Prepared(left, symbols, shapes, values, seed_text).compare(right, seed_text)


class Prepared:
    """An expression to compare many others with: its points and its values there are worked out once.

    Arguments as for `equal_nodes`; `text` stands for the expression where points are chosen. Threads may share one.
    """

    def __init__(self, node, symbols, shapes=None, values=None, text=""):
        self.node, self.symbols, self.text = node, symbols, text
        self.shapes, self.values = shapes or {}, values or {}
        self.program = self._compiled(node)
        self.whole = whole_domain(symbols, FEW) if self.program else None
        self._points = []
        self._residue = self._corners = None

    def compare(self, other, text=""):
        """The Equality of the expression and another node; `text` stands for the other where points are chosen."""
        if self.node.shape != other.shape:
            told = f"the first is {show_shape(self.node.shape)}, the second {show_shape(other.shape)}"
            return Equality("different", witness=told)
        program = self.program if other is self.node else self._compiled(other)
        both = f"{self.text} | {text}"
        with _precision(PRECISION):
            if self.program is None or program is None:
                return _compare_arrays(self.node, other, self.symbols, self.shapes, self.values, both)
            return _Comparison(self, program, both).verdict()

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


class _Comparison:
    """One comparison of a prepared expression with the program of another; runs under the lock."""

    def __init__(self, key, program, text):
        self.key, self.program, self.text = key, program, text
        self.cornered = bool(key.program.deciding or program.deciding)
        self.limited = bool(key.symbols) and key.whole is None  # points are a choice from the domain
        self.refusal = "both could be evaluated at too few points of the domain"
        self.worked_out = {}  # point -> value of the program at the usual precision

    def verdict(self):
        same, agreed = self._same_residue(), []
        for point in self._points(agreed):
            found = self._at(point, PRECISIONS)
            if isinstance(found, Equality):
                return found
            if found:
                agreed.append(point)
            if found and same:
                break
        return self._conclusion(agreed, same)

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
            known = self.key.points(FIRST, CORNERED if self.cornered else BLOCK)
            yield [*known, *sample_points(self.key.symbols, self.text, range(2, 2 + PAIR))]
        if self.limited and self.cornered:
            own, seen = self.key.corners()
            yield own
            others = [node for node in self.program.deciding if node not in self.key.program.deciding]
            yield around_corners(others, self.key.symbols, self.key.values, self.key.points(0, BASES), set(seen))

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
            found = self._judged(self.key.value(point, bits), self._value(point, bits), bits, point)
            if found is not None:
                break
        if bits != PRECISION:
            flint.ctx.prec = PRECISION
        return found if isinstance(found, Equality) else bool(found)

    def _judged(self, a, b, bits, point):
        """As `_at`; None where more digits may help."""
        kinds = {type(a), type(b)}
        if kinds == RATIONAL:
            return True if a == b else self._different(point, a, b)
        if TooLargeError in kinds:
            self.refusal = str(a if isinstance(a, TooLargeError) else b)
            return False
        if a is None or b is None:
            return None if self.cornered else False
        first, second = (a, b) if kinds == BALLS else (arb(a), arb(b))
        if not (first.is_finite() and second.is_finite()):
            return False
        if not first.overlaps(second):
            return self._different(point, a, b)
        return True if _narrow(first, bits) and _narrow(second, bits) else None

    def _conclusion(self, agreed, same):
        """The Equality where no difference was found."""
        if len(agreed) < (ENOUGH if self.limited and not same else 1):
            return Equality("undecided", reason=self.refusal)
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
        return Equality("equal", reason=f"equal at {len(agreed)} points")

    def _different(self, point, a, b):
        present = {*self.key.program.names, *self.program.names}
        place = {name: exact_number(point.values[name]) for name in self.key.symbols if name in present}
        for digits in WITNESS_DIGITS:
            shown = [_shown(value, digits) for value in (a, b)]
            if shown[0] != shown[1]:
                break
        return _witness(place, *shown)


def _narrow(ball, bits):
    """Whether a ball has enough digits to be compared; around 0, whether it is small enough."""
    return ball.rel_accuracy_bits() >= SURE_BITS or (ball.contains(0) and ball.rad() < arb(2) ** int(-ZERO * bits))


def _shown(value, digits):
    """A value in decimals; one with very many places by the power of ten it is near to."""
    if isinstance(value, fmpq):
        return decimal_number(value, EXACT, digits)
    size = abs(value)
    if value.contains(0) or 1 / SHOWN < size < SHOWN:
        return decimal_number(value, BALL, digits)
    return f"{'-' if value < 0 else ''}10^({(size.log() / arb(10).log()).str(digits, radius=False)})"


def _witness(place, a, b):
    where = ", ".join(f"{name} = {value}" for name, value in place.items())
    return Equality("different", witness=f"at {where}: {a} against {b}" if where else f"{a} against {b}")


# ------------------------------------------------------------------------------------------------------------- arrays


def _compare_arrays(left, right, symbols, shapes, values, text):
    """The same for expressions with arrays in them, entry by entry."""
    agreed, reason = 0, "both could be evaluated at too few points of the domain"
    enough = ENOUGH if symbols else 1
    for turn, point in enumerate(_array_points(symbols, shapes, text, MOST if symbols else 1)):
        if turn >= BLOCK and agreed >= enough:
            break
        found = _arrays_at(left, right, {**values, **point}, symbols)
        if isinstance(found, Equality):
            return found
        agreed += found is True
        reason = found if isinstance(found, str) else reason
    if agreed >= enough:
        return Equality("equal", reason=f"equal at {agreed} points")
    return Equality("undecided", reason=reason)


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


def _arrays_at(left, right, values, symbols):
    """True where both agree, False or the reason where they cannot be compared, an Equality where they are proved different."""
    work = Evaluation(values, (EXACT, BALL))
    try:
        (a, first), (b, second) = work.with_system(left), work.with_system(right)
    except (UndefinedError, UndecidedError):
        return False
    except GraderError as error:
        return str(error)
    if first is second is EXACT:
        same = all(x == y for x, y in zip(a.flat, b.flat, strict=True))
    else:
        pairs = list(zip(BALL.array(a).flat, BALL.array(b).flat, strict=True))
        same = all(x.overlaps(y) for x, y in pairs)
        if same and not all(_narrow(entry, PRECISION) for pair in pairs for entry in pair):
            return False
    if same:
        return True
    present = {step.settings["name"] for step in reachable([left, right]) if step.op == "given"}
    place = {name: nested(values[name], exact_number) for name in symbols if name in present}
    return _witness(place, decimal_text(a, first), decimal_text(b, second))
