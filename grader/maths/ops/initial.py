"""Formulas for the initialisation of weights.

Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), equations 10, 12
and 16; He et al., Delving deep into rectifiers (2015), equations 10, 14 and 15.
"""

from grader.maths.graph import as_node, is_number
from grader.maths.ops.arithmetic import sqrt
from grader.maths.ops.table import TRANSCENDENTAL, Sample, formula


def _variance(fan_in, slope, fan_out=None, *, gain, form):
    """gain / fan, for a leaky ReLU gain / ((1 + slope^2) fan); form fan_average: fan = (fan_in + fan_out) / 2."""
    fan = {"fan_in": fan_in, "fan_out": fan_out}.get(form)
    fan, gain = (fan_in + fan_out, 2 * gain) if form == "fan_average" else (fan, gain)
    return as_node(gain) / (fan if is_number(slope, 0) else (1 + slope**2) * fan)


def _other_form(right, wrong):
    """The slip from one form to another, where the outputs are known."""

    def slipped(fan_in, slope, fan_out=None, *, gain, form):
        return None if form != right or fan_out is None else _variance(fan_in, slope, fan_out, gain=gain, form=wrong)

    return slipped


def _sum_not_halved(fan_in, slope, fan_out=None, *, gain, form):
    return _variance(fan_in, slope, fan_out, gain=gain, form=form) / 2 if form == "fan_average" else None


def _gain(right, wrong):
    """The slip from one gain to another."""

    def slipped(*inputs, gain, form):
        return _variance(*inputs, gain=wrong, form=form) if gain == right else None

    return slipped


def _slope_not_squared(fan_in, slope, *fan_out, gain, form):
    right = _variance(fan_in, slope, *fan_out, gain=gain, form=form)
    return None if is_number(slope, 0) else right * (1 + slope**2) / (1 + slope)


initial_variance = formula(
    "initial_variance",
    _variance,
    "gives weights the variance that keeps signals the same size: 1 / fan (Xavier), 2 / fan (He)",
    (
        ("fan-out-for-fan-in", _other_form("fan_in", "fan_out"), "the number of outputs is used for that of inputs"),
        ("fan-in-for-fan-out", _other_form("fan_out", "fan_in"), "the number of inputs is used for that of outputs"),
        (
            "fan-in-for-fan-average",
            _other_form("fan_average", "fan_in"),
            "only the inputs are counted, not the mean of inputs and outputs",
        ),
        ("fan-average-for-fan-in", _other_form("fan_in", "fan_average"), "the outputs are counted, too: 2 / (inputs + outputs)"),
        ("fan-sum-not-halved", _sum_not_halved, "the sum of inputs and outputs is used, not their mean: the factor 2 is missing"),
        ("n-for-one-over-n", lambda *inputs, **settings: 1 / _variance(*inputs, **settings), "the variance is upside down"),
        ("he-factor-forgotten", _gain(2, 1), "the factor 2 for ReLU (He) is missing"),
        ("he-factor-used", _gain(1, 2), "the factor 2 is that of He's initialisation, for ReLU"),
        ("slope-forgotten", {"slope": 0}, "the slope of the leaky ReLU is left out"),
        ("slope-not-squared", _slope_not_squared, "the slope of the leaky ReLU is not squared"),
        (
            "standard-deviation-for-variance",
            lambda *inputs, **settings: sqrt(_variance(*inputs, **settings)),
            "the standard deviation is given for the variance",
        ),
    ),
    (
        Sample((400, "1/5", 100), {"gain": 2, "form": "fan_in"}),
        Sample((400, 0, 100), {"gain": 1, "form": "fan_average"}),
        Sample((400, 0, 100), {"gain": 1, "form": "fan_out"}),
    ),
)
uniform_bound = formula(
    "uniform_bound",
    lambda variance: sqrt(3 * variance),
    "gives the a for which the uniform distribution from -a to a has that variance: sqrt(3 variance)",
    (
        (
            "root-of-3-forgotten",
            lambda variance: sqrt(variance),
            "the standard deviation is taken for the bound: sqrt(3) is missing",
        ),
        ("root-forgotten", lambda variance: 3 * variance, "the square root is missing"),
        ("root-of-12-for-3", lambda variance: sqrt(12 * variance), "the width of the interval is taken for its bound"),
        ("divided-by-3", lambda variance: sqrt(variance / 3), "the variance is divided by 3 instead of multiplied"),
    ),
    (Sample(("1/50",)),),
    systems=TRANSCENDENTAL,
)
uniform_variance = formula(
    "uniform_variance",
    lambda low, high: (high - low) ** 2 / 12,
    "gives the variance of the uniform distribution: width^2 / 12",
    (
        ("twelfth-forgotten", lambda low, high: (high - low) ** 2, "the division by 12 is missing"),
        ("square-forgotten", lambda low, high: (high - low) / 12, "the width is not squared"),
        ("half-width-for-width", lambda low, high: ((high - low) / 2) ** 2 / 12, "half the width is used for the width"),
        ("width-as-sum", {"low": lambda low: -1 * low}, "the ends are added instead of subtracted"),
        (
            "standard-deviation-for-variance",
            lambda low, high: sqrt((high - low) ** 2 / 12),
            "the standard deviation is given for the variance",
        ),
    ),
    (Sample(("-1/2", 2)),),
)
