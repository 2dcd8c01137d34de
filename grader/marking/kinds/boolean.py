"""Yes or no: a statement that holds or does not."""

import re
from dataclasses import dataclass

from grader.marking.comparing.numeric import Finding
from grader.marking.kinds.boolean_text import said
from grader.marking.kinds.question import Samples, Shown, carried_forward, right_under
from grader.marking.reading.typed import read_formula
from grader.marking.verdict import WRONG
from grader.maths.errors import GraderError, LanguageError, UndecidedError
from grader.maths.graph import Node, show_shape
from grader.maths.language import notation
from grader.maths.systems import as_fraction

TICKS = {"✓": True, "✔": True, "✗": False, "✘": False}


@dataclass(frozen=True)
class Boolean:
    """A typed yes or no."""

    holds: bool
    text: str


def read_boolean(question, text):
    """`yes`, `true`, `ja`, `wahr`, `1`, `y`, `Yes, because ...`; raises LanguageError where it is not clear which is meant."""
    ticked = TICKS.get(text.strip())
    if ticked is not None:
        return [Boolean(ticked, "yes" if ticked else "no")]
    typed = notation.latex(notation.clean(text)).strip().strip("\"'`*$").rstrip(".! ").strip()
    holds = said(_without_statement(question, typed), question.part.text or "")
    if holds is None:
        raise LanguageError("yes or no is asked (true or false), and nothing that limits it or says the other thing", text, 0)
    return [Boolean(holds, "yes" if holds else "no")]


def _without_statement(question, typed):
    """The text without what only says what is answered: the id of the part, or the statement itself (`2 lr > 1: yes`)."""
    ids = "|".join(re.escape(name) for name in (question.part.id, question.box.name) if name)
    label = re.match(rf"\(?(?:{ids})\s*[):.=]\s*(?=\w)", typed, re.IGNORECASE)
    head, colon, rest = typed.partition(":")
    return typed[label.end() :] if label else rest.strip() if colon and _is_statement(question, head) else typed


def _is_statement(question, head):
    """Whether a text is the very condition that is asked about."""
    sides = re.fullmatch(r"([^<>=≤≥≠!]+)([<>]=?|==|!=|[≤≥≠])([^<>=≤≥≠!]+)", head)
    if not sides:
        return False
    program = question.solution.program
    names = {name: node for name, node in program.names.items() if isinstance(node, Node)}
    conventions = question.solution.conventions
    try:
        left, right = (read_formula(sides.group(side), names, conventions).node for side in (1, 3))
        both = {"a": left, "b": right}  # so that each side is read by itself
        return read_formula(f"a {sides.group(2)} b", both, conventions).node is question.node
    except GraderError:
        return False


def judge_boolean(question, answer):
    """The finding for a typed yes or no, also from own earlier answers."""
    under = question.readings_under_which(lambda solution: truth(solution.value(_node(question, solution))) == answer.holds)
    if under:
        return right_under(under)
    carried = carried_forward(
        question,
        lambda solution: 2 * _node(question, solution) - 1,  # yes is 1 and no -1: neither is a value that got lost
        lambda value: _sign(value) == (1 if answer.holds else -1),
    )
    return carried or Finding.of(WRONG)


def _node(question, solution):
    return solution.program.boxes[question.place]


def _sign(value):
    """1 or -1 for a value that is certain, else 0."""
    try:
        return certain(value)
    except UndecidedError:
        return 0


def certain(value):
    """The rational number that a value is; raises UndecidedError for a ball with a radius."""
    element = value.array[()]
    if value.exact:
        return as_fraction(element)
    if not element.is_exact():
        raise UndecidedError("whether this holds cannot be decided")
    return as_fraction(element.fmpq())


def truth(value):
    """Whether a statement holds, from its value; raises UndecidedError where that cannot be decided."""
    return certain(value) == 1


def show_boolean(question):
    word = "yes" if truth(question.solution.value(question.node)) else "no"
    return Shown(word, word)


def samples_of_boolean(question):
    return Samples("yes", "no") if truth(question.solution.value(question.node)) else Samples("no", "yes")


def fault_of_boolean(question):
    if question.symbolic:
        return "an answer with symbols in it is an expression, not a boolean"
    if question.node.rank:
        return f"a boolean is one statement, but the answer is {show_shape(question.node.shape)}"
    if certain(question.solution.value(question.node)) not in (0, 1):
        return "a boolean is 1 (yes) or 0 (no), but the answer is neither; write a comparison such as 'x > 1'"
    return ""
