"""Text to syntax tree: one hand-written parser for authors and students, positions kept.

Precedence, loosest first: `or`, `and`, `not`, comparisons, `..`, `+ -`, `* / @ ∘` and juxtaposition, unary minus, `^` (to the
right), then calls, indices, fields and the transpose mark. Bounds are counted: length, nesting, number of tokens.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from grader.maths.errors import LanguageError, TooLargeError

MAX_LENGTH = 20_000
MAX_NESTING = 60
MAX_DIGITS = 400
MOST_KEPT = 300  # characters of a text whose tokens are kept

PIECE = re.compile(
    r"""\s+
      | (?:\d+\.(?![\w.])|\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?
      | [^\W\d]\w*
      | \*\*|\.\.|==|!=|<=|>=|.""",
    re.VERBOSE,
)
SYMBOLS = frozenset({"**", "..", "==", "!=", "<=", ">=", *"-+*/^@∘'()[],;:.<>="})
BINARY = {
    "or": (1, 2),
    "and": (2, 3),
    "==": (5, 6),
    "!=": (5, 6),
    "<": (5, 6),
    "<=": (5, 6),
    ">": (5, 6),
    ">=": (5, 6),
    "..": (8, 9),
    "+": (10, 11),
    "-": (10, 11),
    "*": (20, 21),
    "/": (20, 21),
    "@": (20, 21),
    "∘": (20, 21),
    "^": (30, 25),
    "**": (30, 25),
}
JUXTAPOSED = (20, 21)
UNARY_LEVEL = {"-": 22, "+": 22, "not": 4}
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
BIG = re.compile(r"(sum|prod|max|min)_([A-Za-z]*)")
BEFORE_BRACKET = re.compile(r"(?<![\w.])([^\W\d]\w*)\(")
POWERS = frozenset({"^", "**"})
KEYWORDS = frozenset({"and", "or", "in", "if", "else", "for"})  # no factors
BEHIND = frozenset({"(", "[", ".", "'"})  # begin a call, an index, a field, or stand for a transpose


class Token(NamedTuple):
    """`kind`: number, name, symbol or end; `spaced`: whether white space stands before it."""

    kind: str
    text: str
    at: int
    spaced: bool

    @property
    def end(self):
        return self.at + len(self.text)


class Number(NamedTuple):
    text: str
    at: int


class Name(NamedTuple):
    name: str
    at: int


class Unary(NamedTuple):
    operator: str
    operand: object
    at: int


class Binary(NamedTuple):
    """`operator` is one of BINARY or "juxtaposed"; `at` is the operator's place."""

    operator: str
    left: object
    right: object
    at: int


class Call(NamedTuple):
    """`function(arguments, setting=...)`; the meaning decides whether a name before brackets is a function or a factor."""

    function: object
    arguments: tuple
    settings: tuple
    at: int


class Index(NamedTuple):
    base: object
    items: tuple
    at: int


class Slice(NamedTuple):
    start: object
    stop: object
    step: object
    at: int


class Field(NamedTuple):
    base: object
    name: str
    at: int


class Each(NamedTuple):
    """`k in 1..n if k != y` in front of the term of a sum; `range` and `condition` are None where absent."""

    name: str
    range: object
    condition: object
    at: int


class Items(NamedTuple):
    """`[a, b]` or `(a, b)`."""

    items: tuple
    at: int


def tokens(text):
    """The tokens of a text; raises LanguageError at the first character that belongs to none."""
    return _tokens_of_short(text) if len(text) <= MOST_KEPT else _tokens_of_long(text)


def _tokens(text):
    if len(text) > MAX_LENGTH:
        raise TooLargeError(f"a text of {len(text):,} characters is too long (limit {MAX_LENGTH:,})")
    found, at, spaced = [], 0, False
    for piece in PIECE.findall(text):
        if piece in SYMBOLS:
            found.append(Token("symbol", piece, at, spaced))
        elif piece.isspace():
            spaced = True
            at += len(piece)
            continue
        else:
            found.append(Token(_kind(piece, text, at), piece, at, spaced))
        at += len(piece)
        spaced = False
    found.append(Token("end", "", at, spaced))
    return tuple(found)


_tokens_of_short, _tokens_of_long = lru_cache(maxsize=1024)(_tokens), lru_cache(maxsize=4)(_tokens)


def _kind(piece, text, at):
    """`name` or `number`; raises LanguageError or TooLargeError for what is neither, and for numbers that go wrong."""
    first = piece[0]
    if first == "_" or (first.isalnum() and not first.isdecimal()):
        return "name"
    if not (first.isdecimal() or first == "."):
        raise LanguageError(f"unexpected character {first!r}", text, at)
    if len(piece) > MAX_DIGITS:
        raise TooLargeError(f"a number of {len(piece)} digits is too long (limit {MAX_DIGITS})")
    behind = at + len(piece)
    if text.startswith(".", behind) and text[behind + 1 : behind + 2].isdecimal():
        raise LanguageError("a number has only one decimal point", text, behind)
    return "number"


@lru_cache(maxsize=4096)
def parse(text, functions=frozenset(), sums=False, values=frozenset()):
    """The syntax tree of an expression; raises LanguageError with a caret, or TooLargeError.

    functions: names that may have primes in front of their brackets (`f'(x)`); sums: whether `sum_k x_k` is a sum; values: names
    that are no functions, so that `p^y(1-p)` is a product, and in `y(1-p)^2` the bracket alone is squared.
    """
    return Parser(text, functions, sums, values).whole()


def names_before_brackets(text):
    """The names in a text that an opening bracket follows without a blank."""
    return frozenset(BEFORE_BRACKET.findall(text)) if "(" in text else frozenset()


class Parser:
    """Precedence climbing over the tokens of one text."""

    def __init__(self, text, functions=frozenset(), sums=False, values=frozenset()):
        self.text, self.tokens, self.position, self.depth = str(text), tokens(text), 0, 0
        self.functions, self.sums, self.values = functions, sums, values
        self.by_space = False  # inside `[1 2; 3 4]`: white space separates

    @property
    def next(self):
        return self.tokens[self.position]

    def take(self):
        token = self.tokens[self.position]
        self.position += token.kind != "end"
        return token

    def accept(self, text):
        return self.take() if self.tokens[self.position].text == text else None

    def expect(self, text, why):
        return self.accept(text) or self.fail(f"expected '{text}' {why}")

    def fail(self, problem, token=None):
        token = token or self.next
        found = "the end of the text" if token.kind == "end" else f"'{token.text}'"
        raise LanguageError(f"{problem}, but found {found}", self.text, token.at)

    def whole(self):
        if self.next.kind == "end":
            raise LanguageError("nothing is typed here", self.text, 0)
        tree = self.expression(0)
        if self.next.kind != "end":
            self.fail("expected an operator or the end")
        return tree

    def expression(self, level):
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise TooLargeError(f"brackets or operators are nested deeper than {MAX_NESTING}")
        left = self.operand()
        while True:
            token = self.tokens[self.position]
            operator, levels = token.text, BINARY.get(token.text)
            if self.by_space and self._separates(token):
                break
            if levels is None:
                if level > JUXTAPOSED[0] or not _starts_factor(token):
                    break
                operator, levels = "juxtaposed", JUXTAPOSED
            elif levels[0] < level:
                break
            else:
                self.position += 1
            right = self.expression(levels[1])
            left = self._joined(left, operator, right, token.at)
        self.depth -= 1
        return left

    def _joined(self, left, operator, right, at):
        if operator in COMPARISONS:
            return self._compared(left, operator, right, at)
        return Binary("^" if operator == "**" else operator, left, right, at)

    def _compared(self, left, operator, right, at):
        """`a < b < c` means `a < b and b < c`."""
        previous = left.right if isinstance(left, Binary) and left.operator == "and" else left
        if isinstance(previous, Binary) and previous.operator in COMPARISONS:
            return Binary("and", left, Binary(operator, previous.right, right, at), at)
        return Binary(operator, left, right, at)

    def _separates(self, token):
        """In a matrix with spaces, `1 -2` is two entries and `1 - 2` one."""
        if not token.spaced:
            return False
        if token.text in ("-", "+"):
            return not self.tokens[self.position + 1].spaced
        return token.text not in BINARY

    def operand(self):
        token = self.tokens[self.position]
        if token.text in UNARY_LEVEL:
            self.position += 1
            inner = self.expression(UNARY_LEVEL[token.text])
            return inner if token.text == "+" else Unary(token.text, inner, token.at)
        base = self.primary()
        if self.values and type(base) is Name and base.name in self.values and self._is_a_factor():
            return self.factors(base) if self.tokens[self.position - 2].text == "/" else base
        return self.postfix(base) if self.tokens[self.position].text in BEHIND else base

    def _is_a_factor(self):
        """Whether the name of a value that was just taken stands alone before its bracket: it is an exponent, or the bracket a
        base."""
        if self.next.text != "(" or self.next.spaced:
            return False
        signs = (place for place in range(self.position - 2, -1, -1) if self.tokens[place].text not in ("-", "+"))
        if self.tokens[next(signs, -1)].text in POWERS:
            return True
        depth = 0
        for place in range(self.position, len(self.tokens)):
            depth += (self.tokens[place].text in ("(", "[")) - (self.tokens[place].text in (")", "]"))
            if not depth:
                return self.tokens[place + 1].text in POWERS
        return False

    def factors(self, base):
        """`y(1-p)^2` behind a `/`, which divides by all of it."""
        power = self.expression(BINARY["^"][0])
        return Binary("juxtaposed", base, power, base.at)

    def primary(self):
        token = self.take()
        kind, text, at, _ = token
        if kind == "number":
            return Number(text, at)
        if kind == "name":
            big = BIG.fullmatch(text) if self.sums and "_" in text else None
            return self.big(big, token) if big else Name(text, at)
        if text == "(":
            return self.bracketed(")", token)
        if text == "[":
            return self.matrix(token)
        self.position -= token.kind != "end"
        return self.fail("expected a number, a name or a bracket", token)

    def big(self, match, token):
        """The rest of `sum_k x_k`, `sum_(k=1)^n x_k`, `sum_(k != y) x_k`: its indices, and its term up to the next + or -."""
        operation, letters = match.groups()
        divided = self.position > 1 and self.tokens[self.position - 2].text == "/"
        indices = [Name(letter, token.at) for letter in letters] or self.indices_below()
        if self.accept("^"):
            high = self.primary()
            if len(indices) != 1:
                self.fail("a sum over several indices has no single end", token)
            indices = [self.ending(indices[0], high)]
        if self.next.text in ("*", "/", "^"):
            self.fail(f"expected the term of the {operation}")
        term = self.expression(JUXTAPOSED[0])
        if divided and isinstance(term, Binary) and BINARY.get(term.operator, JUXTAPOSED) == JUXTAPOSED:
            raise LanguageError(f"a {operation} behind '/' needs brackets", self.text, token.at)
        return Call(Name(operation, token.at), (*indices, term), (), token.at)

    def indices_below(self):
        """`(k = 1)`, `(k = 1..n)`, `(k != y)`, `(i, j)`, `(k = 1, k != y)`: what stands below a sum."""
        self.expect("(", "to open what stands below the sum")
        found = []
        while True:
            name = self.take() if self.next.kind == "name" else self.fail("expected the index of the sum")
            one = Name(name.text, name.at)
            if self.accept("=") or self.accept("in"):
                bounds = self.expression(BINARY[".."][0])
                one = Each(name.text, bounds, None, name.at)
            elif self.next.text in COMPARISONS:
                operator = self.take()
                one = Each(name.text, None, Binary(operator.text, one, self.expression(BINARY["=="][1]), operator.at), name.at)
            found = self.joined_index(found, one)
            if not self.accept(","):
                break
        self.expect(")", "to close what stands below the sum")
        return found

    def joined_index(self, found, one):
        """The indices so far and one more: `k = 1, k != y` is one index with a condition."""
        previous = found[-1] if found else None
        same = isinstance(previous, Each | Name) and isinstance(one, Each) and previous.name == one.name
        if not same or one.condition is None or getattr(previous, "condition", None) is not None:
            return [*found, one]
        return [*found[:-1], Each(one.name, getattr(previous, "range", None), one.condition, one.at)]

    def ending(self, one, high):
        """An index with the end that stands above the sum; it begins at 1 where nothing else is said."""
        low = getattr(one, "range", None) or Number("1", one.at)
        if isinstance(low, Binary) and low.operator == "..":
            self.fail("this sum ends twice")
        return Each(one.name, Binary("..", low, high, one.at), getattr(one, "condition", None), one.at)

    def bracketed(self, closing, opening):
        """`(a)` is a, `(a, b)` a list; `[a]` is always a list."""
        spaced, self.by_space = self.by_space, False
        items, comma = [], False
        while self.next.text != closing:
            items.append(self.expression(0))
            if not self.accept(","):
                break
            comma = True
        self.expect(closing, f"to close '{opening.text}'")
        self.by_space = spaced
        if closing == ")" and len(items) == 1 and not comma:
            return items[0]
        return Items(tuple(items), opening.at)

    def matrix(self, opening):
        """`[a, b]`, `[[a, b], [c, d]]`, `[1 2; 3 4]` or `[1, 2; 3, 4]`."""
        if not self._has_rows_or_spaces():
            return self.bracketed("]", opening)
        spaced, self.by_space = self.by_space, True
        rows, row = [], []
        while True:
            row.append(self.expression(0))
            if self.accept(";"):
                rows.append(Items(tuple(row), opening.at))
                row = []
                if self.next.text == "]":
                    break
            elif self.next.text == "]":
                break
            else:
                self.accept(",")
        if row:
            rows.append(Items(tuple(row), opening.at))
        self.expect("]", "to close '['")
        self.by_space = spaced
        return rows[0] if len(rows) == 1 else Items(tuple(rows), opening.at)

    def _has_rows_or_spaces(self):
        """Whether a `;`, or spaces between entries and no comma, stand in this bracket (inner brackets left aside)."""
        depth, gaps, commas, previous = 0, 0, 0, None
        for position in range(self.position, len(self.tokens)):
            token = self.tokens[position]
            if depth == 0 and previous is not None and token.spaced and _ends_value(previous):
                sign = token.text in ("-", "+") and not self.tokens[position + 1].spaced
                gaps += sign or token.kind in ("number", "name") or token.text in ("(", "[")
            if depth == 0 and token.text == ";":
                return True
            if depth == 0 and token.text in (")", "]"):
                break
            commas += depth == 0 and token.text == ","
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            previous = token
        return gaps > 0 and commas == 0

    def postfix(self, base):
        for _ in range(MAX_NESTING):
            token = self.next
            if self.by_space and token.spaced:
                return base
            if token.text == "(" and self._is_called(base, token):
                base = self.call(base)
            elif token.text == "[" and not token.spaced and not isinstance(base, Number):
                base = self.indexed(base)
            elif token.text == "." and self.tokens[self.position + 1].kind == "name":
                self.take()
                base = Field(base, self.take().text, token.at)
            elif token.text == "'":
                self.take()
                base = Unary("'", base, token.at)
            else:
                return base
        raise TooLargeError(f"more than {MAX_NESTING} calls, indices or fields stand one behind the other")

    def _is_called(self, base, opening):
        if isinstance(base, Unary):
            return undashed(base) in self.functions
        return isinstance(base, (Name, Field)) and not opening.spaced

    def call(self, function):
        opening = self.take()
        spaced, self.by_space = self.by_space, False
        arguments, settings = [], []
        while self.next.text != ")":
            if self.next.kind == "name" and self.tokens[self.position + 1].text == "=":
                name = self.take()
                self.take()
                if name.text in (other for other, _, _ in settings):
                    raise LanguageError(f"'{name.text}' is set twice", self.text, name.at)
                settings.append((name.text, self.expression(0), name.at))
            elif settings:
                self.fail("expected 'name=value' after the first setting")
            elif self.next.kind == "name" and self.tokens[self.position + 1].text in ("in", "if"):
                arguments.append(self.each())
            else:
                arguments.append(self.expression(0))
            if not self.accept(","):
                break
        self.expect(")", "to close the call")
        self.by_space = spaced
        return Call(function, tuple(arguments), tuple(settings), opening.at)

    def each(self):
        """`k in 1..n`, `k in 1..n if k != y`, `k if k != y`."""
        name, bounds = self.take(), None
        if self.accept("in"):
            bounds = self.expression(BINARY[".."][0])
            if not isinstance(bounds, Binary) or bounds.operator != "..":
                self.fail("expected a range such as 1..n behind 'in'")
        condition = self.expression(0) if self.accept("if") else None
        return Each(name.text, bounds, condition, name.at)

    def indexed(self, base):
        opening = self.take()
        items = [self.slice()]
        while self.accept(","):
            items.append(self.slice())
        self.expect("]", "to close the index")
        return Index(base, tuple(items), opening.at)

    def slice(self):
        at = self.next.at
        parts = [None, None, None]
        for position in range(3):
            if self.next.text not in (":", ",", "]"):
                parts[position] = self.expression(0)
            if position == 2 or not self.accept(":"):
                break
        if position == 0 and parts[0] is None:
            self.fail("expected an index or a slice")
        return parts[0] if position == 0 else Slice(*parts, at)


def undashed(tree):
    """The name in front of the primes of `f''`, or None where there is none."""
    while isinstance(tree, Unary) and tree.operator == "'":
        tree = tree.operand
    return tree.name if isinstance(tree, Name) else None


def _ends_value(token):
    return token.kind in ("number", "name") or token.text in (")", "]", "'")


def _starts_factor(token):
    """Whether what stands before this token is multiplied with it."""
    kind, text = token.kind, token.text
    return (kind in ("number", "name") and text not in KEYWORDS) or text in ("(", "[")
