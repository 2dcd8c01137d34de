"""Yes or no: a statement that holds or does not."""

import re
from dataclasses import dataclass

from grader.marking.comparing.numeric import Finding
from grader.marking.kinds.question import Samples, Shown, carried_forward, right_under
from grader.marking.verdict import WRONG
from grader.maths.errors import LanguageError, UndecidedError
from grader.maths.graph import show_shape
from grader.maths.language import notation
from grader.maths.systems import as_fraction

YES = ("yes", "true", "ja", "wahr", "richtig", "correct", "stimmt", "y", "t", "j", "1", "✓", "✔")
NO = ("no", "false", "nein", "falsch", "incorrect", "n", "f", "0", "✗", "✘")
WORDS = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
WORD = "|".join(sorted(WORDS, key=len, reverse=True))
LABEL = re.compile(r"(?:[^:\n]{1,60}:|[\w ]{1,40}=|(?:it|this|that|the statement|das|es|die aussage)\s+(?:is|ist))\s*", re.I)
GOES_ON = r"because|since|as|for|it|this|that|there|the|they|we|weil|da|denn|es|das|der|die|sie|er"
ANSWER = re.compile(
    rf"({WORD})(?![\w/*^+]|[.,]\d|(?<=\b\w)\s*[-+*/^=]\s*\w)((?:\s*[^\w\s'’]|\s+(?:{GOES_ON})\b|\s*$).*)", re.I | re.DOTALL
)
CONNECTED = re.compile(rf"\W*(?:(?:or|oder|and|und|but|aber)\b|/)\W*({WORD})(?!\w)", re.I)
ALONE = re.compile(rf"\W*({WORD})\W*", re.I)
UNSURE = re.compile(r"\s*\?|.*\b(?:maybe|perhaps|probably|not sure|unsure|vielleicht|wahrscheinlich)\b", re.I | re.DOTALL)


@dataclass(frozen=True)
class Boolean:
    """A typed yes or no."""

    holds: bool
    text: str


def read_boolean(question, text):
    """`yes`, `true`, `ja`, `wahr`, `1`, `y`, `Yes, because ...`; raises LanguageError where it is not clear which is meant."""
    typed = notation.latex(notation.clean(text)).strip().strip("\"'`*$.! ")
    match = ANSWER.fullmatch(typed) or ANSWER.fullmatch(typed[label.end() :] if (label := LABEL.match(typed)) else "")
    if not match or UNSURE.match(match.group(2)):
        raise LanguageError("yes or no is asked (true or false)", text, 0)
    holds = WORDS[match.group(1).lower()]
    other = CONNECTED.match(match.group(2)) or ALONE.fullmatch(match.group(2))
    if other and WORDS[other.group(1).lower()] != holds:
        raise LanguageError("both yes and no are typed", text, 0)
    return [Boolean(holds, "yes" if holds else "no")]


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
