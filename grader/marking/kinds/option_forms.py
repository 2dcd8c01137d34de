"""How the options of a choice are shown where they are numbers: all in the same form."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from grader.marking.comparing.compare import as_fraction_of_ball
from grader.maths.options import SIGNIFICANT
from grader.maths.show import exact_number, nested, terminating
from grader.maths.systems import BALL, EXACT, as_fraction

SHORT, SHORT_WHOLE = 7, 12  # characters of a fraction, and of a whole number, that is shown exactly
ENDING = 6  # decimals up to which a number is shown exactly where the problem is typed in decimals


@dataclass(frozen=True)
class Form:
    """A way to show all options of a part.

    show: Value -> text, or None where it has no such form; rounds: whether different values may look the same.
    """

    show: Callable
    rounds: bool = False


def forms_of(right, decimals, digits, typed_in_decimals):
    """The Forms that the right Value has, the best first.

    decimals: to which options are rounded; digits: those that the part asks for, or None; typed_in_decimals: whether the values
    that the answer comes from are.
    """
    forms = []
    if digits is not None or typed_in_decimals:
        forms.append(Form(lambda value: _ending(value, ENDING if digits is None else digits)))
    if digits is None:
        forms.append(Form(_short))
    small = digits is None and decimals > ENDING
    forms.append(Form(_powers_of_ten if small else lambda value: _rounded(value, decimals), rounds=True))
    return [form for form in forms if form.show(right) is not None]


def _short(value):
    """Whole numbers and short fractions."""
    if value.system is not EXACT:
        return None
    texts = [exact_number(entry) for entry in value.array.flat]
    if any(len(text) > (SHORT if "/" in text else SHORT_WHOLE) for text in texts):
        return None
    return nested(value.array, exact_number)


def _ending(value, places):
    """Decimals that end."""
    if value.system is not EXACT or any(terminating(as_fraction(entry), places) is None for entry in value.array.flat):
        return None
    return nested(value.array, lambda entry: terminating(as_fraction(entry), places))


def _rounded(value, places):
    """Decimals rounded to so many places."""
    return nested(value.array, lambda entry: _decimal(entry, places))


def _powers_of_ten(value):
    """Powers of ten, for numbers that are very small."""
    return nested(value.array, lambda entry: _power_of_ten(float(BALL.element(entry).mid())))


def _power_of_ten(number):
    digits, exponent = f"{number:.{SIGNIFICANT - 1}e}".split("e")
    return f"{digits}e{int(exponent)}"


def _decimal(entry, places):
    exact = as_fraction_of_ball(entry) if hasattr(entry, "mid") else as_fraction(entry)
    units = floor(abs(exact) * 10**places + Fraction(1, 2))
    digits = str(units).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if exact < 0 and units else text
