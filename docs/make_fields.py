"""Writes docs/fields.md and the JSON Schemas of the three sorts of files from the table of fields.

Run by `make docs`; a test fails while a file is out of date.
"""

import json
from pathlib import Path

from grader.bank.schema import schema
from grader.bank.schema_fields import (
    EXPRESSION,
    FIGURE_SETTINGS,
    FILES,
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

DOCS = Path(__file__).parent
HEAD = """# Fields

Written by `make docs` from the table of the code: every field of problem files, `paper.yaml` and printed keys. What they mean
together is told in [problem-files.md](problem-files.md), step by step in [authors.md](authors.md).

A list with one entry may be written as that entry where it is a text. Marks are written `2`, `1/2` or `0.5`. *Other names* are
names of your own. The same table as JSON Schemas, for editors: [problems](problem.schema.json), [papers](paper.schema.json),
[keys](key.schema.json).
"""
MANY = 12  # words of a list up to which they are all shown


def files():
    """Path -> text of everything written here."""
    schemas = {DOCS / f"{file}.schema.json": json.dumps(schema(file), indent=1, ensure_ascii=False) + "\n" for file in FILES}
    return {DOCS / "fields.md": reference(), **schemas}


def reference():
    """The text of docs/fields.md."""
    lines = [HEAD]
    for name, rows in MAPPINGS.items():
        if name == "layer":
            lines += _layers()
        elif name.endswith(" layer"):
            continue
        else:
            lines += [f"## {_title(name)}", "", "| field | type | meaning |", "| --- | --- | --- |"]
            lines += [_row(field, row) for field, row in rows.items()]
        lines.append("")
    return "\n".join(lines)


def _row(field, row):
    name = "*other names*" if field == OTHERS else f"`{field}`{' (required)' if row.required else ''}"
    return f"| {name} | {_type(row.type)} | {row.sentence.replace('|', chr(92) + '|')} |"


def _layers():
    """One table for all kinds of layers."""
    lines = [
        "## Layer",
        "",
        "A name, or a mapping from a name to settings. Required settings are bold; each layer may have a `name`.",
    ]
    lines += ["", "| layer | settings |", "| --- | --- |"]
    for name, row in MAPPINGS["layer"].items():
        rows = LAYER_SETTINGS.get(name, {})
        settings = [f"**`{field}`**" if one.required else f"`{field}`" for field, one in rows.items() if field != "name"]
        lines.append(f"| `{name}` | {', '.join(settings) or ('none' if rows else f'{_type(row.type)}. {row.sentence}')} |")
    told = {field: row for rows in LAYER_SETTINGS.values() for field, row in rows.items()}
    lines += ["", "| setting | meaning |", "| --- | --- |"]
    return [*lines, *(f"| `{field}` | {row.sentence} |" for field, row in told.items())]


def _type(type):
    """A type in words."""
    match type:
        case str():
            return {EXPRESSION: "an expression", TEXT: "a text", NUMBER: "a number"}.get(type, type)
        case Whole(low, high):
            return f"a whole number from {low} to {high}"
        case Words(allowed, others):
            shown = list(allowed)[:MANY]
            words = ", ".join(f"`{word}`" for word in shown) + (", ..." if len(allowed) > MANY else "")
            return f"{words}, or {_type(others)}" if others else words
        case In("figure"):
            return "figures: " + ", ".join(f"[{kind}](#{kind}-figure)" for kind in FIGURE_SETTINGS)
        case In(mapping):
            return f"[{mapping}](#{mapping.replace(' ', '-')})"
        case ListOf(In("figure")):
            return _type(type.type)
        case ListOf(inner):
            return f"a list: {_type(inner)}"
        case Named(inner):
            return f"names, each with {_type(inner)}"
        case Either(types):
            return " or ".join(_type(inner) for inner in types)


def _title(name):
    return name[0].upper() + name[1:]


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
