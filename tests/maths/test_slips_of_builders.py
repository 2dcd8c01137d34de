"""The slips of builders: every wrong value here was worked out by hand from the wrong rule that the slip's sentence describes."""

import re
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from grader.maths.builders.attention import attention
from grader.maths.builders.initialisation import initial_variance, uniform_variance
from grader.maths.builders.layers import layer_stack
from grader.maths.builders.optimisers import adagrad, adam, momentum, nesterov, rmsprop, sgd
from grader.maths.builders.recurrent import gru, lstm, lstm_parameters, rnn
from grader.maths.builders.regression import bayesian_linear_regression, predict, ridge
from grader.maths.evaluate import evaluate
from grader.maths.gradient import gradient
from grader.maths.graph import as_node, constant, given, replace, spelled_out
from grader.maths.ops import OPS
from grader.maths.ops.arithmetic import log2
from grader.maths.ops.losses import squared_error
from grader.maths.ops.neural import sigmoid, tanh
from grader.maths.show import Formulas
from grader.maths.steps import worked_steps
from grader.maths.systems import FLOAT

F = Fraction


def shown_nodes(target):
    """The nodes of a graph as its operations show it: inputs only, no definitions."""
    found, waiting = {}, [target]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting.extend(node.inputs)
    return list(found)


def rewrites(target, op, tag):
    """Node -> wrong graph, for all nodes of that operation to which the slip applies."""
    (slip,) = [slip for slip in OPS[op].slips if slip.tag == tag]
    found = {node: slip.rewrite(node) for node in shown_nodes(target) if node.op == op}
    return {node: wrong for node, wrong in found.items() if wrong is not None}


class Case:
    """A graph asked for, the operation in it, and values put in for some of its nodes."""

    def __init__(self, op, node, override=None):
        self.op, self.node, self.override = op, as_node(node), override or {}

    def value(self, node):
        return evaluate([node], {}, FLOAT, override=self.override)[0]

    def slipped(self, tag):
        """The value with the slip made (in the last layer or step, where there are several)."""
        changed = rewrites(self.node, self.op, tag)
        assert changed, "the slip applies nowhere"
        return self.value(replace(self.node, changed))


def stack_of(size, *layers, **settings):
    return layer_stack(size, [(kind, dict(of)) for kind, of in layers], **settings).fields


def rows(op, size, *layers, field="size", **settings):
    vector = stack_of(size, *layers, **settings)[field]
    return Case(op, vector[1] if field == "size" else vector[0])


def conv(filters, kernel, **more):
    return "conv", {"filters": filters, "kernel": kernel, **more}


def count(op, field, size, *layers, **settings):
    return Case(op, stack_of(size, *layers, **settings)[field])


PICTURE = (3, 32, 32)
UP = ("conv_transpose", {"filters": 1, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1})
TWO = (conv(1, 3, stride=2), conv(1, 5, stride=3))
LR, BETA = F(1, 10), F(9, 10)
STEP = {"theta": 1, "g": 2, "lr": LR}


def lstm_case(op, field):
    """f = 1/4, i = 1/2, o = 2/3, g = 4 put in, c_0 = 3: c = 3/4 + 2."""
    net = lstm([5], 1, 3, {gate: (1, 1, bias) for bias, gate in enumerate("fiog")}).fields
    gates = {"f": F(1, 4), "i": F(1, 2), "o": F(2, 3), "g": 4}
    return Case(op, net[field][0], {net[name][0]: value for name, value in gates.items()})


def gru_case(op, field, **settings):
    """z = 1/4, r = 1/2, n = 4 put in, h_0 = 2, x = 1, W = 2, U = 3, b = 1."""
    net = gru([1], 2, dict.fromkeys("zrn", (2, 3, 1)), **settings).fields
    inner = {"n_pre": ("r",), "h": ("z", "n")}[field]
    values = {"z": F(1, 4), "r": F(1, 2), "n": 4}
    return Case(op, net[field][0], {net[name][0]: values[name] for name in inner})


