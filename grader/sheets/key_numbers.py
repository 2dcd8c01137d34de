"""Keys of numbers: which decimals earn full marks, and which wrong ones are foreseen.

An interval holds what our checker gives full marks to when that is typed alone.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from grader.marking.comparing.compare import (
    ENOUGH_PLACES,
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
from grader.marking.reading.typed import read_numbers
from grader.marking.verdict import FULL, PARTLY, WRONG
from grader.maths.show import decimal_number, exact_number
from grader.maths.systems import BALL, EXACT, as_fraction
from grader.sheets.key_formulas import formula_key
from grader.sheets.key_model import NUMBER, NUMBERS, READINGS, AnswerKey, Expected, Number, decimal_text, for_a_person, verdict_on

FINER, FINER_OTHERS = 6, 2  # places from the asked one on that are looked at for roundings; the same for wrong values
LEVELS = 3  # the same for rounding on the way
MOST_SLIPS, MOST_TRIED = 6, 12  # of a number
PROBES = 8  # steps in which the interval of another answer is tried
MOST_ENTRIES = 64  # of an array that has a field for each
MOST_JUDGED = 12  # entries of an array of which neighbours of the right values are judged

SHORT_OF_DIGITS = "answers with too few digits earn nothing instead of part of the marks"
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
    limits = () if whole else (SHORT_OF_DIGITS, LONGER)
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
    whole = all(number.low == number.high == number.value for number in numbers)
    share = question.policies.array == "share" and question.kind != "shape"
    limits = [ENTRIES if share else ALL_ENTRIES, ARRANGED]
    limits += [] if whole else [SHORT_OF_DIGITS, LONGER]
    limits += [READINGS] if _reads_otherwise(question) else []
    limits += [LAYOUTS] if question.box.layout == "any" else []
    return AnswerKey(NUMBERS, tuple(numbers), value.array.shape, limits=tuple(limits))


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


def _interval(element, value, digits, scale, finer=FINER):
    """(smallest, largest) decimal that is a correct rounding of a reference to at least the asked digits, or cut off there."""
    accepted = [value]
    if digits is None and _is_whole(element):
        return value, value
    unit = asked_place(BALL.element(element), digits)
    if digits is None and scale is not None and scale >= BALL.element(TENTH):  # two decimals do for all entries of such an array
        unit = max(unit, Fraction(1, 10**ENOUGH_PLACES))
    for _ in range(finer):
        below = value // unit * unit
        accepted += [one for one in {below, below + unit} if _accepts(element, one, unit, digits, scale)]
        if below == value:
            break
        unit /= 10
    low, high = min(accepted), max(accepted)
    if Fraction(decimal_text(value)) != value:  # 1/3 with the digits of a computer
        margin = NOISE * Fraction(9, 10) * abs(value)
        low, high = min(low, _short_decimal(value - margin)), max(high, _short_decimal(value + margin))
    return low, high


def _short_decimal(value):
    return Fraction(f"{float(value):.9g}")


def _is_whole(element):
    return not hasattr(element, "mid") and as_fraction(element).denominator == 1


def _accepts(element, typed, unit, digits, scale):
    entry = read_numbers(to_places(typed, unit)).entries[()]
    return compare_entry(element, entry, digits, scale) in (SAME, TRUNCATED)


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
    honest = honest_values(question.solution, question.node, digits)
    if honest is None:
        return number
    unit, ball = asked_place(BALL.element(number.value), digits), list(honest.flat)[at]
    lowest = max(as_fraction_of_ball(ball.lower()), number.value - unit)
    highest = min(as_fraction_of_ball(ball.upper()), number.value + unit)
    low, high = number.low, number.high
    for place in (unit / 10**finer for finer in range(LEVELS)):
        lower, upper = -((place / 2 - lowest) // place) * place, (highest + place / 2) // place * place
        if lower < low and _gets_full_marks(question, lower, place, others):
            low = lower
        if upper > high and _gets_full_marks(question, upper, place, others):
            high = upper
    return replace(number, low=low, high=high)


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
    """The Expected values: of other readings, of partial credits, and of slips that our checker names; the likelier first."""
    taken, found = [(number.low, number.high)], []
    tried = slips = 0
    for element in _candidates(question):
        if slips == MOST_SLIPS or tried == MOST_TRIED:
            break
        value = as_fraction_of_ball(element) if hasattr(element, "mid") else as_fraction(element)
        low, high = _interval(element, value, question.box.digits, None, FINER_OTHERS)
        if any(low <= end and start <= high for start, end in taken):
            continue
        text = decimal_text(value) if low == high else decimal_text(_nearest(value, element, question.box.digits))
        tried += 1
        verdict = verdict_on(question, text)
        share = Fraction(1) if verdict.state in FULL else _share(verdict)
        if share is None or (not share and "sentence" not in verdict.evidence):
            continue
        if verdict.state == WRONG and verdict.feedback in ("Not right.", ""):
            continue
        low, high = _with_one_share(question, low, high, Fraction(text), share)
        slips += share < 1
        taken.append((low, high))
        found.append(Expected(low, high, text, share, verdict.feedback))
    return tuple(found)


def _with_one_share(question, low, high, value, share):
    """The part of an interval around a value in which our checker gives one share, as far as PROBES of it show."""
    if low == high:
        return low, high
    probes = sorted({low, high, *(low + (high - low) * step / PROBES for step in range(1, PROBES))})
    below, above = [one for one in reversed(probes) if one < value], [one for one in probes if one > value]
    return _last_with(question, below, value, share), _last_with(question, above, value, share)


def _last_with(question, probes, value, share):
    """The last of the probes, from a value on, up to which all have a share."""
    for probe in probes:
        verdict = verdict_on(question, decimal_text(probe))
        if (Fraction(1) if verdict.state in FULL else _share(verdict)) != share:
            break
        value = probe
    return value


def _rounded_step_by_step(question):
    if honest_values(question.solution, question.node, question.box.digits) is None:
        return []
    return [value for value in rounded_values(question.solution, question.node) if value is not None]


def _share(verdict):
    if verdict.state not in (WRONG, PARTLY) or verdict.share is None:
        return None
    return verdict.marks / verdict.out_of if verdict.out_of else verdict.share


def _nearest(value, element, digits):
    unit = asked_place(BALL.element(element), digits)
    return round(value / unit) * unit


def _candidates(question):
    """Elements of values that somebody may type: of other readings, of partial credits, of slips."""
    for solution in question.solutions[1:]:
        value = solution.reference(*question.place)
        if not value.array.ndim:
            yield value.array[()]
    for value in _rounded_step_by_step(question):
        yield value.array[()]
    for node in question.solution.program.partial.get(question.place, ()):
        value = question.solution.value(node)
        if not value.array.ndim:
            yield value.array[()]
    seen = set()
    for _, array in slip_values(question.solution, question.node):
        if array.ndim or not np.isfinite(array).all():
            continue
        value = Fraction(f"{float(array[()]):.12g}")
        if value not in seen:
            seen.add(value)
            yield EXACT.element(value)
