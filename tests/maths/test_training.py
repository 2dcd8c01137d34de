"""Steps of an optimiser repeated on a loss, in the language: by hand, and against plain loops."""

from fractions import Fraction

import oracles
import pytest
from engine import assert_values, exactly, rationals, said, scope

from grader.bank.load import read_file
from grader.marking.own_tests import run_own_tests
from grader.maths.errors import GraderError
from grader.maths.graph import given

F = Fraction
LR, BETA = F(1, 10), F(9, 10)
LINE = {"X": [[1, 0], [1, 2], [2, -1], [0, 1], [1, 1]], "y": [1, 3, 0, 2, 2], "w": [F(1, 2), 0], "b": F(1, 4)}


def room_of(values, **conventions):
    room = scope(values, **conventions)
    room.names["L"] = room.node("mse(X @ w + b, y)") if "X" in values else room.node("(w - 3)^2")
    return room


def test_steps_by_hand():
    """(w - 3)^2 from w = 1 with rate 1/4: half of the way to 3 is gone in every step."""
    room = room_of({"w": 1})
    room.names["run"] = room.read("sgd(L, w, lr=1/4, steps=3)")
    assert [exactly(room.node(f"run.theta[{k}]"), {"w": 1}) for k in range(3)] == [2, F(5, 2), F(11, 4)]
    assert [exactly(room.node(f"run.g[{k}]"), {"w": 1}) for k in range(3)] == [-4, -2, -1]
    assert exactly(room.node("run.theta_last"), {"w": 1}) == exactly(room.node("run"), {"w": 1}) == F(11, 4)


def test_momentum_by_hand():
    """w = 1, rate 1/4, beta 1/2: v = 1, then 1/2 - (2 - 3) / 2 = 1; w = 2, then 3."""
    room = room_of({"w": 1})
    room.names["run"] = room.read("momentum(L, w, lr=1/4, beta=1/2, steps=2)")
    assert [exactly(room.node(f"run.v[{k}]"), {"w": 1}) for k in range(2)] == [1, 1]
    assert [exactly(room.node(f"run.theta[{k}]"), {"w": 1}) for k in range(2)] == [2, 3]
    accumulated = room_of({"w": 1}, momentum_form="accumulate")  # v = -4, then -2 - 2 = -4
    assert exactly(accumulated.node("momentum(L, w, lr=1/4, beta=1/2, steps=2).theta_last"), {"w": 1}) == 3


def test_adam_by_hand():
    """Without epsilon the first step of Adam is as long as the rate."""
    room = room_of({"w": 1})
    assert exactly(room.node("adam(L, w, lr=1/4, epsilon=0, steps=1)"), {"w": 1}) == F(5, 4)


def test_rows_by_hand():
    """L = (w x - y)^2 with rows (1, 1), (2, 0), w = 0, rate 1/4: w = 1/2, then 1/2 - (2 * 1 * 2) / 4 = -1/2."""
    room = scope({"x": [1, 2], "y": [1, 0], "w": 0})
    room.names["L"] = room.node("mse(w * x, y)")
    room.names["run"] = room.read("sgd(L, w, lr=1/4, over=rows(x, y))")
    assert [exactly(room.node(f"run.theta[{k}]"), room.values) for k in range(2)] == [F(1, 2), -F(1, 2)]
    assert exactly(room.node("sgd(L, w, lr=1/4, over=rows(x, y), steps=1)"), room.values) == F(1, 2)
    assert exactly(room.node("sgd(L, w, lr=1/4, over=rows(x, y), batch=2)"), room.values) == F(1, 4)  # mean of -2 and 0


