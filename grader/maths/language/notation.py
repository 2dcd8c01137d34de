"""What students type, brought into the language: numbered rules, applied in order. Nothing is evaluated here.

Each rule has a table of examples in docs/notation.md, and a test reads every one of them.

N1  Characters: invisible and control characters go, full-width ones become ordinary: `２５` is 25, `1<zero width>0` is 10.
N2  Signs: `−` `×` `·` `÷` `√` `≈` `≤` `ᵀ` `→` and their like become `-` `*` `*` `/` `sqrt` `=` `<=` `^T` `=>`; Greek letters
    their names; `x²` is `x^2`, `eᶻ` is `e^z`, `½` is `(1/2)`, `1½` is `(1+1/2)`, `ŷ` is `yhat`.
N3  LaTeX: `\\frac{a}{b}`, `\\frac1n`, `\\sqrt[3]{8}`, `\\cdot`, `\\left(`, `x^{2}`, `w_{11}`, `\\sigma`, `\\lvert c\\rvert`,
    `\\boxed{12}`, `\\text{px}`, `$`, matrices: `\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}`, and cases.
N4  Around an answer: quotes, backticks, stars, a full stop, comma or semicolon at the end: "`12`", `"12"`, `**12**`, `12.`
N5  In front of an answer: `x =`, `x <-`, `x ←`, `x :=`, `Answer:`, `a)`, `=>`, `→`, `~`, `≈`, `ca.`: only labels.
N6  In `a = b = c` the last value is the answer; `z1 = 2, z2 = 3` are the entries of a list.
    A definition behind a formula (`p (1 - p) where p = σ(z)`) is put in; complete lines one below the other are refused.
N7  A sentence with one number at its end: `The loss is 10`, `Die Lösung ist 10`, `There are 245 parameters`.
N8  Words after a value (`245 parameters`, `36 px`, `10 (MSE)`) are left aside where no names are allowed, and reasons
    (`(chain rule)`, `because ...`, `for all z`) behind a formula; `12 (3*4)` is 12.
N9  A comma between digits: decimal where no list can be meant (`-1,00`; `5,5; 0,25`); in the brackets of a call it separates
    (`max(z-6,0)`); else every sense is tried.
N10 Groups of three digits: `1,234,567`, `1 234 567`, `1'234'567`, `1.234,56`, `1,234.56`; one group (`1,234`) has two senses.
N11 `65%` and `65 percent` are 0.65, as precise as they are typed.
N12 Decimals carry their precision, also in `1.20e-3`, `3 × 10⁻⁴`, `2e-11`; integers and fractions are exact.
N13 Where one number is asked: `2 1/2` is 5/2, `20:2` is 20/2, `5x5x6+16` is 5·5·6 + 16.
N14 Functions: without brackets `ln 2`, `-ln y_c`, `ln p^y`, `log_2 8`; bars `|c|`, `||x||`; `np.exp(x)`, `W.T`, `u.mean()`.
N15 Lists and matrices: `1, 2`, `5; -1`, `(1, 2)`, `[1 2; 3 4]`, rows on lines, Markdown tables, `np.array([1, 2])`, `[1, 2]^T`;
    bars may separate rows: `[1 2 | 3 4]`;
    one expression in square brackets is a bracket in a sum, a product or a power, and behind a function: `-2 [x + y]`, `exp[x]`.
N16 Names: side by side they are a product (`ua^2`, `2nv`); `w11` is `w_11`; `y` may wear a hat. A declared name that is also that
    of a function (`sigma`) is the declared one. A name is a factor of the bracket behind it: `p^y(1-p)` is p^y times (1-p).
N17 Shapes: `15x15x8`, `(8, 15, 15)`, `N × 19`, `6@28x28`, `torch.Size([8, 15])`; a comma always separates, unless an x does.
    Where one size is asked for, `4*H` is a product.
N18 Refused: hedges (`10 or 12`, `maybe 10`, `10?`, `10 ± 1`, `at least 10`), comparisons, several statements, numbers
    that are partly words (`3 billion`), `and` between values, and a 1 for a vector of ones (`G^T 1`).
N19 Conditions: `1[z>0]`, `1_{z>0}`, `I(z>0)` and `[z>0]` are `where(z>0, 1, 0)`; so are `a if c else b` and LaTeX cases.
N20 Sums and products over an index: `\\sum_{k=1}^{n} w_{kj} x_k`, `sum_k w_kj x_k`, `Σ_k`, `\\sum_{k \\neq y}`, `prod_i`;
    without ends they go over the whole dimension. The term goes on to the next + or - outside of brackets.
N21 Indices: `x_i`, `w_kj`, `W_{ij}`, `x_{k+1}`, `x_1` and `x[i]` are entries, counted from 1, `W_i` is a row; `δ_ij` is
    `delta(i, j)`.
N22 Unknown functions: `f(x)`, `f'(x)`, `f''(x)`, `f^{\\prime}(x)`.
"""

