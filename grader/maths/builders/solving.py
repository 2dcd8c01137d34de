"""The value of an unknown that makes an equation true, in closed form.

SymPy proposes closed forms while the graph is built; all that is kept is checked here: at the values of the question (or, for
symbols, at several values) the equation has exactly one real root in the domain, and the closed form is that root.
"""

import random
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from grader.maths.builders.closed_forms import NO_CLOSED_FORM, written
from grader.maths.errors import GraderError, TooLargeError, UndecidedError, UndefinedError, UnsupportedError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node, dependencies, reachable, replace
from grader.maths.ops.indexed import upto
from grader.maths.ops.solved import chosen_root
from grader.maths.ops.structure import index
from grader.maths.systems import BALL, EXACT, SYMBOLIC, as_fraction

MOST_NODES = 120  # of an equation that depend on the unknown
MOST_SYMBOLS = 40  # numbers in an equation
MOST_DEGREE = 12  # of an equation that is a polynomial in the unknown
MOST_WRITTEN = 150  # operations of a closed form
LARGEST_ROOT = 4  # x^(1/4) is the least power of the unknown that is looked at
CLOSE = Fraction(1, 10**20)
POINTS = 8  # at which symbols without a value are tried: below 1 (at first small), whole numbers, then of either sign
MOST_KINDS = 2  # of terms that an equation is a rational function of, such as x and exp(x)
UNCOUNTED = "it cannot be told how many real solutions this equation has"


class Equation(NamedTuple):
    """left == right for an unknown (a node), where a condition (a node, or None) holds; `difference` is left - right."""

    difference: Node
    unknown: Node
    condition: Node | None


class Point(NamedTuple):
    """Values of all that is given, and whether they are those of the question or sure to be like them (positive)."""

    values: dict
    sure: bool


def solved(equation, name, values):
    """The node of the only root of an equation; `name` is that of the unknown in complaints.

    values: name of a given -> its value. Raises UndefinedError where there is no root or there are several, UnsupportedError
    where it has no closed form.
    """
    known = _known(equation)
    roots = _closed_forms(equation, known, _signs(known, values))
    chosen, agreed, refused = range(len(roots)), 0, None
    for point in _points(known, values):
        try:
            found = _roots_in_domain(equation, known, point)
        except GraderError as error:
            if point.values is values:
                raise
            refused = error
            continue
        if len(found) != 1:
            if point.values is values or (point.sure and found):
                raise UndefinedError(_several(name, found, point, values))
            continue
        chosen = [place for place in chosen if _is(roots[place], found[0], point) and _fits(equation, roots[place], point)]
        agreed += 1
    if agreed < (2 if _symbols_in(known, values) else 1):
        raise refused or UndefinedError(f"no value of '{name}' makes the equation true")
    if not chosen:
        raise UnsupportedError(NO_CLOSED_FORM)
    others = [root for place, root in enumerate(roots) if place not in chosen]
    return chosen_root(roots[chosen[0]], *others)


def _several(name, found, point, values):
    shown = ", ".join(root.str(5, radius=False) for root in found)
    where = "" if point.values is values else f" for {_told(point.values, values)}"
    if not found:
        return f"no value of '{name}' makes the equation true{where}"
    several = f"{len(found)} values ({shown}) of '{name}' make the equation true{where}"
    return f"{several}; say which by a condition, such as {name} > 0"


def _told(point, values):
    return ", ".join(f"{name} = {value}" for name, value in point.items() if name not in values)


# ------------------------------------------------------------------------------------------------------ what is known


def _known(equation):
    """The largest parts of an equation that do not depend on the unknown, constants left aside."""
    moving = set()
    order = reachable([equation.difference])
    for node in order:
        if node is equation.unknown or any(child in moving for child in dependencies(node)):
            moving.add(node)
    if equation.difference not in moving:
        raise UnsupportedError("the unknown does not occur in the equation")
    if len(moving) > MOST_NODES:
        raise TooLargeError(f"an equation of {len(moving)} steps is too large to be solved (limit {MOST_NODES})")
    border = {child: None for node in moving for child in dependencies(node) if child not in moving and child.op != "constant"}
    known = sorted(border, key=lambda node: node.serial)
    if sum(prod(node.shape) for node in known) > MOST_SYMBOLS:
        raise TooLargeError(f"an equation with more than {MOST_SYMBOLS} numbers is too large to be solved")
    return tuple(known)


