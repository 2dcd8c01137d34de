"""Activation functions and softmax.

The gradients of sigmoid, tanh and softmax refer to their output, a ReLU's mask to its output where that is nonzero, else to its
input: so somebody's own forward values flow into the backward pass as they would on paper.
"""

from fractions import Fraction

from grader.maths.graph import make
from grader.maths.ops.arithmetic import exp, fit, zero_input
from grader.maths.ops.reductions import keep_axes, sum_
from grader.maths.ops.structure import filled
from grader.maths.ops.table import (
    EVERY,
    NO_CORNER,
    NO_GRADIENT,
    TRANSCENDENTAL,
    Sample,
    Slip,
    broadcast,
    define,
    formula,
    operation_forgotten,
    same_shape,
)

X = [["1/2", -1, 2], ["-3/2", "1/4", 3]]


def _active_rule(system, output, x, at_zero):
    """1 where active, 0 where not: by the output, by the input where the output is 0, `at_zero` where both are 0."""
    zero, one = system.array(0), system.array(1)
    at_corner = system.where(system.less(zero, x), one, system.where(system.less(x, zero), zero, system.array(at_zero)))
    by_output = system.where(system.less(zero, output), one, at_corner)
    return system.where(system.less(output, zero), zero, by_output)


active = define(
    "active",
    shape=lambda output, x, at_zero: broadcast(output, x),
    sentence="gives 1 where a unit is active and 0 where it is not; `at_zero` where its input is 0",
    text="active({1})",
    tex=r"\mathbb 1[{1} > 0]",
    rule=_active_rule,
    vjp=NO_GRADIENT,
    aligned=True,
    corner=lambda node: make("equal", node.inputs[1], 0),
    slips=(
        Slip("activation-mask-dropped", lambda node: filled(node.shape, 1), "the derivative of the activation is left out"),
        Slip("activation-mask-reversed", lambda node: 1 - node, "the activation's derivative is 1 on the wrong side"),
    ),
    samples=(Sample((X, X), {"at_zero": Fraction(0)}),),
)


def _activation(name, sentence, text, tex, rule, vjp, slips, systems=EVERY, corner=NO_CORNER, samples=None, shape=same_shape):
    return define(
        name,
        shape=shape,
        sentence=sentence,
        text=text,
        tex=tex,
        rule=rule,
        vjp=vjp,
        aligned=True,
        systems=systems,
        slips=(Slip("activation-forgotten", operation_forgotten(), "the activation function is missing"), *slips),
        samples=samples or (Sample((X,)),),
        corner=corner,
    )


def _relu_vjp(node, g):
    return (g * active(node, node.inputs[0], at_zero=node.settings["at_zero"]),)


_relu = _activation(
    "relu",
    "sets negative entries to 0",
    "relu({0})",
    r"\operatorname{{ReLU}}({0})",
    lambda system, x, at_zero: system.maximum(x, system.array(0)),
    _relu_vjp,
    (),
    corner=zero_input,
    samples=(Sample((X,), {"at_zero": Fraction(0)}),),
)


def relu(x, at_zero=0):
    """max(x, 0), with the derivative `at_zero` where x = 0."""
    return _relu(x, at_zero=Fraction(at_zero))


def _leaky_rule(system, x, slope, at_zero):
    return system.where(system.less(system.array(0), x), x, slope * x)


def _leaky_vjp(node, g):
    x, slope = node.inputs
    mask = active(node, x, at_zero=node.settings["at_zero"])
    return fit(g * (mask + (1 - mask) * slope), x.shape), fit(g * (1 - mask) * x, slope.shape)


_leaky = _activation(
    "leaky_relu",
    "multiplies negative entries by the slope",
    "leaky_relu({0}, {1})",
    r"\operatorname{{LeakyReLU}}({0})",
    _leaky_rule,
    _leaky_vjp,
    (Slip("relu-for-leaky-relu", lambda node: relu(node.inputs[0], node.settings["at_zero"]), "a plain ReLU is used"),),
    corner=zero_input,
    shape=lambda x, slope, at_zero: broadcast(x, slope),
    samples=(Sample((X, "1/4"), {"at_zero": Fraction(0)}),),
)


def leaky_relu(x, slope=Fraction(1, 100), at_zero=0):
    """x where x > 0, else slope x; at 0 the derivative is slope + at_zero (1 - slope)."""
    return _leaky(x, slope, at_zero=Fraction(at_zero))


def _elu_rule(system, x, alpha):
    zero = system.array(0)
    below = alpha * (system.exp(system.minimum(x, zero)) - system.array(1))
    return system.where(system.less(zero, x), x, below)


def _elu_vjp(node, g):
    x, alpha = node.inputs
    mask = active(node, x, at_zero=Fraction(0))
    falling = 1 - mask
    return fit(g * (mask + falling * (node + alpha)), x.shape), fit(g * falling * (exp(x) - 1), alpha.shape)


