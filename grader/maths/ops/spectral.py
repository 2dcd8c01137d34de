"""Eigenvalues of symmetric matrices, rank, covariance, and what principal component analysis makes of them.

Sources: Golub and Van Loan, Matrix Computations (4th ed. 2013), section 8.1 (symmetric eigenvalues, Weyl's theorem 8.1.5);
Bishop, Pattern Recognition and Machine Learning (2006), section 12.1 (principal components).
"""

from functools import reduce

import numpy as np

from grader.maths.errors import InexactError, ShapeError, TooLargeError, UndecidedError, UndefinedError
from grader.maths.graph import make, show_shape
from grader.maths.ops.arithmetic import equal, sqrt
from grader.maths.ops.linear import identity, trace
from grader.maths.ops.reductions import max_, mean, sum_
from grader.maths.ops.structure import index, permute
from grader.maths.ops.table import NO_GRADIENT, NUMERIC, Sample, Slip, define, formula

LARGEST = 24  # rows of a matrix whose eigenvalues are worked out
ASYMMETRY = 1e-4  # relative, in FLOAT: steps of numerical derivatives stay below it
SYMMETRIC = [[2, 1, 0], [1, 3, -1], [0, -1, "9/2"]]
IRRATIONAL = [[1, "1/2"], ["1/2", 2]]
POINTS = [[1, 2, 0], [3, "1/2", 1], [0, -1, 2], [4, 3, -3]]
DEFICIENT = [[1, 2, 3], [2, 4, 6], [0, 1, 1], [1, 3, 4]]
NOT_SYMMETRIC = "the matrix is not symmetric; only the eigenvalues of a symmetric matrix are worked out"


def _eigenvalues_shape(shape):
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"eigenvalues need a square matrix, not {show_shape(shape)}")
    if shape[0] > LARGEST:
        raise TooLargeError(f"a matrix of {shape[0]} rows is too large for its eigenvalues (limit {LARGEST})")
    return shape[:1]


def _eigenvalues_rule(system, x):
    if system.name == "FLOAT":
        return _float_eigenvalues(x)
    if system.name == "EXACT":
        return system.array(np.array(_rational_eigenvalues(x), dtype=object))
    if system.name == "BALL":
        return _certified_eigenvalues(system, x)
    raise InexactError("eigenvalues have no closed form here")


def _float_eigenvalues(x):
    """For every variant its eigenvalues; nan where a matrix is far from symmetric."""
    turned = np.swapaxes(x, -1, -2)
    usable = np.isfinite(x).all(axis=(-2, -1)) & (
        np.abs(x - turned).max(axis=(-2, -1)) <= ASYMMETRY * np.abs(x).max(axis=(-2, -1))
    )
    found = np.linalg.eigvalsh(np.where(usable[..., None, None], (x + turned) / 2, 0))
    return np.where(usable[..., None], found, np.nan)


def _rational_eigenvalues(x):
    """All eigenvalues in ascending order; InexactError where one is irrational."""
    if any(x[i, j] != x[j, i] for i, j in np.ndindex(x.shape)):
        raise UndefinedError(NOT_SYMMETRIC)
    found = []
    for factor, count in _characteristic(x).factor()[1]:
        if factor.degree() > 1:
            raise InexactError("an eigenvalue is irrational")
        found += [_quotient(-factor[0], factor[1])] * count
    return sorted(found)


def _quotient(numerator, denominator):
    from flint import fmpq

    return fmpq(numerator, denominator)


def _characteristic(x):
    """The characteristic polynomial of a matrix of rationals, times a whole number."""
    from flint import fmpq_mat

    return fmpq_mat(*x.shape, list(x.flat)).charpoly().numer()


def _certified_eigenvalues(system, x):
    """Those of the midpoints, as certified roots, widened by the norm of what the midpoints are off by (Weyl's theorem)."""
    if any(not x[i, j].overlaps(x[j, i]) for i, j in np.ndindex(x.shape)):
        raise UndefinedError(NOT_SYMMETRIC)
    either = [[x[i, j].union(x[j, i]) for j in range(len(x))] for i in range(len(x))]
    centre = np.array([[_dyadic(entry.mid()) for entry in row] for row in either], dtype=object)
    off = sum((entry.rad() * entry.rad() for row in either for entry in row), system.element(0)).sqrt().upper()
    roots = [(root.real, count) for root, count in _characteristic(centre).complex_roots()]
    ordered = sorted(roots, key=lambda pair: pair[0].mid())
    spread = system.interval(-1, 1) * off
    return np.array([root + spread for root, count in ordered for _ in range(count)], dtype=object)


