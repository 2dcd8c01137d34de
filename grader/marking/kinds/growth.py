"""Growth: `O(L * B * d)`, right up to constant factors and terms that others outgrow."""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product

from grader.marking.comparing.numeric import Finding
from grader.marking.kinds.growth_rules import Growing, NoGrowthError, leading
from grader.marking.kinds.growth_terms import dominated, same_growth, shown
from grader.marking.kinds.question import Samples, Shown, right_under
from grader.marking.reading.typed import read_formula
from grader.marking.verdict import PARTLY, UNDECIDED, WRONG
from grader.maths.errors import LanguageError, UndecidedError
from grader.maths.graph import Node, given, reachable, replace, show_shape
from grader.maths.language import notation

MOST_PATHS = 60
STYLED = re.compile(r"\\(?:mathcal|mathrm|mathbf|text|operatorname|cal)\s*\{?\s*(O|o|Theta|\\Theta|\\Omega)(?![A-Za-z])\s*\}?")
BOUND = re.compile(r"(?<![\w^])(O|o|Theta|Omega|omega)\s*(?=\()")
AHEAD = re.compile(r"[\w\s()]*?(?:=|∈|:|\b(?:in|is|ist|of)\b)\s*|\W*|(?:the )?(?:growth|complexity|time|cost|runtime)\W*", re.I)
BEHIND = re.compile(r"[.,;:\s]*(?:[^\W\d_]{2,}(?:[.,;:\s]+|$))*(?:\([^()]*\))?[.\s]*")
POWER_OF_LOG = re.compile(r"\b(log2|log10|log|ln)\s*\^\s*\(?(\d+)\)?\s*(\([^()]*\)|\w+)")
LOGS = re.compile(r"\b(?:lg|ld)\b|\\?\blog\s*_\s*\{?\s*2\s*\}?(?!\d)")


@dataclass(frozen=True)
class Growth:
    """The leading terms of a typed growth; where they could not be worked out, none, the reason, and its graph.

    empty: what is typed is 0 or negative, which is no growth.
    """

    terms: tuple
    text: str
    reason: str = ""
    node: Node | None = None
    empty: bool = False


def read_growth(question, text):
    """`O(L*B*d)`, `Θ(B L d)`, `\\mathcal{O}(n^2)`, `T(n) = O(n log n)`, `n log n`.

    Raises LanguageError where it cannot be read, also for a bound to one side only (`o`, `Ω`).
    """
    program = question.solution.program
    names = {name: program.names[name] for name in (question.box.names or (*program.symbols, *program.values))}
    typed = LOGS.sub("log2 ", STYLED.sub(lambda match: match.group(1), text))
    inner = POWER_OF_LOG.sub(r"(\1(\3))^\2", _inside(notation.clean(typed), text))
    formula = read_formula(inner, names, question.solution.conventions)
    if formula.node.rank:
        raise LanguageError(f"a growth is one expression, not {show_shape(formula.node.shape)}", text, 0)
    return [_growth(program, formula)]


def _growth(program, formula):
    """The Growth of a formula; where its terms are not worked out, the reason."""
    try:
        terms = Growing(program.values)(formula.node)
    except UndecidedError as error:
        return Growth((), formula.text, str(error), formula.node)
    try:
        found = leading(terms)
    except UndecidedError as error:
        return Growth((), formula.text, str(error), formula.node, isinstance(error, NoGrowthError))
    return Growth(found, _text(found))


def _inside(typed, text):
    """What stands in the brackets of an O, or all of it where there is none."""
    typed = notation.latex(typed).strip().strip("$ ")
    bounds = list(BOUND.finditer(typed))
    if not bounds:
        return typed
    if len(bounds) > 1 or bounds[0].group(1) in ("o", "Omega", "omega"):
        raise LanguageError("one growth is asked, as O(...) or Θ(...)", text, 0)
    opening = bounds[0].end()
    closing = _closing(typed, opening, text)
    if not AHEAD.fullmatch(typed[: bounds[0].start()]) or not BEHIND.fullmatch(typed[closing + 1 :]):
        raise LanguageError("something stands around the O(...) that is not read", text, 0)
    return typed[opening + 1 : closing]


def _closing(typed, opening, text):
    depth = 0
    for place in range(opening, len(typed)):
        depth += (typed[place] == "(") - (typed[place] == ")")
        if not depth:
            return place
    raise LanguageError("a bracket is not closed", text, len(text))


