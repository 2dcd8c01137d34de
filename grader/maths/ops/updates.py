"""Formulas of optimiser steps: `theta` the parameter, `g` its gradient, `lr` the learning rate.

Sources: Goodfellow, Bengio, Courville, Deep Learning (2016), chapter 8; Kingma and Ba, Adam (2015), algorithm 1.
"""

from grader.maths.ops.arithmetic import sqrt
from grader.maths.ops.table import TRANSCENDENTAL, Sample, formula

THETA, G, V, S = ["1/2", -1, 2], ["3/2", "-1/4", 3], [1, "1/3", -2], ["1/4", 2, "3/2"]
LR, BETA, EPSILON = "1/10", "9/10", "1/8"

MOMENTUM_FORGOTTEN = "the momentum term is missing: what was gathered in earlier steps"
DECAY_FORGOTTEN = "what was gathered before is not multiplied with its decay"
RATE_FORGOTTEN = "the learning rate is missing"
ASCENT = "the step goes up the gradient: it has the wrong sign"
PARAMETER_FORGOTTEN = "only the step is given, it is not added to the old parameter"

gradient_step = formula(
    "gradient_step",
    lambda theta, lr, g: theta - lr * g,
    "takes a step against the gradient",
    (
        ("ascent-for-descent", lambda theta, lr, g: theta + lr * g, ASCENT),
        ("learning-rate-forgotten", {"lr": 1}, RATE_FORGOTTEN),
        ("old-parameter-forgotten", lambda theta, lr, g: -(lr * g), PARAMETER_FORGOTTEN),
        (
            "learning-rate-on-everything",
            lambda theta, lr, g: lr * (theta - g),
            "the old parameter is multiplied with the learning rate, too",
        ),
    ),
    (Sample((THETA, LR, G)),),
)
velocity = formula(
    "velocity",
    lambda v, lr, g, beta: beta * v - lr * g,
    "adds a step against the gradient to the decayed velocity",
    (
        ("momentum-term-forgotten", lambda v, lr, g, beta: -(lr * g), MOMENTUM_FORGOTTEN),
        ("decay-forgotten", {"beta": 1}, DECAY_FORGOTTEN),
        ("learning-rate-forgotten", {"lr": 1}, RATE_FORGOTTEN),
        ("ascent-for-descent", lambda v, lr, g, beta: beta * v + lr * g, ASCENT),
        (
            "one-minus-beta-added",
            lambda v, lr, g, beta: beta * v - (1 - beta) * lr * g,
            "the factor 1 - beta does not belong here",
        ),
    ),
    (Sample((V, LR, G, BETA)),),
)
velocity_step = formula(
    "velocity_step",
    lambda theta, v: theta + v,
    "moves the parameter by the velocity",
    (
        (
            "velocity-subtracted",
            lambda theta, v: theta - v,
            "the velocity is subtracted, but it already has the sign of the step",
        ),
        ("old-parameter-forgotten", lambda theta, v: v, PARAMETER_FORGOTTEN),
    ),
    (Sample((THETA, V)),),
)
accumulated_velocity = formula(
    "accumulated_velocity",
    lambda v, g, beta: beta * v + g,
    "adds the gradient to the decayed velocity",
    (
        ("momentum-term-forgotten", lambda v, g, beta: g, MOMENTUM_FORGOTTEN),
        ("decay-forgotten", {"beta": 1}, DECAY_FORGOTTEN),
        ("one-minus-beta-added", lambda v, g, beta: beta * v + (1 - beta) * g, "the factor 1 - beta does not belong here"),
        ("decay-on-the-new", lambda v, g, beta: v + beta * g, "the decay multiplies the gradient instead of the velocity"),
    ),
    (Sample((V, G, BETA)),),
)


def _averages(tag, new):
    """The slips of a running average decay * average + (1 - decay) * new, in which `new` is made from the gradient."""
    return (
        (f"{tag}-forgotten", lambda average, g, decay: (1 - decay) * new(g), MOMENTUM_FORGOTTEN),
        ("one-minus-beta-forgotten", lambda average, g, decay: decay * average + new(g), "the factor 1 - beta is missing"),
        (
            "decays-swapped",
            lambda average, g, decay: (1 - decay) * average + decay * new(g),
            "beta and 1 - beta are swapped",
        ),
        ("decay-forgotten", lambda average, g, decay: average + (1 - decay) * new(g), DECAY_FORGOTTEN),
    )


