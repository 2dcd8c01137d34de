"""Variants on trial: how many candidates of a problem pass, and whether its variants differ and ask for about the same."""

from dataclasses import dataclass

from grader.bank.load import problem_with_paper
from grader.bank.model import Complaint
from grader.bank.program import place
from grader.maths.errors import BankError
from grader.variants.draw import Tally, draw_many

LEAST_RATE = 1 / 1000  # the share of the candidates that has to pass
SEED = 1


@dataclass(frozen=True)
class VariantTrial:
    """What became of a problem's variants.

    rate: the share of the candidates that pass; variants, answers: how many different ones there are; digits: the fewest and the
    most digits that the answers of a variant have together.
    """

    id: str
    rate: float
    variants: int
    answers: int
    digits: tuple[int, int]
    faults: tuple[Complaint, ...] = ()


def try_variants(id, count):
    """The VariantTrial of a problem with `draw`, from `count` variants; None for one without."""
    problem, paper = problem_with_paper(id)
    if not problem.draw:
        return None
    tally = Tally()
    try:
        variants = draw_many(problem, count, SEED, paper, tally)
    except BankError as error:
        return VariantTrial(problem.id, tally.rate, 0, 0, (0, 0), tuple(error.complaints))
    where = next((place(text) for text in problem.draw.values() if isinstance(text, str)), problem.where)
    faults = []
    if tally.rate < LEAST_RATE:
        faults.append(Complaint(where, f"draw: only {round(tally.rate * tally.tried):,} of {tally.tried:,} candidates pass"))
    if len(variants) < count:
        faults.append(Complaint(where, f"draw: there are only {len(variants):,} variants; {count:,} were wanted"))
    answers = {tuple(variant.answers.values()) for variant in variants}
    digits = [sum(sum(map(str.isdigit, answer)) for answer in variant.answers.values()) for variant in variants]
    return VariantTrial(problem.id, tally.rate, len(variants), len(answers), (min(digits), max(digits)), tuple(faults))
