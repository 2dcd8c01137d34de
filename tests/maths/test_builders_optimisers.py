"""Optimiser steps against plain loops, by hand, and repeated on a loss."""

from fractions import Fraction

import oracles
import pytest
from engine import assert_values, exactly, givens, in_floats, nested, rationals

from grader.maths.builders.optimisers import OPTIMISERS, adagrad, adam, momentum, nesterov, repeat_steps, rmsprop, sgd
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import given
from grader.maths.ops.arithmetic import exp
from grader.maths.ops.reductions import over, sum_

F = Fraction
LR, BETA, BETA2, EPSILON = F(1, 10), F(9, 10), F(99, 100), F(1, 10**8)
SHAPES = [(), (3,), (2, 2)]


def drawn(shape, *names):
    """theta, g and running values (squares not negative) of that shape: values and nodes."""
    values = {name: rationals(name, *shape, low=0 if name in ("s", "v2") else -4) for name in ("theta", "g", *names)}
    return values, givens(values)


def compare(record, expected, values, **names):
    """`names` maps a field to the oracle's name for it."""
    pairs = [(record.fields[ours], expected[theirs]) for ours, theirs in ({"theta": "theta"} | names).items()]
    assert_values(values, *pairs, exact="sqrt" not in names)


@pytest.mark.parametrize("shape", SHAPES)
def test_sgd_and_momentum(shape):
    values, nodes = drawn(shape, "v")
    theta, g, v = (values[name] for name in ("theta", "g", "v"))
    steps = [nodes[name] for name in ("theta", "g", "v")]
    compare(sgd(nodes["theta"], nodes["g"], LR), oracles.sgd(theta, g, LR), values)
    compare(momentum(*steps, LR, BETA), oracles.momentum(theta, v, g, LR, BETA), values, v="velocity")
    accumulated = momentum(*steps, LR, BETA, form="accumulate")
    compare(accumulated, oracles.momentum_pytorch(theta, v, g, LR, BETA), values, v="velocity")
    scaled = oracles.elementwise(lambda slope: (1 - BETA) * slope, g)
    averaged = momentum(*steps, LR, BETA, form="average")
    compare(averaged, oracles.momentum_pytorch(theta, v, scaled, LR, BETA), values, v="velocity")


def test_nesterov():
    values, nodes = drawn((3,), "v", "a")

    def slope(point):
        return oracles.multiply(values["a"], oracles.multiply(point, point))

    step = nesterov(nodes["theta"], lambda point: nodes["a"] * point * point, nodes["v"], LR, BETA)
    compare(step, oracles.nesterov(values["theta"], values["v"], slope, LR, BETA), values, v="velocity")
    by_value = nesterov(nodes["theta"], nodes["g"], nodes["v"], LR, BETA, form="accumulate")
    expected = oracles.nesterov_pytorch(values["theta"], values["v"], values["g"], LR, BETA)
    compare(by_value, expected, values, v="velocity")


@pytest.mark.parametrize("shape", SHAPES)
def test_scaled_steps(shape):
    values, nodes = drawn(shape, "s", "m", "v2")
    theta, g, s, m, v = (values[name] for name in ("theta", "g", "s", "m", "v2"))
    steps = [nodes[name] for name in ("theta", "g")]
    pairs = []
    for ours, theirs, names in (
        (adagrad(*steps, nodes["s"], LR, EPSILON), oracles.adagrad(theta, s, g, LR, EPSILON), {"s": "squares"}),
        (rmsprop(*steps, nodes["s"], LR, BETA, EPSILON), oracles.rmsprop(theta, s, g, LR, BETA, EPSILON), {"s": "squares"}),
        (
            adam(*steps, nodes["m"], nodes["v2"], 3, LR, BETA, BETA2, EPSILON),
            oracles.adam(theta, m, v, g, 3, LR, BETA, BETA2, EPSILON),
            {name: name for name in ("m", "v", "m_hat", "v_hat")},
        ),
    ):
        pairs += [(ours.fields[mine], theirs[other]) for mine, other in ({"theta": "theta"} | names).items()]
    assert_values(values, *pairs, exact=False)


def test_where_epsilon_stands_by_hand():
    """s = 5 + 2^2 = 9; sqrt(9) + 1 = 4, sqrt(9 + 7) = 4."""
    assert exactly(adagrad(1, 2, 5, 2, 1).fields["theta"]) == 0
    assert exactly(adagrad(1, 2, 5, 2, 7, form="inside").fields["theta"]) == 0
    assert exactly(rmsprop(1, 4, 0, 3, F(3, 4), 0).fields["theta"]) == 1 - F(3 * 4, 2)
    inside = adam(0, 1, 0, 0, 1, 1, F(1, 2), F(1, 2), 3, form="inside")
    assert exactly(inside.fields["theta"]) == -F(1, 2)


def test_the_first_step_of_adam_is_the_learning_rate():
    """m_hat = g, v_hat = g^2 (Kingma and Ba, section 2.1); without correction (1 - beta1) / sqrt(1 - beta2) of it."""
    step = adam(1, -6, 0, 0, 1, LR, BETA, BETA2, 0)
    assert [exactly(step.fields[name]) for name in ("m", "v", "m_hat", "v_hat", "theta")] == [
        F(-6, 10), F(36, 100), -6, 36, F(11, 10),
    ]  # fmt: skip
    plain = adam(1, -6, 0, 0, 1, LR, BETA, F(3, 4), 0, corrected=False)
    assert exactly(plain.fields["theta"]) == 1 + LR * F(1, 10) / F(1, 2)


# -------------------------------------------------------------------------------------------------------- repeated steps


