"""Functions of the language for layers over one axis: layer normalisation and one-dimensional convolution."""

from fractions import Fraction

from grader.maths.errors import ShapeError
from grader.maths.graph import show_shape
from grader.maths.language.functions import Value, function
from grader.maths.ops import sequences
from grader.maths.ops.structure import flip, reshape


@function(
    "layer_norm(x, gamma, beta, epsilon=)",
    "every row normalised over its entries, then scaled and shifted (conventions batch_norm_epsilon, ddof)",
)
def _(scope, x, gamma=Fraction(1), beta=Fraction(0), *, epsilon: Value = None):
    epsilon = Fraction(scope.convention("batch_norm_epsilon")) if epsilon is None else epsilon
    return sequences.layer_norm(x, gamma, beta, epsilon, ddof=int(scope.convention("ddof")))


@function(
    "conv1d(x, w, b, stride=, padding=, dilation=)",
    "convolution of L, C x L or N x C x L entries with F x C x K kernels; turned or not by the convention `convolution`",
)
def _(scope, x, w, b=None, *, stride: int = 1, padding: int = 0, dilation: int = 1):
    for name, value, least in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)):
        if value < least:
            raise ShapeError(f"the {name} is a whole number, at least {least}")
    if scope.convention("convolution") == "flipped":
        w = flip(w, axes=(-1,)) if w.rank else w
    out = sequences.conv1d(x, w, stride=stride, padding=padding, dilation=dilation)
    if b is None:
        return out
    filters = w.shape[0] if w.rank == 3 else 1
    if b.shape not in ((), (filters,)):
        raise ShapeError(f"there is one bias for each of the {filters} filters, not {show_shape(b.shape)}")
    return out + (reshape(b, (filters, 1)) if b.shape and out.rank > 1 else b)
