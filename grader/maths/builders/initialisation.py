"""Initialisation of weights: the variance that keeps signals and gradients the same size from layer to layer.

Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), equations 10, 12
and 16; He et al., Delving deep into rectifiers (2015), equations 10, 14 and 15.
"""

from grader.maths.builders.counting import chosen
from grader.maths.errors import LanguageError
from grader.maths.graph import Record
from grader.maths.ops import initial
from grader.maths.ops.arithmetic import standard_deviation

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
    outputs = () if fan_out is None else (fan_out,)
    variance = initial.initial_variance(fan_in, slope, *outputs, gain=gain, form=form)
    std, bound = standard_deviation(variance), initial.uniform_bound(variance)
    return Record.of("initialisation", main="variance", variance=variance, std=std, bound=bound)


def uniform_bound(variance):
    """The a for which the uniform distribution from -a to a has that variance: sqrt(3 variance)."""
    return initial.uniform_bound(variance)


def uniform_variance(low, high):
    """The variance of the uniform distribution from low to high: (high - low)^2 / 12."""
    return initial.uniform_variance(low, high)
