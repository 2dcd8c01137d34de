"""From a verdict on a printed text to the finding about it, and to the cause where it is wrong."""

from fractions import Fraction

from grader.bank.keys import AGREES, HUMAN, NOT_PRINTED, READING, ROUNDING, WRONG
from grader.bank.statement import filled
from grader.marking.check import Judge
from grader.marking.comparing.compare import as_fraction_of_ball
from grader.marking.kinds.chain import Chain
from grader.marking.kinds.table import KINDS
from grader.marking.reading.typed import Numbers, Sizes
from grader.marking.verdict import BLANK, FOLLOWS, FULL, PARTLY, RIGHT, ROUNDED, UNREADABLE
from grader.marking.verdict import READING as RIGHT_UNDER_READING
from grader.marking.verdict import WRONG as NOT_RIGHT
from grader.maths.errors import GraderError
from grader.maths.graph import Node
from grader.maths.ops.structure import stack
from grader.maths.systems import BALL, as_fraction
from grader.trial.causes import Cause, altered, explained, likely_slip, of_the_pen, other_convention

COARSE = "imprecise"  # a printed value with too few digits is a rounding all the same
CUT_OFF = "truncated"
BY_CHANCE = ("boolean", "choice", "order")  # kinds of which another convention gives the printed answer by chance
NO_CAUSE = ("some-entries", "shape", "unfinished", "link-broken")  # tags that say what is wrong, but not why
SMALLEST = Fraction(1, 10**40)  # place of a printed number that is looked at
NONE = Cause("", "")


def finding_of(question, verdict, text):
    """(one of FINDINGS, the Cause) for a verdict on a printed text."""
    state, tag = verdict.state, verdict.tag
    if state == BLANK:
        return NOT_PRINTED, NONE
    if state == RIGHT:
        return (ROUNDING if _approximate(question, text) else AGREES), NONE
    if state == RIGHT_UNDER_READING:
        return READING, Cause(verdict.evidence.get("reading", tag), f"right where {tag}")
    if state == ROUNDED and tag != CUT_OFF:
        reading = verdict.evidence.get("reading", "")
        return (READING, Cause(reading, verdict.feedback)) if reading else (ROUNDING, NONE)
    if state == PARTLY and tag == COARSE and not _from_wrong(question, verdict):
        return ROUNDING, Cause(COARSE, "it has fewer digits than are asked for")
    if state == FOLLOWS or tag == COARSE:
        return WRONG, Cause("follows", f"it follows from the printed {', '.join(verdict.evidence['from'])}")
    if state in (NOT_RIGHT, PARTLY, ROUNDED):
        return WRONG, _cause(question, verdict, text)
    return HUMAN, Cause("" if tag == "for-a-human" else tag or UNREADABLE, verdict.feedback)


def _from_wrong(question, verdict):
    """Whether a verdict rests on an earlier printed value that is wrong."""
    wrong = {own.name for own in question.owned if not own.right}
    return not wrong.isdisjoint(verdict.evidence.get("from", ()))


def _approximate(question, text):
    """Whether a right answer is a decimal that is not exactly the reference."""
    if question.node is None or question.symbolic:
        return False
    answer, value = _read(question, text), question.solution.value(question.node)
    if not isinstance(answer, Numbers):  # the last of several statements, or sizes
        return False
    if not value.exact:
        return bool(answer.rounded)
    entries = [entry.value for entry in answer.entries.flat]
    wanted = [as_fraction(entry) for entry in value.array.flat]
    return bool(answer.rounded) and sorted(map(str, entries)) != sorted(map(str, wanted))


def _cause(question, verdict, text):
    """The Cause of a wrong printed answer: a slip, another convention, an altered value, a likely slip, or none."""
    tag, evidence = verdict.tag, verdict.evidence
    if tag == "options":
        return Cause(tag, _options_in_words(question, text))
    if tag and tag not in NO_CAUSE and (evidence.get("sure", True) or "sentence" not in evidence):
        partly = f"this is the partial answer '{tag.replace('-', ' ')}', which earns part of the marks"
        partly = partly if evidence.get("declared") else verdict.feedback
        return Cause(tag, evidence.get("sentence") or partly)
    part, box, found = question.part, question.box, None
    if question.kind not in BY_CHANCE:
        found = other_convention(question.solution, part, lambda solution: Judge(solution).box(part, box, text).state in FULL)
    numbers = _numbers(question, text)
    if found is None and numbers is not None:
        found = (
            of_the_pen(question.solution, question.node, numbers)
            or _coarse(question, numbers)
            or altered(question.solution, question.node, numbers, box.digits)
        )
    elif found is None and question.symbolic:
        found = _explained_formula(question, text)
    if found is None or not found.sure:
        found = likely_slip(evidence) or found
    return found or Cause(tag, verdict.feedback)


def _coarse(question, numbers):
    """The Cause where a printed number is the reference, rounded or cut off at the printed number's own last digit; else None."""
    value = question.solution.value(question.node)
    if value.array.ndim or not isinstance(numbers.entries[()].value, Fraction):
        return None
    typed, exact = numbers.entries[()].value, as_fraction_of_ball(BALL.element(value.array[()]))
    unit = _last_place(typed)
    if unit is None or typed * exact <= 0:
        return None
    several = abs(typed) >= 10 * unit  # digits
    if abs(typed - exact) <= min(unit / 2, abs(exact) / 5):
        return Cause(COARSE, "it is rounded coarsely", sure=several)
    cut_off = 0 < abs(exact) - abs(typed) < min(unit, abs(exact) / 3)
    return Cause(CUT_OFF, "it is cut off instead of rounded", sure=several) if cut_off else None


def _last_place(number):
    """The place of the last digit that is not 0, of a decimal; None for 0 and for what has no end."""
    unit = Fraction(1)
    while number and number % (10 * unit) == 0:
        unit *= 10
    while number % unit and unit > SMALLEST:
        unit /= 10
    return unit if number and number % unit == 0 else None


def _explained_formula(question, text):
    """The Cause of a wrong printed formula, shape with symbols, or derivation; None without one."""
    nodes = _formulas(_read(question, text))
    return next((found for node in nodes if (found := explained(question.solution, question.node, node, text))), None)


def _formulas(answer):
    """The typed graphs of a formula, a shape, or the sides of a derivation, from the first on."""
    if isinstance(answer, Sizes):
        yield stack(list(answer.nodes))
    elif isinstance(answer, Chain):
        yield from (side.senses[0].node for sides in answer.statements for side in sides if side.senses)
    elif isinstance(getattr(answer, "node", None), Node):
        yield answer.node


def _numbers(question, text):
    answer = None if question.node is None or question.symbolic else _read(question, text)
    return answer if isinstance(answer, Numbers) else None


def _read(question, text):
    """The likeliest sense of a printed text, None where it cannot be read."""
    try:
        return KINDS[question.kind].read(question, text)[0]
    except GraderError:
        return None


def _options_in_words(question, text):
    answer = _read(question, text)
    if answer is None:
        return ""
    ticked = set(answer.keys)
    truths = question.solution.truths(question.part)
    more = [key for key in truths if key in ticked and truths[key] == 0]
    less = [key for key in truths if key not in ticked and truths[key] == 1]
    problem, program = question.solution.problem, question.solution.program
    reasons = {option.key: filled(option.because, problem, program) for option in question.solution.options(question.part)}
    told = [f"{key} is not right ({reasons[key]})" for key in more] + [f"{key} is missing ({reasons[key]})" for key in less]
    return "; ".join(one.replace(" ()", "").replace(".)", ")") for one in told)
