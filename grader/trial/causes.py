"""Why a printed value is wrong, beyond the slips of the operations: a given value that was altered on the way to the page."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.marking.comparing.compare import SAME, TRUNCATED, compare
from grader.marking.comparing.slip_values import floats
from grader.marking.comparing.slips import CHANCE, chance_of
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable
from grader.maths.systems import FLOAT, as_fraction

MOST_ENTRIES = 64  # of a given that are altered one by one
MOST_STEPS = 20_000  # operations, over all alterations, that are worked out for one printed value


@dataclass(frozen=True)
class Cause:
    """What reproduces a wrong printed answer; sure: whether a chance hit is unlikely."""

    tag: str
    sentence: str
    sure: bool = True


ALTERED = "given-altered"


def likely_slip(evidence):
    """The Cause of a slip that reproduces an answer, but may do so by chance; None where there is none."""
    if not evidence.get("slips"):
        return None
    return Cause(evidence["slips"][0], f"it may be that {evidence['sentence']}", sure=False)


def altered_given(solution, target, numbers, digits=None):
    """The Cause where one entry of a given value, altered in a plausible way, leads to what is printed; else None.

    Alterations: sign, a factor of 2 or 10, one more or less, 0 or 1, the reciprocal, digits exchanged, another of the values.
    """
    alterations = list(_alterations(solution, target))
    cost = len(reachable([target]))
    alterations = alterations[: max(1, MOST_STEPS // cost)]
    typed = floats(numbers.values())
    hits, seen = [], set()
    for name, position, value in alterations:
        changed = _with_entry(solution.program.values, name, position, value)
        try:
            array = Evaluation(changed, (FLOAT,))(target)
        except (GraderError, ArithmeticError):
            continue
        seen.add(np.round(array, 9).tobytes())
        if array.shape == typed.shape and np.allclose(array, typed, rtol=1e-2, atol=0.51):
            hits += _certain(target, numbers, digits, changed, (name, position, value))
    if not hits:
        return None
    name, position, value = hits[0]
    old = as_fraction(solution.program.values[name][position])
    entry = f"{name}[{', '.join(map(str, position))}]" if position else name
    right = np.asarray(floats(solution.value(target).array), dtype=float)
    sure = len({hit[0] for hit in hits}) == 1 and chance_of(len(seen), numbers, right) <= CHANCE
    return Cause(ALTERED, f"it follows if {entry} is {value} instead of {old}", sure)


def _certain(target, numbers, digits, values, hit):
    from grader.marking.solution import Value

    try:
        value = Value(*Evaluation(values).with_system(target))
    except GraderError:
        return []
    return [hit] if compare(value, numbers, digits).outcome in (SAME, TRUNCATED) else []


def _with_entry(values, name, position, value):
    from grader.maths.systems import EXACT

    array = values[name].copy()
    array[position] = EXACT.element(value)
    return {**values, name: array}


def _alterations(solution, target):
    """(name, position, another value) for every entry of the given values that a target is worked out from."""
    values = solution.program.values
    used = [node.settings["name"] for node in reachable([target]) if node.op == "given" and node.settings["name"] in values]
    everything = {as_fraction(entry) for name in used if values[name].size <= MOST_ENTRIES for entry in values[name].flat}
    ways = [_plausible, lambda old: sorted(everything - {old})]
    for way in ways:
        for name in used:
            if values[name].size <= MOST_ENTRIES:
                for position in np.ndindex(*values[name].shape):
                    old = as_fraction(values[name][position])
                    yield from ((name, position, new) for new in dict.fromkeys(way(old)) if new != old)


def _plausible(old):
    """What a value may become through a slip of the pen, the likelier first."""
    found = [-old, Fraction(0), old * 10, old / 10, 2 * old, old / 2]
    if old:
        found.append(1 / old)
    if old.denominator == 1:
        found += [old + 1, old - 1]
        text = str(abs(old.numerator))
        found += [
            Fraction(int(text[:at] + text[at + 1] + text[at] + text[at + 2 :])) * (1 if old > 0 else -1)
            for at in range(len(text) - 1)
        ]
    return [*found, Fraction(1)]
