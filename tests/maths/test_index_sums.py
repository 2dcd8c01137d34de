"""Sums over an index, entries at index symbols and sizes by name: against plain loops, and refused by counting."""

import math
import time
from fractions import Fraction
from itertools import product

import pytest
from engine import CONVENTIONS

from grader.maths.equality import equal_nodes
from grader.maths.errors import GraderError, TooLargeError
from grader.maths.evaluate import Evaluation
from grader.maths.language.declarations import OTHER_SIZES, SIZES, declaration, named_sizes
from grader.maths.language.meaning import Scope
from grader.maths.points import combinations_of_indices, sample_points
from grader.maths.show import Formulas
from grader.maths.systems import FLOAT, as_fraction

DECLARED = {
    "x": "vector(n)",
    "s": "vector(n)",
    "W": "matrix(n, m)",
    "i": "index(n)",
    "j": "index(m)",
    "y": "index(n)",
    "b": "real",
}
X, S = [Fraction(3), Fraction(-1, 2), Fraction(2)], [Fraction(1), Fraction(3), Fraction(-2)]
W = [[Fraction(a), Fraction(b)] for a, b in ((1, 2), (-3, 5), (7, Fraction(1, 3)))]
B = Fraction(5, 2)


def declared(stand_ins=SIZES):
    """(names, symbols) of the declarations above."""
    sizes, domains = {}, {name: declaration(text) for name, text in DECLARED.items()}
    names = {name: domain.meaning(name, sizes, stand_ins) for name, domain in domains.items()}
    return names | named_sizes(sizes), {name: domain.sized(sizes, stand_ins) for name, domain in domains.items()}


NAMES, SYMBOLS = declared()


def node(text):
    return Scope(names=NAMES, conventions=CONVENTIONS).node(text)


def value(text, i, j, y):
    """The exact value at the numbers above, with these indices."""
    array = Evaluation({"x": X, "s": S, "W": W, "b": B, "i": i, "j": j, "y": y})(node(text))
    return [as_fraction(entry) for entry in array.flat] if array.ndim else as_fraction(array[()])


