"""Constants, given values, and operations that only move entries (index, reshape, transpose, join, pad, flip)."""

from fractions import Fraction
from math import prod

import numpy as np

from grader.maths.errors import ShapeError
from grader.maths.graph import check_constant, make, show_shape
from grader.maths.ops.table import NO_GRADIENT, Sample, Slip, broadcast, define, negative_axes, operation_forgotten

GRID = [[1, 2, -3], ["1/2", 5, 7]]
CUBE = [[[1, 2, 0], [4, -5, 3], [7, 8, 2]], [[9, 1, 1], [2, 6, "1/2"], [0, 3, 4]]]


def _constant_rule(system, entries, dimensions):
    return system.array(np.array(entries, dtype=object)).reshape(dimensions)


def _dimensions(*_, dimensions, **__):
    return dimensions


def _not_evaluated(system, name, dimensions, upto=None):
    raise ShapeError(f"no value was supplied for '{name}'")


define(
    "constant",
    shape=_dimensions,
    sentence="is a number or array of numbers that stands in the question",
    text="{entries}",
    tex="{entries}",
    rule=_constant_rule,
    vjp=NO_GRADIENT,
    samples=(Sample((), {"entries": (Fraction(1, 2), Fraction(3)), "dimensions": (2,)}),),
)
define(
    "given",
    shape=_dimensions,
    sentence="is a value that the question gives",
    text="{name}",
    tex="{name}",
    rule=_not_evaluated,
    vjp=NO_GRADIENT,
    samples=(),
)


def core(value, rank):
    """The batch axes of a value whose own axes are the last `rank`."""
    return value.shape[: value.ndim - rank]


def _reshape_shape(shape, dimensions, rank):
    if prod(shape) != prod(dimensions):
        raise ShapeError(f"{prod(shape)} entries ({show_shape(shape)}) cannot be arranged as {show_shape(dimensions)}")
    return dimensions


_reshape = define(
    "reshape",
    shape=_reshape_shape,
    sentence="arranges the entries in another shape, row by row",
    text="reshape({0}, {dimensions})",
    tex=r"\operatorname{{reshape}}({0})",
    rule=lambda system, x, dimensions, rank: x.reshape(core(x, rank) + tuple(dimensions)),
    vjp=lambda node, g: (reshape(g, node.inputs[0].shape),),
    samples=(Sample((GRID,), {"dimensions": (3, 2), "rank": 2}),),
)


