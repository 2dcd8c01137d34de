"""What Moodle takes for right: its shares of marks, the weights of its fields, and how it reads numbers."""

import re
from fractions import Fraction
from functools import lru_cache
from math import lcm

from grader.sheets.agreement import Target
from grader.sheets.key_model import CHOICE, NUMBER, NUMBERS, ORDER, SHORT

# the shares of marks that Moodle knows, beside their negatives, in twentieths, and some more
FRACTIONS = (*(Fraction(part, 20) for part in (20, 18, 16, 15, 14, 12, 10, 8, 6, 5, 4, 2, 1, 0)),) + tuple(
    Fraction(*pair) for pair in ((5, 6), (2, 3), (1, 3), (1, 6), (1, 7), (1, 8), (1, 9))
)
FULL = Fraction(1)
DIRECT = {NUMBER: "numerical", CHOICE: "multichoice", SHORT: "shortanswer"}  # types of questions with one answer
EXPONENT = re.compile(r"(?:e|E|(?:x|\*|×)10(?:\^|\*\*))([+-]?\d+)")
NUMBER_IN_FRONT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?")
PRECISION = 1e-14
SIGNS = {"en": (",", "."), "de": (".", ",")}  # thousands sign and decimal sign of a Moodle in a language
DECIMALS = {  # how students type decimals there
    "en": "Type decimals with a point (0.35); where Moodle speaks German, with a comma (0,35).",
    "de": "Dezimalzahlen mit Komma eingeben (0,35); wo Moodle Englisch spricht, mit Punkt (0.35).",
}
LARGEST_WHOLE = 2**63  # from here on Moodle keeps whole numbers as floats of 14 digits
FLOAT_DIGITS = 19  # of the smallest of these
KEPT = Fraction(1, 10**13)  # relative: a tolerance that holds what these lose


# --- shares of marks ---


@lru_cache(maxsize=256)
def nearest(share):
    """The share nearest to a share among those that Moodle knows."""
    return min((sign * value for value in FRACTIONS for sign in (1, -1)), key=lambda value: abs(value - share))


@lru_cache(maxsize=256)
def fraction_text(share):
    """A share of the marks in percent, as Moodle types it: `100`, `33.33333`, `-50`."""
    return f"{float(100 * nearest(share)):.5f}".rstrip("0").rstrip(".")


# --- numbers ---


def numerical_answers(number):
    """[(value, tolerance, share, feedback)] for every answer of a Number, as Moodle tries them, one after the other.

    The first is the value itself, which Moodle shows as the right answer.
    """
    found = []
    if number.middle != number.shown:
        found.append((number.shown, "0", FULL, ""))
    if number.middle == number.shown or number.margin != "0":
        found.append((number.middle, _tolerance(number), FULL, ""))
    others = number.others
    return found + [
        (one.middle, one.margin if len(one.middle) < FLOAT_DIGITS else _tolerance(one), one.share, one.feedback) for one in others
    ]


def _tolerance(interval):
    """The margin of an Interval; of a whole number that Moodle keeps as a float what that loses."""
    kept_as_float = interval.margin == "0" and len(interval.middle) >= FLOAT_DIGITS and abs(interval.low) >= LARGEST_WHOLE
    return str(int(abs(interval.low) * KEPT)) if kept_as_float else interval.margin


# --- weights ---


def is_cloze(question, auto):
    """Whether a question becomes a cloze; auto: (box, key) of all that Moodle marks."""
    single = len(question.parts) == 1 and len(question.parts[0].boxes) == 1
    return bool(auto) and not (single and auto[0][1].kind in DIRECT)


def weights_of(auto):
    """Marks as the whole numbers that cloze questions need: a list, one for every field."""
    marks = [box.marks / max(1, count_fields(key)) for box, key in auto for _ in range(max(1, count_fields(key)))]
    marks = marks if any(marks) else [Fraction(1)] * len(marks)
    unit = lcm(*(mark.denominator for mark in marks))
    return [int(mark * unit) for mark in marks]


def count_fields(key):
    """How many fields of a cloze question an answer has."""
    return len(key.numbers) if key.kind == NUMBERS else len(key.options) if key.kind == ORDER else 1


# --- Moodle's own rule ---


def moodle_number(text, language="en"):
    """What a Moodle in a language reads: the number that a text begins with, as a float; None where it begins with none."""
    text = EXPONENT.sub(r"e\1", text.replace(" ", ""))
    if "." in text or text.count(",") > 1:
        text = text.replace(",", "")
    else:
        thousands, decimal = SIGNS[language]
        text = text.replace(thousands, "").replace(decimal, ".")
    match = NUMBER_IN_FRONT.match(text)
    return float(match[0]) if match else None


def moodle_share(number, text, language="en"):
    """The share of the marks that Moodle's numerical question gives to a text."""
    value = moodle_number(text, language)
    if value is None:
        return Fraction(0)
    for answer, tolerance, share, _ in numerical_answers(number):
        middle, margin = float(answer), float(tolerance)
        margin += PRECISION * max(margin, abs(middle), PRECISION)
        if middle - margin <= value <= middle + margin:
            return nearest(share)
    return Fraction(0)


def _share(box, trial, language="en"):
    """The share that a Moodle in a language gives for a generated answer; None where nobody can enter it."""
    key = box.key
    if key.kind in (NUMBER, NUMBERS):
        shares = [moodle_share(number, text, language) for number, text in zip(key.numbers, trial.entries, strict=True)]
        return sum(shares) / len(shares)
    if key.kind == SHORT:
        return Fraction(int(trial.entries[0].strip() in key.spellings))
    if key.kind == ORDER:
        places = {option.key: option.places for option in key.options}
        return Fraction(sum(at in places[one] for at, one in enumerate(trial.entries, 1)), len(places))
    if key.single:
        chosen = [option for option in key.options if option.key in trial.entries]
        return nearest(chosen[0].share) if len(chosen) == 1 == len(trial.entries) else None if chosen else Fraction(0)
    none = () if trial.entries else (Fraction(-1 if any(option.truth == 1 for option in key.options) else 1),)
    ticked = [nearest(option.ticked) for option in key.options if option.key in trial.entries]
    return min(Fraction(1), max(Fraction(0), sum((*ticked, *none), Fraction(0))))


TARGET = Target("Moodle", _share)
