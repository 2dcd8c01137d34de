"""Unrolled recurrent nets against plain loops, forward and back through time."""

import math
from fractions import Fraction

import oracles
import pytest
from engine import assert_values, exactly, givens, in_floats, rationals

from grader.maths.builders.recurrent import gru, gru_parameters, lstm, lstm_parameters, rnn, rnn_parameters
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.evaluate import Evaluation
from grader.maths.gradient import gradient
from grader.maths.graph import given
from grader.maths.ops.reductions import over, sum_
from grader.maths.ops.structure import stack

F = Fraction
SIZES = [(1, 1, 1), (3, 2, 3), (4, 3, 2)]  # time steps, inputs, hidden units
ACTIVATIONS = {
    "identity": (lambda x: x, lambda x: 1),
    "relu": (oracles.relu, oracles.relu_derivative),
    "tanh": (oracles.tanh, oracles.tanh_derivative),
    "sigmoid": (oracles.sigmoid, oracles.sigmoid_derivative),
}


def weights(seed, inputs, hidden):
    return {name: rationals(f"{seed}{name}", *shape, low=-1, high=1)
            for name, shape in (("W", (hidden, hidden)), ("U", (hidden, inputs)), ("b", (hidden,)))}  # fmt: skip


def weighted(states, upstream):
    """The loss whose gradient with respect to the states is `upstream`."""
    return over(sum_, stack(states) * upstream)


def over_time(steps, name):
    return [step[name] for step in steps]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("steps", "inputs", "hidden"), SIZES)
def test_rnn_and_its_gradients(activation, steps, inputs, hidden):
    values = weights("rnn", inputs, hidden)
    values |= {"xs": rationals("xs", steps, inputs), "h0": rationals("h0", hidden), "up": rationals("up", steps, hidden)}
    nodes = givens(values)
    net = rnn(*(nodes[name] for name in ("xs", "h0", "W", "U", "b")), activation=activation)
    function, slope = ACTIVATIONS[activation]
    arguments = [values[name] for name in ("xs", "h0", "W", "U", "b")]
    forward = oracles.rnn_forward(*arguments, function)
    backward = oracles.rnn_backward(*arguments, function, slope, values["up"])
    loss = weighted(net.fields["h"], nodes["up"])
    assert_values(
        values,
        (stack(net.fields["h"]), over_time(forward, "h")),
        (stack(net.fields["pre"]), over_time(forward, "pre")),
        (net.fields["h_last"], forward[-1]["h"]),
        *((gradient(loss, nodes[name]), backward[name]) for name in ("W", "U", "b", "h0", "xs")),
    )


def test_rnn_of_numbers():
    """h_t = w h_(t-1) + u x_t with w = 1/2, u = 2, x = 1, 3, -1, by hand."""
    w, u = given("w"), given("u")
    net = rnn([1, 3, -1], 0, w, u, activation="identity")
    values = {"w": F(1, 2), "u": F(2)}
    assert [exactly(h, values) for h in net.fields["h"]] == [2, 7, F(3, 2)]
    assert exactly(gradient(net.fields["h_last"], w), values) == 7 + F(1, 2) * 2  # h_2 + w h_1
    assert exactly(gradient(net.fields["h_last"], u), values) == -1 + F(3, 2) + F(1, 4)


def test_rnn_with_inputs_as_numbers_and_as_separate_nodes():
    xs, W, U, h0 = given("xs", (2,)), given("W", (2, 2)), given("U", (2,)), given("h0", (2,))
    values = {"xs": [3, -1], "W": [[1, 2], [0, 1]], "U": [1, 2], "h0": [1, 1]}
    assert exactly(rnn(xs, h0, W, U, activation="identity").fields["h_last"], values) == [19, 5]  # h_1 = [6, 7]
    assert rnn((xs[0], xs[1]), h0, W, U).fields["h_last"] is rnn(xs, h0, W, U).fields["h_last"]


def test_the_derivative_of_relu_at_zero():
    w = given("w")
    for at_zero in (0, 1, F(1, 2)):
        net = rnn([1], 3, w, 0, activation="relu", at_zero=at_zero)
        assert exactly(gradient(net.fields["h_last"], w), {"w": 0}) == 3 * at_zero


def test_somebodys_own_state_flows_on_and_back():
    xs, w = given("xs", (3,)), given("w")
    net = rnn(xs, 0, w, 1, activation="relu")
    work = Evaluation({"xs": [1, 1, 1], "w": 2}, override={net.fields["h"][0]: 5})
    assert [int(work(h)[()].p) for h in net.fields["h"]] == [5, 11, 23]
    assert int(work(gradient(net.fields["h_last"], w))[()].p) == 11 + 2 * 5 + 4 * 0


