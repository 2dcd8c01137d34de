"""Typed numbers, vectors, matrices and tensors, with the precision they were typed in."""

import dataclasses
import operator
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from grader.marking.comparing.compare import as_fraction_of_ball
from grader.marking.reading.names import CONSTANTS, STUDENT_CONVENTIONS, STUDENT_FUNCTIONS, parse_typed
from grader.maths.errors import GraderError, LanguageError, ShapeError, TooLargeError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import given
from grader.maths.language import digits, notation, square_brackets, syntax
from grader.maths.language.meaning import MAX_EXPONENT, Scope, read_number
from grader.maths.language.unparse import show
from grader.maths.show import exact_number, nested
from grader.maths.systems import BALL, EXACT, as_fraction, boxed, elementwise

NUMBER = r"[-+]?[\d.][\d./e+-]*"
LISTED = re.compile(rf"\(?\s*{NUMBER}(?:\s+{NUMBER})+\s*\)?")  # numbers with white space between them
WRAPPED = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")  # one pair of brackets around everything
ROWS_ON_LINES = re.compile(r"\[[^\n]*\](?:\n\[[^\n]*\])+")
PLAIN = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.(?:\d{1,2}|\d{4,15}))?")  # has one sense only
NOT_A_NUMBER = re.compile(r"[<>]|!=|==|\b(?:and|not|or)\b")
REPEATED = re.compile(r"([-+]?[\d.,]+)\s+\(([-+*/^ \d.,()]+)\)")  # 12 (3*4)
BLANKS_IN_BRACKETS = re.compile(r"\([^()]*\d \d[^()]*\) ?\(|\) ?\([^()]*\d \d[^()]*\)")
SURE_BITS, TINY = 40, 1e-15  # a typed irrational value must be known that well
LONGEST_SUM = 400  # operators of one typed number
LARGEST = 10**400
FRACTIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
DEEPEST_FRACTION = 20  # operators inside one another, up to which a calculation is worked out without a graph
LONG = 60  # digits of an exact number, above which the calculation is shown instead
HONEST = Fraction(1, 200)  # relative half-width of three significant digits


@dataclass(frozen=True)
class Entry:
    """One typed number.

    value: exact, or a ball where it is irrational; unit: the last typed place of a decimal, 0 for a point; text: what was read,
    in normal form; spread: how far honest rounding of the decimals inside a typed calculation (`2.72/11.11`) can move its value.
    """

    value: object
    unit: Fraction
    text: str
    spread: Fraction = Fraction(0)

    @property
    def half(self):
        return self.unit / 2

    @property
    def rounded(self):
        """Whether it may stand for a rounded value: a decimal, or a calculation with decimals of three digits and more."""
        return bool(self.unit) or 0 < self.spread <= HONEST * abs(self._middle())

    def _middle(self):
        return self.value if isinstance(self.value, Fraction) else as_fraction_of_ball(self.value)

    def ball(self):
        """The ball of all numbers that honest rounding turns into what was typed."""
        width = self.half or self.spread
        if not isinstance(self.value, Fraction):
            return self.value + BALL.interval(-width, width) if width else self.value
        return BALL.interval(self.value - width, self.value + width)


@dataclass(frozen=True, eq=False)
class Numbers:
    """An array of typed numbers (0-dimensional for a single one); ambiguous: what else the text could mean, in words."""

    entries: np.ndarray
    text: str
    ambiguous: str = ""

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
        return any(entry.rounded for entry in self.entries.flat)


def read_numbers(text, counting=False, listed=False):
    """A number, vector, matrix or tensor as typed, in its likeliest sense; raises LanguageError, TooLargeError or ShapeError.

    counting: a group of three digits is a thousand; listed: several values are asked, so white space may stand between them.
    """
    return read_numbers_in_every_sense(text, counting, listed)[0]


def read_numbers_in_every_sense(text, counting=False, listed=False):
    """The Numbers a text can mean, the likelier first.

    `1,234` is a decimal, or a thousand and more (first where a count is asked); `[2,5 6; 1,75 3]` has three columns, or two with
    decimal commas. Raises LanguageError, TooLargeError or ShapeError where the text has no sense at all.
    """
    if PLAIN.fullmatch(text):
        return [_array(text)]
    prepared = notation.prepared(text, listed=listed, counting=counting)
    found, refusal = {}, None
    for sense in digits.senses(prepared, counting, listed):
        try:
            numbers = _array(square_brackets.sure_sense(_in_brackets(_without_repetition(sense), listed, text)))
        except GraderError as error:
            refusal = refusal or error
        else:
            found.setdefault(numbers.text, numbers)
    if not found:
        raise refusal
    return _with_doubts(list(found.values()), counting, listed, digits.DECIMAL_COMMA.search(prepared))


