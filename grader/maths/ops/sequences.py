"""Layer normalisation, and convolution along one axis.

Source: Ba, Kiros, Hinton, Layer normalization (2016), equation 3; Dumoulin, Visin, A guide to convolution arithmetic (2016).
"""

from grader.maths.errors import ShapeError
from grader.maths.graph import constant, show_shape
from grader.maths.ops.arithmetic import sqrt
from grader.maths.ops.convolution import conv2d
from grader.maths.ops.normalisation import BATCH, SCALE, SHIFT, batch_norm, normalise
from grader.maths.ops.reductions import keep_axes, mean, variance
from grader.maths.ops.structure import flip, reshape
from grader.maths.ops.table import TRANSCENDENTAL, Sample, Slip, define


def _layer_shape(x, scale, shift, epsilon, ddof):
    if not x or x[-1] < 2:
        raise ShapeError(f"a layer norm needs two entries at least along the last axis, not {show_shape(x)}")
    for parameter in (scale, shift):
        if parameter not in ((), x[-1:]):
            raise ShapeError(f"the layer norm of {show_shape(x)} needs {x[-1]} numbers, not {show_shape(parameter)}")
    return x


def _statistics(x, ddof):
    return keep_axes(mean(x, axes=(-1,)), x, (-1,)), keep_axes(variance(x, axes=(-1,), ddof=ddof), x, (-1,))


def _layer_norm(x, scale, shift, epsilon, ddof):
    return scale * normalise(x, *_statistics(x, ddof), epsilon) + shift


def _epsilon_outside(node):
    x, scale, shift, epsilon = node.inputs
    centre, spread = _statistics(x, node.settings["ddof"])
    return scale * ((x - centre) / (sqrt(spread) + epsilon)) + shift


def _root_forgotten(node):
    x, scale, shift, epsilon = node.inputs
    centre, spread = _statistics(x, node.settings["ddof"])
    return scale * ((x - centre) / (spread + epsilon)) + shift


def _over_the_batch(node):
    return batch_norm(*node.inputs, **node.settings) if node.rank == 2 and node.shape[0] > 1 else None


def _with(position, value):
    """The rewrite with an input changed."""

    def rewrite(node):
        inputs = list(node.inputs)
        inputs[position] = constant(value)
        return layer_norm(*inputs, **node.settings)

    return rewrite


layer_norm = define(
    "layer_norm",
    shape=_layer_shape,
    sentence="normalises every row to mean 0 and variance 1, then scales and shifts",
    text=None,
    tex=None,
    definition=_layer_norm,
    slips=(
        Slip("scale-forgotten", _with(1, 1), "the scale gamma is missing"),
        Slip("shift-forgotten", _with(2, 0), "the shift beta is missing"),
        Slip("batch-for-layer-norm", _over_the_batch, "the features are normalised over the batch (batch norm), not every row"),
        Slip("root-forgotten", _root_forgotten, "the division is by the variance, not by its root"),
        Slip("epsilon-outside-the-root", _epsilon_outside, "epsilon is added to the root, not to the variance"),
        Slip(
            "variance-divisor",
            lambda node: layer_norm(*node.inputs, ddof=1 - node.settings["ddof"]),
            "the variance is divided by n - 1 instead of n, or the other way round",
        ),
    ),
    systems=TRANSCENDENTAL,
    samples=(
        Sample((BATCH, SCALE, SHIFT, "1/100"), {"ddof": 0}),
        Sample((BATCH, "3/2", 1, "1/100"), {"ddof": 1}),
        Sample(([1, 4, -2], SCALE, SHIFT, "1/100"), {"ddof": 0}),
    ),
)


def _three_axes(x, what):
    if not 1 <= x.rank <= 3:
        raise ShapeError(f"a convolution along one axis needs {what}, not {show_shape(x.shape)}")
    return (1,) * (3 - x.rank) + x.shape


def _convolved(x, kernel, stride, padding, dilation):
    count, channels, length = _three_axes(x, "L, C x L or N x C x L entries")
    filters, depth, width = _three_axes(kernel, "kernels of K, C x K or F x C x K entries")
    out = conv2d(
        reshape(x, (count, channels, 1, length)),
        reshape(kernel, (filters, depth, 1, width)),
        stride=(1, stride),
        padding=(0, padding),
        dilation=(1, dilation),
    )
    shape = (count, filters, out.shape[-1])
    return reshape(out, shape[3 - max(x.rank, 2 if kernel.rank == 3 else 1) :])


def _with_setting(name, value):
    """The rewrite with another setting; None where it is that already."""

    def rewrite(node):
        return None if node.settings[name] == value else conv1d(*node.inputs, **dict(node.settings) | {name: value})

    return rewrite


conv1d = define(
    "conv1d",
    shape=None,
    sentence="slides the kernel along the entries and adds up the products of each window (cross-correlation)",
    text="conv1d({0}, {1})",
    tex=r"{1} \star {0}",
    definition=_convolved,
    slips=(
        Slip(
            "kernel-flipped",
            lambda node: conv1d(node.inputs[0], flip(node.inputs[1], axes=(-1,)), **node.settings),
            "the kernel is reversed (or not reversed where it should be)",
        ),
        Slip("padding-ignored", _with_setting("padding", 0), "the padding is left out"),
        Slip("stride-ignored", _with_setting("stride", 1), "the stride is taken as 1"),
        Slip("dilation-ignored", _with_setting("dilation", 1), "the dilation is taken as 1"),
    ),
    samples=(
        Sample(([1, 2, 0, -1, 3], [1, "1/2", -2]), {"stride": 1, "padding": 1, "dilation": 1}),
        Sample(
            ([[1, 2, 0, -1, 3], [2, 2, 1, 0, "1/2"]], [[[1, -1], [0, 2]], [[3, 1], [1, 1]], [[0, 1], [2, "1/3"]]]),
            {"stride": 2, "padding": 1, "dilation": 2},
        ),
        Sample(([[[1, 2, 0]], [[4, -1, 3]]], [1, 2]), {"stride": 1, "padding": 0, "dilation": 1}),
    ),
)
