"""Commas, points, blanks and apostrophes between digits (rules N9 to N11 of `notation`), in every sense they can have."""

import re

DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
APOSTROPHE = re.compile(r"(?<=\d)'(?=\d{3}(?!\d))")
SURE_POINTS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3}){2,}(?![\d.])")  # 1.234.567
SURE_BLANKS = re.compile(r"(?<![\d.,])(?<![\d.,)] )[1-9]\d{0,2}(?: \d{3}){2,}(?![\d.]| ?\d)")  # 1 234 567
POINTS_THEN_COMMA = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3})+,\d+(?![\d.,])")  # 1.234,56
GROUPS = (
    re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])"),
    re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3})+(?![\d.])"),
    re.compile(r"(?<![\d.,])(?<![\d.,)] )[1-9]\d{0,2}(?: \d{3})+(?![\d]| ?\d)"),
)
CALL = re.compile(r"(?<!\w)[^\W\d]\w*\s*\(")
BRACKET_OR_COMMA = re.compile(r"[()\[\],]")
PERCENT = re.compile(r"(?<![\d.])(\d+(?:\.\d*)?|\.\d+|\([\d+/()]{1,40}\)) ?%")
DOUBTFUL = re.compile(r"%|\d(?:,\d|[.' ]\d{3})")  # all that the patterns above need
SEPARATED = re.compile(r"[;\n]|, |\d \S*\d")


def senses(text, counting=False, listed=False):
    """The text with points for decimals and nothing else between digits, in each of its senses, the likelier first.

    `1,5` is 1.5 or the list 1, 5; `1,234` is 1.234 or 1234. counting: a count is asked; listed: several values are asked.
    """
    if not DOUBTFUL.search(text):
        return [text]
    text = _sure(text, listed or "[" in text)
    orders = [order(text) for order in _likelier_first(text, counting, listed)]
    return [percent(sense) for sense in dict.fromkeys(orders)]


def _sure(text, listed):
    """A text without the marks that can only separate groups of three digits."""
    text = SURE_POINTS.sub(_only_digits, APOSTROPHE.sub("", text))
    return text if listed else SURE_BLANKS.sub(_only_digits, text)


def _likelier_first(text, counting, listed):
    if CALL.search(text) and "," in text and not listed:
        return as_arguments, as_list, as_decimals, as_thousands
    if not (listed or "[" in text or text.startswith("(")):
        return (as_thousands, as_decimals, as_list) if counting else (as_decimals, as_thousands, as_list)
    if "[" not in text and not text.startswith("(") and SEPARATED.search(text):  # something else separates
        return as_decimals, as_list, as_thousands
    return as_list, as_decimals, as_thousands


def as_list(text):
    """Every comma separates."""
    return text


def as_arguments(text):
    """Commas between digits are decimal, but in the brackets of a call that has no other comma they separate."""
    kept = _separating(text)
    return DECIMAL_COMMA.sub(lambda match: "," if match.start() in kept else ".", text)


def _separating(text):
    """The places of commas between digits that stand in square brackets, or in a call without any other comma."""
    calls = {match.end() - 1 for match in CALL.finditer(text)}
    opened, kept = [], set()
    for match in BRACKET_OR_COMMA.finditer(text):
        place, sign = match.start(), match.group()
        if sign in "([":
            opened.append((sign == "[" or place in calls, [], []))
        elif sign == ",":
            if opened:
                opened[-1][1 if DECIMAL_COMMA.match(text, place) else 2].append(place)
        elif opened:
            separates, digital, others = opened.pop()
            kept.update(digital if separates and not others else ())
    return kept


def as_decimals(text):
    """Every comma between digits is a decimal comma, also behind groups: `1.234,56`."""
    text = POINTS_THEN_COMMA.sub(lambda match: match.group().replace(".", ""), text)
    return DECIMAL_COMMA.sub(".", text)


def as_thousands(text):
    """Groups of three digits are one number: `1,234`, `1.234`, `1 234`; also `1,234.56` and `1.234,56`.

    Where there is no such group, commas are decimal.
    """
    text = POINTS_THEN_COMMA.sub(lambda match: match.group().replace(".", "").replace(",", "."), text)
    grouped = text
    for group in GROUPS:
        grouped = group.sub(_only_digits, grouped)
    return grouped if grouped != text else as_decimals(text)


def _only_digits(match):
    return re.sub(r"\D", "", match.group())


def percent(text):
    """`65%` as 65e-2, which keeps its precision; a bracket in percent as a hundredth of it."""
    return PERCENT.sub(lambda match: f"({match[1]}/100)" if match[1][0] == "(" else match[1].rstrip(".") + "e-2", text)
