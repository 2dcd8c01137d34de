"""Which slip reproduces a wrong answer: the reference with every slip of its operations put in, compared with what was typed.

A slip is named only where a chance hit is unlikely: distinct candidates times the resolution of what was typed, over the spread
of plausible answers, at most CHANCE (for an array the product over its entries). Otherwise it is told as possible, or not at all.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.marking.comparing.compare import IMPRECISE, SAME, TRUNCATED, compare, fitted
from grader.marking.comparing.slip_values import (
    MOST_ENTRIES,
    OTHER_VALUE,
    SWAPPED,
    as_float,
    float_work,
    floats,
    slip_values,
    slip_values_with,
)
from grader.maths.errors import GraderError, ShapeError
from grader.maths.graph import Node, dependencies, given, reachable
from grader.maths.show import Formulas
from grader.maths.slips import PLAIN, SPECIFIC, Slipped

CHANCE = Fraction(1, 50)  # that a random wrong answer would get a slip's name
LARGEST_DENOMINATOR = 12  # of a common factor that is told
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


def given_by_another_value(solution, target, numbers):
    """Whether what was typed is exactly what a slip leads to, or another value of the problem, given or named."""
    typed = floats(numbers.values())
    if numbers.entries.size > MOST_ENTRIES or not np.isfinite(typed).all():
        return False
    work = float_work(solution)
    named = [given(name, np.shape(value)) for name, value in solution.program.values.items()]
    others = [work(node) for node in named if node is not target and node.shape == typed.shape]
    return any(_looks_like(array, typed, 0) for array in (*others, *(array for _, array in slip_values(solution, target))))


def slip_evidence(solution, target, slip):
    """What a verdict says about a slip: its sentence and the named value in which it was made; the rest is for the instructor."""
    named = [(name, node) for name, node in solution.program.named_nodes() if node is not target and _told(solution, name)]
    names = Formulas({node: name for name, node in named})
    place = _place(solution, target, slip)
    evidence = {"sentence": slip.sentence, "slips": slip.tags, "sure": slip.sure, "chance": f"{slip.chance:.2g}"}
    if place is not None:
        term = FORGOTTEN.get(slip.tag)
        if term is not None and len(told := names(place.inputs[term], 0, False)) <= LONGEST_TERM:
            evidence["sentence"] += f", {told}"
        evidence["at"] = names(place)
        evidence["within"] = _named_around(named, target, place)
    if slip.sources:
        evidence["from"] = tuple(own.name for own in slip.sources if not own.right) or tuple(own.name for own in slip.sources)
    return evidence


def _told(solution, name):
    """Whether a student knows a name, or that of the record or list it is a part of (`net.pool`, `h[0]`)."""
    return name in solution.told or re.split(r"[.\[]", name)[0] in solution.told


FORGOTTEN = {  # slips of plain arithmetic -> the input they are about, which is told
    "second-term-forgotten": 1,
    "first-term-forgotten": 0,
    "second-term-twice": 1,
    "factor-forgotten": 0,
    "last-factor-forgotten": 1,
    "bias-forgotten": 1,
}
LONGEST_TERM = 30  # characters of a forgotten term up to which it is told


def _place(solution, target, slip):
    """The one node where the slip makes a difference; None where there are several, or none in the graph."""
    nodes = [node for node in slip.places if isinstance(node, Node)]
    if len(nodes) > 1:
        same = [wrong for wrong, _ in slip_values(solution, target) if wrong.tag == slip.tag]
        alone = {wrong.places[0] for wrong in same if len(wrong.places) == 1}
        nodes = [node for node in nodes if node in alone]
    return nodes[0] if len(nodes) == 1 and slip.tag != OTHER_VALUE else None


def _named_around(named, target, place):
    """The name of the first named value on the way to the target that a node is part of; empty where that is the target."""
    names, above = {node: name for name, node in reversed(named)}, {place}
    for node in reachable([target]):
        if node is place or not above.isdisjoint(dependencies(node)) or not above.isdisjoint(node.inputs):
            above.add(node)
            if node in names:
                return names[node]
    return ""


def _found(solution, target, numbers, digits, sources):
    typed = floats(numbers.values())
    if not np.isfinite(typed).all():
        return None
    right = float_work(solution, sources)(target)
    units = np.array([_resolution(entry) for entry in numbers.entries.flat]).reshape(typed.shape)
    values = slip_values_with(solution, target, sources)
    exact = np.array([as_float(entry.unit) for entry in numbers.entries.flat]).reshape(typed.shape)
    near = [position for position, (_, array) in enumerate(values) if _looks_like(array, typed, exact)]
    hits = [position for position in near if _hits(solution, values[position], right, units, numbers, digits, sources)]
    if hits:
        tried = len({_rounded(array, units) for _, array in values[: hits[0] + 1]} - {_rounded(right, units)})
        found = sorted((values[position][0] for position in hits), key=lambda wrong: _likelihood(wrong, target))
        return _diagnosis(found, tried, typed, right, units, sources)
    factor = _common_factor(typed, right, exact)
    if factor:
        slip = Slipped("constant-factor", "all entries are off by the same factor", target, (), PLAIN)
        return _diagnosis([slip], 1, typed, right, _without_one(units), sources)
    return None


def _looks_like(array, typed, units):
    """Whether a value is what was typed, as far as floats can tell, or what cutting it off gives; units: of the last places."""
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
    with np.errstate(all="ignore"):
        return array.shape, (np.round(array / np.min(units, initial=np.inf)) + 0.0).tobytes()


def _without_one(units):
    """The resolutions without the first entry's, which decided the factor."""
    units = units.copy()
    units.flat[0] = np.inf
    return units


