"""Numbers, arrays, counts and shapes as kinds of answer."""

import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np

from grader.marking.comparing.compare import fitted
from grader.marking.comparing.follow import Inconsistent, blame, follow
from grader.marking.comparing.numeric import Finding, judge_numbers
from grader.marking.kinds.closed_forms import closed_form
from grader.marking.kinds.question import Samples, Shown
from grader.marking.kinds.symbolic import CHANNEL_ORDERS, judge_sizes
from grader.marking.reading.typed import Numbers, Sizes, read_numbers_in_every_sense, read_shape
from grader.marking.verdict import FOLLOWS, PARTLY, UNDECIDED, WRONG
from grader.maths.errors import GraderError, LanguageError
from grader.maths.graph import show_shape
from grader.maths.language.notation import MAX_TYPED
from grader.maths.ops.structure import index
from grader.maths.show import decimal_text, exact_text
from grader.maths.systems import BALL, EXACT, as_fraction, elementwise

SAMPLE_DIGITS = 12
POWER = re.compile(r"\s*(?:\w{1,12}\s*=\s*)?[-+]?[1-9]\d{0,2}[.,]\d{3}(?:[eE][-+]?\d+|\s*[*·×⋅]\s*10\s*\^\s*[-+]?\d+)\s*")
PAIR = r"[\[(]\s*[-+]?\d+\s*,\s*[-+]?\d+\s*[\])]"
PAIRS = re.compile(rf"\s*(?:[\[(]\s*)?{PAIR}(?:\s*(?:,\s*)?{PAIR})+\s*(?:[\])]\s*)?")  # rows of two whole numbers
DASHED = re.compile(r"\s*\d+(?:[-–]\d+){2,}\s*")

# --- numbers, arrays, counts ---


def read_values(question, text, counting=False):
    """The Numbers a text can mean (`1,234` has two senses), only those of the shape that is asked where there are any.

    Raises LanguageError where several stand for one, or dashes between numbers may be minus signs or not.
    """
    listed = question.node.rank > 0
    if listed and DASHED.fullmatch(text):
        raise LanguageError("the dashes may be minus signs or stand between entries; separate entries by commas", text, 0)
    if not listed and POWER.fullmatch(text):  # 2.313e4 has a decimal point
        return [replace(read_numbers_in_every_sense(text)[0], ambiguous="")]
    senses = read_numbers_in_every_sense(text, counting=counting, listed=listed)
    fitting = [numbers for numbers in senses if fitted(numbers.entries, question.node.shape) is not None]
    if listed and senses[0] not in fitting and PAIRS.fullmatch(text):  # rather a matrix than decimal commas that would fit
        return [replace(senses[0], ambiguous=""), *fitting]
    if not fitting and not listed:
        raise LanguageError("several values are typed, but one is asked", text, 0)
    return [replace(fitting[0], ambiguous="")] if len(fitting) == 1 else fitting or senses


def read_count(question, text):
    return read_values(question, text, counting=True)


def judge_values(question, numbers):
    arrays = question.policies.array
    return judge_numbers(question.solutions, question.part, question.box, numbers, list(question.owned), arrays)


def show_values(question):
    """The reference as numbers, or as a formula where it has symbols in it."""
    if question.symbolic:
        return Shown(formula=closed_form(question.solution, question.node, question.box.names))
    value = question.solution.value(question.node)
    return Shown(exact_text(value.array, value.system), decimal_text(value.array, value.system))


def samples_of_values(question):
    if question.symbolic:
        return Samples()
    value = question.solution.value(question.node)
    other = 2 * value.array + value.system.array(17)
    return Samples(_typeable(value.array, value.system), _typeable(elementwise(lambda entry: entry, 1)(other), value.system))


def _typeable(array, system):
    text = exact_text(array, EXACT) if system is EXACT else decimal_text(array, BALL, SAMPLE_DIGITS)
    return text if len(text) <= MAX_TYPED else ""


def fault_of_number(question):
    if question.symbolic:
        return f"an answer with symbols in it is an expression, not {_a(question.kind)}"
    if question.kind != "array" and question.node.rank:
        return f"a {question.kind} is asked, but the answer is {show_shape(question.node.shape)}"
    if question.kind == "count" and not _whole(question.solution.value(question.node)):
        return "a count is made of whole numbers, but the answer is not"
    return fault_of_partial(question)


def _a(kind):
    return f"an {kind}" if kind == "array" else f"a {kind}"


def _whole(value):
    return value.exact and all(as_fraction(entry).denominator == 1 for entry in value.array.flat)


def fault_of_partial(question):
    """A complaint where a partial credit is for the answer itself."""
    value = question.solution.value(question.node)
    for line, node in zip(question.box.partial, question.solution.program.partial[question.place], strict=True):
        other = question.solution.value(node)
        if value.exact and other.exact and value.array.shape == other.array.shape and (value.array == other.array).all():
            return f"the partial credit '{line.tag}' is for the answer itself and can never be earned"
    return ""


