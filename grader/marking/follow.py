"""Error carried forward: the reference worked out again with somebody's own earlier answers put in."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from grader.marking.compare import fitted
from grader.marking.solution import Value
from grader.marking.typed import Numbers
from grader.marking.verdict import FULL
from grader.maths.errors import GraderError, ShapeError
from grader.maths.graph import reachable

MOST_PAIRS = 12  # own answers up to which pairs are tried


@dataclass(frozen=True, eq=False)
class Own:
    """An earlier answer of the same person: where it was typed, what was read, and the state of its verdict."""

    part: str
    box: str
    numbers: Numbers
    state: str

    @property
    def name(self):
        return f"{self.part}.{self.box}" if self.box else self.part

    @property
    def right(self):
        return self.state in FULL


@dataclass(frozen=True)
class Followed:
    """The reference recomputed from own answers.

    Its value, the answers it rests on, whether they were taken as rounded (intervals), and whether something on the way lost its
    meaning (became zero throughout).
    """

    value: Value
    sources: tuple
    rounded: bool
    degenerate: bool


class Inconsistent(Exception):
    """The reference has no value once the own answers are put in."""


def follow(solution, target, owned) -> Iterator[Followed | Inconsistent]:
    """Recomputed references, in the order in which they are tried: all own answers, the wrong ones, each alone, pairs.

    Each with points first, then with intervals as wide as the typed rounding.
    """
    relevant = [own for own in owned if _matters(solution, own, target)]  # the answer itself is not among them yet
    tried = set()
    for sources in _candidates(relevant):
        for rounded in (False, True):
            if (sources, rounded) in tried or not _changes(sources, rounded):
                continue
            tried.add((sources, rounded))
            try:
                yield _recomputed(solution, target, sources, rounded)
            except GraderError as error:
                yield Inconsistent(str(error))


def _changes(sources, rounded):
    """Points matter only where an answer differs from the reference, intervals only where one was rounded."""
    return (
        any(own.numbers.rounded for own in sources) if rounded else any(not own.right or own.numbers.rounded for own in sources)
    )


def _matters(solution, own, target):
    node = solution.program.boxes.get((own.part, own.box))
    if node is None or node.op in ("given", "constant"):
        return False
    watched = {node, node.inputs[0]} if _is_entry(node) else {node}
    return not watched.isdisjoint(reachable([target]))


def _is_entry(node):
    """Whether a node picks a single entry of another one."""
    return node.op == "index" and all(isinstance(part, int) for part in node.settings["key"])


def _candidates(relevant):
    wrong = tuple(own for own in relevant if not own.right)
    yield tuple(relevant)
    if wrong:
        yield wrong
    for own in relevant:
        yield (own,)
    if len(relevant) <= MOST_PAIRS:
        yield from combinations(relevant, 2)


def _recomputed(solution, target, sources, rounded):
    override, entries = {}, {}
    for own in sources:
        node = solution.program.boxes[own.part, own.box]
        value = fitted(own.numbers.intervals() if rounded else own.numbers.values(), node.shape)
        if value is None:
            raise ShapeError(f"the answer to {own.name} has another shape")
        override[node] = value
        if _is_entry(node):
            entries.setdefault(node.inputs[0], {})[node.settings["key"]] = value
    work = solution.overridden(override, entries)
    value = Value(*work.with_system(target))
    if rounded:
        return Followed(value, sources, rounded, _recomputed(solution, target, sources, False).degenerate)
    return Followed(value, sources, rounded, _degenerate(solution, work, target, override, entries))


def _degenerate(solution, work, target, override, entries):
    """Whether a named value on the way, not itself overridden, became zero throughout although the reference's is not."""
    on_the_way = set(reachable([target], stop=override))
    for _, node in (*solution.program.named_nodes(), ("", target)):
        if (
            node in on_the_way
            and node not in override
            and node not in entries
            and _zero(work(node))
            and not _zero(solution.value(node).array)
        ):
            return True
    return False


def _zero(array):
    return all(element == 0 for element in np.asarray(array, dtype=object).flat)
