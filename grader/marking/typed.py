"""Typed answers read as values, with the precision they were typed in. Reading never judges."""

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.maths.errors import GraderError, LanguageError, ShapeError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node
from grader.maths.language import notation, syntax
from grader.maths.language.functions import FUNCTIONS
from grader.maths.language.meaning import Scope, read_number
from grader.maths.show import exact_number, nested, terminating
from grader.maths.systems import BALL, EXACT, as_fraction, boxed, elementwise

STUDENT_FUNCTIONS = {name: row for name, row in FUNCTIONS.items() if row.students}
NUMBER = r"[-+]?[\d.][\d./e+-]*"
LISTED = re.compile(rf"\(?\s*{NUMBER}(?:\s+{NUMBER})+\s*\)?")  # numbers with white space between them
WRAPPED = re.compile(r"\((?:[^()]|\([^()]*\))*\)")  # one pair of brackets around everything
SURE_BITS, TINY = 40, 1e-15  # a typed irrational value must be known that well
LONGEST_PRODUCT = 12  # letters of a word that may be a product of names
ROW_END = r"(?<=\])\s*\n\s*(?=\[)"
ROWS_ON_LINES = re.compile(r"\s*\[[^\n]*\]\s*(?:\n\s*\[[^\n]*\]\s*)+")
# between sizes: a comma, a semicolon, white space, or an x behind a digit, a bracket or a capital
SIZES = re.compile(r"\s+x\s+|\s*[,;]\s*|(?<=[\d)])\s*x\s*(?=[\w(])|(?<=[A-Z])\s*x\s*(?=[\w(])|\s+")
HATTED = re.compile(r"^([A-Za-z]+?)(_?\d*|_\w+)$")


@dataclass(frozen=True)
class Entry:
    """One typed number.

    value: exact, or a ball where it is irrational; unit: the last typed place of a decimal, 0 for a point; text: what was read,
    in normal form.
    """

    value: object
    unit: Fraction
    text: str

    @property
    def half(self):
        return self.unit / 2

    def ball(self):
        """The ball of all numbers that honest rounding turns into what was typed."""
        if not isinstance(self.value, Fraction):
            return self.value
        return BALL.interval(self.value - self.half, self.value + self.half)


@dataclass(frozen=True, eq=False)
class Numbers:
    """An array of typed numbers (0-dimensional for a single one)."""

    entries: np.ndarray
    text: str

    @property
    def shape(self):
        return self.entries.shape

    def values(self):
        """The typed values as points."""
        return elementwise(lambda entry: entry.value, 1)(self.entries)

    def intervals(self):
        """The typed values as balls, as wide as their rounding."""
        return elementwise(lambda entry: entry.ball(), 1)(self.entries)

    @property
    def rounded(self):
        return any(entry.unit for entry in self.entries.flat)


@dataclass(frozen=True)
class Formula:
    """A typed expression as a graph."""

    node: Node
    text: str


@dataclass(frozen=True)
class Sizes:
    """A typed shape: its sizes as graphs."""

    nodes: tuple
    text: str

    def as_numbers(self):
        """The sizes as Numbers; raises ShapeError where one is not a number by itself."""
        entries = np.empty(len(self.nodes), dtype=object)
        for position, part in enumerate(self.text.split(" x ")):
            size = read_numbers(part, counting=True)
            if size.shape:
                raise ShapeError(f"'{part}' is not a single size")
            entries[position] = size.entries[()]
        return Numbers(entries, self.text)


def read_numbers(text, counting=False, listed=False, decimal_commas=False):
    """A number, vector, matrix or tensor as typed; raises LanguageError, TooLargeError or ShapeError.

    counting: a group of three digits is a thousand; listed: white space may stand between entries; decimal_commas: every comma
    between digits is a decimal comma.
    """
    plain = notation.plain(text, counting)
    if decimal_commas:
        plain = notation.decimal_points(plain)
    if ROWS_ON_LINES.fullmatch(plain):
        plain = f"[{re.sub(ROW_END, ', ', plain.strip())}]"
    if "[" not in plain and (re.search(r"[;\n,]", plain) or (listed and LISTED.fullmatch(plain))):
        plain = _bracketed(plain)
    if not listed and LISTED.fullmatch(plain):
        raise LanguageError("several numbers stand side by side, but one is asked", text, 0)
    try:
        entries = _entries(syntax.parse(plain), plain)
    except ShapeError:
        decimal = notation.decimal_points(plain)  # `[2; -0,50]` is a list only with a decimal comma
        if decimal == plain:
            raise
        entries = _entries(syntax.parse(decimal), decimal)
    return Numbers(entries, nested(entries, lambda entry: entry.text))


