"""The functions of the language: one row says the name, the arguments, and what it builds.

A builder's positional parameters take values (nodes); keyword-only parameters are settings, converted by their annotation:
`int` and `Pair` must be known numbers, `Name` is a bare word, `Value` is a node or None. `scope` gives conventions. A parameter
annotated `Raw` takes a record or tuple as it is, one annotated `Tree` what was typed, so that it may bring names of its own.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import NamedTuple

from grader.maths.errors import LanguageError, ShapeError, nearest
from grader.maths.gradient import adjoints, gradient, hessian, jacobian, pull_back
from grader.maths.graph import Node, constant, make, reachable
from grader.maths.language import syntax
from grader.maths.ops import arithmetic, convolution, linear, losses, neural, normalisation, reductions, structure

ENTRIES = frozenset({"index", "entry", "entry_of_two"})  # what `grad` may be taken by, apart from whole values


class Pair:
    """A setting of one whole number, or two for rows and columns."""


class Name:
    """A setting that is a bare word."""


class Value:
    """A setting that is a value (node)."""


class Raw:
    """An argument that may be a record or tuple, given over as it is."""


class Tree(NamedTuple):
    """An argument or setting given over as it was typed: its syntax tree, and the reader of the text it stands in."""

    tree: object
    reader: object


class Signature(NamedTuple):
    """What a call may give: so many arguments at least and at most (None: any number), the annotations of their parameters, the
    last entry for all further ones; settings: name -> what it is converted to."""

    least: int
    most: int | None
    kinds: tuple
    settings: dict


@dataclass(frozen=True)
class Function:
    """A function of the language; `students` tells whether it may be typed in an answer."""

    name: str
    build: Callable
    usage: str
    sentence: str
    students: bool = False

    @property
    def is_another_name(self):
        """Whether this is only another name for a function, such as `sigma` for `sigmoid`, which values may have, too."""
        return self.name != self.usage.partition("(")[0]

    @cached_property
    def parameters(self):
        """What a call may give: the parameters of `build` behind its scope."""
        return list(inspect.signature(self.build).parameters.values())[1:]

    @cached_property
    def signature(self):
        """The parameters as calls are checked against them."""
        positional = [p for p in self.parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        further = [p.annotation for p in self.parameters if p.kind == p.VAR_POSITIONAL]
        return Signature(
            least=sum(p.default is p.empty for p in positional),
            most=None if further else len(positional),
            kinds=(*(p.annotation for p in positional), *further),
            settings={p.name: p.annotation for p in self.parameters if p.kind == p.KEYWORD_ONLY},
        )


FUNCTIONS = {}


def function(usage, sentence, students=False, also=()):
    """Register a builder under the name its usage begins with, and under other names."""

    def register(build):
        name = usage.partition("(")[0]
        for key in (name, *also):
            FUNCTIONS[key] = Function(key, build, usage, sentence, students)
        return build

    return register


def call_function(reader, row, tree):
    """The value of a call; wrong numbers of arguments and unknown settings are said with the usage."""
    least, most, kinds, settings = row.signature
    count = len(tree.arguments)
    if count < least or (most is not None and count > most):
        reader.fail(f"{row.name} is used as {row.usage}", tree)
    arguments = [_argument(reader, kinds[min(place, len(kinds) - 1)], item) for place, item in enumerate(tree.arguments)]
    chosen = {}
    for name, value, at in tree.settings:
        if name not in settings:
            raise LanguageError(
                f"{row.name} has no setting '{name}'{nearest(name, settings)}; it is used as {row.usage}", reader.text, at
            )
        chosen[name] = _setting(reader, settings[name], value)
    return row.build(reader.scope, *arguments, **chosen)


def _argument(reader, annotation, tree):
    if annotation is Tree:
        return Tree(tree, reader)
    return reader.value(tree) if annotation is Raw else reader.node(tree)


def _setting(reader, annotation, tree):
    if annotation is Tree:
        return Tree(tree, reader)
    if annotation is Name:
        if not isinstance(tree, syntax.Name):
            reader.fail("this setting is a bare word", tree)
        return tree.name
    if annotation is Value:
        return reader.node(tree)
    if annotation is Raw:
        return reader.value(tree)
    if annotation is Pair and isinstance(tree, syntax.Items):
        return tuple(reader.scope.integer(reader.node(item)) for item in tree.items)
    return reader.scope.integer(reader.node(tree))


def _plain(usage, sentence, build, also=()):
    """A function of one value that students may use too."""

    @function(usage, sentence, students=True, also=also)
    def _(scope, x):
        return build(x)


_plain("exp(x)", "the exponential", arithmetic.exp)
_plain("ln(x)", "the natural logarithm", arithmetic.log)
_plain("sqrt(x)", "the square root", arithmetic.sqrt)
_plain("sin(x)", "the sine", arithmetic.sin)
_plain("cos(x)", "the cosine", arithmetic.cos)
_plain("floor(x)", "rounds down", arithmetic.floor)
_plain("ceil(x)", "rounds up", arithmetic.ceil)
_plain("sign(x)", "1, 0 or -1 by the sign", arithmetic.sign)
_plain("sigmoid(x)", "the logistic function 1 / (1 + exp(-x))", neural.sigmoid, also=("sigma",))
_plain("tanh(x)", "the hyperbolic tangent", neural.tanh)
_plain("softplus(x)", "log(1 + exp(x))", neural.softplus)
_plain("inv(A)", "the inverse matrix", linear.inverse)
_plain("det(A)", "the determinant", linear.det)
_plain("trace(A)", "the sum of the diagonal", linear.trace)
_plain("transpose(A)", "axes reversed; also A'", structure.transpose)
_plain("flatten(x)", "all entries as one vector, row by row", structure.flatten, also=("row_major",))


@function("log(x)", "the logarithm to the base that the convention logarithm says (natural by default)", students=True)
def _(scope, x):
    logarithms = {"natural": arithmetic.log, "2": arithmetic.log2, "10": arithmetic.log10}
    return logarithms[scope.convention("logarithm")](x)


@function("log2(x)", "the logarithm to base 2", students=True)
def _(scope, x):
    return arithmetic.log2(x)


@function("log10(x)", "the logarithm to base 10", students=True)
def _(scope, x):
    return arithmetic.log10(x)


@function("abs(x)", "the absolute value; its derivative at 0 is a convention (abs_at_zero)", students=True)
def _(scope, x):
    return arithmetic.absolute(x, at_zero=Fraction(scope.convention("abs_at_zero")))


@function("relu(x)", "max(x, 0); its derivative at 0 is a convention (relu_at_zero)", students=True)
def _(scope, x):
    return neural.relu(x, _at_zero(scope))


@function("leaky_relu(x, slope)", "x where x > 0, else slope x", students=True)
def _(scope, x, slope):
    return neural.leaky_relu(x, slope, _at_zero(scope))


@function("elu(x, alpha)", "x where x > 0, else alpha (exp(x) - 1)")
def _(scope, x, alpha=Fraction(1)):
    return neural.elu(x, alpha)


def _at_zero(scope):
    return Fraction(scope.convention("relu_at_zero"))


@function("softmax(s, axis=)", "exp(s_k) / sum of exp(s_j) along the last axis, or another", students=True)
def _(scope, s, *, axis: int = -1):
    return neural.softmax(s, axis=_one_axis(s, axis))


@function("log_softmax(s, axis=)", "the logarithm of the softmax")
def _(scope, s, *, axis: int = -1):
    return neural.log_softmax(s, axis=_one_axis(s, axis))


def _one_axis(x, axis):
    if x.rank == 0:
        raise ShapeError("this needs a vector, not a number")
    return reductions.negative_axes(axis, x.rank)[0]


def _reduction(usage, sentence, build):
    @function(usage, sentence, students=True)
    def _(scope, x, *, axis: Pair = None):
        return reductions.over(build, x, axis)


_reduction(
    "sum(x, axis=)",
    "the sum of all entries, or along an axis; of a term e for every value of an index, `sum(k in 1..n if k != y, e)`",
    reductions.sum_,
)
_reduction("mean(x, axis=)", "the mean of all entries, or along an axis", reductions.mean)


@function("var(x, axis=, ddof=)", "the variance; divided by n - ddof (a convention)", students=True)
def _(scope, x, *, axis: Pair = None, ddof: int = None):
    return reductions.over(reductions.variance, x, axis, ddof=int(scope.convention("ddof")) if ddof is None else ddof)


@function("std(x, axis=, ddof=)", "the standard deviation", students=True)
def _(scope, x, *, axis: Pair = None, ddof: int = None):
    return arithmetic.sqrt(FUNCTIONS["var"].build(scope, x, axis=axis, ddof=ddof))


def _extreme(name, word, pairwise, reduce):
    @function(
        f"{name}(x, axis=) or {name}(a, b)", f"the {word} entry, or the {word} of several values entry by entry", students=True
    )
    def _(scope, x, *others, axis: Pair = None):
        if not others:
            return reductions.over(reduce, x, axis, ties=scope.convention("ties"))
        for other in others:
            x = pairwise(x, other)
        return x


_extreme("max", "largest", arithmetic.maximum, reductions.max_)
_extreme("min", "smallest", arithmetic.minimum, reductions.min_)


@function("argmax(x, axis=)", "the position of the largest entry, counted as the convention label_base says", students=True)
def _(scope, x, *, axis: int = -1):
    position = reductions.argmax(x, axis=_one_axis(x, axis))
    base = int(scope.convention("label_base"))
    return position + base if base else position


@function("count(c)", "how many entries of a condition hold")
def _(scope, c):
    return reductions.over(reductions.sum_, c)


@function("all(c)", "1 if every entry of a condition holds, else 0")
def _(scope, c):
    return reductions.over(reductions.all_, c)


@function("any(c)", "1 if some entry of a condition holds, else 0")
def _(scope, c):
    return reductions.over(reductions.any_, c)


@function("norm(x)", "the Euclidean length: root of the sum of squares", students=True)
def _(scope, x):
    return arithmetic.sqrt(reductions.over(reductions.sum_, x * x))


@function("where(condition, a, b)", "a where the condition holds, else b", students=True)
def _(scope, condition, a, b):
    return arithmetic.where(condition, a, b)


@function("solve(A, b)", "x with A x = b")
def _(scope, a, b):
    return linear.solve(a, b)


@function("dot(a, b)", "the inner product", students=True)
def _(scope, a, b):
    return linear.matmul(structure.flatten(a), structure.flatten(b))


@function("outer(a, b)", "the matrix of all products a_i b_j", students=True)
def _(scope, a, b):
    return linear.outer(a, b)


@function("diag(v)", "the diagonal matrix", students=True)
def _(scope, v):
    return linear.diagonal(v)


@function("eye(n)", "the identity matrix", students=True)
def _(scope, n):
    return linear.identity(scope.integer(n))


@function("zeros(n, ...)", "an array of zeros of that shape")
def _(scope, *sizes):
    return structure.zeros(tuple(map(scope.integer, sizes)))


@function("ones(n, ...)", "an array of ones of that shape")
def _(scope, *sizes):
    return structure.filled(tuple(map(scope.integer, sizes)), 1)


@function("reshape(x, n, ...)", "the entries, row by row, in another shape; one size may be -1")
def _(scope, x, *sizes):
    return structure.reshape(x, tuple(map(scope.integer, sizes)))


@function("concat(a, b, ..., axis=)", "arrays joined along an axis (default 0)")
def _(scope, *parts, axis: int = 0):
    return structure.concat([structure.reshape(part, (1,)) if part.rank == 0 else part for part in parts], axis)


@function("stack(a, b, ...)", "values of one shape as entries of a new first axis")
def _(scope, *parts: Raw):
    return structure.stack([scope.as_value(part) for part in parts])


@function("length(x, axis=)", "how many entries an axis has (default 0)")
def _(scope, x, *, axis: int = 0):
    return constant(x.shape[_one_axis(x, axis)])


@function("one_hot(label, classes)", "a vector with a single 1; labels count as the convention label_base says")
def _(scope, label, classes):
    base, classes = int(scope.convention("label_base")), scope.integer(classes)
    known = scope.known(label)
    if known is not None and not all(base <= entry < base + classes for entry in known.flat):
        raise ShapeError(f"a label here is a whole number from {base} to {base + classes - 1}")
    return structure.one_hot(label - base if base else label, classes=classes)


@function("flip(x, axis=)", "reverses the order along axes; a kernel turned by 180 degrees")
def _(scope, x, *, axis: Pair = None):
    return structure.flip(x, axes=reductions.negative_axes(axis, x.rank))


@function("mse(p, y)", "the squared error, averaged or summed as the convention squared_error says")
def _(scope, p, y):
    return losses.squared_error(p, y, reduction=scope.convention("squared_error"))


@function("sse(p, y)", "the sum of squared errors")
def _(scope, p, y):
    return losses.squared_error(p, y, reduction="sum")


@function("l1(p, y)", "the absolute error, averaged or summed as the convention absolute_error says", also=("mae",))
def _(scope, p, y):
    at_zero = Fraction(scope.convention("abs_at_zero"))
    return losses.absolute_error(p, y, reduction=scope.convention("absolute_error"), at_zero=at_zero)


@function("bce(p, y)", "binary cross-entropy of probabilities (convention cross_entropy: mean or sum)")
def _(scope, p, y):
    return losses.binary_cross_entropy(p, y, reduction=scope.convention("cross_entropy"))


@function("bce_logits(s, y)", "binary cross-entropy of the sigmoid of scores")
def _(scope, s, y):
    return losses.binary_cross_entropy_logits(s, y, reduction=scope.convention("cross_entropy"))


def _targets(scope, scores, y):
    """One-hot targets: as they are, or from labels."""
    if not scores.rank:
        raise ShapeError("scores are a vector, or rows of them, not a number")
    return y if y.shape == scores.shape else FUNCTIONS["one_hot"].build(scope, y, constant(scores.shape[-1]))


@function(
    "cross_entropy(s, y)", "cross-entropy of the softmax of scores; y one-hot or labels (conventions cross_entropy, label_base)"
)
def _(scope, s, y):
    return losses.cross_entropy(s, _targets(scope, s, y), reduction=scope.convention("cross_entropy"))


@function("cross_entropy_probabilities(p, y)", "cross-entropy of probabilities; y one-hot or labels")
def _(scope, p, y):
    return losses.cross_entropy_probabilities(p, _targets(scope, p, y), reduction=scope.convention("cross_entropy"))


@function("hinge(s, y)", "sum of max(0, s_j - s_y + 1) over the wrong classes; y one-hot or labels")
def _(scope, s, y):
    return losses.hinge(s, _targets(scope, s, y), reduction=scope.convention("cross_entropy"))


@function(
    "conv2d(x, w, b, stride=, padding=, dilation=)", "convolution layer; turned kernel or not by the convention `convolution`"
)
def _(scope, x, w, b=None, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1):
    flipped = scope.convention("convolution") == "flipped"
    return convolution.convolve(x, w, b, stride, padding, dilation, flipped)


@function("correlate(x, w, b, stride=, padding=, dilation=)", "cross-correlation, whatever the convention")
def _(scope, x, w, b=None, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1):
    return convolution.convolve(x, w, b, stride, padding, dilation)


@function(
    "convolve(x, w, b, stride=, padding=, dilation=)",
    "convolution proper (kernel turned by 180 degrees), whatever the convention",
)
def _(scope, x, w, b=None, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1):
    return convolution.convolve(x, w, b, stride, padding, dilation, flipped=True)


@function("max_pool(x, size=, stride=, padding=)", "the largest entry of each window; equal ones as the convention `ties` says")
def _(scope, x, *, size: Pair = 2, stride: Pair = None, padding: Pair = 0):
    return convolution.pool(convolution.max_pool, x, size, stride, padding, ties=scope.convention("ties"))


@function("avg_pool(x, size=, stride=, padding=)", "the mean of each window")
def _(scope, x, *, size: Pair = 2, stride: Pair = None, padding: Pair = 0):
    return convolution.pool(convolution.average_pool, x, size, stride, padding)


@function("batch_norm(x, gamma, beta, epsilon=)", "training-time batch norm (conventions batch_norm_epsilon, ddof)")
def _(scope, x, gamma=Fraction(1), beta=Fraction(0), *, epsilon: Value = None):
    epsilon = Fraction(scope.convention("batch_norm_epsilon")) if epsilon is None else epsilon
    return normalisation.batch_norm(x, gamma, beta, epsilon, ddof=int(scope.convention("ddof")))


@function("batch_norm_test(x, gamma, beta, mean, variance, epsilon=)", "test-time batch norm with running statistics")
def _(scope, x, gamma, beta, mean, variance, *, epsilon: Value = None):
    epsilon = Fraction(scope.convention("batch_norm_epsilon")) if epsilon is None else epsilon
    return normalisation.batch_norm_test(x, gamma, beta, mean, variance, epsilon)


@function("dropout(x, mask, keep)", "entries dropped by the mask and divided by the probability to keep (inverted dropout)")
def _(scope, x, mask, keep):
    return normalisation.dropout(x, mask, keep, inverted=True)


def _refuse_plain_numbers(w):
    """Raises ShapeError for a derivative by plain numbers: they are folded into all that is worked out from them."""
    if w.op == "constant":
        raise ShapeError("a derivative by plain numbers has no meaning; put what it is taken by under 'given'")


@function("grad(L, w)", "the gradient of a number L; has the shape of w, which may be an entry of an array")
def _(scope, loss, w):
    _refuse_plain_numbers(w)
    if w.op in ENTRIES and w.inputs[0] in reachable([loss]):
        whole = FUNCTIONS["grad"].build(scope, loss, w.inputs[0])
        return make(w.op, whole, *w.inputs[1:], **w.settings)
    result, on_the_way = gradient(loss, w), adjoints(loss, constant(1), (w,)) if loss.rank == 0 else {}
    named = next((name for name, node in scope.names.items() if node is loss), "")
    forward = set(reachable([loss])) | (set() if named else {result})  # an unnamed number may be but a part of the loss
    for name, node in scope.names.items():
        found = on_the_way.get(node, loss) if isinstance(node, Node) else loss
        if found not in forward and found.op != "constant":
            scope.derivatives.setdefault(found, f"d{named or 'L'}/d{name}")
    return result


@function("vjp(y, w, upstream)", "the gradient of sum(upstream ∘ y) with respect to w")
def _(scope, y, w, upstream):
    _refuse_plain_numbers(w)
    return pull_back(y, w, upstream)


@function("jacobian(y, w)", "all d y_i / d w_j, y and w flattened row by row")
def _(scope, y, w):
    _refuse_plain_numbers(w)
    return jacobian(y, w)


@function("hessian(L, w)", "all second derivatives of a number, w flattened row by row")
def _(scope, loss, w):
    _refuse_plain_numbers(w)
    return hessian(loss, w)


@function("entries(x)", "how many entries a value has")
def _(scope, x):
    return constant(prod(x.shape))
