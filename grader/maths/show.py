"""Values and formulas as text: exact where they are rational, certified digits otherwise."""

import numpy as np

from grader.maths.graph import is_number, make, spelled_out
from grader.maths.ops import OPS
from grader.maths.systems import BALL, EXACT, FLOAT, as_fraction

DIGITS = 6  # significant digits of a decimal that does not end
LONG = 12  # characters of a fraction above which a step shows a decimal
DEEPEST = 80  # operations inside each other, below which a formula is cut
MOVING = frozenset({"reshape", "broadcast_to"})  # these only move entries, and are not shown
RIGHT = frozenset({"subtract", "divide", "matmul"})  # a right operand that binds as loosely needs brackets
USUAL = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}  # settings of a convolution that are not told


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


def short_text(array, system):
    """A value as a worked step shows it: fractions while they are short, else decimals; `≈` in front where digits are cut."""
    cut = []

    def show(element):
        exact = exact_number(element) if system is EXACT else ""
        if exact and len(exact) <= LONG:
            return exact
        ending = terminating(as_fraction(element), 10) if exact else None
        cut.append(ending is None)
        return ending or decimal_number(element, system)

    text = nested(array, show)
    return f"≈ {text}" if any(cut) else text


def decimal_text(array, system, digits=DIGITS):
    """A value in decimals."""
    return nested(array, lambda element: decimal_number(element, system, digits))


class Formulas:
    """Nodes as formulas, stopping at nodes that have a name.

    names: node -> name; values: a function node -> text of its value, to put numbers in for names, or None.
    """

    def __init__(self, names, values=None):
        self.names, self.values, self.depth = dict(names), values, 0

    def __call__(self, node, level=0, top=True):
        """The formula of a node, in brackets where it binds more loosely than `level`; its own name is not used at the top."""
        if self.depth > DEEPEST:
            return "..."
        self.depth += 1
        try:
            return self._formula(node, level, top)
        finally:
            self.depth -= 1

    def _formula(self, node, level, top):
        node, top = self._opened(node, top)
        if node.op == "constant":
            return _bracketed(self._constant(node), level)
        if node.op == "given" or (not top and node in self.names):
            if self.values and not top:
                return _bracketed(self.values(node), level)
            return self.names.get(node, node.settings.get("name"))
        if node.op == "index" and node.inputs[0] in self.names and self.values:
            return _bracketed(self.values(node), level)
        if node.op == "index" and node.inputs[0] not in self.names and (entry := listed_entry(node)) is not None:
            return self(entry, level, top)
        if node.op in MOVING:
            return self(node.inputs[0], level, False)
        if _is_square(node):
            return self._squared(node, level)
        if node.op == "concat" and all(child.op == "reshape" for child in node.inputs):
            return "[" + ", ".join(self(child.inputs[0], 0, False) for child in node.inputs) + "]"
        if (plainer := _plainer(node)) is not None:
            return self(plainer, level, False)
        return self._by_template(node, level)

    def _squared(self, node, level):
        """A square; that of the entries of a matrix is no power."""
        if sum(size != 1 for size in node.shape) < 2:
            return _in_brackets(self(node.inputs[0], 31, False) + "^2", level > 30)
        factor = self(node.inputs[0], 21, False)
        return _in_brackets(f"{factor} ∘ {factor}", level > 20)

    def _opened(self, node, top):
        """The node to show for a transparent one: itself where it is called by its name, else its definition."""
        plain = spelled_out(node)
        while node.transparent and (top or plain.op == "constant" or node not in self.names):
            node, top = node.expansion, False
        return node, top

    def _by_template(self, node, level):
        row = OPS[node.op]
        inner = row.level if row.level < 100 else 0
        parts = [self(child, inner + (position > 0 and node.op in RIGHT), False) for position, child in enumerate(node.inputs)]
        text = row.text.format(*parts, all=", ".join(parts), **self._settings(node))
        return _in_brackets(text, row.level < level)

    def _constant(self, node):
        entries = node.settings["entries"]
        if len(set(entries)) == 1:
            return exact_number(entries[0])
        return nested(np.array(entries, dtype=object).reshape(node.shape), exact_number)

    @staticmethod
    def _settings(node):
        settings = dict(node.settings)
        if "key" in settings:
            settings["key"] = ", ".join(_key(part) for part in settings["key"])
        if node.op.startswith("conv2d"):
            settings["more"] = _told(settings, USUAL)
        if node.op.endswith("_pool"):
            settings["more"] = _told(settings, {"size": None, "stride": settings["size"], "padding": (0, 0)})
        return settings


def _plainer(node):
    """What a product with 1 (or with 1, 1, ... times a number) and a twice transposed matrix are shown as; None for all else."""
    if node.op == "permute" and node.inputs[0].op == "permute":
        inner, axes = node.inputs[0], node.settings["axes"]
        return inner.inputs[0] if [inner.settings["axes"][axis] for axis in axes] == list(range(node.rank)) else None
    if node.op != "multiply":
        return None
    for one, other in (node.inputs, node.inputs[::-1]):
        if other.shape == node.shape and _is_one(one):
            return other
        factor = one.inputs[1] if one.op == "multiply" and _is_one(one.inputs[0]) else one
        if other.shape == node.shape and factor is not one and not factor.rank:
            return make("multiply", factor, other)
    return None


def _is_square(node):
    """Whether a node is a product with itself, or the square of a matrix's entries."""
    if node.op == "power":
        return sum(size != 1 for size in node.shape) > 1 and is_number(node.inputs[1], 2)
    return node.op == "multiply" and node.inputs[0] is node.inputs[1]


def _is_one(node):
    node = spelled_out(node)
    return node.op == "constant" and set(node.settings["entries"]) == {1}


def listed_nodes(node):
    """The nodes that a list is made of (`[a, b, c]`), none where a node is no list."""
    if node.op != "concat" or not all(child.op == "reshape" for child in node.inputs):
        return ()
    members = tuple(child.inputs[0] for child in node.inputs)
    return members if len(members) == node.shape[0] and all(one.shape == node.shape[1:] for one in members) else ()


def listed_entry(node):
    """The node that an index picks out of a list of nodes (`[a, b, c][1]` is b), or None."""
    members, key = listed_nodes(node.inputs[0]), node.settings["key"]
    return members[key[0]] if members and len(key) == 1 and isinstance(key[0], int) else None


def _told(settings, usual):
    """The settings of a convolution or pooling that are not the usual ones: `, stride=2`."""
    told = [(name, settings[name]) for name, plain in usual.items() if settings[name] != plain]
    return "".join(f", {name}={both[0] if both[0] == both[1] else both}" for name, both in told)


def _bracketed(text, level):
    """A value as an operand: fractions and negative numbers get brackets where the operator needs them."""
    own = 100 if text.startswith("[") else 15 if text.startswith(("-", "≈")) else 20 if "/" in text else 100
    return _in_brackets(text.removeprefix("≈ "), own < level and not text.startswith("≈"))


def _in_brackets(text, needed):
    return f"({text})" if needed else text


def _key(part):
    if not isinstance(part, slice):
        return str(part)
    return f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"
