"""Functions of which only the name is known: derivatives, entries, and that no two of them pass for each other."""

import math
from fractions import Fraction

import pytest

import grader
from grader.maths.errors import GraderError, InexactError
from grader.maths.evaluate import Evaluation
from grader.maths.language.declarations import declaration
from grader.maths.language.meaning import Scope
from grader.maths.systems import BALL, EXACT, FLOAT

SIZES = {}
NAMES = {
    name: declaration(text).meaning(name, SIZES)
    for name, text in {"f": "function", "g": "function", "x": "real", "v": "vector(3)", "A": "matrix(3, 3)"}.items()
}
STEP = 1e-5


def node(text):
    return Scope(names=NAMES).node(text)


def at(text, x=0.7):
    return float(Evaluation({"x": x}, (FLOAT,))(node(text)))


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("x", [-2.3, 0.0, 0.7, 5.1])
def test_each_prime_is_a_derivative(order, x):
    primes = "'" * order
    slope = (at(f"f{primes}(x)", x + STEP) - at(f"f{primes}(x)", x - STEP)) / (2 * STEP)
    found = at(f"f{primes}'(x)", x)
    assert math.isclose(slope, found, rel_tol=1e-5, abs_tol=1e-4)


@pytest.mark.parametrize("x", [-3.5, 0.25, 1.75])
def test_balls_and_floats_agree(x):
    ball = Evaluation({"x": Fraction(x)})(node("f''(x) - g(x)"))[()]
    assert math.isclose(float(ball.mid()), at("f''(x) - g(x)", x), rel_tol=1e-12)
    assert ball.rad() < 1e-30


def test_rationals_go_over_to_balls():
    with pytest.raises(InexactError):
        Evaluation({"x": 1}, (EXACT,))(node("f(x)"))
    assert Evaluation({"x": 1}).with_system(node("f(x)"))[1] is BALL


@pytest.mark.parametrize(
    ("gradient", "by_hand"),
    [
        ("grad(f(x), x)", "f'(x)"),
        ("grad(f(x)^2, x)", "2 * f(x) * f'(x)"),
        ("grad(f(g(x)), x)", "f'(g(x)) * g'(x)"),
        ("grad(f(2 * x + 1), x)", "2 * f'(2 * x + 1)"),
        ("grad(grad(f(x), x), x)", "f''(x)"),
        ("grad(grad(f(g(x)), x), x)", "f''(g(x)) * g'(x)^2 + f'(g(x)) * g''(x)"),
        ("grad(f(x) / g(x), x)", "(f'(x) * g(x) - f(x) * g'(x)) / g(x)^2"),
        ("grad(exp(f'(x)), x)", "exp(f'(x)) * f''(x)"),
    ],
)
def test_gradients_are_those_by_hand(gradient, by_hand):
    assert all(math.isclose(at(gradient, x), at(by_hand, x), rel_tol=1e-10) for x in (-1.3, 0.4, 2.2))


EQUAL = [("f(x) + f(x)", "2f(x)"), ("f'(x) f(x)", "f(x) f'(x)"), ("f(x y)", "f(y x)"), ("f'(x)^2", "(f'(x))^2")]
EQUAL += [("f^{\\prime}(x)", "f'(x)"), ("f''(x)", "f''(x) + 0"), ("f(f(x))", "f(f(x))"), ("f(x)/f(x)", "1")]
DIFFERENT = [
    ("f(x)", "g(x)"),
    ("f(x)", "f'(x)"),
    ("f'(x)", "f''(x)"),
    ("f(x)", "f(-x)"),
    ("f(x)", "-f(-x)"),
    ("f(x+y)", "f(x)+f(y)"),
]
DIFFERENT += [
    ("f(2x)", "2f(x)"),
    ("f(g(x))", "g(f(x))"),
    ("f(x)", "x"),
    ("f(x y)", "f(x) f(y)"),
    ("f''(x)", "-f(x)"),
    ("f(x^2)", "f(x)^2"),
]
DIFFERENT += [("f(x)", "f(x + 2pi)"), ("f'(x)", "f(x)"), ("f(0)", "0"), ("f(1)", "1"), ("f''''(x)", "f(x)")]


@pytest.mark.parametrize(("a", "b", "state"), [(*pair, "equal") for pair in EQUAL] + [(*pair, "different") for pair in DIFFERENT])
def test_what_students_type(a, b, state):
    assert grader.equal(a, b, ["f: function", "g: function"]).state == state


def test_it_is_taken_entry_by_entry():
    values = {"v": [0.5, -1.0, 2.0]}
    whole = Evaluation(values, (FLOAT,))(node("f(v)"))
    assert [float(one) for one in whole] == [at("f(x)", one) for one in values["v"]]


@pytest.mark.parametrize("text", ["f", "f'", "f + 1", "f()", "f(x, x)", "f'(x, 1)", "f * x", "grad(f, x)"])
def test_a_function_needs_brackets_and_one_value(text):
    with pytest.raises(GraderError):
        node(text)


def test_a_transposed_matrix_in_front_of_brackets_is_no_call():
    values = {"A": [[1, 2, 0], [0, 1, 5], [2, 2, 2]], "v": [1, -2, 3]}
    assert Evaluation(values)(node("A'(v + v)")).tolist() == [14, 12, -8]
