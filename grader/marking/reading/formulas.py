"""Typed expressions over allowed names read as graphs."""

import re
from dataclasses import dataclass

from grader.marking.reading.names import CONSTANTS, STUDENT_FUNCTIONS, aliases, parse_typed, products_apart, refuse_two_for_one
from grader.maths.errors import GraderError
from grader.maths.graph import Node
from grader.maths.language import digits, notation, syntax
from grader.maths.language.meaning import Scope
from grader.maths.language.unparse import show

WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Formula:
    """A typed expression as a graph; text: what was read, in normal form; ambiguous: what else it could mean, in words."""

    node: Node
    text: str
    ambiguous: str = ""


def read_formula(text, names, conventions):
    """An expression over the allowed names (name -> node); raises GraderError where it cannot be read."""
    known = {**CONSTANTS, **aliases(names)}
    scope = Scope(names=known, functions=STUDENT_FUNCTIONS, conventions=conventions)
    readings, refusal = {}, None
    for sense in digits.senses(notation.prepared(text, words=True)):
        try:
            apart = products_apart(sense, known)
            refuse_two_for_one(set(WORD.findall(apart)), names)
            tree = parse_typed(apart)
            readings.setdefault(scope.tree(tree, sense), show(tree))
        except GraderError as error:
            refusal = refusal or error
    if not readings:
        raise refusal
    (node, shown), *others = readings.items()
    doubtful = others and digits.DECIMAL_COMMA.search(text)
    return Formula(node, shown, f"read as {shown}; could also mean {others[0][1]}" if doubtful else "")


def free_names(text):
    """The names in a typed expression that are neither functions nor constants, nor the mark of a transpose (`^T`)."""
    tokens = syntax.tokens(notation.plain(text, words=True))
    marks = {position for position, token in enumerate(tokens) if token.text == "T" and tokens[position - 1].text == "^"}
    names = {token.text for position, token in enumerate(tokens) if token.kind == "name" and position not in marks}
    return names - set(STUDENT_FUNCTIONS) - set(CONSTANTS)
