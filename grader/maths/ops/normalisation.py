"""Batch normalisation (training and test) and dropout with a given mask, as definitions through simpler operations."""

from grader.maths.errors import ShapeError
from grader.maths.graph import constant, make, show_shape
from grader.maths.ops.arithmetic import sqrt
from grader.maths.ops.reductions import keep_axes, mean, variance
from grader.maths.ops.structure import reshape
from grader.maths.ops.table import TRANSCENDENTAL, Sample, Slip, broadcast, define

BATCH = [[1, 2, -3], ["1/2", 5, 7], [4, -1, 0], [2, 2, 1]]
SCALE, SHIFT = ["3/2", 1, -2], ["1/2", 0, 1]


def feature_axes(shape):
    """The axes a batch norm averages over: the rows of N x D, all but the channels of N x C x H x W, the entries of a vector."""
    if len(shape) == 1:
        return (-1,)
    return (-2,) if len(shape) == 2 else (-4, -2, -1)


def per_channel(parameter, x):
    """A per-feature parameter shaped so that it lines up with `x`."""
    return reshape(parameter, (*parameter.shape, 1, 1)) if x.rank == 4 and parameter.rank == 1 else parameter


def normalise(x, mean_value, variance_value, epsilon):
    """(x - mean) / sqrt(variance + epsilon), with statistics that line up with x."""
    inner = variance_value + epsilon if _present(epsilon) else variance_value
    return (x - mean_value) / sqrt(inner)


def _present(epsilon):
    return not (getattr(epsilon, "op", "") == "constant" and set(epsilon.settings["entries"]) == {0})


def _batch_statistics(x, ddof):
    """Mean and variance of every feature over the batch, lined up with x."""
    axes = feature_axes(x.shape)
    return keep_axes(mean(x, axes=axes), x, axes), keep_axes(variance(x, axes=axes, ddof=ddof), x, axes)


def _train(x, scale, shift, epsilon, ddof):
    return per_channel(scale, x) * normalise(x, *_batch_statistics(x, ddof), epsilon) + per_channel(shift, x)


def _test(x, scale, shift, centre, spread, epsilon):
    statistics = (per_channel(centre, x), per_channel(spread, x))
    return per_channel(scale, x) * normalise(x, *statistics, epsilon) + per_channel(shift, x)


def _features(x, *parameters):
    if len(x) not in (1, 2, 4):
        raise ShapeError(f"a batch norm needs a vector, N x D or N x C x H x W, not {show_shape(x)}")
    size = 1 if len(x) == 1 else x[1]
    for shape in parameters:
        if shape not in ((), (size,)):
            raise ShapeError(f"the batch norm of {show_shape(x)} needs one number per feature ({size}), not {show_shape(shape)}")
    return x


def _epsilon_outside(node):
    x, scale, shift, epsilon = node.inputs
    centre, spread = _batch_statistics(x, node.settings["ddof"])
    return per_channel(scale, x) * ((x - centre) / (sqrt(spread) + epsilon)) + per_channel(shift, x)


def _without_scale(node):
    x, _, *others = node.inputs
    return make(node.op, x, constant(1), *others, **node.settings)


def _without_shift(node):
    x, scale, _, *others = node.inputs
    return make(node.op, x, scale, constant(0), *others, **node.settings)


SLIPS = (
    Slip("scale-forgotten", _without_scale, "the scale gamma is missing"),
    Slip("shift-forgotten", _without_shift, "the shift beta is missing"),
)
batch_norm = define(
    "batch_norm",
    shape=lambda x, scale, shift, epsilon, ddof: _features(x, scale, shift),
    sentence="normalises every feature over the batch to mean 0 and variance 1, then scales and shifts",
    text=None,
    tex=None,
    definition=_train,
    slips=(
        *SLIPS,
        Slip("epsilon-outside-the-root", _epsilon_outside, "epsilon is added to the root, not to the variance"),
        Slip(
            "variance-divisor",
            lambda node: batch_norm(*node.inputs, ddof=1 - node.settings["ddof"]),
            "the variance is divided by n - 1 instead of n, or the other way round",
        ),
    ),
    systems=TRANSCENDENTAL,
    samples=(
        Sample((BATCH, SCALE, SHIFT, "1/100"), {"ddof": 0}),
        Sample(([[[[1, 2], [3, 5]]], [[[0, -1], [2, 8]]]], ["1/2"], [3], "1/100"), {"ddof": 0}),
    ),
)
batch_norm_test = define(
    "batch_norm_test",
    shape=lambda x, scale, shift, centre, spread, epsilon: _features(x, scale, shift, centre, spread),
    sentence="normalises with the running mean and variance, then scales and shifts",
    text=None,
    tex=None,
    definition=_test,
    slips=SLIPS,
    systems=TRANSCENDENTAL,
    samples=(Sample((BATCH, SCALE, SHIFT, [1, 2, 0], [4, "1/4", 2], "1/100")),),
)


def _dropout(x, mask, keep, inverted):
    return x * mask / keep if inverted else x * mask


dropout = define(
    "dropout",
    shape=lambda x, mask, keep, inverted: broadcast(x, mask),
    sentence="drops entries by the mask; inverted dropout divides by the probability to keep",
    text=None,
    tex=None,
    definition=_dropout,
    slips=(
        Slip(
            "keep-for-drop-probability",
            lambda node: (
                dropout(node.inputs[0], node.inputs[1], 1 - node.inputs[2], **node.settings)
                if node.settings["inverted"]
                else None
            ),
            "the drop probability is used for the keep probability, or the other way round",
        ),
        Slip(
            "dropout-not-rescaled",
            lambda node: dropout(*node.inputs, inverted=not node.settings["inverted"]),
            "the division by the keep probability is left out or added",
        ),
    ),
    samples=(
        Sample((BATCH, [1, 0, 1], "3/4"), {"inverted": True}),
        Sample((BATCH, [1, 0, 1], "3/4"), {"inverted": False}),
    ),
)
