"""Indicators, conditional expressions and brackets behind calls (rule N19 of `notation`)."""

import re

from grader.maths.language.brackets import end_of_bracket, outside_brackets

MOST_INDICATORS = MOST_CONDITIONS = 20
EQUALS = re.compile(r"(?<![<>=!])=(?!=)")
CONDITIONAL = re.compile(r"(.+?)\s+if\s+(.+?)\s+else\s+(.+)", re.DOTALL)
INDICATOR = re.compile(r"(?<![\w.^])(?:(?:[1I]|ind|indicator)\s*_?\s*|(?<![)\]'])(?=\[))(?=[\[(])")
COMPARING = re.compile(r"[<>]|[!=]=")
FACTOR_IN_SQUARE = re.compile(r"(?<=\))\[([^\[\],:]{0,100}[-+*/^][^\[\],:]{0,100})\]")  # f(z)[1 - f(z)]


def conditional(text):
    """N19: `a if c else b` as `where(c, a, b)`; any other text as it is."""
    match = CONDITIONAL.fullmatch(text) if 0 < text.count("if") <= MOST_CONDITIONS and "else" in text else None
    return f"where({match[2]}, {match[1]}, {conditional(match[3])})" if match else text


def indicators(text):
    """N19: `1[z>0]`, `1_{z>0}`, `I(z>0)` and `[z>0]` as `where(z>0, 1, 0)`; brackets in square ones behind a call as factors."""
    text = FACTOR_IN_SQUARE.sub(r" (\1)", text) if ")[" in text else text
    if not COMPARING.search(text) and "=" not in text:
        return text
    start = 0
    for _ in range(MOST_INDICATORS):
        match = INDICATOR.search(text, start)
        if not match:
            break
        end = end_of_bracket(text, match.end())
        inner = _with_comparison(text[match.end() + 1 : end - 1])
        if _is_one_condition(inner):
            text = f"{text[: match.start()]}where({inner}, 1, 0){text[end:]}"
        start = match.start() + 1
    return text


def _with_comparison(inner):
    """`i = j` between the brackets of an indicator as `i == j`; any other text as it is."""
    depths = outside_brackets(inner)
    signs = [match.start() for match in EQUALS.finditer(inner) if not depths[match.start()]]
    return f"{inner[: signs[0]]}=={inner[signs[0] + 1 :]}" if len(signs) == 1 and not COMPARING.search(inner) else inner


def _is_one_condition(inner):
    """Whether a comparison stands outside the inner brackets of a text, and no comma."""
    depths = outside_brackets(inner)
    listed = any(sign in ",;" and not depth for sign, depth in zip(inner, depths, strict=True))
    return not listed and any(not depths[sign.start()] for sign in COMPARING.finditer(inner))