def reset_after_with_matrices():
    """W h = [3, 1], r = [1/2, 1] put in, U x + b = [1, 2]."""
    net = gru([[1]], [1, 1], dict.fromkeys("zrn", ([[1, 2], [0, 1]], [[1], [1]], [0, 1])), reset="after").fields
    return Case("gated_recurrent_input", net["n_pre"][0], {net["r"][0]: [F(1, 2), 1]})


def posterior():
    """X X' = [[5, 2], [2, 1]], X y = [5, 2], noise 1/4, prior I/2."""
    return bayesian_linear_regression([[1, 2], [0, 1]], [1, 2], F(1, 2), F(1, 4))


def with_covariance(op, node):
    return Case(op, node, {posterior().fields["A_inverse"]: [[1, 0], [0, 2]]})


def ridge_case(op, field, loss):
    return Case(op, ridge([[1, 2], [0, 1]], [1, 2], F(1, 2), loss=loss).fields[field])


QUERY, KEYS, MEANINGS = [[1, 2, 2, 0]], [[1, 0, 1, 1], [0, 2, 0, 0], [1, 1, 1, 1]], [[1], [2], [3]]


def scores(scaled=True):
    return Case("attention_scores", attention(QUERY, KEYS, MEANINGS, scaled=scaled).fields["scores"])


def masked():
    weights = attention(QUERY, KEYS, MEANINGS, mask=[[1, 0, 1]]).fields["weights"]
    return Case("masked_weights", weights, {weights.inputs[0]: [[F(1, 2), F(3, 10), F(1, 5)]]})


def back_through(activation, output):
    """3 f'(x), with f(x) put in."""
    x = constant(2) + 0 * given("unused")
    squashed = activation(x)
    return Case(f"{squashed.op}_backward", gradient(3 * squashed, x), {squashed: output, x: 2})


def slope_of_squared_error():
    prediction = constant(3) * constant([1])
    return Case("doubled", gradient(squared_error(prediction, constant([1]), reduction="sum"), prediction))


def affine():
    """[1, 2] @ I + [10, 20]."""
    return Case("add", constant([1, 2]) @ constant([[1, 0], [0, 1]]) + constant([10, 20]))