elu = _activation(
    "elu",
    "replaces negative entries by alpha (exp(x) - 1)",
    "elu({0}, {1})",
    r"\operatorname{{ELU}}({0})",
    _elu_rule,
    _elu_vjp,
    (Slip("relu-for-elu", lambda node: relu(node.inputs[0]), "a plain ReLU is used"),),
    systems=TRANSCENDENTAL,
    corner=zero_input,
    shape=broadcast,
    samples=(Sample((X, "3/4")),),
)
sigmoid_backward = formula(
    "sigmoid_backward",
    lambda upstream, output: upstream * output * (1 - output),
    "passes a gradient back through the sigmoid: times s (1 - s)",
    (
        ("activation-derivative-forgotten", lambda upstream, output: upstream, "the derivative of the sigmoid is missing"),
        (
            "upstream-gradient-forgotten",
            lambda upstream, output: output * (1 - output),
            "the derivative of the sigmoid is not multiplied with the gradient that comes from behind it",
        ),
        (
            "one-minus-forgotten",
            lambda upstream, output: upstream * output,
            "the factor 1 - s of the sigmoid's derivative is missing",
        ),
        (
            "square-for-one-minus",
            lambda upstream, output: upstream * (1 - output * output),
            "the derivative of tanh is used for that of the sigmoid",
        ),
    ),
    (Sample((X, [["1/2", "1/4", "1/3"], ["3/4", "2/5", "1/8"]])),),
)
tanh_backward = formula(
    "tanh_backward",
    lambda upstream, output: upstream * (1 - output * output),
    "passes a gradient back through tanh: times 1 - tanh^2",
    (
        ("activation-derivative-forgotten", lambda upstream, output: upstream, "the derivative of tanh is missing"),
        (
            "upstream-gradient-forgotten",
            lambda upstream, output: 1 - output * output,
            "the derivative of tanh is not multiplied with the gradient that comes from behind it",
        ),
        ("square-forgotten", lambda upstream, output: upstream * (1 - output), "the square in 1 - tanh^2 is missing"),
        ("one-minus-forgotten", lambda upstream, output: upstream * output * output, "tanh^2 is taken for 1 - tanh^2"),
    ),
    (Sample((X, [["1/2", "1/4", "1/3"], ["3/4", "2/5", "1/8"]])),),
)
sigmoid = _activation(
    "sigmoid",
    "applies the logistic function 1 / (1 + exp(-x))",
    "sigmoid({0})",
    r"\sigma({0})",
    lambda system, x: system.sigmoid(x),
    lambda node, g: (sigmoid_backward(g, node),),
    (Slip("tanh-for-sigmoid", lambda node: tanh(node.inputs[0]), "tanh is used instead of the sigmoid"),),
    systems=TRANSCENDENTAL,
)
tanh = _activation(
    "tanh",
    "applies the hyperbolic tangent",
    "tanh({0})",
    r"\tanh({0})",
    lambda system, x: system.tanh(x),
    lambda node, g: (tanh_backward(g, node),),
    (Slip("sigmoid-for-tanh", lambda node: sigmoid(node.inputs[0]), "the sigmoid is used instead of tanh"),),
    systems=TRANSCENDENTAL,
)
softplus = _activation(
    "softplus",
    "applies log(1 + exp(x))",
    "softplus({0})",
    r"\operatorname{{softplus}}({0})",
    lambda system, x: system.softplus(x),
    lambda node, g: (g * sigmoid(node.inputs[0]),),
    (Slip("relu-for-softplus", lambda node: relu(node.inputs[0]), "a ReLU is used instead"),),
    systems=TRANSCENDENTAL,
)


def _shifted(system, x, axis):
    """x less its maximum (any shift near it will do): exponentials stay small, and differences of equal scores exactly 0."""
    if system.name == "FLOAT":
        return x - x.max(axis=axis, keepdims=True)
    if system.name == "SYMBOLIC":
        return x
    return x - x.take([0], axis=axis)


def _softmax_rule(system, x, axis):
    powers = system.exp(_shifted(system, x, axis))
    return system.divide(powers, powers.sum(axis=axis, keepdims=True))


def _softmax_vjp(node, g):
    axes = (node.settings["axis"],)
    return (node * (g - keep_axes(sum_(g * node, axes=axes), g, axes)),)


def _other_axis(node):
    return softmax(node.inputs[0], axis=-3 - node.settings["axis"]) if node.rank == 2 else None


softmax = define(
    "softmax",
    shape=same_shape,
    sentence="turns scores into probabilities exp(s_k) / sum of exp(s_j)",
    text="softmax({0})",
    tex=r"\operatorname{{softmax}}({0})",
    rule=_softmax_rule,
    vjp=_softmax_vjp,
    systems=TRANSCENDENTAL,
    slips=(
        Slip("softmax-not-normalised", lambda node: exp(node.inputs[0]), "the exponentials are not divided by their sum"),
        Slip("softmax-wrong-axis", _other_axis, "the softmax runs over the wrong axis"),
    ),
    samples=(Sample((X,), {"axis": -1}), Sample((X,), {"axis": -2}), Sample(([1, 1],), {"axis": -1})),
)


def _log_softmax_rule(system, x, axis):
    shifted = _shifted(system, x, axis)
    return shifted - system.log(system.exp(shifted).sum(axis=axis, keepdims=True))


def _log_softmax_vjp(node, g):
    axes = (node.settings["axis"],)
    return (g - exp(node) * keep_axes(sum_(g, axes=axes), g, axes),)


def _plain_softmax(node):
    return softmax(node.inputs[0], axis=node.settings["axis"])


log_softmax = define(
    "log_softmax",
    shape=same_shape,
    sentence="takes the logarithm of the softmax",
    text="log_softmax({0})",
    tex=r"\log\operatorname{{softmax}}({0})",
    rule=_log_softmax_rule,
    vjp=_log_softmax_vjp,
    systems=TRANSCENDENTAL,
    slips=(Slip("logarithm-forgotten", _plain_softmax, "the logarithm is missing"),),
    samples=(Sample((X,), {"axis": -1}),),
)
