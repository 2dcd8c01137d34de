"""Variants on trial: how many candidates of a problem pass, whether its variants differ and ask for about the same, and whether
its texts speak of the drawn values.
"""

from dataclasses import dataclass, replace

import numpy as np

from grader.bank.load import problem_with_paper
from grader.bank.model import Complaint
from grader.bank.program import place
from grader.maths.errors import BankError
from grader.maths.graph import reachable
from grader.trial.literals import literal_values
from grader.variants.draw import Tally, draw_many, space_of
from grader.variants.measures import entries, measured, measures
from grader.variants.strata import ELSEWHERE

SEED = 1


@dataclass(frozen=True)
class Threshold:
    """A number that a problem's variants have to keep to, and why."""

    value: float
    reason: str


THRESHOLDS = {
    "rate": Threshold(
        1 / 500, "a variant is mostly among the first two blocks (1,280 candidates), so it is drawn within some ms"
    ),
    "variants": Threshold(10, "neighbours in a room have different ones; fewer are a fault even where there are no more"),
    "answers": Threshold(1 / 2, "of the variants: an answer copied from somebody else is wrong for most"),
    "less": Threshold(1 / 2, "operations, of the original's: half the work for the same marks is the most that is fair"),
    "more": Threshold(2, "operations, of the original's: twice the work is the most that fits into the same time"),
    "slack": Threshold(4, "operations that do not matter, as a task of three may become one of seven"),
}


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

    rate: the share of the candidates that pass; variants, answers: how many different ones there are (no answers: none has a
    value); whole: whether these are all there are; tried: how many candidates were looked at. operations, digits (of all answers
    together), open (the share of ReLUs that are), slips (that are told apart): Spreads. strata: label of a stratum -> how many of
    the variants lie in it.
    """

    id: str
    rate: float
    variants: int
    answers: int | None
    whole: bool = False
    tried: int = 0
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
        variants = draw_many(problem, count, SEED, paper, tally)
    except BankError as error:
        return VariantTrial(problem.id, tally.rate, 0, None, faults=tuple(error.complaints))
    found, original = measured(variants), measures(space.original, {}, 1)
    longest = max((own.tried for own in tally.by_stratum.values()), default=tally.tried)
    trial = VariantTrial(
        id=problem.id,
        rate=tally.rate,
        variants=len(variants),
        answers=len(set(found.answers) - {None}) or None,
        whole=len(variants) < count and space.whole(SEED, longest),
        tried=tally.tried,
        operations=_spread(original.operations, found.operations),
        digits=_spread(original.digits, found.digits),
        open=_spread(original.open, found.open),
        slips=_spread(original.slips, found.slips),
        strata=tuple((label, sum(one.stratum == label for one in variants)) for label in sorted(tally.by_stratum)),
        notes=tuple(literal_values(problem, space, variants)),
    )
    sentences = [
        *_rare(tally),
        *_few(trial, count),
        *_alike(trial, space),
        *_uneven(found, trial, variants),
        *_unseen(found, variants),
    ]
    where = next((place(text) for text in problem.draw.values() if isinstance(text, str)), problem.where)
    return replace(trial, faults=tuple(Complaint(where, f"draw: {sentence}") for sentence in sentences))


def _spread(original, found):
    """The Spread of a measure; NOTHING where it does not apply."""
    if np.isnan(original[0]) or np.isnan(found).any():
        return NOTHING
    return Spread(*(round(float(value), 3) for value in (original[0], found.min(), found.max())))


# --- faults: sentences that say how to mend them ---


def _rare(tally):
    """Too few candidates pass, of all or of a stratum."""
    for label, own in sorted(tally.by_stratum.items()) or [("", tally)]:
        if own.passed / own.tried < THRESHOLDS["rate"].value:
            inside = f" in the stratum '{label}'" if label else ""
            worst = next(((reason, count) for reason, count in own.rejected.most_common() if reason != ELSEWHERE), None)
            most = f"; '{worst[0]}' rejects {worst[1]:,}" if worst else ""
            yield f"only {own.passed:,} of {own.tried:,} candidates pass{inside} (1 in {_one_in('rate')} should){most}"


def _few(trial, count):
    """Too few different variants."""
    least = min(count, int(THRESHOLDS["variants"].value))
    if trial.whole and trial.variants < least:
        yield f"there are only {trial.variants:,} variants in all, and {least} should be; draw more values, or one more given"
    elif trial.variants < count and not trial.whole:
        yield f"there are only {trial.variants:,} variants among {trial.tried:,} candidates; {count:,} were wanted"


def _alike(trial, space):
    """Too few different answers; formulas in which a drawn value may stand are not counted."""
    if trial.answers is None or not space.original.boxes or _in_formulas(space):
        return
    if trial.answers < THRESHOLDS["answers"].value * trial.variants:
        told = f"the {trial.variants:,} variants have only {trial.answers:,} different sets of answers"
        yield f"{told} (half as many as variants should be); widen the ranges that the answers rest on, or draw one more given"


def _in_formulas(space):
    names = {step.settings["name"] for step in reachable(space.original.formulas()) if step.op == "given"}
    return bool(names & space.calls.keys())


def _uneven(found, trial, variants):
    """Some variants are much less work than the original, or much more.

    Those of other sizes are left out: a person has a formula for what the graph works out entry by entry.
    """
    sizes = {checks: entries(checks) for one in variants for checks in (one.checks, one.checks.twin)}
    for twin, which in _by_twin(variants).items():
        same = which & np.array([sizes[one.checks] == sizes[one.checks.twin] for one in variants])
        slack, first = THRESHOLDS["slack"].value, float(measures(twin, {}, 1).operations[0])
        low, high = THRESHOLDS["less"].value * first - slack, THRESHOLDS["more"].value * first + slack
        outside = int((same & ((found.operations < low) | (found.operations > high))).sum())
        if outside:
            few, many = int(found.operations[same].min()), int(found.operations[same].max())
            told = f"the work of {outside:,} of {trial.variants:,} variants is unlike the original's {first:.0f} operations"
            told += f"{_with_functions(twin)} ({max(low, 0):.0f} to {high:.0f} may be): {few} to {many}"
            yield f"{told}; narrow the ranges, draw without zeros, or use 'alike'"


def _unseen(found, variants):
    """Fewer slips are told apart than in the original."""
    for twin, which in _by_twin(variants).items():
        least, first = int(found.slips[which].min()), int(measures(twin, {}, 1).slips[0])
        if least < first:
            yield f"in some variants {least} slips are told apart, but {first} in the original{_with_functions(twin)}"


def _by_twin(variants):
    """The original, and the original with each function that is drawn -> a mask of the variants that are compared with it."""
    twins = dict.fromkeys(one.checks.twin for one in variants)
    return {twin: np.array([one.checks.twin is twin for one in variants]) for twin in twins}


def _with_functions(twin):
    """The functions of an original, where some are given, as in ` with f = tanh`."""
    told = ", ".join(f"{name} = {one.function}" for name, one in twin.program.functions.items())
    return f" with {told}" if told else ""


def _one_in(name):
    return round(1 / THRESHOLDS[name].value)