def read_numbers_in_every_sense(text, counting=False, listed=False):
    """The Numbers a text can mean, the likelier first.

    `1,234` is a decimal, or a thousand and more (first where a count is asked); `[2,5 6; 1,75 3]` has three columns, or two with
    decimal commas. Raises what `read_numbers` raises where the text has no sense at all.
    """
    senses, refusal = {}, None
    for settings in ({"counting": counting}, {"counting": not counting}, {"counting": counting, "decimal_commas": True}):
        try:
            numbers = read_numbers(text, listed=listed, **settings)
        except GraderError as error:
            refusal = refusal or error
        else:
            senses.setdefault(numbers.text, numbers)
    if not senses:
        raise refusal
    return list(senses.values())


def _bracketed(plain):
    """`5; -1`, `1, 2, 3` or rows on lines as a bracketed array; brackets ( ) around a list are allowed."""
    inner = plain.strip()
    if WRAPPED.fullmatch(inner):
        inner = inner[1:-1]
    lines = [line.strip() for line in inner.splitlines() if line.strip()]
    if len(lines) > 1:
        return "[" + "; ".join(lines) + "]"
    if ";" in inner and not re.search(r"[,\s]", re.sub(r"\s*;\s*", ";", inner)):
        inner = inner.replace(";", ",")  # `5; -1` is a vector, `1 2; 3 4` a matrix
    return f"[{inner}]"


def _entries(tree, text):
    if not isinstance(tree, syntax.Items):
        return _evaluated(tree, text)
    parts = [_entries(item, text) for item in tree.items]
    if len({part.shape for part in parts}) > 1:
        raise ShapeError("the rows have different lengths")
    result = np.empty((len(parts), *(parts[0].shape if parts else ())), dtype=object)
    for position, part in enumerate(parts):
        result[position] = part if part.ndim else part[()]
    return result


def _evaluated(tree, text):
    literal = _literal(tree)
    if literal is not None:
        value, unit = literal
        return boxed(Entry(value, unit, _decimal(value, unit)))
    node = Scope(names=CONSTANTS, functions=STUDENT_FUNCTIONS, conventions=STUDENT_CONVENTIONS).tree(tree, text)
    array, system = Evaluation({}, (EXACT, BALL)).with_system(node)
    if system is EXACT:
        return elementwise(lambda element: Entry(as_fraction(element), Fraction(0), exact_number(element)), 1)(array)
    if any(element.rel_accuracy_bits() < SURE_BITS and element.rad() > TINY for element in array.flat):
        raise LanguageError("the digits of this value cannot be worked out", text, 0)
    return elementwise(lambda element: Entry(element, Fraction(0), element.str(8, radius=False)), 1)(array)


def _literal(tree):
    """(value, unit of the last typed place) of a plain decimal, also with sign, percent or a power of ten; None otherwise."""
    if isinstance(tree, syntax.Unary) and tree.operator == "-":
        inner = _literal(tree.operand)
        return None if inner is None else (-inner[0], inner[1])
    if isinstance(tree, syntax.Number):
        return read_number(tree.text), _unit(tree.text)
    if isinstance(tree, syntax.Binary) and tree.operator in ("*", "juxtaposed", "/") and not isinstance(tree.left, syntax.Binary):
        left, scale = _literal(tree.left), _power_of_ten(tree.right)
        if left is None or scale is None or (tree.operator == "/" and not left[1]):
            return None
        scale = 1 / scale if tree.operator == "/" else scale
        return left[0] * scale, left[1] * scale
    return None


def _power_of_ten(tree):
    if isinstance(tree, syntax.Number) and re.fullmatch("10+", tree.text) and len(tree.text) < 20:
        return Fraction(int(tree.text))
    if (
        isinstance(tree, syntax.Binary)
        and tree.operator == "^"
        and isinstance(tree.left, syntax.Number)
        and tree.left.text == "10"
    ):
        exponent = _literal(tree.right)
        if exponent and exponent[0].denominator == 1 and abs(exponent[0]) < 300:
            return Fraction(10) ** int(exponent[0])
    return None


