"""Initialisation of weights: the variance that keeps signals and gradients the same size from layer to layer.

Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), equations 10, 12
and 16; He et al., Delving deep into rectifiers (2015), equations 10, 14 and 15.
"""

from fractions import Fraction

from grader.maths.builders.counting import chosen, times
from grader.maths.errors import LanguageError
from grader.maths.graph import Record, as_node
from grader.maths.ops.arithmetic import sqrt

GAINS = {"xavier": 1, "he": 2}
FANS = ("fan_in", "fan_out", "fan_average")


def initial_variance(fan_in, fan_out=None, *, scheme="xavier", form="fan_in", slope=0):
    """The variance of a weight: 1 / fan (xavier, for tanh and linear units) or 2 / fan (he, for ReLU).

    form: fan is fan_in, fan_out or fan_average = (fan_in + fan_out) / 2, so Xavier's is 2 / (fan_in + fan_out).
    slope: of a leaky ReLU; He's variance is then 2 / ((1 + slope^2) fan).
    Record("initialisation", main variance): variance, std, bound (of the uniform distribution from -bound to bound).
    """
    gain = chosen(scheme, GAINS, "the scheme of an initialisation")
    chosen(form, dict.fromkeys(FANS), "the fan of an initialisation")
    if fan_out is None and form != "fan_in":
        raise LanguageError(f"an initialisation by {form} needs fan_out, the number of outputs")
    fan = {"fan_in": lambda: fan_in, "fan_out": lambda: fan_out, "fan_average": lambda: as_node(fan_in) + fan_out}[form]()
    doubled = 2 * gain if form == "fan_average" else gain
    leak = 1 if isinstance(slope, (int, Fraction)) and slope == 0 else 1 + as_node(slope) ** 2
    variance = as_node(doubled) / times(leak, fan)
    return Record.of("initialisation", main="variance", variance=variance, std=sqrt(variance), bound=uniform_bound(variance))


def uniform_bound(variance):
    """The a for which the uniform distribution from -a to a has that variance: sqrt(3 variance)."""
    return sqrt(3 * as_node(variance))


def uniform_variance(low, high):
    """The variance of the uniform distribution from low to high: (high - low)^2 / 12."""
    return (as_node(high) - low) ** 2 / 12