import re
from functools import lru_cache

from grader.maths.errors import LanguageError, SeveralStatementsError
from grader.maths.language import digits
from grader.maths.language.bar_rows import bar_rows
from grader.maths.language.brackets import outside_brackets
from grader.maths.language.calls import FUNCTIONS, LIBRARY, functions, of_library
from grader.maths.language.characters import MAX_TYPED, clean
from grader.maths.language.conditions import EQUALS, conditional, indicators
from grader.maths.language.latex import latex
from grader.maths.language.student_functions import STUDENT_FUNCTIONS
from grader.maths.language.sums import sums

__all__ = ["MAX_TYPED", "clean", "latex", "plain", "prepared", "last_of_chain", "outside_brackets"]

MARK = "ª"  # a letter that no cleaned text has
QUOTED = re.compile(r"\s*(\*\*|__|[\"'`*_]|```)\s*(.+?)\s*\1([.,;]?)\s*", re.DOTALL)
APPROXIMATELY = r"(?:~|≈|=|ca\.?\s|circa\s|approx\.?\s|approximately\s|etwa\s|ungefähr\s)"
VAGUELY = re.compile(r"^(?:about|around|roughly|rund)\s+(?=[-+.\d])", re.IGNORECASE)
LEADING_SIGN = re.compile(rf"(?:-{{1,2}}>|=>|⇒|{APPROXIMATELY}|\s)+", re.IGNORECASE)
ITEM = re.compile(r"[A-Za-z]\)\s*(?=\S)")  # a)
ITEM_IN_BRACKETS = re.compile(r"\([A-Za-z]\)\s*(?=[-+.\d(\[])")  # (a) 12
COLON_LABEL = re.compile(r"[^\W\d][\w .'/()-]{0,60}:(?!=)\s*(?=\S)")
# w_0 <- w_0 - 2
ASSIGNED = re.compile(r"\A([$*`(\s]*)([^\W\d]\w*)((?:[_^]\([^()]{1,20}\))?)(\s*)<-{1,2}(?=(\s*)(.*))", re.DOTALL)
DOUBLE_SIGN = re.compile(r"~+=?|=~|(?<![<>=!])==(?!=)")
ARROW = re.compile(r"\s*(?:⇒|=>|-{1,2}>)\s*")
STATEMENT = re.compile(
    r"(?:^|[;,\n]|\b(?:so|and|then|und|also|hence|thus|therefore)\b)\s*((?:[^\W\d]|∂)[\w/∂]*(?:\^\(?-?[\dT]\)?)?)\s*(?:=(?!=)|:)"
)
INDEXED = re.compile(r"([^\W\d_]+)_?(\d{1,3})")
VERB = re.compile(
    r"\b(?:is|are|was|were|be|equals|equal to|gives|gets?|got|obtains?|have|has|yields|makes|becomes|comes to|amounts to"
    r"|ist|sind|war|sein|beträgt|betragen|lautet|ergibt|gibt|erhalten?|bekommen?|wird|werden|hat|haben|gleich)\s+(?=\S)",
    re.IGNORECASE,
)
NUMBER_AHEAD = re.compile(rf"(?:{APPROXIMATELY}|\s)*(?=[-+.\d(\[]|sqrt|e\b)", re.IGNORECASE)
UNIT = r"[^\W\d_]+(?:\^\(?-?\d\)?)?(?:/[^\W\d_]+(?:\^\(?-?\d\)?)?)?"
TRAILING_WORDS = re.compile(rf"(?<=[\d)\]%])\s*((?:{UNIT}(?:[.,]\s*|\s+|$)){{1,4}})$")
REMARK = re.compile(r"(?<=[\d)\]%])\s+\(([^\W\d][^()\d=]{0,80})\)$")
NOT_UNITS = re.compile(
    r"\b(e|i|j|pi|x|percent|prozent|about|too|zu|times|mal|squared|cubed|hoch|plus|minus)\b|\^\(?T", re.IGNORECASE
)
HEDGES = re.compile(
    r"\b(or|oder|not|nicht|if|else|maybe|perhaps|probably|possibly|vielleicht|wahrscheinlich|vermutlich|eventuell|evtl|either"
    r"|entweder|between|zwischen|guess|guessing|guessed|geraten|unsure|unsicher|idk|think|glaube|denke|could|might|könnte|less"
    r"|more|least|most|fewer|mehr|weniger|mindestens|höchstens|bzw|instead|statt|except|wrong|falsch|sure|sicher"
    r"|(?:under|over|below|above|unter|über|up to|bis)(?= [-+.\d]))\b|([?±])|(\+/-)|(\+-)(?=\s)"
    r"|(--)(?=[\d.])|\d([OoIl])\b",  # two signs; a letter for a digit
    re.IGNORECASE,
)
EITHER = re.compile(r"\b(or|oder)\b|([±])", re.IGNORECASE)
CASES = re.compile(  # `p - 1 for i = y`: a case, of which the last side of a chain would be nonsense; `> 2d = 128`: a bound
    r"(?:(?<=[^\s,;])|\A\s*[,;])[\s,;]+(for|if|when|unless|otherwise|für|falls|wenn|sonst)\b(?!\s+all\b)[^=]*(?<![<>=!:])=(?!=)|^\s*([<>]=?)",
    re.IGNORECASE,
)
MULTIPLIERS = re.compile(
    r"[\d.] ?(k|m|g|b|t|thousand|millions?|billions?|tsd|mio|mrd|tausend|millionen|milliarden?|hundred|hundert|dozen|dutzend"
    r"|halves|thirds?|quarters?|drittel|viertel)\b",
    re.IGNORECASE,
)
ARRAY_CALL = re.compile(r"(?:array|tensor|asarray|matrix|constant|FloatTensor|Tensor)\s*\((.*)\)", re.DOTALL)
ARRAY_SETTING = re.compile(r"(?<=[\])])\s*,\s*(?:[a-z_]+\s*=|(?:int|float)\d*\b)[^\]]*$")
MIXED_NUMBER = re.compile(r"(-?)(\d+)(?: (\d+)/(\d+)| ?\(\((\d+)\)/\((\d+)\)\))")  # the second as LaTeX writes it
BETWEEN_COMMAS = re.compile(r"[^,\[\]]+")
COLON_DIVISION = re.compile(r"(?<=[\d)]) ?: ?(?=[\d(])")
TIMES = re.compile(r"(?<=[\d)]) ?[xX] ?(?=[\d(])")
SHAPE = re.compile(r"[\dxX ]*")
TABLE_RULE = re.compile(r"[ |:-]*-[ |:-]*")
BETWEEN_BARS = re.compile(r"\s*(?:[*/^+)]|-\s).*|.*[-+*/^(]\s*", re.DOTALL)  # what `|x| + 2 |y|` has between its bars

