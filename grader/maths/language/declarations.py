"""Declarations of symbols without a particular value: `real`, `real(0, 1)`, `integer > 0`, `vector(3)`, `matrix(D, M)`."""

import re
from dataclasses import dataclass
from fractions import Fraction

from grader.maths.errors import LanguageError
from grader.maths.language.meaning import read_number

TENSORS = {"vector": 1, "matrix": 2, "ones": 1}
SIZES = (3, 2, 4, 5, 7)  # sizes that stand for dimensions given by name, in order of appearance
SCALAR = re.compile(r"(real|positive|negative|nonnegative|integer)\s*(?:\(([^()]*),([^()]*)\))?\s*(?:(>=|<=|>|<)\s*(\S+))?")
TENSOR = re.compile(r"(vector|matrix|ones)\s*\(([^()]*)\)")


@dataclass(frozen=True)
class Declaration:
    """A symbol's domain: an interval (ends None where infinite; open), whole numbers or not, and a shape with dimension names."""

    kind: str
    low: Fraction | None = None
    high: Fraction | None = None
    integer: bool = False
    dimensions: tuple = ()

    def shape(self, sizes):
        """The shape, with named dimensions looked up in (and added to) the dict `sizes`."""
        return tuple(
            size if isinstance(size, int) else sizes.setdefault(size, SIZES[len(sizes) % len(SIZES)]) for size in self.dimensions
        )


def declaration(text):
    """The declaration a text makes, or None where it is an expression; raises LanguageError for a faulty one."""
    text = str(text)
    match = SCALAR.fullmatch(text.strip())
    if match:
        return _scalar(match, text)
    match = TENSOR.fullmatch(text.strip())
    if not match:
        return None
    kind, inside = match.groups()
    dimensions = tuple(int(part) if part.isdigit() else part for part in (piece.strip() for piece in inside.split(",")))
    if len(dimensions) != TENSORS[kind] or not all(isinstance(size, int) or size.isidentifier() for size in dimensions):
        raise LanguageError(f"a {kind} needs {TENSORS[kind]} sizes, numbers or names", text, 0)
    return Declaration(kind, dimensions=dimensions)


def _scalar(match, text):
    kind, low, high, comparison, bound = match.groups()
    ends = {"positive": (0, None), "nonnegative": (0, None), "negative": (None, 0)}.get(kind, (None, None))
    low, high = (end if part is None else _number(part, text) for end, part in zip(ends, (low, high), strict=True))
    if comparison:
        value = _number(bound, text)
        low, high = (value, high) if comparison in (">", ">=") else (low, value)
        if kind == "integer" and comparison == ">=":
            low -= 1
    return Declaration("integer" if kind == "integer" else "real", low, high, kind == "integer")


def _number(text, whole):
    text = text.strip()
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if digits in ("inf", "infinity", "oo"):
        return None
    if not re.fullmatch(r"\d+(\.\d+)?(/[1-9]\d*)?", digits):
        raise LanguageError(f"'{text}' is not a number", whole, whole.find(text))
    numerator, _, denominator = digits.partition("/")
    return sign * read_number(numerator) / int(denominator or 1)


def sample_points(declarations, seed, count):
    """Deterministic rational points in the declared domains, at several scales: dicts name -> Fraction, for numbers only."""
    import random

    generator = random.Random(seed)
    return [{name: _point(domain, generator, k) for name, domain in declarations.items()} for k in range(count)]


def _point(domain, generator, k):
    """A random rational, near 1 at first, then wider and nearer to 0."""
    if domain.integer:
        low = -20 if domain.low is None else int(domain.low) + 1
        high = low + 20 if domain.high is None else int(domain.high)
        return Fraction(generator.randint(low, max(low, high)))
    fraction = Fraction(generator.randint(1, 997), 998)
    if domain.low is not None and domain.high is not None:
        return domain.low + (domain.high - domain.low) * fraction
    scale = (Fraction(1), Fraction(3), Fraction(1, 5), Fraction(10))[k % 4]
    if domain.low is not None:
        return domain.low + scale * 2 * fraction
    if domain.high is not None:
        return domain.high - scale * 2 * fraction
    return scale * (4 * fraction - 2)
