"""Empty hand-ins for a sheet, as YAML and Markdown: what `grader grade` reads once the answers are filled in."""

import json
import re

from grader.sheets.words import hint_in, words_in

LONG = ("text", "file", "chain")  # kinds of answer that may take several lines
_PLAIN = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9][\w/-]*", re.ASCII)
_INDENT = "  "


def answers_yaml(sheet):
    """An empty hand-in in YAML."""
    words = words_in(sheet.language)
    lines = [f"# {words['fill-in']}", *_header(sheet), "answers:"]
    for question in sheet.questions:
        lines.append(f"{_INDENT}{_key(question.name)}:")
        for part in question.parts:
            lines += _yaml_part(part, words)
    return "\n".join(lines) + "\n"


def _yaml_part(part, words):
    if len(part.boxes) == 1 and not part.boxes[0].name:
        return [_yaml_box(2, part.id, part.boxes[0], part, words)]
    return [f"{2 * _INDENT}{_key(part.id)}:", *(_yaml_box(3, box.name, box, part, words) for box in part.boxes)]


def _yaml_box(depth, name, box, part, words):
    hint = _hint(box, part, words)
    comment = f"  # {hint}" if hint else ""
    return f"{depth * _INDENT}{_key(name)}:{' |' if box.kind in LONG else ''}{comment}"


def _key(name):
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def header_of(sheet):
    """What a hand-in to a sheet says of itself: `student`, and what is known of `paper`, `copy` and `seed`."""
    seed = "" if sheet.variant is None else str(sheet.variant)
    known = {"paper": sheet.paper, "copy": sheet.code, "seed": seed}
    return {"student": sheet.student, **{name: text for name, text in known.items() if text}}


def _header(sheet):
    """The header as lines of YAML."""
    return [f"{name}: {_value(text)}".rstrip() for name, text in header_of(sheet).items()]


def _value(text):
    """A text as a scalar of YAML that is read as it is."""
    return text if not text or _WORD.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _hint(box, part, words):
    """What may be typed, in words, on one line."""
    if part.options:
        keys = ", ".join(option.key for option in part.options)
        return f"{keys} ({words['order'] if part.ordered else words['none'] + ': none'})"
    return " ".join(hint_in(words, box).split())


def answers_markdown(sheet):
    """An empty hand-in in Markdown."""
    words = words_in(sheet.language)
    lines = ["---", *_header(sheet), "---", "", f"<!-- {words['fill-in']} -->"]
    for question in sheet.questions:
        lines += ["", f"## {words['problem']} {question.name}"]
        for part in question.parts:
            lines += ["", f"### ({part.id})", "", *_markdown_part(part, words)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _markdown_part(part, words):
    if not any(box.name for box in part.boxes):
        hint = "" if part.boxes[0].kind in LONG else _hint(part.boxes[0], part, words)
        return [f"<!-- {hint.replace('--', '- -')} -->", ""] if hint else [""]
    if any(box.kind in LONG for box in part.boxes):
        return [line for box in part.boxes for line in (f"#### {box.name}", "", "")]
    return [f"- {box.name} = " for box in part.boxes]
