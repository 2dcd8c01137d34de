"""Repeated steps of an optimiser on a loss: on all the data, or on its rows in turn."""

import inspect

from grader.maths.builders.optimisers import RUNNING, repeat_steps
from grader.maths.errors import LanguageError, ShapeError, TooLargeError
from grader.maths.gradient import gradient
from grader.maths.graph import Record, reachable, replace, show_shape
from grader.maths.ops.structure import index, zeros

MOST_BUILT = 20_000  # nodes of the loss, once for every step


def batches(loss, data, size=1):
    """The loss of every `size` rows of the data in turn, the last ones together where fewer are left.

    data: nodes that the loss depends on, all with the same number of rows. What the loss says as a number stays as it is, so a
    mean has to be written as a mean.
    """
    if not data:
        raise LanguageError("there are no rows to go through; write over=rows(X, y)")
    _check_occurs(loss, data, "the data")
    if any(not node.shape for node in data) or len({node.shape[0] for node in data}) > 1:
        raise ShapeError(f"these have not the same number of rows: {', '.join(show_shape(node.shape) for node in data)}")
    rows = data[0].shape[0]
    if not 1 <= size <= rows:
        raise ShapeError(f"a batch has 1 to {rows} of the rows, not {size}")
    _check_count(loss, -(-rows // size))
    parts = [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
    try:
        return [replace(loss, {node: index(node, (part,)) for node in data}) for part in parts]
    except ShapeError as error:
        raise ShapeError(f"the loss cannot be worked out for some of the rows only: {error}") from error


def train(losses, parameters, optimiser, steps, state):
    """Steps of an optimiser (a function of `optimisers`) on losses, taken in turn, by one parameter or several at once.

    parameters: name -> node; state: settings of the optimiser. Of one parameter the record that `repeat_steps` gives; of several
    Record("steps"): under the name of each its values after every step, as a tuple, and g and the running values of the optimiser
    as records of tuples under these names.
    """
    for loss in losses:
        _check_occurs(loss, parameters.values(), "the parameter")
    if steps < 1:
        raise LanguageError("the number of steps is a whole number, at least 1")
    _check_count(losses[0], steps)
    if len(parameters) == 1:
        return repeat_steps(losses, *parameters.values(), optimiser, steps, **state)
    return _together(losses, parameters, optimiser, steps, state)


def _check_occurs(loss, nodes, what):
    inside = set(reachable([loss]))
    for node in nodes:
        if node not in inside:
            raise LanguageError(f"the loss does not depend on {what}; name what stands in the loss")


def _check_count(loss, steps):
    if steps * len(reachable([loss])) > MOST_BUILT:
        raise TooLargeError(f"{steps:,} steps on this loss are more than {MOST_BUILT:,} operations")


def _together(losses, parameters, optimiser, steps, state):
    """Every step takes the gradients by all parameters at the same point."""
    wanted = inspect.signature(optimiser).parameters
    slopes = [{name: gradient(loss, node) for name, node in parameters.items()} for loss in losses]
    running = {name: {key: zeros(node.shape) for key in RUNNING if key in wanted} for name, node in parameters.items()}
    here, taken = dict(parameters), {name: [] for name in parameters}
    for number in range(1, steps + 1):
        point = {parameters[name]: node for name, node in here.items()}
        counted = {"t": number} if "t" in wanted else {}
        for name, slope in slopes[(number - 1) % len(losses)].items():
            fields = optimiser(here[name], replace(slope, point), **state, **running[name], **counted).fields
            running[name] = {key: fields[key] for key in running[name]}
            taken[name].append(fields)
        here = {name: past[-1]["theta"] for name, past in taken.items()}
    fields = {name: tuple(step["theta"] for step in past) for name, past in taken.items()}
    for key in next(iter(taken.values()))[0]:
        if key != "theta":
            fields[key] = Record.of("list", **{name: tuple(step[key] for step in past) for name, past in taken.items()})
    return Record.of("steps", **fields)