CASES = {
    "conv": lambda: rows("window_count", PICTURE, conv(1, 5)),
    "conv stride": lambda: rows("window_count", PICTURE, conv(1, 5, stride=2, padding=2)),
    "conv stride even": lambda: rows("window_count", PICTURE, conv(1, 4, stride=2, padding=1)),
    "conv dilated": lambda: rows("window_count", PICTURE, conv(1, 3, dilation=2)),
    "conv ceil": lambda: rows("window_count", PICTURE, conv(1, 5, stride=2, padding=2), rounding="ceil"),
    "pool": lambda: rows("window_count", (1, 7, 7), ("maxpool", {"kernel": 3, "stride": 2})),
    "conv same": lambda: rows("same_window_count", (1, 31, 31), conv(1, 5, stride=2, padding="same")),
    "conv transposed": lambda: rows("transposed_count", (1, 7, 7), UP),
    "conv transposed, dilated": lambda: rows("transposed_count", (1, 7, 7), ("conv_transpose", UP[1] | {"dilation": 2})),
    "field": lambda: rows("receptive_field", PICTURE, *TWO, field="receptive_field"),
    "field dilated": lambda: rows("receptive_field", PICTURE, TWO[0], conv(1, 5, dilation=2), field="receptive_field"),
    "jump": lambda: rows("stride_product", PICTURE, *TWO, field="jump"),
    "weights": lambda: count("conv_weights", "weights", PICTURE, conv(8, 5)),
    "weights grouped": lambda: count("conv_weights", "weights", (4, 32, 32), conv(8, 3, groups=2)),
    "parameters": lambda: count("parameters", "parameters", PICTURE, conv(8, 5)),
    "dense weights": lambda: count("dense_weights", "weights", (3, 4, 4), ("dense", {"units": 10})),
    "dense parameters": lambda: count("parameters", "parameters", (3, 4, 4), ("dense", {"units": 10})),
    "batch norm": lambda: count("batch_norm_parameters", "parameters", (6, 4, 4), ("batch_norm", {})),
    "two layers": lambda: count("total", "parameters", PICTURE, conv(8, 5), conv(16, 3)),
    "macs": lambda: count("conv_macs", "macs", (3, 32, 30), conv(8, 5)),
    "flops": lambda: count("flops", "flops", (3, 32, 30), conv(8, 5), multiply_add=2),
    "flops as macs": lambda: count("flops", "flops", (3, 32, 30), conv(8, 5), multiply_add=1),
    "lstm parameters": lambda: Case("cell_parameters", lstm_parameters(3, 5)),
    "xavier": lambda: Case("initial_variance", initial_variance(400, 100)),
    "xavier average": lambda: Case("initial_variance", initial_variance(400, 100, form="fan_average")),
    "xavier out": lambda: Case("initial_variance", initial_variance(400, 100, form="fan_out")),
    "he": lambda: Case("initial_variance", initial_variance(400, scheme="he")),
    "he leaky": lambda: Case("initial_variance", initial_variance(400, scheme="he", slope=F(1, 2))),
    "std": lambda: Case("standard_deviation", initial_variance(400).fields["std"]),
    "bound": lambda: Case("uniform_bound", initial_variance(300).fields["bound"]),
    "uniform": lambda: Case("uniform_variance", uniform_variance(F(-1, 2), 1)),
    "sgd": lambda: Case("gradient_step", sgd(**STEP)),
    "velocity": lambda: Case("velocity", momentum(**STEP, v=3, beta=BETA).fields["v"]),
    "velocity step": lambda: Case("velocity_step", momentum(**STEP, v=3, beta=BETA)),
    "accumulated": lambda: Case("accumulated_velocity", momentum(**STEP, v=3, beta=BETA, form="accumulate").fields["v"]),
    "averaged": lambda: Case("decayed_average", momentum(**STEP, v=3, beta=BETA, form="average").fields["v"]),
    "rmsprop": lambda: Case("decayed_square", rmsprop(**STEP, s=3, beta=BETA, epsilon=0).fields["s"]),
    "adagrad": lambda: Case("accumulated_square", adagrad(**STEP, s=5, epsilon=1).fields["s"]),
    "adagrad step": lambda: Case("adaptive_step", adagrad(**STEP, s=5, epsilon=1)),
    "adagrad step inside": lambda: Case("adaptive_step", adagrad(**STEP, s=5, epsilon=7, form="inside")),
    "adam": lambda: Case("bias_corrected", adam(1, 2, 1, 1, 3, LR, F(1, 2), F(1, 2), 0).fields["m_hat"]),
    "nesterov": lambda: Case("look_ahead", nesterov(**STEP, v=3, beta=BETA).fields["ahead"]),
    "nesterov accumulated": lambda: Case("nesterov_direction", nesterov(**STEP, v=3, beta=BETA, form="accumulate")),
    "rnn": lambda: Case("recurrent_input", rnn([1, 2], 1, 2, 3, 1, activation="identity")),
    "lstm": lambda: lstm_case("cell_state", "c"),
    "lstm output": lambda: lstm_case("gated_output", "h"),
    "gru": lambda: gru_case("updated_state", "h"),
    "gru replaces": lambda: gru_case("updated_state", "h", update="replaces"),
    "gru reset": lambda: gru_case("reset_state", "n_pre"),
    "gru reset after": lambda: gru_case("gated_recurrent_input", "n_pre", reset="after"),
    "gru reset after, matrices": reset_after_with_matrices,
    "precision": lambda: Case("posterior_precision", posterior().fields["A"]),
    "prior": lambda: Case("prior_precision", posterior().fields["A"]),
    "gram": lambda: Case("gram", posterior().fields["XX"]),
    "mean": lambda: with_covariance("posterior_mean", posterior()),
    "predictive": lambda: with_covariance(
        "predictive_variance", predict(posterior(), [1, 1], noise_variance=F(1, 4)).fields["variance"]
    ),
    "ridge": lambda: ridge_case("regularised_gram", "A", "mean"),
    "ridge sum": lambda: ridge_case("regularised_gram", "A", "sum"),
    "scores": scores,
    "scores unscaled": lambda: scores(scaled=False),
    "masked": masked,
    "affine": affine,
    "squared": slope_of_squared_error,
    "sigmoid": lambda: back_through(sigmoid, F(1, 4)),
    "tanh": lambda: back_through(tanh, F(1, 2)),
    "log2": lambda: Case("log2", log2(constant(8))),
}
case = cache(lambda name: CASES[name]())

