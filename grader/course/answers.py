"""Answers as they are collected from a hand-in: each to its place, and what has no place as a remark, so that nothing is lost."""

import re
from dataclasses import dataclass

from grader.bank.model import Located
from grader.course.names import Place, box_named, within

MOST_REMARKS = 200
MOST_HINTS = 20  # beyond that many, unknown names get no nearest name: looking for it takes time
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_LABEL = re.compile(r"^(?:[-*+]\s+)?(?:\*\*|__|`)?([^\s=:*`][^=:*`]{0,30}?)(?:\*\*|__|`)?\s*(?::(?!=)|=)\s*(?:\*\*|__)?\s*(.*)$")
_TASK = re.compile(r"^\s*[-*+]\s+\[([ xX])\]\s*\(?([^\s).:]+)")
_MARKER = re.compile(
    r"^\s{0,3}(?:[-+]\s+|\*\s+)?"
    r"(?:(?:\*\*|__)\(?(?P<bold>[\w. -]{1,20}?)[.):]*(?:\*\*|__)[.):]?(?:\s+|$)"
    r"|\(?(?P<bracket>[\w. -]{1,20}?)\)[.:]?\s*|(?P<dot>[\w-]{1,12})[.:](?:\s+|$))"
    r"(?P<rest>.*)$"
)


@dataclass(frozen=True)
class Remark:
    """Something in a hand-in that has no place in the paper: the names as typed, the text, and why it was not marked."""

    problem: str
    part: str
    box: str
    typed: str
    reason: str


class Answers:
    """Answers under collection: problem -> part -> text or {box: text}, by the names of the paper."""

    def __init__(self, places):
        self.places = places
        self.found = {}
        self.remarks = []
        self.left_out = 0

    def add(self, place, text):
        """Take in the answer to a part or box; a second, different one becomes a remark."""
        parts = self.found.setdefault(self.places.short(place.problem), {})
        boxes = parts.setdefault(place.part.id, {})
        box = place.box or ""
        if not text.strip() or boxes.get(box, "").strip() == text.strip():
            boxes.setdefault(box, text)
        elif boxes.get(box, "").strip():
            self.remark(place, text, "This is answered twice; the first answer was marked.")
        else:
            boxes[box] = text

    def add_text(self, problem, text):
        """Take in the answer to a whole problem: that of its one part, or those of several, marked by `a)` at a line's start."""
        if len(problem.parts) == 1:
            place = Place(problem, problem.parts[0])
            self.add(place, tidy(place, text))
            return
        before, found = split_parts(problem, text)
        if before.strip():
            ids = ", ".join(part.id for part in problem.parts)
            reason = f"This names no part of problem {self.places.short(problem)}; its parts are {ids}."
            self.remark(Place(problem), before, reason)
        for place, piece in found:
            self.add(place, tidy(place, piece))

    def remark(self, place, text, reason):
        """Keep a text that belongs to a place but cannot be marked there."""
        part = place.part.id if place.part else ""
        self.unknown(self.places.short(place.problem), part, place.box or "", text, reason)

    def unknown(self, problem, part, box, text, reason):
        """Keep a text under the names that were typed for it."""
        if len(self.remarks) < MOST_REMARKS:
            self.remarks.append(Remark(str(problem), str(part), str(box), text, reason))
        else:
            self.left_out += 1

    def hint(self, typed, problem=None, part=None):
        """The nearest name, as `Places.hint`; nothing once there are many remarks."""
        return self.places.hint(typed, problem, part) if len(self.remarks) < MOST_HINTS else ""

    def finished(self):
        """(answers, remarks)."""
        for short, parts in self.found.items():
            for id, boxes in parts.items():
                parts[id] = self._part(self.places.problems[short], id, boxes)
        if self.left_out:
            self.remarks.append(Remark("", "", "", "", f"{self.left_out} more texts of this file have no place in the paper."))
        return self.found, tuple(self.remarks)

    def _part(self, problem, id, boxes):
        """The text of a part, or its boxes; a text beside boxes that were answered by name becomes a remark."""
        whole = boxes.pop("", None)
        if not boxes:
            return whole or ""
        if whole and whole.strip():
            reason = "The boxes of this part are also answered by name; those were marked."
            self.unknown(self.places.short(problem), id, "", whole, reason)
        return boxes