def _text(terms):
    return f"O({' + '.join(shown(term) for term in terms)})"


def judge_growth(question, answer):
    """The finding for a typed growth; the tag says where it grows too fast or too slowly."""
    try:
        return _judged(question, answer) if not answer.reason else _judged_along_paths(question, answer)
    except UndecidedError as error:
        return Finding.of(UNDECIDED, "growth", None, reason=str(error))


def _judged(question, answer):
    ways = {solution.reading: same_growth(answer.terms, _wanted(question, solution)) for solution in question.solutions}
    under = tuple(reading for reading, way in ways.items() if not way)
    if under:
        return right_under(under)
    return _in_part(question, answer) or Finding.of(
        WRONG, _error(answer.terms, _wanted(question, question.solution)), witness=ways[question.solution.reading]
    )


def _judged_along_paths(question, answer):
    """The finding for a growth whose terms are not known as such: wrong where it differs along a path to infinity."""
    if answer.empty:
        return Finding.of(WRONG, witness=answer.reason)
    witnesses = [_difference_along_a_path(solution, question.place, answer.node) for solution in question.solutions]
    if all(witnesses):
        return Finding.of(WRONG, witness=witnesses[0])
    return Finding.of(UNDECIDED, "growth", None, reason=answer.reason)


def _difference_along_a_path(solution, place, node):
    """A path of powers of one symbol along which a graph grows otherwise than the reference, in words; '' where none is found."""
    program = solution.program
    wanted = program.boxes[place]
    symbols = [name for name in program.symbols if program.names[name] in reachable([node, wanted])]
    for speeds in islice(product((1, 2, 3), repeat=len(symbols)), MOST_PATHS):
        path = {program.names[name]: given("x") ** speed for name, speed in zip(symbols, speeds, strict=True)}
        difference = _difference_along(path, program.values, node, wanted)
        if difference:
            pairs = zip(symbols, speeds, strict=True)
            ways = ", ".join(f"{name} = x^{speed}" if speed > 1 else f"{name} = x" for name, speed in pairs)
            return f"for {ways}: {difference}"
    return ""


def _difference_along(path, values, node, wanted):
    """How a graph grows otherwise than the reference along a path (symbol -> its node), in words; '' where that is not known."""
    try:
        typed, right = (Growing(values)(replace(one, path)) for one in (node, wanted))
        right = leading(right)
    except UndecidedError:
        return ""
    try:
        found = leading(typed)
        return f"{_text(right)} against {_text(found)}" if same_growth(found, right) else ""
    except NoGrowthError as error:
        return f"{_text(right)}, but {error}"
    except UndecidedError:
        return ""


def _error(typed, wanted):
    if all(dominated(term, typed) for term in wanted):
        return "grows-too-fast"
    return "grows-too-slowly" if all(dominated(term, wanted) for term in typed) else ""


def _in_part(question, answer):
    """The finding where a typed growth earns a declared partial credit."""
    program, marks = question.solution.program, question.box.marks
    for line, node in zip(question.box.partial, program.partial[question.place], strict=True):
        if not same_growth(answer.terms, leading(Growing(program.values)(node))):
            return Finding.of(PARTLY, line.tag, line.marks / marks if marks else Fraction(0))
    return None


def _wanted(question, solution):
    return leading(Growing(solution.program.values)(solution.program.boxes[question.place]))


def show_growth(question):
    return Shown(formula=_text(_wanted(question, question.solution)))


def samples_of_growth(question):
    right = show_growth(question).formula
    symbol = next(iter(question.box.names or question.solution.program.symbols))
    return Samples(right, f"{symbol} * {right[1:]}")


def fault_of_growth(question):
    if question.node.rank:
        return f"a growth is one expression, but the answer is {show_shape(question.node.shape)}"
    if not question.symbolic:
        return "a growth needs symbols, declared under 'given' (n: integer > 0); this answer is a number"
    bounded = [name for name, domain in question.solution.program.symbols.items() if not _goes_to_infinity(domain)]
    used = [name for name in bounded if question.solution.program.names[name] in reachable([question.node])]
    if used:
        return f"a growth is one of positive symbols without an upper end; {', '.join(used)} is declared otherwise"
    _wanted(question, question.solution)
    return ""


def _goes_to_infinity(domain):
    return not domain.dimensions and domain.high is None and domain.low is not None and domain.low >= 0
