"""What the tests of the maths share: random rationals, the language with the usual conventions, values as nested lists.

Expected values are nested lists as `oracles` gives them; where all are whole numbers or Fractions the engine must agree exactly.
"""

import math
import random
from fractions import Fraction

import numpy as np
import oracles

from grader.maths.evaluate import Evaluation
from grader.maths.graph import given
from grader.maths.language.meaning import Scope
from grader.maths.systems import BALL, EXACT, FLOAT, as_fraction

CONVENTIONS = {
    "relu_at_zero": "0",
    "abs_at_zero": "0",
    "ties": "first",
    "squared_error": "mean",
    "absolute_error": "mean",
    "cross_entropy": "mean",
    "convolution": "correlation",
    "label_base": "0",
    "ddof": "0",
    "batch_norm_epsilon": "0",
    "logarithm": "natural",
    "bias": "counted",
    "flops": "mac",
    "rounding_of_sizes": "floor",
    "momentum_form": "velocity",
    "optimizer_epsilon": "1e-8",
    "adam_epsilon": "outside",
    "lstm_candidate": "tanh",
    "lstm_output": "tanh",
    "xavier": "fan_in",
}
TOLERANCE = 1e-12


def rationals(seed, *shape, low=-4, high=4, denominators=(1, 1, 2, 3, 5)):
    """A nested list of random Fractions of that shape (a Fraction without one), always the same for one seed."""
    generator = random.Random(f"{seed} {shape}")

    def draw(_):
        denominator = generator.choice(denominators)
        return Fraction(generator.randint(low * denominator, high * denominator), denominator)

    return oracles.elementwise(draw, oracles.filled(0, *shape))


def givens(values):
    """A node for every value, by its name."""
    return {name: given(name, oracles.shape_of(value)) for name, value in values.items()}


def scope(values, **conventions):
    """The language over given values, under the usual conventions with some changed."""
    return Scope(names=givens(values), values=values, conventions=CONVENTIONS | conventions)


def node_of(text, values, **conventions):
    """The node of an expression over given values."""
    return scope(values, **conventions).node(text)


def nested(array):
    """An array of rational elements as nested lists of Fractions."""
    return as_fraction(array[()]) if array.ndim == 0 else [nested(np.asarray(part, dtype=object)) for part in array]


def exactly(node, values=None):
    """The exact value of a node as nested lists of Fractions; InexactError where it has none."""
    return nested(Evaluation(values, (EXACT,))(node))


def in_floats(node, values=None):
    """The value of a node as a float array."""
    return Evaluation(values, (FLOAT,))(node)


def said(text, values=None, **conventions):
    """What an expression comes to, exactly."""
    return exactly(node_of(text, values or {}, **conventions), values)


def rational(expected):
    return all(isinstance(number, (int, Fraction)) for number in oracles.flatten(expected))


def assert_values(values, *pairs, tolerance=TOLERANCE, exact=True):
    """Each pair is (node, expected nested list): FLOAT is close, balls hold it, and EXACT is equal where it is rational."""
    in_float, in_ball, in_exact = (Evaluation(values, (system,)) for system in (FLOAT, BALL, EXACT))
    for node, expected in pairs:
        assert node.shape == oracles.shape_of(expected)
        floats = np.array(oracles.elementwise(float, expected) if isinstance(expected, list) else float(expected))
        np.testing.assert_allclose(in_float(node), floats, rtol=tolerance, atol=tolerance)
        for ball, number in zip(in_ball(node).flat, oracles.flatten(expected), strict=True):
            assert_ball(ball, number, tolerance)
        if exact and rational(expected):
            assert nested(in_exact(node)) == expected


def dyadic(exact_ball):
    """The number of a ball without width, as a Fraction."""
    mantissa, exponent = exact_ball.man_exp()
    return int(mantissa) * Fraction(2) ** int(exponent)


def assert_ball(ball, number, tolerance=TOLERANCE):
    """A ball is narrow and holds a rational number, or lies within the tolerance of a float."""
    assert float(ball.rad()) <= 1e-25 * max(1, abs(float(ball.mid())))
    if isinstance(number, (int, Fraction)):
        assert abs(dyadic(ball.mid()) - number) <= dyadic(ball.rad()), (ball, number)
    else:
        assert math.isclose(float(ball.mid()), number, rel_tol=tolerance, abs_tol=tolerance), (ball, number)
