"""Choices whose wrong options are made of slips: what is offered, in which order, and which option a typed value means.

Slips with a meaning of their own come first, then those at the last operation, those of a whole answer, and all others. Of each
tag at most one is taken, and only what differs from the right value, and from the others, as it is shown. All options of a part
have one form: exact where all are short, else rounded to the same number of decimals.
"""

import hashlib
from dataclasses import dataclass, replace
from itertools import islice
from string import ascii_uppercase

import numpy as np

from grader.bank.model import Complaint, Option
from grader.bank.program import place
from grader.bank.statement import typed_in_decimals
from grader.marking.comparing.compare import SAME, TRUNCATED, compare, compare_wide
from grader.marking.comparing.slip_values import SWAPPED, float_work, slip_values
from grader.marking.comparing.slips import Diagnosis, slip_evidence
from grader.marking.kinds.closed_forms import closed_form
from grader.marking.kinds.option_forms import forms_of
from grader.marking.kinds.quantities import read_values
from grader.marking.kinds.question import Misfit
from grader.marking.kinds.symbolic import equality, read_expression
from grader.marking.reading.typed import read_numbers
from grader.marking.solution import Value
from grader.maths.errors import BankError, GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node, reachable
from grader.maths.options import apart, decimals_shown, plausible, whole
from grader.maths.show import exact_number, nested
from grader.maths.slips import FAR_FETCHED, PLAIN, SPECIFIC, Slipped, slipped
from grader.maths.systems import BALL

LONGEST = 100  # characters of a formula that is offered
MOST_FORMULAS = 40  # wrong formulas that are looked at
TOO_EARLY = "updated-value-used"  # of all slips with a meaning of their own the least likely
UNLIKELY = frozenset(slip.tag for slip in FAR_FETCHED)
ROUNDING = frozenset({"floor", "ceil"})  # operations behind which only whole numbers make sense


@dataclass(frozen=True, eq=False)
class Offer:
    """One option: its letter, its value as text and as a node, the slip that gives it (None: it is right), and that in words."""

    key: str
    text: str
    node: Node
    slip: Slipped | None
    because: str

    @property
    def right(self):
        return self.slip is None


@dataclass(frozen=True, eq=False)
class _Candidate:
    """What could be offered: its text, the node it is the value of, and the slip that made it."""

    text: str
    node: Node
    slip: Slipped | None = None


def offers_of(solution, part):
    """The Offers of a part with distractors, by their letters; raises BankError where slips give too few."""
    if part.id not in solution.offers:
        box = part.boxes[0]
        target = solution.program.boxes[part.id, box.name]
        found = _formulas(solution, box, target) if solution.symbolic(target) else _values(solution, box, target)
        if len(found) <= box.distractors:
            raise BankError([_too_few(part, box, len(found) - 1)])
        seed = _seed(solution, part)
        shuffled = sorted(found, key=lambda one: hashlib.sha256(f"{seed}\n{one.text}".encode()).digest())
        solution.offers[part.id] = tuple(
            Offer(key, one.text, one.node, one.slip, _in_words(solution, target, one.slip))
            for key, one in zip(ascii_uppercase, shuffled, strict=False)
        )
    return solution.offers[part.id]


def as_options(offers):
    """Offers as the Options of a part."""
    return tuple(Option(one.key, one.text, "true" if one.right else "false", one.because) for one in offers)


def _seed(solution, part):
    """What the order of the options follows from: the problem, the part, and all given values."""
    values = solution.program.values
    lines = [f"{name}={nested(values[name], exact_number)}" for name in sorted(values)]
    return "\n".join([solution.problem.id, part.id, *lines])


def _too_few(part, box, count):
    wanted = f"part {part.id}: {box.distractors} wrong options are asked for"
    return Complaint(place(box.value, part.where), f"{wanted}, but slips give only {count} that can be told apart")


def slip_told(solution, target, slip):
    """What a verdict says about the slip of an option."""
    return slip_evidence(solution, target, Diagnosis(slip.tag, slip.sentence, (slip.tag,), slip.places, True, 0.0))


def _in_words(solution, target, slip):
    """The slip of an option in a sentence, with the named value in which it was made; empty for the right one."""
    if slip is None:
        return ""
    told = slip_told(solution, target, slip)
    return told["sentence"] + (f" (in {told['within']})" if told.get("within") else "")


def _rank(slip, target):
    """The order in which slips are taken; those of one rank as they come."""
    if slip.tier == SPECIFIC:
        return 2 if slip.tag == TOO_EARLY else 0
    if slip.tier == PLAIN:
        return 1 if target in slip.places and slip.tag not in UNLIKELY else 3
    return 2


# --- numbers and arrays ---


def _values(solution, box, target):
    """The reference and its distractors, in the best form that there are enough of; the most there are, where there are not."""
    numbers, most = _Numbers(solution, box, target), []
    for form in numbers.forms():
        for strict in (True, False):
            found = numbers.chosen(form, strict)
            if len(found) > box.distractors:
                return found
            most = max(most, found, key=len)
    return most


