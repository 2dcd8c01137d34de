"""Recurrent nets unrolled over time. Backpropagation through time needs nothing more: it is the gradient of the unrolled graph.

States and inputs are column vectors: W (H x H) acts on the state, U (H x D) on the input, b is H; W, U, b and states may also be
numbers. `xs` holds one input per time step: T x D, or T numbers. In every record a tuple's entry [0] belongs to t = 1.
"""

from grader.maths.builders.counting import chosen
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.graph import Record, as_node
from grader.maths.ops.counts import cell_parameters
from grader.maths.ops.neural import leaky_relu, relu, sigmoid, softplus, tanh
from grader.maths.ops.recurrence import (
    cell_state,
    gated_output,
    gated_recurrent_input,
    recurrent_input,
    reset_state,
    updated_state,
)
from grader.maths.ops.structure import index

ACTIVATIONS = {
    "tanh": lambda x, at_zero: tanh(x),
    "sigmoid": lambda x, at_zero: sigmoid(x),
    "relu": lambda x, at_zero: relu(x, at_zero=at_zero),
    "leaky_relu": lambda x, at_zero: leaky_relu(x, at_zero=at_zero),
    "softplus": lambda x, at_zero: softplus(x),
    "identity": lambda x, at_zero: x,
    "linear": lambda x, at_zero: x,
}
LSTM_GATES = ("f", "i", "o", "g")
GRU_GATES = ("z", "r", "n")


def activate(activation, x, at_zero=0):
    """The activation function, a word or a function of a node, applied to a node."""
    return activation(x) if callable(activation) else chosen(activation, ACTIVATIONS, "an activation")(x, at_zero)


def time_steps(xs):
    """The inputs of the time steps, as a list; a tuple or list of nodes is taken as it is."""
    if isinstance(xs, (tuple, list)) and any(not isinstance(x, (int, tuple, list)) for x in xs):
        return [as_node(x) for x in xs]
    xs = as_node(xs)
    if xs.rank == 0 or xs.shape[0] == 0:
        raise ShapeError("a recurrent net needs a list of inputs, one for each time step")
    return [index(xs, (t,)) for t in range(xs.shape[0])]


def _parts(W, U, b=None):
    return as_node(W), as_node(U), None if b is None else as_node(b)


def _affine(weights, h, x, earlier):
    """W h + U x + b, or without b; raises ShapeError where it has not the state's shape. `earlier`: the state before h."""
    W, U, b = weights
    result = recurrent_input(W, h, U, x, earlier, *(() if b is None else (b,)))
    if result.shape != h.shape:
        raise ShapeError("W h + U x + b has not the shape of the state h")
    return result


def rnn(xs, h0, W, U, b=None, *, activation="tanh", at_zero=0):
    """The states h_t = f(W h_(t-1) + U x_t + b) of a plain (Elman) recurrent net.

    activation: tanh, sigmoid, relu, leaky_relu, softplus, identity, or a function of a node; at_zero: the ReLU's derivative at 0.
    Record("rnn", main h_last): tuples pre (before the activation) and h over time, h_last.
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), equations 10.8 and 10.9.
    """
    weights, h = _parts(W, U, b), as_node(h0)
    pre, states, earlier = [], [], h
    for x in time_steps(xs):
        pre.append(_affine(weights, h, x, earlier))
        earlier, h = h, activate(activation, pre[-1], at_zero)
        states.append(h)
    return Record.of("rnn", main="h_last", pre=tuple(pre), h=tuple(states), h_last=h)


def _gates(gates, names, what):
    if sorted(gates) != sorted(names):
        raise LanguageError(f"the gates of {what} are {', '.join(names)}, not {', '.join(map(str, gates))}")
    return {name: _parts(*gates[name]) for name in names}


def _unrolled(kind, steps, **last):
    """A record with every field of the time steps as a tuple."""
    return Record.of(kind, main="h_last", **{name: tuple(step[name] for step in steps) for name in steps[0]}, **last)


