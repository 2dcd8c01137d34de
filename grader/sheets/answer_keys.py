"""What is right in every box, for systems that can only compare: intervals of numbers, options with shares, spellings.

Everything comes from our own checker: an interval holds what it gives full marks to when that is typed alone.
"""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html.entities import name2codepoint
from itertools import chain, product

import numpy as np

from grader.bank.model import Policies
from grader.marking.check import Judge
from grader.marking.comparing.compare import (
    ENOUGH_PLACES,
    NOISE,
    SAME,
    TENTH,
    TRUNCATED,
    as_fraction_of_ball,
    asked_place,
    compare_entry,
)
from grader.marking.comparing.rounding import honest_values, rounded_values
from grader.marking.comparing.slip_values import slip_values
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.kinds.choices import choice_share
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.reading.typed import read_numbers
from grader.marking.verdict import FULL, PARTLY, WRONG
from grader.maths.errors import GraderError
from grader.maths.graph import reachable
from grader.maths.show import decimal_number, exact_number
from grader.maths.systems import BALL, EXACT, as_fraction

NUMBER, NUMBERS, CHOICE, ORDER, SHORT, ESSAY = "number", "numbers", "choice", "order", "short", "essay"
BY_KIND = {
    "number": NUMBER,
    "count": NUMBER,
    "array": NUMBERS,
    "shape": NUMBERS,
    "choice": CHOICE,
    "boolean": CHOICE,
    "order": ORDER,
    "expression": SHORT,
    "growth": SHORT,
    "chain": ESSAY,
    "text": ESSAY,
    "file": ESSAY,
}
FINER, FINER_OTHERS = 6, 2  # places from the asked one on that are looked at for roundings; the same for wrong values
LEVELS = 3  # the same for rounding on the way
MOST_SLIPS, MOST_TRIED = 6, 12  # of a number
PROBES = 8  # steps in which the interval of another answer is tried
MOST_ENTRIES = 64  # of an array that has a field for each
MOST_JUDGED = 12  # entries of an array of which neighbours of the right values are judged
MOST_SPELLINGS = 400  # of a formula
NAME, POWER_2 = re.compile(r"[A-Za-z]\w*"), re.compile(r"([A-Za-z]\w*)\^2")
LOGARITHM = re.compile(r"(?:log|ln|log2)\(([A-Za-z]\w*)\)")
TWO = re.compile(r"([\w()]+)([-+*])([\w()]+)")
TIMES = ("*", " * ", "", " ", "·", " · ", "×", " × ")
BRACKETS = ("({})", "[{}]", "{}")
BETWEEN = (", ", ",", " x ", "x", " × ", "×")  # sizes of a shape
DIGITS = 15  # significant digits of the decimal of a value

FOLLOWED = "errors carried forward from earlier answers earn no marks"
EXPRESSIONS = "of short formulas only the usual spellings are known"
MANY_SPELLINGS = "these formulas can be typed in too many ways to list them, so a person marks them"
SHORT_OF_DIGITS = "answers with too few digits earn nothing instead of part of the marks"
LONGER = "answers with more digits than asked pass when they lie in the interval, even if they are not the correct rounding"
ENTRIES = "every entry of an array earns its share of the marks, also where less than half of them are right"
ALL_ENTRIES = "every entry of an array or a shape earns its share of the marks, though only the whole earns any here"
ARRANGED = "transposed or otherwise arranged arrays are marked entry by entry, and slips in arrays are not named"
READINGS = "answers that are right under another reading of the question are marked wrong"
MIXED = "answers under another reading are right in each box by itself, also where they do not fit together"
TOGETHER = "other right answers change several entries together, so a person marks these"
LAYOUTS = "the axes of a shape may not stand in another order"
POSITIONS = "every place of an order earns its share of the marks, though only the whole earns any here"
ALL_OPTIONS = "of several right options each earns its share of the marks, though only all of them together earn any here"
PER_OPTION = "an option that is rightly left out earns nothing"
BY_HAND = "a person marks it"
TOO_LARGE = f"it has more than {MOST_ENTRIES} entries, so a person marks it"


