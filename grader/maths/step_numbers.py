"""Numbers as a worked step shows them: short, in the way in which the question writes its own."""

from functools import lru_cache

import numpy as np

from grader.maths.show import nested, significant, terminating
from grader.maths.systems import EXACT, as_fraction

LARGEST_DENOMINATOR, LARGEST_NUMERATOR = 64, 999  # of a fraction that a person would write
MOST_DIGITS = 7  # of a decimal that ends; longer ones are rounded
MOST_WHOLE = 15  # digits of a whole number; longer ones are rounded


class StepNumbers:
    """Texts of the values of nodes; called with a node it gives all of its value, with `≈` in front where digits are cut.

    value: node -> object with `array` and `system`; decimals: whether decimals that end are preferred to fractions; typed: the
    names of given values that the question writes in decimals, as they are shown then.
    """

    def __init__(self, value, decimals=False, typed=()):
        self.value, self.decimals, self.typed, self._known = value, decimals, frozenset(typed), {}

    def __call__(self, node):
        texts, cut = self._texts(node)
        text = nested(texts, str)
        return f"≈ {text}" if cut else text

    def entries(self, node):
        """The texts of the entries, as an array."""
        return self._texts(node)[0]

    def _texts(self, node):
        if node not in self._known:
            value = self.value(node)
            typed = node.op == "given" and node.settings["name"] in self.typed
            self._known[node] = texts_of(value.array, value.system, self.decimals or typed)
        return self._known[node]


def texts_of(array, system, decimals=False):
    """(texts of the entries as an array, whether digits are cut); the entries of one array are all fractions or all decimals."""
    array = np.asarray(array, dtype=object)
    if system is EXACT:
        values = [as_fraction(entry) for entry in array.flat]
        pairs = [_rational(one, decimals or not all(map(_is_plain, values))) for one in values]
        if any(cut for _, cut in pairs):
            pairs = [_rounded(one, *pair) for one, pair in zip(values, pairs, strict=True)]
    else:
        pairs = [_irrational(entry) for entry in array.flat]
    texts = np.empty(array.shape, dtype=object)
    for place, (text, _) in zip(np.ndindex(array.shape), pairs, strict=True):
        texts[place] = text
    return texts, any(cut for _, cut in pairs)


def _is_plain(value):
    """Whether a person would write the number as it is: whole, or a small fraction."""
    return value.denominator == 1 or (value.denominator <= LARGEST_DENOMINATOR and abs(value.numerator) <= LARGEST_NUMERATOR)


def _rounded(value, text, cut):
    """The same of an entry beside one whose digits are cut."""
    return (text, cut) if cut or value.denominator == 1 else (tidy(significant(value)), True)


@lru_cache(maxsize=4096)
def _rational(value, decimals):
    """(text, whether digits are cut) of a Fraction."""
    if value.denominator == 1:
        text = str(value.numerator)
        return (text, False) if len(text) <= MOST_WHOLE else (tidy(significant(value)), True)
    ending = terminating(value)
    if ending and len(ending.lstrip("-0.").replace(".", "")) > MOST_DIGITS:
        ending = None
    fraction = f"{value.numerator}/{value.denominator}" if _is_plain(value) else None
    exact = (ending or fraction) if decimals else (fraction or ending)
    return (exact, False) if exact else (tidy(significant(value)), True)


def _irrational(entry):
    from grader.maths.show import DIGITS

    if not hasattr(entry, "is_exact"):
        return f"{entry:.{DIGITS}g}" if isinstance(entry, float) else str(entry), True
    if entry.is_exact() and entry.is_integer():
        return tidy(entry.str(MOST_WHOLE, radius=False)), False
    return tidy(entry.str(DIGITS, radius=False)), True


def tidy(text):
    """A decimal without zeros at its end: `0.05` for `0.0500000`, `3.125e-7` for `3.12500e-7`, `0` for `0e-37`."""
    mantissa, mark, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    if not mantissa.strip("-+0."):
        return "0"
    return mantissa + (mark + exponent if exponent else "")
