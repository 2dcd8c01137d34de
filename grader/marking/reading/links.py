"""Shown working, `3·5+25+5 = 45`: every link of its chains, whether it holds, and what each side is worth."""

import re
from dataclasses import dataclass
from fractions import Fraction

from grader.marking.reading.numbers import Entry, Numbers, read_numbers_in_every_sense
from grader.maths.errors import GraderError
from grader.maths.language.characters import MAX_TYPED, one_blank
from grader.maths.language.notation import outside_brackets
from grader.maths.systems import BALL

MOST_SIDES = 60
SIGN = re.compile(r"(?<![<>!:=])(?:==?(?![=>])|≈|≃|≅|~=?|\\approx(?![A-Za-z])|\\simeq(?![A-Za-z])|=>|⇒|→|\\Rightarrow|\\to\b)")
APPROXIMATE = frozenset({"≈", "≃", "≅", "~", "~=", "\\approx", "\\simeq"})
ARROWS = frozenset({"=>", "⇒", "→", "\\Rightarrow", "\\to"})
# what stands between two chains
BREAK = re.compile(
    r"[;\n]|\\\\|, (?=[^\W\d]\w*\s*[=:])|,?\s?\b(?:so|and|then|also|hence|thus|therefore|und|dann|damit)\b"
    r"|(?:=>|⇒|→|\\Rightarrow\b|\\to\b)(?=[^;\n⇒→]{0,200}?(?<![<>=])=(?!>))",
    re.IGNORECASE,
)
CONTINUED = re.compile(r"\s*(?:&\s*)?(?:=|≈|\\approx|~)")


@dataclass(frozen=True)
class Link:
    """Two neighbouring sides of a chain.

    holds: whether they agree within the rounding of the typed digits (cut off counts as rounded); approximate: joined by `≈`;
    left and right: their values.
    """

    left_text: str
    right_text: str
    holds: bool
    approximate: bool
    left: Numbers
    right: Numbers


@dataclass(frozen=True)
class Working:
    """A shown calculation.

    links: of all its chains, in order; values: of every side of the last chain; before: of every side of that chain up to its
    first link that breaks (all of them where none does); broken: the first link of all that does not hold, or None.
    """

    links: tuple[Link, ...]
    values: tuple[Numbers, ...]
    before: tuple[Numbers, ...]
    broken: Link | None

    @property
    def first_value(self):
        """The value of the last chain's first side: what the shown formula gives."""
        return self.values[0]

    @property
    def last_value(self):
        """The value of the last chain's last side: the answer."""
        return self.values[-1]


@dataclass(frozen=True)
class _Side:
    """One side of a chain, in all senses it can have; sign: what stands in front of it."""

    text: str
    sign: str
    senses: tuple[Numbers, ...]


def read_working(text, counting=False):
    """The Working of a typed answer, or None where no chain has two sides with values. Never raises.

    Labels (`z =`), words and expressions in names are no sides; a line that begins with `=` goes on with the chain before it.
    """
    if len(text) > MAX_TYPED or not 0 < len(SIGN.findall(text)) <= MOST_SIDES:
        return None
    chains = [[side for side in _sides(chain, counting) if side.senses] for chain in _chains(text)]
    chains = [_linked(sides) for sides in chains if len(sides) > 1]
    if not chains:
        return None
    links = tuple(link for chain in chains for link in chain)
    last = chains[-1]
    values = (last[0].left, *(link.right for link in last))
    whole = next((place for place, link in enumerate(last) if not link.holds), len(last))
    return Working(links, values, values[: whole + 1], first_broken(links))


def read_links(text, counting=False):
    """Every link of the numeric chains in a typed answer, in order; none where there are none. Never raises."""
    working = read_working(text, counting)
    return working.links if working else ()


def first_broken(links):
    """The first link that does not hold, or None."""
    return next((link for link in links if not link.holds), None)


def _chains(text):
    """The chains of a text: what stands between line ends, semicolons and connecting words, outside brackets."""
    text = one_blank(re.sub(r"\r\n?", "\n", text))
    depths = outside_brackets(text)
    chains, start = [], 0
    for match in BREAK.finditer(text):
        if not depths[match.start()] and not (match.group() == "\n" and CONTINUED.match(text, match.end())):
            chains.append(text[start : match.start()])
            start = match.end()
    return [*chains, text[start:]]


def _sides(chain, counting):
    """The sides of one chain, with their values where they have one."""
    depths = outside_brackets(chain)
    signs = [match for match in SIGN.finditer(chain) if not depths[match.start()]]
    starts = [0, *(match.end() for match in signs)]
    ends = [*(match.start() for match in signs), len(chain)]
    texts = [chain[start:end].strip(" \t\n$&,") for start, end in zip(starts, ends, strict=True)]
    if len(texts) < 2:
        return []
    marks = ["", *(match.group() for match in signs)]
    return [_Side(text, mark, _senses(text, counting)) for text, mark in zip(texts, marks, strict=True)]


def _senses(text, counting):
    """The Numbers a side can mean; none for labels and what cannot be read."""
    if not any(character.isdigit() for character in text):
        return ()
    try:
        return tuple(read_numbers_in_every_sense(text, counting))
    except GraderError:
        return ()


def _linked(sides):
    """The Links between neighbouring sides. Of several senses those are taken in which most links hold."""
    chosen, links = sides[0].senses[0], []
    for position, (left, right) in enumerate(zip(sides, sides[1:], strict=False)):
        approximate = right.sign in APPROXIMATE or right.sign in ARROWS
        lefts = left.senses if position == 0 else (chosen,)
        pairs = [(one, other) for one in lefts for other in right.senses]
        agreeing = next((pair for pair in pairs if agree(*pair, approximate)), None)
        one, other = agreeing or pairs[0]
        links.append(Link(left.text, right.text, agreeing is not None, approximate, one, other))
        chosen = other
    return tuple(links)


def agree(left, right, approximate=False):
    """Whether two typed values agree within the rounding of their digits; approximate: also an integer may be rounded."""
    if left.shape != right.shape:
        return False
    pairs = zip(left.entries.flat, right.entries.flat, strict=True)
    return all(_entries_agree(one, other, approximate) for one, other in pairs)


def _entries_agree(left, right, approximate):
    """Rounded values agree where their balls meet; a right side that was cut off instead may be a whole last place smaller.

    A calculation on the left with decimals of fewer than three digits (`0.5 - 0.1*2.5`) is taken as exact.
    """
    if isinstance(left.value, Fraction) and left.value == right.value:
        return True
    own = _width(left, approximate) if left.rounded or not left.spread else Fraction(0)
    widths = [BALL.element(width) for width in (own, _width(right, approximate), right.unit / 2)]
    distance = abs(BALL.element(left.value) - BALL.element(right.value))
    if not distance > widths[0] + widths[1]:
        return True
    smaller = abs(BALL.element(right.value)) < abs(BALL.element(left.value))
    return bool(smaller and not distance > widths[0] + widths[1] + widths[2])


def _width(entry: Entry, approximate):
    """How far rounding can be off; an integer behind `≈` is rounded to its last place that is not 0."""
    if entry.half or entry.spread or not approximate or not isinstance(entry.value, Fraction):
        return entry.half or entry.spread
    return Fraction(_last_place(entry.value.numerator), 2) if entry.value.denominator == 1 else Fraction(0)


def _last_place(integer):
    place = 1
    while integer and integer % (10 * place) == 0:
        place *= 10
    return place
