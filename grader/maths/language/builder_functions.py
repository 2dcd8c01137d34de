"""Functions of the language for whole topics: layer stacks, recurrent nets, initialisation, regression, attention."""

from fractions import Fraction
from functools import partial

from grader.maths.builders import attention, initialisation, recurrent, regression
from grader.maths.errors import ShapeError
from grader.maths.graph import Record, as_node
from grader.maths.language.functions import Name, Raw, function
from grader.maths.ops.indexed import Opaque


def _field(usage, field, sentence):
    """A function that gives one result of a layer or of a whole stack."""

    @function(usage, sentence)
    def _(scope, net: Raw, *, at: Name = None):
        record = _layer(net, at)
        if field not in record.fields:
            raise ShapeError(f"a {record.kind} has no {field.replace('_', ' ')}")
        return as_node(record.fields[field])


def _layer(net, at):
    if not isinstance(net, Record):
        raise ShapeError("this asks for a layer stack or one of its layers, not for a value")
    if at is None:
        return net
    if not isinstance(net.fields.get(at), Record):
        names = ", ".join(name for name, part in net.fields.items() if isinstance(part, Record))
        raise ShapeError(f"there is no layer '{at}'; the layers are {names}")
    return net.fields[at]


_field("size(net, at=)", "size", "the size of the output of a stack or layer: channels, height, width (or features)")
_field("parameters(net, at=)", "parameters", "the number of trainable parameters")
_field("weights(net, at=)", "weights", "the number of weights, biases not counted")
_field("biases(net, at=)", "biases", "the number of biases")
_field("macs(net, at=)", "macs", "the multiply-adds of one forward pass")
_field("flops(net, at=)", "flops", "the floating-point operations of one forward pass (convention flops)")
_field(
    "receptive_field(net, at=)", "receptive_field", "the receptive field of one output: rows, columns; not clipped to the image"
)
_field("jump(net, at=)", "jump", "the product of the strides so far")
_field("statistics(net, at=)", "statistics", "the numbers kept as running mean and variance")


@function("rnn(xs, h0, W, U, b, activation=)", "h_t = f(W h_(t-1) + U x_t + b): results h (h[0] is h_1), pre, h_last")
def _(scope, xs, h0, w, u, b=None, *, activation: Name = "tanh"):
    meaning = scope.names.get(activation)
    if isinstance(meaning, Opaque):
        return recurrent.rnn(xs, h0, w, u, b, activation=partial(meaning.of, scope))
    return recurrent.rnn(xs, h0, w, u, b, activation=activation, at_zero=Fraction(scope.convention("relu_at_zero")))


@function(
    "lstm(xs, h0, c0, W, U, b)",
    "LSTM with W, U, b stacked in the order f, i, o, g: results f, i, o, g, c, h, each a list over time",
)
def _(scope, xs, h0, c0, w, u, b):
    candidate, output = scope.convention("lstm_candidate"), scope.convention("lstm_output")
    return recurrent.lstm(xs, h0, c0, _stacked(recurrent.LSTM_GATES, w, u, b), candidate=candidate, output=output)


@function("gru(xs, h0, W, U, b)", "GRU with W, U, b stacked in the order z, r, n: results z, r, n, h, each a list over time")
def _(scope, xs, h0, w, u, b):
    return recurrent.gru(xs, h0, _stacked(recurrent.GRU_GATES, w, u, b))


def _stacked(gates, w, u, b):
    """The weights of every gate from arrays that hold those of all gates, in that order."""
    return {gate: (w[position], u[position], b[position]) for position, gate in enumerate(gates)}


@function("rnn_parameters(inputs, hidden)", "the weights and biases of a recurrent cell with one bias vector")
def _(scope, inputs, hidden):
    return recurrent.rnn_parameters(inputs, hidden)


@function("lstm_parameters(inputs, hidden)", "the weights and biases of an LSTM cell with one bias vector a gate")
def _(scope, inputs, hidden):
    return recurrent.lstm_parameters(inputs, hidden)


@function("xavier(fan_in, fan_out)", "Xavier initialisation (convention xavier): results variance, std, bound of the uniform law")
def _(scope, fan_in, fan_out=None):
    return initialisation.initial_variance(fan_in, fan_out, scheme="xavier", form=scope.convention("xavier"))


@function("he(fan_in)", "He (Kaiming) initialisation: results variance, std, bound of the uniform law")
def _(scope, fan_in):
    return initialisation.initial_variance(fan_in, None, scheme="he", form="fan_in")


@function("uniform_variance(low, high)", "the variance of the uniform law")
def _(scope, low, high):
    return initialisation.uniform_variance(low, high)


@function("bayesian_regression(X, y, prior, noise)", "columns of X are points: results A, A_inverse, Xy, mean, covariance")
def _(scope, x, y, prior, noise):
    return regression.bayesian_linear_regression(x, y, prior, noise, points="columns")


@function("least_squares(X, y)", "rows of X are points: results XtX, Xty, theta")
def _(scope, x, y):
    return regression.least_squares(x, y)


@function("ridge(X, y, strength)", "least squares with strength |theta|^2 added: results as least_squares")
def _(scope, x, y, strength):
    return regression.ridge(x, y, strength)


@function("attention(Q, K, V)", "scaled dot-product attention: results scores, weights, out")
def _(scope, q, k, v):
    return attention.attention(q, k, v)
