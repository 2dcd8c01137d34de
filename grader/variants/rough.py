"""One evaluation in floats for a whole block of candidates, in which what is equal but for rounding counts as equal.

So the outcome does not hang on the last bit, which differs between machines and block sizes. It only rejects; what is left is
confirmed exactly.
"""

import numpy as np

from grader.maths.evaluate import Evaluation
from grader.maths.ops import OPS
from grader.maths.systems import Float

CLOSE = 1e-10


def _margin(x, y):
    return CLOSE * np.maximum(1, np.maximum(np.abs(x), np.abs(y)))


class Rough(Float):
    """Floats with comparisons and roundings that overlook rounding errors."""

    def less(self, x, y):
        return np.less(x, y - _margin(x, y)).astype(np.float64)

    def less_equal(self, x, y):
        return np.less_equal(x, y + _margin(x, y)).astype(np.float64)

    def equal(self, x, y):
        return np.less_equal(np.abs(x - y), _margin(x, y)).astype(np.float64)

    def floor(self, x):
        return np.floor(x + _margin(x, 0))

    def ceil(self, x):
        return np.ceil(x - _margin(x, 0))

    def sign(self, x):
        return np.where(np.abs(x) <= CLOSE, 0.0, np.sign(x))


ROUGH = Rough()


class RoughEvaluation(Evaluation):
    """Values of nodes for a block of candidates; all given values that are drawn have one leading axis."""

    def __init__(self, values):
        super().__init__(values, (ROUGH,))

    def with_system(self, node):
        known, waiting = self._known, [node]
        while waiting:
            step = waiting[-1]
            if step in known:
                waiting.pop()
                continue
            missing = [one for one in (step.inputs if step.expansion is None else (step.expansion,)) if one not in known]
            if missing:
                waiting += missing
            else:
                known[waiting.pop()] = self._compute(step)
        return known[node]

    def _supplied(self, value, shape):
        return ROUGH.array(value), ROUGH

    def _apply(self, node):
        row = OPS[node.op]
        arrays = [self._known[child][0] for child in node.inputs]
        ranks = [child.rank for child in node.inputs]
        if any(array.ndim > rank for array, rank in zip(arrays, ranks, strict=True)):
            arrays = _by_rank(arrays, ranks) if row.aligned else _all_leading(arrays, ranks)
        return ROUGH.check(row.rule(ROUGH, *arrays, **node.settings)), ROUGH


def _by_rank(arrays, ranks):
    """Arrays whose axes behind the leading one are as many for all, so that they fit together entry by entry."""
    most = max(ranks)
    return [
        array
        if array.ndim == most + 1
        else array.reshape(array.shape[: array.ndim - rank] + (1,) * (most - rank) + array.shape[array.ndim - rank :])
        for array, rank in zip(arrays, ranks, strict=True)
    ]


def _all_leading(arrays, ranks):
    """Arrays that all have the leading axis."""
    count = next(len(array) for array, rank in zip(arrays, ranks, strict=True) if array.ndim > rank)
    return [
        array if array.ndim > rank else np.broadcast_to(array, (count, *array.shape))
        for array, rank in zip(arrays, ranks, strict=True)
    ]
