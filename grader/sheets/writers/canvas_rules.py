"""What Canvas takes for right: numbers as its page rounds them, texts as it compares them, and its shares of marks."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache

from grader.maths.errors import UsageError
from grader.sheets.agreement import Target
from grader.sheets.key_model import CHOICE, NUMBER, NUMBERS, ORDER, SHORT, decimal_text
from grader.sheets.key_numbers import to_places

PLACES = 4  # decimals of a typed number that Canvas keeps
SMALLEST, SMALLEST_BETWEEN = Fraction(1, 1000), Fraction(1, 100)  # a number, and one whose interval needs more decimals than that
LARGEST = 10**15  # beyond, a float does not hold every whole number
FEW = 4  # entries of an array with a question each
MOST_VALUES = 6  # roundings of a number that is compared as text
FINEST = 9  # significant digits of such a rounding
LONGEST_FRACTION = 9  # characters

_WIDE = Context(prec=400)  # digits for every float
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")


def cut_off(text):
    """The number that Canvas keeps of a decimal: its page rounds a float to four decimals."""
    return Fraction(Decimal(float(text)).quantize(Decimal(1).scaleb(-PLACES), ROUND_HALF_UP, _WIDE))


@lru_cache(maxsize=4096)
def ranges(number):
    """[(smallest, largest)] of what is right, as Canvas keeps it; other readings of a question are right as well."""
    found = [(number.low, number.high)] + [(other.low, other.high) for other in number.others if other.share == 1]
    return [(cut_off(decimal_text(low)), cut_off(decimal_text(high))) for low, high in found]


@lru_cache(maxsize=4096)
def survives(number, digits=None):
    """Whether the rule of a number still means the same once Canvas has rounded what is typed."""
    size = min(abs(number.low), abs(number.high))
    if digits is not None and digits > PLACES:
        return False
    if abs(number.value) >= LARGEST:
        return False
    coarse = all((end * 10**PLACES).denominator == 1 for end in (number.low, number.high))
    return not number.value or size >= (SMALLEST if coarse else SMALLEST_BETWEEN)


@lru_cache(maxsize=4096)
def spellings(number):
    """Texts that stand for a number or for a correct rounding of it."""
    values = {number.text: Fraction(number.text)}
    for unit in (Fraction(10) ** power for power in range(_power(number.value), _power(number.value) - FINEST, -1)):
        for value in (number.value // unit * unit, -(-number.value // unit) * unit):
            if number.low <= value <= number.high and value and len(values) < MOST_VALUES:
                values.setdefault(to_places(value, min(unit, Fraction(1))), value)
    found = [form for text, value in values.items() for form in _forms(text, value)]
    if number.value.denominator > 1 and len(str(number.value)) <= LONGEST_FRACTION:
        found += [str(number.value), str(number.value).replace("-", "−")]
    return tuple(dict.fromkeys(found))


def _power(value):
    """The exponent of the first digit; 0 for 0."""
    text = f"{float(abs(value)):.15e}"
    return int(text.partition("e")[2]) if value else 0


def _forms(text, value):
    """One decimal as people type it."""
    text = to_places(value, Fraction(1, 10 ** len(text.partition(".")[2]))) if "e" not in text else _fixed(value)
    plain = [text]
    if "." not in text:
        plain += [f"{text}.0"]
    else:
        plain += [
            text + "0" * (places - len(text.partition(".")[2])) for places in (2, 3, 4) if places > len(text.partition(".")[2])
        ]
        plain += [re.sub(r"^(-?)0\.", r"\1.", text)]
    if value and abs(value) < Fraction(1, 100):
        plain += list(_scientific(text, value))
    plain += [form.replace(".", ",") for form in plain if "." in form]
    signed = [form for one in plain for form in ((one, one.replace("-", "−")) if "-" in one else (one,))]
    return [*signed, *((f"+{text}",) if value > 0 else ())]


def _fixed(value):
    """A decimal with all its digits."""
    places = 0
    while (value * 10**places).denominator > 1:
        places += 1
    return to_places(value, Fraction(1, 10**places))


def _scientific(text, value):
    """`9.77e-4`, `9.77*10^-4` and the like."""
    power = _power(value)
    digits = text.replace("-", "").replace(".", "").lstrip("0")
    mantissa = ("-" if value < 0 else "") + digits[0] + (f".{digits[1:]}" if digits[1:] else "")
    yield from (f"{mantissa}e{power}", f"{mantissa}e{power:03d}")
    for sign in ("*", " * ", "x", " x ", "×", " × ", "·", " · "):
        yield f"{mantissa}{sign}10^{power}"
    if mantissa in ("1", "-1"):
        yield f"{mantissa.replace('1', '10')}^{power}"


def as_blanks(box):
    """Whether the entries of an array become blanks of one question, compared as text, instead of a question each."""
    exact = all(number.low == number.high for number in box.key.numbers)
    return exact or len(box.key.numbers) > FEW or not all(survives(number, box.digits) for number in box.key.numbers)


def canvas_number(text):
    """What Canvas keeps of what is typed into the field of a numerical question; None where it keeps nothing."""
    return cut_off(text) if _NUMBER.fullmatch(text.strip()) else None


def number_share(number, text, digits=None, blank=False):
    """The share of the marks that Canvas gives to a typed number; blank: in a blank, which compares texts."""
    if blank or not survives(number, digits):
        return Fraction(int(text.strip().lower() in {one.lower() for one in spellings(number)}))
    value = canvas_number(text)
    return Fraction(int(value is not None and any(low <= value <= high for low, high in ranges(number))))


def _share(box, trial, _language="en"):
    """Canvas' share for a generated answer, the same in all languages; None where nobody can enter it."""
    key = box.key
    if key.kind in (NUMBER, NUMBERS):
        blank = key.kind == NUMBERS and as_blanks(box)
        pairs = zip(key.numbers, trial.entries, strict=True)
        return Fraction(sum(number_share(number, text, box.digits, blank) for number, text in pairs), len(key.numbers))
    if key.kind == SHORT:
        return Fraction(int(trial.entries[0].strip().lower() in {one.strip().lower() for one in key.spellings}))
    if key.kind == ORDER:
        places = {option.key: option.places for option in key.options}
        return Fraction(sum(at in places[one] for at, one in enumerate(trial.entries, 1)), len(places))
    if key.kind != CHOICE:
        raise UsageError(f"Canvas does not mark answers of the kind {key.kind}.")
    right = {option.key for option in key.options if (option.share if key.single else option.truth) == 1}
    if key.single:
        return Fraction(int(trial.entries[0] in right)) if len(trial.entries) == 1 else None if trial.entries else Fraction(0)
    ticked, right = set(trial.entries) or {"none"}, right or {"none"}
    return max(Fraction(0), Fraction(len(ticked & right) - len(ticked - right), len(right)))


TARGET = Target("Canvas", _share)