RATIONAL = {  # text -> the same by hand, with indices from 0
    "sum(k in 1..n, x[k])": lambda i, j, y: sum(X),
    "sum(k in 1..n, W[k, j] * x[k])": lambda i, j, y: sum(W[k][j] * X[k] for k in range(3)),
    "sum(k in 1..n if k != y, x[k])": lambda i, j, y: sum(X[k] for k in range(3) if k != y),
    "sum(k in 1..n if k != y, max(0, 1 + s[k] - s[y]))": lambda i, j, y: sum(max(0, 1 + S[k] - S[y]) for k in range(3) if k != y),
    "prod(k in 1..n, x[k])": lambda i, j, y: math.prod(X),
    "prod(k in 1..n if k != i, x[k] - b)": lambda i, j, y: math.prod(X[k] - B for k in range(3) if k != i),
    "max(k in 1..n if k != y, s[k])": lambda i, j, y: max(S[k] for k in range(3) if k != y),
    "min(k in 1..n, s[k])": lambda i, j, y: min(S),
    "sum(k in 1..n, l in 1..m, W[k, l])": lambda i, j, y: sum(map(sum, W)),
    "sum(k in 1..n, sum(l in 1..k, x[l]))": lambda i, j, y: sum(sum(X[: k + 1]) for k in range(3)),
    "sum(k in 1..n-1, x[k] * x[k+1])": lambda i, j, y: X[0] * X[1] + X[1] * X[2],
    "sum(k in 1..n if k > 1, x[k-1])": lambda i, j, y: X[0] + X[1],
    "sum(k in 2..1, x[k])": lambda i, j, y: 0,
    "sum(k in 1..n, k^2)": lambda i, j, y: 14,
    "sum(k in 1..n, b)": lambda i, j, y: 3 * B,
    "sum(k, W[k, j])": lambda i, j, y: sum(W[k][j] for k in range(3)),
    "sum(k in 1..n, delta(k, i) * x[k])": lambda i, j, y: X[i],
    "sum(k in 1..n, x[k] * W[k])": lambda i, j, y: [sum(X[k] * W[k][c] for k in range(3)) for c in range(2)],
    "x[i]": lambda i, j, y: X[i],
    "W[i, j]": lambda i, j, y: W[i][j],
    "W[i]": lambda i, j, y: W[i],
    "W[:, j]": lambda i, j, y: [row[j] for row in W],
    "W[i, 0]": lambda i, j, y: W[i][0],  # a number counts from 0
    "W[2, j]": lambda i, j, y: W[2][j],
    "x[0] + x[n - 1]": lambda i, j, y: X[0] + X[2],  # no index in it
    "x[n - i + 1]": lambda i, j, y: X[2 - i],
    "1 / n + m": lambda i, j, y: Fraction(1, 3) + 2,
    "delta(i, y)": lambda i, j, y: int(i == y),
    "where(i == y, x[i], b)": lambda i, j, y: X[i] if i == y else B,
    # gradients, each worked out by hand
    "grad(sum(k in 1..n, W[k, j] * x[k]), x[i])": lambda i, j, y: W[i][j],
    "grad(sum(k in 1..n, (x[k] - b)^2), x[i])": lambda i, j, y: 2 * (X[i] - B),
    "grad(sum(k in 1..n if k != y, max(0, 1 + s[k] - s[y])), s[i])": lambda i, j, y: (
        -sum(1 + S[k] - S[y] > 0 for k in range(3) if k != y) if i == y else int(1 + S[i] - S[y] > 0)
    ),
    "grad(prod(k in 1..n, x[k]), x[i])": lambda i, j, y: math.prod(X[k] for k in range(3) if k != i),
    "grad(x[i]^3, x[y])": lambda i, j, y: 3 * X[i] ** 2 * (i == y),
    "grad(grad(sum(k in 1..n, x[k]^3), x[i]), x[y])": lambda i, j, y: 6 * X[i] * (i == y),
    "grad(W[i, j]^2, W[y, j])": lambda i, j, y: 2 * W[i][j] * (i == y),
    "grad(max(k in 1..n if k != y, s[k]), s[i])": lambda i, j, y: int(i == max((S[k], k) for k in range(3) if k != y)[1]),
}


@pytest.mark.parametrize("text", RATIONAL)
def test_every_value_is_that_of_a_plain_loop(text):
    for i, j, y in product(range(3), range(2), range(3)):
        assert value(text, i + 1, j + 1, y + 1) == RATIONAL[text](i, j, y), (i, j, y)


def softmax(k):
    return math.exp(S[k]) / sum(map(math.exp, S))


IRRATIONAL = {
    "grad(log(sum(k in 1..n, exp(s[k]))) - s[y], s[i])": lambda i, y: softmax(i) - (i == y),
    "grad(sum(k in 1..n, log_softmax(s)[k]), s[i])": lambda i, y: 1 - 3 * softmax(i),
    "grad(softmax(s)[i], s[y])": lambda i, y: softmax(i) * ((i == y) - softmax(y)),
    "grad(exp(s[y]) / sum(k in 1..n, exp(s[k])), s[i])": lambda i, y: softmax(y) * ((i == y) - softmax(i)),
}


@pytest.mark.parametrize("text", IRRATIONAL)
def test_gradients_of_the_softmax(text):
    for i, y in product(range(3), repeat=2):
        values = {"s": [float(one) for one in S], "i": i + 1.0, "y": y + 1.0}
        found = float(Evaluation(values, (FLOAT,))(node(text)))
        assert math.isclose(found, IRRATIONAL[text](i, y), rel_tol=1e-12, abs_tol=1e-12)


def test_a_term_whose_condition_never_holds_is_not_read():
    assert value("sum(k in 1..n if k > 5, max(l in 2..1, x[l]))", 1, 1, 1) == 0


