"""A sheet of drawing paper: boxes, circles, lines and labels, and the SVG they make.

Lengths are pixels (96 to the inch), y grows downwards. A label is a text or a list of runs `(text, style)`, where the style is
"" (upright), "name" (slanted), "sub" (a subscript) or "up" (an exponent). Widths of text are estimated from a wide sans-serif
font, so that no narrower one lets texts run into each other.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import normalize

from grader.maths.errors import UsageError

SIZE = 12  # of letters
SMALL = 11
NARROW, WIDE = 302, 605  # 8 cm and 16 cm
WIDEST = 900  # is scaled down to 16 cm; beyond that letters would be too small
TALLEST = 1100
MARGIN = 6
SUBSCRIPT = 0.75
SHIFTS = {"sub": 0.25, "up": -0.35}
MILLIMETRES = 25.4 / 96

_NARROW, _WIDE = frozenset("iljtfrI.,:;'|![]()/ ·’"), frozenset("mwMW@%&—…∑")
_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "omega": "ω",
}
_NAMED = re.compile("([A-Za-z]+?)(?:_([A-Za-z0-9]{1,4}(?:_[A-Za-z0-9]{1,4})?)|([0-9]{1,4}))?")
_HAT = re.compile("([A-Za-z])_?hat(?![A-Za-z])")
_DERIVATIVE = re.compile("(d[A-Za-z][A-Za-z0-9]*)_(d[A-Za-z][A-Za-z0-9_]*)")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Drawing:
    """A figure: its SVG, and the same in words."""

    svg: str
    alt: str


def escaped(text):
    """Text as it may stand in XML, also inside quotes."""
    return _NO_XML.sub("?", str(text)).translate(_ENTITIES)


# --- labels ---


def name(text):
    """The label of a name: `w_11` and `x1` get a subscript, `sigma` its letter, `yhat` its hat."""
    return list(_name(str(text)))


@lru_cache(maxsize=4096)
def _name(text):
    if match := _DERIVATIVE.fullmatch(text):
        return [(f"{match[1]}/{match[2]}", "name")]
    hat = _HAT.match(text)
    match = _NAMED.fullmatch(text[0] + text[hat.end() :] if hat else text)
    if not match or (len(match[1]) > 4 and match[1] not in _GREEK):
        return [(text, "name")]
    base = normalize("NFC", match[1] + "\u0302") if hat else _GREEK.get(match[1], match[1])
    below = (match[2] or match[3] or "").replace("_", ",")
    return [(base, "name"), (below, "sub")] if below else [(base, "name")]


def entry(text, *indices):
    """The label of an entry of a vector or matrix, such as w with the subscript 1, 2 (or 12, below 10)."""
    text = str(text)
    below = "".join(map(str, indices)) if max(indices) < 10 else ",".join(map(str, indices))
    if (plain := name(text))[-1][1] == "sub":
        return [*plain[:-1], (f"{plain[-1][0]},{below}", "sub")]
    return [*plain, (below, "sub")]


def runs(label):
    """A label as a list of runs."""
    return [(str(label), "")] if isinstance(label, str) else list(label)


def plain(label):
    """A label as plain text."""
    return "".join({"sub": "_", "up": "^"}.get(style, "") + text for text, style in runs(label))


def width(label, size=SIZE, bold=False):
    """How wide a label is at most."""
    wide = sum(_advances(text) * (SUBSCRIPT if style in SHIFTS else 1) for text, style in runs(label))
    return wide * size * (1.1 if bold else 1)


@lru_cache(maxsize=4096)
def _advances(text):
    return sum(map(_advance, text))


def _advance(character):
    if character in _NARROW:
        return 0.42
    if character in _WIDE:
        return 1.02
    if character.isupper() or character in "+−×÷=<>~→":
        return 0.86 if not character.isupper() else 0.76
    return 0.64 if ord(character) < 0x2E80 else 1.05


# --- shapes ---


@lru_cache(maxsize=16384)
def number(value):
    """A coordinate, short."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _points(points):
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


