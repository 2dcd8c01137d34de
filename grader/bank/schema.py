"""JSON Schemas (draft 2020-12) of problem files, papers and printed keys, for editors that complete and check YAML.

Editors load `2` as a number and `true` as a boolean; both are allowed wherever the reader takes text. What a schema cannot know
(names, shapes, whether a test passes) is said by `grader bank check`.
"""

from pathlib import Path

from grader.bank.fields import number
from grader.bank.schema_fields import (
    EMPTY,
    EXPRESSION,
    FIGURE_SETTINGS,
    FILES,
    FLAG,
    LAYER_SETTINGS,
    MAPPINGS,
    NUMBER,
    OTHERS,
    TEXT,
    Either,
    In,
    ListOf,
    Named,
    Whole,
    Words,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).resolve().parent.parent.parent / "docs"  # of a checkout; an installed package has none

_TEXT = {"type": ["string", "number", "boolean"], "minLength": 1}
_AT = "#/$defs/"
_SIMPLE = {
    TEXT: _TEXT,
    EXPRESSION: _TEXT,
    NUMBER: {"type": ["string", "number"], "minimum": 0, "pattern": r"^(\d+(\.\d+)?([eE][+-]?\d+)?|\d+/\d*[1-9]\d*)$"},
    FLAG: {"enum": [True, False, "true", "false"]},
    EMPTY: {"enum": [None, ""]},
}


def schema_file(file):
    """Where the schema of a sort of file (a key of FILES) stands in a checkout."""
    return FOLDER / f"{file}.schema.json"


def schema(file):
    """The schema of a sort of file (a key of FILES), as what `json` writes."""
    found = {"$schema": DIALECT, "title": f"grader: {FILES[file]}", **_reference(file)}
    return {**found, "$defs": _needed(file)}


def _needed(file):
    """The definitions that one refers to, directly or not, by name."""
    found, waiting = {}, [file]
    while waiting:
        slug = waiting.pop()
        if slug not in found:
            found[slug] = _DEFINITIONS.get(slug, _mapping)(_NAMES[slug])
            waiting.extend(_references(found[slug]))
    return dict(sorted(found.items()))


def _references(value):
    """The definitions that a definition refers to."""
    if isinstance(value, dict):
        yield from [value["$ref"].removeprefix(_AT)] if "$ref" in value else ()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _references(inner)


def _reference(name):
    return {"$ref": _AT + _slug(name)}


def _slug(name):
    return name.replace(" ", "-")


def _mapping(name):
    rows = MAPPINGS[name]
    others = rows.get(OTHERS)
    found = {
        "type": "object",
        "properties": {field: _described(row) for field, row in rows.items() if field != OTHERS},
        "required": [field for field, row in rows.items() if row.required],
        "additionalProperties": _described(others) if others else False,
    }
    return {key: value for key, value in found.items() if value or key == "additionalProperties"}


def _described(row):
    return {"description": row.sentence.replace("`", ""), **_type(row.type)}


def _type(type):
    match type:
        case str():
            return _SIMPLE[type]
        case Whole(low, high):
            return {"type": ["string", "integer"], "pattern": "^[0-9]+$", "minimum": low, "maximum": high}
        case Words(allowed, others):
            words = {"enum": [form for word in allowed for form in _forms(word)]}
            return {"anyOf": [words, _type(others)]} if others else words
        case In(mapping):
            return _reference(mapping)
        case ListOf(inner, single):
            entry = _type(inner)
            found = {"type": "array", "items": entry}
            return {"anyOf": [found, entry]} if single and _takes_text(inner) else found
        case Named(inner):
            return {"type": "object", "additionalProperties": _type(inner)}
        case Either(types):
            return {"anyOf": [_type(inner) for inner in types]}


def _takes_text(type):
    """Whether a single text can stand for a list of this; a single mapping cannot."""
    return isinstance(type, str | Words | Either) or type == In("layer")


def _forms(word):
    """What an editor may load a word as: also a number where it is one."""
    value = number(word)
    return [word] if value is None else [word, int(value) if value.denominator == 1 else float(value), str(float(value))]


def _answer(name):
    """An expression, `{value: ...}` with the fields of a box, or boxes by their names."""
    boxes = {**_mapping("answer"), "minProperties": 1}
    choice = {"if": {"required": ["value"]}, "then": _reference("box"), "else": boxes}
    return {"if": {"type": "object"}, "then": choice, "else": _type(EXPRESSION)}


def _layer(name):
    """The name of a layer, or a mapping with one entry: its settings."""
    one = {**_mapping("layer"), "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [{"enum": list(LAYER_SETTINGS)}, one]}


def _figure(name):
    """A figure of one of the kinds."""
    return {"type": "object", "anyOf": [_reference(f"{kind} figure") for kind in FIGURE_SETTINGS]}


_DEFINITIONS = {"answer": _answer, "layer": _layer, "figure": _figure}
_NAMES = {_slug(name): name for name in (*MAPPINGS, *_DEFINITIONS)}
