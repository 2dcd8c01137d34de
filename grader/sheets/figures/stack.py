"""A layer stack: a box for each layer with its settings, from top to bottom, the size between them; paths part and join.

`sizes`: `all`, `input` (only that of the input) or `none`. Absent, it is `all` where no answer of the problem depends on the
sizes, else `input`, so that the figure does not give them away. `columns`: into how many columns a long stack is broken.
"""

from collections import Counter
from dataclasses import dataclass

from grader.maths.errors import GraderError
from grader.maths.graph import Record, reachable
from grader.sheets.figures.drawing import SMALL, WIDE, Canvas, width
from grader.sheets.figures.values import Values, sizes

ARROW = 16  # the length of an arrow without a size beside it
SIZED = 26  # and with one
TALL = 620  # above which a stack is broken into columns
LONGEST = 24  # characters of a size with symbols in it
GAP = 26


@dataclass
class Piece:
    """Something that is entered at the middle of its top and left at that of its bottom.

    left, right: how far it reaches from the middle; size: what leaves it, as text.
    """

    left: float
    right: float
    height: float
    size: str = ""

    def grow(self, wide):
        """Make a box as wide as the others of its column."""


@dataclass
class Box(Piece):
    title: str = ""
    told: str = ""
    round: float = 0

    def grow(self, wide):
        self.left = self.right = max(self.left, wide / 2)

    def draw(self, canvas, x, y):
        canvas.rect(x - self.left, y, self.left + self.right, self.height, round=self.round)
        if self.told:
            canvas.text(x, y + 12, self.title, bold=True)
            canvas.text(x, y + 27, self.told, size=SMALL)
        else:
            canvas.text(x, y + self.height / 2, self.title, bold=True)


def _box(title, told, size, round=0):
    wide = max(width(title, bold=True), width(told, SMALL), 70) + 16
    return Box(wide / 2, wide / 2, 38 if told else 24, size, title, told, round)


@dataclass
class Column(Piece):
    """Pieces one below the other."""

    pieces: tuple = ()

    def draw(self, canvas, x, y):
        for position, piece in enumerate(self.pieces):
            if position:
                y = _arrow(canvas, x, y, self.pieces[position - 1].size)
            piece.draw(canvas, x, y)
            y += piece.height


def _length(size):
    return SIZED if size else ARROW


def _arrow(canvas, x, y, size):
    """An arrow down from (x, y) with a size beside it; gives where it ends."""
    end = y + _length(size)
    canvas.line((x, y), (x, end), arrow=True)
    if size:
        canvas.text(x + 7, (y + end) / 2 - 1, size, size=SMALL, anchor="start")
    return end


def _column(pieces):
    pieces = tuple(pieces)
    if not pieces:
        return Column(6, 6, ARROW)
    wide = max((2 * piece.left for piece in pieces if isinstance(piece, Box)), default=0)
    for piece in pieces:
        piece.grow(wide)
    beside = max((7 + width(piece.size, SMALL) for piece in pieces[:-1] if piece.size), default=0)
    height = sum(piece.height for piece in pieces) + sum(_length(piece.size) for piece in pieces[:-1])
    left, right = max(piece.left for piece in pieces), max(beside, *(piece.right for piece in pieces))
    return Column(left, right, height, pieces[-1].size, pieces)


@dataclass
class Sum(Piece):
    """A path with a way around it, added at the end."""

    path: Column | None = None
    around: Column | None = None

    def draw(self, canvas, x, y):
        top = y + 8
        plus = y + self.height - 9
        canvas.line((x, y), (x, top))
        self.path.draw(canvas, x, _arrow(canvas, x, top, ""))
        canvas.line((x, top + ARROW + self.path.height), (x, plus - 9), arrow=True)
        side = x + self.path.right + 14 + self.around.left
        if self.around.pieces:
            canvas.line((x, top), (side, top), (side, top + ARROW), arrow=True)
            self.around.draw(canvas, side, top + ARROW)
            canvas.line((side, top + ARROW + self.around.height), (side, plus), (x + 9, plus), arrow=True)
        else:
            canvas.line((x, top), (side, top), (side, plus), (x + 9, plus), arrow=True)
        canvas.circle(x, plus, 9)
        canvas.line((x - 5, plus), (x + 5, plus))
        canvas.line((x, plus - 5), (x, plus + 5))


