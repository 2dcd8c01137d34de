"""Formulas of worked steps, as a person would write them: no factors of 1, no signs twice, the formulas of sizes in full."""

from fractions import Fraction

import numpy as np

from grader.maths.graph import is_number, spelled_out
from grader.maths.ops import OPS
from grader.maths.show import MOVING, Formulas, _in_brackets, _is_square, _plainer, listed_entry, nested
from grader.maths.show import exact_number as number_of

SHORT_LIST = 12  # entries of a constant array that is written out
PICKED = frozenset({"place", "index", "concat", "permute", "reshape", "broadcast_to", "pad", "one_hot", "flip"})
SUMS = frozenset({"add", "subtract"})
PRODUCTS = frozenset({"multiply", "divide", "negate"})


def _bracketed(text, level):
    """A value as an operand: fractions and negative numbers get brackets where the operator needs them."""
    text = text.removeprefix("≈ ")
    own = 100 if text.startswith("[") else 15 if text.startswith("-") else 20 if "/" in text else 100
    return _in_brackets(text, own < level)


class StepFormulas(Formulas):
    """Nodes as formulas of a worked solution, with names or (`values`) with the numbers put in.

    numbers: node -> text of its value, or None where a node has none.
    """

    def __init__(self, names, numbers=None, values=False):
        super().__init__(names, numbers if values else None)
        self.numbers = numbers

    def _formula(self, node, level, top):
        while True:
            if not top and (node in self.names or spelled_out(node).op == "given"):
                break
            if node.op in WRITTEN:
                return WRITTEN[node.op](self, node, level)
            if not node.transparent:
                break
            node, top = node.expansion, False
        if spelled_out(node).op == "constant":
            return _bracketed(self._constant(spelled_out(node)), level)
        if node.op == "given" or (not top and node in self.names):
            if self.values and not top:
                return _bracketed(self.values(node), level)
            return self.names.get(node) or node.settings.get("name")
        if node.op == "index":
            return self._picked(node, level, top)
        if node.op in MOVING:
            return self(node.inputs[0], level, False)
        if node.op in SUMS:
            return self._sum(node, level)
        if _is_square(node):
            return self._squared(node, level)
        if node.op == "power":
            base, exponent = node.inputs
            return _in_brackets(f"{self(base, 31, False)}^{self(exponent, 31, False)}", level > 30)
        if node.op in PRODUCTS or (node.op == "matmul" and self._has_number(node)):
            return self._product(node, level)
        if (plainer := _plainer(node)) is not None:
            return self(plainer, level, False)
        return self._other(node, level)

    def _other(self, node, level):
        if self.numbers and node.op in PICKED and _of_constants(node) and np.prod(node.shape) <= SHORT_LIST:
            return _bracketed(self.numbers(node), level)
        if node.op == "concat" and all(child.op == "reshape" for child in node.inputs):
            return "[" + ", ".join(self._array(child.inputs[0]) for child in node.inputs) + "]"
        if node.op == "place":
            return self._placed([node]) or _in_brackets(self._by_template(node, 0), False)
        if node.op in ("conv2d_kernel_gradient", "conv2d_input_gradient") and (text := self._correlated(node)):
            return text
        return self._by_template(node, level)

    def _by_template(self, node, level):
        row = OPS[node.op]
        inner = row.level if row.level < 100 else 0
        right = inner + (node.op == "matmul")
        operand = self._operand if row.aligned or row.level < 100 else self._array
        parts = [operand(child, right if position else inner) for position, child in enumerate(node.inputs)]
        text = row.text.format(*parts, all=", ".join(parts), **self._settings(node))
        return _in_brackets(text, row.level < level)

    def _operand(self, node, level):
        return self(node, level, False)

    def _array(self, node, level=0):
        """An operand of an operation on whole arrays: a constant is written out, or told by its size."""
        plain = self._below(node)
        if plain.op == "constant" and plain.rank:
            entries = plain.settings["entries"]
            long_axes = [size for size in plain.shape if size != 1] or [1]
            if len(entries) <= SHORT_LIST:
                return nested(np.array(entries, dtype=object).reshape(long_axes), number_of)
            if len(set(entries)) == 1 and entries[0] in (0, 1):
                return f"{'ones' if entries[0] else 'zeros'}({', '.join(map(str, long_axes))})"
        return self(node, level, False)

    # --- sums and products ---

    def _opened_part(self, node):
        """A part of a sum or product down to what is shown for it; named ones stay."""
        while node not in self.names and (node.transparent or node.op in MOVING) and node.op not in WRITTEN:
            node = node.expansion if node.transparent else node.inputs[0]
        return node

    def _below(self, node):
        """What is behind moves of entries and definitions; named ones stay."""
        while node not in self.names and (node.transparent or node.op in MOVING):
            node = node.expansion if node.transparent else node.inputs[0]
        return node

    def terms(self, node):
        """(sign, node) for every term of a sum; those that are 0 by definition are left out."""
        found, waiting = [], [(1, node, True)]
        while waiting:
            sign, one, top = waiting.pop()
            part = one if top else self._opened_part(one)
            if part.op in SUMS and (top or part not in self.names) and (sign > 0 or top):
                waiting.append((1 if part.op == "add" else -1, part.inputs[1], False))
                waiting.append((1, part.inputs[0], False))
            elif part.op == "total" and (top or part not in self.names) and sign > 0:
                waiting += [(1, child, False) for child in reversed(part.inputs)]
            else:
                found.append((sign, one))
        kept = [(sign, one) for sign, one in found if not _is_nothing(spelled_out(one)) and (sign > 0 or not is_number(one, 0))]
        return kept or found[:1]

    def _sum(self, node, level):
        terms = self.terms(node)
        if len(terms) == 1 and terms[0][0] > 0:
            return self(terms[0][1], level, False)
        if placed := self._placed([self._opened_part(one) if sign > 0 else one for sign, one in terms]):
            return placed
        text = ""
        for sign, one in terms:
            part = self(one, 11 if sign < 0 else 10, False)
            if not text:
                text = f"-{part}" if sign < 0 else part
            elif sign < 0:
                text += f" - {f'({part})' if part.startswith('-') else part}"
            elif part.startswith("-"):
                text += f" + ({part})" if self._is_value(one) else f" - {part[1:]}"
            else:
                text += f" + {part}"
        return _in_brackets(text, level > 10)

    def _is_value(self, node):
        """Whether a number stands for the node, whose sign must not look like an operation."""
        plain = self._opened_part(node)
        return bool(self.values) and (plain in self.names or plain.op in ("given", "index"))

    def _placed(self, terms):
        """Gradients of entries, put into one list: `[a, b, c]`; None where they do not make one."""
        if not all(one.op == "place" for one in terms):
            return None
        (shape,) = {one.shape for one in terms} if len({one.shape for one in terms}) == 1 else (None,)
        if shape is not None and len(terms) == 1 and np.prod(shape) == 1:
            return self(terms[0].inputs[0], 0, False)
        if not shape or len(shape) > 1 or shape[0] > SHORT_LIST:
            return None
        pieces = {}
        for one in terms:
            key = one.settings["key"][0]
            places = range(shape[0])[key] if isinstance(key, slice) else [range(shape[0])[key]]
            if any(place in pieces for place in places) or (len(places) > 1 and len(terms) > 1 and isinstance(key, slice)):
                return self._joined(terms, shape[0])
            if len(places) > 1:
                return None
            pieces[places[0]] = self(one.inputs[0], 0, False)
        return "[" + ", ".join(pieces.get(place, "0") for place in range(shape[0])) + "]"

    def _joined(self, terms, length):
        """Gradients of slices that lie side by side: `concat(a, b, c)`; None where they do not."""
        ranges = []
        for one in terms:
            key = one.settings["key"][0]
            places = range(length)[key] if isinstance(key, slice) else range(length)[key : key + 1 or None]
            ranges.append((places.start, places.stop, one))
        ranges.sort(key=lambda row: row[:2])
        starts, stops = [row[0] for row in ranges], [row[1] for row in ranges]
        if starts != [0, *stops[:-1]] or stops[-1] != length:
            return None
        return "concat(" + ", ".join(self(one.inputs[0], 0, False) for _, _, one in ranges) + ")"

    def _factors(self, node):
        """(sign, factors above the line, factors below it) of a product or quotient."""
        sign, above, below, over, under = 1, [], [], Fraction(1), Fraction(1)
        waiting = [(1, node, True)]
        while waiting:
            way, one, top = waiting.pop()
            part = one if top else self._opened_part(one)
            number = _number(part)
            square = part.op == "multiply" and part.inputs[0] is part.inputs[1]
            if number is not None and (way > 0 or number):
                over, under = (over * number, under) if way > 0 else (over, under * number)
            elif part.op in PRODUCTS and not square and (top or part not in self.names):
                if part.op == "negate":
                    sign = -sign
                else:
                    waiting.append((way if part.op == "multiply" else -way, part.inputs[1], False))
                waiting.append((way, part.inputs[0], False))
            elif part.op == "matmul" and (top or part not in self.names) and self._has_number(part):
                waiting += [(way, self._flat(child), False) for child in reversed(part.inputs)]
            else:
                (above if way > 0 else below).append(one)
        if over * under < 0:
            sign = -sign
        over, under = abs(over), abs(under)
        if over != 1 and under != 1:
            over, under = Fraction((over / under).numerator), Fraction((over / under).denominator)
        above = [_Factor(str(over)), *above] if over != 1 else above
        below = [_Factor(str(under)), *below] if under != 1 else below
        return sign, above, below

    def _product(self, node, level):
        sign, above, below = self._factors(node)
        if sign > 0 and len(above) == 1 and not below:
            return self._factor(above[0], level)
        text = self._multiplied(above) or "1"
        if below:
            under = [self._factor(one, 21) for one in below]
            if len(above) == 1 and isinstance(above[0], _Factor) and "/" in text:
                text = f"({text})"
            divisor = under[0] if len(under) == 1 else f"({' * '.join(under)})"
            text = f"{text} / {f'({divisor})' if '/' in divisor and divisor[0] != '(' else divisor}"
        if sign < 0:
            return _in_brackets(f"-{f'({text})' if text.startswith('-') else text}", level > 15)
        return _in_brackets(text, level > 20)

    def _multiplied(self, factors):
        """Factors with their signs: ∘ between arrays, which are multiplied entry by entry."""
        text, spread = "", False
        for position, one in enumerate(factors):
            array = not isinstance(one, _Factor) and any(size != 1 for size in self._below(one).shape)
            sign = "" if not position else " ∘ " if array and spread else " * "
            text += sign + self._factor(one, 20 + (position > 0))
            spread = spread or array
        return text

    def _factor(self, one, level):
        return one.text if isinstance(one, _Factor) else self(one, level, False)

    def _has_number(self, node):
        """Whether a factor of a matrix product is a single number, so that it is an ordinary product."""
        return any(self._flat(child).shape == () for child in node.inputs)

    def _flat(self, node):
        """A factor of a product with a number, without what only turns a vector or number around."""
        while node not in self.names and (
            node.op in MOVING
            or (node.transparent and node.op not in WRITTEN)
            or (node.op in ("permute", "row") and sum(size != 1 for size in node.shape) <= 1)
        ):
            node = node.expansion if node.transparent else node.inputs[0]
        return node

    # --- what has a form of its own ---

    def _picked(self, node, level, top):
        whole = node.inputs[0]
        if whole not in self.names:
            below = self._below(whole)
            if (entry := listed_entry(node)) is not None:
                return self(entry, level, top)
            if below.rank == 0:
                return self(below, level, False)
            if self.numbers and _of_constants(node) and np.prod(node.shape) <= SHORT_LIST:
                return _bracketed(self.numbers(node), level)
        elif self.values:
            return _bracketed(self.values(node), level)
        elif _same_along_axes(whole, self.numbers):
            return self(whole, level, False)
        return self._by_template(node, level)

    def _correlated(self, node):
        """The gradient of a convolution with stride 1 as another convolution: over the image, or with the kernel turned."""
        upstream, other = node.inputs
        plain = node.settings["stride"] == (1, 1) and node.settings["dilation"] == (1, 1)
        if not plain or any(size != 1 for size in (*upstream.shape[:2], *other.shape[:2])):
            return None
        padding = node.settings["padding"]
        if node.op == "conv2d_kernel_gradient":
            return f"conv2d({self._array(other)}, {self._array(upstream)}{_padded(padding)})"
        around = tuple(size - 1 - extra for size, extra in zip(other.shape[-2:], padding, strict=True))
        if min(around) < 0:
            return None
        return f"conv2d({self._array(upstream)}, flip({self._array(other)}){_padded(around)})"


