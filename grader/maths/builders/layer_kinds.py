"""The kinds of layers: what each does to sizes, receptive fields and counts.

A kind is a function of the net (its settings, its image, `net.path` for nested layers), the layer before, and keyword settings.
Sources: see `windows`; He et al., Deep residual learning (2016) for shortcuts; Szegedy et al., Going deeper with
convolutions (2015) for branches; Howard et al., MobileNets (2017) for depthwise convolutions.
"""

from dataclasses import dataclass, replace
from functools import reduce

from grader.maths.builders.counting import entries, number, over, per_axis, plus, times
from grader.maths.builders.windows import divides
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.graph import Node, constant
from grader.maths.ops.arithmetic import equal, maximum
from grader.maths.ops.counts import batch_norm_parameters, conv_macs, conv_weights, dense_weights, flops, parameters, total
from grader.maths.ops.structure import index, stack

COUNTS = ("parameters", "weights", "biases", "statistics", "macs", "flops")
KINDS = {}


@dataclass(frozen=True)
class Layer:
    """What is known behind a layer: `size`, `receptive_field` and `jump` (rows, columns) as vectors.

    Of the layer itself: `parameters` = `weights` + `biases` (learnable), `statistics` (running means and variances), `macs`
    (multiplications with their additions, for one image), `flops` (the same by the net's convention), each None where such a
    layer has none; `conditions`: (0/1 node, what is wrong where it is 0); `whole`: 0/1 nodes, 1 where no size was rounded.
    """

    size: Node
    receptive_field: Node
    jump: Node
    weights: Node | None = None
    biases: Node | None = None
    statistics: Node | None = None
    macs: Node | None = None
    parameters: Node | None = None
    flops: Node | None = None
    conditions: tuple = ()
    whole: tuple = ()

    @property
    def channels(self):
        return index(self.size, (0,))

    @property
    def spatial(self):
        return entries(self.size)[1:]

    @property
    def features(self):
        """The number of all entries."""
        return times(*entries(self.size))

    def passed_on(self, **changes):
        """A following layer that changes nothing but this."""
        return replace(Layer(self.size, self.receptive_field, self.jump), **changes)

    def completed(self, multiply_add):
        """With the counts that follow from others filled in."""
        operations = self.flops or (None if self.macs is None else flops(self.macs, multiply_add))
        return replace(self, parameters=self.parameters or summed([self.weights, self.biases]), flops=operations)


def summed(parts):
    """The sum of the nodes that are there, or None."""
    parts = [part for part in parts if part is not None]
    return total(*parts) if len(parts) > 1 else parts[0] if parts else None


def learnt(weights, biases, inputs):
    """The counts of a layer with those weights and biases (None without), whose outputs each have so many inputs (channels)."""
    both = weights if biases is None else parameters(weights, biases, inputs)
    return {"weights": weights, "biases": biases, "parameters": both}


def totals(layers):
    """Every count summed over the layers."""
    return {count: summed(getattr(layer, count) for layer in layers) for count in COUNTS}


def none_of(count):
    """Zero as `0 count`: a node of its own, so that somebody's other value for it does not change every zero of the graph."""
    return constant(0) * count


def kind(name):
    """Register a kind of layer: its function gets the net, the layer before and the settings."""

    def register(build):
        KINDS[name] = build
        return build

    return register


def _slid(before, channels, slid, **rest):
    """The layer behind windows that slide over the maps of `before`."""
    axes = list(zip(slid, before.spatial, entries(before.receptive_field), entries(before.jump), strict=True))
    return Layer(
        stack([channels, *(window.count(size) for window, size, _, _ in axes)]),
        stack([window.sees(field, jump) for window, _, field, jump in axes]),
        stack([window.jump(jump) for window, _, _, jump in axes]),
        conditions=(
            *((window.proper, "its kernel or its stride is smaller than 1") for window in slid),
            *((window.fits(size), "its window is larger than its padded input") for window, size, _, _ in axes),
        ),
        whole=tuple(window.whole(size) for window, size, _, _ in axes),
        **rest,
    )


def _convolved(net, before, filters, groups, bias, slid):
    filters, groups = number(filters), number(groups)
    layer = _slid(before, filters, slid)
    weights, biases = conv_weights(before.channels, filters, groups, *_kernel(slid)), net.biases(bias, filters)
    uneven = "its channels and its filters cannot be shared out evenly among its groups"
    return replace(
        layer,
        **learnt(weights, biases, before.channels),
        macs=conv_macs(weights, filters, *layer.spatial, *before.spatial),
        conditions=(*layer.conditions, *((divides(groups, count), uneven) for count in (before.channels, filters))),
    )


def _kernel(slid):
    return [window.kernel for window in slid]


@kind("conv")
def conv(net, before, *, filters, kernel, stride=1, padding=0, dilation=1, groups=1, bias=None, rounding=None):
    """Weights: kernel rows x kernel columns x (channels / groups) x filters; one multiply-add per weight and place."""
    slid = net.windows(before, kernel=kernel, stride=stride, padding=padding, dilation=dilation, rounding=rounding)
    return _convolved(net, before, filters, groups, bias, slid)


@kind("depthwise")
def depthwise(net, before, *, kernel, stride=1, padding=0, dilation=1, multiplier=1, bias=None, rounding=None):
    """A kernel for every channel by itself; `multiplier` kernels per channel."""
    slid = net.windows(before, kernel=kernel, stride=stride, padding=padding, dilation=dilation, rounding=rounding)
    filters = times(before.channels, number(multiplier))
    return _convolved(net, before, filters, before.channels, bias, slid)


