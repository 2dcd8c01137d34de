"""Losses. All are composite: value and gradient follow from their definitions.

`reduction` is a convention: `mean` over all entries, `half_mean`, `sum`, `half_sum`, or `per_sample` (mean over the rows, sum
over the outputs of a row); for the classification losses `mean` and `sum` are over the samples.
"""

from fractions import Fraction
from math import prod

from grader.maths.errors import ShapeError
from grader.maths.graph import make, show_shape
from grader.maths.ops.arithmetic import absolute, equal, log, maximum
from grader.maths.ops.neural import log_softmax, softplus
from grader.maths.ops.reductions import keep_axes, max_, over, sum_
from grader.maths.ops.table import EVERY, NO_CORNER, TRANSCENDENTAL, Sample, Slip, define

SCORES = [["1/2", -1, 2], ["3/2", "1/4", 3]]
TARGETS = [[0, 0, 1], [1, 0, 0]]
VALUES = [[1, "1/2", -1], [2, 0, "5/2"]]
PROBABILITIES = [["1/2", "1/4", "3/4"], ["9/10", "1/3", "1/5"]]


def _scalar(prediction, target, **_):
    if prediction != target:
        raise ShapeError(f"prediction ({show_shape(prediction)}) and target ({show_shape(target)}) differ in shape")
    return ()


def _factor(shape, reduction):
    """What a sum over all entries is multiplied with."""
    entries = prod(shape)
    rows = shape[0] if len(shape) > 1 else 1
    return {
        "mean": Fraction(1, entries),
        "half_mean": Fraction(1, 2 * entries),
        "sum": Fraction(1),
        "half_sum": Fraction(1, 2),
        "per_sample": Fraction(1, rows),
    }[reduction]


def _reduce(entries, reduction):
    factor = _factor(entries.shape, reduction)
    total = over(sum_, entries)
    return total if factor == 1 else total * factor if factor.numerator != 1 else total / factor.denominator


def _with_reduction(tag, changes, sentence):
    def rewrite(node):
        reduction = changes.get(node.settings["reduction"])
        return make(node.op, *node.inputs, **dict(node.settings) | {"reduction": reduction}) if reduction else None

    return Slip(tag, rewrite, sentence)


REDUCTION_SLIPS = (
    _with_reduction(
        "mean-left-out",
        {"mean": "sum", "half_mean": "half_sum", "per_sample": "sum"},
        "the loss is summed, not averaged (1/N is missing)",
    ),
    _with_reduction("mean-for-sum-in-loss", {"sum": "mean", "half_sum": "half_mean"}, "the loss is averaged, not summed"),
    _with_reduction(
        "factor-of-the-square",
        {"mean": "half_mean", "sum": "half_sum", "half_mean": "mean", "half_sum": "sum", "per_sample": "half_sum"},
        "a factor 1/2 in front of the square is used or left out",
    ),
)
MINUS_FORGOTTEN = Slip("sign", lambda node: -node, "the minus sign is missing")


def _loss(name, sentence, definition, slips=(), samples=(), systems=EVERY, corner=NO_CORNER):
    return define(
        name,
        shape=_scalar,
        sentence=sentence,
        text=None,
        tex=None,
        definition=definition,
        slips=slips,
        samples=samples,
        systems=systems,
        corner=corner,
    )


squared_error = _loss(
    "squared_error",
    "compares by squared differences",
    lambda p, y, reduction: _reduce((p - y) * (p - y), reduction),
    slips=REDUCTION_SLIPS,
    samples=tuple(
        Sample((SCORES, VALUES), {"reduction": name}) for name in ("mean", "half_mean", "sum", "half_sum", "per_sample")
    ),
)


def _absolute_definition(p, y, reduction, at_zero=0):
    return _reduce(absolute(p - y, at_zero=at_zero), reduction)


absolute_error = _loss(
    "absolute_error",
    "compares by absolute differences",
    _absolute_definition,
    slips=REDUCTION_SLIPS[:2],
    samples=tuple(Sample((SCORES, VALUES), {"reduction": name}) for name in ("mean", "sum")),
    corner=lambda node: _any_equal(*node.inputs),
)


def _any_equal(a, b):
    return over(max_, equal(a, b))


