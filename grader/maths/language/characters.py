"""Typed characters made ordinary (rules N1 and N2 of `notation`): nothing invisible, one sign each, letters spelled out."""

import re
import unicodedata

from grader.maths.errors import TooLargeError

MAX_TYPED = 5_000
MAX_DIGITS_IN_A_ROW = 400

ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)?|[@-Z\\^_])")  # of a terminal
INVISIBLE = re.compile(r"[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")  # may stand in the middle of a power
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ⁽⁾"
SUPERSCRIPTS = str.maketrans(RAISED + "⁻⁺", "0123456789abcdefghijklmnoprstuvwxyz()-+")
SUPERSCRIPT = re.compile(f"[⁻⁺{RAISED}]*[{RAISED}]")
VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
SYMBOLS = {
    **dict.fromkeys("−–—‒﹣", "-"),
    **dict.fromkeys("×·⋅∙•✕∗", "*"),
    **dict.fromkeys("⊙◦", "∘"),
    **dict.fromkeys("≈≃≅←", "="),
    **dict.fromkeys("→⇒⟹⟶➔➜↦∴", "⇒"),
    **dict.fromkeys("“”„«»", '"'),
    "÷": "/",
    "⁄": "/",
    "∕": "/",
    "∶": ":",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∞": " infinity ",
    **dict.fromkeys("’‘′", "'"),
    "∣": "|",
    "‖": "||",
    "∂": "d",
    "∑": " sum",
    "∏": " prod",
    "⌊": "floor(",
    "⌈": "ceil(",
    "⌋": ")",
    "⌉": ")",
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
TICK = re.compile(r"\s*[✓✔☑✅]\s*$")  # behind an answer
GREEK_LETTER = re.compile(f"[{''.join(GREEK)}]")
PERCENT_WORD = re.compile(r"(?<=\d)\s*(?:percent|Prozent)\b")


def clean(text):
    """A text without invisible or control characters, in ordinary digits and letters; raises TooLargeError."""
    no_longer(text, MAX_TYPED)
    if text.isascii() and text.isprintable():
        return _checked(PERCENT_WORD.sub("%", one_blank(text)))
    text = one_blank(INVISIBLE.sub("", ESCAPES.sub("", re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", text))))
    text = TICK.sub("", _without_marks_on_marks(text))
    text = SUPERSCRIPT.sub(lambda match: f"^({match.group().translate(SUPERSCRIPTS)})", text)
    text = re.sub(rf"(?<![\d.,])(\d+)\s*([{VULGAR}])", r"(\1+\2)", text)
    text = re.sub(f"[{VULGAR}]", lambda match: f"({unicodedata.normalize('NFKC', match.group())})", text)
    text = re.sub(r"√\s*(?=\()", "sqrt", re.sub(r"√\s*([\w.]+)", r"sqrt(\1)", text))
    text = re.sub(r"\^? ?[ᵀ⊤]", "^T", text)
    text = no_longer(unicodedata.normalize("NFKC", _in_symbols(text)), 2 * MAX_TYPED)  # one character may become many
    kept = "".join(c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    kept = re.sub("([A-Za-z])\u0302", r"\1hat", unicodedata.normalize("NFD", kept))  # a hat above a letter
    kept = _in_symbols(unicodedata.normalize("NFC", kept))
    return _checked(PERCENT_WORD.sub("%", one_blank(GREEK_LETTER.sub(_spelled, kept))))


def no_longer(text, limit):
    """The text; raises TooLargeError where it has more characters than that."""
    if len(text) > limit:
        raise TooLargeError(f"an answer of {len(text):,} characters is too long (limit {limit:,})")
    return text


def _checked(text):
    if re.search(rf"\d{{{MAX_DIGITS_IN_A_ROW + 1}}}", text):
        raise TooLargeError(f"a number of more than {MAX_DIGITS_IN_A_ROW} digits is too long")
    return no_longer(text, 2 * MAX_TYPED)


def one_blank(text):
    """Every white space as one blank or one line end, so that no pattern has to look far."""
    return re.sub(r" ?\n[ \n]*", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()


def _without_marks_on_marks(text):
    """At most one combining mark on a letter: sorting long runs of them takes quadratic time."""
    if not any(map(unicodedata.combining, text)):
        return text
    kept = []
    for character in text:
        if not (unicodedata.combining(character) and kept and unicodedata.combining(kept[-1])):
            kept.append(character)
    return "".join(kept)


def _in_symbols(text):
    return "".join(SYMBOLS.get(character, character) for character in text)


def _spelled(match):
    """A Greek letter by its name, apart from letters and digits beside it (an index such as _1 stays)."""
    before, behind = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return f"{' ' if before.isalnum() else ''}{GREEK[match.group()]}{' ' if behind.isalpha() else ''}"
