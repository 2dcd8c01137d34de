"""A typed derivation taken apart: `a = b = c`, lines that begin with `=`, statements joined by `=>`, labels in front."""

import re
from dataclasses import dataclass

from grader.maths.errors import LanguageError, UnsupportedError

MATRIX = re.compile(r"(\\begin\s*\{[bpvB]?matrix\}.*?\\end\s*\{[bpvB]?matrix\})", re.DOTALL)
AND = re.compile(r",?\s{0,9}\b(?:and|und)\b")
PLAIN = (
    (r"\\(?:begin|end)\s*\{(?:align|aligned|eqnarray|equation|gather|gathered|split)\*?\}|\$|\\[\[\]()]", " "),
    (r"[ \t]{0,9}&[& \t]*", " "),
    (r"\\\\(?:\[[^\]]*\])?", "\n"),
    (r"\\(?:overset|underset|stackrel)\s*\{[^{}]*\}\s*\{\s*(?:=|\\approx)\s*\}", "="),
    (r"∂\s*|\\partial\b\s*|\\(?:mathrm|text)\s*\{d\}\s*", "d"),
    (r"∇|\\nabla\b", " nabla "),
    (r"\\(?:approx|simeq|cong|doteq)\b|[≃≅≐]", "≈"),
    (r"\\equiv\b|≡|:=|←|\\(?:leftarrow|longleftarrow|gets|coloneqq)\b|(?<=[\w)}])\s{0,9}<-{1,2}(?=\s)", "="),
    (r"<=>|<==>|==>|=>|-->|->|[⇒⟹⟺⇔→∴]", "\n"),
    (r"\\(?:Rightarrow|Longrightarrow|implies|iff|Leftrightarrow|to|rightarrow|therefore|quad|qquad)\b", "\n"),
    (r"(?<![^\n;])[^\n;]*[=≈]", lambda match: AND.sub("\n", match[0])),  # between equations, up to the last sign of a line
    (r"\b(?:so|and so|hence|thus|therefore|then|also|dann|somit|daher|folglich)\b,?", "\n"),
    (r"\b(?:we (?:get|have|obtain)|this gives|which gives|wir erhalten)\b:?", " "),
    (r"(?i:□|∎|■|\\(?:qed|blacksquare|square|Box)\b|\bq\.?e\.?d\b\.?)", " "),
    (r"(?i:\bLHS\s*=(?!=)|=\s*RHS\b)", " "),
)
REASON = re.compile(r"\b(?:because|since|weil|denn)\b", re.IGNORECASE)
SIGN = re.compile(r"(?<![<>=!])=(?!=)|≈")
JOINED = re.compile(r"[+*/^=≈(,·×]\s*$")
CONTINUED = re.compile(r"\s*[+*/=≈·×]")
MOST_LINES = 100


@dataclass(frozen=True)
class Statement:
    """Sides as typed; `about[i]` tells whether an ≈ stands between side i and side i + 1.

    headed: whether a first side was typed (not so in a text that begins with `=`).
    """

    sides: tuple
    about: tuple
    headed: bool


def statements(text):
    """The statements of a derivation; a statement goes on where a later one has the same left side, or begins where it ended.

    Raises LanguageError where a side is empty, or a reason behind a word such as `because` has an equals sign of its own, and
    UnsupportedError for very many lines.
    """
    if any(map(_gives_reason, text.split("\n"))):
        raise LanguageError("an equation that is given as a reason is not read as a step", text, 0)
    found = []
    for line in _lines(text):
        one = _statement(line, text)
        follows = found and _continuation(found[-1], one)
        if follows:
            found[-1] = follows
        else:
            found.append(one)
    if not found:
        raise LanguageError("nothing is typed here", text, 0)
    return found


def _gives_reason(line):
    """Whether an equals sign stands behind a word such as `because`."""
    match = REASON.search(line)
    return bool(match) and any(sign in line[match.end() :] for sign in "=≈")


def _plain(text):
    """The text with its signs in one form, matrices left as they are."""
    pieces = MATRIX.split(text)
    for place in range(0, len(pieces), 2):
        for pattern, instead in PLAIN:
            pieces[place] = re.sub(pattern, instead, pieces[place])
    return "".join(pieces)


def _lines(text):
    """The texts of the statements: lines, and what stands between semicolons, those that go on joined."""
    lines, depth, last = [""], 0, ""
    for character in _plain(text):
        depth = max(0, depth + (character in "([{") - (character in ")]}"))
        if character in "\n;" and not depth:
            lines.append("")
        else:
            lines[-1] += character
    lines, joined = [line for line in (line.strip(" ,.\t\r") for line in lines) if line], []
    if len(lines) > MOST_LINES:
        raise UnsupportedError(f"a derivation of more than {MOST_LINES} lines is not read")
    for line in lines:
        if joined and (CONTINUED.match(line) or JOINED.search(last)):
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
        last = joined[-1]
    return joined


def _statement(line, text):
    places, depth = [], 0
    for at, character in enumerate(line):
        depth = max(0, depth + (character in "([{") - (character in ")]}"))
        if not depth and SIGN.match(line, at):
            places.append(at)
    ends = [*places, len(line)]
    sides = [line[begin:end].strip(" ,\t\n") for begin, end in zip([0, *(at + 1 for at in places)], ends, strict=True)]
    about = tuple(line[at] == "≈" for at in places)
    headed = bool(sides[0])
    if not all(sides[1:]) or not any(sides):
        raise LanguageError("nothing is typed beside one of the equals signs", text, 0)
    return Statement(tuple(sides), about, headed)


def _continuation(before, one):
    """Both statements as one, where the second goes on with the first; else None."""
    head, last, first = same_text(before.sides[0]), same_text(before.sides[-1]), same_text(one.sides[0])
    if len(one.sides) == 1:
        return Statement((*before.sides, *one.sides), (*before.about, False), before.headed)
    if first in (head, last) or not one.headed:
        return Statement((*before.sides, *one.sides[1:]), (*before.about, *one.about), before.headed)
    return None


def same_text(text):
    """A side without what makes no difference to the eye."""
    return re.sub(r"[\s{}]|\\left|\\right|\\,", "", text)
