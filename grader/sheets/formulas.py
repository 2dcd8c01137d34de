"""LaTeX formulas: read by latex2mathml into a MathML tree, which becomes MathML for HTML, Typst, or plain text.

Only commands of `COMMANDS` and `ENVIRONMENTS` are let through, so that no formula can run a program or read a file when LaTeX
sets it. Everything else raises `FormulaError`.
"""

import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from html import unescape
from unicodedata import normalize
from xml.sax.saxutils import escape

from grader.maths.errors import GraderError, UsageError

LONGEST = 5_000  # characters of a formula
DEEPEST = 40  # groups within each other
GREEK = """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho sigma
    varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"""
SYMBOLS = """partial nabla infty ell hbar Re Im top bot prime forall exists emptyset varnothing neg angle ldots dots cdots vdots
    ddots times cdot circ ast star div pm mp oplus otimes odot cap cup setminus wedge vee land lor le leq ge geq ne neq ll gg
    approx sim simeq equiv cong propto in notin ni subset subseteq supset supseteq mid parallel perp to gets leftarrow rightarrow
    Leftarrow Rightarrow leftrightarrow Leftrightarrow longrightarrow longleftarrow implies iff mapsto uparrow downarrow lVert
    rVert lvert rvert vert Vert langle rangle lfloor rfloor lceil rceil sum prod int colon backslash"""
NAMES = "exp log ln sin cos tan sinh cosh tanh max min sup inf lim arg det dim ker deg gcd Pr operatorname"
STYLES = """mathrm mathbf mathit mathsf mathtt mathbb mathcal boldsymbol text textbf textit textrm hat widehat tilde widetilde bar
    overline underline vec dot ddot"""
LAYOUT = "frac dfrac tfrac sqrt left right quad qquad displaystyle textstyle limits underbrace overbrace begin end"
COMMANDS = frozenset(" ".join((GREEK, SYMBOLS, NAMES, STYLES, LAYOUT)).split())
ENVIRONMENTS = frozenset({"matrix", "pmatrix", "bmatrix", "vmatrix", "cases", "aligned"})
SIGNS = frozenset("\\,:;! {}|%_&#$")  # what may stand behind a backslash