def _sum(path, around, size):
    height = 8 + ARROW + max(path.height, around.height) + ARROW + 18
    return Sum(path.left, path.right + 14 + around.left + around.right, height, size, path, around)


@dataclass
class Branch(Piece):
    """Paths side by side, joined along the channels."""

    paths: tuple = ()

    def draw(self, canvas, x, y):
        top, deepest = y + 8, max(path.height for path in self.paths)
        bottom = top + 2 * ARROW + deepest + 4
        canvas.line((x, y), (x, top))
        middles, at = [], x - self.left
        for path in self.paths:
            middles.append(at + path.left)
            at += path.left + path.right + GAP / 2
        canvas.line((min(x, middles[0]), top), (max(x, middles[-1]), top))
        for path, middle in zip(self.paths, middles, strict=True):
            canvas.line((middle, top), (middle, top + ARROW), arrow=bool(path.pieces))
            if path.pieces:
                path.draw(canvas, middle, top + ARROW)
                canvas.line((middle, top + ARROW + path.height), (middle, bottom), arrow=True)
            else:
                canvas.line((middle, top + ARROW), (middle, bottom), arrow=True)
        canvas.rect(x - self.left, bottom, self.left + self.right, 22)
        canvas.text(x, bottom + 11, JOIN, size=SMALL)


JOIN = "joined along the channels"


def _branch(paths, size):
    whole = max(sum(path.left + path.right for path in paths) + GAP / 2 * (len(paths) - 1), width(JOIN, SMALL) + 16)
    height = 8 + 2 * ARROW + max(path.height for path in paths) + 4 + 22
    return Branch(whole / 2, whole / 2, height, size, tuple(paths))


# --- from the layers to pieces ---


class Builder:
    """Turns layers into pieces and sentences; numbers unnamed layers as the layer stack itself does."""

    def __init__(self, values, net, told):
        self.values, self.net, self.sized = values, net, told == "all"
        self.numbers = Counter()

    def column(self, layers, level=""):
        """The pieces of layers and a sentence for each."""
        pieces, sentences = [], []
        for number, (kind, settings) in enumerate(layers, 1):
            piece, told = self.layer(str(kind), settings, f"{level}{number}")
            pieces.append(piece)
            sentences += told
        return pieces, sentences

    def layer(self, kind, settings, number):
        self.numbers[kind] += 1
        name = str(settings["name"]) if "name" in settings else f"{kind}{self.numbers[kind]}"
        own = f" {name}" if "name" in settings else ""
        if kind == "residual":
            path, inner = self.column(settings["layers"], f"{number}.")
            around, way = self.column(settings.get("shortcut", ()), f"{number}.s")
            size = self.size(name)
            words = "a way around them with the following layers" if way else "a way around them that passes the input on"
            told = [f"{number}: residual block{own} of {len(path)} layer{'s' * (len(path) > 1)} and {words}", *inner, *way]
            return _sum(_column(path), _column(around), size), [*told, f"end of {number}: both are added{_gives(size)}"]
        if kind == "branch":
            paths = [self.column(path, f"{number}{chr(97 + at)}.") for at, path in enumerate(settings["paths"])]
            size = self.size(name)
            told = [f"{number}: branch{own} into {len(paths)} paths side by side"]
            for at, (_, inner) in enumerate(paths):
                told += inner or [f"{number}{chr(97 + at)}: a path that passes the input on"]
            column = [_column(path) for path, _ in paths]
            return _branch(column, size), [*told, f"end of {number}: the paths are {JOIN}{_gives(size)}"]
        told = ", ".join(self.setting(key, value) for key, value in settings.items() if key != "name")
        size = self.size(name)
        title = TITLES.get(kind, kind.replace("_", " "))
        sentence = f"{number}: {title}{own}" + (f" ({told})" if told else "") + _gives(size)
        return _box(title + own, told, size), [sentence]

    def setting(self, key, text):
        """A setting in words, with numbers put in for names."""
        key = key.replace("_", " ")
        if str(text) in ("true", "false"):
            return key if text == "true" else f"no {key}"
        if text.isidentifier() and str(text) not in self.values.program.names:
            return f"{key} {text}"
        try:
            found = self.values.entries(self.values.scope.node(str(text)))
        except GraderError:
            return f"{key} {text}"
        return f"{key} {' × '.join(map(str, found.ravel()))}"

    def size(self, name):
        """The size behind a layer, '' where it is not to be shown."""
        layer = self.net.fields.get(name)
        return shown_size(self.values, layer.fields["size"]) if self.sized and isinstance(layer, Record) else ""


