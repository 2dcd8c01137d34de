"""Products of vectors and matrices, inverse, linear systems, determinant."""

import numpy as np

from grader.maths.errors import ShapeError, UndecidedError, UndefinedError
from grader.maths.graph import as_node, check_constant, constant, show_shape
from grader.maths.ops.arithmetic import SIGN
from grader.maths.ops.reductions import sum_
from grader.maths.ops.structure import reshape, transpose
from grader.maths.ops.table import Sample, Slip, define

SQUARE = [[2, 1, 0], ["1/2", 3, -1], [1, 0, 4]]
TALL = [[1, 2], ["1/2", -1], [3, 0]]


def _product_shape(left, right):
    if not 1 <= len(left) <= 2 or not 1 <= len(right) <= 2 or left[-1] != right[0]:
        raise ShapeError(f"a matrix product of {show_shape(left)} and {show_shape(right)} does not fit")
    return (*left[:-1], *right[1:])


def _product_rule(system, left, right, ranks):
    a = left if ranks[0] == 2 else left[..., None, :]
    b = right if ranks[1] == 2 else right[..., :, None]
    product = np.matmul(a, b)
    if ranks[1] == 1:
        product = product[..., 0]
    return product[..., 0] if ranks == (1, 1) else product[..., 0, :] if ranks[0] == 1 else product


def _column(node):
    return reshape(node, (*node.shape, 1)) if node.rank == 1 else node


def _lying(node):
    return reshape(node, (1, *node.shape)) if node.rank == 1 else node


def _product_vjp(node, g):
    left, right = node.inputs
    a, b = _lying(left), _column(right)
    upstream = reshape(g, (a.shape[0], b.shape[1]))
    a, b = _column(transpose(a)), _column(transpose(b))  # `v'` transposed is v again, which has rank 1
    return reshape(_product(upstream, b), left.shape), reshape(_product(a, upstream), right.shape)


def _transposed_factor(position):
    """The product with one square factor transposed; None where that does not fit."""

    def rewrite(node):
        factors = list(node.inputs)
        if factors[position].rank != 2 or factors[position].shape[0] != factors[position].shape[1]:
            return None
        factors[position] = transpose(factors[position])
        return _product(*factors)

    return rewrite


_multiply = define(
    "matmul",
    shape=lambda left, right, ranks: _product_shape(left, right),
    sentence="multiplies matrices (vectors)",
    text="{0} @ {1}",
    tex="{0} {1}",
    level=20,
    rule=_product_rule,
    vjp=_product_vjp,
    slips=(
        Slip("left-transposed", _transposed_factor(0), "the first matrix is used transposed"),
        Slip("right-transposed", _transposed_factor(1), "the second matrix is used transposed"),
    ),
    samples=(
        Sample((SQUARE, TALL), {"ranks": (2, 2)}),
        Sample((SQUARE, [1, 2, "1/3"]), {"ranks": (2, 1)}),
        Sample(([1, 2, "1/3"], TALL), {"ranks": (1, 2)}),
        Sample(([1, 2, "1/3"], [4, -1, 3]), {"ranks": (1, 1)}),
        Sample((SQUARE, SQUARE), {"ranks": (2, 2)}),
    ),
)


def _product(left, right):
    return _multiply(left, right, ranks=(left.rank, right.rank))


def matmul(left, right):
    """The matrix product. Vectors act as columns, `v'` is a row: `v' w` is a number, `v w'` a matrix; also `x W` for a vector x.

    With a number on either side it is the ordinary product. Raises ShapeError where nothing fits.
    """
    left, right = as_node(left), as_node(right)
    if left.rank == 0 or right.rank == 0:
        return left * right
    if left.rank == 1 and right.rank == 2 and right.shape[0] == 1 and left.shape[0] != 1:
        return _product(_column(left), right)
    product = _product(left, right)
    return reshape(product, ()) if right.rank == 1 and left.rank == 2 and left.lying else product


def _square(shape, what):
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"{what} needs a square matrix, not {show_shape(shape)}")
    return shape


def _flint_matrix(system, x):
    import flint

    kind = flint.fmpq_mat if system.name == "EXACT" else flint.arb_mat
    return kind(x.shape[0], x.shape[1], list(x.flat))


def _from_flint(matrix):
    result = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    result[...] = np.array(matrix.table(), dtype=object).reshape(result.shape)
    return result


def _singular(system, error):
    if system.name == "BALL":
        raise UndecidedError("the matrix is singular or too near to a singular one") from error
    raise UndefinedError("the matrix is singular, it has no inverse") from error


