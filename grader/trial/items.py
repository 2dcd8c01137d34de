"""What a trial of the keys says of every item of the source documents, beside what an independent reading of them found."""

from dataclasses import dataclass

from grader.bank.keys import AGREES, AMBIGUOUS, HUMAN, NOT_PRINTED, WRONG

BY_WEIGHT = (WRONG, AMBIGUOUS, HUMAN, AGREES, NOT_PRINTED)  # an item is what the weightiest of its printed answers is


@dataclass(frozen=True)
class ItemTrial:
    """One item of the source documents.

    verdict: what our trial says (one of BY_WEIGHT); catalogue: what the catalogue says; by_person: whether a person's judgement
    decided; trials: those of its printed answers; problems: where it is asked; lost: why it is no problem, or ''.
    """

    id: str
    verdict: str
    catalogue: str
    by_person: bool
    trials: tuple
    problems: tuple
    lost: str = ""

    @property
    def agrees(self):
        """Whether our verdict is that of the catalogue."""
        return self.verdict == self.catalogue


def try_items(items, problems, trials):
    """The ItemTrials of the catalogue's items that the problems hold, or that are lost; in the order of the catalogue.

    items: id -> Item; problems: Problems; trials: all Trials of their keys.
    """
    asked, found = {}, {}
    for problem in problems:
        for id in sorted({id for part in problem.parts for id in part.catalogue}):
            asked.setdefault(id, []).append(problem.id)
    for trial in trials:
        for id in trial.items:
            found.setdefault(id, []).append(trial)
    return [
        _item(item, tuple(asked.get(id, ())), tuple(found.get(id, ()))) for id, item in items.items() if id in asked or item.lost
    ]


def _item(item, problems, trials):
    verdicts = [trial.verdict for trial in trials]
    verdict = next((one for one in BY_WEIGHT if one in verdicts), NOT_PRINTED)
    deciding = [trial for trial in trials if trial.verdict == verdict]
    by_person = bool(deciding) and all(trial.entry.judged for trial in deciding)
    return ItemTrial(item.id, verdict, item.verdict, by_person, trials, problems, item.lost)