@dataclass
class Canvas:
    """What is drawn so far. Labels are laid over everything else; `labels` holds the rectangle of each."""

    shapes: list = field(default_factory=list)
    texts: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    box: list = field(default_factory=lambda: [0, 0, 0, 0])

    def _reach(self, left, top, right, bottom):
        if self.shapes or self.texts:
            left, top = min(left, self.box[0]), min(top, self.box[1])
            right, bottom = max(right, self.box[2]), max(bottom, self.box[3])
        self.box = [left, top, right, bottom]

    def rect(self, x, y, wide, high, *, round=0, fill="white", dashed=False, thick=1):
        """A box whose left upper corner is (x, y)."""
        self._reach(x, y, x + wide, y + high)
        at = f'x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high)}"'
        corner = f' rx="{number(round)}"' if round else ""
        self.shapes.append(f'<rect {at}{corner} fill="{fill}"{_stroke(thick, dashed)}/>')

    def circle(self, x, y, radius, *, fill="white", dashed=False):
        """A circle around (x, y)."""
        self._reach(x - radius, y - radius, x + radius, y + radius)
        at = f'cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"'
        self.shapes.append(f'<circle {at} fill="{fill}"{_stroke(1, dashed)}/>')

    def line(self, *points, arrow=False, dashed=False, thick=1):
        """A line through points; `arrow` puts a head at its end."""
        reach, shapes = _line(points, arrow, dashed, thick)
        self._reach(*reach)
        self.shapes += shapes

    def text(self, x, y, label, *, size=SIZE, anchor="middle", bold=False, ground=False):
        """A label whose middle (or start, or end) is at (x, y); `ground` whitens what is behind it."""
        rectangle, texts = _text(x, y, label if isinstance(label, str) else tuple(label), size, anchor, bold, ground)
        self._reach(*rectangle)
        self.labels.append(rectangle)
        self.texts += texts

    def svg(self, alt):
        """The whole drawing, from 8 cm to 16 cm wide, with its alternative text."""
        left, top, right, bottom = self.box
        wide, high = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
        if wide > WIDEST or high > TALLEST:
            across, down = round(wide * MILLIMETRES / 10), round(high * MILLIMETRES / 10)
            raise UsageError(f"it would be {across} cm wide and {down} cm high, too large for a sheet; draw less of it")
        frame = max(wide, NARROW)
        x, y = left - MARGIN - (frame - wide) / 2, top - MARGIN
        scale = MILLIMETRES * min(1, WIDE / frame)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(frame * scale)}mm" height="{number(high * scale)}mm" '
            f'viewBox="{number(x)} {number(y)} {number(frame)} {number(high)}" role="img" aria-label="{escaped(alt)}" '
            f'font-family="sans-serif" fill="black">\n'
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(frame)}" height="{number(high)}" fill="white"/>\n'
            + "\n".join((*self.shapes, *self.texts))
            + "\n</svg>\n"
        )


@lru_cache(maxsize=4096)
def _line(points, arrow, dashed, thick):
    """(what a line reaches, its shapes)."""
    xs, ys, shapes = [x for x, _ in points], [y for _, y in points], []
    if arrow:
        back, head = _head(points[-2], points[-1])
        points, shapes = (*points[:-1], back), [head]
    shapes.append(f'<polyline points="{_points(points)}" fill="none"{_stroke(thick, dashed)}/>')
    return (min(xs), min(ys), max(xs), max(ys)), tuple(shapes)


def _head(before, end, long=7, half=3):
    """(where the line ends behind the head of an arrow, the head)."""
    dx, dy = end[0] - before[0], end[1] - before[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1
    dx, dy = dx / length, dy / length
    back = (end[0] - long * dx, end[1] - long * dy)
    corners = (end, (back[0] - half * dy, back[1] + half * dx), (back[0] + half * dy, back[1] - half * dx))
    return back, f'<polygon points="{_points(corners)}" fill="black"/>'


@lru_cache(maxsize=8192)
def _text(x, y, label, size, anchor, bold, ground):
    """(the rectangle of a label, its shapes)."""
    wide, shapes = width(label, size, bold), []
    left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[anchor]
    rectangle = (left, y - size * 0.45, left + wide, y + size * 0.62)
    if ground:
        at = f'x="{number(left - 1)}" y="{number(rectangle[1])}" width="{number(wide + 2)}" height="{number(size * 1.07)}"'
        shapes.append(f'<rect {at} fill="white"/>')
    weight = ' font-weight="bold"' if bold else ""
    at = f'x="{number(x)}" y="{number(y + size * 0.35)}" font-size="{number(size)}" text-anchor="{anchor}"{weight}'
    shapes.append(f"<text {at}>{_spans(tuple(runs(label)), size)}</text>")
    return rectangle, tuple(shapes)


def _stroke(thick, dashed):
    return f' stroke="black" stroke-width="{number(thick)}"' + (' stroke-dasharray="4 3"' if dashed else "")


@lru_cache(maxsize=4096)
def _spans(parts, size):
    """Runs as SVG; a run behind a subscript comes up again."""
    if len(parts) == 1 and not parts[0][1]:
        return escaped(parts[0][0])
    spans, lowered, spaces = [], 0, 0  # spaces at the ends of runs are moves, as some viewers drop them
    for text, style in parts:
        down = size * SHIFTS.get(style, 0)
        spaces += len(text) - len(text.lstrip(" "))
        move = f' dx="{number(spaces * size * 0.32)}"' if spaces and spans else ""
        move += f' dy="{number(down - lowered)}"' if down != lowered else ""
        spaces = len(text) - len(text.rstrip(" "))
        look = f' font-size="{number(size * SUBSCRIPT)}"' if style in SHIFTS else ' font-style="italic"' * (style == "name")
        spans.append(f"<tspan{move}{look}>{escaped(text.strip(' '))}</tspan>")
        lowered = down
    return "".join(spans)
