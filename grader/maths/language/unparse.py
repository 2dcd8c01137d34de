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


def show(tree):
    """A syntax tree as text in normal form, which parses to the same tree (but for positions)."""
    return _shown(tree, 0)


def _shown(tree, level):
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
        own, text = _single(tree)
        return text if own >= level else f"({text})"
    pieces = [_shown(first, MARKED[chain[-1].operator][0] + (chain[-1].operator in ALONE))]
    for step in reversed(chain):
        pieces.append(_joined(step))
    text = "".join(pieces)
    return text if MARKED[tree.operator][0] >= level else f"({text})"


def _goes_on(first, step):
    """Whether the left operand of a step needs no brackets."""
    return step.operator not in ALONE and MARKED[first.operator][0] >= MARKED[step.operator][0]


def _joined(step):
    """The operator of a step and what stands to its right."""
    if step.operator == "juxtaposed":
        return f" {_shown(step.right, JUXTAPOSED[1])}" if _may_stand_behind(step.right) else f" ({_shown(step.right, 0)})"
    text = _shown(step.right, MARKED[step.operator][1])
    return f" {step.operator} {text}" if step.operator in SPACED else f"{step.operator}{text}"


def _may_stand_behind(tree):
    """Whether a factor can follow another one by mere blank: it begins with a name."""
    while isinstance(tree, Index | Field) or getattr(tree, "operator", "") in ("^", "'"):
        tree = tree.left if isinstance(tree, Binary) else tree.operand if isinstance(tree, Unary) else tree.base
    return isinstance(tree, Name) or (isinstance(tree, Call) and isinstance(tree.function, Name))


def _single(tree):
    """(level, text) of a tree that is no binary operation."""
    match tree:
        case Number(text=text):
            return ATOM, "0" * text.startswith(".") + text.removesuffix(".")
        case Name(name=name):
            return ATOM, name
        case Unary(operator="'"):
            inner = _shown(tree.operand, ATOM)
            return ATOM, f"({inner})'" if isinstance(tree.operand, Number) else f"{inner}'"
        case Unary():
            level = UNARY_LEVEL[tree.operator]
            return level, f"{tree.operator}{' ' * (tree.operator == 'not')}{_shown(tree.operand, level + 1)}"
        case Call():
            settings = [f"{name}={_shown(value, 0)}" for name, value, _ in tree.settings]
            return ATOM, f"{_shown(tree.function, ATOM)}({', '.join([_shown(a, 0) for a in tree.arguments] + settings)})"
        case Index():
            return ATOM, f"{_shown(tree.base, ATOM)}[{', '.join(_key(item) for item in tree.items)}]"
        case Each():
            bounds = f" in {_shown(tree.range, 0)}" if tree.range is not None else ""
            return ATOM, tree.name + bounds + (f" if {_shown(tree.condition, 0)}" if tree.condition is not None else "")
        case Field():
            return ATOM, f"{_shown(tree.base, ATOM)}.{tree.name}"
        case Items():
            return ATOM, _listed([_shown(item, 0) for item in tree.items])
    raise TypeError(f"{type(tree).__name__} is no part of a syntax tree")


def _listed(items):
    """A single entry with blanks in it stands in brackets, or it would be read as several."""
    return f"[({items[0]})]" if len(items) == 1 and " " in items[0] and items[0][:1] != "[" else f"[{', '.join(items)}]"


def _key(tree):
    if not isinstance(tree, Slice):
        return _shown(tree, 0)
    ends = ["" if part is None else _shown(part, 0) for part in (tree.start, tree.stop, tree.step)]
    return ":".join(ends if tree.step is not None else ends[:2])
