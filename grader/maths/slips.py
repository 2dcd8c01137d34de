"""Slips: the wrong graphs that the typical mistakes of a graph's operations lead to.

Every operation's row in the table lists its slips. Each is tried on all nodes it applies to at once (the misconception), then on
single ones (the oversight), those of an operation with a meaning of its own before those of plain arithmetic; in between come
the slips of a whole answer: sign, a factor of two, transposed, upside down.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.maths.errors import GraderError
from grader.maths.graph import Node, make
from grader.maths.ops import OPS
from grader.maths.ops.arithmetic import sqrt
from grader.maths.ops.structure import transpose
from grader.maths.ops.table import Slip

MOST_STEPS = 20_000  # nodes rebuilt for one target, after which no further slips are tried
ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide", "power", "negate", "absolute", "matmul", "transpose", "permute"})
SPECIFIC, WHOLE, PLAIN = 0, 1, 2  # the tiers, in the order in which they are tried


@dataclass(frozen=True, eq=False)
class Slipped:
    """A graph with a slip in it.

    node: what takes the place of the target; places: the nodes at which the slip was made; tier: SPECIFIC, WHOLE or PLAIN.
    """

    tag: str
    sentence: str
    node: Node
    places: tuple
    tier: int


WHOLE_ANSWER = (
    Slip("sign", lambda node: -node, "the sign is wrong"),
    Slip("factor-2", lambda node: 2 * node, "a factor of 2 is too much"),
    Slip("factor-1/2", lambda node: node / 2, "a factor of 2 is missing"),
    Slip("transposed", lambda node: transpose(node) if node.rank == 2 else None, "it is transposed"),
)
FAR_FETCHED = (
    Slip("reciprocal", lambda node: 1 / node if not node.rank else None, "it is upside down (1/x for x)"),
    Slip("root-taken", lambda node: sqrt(node) if not node.rank else None, "a square is missing, or a root too many is taken"),
    Slip("root-forgotten", lambda node: node * node if not node.rank else None, "a root is missing, or a square too much"),
)
IN_A_LIST = "order-swapped"  # only the answer itself can be a list in the wrong order


def slipped(target) -> Iterator[Slipped]:
    """The wrong graphs for a target, the likelier first, each graph once; silently cut off after MOST_STEPS rebuilt nodes."""
    order, seen, steps = _visible(target), {target}, 0
    for sites, slip, tier in _attempts(target, order):
        steps += len(order)
        if steps > MOST_STEPS and tier != WHOLE:
            continue
        wrong = _rewritten(target, order, sites)
        if wrong is not None and wrong not in seen:
            seen.add(wrong)
            yield Slipped(slip.tag, slip.sentence, wrong, tuple(sites), tier)


def _attempts(target, order):
    """(node -> slip made there, the slip, tier), in the order in which they are tried."""
    by_tag = {}
    for node in order:
        for slip in OPS[node.op].slips:
            if slip.tag == IN_A_LIST and node is not target:
                continue
            by_tag.setdefault((node.op in ARITHMETIC, slip.tag), {})[node] = slip
    for plain in (False, True):
        groups = [sites for (own, _), sites in by_tag.items() if own is plain]
        tier = PLAIN if plain else SPECIFIC
        for sites in groups:
            yield sites, next(iter(sites.values())), tier
        for sites in groups:
            if len(sites) > 1:
                yield from (({node: slip}, slip, tier) for node, slip in sites.items())
        yield from (({target: slip}, slip, PLAIN if plain else WHOLE) for slip in (FAR_FETCHED if plain else WHOLE_ANSWER))


def _rewritten(target, order, sites):
    """The target's graph with the slips made at their nodes; None where one does not apply or the result makes no sense."""
    changed = {}
    try:
        for old in order:
            inputs = tuple(changed[child] for child in old.inputs)
            new = old if inputs == old.inputs else make(old.op, *inputs, **old.settings)
            changed[old] = sites[old].rewrite(new) if old in sites else new
            if changed[old] is None:
                changed[old] = new
    except GraderError:
        return None
    return changed[target]


def _visible(target):
    """The nodes of a graph, composite operations as they stand and not as they define themselves; in an order of evaluation."""
    found, waiting = set(), [target]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(node.inputs)
    return sorted(found, key=lambda node: node.serial)
