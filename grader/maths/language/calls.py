"""Functions as students type them (rule N14 of `notation`): without brackets, raised, as bars, methods and library calls."""

import re

from grader.maths.language.brackets import end_of_bracket
from grader.maths.language.student_functions import STUDENT_FUNCTIONS

MOST_RAISED = 20
BARE = "sqrt|exp|log|ln|log2|log10|tanh|sigmoid|sigma|relu|softmax|softplus|sin|cos|max|min|norm|abs|det"
BARE += "|ReLU|Sigmoid|Softmax|sinh|cosh|sech|sign|sgn|tr|trace"  # may stand without brackets
FUNCTIONS = "|".join(sorted({*BARE.split("|"), *STUDENT_FUNCTIONS}, key=lambda name: (-len(name), name)))
FUNCTION = rf"(?<![\w\\])({FUNCTIONS})"
EXPONENT = r"\^(?:\d+|(?!T\b)[^\W\d]\w*|\((?! ?T ?\))[^()]{1,40}\))"
BARE_CALL = re.compile(rf"(?<![\w\\])({BARE})\s+(?!(?:{BARE})\b)([\w.]++(?:{EXPONENT})?)(?!\s*\()(?!\^)")
CALL_BEHIND = re.compile(rf"(?<![\w\\])({BARE})\s+(?=(?:{FUNCTIONS})\()")  # ln sigma(z)
RAISED = re.compile(EXPONENT)
SPACED_CALL = re.compile(FUNCTION + r"\s+(?=\()")
RAISED_CALL = re.compile(FUNCTION + r"\s?\^\s?\(?(\d)(?:\)|(?!\d))\s?(?=[\w(])")
WORD = re.compile(r"[\w.]+")
LOG_TO_BASE = re.compile(r"(?<![\w\\])log\s*_\s*\(?\s*(2|10)(?!\d)\)?")
LIBRARY = re.compile(r"(?<![\w.])(?:np|numpy|torch|jnp|tf|math|F)\.(?:(?:nn\.functional|linalg|special|nn|math)\.)?(?=[A-Za-z])")
LIBRARY_DOT = re.compile(r"(?<![\w.])(?:np|numpy|jnp)\.dot(?=\()")
METHODS = "mean|sum|max|min|exp|log|sqrt|abs|tanh|sigmoid|std|var|trace|det|flatten"
METHOD = re.compile(rf"(?<![\w.])([^\W\d]\w*)\.({METHODS})\(\s*(?=\)|axis)")
METHOD_DOT = re.compile(r"(?<![\w.])([^\W\d]\w*)\.(?:dot|matmul|mm)\(")
METHOD_T = re.compile(r"(?<=[\w)\]])\.T\b")
EUCLIDEAN = re.compile(r"\|\|\s*_\s*\(?\s*(?:2|F)\s*\)?(?!\w)")


def of_library(text):
    """N14: functions and methods of libraries by their plain names: `np.dot(W, x)`, `W.dot(x)`, `u.mean()`."""
    if "." not in text:
        return text
    text = LIBRARY.sub("", LIBRARY_DOT.sub("matmul", text))
    return METHOD_DOT.sub(r"matmul(\1, ", METHOD.sub(lambda match: f"{match[2]}({match[1]}" + _comma(match), text))


def _comma(match):
    return "" if match.string[match.end()] == ")" else ", "


def functions(text, words=False):
    """N14: brackets for functions that stand without them, bars, methods, powers of functions, and logarithms to a base."""
    text = METHOD_T.sub("^T", LOG_TO_BASE.sub(r"log\1 ", text)).replace("^T(", "^T (")
    text = SPACED_CALL.sub(r"\1", raised_functions(bars(text, words)))
    return _functions_of_calls(BARE_CALL.sub(r"\1(\2)", text))


def _functions_of_calls(text):
    """N14: `ln sigma(z)` as `ln(sigma(z))`, from the inside."""
    for _ in range(MOST_RAISED):
        match = next(reversed(list(CALL_BEHIND.finditer(text))), None) if " " in text else None
        if not match:
            break
        end = end_of_bracket(text, text.index("(", match.end()))
        power = RAISED.match(text, end)
        end = power.end() if power else end
        text = f"{text[: match.start()]}{match[1]}({text[match.end() : end]}){text[end:]}"
    return text


def raised_functions(text):
    """N14: `tanh^2(x)` and `tanh^2 x` as `tanh(x)^2`."""
    for _ in range(MOST_RAISED):
        match = RAISED_CALL.search(text)
        if not match:
            break
        end = _end_of_argument(text, match.end())
        argument = text[match.end() : end].strip()
        bracketed = argument if argument.startswith("(") else f"({argument})"
        text = f"{text[: match.start()]}{match.group(1)}{bracketed}^{match.group(2)}{text[end:]}"
    return text


def _end_of_argument(text, start):
    """Where the bracket that opens at `start`, or the word that stands there, ends."""
    return WORD.match(text, start).end() if text[start] != "(" else end_of_bracket(text, start)


def bars(text, words=False):
    """N14: `|c|` as `abs(c)`, `||x||` and `||x||_2` as `norm(x)`; bars that do not pair, or may only separate (`(2|-1|3)`), stay.

    words: names may be meant, so a number before a bar is a factor.
    """
    if "|" not in text:
        return text
    pieces, opened = [], []
    for piece in re.split(r"(\|\|?)", EUCLIDEAN.sub("||", text)):
        if not piece.startswith("|"):
            pieces.append(piece)
        elif opened and opened[-1] == piece and _ends_a_value(pieces):
            opened.pop()
            pieces.append(")")
        elif pieces and pieces[-1][-1:].isdigit() and not words:
            return text
        else:
            opened.append(piece)
            pieces.append(" " * pieces[-1][-1:].isalnum())
            pieces.append("abs(" if piece == "|" else "norm(")
    return text if opened else "".join(pieces)


def _ends_a_value(pieces):
    """Whether the text so far ends in a value, so that a bar closes."""
    last = next((piece.rstrip() for piece in reversed(pieces) if piece.strip()), "")
    return last[-1:].isalnum() or last[-1:] in (")", "]", "'", "%", ".")