@dataclass(frozen=True)
class Interval:
    """The decimals from `low` to `high`; `middle` and `margin`: the same as a value and a tolerance, in decimals."""

    low: Fraction
    high: Fraction
    middle: str = field(init=False, compare=False, kw_only=True)
    margin: str = field(init=False, compare=False, kw_only=True)

    def __post_init__(self):
        point = self.low == self.high
        object.__setattr__(self, "middle", decimal_text(self.low if point else (self.low + self.high) / 2))
        object.__setattr__(self, "margin", "0" if point else decimal_text((self.high - self.low) / 2))


@dataclass(frozen=True)
class Expected(Interval):
    """A value that is not the reference, but foreseen: the decimals from `low` to `high` earn a share of the marks.

    text: the value in decimals; feedback: what our checker says of it.
    """

    text: str
    share: Fraction
    feedback: str


@dataclass(frozen=True)
class Number(Interval):
    """One number to type: `name` is its place in an array (`[0, 1]`), or empty.

    value: exact, or the middle of a certified ball; exact: as text, with ≈ where it is not rational; text: a decimal that is
    accepted; low and high: the smallest and the largest decimal that earn full marks; others: the Expected; no two overlap.
    """

    value: Fraction
    exact: str
    text: str
    name: str = ""
    others: tuple[Expected, ...] = ()


@dataclass(frozen=True)
class OptionKey:
    """One option of a choice: the share of the marks for ticking it (negative where it costs some). truth: 1, 0, or 1/2.

    ticked: the share where several may be ticked, also of a choice with one right option; places: of an order, those it may stand
    on, from 1; equal options may exchange theirs.
    """

    key: str
    share: Fraction = Fraction(0)
    truth: Fraction = Fraction(0)
    places: tuple[int, ...] = ()
    ticked: Fraction = Fraction(0)


@dataclass(frozen=True)
class AnswerKey:
    """What earns the marks of a box. `kind`: number, numbers, choice, order, short (text), or essay (a person marks it).

    numbers: one, or those of an array or shape, row by row, of the size `shape`; options: of a choice or an order; single:
    whether exactly one option is right; alone: whether that is so by nature (yes or no, distractors); spellings: of a short
    text, the likeliest first; model: the formula that an essay ends at, if any; limits: what of our marking gets lost where
    answers are only compared with this key, in words; trials: generated answers with our marks (`grader.sheets.agreement`).
    """

    kind: str
    numbers: tuple[Number, ...] = ()
    shape: tuple[int, ...] = ()
    options: tuple[OptionKey, ...] = ()
    single: bool = False
    alone: bool = False
    spellings: tuple[str, ...] = ()
    model: str = ""
    limits: tuple[str, ...] = ()
    trials: tuple = ()


def answer_keys(solution, policies=None):
    """(part, box) -> AnswerKey for every box of a solved problem; policies: of its paper, where there is another one."""
    return {
        (part.id, box.name): answer_key(solution, part, box, policies) for part in solution.problem.parts for box in part.boxes
    }


def answer_key(solution, part, box, policies=None):
    """The AnswerKey of one box of a Solution. Where no key can be made, a person marks it (`essay`)."""
    policies = policies or (solution.paper.policies if solution.paper else Policies())
    question = Question((solution, *solution.readings), part, box, policies)
    make = _MAKERS[BY_KIND[question.kind]]
    try:
        key = make(question)
    except (GraderError, OverflowError):  # a value too large for a float
        key = None
    if key is None:
        return _for_a_person(question)
    follow = (FOLLOWED,) if box.follow and question.node is not None and _rests_on_earlier(question) else ()
    return replace(key, limits=(*key.limits, *follow))


def _for_a_person(question, why=BY_HAND):
    try:
        model = KINDS[question.kind].show(question).formula
    except GraderError:
        model = ""
    return AnswerKey(ESSAY, model=model, limits=(why,))


def _rests_on_earlier(question):
    """Whether the answer of another box stands on the way to this one's."""
    inside = set(reachable([question.node])) - {question.node}
    boxes = question.solution.program.boxes
    return any(
        node in inside for place, node in boxes.items() if place != question.place and node.op not in ("given", "constant")
    )


# --- numbers ---