def _number(node):
    """The number that a part of the question is, also as an entry of a list or everywhere in an array; else None."""
    node = spelled_out(node)
    if node.op == "index" and not node.rank and spelled_out(node.inputs[0]).op == "constant":
        whole = spelled_out(node.inputs[0])
        return np.array(whole.settings["entries"], dtype=object).reshape(whole.shape)[node.settings["key"]]
    entries = set(node.settings["entries"]) if node.op == "constant" else ()
    return next(iter(entries)) if len(entries) == 1 else None


class _Factor:
    """A factor that is a number of the formula."""

    def __init__(self, text):
        self.text = text


def _padded(padding):
    return f", padding={padding[0] if padding[0] == padding[1] else padding}" if any(padding) else ""


def _is_nothing(node):
    """Whether a node is a product with the constant 0, as layers without parameters have."""
    return node.op == "multiply" and not node.rank and any(is_number(child, 0) for child in node.inputs)


def _of_constants(node):
    """Whether entries of constants are moved about, and nothing is worked out."""
    node = spelled_out(node)
    return node.op == "constant" or (node.op in PICKED and all(map(_of_constants, node.inputs)))


def _same_along_axes(node, numbers):
    """Whether a list has the same receptive field along each axis, from the same numbers, so that one of them says all."""
    node = spelled_out(node)
    listed = node.op == "concat" and all(child.op == "reshape" for child in node.inputs)
    members = [child.inputs[0] for child in node.inputs] if listed else []
    if len(members) < 2 or numbers is None or any(one.op != "receptive_field" for one in members):
        return False
    return len({tuple(map(numbers, one.inputs)) for one in members}) == 1


