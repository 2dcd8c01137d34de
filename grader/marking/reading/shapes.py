"""Typed shapes: `15x15x8`, `(8, 15, 15)`, `N × 19` (rule N17 of `notation`)."""

import re
from dataclasses import dataclass

import numpy as np

from grader.marking.reading.names import CONSTANTS, STUDENT_CONVENTIONS, STUDENT_FUNCTIONS, parse_typed
from grader.marking.reading.numbers import Numbers, read_numbers
from grader.maths.errors import LanguageError, ShapeError, TooLargeError
from grader.maths.language import digits, notation
from grader.maths.language.meaning import Scope
from grader.maths.language.unparse import show

MOST_SIZES = 12
TIMES = re.compile(r"\s+x\s+|(?<=[\d)])\s*x\s*(?=[\w(])|(?<=[A-Z])\s*x\s*(?=[\w(])")  # an x between sizes, not a name
COMMAS = re.compile(r"\s*[,;]\s*")
STARS = re.compile(r"\s*\*\s*")
BLANKS = re.compile(r"\s+")
NAMED = re.compile(r"[^\W\d]")
OTHER_X = re.compile(r"(?<=\d)\s*(?:@|X|\bby\b)\s*(?=\d)")  # 6@28x28, 15X15X8, 15 by 15
SIZE_CALL = re.compile(r"(?:torch\.)?(?:Size|TensorShape|shape|tuple)\s*\((.*)\)", re.DOTALL)
REALS = re.compile(r"\s*(?:R|ℝ)\s*\^\s*(?=\()")
COUNT_BEHIND = re.compile(r"[\d,. ]+")
LABEL = re.compile(r"(?:^|(?<=[\s,;(]))[A-Za-z]\w{0,12}\s?=(?!=)")
SIZES_AHEAD = re.compile(r"\d\s*[x×*]\s*\d")
OTHER_SEPARATORS = re.compile(r"\d+(?:\s*([-/])\s*\d+)(?:\s*\1\s*\d+)+")  # 3-8-8
WORDS_BEHIND = re.compile(r"(?<=[\d)\]])\s+([^\W\d_]{2,}(?: [^\W\d_]{2,}){0,3})$")


@dataclass(frozen=True)
class Sizes:
    """A typed shape: its sizes as graphs; text: what was read, in normal form; ambiguous: what else it could mean, in words."""

    nodes: tuple
    text: str
    ambiguous: str = ""

    def as_numbers(self):
        """The sizes as Numbers; raises ShapeError where one is not a number by itself."""
        entries = np.empty(len(self.nodes), dtype=object)
        single = self.text[1:-2] if self.text.endswith(",)") else ""
        for position, part in enumerate([single] if single else self.text.split(" x ")):
            size = read_numbers(part, counting=True)
            if size.shape:
                raise ShapeError(f"'{part}' is not a single size")
            entries[position] = size.entries[()]
        return Numbers(entries, self.text, self.ambiguous)


def read_shape(text, names, count=None):
    """A shape such as `15x15x8`, `(8, 15, 15)`, `N × 19`; sizes may be typed with the allowed names (name -> node).

    count: how many sizes are asked for; where it is one, `4*H` and `4 H` are a product, else two sizes.
    """
    text = _without_labels(_sizes_of_chain(OTHER_X.sub("x", text)))
    plain = notation.prepared(text, words=bool(names), listed=True)
    plain = _inner(_without_words(_inner(plain), names))
    if OTHER_SEPARATORS.fullmatch(plain):
        raise LanguageError("sizes are typed with an x or a comma between them", text, 0)
    parts, ambiguous = _parts(plain, count)
    if not parts:
        raise LanguageError("no sizes are typed here", text, 0)
    if len(parts) > MOST_SIZES:
        raise TooLargeError(f"a shape of more than {MOST_SIZES} sizes is not read")
    known = {**CONSTANTS, **names}
    scope = Scope(names=known, functions=STUDENT_FUNCTIONS, conventions=STUDENT_CONVENTIONS)
    trees = [parse_typed(part) for part in parts]
    return Sizes(
        tuple(scope.as_value(scope.tree(t, part)) for t, part in zip(trees, parts, strict=True)), _text(trees), ambiguous
    )


def _without_labels(text):
    """`C=8, H=15, W=15` as its sizes, in the order typed."""
    labels = LABEL.split(text)
    return ", ".join(size.strip(" ,;\n") for size in labels[1:]) if len(labels) > 2 and not labels[0].strip(" (") else text


def _text(trees):
    """Sizes in normal form: `15 x 15 x 8`; one with a blank in it stands in brackets."""
    shown = [show(tree).replace(" + ", "+").replace(" - ", "-") for tree in trees]
    shown = [f"({size})" if " " in size else size for size in shown]
    return f"({shown[0]},)" if len(shown) == 1 and re.search(r"[ *]", shown[0]) else " x ".join(shown)


def _inner(plain):
    """What stands inside `torch.Size(...)`, `R^(...)` and brackets around everything."""
    plain = plain.strip()
    call = SIZE_CALL.fullmatch(plain)
    plain = call.group(1).strip() if call else REALS.sub("", plain, count=1)
    for _ in range(2):
        depths = notation.outside_brackets(plain)
        if plain[:1] in ("(", "[") and plain[-1:] in (")", "]") and all(depths[1:-1]) and len(plain) > 1:
            plain = plain[1:-1].strip()
    return plain


def _without_words(plain, names):
    """A shape without the unit behind it (`6x6 pixels`), unless a word may be a size."""
    match = WORDS_BEHIND.search(plain)
    return plain[: match.start()] if match and not set(match.group(1).split()) & set(names) else plain


def _parts(plain, count):
    """(the sizes as texts, what else could be meant): split at x and commas, else at blanks, else at stars.

    A product stays whole where one size is asked for.
    """
    depths = notation.outside_brackets(plain)
    times, commas, blanks, stars = (
        [match for match in pattern.finditer(plain) if not depths[match.start()]] for pattern in (TIMES, COMMAS, BLANKS, STARS)
    )
    if times and digits.GROUPS[0].search(plain):  # 1,024x3
        return _cut(digits.as_thousands(plain), TIMES), ""
    one = count == 1 and (stars or NAMED.search(plain))
    separators = sorted(times + commas, key=lambda match: match.start()) or (not one and ((not stars and blanks) or stars)) or []
    ends = [0, *(end for match in separators for end in match.span()), len(plain)]
    parts = [plain[start:end].strip() for start, end in zip(ends[::2], ends[1::2], strict=True)]
    return [part for part in parts if part], _doubt(plain, parts)


def _cut(plain, pattern):
    return [part.strip() for part in pattern.split(plain) if part.strip()]


def _doubt(plain, parts):
    """What a shape of one or two sizes with a comma could also mean: `1,024` is two sizes or one."""
    together = digits.as_thousands(plain)
    if "," not in plain or together == plain or not together.isdigit():
        return ""
    return f"read as {' x '.join(parts)}; could also mean {together}"


def _sizes_of_chain(text):
    """Of `8x15x15 = 1800` the sizes."""
    *links, last = text.split("=")
    return links[-1] if links and COUNT_BEHIND.fullmatch(last) and SIZES_AHEAD.search(links[-1]) else text