def _number(question):
    if question.symbolic:
        return None
    value = question.solution.value(question.node)
    if value.array.ndim:
        return _numbers(question)
    number = _judged(question, _key_of_number(value.array[()], value.system, question.box.digits), {})
    others = _expected(question, number)
    whole = number.low == number.high == number.value
    limits = () if whole else (SHORT_OF_DIGITS, LONGER)
    limits += (MIXED,) if len(question.part.boxes) > 1 and _has_readings(question, others) else ()
    return AnswerKey(NUMBER, (replace(number, others=others),), limits=limits)


def _has_readings(question, others):
    values = [BALL.element(one.reference(*question.place).array[()]) for one in question.solutions[1:]]
    own = BALL.element(question.solution.value(question.node).array[()])
    return any(other.share == 1 for other in others) and any(not own.overlaps(value) for value in values)


def _numbers(question):
    if question.symbolic:
        return _short(question)
    value = question.solution.value(question.node)
    if value.array.size > MOST_ENTRIES:
        return _for_a_person(question, TOO_LARGE)
    if _changes_together(question):
        return _for_a_person(question, TOGETHER)
    scale = max((abs(BALL.element(element)).mid() for element in value.array.flat), default=None)
    positions = list(np.ndindex(*value.array.shape))
    numbers = [
        replace(_key_of_number(value.array[at], value.system, question.box.digits, scale), name=f"[{', '.join(map(str, at))}]")
        for at in positions
    ]
    if len(numbers) <= MOST_JUDGED:
        texts = [number.text for number in numbers]
        numbers = [_judged(question, number, (texts, at, value.array.shape)) for at, number in enumerate(numbers)]
    whole = all(number.low == number.high == number.value for number in numbers)
    share = question.policies.array == "share" and question.kind != "shape"
    limits = [ENTRIES if share else ALL_ENTRIES, ARRANGED]
    limits += [] if whole else [SHORT_OF_DIGITS, LONGER]
    limits += [READINGS] if _reads_otherwise(question) else []
    limits += [LAYOUTS] if question.box.layout == "any" else []
    return AnswerKey(NUMBERS, tuple(numbers), value.array.shape, limits=tuple(limits))


def _reads_otherwise(question):
    value = question.solution.value(question.node)
    for other in question.solutions[1:]:
        found = other.reference(*question.place)
        if found.array.shape != value.array.shape or not _overlap(found, value):
            return True
    return False


def _overlap(one, two):
    return not _different(one, two)


def _different(one, two):
    """The number of entries in which two values of one shape differ."""
    pairs = zip(one.array.flat, two.array.flat, strict=True)
    return sum(not BALL.element(a).overlaps(BALL.element(b)) for a, b in pairs)


def _changes_together(question):
    """Whether another reading has other values in several entries at once, which no list for each entry can say."""
    value = question.solution.value(question.node)
    others = [other.reference(*question.place) for other in question.solutions[1:]]
    return any(other.array.shape != value.array.shape or _different(other, value) > 1 for other in others)


def _key_of_number(element, system, digits, scale=None):
    """The Number of one element of a reference, by the rule of roundings alone."""
    value = as_fraction(element) if system is EXACT else as_fraction_of_ball(element)
    exact = exact_number(element) if system is EXACT else f"≈ {decimal_number(element, system)}"
    low, high = _interval(element, value, digits, scale)
    return Number(low, high, value, exact, _typed(value, system, low, high))


def _typed(value, system, low, high):
    """A value in decimals: all of them where they end, else what is surely accepted."""
    text = decimal_text(value)
    if system is EXACT and Fraction(text) == value:
        return text
    inside = Fraction(text)
    return text if low <= inside <= high else decimal_text(low if inside < low else high)


