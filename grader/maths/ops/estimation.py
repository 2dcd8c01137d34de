"""Formulas of linear regression (Bayesian, least squares, ridge) and of attention.

Sources: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), equations 2.7 to 2.9; Bishop, Pattern
Recognition and Machine Learning (2006), equation 3.28; Vaswani et al., Attention is all you need (2017), equation 1.
"""

from grader.maths.graph import constant
from grader.maths.ops.arithmetic import sqrt
from grader.maths.ops.linear import identity, inverse
from grader.maths.ops.reductions import keep_axes, sum_
from grader.maths.ops.structure import permute
from grader.maths.ops.table import TRANSCENDENTAL, Sample, formula

POINTS = [[1, 2, 3], [-1, "1/2", 0]]
SQUARE, OTHER, VECTOR = [[2, 1], ["1/2", 3]], [[1, 0], ["1/3", 4]], [1, "3/2"]
NOISE_FORGOTTEN = "the variance of the noise is missing"
NOISE_INVERTED = "the variance of the noise multiplies where it should divide"

gram = formula(
    "gram",
    lambda points: points @ permute(points, (1, 0)),
    "multiplies the points (as columns) with their transpose",
    (
        (
            "data-matrix-transposed",
            lambda points: permute(points, (1, 0)) @ points,
            "the data matrix is transposed: X'X and XX' are mixed up",
        ),
    ),
    (Sample((POINTS,)),),
)


def _prior_precision(prior, size):
    return inverse(prior) if prior.rank else identity(size) / prior


prior_precision = formula(
    "prior_precision",
    _prior_precision,
    "inverts the covariance of the prior",
    (
        (
            "prior-not-inverted",
            lambda prior, size: prior if prior.rank else identity(size) * prior,
            "the covariance of the prior is not inverted",
        ),
    ),
    (Sample((SQUARE,), {"size": 2}), Sample(("1/4",), {"size": 2})),
)
posterior_precision = formula(
    "posterior_precision",
    lambda XX, noise, precision: XX / noise + precision,
    "adds the precision of the data and that of the prior",
    (
        ("noise-variance-forgotten", {"noise": 1}, NOISE_FORGOTTEN),
        ("noise-variance-inverted", lambda XX, noise, precision: XX * noise + precision, NOISE_INVERTED),
        (
            "noise-variance-squared",
            {"noise": lambda noise: noise * noise},
            "the variance of the noise is squared; it is a square already",
        ),
        ("prior-forgotten", lambda XX, noise, precision: XX / noise, "the precision of the prior is missing"),
    ),
    (Sample((SQUARE, "1/4", OTHER)),),
)
posterior_mean = formula(
    "posterior_mean",
    lambda covariance, Xy, noise: covariance @ Xy / noise,
    "multiplies the covariance with X y and divides by the variance of the noise",
    (
        ("noise-variance-forgotten", {"noise": 1}, NOISE_FORGOTTEN),
        ("noise-variance-inverted", lambda covariance, Xy, noise: covariance @ Xy * noise, NOISE_INVERTED),
        (
            "noise-variance-squared",
            {"noise": lambda noise: noise * noise},
            "the variance of the noise is squared; it is a square already",
        ),
        ("covariance-forgotten", lambda covariance, Xy, noise: Xy / noise, "the covariance of the posterior is missing"),
    ),
    (Sample((SQUARE, VECTOR, "1/4")),),
)
predictive_variance = formula(
    "predictive_variance",
    lambda variance, noise: variance + noise,
    "adds the variance of the noise to that of the function",
    (
        ("noise-variance-forgotten", {"noise": 0}, NOISE_FORGOTTEN),
        (
            "noise-variance-squared",
            {"noise": lambda noise: noise * noise},
            "the variance of the noise is squared; it is a square already",
        ),
    ),
    (Sample((2, "1/4")),),
)


def _regularised(XtX, lam, points, averaged):
    return XtX + (points if averaged else 1) * lam * identity(XtX.shape[0])


regularised_gram = formula(
    "regularised_gram",
    _regularised,
    "adds the strength of the ridge to the diagonal",
    (
        ("lambda-forgotten", lambda XtX, lam, points, averaged: XtX, "the regularisation is missing"),
        (
            "lambda-times-n",
            lambda XtX, lam, points, averaged: XtX + points * lam * identity(XtX.shape[0]),
            "the strength is multiplied with the number of points",
        ),
        (
            "lambda-not-times-n",
            {"averaged": False},
            "the strength is not multiplied with the number of points, though the loss is a mean",
        ),
        (
            "identity-forgotten",
            lambda XtX, lam, points, averaged: XtX + (points if averaged else 1) * lam,
            "the strength is added to all entries, not to the diagonal",
        ),
        ("lambda-subtracted", {"lam": lambda lam: -1 * lam}, "the strength is subtracted instead of added"),
        ("lambda-squared", {"lam": lambda lam: lam * lam}, "the strength is squared"),
    ),
    (
        Sample((SQUARE, "1/4"), {"points": 3, "averaged": True}),
        Sample((SQUARE, "1/4"), {"points": 3, "averaged": False}),
    ),
)


def _products(Q, K):
    return Q @ permute(K, (1, 0))


attention_scores = formula(
    "attention_scores",
    lambda Q, K, scaled: _products(Q, K) / sqrt(constant(K.shape[1])) if scaled else _products(Q, K),
    "compares every query with every key by their product, divided by the root of their length",
    (
        ("scaling-forgotten", {"scaled": False}, "the division by the root of the dimension is missing"),
        ("scaling-added", {"scaled": True}, "the products are divided by the root of the dimension"),
        (
            "scaled-by-dimension",
            lambda Q, K, scaled: _products(Q, K) / K.shape[1] if scaled else None,
            "the division is by the dimension, not by its root",
        ),
        (
            "scaled-by-number-of-keys",
            lambda Q, K, scaled: _products(Q, K) / sqrt(constant(K.shape[0])) if scaled else None,
            "the division is by the root of the number of keys, not of their dimension",
        ),
        (
            "scaling-multiplied",
            lambda Q, K, scaled: _products(Q, K) * sqrt(constant(K.shape[1])) if scaled else None,
            "the products are multiplied with the root of the dimension instead of divided by it",
        ),
        (
            "keys-and-queries-swapped",
            lambda Q, K, scaled: attention_scores(K, Q, scaled=scaled) if Q.rank == 2 else None,
            "queries and keys are swapped",
        ),
    ),
    (
        Sample((POINTS, [[1, 0, 2], ["1/2", -1, 1]]), {"scaled": True}),
        Sample((POINTS, [[1, 0, 2], ["1/2", -1, 1]]), {"scaled": False}),
    ),
    systems=TRANSCENDENTAL,
)


def _masked(weights, mask):
    allowed = weights * mask
    return allowed / keep_axes(sum_(allowed, axes=(-1,)), allowed, (-1,))


masked_weights = formula(
    "masked_weights",
    _masked,
    "leaves out what the mask forbids and makes the weights add up to 1 again",
    (
        ("mask-ignored", lambda weights, mask: weights, "the mask is ignored"),
        ("mask-not-renormalised", lambda weights, mask: weights * mask, "the weights behind the mask do not add up to 1"),
        ("mask-reversed", {"mask": lambda mask: 1 - mask}, "the mask leaves out what it should let through"),
    ),
    (Sample(([["1/2", "1/4", "1/4"], ["1/3", "1/2", "1/6"]], [[1, 0, 1], [1, 1, 0]])),),
)
