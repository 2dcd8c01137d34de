"""One evaluation in floats for a whole block of candidates, in which what is equal but for rounding counts as equal.

So the outcome does not hang on the last bit, which differs between machines and block sizes. It only rejects; what is left is
confirmed exactly.
"""

import numpy as np

from grader.maths.evaluate import Evaluation, _aligned
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

    def _supplied(self, value, shape):
        return ROUGH.array(value), ROUGH

    def _apply(self, node):
        row = OPS[node.op]
        arrays = _aligned([self._known[child][0] for child in node.inputs], node.inputs, row.aligned)
        return ROUGH.check(row.rule(ROUGH, *arrays, **node.settings)), ROUGH
