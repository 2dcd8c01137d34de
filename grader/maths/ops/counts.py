"""Formulas that count the weights, biases and operations of layers."""

from functools import reduce
from operator import add, mul

from grader.maths.graph import as_node
from grader.maths.ops.table import Sample, formula

BIAS_SLIPS = (
    ("bias-forgotten", {"biases": 0}, "the biases are missing"),
    ("bias-counted-twice", {"biases": lambda biases: 2 * biases}, "the biases are counted twice"),
)


def product(factors):
    """The product from left to right."""
    return reduce(mul, factors)


def _conv_weights(channels, filters, groups, *kernel):
    return product((*kernel, channels / groups, filters))


def _sides_added(channels, filters, groups, *kernel):
    return product((reduce(add, kernel), channels / groups, filters)) if len(kernel) > 1 else None


conv_weights = formula(
    "conv_weights",
    _conv_weights,
    "counts the weights of a convolution: kernel rows x kernel columns x channels / groups x filters",
    (
        (
            "input-channels-forgotten",
            lambda channels, filters, groups, *kernel: product((*kernel, filters)),
            "the input channels are missing: every filter spans all of them",
        ),
        (
            "kernel-not-squared",
            lambda channels, filters, groups, *kernel: _conv_weights(channels, filters, groups, kernel[0]),
            "only one side of the kernel is counted",
        ),
        ("kernel-sides-added", _sides_added, "the sides of the kernel are added instead of multiplied"),
        (
            "filters-forgotten",
            lambda channels, filters, groups, *kernel: product((*kernel, channels / groups)),
            "the number of filters is missing",
        ),
        (
            "kernel-forgotten",
            lambda channels, filters, groups, *kernel: channels / groups * filters,
            "the size of the kernel is missing",
        ),
        (
            "groups-ignored",
            lambda channels, filters, groups, *kernel: _conv_weights(channels, filters, as_node(1), *kernel),
            "the groups are ignored: a filter spans the channels of its group only",
        ),
    ),
    (Sample((6, 8, 2, 3, 5)), Sample((3, 4, 1, 5, 5))),
)


dense_weights = formula(
    "dense_weights",
    lambda features, units, channels: features * units,
    "counts the weights of a dense layer: inputs x units",
    (
        ("inputs-squared", lambda features, units, channels: features * features, "the inputs are counted for the units, too"),
        ("outputs-squared", lambda features, units, channels: units * units, "the units are counted for the inputs, too"),
        (
            "inputs-and-outputs-added",
            lambda features, units, channels: features + units,
            "inputs and units are added instead of multiplied",
        ),
        (
            "rows-and-columns-forgotten",
            lambda features, units, channels: channels * units,
            "only the channels of the maps are counted as inputs",
        ),
    ),
    (Sample((48, 10, 3)),),
)
parameters = formula(
    "parameters",
    lambda weights, biases, inputs: weights + biases,
    "adds the biases to the weights",
    (
        *BIAS_SLIPS,
        ("bias-per-weight", lambda weights, biases, inputs: 2 * weights, "a bias is counted for every weight"),
        (
            "bias-per-input",
            lambda weights, biases, inputs: weights + biases * inputs,
            "a bias is counted for every input of an output; an output has one",
        ),
        (
            "bias-of-the-inputs",
            lambda weights, biases, inputs: weights + inputs,
            "the biases are counted by the inputs instead of the outputs",
        ),
        ("single-bias", {"biases": 1}, "a single bias is counted for the whole layer"),
    ),
    (Sample((216, 8, 3)),),
)
batch_norm_parameters = formula(
    "batch_norm_parameters",
    lambda channels, features: channels + channels,
    "counts a scale and a shift for every channel",
    (
        (
            "running-statistics-counted",
            lambda channels, features: 4 * channels,
            "the running mean and variance are counted; they are not learnt",
        ),
        (
            "scale-or-shift-forgotten",
            lambda channels, features: channels,
            "every channel has a scale and a shift, not one of them",
        ),
        (
            "parameters-per-entry",
            lambda channels, features: features + features,
            "the parameters are counted for every entry of the maps, not for every channel",
        ),
    ),
    (Sample((6, 96)),),
)
total = formula(
    "total",
    lambda *counts: reduce(add, counts),
    "adds up the layers",
    (
        (
            "first-layer-forgotten",
            lambda *counts: reduce(add, counts[1:]) if len(counts) > 1 else None,
            "the first layer is missing",
        ),
        (
            "last-layer-forgotten",
            lambda *counts: reduce(add, counts[:-1]) if len(counts) > 1 else None,
            "the last layer is missing",
        ),
    ),
    (Sample((156, 2416, 850)),),
)


def _conv_macs(weights, filters, *positions):
    """`filters`: how many biases there would be; `positions`: the sizes of the output along the axes, then those of the input."""
    return product((weights, *positions[: len(positions) // 2]))


conv_macs = formula(
    "conv_macs",
    _conv_macs,
    "counts a multiply-add for every weight at every position of the output",
    (
        (
            "output-positions-forgotten",
            lambda weights, filters, *positions: weights,
            "the positions of the output are missing: the kernel is applied at each of them",
        ),
        (
            "one-side-of-the-output",
            lambda weights, filters, *positions: weights * positions[0] if len(positions) > 2 else None,
            "only one side of the output is counted",
        ),
        (
            "input-positions-for-output",
            lambda weights, filters, *positions: product((weights, *positions[len(positions) // 2 :])),
            "the positions of the input are counted instead of those of the output",
        ),
        (
            "bias-counted",
            lambda weights, filters, *positions: _conv_macs(weights + filters, filters, *positions),
            "the biases are counted, but they need no multiplication",
        ),
    ),
    (Sample((150, 6, 28, 24, 32, 30)),),
)
flops = formula(
    "flops",
    lambda macs, multiply_add: multiply_add * macs,
    "counts the operations of the multiply-adds",
    (
        (
            "multiply-add-as-one",
            {"multiply_add": 1},
            "a multiplication with its addition is counted as one operation instead of two",
        ),
        (
            "multiply-add-as-two",
            {"multiply_add": 2},
            "a multiplication with its addition is counted as two operations instead of one",
        ),
    ),
    (Sample((150, 2)), Sample((150, 1))),
)


def _cell_parameters(inputs, hidden, biases, cells):
    return cells * (hidden * hidden + inputs * hidden + biases * hidden)


cell_parameters = formula(
    "cell_parameters",
    _cell_parameters,
    "counts the weights and biases of a recurrent cell, the same for each of its gates",
    (
        *BIAS_SLIPS,
        ("gates-forgotten", {"cells": 1}, "a recurrent cell with gates has such weights for every gate and for the candidate"),
        (
            "candidate-weights-forgotten",
            {"cells": lambda cells: cells - 1 if cells > 1 else 1},
            "the weights of the candidate are missing",
        ),
        (
            "recurrent-weights-forgotten",
            lambda inputs, hidden, biases, cells: cells * (inputs * hidden + biases * hidden),
            "the weights from the state to itself are missing",
        ),
        ("input-weights-forgotten", {"inputs": 0}, "the weights of the input are missing"),
        (
            "single-bias",
            lambda inputs, hidden, biases, cells: cells * (hidden * hidden + inputs * hidden + 1),
            "a single bias is counted for all units",
        ),
    ),
    (Sample((3, 5, 1), {"cells": 4}), Sample((3, 5, 2), {"cells": 1})),
)