def _without_repetition(plain):
    """`12 (3*4)` as 12, where the brackets come to the same; raises LanguageError where they do not."""
    blanks = BLANKS_IN_BRACKETS.search(plain)
    if blanks:
        raise LanguageError("numbers side by side in brackets are no factors", plain, blanks.start())
    match = REPEATED.fullmatch(plain)
    if not match or not all(notation.outside_brackets(plain)[match.start(2) : match.end(2)]):
        return plain
    value, calculation = (_array(part).values() for part in match.groups())
    if value.shape or calculation.shape or value[()] != calculation[()]:
        raise LanguageError("what stands in brackets behind this number is not the same", plain, match.start(2))
    return match[1]


def _with_doubts(senses, counting, listed, comma):
    """Senses that say what else could be meant. Where one value is asked, a list is meant only if nothing else is.

    A point is a decimal point first of all (`2.125`), and a count is a whole number, so these are not in doubt.
    """
    single = [numbers for numbers in senses if not numbers.shape]
    senses = single if single and not listed else senses
    first, *others = senses
    likely = [other for other in others if other.entries.size > 1 or not first.shape]  # not [1.2] for `[1,2]`
    in_doubt = likely and comma and not (counting and not any(map(_whole, others)))
    doubts = [_doubt(first, likely[0]) if in_doubt else "", *(_doubt(other, first) for other in others)]
    return [dataclasses.replace(numbers, ambiguous=doubt) for numbers, doubt in zip(senses, doubts, strict=True)]


def _doubt(numbers, other):
    return f"read as {numbers.text}; could also mean {other.text}"


def _whole(numbers):
    return all(isinstance(entry.value, Fraction) and entry.value.denominator == 1 for entry in numbers.entries.flat)


def _in_brackets(plain, listed, text):
    """A typed list or matrix with its brackets [ ]; raises LanguageError where numbers stand side by side, but one is asked."""
    if ROWS_ON_LINES.fullmatch(plain):
        return f"[{plain.replace(chr(10), ', ')}]"
    side_by_side = LISTED.fullmatch(plain)
    if side_by_side and not listed and "\n" not in plain:
        raise LanguageError("several numbers stand side by side, but one is asked", text, 0)
    inner = _without_brackets(plain)
    depths = notation.outside_brackets(inner)
    separated = any(character in ",;\n" and not depth for character, depth in zip(inner, depths, strict=True))
    return _bracketed(inner) if separated or side_by_side else plain


def _bracketed(inner):
    """`5; -1`, `1, 2, 3` or rows on lines as a bracketed array."""
    lines = [_without_brackets(line.strip().rstrip(",;")) for line in inner.splitlines() if line.strip()]
    if len(lines) > 1 and all(";" in line for line in lines):
        lines = [line.replace(";", ",") for line in lines]
    if len(lines) > 1:
        return f"[{'; '.join(lines)}]"
    inner = inner.strip().strip(";")
    if not re.search(r"[,\s]", re.sub(r"\s*;\s*", ";", inner)):
        inner = inner.replace(";", ",")  # `5; -1` is a vector, `1 2; 3 4` a matrix
    return f"[{inner}]"


def _without_brackets(line):
    wrapped = WRAPPED.fullmatch(line)
    return wrapped.group(1) if wrapped else line


def _array(plain):
    """The Numbers of a text in the language, in which nothing is in doubt any more."""
    forbidden = NOT_A_NUMBER.search(plain)
    if forbidden:
        raise LanguageError("a comparison is no number", plain, forbidden.start())
    tree = parse_typed(plain)
    entries = _entries(tree, plain)
    if not entries.ndim:
        return Numbers(entries, entries[()].text)
    return Numbers(entries, nested(entries, _in_a_list) if all(entry.text for entry in entries.flat) else show(tree))


def _in_a_list(entry):
    """An entry's text in brackets where blanks in it would separate."""
    return f"({entry.text})" if " " in entry.text else entry.text