TITLES = {
    "conv": "convolution",
    "depthwise": "depthwise convolution",
    "conv_transpose": "transposed convolution",
    "maxpool": "max pooling",
    "max_pool": "max pooling",
    "avgpool": "average pooling",
    "avg_pool": "average pooling",
    "pool": "pooling",
    "global_pool": "global pooling",
    "batch_norm": "batch normalisation",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
}


def _gives(size):
    return f", gives {size}" if size else ""


def shown_size(values, node):
    """A size as `3 × 32 × 32`; '' where it is a long formula."""
    try:
        text = sizes(str(one) for one in values.entries(node))
    except GraderError:
        return ""
    return text if len(text) <= LONGEST else ""


def default_sizes(values, net):
    """`all` where no answer depends on the sizes behind the layers, else `input`."""
    sizes = {layer.fields["size"] for name, layer in net.fields.items() if isinstance(layer, Record) and name != "input"}
    sizes.discard(net.fields["input"].fields["size"])
    program = values.program
    asked = [*program.boxes.values(), *(node for part in program.options.values() for node in part.values())]
    return "input" if sizes.intersection(reachable(asked)) else "all"


# --- the whole figure ---


def drawn(solution, figure):
    """The canvas of a layer stack and its description."""
    values, called = Values(solution), figure.settings["stack"]
    given, net = solution.problem.given[called], solution.program.names[called]
    told = figure.settings.get("sizes") or default_sizes(values, net)
    pieces, sentences = Builder(values, net, told).column(given.layers)
    size = shown_size(values, net.fields["input"].fields["size"]) if told != "none" else ""
    start = _box("input", size, "", round=8)
    canvas = Canvas()
    _draw_columns(canvas, _broken([start, *pieces], figure.settings.get("columns")))
    words = f"A stack of {len(pieces)} layer{'s' * (len(pieces) > 1)}" + (f" on an input of {size}" if size else "")
    return canvas, f"{words}. From the input to the output: {'; '.join(sentences)}."


def _broken(pieces, wanted):
    """Columns of pieces: as many as wanted, or as few as keep the figure from becoming too tall."""
    whole = _column(pieces)
    fitting = max(1, int((WIDE - 12 + GAP) // (whole.left + whole.right + GAP)))
    count = min(wanted or max(1, min(-(-int(whole.height) // TALL), fitting)), len(pieces))
    columns, rest = [], list(pieces)
    for left in range(count, 0, -1):
        goal, taken = sum(_room(piece) for piece in rest) / left, 0
        column = []
        while rest and len(rest) > left - 1 and (not column or left == 1 or taken + _room(rest[0]) / 2 <= goal):
            taken += _room(rest[0])
            column.append(rest.pop(0))
        columns.append(_column(column))
    return columns


def _room(piece):
    return piece.height + _length(piece.size)


def _draw_columns(canvas, columns):
    """The columns side by side, each led to the next."""
    left, before = 0, None
    lead = 22 if len(columns) > 1 else 0
    for column in columns:
        x = left + column.left
        top = lead + (SIZED if lead else 0)
        if before:
            end_x, end_y, edge, size = before
            between = edge + GAP / 2
            canvas.line((end_x, end_y), (end_x, end_y + 12), (between, end_y + 12), (between, 8), (x, 8), (x, top), arrow=True)
            if size:
                canvas.text(x + 7, (8 + top) / 2 - 2, size, size=SMALL, anchor="start")
        column.draw(canvas, x, top)
        right = max(column.right, 7 + width(before[3], SMALL) if before else 0)
        before = (x, top + column.height, left + column.left + right, column.size)
        left += column.left + right + GAP
    x, end, _, size = before
    canvas.line((x, end), (x, end + _length(size)), arrow=True)
    if size:
        canvas.text(x + 7, end + _length(size) / 2 - 1, size, size=SMALL, anchor="start")