@kind("conv_transpose")
def conv_transpose(net, before, *, filters, kernel, stride=1, padding=0, output_padding=0, dilation=1, bias=None):
    """Every input spreads over a window of outputs, so multiply-adds count by the input; the jump is divided by the stride."""
    slid = net.windows(before, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    filters, extra = number(filters), per_axis(output_padding, len(slid))
    axes = list(zip(slid, before.spatial, entries(before.receptive_field), entries(before.jump), extra, strict=True))
    weights = conv_weights(before.channels, filters, 1, *_kernel(slid))
    return Layer(
        stack([filters, *(window.back(size, more) for window, size, _, _, more in axes)]),
        stack([window.sees_back(field, jump) for window, _, field, jump, _ in axes]),
        stack([window.jump_back(jump) for window, _, _, jump, _ in axes]),
        **learnt(weights, net.biases(bias, filters), before.channels),
        macs=times(weights, *before.spatial),
    )


def pool(net, before, *, kernel, stride=None, padding=0, rounding=None):
    """Windows side by side unless a stride is given; nothing to learn."""
    slid = net.windows(before, kernel=kernel, stride=kernel if stride is None else stride, padding=padding, rounding=rounding)
    return _slid(before, before.channels, slid, weights=none_of(before.channels))


for _name in ("pool", "maxpool", "avgpool"):
    kind(_name)(pool)


@kind("global_pool")
def global_pool(net, before):
    """One number per channel, size (channels, 1, ...), which sees the whole image."""
    if not before.spatial:
        raise ShapeError("a global pooling needs maps (channels, rows, columns), but its input is a vector of features")
    size = stack([before.channels, *(constant(1) for _ in before.spatial)])
    return before.passed_on(size=size, receptive_field=_whole_image(net), weights=none_of(before.channels))


@kind("upsample")
def upsample(net, before, *, factor):
    """Repeats rows and columns (nearest neighbour)."""
    factors = per_axis(factor, len(before.spatial))
    size = stack([before.channels, *(times(size, by) for size, by in zip(before.spatial, factors, strict=True))])
    jump = stack([over(jump, by) for jump, by in zip(entries(before.jump), factors, strict=True)])
    return before.passed_on(size=size, jump=jump)


@kind("flatten")
def flatten(net, before):
    return before.passed_on(size=stack([before.features]))


@kind("dense")
def dense(net, before, *, units, bias=None):
    """Weights from every entry of the input (flattened if need be) to every unit; sees the whole image."""
    units = number(units)
    weights = dense_weights(before.features, units, before.channels)
    return before.passed_on(
        size=stack([units]),
        receptive_field=_whole_image(net),
        **learnt(weights, net.biases(bias, units), before.features),
        macs=weights,
    )


def _whole_image(net):
    return stack(net.start.spatial or [net.start.features])


@kind("batch_norm")
def batch_norm(net, before):
    """A scale (weight) and a shift (bias) for every channel or feature, and a running mean and variance as statistics."""
    channels = before.channels
    counts = {"weights": channels, "biases": channels, "parameters": batch_norm_parameters(channels, before.features)}
    return before.passed_on(**counts, statistics=2 * channels)


@kind("leaky_relu")
def leaky_relu(net, before, *, slope=None):
    return before.passed_on()


@kind("dropout")
def dropout(net, before, *, rate=None):
    return before.passed_on()


def activation(net, before):
    """Works on every entry by itself: size, receptive field and counts stay."""
    return before.passed_on()


for _name in ("relu", "sigmoid", "tanh", "softmax", "elu", "softplus", "identity"):
    kind(_name)(activation)


@kind("residual")
def residual(net, before, *, layers, shortcut=()):
    """The sum of a path and of a way around it: the input itself, or `shortcut` layers. Sizes must agree."""
    if not layers:
        raise LanguageError("a residual block needs layers to go around")
    return _joined([net.path(before, layers), net.path(before, shortcut)], joined_axes=0)


@kind("branch")
def branch(net, before, *, paths):
    """Paths side by side, joined along the channels; the other sizes must agree. An empty path passes the input on."""
    if len(paths) < 2:
        raise LanguageError("a branch needs at least two paths")
    built = [net.path(before, path) for path in paths]
    layer = _joined(built, joined_axes=1)
    first = built[0][-1]
    return replace(layer, size=stack([plus(*(path[-1].channels for path in built)), *first.spatial]))


def _joined(paths, joined_axes):
    """The layer behind paths that meet; the sizes of the first `joined_axes` axes may differ.

    The receptive field is the hull of those of the paths, which lie around the same centre (Araujo et al. 2019).
    """
    ends = [path[-1] for path in paths]
    if len({end.size.shape for end in ends}) > 1:
        raise ShapeError("maps and vectors of features meet; every path must end in the same sort of size")
    inner = [layer for path in paths for layer in path[1:]]
    return Layer(
        ends[0].size,
        reduce(_larger, (end.receptive_field for end in ends)),
        ends[0].jump,
        conditions=tuple(_agreements(ends, joined_axes)),
        **totals(inner),
    )


def _larger(a, b):
    return a if a is b else maximum(a, b)


def _agreements(ends, joined_axes):
    for end in ends[1:]:
        for a, b in zip(entries(ends[0].size)[joined_axes:], entries(end.size)[joined_axes:], strict=True):
            yield equal(a, b), "the sizes of the paths that meet differ"
        for a, b in zip(entries(ends[0].jump), entries(end.jump), strict=True):
            yield equal(a, b), "the strides of the paths that meet differ"
