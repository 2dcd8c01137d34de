"""Initialisation, regression and attention against plain loops and hand calculations."""

import math
from fractions import Fraction

import oracles
import pytest
from engine import assert_values, exactly, givens, in_floats, nested, rationals

from grader.maths.builders.attention import attention, causal_mask, self_attention
from grader.maths.builders.initialisation import initial_variance, uniform_bound, uniform_variance
from grader.maths.builders.regression import bayesian_linear_regression, least_squares, predict, ridge
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.evaluate import Evaluation
from grader.maths.gradient import gradient
from grader.maths.graph import given
from grader.maths.ops.reductions import over, sum_
from grader.maths.ops.structure import transpose

F = Fraction


# --------------------------------------------------------------------------------------------------------- initialisation


@pytest.mark.parametrize(
    ("settings", "variance"),
    [
        ({}, F(1, 100)),
        ({"scheme": "he"}, F(1, 50)),
        ({"form": "fan_out"}, F(1, 300)),
        ({"form": "fan_average"}, F(1, 200)),
        ({"scheme": "he", "form": "fan_average"}, F(1, 100)),
        ({"scheme": "he", "slope": 1}, F(1, 100)),
    ],
)
def test_variances(settings, variance):
    found = initial_variance(given("fan_in"), 300, **settings)
    assert exactly(found.fields["variance"], {"fan_in": 100}) == variance
    assert in_floats(found.fields["std"], {"fan_in": 100}) == pytest.approx(math.sqrt(variance))
    assert in_floats(found.fields["bound"], {"fan_in": 100}) == pytest.approx(math.sqrt(3 * variance))


def test_uniform_distributions():
    """Glorot and Bengio, equation 16: bound sqrt(6 / (fan_in + fan_out)); variance a^2 / 3."""
    assert exactly(initial_variance(100, 50, form="fan_average").fields["bound"]) == F(1, 5)
    assert exactly(uniform_variance(-3, 3)) == 3
    assert exactly(uniform_variance(1, 4)) == F(3, 4)
    assert exactly(uniform_bound(3)) == 3


def test_faults_of_initialisations():
    with pytest.raises(LanguageError, match="needs fan_out"):
        initial_variance(3, form="fan_average")
    with pytest.raises(LanguageError, match="one of xavier, he, not 'xaver'.*did you mean 'xavier'"):
        initial_variance(3, scheme="xaver")
    with pytest.raises(LanguageError, match="the fan"):
        initial_variance(3, form="fan")


# ------------------------------------------------------------------------------------------------------------- regression


def regression_data(points, dimensions):
    """X as D x N, y, and a positive definite prior covariance B B' + I."""
    B = rationals("B", dimensions, dimensions)
    prior = oracles.add(oracles.matmul(B, oracles.transpose(B)), oracles.identity(dimensions))
    return {"X": rationals("X", dimensions, points), "y": rationals("y", points), "S": prior, "noise": F(1, 4)}


@pytest.mark.parametrize(("points", "dimensions"), [(1, 1), (4, 1), (5, 3), (2, 3)])
def test_bayesian_regression(points, dimensions):
    values = regression_data(points, dimensions)
    nodes = givens(values)
    expected = oracles.bayesian_linear_regression(*values.values())
    posterior = bayesian_linear_regression(*nodes.values())
    as_rows = bayesian_linear_regression(transpose(nodes["X"]), nodes["y"], nodes["S"], nodes["noise"], points="rows")
    for record in (posterior, as_rows):
        pairs = [(record.fields[name], expected[name]) for name in ("A", "A_inverse", "mean")]
        pairs.append((record.fields["covariance"], expected["cov"]))
        pairs.append((record.fields["Xy"], oracles.matrix_vector(values["X"], values["y"])))
        assert_values(values, *pairs)
    x = rationals("x", dimensions)
    variance = oracles.dot(x, oracles.matrix_vector(expected["cov"], x))
    at = predict(posterior, x)
    assert exactly(at.fields["mean"], values) == oracles.dot(x, expected["mean"])
    assert exactly(at.fields["variance"], values) == variance
    assert exactly(predict(posterior, x, noise_variance=nodes["noise"]).fields["variance"], values) == variance + F(1, 4)


def test_bayesian_regression_by_hand():
    """Slope through (1, 2), (2, 3) with prior variance 1/2 and noise 1: A = 5 + 2, mean = 8/7; the points a vector laid down."""
    posterior = bayesian_linear_regression(transpose(given("x", (2,))), [2, 3], F(1, 2), 1)
    values = {"x": [1, 2]}
    assert [exactly(posterior.fields[name], values) for name in ("A", "Xy", "mean", "covariance")] == [
        [[7]], [8], [F(8, 7)], [[F(1, 7)]],
    ]  # fmt: skip


def test_somebodys_own_inverse_flows_on():
    posterior = bayesian_linear_regression([[1, 2]], [2, 3], F(1, 2), 1)
    work = Evaluation(override={posterior.fields["A_inverse"]: [[F(1, 4)]]})
    assert nested(work(posterior.fields["mean"])) == [2]


