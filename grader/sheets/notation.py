"""Expressions of the maths language (`x @ W + b`, `[[1, -1/2], [3, 4]]`, `dL/dz * active(z)`) as LaTeX."""

import re

from grader.maths.errors import GraderError
from grader.maths.language import syntax
from grader.maths.language.syntax import Binary, Call, Each, Field, Index, Items, Name, Number, Slice, Unary
from grader.sheets import formulas
from grader.sheets.formulas import FormulaError

WIDEST, TALLEST = 10, 10  # columns and rows of a matrix that is typeset
LONGEST = 400  # characters of an expression that is typeset
GREEK = frozenset(formulas.GREEK.split())
KNOWN = frozenset(formulas.NAMES.split())  # functions that LaTeX has, too
WORDS = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "softmax": "softmax",
    "inv": "inv",
    "mse": "MSE",
    "conv2d": "conv",
    "conv1d": "conv",
}
ROUNDED = {"floor": (r"\lfloor", r"\rfloor"), "ceil": (r"\lceil", r"\rceil")}
OPERATORS = {
    "==": "=",
    "!=": r"\ne",
    "<=": r"\le",
    ">=": r"\ge",
    "<": "<",
    ">": ">",
    "∘": r"\circ",
    "and": r"\land",
    "or": r"\lor",
}
NUMBERS = """sum mean max min prod norm dot count mse sse bce trace det argmax var std l1 length all any"""  # their results are
TO_ZERO = frozenset(NUMBERS.split())
ATOM, POWER, PRODUCT, SIGN, SUM = 100, 30, 20, 11, 10
TALL = (r"\frac", r"\begin", r"\sum", r"\prod", r"\left")
BIG = {"sum": r"\sum", "prod": r"\prod"}

_DERIVATIVE = re.compile(r"\bd([A-Za-z]\w*)/d([A-Za-z]\w*)")
_NAME = re.compile(r"([A-Za-z]+?)_?(hat|tilde|bar)?(?:_?(\d+)|_([A-Za-z0-9]+(?:_[A-Za-z0-9]+)*))?('*)")
_ENTRY = re.compile(r"(.+), (entry (?:\d+|\(\d+(?:, \d+)*\)))")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)e([+-]?)0*(\d+)", re.IGNORECASE)


def latex_of(text, ranks=None):
    """An expression as LaTeX; raises GraderError where it is not read or too large to be typeset.

    ranks: name -> number of axes, which tells products entry by entry from those of numbers.
    """
    text, approximate = (text[1:].strip(), r"\approx ") if text.startswith("≈") else (text, "")
    if len(text) > LONGEST:
        raise FormulaError(f"it is longer than {LONGEST} characters")
    labels = {}

    def kept(match):
        name = f"derivative{len(labels)}"
        labels[name] = match
        return name

    hidden = _DERIVATIVE.sub(kept, text)
    writer = _Writer({name: _derivative(match) for name, match in labels.items()}, ranks or {})
    return approximate + writer.shown(syntax.parse(hidden), 0)


def name_latex(name):
    r"""A name as LaTeX: `w_11` with an index, `yhat` with its hat, `W_new` with a word below.

    >>> name_latex("theta_1"), name_latex("yhat"), name_latex("W_new"), name_latex("dL/dz")
    ('\\theta_{1}', '\\hat{y}', 'W_{\\text{new}}', '\\frac{\\partial L}{\\partial z}')
    """
    if derivative := _DERIVATIVE.fullmatch(name):
        return _derivative(derivative)
    if entry := _ENTRY.fullmatch(name):
        return rf"{name_latex(entry[1])}\text{{, {entry[2]}}}"
    match = _NAME.fullmatch(name)
    if not match:
        return rf"\text{{{_escaped(name)}}}"
    base, accent, digits, words, primes = match.groups()
    if len(base) > 1 and base not in GREEK and words:
        return rf"\text{{{_escaped(name)}}}"
    shown = rf"\{base}" if base in GREEK else base if len(base) == 1 else rf"\text{{{base}}}"
    shown = rf"\{accent}{{{shown}}}" if accent else shown
    below = digits or (words and ",".join(map(_index, words.split("_"))))
    return shown + (f"_{{{below}}}" if below else "") + primes


def _index(word):
    return word if len(word) == 1 or word.isdigit() else rf"\{word}" if word in GREEK else rf"\text{{{word}}}"


def _derivative(match):
    return rf"\frac{{\partial {name_latex(match[1])}}}{{\partial {name_latex(match[2])}}}"


def _escaped(text):
    return re.sub(r"[_%&#${}]", lambda match: "\\" + match[0], re.sub(r"[\\^~]", " ", text))


def text_latex(text):
    """Any text as a part of a formula, sign by sign as it stands."""
    pieces = re.split(r"([\\^~])", text)
    signs = {"\\": r"\backslash ", "^": r"\wedge ", "~": r"\sim "}
    return "".join(signs.get(piece) or rf"\text{{{_escaped(piece)}}}" for piece in pieces if piece)


