"""The graph: one immutable node per operation, structurally equal nodes are one node.

A node knows its operation (a name in the table of `grader.maths.ops`), its inputs, its settings and the shape of its value. The
inputs of a node are always older than the node (`serial`), so sorting by serial is an order of evaluation.
"""

import threading
import weakref
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from itertools import count
from math import prod
from types import MappingProxyType

from grader.maths.errors import ShapeError, TooLargeError

MAX_ELEMENTS = 20_000_000
MAX_CONSTANT = 200_000  # entries of a constant array
MAX_AXES = 16

_interned = {}  # key -> weak reference to its node
_lock = threading.RLock()  # a node may vanish while another is put in
_serials = count()
EMPTY = MappingProxyType({})


class Node:
    """One operation: `op`, `inputs` (nodes), `settings` (by keyword, read-only), `shape` (of the value, without batch axes).

    `expansion` is the graph that defines a composite operation through simpler ones, or None; a `transparent` node is shown as
    its expansion. `lying` tells a vector laid down as a row (`v'`, `v' A`, `2 v'`), whose product with a vector is a number.
    Arithmetic on nodes builds more graph: `a + b`, `-a`, `a * b` (elementwise), `a @ b`, `a / b`, `a ** b`, `a[0, 1:3]`.
    """

    __slots__ = ("__weakref__", "expansion", "inputs", "lying", "op", "serial", "settings", "shape", "transparent")

    def __init__(self, op, inputs, settings, shape, expansion=None, transparent=False):
        self.op, self.inputs, self.shape, self.expansion, self.transparent = op, inputs, shape, expansion, transparent
        self.settings = MappingProxyType(settings) if settings else EMPTY
        self.serial = next(_serials)
        self.lying = expansion.lying if transparent else _lies(op, inputs)

    @property
    def rank(self):
        return len(self.shape)

    def __repr__(self):
        return f"<{self.op} {self.shape}>"

    def __add__(self, other):
        return _simplified("add", self, other)

    def __radd__(self, other):
        return _simplified("add", other, self)

    def __sub__(self, other):
        return _simplified("subtract", self, other)

    def __rsub__(self, other):
        return _simplified("subtract", other, self)

    def __mul__(self, other):
        return _simplified("multiply", self, other)

    def __rmul__(self, other):
        return _simplified("multiply", other, self)

    def __truediv__(self, other):
        return _simplified("divide", self, other)

    def __rtruediv__(self, other):
        return _simplified("divide", other, self)

    def __pow__(self, other):
        return self if _number(as_node(other)) == 1 else make("power", self, other)

    def __matmul__(self, other):
        from grader.maths.ops.linear import matmul

        return matmul(self, other)

    def __neg__(self):
        return make("negate", self)

    def __getitem__(self, key):
        from grader.maths.ops.structure import index

        return index(self, key)


def _lies(op, inputs):
    for child in inputs:
        if child.lying:
            return _stays_lying(op, inputs)
    return op == "row"


def _stays_lying(op, inputs):
    if op in ("matmul", "negate", "divide"):
        return inputs[0].lying
    if op in ("add", "subtract"):
        return all(child.lying for child in inputs)
    return op == "row" or (op == "multiply" and any(child.lying for child in inputs))


@dataclass(frozen=True)
class Record:
    """Named results of a builder: `step.m_hat`, `net.c1.size`; a field is a Node, a Record or a tuple of these.

    `main` names the field that stands for the whole record where a value is wanted.
    """

    kind: str
    fields: MappingProxyType
    main: str | None = None

    @classmethod
    def of(cls, kind, main=None, **fields):
        return cls(kind, MappingProxyType(fields), main)


class _Kept(weakref.ref):
    """A weak reference to a node that knows the node's key."""

    __slots__ = ("key",)


def _forget(kept, interned=_interned, lock=_lock):
    """Take a node out that is gone, unless another has its key by now."""
    with lock:
        if interned.get(kept.key) is kept:
            del interned[kept.key]


def _known(key):
    kept = _interned.get(key)
    return None if kept is None else kept()


def _interned_as(key, node):
    """The node with this key: the given one, or the one that another thread has put in first."""
    kept = _Kept(node, _forget)
    kept.key = key
    with _lock:
        known = _known(key)
        if known is None:
            _interned[key] = kept
    return node if known is None else known


def make(op, *inputs, **settings):
    """The node of that operation; infers its shape, raises ShapeError (in words) where the inputs do not fit."""
    inputs = tuple([value if type(value) is Node else as_node(value) for value in inputs])
    key = (op, *map(id, inputs))
    if settings:
        key = (key, tuple(sorted((name, _hashable(value)) for name, value in settings.items())))
    known = _known(key)
    return _interned_as(key, _built(_table()[op], inputs, settings)) if known is None else known


@cache
def _table():
    from grader.maths.ops.table import OPS

    return OPS


def _built(row, inputs, settings):
    """A new node of an operation (its row of the table)."""
    shape = _inferred_shape(row, inputs, settings)
    expansion = row.definition(*inputs, **settings) if row.definition else None
    if shape is None:
        shape = expansion.shape
    if expansion is not None and expansion.shape != shape:
        raise ShapeError(f"{row.name}: its definition has shape {show_shape(expansion.shape)} instead of {show_shape(shape)}")
    return Node(row.name, inputs, settings, shape, expansion, row.transparent)


def _inferred_shape(row, inputs, settings):
    """The shape of an operation's value, checked; None where it is that of the definition."""
    if row.shape is None:
        return None
    shapes = [node.shape for node in inputs]
    if row.aligned and not any(shapes):
        return ()  # numbers, entry by entry
    shape = tuple(row.shape(*shapes, **settings))
    _check_size(shape, MAX_CONSTANT if row.name == "constant" else MAX_ELEMENTS)
    return shape