@pytest.mark.parametrize(("points", "dimensions"), [(3, 1), (6, 3)])
def test_least_squares_and_ridge(points, dimensions):
    X, y = rationals("rows", points, dimensions), rationals("y", points)
    values = {"X": X, "y": y, "lam": F(2, 3)}
    nodes = givens(values)
    XtX, Xty = oracles.matmul(oracles.transpose(X), X), oracles.matrix_vector(oracles.transpose(X), y)
    plain = least_squares(nodes["X"], nodes["y"])
    theta = oracles.solve(XtX, Xty)
    fitted = oracles.matrix_vector(X, theta)
    residuals = [a - b for a, b in zip(y, fitted, strict=True)]
    expected = {"XtX": XtX, "Xty": Xty, "theta": theta, "fitted": fitted, "residuals": residuals}
    assert_values(values, *((plain.fields[name], value) for name, value in expected.items()))
    assert exactly(least_squares(transpose(nodes["X"]), nodes["y"], points="columns").fields["theta"], values) == theta
    for loss, scale in (("sum", 1), ("mean", points)):
        penalty = oracles.elementwise(lambda one, scale=scale: scale * values["lam"] * one, oracles.identity(dimensions))
        A = oracles.add(XtX, penalty)
        record = ridge(nodes["X"], nodes["y"], nodes["lam"], loss=loss)
        assert_values(values, (record.fields["A"], A), (record.fields["theta"], oracles.solve(A, Xty)))


def test_ridge_is_where_its_loss_has_no_slope():
    values = {"X": rationals("rows", 4, 2), "y": rationals("y", 4), "lam": F(2, 3)}
    nodes = givens(values)
    for loss, factor in (("sum", 1), ("mean", F(1, 4))):
        best = ridge(nodes["X"], nodes["y"], nodes["lam"], loss=loss).fields["theta"]
        theta = given("theta", (2,))
        gap = nodes["y"] - nodes["X"] @ theta
        total = factor * over(sum_, gap * gap) + nodes["lam"] * over(sum_, theta * theta)
        at_best = values | {"theta": exactly(best, values)}
        assert exactly(gradient(total, theta), at_best) == [0, 0]


def test_faults_of_regressions():
    with pytest.raises(ShapeError, match="there are 2 points .as columns of X., but y is a vector of 3"):
        bayesian_linear_regression([[1, 2]], [1, 2, 3], 1, 1)
    with pytest.raises(ShapeError, match="a matrix of points"):
        least_squares([1, 2], [1, 2])
    with pytest.raises(ShapeError, match="there are 1 weights"):
        predict(bayesian_linear_regression([[1, 2]], [1, 2], 1, 1), [1, 2])


# -------------------------------------------------------------------------------------------------------------- attention


def plain_attention(Q, K, V, allowed, scaled=True):
    """Scores, weights and outputs, query by query (Vaswani et al. 2017, section 3.2.1)."""
    scores, weights, out = [], [], []
    for n, q in enumerate(Q):
        row = [float(oracles.dot(q, k)) / (math.sqrt(len(q)) if scaled else 1) for k in K]
        powers = [math.exp(score) if allowed[n][m] else 0.0 for m, score in enumerate(row)]
        share = [power / sum(powers) for power in powers]
        scores.append(row)
        weights.append(share)
        out.append([sum(p * float(v[j]) for p, v in zip(share, V, strict=True)) for j in range(len(V[0]))])
    return {"scores": scores, "weights": weights, "out": out}


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_attention(masked, scaled):
    values = {"Q": rationals("Q", 3, 2, low=-2, high=2), "K": rationals("K", 3, 2, low=-2, high=2), "V": rationals("V", 3, 4)}
    allowed = [[1, 0, 0], [1, 1, 0], [1, 1, 1]] if masked else [[1] * 3] * 3
    found = attention(*givens(values).values(), mask=causal_mask(3) if masked else None, scaled=scaled)
    expected = plain_attention(*values.values(), allowed, scaled)
    assert_values(values, *((found.fields[name], expected[name]) for name in expected), exact=False)


def test_attention_by_hand():
    """One query [1, 0, 1, 0] / 2 keys with scores 2/2 and 2/2: equal weights; scores stay exact where d is a square."""
    found = attention([1, 0, 1, 0], [[1, 5, 1, 0], [2, 0, 0, 7]], [[4, 0], [0, 8]])
    assert exactly(found.fields["scores"]) == [1, 1]
    assert in_floats(found.fields["out"]) == pytest.approx([2, 4])


def test_self_attention():
    values = {name: rationals(name, *shape, low=-1, high=1) for name, shape in
              (("X", (3, 2)), ("A", (2, 4)), ("B", (2, 4)), ("C", (2, 3)))}  # fmt: skip
    found = self_attention(*givens(values).values())
    Q, K, V = (oracles.matmul(values["X"], values[name]) for name in "ABC")
    assert exactly(found.fields["K"], values) == K
    assert_values(values, (found.fields["out"], plain_attention(Q, K, V, [[1] * 3] * 3)["out"]), exact=False)


def test_faults_of_attention():
    with pytest.raises(ShapeError, match="attention needs Q as N x d.*Q is 1 x 2, K is 1 x 3, V is 1 x 1"):
        attention([[1, 2]], [[1, 2, 3]], [[1]])
    with pytest.raises(ShapeError, match="do not fit|the mask is"):
        attention([[1, 2]], [[1, 2]], [[1]], mask=[[1, 1]])
