"""Eigenvalues, rank, covariance and principal components: by hand, from textbooks, against plain loops."""

import time
from fractions import Fraction

import numpy as np
import oracles
import pytest
from engine import assert_ball, assert_values, dyadic, exactly, in_floats, node_of, rationals, said, scope

from grader.maths.errors import GraderError, InexactError, UndecidedError, UndefinedError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import given, make
from grader.maths.ops import OPS
from grader.maths.ops.spectral import eigenvalues, rank
from grader.maths.systems import BALL, EXACT, FLOAT

F = Fraction


def symmetric(seed, size):
    half = rationals(seed, size, size)
    return oracles.add(half, oracles.transpose(half))


# ------------------------------------------------------------------------------------------------------------ eigenvalues


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("[[2, 1], [1, 2]]", [1, 3]),
        ("[[2, 0], [0, -3]]", [-3, 2]),
        ("[[1, 2], [2, 1]]", [-1, 3]),
        ("[[5]]", [5]),
        ("[[2, -1, 0], [-1, 3, -1], [0, -1, 2]]", [1, 2, 4]),  # (2 - l)((3 - l)(2 - l) - 2) = (2 - l)(l - 1)(l - 4)
        ("[[1, 1, 1], [1, 1, 1], [1, 1, 1]]", [0, 0, 3]),
        ("[[3/5, 2/5], [2/5, 3/5]]", [F(1, 5), 1]),
        ("zeros(2, 2)", [0, 0]),
    ],
)
def test_rational_eigenvalues_are_exact(matrix, expected):
    assert said(f"eigenvalues({matrix})") == expected


def test_irrational_eigenvalues_are_certified():
    """The golden ratio and its conjugate; and 2 - sqrt 2, 2, 2 + sqrt 2 of the second difference (Strang)."""
    golden = node_of("eigenvalues([[1, 1], [1, 0]])", {})
    with pytest.raises(InexactError):
        exactly(golden)
    for ball, root in zip(Evaluation({})(golden), [(1 - 5**0.5) / 2, (1 + 5**0.5) / 2], strict=True):
        assert_ball(ball, root)
    second = Evaluation({})(node_of("eigenvalues([[2, -1, 0], [-1, 2, -1], [0, -1, 2]])", {}))
    for ball, root in zip(second, [2 - 2**0.5, 2, 2 + 2**0.5], strict=True):
        assert_ball(ball, root)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_eigenvalues_against_rotations(size):
    matrix = symmetric("eigen", size)
    found = oracles.symmetric_eigenvalues(matrix)
    assert_values({"A": matrix}, (node_of("eigenvalues(A)", {"A": matrix}), found), exact=False, tolerance=1e-11)


def test_wide_balls_hold_the_eigenvalues_of_every_matrix_in_them():
    """Weyl: whatever symmetric matrix lies in the balls, also where two eigenvalues nearly meet."""
    A = given("A", (3, 3))
    middle, width = [[2, 1, 0], [1, 2, 0], [0, 0, 3]], F(1, 20)
    wide = np.array([[BALL.interval(entry - width, entry + width) for entry in row] for row in middle], dtype=object)
    found = Evaluation({"A": wide}, (BALL,))(eigenvalues(A))
    for seed in range(20):
        moved = oracles.elementwise(lambda entry: entry / 160, symmetric(seed, 3))  # entries within 8 / 160
        for ball, root in zip(found, oracles.symmetric_eigenvalues(oracles.add(middle, moved)), strict=True):
            assert ball.lower() <= root <= ball.upper()
            assert ball.rad() < 0.3


def test_a_matrix_that_is_not_symmetric_is_refused_in_words():
    with pytest.raises(GraderError, match="not symmetric"):
        node_of("eigenvalues([[1, 2], [3, 4]])", {})
    A = given("A", (2, 2))
    values = {"A": [[1, 2], [3, 4]]}
    for systems in ((EXACT,), (BALL,), (EXACT, BALL)):
        with pytest.raises(UndefinedError, match="not symmetric"):
            Evaluation(values, systems)(eigenvalues(A))
    both = np.array([[[1, 2], [3, 4]], [[2, 1], [1, 2]], [[np.nan, 0], [0, 1]]], dtype=float)
    np.testing.assert_array_equal(Evaluation({"A": both}, (FLOAT,))(eigenvalues(A)), [[np.nan] * 2, [1, 3], [np.nan] * 2])
    for wrong, words in {
        "eigenvalues([1, 2])": "square",
        "eigenvalues(ones(2, 3))": "square",
        "eigenvalues(eye(25))": "limit 24",
    }.items():
        with pytest.raises(GraderError, match=words):
            node_of(wrong, {})


