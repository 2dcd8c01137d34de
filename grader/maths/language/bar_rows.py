"""Bars between the rows of a matrix (rule N15 of `notation`): `[6 1 8 | -7 9 2]` is `[6 1 8 ; -7 9 2]`.

Bars separate rows where every row has the same number of entries, and are absolute values where they pair around one entry each
(`[|x| 2]`). Where both can be meant (`[1 |2| 3]`), or neither (`[1 2 | 3]`), the text is refused.
"""

import re

from grader.maths.errors import GraderError, LanguageError
from grader.maths.language import syntax
from grader.maths.language.calls import functions

IN_BRACKETS = re.compile(r"(?<![\w)\]'])\[([^\[\]|;\n]*(?:\|[^\[\]|;\n]+)+)\]")
NUMBERS_ONLY = re.compile(r"[-+\d.,/ ]+(?:\|[-+\d.,/ ]+)+")
HANGING = re.compile(r"\s*(?:[-+]\s|[*/^@<>=,])|.*[-+*/^@<>=,(]\s*\Z")  # a cell that goes on beyond its bars
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


def bar_rows(text, words):
    """A text with `;` for the bars that separate rows; raises LanguageError where they may as well be absolute values.

    words: names may be meant, so that only bars with blanks on both sides are in doubt.
    """
    if "|" not in text:
        return text
    if not words and NUMBERS_ONLY.fullmatch(text):
        cells = text.split("|")
        if _longest(cells, words) == 1:
            return text
        if _are_rows(cells, words):
            return f"[{_joined(cells)}]"
        _refuse_uneven_rows(cells, text, len(cells[0]))
    return IN_BRACKETS.sub(lambda match: _with_rows(match, text, words), text)


def _with_rows(match, text, words):
    cells = match[1].split("|")
    if not _are_rows(cells, words):
        if not (words or _are_absolute_values(cells, words)):
            _refuse_uneven_rows(cells, text, match.start(1) + len(cells[0]))
        return match.group()
    if not _are_absolute_values(cells, words):
        return f"[{_joined(cells)}]"
    if words and not all(left[-1:].isspace() and right[:1].isspace() for left, right in zip(cells, cells[1:], strict=False)):
        return match.group()
    raise LanguageError("these bars may separate rows or be absolute values", text, match.start(1) + len(cells[0]))


def _refuse_uneven_rows(cells, text, place):
    """Raises LanguageError where every cell is a row by itself, but not all are equally long."""
    if all(_are_rows([cell], words=False) for cell in cells):
        raise LanguageError("the rows between these bars have different lengths", text, place)


def _joined(cells):
    return " ; ".join(cell.strip() for cell in cells)


def _are_rows(cells, words):
    """Whether all cells have the same number of entries, whatever a comma between digits means."""
    if any(HANGING.match(cell) or not cell.strip() for cell in cells):
        return False
    return any(len(set(counts)) == 1 and 0 not in counts for counts in _counts(cells, words))


def _are_absolute_values(cells, words):
    """Whether the bars pair, with one entry in each pair."""
    return len(cells) % 2 == 1 and _longest(cells[1::2], words) == 1


def _longest(cells, words):
    return min(max(counts) for counts in _counts(cells, words))


def _counts(cells, words):
    """How many entries every cell has, in each sense of a comma between digits; 0 for a cell that is not read."""
    return [[_entries(cell, words) for cell in cells], [_entries(DECIMAL_COMMA.sub(".", cell), words) for cell in cells]]


def _entries(cell, words):
    try:
        tree = syntax.parse(f"[{functions(cell, words)}]")
    except GraderError:
        return 0
    return len(tree.items) if isinstance(tree, syntax.Items) else 0