def quadratic():
    """1/2 sum a (theta - 1)^2, with gradient a (theta - 1)."""
    values = {"theta": [F(3), F(-2)], "a": [F(1), F(1, 2)]}
    nodes = givens(values)
    centred = nodes["theta"] - 1
    slope = lambda point: oracles.multiply(values["a"], [entry - 1 for entry in point])  # noqa: E731
    return over(sum_, nodes["a"] * centred * centred) / 2, nodes["theta"], values, slope


def test_repeated_gradient_descent():
    loss, theta, values, slope = quadratic()
    run = repeat_steps(loss, theta, "sgd", 3, lr=LR)
    here = values["theta"]
    for t in range(3):
        assert exactly(run.fields["g"][t], values) == slope(here)
        here = oracles.sgd(here, slope(here), LR)["theta"]
        assert exactly(run.fields["theta"][t], values) == here
    assert exactly(run.fields["theta_last"], values) == here


@pytest.mark.parametrize("form", ["velocity", "accumulate"])
def test_repeated_momentum(form):
    loss, theta, values, slope = quadratic()
    run = repeat_steps(loss, theta, momentum, 4, lr=LR, beta=BETA, form=form)
    oracle = oracles.momentum if form == "velocity" else oracles.momentum_pytorch
    here, v = values["theta"], [0, 0]
    for t in range(4):
        step = oracle(here, v, slope(here), LR, BETA)
        here, v = step["theta"], step["velocity"]
        assert exactly(run.fields["theta"][t], values) == here
        assert exactly(run.fields["v"][t], values) == v


def test_repeated_nesterov_takes_the_gradient_ahead():
    loss, theta, values, slope = quadratic()
    run = repeat_steps(loss, theta, "nesterov", 3, lr=LR, beta=BETA)
    here, v = values["theta"], [0, 0]
    for t in range(3):
        step = oracles.nesterov(here, v, slope, LR, BETA)
        here, v = step["theta"], step["velocity"]
        assert exactly(run.fields["theta"][t], values) == here


def test_repeated_adam_counts_its_steps():
    loss, theta, values, slope = quadratic()
    run = repeat_steps(loss, theta, "adam", 3, lr=LR, beta1=BETA, beta2=BETA2, epsilon=EPSILON)
    here, m, v = values["theta"], [0, 0], [0, 0]
    for t in range(3):
        step = oracles.adam(here, m, v, slope(here), t + 1, LR, BETA, BETA2, EPSILON)
        here, m, v = (step[name] for name in ("theta", "m", "v"))
        for name in ("theta", "m_hat", "v_hat"):
            assert in_floats(run.fields[name][t], values) == pytest.approx([float(entry) for entry in step[name]], rel=1e-12)


@pytest.mark.parametrize(("name", "oracle"), [("adagrad", oracles.adagrad), ("rmsprop", oracles.rmsprop)])
def test_repeated_scaled_steps(name, oracle):
    loss, theta, values, slope = quadratic()
    rest = {"beta": BETA} if name == "rmsprop" else {}
    run = repeat_steps(loss, theta, name, 3, lr=LR, epsilon=EPSILON, **rest)
    here, s = values["theta"], [0, 0]
    for _ in range(3):
        step = oracle(here, s, slope(here), LR, *rest.values(), EPSILON)
        here, s = step["theta"], step["squares"]
    assert_values(values, (run.fields["theta_last"], here), exact=False)


def test_mini_batches_are_taken_in_turn():
    """Losses theta x: each step goes down by x."""
    theta = given("theta")
    run = repeat_steps([theta * 1, theta * 10], theta, "sgd", 3, lr=1)
    assert [exactly(node, {"theta": 100}) for node in run.fields["theta"]] == [99, 89, 88]


def test_a_running_value_may_begin_anywhere():
    theta = given("theta")
    run = repeat_steps(theta * 2, theta, "momentum", 2, lr=1, beta=F(1, 2), v=8)
    assert [exactly(node, {"theta": 0}) for node in run.fields["theta"]] == [2, 1]


def test_a_loss_that_is_not_a_polynomial():
    theta = given("theta")
    run = repeat_steps(exp(theta), theta, "sgd", 2, lr=1)
    first = 0.5 - 2.718281828459045**0.5
    assert in_floats(run.fields["theta_last"], {"theta": 0.5}) == pytest.approx(first - 2.718281828459045**first, rel=1e-12)


def test_somebodys_own_theta_flows_on():
    theta = given("theta")
    run = repeat_steps(theta * theta, theta, "sgd", 3, lr=F(1, 4))
    work = Evaluation({"theta": 8}, override={run.fields["theta"][0]: 6})
    assert [nested(work(node)) for node in run.fields["theta"]] == [6, 3, F(3, 2)]
    assert [nested(work(node)) for node in run.fields["g"]] == [16, 12, 6]


def test_faults_are_said_in_words():
    theta = given("theta", (2,))
    with pytest.raises(ShapeError, match="different shapes"):
        sgd(theta, given("g", (3,)), 1)
    with pytest.raises(LanguageError, match="the form of momentum is one of velocity, accumulate, average"):
        momentum(1, 1, 0, 1, 1, form="velocitie")
    with pytest.raises(LanguageError, match="an optimiser is one of .*did you mean 'adam'"):
        repeat_steps(theta[0], theta, "adamm", 1)
    with pytest.raises(LanguageError, match="at least 1"):
        repeat_steps(theta[0], theta, "sgd", 0, lr=1)
    with pytest.raises(LanguageError, match="sgd needs lr"):
        repeat_steps(theta[0], theta, "sgd", 1)
    with pytest.raises(LanguageError, match="sgd has no setting 'rate'"):
        repeat_steps(theta[0], theta, "sgd", 1, lr=1, rate=1)
    assert list(OPTIMISERS) == ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]
