"""Variants: `draw` gives the one of a seed, `draw_for` those of many seeds, `draw_many` several of one seed, `variant_of` the one
with given values.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import islice
from types import MappingProxyType

from grader.bank.conventions import conventions_for
from grader.bank.load import problem_with_paper
from grader.bank.model import Complaint, Located, Problem, Stack
from grader.bank.program import build_program, place
from grader.bank.statement import DECIMALS
from grader.maths.errors import BankError, GraderError, UsageError, nearest
from grader.maths.evaluate import Evaluation
from grader.maths.graph import show_shape
from grader.maths.language.declarations import declaration
from grader.maths.language.meaning import Scope
from grader.maths.language.named_functions import NAMED, NAMES, is_named
from grader.maths.show import exact_number, exact_text, nested, terminating
from grader.maths.systems import BALL, EXACT, as_fraction
from grader.variants.blame import nothing_kept
from grader.variants.blocks import Found, Tally, exact_array
from grader.variants.checks import Checks
from grader.variants.distributions import called, names_in_sizes, sampler
from grader.variants.space import Space

MOST = 100_000  # variants at once
SEED = 1  # with which a `draw` is tried
DIGITS_OF_HASH = 16
POINT = re.compile(r"\d\.\d")
EMPTY = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Variant:
    """A problem with other values.

    original: the Problem it is drawn from; seed and number (from 0): which one; tries: how many candidates were looked at until
    it was found. These three are None for a variant that was made from its values. stratum: the one of `per` in words, such as
    `n = 3`, else ''.
    """

    original: Problem
    seed: int | None
    number: int | None
    tries: int | None
    _made: object = field(repr=False)
    stratum: str = ""

    @cached_property
    def exact(self):
        """Drawn name -> exact array; of a function its place in NAMES."""
        return MappingProxyType(self._made.exact())

    @cached_property
    def values(self):
        """Drawn name -> the value as the statement shows it."""
        return MappingProxyType(self._made.typed(self.exact))

    @cached_property
    def hash(self):
        """The identity of the variant: of the problem's name and the exact values."""
        texts = {name: _function(self.original, name, array) or nested(array, exact_number) for name, array in self.exact.items()}
        lines = [self.original.id, *(f"{name}={texts[name]}" for name in sorted(texts))]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:DIGITS_OF_HASH]

    @property
    def checks(self):
        """The Checks of the graph that these values lead to."""
        return self._made.checks(self.exact)

    @cached_property
    def answers(self):
        """The values of all answers that are numbers, as text, by `part.box`."""
        checks = self.checks
        work = Evaluation({**checks.program.values, **self.exact})
        return MappingProxyType(
            {".".join(filter(None, box)): exact_text(*work.with_system(node)) for box, node in checks.boxes.items()}
        )

    @cached_property
    def problem(self):
        """The Problem with these values; it has no variants of its own, and no tests."""
        known = dict(self.original.given)
        known.update({name: Located(text, place(known[name])) for name, text in self.values.items()})
        return replace(self.original, given=MappingProxyType(known), draw=EMPTY, tests=())


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Where the values of a variant come from: a candidate of a space."""

    found: Found
    space: Space

    def exact(self):
        return self.found.layout.exact(self.found.row)

    def typed(self, exact):
        return {name: _typed(self.space.problem, name, array) for name, array in exact.items()}

    def checks(self, exact):
        return self.space.graph(exact).checks


@dataclass(frozen=True, eq=False)
class _Stored:
    """Where the values of a variant come from: texts, what they stand for, and the Checks of the problem with them."""

    texts: dict
    arrays: dict
    known: object

    def exact(self):
        return self.arrays

    def typed(self, exact):
        return self.texts

    def checks(self, exact):
        return self.known


def draw(problem, seed, paper=None):
    """The Variant of a problem for a seed, a whole number.

    problem: an id or a YAML file, then under the conventions of the paper beside it; or a Problem, then under those of `paper`.
    Raises UsageError for a problem without `draw`, and BankError where its `draw` has faults or rejects every candidate.
    """
    return draw_for(problem, [seed], paper)[0]


def draw_for(problem, seeds, paper=None):
    """The Variant of each of some seeds, as a list: what `draw` gives for it, but many times faster for hundreds of seeds."""
    space, seeds = _space(problem, paper), list(seeds)
    by_stratum = {}
    for seed in seeds:
        by_stratum.setdefault(_in_turn(space, seed)[0], []).append(seed)
    found = {}
    for stratum, some in by_stratum.items():
        for seed, one in space.firsts(some, stratum).items():
            label = stratum.label if stratum else ""
            found[seed] = Variant(space.problem, seed, 0, one.candidate + 1, _Drawn(one, space), label)
    return [found[seed] if seed in found else draw_many(problem, 1, seed, paper)[0] for seed in seeds]


def draw_many(problem, count, seed, paper=None, tally=None):
    """The first `count` Variants for a seed, all different; fewer where there are no more.

    The n-th of them does not depend on `count`. With `per:`, it lies in the stratum number `seed + n` (the strata in turn), so
    that as many variants in a row as there are strata have one in each. tally: a Tally that counts what became of the
    candidates, in whole blocks.
    """
    if not 1 <= count <= MOST:
        raise UsageError(f"from 1 to {MOST:,} variants can be drawn at once, not {count:,}.")
    space, counts = _space(problem, paper), tally is not None
    in_turn = _in_turn(space, seed)
    tallies = [Tally() for _ in in_turn]
    wanted = [-(-(count - turn) // len(in_turn)) for turn in range(len(in_turn))]
    streams = [
        islice(space.found(seed, own, all_at_once=most > 1 or counts, stratum=stratum), max(most, 0))
        for stratum, own, most in zip(in_turn, tallies, wanted, strict=True)
    ]
    variants = []
    for number in range(count):
        turn = number % len(in_turn)
        one = next(streams[turn], None)
        if one is None and number < len(in_turn):
            raise BankError([nothing_kept(space, seed, tallies[turn], in_turn[turn])])
        if one is None:
            break
        label = in_turn[turn].label if in_turn[turn] else ""
        variants.append(Variant(space.problem, seed, number, one.candidate + 1, _Drawn(one, space), label))
    if counts:
        for stratum, own in zip(in_turn, tallies, strict=True):
            tally.add(own)
            if stratum and own.tried:
                tally.by_stratum[stratum.label] = own
    return variants


def space_of(problem, paper=None):
    """The Space of a problem, or of the one of that id; raises UsageError where it has no `draw`."""
    return _space(problem, paper)


def strata(problem, paper=None):
    """The labels of the strata of `per:`, in their order; none where there are none."""
    return tuple(stratum.label for stratum in _space(problem, paper).strata)


def _in_turn(space, seed):
    """The strata in the order in which the variants of a seed take them; a single None where there are none."""
    if not space.strata:
        return (None,)
    first = seed % len(space.strata)
    return space.strata[first:] + space.strata[:first]


def variant_of(problem, values, paper=None):
    """The Variant with some values, name -> text as in `Variant.values`; its hash is that of the variant they were taken from.

    It rests on what is given alone, not on `draw`, so that it stays the same when a `draw` is changed. A given that is not among
    the values keeps its own. Raises UsageError with a sentence where a value does not fit the problem.
    """
    if not isinstance(problem, Problem):
        problem, paper = problem_with_paper(problem)
    if not values:
        raise UsageError(f"a variant of problem {problem.id} needs at least one value.")
    texts = {str(name): str(text) for name, text in values.items()}
    arrays = {name: _stored(problem, name, text) for name, text in texts.items()}
    checks = _checks_of(problem, conventions_for(problem, paper), arrays)
    return Variant(problem, None, None, None, _Stored(texts, arrays, checks))


def _checks_of(problem, conventions, arrays):
    """The Checks of a problem with some values (name -> array), from its Space where all of them are drawn."""
    space = None
    if problem.draw:
        try:
            space = _space_of(_Known(problem, conventions))
        except BankError:  # a `draw` with faults; the values may fit all the same
            space = None
    values = space.values if space else build_program(problem, conventions).values
    for name, array in arrays.items():
        if _function(problem, name, array):
            continue
        expected = _drawn_shape(space, name, {**values, **arrays}) or values[name].shape
        if array.shape != expected:
            raise _misfit(problem, f"'{name}' should be {show_shape(expected)}, not {show_shape(array.shape)}")
    try:
        if space and arrays.keys() <= space.calls.keys():
            return space.graph({**values, **arrays}).checks
        return Checks(problem, build_program(problem, conventions, arrays), conventions)
    except BankError as error:
        raise _misfit(problem, f"the values do not fit: {error.complaints[0].sentence}") from None


def _drawn_shape(space, name, values):
    """The shape in which a given is drawn where that rests on other values; None where it does not, or `draw` does not tell."""
    if space is None or name not in space.calls or not names_in_sizes(space.calls[name]):
        return None
    try:
        return sampler(space.calls[name], space.scope(values), space.problem.draw[name]).shape
    except GraderError:
        return None


def _stored(problem, name, text):
    """The exact array that a stored text stands for."""
    original = problem.given.get(name)
    if original is None:
        raise _misfit(problem, f"'{name}' is not given{nearest(str(name), problem.given)}")
    if isinstance(original, Stack) or declaration(original) is not None:
        raise _misfit(problem, f"'{name}' is no value but a {'layer stack' if isinstance(original, Stack) else 'symbol'}")
    if is_named(original, problem.given):
        if text not in NAMED:
            raise _misfit(problem, f"'{name}' is a function, and '{text}' is none{nearest(text, NAMES)}")
        return exact_array(NAMES.index(text), 1)
    try:
        value, system = Evaluation({}, (EXACT, BALL)).with_system(Scope().node(str(text)))
    except GraderError as error:
        raise _misfit(problem, f"'{name}' cannot be '{text}': {error}") from None
    if system is not EXACT:
        raise _misfit(problem, f"'{name}' cannot be '{text}', as a given value must be rational")
    return value


def _misfit(problem, sentence):
    return UsageError(f"problem {problem.id}: {sentence}.")


def draw_faults(problem, paper=None):
    """The Complaints about a problem's `draw`, also where nothing (of a stratum) can be kept; none where it has none."""
    if not problem.draw:
        return ()
    try:
        space = _space(problem, paper)
        for stratum in space.strata or (None,):
            tally = Tally()
            likely = space.firsts([SEED], stratum) if _slips_matter(problem, stratum) else space.promises(SEED, stratum)
            if not likely and not any(True for _ in space.found(SEED, tally, stratum=stratum)):
                raise BankError([nothing_kept(space, SEED, tally, stratum)])
    except BankError as error:
        return error.complaints
    except GraderError as error:  # a given that rests on another of drawn size
        where = next((place(text) for text in problem.draw.values() if isinstance(text, Located)), problem.where)
        return (Complaint(where, f"draw: {error}"),)
    return ()


def _slips_matter(problem, stratum):
    """Whether slips may reject all of a stratum: not where it is that of a function, as slips are compared with the original with
    this function, unless options are made of them."""
    if stratum is None:
        return False
    values = [axis for axis, _ in stratum.places if axis.name is None or not is_named(problem.given[axis.name], problem.given)]
    return bool(values) or any(part.distractors for part in problem.parts)


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


# --- values as they are typed ---


def _function(problem, name, array):
    """The name of the function that a given is drawn as, None where it is a value."""
    return NAMES[int(as_fraction(array[()]))] if is_named(problem.given[name], problem.given) else None


def _typed(problem, name, array):
    """A drawn value as it is typed under `given`: in decimals where it is drawn in decimals, or the original is typed so."""
    if function := _function(problem, name, array):
        return function
    original, text = str(problem.given[name]), str(problem.draw[name])
    typed = DECIMALS.search(original) and "/" not in original
    offered = POINT.search(text) and "/" not in text
    if "decimals" in called(text).function.name or typed or offered:
        return nested(array, lambda entry: terminating(as_fraction(entry)) or exact_number(entry))
    return nested(array, exact_number)
