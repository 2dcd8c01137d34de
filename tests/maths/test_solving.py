"""`root`: the only solution of an equation, as a closed form that depends on all that is given."""

from fractions import Fraction

import numpy as np
import pytest
from engine import assert_values, exactly, in_floats, node_of, said, scope

from grader.bank.load import read_file
from grader.marking.own_tests import run_own_tests
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import given, reachable
from grader.maths.ops import OPS
from grader.maths.show import Formulas

F = Fraction


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("root(n * a^2 / 3 == 1, a, a > 0)", {"n": 12}, F(1, 2)),
        ("root(n * a^2 / 3 == 1, a, a < 0)", {"n": 12}, -F(1, 2)),
        ("root(3 * x + 1 == 7, x)", {}, 2),
        ("root(x^2 - 5 * x + 6 == 0, x, x > 5/2)", {}, 3),
        ("root(x^2 - 5 * x + 6 == 0, x, 1 < x and x < 5/2)", {}, 2),
        ("root((x - 1)^2 == 0, x)", {}, 1),
        ("root(1 / (x + 1) == x / 2, x, x > 0)", {}, 1),
        ("root((w + 2 * p - k) / s + 1 == o, p)", {"w": 7, "k": 3, "s": 1, "o": 7}, 1),
        ("root(sum(v) * x == 4, x)", {"v": [1, 3]}, 1),
        ("root(A[1, 0] * x == det(A), x)", {"A": [[1, 2], [4, 4]]}, -1),
        ("root(sqrt(x) == 3, x)", {}, 9),
        ("root(abs(x) == c, x, x < 0)", {"c": 3}, -3),
        ("root(relu(x) == 5, x)", {}, 5),
        ("root(2^x == 8, x)", {}, 3),
        ("root(x^3 == 8, x)", {}, 2),
    ],
)
def test_rational_roots(text, values, expected):
    assert said(text, values) == expected


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("root(n * a^2 / 3 == 1, a, a > 0)", {"n": 5}, 0.6**0.5),
        ("root(exp(-a * t) == 1/2, a)", {"t": 2}, 0.34657359027997264),  # ln 2 / 2
        ("root(sigmoid(w * a + b) == 9/10, a)", {"w": 2, "b": 1}, 0.5986122886681098),  # (ln 9 - 1) / 2
        ("root(beta^t == 1/2, t)", {"beta": F(9, 10)}, 6.578813478960585),  # ln 2 / -ln 0.9: a half-life
        ("root((1 - p)^4 == 1/2, p, 0 < p and p < 1)", {}, 1 - 0.5**0.25),
        ("root(x^3 - x - 1 == 0, x)", {}, 1.3247179572447460),  # the plastic number
        ("root(tanh(x) == 1/2, x)", {}, 0.5493061443340549),
        ("root(ln(x) == 2, x)", {}, 7.38905609893065),
        ("root(sqrt(2) * x == 1, x)", {}, 0.7071067811865476),
    ],
)
def test_irrational_roots_are_certified(text, values, expected):
    assert_values(values, (node_of(text, values), expected), exact=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("root(n * a^2 / 3 == 1, a, a > 0)", "sqrt(3 / n)"),
        ("root(n * a + m == 1/2, a)", "(1/2 - m) / n"),
        ("root(x * (1 - x) == m, x, x > 1/2)", "1/2 + sqrt(1 - 4 * m) / 2"),
        ("root(exp(-a * n) == 1/2, a)", "log(2) / n"),
    ],
)
def test_symbols_without_a_value_stay_in_the_closed_form(text, shown):
    room = scope({})
    room.names |= {name: given(name) for name in "nm"}
    assert Formulas({})(room.node(text)) == shown
    assert set(room.names) == {"n", "m"}, "the unknown is known only inside"


def test_a_root_has_a_gradient_and_follows_changed_values():
    """a = sqrt(3 / n): da/dn = -a / (2 n), and another n gives another root."""
    values = {"n": 12}
    room = scope(values)
    room.names["a"] = room.node("root(n * x^2 / 3 == 1, x, x > 0)")
    assert exactly(room.node("grad(a, n)"), values) == -F(1, 48)
    assert in_floats(room.names["a"], {"n": np.array([3.0, 48.0])}).tolist() == [1, 0.25]
    doubled = room.node("2 * n")
    room.names["m"] = doubled
    follows = room.node("root(m * x == 6, x)")
    assert Evaluation(values, override={doubled: 3})(follows)[()] == 2


def test_the_other_root_is_a_slip():
    node = node_of("root(x^2 + x - 6 == 0, x, x > 0)", {})
    (found,) = [step for step in reachable([node]) if step.op == "chosen_root"]
    slips = {slip.tag: slip.rewrite(found) for slip in OPS["chosen_root"].slips}
    assert exactly(node) == 2
    assert exactly(slips["other-root"]) == -3
    assert slips["last-other-root"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("root(x^2 == 4, x)", r"2 values \(.*\) of 'x' make the equation true; say which by a condition"),
        ("root(n * x^2 == 4, x)", "2 values .* for n = "),
        ("root(x^2 == 4, x, x > 3)", "no value of 'x'"),
        ("root(x^2 == -1, x)", "no value of 'x'"),
        ("root(n * x^2 == -1, x)", "no value of 'x'"),
        ("root(1 / x == 0, x)", "no value of 'x'"),
        ("root(x / x == 1, x)", "every value"),
        ("root((x^2 - x) / x == -1, x)", "no value of 'x'"),  # 0 is none: the quotient is undefined there
        ("root(x^5 - x - 1 == 0, x)", "no closed solution"),
        ("root(x + exp(x) == 2, x)", "how many real solutions"),
        ("root(sin(x) == 1/2, x)", "how many real solutions"),
        ("root(x^13 == x, x)", "degree 13 is too large"),
        ("root(x, x)", "has == in it"),
        ("root(x == 1, 3)", "single name"),
        ("root(n == 1, n)", "'n' has a meaning already"),
        ("root([x, 1] == 1, x)", "about numbers"),
        ("root(x == 1, x, [x, x] > 0)", "about numbers"),
        ("root(1 == 1, x)", "does not occur"),
        ("root(x == y, x)", "'y' is not a name known here"),
        ("root(x == 1)", "is used as root"),
    ],
)
def test_what_has_not_exactly_one_root_is_refused(text, words):
    room = scope({})
    room.names["n"] = given("n")
    with pytest.raises(GraderError, match=words):
        room.node(text)
    assert set(room.names) == {"n"}


def test_a_condition_that_is_undecided_is_said():
    room = scope({})
    room.names["s"] = room.node("sqrt(2)")
    with pytest.raises(GraderError, match="undecided"):
        room.node("root(x == s, x, x^2 >= 2)")


PROBLEM = """
title: Half of the signal
topics: [activation]
text: Which $a > 0$ makes the variance $n a^2 / 3$ equal to 1?
given: {n: 12}
let: {a: "root(n * x^2 / 3 == 1, x, x > 0)"}
parts:
- {id: a, text: Give $a$., answer: a, marks: 1}
tests:
- expect: {a: 1/2}
- {respond: {a: "sqrt(3/12)"}, marks: 1}
- {respond: {a: "-1/2"}, marks: 0}
"""


def test_a_problem_with_an_equation_is_sound(tmp_path):
    path = tmp_path / "half.yaml"
    path.write_text(PROBLEM, encoding="utf-8")
    assert run_own_tests(read_file(path)) == []
