"""What an answer key says: intervals of numbers, options with shares, spellings, and what of our marking gets lost."""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import floor, log10

from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.kinds.table import KINDS
from grader.maths.errors import GraderError

NUMBER, NUMBERS, CHOICE, ORDER, SHORT, ESSAY = "number", "numbers", "choice", "order", "short", "essay"
DIGITS = 15  # significant digits of the decimal of a value

READINGS = "answers that are right under another reading of the question are marked wrong"
BY_HAND = "a person marks it"


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

    text: the value in decimals; feedback: what our checker says of it; short: whether it is right but for too few digits.
    """

    text: str
    share: Fraction
    feedback: str
    short: bool = False

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "share", _known(self.share))


@lru_cache(maxsize=256)
def _known(share):
    """The same share, always as the same object, which writers find quickly."""
    return share


@dataclass(frozen=True)
class Number(Interval):
    """One number to type: `name` is its place in an array (`[0, 1]`), or empty.

    value: exact, or the middle of a certified ball; exact: as text, with ≈ where it is not rational; text: a decimal that is
    accepted; shown: the same with few digits, for people; low and high: the smallest and the largest decimal that earn full
    marks; others: the Expected; no two overlap.
    """

    value: Fraction
    exact: str
    text: str
    name: str = ""
    others: tuple[Expected, ...] = ()
    shown: str = field(init=False, compare=False, kw_only=True)

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "shown", _short_text(self))


@dataclass(frozen=True)
class OptionKey:
    """One option of a choice: the share of the marks for ticking it (negative where it costs some). truth: 1, 0, or 1/2.

    ticked: the share where several may be ticked, also of a choice with one right option; places: of an order, those it may stand
    on, from 1; equal options may exchange theirs; because: what our checker says of it, where it is made from a slip.
    """

    key: str
    share: Fraction = Fraction(0)
    truth: Fraction = Fraction(0)
    places: tuple[int, ...] = ()
    ticked: Fraction = Fraction(0)
    because: str = ""


@dataclass(frozen=True)
class AnswerKey:
    """What earns the marks of a box. `kind`: number, numbers, choice, order, short (text), or essay (a person marks it).

    numbers: one, or those of an array or shape, row by row, of the size `shape`; options: of a choice or an order; single:
    whether one option is to be ticked; alone: whether that is so by nature (yes or no, distractors, a tie); spellings: of a short
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


def decimal_text(value):
    """A Fraction as a decimal that `float` reads: whole numbers exactly, others to DIGITS significant digits."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator / value.denominator:.{DIGITS}g}"


def _short_text(number):
    """A Number's value, rounded to a digit or two beyond those that its interval shows, where that is shorter and lies in it."""
    if number.low == number.high:
        return number.text
    place = 1 - floor(log10((number.high - number.low) / 2))
    rounded = Fraction(round(number.value * 10**place), 10**place) if place > 0 else Fraction(round(number.value))
    text = decimal_text(rounded)
    return text if len(text) < len(number.text) and number.low <= rounded <= number.high else number.text


# --- for all makers of keys ---


def verdict_on(question, text):
    """The Verdict of our checker on an answer that is typed alone, with marks and feedback."""
    judge = Judge(question.solution, question.policies)
    return with_feedback(credit(judge.box(question.part, question.box, text), question.policies))


def for_a_person(question, why=BY_HAND):
    """The AnswerKey of a box that a person marks, with the formula that its answer ends at."""
    try:
        model = KINDS[question.kind].show(question).formula
    except GraderError:
        model = ""
    return AnswerKey(ESSAY, model=model, limits=(why,))
