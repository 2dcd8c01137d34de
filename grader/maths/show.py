"""Values and formulas as text: exact where they are rational, certified digits otherwise."""

from fractions import Fraction

import numpy as np

from grader.maths.ops import OPS
from grader.maths.systems import BALL, EXACT, FLOAT, as_fraction

DIGITS = 6


def exact_number(element):
    """A rational element as `3` or `-3/2`."""
    value = as_fraction(element)
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def terminating(value, places=8):
    """The decimal of a Fraction where it ends within `places`, else None."""
    denominator, twos, fives = value.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    decimals = max(twos, fives)
    if denominator != 1 or decimals > places:
        return None
    digits = str(abs(value.numerator) * 10**decimals // value.denominator).rjust(decimals + 1, "0")
    text = digits if not decimals else f"{digits[:-decimals]}.{digits[-decimals:]}"
    return ("-" if value < 0 else "") + text


def decimal_number(element, system, digits=DIGITS):
    """An element in decimals: all of them where they end soon, else that many significant digits."""
    if system is EXACT:
        value = as_fraction(element)
        return terminating(value) or significant(value, digits)
    if system is BALL:
        return element.str(digits, radius=False)
    return f"{element:.{digits}g}" if system is FLOAT else str(element)


def significant(value, digits=DIGITS):
    """A Fraction rounded to significant digits."""
    if value == 0:
        return "0"
    from flint import arb

    return (arb(value.numerator) / value.denominator).str(digits, radius=False)


def nested(array, show):
    """An array as nested brackets, each entry by `show`."""
    array = np.asarray(array, dtype=object)
    if array.ndim == 0:
        return show(array[()])
    return "[" + ", ".join(nested(part, show) for part in array) + "]"


def exact_text(array, system):
    """A value in exact form where it is rational, else in certified digits with a leading `≈`."""
    if system is EXACT:
        return nested(array, exact_number)
    return "≈ " + decimal_text(array, system)


def decimal_text(array, system, digits=DIGITS):
    """A value in decimals."""
    return nested(array, lambda element: decimal_number(element, system, digits))


def fractions(array):
    """A rational array as nested lists of Fractions."""
    if array.ndim == 0:
        return as_fraction(array[()])
    return [fractions(part) for part in array]


class Formulas:
    """Nodes as formulas, stopping at nodes that have a name. `values` (a function node -> text, or None) puts numbers in for
    names."""

    def __init__(self, names, values=None, style="text"):
        self.names, self.values, self.style = dict(names), values, style

    def __call__(self, node, level=0, top=True):
        """The formula of a node; the node's own name is not used at the top."""
        if not top and node in self.names:
            return self.values(node) if self.values else self.names[node]
        if node.op == "constant":
            text = self._constant(node)
            return f"({text})" if level > 10 and text.startswith("-") else text
        row = OPS[node.op]
        if node.op == "given":
            return self.values(node) if self.values and not top else node.settings["name"]
        if node.op in TRANSPARENT:
            return self(node.inputs[0], level, False)
        if node.op in SPELLED_OUT:
            return self(node.expansion, level, False)
        if node.op == "multiply" and node.inputs[0] is node.inputs[1]:
            return self(node.inputs[0], 31, False) + "^2"
        if node.op == "concat" and all(child.op == "reshape" for child in node.inputs):
            return "[" + ", ".join(self(child.inputs[0], 0, False) for child in node.inputs) + "]"
        template = row.text
        inner = row.level if row.level < 100 else 0
        parts = [self(child, inner + (position > 0 and node.op in RIGHT), False) for position, child in enumerate(node.inputs)]
        text = template.format(*parts, all=", ".join(parts), **self._settings(node))
        return f"({text})" if row.level < level else text

    def _constant(self, node):
        entries = np.array([EXACT.element(entry) for entry in node.settings["entries"]], dtype=object)
        if entries.size > 1 and len(set(node.settings["entries"])) == 1:
            return exact_number(entries[0])
        return nested(entries.reshape(node.shape), exact_number)

    @staticmethod
    def _settings(node):
        settings = dict(node.settings)
        if "key" in settings:
            settings["key"] = ", ".join(_key(part) for part in settings["key"])
        return settings


TRANSPARENT = frozenset({"reshape", "broadcast_to"})  # these only move entries
SPELLED_OUT = frozenset(
    {
        "squared_error",
        "absolute_error",
        "binary_cross_entropy",
        "binary_cross_entropy_logits",
        "cross_entropy",
        "cross_entropy_probabilities",
        "hinge",
        "batch_norm",
        "batch_norm_test",
        "dropout",
        "trace",
    }
)  # shown through their definitions
RIGHT = frozenset({"subtract", "divide", "matmul"})


def _key(part):
    if not isinstance(part, slice):
        return str(part)
    return f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"


def half_up(value, places):
    """A Fraction rounded to that many decimals, halves away from zero."""
    scaled = abs(value) * 10**places
    whole = int(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**places)
