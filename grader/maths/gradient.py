"""Reverse-mode gradients, built as more graph: so they can be printed, changed by a slip, and differentiated again.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 3; the rules stand in the table of operations.
"""

from math import prod

from grader.maths.errors import GraderError, ShapeError
from grader.maths.graph import constant, dependencies, reachable, show_shape
from grader.maths.ops import OPS
from grader.maths.ops.structure import flatten, index, reshape, stack, zeros
from grader.maths.ops.table import NO_GRADIENT


def adjoints(output, upstream, wrt=()):
    """Gradient nodes of sum(upstream * output), as a dict: for every node that `output` depends on, or only for `wrt` and what
    lies between. Nodes the output does not depend on are missing.
    """
    found = {output: upstream}
    targets = set(wrt)
    needed = _between(output, targets) if targets else None
    for node in reversed(reachable([output])):
        if node not in found or (needed is not None and node not in needed):
            continue
        for child, part in _parts(node, found[node]):
            if part is not None and (needed is None or child in needed):
                found[child] = _added(found[child], part) if child in found else part
    return found


def _added(known, part):
    return 2 * part if known is part else known + part


def _between(output, targets):
    """The nodes on a path from `output` down to a target."""
    needed = set()
    for node in reachable([output]):
        if node in targets or any(child in needed for child in dependencies(node)):
            needed.add(node)
    return needed


def _parts(node, upstream):
    if node.expansion is not None:
        return ((node.expansion, upstream),)
    vjp = OPS[node.op].vjp
    if vjp == NO_GRADIENT:
        return ()
    return zip(node.inputs, vjp(node, upstream), strict=True)


def gradient(loss, wrt):
    """dL/dw for a number L; has the shape of w, and is zero where L does not depend on w."""
    if loss.shape != ():
        raise ShapeError(f"a gradient needs a number to differentiate, not {show_shape(loss.shape)}; use jacobian or vjp")
    return pull_back(loss, wrt, constant(1))


def pull_back(output, wrt, upstream):
    """The vector-Jacobian product: the gradient of sum(upstream * output) with respect to `wrt`."""
    if upstream.shape != output.shape:
        raise ShapeError(
            f"the upstream gradient ({show_shape(upstream.shape)}) and the output ({show_shape(output.shape)}) differ"
        )
    return adjoints(output, upstream, (wrt,)).get(wrt) or zeros(wrt.shape)


def jacobian(output, wrt):
    """The Jacobian: entry [i, j] is d output_i / d wrt_j, both flattened row by row where they are not vectors or numbers."""
    if output.rank == 0:
        return gradient(output, wrt)
    flat = flatten(output)
    rows = [flatten(gradient(index(flat, (i,)), wrt)) for i in range(prod(output.shape))]
    return stack(rows) if wrt.rank else reshape(stack(rows), output.shape)


def hessian(loss, wrt):
    """All second derivatives of a number, with `wrt` flattened row by row (row-major)."""
    matrix = jacobian(flatten(gradient(loss, wrt)), wrt)
    return reshape(matrix, (prod(wrt.shape),) * 2 if wrt.rank else ())


def central_differences(function, point, step=1e-6):
    """Numerical gradient of `function` (float array -> float) at a float array, for checking the rules."""
    import numpy as np

    result = np.zeros_like(point)
    for position in np.ndindex(point.shape):
        ends = []
        for sign in (1, -1):
            moved = point.copy()
            moved[position] += sign * step
            ends.append(function(moved))
        result[position] = (ends[0] - ends[1]) / (2 * step)
    return result


def check_gradient(value, analytic, point, tolerance=1e-5, step=1e-6):
    """Raises GraderError where an analytic gradient and central differences differ by more than `tolerance`, relative to the
    largest entry (at least 1). `value` is a function of a float array, `analytic` the gradient claimed at `point`.
    """
    import numpy as np

    numeric = central_differences(value, point, step)
    gap = np.abs(numeric - analytic).max(initial=0)
    if not gap <= tolerance * max(1, np.abs(numeric).max(initial=0)):
        raise GraderError(
            f"the gradient is off by {gap:.3g}: central differences give {numeric.tolist()}, not {analytic.tolist()}"
        )
