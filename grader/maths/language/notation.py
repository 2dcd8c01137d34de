"""What students type, brought into the language: numbered rules, applied in order. Nothing is evaluated here.

N1  invisible characters go, full-width ones become ordinary; `x²` is `x^2`, `½` is `1/2`
N2  `−` `–` `×` `·` `÷` `√` `≈` `≤` `ᵀ` and their like become `-` `-` `*` `*` `/` `sqrt` `=` `<=` `^T`; Greek letters their names
N3  LaTeX: `\\frac{a}{b}`, `\\sqrt{a}`, `\\cdot`, `\\left(`, `x^{2}`, `w_{11}`, `\\sigma`, `$`, and matrices:
    `\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}`;
    a function without brackets takes the word behind it: `ln 2`, `-ln y_c`; a hat is spelled out: `ŷ`, `\\hat{y}` are `yhat`
N4  a comma between digits is a decimal comma where no list can be meant: `-1,00`, `5,5; 0,25`
N5  `65%` is 65/100
N6  in `a = b = c` the last value is the answer; a leading name (`w11 =`) is only a label
N7  groups of three digits: `1,234,567`, `1 234 567`, `1'234'567`; one group is a thousand only where a count is asked
N8  words after a value (`245 parameters`, `36 px`) are left aside where no names are allowed
"""

import re
import unicodedata

from grader.maths.errors import LanguageError, SeveralStatementsError, TooLargeError

MAX_TYPED = 5_000

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
SYMBOLS = {
    **dict.fromkeys("−–—‒﹣", "-"),
    **dict.fromkeys("×·⋅∙•✕∗", "*"),
    **dict.fromkeys("⊙◦", "∘"),
    **dict.fromkeys("≈≃≅", "="),
    "÷": "/",
    "⁄": "/",
    "∕": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "ᵀ": "^T",
    "∞": " infinity ",
    "’": "'",
    "‘": "'",
    "∣": "|",
    "∂": "d",
}
GREEK = {
    letter: name
    for name, letter in (
        [("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ε"), ("eta", "η"), ("theta", "θ")]
        + [("lambda", "λ"), ("mu", "μ"), ("pi", "π"), ("rho", "ρ"), ("sigma", "σ"), ("tau", "τ"), ("phi", "φ"), ("omega", "ω")]
        + [("zeta", "ζ"), ("kappa", "κ"), ("nu", "ν"), ("xi", "ξ"), ("chi", "χ"), ("psi", "ψ"), ("Sigma", "Σ"), ("Delta", "Δ")]
        + [("Theta", "Θ"), ("Lambda", "Λ"), ("Omega", "Ω"), ("Phi", "Φ"), ("epsilon", "ϵ"), ("phi", "ϕ"), ("theta", "ϑ")]
    )
}
GREEK_LETTER = re.compile(f"[{''.join(GREEK)}]")
LATEX_WORDS = {
    "cdot": "*",
    "times": "*",
    "odot": "∘",
    "circ": "∘",
    "approx": "=",
    "div": "/",
    "le": "<=",
    "leq": "<=",
    "ge": ">=",
    "geq": ">=",
    "top": "T",
    "infty": "infinity",
    "varepsilon": "epsilon",
    "varphi": "phi",
    "ln": "ln",
    **dict.fromkeys(("left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "quad", "qquad", "limits"), ""),
}
MATRIX = re.compile(r"\\begin\s*\{([bpvB]?matrix|array)\}(?:\{[^{}]*\})?(.*?)\\end\s*\{\1\}", re.DOTALL)
GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
SHORT_FRACTION = re.compile(r"\\[dt]?frac\s*(\d)\s*(\d)")
FRACTION = re.compile(r"\\[dt]?frac\s*" + GROUP + r"\s*" + GROUP)
ROOT = re.compile(r"\\sqrt\s*" + GROUP)
WORDS = re.compile(r"\\(?:text|mathrm|operatorname|mathbf|boldsymbol|mathit)\s*" + GROUP)
THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})+(?![\d])")
ONE_THOUSAND = re.compile(r"(?<![\d.,])([1-9]\d{0,2})([,.'\u00a0\u202f ])(\d{3})(?![\d.,])")
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
TRAILING_WORDS = re.compile(r"(?<=[\d)\]%])\s*((?:[^\W\d_]+[²³]?(?:\.\s*|\s+|$)){1,4})$")
NOT_UNITS = re.compile(r"\b(e|i|j|pi|x|wrong|falsch|maybe|vielleicht|sure|sicher|percent|prozent|guess|about)\b", re.IGNORECASE)
CALL_WITH_COMMA = re.compile(r"[^\W\d]\w*\s*\([^()]*,")
FUNCTION = r"(?<![\w\\])(sqrt|exp|log|ln|log2|log10|tanh|sigmoid|sigma|relu|softmax|softplus|sin|cos|max|min)"
BARE_CALL = re.compile(FUNCTION + r"\s+(?!(?:sqrt|exp|log|ln|sin|cos|tanh)\b)([\w.]+)(?!\s*\()")
HAT = re.compile(r"\\(?:hat|widehat)\s*\{?\s*([A-Za-z]+)\s*\}?")
STATEMENT = re.compile(
    r"(?:^|[;,\n]|\b(?:so|and|then|und|also|hence|thus|therefore)\b)\s*((?:[^\W\d]|∂)[\w/∂]*(?:\^\(?-?[\dT]\)?)?)\s*(?:=(?!=)|:)"
)
INDEXED = re.compile(r"([^\W\d_]+)_?(\d{1,3})")
OPERATOR_WORDS = re.compile(r"\b(or|oder|not|nicht|if|else)\b", re.IGNORECASE)
MULTIPLIERS = re.compile(
    r"[\d.]\s*(k|m|g|b|t|thousand|millions?|billions?|tsd|mio|mrd|tausend|millionen|milliarden?)\b", re.IGNORECASE
)
SPACED_CALL = re.compile(FUNCTION + r"\s+(?=\()")