def test_an_entry_out_of_range_has_no_value():
    with pytest.raises(GraderError):
        value("x[i + 1]", 3, 1, 1)
    assert value("x[i + 1]", 2, 1, 1) == X[2]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sum(k in 1..n, x[k + 1])", "index 4 is outside 1..3"),
        ("sum(k in 0..n, x[k])", "an index counts from 1, but this is 0"),
        ("sum(k in 1..q, x[k])", "'q' is not a name known here"),
        ("sum(k in 1..b, x[k])", "must be a known whole number"),
        ("sum(x in 1..n, x)", "'x' has a meaning already"),
        ("sum(k in 1..n)", "sum over an index is used as"),
        ("prod(x)", "prod is used as"),
        ("max(k in 2..1, x[k])", "there is nothing to take the max of"),
        ("sum(k, b)", "is used with no dimension"),
        ("sum(k, W[k, k])", "in dimensions of different sizes"),
        ("exp(k in 1..n, x[k])", "exp is used as"),
        ("k in 1..n", None),
        ("x[i:n]", None),
        ("grad(k in 1..n, x)", "stands in front of the term of a sum"),
    ],
)
def test_what_is_no_sum_is_complained_about(text, complaint):
    with pytest.raises(GraderError) as caught:
        node(text)
    assert complaint is None or complaint in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "sum(k in 1..10^15, 1)",
        "sum(a in 1..99, sum(c in 1..99, sum(d in 1..99, a c d)))",
        "prod(a in 1..99, c in 1..99, d in 1..99, 1)",
        " + ".join(["sum(k in 1..999, k)"] * 40),
    ],
)
def test_long_sums_are_refused_by_counting(text):
    begun = time.process_time()
    with pytest.raises(TooLargeError):
        node(text)
    assert time.process_time() - begun < 1


def test_every_combination_of_indices_is_among_the_points():
    indices = {name: SYMBOLS[name] for name in ("i", "j", "y", "b")}
    count = combinations_of_indices(indices)
    assert count == 3 * 2 * 3
    points = list(sample_points(indices, "a text", range(count)))
    seen = {tuple(int(point.values[name].p) for name in ("i", "j", "y")) for point in points}
    assert seen == set(product((1, 2, 3), (1, 2), (1, 2, 3)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x[i]", "where(i == 3 and (j == 2 and y == 1), x[i] + 1, x[i])"),  # one combination of 18
        ("W[i, j]", "where(i == 3 and j == 2, W[0, 0], W[i, j])"),
        ("delta(i, y)", "delta(i, y) + delta(i, 2) * delta(y, 3) * b^2"),
        ("i", "i + (i - 1) * (i - 2) * delta(j, 1)"),
    ],
)
def test_a_difference_at_one_combination_is_found(left, right):
    shapes = {name: NAMES[name].shape for name in SYMBOLS}
    assert equal_nodes(node(left), node(right), SYMBOLS, shapes, {}, left).state == "different"
    assert equal_nodes(node(left), node(left), SYMBOLS, shapes, {}, left).state == "equal"


def test_sizes_by_name_differ():
    other, symbols = declared(OTHER_SIZES)
    assert (NAMES["x"].shape, other["x"].shape) == ((3,), (2,))
    assert (SYMBOLS["i"].high, symbols["i"].high, symbols["j"].high) == (3, 2, 5)


@pytest.mark.parametrize(
    "text", ["sum(k in 1..n if k != y, x[k] * W[k, j])", "W[i, j]", "x[i]", "1 / n", "prod(k in 2..n, x[k])"]
)
def test_a_formula_is_shown_as_it_is_typed(text):
    shown = Formulas({})(node(text))
    assert Formulas({})(node(shown)) == shown
    assert all(value(shown, i, j, y) == value(text, i, j, y) for i, j, y in product((1, 2, 3), (1, 2), (1, 2, 3)))