def _symbols_in(known, values):
    """What is given without a value."""
    return [node for node in reachable(known) if node.op == "given" and node.settings["name"] not in values]


def _points(known, values):
    """Where an equation is tried: at the values of the question; where symbols have none, at several."""
    symbols = _symbols_in(known, values)
    if not symbols:
        yield Point(values, True)
        return
    generator = random.Random("values of symbols")
    for turn in range(POINTS):
        drawn = {node.settings["name"]: _drawn(generator, turn, node) for node in symbols}
        yield Point(values | drawn, turn < POINTS - 3)


def _drawn(generator, turn, node):
    if upto(node) is not None:
        return generator.randint(1, upto(node))
    numbers = [_number(generator, turn) for _ in range(prod(node.shape))]
    return np.array(numbers, dtype=object).reshape(node.shape) if node.shape else numbers[0]


def _number(generator, turn):
    if turn < 3:
        return Fraction(generator.randint(1, 7 if turn < 2 else 31), 32)
    if turn < POINTS - 3:
        return Fraction(generator.randint(2, 12))
    return Fraction(generator.choice((-1, 1)) * generator.randint(1, 9), 2)


def _signs(known, values):
    """For every number that is known whether it is certainly positive."""
    signs = []
    for node in known:
        try:
            array = Evaluation(values, (EXACT, BALL))(node)
            signs.append(tuple(bool(entry > 0) for entry in array.flat))
        except GraderError:
            signs.append((False,) * prod(node.shape))
    return tuple(signs)


# ------------------------------------------------------------------------------------------------- roots at one point


def _roots_in_domain(equation, known, point):
    """All real roots, as balls, at which the equation is defined and the condition holds."""
    evaluation = Evaluation(point.values, (EXACT, BALL))
    elements = [tuple(evaluation(node).flat) for node in known]
    numbers = tuple(tuple(map(_rational, row)) for row in elements)
    exact = all(hasattr(entry, "p") for row in elements for entry in row)
    expression, unknown = _symbolic(equation, known, tuple((False,) * len(row) for row in numbers))
    table = {symbol: number for pair in zip(expression.rows, numbers, strict=True) for symbol, number in zip(*pair, strict=True)}
    found = []
    for centre in _real_roots(_put_in(expression.value, table), unknown):
        root = centre if exact else centre + BALL.interval(-1, 1) * BALL.element(CLOSE) * (1 + abs(centre))
        at_root = Evaluation(point.values, (EXACT, BALL), override={equation.unknown: root})
        try:
            at_root(equation.difference)
        except UndefinedError:
            continue
        except UndecidedError:
            pass  # a root on the border of where the equation is defined
        if equation.condition is None or _holds(at_root(equation.condition)):
            found.append(root)
    return found


def _holds(value):
    if value.shape:
        raise UnsupportedError("the condition of a root is a single condition, not a list of them")
    truth = value[()]
    if truth == 1 or truth == 0:
        return bool(truth == 1)
    raise UndecidedError("it is undecided whether a root of the equation fulfils the condition")


def _rational(element):
    """An element as a Fraction: exactly, or the midpoint of a ball."""
    if hasattr(element, "p"):
        return as_fraction(element)
    mantissa, exponent = element.mid().man_exp()
    return int(mantissa) * Fraction(2) ** int(exponent)


class Symbolic(NamedTuple):
    """An expression of SymPy and the symbols in it: a row of them for every known node."""

    value: object
    rows: tuple


@lru_cache(maxsize=64)
def _symbolic(equation, known, signs):
    """The difference of an equation with symbols for all that is known; signs: which of these are positive."""
    import sympy

    unknown = sympy.Symbol("unknown", real=True)
    rows = tuple(
        tuple(
            sympy.Symbol(f"s{place}_{number}", **({"positive": True} if positive else {"real": True}))
            for number, positive in enumerate(row)
        )
        for place, row in enumerate(signs)
    )
    arrays = {}
    for node, row in zip(known, rows, strict=True):
        arrays[node] = np.empty(len(row), dtype=object)
        arrays[node][:] = row
        arrays[node] = arrays[node].reshape(node.shape)
    evaluation = Evaluation({}, (SYMBOLIC,), override={**arrays, equation.unknown: unknown})
    return Symbolic(evaluation(equation.difference)[()], rows), unknown


def _put_in(expression, table):
    import sympy

    return expression.xreplace({symbol: sympy.Rational(number.numerator, number.denominator) for symbol, number in table.items()})


