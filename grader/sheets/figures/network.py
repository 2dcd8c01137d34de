"""A network of units: circles in layers from left to right, every unit joined to all of the next layer.

`layers`: for each layer the labels of its units, the name of a vector, or the number of units (more than a few are hinted at).
`weights`: for each step from layer to layer a matrix, whose entries stand at the edges: numbers where they are known, else names.
A list of names such as "[[w1, w2], [w3, w4]]" shows both. A matrix has a row for each unit it comes from (`inputs: rows`), or a
column (`inputs: columns`); that has to be said where its shape leaves it open. `biases` likewise, written at the units, or with
`bias_nodes` at edges from a unit 1. `activations`: words below the layers but the first. `values: false` hides all numbers.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.bank.figures import NONE
from grader.maths.errors import UsageError
from grader.sheets.figures.drawing import SMALL, Canvas, entry, name, width
from grader.sheets.figures.values import MINUS, Values, joined, sizes

RADIUS = 19
ACROSS = 170
MANY = 8  # units of a layer that are all drawn
MOST_LABELS = 80  # of edges between two layers
PLACES = (0.3, 0.7, 0.24, 0.76, 0.36, 0.64, 0.42, 0.58, 0.18, 0.82, 0.5, 0.13, 0.87)


@dataclass
class Layer:
    """Units with their labels; `count` of them in truth, of which some are drawn. None among the labels stands for dots."""

    count: int
    labels: list
    values: list
    called: list
    words: str

    @property
    def units(self):
        """(position in the layer, row in the drawing) of every unit drawn."""
        last = len(self.labels) - 1
        whole = None not in self.labels
        return [(row if whole or row < last else self.count - 1, row) for row in range(last + 1) if self.labels[row] is not None]


@dataclass
class Step:
    """The weights from one layer to the next: `[from][to]` and `[to]`, labels and texts, or None; `title` names the matrix."""

    title: str
    edges: object
    told: object
    biases: object
    biases_told: object
    biases_title: str


def drawn(solution, figure):
    """The canvas of the network and its description."""
    values = Values(solution)
    settings = values.with_words(figure.settings)
    shown = settings.get("values", True)
    layers = [_layer(values, layer, shown and not at) for at, layer in enumerate(settings["layers"])]
    if not 2 <= len(layers) <= 6:
        raise UsageError(f"a network has from 2 to 6 layers, not {len(layers)}")
    for key in ("weights", "biases", "activations"):
        if key in settings and len(settings[key]) != len(layers) - 1:
            wanted = f"{len(layers) - 1}, one for each layer but the first (or '{NONE}')"
            raise UsageError(f"there are {len(settings[key])} {key}; there should be {wanted}")
    steps = [_step(values, settings, at, layers[at], layers[at + 1], shown) for at in range(len(layers) - 1)]
    for spread in (1, 1.25, 1.55, 1.9):
        canvas = _draw(settings, layers, steps, spread)
        if canvas is not None:
            return canvas, _words(settings, layers, steps)
    raise UsageError("there are too many weights to write all of them at the edges; leave them out, or say 'values: false'")


def _setting(settings, key, at):
    text = settings[key][at] if key in settings else NONE
    return None if text == NONE else text


# --- layers and weights ---


def _layer(values, layer, shown):
    if isinstance(layer, tuple):
        texts = [values.scalar(text) if shown else None for text in layer]
        told = [f"{text} = {worth}" if worth else str(text) for text, worth in zip(layer, texts, strict=True)]
        return Layer(len(layer), [name(text) for text in layer], texts, list(layer), joined(told))
    if layer.isdigit():
        count = int(layer)
        labels = [[]] * count if count <= MANY else [[], [], None, []]
        called = [f"unit {at + 1}" for at in range(min(count, MOST_LABELS))]
        return Layer(count, labels, [None] * len(labels), called, f"{count} unit{'s' * (count > 1)}")
    node = values.node(layer)
    if not node.shape:
        return _layer(values, (layer,), shown)
    count, given = node.shape[-1], values.given(layer, (None,)) if shown else None
    worth = [None] * count if given is None else list(given)
    called = [f"{layer}_{at + 1}" for at in range(count)]
    told = [one + (f" = {text}" if text else "") for one, text in zip(called, worth, strict=True)]
    if count <= MANY:
        return Layer(count, [entry(layer, at + 1) for at in range(count)], worth, called, joined(told))
    labels = [entry(layer, 1), entry(layer, 2), None, entry(layer, count)]
    return Layer(count, labels, [worth[0], worth[1], None, worth[-1]], called, joined(told))


def _step(values, settings, at, before, behind, shown):
    weights, biases = _setting(settings, "weights", at), _setting(settings, "biases", at)
    matrix, title = None, ""
    if weights is not None:
        node = values.node(weights)
        title = _title(values, weights, node, shown)
        matrix = _labels(values, weights, node, _turned(settings, weights, node, before, behind), shown)
    vector = None
    if biases is not None:
        node = values.node(biases)
        if int(np.prod(node.shape)) != behind.count:
            raise UsageError(f"the biases '{biases}' ({sizes(node.shape) or 'a number'}) do not fit a layer of {behind.count}")
        vector = _labels(values, biases, node, lambda array: array.reshape(-1), shown)
    edges, told = matrix or (None, None)
    added = _title(values, biases, node, shown) if vector else ""
    return Step(title, edges, told, *(vector or (None, None)), added)


def _title(values, text, node, shown):
    """The name of a matrix or vector of which only numbers are written."""
    return str(text) if text.isidentifier() and node.shape and shown and values.array(node) is not None else ""


def _turned(settings, text, node, before, behind):
    """How the entries of a matrix become `[from][to]`."""
    wanted, given = (before.count, behind.count), settings.get("inputs")
    shape = node.shape
    if len(shape) < 2 and 1 in wanted and max(wanted) == int(np.prod(shape)):
        return lambda array: array.reshape(wanted)
    fits = {"rows": shape == wanted, "columns": shape == wanted[::-1]}
    if not (fits[given] if given else any(fits.values())):
        way = f" ('inputs: {given}')" if given else ""
        raise UsageError(f"the weights '{text}' ({sizes(shape) or 'a number'}) do not fit {wanted[0]} and {wanted[1]} units{way}")
    if all(fits.values()) and not given and 1 not in wanted:
        raise UsageError(
            f"'{text}' is square; say 'inputs: rows' where a row belongs to a unit it comes from, else 'inputs: columns'"
        )
    return (lambda array: array) if (given or ("rows" if fits["rows"] else "columns")) == "rows" else (lambda array: array.T)


def _labels(values, text, node, turned, shown):
    """The labels of all entries and the same in words, turned; None for a matrix too large to label."""
    if int(np.prod(node.shape)) > MOST_LABELS:
        return None
    names = values.member_names(node)
    numbers = values.entries(node) if values.array(node) is not None else None
    if numbers is None and names is not None:
        numbers = np.array([values.scalar(one) or "" for one in names.ravel()], dtype=object).reshape(names.shape)
    labels, told = np.empty(node.shape, dtype=object), np.empty(node.shape, dtype=object)
    for position in np.ndindex(*node.shape):
        number = numbers[position] if shown and numbers is not None else ""
        if names is not None:
            own, plainly = name(names[position]), str(names[position])
        elif text.isidentifier():
            indices = [at + 1 for at in position]
            own, plainly = (entry(text, *indices), _indexed(text, indices)) if indices else (name(text), str(text))
        else:
            own, plainly = [("?", "")], "unknown"
        if number and (names is None and (node.shape or not text.isidentifier())):
            labels[position] = [(number, "")]
        else:
            labels[position] = [*own, (f" = {number}", "")] if number else own
        told[position] = plainly if not number else number if plainly == "unknown" else f"{plainly} = {number}"
    return turned(labels), turned(told)


def _indexed(text, indices):
    below = "".join(map(str, indices)) if max(indices) < 10 else ",".join(map(str, indices))
    return f"{text}_{below}"


# --- drawing ---


def _pitch(layers, steps, spread):
    told = any(step.biases is not None for step in steps) or any(any(layer.values) for layer in layers)
    return (74 if told else 62) * spread


def _draw(settings, layers, steps, spread):
    """The network, or None where labels would run into each other."""
    canvas, pitch = Canvas(), _pitch(layers, steps, spread)
    widest = [
        max((width(label, SMALL) for label in np.ravel(step.edges)), default=0) if step.edges is not None else 0 for step in steps
    ]
    wides = [_wide(layer) for layer in layers]
    xs = [0]
    for at, wide in enumerate(widest):
        roomy = 100 if steps[at].edges is None else max(ACROSS - 40, 2.2 * wide + 30) * (1 + (spread - 1) / 2)
        xs.append(xs[-1] + wides[at] / 2 + roomy + wides[at + 1] / 2)
    nodes = settings.get("bias_nodes", False) and any(step.biases is not None for step in steps)
    places = [_rows(layer, pitch) for layer in layers]
    top = min(min(rows) for rows in places) - (pitch if nodes else 0)
    labels = []
    for at, step in enumerate(steps):
        _edges(
            canvas,
            labels,
            step,
            layers[at],
            layers[at + 1],
            (xs[at], xs[at + 1]),
            (places[at], places[at + 1]),
            (wides[at], wides[at + 1]),
        )
        if nodes and step.biases is not None:
            _bias_node(canvas, labels, step, layers[at + 1], (xs[at], top), (xs[at + 1], places[at + 1]), wides[at + 1])
    for at, layer in enumerate(layers):
        step = steps[at - 1] if at and not nodes else None
        _units(canvas, layer, step, xs[at], places[at], wides[at])
    fixed = list(canvas.labels)
    if not _write(canvas, labels, fixed, [(xs[at], y, wides[at]) for at, rows in enumerate(places) for y in rows]):
        return None
    head = canvas.box[1] - 12
    for at, step in enumerate(steps):
        if step.title:
            canvas.text((xs[at] + xs[at + 1]) / 2, head, name(step.title))
        if step.biases_title and not nodes:
            canvas.text(xs[at + 1], head, [("+ ", ""), *name(step.biases_title)])
    foot = canvas.box[3] + 16
    for at in range(1, len(layers)):
        if text := _setting(settings, "activations", at - 1):
            canvas.text(xs[at], foot, text, size=SMALL)
    return canvas


def _wide(layer):
    widest = max((width(label) for label in layer.labels if label), default=0)
    return max(2 * RADIUS, widest + 12)


def _rows(layer, pitch):
    count = len(layer.labels)
    return [(row - (count - 1) / 2) * pitch for row in range(count)]


def _edges(canvas, labels, step, before, behind, xs, places, wides):
    for unit, row in before.units:
        for other, place in behind.units:
            start, end = (xs[0] + wides[0] / 2, places[0][row]), (xs[1] - wides[1] / 2, places[1][place])
            canvas.line(start, end, arrow=True, thick=0.8)
            if step.edges is not None:
                labels.append((start, end, step.edges[unit][other]))


def _bias_node(canvas, labels, step, behind, at, to, wide):
    x, y = at
    canvas.circle(x, y, RADIUS - 5, dashed=True)
    canvas.text(x, y, "1")
    for other, place in behind.units:
        start, end = (x + RADIUS - 5, y), (to[0] - wide / 2, to[1][place])
        canvas.line(start, end, arrow=True, dashed=True, thick=0.8)
        labels.append((start, end, step.biases[other]))


def _units(canvas, layer, step, x, rows, wide):
    positions = {row: unit for unit, row in layer.units}
    for row, y in enumerate(rows):
        if row not in positions:
            canvas.text(x, y, "⋮", size=18)
            continue
        if wide > 2 * RADIUS:
            canvas.rect(x - wide / 2, y - RADIUS, wide, 2 * RADIUS, round=RADIUS)
        else:
            canvas.circle(x, y, RADIUS)
        if layer.labels[row]:
            canvas.text(x, y, layer.labels[row])
        below = []
        if layer.values[row]:
            below.append(f"= {layer.values[row]}")
        if step is not None and step.biases is not None:
            below.append(_added(step.biases[positions[row]]))
        for line, text in enumerate(below):
            canvas.text(x, y + RADIUS + 9 + 13 * line, text, size=SMALL, ground=True)
    if len(layer.labels) != layer.count:
        canvas.text(x, rows[-1] + RADIUS + 24, f"{layer.count} units", size=SMALL)


def _added(bias):
    """A bias as a term: `+ 2`, `− 1`, `+ b`."""
    if bias[0][0].startswith(MINUS):
        return [(f"{MINUS} {bias[0][0].removeprefix(MINUS)}", "")]
    return [("+ ", ""), *bias]


def _write(canvas, labels, fixed, units):
    """Write the labels of edges where they do not touch each other, units, or other edges' ends; False where that fails."""
    taken = list(fixed) + [(x - wide / 2, y - RADIUS, x + wide / 2, y + RADIUS) for x, y, wide in units]
    tops = [(min(start[1], end[1]) - 1, max(start[1], end[1]) + 1) for start, end, _ in labels]
    for at, (start, end, label) in enumerate(labels):
        wide = width(label, SMALL) / 2
        best = None
        for share in PLACES:
            x, y = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
            spot = (x - wide - 1, y - SMALL * 0.45, x + wide + 1, y + SMALL * 0.62)
            left, high, right, low = spot[0], spot[1], spot[2] + 2, spot[3] + 2
            if any(left < other[2] + 2 and other[0] < right and high < other[3] + 2 and other[1] < low for other in taken):
                continue
            near = [other for other, (top, foot) in enumerate(tops) if spot[3] >= top and high <= foot and other != at]
            crossed = sum(_crosses(spot, *labels[other][:2]) for other in near)
            if best is None or crossed < best[0]:
                best = (crossed, x, y, spot)
            if not crossed:
                break
        if best is None:
            return False
        canvas.text(best[1], best[2], label, size=SMALL, ground=True)
        taken.append(best[3])
    return True


