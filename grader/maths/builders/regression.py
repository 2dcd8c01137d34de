"""Linear regression: Bayesian, least squares, ridge."""

from grader.maths.builders.counting import chosen
from grader.maths.errors import ShapeError
from grader.maths.graph import Record, as_node, show_shape
from grader.maths.ops.estimation import (
    gram,
    posterior_mean,
    posterior_precision,
    predictive_variance,
    prior_precision,
    regularised_gram,
)
from grader.maths.ops.linear import inverse, solve
from grader.maths.ops.structure import flatten, permute, reshape


def _points(X, y, points):
    """X as D x N (points are columns) and y, which must be N numbers."""
    X, y = as_node(X), as_node(y)
    if X.rank != 2:
        raise ShapeError(f"a regression needs a matrix of points, not {show_shape(X.shape)}")
    X = reshape(flatten(X), X.shape) if X.lying else X  # a row times a vector would be a number, not a vector of one
    X = X if chosen(points, {"columns": True, "rows": False}, "the place of points") else permute(X, (1, 0))
    if y.shape != X.shape[1:]:
        raise ShapeError(f"there are {X.shape[1]} points (as {points} of X), but y is {show_shape(y.shape)}")
    return X, y


def bayesian_linear_regression(X, y, prior_covariance, noise_variance, *, points="columns"):
    """The posterior over the weights w of y = X' w + noise with w ~ N(0, prior_covariance), noise ~ N(0, noise_variance).

    X: D x N (points "columns") or N x D ("rows"); y: N; prior_covariance: D x D, or a number for that multiple of the identity.
    Record("posterior", main mean): XX = X X', A = XX / noise_variance + prior_covariance^-1, A_inverse, Xy = X y,
    mean = A^-1 X y / noise_variance, covariance = A^-1.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (RW, 2006), equations 2.7 and 2.8.
    """
    X, y = _points(X, y, points)
    prior, noise_variance = as_node(prior_covariance), as_node(noise_variance)
    XX, Xy = gram(X), X @ y
    A = posterior_precision(XX, noise_variance, prior_precision(prior, size=X.shape[0]))
    A_inverse = inverse(A)
    mean = posterior_mean(A_inverse, Xy, noise_variance)
    return Record.of("posterior", main="mean", XX=XX, A=A, A_inverse=A_inverse, Xy=Xy, mean=mean, covariance=A_inverse)


def predict(posterior, x, *, noise_variance=None):
    """The predictive distribution at a point x (D): of the function, or with a noise variance of an observation there.

    Record("prediction", main mean): mean = x' mean, variance = x' covariance x (+ noise_variance). Source: RW, equation 2.9.
    """
    x = as_node(x)
    mean, covariance = posterior.fields["mean"], posterior.fields["covariance"]
    if x.shape != mean.shape:
        raise ShapeError(f"the new point is {show_shape(x.shape)}, but there are {mean.shape[0]} weights")
    variance = x @ (covariance @ x)
    return Record.of(
        "prediction",
        main="mean",
        mean=x @ mean,
        variance=variance if noise_variance is None else predictive_variance(variance, noise_variance),
    )


def least_squares(X, y, *, points="rows"):
    """The theta that makes ||y - X theta||^2 smallest, by the normal equations X'X theta = X'y.

    X: N x D (points "rows") or D x N ("columns"), of full rank D; y: N. Record("least squares", main theta): XtX, Xty, theta,
    fitted = X theta, residuals = y - fitted. Source: Bishop, Pattern Recognition and Machine Learning (2006), section 3.1.1.
    """
    columns, y = _points(X, y, points)
    XtX, Xty = gram(columns), columns @ y
    return _fit("least squares", columns, y, solve(XtX, Xty), XtX=XtX, Xty=Xty)


def ridge(X, y, lam, *, points="rows", loss="sum"):
    """The theta that makes ||y - X theta||^2 + lam ||theta||^2 smallest: (X'X + lam I) theta = X'y.

    loss "mean": the squared error is averaged over the N points, so N lam stands for lam. Record("ridge", main theta): XtX, Xty,
    A = X'X + lam I, theta, fitted, residuals. Source: Bishop (2006), equation 3.28.
    """
    columns, y = _points(X, y, points)
    XtX, Xty = gram(columns), columns @ y
    averaged = chosen(loss, {"sum": False, "mean": True}, "the loss of a ridge regression")
    A = regularised_gram(XtX, lam, points=columns.shape[1], averaged=averaged)
    return _fit("ridge", columns, y, solve(A, Xty), XtX=XtX, Xty=Xty, A=A)


def _fit(kind, columns, y, theta, **fields):
    fitted = permute(columns, (1, 0)) @ theta
    return Record.of(kind, main="theta", **fields, theta=theta, fitted=fitted, residuals=y - fitted)
