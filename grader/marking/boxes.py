"""Which text belongs to which box of a part: `z = ...; h = ...`, a line each, `A: ...`, or one text for the only box."""

import re

from grader.maths.errors import UsageError, nearest

LABEL = re.compile(r"[\s$\-*•]*[(\\]?((?:[^\W\d_]|∂)[\w{}\\^ /∂]{0,40}?)[)$]?\s*(?:=|:|≈)")


def split_boxes(part, text):
    """Box name -> what is typed for it; boxes that are not answered are missing.

    A label is a box's name before `=` or `:`, at the start or behind `;`, a comma or a line end, outside brackets. Without any
    label the text belongs to the only box, the only box with marks, or the only box for a human. What stands before the first
    label is working and left aside. Raises UsageError where several boxes could be meant, or a name is none of them.
    """
    names = [box.name for box in part.boxes]
    if names == [""] or not text.strip():
        return {names[0]: text}
    starts = _labels(text, names)
    if not starts:
        return {_only_box(part, text, names): text}
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    return {name: text[begin:end].strip().rstrip(";,").strip() for (_, begin, name), end in zip(starts, ends, strict=True)}


def _labels(text, names):
    """(start of the label, start of the text behind it, box) for every box that is named, each once, in the order of the text."""
    found, seen = [], set()
    for start in _piece_starts(text):
        match = LABEL.match(text, start)
        name = _box_named(match.group(1), names) if match else None
        if name is not None and name not in seen:
            seen.add(name)
            found.append((start, match.end(), name))
    return found


def _piece_starts(text):
    """The positions at the start and behind `;`, `,` and line ends outside brackets."""
    depth, starts = 0, [0]
    for position, character in enumerate(text):
        depth = max(0, depth + (character in "([{") - (character in ")]}"))
        if character == "\n" or (character in ";," and not depth):
            starts.append(position + 1)
            depth = 0 if character == "\n" and depth > 8 else depth
    return starts


def _box_named(label, names):
    """The box a label means: `h`, `h_1` or `h_{1}` for h1, whatever its capitals."""
    wanted = "".join(character for character in label.lower() if character.isalnum())
    return next((name for name in names if name.lower().replace("_", "") == wanted), None)


def _only_box(part, text, names):
    for chosen in (
        [box.name for box in part.boxes if box.marks],
        [box.name for box in part.boxes if box.kind in ("text", "file")],
    ):
        if len(chosen) == 1:
            return chosen[0]
    match = LABEL.match(text)
    if match and match.group(1).isidentifier():
        label = match.group(1)
        raise UsageError(f"part {part.id} has no box '{label}'{nearest(label, names)}; its boxes are {', '.join(names)}")
    raise UsageError(f"part {part.id} has several boxes; answer them by name: {'; '.join(f'{name} = ...' for name in names)}")
