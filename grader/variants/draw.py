"""Drawing variants: `draw` gives the one of a seed, `draw_many` several, `survey` what becomes of the candidates."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import islice
from types import MappingProxyType

from grader.bank.conventions import conventions_for
from grader.bank.load import problem_with_paper
from grader.bank.model import Complaint, Located, Problem
from grader.bank.program import place
from grader.bank.statement import DECIMALS
from grader.maths.errors import BankError, UsageError
from grader.maths.evaluate import Evaluation
from grader.maths.show import exact_number, exact_text, nested, terminating
from grader.maths.systems import as_fraction
from grader.variants.blocks import Found, Tally
from grader.variants.distributions import called
from grader.variants.space import CONDITIONS, Space

MOST = 100_000  # variants at once
DIGITS_OF_HASH = 16
POINT = re.compile(r"\d\.\d")
EMPTY = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Variant:
    """A problem with other values.

    original: the Problem it is drawn from; seed and number (from 0): which one; tries: how many candidates were looked at until
    it was found.
    """

    original: Problem
    seed: int
    number: int
    tries: int
    _found: Found = field(repr=False)
    _space: Space = field(repr=False)

    @cached_property
    def exact(self):
        """Drawn name -> exact array."""
        return MappingProxyType(self._found.layout.exact(self._found.row))

    @cached_property
    def values(self):
        """Drawn name -> the value as the statement shows it."""
        return MappingProxyType({name: _typed(self.original, name, array) for name, array in self.exact.items()})

    @cached_property
    def hash(self):
        """The identity of the variant: of the problem's name and the exact values."""
        lines = [self.original.id, *(f"{name}={nested(self.exact[name], exact_number)}" for name in sorted(self.exact))]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:DIGITS_OF_HASH]

    @cached_property
    def answers(self):
        """The values of all answers that are numbers, as text, by `part.box`."""
        graph = self._space.graph(self.exact)
        work = Evaluation({**graph.checks.program.values, **self.exact})
        return MappingProxyType(
            {".".join(filter(None, box)): exact_text(*work.with_system(node)) for box, node in graph.checks.boxes.items()}
        )

    @cached_property
    def problem(self):
        """The Problem with these values; it has no variants of its own, and no tests."""
        given = dict(self.original.given)
        given.update({name: Located(text, place(given[name])) for name, text in self.values.items()})
        return replace(self.original, given=MappingProxyType(given), draw=EMPTY, tests=())


def draw(problem, seed, paper=None):
    """The Variant of a problem for a seed, a whole number.

    problem: an id or a YAML file, then under the conventions of the paper beside it; or a Problem, then under those of `paper`.
    Raises UsageError for a problem without `draw`, and BankError where its `draw` has faults or rejects every candidate.
    """
    return draw_many(problem, 1, seed, paper)[0]


def draw_many(problem, count, seed, paper=None, tally=None):
    """The first `count` Variants for a seed, all different; fewer where there are no more.

    The n-th of them does not depend on `count`. tally: a Tally that counts what became of the candidates, in whole blocks.
    """
    if not 1 <= count <= MOST:
        raise UsageError(f"from 1 to {MOST:,} variants can be drawn at once, not {count:,}.")
    space, counts = _space(problem, paper), tally is not None
    tally = tally if counts else Tally()
    found = islice(space.found(seed, tally, all_at_once=count > 1 or counts), count)
    variants = [Variant(space.problem, seed, number, one.candidate + 1, one, space) for number, one in enumerate(found)]
    if not variants:
        raise BankError([_nothing_kept(space, tally)])
    return variants


def draw_faults(problem, paper=None):
    """The Complaints about a problem's `draw`; none where it has none."""
    if not problem.draw:
        return ()
    try:
        Space(problem, conventions_for(problem, paper))
    except BankError as error:
        return error.complaints
    return ()


def _space(problem, paper=None):
    if not isinstance(problem, Problem):
        problem, paper = problem_with_paper(problem)
    if not problem.draw:
        raise UsageError(f"problem {problem.id} has no 'draw', so it has no variants.")
    return _space_of(_Known(problem, conventions_for(problem, paper)))


class _Known:
    """A problem under some conventions, so that its Space can be remembered."""

    def __init__(self, problem, conventions):
        self.problem, self.conventions = problem, conventions
        self.key = id(problem), tuple(sorted(conventions.values.items()))

    def __eq__(self, other):
        return self.key == other.key  # both are held, so the problem is the same

    def __hash__(self):
        return hash(self.key)


@lru_cache(maxsize=64)
def _space_of(known):
    return Space(known.problem, known.conventions)


def _nothing_kept(space, tally):
    """The Complaint that no candidate is kept: what rejects most by itself first."""
    reasons = tally.alone if tally.alone else tally.rejected
    worst = [(reason, count) for reason, count in reasons.most_common() if count]
    told = "; ".join(f"'{reason}' rejects {'all' if count >= tally.tried else f'{count:,}'}" for reason, count in worst[:4])
    where = next((place(text) for name, text in space.problem.draw.items() if name not in CONDITIONS), space.problem.where)
    for kind in CONDITIONS:
        for text in space.problem.draw.get(kind, ()):
            if worst and worst[0][0] == f"{kind}: {text}":
                where = place(text)
    return Complaint(where, f"draw: of {tally.tried:,} candidates none can be kept: {told}")


# --- values as they are typed ---


def _typed(problem, name, array):
    """A drawn value as the statement shows it: in decimals where it is drawn in decimals, or the original is typed so."""
    original, text = str(problem.given[name]), str(problem.draw[name])
    typed = DECIMALS.search(original) and "/" not in original
    offered = POINT.search(text) and "/" not in text
    if "decimals" in called(text).function.name or typed or offered:
        return nested(array, lambda entry: terminating(as_fraction(entry)) or exact_number(entry))
    return nested(array, exact_number)
