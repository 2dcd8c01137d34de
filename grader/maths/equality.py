"""Whether two expressions are equal: exactly at random rational points where they are rational, in certified balls otherwise.

Disjoint values prove a difference and give the witness; agreement at all points is equality (for rational expressions the
chance of an error is below degree / 998 a point, Schwartz 1980 and Zippel 1979). The points are seeded from the two
expressions, so a verdict never changes between runs.
"""

import hashlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.maths.errors import GraderError, UndecidedError, UndefinedError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable, show_shape
from grader.maths.language.declarations import Declaration, sample_points
from grader.maths.show import decimal_text, exact_number, nested
from grader.maths.systems import BALL, EXACT

POINTS = 16
ENOUGH = 6
SURE_BITS, TINY = 40, 1e-15  # a ball wider than that says nothing


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
    if left.shape != right.shape:
        return Equality("different", witness=f"the first is {show_shape(left.shape)}, the second {show_shape(right.shape)}")
    agreed = 0
    for point in points(symbols, shapes or {}, seed_text, POINTS if symbols else 1):
        verdict = _compare_at(left, right, {**(values or {}), **point}, symbols)
        if isinstance(verdict, Equality):
            return verdict
        agreed += verdict
    if agreed >= (ENOUGH if symbols else 1):
        return Equality("equal", reason=f"equal at {agreed} points")
    return Equality("undecided", reason="both could be evaluated at too few points of the domain")


def points(symbols, shapes, seed_text, count):
    """Values for every symbol, `count` times, seeded from a text: numbers or arrays of rationals in the declared domains."""
    seed = int.from_bytes(hashlib.sha256(seed_text.encode()).digest()[:8], "big")
    flat = {}
    for name, domain in symbols.items():
        shape = shapes.get(name, ())
        for position in np.ndindex(*shape):
            flat[name, position] = Declaration("real") if shape else domain
    for point in sample_points(flat, seed, count):
        yield {name: _gathered(point, name, shapes.get(name, ())) for name in symbols}


def _gathered(point, name, shape):
    result = np.empty(shape, dtype=object)
    for position in np.ndindex(*shape):
        result[position] = Fraction(point[name, position])
    return result


def _narrow(ball):
    """Whether a ball has enough digits to be compared."""
    return ball.rel_accuracy_bits() >= SURE_BITS or ball.rad() < TINY


def _compare_at(left, right, values, symbols):
    """True where both agree, False where they cannot be compared, an Equality where they are proved different."""
    work = Evaluation(values, (EXACT, BALL))
    try:
        (a, first), (b, second) = work.with_system(left), work.with_system(right)
    except (UndefinedError, UndecidedError):
        return False
    except GraderError as error:
        return Equality("undecided", reason=str(error))
    if first is second is EXACT:
        same = all(x == y for x, y in zip(a.flat, b.flat, strict=True))
    elif not all(_narrow(entry) for array in (a, b) for entry in BALL.array(array).flat):
        return False
    else:
        same = all(x.overlaps(y) for x, y in zip(BALL.array(a).flat, BALL.array(b).flat, strict=True))
    if same:
        return True
    present = {step.settings["name"] for step in reachable([left, right]) if step.op == "given"}
    where = ", ".join(f"{name} = {nested(values[name], exact_number)}" for name in symbols if name in present)
    return Equality("different", witness=f"at {where}: {decimal_text(a, first)} against {decimal_text(b, second)}")
