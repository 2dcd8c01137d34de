"""The traps of exact and certified arithmetic under NumPy: each shown as it springs, and how the engine steps around it.

(The traps of YAML are tested where the bank is read.)
"""

import warnings
from fractions import Fraction

import flint
import numpy as np
import pytest
from engine import dyadic, exactly, node_of, said

from grader.maths.errors import InexactError, UndecidedError, UndefinedError
from grader.maths.evaluate import Evaluation, evaluate
from grader.maths.graph import constant, given, make
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_GRADIENT, Op
from grader.maths.systems import BALL, EXACT, FLOAT, SYSTEMS, as_fraction

arb, fmpq = flint.arb, flint.fmpq
LOW, HIGH = arb(1, 1), arb(1.5, 1)  # [0, 2] and [0.5, 2.5]


def objects(*elements):
    return np.array([*elements, None], dtype=object)[:-1]


def certified(text, **values):
    """The ball of a number over given balls."""
    shapes = {name: [0] * len(value) if isinstance(value, list) else 0 for name, value in values.items()}
    ball = Evaluation({name: np.array(value, dtype=object) for name, value in values.items()}, (BALL,))(node_of(text, shapes))
    return ball[()] if ball.ndim == 0 else list(ball)


def ends(ball):
    """The ends of a ball as floats."""
    return float(ball.lower()), float(ball.upper())


# -------------------------------------------------------------------------------------- comparisons of overlapping balls


def test_python_calls_every_comparison_of_overlapping_balls_false():
    assert not any((LOW < HIGH, LOW > HIGH, LOW <= HIGH, LOW >= HIGH, LOW == HIGH, LOW != HIGH))
    assert np.where(np.array([arb(0.5, 1)], dtype=object) > 0, "above", "below") == ["below"]  # a bare `where` picks a side


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "!=", "and", "or"])
def test_an_undecided_comparison_holds_both_truth_values(operator):
    left, right = (LOW, HIGH) if operator not in ("and", "or") else (BALL.either, BALL.either)
    ball = certified(f"a {operator} b", a=left, b=right)
    assert ball.contains(0)
    assert ball.contains(1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a < b", 1), ("a <= b", 1), ("a > b", 0), ("a >= b", 0), ("a == b", 0), ("a != b", 1), ("a == a", None), ("not a < b", 0)],
)
def test_a_decided_comparison_is_a_truth_value(text, expected):
    ball = certified(text, a=arb(1, 0.25), b=arb(2, 0.25))
    assert ball == expected if expected is not None else ball.contains(1)


def test_where_relu_max_and_abs_give_the_hull_of_both_branches():
    across = arb(0.5, 1)  # [-0.5, 1.5]
    for text, low, high in (
        ("where(a > 0, 10, 20)", 10, 20),
        ("relu(a)", 0, 1.5),
        ("leaky_relu(a, 1/2)", -0.25, 1.5),
        ("abs(a)", 0, 1.5),
        ("max(a, 0)", 0, 1.5),
        ("min(a, 0)", -0.5, 0),
        ("sign(a)", -1, 1),
        ("grad(relu(a), a)", 0, 1),
        ("grad(abs(a), a)", -1, 1),
    ):
        bottom, top = ends(certified(text, a=across))
        assert bottom <= low, text
        assert top >= high, text
        assert top - bottom <= 2.2 * (high - low), text  # and not much more than the hull
    bottom, top = ends(certified("max(v)", v=[LOW, HIGH, arb(-5)]))
    assert bottom <= 0.5
    assert top >= 2.5


def test_whole_numbers_that_hang_on_an_undecided_comparison_are_reported():
    for text, values in (
        ("argmax(v)", {"v": [LOW, HIGH]}),
        ("floor(a)", {"a": arb(2, 0.25)}),
        ("ceil(a)", {"a": arb(2, 0.25)}),
    ):
        with pytest.raises(UndecidedError, match="undecided"):
            certified(text, **values)
    assert certified("argmax(v)", v=[LOW, arb(9), HIGH]) == 1
    assert certified("floor(a)", a=arb(2.5, 0.25)) == 2


# ------------------------------------------------------------------------------------------- squares and roots across zero


def test_a_square_of_a_ball_around_zero():
    assert not (arb(0, 1) ** 2).is_finite()  # nan
    bottom, top = ends(certified("a^2", a=arb(0, 1)))
    assert bottom <= 0
    assert 1 <= top < 1.01
    for exponent in (2, 3, 4, 5):
        ball = certified(f"a^{exponent}", a=arb(1, 2))  # [-1, 3]
        assert ball.contains(3**exponent)
        assert ball.contains((-1) ** exponent)
        assert ball.contains(0)


@pytest.mark.parametrize("text", ["a^2", "abs(a)", "a * a", "a^4", "var([a, 0, 1])"])
def test_a_square_is_not_negative(text):
    assert ends(certified(text, a=arb(0.5, 1)))[0] > -1e-6