def brackets(text, pair="()"):
    """LaTeX in brackets, which grow where something tall stands in them."""
    tall = any(sign in text for sign in TALL)
    return rf"\left{pair[0]}{text}\right{pair[1]}" if tall else f"{pair[0]}{text}{pair[1]}"


class _Writer:
    """Syntax trees as LaTeX."""

    def __init__(self, labels, ranks):
        self.labels, self.ranks = labels, ranks

    def shown(self, tree, level):
        """A tree as LaTeX, in brackets where it binds more loosely than `level`."""
        own, text = self.single(tree)
        return text if own >= level else brackets(text)

    def single(self, tree):
        """(level, LaTeX) of a tree."""
        method = getattr(self, f"of_{type(tree).__name__.lower()}", None)
        if method is None:
            raise FormulaError(f"a {type(tree).__name__} is not typeset")
        return method(tree)

    def of_number(self, tree):
        scientific = _NUMBER.fullmatch(tree.text)
        if scientific:
            sign = "-" if scientific[2] == "-" else ""
            return PRODUCT, rf"{scientific[1]} \cdot 10^{{{sign}{scientific[3]}}}"
        return ATOM, tree.text

    def of_name(self, tree):
        return ATOM, self.labels.get(tree.name) or name_latex(tree.name)

    def of_unary(self, tree):
        if tree.operator == "'":
            return POWER, rf"{self.base(tree.operand)}^\top"
        if tree.operator == "not":
            return SUM, rf"\lnot {self.shown(tree.operand, ATOM)}"
        return SIGN, f"-{self.shown(tree.operand, PRODUCT)}"

    def of_binary(self, tree):
        operator, left, right = tree.operator, tree.left, tree.right
        if operator in ("^", "**"):
            return self.power(left, right)
        if operator == "/":
            return self.quotient(tree)
        if operator in ("+", "-"):
            return SUM, f"{self.shown(left, SUM)} {operator} {self.shown(right, SIGN + 1)}"
        if operator in ("*", "juxtaposed", "@", "∘"):
            own, before = self.single(left)
            before = before if own >= SIGN else brackets(before)
            return min(own, PRODUCT), f"{before}{self.times(tree)}{self.shown(right, PRODUCT + 1)}"
        if operator not in OPERATORS:
            raise FormulaError(f"'{operator}' is not typeset")
        level = syntax.BINARY[operator][0]
        return level, f"{self.shown(left, level)} {OPERATORS[operator]} {self.shown(right, level + 1)}"

    def times(self, tree):
        """The sign of a product: none between matrices, ∘ between arrays entry by entry, a dot elsewhere."""
        both = self.rank(tree.left) and self.rank(tree.right)
        if tree.operator == "∘" or (tree.operator == "*" and both):
            return r" \circ "
        plain = tree.operator in ("@", "juxtaposed") and not isinstance(tree.right, Number)
        return r"\," if plain else r" \cdot "

    def power(self, base, exponent):
        if isinstance(exponent, Name) and exponent.name == "T":
            return POWER, rf"{self.base(base)}^\top"
        return POWER, f"{self.base(base)}^{{{self.shown(exponent, 0)}}}"

    def base(self, tree):
        inner = self.shown(tree, ATOM)
        if isinstance(tree, Name) and ("'" in inner or inner.startswith(r"\frac")):
            return f"{{{inner}}}" if "'" in inner else brackets(inner)
        plain = isinstance(tree, Name | Number | Items | Call | Index) or inner[-1:] == ")" or inner.endswith(r"\right)")
        return inner if plain else brackets(inner)

    def quotient(self, tree):
        above, below = tree.left, tree.right
        if isinstance(above, Binary) and above.operator == "*" and isinstance(above.right, Number) and isinstance(below, Number):
            return self.of_binary(above._replace(right=tree._replace(left=above.right)))  # 2 * 1/2
        if isinstance(above, Number | Unary) and isinstance(below, Number):
            own, text = self.single(above)
            return min(own, PRODUCT), f"{text}/{below.text}"
        return POWER, rf"\frac{{{self.shown(above, 0)}}}{{{self.shown(below, 0)}}}"

    def of_call(self, tree):
        if not isinstance(tree.function, Name):
            raise FormulaError("this call is not typeset")
        name, arguments = tree.function.name, list(tree.arguments)
        if name in BIG and any(isinstance(argument, Each) for argument in arguments):
            return self.big(BIG[name], arguments)
        if name == "sqrt" and len(arguments) == 1:
            return ATOM, rf"\sqrt{{{self.shown(arguments[0], 0)}}}"
        if name == "abs" and len(arguments) == 1:
            return ATOM, rf"\left|{self.shown(arguments[0], 0)}\right|"
        if name == "norm" and len(arguments) == 1:
            return ATOM, rf"\lVert {self.shown(arguments[0], 0)} \rVert"
        if name in ROUNDED and len(arguments) == 1:
            return ATOM, self.rounded(*ROUNDED[name], self.shown(arguments[0], 0))
        if name == "active" and len(arguments) == 1:
            return ATOM, rf"\mathbf{{1}}{brackets(self.shown(arguments[0], 0) + ' > 0', '[]')}"
        inside = [self.shown(argument, 0) for argument in arguments]
        inside += [rf"\text{{{_escaped(key)}}} = {self.shown(value, 0)}" for key, value, _ in tree.settings]
        return ATOM, f"{self.function(name)}{brackets(', '.join(inside))}"

    @staticmethod
    def rounded(opening, closing, text):
        """A number in the brackets of rounding, which grow around something tall."""
        tall = any(sign in text for sign in TALL)
        return rf"\left{opening} {text} \right{closing}" if tall else rf"{opening} {text} {closing}"

    def function(self, name):
        if name in ("sigmoid", "sigma"):
            return r"\sigma"
        if name in KNOWN:
            return rf"\{name}"
        if len(name) == 1 or name in GREEK or name in self.labels:
            return self.labels.get(name) or name_latex(name)
        return rf"\operatorname{{{WORDS.get(name) or re.sub('[^A-Za-z0-9]', ' ', name)}}}"

    def big(self, sign, arguments):
        pieces = []
        for each in arguments[:-1]:
            if not isinstance(each, Each) or each.condition is not None or not isinstance(each.range, Binary):
                raise FormulaError("this sum is not typeset")
            low, high = self.shown(each.range.left, 0), self.shown(each.range.right, 0)
            pieces.append(f"{sign}_{{{name_latex(each.name)}={low}}}^{{{high}}}")
        return PRODUCT - 1, " ".join([*pieces, self.shown(arguments[-1], PRODUCT)])

    def of_index(self, tree):
        if any(isinstance(item, Slice) and item.step is not None for item in tree.items):
            raise FormulaError("steps of a slice are not typeset")
        items = ", ".join(self.key(item) for item in tree.items)
        return ATOM, f"{self.shown(tree.base, ATOM)}[{items}]"

    def key(self, item):
        if not isinstance(item, Slice):
            return self.shown(item, 0)
        return ":".join("" if end is None else self.shown(end, 0) for end in (item.start, item.stop))

    def of_field(self, tree):
        path, base = [tree.name], tree.base
        while isinstance(base, Field):
            path, base = [base.name, *path], base.base
        if isinstance(base, Name):
            return ATOM, rf"\text{{{_escaped('.'.join([base.name, *path]))}}}"
        return ATOM, rf"{self.shown(base, ATOM)}\text{{.{_escaped('.'.join(path))}}}"

    def of_items(self, tree):
        rank = self.rank(tree)
        if rank == 2 and all(isinstance(row, Items) for row in tree.items):
            return ATOM, self.matrix(tree)
        if len(tree.items) > 3 * WIDEST or (rank == 3 and len(tree.items) > 4) or rank > 3:
            raise FormulaError("it has too many entries to be typeset")
        inside = ", ".join(self.shown(item, 0) for item in tree.items)
        return ATOM, brackets(inside, "[]")

    def matrix(self, tree):
        rows = [row.items for row in tree.items]
        if len({len(row) for row in rows}) != 1 or len(rows) > TALLEST or len(rows[0]) > WIDEST:
            raise FormulaError("it has too many entries to be typeset")
        lines = r" \\ ".join(" & ".join(self.shown(entry, 0) for entry in row) for row in rows)
        return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"

    def rank(self, tree):
        """The number of axes of a value, as far as a glance tells."""
        match tree:
            case Items(items=items):
                return 1 + max((self.rank(item) for item in items), default=0)
            case Name(name=name):
                return 2 if name in self.labels else self.ranks.get(name, 0)
            case Unary(operand=operand):
                return self.rank(operand)
            case Binary(operator="@", left=left, right=right):
                return max(self.rank(left) + self.rank(right) - 2, 0)
            case Binary(operator="^" | "**", left=left):
                return self.rank(left)
            case Binary(left=left, right=right):
                return max(self.rank(left), self.rank(right))
            case Call(function=Name(name=name), arguments=arguments):
                return 0 if name in TO_ZERO else max((self.rank(argument) for argument in arguments), default=0)
            case Index(base=base, items=items):
                return max(self.rank(base) - sum(not isinstance(item, Slice) for item in items), 0)
            case Field():
                return 0
        return 0


def matrix_latex(text):
    """A matrix of numbers, typed as nested brackets, as LaTeX; None for all other values."""
    if not text.lstrip().startswith("[["):
        return None
    try:
        tree = syntax.parse(text)
        writer = _Writer({}, {})
        return writer.shown(tree, 0) if isinstance(tree, Items) and writer.rank(tree) == 2 else None
    except GraderError:
        return None
