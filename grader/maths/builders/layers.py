"""Layer stacks: sizes, parameters, operations and receptive fields of a net, layer by layer, with paths that part and join.

A size is a vector (channels, rows, columns), or (features,) behind a dense or flattening layer. Every layer computes from the
*size vector* of the layer before, so a changed size flows into all that follows; receptive fields and jumps likewise.
"""

import inspect
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from grader.maths.builders.counting import check_settings, chosen, number, times
from grader.maths.builders.layer_kinds import COUNTS, KINDS, Layer, none_of, totals
from grader.maths.builders.windows import windows
from grader.maths.errors import LanguageError, ShapeError, nearest
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node, Record, constant, dependencies, reachable
from grader.maths.ops.structure import stack

RESERVED = (*COUNTS, "size", "receptive_field", "jump", "fits", "whole", "input")
WORDS = {"true": True, "yes": True, "counted": True, "false": False, "no": False, "none": False}


@dataclass
class Net:
    """The net as far as it is built: settings that hold for all layers, the size of the image, and the layers by name."""

    start: Layer
    rounding: str
    bias: object
    multiply_add: object
    layers: dict = field(default_factory=dict)
    numbers: Counter = field(default_factory=Counter)

    def add(self, before, kind, settings):
        """The layer of that kind behind `before`, entered under its name."""
        build = KINDS.get(kind)
        if build is None:
            raise LanguageError(f"there is no layer '{kind}'{nearest(kind, KINDS)}; layers are {', '.join(KINDS)}")
        settings = _settings(kind, settings)
        name = self.name(kind, settings.pop("name", None))
        _check_settings(kind, build, settings, name)
        try:
            self.layers[name] = build(self, before, **settings).completed(self.multiply_add)
        except ShapeError as error:
            raise ShapeError(f"layer '{name}': {error}") from error
        return self.layers[name]

    def name(self, kind, own):
        self.numbers[kind] += 1
        name = f"{kind}{self.numbers[kind]}" if own is None else own
        if not isinstance(name, str) or not name.isidentifier():
            raise LanguageError(f"the name of a layer ({kind}) is a word of its own that stands for no other value")
        if name in RESERVED or name in self.layers:
            raise LanguageError(f"the name '{name}' is taken; give the layer ({kind}) another one")
        return name

    def path(self, before, layers):
        """The layers one behind the other, as a list that begins with `before`."""
        behind = [before]
        for layer in layers:
            kind, settings = (layer, {}) if isinstance(layer, str) else layer
            behind.append(self.add(behind[-1], kind, settings))
        return behind

    def biases(self, bias, count):
        """So many biases, or None where the layer or the net is built without; `bias` may be a 0/1 node."""
        bias = self.bias if bias is None else bias
        if isinstance(bias, str):
            bias = chosen(bias, WORDS, "bias")
        return times(number(bias), count) if isinstance(bias, Node) else count if bias else None

    def windows(self, before, *, rounding=None, **settings):
        return windows(len(before.spatial), rounding=rounding or self.rounding, **settings)


def _settings(kind, settings):
    """Settings as a dict; the nested layers of `residual` and `branch` may stand there without a name."""
    if isinstance(settings, Mapping):
        return dict(settings)
    inner = {"residual": "layers", "branch": "paths"}.get(kind)
    if inner is None:
        raise LanguageError(f"a layer '{kind}' needs settings by name, such as 'kernel: 3'")
    return {inner: settings}


def _check_settings(kind, build, settings, name):
    parameters = inspect.signature(build).parameters.values()
    known = {"name": None} | {part.name: part.default for part in parameters if part.kind is part.KEYWORD_ONLY}
    check_settings(f"layer '{name}' ({kind})", settings, known)


def _record(kind, layer, **others):
    """A layer's fields; a count that it does not have is 0 times its channels."""
    return Record.of(
        kind,
        main="size",
        size=layer.size,
        **{count: getattr(layer, count) or none_of(layer.channels) for count in COUNTS},
        receptive_field=layer.receptive_field,
        jump=layer.jump,
        fits=times(*dict.fromkeys(condition for condition, _ in layer.conditions)),
        whole=times(*dict.fromkeys(layer.whole)),
        **others,
    )


def layer_stack(input_shape, layers, *, rounding="floor", bias=True, multiply_add=1):
    """The net of `layers`, one behind the other, on one image; all it gives are graphs of whole numbers.

    input_shape: (channels, rows, columns), (features,) or any other number of spatial axes, nodes or numbers.
    layers: (kind, settings); settings are numbers, nodes, words, pairs (one value per axis) or nested layers. `name` is the
    layer's name, else it is called by its kind and a running number (`conv1`, `conv2`, `pool1`).
    rounding ("floor" or "ceil"), bias: for layers that do not say otherwise.
    multiply_add: how many operations a multiplication with its addition counts as.

    Record("layer stack", main size): size, parameters, weights, biases, statistics, macs, flops, receptive_field, jump, fits,
    whole, `input`, and one Record("layer") of the same fields for every layer by name, also those inside `residual` and
    `branch`. `fits` is 1 where every window fits and paths that meet agree, `whole` where no size was rounded. Receptive fields
    are not cut off at the borders; a dense layer sees the whole image. Only weights have operations; activations, pooling,
    normalisation, biases and the sums of shortcuts have none.

    Raises ShapeError, with the layer's name, where the numbers are known and do not fit; LanguageError for faulty settings.

    >>> net = layer_stack((1, 32, 32), [("conv", {"filters": 6, "kernel": 5}), ("pool", {"kernel": 2})])
    >>> print(Evaluation()(net.fields["size"]), Evaluation()(net.fields["parameters"]))
    [6 14 14] 156
    """
    sizes = [number(size) for size in input_shape]
    ones = stack([constant(1)] * max(1, len(sizes) - 1))
    net = Net(Layer(stack(sizes), ones, ones), rounding, bias, number(multiply_add))
    path = net.path(net.start, layers)
    _require_fit(net)
    whole = replace(
        path[-1],
        **totals(path[1:]),
        conditions=tuple(pair for layer in net.layers.values() for pair in layer.conditions),
        whole=tuple(condition for layer in net.layers.values() for condition in layer.whole),
    )
    records = {name: _record("layer", layer) for name, layer in net.layers.items()}
    return _record("layer stack", whole, input=_record("layer", net.start), **records)


def misfit(net, work):
    """The name of the first layer of a stack that does not fit, or None; `work` gives a node's value (an Evaluation)."""
    layers = ((name, part) for name, part in net.fields.items() if isinstance(part, Record))
    return next((name for name, layer in layers if not work(layer.fields["fits"])), None)


def _require_fit(net):
    """Raises ShapeError for the first layer that cannot fit, as far as the numbers are known without values for given nodes."""
    conditions = [(name, *pair) for name, layer in net.layers.items() for pair in layer.conditions]
    unknown, work = _unknown([node for _, node, _ in conditions]), Evaluation()
    for name, node, sentence in conditions:
        if node not in unknown and not work(node):
            raise ShapeError(f"layer '{name}' does not fit: {sentence}")


def _unknown(nodes):
    """The nodes that depend on a given value."""
    found = set()
    for node in reachable(nodes):
        if node.op == "given" or any(part in found for part in dependencies(node)):
            found.add(node)
    return found