RIGHT = {
    "conv": 28,
    "conv stride": 16,  # (32 + 4 - 5) / 2 = 15.5
    "conv stride even": 16,
    "conv dilated": 28,
    "conv ceil": 17,
    "pool": 3,
    "conv same": 16,
    "conv transposed": 14,  # 2 * 6 + 3 - 2 + 1
    "conv transposed, dilated": 16,
    "field": 11,  # 3 + 4 * 2
    "field dilated": 19,
    "jump": 6,
    "weights": 600,
    "weights grouped": 144,
    "parameters": 608,
    "dense weights": 480,
    "dense parameters": 490,
    "batch norm": 12,
    "two layers": 1776,  # 608 + 1168
    "macs": 436_800,  # 600 * 28 * 26
    "flops": 873_600,
    "flops as macs": 436_800,
    "lstm parameters": 180,  # 4 (25 + 15 + 5)
    "xavier": 1 / 400,
    "xavier average": 1 / 250,
    "xavier out": 1 / 100,
    "he": 1 / 200,
    "he leaky": 1 / 250,
    "std": 1 / 20,
    "bound": 1 / 10,
    "uniform": 0.1875,  # 1.5^2 / 12
    "sgd": 0.8,
    "velocity": 2.5,
    "velocity step": 3.5,
    "accumulated": 4.7,
    "averaged": 2.9,
    "rmsprop": 3.1,
    "adagrad": 9,
    "adagrad step": 0.95,  # 1 - 0.2 / (3 + 1)
    "adagrad step inside": 0.95,  # 1 - 0.2 / sqrt(9 + 7)
    "adam": 12 / 7,  # 1.5 / (1 - 1/8)
    "nesterov": 3.7,
    "nesterov accumulated": 0.377,  # 1 - (2 + 0.9 * 4.7) / 10
    "rnn": 19,  # 2 * 6 + 3 * 2 + 1
    "lstm": 2.75,
    "gru": 3.5,
    "gru replaces": 2.5,
    "gru reset": 6,  # 2 * 1 + 3 + 1
    "gru reset after": 6,
    "gru reset after, matrices": [2.5, 3],
    "precision": [[22, 8], [8, 6]],
    "prior": [[22, 8], [8, 6]],
    "gram": [[5, 2], [2, 1]],
    "mean": [20, 16],
    "predictive": 3.25,
    "ridge": [[2, 2], [2, 6]],  # X'X + 2 * 1/2 I
    "ridge sum": [[1.5, 2], [2, 5.5]],
    "scores": [[1.5, 2, 2.5]],
    "scores unscaled": [[3, 4, 5]],
    "masked": [[5 / 7, 0, 2 / 7]],
    "affine": [11, 22],
    "squared": [4],
    "sigmoid": 0.5625,
    "tanh": 2.25,
    "log2": 3,
}