def _check_size(shape, limit):
    if any(size < 1 for size in shape):
        raise ShapeError(f"a value of {show_shape(shape)} has no entries")
    if len(shape) > MAX_AXES:
        raise TooLargeError(f"a value of {len(shape)} axes is too large (limit {MAX_AXES})")
    if prod(shape) > limit:
        raise TooLargeError(f"a value of {_told(prod(shape))} entries is too large (limit {limit:,})")


def _told(number):
    return f"{number:,}" if number < 10**15 else "very many"


def check_constant(dimensions):
    """Raises ShapeError or TooLargeError for a constant array of impossible or too many entries, before it is made."""
    _check_size(dimensions, MAX_CONSTANT)


def _hashable(value):
    if isinstance(value, slice):
        return ("slice", value.start, value.stop, value.step)
    if isinstance(value, (tuple, list)):
        return tuple(_hashable(item) for item in value)
    return (type(value).__name__, value)


def constant(value):
    """A constant from a number (int, Fraction) or nested lists of numbers; raises ShapeError for ragged rows."""
    return _single(value) if type(value) in (int, Fraction) else _constant(value)


def _constant(value):
    entries, shape = _flatten(value)
    return make("constant", entries=entries, dimensions=shape)


@lru_cache(maxsize=1024)
def _single(number):
    return _constant(number)


def _flatten(value):
    if not isinstance(value, (list, tuple)):
        return (Fraction(value.item() if hasattr(value, "item") else value),), ()
    parts = [_flatten(item) for item in value]
    if len({shape for _, shape in parts}) > 1:
        raise ShapeError("the rows of this array have different lengths")
    inner = parts[0][1] if parts else ()
    return tuple(entry for entries, _ in parts for entry in entries), (len(parts), *inner)


FOLDED = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}
MOST_FOLDED = 8_000  # bits of two numbers that are worked out while a graph is built
NEUTRAL = {"add": 0, "subtract": 0, "multiply": 1, "divide": 1}


def _simplified(op, left, right):
    """`make`, but numbers are worked out and neutral numbers (x + 0, 1 x) dropped, so that derived graphs stay readable."""
    left, right = as_node(left), as_node(right)
    a, b = _number(left), _number(right)
    if a is b is None:
        return make(op, left, right)
    if a is not None and b is not None and not (op == "divide" and b == 0) and _bits(a) + _bits(b) <= MOST_FOLDED:
        return constant(FOLDED[op](a, b))
    if b == NEUTRAL[op]:
        return left
    if a == NEUTRAL[op] and op in ("add", "multiply"):
        return right
    return make(op, left, right)


def _bits(number):
    return number.numerator.bit_length() + number.denominator.bit_length()


def _number(node):
    """The value of a constant number, else None."""
    while node.transparent:
        node = node.expansion
    return node.settings["entries"][0] if node.op == "constant" and not node.shape else None


def is_number(node, number):
    """Whether a node is this number as a constant of the question."""
    return _number(node) == number


def spelled_out(node):
    """What a transparent node stands for, down to a node that is shown as itself."""
    while node.transparent:
        node = node.expansion
    return node


def given(name, shape=()):
    """A value to be supplied when the graph is evaluated, known by its name."""
    return _given(name, tuple(shape))


@lru_cache(maxsize=1024)
def _given(name, shape):
    return make("given", name=name, dimensions=shape)


def as_node(value):
    """The node of a value: nodes as they are, records by their main field, numbers and nested lists as constants."""
    if isinstance(value, Node):
        return value
    if isinstance(value, Record) and value.main:
        return as_node(value.fields[value.main])
    if isinstance(value, Record):
        raise ShapeError(f"a {value.kind} is not a value; name one of its results: {', '.join(value.fields)}")
    return constant(value)


def reachable(nodes, stop=()):
    """All nodes that `nodes` depend on, themselves included, in an order of evaluation; does not look behind `stop`."""
    stop = set(stop)
    found, waiting = set(), list(nodes)
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        found.add(node)
        if node not in stop:
            waiting.extend(dependencies(node))
    return sorted(found, key=lambda node: node.serial)


def dependencies(node):
    """What a node's value is computed from: the definition of a composite operation, else its inputs."""
    return (node.expansion,) if node.expansion is not None else node.inputs


def replace(node, changed):
    """The graph of `node` with nodes exchanged: `changed` maps a node to the node that takes its place.

    A transparent node in whose definition (not only in its inputs) something changes becomes the changed definition.
    """
    exchanged, changed = frozenset(changed), dict(changed)
    for old in _rebuild_order(node, changed):
        inputs = tuple(changed.get(child, child) for child in old.inputs)
        if old.transparent and not exchanged.isdisjoint(_inside(old)):
            changed[old] = changed.get(old.expansion, old.expansion)
        else:
            changed[old] = old if inputs == old.inputs else make(old.op, *inputs, **old.settings)
    return changed.get(node, node)


def _inside(node):
    """The nodes of a definition, from the inputs (not included) to the result."""
    return [step for step in reachable([node.expansion], stop=node.inputs) if step not in node.inputs]


def _rebuild_order(root, changed):
    found, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node not in found and node not in changed:
            found.add(node)
            waiting.extend((*node.inputs, node.expansion) if node.transparent else node.inputs)
    return sorted(found, key=lambda node: node.serial)


def show_shape(shape):
    """A shape in words: `a number`, `a vector of 3`, `2 x 3`."""
    if not shape:
        return "a number"
    return f"a vector of {shape[0]}" if len(shape) == 1 else " x ".join(map(str, shape))
