"""Functions of the language for sorted lists and running sums."""

from grader.maths.errors import ShapeError
from grader.maths.graph import show_shape
from grader.maths.language.functions import function
from grader.maths.ops import ordering
from grader.maths.ops.reductions import negative_axes


@function("sort(x)", "the entries in ascending order; of a matrix each row by itself")
def _(scope, x):
    return ordering.sort(x)


@function("median(x)", "the middle entry of the sorted vector, or the mean of the two in the middle")
def _(scope, x):
    return ordering.median(x)


@function("cumsum(x, axis=)", "the sums of all entries so far, along an axis (default 0)")
def _(scope, x, *, axis: int = 0):
    if not x.rank:
        raise ShapeError(f"running sums need a vector, not {show_shape(x.shape)}")
    return ordering.running_sum(x, axis=negative_axes(axis, x.rank)[0])
