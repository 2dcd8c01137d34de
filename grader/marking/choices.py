"""Choices: which options an answer ticks, and what that is worth. Where it is not clear which are meant, reading refuses."""

import re
from dataclasses import dataclass
from fractions import Fraction

from grader.marking.numeric import Finding
from grader.marking.verdict import PARTLY, RIGHT, WRONG
from grader.maths.errors import LanguageError
from grader.maths.language import notation

NONE = frozenset({"none", "keine", "nothing", "∅", "none of them"})
FILLERS = frozenset({"and", "und", "only", "nur", "option", "options", "answer", "answers", "x"})
REASONS = frozenset({"because", "since", "as", "weil", "da", "denn"})


@dataclass(frozen=True)
class Choice:
    """The options that were ticked."""

    keys: frozenset
    text: str


def read_choice(text, keys):
    """The ticked options: `a, c`, `A and C`, `(a) (c)`, `ac`, `only b`, `a because ...`, `[x] A [ ] B`, `A: no, B: yes`, `none`.

    Raises LanguageError for an option that is not there, and wherever it is not clear which options are meant.
    """
    typed = notation.clean(text)
    if typed.strip().lower().rstrip(".") in NONE:
        return Choice(frozenset(), "none")
    ways = (_ticked_boxes(text, keys), _answered_one_by_one(typed, keys))
    chosen = next((way for way in ways if way is not None), None)
    if chosen is None:
        chosen = _named_options(typed, keys)
    return Choice(frozenset(chosen), ", ".join(key for key in keys if key in chosen) or "none")


def _ticked_boxes(text, keys):
    """The options behind ticked boxes, or None where there are no boxes."""
    boxes = re.findall(r"(\[\s*[xX✓✔]?\s*\]|[☐☑☒])\s*\(?(\w+)", text)
    known = {key.lower(): key for key in keys}
    if not boxes or not all(word.lower() in known for _, word in boxes):
        return None
    return [known[word.lower()] for box, word in boxes if re.search(r"[xX✓✔☑☒]", box)]


def _answered_one_by_one(typed, keys):
    """The options answered with yes, or None where not every option is answered as in `A: no, B: yes`."""
    pairs = re.findall(r"(\w+)\s*[:=)]?\s*([✗✘✓✔]|\b(?:yes|no|true|false|ja|nein|wahr|falsch)\b)", typed, re.IGNORECASE)
    known = {key.lower(): key for key in keys}
    if sorted(word.lower() for word, _ in pairs) != sorted(known):
        if re.search(r"[✗✘✓✔]", typed):
            raise LanguageError(f"it is not clear which of the options {', '.join(keys)} are meant", typed, 0)
        return None
    return [known[word.lower()] for word, answer in pairs if answer.lower() in ("yes", "true", "ja", "wahr", "✓", "✔")]


def _named_options(typed, keys):
    known, chosen = {key.lower(): key for key in keys}, []
    words = list(re.finditer(r"\w+", typed.lower()))
    for match in words:
        word = match.group()
        if word in known:
            chosen.append(known[word])
        elif len(words) == 1 and all(letter in known for letter in word):
            chosen.extend(known[letter] for letter in word)
        elif word in FILLERS:
            continue
        elif chosen and (word in REASONS or re.search(r"[.:;,)]\s*$", typed[: match.start()])):
            _refuse_further_options(typed[match.start() :], keys)
            break  # the reason behind the options
        else:
            raise LanguageError(f"'{word}' is not one of the options {', '.join(keys)}", typed, match.start())
    if not chosen or re.search(r"\w\s*[-–]\s*\w", typed[: words[0].end() + 4]) or len(set(chosen)) < len(chosen):
        raise LanguageError(f"it is not clear which of the options {', '.join(keys)} are meant", typed, 0)
    return chosen


def _refuse_further_options(reason, keys):
    """Raises LanguageError where a text behind the first options names more of them (`B: ..., D: ...`)."""
    more = [key for key in keys if re.search(rf"(?<!\w){re.escape(key)}\s*[:).]|(?<!\w){re.escape(key.upper())}(?!\w)", reason)]
    if more:
        raise LanguageError(f"it is not clear whether {', '.join(more)} is meant, too", reason, 0)


def judge_choice(truths, ticked, policy):
    """The finding for ticked options."""
    faults = sum((key in ticked) != truth for key, truth in truths.items() if truth in (0, 1))
    share = choice_share(truths, ticked, policy)
    state = RIGHT if not faults else PARTLY if share else WRONG
    return Finding.of(state, "options" if faults else "", share, wrong_options=faults)


def choice_share(truths, ticked, policy):
    """The share of marks for ticked options. Truths are 1, 0, or 1/2 where an option may be ticked or not.

    all-or-nothing: every box as it should be; per-option: the share of boxes that are; negative: right ticks less wrong ones,
    at least 0.
    """
    decided = {key: truth for key, truth in truths.items() if truth in (0, 1)}
    good = sum((key in ticked) == truth for key, truth in decided.items())
    if policy == "all-or-nothing" or not decided:
        return Fraction(int(good == len(decided)))
    if policy == "per-option":
        return Fraction(good, len(decided))
    right = [key for key, truth in decided.items() if truth]
    balance = sum(1 if decided[key] else -1 for key in ticked if key in decided)
    return max(Fraction(0), Fraction(balance, len(right))) if right else Fraction(int(not ticked))