def _solved(system, a, b):
    """a^-1 b by the number system's own linear algebra; b None for the inverse."""
    try:
        if system.name == "FLOAT":
            return _float_solved(a, b)
        if system.name == "SYMBOLIC":
            import sympy

            matrix = sympy.Matrix(a.tolist())
            return np.array((matrix.inv() if b is None else matrix.LUsolve(sympy.Matrix(b.tolist()))).tolist(), dtype=object)
        matrix = _flint_matrix(system, a)
        return _from_flint(matrix.inv() if b is None else matrix.solve(_flint_matrix(system, b)))
    except (ZeroDivisionError, np.linalg.LinAlgError, ValueError) as error:
        return _singular(system, error)


def _float_solved(a, b):
    """For every variant its solution; nan for those whose matrix is singular."""
    b = np.broadcast_to(np.eye(a.shape[-1]), a.shape) if b is None else b
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        result = np.full(b.shape, np.nan)
        for variant in np.ndindex(*a.shape[:-2]) if a.ndim > 2 else ():
            result[variant] = _float_solved(a[variant], b[variant])
        return result


inverse = define(
    "inverse",
    shape=lambda shape: _square(shape, "the inverse"),
    sentence="inverts the matrix",
    text="inv({0})",
    tex="{0}^{{-1}}",
    rule=lambda system, x: _solved(system, x, None),
    vjp=lambda node, g: (-(transpose(node) @ (g @ transpose(node))),),
    slips=(
        Slip("inverse-forgotten", lambda node: node.inputs[0], "the inverse is missing"),
        Slip("entrywise-reciprocal", lambda node: 1 / node.inputs[0], "the entries are inverted one by one"),
    ),
    samples=(Sample((SQUARE,)),),
)


def _solve_shape(matrix, right):
    _square(matrix, "solve")
    if not right or matrix[0] != right[0] or len(right) > 2:
        raise ShapeError(f"a system with {show_shape(matrix)} and a right side of {show_shape(right)} does not fit")
    return right


def _solve_rule(system, matrix, right, rank):
    solution = _solved(system, matrix, right[..., None] if rank == 1 else right)
    return solution[..., 0] if rank == 1 else solution


def _solve_vjp(node, g):
    matrix, _ = node.inputs
    back = solve(transpose(matrix), g)
    return -_product(_column(back), transpose(_column(node))), back


_solve = define(
    "solve",
    shape=lambda matrix, right, rank: _solve_shape(matrix, right),
    sentence="solves the linear system",
    text="solve({0}, {1})",
    tex="{0}^{{-1}} {1}",
    rule=_solve_rule,
    vjp=_solve_vjp,
    slips=(
        Slip("system-transposed", lambda node: solve(transpose(node.inputs[0]), node.inputs[1]), "the matrix is transposed"),
        Slip("inverse-forgotten", lambda node: _product(*node.inputs), "the matrix is multiplied instead of inverted"),
    ),
    samples=(Sample((SQUARE, TALL), {"rank": 2}), Sample((SQUARE, [1, 2, "1/3"]), {"rank": 1})),
)


def solve(matrix, right):
    """x with `matrix` x = `right`."""
    return _solve(matrix, right, rank=right.rank)


def _det_rule(system, x):
    if system.name == "FLOAT":
        return np.linalg.det(x)
    if system.name == "SYMBOLIC":
        import sympy

        return sympy.Matrix(x.tolist()).det()
    return _flint_matrix(system, x).det()


det = define(
    "det",
    shape=lambda shape: _square(shape, "the determinant")[:0],
    sentence="takes the determinant",
    text="det({0})",
    tex=r"\det {0}",
    rule=_det_rule,
    vjp=lambda node, g: (g * node * transpose(inverse(node.inputs[0])),),
    slips=(SIGN,),
    samples=(Sample((SQUARE,)),),
)


def identity(size):
    """The identity matrix."""
    check_constant((size, size))
    return constant([[int(i == j) for j in range(size)] for i in range(size)])


trace = define(
    "trace",
    shape=lambda shape: _square(shape, "the trace")[:0],
    sentence="adds up the diagonal",
    text=None,
    tex=None,
    definition=lambda x: sum_(x * identity(x.shape[0]), axes=(-2, -1)),
    slips=(
        Slip("whole-sum-for-trace", lambda node: sum_(node.inputs[0], axes=(-2, -1)), "all entries are added, not the diagonal"),
    ),
    samples=(Sample((SQUARE,)),),
)


def outer(a, b):
    """The matrix of all products a_i b_j."""
    return _product(_column(a), _lying(b))


def diagonal(vector):
    """The diagonal matrix with that vector."""
    if vector.rank != 1:
        raise ShapeError(f"a diagonal matrix is made from a vector, not from {show_shape(vector.shape)}")
    return identity(vector.shape[0]) * vector