def clean(text):
    """N1: a text without invisible or control characters, in ordinary digits and letters."""
    if len(text) > MAX_TYPED:
        raise TooLargeError(f"an answer of {len(text):,} characters is too long (limit {MAX_TYPED:,})")
    if re.search(r"[\d⁰¹²³⁴⁵⁶⁷⁸⁹½⅓⅔¼¾⅛]{401}", text):
        raise TooLargeError("a number of more than 400 digits is too long")
    text = re.sub(r"(\d+(?:[.,]\d+)?)\s*(?:percent|Prozent)\b", r"\1%", text)
    text = re.sub(r"[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: "^(" + match.group().translate(SUPERSCRIPTS) + ")", text)
    text = re.sub(r"(\d)\s*([½⅓⅔¼¾⅛])", r"\1 + \2", text)
    text = re.sub(r"√\s*(?=\()", "sqrt", re.sub(r"√\s*([\w.]+)", r"sqrt(\1)", text))
    text = "".join(SYMBOLS.get(character, character) for character in text)
    text = unicodedata.normalize("NFKC", text)
    kept = "".join(c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    kept = re.sub("([A-Za-z])\u0302", r"\1hat", unicodedata.normalize("NFD", kept))  # a hat above a letter
    kept = "".join(SYMBOLS.get(c, c) for c in unicodedata.normalize("NFC", kept))
    return GREEK_LETTER.sub(_spelled, kept).strip()


def _spelled(match):
    """A Greek letter by its name, apart from letters and digits beside it (an index such as _1 stays)."""
    before, behind = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return f"{' ' if before.isalnum() else ''}{GREEK[match.group()]}{' ' if behind.isalpha() else ''}"


def latex(text):
    """N3: LaTeX commands as plain text."""
    if "\\" not in text and "$" not in text and "{" not in text:
        return text
    text = HAT.sub(r" \1hat", text.replace("$", " ").replace("\\%", "%"))
    text = MATRIX.sub(lambda match: _matrix(match.group(2)), text)
    text = SHORT_FRACTION.sub(r"((\1)/(\2))", text.replace("{,}", ","))
    text = re.sub(r"\\[()\[\]]", " ", text)
    for pattern, plain in ((WORDS, r" \1 "), (FRACTION, r"((\1)/(\2))"), (ROOT, r"sqrt(\1)")):
        for _ in range(20):  # nested groups, innermost first
            text, changed = pattern.subn(plain, text)
            if not changed:
                break
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda match: f" {LATEX_WORDS.get(match.group(1), match.group(1))} ", text)
    text = re.sub(r"_\s*\{\s*(\w+(?:\s*,?\s*\w+)*)\s*\}", lambda match: "_" + re.sub(r"[\s,]", "", match.group(1)), text)
    text = re.sub(r"\s*\^\s*T\b", "^T", text)
    return re.sub(r"\}", ")", re.sub(r"\{", "(", text)).strip()


def _matrix(body):
    rows = [row.split("&") for row in body.strip().removesuffix("\\\\").split("\\\\")]
    return " [" + ", ".join("[" + ", ".join(f"({cell.strip()})" for cell in row) + "]" for row in rows) + "]"


def last_of_chain(text):
    """N6: the last link of `a = b = c`, which is the answer.

    Indexed labels (`z1 = 2, z2 = -0.5`) are the entries of a list. Raises LanguageError where several statements stand there.
    """
    labels = _statements(text)
    if len(labels) > 1 or (labels and text[: labels[0].start()].strip()):
        return _entries_of(text, labels)
    links = [link.strip() for link in re.split(r"(?<![<>=!])=(?!=)", text)]
    if len(links) > 1 and not links[-1]:
        raise LanguageError("nothing is typed after the '='", text, len(text))
    return links[-1]


def _statements(text):
    """The labels of statements, such as `h =` behind a comma, a line end or an `and`, outside brackets."""
    depth, inside = 0, []
    for character in text:
        depth = max(0, depth + (character in "([{") - (character in ")]}"))
        inside.append(depth)
    return [match for match in STATEMENT.finditer(text) if not inside[match.start(1)]]


def _entries_of(text, labels):
    """`z1 = 2, z2 = -0.5` as `[2, -0.5]`; raises LanguageError for labels that are not the entries of one thing."""
    names = [label.group(1) for label in labels]
    last = text[labels[-1].start(1) :] if len(set(names)) == len(names) else ""
    several = SeveralStatementsError(text, labels[-1].start(1), last)
    indexed = [INDEXED.fullmatch(label.group(1)) for label in labels]
    if text[: labels[0].start()].strip() or not all(indexed) or len({match.group(1) for match in indexed}) > 1:
        raise several
    places = [int(match.group(2)) for match in indexed]
    if places != list(range(places[0], places[0] + len(places))):
        raise several
    ends = [label.start() for label in labels[1:]] + [len(text)]
    values = [text[label.end() : end].strip(" ,;\n") for label, end in zip(labels, ends, strict=True)]
    return "[" + ", ".join(last_of_chain(value) for value in values) + "]"


def numbers(text, counting):
    """N4, N5, N7: decimal commas, percent signs and groups of digits; brackets for functions without them (N3).

    `counting`: a single group of three digits is a thousand.
    """
    text = re.sub(r"(?<=\d)'(?=\d{3}(?!\d))", "", text)
    text = THOUSANDS.sub(lambda match: re.sub(r"[^\d]", "", match.group()), text)
    if counting:
        text = ONE_THOUSAND.sub(r"\1\3", text)
    listed = "[" in text or text.startswith("(") or CALL_WITH_COMMA.search(text)
    if not listed and (";" in text or _single_comma(text)):
        text = decimal_points(text)
    text = BARE_CALL.sub(r"\1(\2)", text)
    return SPACED_CALL.sub(r"\1", re.sub(r"(\d+(?:\.\d+)?)\s*%", r"(\1/100)", text))


def _single_comma(text):
    return len(DECIMAL_COMMA.findall(text)) == 1 and "," not in DECIMAL_COMMA.sub("", text) and not re.search(r"\d\.\d", text)


def decimal_points(text):
    """Every comma between digits as a decimal point."""
    return DECIMAL_COMMA.sub(".", text)


def _refuse(text):
    """Raises LanguageError for words that change a value and are not read."""
    for pattern, sentence in (
        (OPERATOR_WORDS, "the word '{}' leaves open which value is meant"),
        (MULTIPLIERS, "'{}' is not read"),
    ):
        match = pattern.search(text)
        if match:
            raise LanguageError(sentence.format(match.group(1)) + "; type the number in full", text, match.start(1))


def plain(text, counting=False, words=False):
    """A typed answer in the language of `syntax`. `words`: names may be meant, so nothing after a value is left aside."""
    text = latex(clean(text))
    if not words:
        _refuse(text)
    text = last_of_chain(text)
    if not words:
        text = re.sub(r"\s+(?:and|und|&)\s+", ", ", text)
        match = TRAILING_WORDS.search(text)
        if match and not NOT_UNITS.search(match.group(1)):
            text = text[: match.start()]
    return numbers(text.strip().rstrip(".").strip() if text.strip() != "." else text, counting)