DEFINES = re.compile(r"\b(?:where|with|wobei|mit)\b(?!\s*\()(?=[^=]*[^<>!=]=(?!=))", re.IGNORECASE)
DEFINITION = re.compile(rf"\s*(?:,|;|\band\b|\bund\b|{DEFINES.pattern})\s*(?=[^\W\d]\w*(?:\(\w+\))?\s*:?=)", re.IGNORECASE)
DEFINED = re.compile(r"([^\W\d]\w*|[^\W\d]\w*\(\w+\))\s*:?=\s*([^=]+)")
MOST_DEFINED = 4
UPDATE = re.compile(r"\A([^\W\d]\w*)\s*([-+])=\s*([^=]+)\Z")
RULE_NAMED = re.compile(
    r"\s+\((?:by |using |with |the )*(?:\w+[ -]){0,3}(?:rule|regel|identity|definition|derivative|form|derivation)\)$",
    re.IGNORECASE,
)
REASON = re.compile(
    r"(?:\s*,)?\s+(?:because|since|weil|denn|for all|for every|for any|für alle|by the|using the|due to)\s.*$",
    re.IGNORECASE | re.DOTALL,
)
OPENING_WORDS = re.compile(
    r"(?:so |then |thus |hence |therefore |also )?(?:the|die|der|das|our|my|we get|it|this)\b(?: [^\W\d_]{2,}){0,5}"
    r" (?:is|ist|equals|lautet|becomes)[ :]+",
    re.IGNORECASE,
)
PLUS_RAISED = re.compile(r"\^\s*(?:\(\s*\+\s*\)|\+(?!\s*\d)|[†‡])")
OPERATOR_AT_END = re.compile(r"[-+*/^@∘(\[,=<>]\s*$")
OPERATOR_AT_START = re.compile(r"\s*(?:[-+*/^@∘)\],=<>]|$)")