def test_a_root_of_a_ball_across_zero():
    assert not arb(0, 1).sqrt().is_finite()  # nan
    bottom, top = ends(certified("sqrt(a)", a=arb(0, 1)))
    assert bottom <= 0
    assert 1 <= top < 1.01
    assert certified("sqrt(a)", a=arb(0)) == 0
    with pytest.raises(UndefinedError, match="square root of a negative"):
        certified("sqrt(a)", a=arb(-2, 1))
    bottom, top = ends(certified("a^(1/2)", a=arb(0, 1)))
    assert bottom <= 0
    assert top >= 1


def test_a_logarithm_or_quotient_that_may_not_exist_is_undecided_and_one_that_does_not_is_undefined():
    for text, ball, error in (
        ("log(a)", arb(0.5, 1), UndecidedError),
        ("1 / a", arb(0.5, 1), UndecidedError),
        ("a^-2", arb(0.5, 1), UndecidedError),
        ("log(a)", arb(-2, 1), UndefinedError),
        ("log(a)", arb(0), UndefinedError),
        ("1 / a", arb(0), UndefinedError),
    ):
        with pytest.raises(error):
            certified(text, a=ball)


def test_not_a_number_is_never_a_value():
    for lost in (arb("nan"), arb("inf"), arb(0, float("inf"))):
        with pytest.raises(UndecidedError, match="lost all its digits"):
            BALL.check(objects(arb(1), lost))
    with pytest.raises(UndecidedError):
        certified("a - a", a=arb("inf"))


# ----------------------------------------------------------------------------------------- NumPy over arrays of objects


def test_the_variance_of_balls_and_of_fractions():
    for element in (arb, fmpq):
        with pytest.raises(TypeError, match="conjugate"):
            np.var(objects(element(1), element(2), element(6)))
    assert certified("var(v)", v=[arb(1), arb(2), arb(6)]).overlaps(arb(14) / 3)
    assert said("var(v)", {"v": [1, 2, 6]}) == Fraction(14, 3)


def test_a_sum_over_objects_gives_up_its_array():
    assert not isinstance(objects(fmpq(1), fmpq(2)).sum(), np.ndarray)
    for system in (EXACT, BALL, FLOAT):
        for text in ("sum(v)", "mean(v)", "max(v)", "v' v", "v[0]", "det(v v')", "mse(v, 2 v)", "argmax(v)"):
            value = Evaluation({"v": [1, 3]}, (system,))(node_of(text, {"v": [1, 3]}))
            assert isinstance(value, np.ndarray), text
            assert value.shape == ()


def test_a_fraction_of_a_machine_integer_overflows_silently():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert Fraction(np.int64(2**62)) * 4 == 0
    assert as_fraction(np.int64(2**62)) * 4 == 2**64
    for value in (np.int64(2**62), np.array([2**62]), [np.int64(2**62)]):
        name = given("big", np.shape(value))
        assert evaluate([name * 4], {"big": value}, EXACT)[0].tolist() == objects(fmpq(2**64)).reshape(np.shape(value)).tolist()


def test_a_constant_of_a_machine_integer_is_exact():
    assert exactly(constant([np.int64(2**62), np.int64(3)]) * 4) == [2**64, 12]


def test_padding_puts_machine_integers_among_objects():
    padded = np.pad(objects(fmpq(1), fmpq(2)), 1)
    assert {type(element) for element in padded} == {fmpq, np.int64}
    image = {"x": [[1, 2], [3, 4]], "w": [[1, 1], [1, 1]]}
    for text in (
        "conv2d(x, w, padding=1)",
        "max_pool(x, padding=1)",
        "avg_pool(x, size=3, padding=1)",
        "grad(sum(x[0, :]^2), x)",
    ):
        for system in (EXACT, BALL):
            value = Evaluation(image, (system,))(node_of(text, image))
            assert {type(element) for element in value.flat} == {system.element_type}, text
    pad = make("pad", given("x", (2, 2)), widths=((1, 0), (0, 2)))
    assert exactly(pad, image) == [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]]


def test_the_mean_of_whole_numbers_becomes_a_float():
    assert type(np.mean(np.array([1, 2], dtype=object))) is np.float64
    assert said("mean(v)", {"v": [1, 2]}) == Fraction(3, 2)
    assert said("mean(v, axis=0)", {"v": np.array([[1, 2], [2, 2]]).tolist()}) == [Fraction(3, 2), 2]
    assert said("avg_pool(x)", {"x": [[1, 2], [3, 5]]}) == [[Fraction(11, 4)]]
    assert said("0.1 + 0.2 == 0.3") == 1


def test_mixing_a_fraction_with_floats_fails_for_fmpq_but_not_for_balls():
    with pytest.raises(TypeError):
        fmpq(1, 2) + 0.5
    assert isinstance(arb(1) + 0.1, arb)  # the binary 0.1, taken as exact: hence the check after every operation
    with pytest.raises(InexactError, match="float got into BALL"):
        BALL.check(objects(arb(1), 0.1))


