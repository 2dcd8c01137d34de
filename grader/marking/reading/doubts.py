"""Typed formulas that parse, but are not meant as they parse, refused (rules N18 and N19 of `notation`)."""

from grader.maths.errors import LanguageError, SeveralStatementsError
from grader.maths.language import syntax

JOINING = frozenset({"and", "or"})
TRUTH = frozenset({*syntax.COMPARISONS, *JOINING})


def refuse_doubtful(tree, text, known):
    """Raises LanguageError for what no one means: see the functions below; known: name -> meaning."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is syntax.Binary:
            _refuse_joined(node, text)
            waiting += (node.left, node.right)
        elif kind is syntax.Unary:
            _refuse_unary(node, text)
            waiting.append(node.operand)
        elif kind is syntax.Call:
            _refuse_entry(node, text, known)
            waiting += (node.function, *node.arguments)
        elif kind is syntax.Items:
            waiting += node.items


def is_condition(tree):
    """Whether a tree is a comparison, or several of them joined."""
    if isinstance(tree, syntax.Unary) and tree.operator == "not":
        return is_condition(tree.operand)
    return isinstance(tree, syntax.Binary) and tree.operator in TRUTH


def refuse_scaled_condition(tree, text):
    """`5z > 0` as a whole answer may mean 5 times the condition, or a condition on 5z."""
    while isinstance(tree, syntax.Binary) and tree.operator in TRUTH:
        tree = tree.left
    while isinstance(tree, syntax.Binary) and tree.operator in ("juxtaposed", "*"):
        tree = tree.left
        if isinstance(tree, syntax.Number):
            raise LanguageError("a factor in front of a comparison; use brackets", text, tree.at)


def _refuse_joined(node, text):
    """`and` between values; numbers side by side (`1 1/2 z`); a 1 behind a factor, which is a vector of ones."""
    if node.operator in JOINING and not (is_condition(node.left) and is_condition(node.right)):
        raise SeveralStatementsError(text, node.at, text[node.at :].removeprefix(node.operator).strip())
    if node.operator in ("juxtaposed", "@") and isinstance(node.right, syntax.Number):
        if isinstance(node.left, syntax.Number):
            raise LanguageError("numbers side by side leave open what is meant", text, node.at)
        if node.right.text == "1":
            raise LanguageError("a 1 behind a factor is no number, but perhaps a vector of ones", text, node.at)
    if node.operator == "^" and isinstance(node.left, syntax.Number) and node.right == syntax.Name("T", node.right.at):
        raise LanguageError("a number is not transposed; this is perhaps a vector of ones", text, node.at)


def _refuse_unary(node, text):
    """`not` in front of a value."""
    if node.operator == "not" and not is_condition(node.operand):
        raise LanguageError("'not' stands in front of a comparison only", text, node.at)
    if node.operator == "'" and isinstance(node.operand, syntax.Number):
        raise LanguageError("a number is not transposed; this is perhaps a vector of ones", text, node.at)


def _refuse_entry(node, text, known):
    """`u(1)` of a vector u is an entry of it, counted from 0 or 1."""
    meaning = known.get(node.function.name) if isinstance(node.function, syntax.Name) else None
    if getattr(meaning, "rank", 0) and node.arguments and all(isinstance(item, syntax.Number) for item in node.arguments):
        raise LanguageError("an entry in round brackets leaves open where counting begins", text, node.at)
