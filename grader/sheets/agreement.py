"""How far a system that only compares agrees with our marking: generated answers, judged by both.

Our checker judges them once, when a key is made; a target is a rule that gives its share of the marks for the same answer.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

import numpy as np

from grader.bank.model import Policies
from grader.marking.comparing.compare import asked_place
from grader.marking.comparing.slip_values import slip_values
from grader.marking.kinds.question import Question
from grader.marking.verdict import FULL
from grader.maths.errors import GraderError
from grader.maths.systems import BALL
from grader.sheets.key_model import CHOICE, ESSAY, NUMBER, NUMBERS, ORDER, SHORT, decimal_text, verdict_on
from grader.sheets.key_numbers import to_places, typed_array

ONE_TICK = "with one option ticked"
CLOSE = Fraction(1, 100)  # shares that differ by less are the same: systems know only some shares
RANDOM = 4  # wrong answers by chance
MOST_SLIPS = 4  # of an array
FRACTION, COMMA, POWER, SUM = "as a fraction", "with a decimal comma", "with a power of ten", "as a calculation"
EXACT_VALUE, ASKED = "as a decimal", "rounded as asked"
FEWER, MORE = "with too few digits", "with more digits than asked, but not the correct rounding"
EDGE, BEYOND = "at the edge of rounding", "just beyond the edge of rounding"
SLIP, CHANCE, PARTS, TURNED = "with a typical slip", "wrong by chance", "with some entries wrong", "arranged otherwise"
TICKS, ORDERS, SPELLING, WRONG_TEXT = "with other options ticked", "in another order", "spelled otherwise", "with a wrong formula"


@dataclass(frozen=True)
class Trial:
    """A generated answer: of which sort; its entries (numbers, ticked options, options in order, or one text); the share of the
    marks that our checker gives, None where a person decides."""

    sort: str
    entries: tuple[str, ...]
    share: Fraction | None


@dataclass(frozen=True)
class Target:
    """A system: its name, and `share`: (AnswerBox, Trial, language of the sheet) -> its share of the marks, None where nobody can
    enter the answer."""

    name: str
    share: Callable


@dataclass(frozen=True)
class Agreement:
    """What the generated answers of a sheet showed; `others`: (where, sort, entries, our share, theirs) where they differ.

    by_hand: how many boxes were not compared, since a person marks them there.
    """

    target: str
    same: int
    total: int
    others: tuple = ()
    by_hand: int = 0

    def sentence(self):
        """For people: how much is the same, and what students would lose or win; empty where nothing was compared."""
        if not self.total:
            return ""
        left = f"; it leaves {self.by_hand} {'box' if self.by_hand == 1 else 'boxes'} to a person" if self.by_hand else ""
        told = f"{self.target} agrees with our marking on {self.same:,} of {self.total:,} generated answers{left}."
        less = [sort for _, sort, _, ours, theirs in self.others if ours is not None and theirs < ours]
        more = [sort for _, sort, _, ours, theirs in self.others if ours is not None and theirs > ours]
        open_ = [sort for _, sort, _, ours, _ in self.others if ours is None]
        for sorts, change in (
            (less, "fewer marks than here"),
            (more, "more marks than here"),
            (open_, "a verdict without a person"),
        ):
            if sorts:
                counted = ", ".join(f"{sort} ({count})" for sort, count in Counter(sorts).most_common())
                told += f" Students would get {change} for answers {counted}."
        return told

    def fields(self):
        """The same for JSON."""
        keys = ("where", "sort", "answer", "ours", "theirs")
        rows = [(where, sort, list(answer), _text(ours), _text(theirs)) for where, sort, answer, ours, theirs in self.others]
        return {"same": self.same, "total": self.total, "others": [dict(zip(keys, row, strict=True)) for row in rows]}


def _text(share):
    return None if share is None else str(share)


def agreement(sheet, target):
    """The Agreement of a Target on the boxes of a sheet; of a question with variants on the first."""
    same, total, by_hand, others = 0, 0, 0, []
    for question in sheet.questions:
        for part in question.parts:
            for box in part.boxes:
                key = question.variants[0].keys[part.id, box.name] if question.variants else box.key
                by_hand += key.kind == ESSAY
                where = f"{question.name} {part.id}{'.' + box.name if box.name else ''}"
                for trial in key.trials:
                    theirs = target.share(replace(box, key=key), trial, sheet.language)
                    if theirs is None:
                        continue
                    total += 1
                    if trial.share is not None and abs(theirs - trial.share) < CLOSE:
                        same += 1
                    else:
                        others.append((where, trial.sort, trial.entries, trial.share, theirs))
    return Agreement(target.name, same, total, tuple(others), by_hand)


# --- generated answers ---


def with_trials(solution, part, box, key):
    """An AnswerKey with answers that were generated for it, the same ones every time."""
    if key.kind == ESSAY:
        return key
    question = Question((solution, *solution.readings), part, box, solution.paper.policies if solution.paper else Policies())
    generator = random.Random(f"{solution.problem.id} {part.id} {box.name}")
    seen, trials = set(), []
    for sort, entries in _GENERATORS[key.kind](question, key, generator):
        if entries not in seen:
            seen.add(entries)
            trials.append(Trial(sort, entries, _our_share(question, key, entries)))
    return replace(key, trials=tuple(trials))


def _our_share(question, key, entries):
    text = typed_array(entries, key.shape) if key.kind == NUMBERS else ", ".join(entries)
    try:
        verdict = verdict_on(question, text or "none")
    except GraderError:
        return None
    if verdict.share is None or verdict.state == "unreadable":
        return None
    if verdict.state in FULL:
        return Fraction(1)
    return verdict.marks / verdict.out_of if verdict.out_of else verdict.share


def _numbers(question, key, generator):
    number, digits = key.numbers[0], question.box.digits
    for sort, text in _spellings(number, digits):
        yield sort, (text,)
    for sort, text in _around(number, digits):
        yield sort, (text,)
    for other in number.others:
        yield SLIP, (other.text,)
    for text in _by_chance(number, digits, generator):
        yield CHANCE, (text,)


def _arrays(question, key, generator):
    digits = question.box.digits
    spelled = [dict(_spellings(number, digits)) for number in key.numbers]
    right = tuple(number.text for number in key.numbers)
    for sort in (EXACT_VALUE, FRACTION, ASKED, FEWER, COMMA, POWER):
        yield sort, tuple(one.get(sort, number.text) for one, number in zip(spelled, key.numbers, strict=True))
    for at in {0, len(right) - 1}:
        for sort, text in _around(key.numbers[at], digits):
            yield sort, (*right[:at], text, *right[at + 1 :])
    wrong = [next(_by_chance(number, digits, generator)) for number in key.numbers]
    for count in sorted({1, len(right) // 2, len(right) // 2 + 1, len(right)} - {0}):
        if count <= len(right):
            places = set(generator.sample(range(len(right)), count))
            sort = CHANCE if count == len(right) else PARTS
            yield sort, tuple(wrong[at] if at in places else text for at, text in enumerate(right))
    if len(key.shape) == 2 and key.shape[0] == key.shape[1]:
        yield TURNED, tuple(np.array(right, dtype=object).reshape(key.shape).T.flat)
    arrays = (array for _, array in slip_values(question.solution, question.node))
    fitting = (array for array in arrays if array.shape == key.shape and np.isfinite(array).all())
    for array in islice(fitting, MOST_SLIPS):
        yield SLIP, tuple(_rounded(Fraction(f"{float(entry):.12g}"), digits) for entry in array.flat)


def _unit(value, digits):
    return asked_place(BALL.element(value), digits)


def _rounded(value, digits):
    unit = _unit(value, digits)
    return decimal_text(value) if digits is None and value.denominator == 1 else to_places(round(value / unit) * unit, unit)


def _spellings(number, digits):
    """(sort, text) of the right value; too few digits are not right."""
    value, unit = number.value, _unit(number.value, digits)
    yield EXACT_VALUE, number.text
    if not number.exact.startswith("≈") and value.denominator != 1:
        yield FRACTION, number.exact
    if "." in number.text:
        yield COMMA, number.text.replace(".", ",")
    if value and not number.exact.startswith("≈"):
        yield POWER, f"{decimal_text(value / 100)}e2"
        yield SUM, f"{decimal_text(value - 1)} + 1"
    if value.denominator != 1 or digits is not None:
        yield ASKED, _rounded(value, digits)
        fewer = round(value / (10 * unit)) * 10 * unit
        if fewer:
            yield FEWER, to_places(fewer, 10 * unit)


def _around(number, digits):
    """(sort, text) at the ends of the interval, just beyond them, and inside with more digits."""
    if number.low == number.high == number.value:
        step = _unit(number.value, digits) if number.value else Fraction(1, 100)
        yield BEYOND, decimal_text(number.value + step)
        yield BEYOND, decimal_text(number.value - step)
        return
    unit = _unit(number.value, digits)
    for end, sign in ((number.low, -1), (number.high, 1)):
        yield EDGE, decimal_text(end) if end % unit else to_places(end, unit)
        yield BEYOND, decimal_text(end + sign * unit / 100)
        yield BEYOND, decimal_text(end + sign * unit)
        if abs(end - number.value) > unit / 20:
            yield MORE, decimal_text(end - sign * unit / 100)


def _by_chance(number, digits, generator):
    size = max(abs(number.value), Fraction(1))
    for _ in range(RANDOM):
        yield _rounded(number.value + size * Fraction(generator.choice((-1, 1)) * generator.randint(7, 150), 50), digits)


def _ticks(question, key, generator):
    keys = [option.key for option in key.options]
    right = tuple(option.key for option in key.options if option.truth == 1)
    if any(option.truth in (0, 1) for option in key.options):
        yield "with all right options ticked", right
    yield "with nothing ticked", ()
    yield "with everything ticked", tuple(keys)
    for one in keys:
        yield ONE_TICK, (one,)
        changed = tuple(other for other in keys if (other in right) != (other == one))
        yield TICKS, changed


def _yes_or_no(question, key, generator):
    if question.kind != "boolean":
        yield from _ticks(question, key, generator)
        return
    for option in key.options:
        yield ONE_TICK, (option.key,)


def _orders(question, key, generator):
    right = tuple(option.key for option in sorted(key.options, key=lambda option: option.places))
    yield "in the right order", right
    yield ORDERS, right[::-1]
    for place in range(len(right) - 1):
        yield ORDERS, (*right[:place], right[place + 1], right[place], *right[place + 2 :])
    for _ in range(RANDOM):
        yield ORDERS, tuple(generator.sample(right, len(right)))


def _texts(question, key, generator):
    for text in key.spellings:
        yield "as foreseen", (text,)
    first = key.spellings[0]
    tight = first.replace(" ", "")
    if question.kind == "shape":
        yield SPELLING, (f"= {first}",)
        return
    for text in (f"({first})", f"1 * ({first})", f"({first}) + 0", f" {tight} ", f"= {first}", tight.replace("*", "·")):
        yield SPELLING, (text,)
    for text in (f"({first}) + 1", f"2 * ({first})", f"-({first})"):
        yield WRONG_TEXT, (text,)


_GENERATORS = {NUMBER: _numbers, NUMBERS: _arrays, CHOICE: _yes_or_no, ORDER: _orders, SHORT: _texts}