def _dyadic(exact_ball):
    from flint import fmpq

    mantissa, exponent = exact_ball.man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)


def _eigenvalues_vjp(node, g):
    """d lambda_k / dA is the projection on the k-th eigenvector: the product of (A - lambda_j I) / (lambda_k - lambda_j)."""
    matrix, size = node.inputs[0], node.shape[0]
    values, one = [index(node, (k,)) for k in range(size)], identity(size)
    terms = []
    for k, own in enumerate(values):
        factors = [(matrix - other * one) / (own - other) for j, other in enumerate(values) if j != k]
        terms.append(index(g, (k,)) * reduce(lambda a, b: a @ b, factors, one))
    return (reduce(lambda a, b: a + b, terms),)


def _coinciding(node):
    """1 where two eigenvalues are equal, which have no derivative one by one."""
    if node.shape[0] == 1:
        return equal(0, 1)
    return max_(equal(index(node, (slice(1, None),)), index(node, (slice(None, -1),))), axes=(-1,))


def _diagonal(node):
    matrix = node.inputs[0]
    return make("sort", sum_(matrix * identity(matrix.shape[0]), axes=(-1,)))


eigenvalues = define(
    "eigenvalues",
    shape=_eigenvalues_shape,
    sentence="takes the eigenvalues of a symmetric matrix, in ascending order",
    text="eigenvalues({0})",
    tex=r"\lambda({0})",
    rule=_eigenvalues_rule,
    vjp=_eigenvalues_vjp,
    corner=_coinciding,
    slips=(
        Slip("diagonal-for-eigenvalues", _diagonal, "the diagonal is taken for the eigenvalues"),
        Slip("order-descending", lambda node: index(node, (slice(None, None, -1),)), "the eigenvalues are in descending order"),
        Slip(
            "squared-eigenvalues",
            lambda node: make("sort", node * node),
            "the eigenvalues of A'A are taken, which are the squares of those of A",
        ),
    ),
    samples=(Sample((SYMMETRIC,)), Sample((IRRATIONAL,)), Sample(([["5/2"]],))),
    systems=frozenset({"BALL", "FLOAT"}),
)


def _rank_shape(shape):
    if len(shape) != 2:
        raise ShapeError(f"a rank needs a matrix, not {show_shape(shape)}")
    return ()


def _rank_rule(system, x):
    if system.name == "FLOAT":
        usable = np.isfinite(x).all(axis=(-2, -1))
        found = np.linalg.matrix_rank(np.where(usable[..., None, None], x, 0)).astype(np.float64)
        return np.where(usable, found, np.nan)
    if system.name == "EXACT":
        return system.array(_exact_rank(x))
    return system.array(_certified_rank(x))


def _exact_rank(x):
    from flint import fmpq_mat

    return fmpq_mat(*x.shape, list(x.flat)).rank()


def _certified_rank(x):
    """The rank of exact balls, else full rank where the determinant of a product with the transpose is certainly not 0."""
    from flint import arb_mat

    if all(entry.is_exact() for entry in x.flat):
        return _exact_rank(np.array([[_dyadic(entry) for entry in row] for row in x], dtype=object))
    matrix = arb_mat(*x.shape, list(x.flat))
    product = matrix * matrix.transpose() if x.shape[0] <= x.shape[1] else matrix.transpose() * matrix
    if product.det().contains(0):
        raise UndecidedError("the rank is undecided: the matrix is too near to one of a smaller rank")
    return min(x.shape)


def _constant_for_rank(number):
    """The rewrite to a number made from the rank and the sizes of the matrix."""
    return lambda node: number(node, *node.inputs[0].shape) + 0 * node