# ------------------------------------------------------------------------------------------- exactness is lost loudly


def rogue(monkeypatch, rule):
    """A node of an operation whose rule was written carelessly."""
    row = Op("rogue", shape=lambda shape: shape, sentence="", text="", tex="", rule=rule, vjp=NO_GRADIENT)
    monkeypatch.setitem(OPS, "rogue", row)
    return make("rogue", given("v", (2,)))


CARELESS = {
    "floats": lambda system, v: np.array([0.5, 1.5]),
    "floats as objects": lambda system, v: objects(0.5, 1.5),
    "one float among exact numbers": lambda system, v: objects(v[0], 0.5),
    "one whole number among exact numbers": lambda system, v: objects(v[0], 1),
    "machine integers": lambda system, v: np.array([1, 2]),
    "a machine integer among exact numbers": lambda system, v: objects(v[0], np.int64(1)),
    "fractions of Python": lambda system, v: objects(Fraction(1, 2), Fraction(1)),
    "truth values": lambda system, v: np.array([True, False]),
    "no array but a bare float": lambda system, v: 0.5,
    "nothing": lambda system, v: objects(v[0], None),
}


@pytest.mark.parametrize("fault", CARELESS)
def test_a_rule_that_loses_exactness_is_caught(monkeypatch, fault):
    node = rogue(monkeypatch, CARELESS[fault])
    for systems in ((EXACT,), (BALL,), (EXACT, BALL)):
        with pytest.raises(InexactError, match="got into"):
            Evaluation({"v": [1, 2]}, systems)(node)


def test_a_rule_of_one_system_in_another_is_caught(monkeypatch):
    with pytest.raises(InexactError, match="arb got into EXACT"):
        Evaluation({"v": [1, 2]}, (EXACT,))(rogue(monkeypatch, lambda system, v: BALL.array(v)))
    with pytest.raises(InexactError, match="fmpq got into BALL"):
        Evaluation({"v": [1, 2]}, (BALL,))(rogue(monkeypatch, lambda system, v: objects(fmpq(1), fmpq(2))))


@pytest.mark.parametrize(
    "text", ["exp(1)", "log(2)", "sqrt(2)", "tanh(1)", "sigmoid(1)", "softplus(0)", "2^(1/2)", "sin(1)", "softmax([1, 2])"]
)
def test_an_irrational_value_is_refused_by_exact_and_certified_by_balls(text):
    node = node_of(text, {})
    with pytest.raises(InexactError):
        exactly(node)
    value, system = Evaluation().with_system(node)
    assert system is BALL
    assert all(0 < float(ball.rad()) < 1e-30 for ball in value.flat)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp(0)", 1), ("log(1)", 0), ("sqrt(9/4)", Fraction(3, 2)), ("tanh(0)", 0), ("sigmoid(0)", Fraction(1, 2)),
        ("8^(2/3)", 4), ("(1/4)^(-1/2)", 2), ("cos(0)", 1), ("sin(0)", 0), ("softmax([3, 3])", [Fraction(1, 2)] * 2),
    ],
)  # fmt: skip
def test_transcendental_functions_stay_exact_where_they_are(text, expected):
    assert said(text) == expected


def test_one_irrational_entry_takes_its_array_into_balls_and_only_that():
    room = {"v": [4, 2]}
    work = Evaluation(room)
    assert work.with_system(node_of("sqrt(v)", room))[1] is BALL
    assert work.with_system(node_of("sqrt(v[0])", room))[1] is EXACT
    assert work.with_system(node_of("v + 1/3", room))[1] is EXACT
    mixed = work(node_of("sqrt(v) + 1/3", room))
    assert dyadic(mixed[0].mid()) - Fraction(7, 3) < Fraction(1, 10**30)
    assert all(isinstance(element, arb) for element in mixed)


def test_balls_keep_their_digits_whatever_the_global_precision_was():
    assert flint.ctx.prec >= 128
    assert float(certified("exp(a)", a=arb(1)).rad()) < 1e-35


def test_exact_and_certified_arithmetic_gives_no_warnings():
    values = {"v": [Fraction(1, 3), -2, 10**30]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for system in (EXACT, BALL):
            Evaluation(values, (system,))(node_of("v / (v + 1) - v^3", values))
        Evaluation(values)(node_of("exp(v) + exp(-v) + tanh(v)", values))


@pytest.mark.parametrize("system", ["EXACT", "BALL"])
@pytest.mark.parametrize("value", [0.5, np.float64(0.5), "1/2", None])
def test_a_value_that_is_not_exact_is_refused_in_words(system, value):
    with pytest.raises(InexactError):
        evaluate([given("x") + 1], {"x": value}, SYSTEMS[system])