# texts that are in the language already, because no rule speaks of anything in them
MOST_UNTOUCHED = 300  # characters
SPOKEN_OF = (
    rf"(?=[a-z]\w*+[ ^])(?:{FUNCTIONS}|product|prod)[ ^]|log_|T\(|(?:ca|circa|approx|approximately|etwa) "
    r"|(?:or|oder|if|because|since|weil|denn|for|by|using|due|is|ist|equals|lautet|becomes"
    r"|rule|regel|identity|definition|derivative|form|derivation|array|tensor|asarray|matrix|constant|floattensor)(?!\w)"
)
UNTOUCHED_FORMULA = re.compile(
    r"(?![*' ]|[a-z]\)|.*p(?:er|ro)[cz]ent)"
    rf"(?:(?!{SPOKEN_OF})[a-z]\w*+|\d++(?:\.\d++)?|[-+*/@(\[\],;']|\^(?! ?[+('])|\^\((?! ?[+'])|\)(?!\[)| (?! ))*+(?<![,; ])",
    re.ASCII | re.IGNORECASE,
)
SIMPLE = r"(?:-?[(\[])*-?\d++(?:\.\d++)?(?:[eE]-?\d++)?[)\]]*+"
UNTOUCHED_NUMBERS = re.compile(rf"{SIMPLE}(?:(?: ?[*/^,;] ?| ?[-+] ?(?!-)){SIMPLE})*+", re.ASCII)


def plain(text, counting=False, words=False, listed=False):
    """A typed answer in the language of `syntax`, in its likeliest sense; the parameters are those of `prepared` and `digits`."""
    return digits.senses(prepared(text, words, listed, counting), counting, listed)[0]


