"""Candidates of one block: filtered in floats all at once, and what is left confirmed exactly."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import prod

import numpy as np

from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable
from grader.maths.systems import EXACT
from grader.variants.checks import COINCIDING, DUPLICATE, FEW_OPTIONS, ORIGINAL, SLIP, UNDEFINED, few_options, slip_outcomes
from grader.variants.columns import COLUMNS, column, entries
from grader.variants.rough import RoughEvaluation
from grader.variants.strata import ELSEWHERE

FEWEST_AT_ONCE = 16  # candidates that are confirmed in columns
DELICATE = {"divide": 1, "log": 0, "sqrt": 0, "power": 0}  # op -> the operand that matters
NEAR_ZERO = 1e-6  # such operands are looked at exactly
TOTAL = frozenset(  # operations with a value for all operands, floats having rejected what is near a tie
    {
        "given",
        "constant",
        "pi",
        "add",
        "subtract",
        "multiply",
        "negate",
        "matmul",
        "sum",
        "running_sum",
        "conv2d",
        "conv2d_input_gradient",
        "conv2d_kernel_gradient",
        "exp",
        "sigmoid",
        "tanh",
        "softplus",
        "softmax",
        "log_softmax",
        "sin",
        "cos",
        "relu",
        "leaky_relu",
        "elu",
        "active",
        "absolute",
        "max",
        "min",
        "maximum",
        "minimum",
        "where",
        "less",
        "less_equal",
        "equal",
        "reshape",
        "index",
        "concat",
        "permute",
        "broadcast_to",
        "row",
        "place",
        "pad",
        "patches",
        "flip",
        "fold",
    }
)
FAILURES = (GraderError, ArithmeticError, np.linalg.LinAlgError)


@dataclass
class Tally:
    """What became of the candidates of whole blocks.

    rejected: reason -> how many, each by the first that applies; alone: reason -> how many it rejects by itself (of those that
    were looked at for it). by_stratum: label -> Tally, where there are strata.
    """

    tried: int = 0
    kept: int = 0
    rejected: Counter = field(default_factory=Counter)
    alone: Counter = field(default_factory=Counter)
    by_stratum: dict = field(default_factory=dict)

    @property
    def rate(self):
        """The share of the candidates (of a stratum) that pass, also those that passed before."""
        tried = self.tried - self.rejected[ELSEWHERE]
        return self.passed / tried if tried else 0.0

    @property
    def passed(self):
        return self.kept + self.rejected[DUPLICATE] + self.rejected[ORIGINAL]

    def add(self, other):
        """Add what another Tally counted."""
        self.tried, self.kept = self.tried + other.tried, self.kept + other.kept
        self.rejected.update(other.rejected)
        self.alone.update(other.alone)


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
        self.checks, self._by_stratum = checks, {}

    @cached_property
    def delicate(self):
        """The nodes on the way to the answers that have no value where an operand is 0 (None: whose operands are not known)."""
        found = {}
        for node in reachable(self.answers):
            if node.expansion is None and node.op not in TOTAL:
                operand = DELICATE.get(node.op)
                found[None if operand is None else node.inputs[operand]] = True
        return tuple(found)

    @cached_property
    def tests(self):
        """All checks, the author's conditions first."""
        return self.checks.all()

    def tests_of(self, stratum):
        """All checks, those that reject what lies outside a stratum first."""
        if stratum not in self._by_stratum:
            own = stratum.checks(self.checks.program, self.checks.conventions) if stratum else ()
            self._by_stratum[stratum] = (*own, *self.tests)
        return self._by_stratum[stratum]

    @cached_property
    def answers(self):
        """The references of all boxes with numbers, each once."""
        return tuple(dict.fromkeys(self.checks.boxes.values()))

    @property
    def entries(self):
        """How many numbers one candidate takes."""
        nodes = [*self.answers, *(test.node for test in self.tests)]
        return sum(prod(node.shape) for node in reachable(nodes)) or 1