_COMMAND = re.compile(r"\\(?:([A-Za-z]+)|(.|$))", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*(?:\{([^{}]*)\})?")
_UPRIGHT = re.compile(r"\\(?:mathrm|textrm)(?![A-Za-z])")


THIN = "0.167em"
_ESCAPED = re.compile(r"\\([_%&#${}])")
SCRIPTS = {"msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3, "mfrac": 2, "mroot": 2}


class FormulaError(GraderError):
    """A formula that cannot be typeset, with the reason."""


# --- reading ---


def check(latex):
    """Raise FormulaError for a formula with anything in it that is not known, or with groups that do not fit."""
    if len(latex) > LONGEST:
        raise FormulaError(f"it is longer than {LONGEST} characters")
    if "\n\n" in latex or any(ord(character) < 32 and character not in "\n\t" for character in latex):
        raise FormulaError("it holds an empty line or a control character")
    for word, sign in _COMMAND.findall(latex):
        if word and word not in COMMANDS:
            raise FormulaError(f"the command \\{word} is not known here")
        if not word and (sign not in SIGNS or not sign):
            raise FormulaError(f"'\\{sign}' is not known here")
    for name in _ENVIRONMENT.findall(latex):
        if name not in ENVIRONMENTS:
            raise FormulaError(f"the environment '{name}' is not known here")
    _check_groups(latex)


def _check_groups(latex):
    bare = _COMMAND.sub(lambda match: " " if match[2] else match[0], latex)
    if any(sign in bare for sign in ("$", "%", "#", "~", "^^")):
        raise FormulaError("it holds one of $ % # ~ without a backslash, or ^^")
    if "&" in bare and "\\begin" not in bare:
        raise FormulaError("it holds an & outside a matrix")
    depth = deepest = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
        if depth < 0:
            break
    if depth:
        raise FormulaError("its braces do not fit together")
    if deepest > DEEPEST:
        raise FormulaError(f"its groups are nested deeper than {DEEPEST}")
    if len(re.findall(r"\\begin(?![A-Za-z])", bare)) != len(re.findall(r"\\end(?![A-Za-z])", bare)):
        raise FormulaError("an environment has no end")


@lru_cache(maxsize=4096)
def tree_of(latex, display=False):
    """A formula as an element of MathML; raises FormulaError. Nobody may change the tree: it is kept."""
    try:
        from latex2mathml.converter import convert_to_element
    except ImportError as error:
        raise UsageError("Formulas need the package latex2mathml: pip install latex2mathml.") from error
    check(latex)
    try:
        tree = convert_to_element(_prepared(latex), display="block" if display else "inline")
    except Exception as error:  # the converter raises many kinds
        raise FormulaError(f"it is not read ({type(error).__name__})") from error
    for element in tree.iter():
        element.text = unescape(element.text or "")
        if element.tag == "mtext":
            element.text = _ESCAPED.sub(r"\1", element.text)
        if element.text.startswith("\\") and len(element.text) > 1:
            raise FormulaError(f"the command {element.text} is not known here")
        if len(element) != SCRIPTS.get(element.tag, len(element)):
            raise FormulaError("an index or exponent has no clear base; put the base in braces")
        if element.tag == "mo" and not element.attrib and element.text in "()[]|‖":
            element.set("stretchy", "true" if _holds_table(tree) else "false")
    for row in tree.iter():
        _space(list(row))
    return tree


def _space(children):
    """What browsers leave between the pieces of a row: nothing behind a sign or beside a slash, little beside `log`."""
    for before, child, behind in zip([None, *children], children, [*children[1:], None], strict=False):
        if child.tag == "mo" and child.text in ("−", "+", "±") and (before is None or _leaf(before) in _TIGHT_BEFORE):
            _set(child, form="prefix", lspace="0", rspace="0")
        elif child.tag == "mo" and child.text == "/":
            _set(child, lspace="0", rspace="0")
        elif _is_word(child):
            operand = before is not None and (before.tag != "mo" or before.text in (")", "]"))
            bracket = behind is None or _first(behind) in ("(", "[")
            child.tag = "mo"
            _set(child, form="prefix", lspace=THIN if operand else "0", rspace="0" if bracket else THIN)


def _set(element, **attributes):
    for name, value in attributes.items():
        element.set(name, value)


def _prepared(latex):
    """What the converter reads as LaTeX does: upright letters as text, and an environment as one group."""
    latex = _UPRIGHT.sub(r"\\text", latex).replace(r"\#", "#")
    return _ENVIRONMENT.sub(lambda match: "{" + match[0] if match[0].startswith("\\begin") else match[0] + "}", latex)


def _holds_table(tree):
    return tree.find(".//mtable") is not None


# --- MathML ---


def mathml(latex, display=False):
    """A formula as MathML with its LaTeX as `alttext`; raises FormulaError."""
    tree = tree_of(latex, display)
    attributes = ' display="block"' if display else ""
    inside = "".join(ET.tostring(child, encoding="unicode") for child in tree)
    return f'<math xmlns="{tree.get("xmlns")}"{attributes} alttext="{escape(plain(latex), {chr(34): "&quot;"})}">{inside}</math>'


# --- plain text ---


def plain(latex):
    """A formula as plain text (`∂L/∂w_1`, `(a + b)/2`, `[[1, 2], [3, 4]]`); raises FormulaError."""
    return normalize("NFC", re.sub(" +", " ", _plain(tree_of(latex))).strip())


_SPACED = frozenset("=<>≤≥≠≈∼≃≡∝∈∉⊂⊆→←↔⇒⇐⇔↦⟶⟵+−±×·∘∗⊙÷∣")
_ACCENTS = {"^": "\u0302", "~": "\u0303", "¯": "\u0304", "‾": "\u0304", "―": "\u0304", "→": "\u20d7", "⃗": "\u20d7", "˙": "\u0307"}
_SIMPLE = r"∂?(?:\d[\d.]*|[^\W\d][\w'.\u0300-\u036f]*(?:\^\w)?(?:\[\d+\])?)"  # what needs no brackets in a fraction
_PRIMES = {"′": "'", "″": "''", "‴": "'''"}
_SIGNS = frozenset("+−±([{")
_TIGHT_BEFORE = frozenset({"", "(", "[", "{", ",", *_SPACED})


def _plain(element):
    return _PLAIN[element.tag](element) if element.tag in _PLAIN else _refused(element)


def _refused(element):
    raise FormulaError(f"<{element.tag}> is not known here")


def _plain_row(element):
    pieces, children = [], list(element)
    for position, child in enumerate(children):
        text, before = _plain(child), _leaf(children[position - 1]) if position else ""
        if child.tag == "mo" and text in _SPACED:
            sign = text in "+−±" and (before in _TIGHT_BEFORE or not position)
            text = text if sign else f" {text} "
        elif _is_word(child):
            behind = _first(children[position + 1]) if position + 1 < len(children) else ""
            text = f"{'' if pieces and pieces[-1][-1:] in _SIGNS else ' '}{text}{'' if behind in ('(', '[') else ' '}"
        elif text == ",":
            text = ", "
        elif pieces and _clash(pieces[-1], text):
            text = f" {text}"
        pieces.append(text)
    return re.sub(r"([(\[{]) | (?=[)\]},])", r"\1", re.sub(" +", " ", "".join(pieces)))


def _is_word(element):
    """Whether an element is the name of a function, such as `log`."""
    text = element.text or ""
    return element.tag in ("mo", "mi") and len(text) > 1 and text.isascii() and text.isalpha()


def _leaf(element):
    return (element.text or "") if not len(element) else "x"


def _first(element):
    """The first sign of an element."""
    return next((text for inner in element.iter() if (text := inner.text)), "")


def _clash(before, text):
    """Whether two pieces would read as one word side by side."""
    return bool(re.search(r"[^\W\d_][\u0300-\u036f]?$|[\w)\]'⊤]{2}$", before) and re.match(r"\w|√", text))


def _grouped(text):
    return text if re.fullmatch(r"[\w.]*[^\W_]|[^\W\d_][\u0300-\u036f]?", text) and text.count("_") == 0 else f"({text})"


def _script(text):
    """What stands below or above: in brackets unless it is one word, number or sign; tight."""
    text = re.sub(r"(?<=\W) | (?=\W)|(?<=\b\w) (?=\w\b)", "", text)
    return text if re.fullmatch(r"[^\W_]+|[′″⊤*+−]|−?\d+", text) else f"({text})"


def _plain_scripts(element):
    kinds = {"msub": "_", "msup": "^", "msubsup": "_^", "munder": "_", "mover": "^", "munderover": "_^"}[element.tag]
    base, *scripts = map(_plain, element)
    if element.tag == "mover" and scripts[0] in _ACCENTS:
        return base[:1] + _ACCENTS[scripts[0]] + base[1:] if len(base) == 1 else f"{_grouped(base)}{_ACCENTS[scripts[0]]}"
    if scripts[0] in ("⏞", "⏟", "―", "_"):
        return base
    if _is_braced(element[0]):
        return f"{_grouped(base)}_{_script(scripts[0])}"
    if kinds == "_^" and scripts[1] in _PRIMES:
        return f"{base}{_PRIMES[scripts[1]]}_{_script(scripts[0])}"
    if kinds == "_^":
        return f"{base}_{_script(scripts[0])}^{_script(scripts[1])}" + " " * (len(base) == 1 and base in "∑∏∫")
    if scripts[0] in _PRIMES:
        return base + _PRIMES[scripts[0]]
    space = " " * (base in ("∑", "∏", "∫") or (len(base) > 1 and base.isalpha() and kinds == "_" and len(scripts[0]) > 3))
    return f"{base if kinds == '_' else _powered(base)}{kinds}{_script(scripts[0])}{space}"


def _is_braced(element):
    """Whether a brace lies over or under an element; what stands at the brace is its label, no index."""
    return element.tag in ("munder", "mover") and _leaf(element[1]) in ("⏞", "⏟")


def _powered(base):
    return base if re.fullmatch(r"\w[\w.]*|[^\W\d_][\u0300-\u036f]?|.*\)|.*\]", base, re.DOTALL) else f"({base})"


def _plain_fraction(element):
    above, below = (_plain(child).strip() for child in element)
    above = above if re.fullmatch(rf"{_SIMPLE}( {_SIMPLE})?", above) else f"({above})"
    return f"{above}/{below if re.fullmatch(_SIMPLE, below) else f'({below})'}"


def _plain_table(element):
    rows = [[_plain(cell).strip() for cell in row] for row in element]
    return f"{', '.join('[' + ', '.join(row) + ']' for row in rows)}"


def _plain_text(element):
    return (element.text or "").replace("\u00a0", " ")


_PLAIN = {
    **dict.fromkeys(("math", "mrow", "mstyle", "mtd"), _plain_row),
    **dict.fromkeys(("mi", "mn", "mo", "mtext"), _plain_text),
    **dict.fromkeys(("msub", "msup", "msubsup", "munder", "mover", "munderover"), _plain_scripts),
    "mfrac": _plain_fraction,
    "msqrt": lambda element: f"√({_plain_row(element)})",
    "mroot": lambda element: f"({_plain(element[0])})^(1/{_plain(element[1])})",
    "mtable": _plain_table,
    "mspace": lambda element: " ",
    "mpadded": _plain_row,
}


# --- Typst ---


def typst(latex, display=False):
    """A formula as Typst source between dollar signs; raises FormulaError."""
    inside = _typst(tree_of(latex, display))
    return f"$ {inside} $" if display else f"${inside}$"


_TYPST_ACCENTS = {"^": "hat", "~": "tilde", "¯": "overline", "‾": "overline", "―": "overline", "→": "arrow", "⃗": "arrow"}
_TYPST_ACCENTS["˙"] = "dot"
_TYPST_LINES = {"⏟": "underbrace", "⏞": "overbrace", "_": "underline", "―": "underline"}
_LIMITS = frozenset({"max", "min", "sup", "inf", "lim", "argmax", "argmin"})


def string(text):
    r"""Text as a string of Typst, in quotes.

    >>> string('a "b" \\')
    '"a \\"b\\" \\\\"'
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _typst(element):
    return _TYPST[element.tag](element) if element.tag in _TYPST else _refused(element)


def _typst_row(element):
    children = list(element)
    inside = _typst_joined(children)
    first, last = (children[0], children[-1]) if children else (None, None)
    stretched = first is not None and first.tag == "mo" and first.get("stretchy") == "true"
    return f"lr({inside})" if stretched and (last is first or last.tag in ("mo", "mtable")) else inside


def _typst_joined(children):
    """The pieces of a row with blanks between them, but none beside a text, as Typst would show it."""
    bars, pieces = [child for child in children if child.text == "‖"], ""
    for position, child in enumerate(children):
        beside = position == 0 or "mtext" in (child.tag, children[position - 1].tag)
        piece = _typst(child)
        if child.text == "‖" and len(bars) % 2 == 0:
            piece = f'class("{"closing" if bars.index(child) % 2 else "opening"}", ‖)'
        pieces += piece if beside else f" {piece}"
    return pieces


def _typst_sign(text):
    return f"\\{text}" if len(text) == 1 and text.isascii() and not text.isalnum() and not text.isspace() else text


def _typst_name(element):
    text = element.text or ""
    if len(text) > 1 and not _is_single(text):
        return f"op({string(text)}{', limits: #true' * (text in _LIMITS)})"
    return f"upright({_typst_sign(text)})" if element.get("mathvariant") == "normal" and text.isalpha() else _typst_sign(text)


def _is_single(text):
    return len(text) == 1 or all("\u0300" <= character <= "\u036f" for character in text[1:])


def _typst_scripts(element):
    base, *scripts = element
    over = _leaf(scripts[-1])
    if element.tag == "mover" and over in _TYPST_ACCENTS:
        return f"{_TYPST_ACCENTS[over]}({_typst(base)})"
    if element.tag in ("munder", "mover") and over in _TYPST_LINES:
        return f"{_TYPST_LINES[over]}({_typst(base)})"
    if element.tag in ("munder", "mover") and _is_braced(base):
        return f"{_TYPST_LINES[_leaf(base[1])]}({_typst(base[0])}, {_typst(scripts[0])})"
    places = {"msub": "b", "munder": "b", "msup": "t", "mover": "t", "msubsup": "bt", "munderover": "bt"}[element.tag]
    told = ", ".join(f"{place}: {_typst(script)}" for place, script in zip(places, scripts, strict=True))
    return f"attach({_typst(base)}, {told})"


def _typst_fraction(element):
    above, below = map(_typst, element)
    return f"frac({above}, {below})"


def _typst_table(element):
    rows = "; ".join(", ".join(_typst_row(cell) for cell in row) for row in element)
    align = next((cell.get("columnalign") for cell in element.iter("mtd")), None)
    return f"mat(delim: #none, align: #{align if align in ('left', 'right') else 'center'}, {rows})"


def _typst_style(element):
    inside = _typst_row(element)
    size = {"true": "display", "false": "inline"}.get(element.get("displaystyle"))
    return f"{size}({inside})" if size else inside


_TYPST = {
    **dict.fromkeys(("math", "mrow", "mtd", "mpadded"), _typst_row),
    **dict.fromkeys(("mi", "mo"), _typst_name),
    **dict.fromkeys(("msub", "msup", "msubsup", "munder", "mover", "munderover"), _typst_scripts),
    "mn": lambda element: string(element.text or "") if not (element.text or "").isdecimal() else element.text,
    "mtext": lambda element: string((element.text or "").replace("\u00a0", " ")),
    "mfrac": _typst_fraction,
    "msqrt": lambda element: f"sqrt({_typst_row(element)})",
    "mroot": lambda element: f"root({_typst(element[1])}, {_typst(element[0])})",
    "mtable": _typst_table,
    "mstyle": _typst_style,
    "mspace": lambda element: f"#h({float(re.match(r'[-.0-9]+', element.get('width', '0')).group())}em)",
}