def _entries(tree, text):
    """The entries of a syntax tree; a sign and the mark of a transpose keep the precision of each."""
    if isinstance(tree, syntax.Unary) and isinstance(tree.operand, syntax.Items) and tree.operator == "-":
        return elementwise(_negated, 1)(_entries(tree.operand, text))
    if _is_transposed(tree):
        return np.transpose(_entries(tree.left if isinstance(tree, syntax.Binary) else tree.operand, text))
    if not isinstance(tree, syntax.Items):
        return _evaluated(tree, text)
    parts = [_entries(item, text) for item in tree.items]
    if not any(part.ndim for part in parts):
        return _vector([part[()] for part in parts])
    if len({part.shape for part in parts}) > 1:
        raise ShapeError("the rows have different lengths")
    result = np.empty((len(parts), *(parts[0].shape if parts else ())), dtype=object)
    for position, part in enumerate(parts):
        result[position] = part if part.ndim else part[()]
    return result


def _vector(entries):
    result = np.empty(len(entries), dtype=object)
    result[:] = entries
    return result


def _negated(entry):
    text = entry.text[1:] if entry.text.startswith("-") else f"-({entry.text})" if "/" in entry.text else f"-{entry.text}"
    return Entry(-entry.value, entry.unit, text, entry.spread)


def _is_transposed(tree):
    if isinstance(tree, syntax.Unary):
        return tree.operator == "'" and isinstance(tree.operand, syntax.Items)
    mark = isinstance(tree, syntax.Binary) and tree.operator == "^" and isinstance(tree.right, syntax.Name)
    return mark and tree.right.name == "T" and isinstance(tree.left, syntax.Items)


def _evaluated(tree, text):
    """The entries of a typed number or calculation; Entry.text is empty where an array of them has no normal form by entries."""
    literal = _literal(tree)
    if literal is not None:
        return boxed(_decimal_entry(*literal))
    fraction = _fraction(tree, DEEPEST_FRACTION)
    if fraction is not None:
        shown = exact_number(fraction)
        return boxed(Entry(fraction, Fraction(0), show(tree) if len(shown) > LONG else shown))
    decimals = {}
    calculation = _with_decimals_named(tree, decimals)
    names = {**CONSTANTS, **{name: given(name) for name in decimals}}
    node = Scope(names=names, functions=STUDENT_FUNCTIONS, conventions=STUDENT_CONVENTIONS).tree(calculation, text)
    points = {name: value for name, (value, _) in decimals.items()}
    array, system = Evaluation(points, (EXACT, BALL)).with_system(node)
    if system is BALL and not all(map(_sane, array.flat)):
        raise TooLargeError("this value is too large to be worked with")
    if system is BALL and any(element.rel_accuracy_bits() < SURE_BITS and element.rad() > TINY for element in array.flat):
        raise LanguageError("the digits of this value cannot be worked out", text, 0)
    spreads = _spreads(node, decimals, array)
    shown = "" if array.ndim else show(tree)
    return elementwise(lambda element, spread: _calculated(element, system, spread, shown), 2)(array, spreads)


@lru_cache(maxsize=1024)
def _decimal_entry(value, unit):
    """The entry of a typed decimal or integer."""
    return Entry(value, unit, _decimal(value, unit))


def _fraction(tree, depth):
    """The value of integers joined by + - * / (what most calculations are), as the graph would give it; None for all else."""
    kind = type(tree)
    if kind is syntax.Number and tree.text.isdecimal():
        return read_number(tree.text)
    if depth and kind is syntax.Unary and tree.operator == "-":
        inner = _fraction(tree.operand, depth - 1)
        return None if inner is None else -inner
    if not depth or kind is not syntax.Binary or tree.operator not in FRACTIONS:
        return None
    left, right = _fraction(tree.left, depth - 1), _fraction(tree.right, depth - 1)
    if left is None or right is None or (tree.operator == "/" and not right):
        return None
    value = FRACTIONS[tree.operator](left, right)
    return value if max(abs(value.numerator), value.denominator) < LARGEST else None


def _calculated(element, system, spread, shown):
    if system is not EXACT:
        return Entry(element, Fraction(0), shown, spread)
    exact = exact_number(element)
    return Entry(as_fraction(element), Fraction(0), shown if spread or len(exact) > LONG else exact, spread)


