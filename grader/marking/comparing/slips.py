"""Which slip reproduces a wrong answer: the reference with every slip of its operations put in, compared with what was typed.

A slip is named only where a chance hit is unlikely: distinct candidates times the resolution of what was typed, over the spread
of plausible answers, at most CHANCE (for an array the product over its entries). Otherwise it is told as possible, or not at all.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.marking.comparing.compare import IMPRECISE, SAME, TRUNCATED, asked_place, compare, fitted
from grader.marking.comparing.slip_values import (
    MOST_ENTRIES,
    SWAPPED,
    as_float,
    float_work,
    floats,
    slip_values,
    slip_values_with,
)
from grader.maths.errors import GraderError, ShapeError
from grader.maths.graph import Node, reachable
from grader.maths.show import Formulas
from grader.maths.slips import PLAIN, Slipped
from grader.maths.systems import BALL, elementwise

CHANCE = Fraction(1, 50)  # that a random wrong answer would get a slip's name
FEWEST_DIGITS = 1_000  # parts of its size to which an answer without decimal places is taken to be known


@dataclass(frozen=True)
class Diagnosis:
    """The slip that reproduces an answer.

    tag, sentence: of the likeliest slip; tags: of all that give the same; places: the nodes where it was made; sure: whether a
    chance hit is unlikely; chance: an upper bound of it; sources: own earlier answers that were put in.
    """

    tag: str
    sentence: str
    tags: tuple
    places: tuple
    sure: bool
    chance: float
    sources: tuple = ()


def diagnose(solution, target, numbers, digits=None, own=()) -> Diagnosis | None:
    """The slip that gives what was typed, or None.

    own: tuples of earlier answers (`Own`) to put in, tried in turn after the reference's own values.
    """
    if numbers.entries.size > MOST_ENTRIES:
        return None
    for sources in ((), *own):
        try:
            found = _found(solution, target, numbers, digits, sources)
        except ShapeError:  # own answers that do not fit
            continue
        if found is not None:
            return found
    return None


def slip_evidence(solution, target, slip):
    """What a verdict says about a slip: its sentence and the named value in which it was made; the rest is for the instructor."""
    names = Formulas({node: name for name, node in solution.program.named_nodes()})
    evidence = {"sentence": slip.sentence, "slips": slip.tags, "sure": slip.sure, "chance": f"{slip.chance:.2g}"}
    nodes = [node for node in slip.places if isinstance(node, Node)]
    if nodes:
        evidence["at"] = names(nodes[0])
        evidence["within"] = _named_around(solution, target, nodes[0])
    if slip.sources:
        evidence["from"] = tuple(own.name for own in slip.sources if not own.right) or tuple(own.name for own in slip.sources)
    return evidence


def _named_around(solution, target, place):
    """The name of the first named value on the way to the target that a node is part of; empty where that is the target."""
    inside = set(reachable([target]))
    around = [
        (node.serial, name)
        for name, node in solution.program.named_nodes()
        if node in inside and node is not target and place in set(reachable([node]))
    ]
    return min(around, default=(0, ""))[1]


def slip_within(solution, target, balls):
    """The tag of a slip whose value lies within an array of balls but can be told from the reference, or None."""
    right = solution.value(target).array
    for wrong, array in slip_values(solution, target):
        if array.shape == right.shape and _inside(array, balls) and not _inside(array, _asked(right)):
            return wrong.tag
    return None


def _inside(array, balls):
    return all(ball.overlaps(BALL.element(Fraction(float(value)))) for value, ball in zip(array.flat, balls.flat, strict=True))


def _asked(right):
    """The balls around the reference's entries within which the asked digits tell no difference."""
    return elementwise(lambda element: _around(BALL.element(element)), 1)(right)


def _around(ball):
    unit = BALL.element(asked_place(ball))
    return ball + BALL.interval(-1, 1) * unit