# --- shapes ---


def read_sizes(question, text):
    """Sizes (of a shape with symbols), else Numbers."""
    program = question.solution.program
    sizes = read_shape(text, {name: program.names[name] for name in program.symbols}, count=question.node.shape[0])
    return [sizes if question.symbolic else sizes.as_numbers()]


def judge_shape(question, answer):
    if isinstance(answer, Sizes):
        return judge_sizes(question.solution, question.part, question.box, answer)
    finding = _in_any_layout(question, answer)
    if finding["tag"] == "shape":
        return finding.told(sizes=True)
    if finding["state"] == FOLLOWS and any(size < 1 for size in _typed_sizes(answer)):
        return Finding.of(UNDECIDED, "own-values-do-not-fit", None, reason="a size that follows is less than 1")
    return finding


def _in_any_layout(question, numbers):
    """The finding for a shape, tried in every order of its axes that the part allows; a mere permutation is named."""
    if numbers.entries.size == question.node.shape[0] + 1 and numbers.entries.flat[0].value == 1:
        numbers = Numbers(numbers.entries[1:], numbers.text)  # a batch of one image in front
    plain = _judged_whole(question, numbers)
    if plain["state"] != WRONG:
        return plain
    wrong = [plain]
    for order in CHANNEL_ORDERS.get(numbers.entries.size, ()) if question.box.layout == "any" else ():
        other = _judged_whole(question, Numbers(numbers.entries[list(np.argsort(order))], numbers.text))
        if other["state"] != WRONG:
            return Finding.of(other["state"], other["tag"] or "channels-last", other["share"], **other["evidence"])
        wrong.append(other)
    explained = next((finding for finding in wrong if finding["evidence"].get("sure")), plain)
    return _permuted(question, numbers) or explained


def _judged_whole(question, numbers):
    return judge_numbers(question.solutions, question.part, question.box, numbers, list(question.owned), "all-or-nothing")


def _permuted(question, numbers):
    """The finding where the sizes are right, or follow, but for their order: half of the marks for the other usual one."""
    wanted, typed = _sizes(question), _typed_sizes(numbers)
    if _channels_last(wanted, typed):
        return Finding.of(PARTLY, "channels-last", Fraction(1, 2))
    for followed in follow(question.solution, question.node, question.owned) if question.box.follow else ():
        if isinstance(followed, Inconsistent) or followed.rounded or followed.degenerate or not _whole(followed.value):
            continue
        if _channels_last([as_fraction(size) for size in followed.value.array.flat], typed) and min(typed) > 0:
            return Finding.of(PARTLY, "channels-last", Fraction(1, 2), without_own=Fraction(0), **blame(followed.sources))
    return Finding.of(WRONG, "axes-permuted") if typed != wanted and Counter(typed) == Counter(wanted) else None


def _channels_last(wanted, typed):
    """Whether typed sizes are the wanted ones, in the other usual order."""
    _, last = CHANNEL_ORDERS.get(len(wanted), ((), ()))
    return bool(last) and typed != wanted and typed == [wanted[axis] for axis in last]


def _sizes(question):
    return [as_fraction(size) for size in question.solution.value(question.node).array.flat]


def _typed_sizes(numbers):
    return [entry.value for entry in numbers.entries.flat if isinstance(entry.value, Fraction)]


def sizes_in_order(question, answer):
    """The typed sizes in the order of the reference, as later answers follow from them; None for a shape with symbols.

    Of the usual orders the one in which more sizes are right.
    """
    if isinstance(answer, Sizes):
        return None
    wanted = _sizes(question)
    if answer.entries.size != len(wanted):
        return answer
    orders = CHANNEL_ORDERS.get(len(wanted), (tuple(range(len(wanted))),))
    moved = [Numbers(answer.entries[list(np.argsort(order))], answer.text) for order in orders]
    return max(moved, key=lambda one: sum(a == b for a, b in zip(_typed_sizes(one), wanted, strict=False)))


def samples_of_shape(question):
    """The sizes joined by commas; those with symbols by their formula, where that can be typed."""
    sizes = [index(question.node, (axis,)) for axis in range(question.node.shape[0])]
    if question.symbolic:
        right = ", ".join(closed_form(question.solution, size) for size in sizes)
        right = f"({right},)" if len(sizes) == 1 else right
        return Samples(right if _reads(question, right) else "", ", ".join(["41"] * len(sizes)))
    values = _sizes(question)
    return Samples(", ".join(map(str, values)), ", ".join(str(2 * value + 17) for value in values))


def _reads(question, text):
    try:
        return bool(read_sizes(question, text))
    except GraderError:
        return False


def fault_of_shape(question):
    if question.node.rank != 1:
        return f"a shape is a list of sizes, but the answer is {show_shape(question.node.shape)}"
    if question.symbolic:
        return ""
    if not _whole(question.solution.value(question.node)):
        return "a shape is made of whole numbers, but the answer is not"
    return fault_of_partial(question)