@lru_cache(maxsize=1024)
def prepared(text, words=False, listed=False, counting=False, declared=frozenset()):
    """A typed answer in the language, but for commas and groups of digits; raises LanguageError or TooLargeError.

    words: names may be meant, so nothing after a value is left aside; listed: several values are asked; counting: a count is;
    declared: names of functions that mean a value here.
    """
    untouched = UNTOUCHED_FORMULA if words else UNTOUCHED_NUMBERS
    if len(text) <= MOST_UNTOUCHED and untouched.fullmatch(text):
        return text
    if not declared:
        return rewritten(text, words, listed, counting)
    try:
        return _unmarked(rewritten(text, words, listed, counting, declared))
    except SeveralStatementsError as error:
        raise SeveralStatementsError(_unmarked(error.text), _place_unmarked(error), _unmarked(error.last)) from None
    except LanguageError as error:
        raise LanguageError(error.problem, _unmarked(error.text), _place_unmarked(error)) from None


def _marked(text, declared):
    """N16: a cleaned text in which declared names of functions wear a mark, so that no rule takes them for functions."""
    return re.sub(rf"(?<![\w\\.])({'|'.join(map(re.escape, declared))})(?!\w)", rf"\1{MARK}", text) if declared else text


def _unmarked(text):
    return text.replace(MARK, "")


def _place_unmarked(error):
    return None if error.position is None else error.position - error.text[: error.position].count(MARK)


def rewritten(text, words, listed, counting, declared=frozenset()):
    """As `prepared`, by going through all rules in order; declared names of functions wear a mark afterwards."""
    text = _marked(_assigned(unwrapped(latex(clean(text)))), declared)
    _refuse(text, EITHER if words else HEDGES)
    if words:
        return _formula(sums(_without_item(text, words)))
    text = last_of_chain(_without_arrows(_without_item(text, words)))
    text = _only_the_value(_without_label(unwrapped(text)), listed, counting)
    return functions(bar_rows(table(_array(LIBRARY.sub("", text))), words)).strip()


def _formula(text):
    """A formula in the language: its remarks, definitions, chains and labels by the rules above."""
    text, *definitions = _defined(unwrapped(REASON.sub("", RULE_NAMED.sub("", text))))
    opening = OPENING_WORDS.match(text)
    text = UPDATE.sub(r"\1 \2 (\3)", text[opening.end() :] if opening else text)
    text = last_of_chain(_without_arrows(text))
    text = conditional(_without_label(unwrapped(text)))
    _refuse_pseudoinverse(text)
    text = _one_statement(indicators(functions(bar_rows(table(_array(of_library(text))), words=True), words=True).strip()))
    for name, value in definitions:
        text = _put_in(text, name, value)
    return text


def _put_in(text, name, value):
    """N6: a text with the value of a definition; raises SeveralStatementsError for a defined function of another argument."""
    text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", lambda _: f"({value})", text)
    function = name.partition("(")[0] if "(" in name else ""
    if function and re.search(rf"(?<![\w.]){function}\(", text) and f"{function}(" not in value:
        raise SeveralStatementsError(text, 0, "")
    return text


def _defined(text):
    """(the text without `where p = ...`, then (name, value in the language) of each definition, the last first); N6.

    Raises SeveralStatementsError where the definitions are not plain ones.
    """
    depths = outside_brackets(text)
    start = next((match for match in DEFINES.finditer(text) if not depths[match.start()]), None)
    if start is None:
        return [text]
    behind = text[start.start() :]
    pieces = [piece.strip(" ,;.\n") for piece in DEFINITION.split(behind)]
    found = [DEFINED.fullmatch(piece) for piece in pieces if piece]
    head = text[: start.start()].strip(" ,;\n")
    names = {match[1] for match in found if match} - STUDENT_FUNCTIONS.keys()
    if not head or not found or len(names) < len(found) or len(found) > MOST_DEFINED:
        raise SeveralStatementsError(text, start.start(), text[start.end() :])
    return [head, *((match[1], _formula(match[2])) for match in found)]


def _refuse_pseudoinverse(text):
    """N18: raises LanguageError for `X^+`."""
    match = PLUS_RAISED.search(text)
    if match:
        raise LanguageError("a pseudoinverse is not read", text, match.start())


