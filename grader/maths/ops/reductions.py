"""Sums, means, variances, maxima and their like over axes."""

from functools import reduce
from itertools import permutations
from math import prod

import numpy as np

from grader.maths.errors import ShapeError
from grader.maths.graph import make, show_shape
from grader.maths.ops.arithmetic import equal
from grader.maths.ops.structure import broadcast_to, filled, reshape
from grader.maths.ops.table import NO_GRADIENT, NUMERIC, Sample, Slip, define, negative_axes

WRITTEN_OUT = 10_000  # entries up to which a gradient that is the same everywhere is a constant array
TABLE = [[1, 2, -3], ["1/2", 5, 7]]


def _reduced(shape, axes, **_):
    return tuple(size for position, size in enumerate(shape) if position - len(shape) not in axes)


def _kept(shape, axes):
    return tuple(1 if position - len(shape) in axes else size for position, size in enumerate(shape))


def keep_axes(reduced, x, axes):
    """A reduced value with its lost axes put back as axes of length 1, so that it lines up with `x`."""
    return reshape(reduced, _kept(x.shape, axes))


def _spread(node, g):
    """An upstream gradient repeated along the axes that were reduced."""
    x = node.inputs[0]
    if g.op == "constant" and not g.shape and prod(x.shape) <= WRITTEN_OUT:
        return filled(x.shape, g.settings["entries"][0])
    return broadcast_to(keep_axes(g, x, node.settings["axes"]), x.shape)


def count_over(shape, axes):
    """How many entries are reduced into one; raises ShapeError for an axis that is not there."""
    if any(not -len(shape) <= axis < len(shape) for axis in axes):
        raise ShapeError(f"there are no {len(axes)} axes to reduce in {show_shape(shape)}")
    return prod(shape[axis] for axis in axes)


def _other_axis(node):
    """The same over the other axis of a matrix, where only one is reduced."""
    axes = node.settings["axes"]
    if node.inputs[0].rank != 2 or len(axes) != 1:
        return None
    return make(node.op, *node.inputs, **dict(node.settings) | {"axes": (-3 - axes[0],)})


ROWS_FOR_COLUMNS = Slip(
    "rows-for-columns", _other_axis, "it is worked out along the columns instead of the rows, or the other way round"
)
sum_ = define(
    "sum",
    shape=_reduced,
    sentence="adds up",
    text="sum({0})",
    tex=r"\sum {0}",
    rule=lambda system, x, axes: np.sum(x, axis=axes) if axes else x,
    vjp=lambda node, g: (_spread(node, g),),
    slips=(
        ROWS_FOR_COLUMNS,
        Slip("mean-for-sum", lambda node: mean(node.inputs[0], axes=node.settings["axes"]), "the mean is taken, not the sum"),
    ),
    samples=(Sample((TABLE,), {"axes": (-2, -1)}), Sample((TABLE,), {"axes": (-2,)})),
)
mean = define(
    "mean",
    shape=_reduced,
    sentence="takes the mean",
    text="mean({0})",
    tex=r"\operatorname{{mean}}({0})",
    definition=lambda x, axes: sum_(x, axes=axes) / count_over(x.shape, axes),
    slips=(
        ROWS_FOR_COLUMNS,
        Slip("sum-for-mean", lambda node: sum_(node.inputs[0], axes=node.settings["axes"]), "the sum is taken, not the mean"),
    ),
    samples=(Sample((TABLE,), {"axes": (-2, -1)}), Sample((TABLE,), {"axes": (-1,)})),
)


def _variance(x, axes, ddof):
    centred = x - keep_axes(mean(x, axes=axes), x, axes)
    return sum_(centred * centred, axes=axes) / (count_over(x.shape, axes) - ddof)


def _other_ddof(node):
    settings = dict(node.settings)
    if count_over(node.inputs[0].shape, settings["axes"]) < 2:
        return None
    return variance(node.inputs[0], **settings | {"ddof": 1 - settings["ddof"]})


variance = define(
    "variance",
    shape=_reduced,
    sentence="takes the variance (divides by n - ddof)",
    text="var({0})",
    tex=r"\operatorname{{Var}}({0})",
    definition=_variance,
    slips=(
        ROWS_FOR_COLUMNS,
        Slip("variance-divisor", _other_ddof, "the variance is divided by n - 1 instead of n, or the other way round"),
        Slip("standard-deviation", lambda node: make("sqrt", node), "the standard deviation is taken for the variance"),
    ),
    samples=(Sample((TABLE,), {"axes": (-1,), "ddof": 0}), Sample((TABLE,), {"axes": (-2, -1), "ddof": 1})),
)


def _last(x, axes):
    """The reduced axes flattened into one last axis."""
    kept = [axis for axis in range(-x.ndim, 0) if axis not in axes]
    moved = x.transpose([axis + x.ndim for axis in (*kept, *axes)])
    return moved.reshape(*(x.shape[axis] for axis in kept), prod(x.shape[axis] for axis in axes))


def _extreme_rule(name):
    def rule(system, x, axes, ties="first"):
        flat = _last(x, axes)
        if system.name == "FLOAT":
            return (np.max if name == "maximum" else np.min)(flat, axis=-1)
        return reduce(getattr(system, name), (flat[..., position] for position in range(flat.shape[-1])))

    return rule


def _extreme_vjp(node, g):
    settings = {"axes": node.settings["axes"], "ties": node.settings.get("ties", "first")}
    mask = extreme_mask(node.inputs[0], largest=node.op == "max", **settings)
    return (_spread(node, g) * mask,)


