"""How much work variants are: operations, digits, open units, and slips told apart, for many variants at once in floats.

An operation counts where a person has to work it out: no product with 0, 1 or -1, no sum with 0, no power of 1 or of 0, no
function of 0 (or logarithm of 1) whose value is known. Looking, comparing, moving entries and changing signs are no operations.
"""

from dataclasses import dataclass
from math import ceil, prod

import numpy as np

from grader.maths.errors import GraderError
from grader.maths.evaluate import _aligned
from grader.maths.graph import reachable
from grader.maths.ops import OPS
from grader.maths.systems import as_fraction
from grader.variants.checks import slip_outcomes
from grader.variants.rough import ROUGH, RoughEvaluation

CLOSE = 1e-9
MOST_DECIMALS = 4  # of an answer, that are counted as digits
FAILURES = (GraderError, ArithmeticError, np.linalg.LinAlgError)


@dataclass(frozen=True)
class Measures:
    """Of some variants, an entry each: operations, digits of all answers, share of open units (nan without any), and slips that
    are told apart. answers: the rounded values of all answers for each, None where no answer has a value.
    """

    operations: np.ndarray
    digits: np.ndarray
    open: np.ndarray
    slips: np.ndarray
    answers: tuple


def measured(variants):
    """The Measures of variants of one problem, in their order."""
    groups = {}
    for position, variant in enumerate(variants):
        groups.setdefault(id(variant.checks), (variant.checks, []))[1].append(position)
    parts, order = [], []
    for checks, positions in groups.values():
        exact = [variants[position].exact for position in positions]
        drawn = {name: np.array([floats(values[name]) for values in exact]) for name in exact[0]}
        parts.append(measures(checks, drawn, len(positions)))
        order += positions
    back = np.argsort(order)
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])[back] for name in ("operations", "digits", "open", "slips")
    }
    answers = [row for part in parts for row in part.answers]
    return Measures(**joined, answers=tuple(answers[place] for place in back))


def floats(array):
    """An exact array as one of floats."""
    return np.array([float(as_fraction(entry)) for entry in array.flat]).reshape(array.shape)


def entries(checks):
    """How many numbers the answers of a graph take."""
    return sum(prod(node.shape) for node in reachable([*checks.boxes.values(), *checks.option_nodes()]))


def measures(checks, drawn, count):
    """The Measures of `count` variants of one graph; drawn: name -> floats, variants first."""
    work = RoughEvaluation({**checks.program.values, **drawn})
    nodes = tuple(dict.fromkeys(checks.boxes.values()))
    others = tuple(dict.fromkeys([*checks.option_nodes(), *checks.other_nodes()]))
    with np.errstate(all="ignore"):
        operations, is_open, units = _tally(work, reachable([*nodes, *others]), count)
        numbers = _rows(work, nodes, count)
        truths = _rows(work, others, count)
        _, told_apart = slip_outcomes(work, checks, count)
        rounded = _rounded(np.concatenate([numbers, truths], axis=1))
        return Measures(
            operations=operations,
            digits=_digits(numbers).sum(axis=1),
            open=np.where(units > 0, is_open / np.maximum(units, 1), np.nan),
            slips=sum(told_apart.values(), np.zeros(count, dtype=np.int64)),
            answers=tuple(row.tobytes() if row.size else None for row in rounded),
        )


def _rows(work, nodes, count):
    """The values of some nodes, a row for each variant."""
    found = [np.zeros((count, 0))]
    for node in nodes:
        try:
            found.append(np.broadcast_to(work(node), (count, *node.shape)).reshape(count, -1))
        except FAILURES:
            found.append(np.full((count, 1), np.nan))
    return np.concatenate(found, axis=1)


def _rounded(rows):
    """To 10 significant digits, with one zero."""
    size = np.where((rows == 0) | ~np.isfinite(rows), 1, np.abs(rows))
    scale = 10.0 ** (9 - np.floor(np.log10(size)))
    return np.where(np.isfinite(rows), np.rint(rows * scale) / scale, np.nan) + 0.0


def _digits(rows):
    """How many digits every number has as a decimal, with at most MOST_DECIMALS behind the point."""
    size = np.where(np.isfinite(rows), np.abs(rows), 0)
    whole = np.floor(np.log10(np.maximum(size, 1)) + CLOSE).astype(np.int64) + 1
    decimals = np.zeros(size.shape, dtype=np.int64)
    for places in range(MOST_DECIMALS):
        moved = size * 10.0**places
        decimals += np.abs(moved - np.rint(moved)) > CLOSE * np.maximum(1, moved)
    return whole + decimals