# --- formulas of rows that are shown as their definition ---


def _window_count(formulas, node, level):
    size, kernel, stride, padding, dilation = node.inputs
    reach = formulas(kernel, 11, False)
    if not is_number(dilation, 1):
        reach = f"({formulas(dilation, 20, False)} * ({formulas(kernel, 11, False)} - 1) + 1)"
    around = "" if is_number(padding, 0) else f" + 2 * {formulas(padding, 21, False)}"
    steps = f"({formulas(size, 10, False)}{around} - {reach}) / {formulas(stride, 21, False)}"
    text = f"{steps} + 1" if is_number(stride, 1) else f"{node.settings['rounding']}({steps}) + 1"
    return _in_brackets(text, level > 10)


def _same_window_count(formulas, node, level):
    size, _, stride, _ = node.inputs
    if is_number(stride, 1):
        return formulas(size, level, False)
    return f"ceil({formulas(size, 20, False)} / {formulas(stride, 21, False)})"


def _conv_weights(formulas, node, level):
    channels, filters, groups, *kernel = node.inputs
    seen = formulas(channels, 21, False)
    if not is_number(groups, 1):
        seen = f"({formulas(channels, 20, False)} / {formulas(groups, 21, False)})"
    text = " * ".join([*(formulas(side, 21, False) for side in kernel), seen, formulas(filters, 21, False)])
    return _in_brackets(text, level > 20)


def _receptive_field(formulas, node, level):
    field, kernel, dilation, jump, _ = node.inputs
    text = f"{formulas(field, 10, False)} + ({formulas(kernel, 11, False)} - 1)"
    for factor in (dilation, jump):
        shown = formulas(factor, 20, False)
        text += "" if shown == "1" else f" * {shown}"
    return _in_brackets(text, level > 10)


def _trace(formulas, node, level):
    return f"trace({formulas(node.inputs[0], 0, False)})"


def _total(formulas, node, level):
    return formulas._sum(node, level)


WRITTEN = {
    "window_count": _window_count,
    "same_window_count": _same_window_count,
    "conv_weights": _conv_weights,
    "receptive_field": _receptive_field,
    "trace": _trace,
    "total": _total,
}
