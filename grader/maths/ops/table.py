"""The table of operations: one row says all that is known of one operation.

A row has either a `rule` (its value in any number system) and a `vjp` (its gradient, as more graph), or a `definition` through
other operations, from which value and gradient follow. A row without a text of its own is transparent: it is shown as its
definition, and is there for its slips (see `formula`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from itertools import zip_longest

from grader.maths.errors import GraderError, ShapeError
from grader.maths.graph import as_node, make, show_shape, spelled_out

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

    shape: (*shapes, **settings) -> shape; raises ShapeError in words. None: the shape of the definition.
    rule: (system, *values, **settings) -> value, over trailing axes, leading batch axes allowed; None for a composite.
    definition: (*nodes, **settings) -> node; None for a primitive.
    vjp: (node, upstream) -> one node (or None for zero) per input, or NO_GRADIENT; of a composite only NO_GRADIENT, as a remark.
    aligned: core axes of the inputs are aligned to each other by rank (elementwise operations), else only batch axes are.
    text, tex: templates with {0}, {1}, ... for the inputs and setting names; `level` is the binding strength of the text. None:
    shown as its definition.
    corner: (node) -> a 0/1 graph that is 1 somewhere on a corner or tie, or NO_CORNER.
    systems: where the rule applies for general arguments.
    """

    name: str
    shape: Callable | None
    sentence: str
    text: str | None
    tex: str | None
    rule: Callable | None = None
    definition: Callable | None = None
    vjp: Callable | str | None = None
    aligned: bool = False
    level: int = 100
    corner: Callable | str = NO_CORNER
    slips: tuple = NO_SLIPS
    samples: tuple = ()
    systems: frozenset = EVERY

    @property
    def transparent(self):
        return self.text is None

    @property
    def is_formula(self):
        """Whether the row is there for its slips alone, and all else is said by its definition."""
        return self.shape is None


OPS = {}


def operation_forgotten(position=0):
    """The rewrite of a slip that leaves an operation out: gives an input, where that has the shape of the result."""
    return lambda node: node.inputs[position] if node.inputs[position].shape == node.shape else None


def define(name, **fields):
    """Add a row and return the function that builds its node."""
    row = Op(name, **fields)
    incomplete = (row.rule and row.vjp is None) or (row.definition is None and None in (row.shape, row.text))
    if name in OPS or (row.rule is None) == (row.definition is None) or incomplete:
        raise ValueError(f"the row of '{name}' is there already or incomplete")
    OPS[name] = row

    def build(*inputs, **settings):
        return make(name, *inputs, **settings)

    build.__name__ = name
    build.__doc__ = row.sentence
    return build


def formula(name, definition, sentence, slips, samples, **fields):
    """Add the transparent row of a formula of the field, and return the function that builds its node.

    definition: (*nodes, **settings) -> node; an input may be there for the slips alone (the stride, which does not belong into
    the receptive field of its own layer). slips: (tag, wrong, sentence), where `wrong` gives the wrong graph from the same inputs
    and settings, or None; a dict stands for the same formula with these inputs or settings changed, to a value or by a function
    of the right one.
    """
    rows = tuple(
        Slip(tag, _wrong_formula(_with_changes(name, definition, wrong) if isinstance(wrong, dict) else wrong), told)
        for tag, wrong, told in slips
    )
    return define(
        name, shape=None, sentence=sentence, text=None, tex=None, definition=definition, slips=rows, samples=samples, **fields
    )


def _with_changes(name, definition, changes):
    names = list(signature(definition).parameters)

    def wrong(*inputs, **settings):
        right = dict(zip(names, inputs, strict=False))
        if not changes.keys() <= right.keys() | settings.keys():
            return None  # an input that is left out
        new = {key: change((right | settings)[key]) if callable(change) else change for key, change in changes.items()}
        inputs = (new.pop(key, value) for key, value in right.items())
        return make(name, *inputs, **settings | new)

    return wrong


def _wrong_formula(wrong):
    """The rewrite of a formula's slip: None where the wrong graph is the right one, or does not fit."""

    def rewrite(node):
        try:
            result = wrong(*node.inputs, **node.settings)
        except GraderError:
            return None
        same = result is None or spelled_out(as_node(result)) is spelled_out(node)
        return None if same else as_node(result)

    return rewrite


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