@pytest.mark.parametrize(("batch", "epochs"), [(1, 1), (1, 2), (2, 2), (3, 1), (5, 3)])
def test_two_parameters_over_batches_against_loops(batch, epochs):
    def step(parameters, slope, number):
        return oracles.sgd(parameters, slope, LR)["theta"]

    room = room_of(LINE)
    run = room.names["run"] = room.read(f"sgd(L, (w, b), lr=0.1, over=rows(X, y), batch={batch}, epochs={epochs})")
    expected = oracles.train_linear(LINE["X"], LINE["y"], LINE["w"], LINE["b"], step, epochs, batch)
    assert len(run.fields["w"]) == len(expected)
    for k, (w, b) in enumerate(expected):
        assert_values(LINE, (room.node(f"run.w[{k}]"), w), (room.node(f"run.b[{k}]"), b))
    by_w, by_b = oracles.linear_gradients(LINE["X"][:batch], LINE["y"][:batch], LINE["w"], LINE["b"])
    assert_values(LINE, (room.node("run.g.w[0]"), by_w), (room.node("run.g.b[0]"), by_b))


@pytest.mark.parametrize("name", ["momentum", "rmsprop", "adam", "adagrad"])
def test_other_optimisers_of_two_parameters_against_loops(name):
    kept = {"velocity": [0] * 3, "squares": [0] * 3, "m": [0] * 3, "v": [0] * 3}

    def step(parameters, slope, number):
        if name == "momentum":
            found = oracles.momentum(parameters, kept["velocity"], slope, LR, BETA)
        elif name == "rmsprop":
            found = oracles.rmsprop(parameters, kept["squares"], slope, LR, BETA, F(1, 10**8))
        elif name == "adagrad":
            found = oracles.adagrad(parameters, kept["squares"], slope, LR, F(1, 10**8))
        else:
            found = oracles.adam(parameters, kept["m"], kept["v"], slope, number, LR, BETA, F(99, 100), F(1, 10**8))
        kept.update({key: value for key, value in found.items() if key != "theta"})
        return found["theta"]

    settings = {"momentum": ", beta=0.9", "rmsprop": ", beta=0.9", "adam": ", beta1=0.9, beta2=0.99", "adagrad": ""}[name]
    room = room_of(LINE)
    room.names["run"] = room.read(f"{name}(L, (w, b), lr=0.1{settings}, over=rows(X, y), batch=2)")
    expected = oracles.train_linear(LINE["X"], LINE["y"], LINE["w"], LINE["b"], step, 1, 2)
    pairs = [(room.node(f"run.w[{k}]"), w) for k, (w, _) in enumerate(expected)]
    assert_values(LINE, *pairs, (room.node("run.b[-1]"), expected[-1][1]), exact=name == "momentum")


def test_one_parameter_of_several_stays():
    values = LINE | {"b": F(1, 3)}
    room = room_of(values)
    (by_w, _) = oracles.linear_gradients(values["X"], values["y"], values["w"], values["b"])
    moved = oracles.sgd(values["w"], by_w, LR)["theta"]
    assert exactly(room.node("sgd(L, w, lr=0.1, steps=1)"), values) == moved


def test_gradients_go_through_the_steps():
    """w after two steps on (w - 3)^2 is 3 + (1 - 2 lr)^2 (w - 3), so its derivative by lr is -4 (1 - 2 lr) (w - 3)."""
    values = {"w": 1, "lr": F(1, 4)}
    room = scope(values)
    room.names["run"] = room.read("sgd((w - 3)^2, w, lr=lr, steps=2)")
    assert exactly(room.node("grad(run.theta_last, lr)"), values) == 4
    assert exactly(room.node("grad(run.theta_last, w)"), values) == F(1, 4)


def test_a_single_step_is_as_it_was():
    values = {name: rationals(name, 3) for name in ("theta", "g", "v")}
    expected = oracles.momentum(values["theta"], values["v"], values["g"], LR, BETA)
    assert said("momentum(theta, g, v, 0.1, 0.9).v", values) == expected["velocity"]
    assert said("sgd(theta, g, 0.1)", values) == oracles.sgd(values["theta"], values["g"], LR)["theta"]
    assert said("adam(1, 2, 0, 0, 1, 0.1, epsilon=0)") == F(9, 10)


