"""Entropy, Kullback-Leibler divergence and Huber's loss.

Sources: Cover and Thomas, Elements of Information Theory (2nd ed. 2006), sections 2.1 and 2.3 (0 log 0 is 0); Huber, Robust
estimation of a location parameter (1964).
"""

from grader.maths.errors import ShapeError
from grader.maths.graph import constant, make, show_shape
from grader.maths.ops.arithmetic import absolute, equal, less_equal, log, where
from grader.maths.ops.losses import REDUCTION_SLIPS, SCORES, VALUES
from grader.maths.ops.reductions import mean, over, sum_
from grader.maths.ops.table import NO_CORNER, TRANSCENDENTAL, Sample, Slip, define, same_shape

P, Q = ["1/2", "1/8", "3/8"], ["1/4", "1/4", "1/2"]

log_of_share = define(
    "log_of_share",
    shape=same_shape,
    sentence="takes the logarithm, where the second value is not 0 (0 log 0 counts as 0)",
    text="log({0})",
    tex=r"\ln({0})",
    definition=lambda x, p: log(where(equal(p, 0), 1, x)),
    slips=(Slip("logarithm-forgotten", lambda node: node.inputs[0], "the logarithm is missing"),),
    samples=(Sample((P, Q)), Sample((["1/2", 0, 3], [1, 0, 2]))),
    systems=TRANSCENDENTAL,
)


def _distributions(*shapes, base):
    if any(len(shape) != 1 or shape != shapes[0] for shape in shapes):
        raise ShapeError(f"a distribution is a vector of probabilities, not {' and '.join(map(show_shape, shapes))}")
    return ()


def _in_base(nats, base):
    return nats / log(constant(base)) if base else nats


def _other_base(base):
    """The rewrite to another base (0: natural logarithms), None where it is that already."""

    def rewrite(node):
        return None if node.settings["base"] == base else make(node.op, *node.inputs, base=base)

    return rewrite


BASES = (
    Slip("natural-logarithm", _other_base(0), "the natural logarithm is taken: the result is in nats"),
    Slip("logarithm-base-2", _other_base(2), "the logarithm is to base 2: the result is in bits"),
    Slip("logarithm-base-10", _other_base(10), "the logarithm is to base 10"),
)


def _entropy(p, base):
    return _in_base(-sum_(p * log_of_share(p, p), axes=(-1,)), base)


def _unweighted(node):
    (p,) = node.inputs
    return _in_base(-sum_(log_of_share(p, p), axes=(-1,)), node.settings["base"])


entropy = define(
    "entropy",
    shape=_distributions,
    sentence="adds up -p log p",
    text="entropy({0})",
    tex="H({0})",
    definition=_entropy,
    slips=(
        *BASES,
        Slip("sign", lambda node: -node, "the minus sign is missing"),
        Slip("weights-forgotten", _unweighted, "the logarithms are not weighted with the probabilities"),
        Slip("mean-for-sum", lambda node: node / node.inputs[0].shape[0], "the mean is taken, not the sum"),
    ),
    samples=(Sample((P,), {"base": 0}), Sample((P,), {"base": 2})),
    systems=TRANSCENDENTAL,
)


def _kl(p, q, base):
    return _in_base(sum_(p * (log_of_share(p, p) - log_of_share(q, p)), axes=(-1,)), base)


def _cross(node):
    p, q = node.inputs
    return _in_base(-sum_(p * log_of_share(q, p), axes=(-1,)), node.settings["base"])


kl_divergence = define(
    "kl_divergence",
    shape=_distributions,
    sentence="adds up p log(p / q)",
    text="kl({0}, {1})",
    tex=r"\operatorname{{KL}}({0} \| {1})",
    definition=_kl,
    slips=(
        *BASES,
        Slip(
            "distributions-swapped",
            lambda node: make(node.op, *reversed(node.inputs), **node.settings),
            "the distributions are swapped: KL(q || p)",
        ),
        Slip("cross-entropy-for-divergence", _cross, "the cross-entropy is taken: the entropy of p is not subtracted"),
        Slip("sign", lambda node: -node, "the sign is wrong: the quotient in the logarithm is upside down"),
    ),
    samples=(Sample((P, Q), {"base": 0}), Sample((P, Q), {"base": 2})),
    systems=TRANSCENDENTAL,
)


def _reduced(entries, reduction):
    return over(mean if reduction == "mean" else sum_, entries)


def _pieces(p, y, delta):
    """(|d|, the part for small errors, the part for large ones)."""
    error = p - y
    size = absolute(error, at_zero=0)
    return size, error * error / 2, delta * (size - delta / 2)


def _huber(p, y, delta, reduction):
    size, small, large = _pieces(p, y, delta)
    return _reduced(where(less_equal(size, delta), small, large), reduction)


def _huber_shape(prediction, target, delta, reduction):
    if prediction != target:
        raise ShapeError(f"prediction ({show_shape(prediction)}) and target ({show_shape(target)}) differ in shape")
    if delta:
        raise ShapeError(f"the border delta of Huber's loss is a number, not {show_shape(delta)}")
    return ()


def _otherwise(change):
    """The rewrite with other parts: change takes (size, small, large, delta) and gives those for small and large errors."""

    def rewrite(node):
        size, small, large = _pieces(*node.inputs)
        small, large = change(size, small, large, node.inputs[2])
        return _reduced(where(less_equal(size, node.inputs[2]), small, large), node.settings["reduction"])

    return rewrite


huber = define(
    "huber",
    shape=_huber_shape,
    sentence="takes half the square of small errors, and delta (|error| - delta / 2) of those larger than delta",
    text="huber({0}, {1}, {2})",
    tex=r"\operatorname{{Huber}}_{{{2}}}({0}, {1})",
    definition=_huber,
    corner=NO_CORNER,
    slips=(
        *REDUCTION_SLIPS[:2],
        Slip(
            "half-forgotten",
            _otherwise(lambda size, small, large, delta: (2 * small, large)),
            "the factor 1/2 of the squares is missing",
        ),
        Slip(
            "offset-forgotten",
            _otherwise(lambda size, small, large, delta: (small, delta * size)),
            "delta / 2 is not subtracted from large errors",
        ),
        Slip(
            "slope-forgotten",
            _otherwise(lambda size, small, large, delta: (small, size - delta / 2)),
            "large errors are not multiplied with delta",
        ),
        Slip(
            "branches-swapped",
            _otherwise(lambda size, small, large, delta: (large, small)),
            "small errors are treated as large ones, and large ones as small",
        ),
        Slip("squared-everywhere", _otherwise(lambda size, small, large, delta: (small, small)), "large errors are squared, too"),
        Slip(
            "absolute-everywhere",
            _otherwise(lambda size, small, large, delta: (large, large)),
            "small errors are not squared",
        ),
    ),
    samples=tuple(Sample((SCORES, VALUES, "3/4"), {"reduction": name}) for name in ("mean", "sum")),
)
