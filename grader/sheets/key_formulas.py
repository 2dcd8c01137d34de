"""Keys of short formulas: all their usual spellings."""

import re
from html.entities import name2codepoint
from itertools import chain, product

from grader.marking.kinds.table import KINDS
from grader.marking.verdict import FULL
from grader.maths.errors import GraderError
from grader.sheets.key_model import SHORT, AnswerKey, for_a_person, verdict_on

MOST_SPELLINGS = 400  # of a formula
NAME, POWER_2 = re.compile(r"[A-Za-z]\w*"), re.compile(r"([A-Za-z]\w*)\^2")
LOGARITHM = re.compile(r"(?:log|ln|log2)\(([A-Za-z]\w*)\)")
TWO = re.compile(r"([\w()]+)([-+*])([\w()]+)")
TIMES = ("*", " * ", "", " ", "·", " · ", "×", " × ")
BRACKETS = ("({})", "[{}]", "{}")
BETWEEN = (", ", ",", " x ", "x", " × ", "×")  # sizes of a shape

EXPRESSIONS = "of short formulas only the usual spellings are known"
MANY_SPELLINGS = "these formulas can be typed in too many ways to list them, so a person marks them"


def formula_key(question):
    """All usual spellings of a formula that has only a few; else a person marks it."""
    if question.kind == "array" or question.box.layout == "any":
        return for_a_person(question, MANY_SPELLINGS)
    formulas = (KINDS[question.kind].samples(question).right, KINDS[question.kind].show(question).formula)
    found = [every_spelling(text, question.kind) for text in formulas if text]
    right = tuple(text for text in dict.fromkeys(chain.from_iterable(found)) if _is_right(question, text))
    if not right or not all(found):
        return for_a_person(question, MANY_SPELLINGS)
    return AnswerKey(SHORT, spellings=right, limits=(EXPRESSIONS,))


def _is_right(question, text):
    try:
        return verdict_on(question, text).state in FULL
    except GraderError:
        return False


# --- spellings ---


def every_spelling(text, kind="expression"):
    """The usual spellings of a number, a name, or a sum or product of two, the likeliest first; none of any other formula.

    kind: of the box; a growth may stand in `O(...)`, and a shape is a list of such formulas.

    >>> every_spelling("a + b")
    ['a + b', 'a+b', 'b + a', 'b+a']
    >>> every_spelling("a / b")
    []
    """
    tight = re.sub(r"\s*([-+*^(),\[\]])\s*", r"\1", text.strip())
    if kind == "shape":
        return _spellings_of_shape([entry for entry in tight.strip("()[]").split(",") if entry])
    inner = re.fullmatch(r"O\((.*)\)", tight) if kind == "growth" else None
    found = _forms(inner[1] if inner else tight, kind)
    if kind == "growth":
        found = [around.format(one) for around in ("O({})", "{}", "Θ({})", "Theta({})") for one in found]
    return _few(found)


def _few(found):
    found = list(dict.fromkeys(found))
    return found if len(found) <= MOST_SPELLINGS else []


def _spellings_of_shape(entries):
    rows = list(product(*(_forms(entry) for entry in entries)))
    if not entries or not rows or len(rows) * len(BRACKETS) * len(BETWEEN) > MOST_SPELLINGS:
        return []
    found = [around.format(between.join(row)) for around in BRACKETS for between in BETWEEN for row in rows]
    return _few([*found, *(form for row in rows for form in (f"({row[0]},)", f"[{row[0]},]") if len(row) == 1)])


def _forms(tight, kind="expression"):
    """The spellings of a formula without blanks."""
    if atom := _atom(tight, kind):
        return atom
    if tight.startswith("-") and NAME.fullmatch(tight[1:]) and (atom := _atom(tight[1:], kind)):
        return [sign + one for one in atom for sign in ("-", "- ", "−")]
    if (match := POWER_2.fullmatch(tight)) and (atom := _atom(match[1], kind)):
        powers = [f"{one}{power}" for one in atom for power in ("^2", "**2", "²", " ^ 2", " ** 2")]
        return powers + [f"{one}{sign}{one}" for one in atom for sign in TIMES]
    match = TWO.fullmatch(tight)
    left, right = (_atom(match[1], kind), _atom(match[3], kind)) if match else ([], [])
    if match and match[2] == "-":
        pairs = list(product(left, right))
        found = [f"{a}{minus}{b}" for a, b in pairs for minus in (" - ", "-", " − ", "−")]
        return found + [f"{minus}{b}{plus}{a}" for a, b in pairs for minus in "-−" for plus in (" + ", "+")]
    pairs = [pair for one, other in ((left, right), (right, left)) for pair in product(one, other)]
    return [f"{a}{sign}{b}" for a, b in pairs for sign in ((" + ", "+") if match[2] == "+" else TIMES)]


def _atom(text, kind):
    """The spellings of a whole number, a name or the logarithm of a name."""
    if text.isdecimal():
        return [text]
    if NAME.fullmatch(text):
        greek = [chr(name2codepoint[text])] if text in name2codepoint else []
        return [text, *([text.replace("_", "")] if "_" in text else []), *greek]
    match = LOGARITHM.fullmatch(text)
    names = _atom(match[1], kind) if match else []
    functions = ("log", "ln", "log2", "log_2", "ld", "lg") if kind == "growth" else ("log", "ln")
    return [form for name in names for one in functions for form in (f"{one}({name})", f"{one} {name}")]
