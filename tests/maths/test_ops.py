"""One test covers every row of the table of operations, through its own samples."""

from fractions import Fraction

import numpy as np
import pytest

from grader.maths.errors import InexactError, UndefinedError
from grader.maths.evaluate import Evaluation, evaluate
from grader.maths.gradient import adjoints, check_gradient
from grader.maths.graph import constant, given, make
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER, NO_GRADIENT
from grader.maths.systems import BALL, EXACT, FLOAT, SYMBOLIC, SYSTEMS

CASES = [(name, position) for name, row in OPS.items() for position in range(len(row.samples))]


def rational(value):
    if isinstance(value, (list, tuple)):
        return [rational(item) for item in value]
    return Fraction(value)


def build(name, position):
    """The node of a sample over fresh givens, and the values of these."""
    sample = OPS[name].samples[position]
    values = {f"v{k}": rational(value) for k, value in enumerate(sample.inputs)}
    inputs = [given(key, np.array(value, dtype=object).shape) for key, value in values.items()]
    return make(name, *inputs, **sample.settings), inputs, values


def floats(array):
    """Any system's array as float64."""
    numbers = [
        float(entry.mid()) if hasattr(entry, "mid") else float(entry) if not hasattr(entry, "p") else int(entry.p) / int(entry.q)
        for entry in array.flat
    ]
    return np.array(numbers).reshape(array.shape)


def test_every_row_has_a_sample():
    assert [name for name, row in OPS.items() if not row.samples] == ["given"]


@pytest.mark.parametrize(("name", "position"), CASES)
def test_shape_is_the_actual_shape(name, position):
    node, _, values = build(name, position)
    assert evaluate([node], values, FLOAT)[0].shape == node.shape


@pytest.mark.parametrize(("name", "position"), CASES)
def test_number_systems_agree(name, position):
    node, _, values = build(name, position)
    row = OPS[name]
    reference = evaluate([node], values, FLOAT)[0]
    assert np.isfinite(reference).all()
    for system in SYSTEMS.values():
        if system is FLOAT or system.name not in row.systems:
            continue
        np.testing.assert_allclose(
            floats(evaluate([node], values, system)[0]), reference, rtol=1e-12, atol=1e-12, err_msg=system.name
        )


@pytest.mark.parametrize(("name", "position"), CASES)
def test_exact_is_refused_loudly_where_it_does_not_apply(name, position):
    node, _, values = build(name, position)
    if "EXACT" not in OPS[name].systems:
        try:
            value = evaluate([node], values, EXACT)[0]
        except InexactError:
            return
        np.testing.assert_allclose(floats(value), evaluate([node], values, FLOAT)[0], rtol=1e-12)


def on_a_corner(node, values):
    corner = OPS[node.op].corner
    return corner != NO_CORNER and evaluate([corner(node)], values, FLOAT)[0].any()


@pytest.mark.parametrize(("name", "position"), CASES)
def test_vjp_is_central_differences(name, position):
    node, inputs, values = build(name, position)
    row = OPS[name]
    if row.vjp == NO_GRADIENT:
        return
    assert not on_a_corner(node, values), "a sample must lie off the corners"
    upstream = given("upstream", node.shape)
    weights = np.array([1 + 0.5 * k for k in range(int(np.prod(node.shape)))]).reshape(node.shape)
    found = adjoints(node, upstream, inputs)
    checked = 0
    for child, key in zip(inputs, values, strict=True):
        if child not in found:
            continue
        exact = {other: FLOAT.array(value) for other, value in values.items()} | {"upstream": weights}
        analytic = evaluate([found[child]], exact, FLOAT)[0]
        assert analytic.shape == child.shape

        def total(moved, key=key, exact=exact):
            return float((evaluate([node], exact | {key: moved}, FLOAT)[0] * weights).sum())

        check_gradient(total, analytic, exact[key])
        checked += 1
    assert checked


