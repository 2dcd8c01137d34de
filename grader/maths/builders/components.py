"""Principal component analysis."""

from grader.maths.errors import ShapeError
from grader.maths.graph import Record, as_node, show_shape
from grader.maths.ops.reductions import mean, sum_
from grader.maths.ops.spectral import covariance, eigenvalues, explained_share, largest


def pca(X, k=None, *, ddof=0):
    """The principal components of points, which are the rows of X (N x D), by the eigenvalues of their covariance.

    The points are centred; the covariance is divided by N - ddof; k of the D components are kept (None: all). Record("principal
    component analysis", main variances): mean (D), covariance (D x D), variances (of the points along the k components, in
    descending order), shares (each variance over the whole), explained (the sum of the shares). The components themselves are
    left out: they are known up to their signs only. Source: Bishop (2006), section 12.1.1.
    """
    X = as_node(X)
    if X.rank != 2:
        raise ShapeError(f"principal components need a matrix whose rows are points, not {show_shape(X.shape)}")
    k = X.shape[1] if k is None else k
    if not 1 <= k <= X.shape[1]:
        raise ShapeError(f"points of {X.shape[1]} coordinates have 1 to {X.shape[1]} components, not {k}")
    matrix = covariance(X, ddof=ddof)
    variances = largest(eigenvalues(matrix), k=k)
    shares = explained_share(variances, matrix)
    return Record.of(
        "principal component analysis",
        main="variances",
        mean=mean(X, axes=(-2,)),
        covariance=matrix,
        variances=variances,
        shares=shares,
        explained=sum_(shares, axes=(-1,)),
    )
