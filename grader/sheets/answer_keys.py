"""What is right in every box, for systems that can only compare: intervals of numbers, options with shares, spellings.

Everything comes from our own checker: an interval holds what it gives full marks to when that is typed alone.
"""

from dataclasses import replace
from fractions import Fraction

from grader.bank.model import Policies
from grader.marking.kinds.choices import choice_share
from grader.marking.kinds.distractors import offers_of
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.maths.errors import GraderError
from grader.maths.graph import reachable
from grader.sheets.key_formulas import formula_key
from grader.sheets.key_model import (
    CHOICE,
    ESSAY,
    NUMBER,
    NUMBERS,
    ORDER,
    READINGS,
    SHORT,
    AnswerKey,
    OptionKey,
    for_a_person,
)
from grader.sheets.key_numbers import number_key, numbers_key

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

FOLLOWED = "errors carried forward from earlier answers earn no marks"
POSITIONS = "every place of an order earns its share of the marks, though only the whole earns any here"
ALL_OPTIONS = "of several right options each earns its share of the marks, though only all of them together earn any here"
PER_OPTION = "an option that is rightly left out earns nothing"


def answer_keys(solution, policies=None):
    """(part, box) -> AnswerKey for every box of a solved problem; policies: of its paper, where there is another one."""
    return {
        (part.id, box.name): answer_key(solution, part, box, policies) for part in solution.problem.parts for box in part.boxes
    }


def answer_key(solution, part, box, policies=None):
    """The AnswerKey of one box of a Solution. Where no key can be made, a person marks it (`essay`)."""
    policies = policies or (solution.paper.policies if solution.paper else Policies())
    question = Question((solution, *solution.readings), part, box, policies)
    kind = BY_KIND[question.kind]
    try:
        key = _MAKERS[kind](question) if kind != ESSAY else None
    except (GraderError, OverflowError):  # a value too large for a float
        key = None
    if key is None:
        return for_a_person(question)
    follow = (FOLLOWED,) if box.follow and question.node is not None and _rests_on_earlier(question) else ()
    return replace(key, limits=(*key.limits, *follow))


def _rests_on_earlier(question):
    """Whether the answer of another box stands on the way to this one's."""
    inside = set(reachable([question.node])) - {question.node}
    boxes = question.solution.program.boxes
    return any(
        node in inside for place, node in boxes.items() if place != question.place and node.op not in ("given", "constant")
    )


# --- options ---


def _choice(question):
    if question.kind == "boolean":
        return _yes_or_no(question)
    truths, policy = question.solution.truths(question.part), question.policies.choice
    right, decided = (
        [key for key, truth in truths.items() if truth == 1],
        [key for key, truth in truths.items() if truth in (0, 1)],
    )
    if not decided:  # a tie that nothing decides: any of them is right
        options = tuple(OptionKey(key, Fraction(1), Fraction(truth), ticked=Fraction(1)) for key, truth in truths.items())
        return AnswerKey(CHOICE, options=options, single=True, alone=True)
    single = len(right) == 1 and len(decided) == len(truths)
    count = max(1, len(right))
    penalty = {"all-or-nothing": Fraction(1), "per-option": Fraction(1, len(decided) or 1), "negative": Fraction(1, count)}[
        policy
    ]
    ticked = {0: -penalty, 1: Fraction(1, count)}
    told = {one.key: one.because for one in offers_of(question.solution, question.part)} if question.part.distractors else {}
    options = tuple(
        OptionKey(
            key,
            choice_share(truths, {key}, policy) if single else ticked.get(truth, Fraction(0)),
            Fraction(truth),
            ticked=ticked.get(truth, Fraction(0)),
            because=told.get(key, ""),
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


_MAKERS = {NUMBER: number_key, NUMBERS: numbers_key, CHOICE: _choice, ORDER: _order, SHORT: formula_key}
