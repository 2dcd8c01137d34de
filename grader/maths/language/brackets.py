"""Round, square and curly brackets in typed text."""

import re

BRACKET = re.compile(r"[()\[\]{}]")


def outside_brackets(text):
    """For every character how many brackets are open before it; 0 is outside of all."""
    depth, depths = 0, []
    for match in BRACKET.finditer(text):
        at, opens = match.start(), match.group() in "([{"
        depths += [depth] * (at - len(depths))
        depth = depth if opens else max(0, depth - 1)
        depths.append(depth)
        depth += opens
    return depths + [depth] * (len(text) - len(depths))


def end_of_bracket(text, start):
    """Where the bracket that opens at `start` ends."""
    depths = outside_brackets(text[start:])
    return next((start + place + 1 for place, depth in enumerate(depths) if place and not depth), len(text))
