"""Shown working: what the values on the way of a typed calculation are worth, and its first link that does not hold."""

import re
from fractions import Fraction

from grader.bank.model import ARITHMETIC
from grader.marking.comparing.numeric import Finding
from grader.marking.reading.links import read_working
from grader.marking.reading.numbers import read_numbers_in_every_sense
from grader.marking.verdict import FOLLOWS, FULL, PARTLY, READING, RIGHT, UNDECIDED, WRONG

SIDE = re.compile(r"\s*(\d{1,9})\s*[xX×]\s*\1(?:\s*(?:px|pixels?|Pixel))?\s*")
CALCULATION = re.compile(r"[\w)\]}]\s*[-+*/^·×⋅÷−:]|sqrt|frac|√|[A-Za-z]\w{0,60}\s{0,9}\(")  # a side that is more than a number


def with_working(question, judge, text, finding):
    """The finding for a typed number or array, improved by the working that leads to it.

    judge: (question, Numbers) -> Finding. A coarse last value behind an exact one that is right costs nothing; a declared partial
    value on the way earns its marks; a right formula, worked out wrongly, is tagged `arithmetic`; a link that does not hold is
    told, also in front of a right result.
    """
    if finding["state"] == WRONG and (side := SIDE.fullmatch(text)):
        return _if_a_side_is_right(question, judge, side.group(1), finding)
    working = read_working(text, counting=question.kind == "count")
    if working is None:
        return finding
    told = _told(finding, working)
    if finding["state"] == READING and working.broken is not None and judge(question, working.broken.left)["state"] == RIGHT:
        return Finding.of(UNDECIDED, "working-contradicts", None, **told["evidence"])
    if finding["state"] in FULL or finding["state"] in (FOLLOWS, UNDECIDED):
        return told
    differing = {value.text.strip(): value for value in working.before if value.shape == working.last_value.shape}
    differing.pop(working.last_value.text.strip(), None)  # that is what the finding is about
    earlier = [judge(question, value) for value in differing.values()]
    if working.broken is None:
        exact = [found for found in earlier if found["state"] in FULL]
        return exact[0] if exact and finding["tag"] == "imprecise" else told
    if _is_formula(working) and any(found["state"] in FULL or found["state"] == FOLLOWS for found in earlier):
        return Finding.of(WRONG, ARITHMETIC, Fraction(0), **told["evidence"])
    declared = [found for found in earlier if found["state"] == PARTLY and found["evidence"].get("declared")]
    best = max(declared, key=lambda found: found["share"], default=told)
    return best if best["share"] > finding["share"] else told


def _if_a_side_is_right(question, judge, side, finding):
    """The finding for `5x5` where one number is asked: undecided where the side alone would be right."""
    (numbers, *_) = read_numbers_in_every_sense(side)
    alone = question.node.rank == 0 and judge(question, numbers)["state"] in FULL
    return Finding.of(UNDECIDED, "side-or-product", None, **finding["evidence"]) if alone else finding


def _told(finding, working):
    """The finding with the first link that does not hold among its evidence."""
    if working.broken is None:
        return finding
    link = f"{working.broken.left_text.strip()} = {working.broken.right_text.strip()}"
    return finding.told(broken_link=link)


def _is_formula(working):
    """Whether what stands before the broken link is a calculation, and not just another number."""
    first = working.broken
    return any(CALCULATION.search(link.left_text) for link in working.links[: working.links.index(first) + 1])