WRONG = [
    ("conv", "plus-one-forgotten", 27),
    ("conv", "kernel-not-subtracted", 33),
    ("conv stride", "padding-ignored", 14),  # 27 / 2 = 13.5
    ("conv stride", "padding-once", 15),  # 29 / 2 = 14.5
    ("conv stride", "stride-ignored", 32),
    ("conv stride", "kernel-not-subtracted", 19),  # 36 / 2 + 1
    ("conv stride", "rounded-up", 17),
    ("conv stride even", "plus-one-inside", 15),  # 31 / 2
    ("conv dilated", "dilation-ignored", 30),
    ("conv dilated", "dilation-times-kernel", 27),
    ("conv ceil", "rounded-down", 16),
    ("pool", "plus-one-forgotten", 2),
    ("pool", "stride-ignored", 5),
    ("conv same", "padding-ignored", 14),
    ("conv same", "stride-ignored", 31),
    ("conv same", "rounded-down", 15),
    ("conv transposed", "convolution-for-transposed", 4),  # (7 + 2 - 3) / 2 + 1
    ("conv transposed", "stride-ignored", 8),
    ("conv transposed", "padding-ignored", 16),
    ("conv transposed", "padding-once", 15),
    ("conv transposed", "padding-added", 18),
    ("conv transposed", "minus-one-forgotten", 16),
    ("conv transposed", "kernel-forgotten", 11),
    ("conv transposed", "output-padding-forgotten", 13),
    ("conv transposed, dilated", "dilation-ignored", 14),
    ("field", "stride-product-forgotten", 7),
    ("field", "kernel-for-kernel-minus-one", 13),
    ("field", "own-stride-counted", 27),  # 3 + 4 * 6
    ("field", "fields-multiplied", 15),
    ("field", "earlier-layers-forgotten", 5),
    ("field dilated", "dilation-ignored", 11),
    ("jump", "stride-product-forgotten", 3),
    ("jump", "last-stride-forgotten", 2),
    ("jump", "strides-added", 5),
    ("weights", "input-channels-forgotten", 200),
    ("weights", "kernel-not-squared", 120),
    ("weights", "kernel-sides-added", 240),
    ("weights", "filters-forgotten", 75),
    ("weights", "kernel-forgotten", 24),
    ("weights grouped", "groups-ignored", 288),
    ("parameters", "bias-forgotten", 600),
    ("parameters", "bias-counted-twice", 616),
    ("parameters", "bias-per-weight", 1200),
    ("parameters", "bias-per-input", 624),
    ("parameters", "bias-of-the-inputs", 603),
    ("parameters", "single-bias", 601),
    ("dense weights", "inputs-squared", 2304),
    ("dense weights", "outputs-squared", 100),
    ("dense weights", "inputs-and-outputs-added", 58),
    ("dense weights", "rows-and-columns-forgotten", 30),
    ("dense parameters", "bias-of-the-inputs", 528),
    ("batch norm", "running-statistics-counted", 24),
    ("batch norm", "scale-or-shift-forgotten", 6),
    ("batch norm", "parameters-per-entry", 192),
    ("two layers", "first-layer-forgotten", 1168),
    ("two layers", "last-layer-forgotten", 608),
    ("macs", "output-positions-forgotten", 600),
    ("macs", "one-side-of-the-output", 16_800),
    ("macs", "input-positions-for-output", 576_000),  # 600 * 32 * 30
    ("macs", "bias-counted", 442_624),  # 608 * 728
    ("flops", "multiply-add-as-one", 436_800),
    ("flops as macs", "multiply-add-as-two", 873_600),
    ("lstm parameters", "bias-forgotten", 160),
    ("lstm parameters", "bias-counted-twice", 200),
    ("lstm parameters", "gates-forgotten", 45),
    ("lstm parameters", "candidate-weights-forgotten", 135),
    ("lstm parameters", "recurrent-weights-forgotten", 80),
    ("lstm parameters", "input-weights-forgotten", 120),
    ("lstm parameters", "single-bias", 164),
    ("xavier", "fan-out-for-fan-in", 1 / 100),
    ("xavier", "fan-average-for-fan-in", 1 / 250),
    ("xavier", "n-for-one-over-n", 400),
    ("xavier", "he-factor-used", 1 / 200),
    ("xavier", "standard-deviation-for-variance", 1 / 20),
    ("xavier average", "fan-sum-not-halved", 1 / 500),
    ("xavier average", "fan-in-for-fan-average", 1 / 400),
    ("xavier out", "fan-in-for-fan-out", 1 / 400),
    ("he", "he-factor-forgotten", 1 / 400),
    ("he leaky", "slope-forgotten", 1 / 200),
    ("he leaky", "slope-not-squared", 1 / 300),
    ("std", "variance-for-standard-deviation", 1 / 400),
    ("bound", "root-of-3-forgotten", 0.0577350269),
    ("bound", "root-forgotten", 1 / 100),
    ("bound", "root-of-12-for-3", 1 / 5),
    ("bound", "divided-by-3", 1 / 30),
    ("uniform", "twelfth-forgotten", 2.25),
    ("uniform", "square-forgotten", 0.125),
    ("uniform", "half-width-for-width", 0.046875),
    ("uniform", "width-as-sum", 1 / 48),
    ("uniform", "standard-deviation-for-variance", 0.4330127019),
    ("sgd", "ascent-for-descent", 1.2),
    ("sgd", "learning-rate-forgotten", -1),
    ("sgd", "old-parameter-forgotten", -0.2),
    ("sgd", "learning-rate-on-everything", -0.1),
    ("velocity", "momentum-term-forgotten", -0.2),
    ("velocity", "decay-forgotten", 2.8),
    ("velocity", "learning-rate-forgotten", 0.7),
    ("velocity", "ascent-for-descent", 2.9),
    ("velocity", "one-minus-beta-added", 2.68),
    ("velocity step", "velocity-subtracted", -1.5),
    ("velocity step", "old-parameter-forgotten", 2.5),
    ("accumulated", "momentum-term-forgotten", 2),
    ("accumulated", "decay-forgotten", 5),
    ("accumulated", "one-minus-beta-added", 2.9),
    ("accumulated", "decay-on-the-new", 4.8),
    ("averaged", "momentum-term-forgotten", 0.2),
    ("averaged", "one-minus-beta-forgotten", 4.7),
    ("averaged", "decays-swapped", 2.1),
    ("averaged", "decay-forgotten", 3.2),
    ("rmsprop", "running-square-forgotten", 0.4),
    ("rmsprop", "one-minus-beta-forgotten", 6.7),
    ("rmsprop", "decays-swapped", 3.9),
    ("rmsprop", "decay-forgotten", 3.4),
    ("rmsprop", "square-forgotten", 2.9),
    ("rmsprop", "one-minus-beta-squared", 2.74),
    ("adagrad", "square-forgotten", 7),
    ("adagrad", "running-square-forgotten", 4),
    ("adagrad step", "ascent-for-descent", 1.05),
    ("adagrad step", "learning-rate-forgotten", 0.5),
    ("adagrad step", "old-parameter-forgotten", -0.05),
    ("adagrad step", "root-forgotten", 0.98),
    ("adagrad step", "division-forgotten", 0.8),
    ("adagrad step", "multiplied-by-the-root", 0.2),
    ("adagrad step", "epsilon-forgotten", 1 - 0.2 / 3),
    ("adagrad step", "epsilon-inside-the-root", 0.9367544468),  # 1 - 0.2 / sqrt(10)
    ("adagrad step inside", "epsilon-outside-the-root", 0.98),  # 1 - 0.2 / (3 + 7)
    ("adam", "bias-correction-forgotten", 1.5),
    ("adam", "bias-correction-one-step-early", 2),
    ("adam", "bias-correction-one-step-late", 1.6),
    ("adam", "step-number-forgotten", 3),
    ("adam", "bias-correction-multiplied", 1.3125),
    ("nesterov", "look-ahead-forgotten", 1),
    ("nesterov", "decay-forgotten", 4),
    ("nesterov", "look-ahead-backwards", -1.7),
    ("nesterov accumulated", "look-ahead-forgotten", 0.53),
    ("nesterov accumulated", "momentum-term-forgotten", 0.8),
    ("nesterov accumulated", "decay-forgotten", 0.33),
    ("rnn", "recurrent-term-forgotten", 7),
    ("rnn", "input-term-forgotten", 13),
    ("rnn", "bias-forgotten", 18),
    ("rnn", "bias-counted-twice", 20),
    ("rnn", "weights-swapped", 23),  # 3 * 6 + 2 * 2 + 1
    ("rnn", "time-step-off-by-one", 9),  # 2 * 1 + 3 * 2 + 1
    ("lstm", "gates-swapped", 2.5),
    ("lstm", "forget-gate-forgotten", 5),
    ("lstm", "input-gate-forgotten", 4.75),
    ("lstm", "old-state-forgotten", 2),
    ("lstm", "candidate-forgotten", 0.75),
    ("lstm", "forget-gate-reversed", 4.25),
    ("lstm output", "output-gate-forgotten", 0.9918597246),  # tanh(2.75)
    ("lstm output", "output-activation-forgotten", 2.75 * 2 / 3),
    ("gru", "update-gate-reversed", 2.5),
    ("gru", "one-minus-forgotten", 1.5),
    ("gru", "candidate-forgotten", 0.5),
    ("gru", "old-state-forgotten", 3),
    ("gru", "update-gate-forgotten", 4),
    ("gru replaces", "update-gate-reversed", 3.5),
    ("gru reset", "reset-gate-forgotten", 8),
    ("gru reset after", "reset-gate-forgotten", 8),
    ("gru reset after", "recurrent-term-forgotten", 4),
    ("gru reset after", "input-term-forgotten", 3),
    ("gru reset after", "bias-forgotten", 5),
    ("gru reset after, matrices", "reset-before-for-after", [3.5, 3]),  # W (r h) = [2.5, 1]
    ("precision", "noise-variance-forgotten", [[7, 2], [2, 3]]),
    ("precision", "noise-variance-inverted", [[3.25, 0.5], [0.5, 2.25]]),
    ("precision", "noise-variance-squared", [[82, 32], [32, 18]]),
    ("precision", "prior-forgotten", [[20, 8], [8, 4]]),
    ("prior", "prior-not-inverted", [[20.5, 8], [8, 4.5]]),
    ("gram", "data-matrix-transposed", [[1, 2], [2, 5]]),
    ("mean", "noise-variance-forgotten", [5, 4]),
    ("mean", "noise-variance-inverted", [1.25, 1]),
    ("mean", "noise-variance-squared", [80, 64]),
    ("mean", "covariance-forgotten", [20, 8]),
    ("predictive", "noise-variance-forgotten", 3),
    ("predictive", "noise-variance-squared", 3.0625),
    ("ridge", "lambda-forgotten", [[1, 2], [2, 5]]),
    ("ridge", "lambda-not-times-n", [[1.5, 2], [2, 5.5]]),
    ("ridge", "identity-forgotten", [[2, 3], [3, 6]]),
    ("ridge", "lambda-subtracted", [[0, 2], [2, 4]]),
    ("ridge", "lambda-squared", [[1.5, 2], [2, 5.5]]),
    ("ridge sum", "lambda-times-n", [[2, 2], [2, 6]]),
    ("scores", "scaling-forgotten", [[3, 4, 5]]),
    ("scores", "scaled-by-dimension", [[0.75, 1, 1.25]]),
    ("scores", "scaled-by-number-of-keys", [[1.7320508076, 2.3094010768, 2.8867513459]]),
    ("scores", "scaling-multiplied", [[6, 8, 10]]),
    ("scores", "keys-and-queries-swapped", [[1.5], [2], [2.5]]),
    ("scores unscaled", "scaling-added", [[1.5, 2, 2.5]]),
    ("masked", "mask-ignored", [[0.5, 0.3, 0.2]]),
    ("masked", "mask-not-renormalised", [[0.5, 0, 0.2]]),
    ("masked", "mask-reversed", [[0, 1, 0]]),
    ("affine", "bias-forgotten", [1, 2]),
    ("affine", "bias-counted-twice", [21, 42]),
    ("affine", "minus-for-plus", [-9, -18]),
    ("squared", "factor-2-forgotten", [2]),
    ("sigmoid", "activation-derivative-forgotten", 3),
    ("sigmoid", "upstream-gradient-forgotten", 0.1875),
    ("sigmoid", "one-minus-forgotten", 0.75),
    ("sigmoid", "square-for-one-minus", 2.8125),
    ("tanh", "activation-derivative-forgotten", 3),
    ("tanh", "upstream-gradient-forgotten", 0.75),
    ("tanh", "square-forgotten", 1.5),
    ("tanh", "one-minus-forgotten", 0.75),
    ("log2", "natural-logarithm", 2.0794415417),
    ("log2", "logarithm-base-10", 0.9030899870),
]


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_value(name):
    assert case(name).value(case(name).node) == pytest.approx(np.array(RIGHT[name]), rel=1e-9)


