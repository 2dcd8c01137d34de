"""What became of the items of the catalogue of source documents: in which problems they are, what is left out."""

from dataclasses import dataclass

from grader.bank.words import counted


def items_of(problem):
    """The ids of the catalogue's items that a problem carries, in the order of its parts."""
    return list(dict.fromkeys(str(id) for part in problem.parts for id in part.catalogue))


@dataclass(frozen=True)
class Coverage:
    """Items of the catalogue, each once: held by problems (of which there are so many), left out for a reason, and missing.

    unknown: ids that problems name and the catalogue does not have.
    """

    held: tuple
    problems: int
    left_out: tuple
    missing: tuple
    unknown: tuple

    @classmethod
    def of(cls, items, problems):
        """items: id -> Item; problems: the ids of the items of each problem."""
        asked = {id for ids in problems for id in ids}
        return cls(
            held=tuple(id for id in items if id in asked),
            problems=sum(any(id in items for id in ids) for ids in problems),
            left_out=tuple(id for id, item in items.items() if item.lost and id not in asked),
            missing=tuple(id for id, item in items.items() if not item.lost and id not in asked),
            unknown=tuple(sorted(asked.difference(items))),
        )

    def __str__(self):
        total = len(self.held) + len(self.left_out) + len(self.missing)
        told = f"{len(self.held)} in {counted(self.problems, 'problem')}, {len(self.left_out)} left out"
        return f"{counted(total, 'item')} of the catalogue: {told}{f', {len(self.missing)} missing' if self.missing else ''}."