@pytest.mark.parametrize(("name", "position"), CASES)
def test_gradient_agrees_between_systems(name, position):
    node, inputs, values = build(name, position)
    found = adjoints(node, constant(np.ones(node.shape, dtype=int).tolist()), inputs)
    for child in inputs:
        if child in found:
            reference = evaluate([found[child]], values, FLOAT)[0]
            certified = Evaluation(values)(found[child])
            np.testing.assert_allclose(floats(certified), reference, rtol=1e-11, atol=1e-11)
            if "EXACT" in OPS[name].systems and name not in ("det",):
                assert Evaluation(values).with_system(found[child])[1] is EXACT or name == "power"


SLIPS = [(name, slip.tag) for name, row in OPS.items() for slip in row.slips]


@pytest.mark.parametrize(("name", "tag"), SLIPS)
def test_each_slip_changes_the_value(name, tag):
    row = OPS[name]
    (slip,) = [slip for slip in row.slips if slip.tag == tag]
    changed = []
    for position in range(len(row.samples)):
        node, _, values = build(name, position)
        wrong = slip.rewrite(node)
        if wrong is None:
            continue
        with np.errstate(all="ignore"):
            right_value, wrong_value = evaluate([node, wrong], values, FLOAT)
        changed.append(right_value.shape != wrong_value.shape or not np.allclose(right_value, wrong_value))
    assert changed, "the slip applies to no sample"
    assert any(changed)
    assert slip.sentence


@pytest.mark.parametrize("name", [name for name, row in OPS.items() if row.corner != NO_CORNER])
def test_corner_is_not_where_the_sample_is_and_can_be_told(name):
    node, _, values = build(name, 0)
    corner = OPS[name].corner(node)
    assert set(np.unique(evaluate([corner], values, FLOAT)[0])) <= {0.0, 1.0}
    flat = {key: np.zeros(np.shape(FLOAT.array(value))) for key, value in values.items()}
    assert evaluate([corner], flat, FLOAT)[0].any()


@pytest.mark.parametrize(("name", "position"), CASES)
def test_batch_of_variants_equals_single_evaluations(name, position):
    node, _, values = build(name, position)
    rng = np.random.default_rng(7)
    for batch in sorted({2, 3, 4, *node.shape}):  # also as long as another axis
        moved = {
            key: FLOAT.array(value) * (1 + 0.1 * rng.random((batch, *np.shape(FLOAT.array(value)))))
            for key, value in values.items()
        }
        if not moved:
            return
        if name in ("one_hot", "extreme_mask"):
            moved = {key: np.broadcast_to(FLOAT.array(values[key]), array.shape) for key, array in moved.items()}
        together = evaluate([node], moved, FLOAT)[0]
        singly = np.stack([evaluate([node], {key: array[k] for key, array in moved.items()}, FLOAT)[0] for k in range(batch)])
        np.testing.assert_allclose(together, singly, rtol=1e-12, atol=1e-12)


def test_the_checker_of_gradients_catches_a_gradient_wrong_by_a_thousandth():
    from grader.maths.errors import GraderError

    point = np.array([0.5, -1.0, 2.0])
    check_gradient(lambda x: float((x**3).sum()), 3 * point**2, point)
    with pytest.raises(GraderError, match="off by"):
        check_gradient(lambda x: float((x**3).sum()), 3 * point**2 * 1.001, point)


def test_symbolic_evaluates_with_symbols_and_agrees_with_numbers_put_in():
    import sympy

    x = given("x", (2,))
    loss = make("sum", make("sigmoid", x) * x, axes=(-1,))
    symbols = SYMBOLIC.symbols("x", (2,))
    closed = evaluate([loss], {"x": symbols}, SYMBOLIC)[0][()]
    value = closed.subs({symbols[0]: sympy.Rational(1, 2), symbols[1]: -1})
    assert abs(float(value) - floats(evaluate([loss], {"x": [Fraction(1, 2), -1]}, BALL)[0])) < 1e-15


def test_undefined_is_said():
    with pytest.raises(UndefinedError, match="division by zero"):
        evaluate([constant(1) / given("x")], {"x": 0})
    with pytest.raises(UndefinedError, match="singular"):
        evaluate([make("inverse", constant([[1, 2], [2, 4]]))])
