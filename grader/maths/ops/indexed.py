"""What derivations with indices need: sizes by name, entries at index symbols, sums over an index, unknown functions."""

import hashlib
from fractions import Fraction
from functools import lru_cache, reduce

from grader.maths.errors import InexactError, ShapeError
from grader.maths.graph import make
from grader.maths.ops import arithmetic
from grader.maths.ops.structure import GRID, index, one_hot, permute, reshape
from grader.maths.ops.table import NO_GRADIENT, Sample, broadcast, define, same_shape

WAVES = 4  # in the function that stands for an unknown one
NUMERIC = frozenset({"BALL", "FLOAT"})

dimension = define(
    "dimension",
    shape=lambda name, size: (),
    sentence="is the size of a vector or matrix that has it by name",
    text="{name}",
    tex="{name}",
    rule=lambda system, name, size: system.array(Fraction(size)),
    vjp=NO_GRADIENT,
    aligned=True,
    samples=(Sample((), {"name": "n", "size": 3}),),
)


def upto(node):
    """The largest value of a declared index symbol, None for any other node."""
    return node.settings.get("upto") if node.op == "given" else None


def _entry_shape(shape, *indices):
    if len(indices) > len(shape) or any(indices):
        raise ShapeError("an index is a number, and there is one for each axis at most")
    return shape[len(indices) :]


def _entry_definition(x, *indices):
    """The sum of the rows, each times 1 where the index is its own; out of range there is no value."""
    for place in indices:
        chosen = one_hot(place - 1, classes=x.shape[0])
        column = reshape(chosen, (x.shape[0],) + (1,) * (x.rank - 1))
        size = x.shape[0]
        x = make("sum", x * column, axes=(-x.rank,))
        if (upto(place) or size + 1) > size:
            x = x / make("sum", chosen, axes=(-1,))
    return x


entry = define(
    "entry",
    shape=_entry_shape,
    sentence="picks the entry at an index that counts from 1",
    text="{0}[{1}]",
    tex="{0}_{{{1}}}",
    level=99,
    definition=_entry_definition,
    samples=(Sample(([3, -1, 5], 2)), Sample((GRID, 2))),
)
entry_of_two = define(
    "entry_of_two",
    shape=_entry_shape,
    sentence="picks the entry at two indices that count from 1",
    text="{0}[{1}, {2}]",
    tex="{0}_{{{1}{2}}}",
    level=99,
    definition=_entry_definition,
    samples=(Sample((GRID, 2, 3)),),
)


def pick(x, key):
    """Entries of `x`: numbers and slices of the key count from 0, nodes from 1."""
    if len(key) > x.rank:
        return index(x, tuple(0 if hasattr(part, "op") else part for part in key))  # which complains
    places = [part for part in key if hasattr(part, "op")]
    plain = tuple(slice(None) if hasattr(part, "op") else part for part in key)
    x = x if all(part == slice(None) for part in plain) else index(x, plain)
    kept = [part for part in key if not isinstance(part, int)]
    axes = [axis for axis, part in enumerate(kept) if hasattr(part, "op")]
    x = permute(x, (*axes, *(axis for axis in range(x.rank) if axis not in axes)))
    if len(places) == 2:
        return entry_of_two(x, *places)
    return reduce(entry, places, x)


def _folded(*terms, shown, operation):
    if operation == "sum":
        return reduce(lambda a, b: a + b, terms)
    if operation == "prod":
        return reduce(lambda a, b: a * b, terms)
    return reduce(arithmetic.maximum if operation == "max" else arithmetic.minimum, terms)


over_index = define(
    "over_index",
    shape=lambda *shapes, shown, operation: broadcast(*shapes),
    sentence="joins a term for every value of an index",
    text="{shown}",
    tex=r"\text{{{shown}}}",
    definition=_folded,
    samples=(
        Sample((2, -3, 5), {"shown": "sum(k in 1..3, x[k])", "operation": "sum"}),
        Sample((2, -3, 5), {"shown": "prod(k in 1..3, x[k])", "operation": "prod"}),
        Sample((2, -3, 5), {"shown": "max(k in 1..3, x[k])", "operation": "max"}),
    ),
)


@lru_cache(maxsize=256)
def _waves(name):
    """(height, frequency, phase) of the sine waves that stand for an unknown function, by its name."""
    digest = hashlib.shake_128(f"unknown function {name}".encode()).digest(6 * WAVES)
    numbers = [int.from_bytes(digest[2 * k : 2 * k + 2], "big") for k in range(3 * WAVES)]
    return [
        (Fraction(101 + a % 797, 401), Fraction(53 + b % 499, 307) / (k + 1), Fraction(c % 6007, 997))
        for k, (a, b, c) in enumerate(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))
    ]


def _opaque_rule(system, x, name):
    """A sum of sine waves, which is smooth, and its derivatives."""
    if system.name not in NUMERIC:
        raise InexactError(f"{name} is a function without a formula")
    order = name.count("'")
    wave, sign = (system.cos, -1) if order % 2 else (system.sin, 1)
    sign = sign * (-1) ** ((order + order % 2) // 2)
    terms = (
        wave(x * system.array(often) + system.array(phase)) * system.array(sign * height * often**order)
        for height, often, phase in _waves(name.rstrip("'"))
    )
    return reduce(lambda a, b: a + b, terms)


opaque = define(
    "opaque",
    shape=same_shape,
    sentence="is a function that is only known to be smooth",
    text="{name}({0})",
    tex="{name}({0})",
    rule=_opaque_rule,
    vjp=lambda node, g: (g * opaque(node.inputs[0], name=node.settings["name"] + "'"),),
    aligned=True,
    systems=NUMERIC,
    samples=(
        Sample(([1, "1/2", -3],), {"name": "f"}),
        Sample(([1, "1/2", -3],), {"name": "f'"}),
        Sample(([1, "1/2", -3],), {"name": "g'''"}),
    ),
)


class Opaque:
    """The meaning of a name declared as a function: `f(x)`, and with primes its derivatives."""

    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return isinstance(other, Opaque) and self.name == other.name

    def __hash__(self):
        return hash(("opaque", self.name))

    def of(self, scope, x, order=0):
        """The function's value at a node, or that of its derivative of an order."""
        return opaque(x, name=self.name + order * "'")
