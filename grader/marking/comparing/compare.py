"""Typed values against reference values: equal, rounded, truncated, too few digits, too coarse, or different. No marks here."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.maths.errors import TooLargeError
from grader.maths.systems import BALL, EXACT, as_fraction

SAME, TRUNCATED, IMPRECISE, COARSE, DIFFERENT = "same", "truncated", "imprecise", "coarse", "different"
ENOUGH_DIGITS = 3  # significant digits asked for where a part does not say
ENOUGH_PLACES = 2  # decimals that will do instead, where the reference is at least TENTH in size
TENTH = Fraction(1, 10)
FARTHEST = Fraction(1, 5)  # relative: a rounding to too few digits that is farther away may well be another value
NOISE = Fraction(1, 10**7)  # relative: what computing in single precision may lose
NOISE_DIGITS = 10**7  # a decimal of that many last places has the digits of a computer, not of a hand
MOST_BITS = 20_000  # of a ball's middle that is looked at; smaller ones are as good as 0
WIDEST = 5  # units of the asked place: a wider interval of honest rounding decides nothing


@dataclass(frozen=True)
class Comparison:
    """How an array of typed numbers compares: `outcome` for the whole; `right` of `total` entries agree; `shape` says a misfit
    in words."""

    outcome: str
    right: int
    total: int
    misfit: str = ""
    short: int = 0  # entries that are right but for too few digits, which count half
    easy: int = 0  # zeros that are right, which are not counted

    @property
    def share(self):
        return Fraction(2 * self.right + self.short, 2 * self.total) if self.total else Fraction(0)


def compare_entry(reference, entry, digits=None, scale=None):
    """One typed entry against one reference element (a rational or a ball of no width to speak of).

    scale: the size of the largest entry of the array, which decides how many decimals will do.
    """
    exact = None if hasattr(reference, "mid") else as_fraction(reference)
    if entry.spread and entry.value != exact and (exact is None or exact.denominator != 1 or digits is not None):
        return _calculated(reference, entry, digits)
    if not isinstance(entry.value, Fraction):
        return SAME if entry.value.overlaps(BALL.element(reference)) else DIFFERENT
    if entry.value == exact or exact is None and BALL.element(entry.value).overlaps(reference):
        return SAME
    unit = entry.unit or _unit_of_integer(reference, entry.value, digits)
    if _float_noise(reference, entry):
        return SAME
    if not unit or (exact is not None and exact.denominator == 1 and digits is None):
        return DIFFERENT
    return _rounded(reference, entry.value, unit, digits, scale)


def _calculated(reference, entry, digits):
    """A typed calculation with rounded numbers in it, `(0.68 - 1) * 2`: next to the reference, which its rounding explains."""
    ball = BALL.element(reference)
    near = abs(BALL.element(entry.value) - ball) <= BALL.element(asked_place(ball, digits))
    return SAME if near and entry.ball().overlaps(ball) else DIFFERENT


def _float_noise(reference, entry):
    """Whether a decimal of many digits differs by no more than single precision does (`0.30000000000000004`, `0.300000012`)."""
    if not entry.unit or abs(entry.value) < NOISE_DIGITS * entry.unit:
        return False
    return abs(BALL.element(entry.value) - BALL.element(reference)) <= abs(BALL.element(reference)) * BALL.element(NOISE)


def _unit_of_integer(reference, value, digits):
    """An integer is a point, but one of two digits and more may be a rounded value; and any where no decimals are asked for.

    Zeros at its end may be rounded places, where three digits are left and it is a rounding: 13800 for 13780.6.
    """
    if value.denominator != 1 or not (digits == 0 or abs(value) >= 10):
        return Fraction(0)
    unit, size = 1, abs(int(value))
    if BALL.element(size) < 2 * abs(BALL.element(reference)):
        while size % (10 * unit) == 0 and size >= 10**ENOUGH_DIGITS * unit:
            unit *= 10
    near = abs(BALL.element(value) - BALL.element(reference)) <= BALL.element(Fraction(unit, 2))
    return Fraction(unit) if near else Fraction(1)


def _rounded(reference, value, unit, digits, scale):
    """A decimal that is not the exact value: within half of its last place, cut off, or different.

    With too few digits it is imprecise; too coarse where it is more than FARTHEST of the (largest) reference away, and different
    where it has none of its digits.
    """
    ball = BALL.element(reference)
    if value == 0:  # never 0 for something that is not 0, but for the decimals that are asked for
        asked = digits is not None and unit <= Fraction(1, 10**digits)
        return SAME if asked and abs(ball) <= BALL.element(Fraction(1, 2 * 10**digits)) else DIFFERENT
    distance = abs(BALL.element(value) - ball)
    size = abs(ball)
    if distance <= BALL.element(unit / 2) or distance.overlaps(BALL.element(unit / 2)):
        outcome = SAME
    elif _cut_off(ball, value, unit):
        outcome = TRUNCATED
    else:
        return DIFFERENT
    zeros_left_out = distance <= BALL.element(asked_place(ball, digits) / 2)  # 0.7 for 0.702
    largest = size if scale is None else scale
    if zeros_left_out or enough_digits(value, unit, largest, digits):
        return outcome
    if BALL.element(unit) > largest:  # 0.1 has no digit of 0.09, as 0 has none
        return DIFFERENT
    return COARSE if distance > largest * BALL.element(FARTHEST) else IMPRECISE


def _cut_off(ball, value, unit):
    """Whether a decimal of two digits and more is a reference without its further places."""
    within = abs(BALL.element(value) - ball) < BALL.element(unit) and abs(BALL.element(value)) < abs(ball)
    return within and (ball > 0) == (value > 0) and abs(value) >= 10 * unit


def enough_digits(value, unit, size, digits=None):
    """Whether a decimal has as many digits as are asked for; size: of the reference (of the largest entry of an array)."""
    if digits is not None:
        return unit <= Fraction(1, 10**digits)
    if unit <= Fraction(1, 10**ENOUGH_PLACES) and size >= BALL.element(TENTH):
        return True
    return abs(value) >= unit * 10 ** (ENOUGH_DIGITS - 1)


def precise(value, numbers, digits=None):
    """Whether every typed decimal has as many digits as are asked for."""
    entries = fitted(numbers.entries, value.array.shape)
    if entries is None:
        return False
    scale = max((abs(BALL.element(element)).mid() for element in value.array.flat), default=None)
    return all(
        not entry.unit or enough_digits(entry.value, entry.unit, abs(BALL.element(element)) if scale is None else scale, digits)
        for entry, element in zip(entries.flat, value.array.flat, strict=True)
    )


def compare_interval(reference, entry, digits=None):
    """One typed entry against the ball of values that honest rounding on the way can produce; None where that is too wide to
    decide, COARSE where the entry has too few digits to be one of them."""
    if not entry.ball().overlaps(reference):
        return DIFFERENT
    if entry.unit and not enough_digits(entry.value, entry.unit, abs(reference), digits):
        return COARSE if entry.value else DIFFERENT
    return SAME if 2 * reference.rad() <= BALL.element(WIDEST * asked_place(reference, digits)) else None


def near(value, numbers, digits=None):
    """Whether every typed entry lies within one unit of the asked place of the reference."""
    entries = fitted(numbers.entries, value.array.shape)
    if entries is None:
        return False
    return all(_near(element, entry, digits) for element, entry in zip(value.array.flat, entries.flat, strict=True))


def _near(element, entry, digits):
    ball = BALL.element(element)
    return abs(entry.ball() - ball).lower() <= BALL.element(asked_place(ball, digits))


def asked_place(reference, digits=None):
    """The unit of the last place that is asked for: `digits` decimals, else the coarser one of those that will do."""
    if digits is not None:
        return Fraction(1, 10**digits)
    size = as_fraction_of_ball(abs(reference))
    if size == 0:
        return Fraction(1, 10**ENOUGH_PLACES)
    leading = -ENOUGH_DIGITS + 1
    while Fraction(10) ** (leading + ENOUGH_DIGITS) <= size:
        leading += 1
    while Fraction(10) ** (leading + ENOUGH_DIGITS - 1) > size and leading > -400:
        leading -= 1
    unit = Fraction(10) ** leading
    return max(unit, Fraction(1, 10**ENOUGH_PLACES)) if size >= TENTH else unit


def as_fraction_of_ball(ball):
    """The midpoint of a ball as a Fraction."""
    mantissa, exponent = ball.mid().man_exp()
    if abs(int(exponent)) > MOST_BITS:
        if int(exponent) > 0:
            raise TooLargeError(f"a number of more than {MOST_BITS:,} bits is too large")
        return Fraction(0)
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def fitted(array, shape):
    """An array in the wanted shape, else None.

    Axes of length 1 do not count (an n x 1 matrix is a vector of n), and a tensor may be typed as its rows one below the other.
    """
    if array.shape == shape:
        return array
    long = [[size for size in one if size != 1] for one in (array.shape, shape)]
    rows = array.ndim == 2 < len(shape) and array.shape[-1] == shape[-1] > 1 and array.size == np.prod(shape)
    return array.reshape(shape) if long[0] == long[1] or rows else None


def compare(value, numbers, digits=None):
    """Typed numbers against an evaluated reference (`Value`)."""
    entries = fitted(numbers.entries, value.array.shape)
    if entries is None and _both_zero(value, numbers):
        return Comparison(SAME, value.array.size, value.array.size)
    if entries is None:
        return Comparison(DIFFERENT, 0, value.array.size, misfit(numbers.shape, value.array.shape))
    scale = max((abs(BALL.element(element)).mid() for element in value.array.flat), default=None)
    pairs = zip(value.array.flat, entries.flat, strict=True)
    return _summed([compare_entry(element, entry, digits, scale) for element, entry in pairs])


def meets(value, numbers):
    """Whether rounded numbers inside typed calculations may explain the difference to a reference."""
    entries = fitted(numbers.entries, value.array.shape)
    if entries is None or not any(entry.spread for entry in entries.flat):
        return False
    pairs = zip(entries.flat, value.array.flat, strict=True)
    return all(entry.ball().overlaps(BALL.element(element)) for entry, element in pairs)


def compare_wide(array, numbers, digits=None, points=None, reference=None):
    """Typed numbers against an array of wide balls; outcome None where it cannot be decided.

    points: the array that the balls are around, if known; an entry that agrees with its point is the same, however wide its ball.
    reference: an array next to which the other entries must lie; those that don't cannot be decided.
    """
    entries = fitted(numbers.entries, array.shape)
    if entries is None:
        return Comparison(DIFFERENT, 0, array.size)
    balls = BALL.array(array) if array.size and isinstance(array.flat[0], EXACT.element_type) else array
    outcomes = [compare_interval(element, entry, digits) for element, entry in zip(balls.flat, entries.flat, strict=True)]
    if reference is not None:
        close = [_near(element, entry, digits) for element, entry in zip(reference.flat, entries.flat, strict=True)]
        outcomes = [None if outcome == SAME and not beside else outcome for outcome, beside in zip(outcomes, close, strict=True)]
    if points is not None:
        sharp = [compare_entry(point, entry, digits) for point, entry in zip(points.flat, entries.flat, strict=True)]
        outcomes = [SAME if one in (SAME, TRUNCATED) else other for one, other in zip(sharp, outcomes, strict=True)]
    if DIFFERENT not in outcomes and None in outcomes:
        return Comparison(None, 0, len(outcomes))
    return _summed(outcomes)


def _summed(outcomes, easy=()):
    """The Comparison of all entries; easy: those that are 0 and right, which earn no share unless there are no others."""
    order = (DIFFERENT, COARSE, IMPRECISE, TRUNCATED, SAME)
    worst = next((outcome for outcome in order if outcome in outcomes), SAME)
    counted = [outcome for outcome, free in zip(outcomes, easy, strict=True) if not free] if easy and not all(easy) else outcomes
    right = sum(outcome in (SAME, TRUNCATED) for outcome in counted)
    return Comparison(worst, right, len(counted), short=counted.count(IMPRECISE), easy=len(outcomes) - len(counted))


def misfit(typed, wanted):
    """A wrong shape in words; a transposed one is named."""
    if len(typed) == len(wanted) == 2 and typed == wanted[::-1] and typed != wanted:
        return "transposed"
    return "shape"


def _both_zero(value, numbers):
    """Whether a plain 0 is typed for an array of zeros."""
    return numbers.shape == () and numbers.entries[()].value == 0 and all(element == 0 for element in value.array.flat)


def arrangements(numbers, shape):
    """(name, Numbers) of the typed entries in the wanted shape: a matrix transposed, or read row by row out of another shape."""
    if len(shape) == 2 and numbers.shape == shape[::-1]:
        yield "transposed", type(numbers)(numbers.entries.T, numbers.text)
    if numbers.entries.size == np.prod(shape, dtype=int) and numbers.shape != shape:
        yield "arranged-otherwise", type(numbers)(numbers.entries.reshape(shape), numbers.text)