@pytest.mark.parametrize(("steps", "inputs", "hidden"), SIZES)
def test_lstm_and_its_gradients(steps, inputs, hidden):
    gates = {gate: weights(gate, inputs, hidden) for gate in "fiog"}
    values = {f"{gate}{name}": value for gate, parts in gates.items() for name, value in parts.items()}
    values |= {"xs": rationals("xs", steps, inputs, low=-1, high=1), "up": rationals("up", steps, hidden)}
    values |= {"h0": rationals("h0", hidden, low=-1, high=1), "c0": rationals("c0", hidden)}
    nodes = givens(values)
    net = lstm(nodes["xs"], nodes["h0"], nodes["c0"], {gate: tuple(nodes[gate + part] for part in "WUb") for gate in "fiog"})
    plain = {gate: tuple(parts.values()) for gate, parts in gates.items()}
    forward = oracles.lstm_forward(values["xs"], values["h0"], values["c0"], plain)
    backward = oracles.lstm_backward(values["xs"], values["h0"], values["c0"], plain, values["up"])
    loss = weighted(net.fields["h"], nodes["up"])
    pairs = [(stack(net.fields[name]), over_time(forward, name)) for name in ("f", "i", "o", "g", "c", "h")]
    pairs += [(net.fields["h_last"], forward[-1]["h"]), (net.fields["c_last"], forward[-1]["c"])]
    pairs += [(gradient(loss, nodes[name]), backward[name]) for name in ("h0", "c0", "xs")]
    for gate in "fiog":
        for part, expected in zip("WUb", backward["gates"][gate], strict=True):
            pairs.append((gradient(loss, nodes[gate + part]), expected))
    assert_values(values, *pairs, tolerance=1e-11, exact=False)


def test_lstm_conventions_by_hand():
    """All weights 0: f = i = o = 1/2. c = c0 / 2 + g / 2 with g the candidate's activation of its bias."""
    gates = dict.fromkeys("fio", (0, 0)) | {"g": (0, 0, 1)}
    plain = lstm([7], 0, 3, gates, candidate="linear", output="identity")
    assert [exactly(plain.fields[name][0]) for name in ("f", "c", "h", "g_pre")] == [F(1, 2), 2, 1, 1]
    squashed = lstm([7], 0, 3, gates, candidate="sigmoid", output="tanh")
    c = 1.5 + 0.5 / (1 + math.exp(-1))
    assert math.isclose(in_floats(squashed.fields["h_last"]), 0.5 * math.tanh(c), rel_tol=1e-14)


def plain_gru(xs, h, gates, kept, first):
    """Cho et al. 2014, unit by unit, for the settings update and reset."""
    states = []
    for x in xs:

        def affine(name, state, x=x):
            W, U, b = gates[name]
            return [sum(w * s for w, s in zip(W[k], state, strict=True)) + sum(u * s for u, s in zip(U[k], x, strict=True)) + b[k]
                    for k in range(len(b))]  # fmt: skip

        z, r = ([oracles.sigmoid(value) for value in affine(name, h)] for name in "zr")
        if first:
            pre = affine("n", [a * b for a, b in zip(r, h, strict=True)])
        else:
            inner = oracles.matrix_vector(gates["n"][0], h)
            outer = affine("n", [0] * len(h))
            pre = [a * b + c for a, b, c in zip(r, inner, outer, strict=True)]
        n = [math.tanh(value) for value in pre]
        h = [(a * b + (1 - a) * c) if kept else (1 - a) * b + a * c for a, b, c in zip(z, h, n, strict=True)]
        states.append(h)
    return states


@pytest.mark.parametrize("update", ["keeps", "replaces"])
@pytest.mark.parametrize("reset", ["before", "after"])
def test_gru(update, reset):
    gates = {gate: weights(gate, 2, 3) for gate in "zrn"}
    values = {f"{gate}{name}": value for gate, parts in gates.items() for name, value in parts.items()}
    values |= {"xs": rationals("xs", 3, 2), "h0": rationals("h0", 3)}
    nodes = givens(values)
    weights_of = {gate: tuple(nodes[gate + part] for part in "WUb") for gate in "zrn"}
    net = gru(nodes["xs"], nodes["h0"], weights_of, update=update, reset=reset)
    plain = {gate: tuple(parts.values()) for gate, parts in gates.items()}
    expected = plain_gru(values["xs"], values["h0"], plain, update == "keeps", reset == "before")
    assert_values(values, (stack(net.fields["h"]), expected), exact=False)


def test_parameters():
    """Counts of Keras' and PyTorch's layers for 10 inputs and 20 units."""
    inputs, hidden = given("inputs"), given("hidden")
    values = {"inputs": 10, "hidden": 20}
    assert exactly(rnn_parameters(inputs, hidden), values) == oracles.mlp_parameter_count([30, 20]) == 620
    assert exactly(lstm_parameters(inputs, hidden), values) == 2480
    assert exactly(lstm_parameters(inputs, hidden, biases=2), values) == 2560
    assert exactly(gru_parameters(inputs, hidden, biases=0), values) == 1800


def test_faults_are_said_in_words():
    with pytest.raises(ShapeError, match="does not fit"):
        rnn(given("xs", (2, 3)), given("h0", (2,)), given("W", (2, 2)), given("U", (2, 2)))
    with pytest.raises(ShapeError, match="one for each time step"):
        rnn(3, 0, 1, 1)
    with pytest.raises(ShapeError, match="not the shape of the state"):
        rnn(given("xs", (2,)), 0, 1, given("U", (2,)))
    with pytest.raises(LanguageError, match="an activation is one of .*did you mean 'tanh'"):
        rnn([1], 0, 1, 1, activation="tanhh")
    with pytest.raises(LanguageError, match="the gates of an LSTM are f, i, o, g"):
        lstm([1], 0, 0, {"f": (1, 1)})