def _likelihood(wrong, target):
    """The order of slips that give the same: those at the last operation first, those with a meaning of their own before."""
    own = (wrong.tier == PLAIN) if target in wrong.places or wrong.tier == SPECIFIC else 2
    return (own, wrong.tier)


def _common_factor(typed, right, units):
    """Whether two arrays differ by a simple factor, the same for all entries, of which at least two are not zero."""
    if typed.shape != right.shape or np.count_nonzero(right) < 2 or np.count_nonzero(typed) < 2:
        return False
    if ((right == 0) & (np.abs(typed) > units / 2 + 1e-12)).any():
        return False
    rows = right != 0
    margin = units[rows] / 2 + 1e-9 * np.abs(typed[rows])
    ends = np.stack([(typed[rows] - margin) / right[rows], (typed[rows] + margin) / right[rows]])
    low, high = ends.min(axis=0).max(), ends.max(axis=0).min()
    return any(np.ceil(low * q) <= high * q for q in range(1, LARGEST_DENOMINATOR + 1)) if low <= high else False


def _resolution(entry):
    """How far apart answers typed like this one are: the last place, 1/q^2 for a fraction p/q, else a thousandth of its size."""
    if entry.unit:
        return as_float(entry.unit)
    if isinstance(entry.value, Fraction):
        return as_float(Fraction(1, entry.value.denominator**2))
    return abs(as_float(entry.value)) / FEWEST_DIGITS or 1.0


def _diagnosis(hits, tried, typed, right, units, sources):
    chance = min(1.0, _chance(tried, typed, right, units))
    tags = tuple(dict.fromkeys(wrong.tag for wrong in hits))
    return Diagnosis(hits[0].tag, hits[0].sentence, tags, hits[0].places, chance <= CHANCE, chance, tuple(sources))


def chance_of(tried, numbers, right):
    """The chance that one of so many values meets a random wrong answer typed like this one; right: the reference in floats."""
    typed = floats(numbers.values())
    units = np.array([_resolution(entry) for entry in numbers.entries.flat]).reshape(typed.shape)
    return _chance(tried, typed, right, units)


def _chance(tried, typed, right, units):
    """The chance that one of so many values meets a random wrong answer: for each wrong entry, its resolution over the spread."""
    size = max(np.max(np.abs(typed), initial=0), np.max(np.abs(right), initial=0))
    spread = 2 * size if size else 1.0
    wrong = np.abs(typed - right) > units / 2 if typed.shape == right.shape else np.full(typed.shape, True)
    return tried * float(np.prod(np.where(wrong, np.minimum(1.0, units / spread), 1.0)))
