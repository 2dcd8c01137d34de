"""One entry of an array worked out in full, as an example: `1 * 2 + 0 * 3`, the largest of a window, the first of a long list."""

import numpy as np

from grader.maths.graph import spelled_out
from grader.maths.ops import OPS
from grader.maths.show import MOVING, _in_brackets
from grader.maths.step_formulas import _bracketed

MOST_TERMS = 10  # products that are added up in an example
WINDOWS = frozenset({"conv2d", "max_pool", "average_pool"})
PRODUCTS = frozenset({"matmul", *WINDOWS})


def kind_of(node, names):
    """What an example would show of a step: `matmul`, `outer`, a kind of window, or `entries` for all else."""
    node = opened(node, names)
    for part in (node, *node.inputs) if node.op in ("add", "subtract") else (node,):
        part = part if part is node else opened(part, names) if part not in names else part
        if part.op in WINDOWS and (part is node or part not in names):
            return part.op
        if part.op == "matmul" and (part is node or part not in names):
            return "matmul" if _inner(part) > 1 else "outer"
    return "entries"


def opened(node, names=(), top=True):
    """A node behind definitions and moves of its entries; named ones stay, but for the first."""
    while (top or node not in names) and (node.op in MOVING or (node.transparent and node.op not in WINDOWS)):
        node, top = node.expansion if node.transparent else node.inputs[0], False
    return node


def _inner(node):
    left = node.inputs[0]
    return left.shape[-1] if left.rank else 1


class Entry:
    """An entry of a node as text, with the numbers of entries put in.

    names: the nodes that stand as numbers; entries: node -> array of texts.
    """

    def __init__(self, names, entries):
        self.names, self.entries = names, entries

    def __call__(self, node, place):
        """The text for the entry at a place; None where there is no short one."""
        try:
            text = self._of(node, place, 0, True)
        except _NoExample:
            return None
        return text

    def _of(self, node, place, level, top=False):
        if not top and (node in self.names or spelled_out(node).op in ("constant", "given")):
            return self._number(node, place, level)
        if node.op in WINDOWS:
            return self._window(node, place, level)
        if node.transparent:
            return self._of(node.expansion, place, level)
        if node.op == "matmul":
            return self._products(node, place, level)
        if node.op in ("conv2d",):
            return self._window(node, place, level)
        if node.op == "reshape":
            moved = np.unravel_index(np.ravel_multi_index(place, node.shape) if node.shape else 0, node.inputs[0].shape)
            return self._of(node.inputs[0], tuple(map(int, moved)), level)
        if node.op == "broadcast_to":
            return self._of(node.inputs[0], _aligned(place, node.inputs[0].shape), level)
        if node.op == "permute":
            moved = [0] * node.rank
            for position, axis in enumerate(node.settings["axes"]):
                moved[axis] = place[position]
            return self._of(node.inputs[0], tuple(moved), level)
        row = OPS[node.op]
        if row.aligned and row.text and node.inputs:
            return self._entry_by_entry(row, node, place, level)
        if not node.rank:
            return self._number(node, place, level)
        raise _NoExample

    def _number(self, node, place, level):
        return _bracketed(str(self.entries(node)[place]), level)

    def _entry_by_entry(self, row, node, place, level):
        if node.op == "multiply" and node.inputs[0] is node.inputs[1]:
            return _in_brackets(self._of(node.inputs[0], place, 31) + "^2", level > 30)
        if node.op == "active":
            return f"active({self._of(node.inputs[1], _aligned(place, node.inputs[1].shape), 0)})"
        inner = row.level if row.level < 100 else 0
        right = inner + (node.op in ("subtract", "divide"))
        parts = [
            self._of(child, _aligned(place, child.shape), right if position else inner)
            for position, child in enumerate(node.inputs)
        ]
        if node.op in ("add", "subtract") and parts[1].startswith("-"):
            parts[1] = f"({parts[1]})"
        return _in_brackets(row.text.format(*parts, **node.settings), row.level < level)

    def _products(self, node, place, level):
        left, right = node.inputs
        row = (place[: left.rank - 1]) if left.rank else ()
        column = place[max(left.rank - 1, 0) :]
        terms = [f"{self._plain(left, (*row, k), 20)} * {self._plain(right, (k, *column), 20)}" for k in range(_inner(node))]
        return self._added(terms, level)

    def _plain(self, node, place, level):
        """A number of a factor, behind whatever it is worked out from."""
        return _bracketed(str(self.entries(node)[place]), level)

    def _added(self, terms, level):
        if len(terms) > MOST_TERMS:
            raise _NoExample
        return _in_brackets(" + ".join(terms), level > 10 and len(terms) > 1)

    def _window(self, node, place, level):
        image = self.entries(node.inputs[0])
        padding, stride = node.settings["padding"], node.settings["stride"]
        dilation = node.settings.get("dilation", (1, 1))
        kernel = self.entries(node.inputs[1]) if node.op == "conv2d" else None
        sides = kernel.shape[-2:] if kernel is not None else node.settings["size"]
        corner = [at * step - extra for at, step, extra in zip(place[-2:], stride, padding, strict=True)]
        cells = []
        for i, j in np.ndindex(*sides):
            row, column = corner[0] + i * dilation[0], corner[1] + j * dilation[1]
            if 0 <= row < image.shape[-2] and 0 <= column < image.shape[-1]:
                cells.append(((i, j), (row, column)))
        if node.op != "conv2d":
            return self._pooled(node, [image[(*place[:-2], *where)] for _, where in cells], np.prod(sides), level)
        number, output = place[-4], place[-3]
        terms = [
            f"{_bracketed(str(image[number, channel, *where]), 20)} * {_bracketed(str(kernel[output, channel, *inside]), 20)}"
            for channel in range(image.shape[1])
            for inside, where in cells
        ]
        return self._added(terms, level)

    def _pooled(self, node, numbers, size, level):
        numbers = [str(one) for one in numbers]
        if len(numbers) > MOST_TERMS:
            raise _NoExample
        if node.op == "max_pool":
            return f"max({', '.join(numbers)})"
        total = " + ".join(f"({one})" if position and one.startswith("-") else one for position, one in enumerate(numbers))
        return _in_brackets(f"({total}) / {size}", level > 20)


class _NoExample(Exception):
    """No entry can be shown in a short line."""


def _aligned(place, shape):
    """The place of an entry in an operand that is repeated along axes."""
    own = place[len(place) - len(shape) :] if shape else ()
    return tuple(0 if size == 1 else at for at, size in zip(own, shape, strict=True))