rank = define(
    "rank",
    shape=_rank_shape,
    sentence="counts the rows (or columns) that are linearly independent",
    text="rank({0})",
    tex=r"\operatorname{{rank}}({0})",
    rule=_rank_rule,
    vjp=NO_GRADIENT,
    slips=(
        Slip("full-rank-assumed", _constant_for_rank(lambda node, rows, columns: min(rows, columns)), "full rank is assumed"),
        Slip("rows-for-rank", _constant_for_rank(lambda node, rows, columns: rows), "the number of rows is taken for the rank"),
        Slip("nullity-for-rank", lambda node: node.inputs[0].shape[1] - node, "the dimension of the kernel is taken"),
    ),
    samples=(Sample((DEFICIENT,)), Sample((SYMMETRIC,)), Sample(([[1, 2, "1/3"], [0, 1, 5]],))),
    systems=NUMERIC,
)


def _points_shape(shape, ddof):
    if len(shape) != 2:
        raise ShapeError(f"a covariance needs a matrix whose rows are points, not {show_shape(shape)}")
    return (shape[1], shape[1])


def _covariance(points, ddof):
    centred = points - mean(points, axes=(-2,))
    return permute(centred, (1, 0)) @ centred / (points.shape[0] - ddof)


def _other_divisor(node):
    ddof = 1 - node.settings["ddof"]
    return covariance(node.inputs[0], ddof=ddof) if node.inputs[0].shape[0] > ddof else None


def _not_centred(node):
    points = node.inputs[0]
    return permute(points, (1, 0)) @ points / (points.shape[0] - node.settings["ddof"])


covariance = define(
    "covariance",
    shape=_points_shape,
    sentence="takes the covariance of points, which are rows (divides by n - ddof)",
    text="covariance({0})",
    tex=r"\operatorname{{Cov}}({0})",
    definition=_covariance,
    slips=(
        Slip("not-centred", _not_centred, "the mean is not subtracted from the points"),
        Slip("variance-divisor", _other_divisor, "the covariance is divided by n - 1 instead of n, or the other way round"),
        Slip(
            "covariance-not-divided",
            lambda node: node * (node.inputs[0].shape[0] - node.settings["ddof"]),
            "the scatter matrix is taken: the division by the number of points is missing",
        ),
        Slip(
            "points-as-columns",
            lambda node: covariance(permute(node.inputs[0], (1, 0)), **node.settings),
            "the columns are taken for the points",
        ),
    ),
    samples=(Sample((POINTS,), {"ddof": 0}), Sample((POINTS,), {"ddof": 1})),
)


def _largest_shape(shape, k):
    if len(shape) != 1 or not 1 <= k <= shape[0]:
        raise ShapeError(f"there are not {k} largest entries in {show_shape(shape)}")
    return (k,)


largest = define(
    "largest",
    shape=_largest_shape,
    sentence="takes the last entries of an ascending list, the largest first",
    text="largest({0}, {k})",
    tex=r"\operatorname{{largest}}_{{{k}}}({0})",
    definition=lambda x, k: index(index(x, (slice(None, None, -1),)), (slice(0, k),)),
    slips=(
        Slip(
            "smallest-for-largest",
            lambda node: index(node.inputs[0], (slice(0, node.settings["k"]),)),
            "the smallest are taken, or the order is ascending",
        ),
    ),
    samples=(Sample(([1, "3/2", 4],), {"k": 2}), Sample(([1, "3/2", 4],), {"k": 3})),
)


def _by_deviations(leading, matrix):
    every = sqrt(eigenvalues(matrix))
    return sqrt(leading) / sum_(every, axes=(-1,))


explained_share = formula(
    "explained_share",
    lambda leading, matrix: leading / trace(matrix),
    "divides the variances of the components by the whole variance, the trace of the covariance",
    (
        ("deviations-for-variances", _by_deviations, "standard deviations (singular values) are compared instead of variances"),
        ("share-not-divided", lambda leading, matrix: leading, "the division by the whole variance is missing"),
        (
            "share-of-the-leading",
            lambda leading, matrix: leading / sum_(leading, axes=(-1,)),
            "the variances are divided by the sum of the leading ones only",
        ),
    ),
    (Sample(([3, "1/2"], SYMMETRIC)),),
)