def decimal_text(value):
    """A Fraction as a decimal that `float` reads: whole numbers exactly, others to DIGITS significant digits."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator / value.denominator:.{DIGITS}g}"


def _interval(element, value, digits, scale, finer=FINER):
    """(smallest, largest) decimal that is a correct rounding of a reference to at least the asked digits, or cut off there."""
    accepted = [value]
    if digits is None and _is_whole(element):
        return value, value
    unit = asked_place(BALL.element(element), digits)
    if digits is None and scale is not None and scale >= BALL.element(TENTH):  # two decimals do for all entries of such an array
        unit = max(unit, Fraction(1, 10**ENOUGH_PLACES))
    for _ in range(finer):
        below = value // unit * unit
        accepted += [one for one in {below, below + unit} if _accepts(element, one, unit, digits, scale)]
        if below == value:
            break
        unit /= 10
    low, high = min(accepted), max(accepted)
    if Fraction(decimal_text(value)) != value:  # 1/3 with the digits of a computer
        margin = NOISE * Fraction(9, 10) * abs(value)
        low, high = min(low, _short_decimal(value - margin)), max(high, _short_decimal(value + margin))
    return low, high


def _short_decimal(value):
    return Fraction(f"{float(value):.9g}")


def _is_whole(element):
    return not hasattr(element, "mid") and as_fraction(element).denominator == 1


def _accepts(element, typed, unit, digits, scale):
    entry = read_numbers(to_places(typed, unit)).entries[()]
    return compare_entry(element, entry, digits, scale) in (SAME, TRUNCATED)


def to_places(value, unit):
    """A multiple of a power of ten as it is typed: with all its places."""
    units, places = value / unit, max(0, len(str(unit.denominator)) - 1)
    text = str(abs(int(units * unit * 10**places))).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{text[:-places]}.{text[-places:]}" if places else f"{sign}{text}"


def _judged(question, number, others):
    """The number with its interval widened to what rounding on the way can give, as far as that gets full marks."""
    digits, at = question.box.digits, others[1] if others else 0
    if digits is None and number.low == number.high == number.value and number.value.denominator == 1:
        return number
    honest = honest_values(question.solution, question.node, digits)
    if honest is None:
        return number
    unit, ball = asked_place(BALL.element(number.value), digits), list(honest.flat)[at]
    lowest = max(as_fraction_of_ball(ball.lower()), number.value - unit)
    highest = min(as_fraction_of_ball(ball.upper()), number.value + unit)
    low, high = number.low, number.high
    for place in (unit / 10**finer for finer in range(LEVELS)):
        lower, upper = -((place / 2 - lowest) // place) * place, (highest + place / 2) // place * place
        if lower < low and _gets_full_marks(question, lower, place, others):
            low = lower
        if upper > high and _gets_full_marks(question, upper, place, others):
            high = upper
    return replace(number, low=low, high=high)


def _gets_full_marks(question, value, unit, others):
    text = to_places(value, unit)
    if others:
        texts, at, shape = others
        text = typed_array([*texts[:at], text, *texts[at + 1 :]], shape)
    return verdict_on(question, text).state in FULL


def typed_array(texts, shape):
    """Entries, row by row, as one typed array."""
    if not shape:
        return texts[0]
    size = len(texts) // shape[0] if shape[0] else 0
    return f"[{', '.join(typed_array(texts[at * size : (at + 1) * size], shape[1:]) for at in range(shape[0]))}]"


def verdict_on(question, text):
    """The Verdict of our checker on an answer that is typed alone, with marks and feedback."""
    judge = Judge(question.solution, question.policies)
    return with_feedback(credit(judge.box(question.part, question.box, text), question.policies))


def _expected(question, number):
    """The Expected values: of other readings, of partial credits, and of slips that our checker names; the likelier first."""
    taken, found = [(number.low, number.high)], []
    tried = slips = 0
    for element in _candidates(question):
        if slips == MOST_SLIPS or tried == MOST_TRIED:
            break
        value = as_fraction_of_ball(element) if hasattr(element, "mid") else as_fraction(element)
        low, high = _interval(element, value, question.box.digits, None, FINER_OTHERS)
        if any(low <= end and start <= high for start, end in taken):
            continue
        text = decimal_text(value) if low == high else decimal_text(_nearest(value, element, question.box.digits))
        tried += 1
        verdict = verdict_on(question, text)
        share = Fraction(1) if verdict.state in FULL else _share(verdict)
        if share is None or (not share and "sentence" not in verdict.evidence):
            continue
        if verdict.state == WRONG and verdict.feedback in ("Not right.", ""):
            continue
        low, high = _with_one_share(question, low, high, Fraction(text), share)
        slips += share < 1
        taken.append((low, high))
        found.append(Expected(low, high, text, share, verdict.feedback))
    return tuple(found)


def _with_one_share(question, low, high, value, share):
    """The part of an interval around a value in which our checker gives one share, as far as PROBES of it show."""
    if low == high:
        return low, high
    probes = sorted({low, high, *(low + (high - low) * step / PROBES for step in range(1, PROBES))})
    below, above = [one for one in reversed(probes) if one < value], [one for one in probes if one > value]
    return _last_with(question, below, value, share), _last_with(question, above, value, share)


def _last_with(question, probes, value, share):
    """The last of the probes, from a value on, up to which all have a share."""
    for probe in probes:
        verdict = verdict_on(question, decimal_text(probe))
        if (Fraction(1) if verdict.state in FULL else _share(verdict)) != share:
            break
        value = probe
    return value


def _rounded_step_by_step(question):
    if honest_values(question.solution, question.node, question.box.digits) is None:
        return []
    return [value for value in rounded_values(question.solution, question.node) if value is not None]


def _share(verdict):
    if verdict.state not in (WRONG, PARTLY) or verdict.share is None:
        return None
    return verdict.marks / verdict.out_of if verdict.out_of else verdict.share


def _nearest(value, element, digits):
    unit = asked_place(BALL.element(element), digits)
    return round(value / unit) * unit


def _candidates(question):
    """Elements of values that somebody may type: of other readings, of partial credits, of slips."""
    for solution in question.solutions[1:]:
        value = solution.reference(*question.place)
        if not value.array.ndim:
            yield value.array[()]
    for value in _rounded_step_by_step(question):
        yield value.array[()]
    for node in question.solution.program.partial.get(question.place, ()):
        value = question.solution.value(node)
        if not value.array.ndim:
            yield value.array[()]
    seen = set()
    for _, array in slip_values(question.solution, question.node):
        if array.ndim or not np.isfinite(array).all():
            continue
        value = Fraction(f"{float(array[()]):.12g}")
        if value not in seen:
            seen.add(value)
            yield EXACT.element(value)


# --- options ---


def _choice(question):
    if question.kind == "boolean":
        return _yes_or_no(question)
    truths, policy = question.solution.truths(question.part), question.policies.choice
    right, decided = (
        [key for key, truth in truths.items() if truth == 1],
        [key for key, truth in truths.items() if truth in (0, 1)],
    )
    single = len(right) == 1 and len(decided) == len(truths)
    count = max(1, len(right))
    penalty = {"all-or-nothing": Fraction(1), "per-option": Fraction(1, len(decided) or 1), "negative": Fraction(1, count)}[
        policy
    ]
    ticked = {0: -penalty, 1: Fraction(1, count)}
    options = tuple(
        OptionKey(
            key,
            choice_share(truths, {key}, policy) if single else ticked.get(truth, Fraction(0)),
            Fraction(truth),
            ticked=ticked.get(truth, Fraction(0)),
        )
        for key, truth in truths.items()
    )
    lost = {"all-or-nothing": (ALL_OPTIONS,) if count > 1 else (), "per-option": (PER_OPTION,), "negative": ()}[policy]
    limits = (READINGS,) if _other_truths(question, truths) else ()
    alone = single and bool(question.part.distractors)
    return AnswerKey(CHOICE, options=options, single=single, alone=alone, limits=(*lost, *limits))


def _other_truths(question, truths):
    return any(solution.truths(question.part) != truths for solution in question.solutions[1:])


def _yes_or_no(question):
    right = KINDS["boolean"].show(question).exact
    options = tuple(OptionKey(word, Fraction(int(word == right)), Fraction(int(word == right))) for word in ("yes", "no"))
    others = [KINDS["boolean"].show(replace(question, solutions=(one,))).exact for one in question.solutions[1:]]
    limits = (READINGS,) if any(one != right for one in others) else ()
    return AnswerKey(CHOICE, options=options, single=True, alone=True, limits=limits)


def _order(question):
    groups = [group.split(" = ") for group in KINDS["order"].show(question).exact.split(" < ")]
    places, first = {}, 1
    for group in groups:
        places |= dict.fromkeys(group, tuple(range(first, first + len(group))))
        first += len(group)
    keys = [option.key for option in question.part.options]
    return AnswerKey(ORDER, options=tuple(OptionKey(key, places=places[key]) for key in keys), limits=(POSITIONS,))


# --- texts ---


def _short(question):
    """All usual spellings of a formula that has only a few; else a person marks it."""
    if question.kind == "array" or question.box.layout == "any":
        return _for_a_person(question, MANY_SPELLINGS)
    formulas = (KINDS[question.kind].samples(question).right, KINDS[question.kind].show(question).formula)
    found = [every_spelling(text, question.kind) for text in formulas if text]
    right = tuple(text for text in dict.fromkeys(chain.from_iterable(found)) if _is_right(question, text))
    if not right or not all(found):
        return _for_a_person(question, MANY_SPELLINGS)
    return AnswerKey(SHORT, spellings=right, limits=(EXPRESSIONS,))


def every_spelling(text, kind="expression"):
    """The usual spellings of a number, a name, or a sum or product of two, the likeliest first; none of any other formula.

    kind: of the box; a growth may stand in `O(...)`, and a shape is a list of such formulas.

    >>> every_spelling("a + b")
    ['a + b', 'a+b', 'b + a', 'b+a']
    >>> every_spelling("a / b")
    []
    """
    tight = re.sub(r"\s*([-+*^(),\[\]])\s*", r"\1", text.strip())
    if kind == "shape":
        return _spellings_of_shape([entry for entry in tight.strip("()[]").split(",") if entry])
    inner = re.fullmatch(r"O\((.*)\)", tight) if kind == "growth" else None
    found = _forms(inner[1] if inner else tight, kind)
    if kind == "growth":
        found = [around.format(one) for around in ("O({})", "{}", "Θ({})", "Theta({})") for one in found]
    return _few(found)


def _few(found):
    found = list(dict.fromkeys(found))
    return found if len(found) <= MOST_SPELLINGS else []


def _spellings_of_shape(entries):
    rows = list(product(*(_forms(entry) for entry in entries)))
    if not entries or not rows or len(rows) * len(BRACKETS) * len(BETWEEN) > MOST_SPELLINGS:
        return []
    found = [around.format(between.join(row)) for around in BRACKETS for between in BETWEEN for row in rows]
    return _few([*found, *(form for row in rows for form in (f"({row[0]},)", f"[{row[0]},]") if len(row) == 1)])


def _forms(tight, kind="expression"):
    """The spellings of a formula without blanks."""
    if atom := _atom(tight, kind):
        return atom
    if tight.startswith("-") and NAME.fullmatch(tight[1:]) and (atom := _atom(tight[1:], kind)):
        return [sign + one for one in atom for sign in ("-", "- ", "−")]
    if (match := POWER_2.fullmatch(tight)) and (atom := _atom(match[1], kind)):
        powers = [f"{one}{power}" for one in atom for power in ("^2", "**2", "²", " ^ 2", " ** 2")]
        return powers + [f"{one}{sign}{one}" for one in atom for sign in TIMES]
    match = TWO.fullmatch(tight)
    left, right = (_atom(match[1], kind), _atom(match[3], kind)) if match else ([], [])
    if match and match[2] == "-":
        pairs = list(product(left, right))
        found = [f"{a}{minus}{b}" for a, b in pairs for minus in (" - ", "-", " − ", "−")]
        return found + [f"{minus}{b}{plus}{a}" for a, b in pairs for minus in "-−" for plus in (" + ", "+")]
    pairs = [pair for one, other in ((left, right), (right, left)) for pair in product(one, other)]
    return [f"{a}{sign}{b}" for a, b in pairs for sign in ((" + ", "+") if match[2] == "+" else TIMES)]


def _atom(text, kind):
    """The spellings of a whole number, a name or the logarithm of a name."""
    if text.isdecimal():
        return [text]
    if NAME.fullmatch(text):
        greek = [chr(name2codepoint[text])] if text in name2codepoint else []
        return [text, *([text.replace("_", "")] if "_" in text else []), *greek]
    match = LOGARITHM.fullmatch(text)
    names = _atom(match[1], kind) if match else []
    functions = ("log", "ln", "log2", "log_2", "ld", "lg") if kind == "growth" else ("log", "ln")
    return [form for name in names for one in functions for form in (f"{one}({name})", f"{one} {name}")]


def _is_right(question, text):
    try:
        return verdict_on(question, text).state in FULL
    except GraderError:
        return False


def _essay(question):
    return None


_MAKERS = {NUMBER: _number, NUMBERS: _numbers, CHOICE: _choice, ORDER: _order, SHORT: _short, ESSAY: _essay}
