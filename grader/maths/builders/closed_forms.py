"""Expressions of SymPy written as nodes."""

from fractions import Fraction
from math import prod

from grader.maths.errors import UnsupportedError
from grader.maths.graph import constant, make
from grader.maths.ops import arithmetic

NO_CLOSED_FORM = "this equation has no closed solution that can be worked with here"

FUNCTIONS = {
    "log": arithmetic.log,
    "sin": arithmetic.sin,
    "cos": arithmetic.cos,
    "Abs": arithmetic.absolute,
    "tanh": lambda x: make("tanh", x),
    "exp": arithmetic.exp,
}


def written(expression, table):
    """An expression of SymPy as a node; table: symbol -> node. Raises UnsupportedError for functions that have no node."""
    import sympy

    if expression.is_Rational:
        return constant(Fraction(int(expression.p), int(expression.q)))
    if expression in table:
        return table[expression]
    if expression is sympy.pi:
        return arithmetic.pi()
    if expression is sympy.E:
        return arithmetic.exp(constant(1))
    if expression.is_Add:
        return _written_sum(expression, table)
    if expression.func.__name__ in FUNCTIONS:
        return FUNCTIONS[expression.func.__name__](written(expression.args[0], table))
    if expression.is_Mul or expression.is_Pow:
        return _written_product(expression, table)
    raise UnsupportedError(NO_CLOSED_FORM)


def _written_sum(expression, table):
    """A sum; what has a minus in front comes last and is subtracted."""
    terms = sorted(expression.args, key=lambda term: term.could_extract_minus_sign())
    result = written(terms[0], table)
    for term in terms[1:]:
        minus = term.could_extract_minus_sign()
        other = written(-term if minus else term, table)
        result = result - other if minus else result + other
    return result


def _written_product(expression, table):
    """A product as one quotient, with all square roots under one root."""
    import sympy

    above, below, rooted = [], [], []
    for factor in sympy.Mul.make_args(expression):
        base, exponent = (factor, sympy.S.One) if factor.func is sympy.exp else factor.as_base_exp()
        if abs(exponent) == sympy.Rational(1, 2):
            rooted.append(base if exponent > 0 else 1 / base)
        elif base.is_Rational and exponent == 1:
            above += [sympy.Integer(base.p)]
            below += [sympy.Integer(base.q)]
        elif exponent.is_number and exponent.is_negative:
            below.append((base, -exponent))
        else:
            above.append((base, exponent))
    sign = -1 if -1 in above else 1
    above, below = ([_written_power(part, table) for part in side if part not in (1, -1)] for side in (above, below))
    if rooted:
        above.append(arithmetic.sqrt(written(sympy.Mul(*rooted), table)))
    result = prod(above[1:], start=above[0]) if above else constant(1)
    result = result / prod(below[1:], start=below[0]) if below else result
    return -result if sign < 0 else result


def _written_power(part, table):
    if not isinstance(part, tuple):
        return written(part, table)
    base, exponent = part
    node = written(base, table)
    return node if exponent == 1 else node ** written(exponent, table)