class _Numbers:
    """The values that could be offered beside a reference in numbers."""

    def __init__(self, solution, box, target):
        self.solution, self.box, self.target = solution, box, target
        self.right = solution.value(target)
        work, way = float_work(solution), reachable([target])
        self.floats = _flat(work(target))
        named = {target, *(node for _, node in solution.program.named_nodes())}
        self.negative = any((_flat(work(node)) < 0).any() for node in way if node in named or node.op == "given")
        rounded = any(node.op in ROUNDING for node in way)
        self.whole = bool(whole(self.floats)) and (rounded or all(whole(_flat(work(node))) for node in way))
        self.readings = [_in_floats(other.value(other.program.boxes[self._place(target)])) for other in solution.readings]
        found = [(slip, _flat(array)) for slip, array in slip_values(solution, target) if array.shape == target.shape]
        self.slips = sorted(found, key=lambda pair: _rank(pair[0], target))

    def _place(self, target):
        return next(place for place, node in self.solution.program.boxes.items() if node is target)

    def forms(self):
        """The forms that the reference has, the best first."""
        typed = typed_in_decimals(str(self.box.value), self.solution.problem)
        return forms_of(self.right, decimals_shown(self.floats, self.box.digits), self.box.digits, typed)

    def chosen(self, form, strict):
        """The reference and the first slips that can be told apart; strict: only those that make sense in every way."""
        found, arrays, tags = [_Candidate(form.show(self.right), self.target)], [self.floats], set()
        for slip, array in self.slips:
            if len(found) > self.box.distractors:
                break
            if slip.tag in tags or not plausible(array, self.floats) or (strict and not self._sensible(array)):
                continue
            if form.rounds and not all(apart(array, other, self.floats, self.box.digits) for other in arrays):
                continue
            text = self._text(form, slip)
            if text is not None and all(text != one.text for one in found):
                tags.add(slip.tag)
                found.append(_Candidate(text, slip.node, slip))
                arrays.append(array)
        return found

    def _sensible(self, array):
        """Whether an option is whole or positive where all is that it comes from, and right under no other reading."""
        if (self.whole and not whole(array)) or (not self.negative and (array < 0).any()):
            return False
        return all(array.shape != other.shape or apart(array, other, self.floats) for other in self.readings)

    def _text(self, form, slip):
        """The value of a slip as text; None where it does not exist, or not in this form."""
        try:
            return form.show(_value(self.solution, slip))
        except GraderError:
            return None


def _in_floats(value):
    return np.array([float(entry.mid()) for entry in BALL.array(value.array).flat])


def _flat(array):
    return np.asarray(array, dtype=float).reshape(-1)


def _value(solution, slip):
    """The Value of a slip."""
    if slip.tag != SWAPPED:
        return solution.value(slip.node)
    values, (one, two) = solution.program.values, slip.places
    return Value(*Evaluation({**values, one: values[two], two: values[one]}).with_system(slip.node))


# --- formulas ---


def _formulas(solution, box, target):
    """The reference and its distractors as formulas in the symbols of the problem."""
    found, tags = [_Candidate(closed_form(solution, target, box.names), target)], set()
    for slip in sorted(islice(slipped(target), MOST_FORMULAS), key=lambda slip: _rank(slip, target)):
        if len(found) > box.distractors:
            break
        if slip.tag in tags or slip.node.shape != target.shape:
            continue
        text = _formula(solution, box, slip.node)
        if text and all(text != one.text and _different(solution, slip.node, one) for one in found):
            tags.add(slip.tag)
            found.append(_Candidate(text, slip.node, slip))
    return found


def _formula(solution, box, node):
    """A wrong formula as text; empty where there is none, or it is too long."""
    try:
        text = closed_form(solution, node, box.names)
    except GraderError:
        return ""
    return text if len(text) <= LONGEST and "..." not in text and "≈" not in text else ""


def _different(solution, node, other):
    """Whether a formula is proved to be another one than a candidate's."""
    return equality(solution, other.node, node, other.text).state == "different"


# --- which option a typed value means ---


def options_with_value(question, text):
    """The Offers whose value was typed; raises GraderError where the text is no value."""
    offers = offers_of(question.solution, question.part)
    if question.symbolic:
        senses = [sense for sense in read_expression(question, text) if not isinstance(sense, Misfit)]
        return [one for one in offers if any(_equal(question.solution, one, sense) for sense in senses)]
    senses = read_values(question, text)
    return [one for one in offers if any(_agrees(question.solution, one, sense, question.box.digits) for sense in senses)]


def _equal(solution, offer, sense):
    return offer.node.shape == sense.node.shape and equality(solution, offer.node, sense.node, sense.text).state == "equal"


def _agrees(solution, offer, numbers, digits):
    value = solution.value(offer.node) if offer.right else _value(solution, offer.slip)
    return compare(value, numbers, digits).outcome in (SAME, TRUNCATED)


def option_meeting(question, value):
    """The one Offer that a value worked out otherwise, from own answers or under another reading, has as its text, or None."""
    met = []
    for one in offers_of(question.solution, question.part):
        numbers = read_numbers(one.text)
        found = compare(value, numbers, question.box.digits) if value.exact else compare_wide(value.array, numbers)
        if found.outcome in (SAME, TRUNCATED):
            met.append(one)
    return met[0] if len(met) == 1 else None


def numbers_of(offer):
    """The value of an option in numbers, as somebody types it; later answers may follow from it."""
    return replace(read_numbers(offer.text), text=offer.text)
