"""The table of operations: one row says all that is known of one operation.

A row has either a `rule` (its value in any number system) and a `vjp` (its gradient, as more graph), or a `definition` through
other operations, from which value and gradient follow.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest

from grader.maths.errors import ShapeError
from grader.maths.graph import make, show_shape

NO_GRADIENT = "no gradient"  # integer-valued or boolean: the derivative is zero wherever it exists
NO_CORNER = "smooth"
NO_SLIPS = ()
EVERY = frozenset({"EXACT", "BALL", "FLOAT", "SYMBOLIC"})
TRANSCENDENTAL = frozenset({"BALL", "FLOAT", "SYMBOLIC"})  # EXACT only at special points
NUMERIC = frozenset({"EXACT", "BALL", "FLOAT"})


@dataclass(frozen=True)
class Slip:
    """A named wrong change of one operation: `rewrite(node)` gives the wrong graph, or None where it does not apply."""

    tag: str
    rewrite: Callable
    sentence: str


@dataclass(frozen=True)
class Sample:
    """Example inputs (nested lists of rationals) and settings for the test that covers every row.

    Inputs lie off the corners, so that central differences apply.
    """

    inputs: tuple
    settings: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Op:
    """A row of the table.

    shape: (*shapes, **settings) -> shape; raises ShapeError in words.
    rule: (system, *values, **settings) -> value, over trailing axes, leading batch axes allowed; None for a composite.
    definition: (*nodes, **settings) -> node; None for a primitive.
    vjp: (node, upstream) -> one node (or None for zero) per input, or NO_GRADIENT; unused for a composite.
    aligned: core axes of the inputs are aligned to each other by rank (elementwise operations), else only batch axes are.
    text, tex: templates with {0}, {1}, ... for the inputs and setting names; `level` is the binding strength of the text.
    corner: (node) -> a 0/1 graph that is 1 somewhere on a corner or tie, or NO_CORNER.
    systems: where the rule applies for general arguments.
    """

    name: str
    shape: Callable
    sentence: str
    text: str
    tex: str
    rule: Callable | None = None
    definition: Callable | None = None
    vjp: Callable | str | None = None
    aligned: bool = False
    level: int = 100
    corner: Callable | str = NO_CORNER
    slips: tuple = NO_SLIPS
    samples: tuple = ()
    systems: frozenset = EVERY


OPS = {}


def operation_forgotten(position=0):
    """The rewrite of a slip that leaves an operation out: gives an input, where that has the shape of the result."""
    return lambda node: node.inputs[position] if node.inputs[position].shape == node.shape else None


def define(name, **fields):
    """Add a row and return the function that builds its node."""
    row = Op(name, **fields)
    if name in OPS or (row.rule is None) == (row.definition is None) or (row.rule and row.vjp is None):
        raise ValueError(f"the row of '{name}' is there already or incomplete")
    OPS[name] = row

    def build(*inputs, **settings):
        return make(name, *inputs, **settings)

    build.__name__ = name
    build.__doc__ = row.sentence
    return build


def broadcast(*shapes):
    """The common shape of an elementwise operation; raises ShapeError naming the shapes."""
    result = []
    for sizes in zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        larger = {size for size in sizes if size != 1}
        if len(larger) > 1:
            words = " and ".join(show_shape(shape) for shape in shapes)
            raise ShapeError(f"the shapes do not fit together entry by entry: {words}")
        result.append(larger.pop() if larger else 1)
    return tuple(reversed(result))


def same_shape(shape, *_, **__):
    """The shape of the first input, for operations that keep it."""
    return shape


def negative_axes(axes, rank):
    """Axes counted from the end, so that leading batch axes do not matter; raises ShapeError for one that is not there."""
    axes = range(rank) if axes is None else (axes,) if isinstance(axes, int) else axes
    result = []
    for axis in axes:
        if not -rank <= axis < rank:
            raise ShapeError(f"there is no axis {axis} in a value of {rank} axes (axes count from 0)")
        result.append(axis - rank if axis >= 0 else axis)
    return tuple(sorted(set(result)))