def test_the_gradient_of_an_eigenvalue():
    """A = [[a, b], [b, a]] has a - b and a + b; the gradient by A is the projection on (1, -1) and on (1, 1)."""
    values = {"A": [[2, 1], [1, 2]]}
    room = scope(values)
    room.names["e"] = room.node("eigenvalues(A)")
    assert_values(
        values,
        (room.node("grad(e[0], A)"), [[F(1, 2), -F(1, 2)], [-F(1, 2), F(1, 2)]]),
        (room.node("grad(e[1], A)"), [[F(1, 2), F(1, 2)], [F(1, 2), F(1, 2)]]),
        (room.node("grad(sum(e), A)"), [[1, 0], [0, 1]]),
        (room.node("grad(e[0] * e[1], A)"), [[2, -1], [-1, 2]]),  # the determinant: its adjugate
    )
    with pytest.raises(GraderError, match="zero"):
        said("grad(eigenvalues(A)[0], A)", {"A": [[1, 0], [0, 1]]})


@pytest.mark.parametrize("kind", ["whole", "fractions", "wide"])
def test_the_largest_matrix_is_quick(kind):
    size = 24
    matrix = symmetric(kind, size)
    if kind == "whole":
        matrix = oracles.elementwise(lambda entry: int(entry), matrix)
    values = np.array(matrix, dtype=object)
    if kind == "wide":
        values = np.array([[BALL.interval(entry - F(1, 10**6), entry + F(1, 10**6)) for entry in row] for row in matrix])
    begun = time.perf_counter()
    found = Evaluation({"A": values})(eigenvalues(given("A", (size, size))))
    assert time.perf_counter() - begun < 2
    assert all(float(ball.rad()) < 1e-4 for ball in found)


# ------------------------------------------------------------------------------------------------------------------- rank


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("[[1, 2], [2, 4]]", 1),
        ("[[1, 2], [3, 4]]", 2),
        ("[[1, 2, 3], [4, 5, 6], [7, 8, 9]]", 2),
        ("[[1, 2, 3], [4, 5, 6], [7, 8, 10]]", 3),
        ("[[1/3, 2/3], [0.1, 0.2]]", 1),
        ("zeros(3, 2)", 0),
        ("outer([1, 2, 3], [4, 5])", 1),
    ],
)
def test_rank(matrix, expected):
    assert said(f"rank({matrix})") == expected


@pytest.mark.parametrize("seed", range(8))
def test_rank_against_elimination(seed):
    inner = seed % 3 + 1
    matrix = oracles.matmul(rationals(seed, 4, inner), rationals(seed, inner, 5))
    assert said("rank(A)", {"A": matrix}) == oracles.rank(matrix) <= inner


def test_the_rank_of_balls_is_certain_or_undecided():
    A = given("A", (2, 2))
    third = np.array([[BALL.element(F(entry, 3)) for entry in row] for row in ([1, 2], [2, 5])], dtype=object)
    assert Evaluation({"A": third}, (BALL,))(rank(A))[()] == 2
    third[1, 1] = BALL.element(F(4, 3))
    with pytest.raises(UndecidedError, match="rank is undecided"):
        Evaluation({"A": third}, (BALL,))(rank(A))


# -------------------------------------------------------------------------------------------------------------- components

CLOUD = [[2, 0], [0, 2], [3, 3], [-1, -1], [1, 1]]  # mean (1, 1); squares 10, 10, products 6 (of deviations)


def test_covariance_by_hand():
    assert said("covariance(X)", {"X": CLOUD}) == [[2, F(6, 5)], [F(6, 5), 2]]
    assert (
        said("covariance(X, ddof=1)", {"X": CLOUD})
        == said("covariance(X)", {"X": CLOUD}, ddof="1")
        == [[F(5, 2), F(3, 2)], [F(3, 2), F(5, 2)]]
    )


def test_principal_components_by_hand():
    """Eigenvalues 2 - 6/5 and 2 + 6/5 along (1, -1) and (1, 1), which hold 1/5 and 4/5 of the variance 4."""
    room = scope({"X": CLOUD})
    room.names["p"] = room.read("pca(X, 1)")
    expected = {"mean": [1, 1], "variances": [F(16, 5)], "shares": [F(4, 5)], "explained": F(4, 5)}
    for name, value in expected.items():
        assert exactly(room.node(f"p.{name}"), room.values) == value
    assert said("pca(X)", {"X": CLOUD}) == [F(16, 5), F(4, 5)]
    assert said("pca(X, 2).explained", {"X": CLOUD}) == 1
    assert said("pca(X, ddof=1).variances", {"X": CLOUD}) == [4, 1]


