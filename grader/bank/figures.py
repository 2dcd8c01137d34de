"""Figures of a problem as its file describes them: which kind, of which data, with which settings.

`FIGURES` is the table of kinds: a row says how each setting is read and what it has to name. What the figures look like is the
business of `grader.sheets.figures`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from grader.bank.fields import Fields, listed
from grader.bank.model import Figure, Located, Stack
from grader.bank.yaml_text import Sequence
from grader.maths.errors import GraderError, nearest
from grader.maths.language import syntax
from grader.maths.language.meaning import FUNCTIONS

MAX_UNITS = 10_000_000
MAX_STEPS = 6
_PLACE = re.compile(r"\{\{ *([^{}]*?) *\}\}")


@dataclass(frozen=True)
class Setting:
    """How a setting is read, `(fields, name) -> value or None`, and checked, `(value, problem) -> (text, sentence) each`."""

    read: Callable
    check: Callable = lambda value, problem: ()


# --- what a setting may be ---


def _text(fields, name):
    return fields.text(name) or None


def _texts(fields, name):
    return fields.texts(name) or None


def _required(read):
    """As `read`, with a complaint where it is missing; an empty field has been complained about already."""

    def wrapped(fields, name):
        if name not in fields:
            fields.fault(fields, f"'{name}' is missing")
        return read(fields, name)

    return wrapped


def _words(*allowed):
    return Setting(lambda fields, name: fields.one_of(name, allowed))


def _flag():
    return Setting(lambda fields, name: fields.flag(name, None))


def _whole(low, high):
    def read(fields, name):
        value = fields.whole(name, high)
        if value is not None and value < low:
            fields.fault(fields.table[name], f"'{name}' must be a whole number from {low} to {high}; this is '{value}'")
        return value if value is None or value >= low else None

    return read


def _of_stack(text, problem):
    stacks = [name for name, value in problem.given.items() if isinstance(value, Stack)]
    if text in stacks:
        return
    if text in (*problem.given, *problem.let):
        yield text, f"'{text}' is no layer stack{_there(stacks)}"
    else:
        yield text, f"no layer stack '{text}' is given{nearest(text, stacks) or _there(stacks)}"


def _there(stacks):
    return f"; there is {listed(stacks)}" if stacks else "; this problem gives none"


def _of_values(texts, problem):
    """Each text must be the name of a value."""
    known = [*problem.given, *problem.let]
    for text in [texts] if isinstance(texts, str) else texts:
        if text not in known:
            yield text, f"there is no value '{text}'{nearest(text, known)}"


def _of_expressions(texts, problem):
    """Each text must be an expression in values of the problem, or `none`."""
    known = [*problem.given, *problem.let]
    for text in texts:
        try:
            names = [token.text for token in syntax.tokens(str(text)) if token.kind == "name" and text != NONE]
        except GraderError as error:
            yield text, str(error)
            continue
        for name in names:
            if name not in known and name not in FUNCTIONS:
                yield text, f"there is no value '{name}'{nearest(name, known)}"


NONE = "none"  # a layer without weights or biases


def _layers(fields, name):
    """Layers of units: lists of labels, a vector's name, or a number of units."""
    return tuple(filter(None, (_layer(fields, node) for node in fields.items(name, required=True)))) or None


def _layer(fields, node):
    if isinstance(node, Sequence):
        return tuple(text for item in node if (text := fields.as_text(item, "a unit"))) or fields.fault(
            node, "a layer has no units"
        )
    text = fields.as_text(node, "a layer")
    if text and re.fullmatch("[0-9]+", text) and not 1 <= int(text[:20]) <= MAX_UNITS:
        fields.fault(text, f"a layer has from 1 to {MAX_UNITS:,} units, not {text}")
        return None
    return text


def _of_layers(layers, problem):
    known = [*problem.given, *problem.let]
    for layer in layers:
        if isinstance(layer, str) and not layer.isdigit() and layer not in known:
            sentence = f"a layer is a list of units, a number of them, or a vector's name; there is no value '{layer}'"
            yield layer, f"{sentence}{nearest(layer, known)}"


WEIGHTS = ("input", "state", "output")


def _weights(fields, name):
    """The weights of an unrolled network, by where they are."""
    pairs = fields.pairs(name, "weights")
    for key in pairs:
        fields.known(key, WEIGHTS, f"'{name}'")
    return MappingProxyType({str(key): text for key, text in pairs.items() if key in WEIGHTS}) or None


