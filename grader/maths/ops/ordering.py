"""Sorting, medians and running sums."""

import numpy as np

from grader.maths.errors import ShapeError
from grader.maths.graph import show_shape
from grader.maths.ops.arithmetic import equal
from grader.maths.ops.reductions import TABLE, max_, mean, over, sum_
from grader.maths.ops.structure import flip, index, reshape
from grader.maths.ops.table import NO_GRADIENT, NUMERIC, Sample, Slip, define

UNSORTED = [3, "1/2", -2, 7, 1]
EVEN = [3, "1/2", -2, 7]
MOST_SORTED = 400  # entries of an axis that is sorted: its gradient is a matrix of so many rows and columns


def _axis_needed(what):
    def shape(x):
        if not x:
            raise ShapeError(f"{what} needs a vector, not a number")
        if x[-1] > MOST_SORTED:
            raise ShapeError(f"{what} takes at most {MOST_SORTED} entries, not {x[-1]}")
        return x

    return shape


def _sort_rule(system, x):
    """Ascending along the last axis. The k-th of balls lies between the k-th of their lower and the k-th of their upper ends."""
    if system.name != "BALL":
        return np.sort(x, axis=-1)
    ends = [np.empty(x.shape, dtype=object) for _ in range(2)]
    for place in np.ndindex(x.shape):
        ends[0][place], ends[1][place] = x[place].lower(), x[place].upper()
    low, high = (np.sort(end, axis=-1) for end in ends)
    return np.array([a.union(b) for a, b in zip(low.flat, high.flat, strict=True)], dtype=object).reshape(x.shape)


def _positions_rule(system, x):
    """Row k has its 1 where the k-th smallest entry stands, of equal ones the first first; unsure balls give [0, 1]."""
    before = system.less(x[..., None, :], x[..., :, None])
    same = system.equal(x[..., None, :], x[..., :, None]) * system.array(np.tri(x.shape[-1], k=-1, dtype=int))
    position = np.sum(before + same, axis=-1)  # of each entry in the sorted list
    return system.equal(system.array(np.arange(x.shape[-1]))[:, None], position[..., None, :])


positions = define(
    "positions",
    shape=lambda x: (*_axis_needed("sort")(x), x[-1]),
    sentence="gives a matrix with a 1 in row k where the k-th smallest entry stands, else 0",
    text="positions({0})",
    tex=r"\Pi({0})",
    rule=_positions_rule,
    vjp=NO_GRADIENT,
    samples=(Sample((UNSORTED,)), Sample((TABLE,)), Sample(([2, 5, 2],))),
    systems=NUMERIC,
)


def _sort_vjp(node, g):
    """Every upstream gradient goes to where its entry came from."""
    return (sum_(positions(node.inputs[0]) * reshape(g, (*g.shape, 1)), axes=(-2,)),)


def _neighbours_equal(node):
    if node.shape[-1] == 1:
        return equal(0, 1)
    return over(max_, equal(_all_but(node, 0), _all_but(node, -1)))


def _all_but(x, end):
    """The entries along the last axis without the first (0) or the last (-1)."""
    part = slice(None, -1) if end else slice(1, None)
    return index(x, (slice(None),) * (x.rank - 1) + (part,))


sort = define(
    "sort",
    shape=_axis_needed("sort"),
    sentence="sorts the entries, the smallest first",
    text="sort({0})",
    tex=r"\operatorname{{sort}}({0})",
    rule=_sort_rule,
    vjp=_sort_vjp,
    corner=_neighbours_equal,
    slips=(
        Slip("order-descending", lambda node: flip(node, axes=(-1,)), "the order is descending"),
        Slip("not-sorted", lambda node: node.inputs[0], "the entries are not sorted"),
    ),
    samples=(Sample((UNSORTED,)), Sample((TABLE,)), Sample((EVEN,))),
    systems=NUMERIC,
)


def _middle(ordered):
    size = ordered.shape[0]
    if size % 2:
        return index(ordered, (size // 2,))
    return (index(ordered, (size // 2 - 1,)) + index(ordered, (size // 2,))) / 2


def _vector_needed(shape):
    if len(shape) != 1:
        raise ShapeError(f"a median needs a vector, not {show_shape(shape)}")
    return ()


def _one_of_the_middle(offset):
    def rewrite(node):
        x = node.inputs[0]
        return None if x.shape[0] % 2 else index(sort(x), (x.shape[0] // 2 - offset,))

    return rewrite


median = define(
    "median",
    shape=_vector_needed,
    sentence="takes the middle entry of the sorted list, or the mean of the two in the middle",
    text="median({0})",
    tex=r"\operatorname{{median}}({0})",
    definition=lambda x: _middle(sort(x)),
    corner=lambda node: _neighbours_equal(sort(node.inputs[0])),
    slips=(
        Slip("mean-for-median", lambda node: mean(node.inputs[0], axes=(-1,)), "the mean is taken, not the median"),
        Slip("not-sorted", lambda node: _middle(node.inputs[0]), "the entries are not sorted"),
        Slip("lower-middle", _one_of_the_middle(1), "the lower of the two in the middle is taken, not their mean"),
        Slip("upper-middle", _one_of_the_middle(0), "the upper of the two in the middle is taken, not their mean"),
    ),
    samples=(Sample((UNSORTED,)), Sample((EVEN,))),
    systems=NUMERIC,
)


def _running_shape(shape, axis):
    if not -len(shape) <= axis < 0:
        raise ShapeError(f"there is no axis for a running sum in {show_shape(shape)}")
    return shape


def _from_behind(node):
    axes = (node.settings["axis"],)
    return flip(running_sum(flip(node.inputs[0], axes=axes), **node.settings), axes=axes)


running_sum = define(
    "running_sum",
    shape=_running_shape,
    sentence="adds up all entries so far",
    text="cumsum({0})",
    tex=r"\operatorname{{cumsum}}({0})",
    rule=lambda system, x, axis: np.cumsum(x, axis=axis),
    vjp=lambda node, g: (
        flip(running_sum(flip(g, axes=(node.settings["axis"],)), **node.settings), axes=(node.settings["axis"],)),
    ),
    slips=(
        Slip("own-entry-left-out", lambda node: node - node.inputs[0], "the entry itself is not added"),
        Slip("summed-from-the-end", _from_behind, "the sums run from the end"),
        Slip("running-sum-forgotten", lambda node: node.inputs[0], "the entries are not added up"),
    ),
    samples=(Sample((UNSORTED,), {"axis": -1}), Sample((TABLE,), {"axis": -2})),
)
