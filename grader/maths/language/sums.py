"""Sums and products over an index as students type them (rule N20 of `notation`), all in one way; the parser reads that.

`\\sum_{k=1}^{n} w_{kj} x_k`, `sum_k w_kj x_k`, `Σ_k`, `sum over k of ...` all begin with `sum_` afterwards; what stands below is
in brackets where it is more than letters: `sum_(k=1)^n`. The term of a sum reaches to the next + or - outside of brackets.
"""

import re

BIG = "sum|prod|max|min"
APART = re.compile(rf"(?<![\w\\])({BIG})\s*_\s*(?=[\w(])")  # `sum _ k`
ABOVE_FIRST = re.compile(rf"(?<![\w\\])({BIG})\s*(\^\s*(?:\w|\(\w+\)))\s*(_(?:[A-Za-z]+|\([^()]*\)))")  # `sum^n_(k=1)`
BARE_BEGINNING = re.compile(rf"(?<![\w\\])({BIG}|Sigma)_([A-Za-z])\s*=\s*(\d+)\s*(?=\^)")  # `sum_k=1^n`
OVER = re.compile(r"(?<![\w\\])(sum|prod(?:uct)?|max|min) over (?:all )?([A-Za-z])(?![\w])(?:\s*(?:of|:)(?!\w))?", re.IGNORECASE)
DOTS = re.compile(r"(?<=\w)\s*,\s*(?:\.\.\.|…|\b[lc]?dots\b)\s*,\s*(?=\w)")  # `k=1, ..., n`
LISTED = re.compile(rf"(?<![\w\\])({BIG})\(\s*([A-Za-z])\s*=\s*([^(),=]+\.\.[^(),=]+),")  # `sum(k=1..n, `
FUNCTION_OF_SUM = re.compile(r"(?<![\w\\])(exp|log|ln|log2|log10|sqrt|tanh|sigmoid|sigma)\s+(?=(?:sum|prod|Sigma)_)")
SIGN = re.compile(r"[-+=<>,;()\[\]\n]|!=")
PRIMES = re.compile(r"\^\s*(?:\(\s*('+)\s*\)|('+))")
BEHIND_BRACKET = re.compile(r"(?<=[)\]])_([A-Za-z]{1,3})(?!\w)")  # `softmax(s)_i`
MOST_SUMS = 20
BEGINS = re.compile(rf"(?:{BIG}|Sigma)_(?:([A-Za-z]+)|\(([^()]*)\))|(?:{BIG})\(\s*([A-Za-z]\w*)\s*(?:,|!=| in | if )")
FIRST_WORDS = re.compile(r"(?:^|,)\s*([^\W\d]\w*)")
SURELY_BEGINS = re.compile(
    rf"(?<!\w)(?:{BIG}|Sigma)_(?:([A-Za-z]+)|\(([^()]*)\))|(?<!\w)(?:{BIG})\(\s*([A-Za-z]\w*)\s+(?:in|if)\s"
)


def sums(text):
    """A typed formula with its sums and products over an index in the form `sum_k` or `sum_(k=1)^n`."""
    if ")_" in text or "]_" in text:
        text = BEHIND_BRACKET.sub(lambda match: f"[{', '.join(match[1])}]", text)
    if "'" in text and "^" in text:
        text = PRIMES.sub(lambda match: match[1] or match[2], text)
    lowered = text.lower()
    if not any(word in lowered for word in ("sum", "prod", "sigma", "max", "min")):
        return text
    text = OVER.sub(lambda match: f"{match[1][:4].lower() if match[1][0] in 'pP' else match[1].lower()}_{match[2]} ", text)
    text = APART.sub(r"\1_", text)
    text = ABOVE_FIRST.sub(r"\1\3\2 ", text)
    text = BARE_BEGINNING.sub(r"\1_(\2=\3)", text)
    text = LISTED.sub(r"\1(\2 in \3,", text)
    if "_(" in text:
        text = DOTS.sub("..", text)
    return _functions_of_sums(text)


def _functions_of_sums(text):
    """`ln sum_k e^(s_k) - s_y` as `ln(sum_k e^(s_k)) - s_y`, from the inside."""
    for _ in range(MOST_SUMS):
        match = next(reversed(list(FUNCTION_OF_SUM.finditer(text))), None)
        if not match:
            break
        end = end_of_term(text, match.end())
        text = f"{text[: match.start()]}{match[1]}({text[match.end() : end].rstrip()}){text[end:]}"
    return text


def end_of_term(text, start):
    """Where the term of a sum that begins at `start` ends: before a + or -, a comparison, a comma or a closing bracket."""
    depth = 0
    for match in SIGN.finditer(text, start):
        sign, before = match.group(), text[: match.start()].rstrip()[-1:]
        if sign in ("(", "["):
            depth += 1
        elif sign in (")", "]"):
            if not depth:
                return match.start()
            depth -= 1
        elif not depth and not (sign in "+-" and not (before.isalnum() or before in (")", "]", "'"))):
            return match.start()
    return len(text)


def bound_names(text, surely=False):
    """The words that are, or may be, indices of the sums in a text."""
    if "_" not in text and "(" not in text:
        return set()
    return {
        name
        for letters, below, listed in (SURELY_BEGINS if surely else BEGINS).findall(text)
        for name in (*letters, *FIRST_WORDS.findall(below), *([listed] if listed else []))
    }