def _of_labels(labels, problem):
    """Labels may be any words, but not misspelt names of values."""
    known = [*problem.given, *problem.let]
    for text in labels.values():
        if text not in known and (offer := nearest(text, known)):
            yield text, f"there is no value '{text}'{offer}"


# --- the kinds ---

FIGURES = MappingProxyType(
    {
        "stack": {
            "stack": Setting(_required(_text), _of_stack),
            "sizes": _words("all", "input", "none"),
            "columns": Setting(_whole(1, 4)),
        },
        "graph": {
            "graph": Setting(_required(_text), _of_values),
            "from": Setting(_texts, _of_values),
            "hide": Setting(_texts, _of_values),
            "values": _flag(),
            "direction": _words("right", "down"),
        },
        "grid": {
            "grid": Setting(_required(_texts), _of_expressions),
            "blank": Setting(_texts, _of_expressions),
            "column": Setting(_texts, _of_expressions),
        },
        "network": {
            "layers": Setting(_required(_layers), _of_layers),
            "weights": Setting(_texts, _of_expressions),
            "biases": Setting(_texts, _of_expressions),
            "activations": Setting(_texts),
            "inputs": _words("rows", "columns"),
            "values": _flag(),
            "bias_nodes": _flag(),
        },
        "unrolled": {
            "steps": Setting(_required(_whole(1, MAX_STEPS))),
            "input": Setting(_text),
            "state": Setting(_required(_text)),
            "output": Setting(_text),
            "weights": Setting(_weights, _of_labels),
            "cell": Setting(_text),
            "outputs": _words("all", "last"),
            "first": Setting(_whole(0, 1)),
            "values": _flag(),
        },
    }
)
INSIDE = ("network", "unrolled")  # their settings stand inside the mapping that the kind names


# --- reading ---


def read_figures(fields, what="figure"):
    """The figures of a problem or a part, in the order of the file."""
    nodes = fields.items("figures")
    return tuple(figure for node in nodes if (figure := _figure(Fields(node, what, fields.faults))))


def _figure(fields):
    kinds = [kind for kind in FIGURES if kind in fields]
    if len(kinds) != 1:
        _complain_of_kind(fields, kinds)
        return None
    (kind,) = kinds
    fields.what = f"{fields.what}, {kind}"
    caption, alt = fields.text("caption"), fields.text("alt")
    inner = fields
    if kind in INSIDE:
        inner = fields.fields(kind, fields.what, required=True)
        if inner is None:
            return None
    found = {name: setting.read(inner, name) for name, setting in FIGURES[kind].items()} if not inner.broken else {}
    inner.end()
    if inner is not fields:
        fields.end()
    settings = {name: value for name, value in found.items() if value is not None}
    return Figure(kind, MappingProxyType(settings), caption, alt, fields.where)


def _complain_of_kind(fields, kinds):
    if fields.broken:
        return
    if kinds:
        fields.fault(fields, f"it is of one kind, not of several ({listed(kinds)}); write a figure for each")
        return
    for name in fields.table:
        if name not in ("caption", "alt") and (offer := nearest(name, FIGURES)):
            fields.fault(name, f"unknown kind '{name}'{offer}")
            return
    fields.fault(fields, f"its kind is missing; it is one of {listed(FIGURES)}, as in 'stack: net'")


# --- checking ---


def figures_of(problem):
    """(part or None, figure) of all figures, in the order in which they stand on the sheet."""
    own = [(None, figure) for figure in problem.figures]
    return own + [(part, figure) for part in problem.parts for figure in part.figures]


def check_figures(problem, faults):
    """Complain about names in figures that the problem does not have."""
    known = [*problem.given, *problem.let]
    for part, figure in figures_of(problem):
        what = f"part {part.id}, figure, {figure.kind}" if part else f"figure, {figure.kind}"
        for name, value in figure.settings.items():
            for text, sentence in FIGURES[figure.kind][name].check(value, problem):
                faults.add(text if isinstance(text, Located) else figure, f"{what}: {sentence}")
        for text in (figure.caption, figure.alt):
            for name in _PLACE.findall(text):
                if name.isidentifier() and name not in known:
                    faults.add(text, f"{what}: the text shows '{{{{{name}}}}}', which has no value{nearest(name, known)}")
