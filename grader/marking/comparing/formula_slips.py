"""Which slip turns the reference into a typed expression: a look at a few points in floats; who calls this proves equality."""

import random
from itertools import islice

import numpy as np

from grader.marking.comparing.slips import Diagnosis
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable
from grader.maths.slips import slipped
from grader.maths.systems import FLOAT

POINTS = 5
MOST_STEPS, FEWEST = 800, 8  # operations, over all slips, that are worked out for one answer; slips that are tried in any case
ENOUGH = 3  # points at which both must have a value
CLOSE = 1e-9


def formula_slip(solution, target, node, proved):
    """The Diagnosis of a typed graph that is the target's with a slip in it, or None.

    proved: (wrong graph) -> whether the typed one is equal to it, certainly.
    """
    values = _values(solution)
    wrong = _first(values, target, node, proved, _slips(solution, target, values))
    return wrong and Diagnosis(wrong.tag, wrong.sentence, (wrong.tag,), wrong.places, True, 0.0)


def first_equal(solution, target, node, proved, candidates):
    """What belongs to the first wrong graph that equals the typed one (`node`) and not the target; None without any.

    candidates: (wrong graph, what belongs to it), looked at one after the other.
    """
    values = _values(solution)
    return _first(values, target, node, proved, ((wrong, told, _at(values, wrong)) for wrong, told in candidates))


def _first(values, target, node, proved, candidates):
    """As `first_equal`; candidates: (wrong graph, what belongs to it, its values at the points or None)."""
    with np.errstate(all="ignore"):
        typed, right = (_at(values, one) for one in (node, target))
        for wrong, told, array in candidates if typed is not None and right is not None else ():
            if array is not None and _same(array, typed) and not _same(array, right) and proved(wrong):
                return told
    return None


def _slips(solution, target, values):
    """(wrong graph, slip, values at the points) of the likeliest slips; worked out once for what a box asks for."""
    if target in solution.formula_slips:
        return solution.formula_slips[target]
    most = max(FEWEST, MOST_STEPS // len(reachable([target])))
    found = ((wrong.node, wrong, _at(values, wrong.node)) for wrong in islice(slipped(target), most))
    if target in solution.program.boxes.values():
        with np.errstate(all="ignore"):
            found = solution.formula_slips[target] = list(found)
    return found


def _values(solution):
    """Name -> what is given, with the points for symbols."""
    return {**solution.program.values, **_points(solution)}


def _points(solution):
    """Name of a symbol -> its values at POINTS points, along a first axis; the same for every run."""
    generator = random.Random(solution.problem.id)
    program = solution.program
    return {
        name: np.array([_value(domain, generator) for _ in range(POINTS * int(np.prod(program.names[name].shape)))]).reshape(
            POINTS, *program.names[name].shape
        )
        for name, domain in program.symbols.items()
    }


def _value(domain, generator):
    if domain.low is not None and domain.high is not None and not domain.integer:
        return generator.uniform(float(domain.low), float(domain.high))
    if domain.integer:
        low = int(domain.low or 0) + 1
        return float(generator.randint(low, low + 8 if domain.high is None else int(domain.high)))
    if domain.low is not None:
        return float(domain.low) + generator.uniform(0.3, 3)
    return generator.uniform(-2, 2) if domain.high is None else float(domain.high) - generator.uniform(0.3, 3)


def _at(values, node):
    try:
        array = Evaluation(values, (FLOAT,))(node)
    except (GraderError, ArithmeticError):
        return None
    return np.broadcast_to(array, (POINTS, *node.shape)) if array.shape != (POINTS, *node.shape) else array


def _same(one, other):
    if one.shape != other.shape:
        return False
    both = np.isfinite(one) & np.isfinite(other)
    seen = both.reshape(POINTS, -1).all(axis=1)
    close = np.abs(one - other) <= CLOSE * np.maximum(np.abs(one), np.abs(other)) + 1e-12
    return seen.sum() >= ENOUGH and bool(close.reshape(POINTS, -1)[seen].all())