class Block:
    """The candidates with some numbers, and the stratum that they should lie in, or None.

    outcomes: values of candidates that were confirmed before (layout and row) -> the reason to reject them, or None.
    """

    def __init__(self, space, seed, candidates, stratum=None, outcomes=None):
        self.space, self.seed, self.candidates, self.stratum = space, seed, candidates, stratum
        self.outcomes = {} if outcomes is None else outcomes
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

    def first_of_each(self, size):
        """Number of a run of `size` candidates -> the first of it that is kept, as Found."""
        groups, found = [_Group(self, *group) for group in self.space.groups(self.seed, self.candidates)], {}
        of = np.zeros(len(self.candidates), dtype=np.int64)
        for number, group in enumerate(groups):
            of[group.places] = number
        open_runs = np.arange(len(self.candidates) // size)
        while len(open_runs):
            left = (self.reasons == 0).reshape(-1, size)[open_runs]
            open_runs, left = open_runs[left.any(axis=1)], left[left.any(axis=1)]
            next_ones = open_runs * size + left.argmax(axis=1)
            for number in dict.fromkeys(of[next_ones].tolist()):
                groups[number].settle([place for place in next_ones.tolist() if of[place] == number])
            for run, place in zip(open_runs.tolist(), next_ones.tolist(), strict=True):
                if self.reasons[place] == 0:
                    group = groups[of[place]]
                    found[run] = Found(int(self.candidates[place]), group.rows[group.inside[place]], group.layout)
            open_runs = open_runs[self.reasons[next_ones] != 0]
        return found

    def signatures(self):
        """The reasons that apply to a candidate in floats, as a frozenset -> for how many."""
        found = Counter()
        for group in self.space.groups(self.seed, self.candidates):
            found.update(_Group(self, *group).signatures())
        return found

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
        self.graph, self.tests, self.filtered, self.sure, self.untold = None, (), False, set(), set()
        self.doubtful = np.zeros(len(rows), dtype=bool)  # whether floats cannot tell that all answers have a value

    # --- floats ---

    def filter(self):
        """Reject in floats, once; gives True."""
        if not self.filtered:
            self.filtered = True
            if self.block.stratum:
                self._reject_elsewhere(self.block.stratum)
            self.graph = self._graph() if len(self._left()) else None
            if self.graph is not None:
                with np.errstate(all="ignore"):
                    self._reject()
        return True

    def _reject_elsewhere(self, stratum):
        """Reject those whose drawn values lie in another stratum."""
        inside = stratum.inside(self.layout.numerators(self.rows))
        if inside is not None:
            self._mark(~inside, ELSEWHERE)

    def signatures(self):
        """For every candidate the set of all reasons that apply to it."""
        graph, count = self._graph(), len(self.rows)
        if graph is None:
            return [frozenset({UNDEFINED})] * count
        masks, self.graph = {}, graph
        inside = self.block.stratum and self.block.stratum.inside(self.layout.numerators(self.rows))
        if inside is not None:
            masks[ELSEWHERE] = ~inside
        known = self.block.space.original_row(self.layout)
        masks[ORIGINAL] = np.array([row.tobytes() == known for row in self.rows])
        with np.errstate(all="ignore"):
            work = self._work(self.rows)
            for reason, mask in (*self._untrue(work, count), *self._slipped(work, count)):
                masks[reason] = masks.get(reason, False) | mask
        names = list(masks)
        table = np.array([np.broadcast_to(mask, count) for mask in masks.values()]).T
        return [frozenset(name for name, applies in zip(names, row, strict=True) if applies) for row in table.tolist()]

    def _untrue(self, work, count):
        """(reason, mask) of the answers without a value and of the tests."""
        for answer in self.graph.answers:
            values = self._values(work, answer, count)
            if values is not None:
                yield UNDEFINED, ~np.isfinite(values).all(axis=1)
        for test in self.tests:
            values = self._values(work, test.node, count)
            if values is not None:
                yield test.reason, values[:, 0] != 0

    def _slipped(self, work, count):
        """(reason, mask) of the slips."""
        if not self.graph.checks.slips():
            return
        idle, told_apart = slip_outcomes(work, self.graph.checks, count)
        spared, enough = self.graph.checks.twin.slips_met
        yield from ((SLIP, mask) for known, mask in idle.items() if known not in spared)
        yield from ((COINCIDING, counts < enough.get(box, 0)) for box, counts in told_apart.items())
        yield from ((FEW_OPTIONS, mask) for mask in few_options(work, self.graph.checks, count))

    def _graph(self):
        try:
            graph = self.block.space.graph(self.layout.exact(self.rows[0]))
            self.tests = graph.tests_of(self.block.stratum)  # conditions are read here, which may fail as well
        except GraderError:  # shapes that do not fit, a size below 1
            self._mark(np.ones(len(self.rows), dtype=bool), UNDEFINED)
            return None
        return graph

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
        self._try([test for test in self.tests if test.early], (), self._left())
        left = self._left()
        if len(left):
            self._try([test for test in self.tests if not test.early], self.graph.answers, left)
        left = self._left()
        if len(left) and self.graph.checks.slips():
            self._reject_slips(left)
        left = self._left()
        if len(left):
            self._doubt(left)

    def _doubt(self, left):
        """Find the candidates whose answers have to be worked out exactly, to see that they have a value."""
        work, count = self._work(self.rows[left]), len(left)
        for node in self.graph.delicate:
            values = None if node is None else self._values(work, node, count)
            doubtful = True if values is None else ~(np.abs(values) > NEAR_ZERO).all(axis=1)
            self.doubtful[left] |= doubtful

    def _left(self):
        return np.flatnonzero(self.block.reasons[self.places] == 0)

    def _try(self, tests, answers, left):
        """Look at those that are left, for answers without a value and at tests."""
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
        for reason, mask in self._slipped(self._work(self.rows[left]), len(left)):
            self._mark(self._among(left, mask), reason)

    def _among(self, left, mask):
        """A mask of some candidates as one of all."""
        found = np.zeros(len(self.rows), dtype=bool)
        found[left] = mask
        return found

    # --- exactly ---

    def settle(self, places):
        """Filter, and confirm those of some candidates that are left; the original is no variant."""
        self.filter()
        known = self.block.space.original_row(self.layout)
        for place in places:
            if self.rows[self.inside[place]].tobytes() == known and self.block.reasons[place] == 0:
                self.block.reasons[place] = self.block.number(ORIGINAL)
        waiting = [place for place in places if self.block.reasons[place] == 0 and place not in self.sure]
        if waiting:
            self._confirm(waiting)

    def confirmed(self, place, all_at_once):
        """Whether a candidate that floats have left passes exactly as well."""
        if place not in self.sure:
            waiting = [one for one in self.places.tolist() if self.block.reasons[one] == 0] if all_at_once else [place]
            self._confirm(waiting)
        return self.block.reasons[place] == 0

    def _to_confirm(self):
        return [test for test in self.tests if not test.sure or test in self.untold]

    def _confirm(self, waiting):
        """Confirm candidates or reject them; the same values once."""
        outcomes, values = self.block.outcomes, {place: self._value(place) for place in waiting}
        new = [place for value, place in {values[place]: place for place in waiting}.items() if value not in outcomes]
        reasons = self._in_columns(new) if len(new) >= FEWEST_AT_ONCE else None
        if reasons is None:
            reasons = map(self._one, new)
        outcomes.update({values[place]: reason for place, reason in zip(new, reasons, strict=True)})
        for place in waiting:
            self.sure.add(place)
            if outcomes[values[place]] is not None:
                self.block.reasons[place] = self.block.number(outcomes[values[place]])

    def _value(self, place):
        """What stands for the values of a candidate."""
        return self.layout, self.rows[self.inside[place]].tobytes()

    def _in_columns(self, waiting):
        """The reason to reject each, or None where it is kept; None for all where something is not rational."""
        rows = self.rows[[self.inside[place] for place in waiting]]
        drawn = {name: column(*both) for name, both in self.layout.numerators(rows).items()}
        work = Evaluation({**self.graph.checks.program.values, **drawn}, (COLUMNS,))
        reasons = [None] * len(waiting)
        try:
            for answer in self.graph.answers if any(self.doubtful[self.inside[place]] for place in waiting) else ():
                work(answer)
            for test in self._to_confirm():
                for position, entry in enumerate(entries(work(test.node), len(waiting))):
                    if entry != 0 and reasons[position] is None:
                        reasons[position] = test.reason
        except (*FAILURES, TypeError):  # what flint does with whole matrices takes no columns
            return None
        return reasons

    def _one(self, place):
        """The same for one candidate, in rationals and balls."""
        drawn = self.layout.exact(self.rows[self.inside[place]])
        work = Evaluation({**self.graph.checks.program.values, **drawn})
        reason = UNDEFINED
        try:
            for answer in self.graph.answers if self.doubtful[self.inside[place]] else ():
                work(answer)
            for test in self._to_confirm():
                reason = test.reason
                passes = work(test.node)[()] == 0  # a ball that may hold something else does not
                if not passes:
                    return reason
        except FAILURES:
            return reason
        return None