def _one_statement(text):
    """N6: a text whose lines go on with an operator, as one line; raises SeveralStatementsError for several complete lines."""
    if "\n" not in text:
        return text
    depths, start, ends = outside_brackets(text), 0, []
    for match in re.finditer("\n", text):
        place = match.start()
        goes_on = OPERATOR_AT_END.search(text[start:place]) or OPERATOR_AT_START.match(text, place)
        if not depths[place] and not goes_on:
            ends.append(place + 1)
        start = place + 1
    if ends:
        raise SeveralStatementsError(text, ends[0], text[ends[-1] :])
    return text.replace("\n", " ")


def unwrapped(text):
    """N4: a text without the quotes around it and the punctuation behind it."""
    for _ in range(4):
        text = text.strip().lstrip("$").strip()
        match = QUOTED.fullmatch(text) if text[:1] in "\"'`*_" and text else None
        if match:
            text = match.group(2)
        elif text[-1:] in (".", ",", ";") and len(text) > 1:
            text = text[:-1]
        else:
            break
    return text.strip()


def _refuse(text, hedges):
    """N18: raises LanguageError for words that leave open what is meant, or change a value and are not read."""
    end = len(text)
    if hedges is CASES:  # up to the last equals sign, or a sign at the beginning
        end = max(text.rfind("=") + 1, len(text) - len(text.lstrip()) + 2)
    found = list(hedges.finditer(text, 0, end))
    depths = outside_brackets(text) if found and hedges is EITHER else [0] * len(text)
    for match in found:
        word = next(group for group in match.groups() if group)
        if not depths[match.start()]:
            raise LanguageError(f"'{word}' leaves open which value is meant", text, match.start())
    match = MULTIPLIERS.search(text) if hedges is HEDGES else None
    if match:
        raise LanguageError(f"'{match.group(1)}' is not read; type the number in full", text, match.start(1))


def _without_item(text, words):
    """N5: a text without `a)`, and where no names are allowed without `(a)`, in front."""
    match = ITEM.match(text) or (not words and ITEM_IN_BRACKETS.match(text))
    return text[match.end() :] if match else text


def _assigned(text):
    """N5: `w_0 <- w_0 - 2` with `=` for the arrow; `x<-2` is a comparison unless x itself stands behind it."""
    match = ASSIGNED.match(text)
    if not match or not (match[5] or re.search(rf"(?<!\w){re.escape(match[2])}(?!\w)", match[6])):
        return text
    return f"{text[: match.end(4)]}= {text[match.end() :]}"


def _without_arrows(text):
    """N2, N5: no arrow or `~` in front; an arrow between values is a link of a chain, in front of `name =` a new statement."""
    text = text[LEADING_SIGN.match(text).end() :] if LEADING_SIGN.match(text) else text
    text = re.sub(r"(?<=\d)~(?=[^\W\d])", " ", text)
    text = _with_single_signs(text) if "~" in text or "==" in text else text
    pieces = ARROW.split(text)
    joined = pieces[0]
    for piece in pieces[1:]:
        joined += ("\n" if STATEMENT.match(piece) else " = ") + piece
    return joined


def _with_single_signs(text):
    """`~`, `~=` and `==` as `=`; inside brackets `==` compares."""
    depths = outside_brackets(text)
    return DOUBLE_SIGN.sub(lambda match: match.group() if match.group() == "==" and depths[match.start()] else "=", text)


def _without_label(text):
    """N5: a text without `Answer:` and the like, and without a sign for `approximately`, in front."""
    for _ in range(2):
        match = COLON_LABEL.match(text) or LEADING_SIGN.match(text)
        if match:
            text = text[match.end() :]
    return unwrapped(text)


def last_of_chain(text):
    """N6: the last link of `a = b = c`, which is the answer.

    Indexed labels (`z1 = 2, z2 = -0.5`) are the entries of a list. Raises LanguageError where several statements stand there.
    """
    if "=" not in text and ":" not in text:
        return text
    _refuse(text, CASES)
    depths = outside_brackets(text)
    labels = [match for match in STATEMENT.finditer(text) if not depths[match.start(1)]]
    if len(labels) > 1 or (labels and text[: labels[0].start()].strip()):
        return _entries_of(text, labels)
    signs = [match for match in EQUALS.finditer(text) if not depths[match.start()]]
    last = text[signs[-1].end() :].strip() if signs else text
    if not last:
        raise LanguageError("nothing is typed after the '='", text, len(text))
    return last


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


