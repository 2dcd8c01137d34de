"""Variants on trial: how many candidates of a problem pass, whether its variants differ and ask for about the same, and whether
its texts speak of the drawn values.
"""

from dataclasses import dataclass

import numpy as np

from grader.bank.load import problem_with_paper
from grader.bank.model import Complaint
from grader.bank.program import place
from grader.maths.errors import BankError
from grader.trial.literals import literal_values
from grader.variants.draw import Tally, draw_many, space_of
from grader.variants.measures import measured, measures

SEED = 1


@dataclass(frozen=True)
class Threshold:
    """A number that a problem's variants have to keep to, and why."""

    value: float
    reason: str


THRESHOLDS = {
    "rate": Threshold(1 / 500, "a variant is among the first two blocks of candidates, so that a student's takes some ms"),
    "variants": Threshold(10, "neighbours in a room have different ones; fewer are a fault even where there are no more"),
    "answers": Threshold(1 / 2, "of the variants: an answer copied from somebody else is wrong for most"),
    "less": Threshold(1 / 2, "operations, of the original's: half the work for the same marks is the most that is fair"),
    "more": Threshold(2, "operations, of the original's: twice the work is the most that fits into the same time"),
    "slack": Threshold(4, "operations that do not matter, as a task of three may become one of seven"),
}
MOST_TOLD = 1  # variants with too little or too much work that a fault names


@dataclass(frozen=True)
class Spread:
    """A measure: of the original, and the least and the most of the variants; None where it does not apply."""

    original: float | None
    least: float | None
    most: float | None


NOTHING = Spread(None, None, None)


@dataclass(frozen=True)
class VariantTrial:
    """What became of a problem's variants.

    rate: the share of the candidates that pass; variants, answers: how many different ones there are; whole: whether these are
    all there are. operations, digits (of all answers together), open (share of ReLUs that are), slips (that are told apart):
    Spreads. strata: label of a stratum -> how many of the variants lie in it.
    """

    id: str
    rate: float
    variants: int
    answers: int
    whole: bool = False
    operations: Spread = NOTHING
    digits: Spread = NOTHING
    open: Spread = NOTHING
    slips: Spread = NOTHING
    strata: tuple = ()
    faults: tuple[Complaint, ...] = ()
    notes: tuple[Complaint, ...] = ()


def try_variants(id, count):
    """The VariantTrial of a problem with `draw`, from `count` variants; None for one without."""
    problem, paper = problem_with_paper(id)
    if not problem.draw:
        return None
    tally = Tally()
    try:
        space = space_of(problem, paper)
        notes = tuple(literal_values(problem, space))
        variants = draw_many(problem, count, SEED, paper, tally)
    except BankError as error:
        return VariantTrial(problem.id, tally.rate, 0, 0, faults=tuple(error.complaints))
    found, original = measured(variants), measures(space.original, {}, 1)
    trial = VariantTrial(
        id=problem.id,
        rate=tally.rate,
        variants=len(variants),
        answers=len(set(found.answers)),
        whole=len(variants) < count and space.whole(SEED, tally.tried),
        operations=_spread(original.operations, found.operations),
        digits=_spread(original.digits, found.digits),
        open=_spread(original.open, found.open),
        slips=_spread(original.slips, found.slips),
        strata=tuple((label, sum(one.stratum == label for one in variants)) for label in tally.by_stratum),
        notes=notes,
    )
    where = next((place(text) for text in problem.draw.values() if isinstance(text, str)), problem.where)
    faults = [*_rate_faults(tally), *_number_faults(trial, count, tally), *_answer_faults(trial, found), *_work_faults(variants, found, trial)]
    return _with_faults(trial, tuple(Complaint(where, f"draw: {fault}") for fault in faults))