@pytest.mark.parametrize(("name", "tag", "expected"), WRONG)
def test_the_value_with_the_slip(name, tag, expected):
    wrong = case(name).slipped(tag)
    assert wrong.shape == np.shape(expected)
    assert wrong == pytest.approx(np.array(expected), rel=1e-9)


def test_every_slip_of_the_builders_formulas_stands_in_the_table_above():
    formulas = {case(name).op for name in CASES} - {"add"}
    tried = {(case(name).op, tag) for name, tag, _ in WRONG}
    assert {(op, slip.tag) for op in formulas for slip in OPS[op].slips} <= tried


def test_tags_are_in_kebab_case_each_once_in_a_row_and_the_formulas_have_many():
    slips = [slip for row in OPS.values() for slip in row.slips]
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slip.tag) for slip in slips)
    for row in OPS.values():
        tags = [slip.tag for slip in row.slips]
        assert len(tags) == len(set(tags)), row.name
    assert len({slip.tag for row in OPS.values() if row.transparent for slip in row.slips}) >= 60


# ------------------------------------------------------------------------------------------------- transparent operations


def test_a_formula_is_printed_by_its_definition_and_called_by_its_name():
    theta, lr, g = given("theta"), given("lr"), given("g")
    step = sgd(theta, g, lr).fields["theta"]
    assert step.transparent
    assert Formulas({})(step) == "theta - lr * g"
    assert Formulas({step: "new"})(2 * step) == "2 * new"
    assert Formulas({})(2 * step) == "2 * (theta - lr * g)"


