"""Expressions and shapes with symbols in them judged: equal to the reference, to another reading, or in part."""

from fractions import Fraction
from itertools import permutations

from grader.marking.numeric import Finding
from grader.marking.verdict import PARTLY, READING, RIGHT, UNDECIDED, WRONG
from grader.maths.equality import equal_nodes
from grader.maths.ops.structure import index

CHANNEL_ORDERS = {3: ((0, 1, 2), (1, 2, 0)), 4: ((0, 1, 2, 3), (0, 2, 3, 1))}  # channels first, channels last


def judge_formula(solutions, part, box, typed):
    """The finding for a typed expression (`Formula`)."""
    seed_text = f"{box.value} | {typed.text}"
    verdicts = [(one.reading, _equal(one, one.program.boxes[part.id, box.name], typed.node, seed_text)) for one in solutions]
    under = tuple(reading for reading, verdict in verdicts if verdict.state == "equal")
    if under:
        return Finding.of(*((READING, under[0]) if under[0] else (RIGHT, "")), Fraction(1), under=under)
    undecided = [verdict.reason for _, verdict in verdicts if verdict.state == "undecided"]
    if undecided:
        return Finding.of(UNDECIDED, "equality", None, reason=undecided[0])
    return _in_part(solutions[0], part, box, typed) or Finding.of(WRONG, witness=verdicts[0][1].witness)


def _in_part(solution, part, box, typed):
    """The finding where a typed expression earns a declared partial credit."""
    for line, node in zip(box.partial, solution.program.partial[part.id, box.name], strict=True):
        if _equal(solution, node, typed.node, f"{line.value} | {typed.text}").state == "equal":
            return Finding.of(PARTLY, line.tag, line.marks / box.marks if box.marks else Fraction(0))
    return None


def judge_sizes(solution, part, box, sizes):
    """The finding for a shape typed with symbols, such as `N x 19`."""
    target = solution.program.boxes[part.id, box.name]
    wanted = [index(target, (axis,)) for axis in range(target.shape[0])]
    if len(wanted) != len(sizes.nodes):
        return Finding.of(WRONG, "shape", wanted=(len(wanted),), typed=(len(sizes.nodes),))
    same = [[_equal(solution, size, typed, sizes.text).state == "equal" for typed in sizes.nodes] for size in wanted]
    plain = tuple(range(len(wanted)))
    for order in CHANNEL_ORDERS.get(len(wanted), (plain,)) if box.layout == "any" else (plain,):
        if _matches(same, order):
            return Finding.of(RIGHT, "" if order == plain else "channels-last", Fraction(1))
    return Finding.of(WRONG, "axes-permuted" if any(_matches(same, order) for order in permutations(plain)) else "")


def _matches(same, order):
    """Whether the typed sizes are the wanted ones in that order of axes; same[i][j]: wanted i equals typed j."""
    return all(same[axis][position] for position, axis in enumerate(order))


def _equal(solution, wanted, typed, seed_text):
    program = solution.program
    shapes = {name: program.names[name].shape for name in program.symbols}
    return equal_nodes(wanted, typed, program.symbols, shapes, dict(program.values), seed_text)
