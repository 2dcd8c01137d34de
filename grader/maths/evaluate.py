"""Evaluation of a graph in a number system, with any node's value, or entries of it, overridden."""

import numpy as np

from grader.maths.errors import InexactError, ShapeError, TooLargeError
from grader.maths.graph import reachable, show_shape
from grader.maths.ops import OPS
from grader.maths.systems import BALL, EXACT, FLOAT

MAX_STEPS = 200_000


class Evaluation:
    """Values of nodes, each worked out once.

    values: name of a given -> number, nested lists or array (in FLOAT with leading batch axes at will).
    systems: tried in order for every operation; the default keeps what is rational exact and certifies the rest in balls.
    override: node -> value that takes its place; entries: node -> {index tuple: value} put into its computed value;
    widen: node -> half-width by which its computed value may be off (it becomes a ball that holds all of it).
    base: an evaluation of the same values without changes; what no change reaches is taken from it.
    """

    def __init__(self, values=None, systems=(EXACT, BALL), override=None, entries=None, widen=None, base=None):
        self.values, self.systems = dict(values or {}), tuple(systems)
        self.override, self.entries, self.widen = dict(override or {}), dict(entries or {}), dict(widen or {})
        self._known, self._base, self._unchanged = {}, base, set()
        self._steps = 0
        if BALL in self.systems:
            BALL.ready()

    def __call__(self, node):
        """The value of one node as an array; batch axes of FLOAT come first."""
        return self.with_system(node)[0]

    def settle(self, node, value):
        """Let a value take a node's place in all that is worked out from now on."""
        self.override[node] = value
        self._known[node] = self._supplied(value, node.shape)

    def with_system(self, node):
        """The value of one node and the number system it is in."""
        if node not in self._known:
            with np.errstate(all="ignore"):
                for step in reachable([node], stop=(*self._known, *self.override)):
                    if step not in self._known:
                        self._known[step] = self._from_base(step) or self._patched(step, self._compute(step))
        return self._known[node]

    def _from_base(self, node):
        """The value in the base where no change reaches the node, else None."""
        known = self._base and self._base._known.get(node)
        if not known or node in self.override or node in self.entries or node in self.widen:
            return None
        sources = node.inputs if node.expansion is None else (node.expansion,)
        if not self._unchanged.issuperset(sources):
            return None
        self._unchanged.add(node)
        return known

    def _compute(self, node):
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooLargeError(f"more than {MAX_STEPS:,} steps of calculation")
        if node in self.override:
            return self._supplied(self.override[node], node.shape)
        if node.expansion is not None:
            return self._known[node.expansion]
        if node.op == "given" and node.settings["name"] in self.values:
            return self._supplied(self.values[node.settings["name"]], node.shape)
        return self._apply(node)

    def _supplied(self, value, shape):
        """A value from outside in the first number system that can hold it; raises ShapeError where it has not that shape."""
        for position, system in enumerate(self.systems):
            try:
                array = system.array(value)
            except (InexactError, AttributeError, TypeError):
                if position == len(self.systems) - 1:
                    raise
                continue
            core = array.shape[array.ndim - len(shape) :] if shape else ()
            if core != shape or (array.ndim > len(shape) and system is not FLOAT):
                raise ShapeError(f"a value of shape {show_shape(array.shape)} is supplied where {show_shape(shape)} is wanted")
            return array, system
        raise InexactError("no number system was given")

    def _apply(self, node):
        inputs = [self._known[child] for child in node.inputs]
        first = max((self.systems.index(system) for _, system in inputs), default=0)
        row = OPS[node.op]
        for system in self.systems[first:]:
            arrays = [array if own is system else system.array(array) for array, own in inputs]
            if system is FLOAT:
                arrays = _aligned(arrays, node.inputs, row.aligned)
            try:
                return system.check(row.rule(system, *arrays, **node.settings)), system
            except InexactError:
                if system is self.systems[-1]:
                    raise
        raise InexactError(f"{node.op} has no value in these number systems")

    def _patched(self, node, known):
        if node in self.widen:
            margin = BALL.interval(-self.widen[node], self.widen[node])
            known = BALL.array(BALL.array(known[0]) + BALL.array(np.full(node.shape, margin, dtype=object))), BALL
        if node not in self.entries:
            return known
        array, system = known
        array = array.copy()
        for position, value in self.entries[node].items():
            entry, own = self._supplied(value, ())
            if self.systems.index(own) > self.systems.index(system):
                array, system = own.array(array), own
            array[(..., *position)] = system.array(entry)
        return array, system


def _aligned(arrays, nodes, by_rank):
    """Batch axes made equal in number; for elementwise operations the core axes get equal rank, behind the batch axes."""
    batch = max((array.ndim - node.rank for array, node in zip(arrays, nodes, strict=True)), default=0)
    if not batch:
        return arrays
    rank = max(node.rank for node in nodes)
    common = np.broadcast_shapes(*(array.shape[: array.ndim - node.rank] for array, node in zip(arrays, nodes, strict=True)))
    result = []
    for array, node in zip(arrays, nodes, strict=True):
        lead = array.shape[: array.ndim - node.rank]
        lead = (1,) * (batch - len(lead)) + lead
        if by_rank:
            result.append(array.reshape(lead + (1,) * (rank - node.rank) + node.shape))
        else:
            result.append(np.broadcast_to(array.reshape(lead + node.shape), common + node.shape))
    return result


def evaluate(nodes, values=None, system=None, **changes):
    """The values of several nodes; `system`: EXACT, BALL, FLOAT or SYMBOLIC; None keeps rationals exact, certifies the rest."""
    work = Evaluation(values, (EXACT, BALL) if system is None else (system,), **changes)
    return [work(node) for node in nodes]
