"""Keys of numbers: which decimals earn full marks, and which wrong ones are foreseen.

An interval holds what our checker gives full marks to when that is typed alone.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import chain

import numpy as np

from grader.marking.comparing.compare import (
    ENOUGH_PLACES,
    IMPRECISE,
    NOISE,
    SAME,
    TENTH,
    TRUNCATED,
    as_fraction_of_ball,
    asked_place,
    compare_entry,
)
from grader.marking.comparing.rounding import honest_values, rounded_values
from grader.marking.comparing.slip_values import slip_values
from grader.marking.feedback import BY_TAG
from grader.marking.reading.typed import read_numbers
from grader.marking.solution import Solution
from grader.marking.verdict import FULL, PARTLY, RIGHT, WRONG
from grader.maths.show import decimal_number, exact_number
from grader.maths.systems import BALL, EXACT, as_fraction
from grader.sheets.key_formulas import formula_key
from grader.sheets.key_model import NUMBER, NUMBERS, READINGS, AnswerKey, Expected, Number, decimal_text, for_a_person, verdict_on

FINER, FINER_SLIPS = 6, 3  # places from the asked one on that are looked at for roundings; the same for slips
LEVELS = 3  # the same for rounding on the way
COARSER = 2  # places in front of the asked one that are looked at for roundings to too few digits
MOST_SLIPS, MOST_TRIED = 6, 12  # of a number
SLIP = "slip"  # where a value comes from
MOST_ENTRIES = 64  # of an array that has a field for each
MOST_JUDGED = 12  # entries of an array of which neighbours of the right values are judged

LONGER = "answers with more digits than asked pass when they lie in the interval, even if they are not the correct rounding"
ENTRIES = "every entry of an array earns its share of the marks, also where less than half of them are right"
ALL_ENTRIES = "every entry of an array or a shape earns its share of the marks, though only the whole earns any here"
ARRANGED = "transposed or otherwise arranged arrays are marked entry by entry, and slips in arrays are not named"
MIXED = "answers under another reading are right in each box by itself, also where they do not fit together"
TOGETHER = "other right answers change several entries together, so a person marks these"
LAYOUTS = "the axes of a shape may not stand in another order"
TOO_LARGE = f"it has more than {MOST_ENTRIES} entries, so a person marks it"


def number_key(question):
    """The AnswerKey of a number; of an array, where the value is one; None for a formula."""
    if question.symbolic:
        return None
    value = question.solution.value(question.node)
    if value.array.ndim:
        return numbers_key(question)
    number = _judged(question, _key_of_number(value.array[()], value.system, question.box.digits), {})
    others = _expected(question, number)
    whole = number.low == number.high == number.value
    limits = () if whole else (LONGER,)
    limits += (MIXED,) if len(question.part.boxes) > 1 and _has_readings(question, others) else ()
    return AnswerKey(NUMBER, (replace(number, others=others),), limits=limits)


def _has_readings(question, others):
    values = [BALL.element(one.reference(*question.place).array[()]) for one in question.solutions[1:]]
    own = BALL.element(question.solution.value(question.node).array[()])
    return any(other.share == 1 for other in others) and any(not own.overlaps(value) for value in values)


def numbers_key(question):
    """The AnswerKey of an array or a shape, with a Number for each entry."""
    if question.symbolic:
        return formula_key(question)
    value = question.solution.value(question.node)
    if value.array.size > MOST_ENTRIES:
        return for_a_person(question, TOO_LARGE)
    if _changes_together(question):
        return for_a_person(question, TOGETHER)
    scale = max((abs(BALL.element(element)).mid() for element in value.array.flat), default=None)
    positions = list(np.ndindex(*value.array.shape))
    numbers = [
        replace(_key_of_number(value.array[at], value.system, question.box.digits, scale), name=f"[{', '.join(map(str, at))}]")
        for at in positions
    ]
    if len(numbers) <= MOST_JUDGED:
        texts = [number.text for number in numbers]
        numbers = [_judged(question, number, (texts, at, value.array.shape)) for at, number in enumerate(numbers)]
    numbers = [
        replace(number, others=_short_entries(number, value.array[at], question.box.digits, scale))
        for at, number in zip(positions, numbers, strict=True)
    ]
    whole = all(number.low == number.high == number.value for number in numbers)
    share = question.policies.array == "share" and question.kind != "shape"
    limits = [ENTRIES if share else ALL_ENTRIES, ARRANGED]
    limits += [] if whole else [LONGER]
    limits += [READINGS] if _reads_otherwise(question) else []
    limits += [LAYOUTS] if question.box.layout == "any" else []
    return AnswerKey(NUMBERS, tuple(numbers), value.array.shape, limits=tuple(limits))


def _short_entries(number, element, digits, scale):
    """The Expected of an entry: the right value with too few digits, which counts half."""
    values = dict.fromkeys(map(Fraction, _too_short(element, digits, scale)))
    found = [one for one in values if not number.low <= one <= number.high]
    told = BY_TAG[PARTLY, "imprecise"]
    return tuple(Expected(one, one, decimal_text(one), Fraction(1, 2), told, short=True) for one in found)


def _reads_otherwise(question):
    value = question.solution.value(question.node)
    for other in question.solutions[1:]:
        found = other.reference(*question.place)
        if found.array.shape != value.array.shape or _different(found, value):
            return True
    return False


def _different(one, two):
    """The number of entries in which two values of one shape differ."""
    pairs = zip(one.array.flat, two.array.flat, strict=True)
    return sum(not BALL.element(a).overlaps(BALL.element(b)) for a, b in pairs)


def _changes_together(question):
    """Whether another reading has other values in several entries at once, which no list for each entry can say."""
    value = question.solution.value(question.node)
    others = [other.reference(*question.place) for other in question.solutions[1:]]
    return any(other.array.shape != value.array.shape or _different(other, value) > 1 for other in others)


def _key_of_number(element, system, digits, scale=None):
    """The Number of one element of a reference, by the rule of roundings alone."""
    value = as_fraction(element) if system is EXACT else as_fraction_of_ball(element)
    exact = exact_number(element) if system is EXACT else f"≈ {decimal_number(element, system)}"
    low, high = _interval(element, value, digits, scale)
    return Number(low, high, value, exact, _typed(value, system, low, high))


def _typed(value, system, low, high):
    """A value in decimals: all of them where they end, else what is surely accepted."""
    text = decimal_text(value)
    if system is EXACT and Fraction(text) == value:
        return text
    inside = Fraction(text)
    return text if low <= inside <= high else decimal_text(low if inside < low else high)


def _interval(element, value, digits, scale):
    """(smallest, largest) decimal that is a correct rounding of a reference to at least the asked digits, or cut off there."""
    accepted = _roundings(element, value, digits, scale)
    return min(accepted), max(accepted)


def _roundings(element, value, digits, scale=None, finer=FINER):
    """A value, its correct roundings to the asked digits and more, those cut off there, and what single precision makes of it.

    The coarser come first, and of one place the nearest.
    """
    if digits is None and _is_whole(element):
        return [value]
    accepted, unit = [value], _asked(element, digits, scale)
    for _ in range(finer):
        below = value // unit * unit
        nearest = (below, below + unit) if value - below <= unit / 2 else (below + unit, below)
        accepted += [one for one in nearest if _compared(element, one, unit, digits, scale) in (SAME, TRUNCATED)]
        if below == value:
            break
        unit /= 10
    if Fraction(decimal_text(value)) != value:  # 1/3 with the digits of a computer
        margin = NOISE * Fraction(9, 10) * abs(value)
        accepted += [_short_decimal(value - margin), _short_decimal(value + margin)]
    return accepted


def _asked(element, digits, scale):
    """The unit of the last place that is asked for."""
    unit = asked_place(BALL.element(element), digits)
    if digits is None and scale is not None and scale >= BALL.element(TENTH):  # two decimals do for all entries of such an array
        return max(unit, Fraction(1, 10**ENOUGH_PLACES))
    return unit


def _too_short(element, digits, scale=None):
    """Texts with too few digits of a reference, rounded or cut off, where they are near enough for part of the marks."""
    if digits is None and _is_whole(element):
        return
    value, unit = _as_fraction(element), _asked(element, digits, scale)
    for _ in range(COARSER):
        unit *= 10
        below = value // unit * unit
        for one in (below, below + unit):
            text = decimal_text(one)  # 6.0 as 6, since other systems tell no difference
            if one and compare_entry(element, read_numbers(text).entries[()], digits, scale) == IMPRECISE:
                yield text


def _as_fraction(element):
    return as_fraction_of_ball(element) if hasattr(element, "mid") else as_fraction(element)


def _short_decimal(value):
    return Fraction(f"{float(value):.9g}")


def _is_whole(element):
    return not hasattr(element, "mid") and as_fraction(element).denominator == 1


def _compared(element, typed, unit, digits, scale):
    """The outcome of comparing a decimal, typed to a place, with a reference."""
    return compare_entry(element, read_numbers(to_places(typed, unit)).entries[()], digits, scale)


def to_places(value, unit):
    """A multiple of a power of ten as it is typed: with all its places."""
    units, places = value / unit, max(0, len(str(unit.denominator)) - 1)
    text = str(abs(int(units * unit * 10**places))).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{text[:-places]}.{text[-places:]}" if places else f"{sign}{text}"


def _judged(question, number, others):
    """The number with its interval widened to what rounding on the way can give, as far as that gets full marks."""
    digits, at = question.box.digits, others[1] if others else 0
    if digits is None and number.low == number.high == number.value and number.value.denominator == 1:
        return number
    reach = _reach(question.solution, question, at, number.value)
    if reach is None:
        return number
    low, high = _widened(number, reach, lambda one, place: _gets_full_marks(question, one, place, others))
    return replace(number, low=low, high=high)


def _reach(solution, question, at, value):
    """(the asked place, smallest, largest) of what rounding on the way may give next to a value; None without any rounding."""
    honest = honest_values(solution, solution.program.boxes[question.place], question.box.digits)
    if honest is None:
        return None
    unit, ball = asked_place(BALL.element(value), question.box.digits), list(honest.flat)[at]
    return unit, max(as_fraction_of_ball(ball.lower()), value - unit), min(as_fraction_of_ball(ball.upper()), value + unit)


def _widened(interval, reach, passes):
    """(low, high) of an interval, widened to the farthest roundings within reach that pass."""
    (unit, lowest, highest), low, high = reach, interval.low, interval.high
    for place in (unit / 10**level for level in range(LEVELS)):
        lower, upper = -((place / 2 - lowest) // place) * place, (highest + place / 2) // place * place
        if lower < low and passes(lower, place):
            low = lower
        if upper > high and passes(upper, place):
            high = upper
    return low, high


def _gets_full_marks(question, value, unit, others):
    text = to_places(value, unit)
    if others:
        texts, at, shape = others
        text = typed_array([*texts[:at], text, *texts[at + 1 :]], shape)
    return verdict_on(question, text).state in FULL


def typed_array(texts, shape):
    """Entries, row by row, as one typed array."""
    if not shape:
        return texts[0]
    size = len(texts) // shape[0] if shape[0] else 0
    return f"[{', '.join(typed_array(texts[at * size : (at + 1) * size], shape[1:]) for at in range(shape[0]))}]"


def _expected(question, number):
    """The Expected: other readings, partial credits, too few digits, and slips that our checker names; the likelier first."""
    found, tried, slips = [], 0, 0
    declared = ((one, _roundings_of(question, element, FINER)) for one, element in _declared(question))
    short = ((None, [Fraction(text)]) for text in _short_answers(question))
    wrong = ((SLIP, _roundings_of(question, element, FINER_SLIPS)) for element in _slips(question))
    for source, accepted in chain(declared, short, wrong):
        if source is SLIP and (slips >= MOST_SLIPS or tried >= MOST_TRIED):
            break
        value, accepted = accepted[0], _apart(accepted, (number, *found))
        if not accepted:
            continue
        text, verdict = _judged_first(question, accepted)
        short_of_digits, share = verdict.tag == "imprecise", _share(verdict)
        tried += not short_of_digits
        if share is None or (not share and "sentence" not in verdict.evidence):
            continue
        if verdict.state == RIGHT or verdict.state == WRONG and verdict.feedback in ("Not right.", ""):
            continue  # the right value but for the last digits of a computer, or nothing to say
        slips += share < 1 and not short_of_digits
        low, high = _with_one_share(question, accepted, text, share)
        one = Expected(low, high, text, share, verdict.feedback, short_of_digits)
        reach = _reach(source, question, 0, value) if share == 1 and isinstance(source, Solution) and low != high else None
        found.append(_reaching(question, one, reach, (number, *found)) if reach else one)
    return tuple(found)


def _reaching(question, one, reach, taken):
    """An Expected under another reading, widened to what rounding on the way can give there, as far as that gets full marks."""

    def passes(value, place):
        low, high = min(value, one.low), max(value, one.high)
        free = not any(low <= other.high and other.low <= high for other in taken)
        return free and _gets_full_marks(question, value, place, {})

    low, high = _widened(one, reach, passes)
    return replace(one, low=low, high=high)


def _judged_first(question, accepted):
    """(text, Verdict) of a value with the asked digits, or with all where a person decides on these (`0.2`, meant as `0.20`)."""
    for one in dict.fromkeys((accepted[min(1, len(accepted) - 1)], accepted[0])):
        text = decimal_text(one)
        verdict = verdict_on(question, text)
        if _share(verdict) is not None:
            break
    return text, verdict


def _roundings_of(question, element, finer):
    return _roundings(element, _as_fraction(element), question.box.digits, finer=finer)


def _apart(accepted, taken):
    """A value and its roundings, as far as no interval that is taken lies between them; none where the value lies in one."""
    value = accepted[0]
    if any(one.low <= value <= one.high for one in taken):
        return []
    below = max((one.high for one in taken if one.high < value), default=None)
    above = min((one.low for one in taken if one.low > value), default=None)
    return [one for one in accepted if (below is None or one > below) and (above is None or one < above)]


def _with_one_share(question, accepted, text, share):
    """(smallest, largest) of the roundings around the one in a text, as far as our checker gives them one share of the marks.

    Only that one where the value itself has another share: it is the rounding of something else as well.
    """
    typed, exact = Fraction(text), accepted[0]
    if exact != typed and _share(verdict_on(question, decimal_text(exact))) != share:
        return typed, typed
    ends = sorted({*accepted, typed})
    low = next(one for one in ends if one in (typed, exact) or _share(verdict_on(question, decimal_text(one))) == share)
    high = next(one for one in ends[::-1] if one in (typed, exact) or _share(verdict_on(question, decimal_text(one))) == share)
    return low, high


def _rounded_step_by_step(question):
    if honest_values(question.solution, question.node, question.box.digits) is None:
        return []
    return [value for value in rounded_values(question.solution, question.node) if value is not None]


def _share(verdict):
    """The share of the marks; None where a person decides."""
    if verdict.state in FULL:
        return Fraction(1)
    if verdict.state not in (WRONG, PARTLY) or verdict.share is None:
        return None
    return verdict.marks / verdict.out_of if verdict.out_of else verdict.share


def _declared(question):
    """(Solution, element) of values that earn marks: of other readings; with None of rounding on the way and partial credits."""
    for solution, value in zip(question.solutions[1:], _references(question)[1:], strict=True):
        if not value.array.ndim:
            yield solution, value.array[()]
    for value in _rounded_step_by_step(question):
        yield None, value.array[()]
    for node in question.solution.program.partial.get(question.place, ()):
        value = question.solution.value(node)
        if not value.array.ndim:
            yield None, value.array[()]


def _references(question):
    """The Values of an answer under all readings of the question, the first of them its own."""
    return [one.reference(*question.place) for one in question.solutions]


def _short_answers(question):
    """Roundings of the right values to too few digits, as texts, each once."""
    elements = (value.array[()] for value in _references(question) if not value.array.ndim)
    yield from dict.fromkeys(text for element in elements for text in _too_short(element, question.box.digits))


def _slips(question):
    """Elements of values that slips lead to, each once."""
    seen = set()
    for _, array in slip_values(question.solution, question.node):
        if array.ndim or not np.isfinite(array).all():
            continue
        value = Fraction(f"{float(array[()]):.12g}")
        if value not in seen:
            seen.add(value)
            yield EXACT.element(value)
