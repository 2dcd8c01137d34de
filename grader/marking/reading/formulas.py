"""Typed expressions over allowed names read as graphs."""

from dataclasses import dataclass

from grader.marking.reading.names import CONSTANTS, STUDENT_FUNCTIONS, vocabulary
from grader.maths.errors import GraderError
from grader.maths.graph import Node
from grader.maths.language import digits, notation, syntax
from grader.maths.language.meaning import Scope
from grader.maths.language.unparse import show

NO_SYMBOLS = frozenset((*STUDENT_FUNCTIONS, *CONSTANTS))


@dataclass(frozen=True)
class Formula:
    """A typed expression as a graph; text: what was read, in normal form; ambiguous: what else it could mean, in words."""

    node: Node
    text: str
    ambiguous: str = ""


def read_formula(text, names, conventions):
    """An expression over the allowed names (name -> node); raises GraderError where it cannot be read."""
    allowed = vocabulary(names)
    scope = Scope(names=allowed.known, functions=STUDENT_FUNCTIONS, conventions=conventions)
    readings, refusal = {}, None
    for sense in digits.senses(notation.prepared(text, words=True)):
        try:
            tree = allowed.tree(sense)
            readings.setdefault(scope.tree(tree, sense), tree)
        except GraderError as error:
            refusal = refusal or error
    if not readings:
        raise refusal
    (node, shown), *others = [(node, show(tree)) for node, tree in readings.items()]
    doubtful = others and digits.DECIMAL_COMMA.search(text)
    return Formula(node, shown, f"read as {shown}; could also mean {others[0][1]}" if doubtful else "")


def free_names(text):
    """The names in a typed expression that are neither functions nor constants, nor the mark of a transpose (`^T`)."""
    found = syntax.tokens(digits.senses(notation.prepared(text, words=True))[0])
    names = {token.text for token in found if token.kind == "name"}
    if "T" in names and all(found[place - 1].text == "^" for place, token in enumerate(found) if token.text == "T"):
        names.remove("T")
    return names - NO_SYMBOLS