def test_neutral_constants_are_not_printed():
    net = stack_of(PICTURE, conv(8, 5))
    assert Formulas({})(net["size"][1]) == "32 - 5 + 1"
    assert Formulas({})(adagrad(given("w"), given("g"), 0, given("lr"), 0).fields["s"]) == "g^2"


def test_a_formula_of_constants_is_a_number_among_others():
    variance = initial_variance(400).fields["variance"]
    assert spelled_out(variance).op == "constant"
    assert (3 * variance).op == "constant"
    assert worked_steps([("a", variance)], {}, str) == []


def test_a_value_put_in_for_an_input_flows_through_a_formula():
    first, second = stack_of(PICTURE, *TWO)["conv1"].fields["size"], stack_of(PICTURE, *TWO)["conv2"].fields["size"]
    assert evaluate([second], {}, override={first: [1, 20, 20]})[0].tolist() == [1, 6, 6]  # (20 - 5) / 3 + 1


def test_replacing_reaches_into_a_definition():
    theta, lr, g = given("theta"), given("lr"), given("g")
    step = sgd(theta, g, lr).fields["theta"]
    product = lr * g
    inside = replace(2 * step, {product: given("d")})
    assert Formulas({})(inside) == "2 * (theta - d)"
    outside = replace(2 * step, {theta: given("w")})
    assert outside.inputs[1].op == "gradient_step"


