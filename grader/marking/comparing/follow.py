"""Error carried forward: the reference worked out again with somebody's own earlier answers put in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from grader.marking.comparing.compare import fitted
from grader.marking.reading.typed import Numbers
from grader.marking.solution import Value
from grader.marking.verdict import FOLLOWS, FULL, WRONG
from grader.maths.errors import GraderError, ShapeError
from grader.maths.graph import Node, reachable
from grader.maths.show import listed_entry, listed_nodes
from grader.maths.systems import as_fraction, elementwise

MOST_PAIRS = 12  # own answers up to which pairs are tried


@dataclass(frozen=True, eq=False)
class Own:
    """An earlier answer of the same person: where it was typed, what was read (numbers, or an expression as `node`), its verdict.

    origins: for one that only follows, the answers that it follows from; said: what its slip was, in a sentence.
    """

    part: str
    box: str
    numbers: Numbers | None
    state: str
    tag: str = ""
    origins: tuple = ()
    said: str = ""
    node: Node | None = None

    @classmethod
    def of(cls, part, box, answer, finding):
        """The answer (Numbers or a Node) as it is remembered after it was judged."""
        numbers, node = (answer, None) if isinstance(answer, Numbers) else (None, answer)
        evidence = finding["evidence"]
        origins = evidence["from"] if finding["state"] == FOLLOWS else ()
        said = evidence["sentence"] if evidence.get("sure") else ""
        return cls(part.id, box.name, numbers, finding["state"], finding["tag"], origins, said, node)

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
    meaning (became zero throughout). points: the Value without intervals, for a rounded one.
    """

    value: Value
    sources: tuple
    rounded: bool
    degenerate: bool
    points: Value | None = None


def blame(sources):
    """Evidence: the answers that are wrong in themselves, where there are any, and what went wrong there."""
    wrong = [own for own in sources if not own.right]
    blamed = [own for own in wrong if own.tag != "imprecise"] or wrong or list(sources)
    names = tuple(dict.fromkeys(name for own in blamed for name in own.origins or (own.name,)))
    said = tuple(own.said for own in blamed if own.said)
    coarse = bool(wrong) and all(own.tag == "imprecise" for own in wrong)
    return {"from": names} | ({"because": said} if said else {}) | ({"coarse": True} if coarse else {})


class Inconsistent(Exception):
    """The reference has no value once the own answers are put in."""


def follow(solution, target, owned) -> Iterator[Followed | Inconsistent]:
    """Recomputed references, in the order in which they are tried: all own answers, the wrong ones, each alone, pairs.

    Each with points first, then with intervals as wide as the typed rounding.
    """
    relevant = relevant_answers(solution, target, owned)
    for sources in dict.fromkeys(_candidates(relevant)):
        degenerate = points = None
        for rounded in (False, True):
            if not _changes(sources, rounded):
                continue
            try:
                found = _recomputed(solution, target, sources, rounded, degenerate)
                degenerate = found.degenerate
                yield replace(found, points=points) if rounded else found
                points = found.value
            except GraderError as error:
                yield Inconsistent(str(error))


def without_idle(solution, target, followed):
    """The same, resting only on answers without which the value would be another one."""
    kept = list(followed.sources)
    for own in followed.sources if len(kept) > 1 else ():
        others = tuple(one for one in kept if one is not own)
        if others and _same_without(solution, target, tuple(kept), others):
            kept.remove(own)
    return replace(followed, sources=tuple(kept))


def _same_without(solution, target, sources, others):
    try:
        one, two = (_recomputed(solution, target, chosen, False).value for chosen in (sources, others))
    except GraderError:
        return False
    return one.system is two.system and all(a == b for a, b in zip(one.array.flat, two.array.flat, strict=True))


def relevant_answers(solution, target, owned):
    """The earlier answers on which a target depends."""
    return tuple(own for own in owned if _matters(solution, own, target))  # the answer itself is not among them yet


def _changes(sources, rounded):
    """Points matter only where an answer differs from the reference, intervals only where one was rounded."""
    return (
        any(own.numbers.rounded for own in sources) if rounded else any(not own.right or own.numbers.rounded for own in sources)
    )


