"""Square brackets that students use like round ones (rule N15 of `notation`): `-1/n [t ln(q) + (1-t) ln(1-q)]`, `exp[-x]`.

A single expression in square brackets is a bracket where it stands in a product, a sum or a power, behind a name of a number, or
behind the name of a function. `[1, 2]`, `[5]` alone, `x[i]` of a vector x and `W[0, 1]` keep their meaning. Where blanks inside
may also separate entries (`[x y] W`), both senses are given.
"""

import re

from grader.maths.errors import GraderError
from grader.maths.language.syntax import KEYWORDS, tokens

DEEPEST = 40  # brackets inside one another
MOST = 100  # square brackets that are looked at
LONGEST_NAME = 80
OPERATORS = frozenset("+-*/^@∘")
WORD_BEHIND = re.compile(r"(?<![\w.])[^\W\d]\w*\Z")
WORD_AHEAD = re.compile(r"\w+")
SEPARATORS = frozenset({",", ";", ":"})
BIG = ("sum_", "prod_", "max_", "min_")
# how likely it is that what stands in square brackets is one expression; ALONE: sure, and no other such bracket is beside it
ALONE, SURE, LIKELY, UNLIKELY, NEVER = range(5)
CLOSING = {"(": ")", "[": "]"}  # how a bracket ends


def senses(text, number, function):
    """The text with round brackets for such square ones, in each of its senses, the likelier first.

    number and function tell whether a name is one of a number, or of a function.
    """
    if "[" not in text:
        return [text]
    ends = _ends(text)
    if ends is None:
        return [text]
    likelier, other = (_Rewriter(text, ends, number, function, least).all() for least in (LIKELY, UNLIKELY))
    strict = _Rewriter(text, ends, number, function, SURE).all()
    return list(dict.fromkeys((likelier, other, strict)))


def sure_sense(text):
    """The text with round brackets for those square ones that can mean nothing else; no names are allowed in it."""
    if "[" not in text:
        return text
    ends = _ends(text)
    return text if ends is None else _Rewriter(text, ends, _no_name, _no_name, ALONE).all()


def _no_name(name):
    return False


def _ends(text):
    """Start of every bracket -> where it ends; None where they do not pair, nest too deeply, or are too many."""
    if text.count("[") > MOST:
        return None
    ends, opened = {}, []
    for place, sign in enumerate(text):
        if sign in "([":
            opened.append(place)
            if len(opened) > DEEPEST:
                return None
        elif sign in ")]":
            if not opened or CLOSING[text[opened[-1]]] != sign:
                return None
            ends[opened.pop()] = place
    return None if opened else ends


class _Rewriter:
    """One walk over a text; square brackets that are at least so likely (`least`) to be round ones are rewritten."""

    def __init__(self, text, ends, number, function, least):
        self.text, self.ends, self.number, self.function, self.least = text, ends, number, function, least

    def all(self):
        return self.between(0, len(self.text), "(")

    def between(self, start, stop, around):
        """The text from `start` to `stop`, which stands in brackets of the sort `around`."""
        done, place = "", start
        while place < stop:
            sign = self.text[place]
            if sign not in CLOSING:
                done += sign
                place += 1
                continue
            end, before = self.ends[place], done.rstrip(" ")
            called = sign == "[" and self.function(_word(before))
            opening = "(" if sign == "[" and self.is_round(place, end, before, len(before) < len(done), around) else sign
            if opening != sign and called:
                done = before
            done += opening + self.between(place + 1, end, opening) + CLOSING[opening]
            place = end + 1
        return done

    def is_round(self, start, end, before, spaced, around):
        """Whether the square bracket from `start` to `end` is to be a round one."""
        word, likely = _word(before), self.likely(start, end)
        if likely == NEVER:
            return False
        if self.function(word):
            return likely <= max(self.least, LIKELY)
        if before and not spaced and self.is_indexed(start, before[-1], word):
            return False
        if start == 0 and end == len(self.text) - 1:
            return likely == LIKELY and self.least == UNLIKELY
        return likely <= max(self.least, SURE) and self.stands_in_a_formula(end, before, word, around)

    def is_indexed(self, start, last, word):
        """Whether what ends in the character `last` (perhaps a word) directly before `start` may have an index."""
        if last in "]'" or (last == ")" and self.text[start - 1] != "]"):
            return True
        return bool(word) and not self.number(word)

    def stands_in_a_formula(self, end, before, word, around):
        """Whether a factor, an operator or a power stands beside the bracket that ends at `end`."""
        last, ahead = before[-1:], self.text[end + 1 :].lstrip(" ")
        if last in OPERATORS or ahead[:1] in (*OPERATORS, "'") or (word and self.number(word)):
            return True
        if around == "[":
            return False
        following = WORD_AHEAD.match(ahead)
        behind = (last.isalnum() or last in ("_", ")", "'")) and word not in KEYWORDS
        beside = ahead[:1] == "(" or (ahead[:1] == "[" and self.least != ALONE)
        return behind or beside or bool(following and following.group() not in KEYWORDS)

    def likely(self, start, end):
        """How likely it is that all that stands between `start` and `end` is one expression."""
        try:
            found = tokens(self.text[start + 1 : end])
        except GraderError:
            return NEVER
        depth, gaps, operators, entries, previous = 0, False, False, False, None
        for place, token in enumerate(found[:-1]):
            if not depth and previous is not None and token.spaced and self.ends_value(previous):
                sign = token.text in ("-", "+") and not found[place + 1].spaced
                gaps |= sign or token.kind in ("number", "name") or token.text in CLOSING
                entries |= sign or token.kind == "number"
            if not depth and token.text in SEPARATORS:
                return NEVER
            operators |= token.text in OPERATORS or token.text == "("
            depth += (token.text in CLOSING) - (token.text in (")", "]"))
            previous = token
        if len(found) < 2 or "\n" in self.text[start:end] or self.is_list_of_lists(start, end):
            return NEVER
        if not gaps:
            return SURE
        if entries:
            return NEVER if not any(token.kind == "name" for token in found) else UNLIKELY
        return LIKELY if operators else UNLIKELY

    def is_list_of_lists(self, start, end):
        """Whether all that stands between `start` and `end` is another square bracket."""
        inner = self.text.find("[", start + 1)
        return not self.text[start + 1 : inner].strip() and not self.text[self.ends.get(inner, start) + 1 : end].strip()

    def ends_value(self, token):
        """Whether a blank behind a token may separate entries."""
        if token.kind == "name":
            return not self.function(token.text) and not token.text.startswith(BIG) and token.text not in KEYWORDS
        return token.kind == "number" or token.text in (")", "]", "'")


def _word(before):
    match = WORD_BEHIND.search(before[-LONGEST_NAME:])
    return match.group() if match else ""
