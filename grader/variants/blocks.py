"""Candidates of one block: filtered in floats all at once, and what is left confirmed exactly."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

import numpy as np

from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable
from grader.maths.systems import EXACT
from grader.variants.checks import COINCIDING, DUPLICATE, ORIGINAL, SLIP, UNDEFINED, slip_outcomes
from grader.variants.columns import COLUMNS, column, entries
from grader.variants.rough import RoughEvaluation

FEWEST_AT_ONCE = 16  # candidates that are confirmed in columns
FAILURES = (GraderError, ArithmeticError, np.linalg.LinAlgError)


@dataclass
class Tally:
    """What became of the candidates of whole blocks.

    rejected: reason -> how many, each by the first that applies; alone: reason -> how many it rejects by itself (of those that
    were looked at for it).
    """

    tried: int = 0
    kept: int = 0
    rejected: Counter = field(default_factory=Counter)
    alone: Counter = field(default_factory=Counter)

    @property
    def rate(self):
        """The share of the candidates that pass, also those that passed before."""
        passed = self.kept + self.rejected[DUPLICATE] + self.rejected[ORIGINAL]
        return passed / self.tried if self.tried else 0.0


@dataclass(frozen=True)
class Layout:
    """How the drawn values of a candidate lie in a row of whole numbers: (name, shape, denominator) one behind the other."""

    parts: tuple

    def numerators(self, rows):
        """name -> (whole numbers of that shape, denominator); `rows` may be one row or many."""
        found, start = {}, 0
        for name, shape, denominator in self.parts:
            end = start + prod(shape)
            found[name] = rows[..., start:end].reshape((*rows.shape[:-1], *shape)), denominator
            start = end
        return found

    def exact(self, row):
        """name -> exact array."""
        return {name: exact_array(numerators, denominator) for name, (numerators, denominator) in self.numerators(row).items()}


def exact_array(numerators, denominator):
    """Whole numbers over a denominator as an array of rationals."""
    result = np.empty(np.shape(numerators), dtype=object)
    for place, value in np.ndenumerate(numerators):
        result[place] = EXACT.element(Fraction(int(value), denominator))
    return result


@dataclass(frozen=True, eq=False)
class Found:
    """A candidate that is kept: its number, and its values as a row with its layout."""

    candidate: int
    row: np.ndarray
    layout: Layout


class Graph:
    """A graph of the problem with all its checks."""

    def __init__(self, checks):
        self.checks, self.tests = checks, checks.all()
        self.answers = tuple(dict.fromkeys(checks.boxes.values()))

    @property
    def entries(self):
        """How many numbers one candidate takes."""
        nodes = [*self.answers, *(test.node for test in self.tests)]
        return sum(prod(node.shape) for node in reachable(nodes)) or 1


class Block:
    """The candidates with some numbers."""

    def __init__(self, space, seed, candidates):
        self.space, self.seed, self.candidates = space, seed, candidates
        self.reasons = np.zeros(len(candidates), dtype=np.int64)  # 0: kept, else a place in `told`
        self.told, self.alone = ["kept"], Counter()

    def kept(self, all_at_once=False):
        """The candidates that are kept, as Found, in their order."""
        groups = [_Group(self, *group) for group in self.space.groups(self.seed, self.candidates)]
        of = np.zeros(len(self.candidates), dtype=np.int64)
        for number, group in enumerate(groups):
            of[group.places] = number
        order = range(len(self.candidates))
        if len(groups) == 1:
            groups[0].filter()
            order = np.flatnonzero(self.reasons == 0).tolist()
        for place in order:
            group = groups[of[place]]
            if group.filter() and self.reasons[place] == 0 and group.confirmed(place, all_at_once):
                yield Found(int(self.candidates[place]), group.rows[group.inside[place]], group.layout)

    def number(self, reason):
        """The place of a reason in `told`."""
        if reason not in self.told:
            self.told.append(reason)
        return self.told.index(reason)

    def reject(self, candidate, reason):
        self.reasons[candidate - self.candidates[0]] = self.number(reason)

    def count(self, tally):
        """Add what became of all candidates to a Tally; for a block of which every kept candidate was taken."""
        counts = np.bincount(self.reasons, minlength=len(self.told))
        tally.tried += len(self.candidates)
        tally.kept += int(counts[0])
        tally.rejected.update({reason: int(n) for reason, n in zip(self.told[1:], counts[1:], strict=True) if n})
        tally.alone.update(self.alone)


class _Group:
    """Candidates of a block that share a graph. places: theirs in the block; rows: their values."""

    def __init__(self, block, places, rows, layout):
        self.block, self.places, self.rows, self.layout = block, places, rows, layout
        self.inside = {int(place): position for position, place in enumerate(places)}
        self.graph, self.filtered, self.sure, self.untold = None, False, set(), set()

    # --- floats ---

    def filter(self):
        """Reject in floats, once; gives True."""
        if not self.filtered:
            self.filtered = True
            self.graph = self._graph()
            if self.graph is not None:
                with np.errstate(all="ignore"):
                    self._reject()
        return True

    def _graph(self):
        try:
            return self.block.space.graph(self.layout.exact(self.rows[0]))
        except GraderError:  # shapes that do not fit, a size below 1
            self._mark(np.ones(len(self.rows), dtype=bool), UNDEFINED)
            return None

    def _mark(self, bad, reason):
        """Reject the candidates of a mask that are still left."""
        number = self.block.number(reason)
        self.block.alone[reason] += int(bad.sum())
        new = self.places[bad & (self.block.reasons[self.places] == 0)]
        self.block.reasons[new] = number

    def _work(self, rows):
        drawn = {name: numerators / denominator for name, (numerators, denominator) in self.layout.numerators(rows).items()}
        return RoughEvaluation({**self.graph.checks.program.values, **drawn})

    def _reject(self):
        """The author's conditions for all, the rest for those that are left."""
        self._try([test for test in self.graph.tests if test.early], ())
        left = self._left()
        if len(left):
            self._try([test for test in self.graph.tests if not test.early], self.graph.answers, left)
        left = self._left()
        if len(left) and self.graph.checks.slips():
            self._reject_slips(left)

    def _left(self):
        return np.flatnonzero(self.block.reasons[self.places] == 0)

    def _try(self, tests, answers, left=None):
        left = np.arange(len(self.rows)) if left is None else left
        work, count = self._work(self.rows[left]), len(left)
        for answer in answers:
            values = self._values(work, answer, count)
            if values is not None:
                self._mark(self._among(left, ~np.isfinite(values).all(axis=1)), UNDEFINED)
        for test in tests:
            values = self._values(work, test.node, count)
            if values is None:
                self.untold.add(test)
            else:
                self._mark(self._among(left, values[:, 0] != 0), test.reason)

    @staticmethod
    def _values(work, node, count):
        """A node's values, a row for each candidate; None where floats cannot tell."""
        try:
            array = work(node)
        except FAILURES:
            return None
        return np.broadcast_to(array, (count, *node.shape)).reshape(count, -1)

    def _reject_slips(self, left):
        idle, told_apart = slip_outcomes(self._work(self.rows[left]), self.graph.checks, len(left))
        spared, enough = self.block.space.slips_of_original
        for known, mask in idle.items():
            if known not in spared:
                self._mark(self._among(left, mask), SLIP)
        for box, counts in told_apart.items():
            self._mark(self._among(left, counts < enough.get(box, 0)), COINCIDING)

    def _among(self, left, mask):
        """A mask of some candidates as one of all."""
        found = np.zeros(len(self.rows), dtype=bool)
        found[left] = mask
        return found

    # --- exactly ---

    def confirmed(self, place, all_at_once):
        """Whether a candidate that floats have left passes exactly as well."""
        if place not in self.sure:
            waiting = [one for one in self.places.tolist() if self.block.reasons[one] == 0] if all_at_once else [place]
            self._confirm(waiting)
        return self.block.reasons[place] == 0

    def _to_confirm(self):
        return [test for test in self.graph.tests if not test.sure or test in self.untold]

    def _confirm(self, waiting):
        reasons = self._in_columns(waiting) if len(waiting) >= FEWEST_AT_ONCE else None
        if reasons is None:
            reasons = map(self._one, waiting)
        for place, reason in zip(waiting, reasons, strict=True):
            self.sure.add(place)
            if reason is not None:
                self.block.reasons[place] = self.block.number(reason)

    def _in_columns(self, waiting):
        """The reason to reject each, or None where it is kept; None for all where something is not rational."""
        rows = self.rows[[self.inside[place] for place in waiting]]
        drawn = {name: column(*both) for name, both in self.layout.numerators(rows).items()}
        work = Evaluation({**self.graph.checks.program.values, **drawn}, (COLUMNS,))
        reasons = [None] * len(waiting)
        try:
            for answer in self.graph.answers:
                work(answer)
            for test in self._to_confirm():
                for position, entry in enumerate(entries(work(test.node), len(waiting))):
                    if entry != 0 and reasons[position] is None:
                        reasons[position] = test.reason
        except FAILURES:
            return None
        return reasons

    def _one(self, place):
        """The same for one candidate, in rationals and balls."""
        drawn = self.layout.exact(self.rows[self.inside[place]])
        work = Evaluation({**self.graph.checks.program.values, **drawn})
        reason = UNDEFINED
        try:
            for answer in self.graph.answers:
                work(answer)
            for test in self._to_confirm():
                reason = test.reason
                passes = work(test.node)[()] == 0  # a ball that may hold something else does not
                if not passes:
                    return reason
        except FAILURES:
            return reason
        return None