def _only_the_value(text, listed, counting):
    """N7, N8, N13: a text without the words around its value, where no names are allowed."""
    text = re.sub(r"\s+(?:and|und|&)\s+", ", ", text)
    text = _without_units(REMARK.sub(_dropped, text))
    text = _end_of_sentence(text)
    return _mixed_entries(text) if listed or "[" in text else one_number(VAGUELY.sub("", text), counting)


def _dropped(match):
    return match.group() if NOT_UNITS.search(match.group(1)) else ""


def _without_units(text):
    match = TRAILING_WORDS.search(text)
    return text[: match.start()] if match and not NOT_UNITS.search(match.group(1)) else text


def _end_of_sentence(text):
    """N7: what stands behind the last verb, where it is a value and no other number stands before it."""
    verbs = list(VERB.finditer(text)) if len(text) <= 300 else []
    if not verbs:
        return text
    before, value = text[: verbs[-1].start()], text[verbs[-1].end() :]
    opening = NUMBER_AHEAD.match(value)
    if not opening or re.search(r"(?<!\w)\d|[=;:()\[\]]", before):
        return text
    return value[opening.end() :]


def one_number(text, counting):
    """N13: mixed numbers, `:` as division and `x` as times, where one number is asked; `10x10` alone only as a count."""
    text = COLON_DIVISION.sub("/", mixed_number(text))
    return text if SHAPE.fullmatch(text) and not counting else TIMES.sub("*", text)


def mixed_number(text):
    """N13: `2 1/2` as (2+1/2); any other text as it is."""
    match = MIXED_NUMBER.fullmatch(text.strip())
    sign, whole, *parts = (group for group in match.groups() if group is not None) if match else ("", "", "1", "1")
    return f"{sign}({whole}+{parts[0]}/{parts[1]})" if 0 < int(parts[0]) < int(parts[1]) else text


def _mixed_entries(text):
    """N13: mixed numbers between commas: `1, 2 1/2`."""
    if "," not in text or "/" not in text or ";" in text or "\n" in text:
        return text
    return BETWEEN_COMMAS.sub(lambda match: mixed_number(match.group()), text)


def _array(text):
    """N15: `array([...], dtype=...)` as its brackets."""
    match = ARRAY_CALL.fullmatch(text.strip())
    return ARRAY_SETTING.sub("", match.group(1)).strip().removesuffix(",") if match else text


def table(text):
    """N15: the rows of a Markdown table as nested brackets; any other text as it is."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rows = [line for line in lines if line.startswith("|") and line.endswith("|") and line.count("|") > (len(lines) == 1) + 1]
    if not rows or len(rows) < len(lines) or "||" in text or (len(rows) == 1 and _has_absolute_values(rows[0])):
        return text
    inner = [_table_row(row[1:-1]) for row in rows if not TABLE_RULE.fullmatch(row)]
    return inner[0] if len(inner) == 1 else f"[{', '.join(inner)}]"


def _has_absolute_values(row):
    """Whether a row is `|x| + |y|` or `|x| |y|`: an operator, or nothing, stands where every second cell would be."""
    cells = row[1:-1].split("|")
    close = all(cell == cell.strip() for cell in cells[::2])
    return any(BETWEEN_BARS.fullmatch(cell) if cell.strip() else close for cell in cells[1::2])


def _table_row(row):
    """`1 | 2` as `[(1), (2)]`; a row in bars that has none inside as `[1 2]`."""
    cells = [cell.strip() for cell in row.split("|")]
    return f"[{cells[0]}]" if len(cells) == 1 else "[" + ", ".join(f"({cell})" for cell in cells) + "]"