def _mask_rule(system, x, axes, ties, largest):
    flat = _last(x if largest else -x, axes)
    mask = _tops(system, flat, ties) if system.name == "BALL" else _equals(system, flat, ties)
    if ties == "share":
        mask = system.divide(mask, np.sum(mask, axis=-1, keepdims=True))
    kept = [axis for axis in range(-x.ndim, 0) if axis not in axes]
    sizes = [x.shape[axis] for axis in (*kept, *axes)]
    back = np.argsort([axis + x.ndim for axis in (*kept, *axes)])
    return mask.reshape(sizes).transpose(back)


def _equals(system, flat, ties):
    """1 at the entries equal to the largest: at the first of them, or at all."""
    mask = system.equal(flat, np.max(flat, axis=-1, keepdims=True))
    return mask if ties == "share" else mask * system.equal(np.cumsum(mask, axis=-1), system.array(1))


def _tops(system, flat, ties):
    """The same for balls, which are never certainly equal: larger than all before, and not smaller than any behind."""
    mask = system.fill(flat.shape, 1)
    for i, j in permutations(range(flat.shape[-1]), 2):
        compare = system.less if j < i and ties == "first" else system.less_equal
        mask[..., i] = mask[..., i] * compare(flat[..., j], flat[..., i])
    return mask


extreme_mask = define(
    "extreme_mask",
    shape=lambda shape, axes, ties, largest: shape,
    sentence="gives 1 at the largest (smallest) entry, at the first of equal ones or shared among them, else 0",
    text="is_extreme({0})",
    tex=r"\mathbb 1[{0} \text{{ extreme}}]",
    rule=_mask_rule,
    vjp=NO_GRADIENT,
    samples=(
        Sample((TABLE,), {"axes": (-1,), "ties": "first", "largest": True}),
        Sample((TABLE,), {"axes": (-2, -1), "ties": "share", "largest": False}),
        Sample(([[2, 5, 5]],), {"axes": (-1,), "ties": "first", "largest": True}),
    ),
    systems=NUMERIC,
)


def _runner_up_tie(node):
    """1 where the extreme value occurs more than once."""
    x, axes = node.inputs[0], node.settings["axes"]
    hits = sum_(equal(x, keep_axes(node, x, axes)), axes=axes)
    return make("less", 1, hits)


def _extreme(name, other, sentence):
    return define(
        name,
        shape=_reduced,
        sentence=sentence,
        text=f"{name}({{0}})",
        tex=rf"\{name} {{0}}",
        rule=_extreme_rule({"max": "maximum", "min": "minimum"}[name]),
        vjp=_extreme_vjp,
        corner=_runner_up_tie,
        slips=(
            ROWS_FOR_COLUMNS,
            Slip(f"{other}-for-{name}", lambda node: make(other, *node.inputs, **node.settings), f"{other} is taken, not {name}"),
        ),
        samples=(Sample((TABLE,), {"axes": (-1,)}), Sample((TABLE,), {"axes": (-2, -1)})),
    )


max_ = _extreme("max", "min", "takes the largest entry")
min_ = _extreme("min", "max", "takes the smallest entry")


def _truth(name, sentence, rule):
    """Of conditions, which are 1 or 0: a product, so that one sure 0 decides even where another entry is undecided."""
    return define(
        name,
        shape=_reduced,
        sentence=sentence,
        text=f"{name}({{0}})",
        tex=rf"\operatorname{{{{{name}}}}}({{0}})",
        rule=rule,
        vjp=NO_GRADIENT,
        samples=(
            Sample(([[1, 0, 1], [1, 1, 1]],), {"axes": (-1,)}),
            Sample(([[0, 0, 1], [0, 0, 0]],), {"axes": (-1,)}),
            Sample(([[0, 0, 1], [0, 0, 0]],), {"axes": (-2, -1)}),
        ),
    )


all_ = _truth("all", "is 1 where every entry holds, else 0", lambda system, x, axes: np.prod(x, axis=axes))
any_ = _truth("any", "is 1 where some entry holds, else 0", lambda system, x, axes: 1 - np.prod(1 - x, axis=axes))


def _argmax_rule(system, x, axis):
    """The first position of the largest entry; undecided where balls overlap."""
    moved = np.moveaxis(x, axis, -1)
    if system.name == "FLOAT":
        return np.argmax(moved, axis=-1).astype(np.float64)
    best, position = moved[..., 0], system.fill(moved.shape[:-1], 0)
    for k in range(1, moved.shape[-1]):
        larger = system.less(best, moved[..., k])
        position = system.where(larger, system.fill(position.shape, k), position)
        best = system.maximum(best, moved[..., k])
    return system.floor(position)


argmax = define(
    "argmax",
    shape=lambda shape, axis: _reduced(shape, (axis,)),
    sentence="gives the position (from 0) of the largest entry",
    text="argmax({0})",
    tex=r"\arg\max {0}",
    rule=_argmax_rule,
    vjp=NO_GRADIENT,
    slips=(Slip("label-off-by-one", lambda node: node + 1, "the position is counted from 1 instead of 0"),),
    samples=(Sample((TABLE,), {"axis": -1}), Sample((TABLE,), {"axis": -2})),
    systems=NUMERIC,
)


def over(operation, x, axis=None, **settings):
    """A reduction over `axis` (an int, several, or all), axes counted from 0."""
    return operation(x, axes=negative_axes(axis, x.rank), **settings)