@lru_cache(maxsize=256)
def _real_roots(expression, unknown):
    """All real roots of an expression of numbers and the unknown, as balls; raises where they cannot be counted."""
    import sympy

    expression = sympy.cancel(sympy.together(expression)) if expression.is_rational_function(unknown) else expression
    numerator, _ = sympy.fraction(expression)
    if expression.is_rational_function(unknown):
        return _polynomial_roots(sympy.Poly(numerator, unknown))
    if any(power.exp.is_Rational and power.exp.q > LARGEST_ROOT for power in expression.atoms(sympy.Pow)):
        raise UnsupportedError(UNCOUNTED)
    try:
        found = sympy.solveset(expression, unknown, sympy.S.Reals)
        if isinstance(found, sympy.FiniteSet | type(sympy.S.EmptySet)):
            return tuple(_as_ball(root) for root in found)
    except (NotImplementedError, ValueError, TypeError, sympy.PolynomialError) as error:
        raise UnsupportedError(UNCOUNTED) from error
    raise UnsupportedError(UNCOUNTED)


def _polynomial_roots(polynomial):
    from flint import fmpq, fmpq_poly

    if polynomial.is_zero:
        raise UndefinedError("every value makes this equation true")
    if polynomial.degree() > MOST_DEGREE:
        raise TooLargeError(f"an equation of degree {polynomial.degree()} is too large to be solved (limit {MOST_DEGREE})")
    BALL.ready()
    roots = []
    for factor, _ in fmpq_poly([fmpq(int(c.p), int(c.q)) for c in reversed(polynomial.all_coeffs())]).numer().factor()[1]:
        if factor.degree() == 1:
            roots.append(BALL.element(Fraction(-int(factor[0]), int(factor[1]))))
        else:
            roots += [root.real for root, _ in factor.complex_roots() if root.imag == 0]
    return tuple(roots)


def _as_ball(number):
    digits = Fraction(str(number.evalf(40)))
    margin = max(abs(digits), 1) * Fraction(1, 10**35)
    return BALL.element(digits) if number.is_Rational else BALL.interval(digits - margin, digits + margin)


def _is(root, ball, point):
    """Whether a closed form has that value at a point."""
    return _nearly(lambda: Evaluation(point.values, (BALL,))(root)[()] - ball, ball)


def _fits(equation, root, point):
    """Whether the equation is true in our own graph with the closed form put in for the unknown."""
    put_in = replace(equation.difference, {equation.unknown: root})
    return _nearly(lambda: Evaluation(point.values, (BALL,))(put_in)[()], BALL.element(1))


def _nearly(work, size):
    """Whether what is worked out is 0 within the tolerance, for values of that size."""
    try:
        off = work()
    except GraderError:
        return False
    return bool(abs(off) <= 4 * BALL.element(CLOSE) * (1 + abs(size)))


# ------------------------------------------------------------------------------------------------------- closed forms


@lru_cache(maxsize=64)
def _closed_forms(equation, known, signs):
    """The nodes of the closed forms that SymPy finds; those that cannot be written as nodes are left out."""
    import sympy

    expression, unknown = _symbolic(equation, known, signs)
    if len(_kinds(expression.value, unknown)) > MOST_KINDS:
        raise UnsupportedError(NO_CLOSED_FORM)
    try:
        found = sympy.solve(expression.value, unknown)
    except (NotImplementedError, ValueError, TypeError, sympy.PolynomialError) as error:
        raise UnsupportedError(NO_CLOSED_FORM) from error
    table = {
        symbol: index(node, place) if node.shape else node
        for node, row in zip(known, expression.rows, strict=True)
        for symbol, place in zip(row, np.ndindex(node.shape), strict=True)
    }
    roots = []
    for root in found:
        if isinstance(root, sympy.Expr) and sympy.count_ops(root) <= MOST_WRITTEN:
            try:
                roots.append(written(root, table))
            except UnsupportedError:
                continue
    return tuple(dict.fromkeys(roots))


def _kinds(expression, unknown):
    """The different terms an expression is a rational function of, such as the unknown itself, exp(x) and sqrt(x)."""
    if not expression.has(unknown):
        return set()
    if expression.is_Add or expression.is_Mul:
        return set().union(*(_kinds(part, unknown) for part in expression.args))
    if expression.is_Pow and expression.exp.is_Integer:
        return _kinds(expression.base, unknown)
    return {expression}