decayed_average = formula(
    "decayed_average",
    lambda average, g, decay: decay * average + (1 - decay) * g,
    "averages with decaying weights",
    _averages("momentum-term", lambda g: g),
    (Sample((V, G, BETA)),),
)
decayed_square = formula(
    "decayed_square",
    lambda average, g, decay: decay * average + (1 - decay) * (g * g),
    "averages squares with decaying weights",
    (
        *_averages("running-square", lambda g: g * g),
        ("square-forgotten", lambda average, g, decay: decay * average + (1 - decay) * g, "the gradient is not squared"),
        (
            "one-minus-beta-squared",
            lambda average, g, decay: decay * average + (1 - decay) * g * ((1 - decay) * g),
            "the factor 1 - beta is squared with the gradient",
        ),
    ),
    (Sample((S, G, BETA)),),
)
accumulated_square = formula(
    "accumulated_square",
    lambda s, g: s + g * g,
    "adds the square of the gradient",
    (
        ("square-forgotten", lambda s, g: s + g, "the gradient is not squared"),
        ("running-square-forgotten", lambda s, g: g * g, "the squares of the earlier steps are missing"),
    ),
    (Sample((S, G)),),
)
bias_corrected = formula(
    "bias_corrected",
    lambda average, decay, t: average / (1 - decay**t),
    "corrects the average for its beginning at 0",
    (
        ("bias-correction-forgotten", lambda average, decay, t: average, "the bias correction is missing"),
        ("bias-correction-one-step-early", {"t": lambda t: t - 1}, "the bias correction uses the number of the step before"),
        ("bias-correction-one-step-late", {"t": lambda t: t + 1}, "the bias correction uses the number of the next step"),
        ("step-number-forgotten", {"t": 1}, "beta is not raised to the number of the step in the bias correction"),
        (
            "bias-correction-multiplied",
            lambda average, decay, t: average * (1 - decay**t),
            "the average is multiplied with the bias correction instead of divided by it",
        ),
    ),
    (Sample((V, BETA, 3)),),
    systems=TRANSCENDENTAL,  # the gradient with respect to t has a logarithm
)


def root(s, epsilon, form):
    """sqrt(s) + epsilon ("outside") or sqrt(s + epsilon) ("inside"); nothing is added for the constant 0."""
    return sqrt(s + epsilon) if form == "inside" else sqrt(s) + epsilon


adaptive_step = formula(
    "adaptive_step",
    lambda theta, lr, g, s, epsilon, form: theta - lr * g / root(s, epsilon, form),
    "takes a step against the gradient, divided by the root of the gathered squares",
    (
        ("ascent-for-descent", lambda theta, lr, g, s, epsilon, form: theta + lr * g / root(s, epsilon, form), ASCENT),
        ("learning-rate-forgotten", {"lr": 1}, RATE_FORGOTTEN),
        (
            "old-parameter-forgotten",
            lambda theta, lr, g, s, epsilon, form: -(lr * g / root(s, epsilon, form)),
            PARAMETER_FORGOTTEN,
        ),
        ("root-forgotten", lambda theta, lr, g, s, epsilon, form: theta - lr * g / (s + epsilon), "the square root is missing"),
        ("division-forgotten", lambda theta, lr, g, s, epsilon, form: theta - lr * g, "the division by the root is missing"),
        (
            "multiplied-by-the-root",
            lambda theta, lr, g, s, epsilon, form: theta - lr * g * root(s, epsilon, form),
            "the step is multiplied with the root instead of divided by it",
        ),
        ("epsilon-forgotten", {"epsilon": 0}, "epsilon is missing"),
        ("epsilon-inside-the-root", {"form": "inside"}, "epsilon is added under the root instead of to the root"),
        ("epsilon-outside-the-root", {"form": "outside"}, "epsilon is added to the root instead of under it"),
    ),
    (Sample((THETA, LR, G, S, EPSILON), {"form": "outside"}), Sample((THETA, LR, G, S, EPSILON), {"form": "inside"})),
    systems=TRANSCENDENTAL,
)
look_ahead = formula(
    "look_ahead",
    lambda theta, v, beta: theta + beta * v,
    "looks ahead to where the momentum alone would lead",
    (
        (
            "look-ahead-forgotten",
            lambda theta, v, beta: theta,
            "Nesterov's gradient is taken at the old parameter, not at the look-ahead",
        ),
        ("decay-forgotten", {"beta": 1}, "the velocity is not multiplied with beta in the look-ahead"),
        ("look-ahead-backwards", lambda theta, v, beta: theta - beta * v, "the look-ahead goes in the wrong direction"),
    ),
    (Sample((THETA, V, BETA)),),
)
nesterov_direction = formula(
    "nesterov_direction",
    lambda g, v, beta: g + beta * v,
    "adds the decayed new velocity to the gradient",
    (
        ("look-ahead-forgotten", lambda g, v, beta: v, "the step is that of plain momentum, without Nesterov's look-ahead"),
        ("momentum-term-forgotten", lambda g, v, beta: g, MOMENTUM_FORGOTTEN),
        ("decay-forgotten", {"beta": 1}, DECAY_FORGOTTEN),
    ),
    (Sample((G, V, BETA)),),
)