def _found(solution, target, numbers, digits, sources):
    typed = floats(numbers.values())
    if not np.isfinite(typed).all():
        return None
    right = float_work(solution, sources)(target)
    units = np.array([_resolution(entry) for entry in numbers.entries.flat]).reshape(typed.shape)
    values = slip_values_with(solution, target, sources)
    near = [position for position, (_, array) in enumerate(values) if _looks_like(array, typed, units)]
    hits = [position for position in near if _hits(solution, values[position], right, units, numbers, digits, sources)]
    if hits:
        tried = len({_rounded(array, units) for _, array in values[: hits[0] + 1]} - {_rounded(right, units)})
        return _diagnosis([values[position][0] for position in hits], tried, typed, right, units, sources)
    factor = _common_factor(typed, right, units)
    if factor:
        slip = Slipped("constant-factor", f"every entry is {factor} times as large as it should be", target, (), PLAIN)
        return _diagnosis([slip], 1, typed, right, _without_one(units), sources)
    return None


def _looks_like(array, typed, units):
    """Whether a value is what was typed, as far as floats can tell, or what cutting it off gives."""
    array = fitted(array, typed.shape)
    return array is not None and not (np.abs(array - typed) > units * 1.01 + 1e-9 * np.abs(typed)).any()


def _hits(solution, candidate, right, units, numbers, digits, sources):
    """Whether a slip's value is what was typed, in certified numbers, and not the right value itself."""
    wrong, array = candidate
    if array.shape == right.shape and (np.abs(array - right) <= np.max(units, initial=0) / 1_000 + 1e-9 * np.abs(right)).all():
        return False
    if sources or wrong.tag == SWAPPED:
        return True
    try:
        return compare(solution.value(wrong.node), numbers, digits).outcome in (SAME, TRUNCATED, IMPRECISE)
    except GraderError:
        return False


def _rounded(array, units):
    """A value as it would be typed, to tell distinct ones."""
    return array.shape, (np.round(array / np.min(units, initial=np.inf)) + 0.0).tobytes()


def _without_one(units):
    """The resolutions without the first entry's, which decided the factor."""
    units = units.copy()
    units.flat[0] = np.inf
    return units


def _common_factor(typed, right, units):
    """The factor between two arrays where it is the same for all entries, at least two of them not zero, as text; else empty."""
    if typed.shape != right.shape or np.count_nonzero(right) < 2 or np.count_nonzero(typed) < 2:
        return ""
    factor = np.sum(typed * right) / np.sum(right * right)
    same = (np.abs(typed - factor * right) <= units / 2 + 1e-9 * np.abs(typed)).all()
    return f"{Fraction(factor).limit_denominator(1000)}" if same and factor else ""


def _resolution(entry):
    """How far apart answers typed like this one are: the last place, 1 for integers, else a thousandth of its size."""
    if entry.unit:
        return as_float(entry.unit)
    whole = isinstance(entry.value, Fraction) and entry.value.denominator == 1
    return 1.0 if whole else abs(as_float(entry.value)) / FEWEST_DIGITS


def _diagnosis(hits, tried, typed, right, units, sources):
    chance = min(1.0, _chance(tried, typed, right, units))
    tags = tuple(dict.fromkeys(wrong.tag for wrong in hits))
    return Diagnosis(hits[0].tag, hits[0].sentence, tags, hits[0].places, chance <= CHANCE, chance, tuple(sources))


def _chance(tried, typed, right, units):
    """The chance that one of so many values meets a random wrong answer: for each wrong entry, its resolution over the spread."""
    size = max(np.max(np.abs(typed), initial=0), np.max(np.abs(right), initial=0))
    spread = 2 * size if size else 1.0
    wrong = np.abs(typed - right) > units / 2 if typed.shape == right.shape else np.full(typed.shape, True)
    return tried * float(np.prod(np.where(wrong, np.minimum(1.0, units / spread), 1.0)))