def _bce(p, y, reduction):
    """Binary cross-entropy of probabilities: each entry counts on its own."""
    return _reduce(-(y * log(p) + (1 - y) * log(1 - p)), reduction)


binary_cross_entropy = _loss(
    "binary_cross_entropy",
    "compares probabilities with 0/1 targets by -[y log p + (1 - y) log(1 - p)]",
    _bce,
    slips=(
        *REDUCTION_SLIPS[:2],
        Slip(
            "second-cross-entropy-term-forgotten",
            lambda node: _reduce(-(node.inputs[1] * log(node.inputs[0])), node.settings["reduction"]),
            "the term for y = 0 is missing",
        ),
        MINUS_FORGOTTEN,
    ),
    samples=tuple(Sample((PROBABILITIES, TARGETS), {"reduction": name}) for name in ("mean", "sum")),
    systems=TRANSCENDENTAL,
)


def _bce_logits(s, y, reduction):
    return _reduce(softplus(s) - y * s, reduction)


binary_cross_entropy_logits = _loss(
    "binary_cross_entropy_logits",
    "compares scores with 0/1 targets by the cross-entropy of their sigmoid",
    _bce_logits,
    slips=(*REDUCTION_SLIPS[:2], MINUS_FORGOTTEN),
    samples=tuple(Sample((SCORES, TARGETS), {"reduction": name}) for name in ("mean", "sum")),
    systems=TRANSCENDENTAL,
)


def _rows(shape):
    return prod(shape[:-1])


def _over_samples(entries, shape, reduction):
    total = over(sum_, entries)
    return total / _rows(shape) if reduction == "mean" and _rows(shape) > 1 else total


def _cross_entropy(s, y, reduction):
    return _over_samples(-(y * log_softmax(s, axis=-1)), s.shape, reduction)


def _cross_entropy_probabilities(p, y, reduction):
    return _over_samples(-(y * log(p)), p.shape, reduction)


cross_entropy = _loss(
    "cross_entropy",
    "compares scores with a one-hot (or probability) target by -sum y log softmax(s); rows are samples",
    _cross_entropy,
    slips=(
        *REDUCTION_SLIPS[:2],
        MINUS_FORGOTTEN,
        Slip("logarithm-base-2", lambda node: node / log(2), "the logarithm is to base 2"),
        Slip("logarithm-base-10", lambda node: node / log(10), "the logarithm is to base 10"),
    ),
    samples=tuple(Sample((SCORES, TARGETS), {"reduction": name}) for name in ("mean", "sum")),
    systems=TRANSCENDENTAL,
)
cross_entropy_probabilities = _loss(
    "cross_entropy_probabilities",
    "compares probabilities with a one-hot (or probability) target by -sum y log p; rows are samples",
    _cross_entropy_probabilities,
    slips=(*REDUCTION_SLIPS[:2], MINUS_FORGOTTEN),
    samples=tuple(Sample((PROBABILITIES, TARGETS), {"reduction": name}) for name in ("mean", "sum")),
    systems=TRANSCENDENTAL,
)


def _hinge(s, y, reduction, margin=Fraction(1)):
    """Multi-class hinge: sum over the wrong classes of max(0, s_j - s_y + margin), y one-hot."""
    axes = (-1,)
    right = keep_axes(sum_(s * y, axes=axes), s, axes)
    return _over_samples((1 - y) * maximum(0, s - right + margin), s.shape, reduction)


hinge = _loss(
    "hinge",
    "sums max(0, s_j - s_y + 1) over the wrong classes j; the target is one-hot, rows are samples",
    _hinge,
    slips=(
        *REDUCTION_SLIPS[:2],
        Slip(
            "margin-forgotten",
            lambda node: hinge(*node.inputs, **dict(node.settings) | {"margin": Fraction(0)}),
            "the margin of 1 is missing",
        ),
        Slip(
            "right-class-counted",
            lambda node: node + (1 if node.settings["reduction"] == "mean" else _rows(node.inputs[0].shape)),
            "the right class is counted too",
        ),
    ),
    samples=tuple(Sample((SCORES, TARGETS), {"reduction": name}) for name in ("mean", "sum")),
)
