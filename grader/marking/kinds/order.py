"""Orders: options put in ascending order of numbers that the engine works out."""

import re
from dataclasses import dataclass

from grader.marking.comparing.numeric import Finding
from grader.marking.kinds.choices import REASONS
from grader.marking.kinds.question import Samples, Shown, carried_forward, right_under
from grader.marking.verdict import WRONG
from grader.maths.errors import LanguageError, UndecidedError
from grader.maths.language import notation
from grader.maths.ops.structure import stack
from grader.maths.systems import BALL, EXACT

FILLERS = frozenset({"option", "options", "order", "ascending", "aufsteigend", "reihenfolge", "then", "dann", "and", "und"})
SIGNS = {  # what stands between options: ascending, descending, equal; all else says nothing of its own
    **dict.fromkeys(("<", "<=", "<<", "≺", "≪", "->", "-->", "=>", "→"), "<"),
    **dict.fromkeys((">", ">=", ">>", "≻", "≫"), ">"),
    **dict.fromkeys(("=", "==", "~"), "="),
}
LATEX = {"prec": "<", "ll": "<", "lt": "<", "to": "->", "rightarrow": "->", "succ": ">", "gg": ">", "gt": ">", "sim": "="}
TOKEN = re.compile(r"-{1,2}>|=>|<<|>>|<=|>=|==|[<>=~→≺≻≪≫]|\w+|[^\w\s]")
BY_NUMBER = r"(\d+)\s*[.):=]\s*\(?({keys})\b\)?"  # 1. B
BY_KEY = r"\(?({keys})\)?\s*[:=]\s*(\d+)\b"  # B: 1


@dataclass(frozen=True)
class Order:
    """Options in the typed order, ascending; `tied` holds the places whose option is said to equal the one before."""

    keys: tuple
    tied: frozenset
    text: str


def read_order(question, text):
    """`B, A, C`, `B < A < C`, `C > A > B`, `B -> A -> C`, `B A C`, `BAC`, `1. B 2. A 3. C`, `A: 2, B: 1, C: 3`.

    Raises LanguageError where not every option is named once, or where it is not clear what is meant.
    """
    typed = re.sub(r"\\([A-Za-z]+)", lambda match: LATEX.get(match.group(1), match.group()), text.replace("→", "->"))
    typed = notation.latex(notation.clean(typed)).strip()
    typed = re.sub(r"(?<!\.)\.$", "", typed)
    keys = [option.key for option in question.part.options]
    found = _numbered(typed, keys) or _in_a_row(typed, keys)
    return [Order(*found, _shown(*found))]


def _numbered(typed, keys):
    """The options by their numbers, where each has one; None where options are numbers themselves."""
    if any(key.isdigit() for key in keys):
        return None
    either = "|".join(re.escape(key) for key in keys)
    known = _known(keys)
    for pattern, swapped in ((BY_NUMBER, False), (BY_KEY, True)):
        pairs = re.findall(pattern.format(keys=either), typed, re.IGNORECASE)
        ranks = {known[(pair[0] if swapped else pair[1]).lower()]: int(pair[1] if swapped else pair[0]) for pair in pairs}
        if len(pairs) == len(keys) and sorted(ranks.values()) == list(range(1, len(keys) + 1)) and set(ranks) == set(keys):
            return tuple(sorted(ranks, key=ranks.get)), frozenset()
    return None


def _known(keys):
    return {key.lower(): key for key in keys}


def _in_a_row(typed, keys):
    chosen, signs = _named(_tokens(typed, keys), keys, typed)
    missing = [key for key in keys if chosen.count(key) != 1]
    if missing:
        raise LanguageError(f"an order names each of {', '.join(keys)} once", typed, 0)
    if ">" in signs and "<" in signs:
        raise LanguageError("'<' and '>' stand in one order", typed, 0)
    if {"<", ">"} & set(signs) and "" in signs:
        raise LanguageError("some options are compared and some only listed", typed, 0)
    _refuse_groups(typed, keys)
    tied = frozenset(place for place, sign in enumerate(signs, start=1) if sign == "=")
    if ">" not in signs:
        return tuple(chosen), tied
    return tuple(reversed(chosen)), frozenset(len(chosen) - place for place in tied)


def _refuse_groups(typed, keys):
    """Raises LanguageError where some options only stand side by side in brackets or behind a slash: their order is left open."""
    either = "|".join(re.escape(key) for key in keys)
    named = rf"(?<!\w)(?:{either})(?!\w)"
    slashes = len(re.findall(rf"{named}\s*/\s*(?={named})", typed, re.IGNORECASE))
    groups = [len(re.findall(named, inner, re.IGNORECASE)) for inner in re.findall(r"[(\[{]([^()\[\]{}]*)[)\]}]", typed)]
    if 0 < slashes < len(keys) - 1 or any(1 < size < len(keys) for size in groups) or re.search(r"\.\.\.|…", typed):
        raise LanguageError("the order of some options is left open", typed, 0)


