"""Functions of the language for eigenvalues, rank and principal components."""

from grader.maths.builders import components
from grader.maths.errors import ShapeError
from grader.maths.language.functions import function
from grader.maths.ops import spectral


@function("eigenvalues(A)", "the eigenvalues of a symmetric matrix, in ascending order")
def _(scope, a):
    found, known = spectral.eigenvalues(a), scope.known(a)
    if known is not None and (known != known.T).any():
        raise ShapeError(spectral.NOT_SYMMETRIC)
    return found


@function("rank(A)", "the number of linearly independent rows of a matrix")
def _(scope, a):
    return spectral.rank(a)


@function("covariance(X, ddof=)", "rows of X are points: their covariance matrix, divided by n - ddof (a convention)")
def _(scope, x, *, ddof: int = None):
    return spectral.covariance(x, ddof=_ddof(scope, ddof))


@function(
    "pca(X, k, ddof=)",
    "rows of X are points, k components: results mean, covariance, variances (descending), shares, explained (their sum)",
)
def _(scope, x, k=None, *, ddof: int = None):
    return components.pca(x, None if k is None else scope.integer(k), ddof=_ddof(scope, ddof))


def _ddof(scope, ddof):
    return int(scope.convention("ddof")) if ddof is None else ddof