def test_a_slip_that_changes_nothing_or_does_not_fit_is_not_one():
    unpadded = rows("window_count", PICTURE, conv(1, 5)).node
    assert not rewrites(unpadded, "window_count", "padding-ignored")
    assert not rewrites(unpadded, "window_count", "rounded-up")
    wide = rnn([[1, 2, 3]], [1, 2], [[1, 0], [0, 1]], [[1, 0, 0], [0, 1, 0]]).fields["pre"][0]
    assert not rewrites(wide, "recurrent_input", "weights-swapped")
    assert not rewrites(wide, "recurrent_input", "bias-forgotten")
    assert not rewrites(wide, "recurrent_input", "bias-counted-twice")
    assert not rewrites(wide, "recurrent_input", "time-step-off-by-one")


def test_a_bias_is_told_from_other_terms():
    assert not rewrites(affine().node, "add", "second-term-forgotten")
    assert not rewrites(given("a") + given("b"), "add", "bias-forgotten")
    state, inputs = (given(name, (2, 2)) @ given(vector, (2,)) for name, vector in (("W", "h"), ("U", "x")))
    assert not rewrites(state + inputs, "add", "bias-forgotten")
    (wrong,) = rewrites(given("b", (2,)) + state, "add", "bias-forgotten").values()
    assert wrong is state