def _with_decimals_named(tree, decimals):
    """A tree with a name for each decimal, whose value and last place go into `decimals`; a sum of many terms is refused."""
    chain = []
    while isinstance(tree, syntax.Binary):
        chain.append(tree)
        tree = tree.left
    if len(chain) > LONGEST_SUM:
        raise LanguageError(f"a calculation of more than {LONGEST_SUM} steps is not read")
    tree = _one_named(tree, decimals)
    for step in reversed(chain):
        tree = step._replace(left=tree, right=_with_decimals_named(step.right, decimals))
    return tree


def _one_named(tree, decimals):
    match tree:
        case syntax.Number(text=text) if _unit(text) and "." in text:
            name = f"decimal {len(decimals)}"
            decimals[name] = (read_number(text), _unit(text))
            return syntax.Name(name, tree.at)
        case syntax.Unary():
            return tree._replace(operand=_with_decimals_named(tree.operand, decimals))
        case syntax.Call():
            return tree._replace(arguments=tuple(_with_decimals_named(item, decimals) for item in tree.arguments))
        case syntax.Items():
            return tree._replace(items=tuple(_with_decimals_named(item, decimals) for item in tree.items))
    return tree


def _spreads(node, decimals, array):
    """How far rounding of the decimals inside can move each entry; 0 where there are none, or no bound is known."""
    none = elementwise(lambda element: Fraction(0), 1)(array)
    if not decimals:
        return none
    balls = {name: BALL.interval(value - unit / 2, value + unit / 2) for name, (value, unit) in decimals.items()}
    try:
        wide = Evaluation(balls, (EXACT, BALL)).with_system(node)[0]
    except GraderError:
        return none
    return elementwise(_farthest, 2)(wide, array)


def _farthest(wide, element):
    distance = abs(wide - BALL.element(element)).upper()
    return as_fraction_of_ball(distance) if _sane(distance) else Fraction(0)


def _sane(ball):
    """Whether a ball has a size that can be worked with."""
    return abs(ball) < BALL.element(LARGEST)


def _literal(tree):
    """(value, unit of the last typed place) of a plain decimal, also with sign, percent or a power of ten; None otherwise."""
    if isinstance(tree, syntax.Unary) and tree.operator == "-":
        inner = _literal(tree.operand)
        return None if inner is None else (-inner[0], inner[1])
    if isinstance(tree, syntax.Number):
        return read_number(tree.text), _unit(tree.text)
    if isinstance(tree, syntax.Binary) and tree.operator in ("*", "juxtaposed", "/") and not isinstance(tree.left, syntax.Binary):
        return _scaled(tree)
    return None


def _scaled(tree):
    """A decimal times or over a power of ten; an integer times a negative power (`3 * 10^-4`) is rounded, too."""
    left, scale = _literal(tree.left), _power_of_ten(tree.right)
    if left is None or scale is None or (tree.operator == "/" and not left[1]):
        return None
    scale = 1 / scale if tree.operator == "/" else scale
    unit = left[1] or (1 if scale < 1 else 0)
    return left[0] * scale, unit * scale


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
    """The last typed place: of `0.650` 1/1000, of `2e-11` 1e-11; 0 for integers."""
    mantissa, _, exponent = text.lower().rstrip(".").partition("e")
    power = int(exponent or 0)
    if abs(power) > MAX_EXPONENT:
        raise TooLargeError(f"the exponent of {text} is too large (limit {MAX_EXPONENT})")
    if "." not in mantissa:
        return Fraction(10) ** power if power < 0 else Fraction(0)
    return Fraction(10) ** (power - len(mantissa.partition(".")[2]))


def _decimal(value, unit):
    """The normal form of a typed decimal: `1.50` keeps its zeros, integers stay integers; long ones as `2.80e-11`."""
    if not unit:
        text = exact_number(value)
        zeros = len(text) - len(text.rstrip("0"))
        return f"{text[:-zeros]}e{zeros}" if zeros > LONG else text
    places = len(str(unit.denominator)) - 1
    units = str(abs(value / unit).numerator)
    sign = "-" if value < 0 else ""
    if places > 12 or unit >= 1:
        power = (-places if unit < 1 else len(str(unit.numerator)) - 1) + len(units) - 1
        if len(units) == 1 and unit >= 1:
            return f"{sign}0.{units}e{power + 1}"  # without a point it would be exact
        return f"{sign}{units[0]}{'.' * (len(units) > 1)}{units[1:]}e{power}"
    units = units.rjust(places + 1, "0")
    return f"{sign}{units[:-places]}.{units[-places:]}"