def _matters(solution, own, target):
    node = solution.program.boxes.get((own.part, own.box))
    if node is None or node.op in FIXED:
        return False
    return not _watched(node).isdisjoint(reachable([target]))


def _watched(node):
    """A box's node, and those that are changed with it: the array of an entry, the members of a list."""
    override, entries = {}, {}
    _put(node, np.empty(node.shape, dtype=object), override, entries)
    return {*override, *entries}


def _is_entry(node):
    """Whether a node picks a single entry of another one."""
    return node.op == "index" and all(isinstance(part, int) for part in node.settings["key"])


def _candidates(relevant):
    wrong = tuple(own for own in relevant if not own.right)
    yield relevant
    if wrong:
        yield wrong
    for own in relevant:
        yield (own,)
    if len(relevant) <= MOST_PAIRS:
        yield from combinations(relevant, 2)


def _recomputed(solution, target, sources, rounded, degenerate=None):
    """The Followed of some own answers; degenerate: whether it is so where they are points, if that is known."""

    def typed(own, node):
        return _intervals(solution, own, node) if rounded else own.numbers.values()

    override, entries = put_in(solution, sources, typed)
    work = solution.overridden(override, entries)
    value = Value(*work.with_system(target))
    used = _used(solution, target, sources, override)
    if rounded and degenerate is None:
        degenerate = _recomputed(solution, target, sources, False).degenerate
    if rounded:
        return Followed(value, used, rounded, degenerate)
    given_up = [solution.program.boxes[own.part, own.box] for own in used if own.state == WRONG]
    return Followed(value, used, rounded, _degenerate(solution, work, target, override, entries, given_up))


def put_in(solution, sources, typed):
    """(override, entries) of an Evaluation with own answers put in; raises ShapeError for one of another shape.

    typed: (Own, node) -> the array that takes the node's place.
    """
    override, entries = {}, {}
    for own in sources:
        node = solution.program.boxes[own.part, own.box]
        value = fitted(typed(own, node), node.shape)
        if value is None:
            raise ShapeError(f"the answer to {own.name} has another shape")
        _put(node, value, override, entries)
    return override, entries


def _put(node, value, override, entries):
    """Let a value take a node's place: that of an entry also in its array, and those of a list in the nodes it is made of."""
    if node.op in FIXED:
        return
    override[node] = value
    if _is_entry(node):
        entries.setdefault(node.inputs[0], {})[node.settings["key"]] = value
        child = listed_entry(node)
        if child is not None:
            _put(child, value, override, entries)
    for position, child in enumerate(listed_nodes(node)):
        _put(child, value[position], override, entries)


FIXED = ("given", "constant")


def _intervals(solution, own, node):
    """The typed values as balls as wide as their rounding; as points where they are exactly the reference."""
    exact = solution.value(node)
    entries = fitted(own.numbers.entries, node.shape)
    if not exact.exact or entries is None:
        return own.numbers.intervals()
    return elementwise(lambda entry, wanted: wanted if entry.value == as_fraction(wanted) else entry.ball(), 2)(
        entries, np.asarray(exact.array, dtype=object)
    )


def _used(solution, target, sources, override):
    """The answers that reach the target, not only through another one of them."""
    inside = set(reachable([target], stop=override))
    return tuple(own for own in sources if not inside.isdisjoint(_watched(solution.program.boxes[own.part, own.box])))


def _degenerate(solution, work, target, override, entries, given_up):
    """Whether a named value on the way became zero throughout although the reference's is not.

    An own one counts where it is wrong in itself (`given_up`), or where the target is zero, too.
    """
    lost = {node for node in override if _lost(solution, node, work(node))}
    if lost and (_zero(work(target)) and not _zero(solution.value(target).array) or lost & set(given_up)):
        return True
    on_the_way = set(reachable([target], stop=override)) - {target}
    for _, node in solution.program.named_nodes():
        if node in on_the_way and node not in override and node not in entries and _lost(solution, node, work(node)):
            return True
    return False


def _lost(solution, node, array):
    """Whether a node's value became zero throughout although the reference's is not."""
    return _zero(array) and not _zero(solution.value(node).array)


def _zero(array):
    return all(element == 0 for element in np.asarray(array, dtype=object).flat)
