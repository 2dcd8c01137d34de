"""Typed expressions over allowed names read as graphs."""

from dataclasses import dataclass

from grader.marking.reading.doubts import is_condition, refuse_doubtful, refuse_scaled_condition
from grader.marking.reading.names import CONSTANTS, STUDENT_FUNCTIONS, vocabulary
from grader.maths.errors import GraderError
from grader.maths.graph import Node
from grader.maths.language import digits, notation, syntax
from grader.maths.language.meaning import Scope
from grader.maths.language.sums import bound_names
from grader.maths.language.unparse import show

NO_SYMBOLS = frozenset((*STUDENT_FUNCTIONS, *CONSTANTS))


@dataclass(frozen=True)
class Formula:
    """A typed expression as a graph; text: what was read, in normal form; ambiguous: what else it could mean, in words;
    condition: whether the whole of it is a comparison; hatted: whether a name wears a hat that is not its own."""

    node: Node
    text: str
    ambiguous: str = ""
    condition: bool = False
    hatted: bool = False


def read_formula(text, names, conventions):
    """An expression over the allowed names (name -> node) in its likeliest sense; raises GraderError where it cannot be read."""
    return read_formulas(text, names, conventions)[0]


def read_formulas(text, names, conventions):
    """As `read_formula`, every sense of the commas in it, the likelier first."""
    allowed = vocabulary(names)
    scope = Scope(names=allowed.known, functions=STUDENT_FUNCTIONS, conventions=conventions)
    readings, refusal = {}, None
    prepared = notation.prepared(text, words=True, declared=allowed.declared)
    for sense in allowed.senses(prepared):
        try:
            tree = allowed.tree(sense)
            refuse_doubtful(tree, sense, allowed.known)
            readings.setdefault(scope.tree(tree, sense), (tree, allowed.apart(sense)))
        except GraderError as error:
            refusal = refusal or error
    if not readings:
        raise refusal
    found = [(node, show(tree, allowed.values(sense)), tree) for node, (tree, sense) in readings.items()]
    doubtful = len(found) > 1 and digits.DECIMAL_COMMA.search(prepared)
    hatted = allowed.lends_a_hat(prepared)
    others = [found[place == 0][1] if doubtful else "" for place in range(len(found))]  # the first of the others
    return [_formula(reading, other, hatted, prepared) for reading, other in zip(found, others, strict=True)]


def _formula(reading, other, hatted, prepared):
    node, shown, tree = reading
    condition = is_condition(tree)
    if condition:
        refuse_scaled_condition(tree, prepared)
    return Formula(node, shown, f"read as {shown}; could also mean {other}" if other else "", condition, hatted)


def free_names(text):
    """The names in a typed expression that are neither functions, constants nor indices of sums, nor the `T` of a transpose."""
    plain = digits.senses(notation.prepared(text, words=True))[0]
    found = syntax.tokens(plain)
    names = {token.text for place, token in enumerate(found) if token.kind == "name" and not _is_raised(found, place, "T")}
    raised = {token.text for place, token in enumerate(found) if token.kind == "name" and _is_raised(found, place, "T")}
    for word in raised - {"T"}:  # `J^TJ`
        names.add(word[1:] if len(word) == 2 or word[1:] in names else word)
    return names - NO_SYMBOLS - syntax.KEYWORDS - bound_names(plain, surely=True)


def _is_raised(found, place, letter):
    """Whether a token stands behind a `^` and begins with a letter."""
    return found[place].text.startswith(letter) and place > 0 and found[place - 1].text == "^"
