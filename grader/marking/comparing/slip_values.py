"""The values that slips lead to: every slip of a problem's graph worked out in floats, the likelier first."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np

from grader.marking.comparing.compare import as_fraction_of_ball
from grader.marking.comparing.follow import put_in
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable, replace
from grader.maths.slips import PLAIN, SPECIFIC, Slipped, slipped
from grader.maths.systems import FLOAT, elementwise

MOST_ENTRIES = 4_096  # of an answer whose slips are looked for
MOST_SWAPS = 15  # pairs of givens that are tried in each other's place
MOST_STEPS_WITH_OWN, FEWEST_WITH_OWN = 600, 2  # operations, and slips, that are tried with own earlier answers put in
SWAPPED = "values-swapped"
# operations that make a new weight of an old one
UPDATES = frozenset({"subtract", "gradient_step", "velocity_step", "adaptive_step"})
OTHER_VALUE = "other-value"
LAST = "the last ones with own answers"


def slip_values(solution, target) -> list:
    """(Slipped, float array) for every slip of a target whose wrong graph has a value; worked out once."""
    known = solution.slip_values
    if target not in known:
        known[target] = [
            *_worked_out(float_work(solution), _candidates(solution, target)),
            *_swapped_givens(solution, target),
        ]
    return known[target]


def slip_values_with(solution, target, sources):
    """The same with own earlier answers put in, for the likeliest slips only; the last ones are kept, for other layouts."""
    if not sources:
        return slip_values(solution, target)
    known = solution.slip_values.get(LAST)
    if known is None or known[0] != (target, sources):
        likely = [wrong for wrong, _ in slip_values(solution, target) if wrong.tag != SWAPPED]
        most = max(FEWEST_WITH_OWN, MOST_STEPS_WITH_OWN // len(reachable([target])))
        known = (target, sources), list(_worked_out(float_work(solution, sources), likely[:most]))
        solution.slip_values[LAST] = known
    return known[1]


def _worked_out(work, candidates):
    for wrong in candidates:
        try:
            array = work(wrong.node)
        except (GraderError, ArithmeticError):
            continue
        if np.isfinite(array).all():
            yield wrong, array


def float_work(solution, sources=(), values=None):
    """An evaluation in floats, with own earlier answers or other given values put in."""
    override, entries = put_in(solution, sources, lambda own, node: floats(own.numbers.values()))
    return Evaluation(values or solution.program.values, (FLOAT,), override, entries)


def floats(values):
    """Typed values as floats."""
    return np.array(_float(values), dtype=float)


def as_float(value):
    """A rational number or the middle of a ball as a float; infinite where it is too large for one."""
    try:
        return float(value if isinstance(value, Fraction) else as_fraction_of_ball(value))
    except OverflowError:
        return float("inf")


_float = elementwise(as_float, 1)


def _candidates(solution, target) -> Iterator[Slipped]:
    """The slips of the graph's operations, an old weight for an updated one or the reverse, and another named value."""
    waiting = list(slipped(target))
    yield from (wrong for wrong in waiting if wrong.tier == SPECIFIC)
    yield from _weights_exchanged(solution, target)
    yield from (wrong for wrong in waiting if wrong.tier not in (SPECIFIC, PLAIN))
    yield from _other_values(solution, target)
    yield from (wrong for wrong in waiting if wrong.tier == PLAIN)


def _weights_exchanged(solution, target):
    """The target with an updated value used too early, or with the value before the update."""
    inside, slopes = set(reachable([target])), set(solution.program.derivatives)
    for _, new in solution.program.named_nodes():
        old = new.inputs[0] if new.op in UPDATES and new.inputs else None
        if old is None or old.op != "given" or new is target or not slopes.intersection(reachable([new])):
            continue
        for before, after, tag, sentence in (
            (old, new, "updated-value-used", "the value after the update is used where the old one belongs"),
            (new, old, "old-value-used", "the value before the update is used where the new one belongs"),
        ):
            if before in inside and (before is new or new not in inside):
                try:
                    yield Slipped(tag, sentence, replace(target, {before: after}), (before,), SPECIFIC)
                except GraderError:
                    continue


def _other_values(solution, target):
    """Values of the problem that are named and of the same shape, typed instead of the one that is asked."""
    seen = {target}
    for name, node in solution.program.named_nodes():
        if node not in seen and node.shape == target.shape and not solution.symbolic(node):
            seen.add(node)
            told = f"this is the value of {name}" if name in solution.told else "this is another value of the problem"
            yield Slipped(OTHER_VALUE, told, node, (node,), PLAIN)


def _swapped_givens(solution, target):
    """The target with two given values of the same shape in each other's place."""
    values = solution.program.values
    used = {node.settings["name"] for node in reachable([target]) if node.op == "given"}
    pairs = [
        (one, two)
        for one, two in combinations(sorted(used & set(values)), 2)
        if np.shape(values[one]) == np.shape(values[two]) and np.size(values[one]) <= MOST_ENTRIES
    ]
    for one, two in pairs[:MOST_SWAPS]:
        told = f"{one} and {two} are" if {one, two} <= solution.told else "two of the given values are"
        swapped = Slipped(SWAPPED, f"{told} taken for each other", target, (one, two), PLAIN)
        yield from _worked_out(float_work(solution, values={**values, one: values[two], two: values[one]}), [swapped])