def _tally(work, nodes, count):
    """(operations, open units, units) of every variant, of the nodes on the way."""
    operations, is_open, units = (np.zeros(count, dtype=np.int64) for _ in range(3))
    for node in nodes:
        if node.expansion is not None or not (node.op in COUNTS or node.op in GATES):
            continue
        try:
            arrays = [np.asarray(work(child), dtype=float) for child in node.inputs]
        except FAILURES:
            continue
        arrays = _aligned(arrays, node.inputs, OPS[node.op].aligned)
        if node.op in COUNTS:
            operations += _by_variant(COUNTS[node.op](node, *arrays), node, count)
        gate = GATES[node.op](node, *arrays) if node.op in GATES else None
        if gate is not None:
            is_open += _by_variant(gate, node, count)
            units += int(np.prod(node.shape))
    return operations, is_open, units


def _by_variant(counts, node, count):
    """Counts of the entries of a node, or of one for all variants, added up for every variant."""
    counts = np.asarray(counts)
    if counts.ndim == 0 and node.rank:
        return np.full(count, int(counts))
    return np.broadcast_to(counts, (count, *node.shape)).reshape(count, -1).sum(axis=1).astype(np.int64)


# --- what counts: op -> (node, *values) -> operations of every entry of the result ---


def _is(x, *values):
    return np.any([np.abs(x - value) <= CLOSE for value in values], axis=0)


def _hard(x):
    """Where a factor is work."""
    return ~_is(x, 0, 1, -1)


def _product(node, x, y):
    return _hard(x) & _hard(y)


def _added(node, x, y):
    return ~_is(x, 0) & ~_is(y, 0)


def _quotient(node, x, y):
    return ~_is(x, 0) & ~_is(y, 1, -1)


def _power(node, x, y):
    return _hard(x) & ~_is(y, 0, 1)


def _total(node, x):
    """One addition fewer than there are entries that are not 0."""
    met = OPS[node.op].rule(ROUGH, (~_is(x, 0)).astype(float), **node.settings)
    return np.maximum(met - 1, 0)


def _running(node, x):
    row = OPS[node.op].rule(ROUGH, x, **node.settings)
    return ~_is(x, 0) & ~_is(row - x, 0)


def _bilinear(node, x, y):
    """Of sums of products: the products, and one addition fewer than there are products that are not 0."""
    rule = OPS[node.op].rule
    products = rule(ROUGH, _hard(x).astype(float), _hard(y).astype(float), **node.settings)
    met = rule(ROUGH, (~_is(x, 0)).astype(float), (~_is(y, 0)).astype(float), **node.settings)
    return products + np.maximum(met - 1, 0)


def _function_but_at(*known):
    return lambda node, x: ~_is(x, *known)


def _below_zero(node, x, *_):
    return x < -CLOSE


def _softmax(node, x):
    """An exponential, a sum and a quotient for every entry."""
    return np.full(x.shape, 3)


def _matrix(factor):
    """Of an n x n matrix, as many as elimination takes: a share of n^3."""
    return lambda node, x, *_: np.full((), ceil(factor * x.shape[-1] ** 3))


COUNTS = {
    "multiply": _product,
    "add": _added,
    "subtract": _added,
    "divide": _quotient,
    "power": _power,
    "sum": _total,
    "running_sum": _running,
    **dict.fromkeys(("matmul", "conv2d", "conv2d_input_gradient", "conv2d_kernel_gradient"), _bilinear),
    **dict.fromkeys(("exp", "sigmoid", "tanh", "softplus", "sin", "cos"), _function_but_at(0)),
    "sqrt": _function_but_at(0, 1),
    "log": _function_but_at(1),
    "leaky_relu": _below_zero,
    "elu": _below_zero,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "det": _matrix(1 / 3),
    "solve": _matrix(2 / 3),
    "inverse": _matrix(1),
    "eigenvalues": _matrix(1),
    "rank": _matrix(1 / 3),
}


# --- units that are open or closed ---


def _positive(node, x, *_):
    return x > CLOSE


def _above_floor(node, x, y):
    """Of max(0, x): where x is taken."""
    zeros = [bool(np.all(value == 0)) and child.op == "constant" for child, value in zip(node.inputs, (x, y), strict=True)]
    return {(True, False): y > x, (False, True): x > y}.get(tuple(zeros))


GATES = {"relu": _positive, "leaky_relu": _positive, "elu": _positive, "maximum": _above_floor}