def _tokens(typed, keys):
    """Words and signs; a single word made of one-letter options is taken apart."""
    found = TOKEN.findall(typed.split(":", 1)[1] if _has_heading(typed, keys) else typed)
    known = _known(keys)
    if len(found) == 1 and found[0].lower() not in known and all(letter in known for letter in found[0].lower()):
        return list(found[0])
    return found


def _has_heading(typed, keys):
    """Whether a text such as `ascending:` stands in front."""
    head, colon, _ = typed.partition(":")
    words = re.findall(r"\w+", head.lower())
    return bool(colon and words) and all(word in FILLERS for word in words) and not set(words) & set(_known(keys))


def _named(tokens, keys, typed):
    """The options in the order in which they are named, and the sign before each but the first."""
    known, chosen, signs, sign = _known(keys), [], [], ""
    for token in tokens:
        word = token.lower()
        if word in known:
            signs += [sign] if chosen else []
            chosen.append(known[word])
            sign = ""
        elif token in SIGNS:
            sign = SIGNS[token]
        elif word in REASONS and len(chosen) == len(keys):
            break
        elif (word[0].isalnum() and word not in FILLERS) or token == "?":
            raise LanguageError(f"'{token}' is not one of the options {', '.join(keys)}", typed, max(0, typed.find(token)))
    return chosen, signs


def _shown(keys, tied):
    signs = ["", *(" = " if place in tied else " < " for place in range(1, len(keys)))]
    return "".join(sign + key for sign, key in zip(signs, keys, strict=True))


def judge_order(question, answer):
    """The finding for a typed order, also from own earlier answers."""
    under = question.readings_under_which(lambda solution: _ascends(answer, _ranks(question, solution)))
    if under:
        return right_under(under)
    carried = carried_forward(
        question,
        lambda solution: stack(list(_nodes(question, solution).values())),
        lambda value: _agrees(answer, dict(zip(_nodes(question, question.solution), _balls(value), strict=True))),
    )
    return carried or Finding.of(WRONG, _error(answer, _ranks(question, question.solution)))


def _error(answer, ranks):
    """The tag of a wrong order: the reversed one, or two neighbours exchanged."""
    if _ascends(Order(answer.keys[::-1], frozenset(), ""), ranks):
        return "order-reversed"
    for place in range(len(answer.keys) - 1):
        keys = list(answer.keys)
        keys[place : place + 2] = keys[place + 1], keys[place]
        if _ascends(Order(tuple(keys), frozenset(), ""), ranks):
            return "neighbours-exchanged"
    return ""


def _nodes(question, solution):
    return solution.program.options[question.part.id]


def _ranks(question, solution):
    """Option -> what it ascends by: an exact number, or a ball."""
    values = {key: solution.value(node) for key, node in _nodes(question, solution).items()}
    return {key: value.array[()] if value.system is EXACT else BALL.element(value.array[()]) for key, value in values.items()}


def _balls(value):
    return [element if value.system is EXACT else BALL.element(element) for element in value.array.flat]


def _agrees(answer, ranks):
    try:
        return _ascends(answer, ranks)
    except UndecidedError:
        return False


def _ascends(answer, ranks):
    """Whether options stand in ascending order, equal ones either way; raises UndecidedError where two cannot be told apart."""
    for place, (first, second) in enumerate(zip(answer.keys, answer.keys[1:], strict=False), start=1):
        sign = _compared(ranks[first], ranks[second], first, second)
        if sign > 0 or (sign and place in answer.tied):
            return False
    return True


def _compared(a, b, first, second):
    """-1, 0 or 1 as a is less than, equal to or greater than b."""
    if not (hasattr(a, "mid") or hasattr(b, "mid")):
        return int(a > b) - int(a < b)
    a, b = BALL.element(a), BALL.element(b)
    if a < b or a > b:
        return -1 if a < b else 1
    if a.is_exact() and b.is_exact():
        return 0
    raise UndecidedError(f"which of {first} and {second} comes first cannot be decided")


def _sorted(question):
    """The right order, equal options tied."""
    ranks, keys = _ranks(question, question.solution), []
    for key in ranks:  # few options: put each where it belongs
        place = next((at for at, other in enumerate(keys) if _compared(ranks[key], ranks[other], key, other) < 0), len(keys))
        keys.insert(place, key)
    pairs = enumerate(zip(keys, keys[1:], strict=False), start=1)
    tied = frozenset(place for place, (a, b) in pairs if _compared(ranks[a], ranks[b], a, b) == 0)
    return Order(tuple(keys), tied, _shown(keys, tied))


def show_order(question):
    text = _sorted(question).text
    return Shown(text, text)


def samples_of_order(question):
    right = _sorted(question)
    return Samples(right.text, _shown(right.keys[::-1], frozenset()))


def fault_of_order(question):
    order = _sorted(question)
    if len(order.tied) == len(order.keys) - 1:
        return "all options of this order are equal, so that every order is right"
    return ""
