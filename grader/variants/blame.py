"""Why no candidate is kept: the fewest reasons that together reject all of them."""

from collections import Counter
from itertools import combinations

import numpy as np

from grader.bank.model import Complaint
from grader.bank.program import place
from grader.variants.blocks import FAILURES, Block
from grader.variants.checks import COINCIDING, SLIP, coinciding
from grader.variants.rough import RoughEvaluation
from grader.variants.space import CONDITIONS, NO_NAMES
from grader.variants.strata import ELSEWHERE

MOST_TOGETHER = 3  # reasons that are named together
MOST_COMBINED = 30  # reasons that are tried together, those that reject most
MOST_LISTED = 4
FIRST, MOST_SEEN, MOST_PAIRS = 256, 8, 3  # where slips coincide: candidates drawn, those looked at, pairs that are told
HARD_TO_SEE = (SLIP, COINCIDING)  # named only where nothing else explains as much


def nothing_kept(space, seed, tally, stratum=None):
    """The Complaint that no candidate (of a stratum) is kept, at the first of the author's conditions that is to blame."""
    inside = f" of the stratum '{stratum.label}'" if stratum else ""
    signatures = _signatures(space, seed, tally.tried, stratum)
    signatures = {reasons: count for reasons, count in signatures.items() if ELSEWHERE not in reasons} or signatures
    tried, alone = sum(signatures.values()), Counter()
    for reasons, count in signatures.items():
        alone.update(dict.fromkeys(reasons, count))
    guilty = _guilty(signatures, alone)
    if guilty == (ELSEWHERE,):
        inside, told = "", f"none lies in the stratum '{stratum.label}'"
    elif len(guilty) == 1:
        told = f"'{guilty[0]}' rejects all"
    elif guilty:
        by_itself = _listed([_share(alone[reason], tried) for reason in guilty])
        told = f"{_listed([repr(reason) for reason in guilty])} together reject all (by themselves {by_itself})"
    else:
        most = (alone or tally.rejected).most_common(MOST_LISTED)
        told = "; ".join(f"'{reason}' rejects {_share(count, tried)}" for reason, count in most)
    if COINCIDING in guilty:
        told += _coinciding(space, seed, stratum)
    places = _places(space.problem)
    first = next((reason for reason in guilty or alone if reason in places), None)
    drawn = next((place(text) for name, text in space.problem.draw.items() if name not in NO_NAMES), space.problem.where)
    where = places.get(first, stratum.places[0][0].where if stratum else drawn)
    return Complaint(where, f"draw: of {tally.tried:,} candidates none{inside} can be kept: {told}")


def _coinciding(space, seed, stratum):
    """Which slips lead to the same in all candidates (of a stratum), but not in the original, in words."""
    common, seen = None, 0
    for _, rows, layout in space.groups(seed, np.arange(FIRST)):
        inside = stratum.inside(layout.numerators(rows)) if stratum else None
        for row in (rows if inside is None else rows[inside])[: MOST_SEEN - seen]:
            drawn = {name: whole / denominator for name, (whole, denominator) in layout.numerators(row).items()}
            try:
                found = set(_pairs(space.graph(layout.exact(row)).checks, drawn))
            except FAILURES:
                continue
            common, seen = found if common is None else common & found, seen + 1
    return f" ({'; '.join(sorted(common)[:MOST_PAIRS])})" if common else ""


def _pairs(checks, drawn):
    """`in b: pooling-ignored = stride-ignored`, for each box in which slips coincide that do not in the original."""
    with np.errstate(all="ignore"):
        for box in checks.slips():
            twin = checks.twin
            known = coinciding(RoughEvaluation(twin.program.values), twin, box) if box in twin.slips() else set()
            new = coinciding(RoughEvaluation({**checks.program.values, **drawn}), checks, box) - known
            place = ".".join(filter(None, box))
            yield from (f"in {place}: {' = '.join(tag or 'the right answer' for tag in pair)}" for pair in new)


def _signatures(space, seed, count, stratum):
    """The reasons that apply to a candidate, as a frozenset -> for how many; in floats."""
    signatures, start = Counter(), 0
    for size in space.block_sizes():
        if start >= count:
            return signatures
        signatures += Block(space, seed, np.arange(start, start + size), stratum).signatures()
        start += size
    return signatures


def _guilty(signatures, alone):
    """The smallest set of reasons of which every candidate has one, with the author's own in front; () where there is none."""
    ranked = sorted(alone, key=lambda reason: (not _own(reason), reason in HARD_TO_SEE, -alone[reason], reason))
    tried = sorted(ranked, key=lambda reason: -alone[reason])[:MOST_COMBINED]
    tried = [reason for reason in ranked if reason in tried]
    for size in range(1, MOST_TOGETHER + 1):
        for chosen in combinations(tried, size):
            if all(not reasons.isdisjoint(chosen) for reasons in signatures):
                return chosen
    return ()


def _own(reason):
    """Whether a reason is a condition of the author."""
    return reason.startswith(tuple(f"{kind}: " for kind in CONDITIONS))


def _places(problem):
    """Reason -> the place of the condition that it is."""
    return {f"{kind}: {text}": place(text) for kind in CONDITIONS for text in problem.draw.get(kind, ())}


def _share(count, tried):
    return "all" if count >= tried else f"{100 * count / tried:.3g} %"


def _listed(words):
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
