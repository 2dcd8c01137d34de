"""Rounding on the way: every value that honest rounding of the named intermediate values can lead to.

The interval is the natural evaluation in balls intersected with the mean-value form f(x) + sum of |df/dr| times half a unit
over the rounded values r, whose derivatives come from the gradient graph (Moore, Kearfott and Cloud, Introduction to Interval
Analysis, 2009, chapter 6). Natural evaluation alone gets too wide when a value is used more than once.
"""

from fractions import Fraction

import numpy as np

from grader.marking.comparing.compare import as_fraction_of_ball
from grader.marking.solution import Value
from grader.maths.errors import GraderError
from grader.maths.gradient import adjoints
from grader.maths.graph import constant, reachable
from grader.maths.ops.structure import index
from grader.maths.systems import BALL, EXACT, as_fraction, elementwise

PLACES = 2  # decimals to which people round on the way, where a part asks for nothing else
MOST_ENTRIES = 64  # of an answer, above which rounding on the way is not followed up


def honest_values(solution, target, digits=None):
    """An array of balls that hold what rounding the named values on the way to `digits` decimals can give; worked out once.

    None where there is nothing to round, where the answer has more than MOST_ENTRIES entries, or where it cannot be worked out.
    """
    key = target, digits
    if key not in solution.roundings:
        solution.roundings[key] = _honest_values(solution, target, digits)
    return solution.roundings[key]


def _honest_values(solution, target, digits):
    half = Fraction(1, 2 * 10 ** (PLACES if digits is None else digits))
    rounded = _rounded_nodes(solution, target, half)
    if not rounded or target.rank and np.prod(target.shape) > MOST_ENTRIES:
        return None
    widen = {node: min(half, _second_digit(solution.value(node))) for node in rounded}
    try:
        work = solution.overridden(widen=widen)
        natural = BALL.array(work(target))
        return elementwise(lambda ball, other: ball.intersection(other), 2)(
            natural, _mean_value_form(solution, work, target, widen)
        )
    except GraderError:
        return None


def _second_digit(value):
    """By how much rounding to two digits may change the largest entry: nobody rounds 0.002 to no decimals but 0."""
    sizes = [as_fraction_of_ball(abs(BALL.element(entry))) for entry in value.array.flat]
    return max(sizes, default=Fraction(0)) / 20 or Fraction(1)


def decimals(places):
    """The last place of that many decimals."""
    return lambda value: Fraction(1, 10**places)


def significant(digits):
    """The last of that many significant digits of a number."""

    def unit(value):
        size, place = abs(value), Fraction(1)
        while size and size >= 10 * place:
            place *= 10
        while size and size < place:
            place /= 10
        return place / 10 ** (digits - 1)

    return unit


WAYS = (decimals(2), decimals(3), decimals(4), significant(3), significant(4))  # of rounding, step by step


def rounded_values(solution, target, own=None):
    """The Values to which the WAYS of rounding step by step lead, None where one leads nowhere; kept where nothing is own.

    own: node -> values that were typed on the way and stay as they are.
    """
    if own:
        return [rounded_value(solution, target, unit, own) for unit in WAYS[:2]]
    if target not in solution.roundings:
        solution.roundings[target] = [rounded_value(solution, target, unit) for unit in WAYS]
    return solution.roundings[target]


def rounded_value(solution, target, unit, own=None):
    """The Value of a node when every named value on the way is rounded, one after the other; None where there is none.

    unit: a number -> the place to which it is rounded; own: node -> values that were typed on the way and stay as they are.
    """
    work = solution.overridden(own)
    try:
        for node in _rounded_nodes(solution, target, Fraction(1, 2 * 10**4)):
            if not own or node not in own:
                array = BALL.array(work(node))
                work.settle(node, elementwise(lambda ball: _nearest(as_fraction_of_ball(ball), unit), 1)(array))
        return Value(*work.with_system(target))
    except GraderError:
        return None


def _nearest(value, unit):
    """The multiple of its last place that is nearest to a number."""
    place = unit(value)
    return round(value / place) * place


def _rounded_nodes(solution, target, half):
    """The named nodes on the way whose values have more decimals than people write down."""
    program = solution.program
    while target.op in ("index", "reshape"):  # an entry of a named value is the answer itself, not on the way to it
        target = target.inputs[0]
    named = {node for _, node in program.named_nodes()} | set(program.derivatives) | set(program.boxes.values())
    return [
        node
        for node in reachable([target])
        if node in named and node is not target and node.op not in ("given", "constant") and _changes(solution.value(node), half)
    ]


def _changes(value, half):
    """Whether rounding would change any entry."""
    return value.system is not EXACT or any((as_fraction(entry) / (2 * half)).denominator != 1 for entry in value.array.flat)


def _mean_value_form(solution, work, target, widen):
    centre = BALL.array(solution.value(target).array)
    result = np.empty(centre.shape, dtype=object)
    for position in np.ndindex(*centre.shape):
        entry = index(target, position) if position else target
        slopes = adjoints(entry, constant(1), tuple(widen))
        reach = BALL.element(0)
        for node in (node for node in widen if node in slopes):
            slope = sum((abs(entry) for entry in BALL.array(work(slopes[node])).flat), BALL.element(0))
            reach += slope * BALL.element(widen[node])
        result[position] = centre[position] + BALL.interval(-1, 1) * reach.upper()
    return result