def test_where_the_small_number_stands_is_a_convention():
    """Squares of 2 and 2 beside them: the root of 4 inside; without it, the root of 4 from 3 and 1."""
    assert said("rmsprop(1, 1, 3, 0.1, 1/2, epsilon=2)", adam_epsilon="inside") == F(19, 20)
    assert said("adagrad(1, 1, 1, 0.1, epsilon=2)", adam_epsilon="inside") == F(19, 20)
    assert said("adagrad(1, 1, 3, 0.1, epsilon=2)") == F(39, 40)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sgd(L, w, lr=0.1)", "need steps= or over="),
        ("sgd(L, w, steps=2)", "need lr="),
        ("momentum(L, w, steps=2)", "need lr= and beta="),
        ("sgd(L, w, lr=0.1, steps=0)", "at least 1"),
        ("sgd(L, w, lr=0.1, steps=2, epochs=2)", "are for steps over"),
        ("sgd(L, w, lr=0.1, over=rows(X, y), steps=2, epochs=2)", "not both"),
        ("sgd(L, w, lr=0.1, over=X)", r"written as rows\(X, y\)"),
        ("sgd(L, w, lr=0.1, over=rows())", "no rows"),
        ("sgd(L, w, lr=0.1, over=rows(w))", "not the same|for some of the rows"),
        ("sgd(L, w, lr=0.1, over=rows(X, y, w))", "same number of rows"),
        ("sgd(L, w, lr=0.1, over=rows(X, b))", "same number of rows"),
        ("sgd(L, w, lr=0.1, over=rows(X))", "for some of the rows only"),
        ("sgd(L, w, lr=0.1, over=rows(X, y), batch=6)", "1 to 5"),
        ("sgd(L, w, lr=0.1, over=rows(u))", "does not depend on the data"),
        ("sgd(L, u, lr=0.1, steps=1)", "does not depend on the parameter"),
        ("sgd(L, (w, u), lr=0.1, steps=1)", "does not depend on the parameter"),
        ("sgd(L, (w, b + 1), lr=0.1, steps=1)", "are names"),
        ("sgd(L, (), lr=0.1, steps=1)", "no parameter"),
        ("sgd(X, w, lr=0.1, steps=1)", "a loss is a number"),
        ("sgd(L, w, lr=0.1, steps=100000)", "more than 20,000 operations"),
        ("sgd(L, w, 0.1, steps=3)", "'steps' is a setting of several steps"),
        ("sgd(L)", "a single step has 3 values"),
        ("adam(L, w, b)", "6 to 8 values"),
        ("nesterov(L, (w, b), lr=0.1, beta=0.9, steps=1)", "one parameter only"),
    ],
)
def test_what_cannot_be_stepped_is_refused(text, words):
    room = room_of(LINE)
    room.names["u"] = given("u", (5,))
    with pytest.raises(GraderError, match=words):
        exactly(room.node(text), LINE)


PROBLEM = """
title: Two epochs
topics: [optimizer]
text: SGD goes through the rows of $X$ twice.
given: {X: "[[1], [2]]", y: "[1, 0]", w: "[0]", lr: 1/4}
let:
  L: mse(X @ w, y)
  run: sgd(L, w, lr=lr, over=rows(X, y), epochs=2)
parts:
- {id: a, text: Give $w$ after the first row., answer: "run.theta[0]", marks: 1}
- {id: b, text: Give $w$ at the end., answer: run.theta_last, marks: 1}
tests:
- expect: {a: "[1/2]", b: "[-1/4]"}
- {respond: {a: "0.5", b: "-0.25"}, marks: 2}
"""


def test_a_problem_with_epochs_is_sound(tmp_path):
    """1/2; 1/2 - 4 * (1/2) * 2 / 4 = -1/2; -1/2 + 2 * (3/2) / 4 = 1/4; 1/4 - 2 * (1/2) * 2 / 4 = -1/4."""
    path = tmp_path / "epochs.yaml"
    path.write_text(PROBLEM, encoding="utf-8")
    assert run_own_tests(read_file(path)) == []