def tidy(place, text):
    """An answer without the Markdown around it: a fence, bullets before box names, ticked boxes; for a human: as it is."""
    where = getattr(text, "where", None)
    changed = text.strip("\n") if _for_human(place) else _plain(place.part, without_comments(text).strip())
    return Located(changed, where) if where else changed


def _for_human(place):
    return place.part.for_human or bool(place.box and place.part.box(place.box).kind in ("text", "file"))


def _plain(part, text):
    if part.has_options and (ticked := _ticked(text)) is not None:
        return ticked
    lines = text.split("\n")
    if len(lines) > 1 and (fence := _FENCE.match(lines[0])) and lines[-1].strip().startswith(fence[1]):
        lines = lines[1:-1]
    lines = [_label(part, _unwrapped(line.removeprefix("> "))) for line in lines]
    return "\n".join(lines).strip()


def _unwrapped(line):
    """A line without bold type, a code span or dollar signs all around it."""
    bare = line.strip()
    for mark in ("**", "__", "``", "`", "$$", "$"):
        inner = bare[len(mark) : -len(mark)]
        if bare.startswith(mark) and bare.endswith(mark) and inner.strip() and mark not in inner:
            return inner.strip()
    return line


def _label(part, line):
    """`- z: 1`, `**z** = 1` and `z: 1` as `z = 1`, where z is a box; other lines stay."""
    match = _LABEL.match(line.strip())
    name = match and box_named(part, match[1])
    return f"{name} = {match[2].removesuffix('**')}" if name else line


def _ticked(text):
    """The options ticked in a list of `- [x] A`, or None where there is no such list."""
    tasks = [match for match in map(_TASK.match, text.split("\n")) if match]
    if not tasks:
        return None
    return ", ".join(match[2].strip("*_`") for match in tasks if match[1] != " ") or "none"


def without_comments(text):
    """A text without `<!-- ... -->`."""
    pieces, start = [], 0
    while (begin := text.find("<!--", start)) >= 0 and (end := text.find("-->", begin)) >= 0:
        pieces.append(text[start:begin])
        start = end + 3
    return "".join([*pieces, text[start:]])


def outside_fences(lines):
    """(line, whether it stands outside fenced code) for each line."""
    fence = None
    for line in lines:
        match = _FENCE.match(line)
        yield line, fence is None and match is None
        if match and fence is None:
            fence = match[1]
        elif match and match[1].startswith(fence):
            fence = None


def split_parts(problem, text, start=None):
    """(text before the first part, [(Place, text)]) for a text with `a) ...`, `**a)** ...` or `(a) ...` at the start of lines.

    Each part begins once: an `a)` after that belongs to the text of the part in which it stands. `a. ...` will do as well where
    the first part is marked so, or for a later part behind one that is no text for a human: elsewhere it is likely an item of a
    list. `start` is the Place to which the text belongs at first.
    """
    groups, seen, dotted = [(start, [])], set(), None
    for line, outside in outside_fences(text.split("\n")):
        current = groups[-1][0]
        place, rest, dot = _marked(problem, current, line) if outside else (None, line, False)
        key = place and (place.part.id, place.box)
        if place and key not in seen and (dotted in (None, dot) or _goes_on(problem, current, place)):
            seen.add(key)
            dotted = dot if dotted is None else dotted
            groups.append((place, [rest]))
        else:
            groups[-1][1].append(line)
    where = getattr(text, "where", None)
    texts = [(place, "\n".join(lines).strip("\n")) for place, lines in groups]
    return texts[0][1], [(place, Located(piece, where) if where else piece) for place, piece in texts[1:]]


def _goes_on(problem, current, place):
    """Whether a part named in another style is a later one, behind an answer in which there are no lists."""
    order = [part.id for part in problem.parts]
    later = current is None or order.index(place.part.id) > order.index(current.part.id)
    return later and (current is None or not current.part.for_human)


def _marked(problem, current, line):
    """(Place, rest of the line, whether it is marked by a dot or colon) where a line begins a part; Place is None elsewhere."""
    match = _MARKER.match(line)
    if not match:
        return None, line, False
    name = match["bold"] or match["bracket"] or match["dot"]
    if match["dot"] and current is not None and box_named(current.part, name):
        return None, line, True
    return within(problem, name), match["rest"], bool(match["dot"])
