"""Which text belongs to which box of a part: `z = ...; h = ...`, a line each, `A: ...`, or one text for the only box."""

import re

from grader.maths.errors import UsageError, nearest
from grader.maths.language.characters import MAX_TYPED, no_longer

SIGN = re.compile(r"(?<![<>=!:])(=|≈|\\approx|:)(?!=)|:=|←|<-{1,2}(?=\s)|\\(?:leftarrow|gets|coloneqq)(?![A-Za-z])")
NAME = r"(?:[^\W\d_]|∂)[\w/∂]*(?:\s*/\s*[^\W\d_][\w]*)?"
WORD = re.compile(rf"({NAME})\W*$")
OPENING = re.compile(r"(?:^|[\n;,])[\s$*•\-(]*$")  # where a label before a colon begins
FILLER = re.compile(r"(?:[\s,;*•\-(]|\b(?:so|and|then|und|also|hence|thus|therefore|we get|with|dann)\b)+$", re.IGNORECASE)


def split_boxes(part, text):
    """Box name -> what is typed for it; boxes that are not answered are missing.

    A label is a box's name before `=`, `≈` or `:`, outside brackets. Without any label the text belongs to the only box, the only
    box with marks, or the only box for a human. What stands before the first label goes to the first box that is not named, so
    that nothing is lost. Raises UsageError where several boxes could be meant, or a name is none of them.
    """
    names = [box.name for box in part.boxes]
    if len(names) > 1:
        no_longer(text, MAX_TYPED * len(names))
    if names == [""] or not text.strip():
        return {names[0]: text}
    labels = _labels(text, names)
    if not labels:
        return {_only_box(part, text, names): text}
    ends = [start for start, _, _ in labels[1:]] + [len(text)]
    paired = text.count("$") % 2 == 0
    found = {
        name: _trimmed(text[begin:end], text[start] == "$", paired)
        for (start, begin, name), end in zip(labels, ends, strict=True)
    }
    before = _trimmed(text[: labels[0][0]], False, paired)
    unnamed = next((name for name in names if name not in found), None)
    if before and unnamed is not None:
        found[unnamed] = before
    return found


def _labels(text, names):
    """(start of the label, start of the text behind its sign, box) for every named box, each once, in the order of the text."""
    found, seen, last = [], set(), 0
    for sign in _signs(text):
        head = text[last : sign.start()]
        word = WORD.search(_without_hats(head))
        name = _box_named(word.group(1), names) if word else None
        if name is not None and name not in seen and (sign.group() != ":" or OPENING.search(head[: _place(head, word)])):
            seen.add(name)
            found.append((last + _place(head, word), sign.end(), name))
        last = sign.end()
    return found


def _signs(text):
    """The signs that may stand behind a label, outside brackets."""
    depths, depth = [], 0
    for character in text:
        depth = max(0, depth + (character in "([") - (character in ")]"))
        depths.append(depth)
    return [sign for sign in SIGN.finditer(text) if not depths[sign.start()]]


def _without_hats(text):
    """`\\hat{z}` and `{z}` as z, with everything in its place (blanks for what is left out)."""
    text = re.sub(r"\\(?:wide)?hat|\\mathbf|\\vec", lambda match: " " * len(match.group()), text)
    text = re.sub(r"_\{(\w+)\}", lambda match: f"_{match.group(1)}  ", text)
    return re.sub(r"[{}$]", " ", text)


def _place(head, word):
    """Where a label begins in the text before its sign: at a hat or `$` that stands directly in front of it."""
    start = word.start(1)
    opening = re.search(r"\$?(?:\\(?:wide)?hat|\\mathbf|\\vec)\s*\{?\s*\Z|[{$]\Z", head[:start])
    return opening.start() if opening else start


def _trimmed(text, opened, paired):
    """A text without separators and connecting words at its ends, and without a `$` there that belongs to a label.

    opened: whether its own label begins with a `$`; paired: whether every `$` of the whole answer may have another one.
    """
    bare = _without_filler(text)
    if bare.endswith("$") and (opened or (paired and bare.count("$") % 2)):
        bare = _without_filler(bare.rstrip("$"))
    return bare


def _without_filler(text):
    return FILLER.sub("", text.strip()).strip().strip(";,").strip()


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
    match = re.match(rf"\s*({NAME})\s*[=:]", text)
    if match and match.group(1).isidentifier():
        label = match.group(1)
        raise UsageError(f"part {part.id} has no box '{label}'{nearest(label, names)}; its boxes are {', '.join(names)}")
    raise UsageError(f"part {part.id} has several boxes; answer them by name: {'; '.join(f'{name} = ...' for name in names)}")