@lru_cache(maxsize=16384)
def _crosses(spot, start, end):
    """Whether an edge goes through the middle of a label's rectangle."""
    (x0, y0), (x1, y1) = start, end
    for step in range(7):
        x = spot[0] + step * (spot[2] - spot[0]) / 6
        if x0 <= x <= x1 and spot[1] < y0 + (x - x0) / (x1 - x0) * (y1 - y0) < spot[3]:
            return True
    return False


# --- words ---


def _words(settings, layers, steps):
    said = []
    for at, layer in enumerate(layers):
        place = (
            "input layer"
            if not at
            else "output layer"
            if at == len(layers) - 1
            else f"hidden layer {at}"
            if len(layers) > 3
            else "hidden layer"
        )
        activation = _setting(settings, "activations", at - 1) if at else None
        said.append(f"{place}: {layer.words}" + (f", activation {activation}" if activation else ""))
    text = f"A fully connected network. {'; '.join(said)}."
    for at, step in enumerate(steps):
        if step.told is not None:
            edges = [
                f"from {layers[at].called[one]} to {layers[at + 1].called[other]}: {step.told[one][other]}"
                for one in range(layers[at].count)
                for other in range(layers[at + 1].count)
            ]
            text += f" Weights {'; '.join(edges)}."
        if step.biases_told is not None:
            biases = [f"{layers[at + 1].called[one]}: {step.biases_told[one]}" for one in range(layers[at + 1].count)]
            text += f" Biases of {'; '.join(biases)}."
    return text