def reshape(x, dimensions):
    """`x` in another shape, row-major; one size may be -1 (worked out)."""
    dimensions = tuple(dimensions)
    if dimensions.count(-1) == 1 and 0 not in dimensions:
        known = prod(size for size in dimensions if size != -1)
        dimensions = tuple(prod(x.shape) // known if size == -1 else size for size in dimensions)
    if min(dimensions, default=1) < 1:
        raise ShapeError(f"{show_shape(dimensions)} is not a shape; sizes are at least 1, and one may be -1")
    return x if x.shape == dimensions else _reshape(x, dimensions=dimensions, rank=x.rank)


def flatten(x):
    """All entries as one vector, row by row."""
    return reshape(x, (prod(x.shape),))


def _permuted(shape, axes):
    if sorted(axes) != list(range(len(shape))):
        raise ShapeError(f"{axes} is not an order of the {len(shape)} axes")
    return tuple(shape[axis] for axis in axes)


def _permute_rule(system, x, axes):
    batch = x.ndim - len(axes)
    return x.transpose(*range(batch), *(batch + axis for axis in axes))


_permute = define(
    "permute",
    shape=_permuted,
    sentence="exchanges axes (transposes)",
    text="{0}^T",
    tex="{0}^T",
    level=40,
    rule=_permute_rule,
    vjp=lambda node, g: (permute(g, tuple(np.argsort(node.settings["axes"]).tolist())),),
    slips=(Slip("transpose-forgotten", operation_forgotten(), "the transpose is missing"),),
    samples=(
        Sample((GRID,), {"axes": (1, 0)}),
        Sample(([[1, 2], [3, 5]],), {"axes": (1, 0)}),
        Sample((CUBE,), {"axes": (2, 0, 1)}),
    ),
)


def permute(x, axes):
    """`x` with its axes in the order `axes`."""
    return x if tuple(axes) == tuple(range(x.rank)) else _permute(x, axes=tuple(axes))


_row = define(
    "row",
    shape=lambda shape: (1, *shape),
    sentence="lays a vector down as a row",
    text="{0}^T",
    tex="{0}^T",
    level=40,
    rule=lambda system, x: x[..., None, :],
    vjp=lambda node, g: (reshape(g, node.inputs[0].shape),),
    samples=(Sample(([1, 2, 3],)),),
)


def transpose(x):
    """`x^T`: axes reversed; a vector becomes a row, a row of that kind a vector again, a number stays."""
    if x.lying and x.rank == 2 and x.shape[0] == 1:
        return x.inputs[0] if x.op == "row" else reshape(x, x.shape[1:])
    return x if x.rank == 0 else _row(x) if x.rank == 1 else permute(x, tuple(reversed(range(x.rank))))


def _index_shape(shape, key):
    if len(key) > len(shape):
        raise ShapeError(f"{len(key)} indices for a value of {len(shape)} axes ({show_shape(shape)})")
    result = []
    for size, part in zip(shape, key, strict=False):
        if isinstance(part, slice):
            if part.step == 0:
                raise ShapeError("the step of a slice cannot be 0")
            result.append(len(range(*part.indices(size))))
        elif not -size <= part < size:
            raise ShapeError(f"index {part} is outside 0..{size - 1}")
    return (*result, *shape[len(key) :])


def _full_key(key, rank):
    key = key if isinstance(key, tuple) else (key,)
    return key + (slice(None),) * (rank - len(key))


_index = define(
    "index",
    shape=_index_shape,
    sentence="picks entries (indices count from 0)",
    text="{0}[{key}]",
    tex="{0}_{{{key}}}",
    rule=lambda system, x, key: x[(..., *key)],
    vjp=lambda node, g: (place(g, dimensions=node.inputs[0].shape, key=node.settings["key"]),),
    samples=(
        Sample((GRID,), {"key": (1, slice(0, 2))}),
        Sample((GRID,), {"key": (1, 2)}),
        Sample((GRID,), {"key": (slice(None), slice(0, 3, 2))}),
    ),
)


def index(x, key):
    """Entries of `x`; missing trailing indices mean the whole axis."""
    return _index(x, key=_full_key(key, x.rank))


def _place_rule(system, x, dimensions, key):
    rank = sum(isinstance(part, slice) for part in key)
    result = system.fill(core(x, rank) + tuple(dimensions), 0)
    result[(..., *key)] = x
    return result


place = define(
    "place",
    shape=_dimensions,
    sentence="puts entries into an array of zeros",
    text="place({0})",
    tex=r"\operatorname{{place}}({0})",
    rule=_place_rule,
    vjp=lambda node, g: (_index(g, key=node.settings["key"]),),
    samples=(Sample(([1, 2],), {"dimensions": (2, 3), "key": (1, slice(0, 2))}),),
)


def _sum_to_definition(x, dimensions):
    extra = x.rank - len(dimensions)
    repeated = tuple(extra + axis for axis, size in enumerate(dimensions) if size == 1 and x.shape[extra + axis] != 1)
    axes = (*range(extra), *repeated)
    summed = make("sum", x, axes=negative_axes(axes, x.rank)) if axes else x
    return reshape(summed, dimensions)


define(
    "sum_to",
    shape=_dimensions,
    sentence="sums over the axes along which a value had been repeated",
    text="sum({0})",
    tex=r"\sum {0}",
    definition=_sum_to_definition,
    samples=(Sample((GRID,), {"dimensions": (3,)}), Sample((GRID,), {"dimensions": (2, 1)})),
)


def _broadcast_shape(shape, dimensions):
    if broadcast(shape, dimensions) != tuple(dimensions):
        raise ShapeError(f"{show_shape(shape)} cannot be repeated to {show_shape(dimensions)}")
    return dimensions


def _broadcast_rule(system, x, dimensions, rank):
    batch = core(x, rank)
    aligned = x.reshape(batch + (1,) * (len(dimensions) - rank) + x.shape[len(batch) :])
    return np.broadcast_to(aligned, batch + dimensions)


_broadcast_to = define(
    "broadcast_to",
    shape=lambda shape, dimensions, rank: _broadcast_shape(shape, dimensions),
    sentence="repeats a value along new or single axes",
    text="{0}",
    tex="{0}",
    rule=_broadcast_rule,
    vjp=lambda node, g: (make("sum_to", g, dimensions=node.inputs[0].shape),),
    samples=(Sample(([1, 2, 3],), {"dimensions": (2, 3), "rank": 1}), Sample((5,), {"dimensions": (2, 3), "rank": 0})),
)


def broadcast_to(x, dimensions):
    """`x` repeated to that shape."""
    return x if x.shape == tuple(dimensions) else _broadcast_to(x, dimensions=tuple(dimensions), rank=x.rank)


def zeros(dimensions):
    """An array of zeros of that shape."""
    return filled(dimensions, 0)


def filled(dimensions, number):
    """An array of that shape with the same number everywhere."""
    check_constant(tuple(dimensions))
    return make("constant", entries=(Fraction(number),) * prod(dimensions), dimensions=tuple(dimensions))


def _joined(shapes, axis):
    others = {shape[:axis] + shape[axis + 1 or len(shape) :] for shape in shapes}
    if len(others) > 1:
        raise ShapeError(f"these shapes cannot be joined along axis {axis}: {', '.join(map(show_shape, shapes))}")


def _concat_shape(*shapes, axis):
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(f"values of different rank cannot be joined: {', '.join(map(show_shape, shapes))}")
    position = len(shapes[0]) + axis
    _joined(shapes, position)
    return shapes[0][:position] + (sum(shape[position] for shape in shapes),) + shapes[0][position + 1 :]


def _concat_vjp(node, g):
    axis, start, parts = node.settings["axis"], 0, []
    for child in node.inputs:
        stop = start + child.shape[axis]
        parts.append(index(g, (slice(None),) * (g.rank + axis) + (slice(start, stop),)))
        start = stop
    return tuple(parts)


_concat = define(
    "concat",
    shape=_concat_shape,
    sentence="joins arrays along an axis",
    text="concat({all})",
    tex=r"[{all}]",
    rule=lambda system, *values, axis: np.concatenate(values, axis=axis),
    vjp=_concat_vjp,
    slips=(
        Slip(
            "order-swapped",
            lambda node: _concat(*reversed(node.inputs), axis=node.settings["axis"]) if len(node.inputs) > 1 else None,
            "the parts are joined in the wrong order",
        ),
    ),
    samples=(Sample((GRID, [[1, 1, 4]]), {"axis": -2}),),
)


def concat(parts, axis=0):
    """The arrays joined along `axis` (counted from 0)."""
    if not parts:
        raise ShapeError("there is nothing to join")
    (position,) = negative_axes(axis, parts[0].rank)
    return parts[0] if len(parts) == 1 else _concat(*parts, axis=position)


def stack(parts):
    """Values of one shape as the entries (rows, ...) of a new first axis."""
    if len({part.shape for part in parts}) > 1:
        raise ShapeError(f"the rows of this array have different shapes: {', '.join(show_shape(part.shape) for part in parts)}")
    return concat([reshape(part, (1, *part.shape)) for part in parts])


def _pad_shape(shape, widths):
    return tuple(size + before + after for size, (before, after) in zip(shape, widths, strict=True))


def _inner(node_shape, widths):
    return tuple(slice(before, before + size) for size, (before, _) in zip(node_shape, widths, strict=True))


def _pad_rule(system, x, widths):
    batch = core(x, len(widths))
    result = system.fill(batch + _pad_shape(x.shape[len(batch) :], widths), 0)
    result[(..., *_inner(x.shape[len(batch) :], widths))] = x
    return result


pad = define(
    "pad",
    shape=_pad_shape,
    sentence="puts zeros around",
    text="pad({0})",
    tex=r"\operatorname{{pad}}({0})",
    rule=_pad_rule,
    vjp=lambda node, g: (index(g, _inner(node.inputs[0].shape, node.settings["widths"])),),
    samples=(Sample((GRID,), {"widths": ((1, 2), (0, 1))}),),
)


flip = define(
    "flip",
    shape=lambda shape, axes: shape,
    sentence="reverses the order along axes (both axes of a kernel: turned by 180 degrees)",
    text="flip({0})",
    tex=r"\operatorname{{flip}}({0})",
    rule=lambda system, x, axes: np.flip(x, axis=axes),
    vjp=lambda node, g: (flip(g, axes=node.settings["axes"]),),
    slips=(Slip("flip-forgotten", lambda node: node.inputs[0], "the kernel is not turned"),),
    samples=(Sample((GRID,), {"axes": (-2, -1)}),),
)


def _one_hot_rule(system, label, classes):
    return system.equal(label[..., None], system.array(np.arange(classes)))


one_hot = define(
    "one_hot",
    shape=lambda shape, classes: (*shape, classes),
    sentence="turns a label (counted from 0) into a vector with a single 1",
    text="one_hot({0}, {classes})",
    tex=r"\operatorname{{onehot}}({0})",
    rule=_one_hot_rule,
    vjp=NO_GRADIENT,
    slips=(
        Slip(
            "label-off-by-one",
            lambda node: one_hot(node.inputs[0] - 1, classes=node.settings["classes"]),
            "the label is counted from 1 instead of 0",
        ),
    ),
    samples=(Sample(([2, 0, 1],), {"classes": 4}),),
)
