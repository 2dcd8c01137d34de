"""Syntax trees as text in normal form: what was read, shown so that reading it again gives the same."""

from grader.maths.language.syntax import (
    BINARY,
    COMPARISONS,
    JUXTAPOSED,
    UNARY_LEVEL,
    Binary,
    Call,
    Each,
    Field,
    Index,
    Items,
    Name,
    Number,
    Slice,
    Unary,
)

ATOM = 100
SPACED = frozenset({"+", "-", "or", "and", *COMPARISONS})
ALONE = frozenset({"^", *COMPARISONS})  # a left operand of the same kind needs brackets
MARKED = {"juxtaposed": JUXTAPOSED, **BINARY}


def show(tree, values=frozenset()):
    """A syntax tree as text in normal form, which parses to the same tree (but for positions).

    values: names that are no functions, so that `p(1 - p)` is a product.
    """
    return _Writer(values).shown(tree, 0)


class _Writer:
    """Syntax trees as text, where certain names are values."""

    def __init__(self, values):
        self.values = values

    def shown(self, tree, level):
        """The text of a tree, in brackets where it binds more loosely than `level`.

        A left-nested chain such as a + b + c + ... is walked in a loop, so that long sums need no deep recursion.
        """
        if type(tree) is Name:
            return tree.name
        chain, first = [], tree
        while isinstance(first, Binary) and (not chain or _goes_on(first, chain[-1])):
            chain.append(first)
            first = first.left
        if not chain:
            own, text = self.single(tree)
            return text if own >= level else f"({text})"
        operator = chain[-1].operator
        if operator == "^" and self.is_product(first):
            pieces = [f"({self.shown(first, 0)})"]
        else:
            pieces = [self.shown(first, MARKED[operator][0] + (operator in ALONE))]
        for step in reversed(chain):
            pieces.append(self.joined(step))
        text = "".join(pieces)
        return text if MARKED[tree.operator][0] >= level else f"({text})"

    def joined(self, step):
        """The operator of a step and what stands to its right."""
        if step.operator == "juxtaposed":
            text = self.shown(step.right, JUXTAPOSED[1])
            return f" {text}" if text.startswith("(") or _may_stand_behind(step.right) else f" ({self.shown(step.right, 0)})"
        if step.operator in ("/", "^") and self.is_product(step.right):
            text = f"({self.shown(step.right, 0)})"
        else:
            text = self.shown(step.right, MARKED[step.operator][1])
        return f" {step.operator} {text}" if step.operator in SPACED else f"{step.operator}{text}"

    def is_product(self, tree):
        """Whether a tree is `p(1 - p)` of a value p, also with a sign: as a divisor, base or exponent it stands in brackets."""
        while isinstance(tree, Unary):
            tree = tree.operand
        return isinstance(tree, Call) and isinstance(tree.function, Name) and tree.function.name in self.values

    def single(self, tree):
        """(level, text) of a tree that is no binary operation."""
        match tree:
            case Number(text=text):
                return ATOM, "0" * text.startswith(".") + text.removesuffix(".")
            case Name(name=name):
                return ATOM, name
            case Unary(operator="'"):
                inner = self.shown(tree.operand, ATOM)
                return ATOM, f"({inner})'" if isinstance(tree.operand, Number) else f"{inner}'"
            case Unary():
                level = UNARY_LEVEL[tree.operator]
                return level, f"{tree.operator}{' ' * (tree.operator == 'not')}{self.shown(tree.operand, level + 1)}"
            case Call():
                given = [self.shown(argument, 0) for argument in tree.arguments]
                given += [f"{name}={self.shown(value, 0)}" for name, value, _ in tree.settings]
                return ATOM, f"{self.shown(tree.function, ATOM)}({', '.join(given)})"
            case Index():
                return ATOM, f"{self.shown(tree.base, ATOM)}[{', '.join(self.key(item) for item in tree.items)}]"
            case Each():
                bounds = f" in {self.shown(tree.range, 0)}" if tree.range is not None else ""
                condition = f" if {self.shown(tree.condition, 0)}" if tree.condition is not None else ""
                return ATOM, tree.name + bounds + condition
            case Field():
                return ATOM, f"{self.shown(tree.base, ATOM)}.{tree.name}"
            case Items():
                return ATOM, _listed([self.shown(item, 0) for item in tree.items])
        raise TypeError(f"{type(tree).__name__} is no part of a syntax tree")

    def key(self, tree):
        if not isinstance(tree, Slice):
            return self.shown(tree, 0)
        ends = ["" if part is None else self.shown(part, 0) for part in (tree.start, tree.stop, tree.step)]
        return ":".join(ends if tree.step is not None else ends[:2])


def _goes_on(first, step):
    """Whether the left operand of a step needs no brackets."""
    return step.operator not in ALONE and MARKED[first.operator][0] >= MARKED[step.operator][0]


def _may_stand_behind(tree):
    """Whether a factor can follow another one by mere blank: it begins with a name."""
    while isinstance(tree, Index | Field) or getattr(tree, "operator", "") in ("^", "'"):
        tree = tree.left if isinstance(tree, Binary) else tree.operand if isinstance(tree, Unary) else tree.base
    return isinstance(tree, Name) or (isinstance(tree, Call) and isinstance(tree.function, Name))


def _listed(items):
    """A single entry with blanks in it stands in brackets, or it would be read as several."""
    return f"[({items[0]})]" if len(items) == 1 and " " in items[0] and items[0][:1] != "[" else f"[{', '.join(items)}]"