def lstm(xs, h0, c0, gates, *, candidate="tanh", output="tanh"):
    """A long short-term memory without peepholes.

    f, i, o = sigmoid(W h_(t-1) + U x_t + b), g = candidate(the same), c_t = f c_(t-1) + i g, h_t = o output(c_t), entry by entry.
    gates: f (forget), i (input), o (output), g (candidate) -> (W, U, b) or (W, U). candidate, output: activations.
    Record("lstm", main h_last): tuples f_pre, i_pre, o_pre, g_pre, f, i, o, g, c, h over time; h_last, c_last.
    Sources: Hochreiter and Schmidhuber (1997), Gers et al. (2000).
    """
    gates, h, c, steps = _gates(gates, LSTM_GATES, "an LSTM"), as_node(h0), as_node(c0), []
    earlier = h
    for x in time_steps(xs):
        pre = {name: _affine(gates[name], h, x, earlier) for name in LSTM_GATES}
        f, i, o = (sigmoid(pre[name]) for name in "fio")
        g = activate(candidate, pre["g"])
        c = cell_state(f, c, i, g)
        earlier, h = h, gated_output(o, activate(output, c), c)
        steps.append({f"{name}_pre": node for name, node in pre.items()} | {"f": f, "i": i, "o": o, "g": g, "c": c, "h": h})
    return _unrolled("lstm", steps, h_last=h, c_last=c)


def gru(xs, h0, gates, *, candidate="tanh", update="keeps", reset="before"):
    """A gated recurrent unit: z, r = sigmoid(W h_(t-1) + U x_t + b) and a candidate n.

    update "keeps": h_t = z h_(t-1) + (1 - z) n (Cho et al. 2014, PyTorch); "replaces": h_t = (1 - z) h_(t-1) + z n (Chung et
    al. 2014).
    reset "before": n = candidate(W (r h_(t-1)) + U x_t + b) (Cho et al.); "after": n = candidate(r (W h_(t-1)) + U x_t + b).
    gates: z (update), r (reset), n (candidate) -> (W, U, b) or (W, U).
    Record("gru", main h_last): tuples z_pre, r_pre, n_pre, z, r, n, h over time; h_last.
    """
    kept = chosen(update, {"keeps": True, "replaces": False}, "the update of a GRU")
    first = chosen(reset, {"before": True, "after": False}, "the reset of a GRU")
    gates, h, steps = _gates(gates, GRU_GATES, "a GRU"), as_node(h0), []
    earlier = h
    for x in time_steps(xs):
        z_pre, r_pre = (_affine(gates[name], h, x, earlier) for name in "zr")
        z, r = sigmoid(z_pre), sigmoid(r_pre)
        n_pre = _reset_before(gates["n"], r, h, x, earlier) if first else _reset_after(gates["n"], r, h, x)
        n = activate(candidate, n_pre)
        earlier, h = h, updated_state(z, h, n, kept=kept)
        steps.append({"z_pre": z_pre, "r_pre": r_pre, "n_pre": n_pre, "z": z, "r": r, "n": n, "h": h})
    return _unrolled("gru", steps, h_last=h)


def _reset_before(weights, r, h, x, earlier):
    return _affine(weights, reset_state(r, h), x, reset_state(r, earlier))


def _reset_after(weights, r, h, x):
    W, U, b = weights
    return gated_recurrent_input(W, h, U, x, r, *(() if b is None else (b,)))


def rnn_parameters(inputs, hidden, *, biases=1):
    """hidden^2 + inputs hidden + biases hidden; `biases` is how many bias vectors a layer has (PyTorch: 2)."""
    return cell_parameters(inputs, hidden, biases, cells=1)


def lstm_parameters(inputs, hidden, *, biases=1):
    """Four times those of a plain recurrent layer."""
    return cell_parameters(inputs, hidden, biases, cells=4)


def gru_parameters(inputs, hidden, *, biases=1):
    """Three times those of a plain recurrent layer."""
    return cell_parameters(inputs, hidden, biases, cells=3)