def _unit(text):
    mantissa, _, exponent = text.lower().rstrip(".").partition("e")
    if "." not in mantissa:
        return Fraction(0)
    return Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def _decimal(value, unit):
    """The normal form of a typed decimal: `1.50` keeps its zeros, integers stay integers."""
    if not unit:
        return terminating(value, 12) or exact_number(EXACT.element(value))
    places = max(0, len(str(unit.denominator)) - 1)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def read_shape(text, names):
    """A shape such as `15x15x8`, `(8, 15, 15)`, `N × 19`; sizes may be typed with the allowed names (name -> node)."""
    plain = notation.plain(_sizes_of_chain(text), words=bool(names))
    if not re.search(r"[,;]|\bx\b|\dx\d|[A-Z]x", plain):
        plain = re.sub(r"(?<=[\w)])\s*\*\s*(?=[\w(])", " x ", plain)
    parts = [part for part in SIZES.split(plain.strip(" ()[]")) if part]
    if not parts:
        raise LanguageError("no sizes are typed here", text, 0)
    scope = Scope(names={**CONSTANTS, **names}, functions=STUDENT_FUNCTIONS, conventions=STUDENT_CONVENTIONS)
    return Sizes(tuple(scope.node(part) for part in parts), " x ".join(parts))


def _sizes_of_chain(text):
    """A shape with `6@28x28`, `15X15X8`, `15 by 15` written with x; of `8x15x15 = 1800` the sizes."""
    text = re.sub(r"(?<=\d)\s*(?:@|X|\bby\b)\s*(?=\d)", "x", text)
    *links, last = text.split("=")
    return links[-1] if links and re.fullmatch(r"\s*\d+\s*", last) and re.search(r"\d\s*[x×*]\s*\d", links[-1]) else text


def read_formula(text, names, conventions):
    """An expression over the allowed names (name -> node)."""
    plain = notation.plain(text, words=True)
    known = {**CONSTANTS, **aliases(names)}
    plain = products_apart(plain, known)
    scope = Scope(names=known, functions=STUDENT_FUNCTIONS, conventions=conventions)
    return Formula(scope.node(plain), plain)


def free_names(text):
    """The names in a typed expression that are neither functions nor constants, nor the mark of a transpose (`^T`)."""
    tokens = syntax.tokens(notation.plain(text, words=True))
    marks = {position for position, token in enumerate(tokens) if token.text == "T" and tokens[position - 1].text == "^"}
    names = {token.text for position, token in enumerate(tokens) if token.kind == "name" and position not in marks}
    return names - set(STUDENT_FUNCTIONS) - set(CONSTANTS)


def is_product(word, known):
    """Whether a word is a known name or several of them side by side."""
    return word in known or _factors(word, known) is not None


def products_apart(plain, known):
    """The text with names that are written side by side apart: `ua^2` is `u a^2`, `GW^T` is `G W^T`, `y_2` may be y2."""

    def apart(match):
        word = match.group()
        if word in known or word in STUDENT_FUNCTIONS:
            return word
        if word.replace("_", "") in known:
            return word.replace("_", "")
        raised = match.string[: match.start()].endswith("^") and word.startswith("T")
        factors = _factors(word[1:] if raised else word, known)
        return word if factors is None else " ".join(["T", *factors] if raised else factors)

    plain = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)(?=[^\W\d_])(?![eE][+-]?\d)", r"\1 ", plain)  # `2ab` is `2 ab`
    return re.sub(r"(?<![\w.])[^\W\d]\w*", apart, plain)


def _factors(word, known):
    """The known names a word is made of, the longest first; None where it is not."""
    if not word or len(word) > LONGEST_PRODUCT:
        return [] if not word else None
    for length in range(len(word), 0, -1):
        if word[:length] in known and (rest := _factors(word[length:], known)) is not None:
            return [word[:length], *rest]
    return None


def aliases(names):
    """The names, each also without its underscores (`w_11` is `w11`) and with a hat (`y_1` is `yhat_1`)."""
    hats = {HATTED.sub(r"\1hat\2", name): value for name, value in names.items()}
    plain = {name.replace("_", ""): value for name, value in {**hats, **names}.items()}
    return {**plain, **hats, **names}


def _constants():
    from grader.maths.graph import constant
    from grader.maths.ops.arithmetic import exp

    return {"e": exp(constant(1))}


CONSTANTS = _constants()
STUDENT_CONVENTIONS = {
    "relu_at_zero": "0",
    "logarithm": "natural",
    "abs_at_zero": "0",
    "ddof": "0",
    "ties": "first",
    "label_base": "0",
}