@pytest.mark.parametrize("ddof", [0, 1])
def test_principal_components_against_loops(ddof):
    points = rationals("cloud", 6, 3)
    room = scope({"X": points}, ddof=str(ddof))
    room.names["p"] = room.read("pca(X, 2)")
    expected = oracles.principal_components(points, 2, ddof)
    pairs = [(room.node(f"p.{name}"), expected[name]) for name in ("variances", "shares", "explained")]
    assert_values({"X": points}, *pairs, exact=False, tolerance=1e-11)
    assert_values({"X": points}, (room.node("p.covariance"), oracles.covariance(points, ddof)))


def test_what_has_no_components_is_refused():
    for wrong, words in {
        "pca([1, 2])": "rows are points",
        "pca(X, 3)": "1 to 2 components",
        "pca(X, 0)": "1 to 2 components",
        "covariance([1, 2])": "rows are points",
    }.items():
        with pytest.raises(GraderError, match=words):
            node_of(wrong, {"X": CLOUD})
    with pytest.raises(GraderError, match="zero"):
        said("covariance([[1, 2]], ddof=1)")


@pytest.mark.parametrize(
    ("op", "tag", "wrong"),
    [
        ("covariance", "not-centred", [[3, F(11, 5)], [F(11, 5), 3]]),  # squares 15, products 11, over 5
        ("covariance", "variance-divisor", [[F(5, 2), F(3, 2)], [F(3, 2), F(5, 2)]]),
        ("covariance", "covariance-not-divided", [[10, 6], [6, 10]]),
        ("largest", "smallest-for-largest", [F(4, 5)]),
        ("explained_share", "share-not-divided", [F(16, 5)]),
        ("explained_share", "share-of-the-leading", [1]),
        ("explained_share", "deviations-for-variances", [F(2, 3)]),  # roots of 16 : 4 are 4 : 2
        ("eigenvalues", "diagonal-for-eigenvalues", [2, 2]),
    ],
)
def test_slips_by_hand(op, tag, wrong):
    values = {"X": CLOUD}
    node = node_of("pca(X, 1).shares", values)
    waiting, (slip,) = [node], [slip for slip in OPS[op].slips if slip.tag == tag]
    while waiting[-1].op != op:
        found = waiting.pop()
        waiting += [*found.inputs]
    np.testing.assert_allclose(in_floats(slip.rewrite(waiting[-1]), values), np.array(wrong, dtype=float), atol=1e-12)


# ------------------------------------------------------------------------------------------------- sorted lists, running sums


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
def test_sorted_lists_and_sums_against_loops(size):
    values = {"x": rationals("list", size), "g": rationals("upstream", size)}
    room = scope(values)
    x = values["x"]
    assert_values(
        values,
        (room.node("sort(x)"), oracles.insertion_sort(x)),
        (room.node("median(x)"), oracles.median(x)),
        (room.node("cumsum(x)"), oracles.running_sums(x)),
        (room.node("vjp(cumsum(x), x, g)"), oracles.running_sums(values["g"][::-1])[::-1]),
    )


def test_sorting_by_hand():
    assert said("sort([3, 1, 2])") == [1, 2, 3]
    assert said("sort([[3, 1, 2], [0, -1, 5]])") == [[1, 2, 3], [-1, 0, 5]]
    assert said("median([5, 1, 9])") == 5
    assert said("median([5, 1, 9, 2])") == F(7, 2)
    assert said("cumsum([1, 2, 3])") == [1, 3, 6]
    assert said("cumsum([[1, 2], [3, 4]])") == [[1, 2], [4, 6]]
    assert said("cumsum([[1, 2], [3, 4]], axis=1)") == [[1, 3], [3, 7]]
    for wrong in ("sort(3)", "median(3)", "median([[1, 2]])", "cumsum(3)", "cumsum([1], axis=1)", "sort(ones(401))"):
        with pytest.raises(GraderError):
            node_of(wrong, {})


def test_gradients_go_back_to_where_the_entries_came_from():
    values = {"x": [3, 1, 2], "g": [10, 20, 30]}
    assert said("vjp(sort(x), x, g)", values) == [30, 10, 20]
    assert said("grad(median(x), x)", values) == [0, 0, 1]
    assert said("grad(median(x), x)", {"x": [5, 1, 9, 2]}) == [F(1, 2), 0, 0, F(1, 2)]


def test_sorted_balls_hold_every_list_in_them():
    x = given("x", (3,))
    balls = np.array([BALL.interval(1, 3), BALL.interval(2, 4), BALL.interval(0, 5)], dtype=object)
    found = Evaluation({"x": balls}, (BALL,))(make("sort", x))
    for ball, (low, high) in zip(found, [(0, 3), (1, 4), (2, 5)], strict=True):
        assert abs(dyadic(ball.mid()) - F(low + high, 2)) < F(1, 10**6)
        assert abs(dyadic(ball.rad()) - F(high - low, 2)) < F(1, 10**6)
