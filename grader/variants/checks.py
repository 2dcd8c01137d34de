"""What a candidate is rejected for: the author's conditions and the defaults, each as a graph that is 1 where it rejects.

The defaults compare with the original: what the original's values do, a variant's may do as well.
"""

from dataclasses import dataclass
from functools import cached_property, partial, reduce
from itertools import combinations

import numpy as np

from grader.bank.program import place
from grader.maths.errors import GraderError, LanguageError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node, constant, is_number, make, reachable
from grader.maths.language import syntax
from grader.maths.language.meaning import Scope
from grader.maths.ops import OPS
from grader.maths.ops.reductions import all_, any_, over
from grader.maths.ops.table import NO_CORNER
from grader.maths.options import apart, plausible, whole
from grader.maths.show import terminating
from grader.maths.slips import SPECIFIC, slipped
from grader.maths.systems import EXACT, as_fraction
from grader.variants.rough import RoughEvaluation

DECIMALS = "decimals"
MOST_DECIMALS = 8  # that are told apart; a number with more of them, or without an end, has one more than that
HARMLESS_CORNERS = frozenset({"floor", "ceil"})  # a size that comes out even
NUMERIC = (None, "number", "array", "count", "shape", "choice")  # of choices those whose options are made of slips
UNDEFINED, DUPLICATE, ORIGINAL = "undefined values", "duplicates", "the original"
SLIP, COINCIDING = "a slip gives the right answer", "more slips coincide than in the original"
FEW_OPTIONS = "too few options can be told apart"
DEFAULTS = {
    "corner": "a corner or tie",
    "zero": "all zero",
    "ugly": "more decimals than the original",
    "options": "another option is right",
}


@dataclass(frozen=True)
class Check:
    """A reason to reject, and the node that is 1 where it applies; `where` is the place of an author's condition.

    sure: what floats leave needs no confirmation, because they reject all that is near; early: looked at first.
    """

    reason: str
    node: Node
    where: object = None
    sure: bool = False

    @property
    def early(self):
        return self.where is not None


# --- the author's conditions ---


def condition(text, program, conventions):
    """The node of a condition over what is given and worked out; `decimals(x)` is how many decimals x has."""
    names = dict(program.names)
    tree = _spelled_out(syntax.parse(str(text)), str(text), names, program, conventions)
    node = Scope(names, program.values, conventions).tree(tree, str(text))
    symbols = sorted({step.settings["name"] for step in reachable([node]) if step.op == "given"} & set(program.symbols))
    if symbols:
        raise LanguageError(f"'{symbols[0]}' has no value that could be looked at")
    return node


COMPARED = frozenset({"less", "less_equal", "equal", "one_hot"})  # 0 or 1, whatever the operands are
COMBINED = frozenset(  # 0 or 1 where all operands are
    {
        "all",
        "any",
        "broadcast_to",
        "concat",
        "flip",
        "index",
        "max",
        "maximum",
        "min",
        "minimum",
        "multiply",
        "permute",
        "reshape",
        "where",
    }
)
TAKEN_FROM = frozenset({"entry", "entry_of_two"})  # 0 or 1 where the first operand is; the others are positions


def ensure_condition(text, node, program):
    """Raises LanguageError for what is not made of comparisons, so that it is not 0 or 1 by construction."""
    culprit = _no_condition(node)
    if culprit is None:
        return
    name = next((name for name, named in program.named_nodes() if named is culprit), culprit.settings.get("name"))
    if name is None and culprit is not node:
        raise LanguageError(f"'{text}' is no condition; it must be made of comparisons such as x != 0")
    shown = str(text) if name is None else name
    as_well = "" if shown == str(text).strip() else f", as '{shown}' is none"
    example = f"all({shown} != 0)" if culprit.rank else f"{shown} != 0"
    raise LanguageError(f"'{text}' is no condition{as_well}; write a comparison such as {example}")


def _no_condition(node):
    """A node on the way to this one that is neither a comparison nor made of comparisons; None where all are."""
    seen, waiting = set(), [node]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            operands = _operands_of_condition(one)
            if operands is None:
                return one
            waiting.extend(operands)
    return None


def _operands_of_condition(node):
    """The nodes that must be 0 or 1 so that this one is; None where that says nothing."""
    if node.op in COMPARED or (node.op == "constant" and set(node.settings["entries"]) <= {0, 1}):
        return ()
    if node.op in COMBINED:
        return node.inputs
    if node.op in TAKEN_FROM:
        return node.inputs[:1]
    if node.op == "subtract" and is_number(node.inputs[0], 1):
        return node.inputs[1:]
    return None if node.expansion is None else (node.expansion,)


def _spelled_out(tree, text, names, program, conventions):
    """A syntax tree in which every call of `decimals` is a name, whose meaning is put into `names`."""
    if not isinstance(tree, tuple):
        return tree
    limit = _limit_of_decimals(tree)
    if limit is not None:
        name = f"{DECIMALS} {len(names)}"  # no name that could be typed
        names[name] = 1 - _more_decimals(Scope(names, program.values, conventions).tree(tree.left.arguments[0], text), limit)
        return syntax.Name(name, tree.at)
    inner = [_spelled_out(child, text, names, program, conventions) for child in tree]
    tree = type(tree)(*inner) if hasattr(tree, "_fields") else tuple(inner)
    if isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name) and tree.function.name == DECIMALS:
        if len(tree.arguments) != 1 or tree.settings:
            raise LanguageError("decimals is used as decimals(x)", text, tree.at)
        name = f"{DECIMALS} {len(names)}"
        names[name] = decimals(Scope(names, program.values, conventions).tree(tree.arguments[0], text))
        return syntax.Name(name, tree.at)
    return tree


def _limit_of_decimals(tree):
    """k of `decimals(x) <= k`, the usual condition, which takes but one look; None for all else."""
    if not (isinstance(tree, syntax.Binary) and tree.operator == "<=" and isinstance(tree.right, syntax.Number)):
        return None
    call = tree.left
    named = isinstance(call, syntax.Call) and isinstance(call.function, syntax.Name) and call.function.name == DECIMALS
    whole = tree.right.text.isdecimal() and int(tree.right.text) <= MOST_DECIMALS
    return int(tree.right.text) if named and whole and len(call.arguments) == 1 and not call.settings else None


def decimals(x):
    """How many decimals the entry with most of them has."""
    return reduce(lambda a, b: a + b, [_more_decimals(x, places) for places in range(MOST_DECIMALS + 1)])


def _more_decimals(x, places):
    """1 where some entry has more decimals than that, else 0."""
    moved = x * 10**places
    return _any(1 - make("equal", moved, make("floor", moved)))


def _any(node):
    return over(any_, node) if node.rank else node


def _all(node):
    return over(all_, node) if node.rank else node


# --- all checks of a graph ---


class Checks:
    """The checks of one graph of a problem.

    original: the Checks of the problem as it stands, of which only its values are asked; None for those themselves. twin: those
    of the original with the functions that are drawn here, which measures such as decimals are compared with; None where they
    are the original's.
    """

    def __init__(self, problem, program, conventions, original=None, twin=None):
        self.problem, self.program, self.conventions = problem, program, conventions
        self.original = original or self
        self.twin = twin or self.original
        self.boxes = dict(_numeric_boxes(problem, program))
        self._values = Evaluation(program.values)
        self._slips = None

    def value(self, node):
        """The value of a node with the problem's own values, and its number system."""
        return self._values.with_system(node)

    def conditions(self):
        """The author's conditions as Checks; raises GraderError for one that cannot be read."""
        for text in self.problem.draw.get("keep", ()):
            node = condition(text, self.program, self.conventions)
            if self.original is self:
                ensure_condition(text, node, self.program)
            yield Check(f"keep: {text}", 1 - _all(node), place(text))
        for text in self.problem.draw.get("alike", ()):
            yield Check(f"alike: {text}", self._unlike(text), place(text))

    def _unlike(self, text):
        """1 where a measure is not what it is in the original."""
        node = condition(text, self.program, self.conventions)
        first = self.twin
        measured, system = first.value(condition(text, first.program, first.conventions))
        if system is not EXACT:
            if not all(entry.is_exact() for entry in measured.flat):
                raise LanguageError(f"'{text}' is not rational in the original, so no variant can be like it")
            measured = np.vectorize(lambda entry: as_fraction(entry.fmpq()), otypes=[object])(measured)  # such as a count
        if node.shape != measured.shape:
            return constant(1)
        return 1 - _all(make("equal", node, _constant(measured)))

    def defaults(self):
        """The default rejections as Checks."""
        nodes = [*self.boxes.values(), *self.option_nodes()]
        yield from self._corners(nodes)
        yield from self._zeros(nodes)
        yield from self._ugly()
        yield from self._options()

    def all(self):
        return tuple(self.conditions()) + tuple(self.defaults())

    # corners and ties

    def _corners(self, nodes):
        for op, corner in _corner_nodes(nodes):
            if op not in self.original.corners_met:
                yield Check(f"{DEFAULTS['corner']} ({op})", corner, sure=True)

    @cached_property
    def corners_met(self):
        """The operations that are on a corner or tie in the original."""
        met = set()
        for op, corner in _corner_nodes([*self.boxes.values(), *self.option_nodes()]):
            try:
                value, _ = self.value(corner)
            except GraderError:
                met.add(op)
            else:
                if not value[()] == 0:  # noqa: SIM201 - a ball may be neither
                    met.add(op)
        return met

    # degenerate values

    def _zeros(self, nodes):
        behind = set(reachable(nodes))
        named = {name: node for name, node in self.program.named_nodes() if node in behind}
        for name, node in {**named, **{_called(box): node for box, node in self.boxes.items()}}.items():
            if not self.original._zeros_met.get(name, True):
                yield Check(f"{DEFAULTS['zero']} ({name})", _all(make("equal", node, 0)), sure=True)

    @cached_property
    def _zeros_met(self):
        """Name -> whether its value is all zero (or does not exist), of the named values and the answers."""
        found = {}
        for name, node in (*self.program.named_nodes(), *((_called(box), node) for box, node in self.boxes.items())):
            try:
                value, _ = self.value(node)
            except GraderError:
                found[name] = True
            else:
                found[name] = all(entry == 0 for entry in value.flat)
        return found

    # decimals

    def _ugly(self):
        if any(DECIMALS in text for text in self.problem.draw.get("keep", ())):
            return  # the author says what is pleasant
        for box, node in self.boxes.items():
            places = self.twin.places(box)
            if places is not None:
                yield Check(DEFAULTS["ugly"], _more_decimals(node, places))

    def places(self, box):
        """How many decimals an answer has in the original; None where they do not end, or there is no value."""
        try:
            value, system = self.value(self.boxes[box])
        except GraderError:
            return None
        texts = [terminating(as_fraction(entry)) for entry in value.flat] if system is EXACT else [None]
        return None if None in texts else max(len(text.partition(".")[2]) for text in texts)

    # options

    def option_nodes(self):
        return [node for options in self.program.options.values() for node in options.values() if self._has_value(node)]

    def other_nodes(self):
        """The references of boxes that are no numbers but have a value: a condition, a formula without symbols."""
        nodes = dict.fromkeys(node for node in self.program.boxes.values() if node is not None)
        return [node for node in nodes if node not in self.boxes.values() and self._has_value(node)]

    def formulas(self):
        """The references of boxes with symbols in them."""
        return [node for node in self.program.boxes.values() if node is not None and not self._has_value(node)]

    def _has_value(self, node):
        return not any(step.op == "given" and step.settings["name"] in self.program.symbols for step in reachable([node]))

    def _options(self):
        """Options with an explanation stay as right or wrong as they are, and orders keep their order where one says why."""
        for part in self.problem.parts:
            explained = any(option.because for option in part.options)
            for option in part.options if explained else ():
                node = self.program.options[part.id][option.key]
                if self._has_value(node) and any(step.op == "given" for step in reachable([node])):
                    first, system = self.original.value(self.original.program.options[part.id][option.key])
                    if system is EXACT:
                        yield Check(DEFAULTS["options"], 1 - make("equal", node, _constant(first)))

    # slips

    def slips(self):
        """(part, box) -> {tag: wrong graphs} of the slips with a meaning of their own, for boxes that earn marks."""
        if self._slips is None:
            self._slips = {}
            for (part, box), node in self.boxes.items():
                if self.problem.part(part).box(box).marks or self.problem.part(part).distractors:
                    found = self._slips[part, box] = {}
                    for slip in slipped(node):
                        if slip.tier == SPECIFIC and slip.node.shape == node.shape:
                            found.setdefault(slip.tag, []).append(slip.node)
        return self._slips

    @cached_property
    def slips_met(self):
        """(idle slips, box -> how many wrong answers slips lead to) of an original, which variants may have as well."""
        with np.errstate(all="ignore"):
            try:
                idle, told_apart = slip_outcomes(RoughEvaluation(self.program.values), self, 1)
            except (GraderError, ArithmeticError, np.linalg.LinAlgError):  # the original with another function
                return frozenset(), {}
        return {known for known, mask in idle.items() if mask.all()}, {box: int(found[0]) for box, found in told_apart.items()}

    @cached_property
    def distractors(self):
        """(part, box) -> {tag: wrong graphs} of all slips, for choices whose options are made of them."""
        found = {}
        for (part, box), node in self.boxes.items():
            for slip in slipped(node) if self.problem.part(part).distractors else ():
                if slip.node.shape == node.shape:
                    found.setdefault((part, box), {}).setdefault(slip.tag, []).append(slip.node)
        return found


def _numeric_boxes(problem, program):
    """((part, box), node) of every box with numbers as its reference, also of a choice whose wrong options are slips."""
    for part in problem.parts:
        for box in part.boxes:
            node = program.boxes.get((part.id, box.name))
            if node is None or not (box.kind in NUMERIC or box.distractors):
                continue
            if not any(step.op == "given" and step.settings["name"] in program.symbols for step in reachable([node])):
                yield (part.id, box.name), node


def _corner_nodes(nodes):
    """(operation, node that is 1 on a corner or tie) for all operations on the way to some nodes."""
    for step in reachable(nodes):
        corner = _tied if step.op == "argmax" else OPS[step.op].corner
        if corner != NO_CORNER and step.op not in HARMLESS_CORNERS:
            yield step.op, _any(corner(step))


def _tied(argmax):
    """1 where the largest entry is there twice."""
    return OPS["max"].corner(make("max", argmax.inputs[0], axes=(argmax.settings["axis"],)))


def _called(box):
    return ".".join(filter(None, box))


def _constant(array):
    return constant(np.vectorize(as_fraction, otypes=[object])(array).tolist())


# --- slips in a block of candidates ---


def slip_outcomes(work, checks, count):
    """What the slips of a RoughEvaluation's candidates lead to, for each an entry of an array.

    idle: (box, tag) -> whether all graphs of that slip give the right answer; told_apart: box -> how many different wrong answers
    the slips lead to.
    """
    idle, told_apart = {}, {}
    for box, by_tag in checks.slips().items():
        right, different = _rows(work, checks.boxes[box], count), []
        told_apart[box] = np.zeros(count, dtype=np.int64)
        for tag, nodes in by_tag.items():
            found = [values for values in (_wrong(work, node, count) for node in nodes) if values is not None]
            if found:
                idle[box, tag] = np.all([_same(values, right) for values in found], axis=0)
                told_apart[box] += ~np.any([_same(found[0], other) for other in (right, *different)], axis=0)
                different.append(found[0])
    return idle, told_apart


def coinciding(work, checks, box):
    """Pairs of tags of slips that lead to the same answer with one candidate's values; '' stands for the right answer."""
    values = {"": _rows(work, checks.boxes[box], 1)}
    for tag, nodes in checks.slips()[box].items():
        found = next((wrong for wrong in (_wrong(work, node, 1) for node in nodes) if wrong is not None), None)
        if found is not None:
            values[tag] = found
    return {pair for pair in combinations(values, 2) if _same(values[pair[0]], values[pair[1]])[0]}


def few_options(work, checks, count):
    """A mask of the candidates without enough options that can be told apart, for each choice whose options are made of slips."""
    for (part, box), by_tag in checks.distractors.items():
        asked = checks.problem.part(part).box(box)
        right = _rows(work, checks.boxes[part, box], count)
        values = [[found for node in nodes if (found := _wrong(work, node, count)) is not None] for nodes in by_tag.values()]
        rounded = _have_enough(values, right, asked.distractors, partial(apart, right=right, digits=asked.digits))
        exact = _have_enough(values, right, asked.distractors, _whole_and_apart) if asked.digits is None else False
        yield ~(rounded | exact)


def _whole_and_apart(one, other):
    return whole(one) & whole(other) & (np.abs(one - other) > 1 / 2).any(axis=1)


def _have_enough(values, right, wanted, differ):
    """Whether so many values, one of each slip at most, are plausible and differ from the right one and from each other."""
    kept, number = [right, *(np.zeros_like(right) for _ in range(wanted))], np.ones(len(right), dtype=np.int64)
    for of_one_slip in values:
        used = number > wanted
        for found in of_one_slip:
            good = plausible(found, right) & ~used
            for taken, other in enumerate(kept[:-1]):
                good &= differ(found, other) | (number <= taken)
            for taken in range(1, wanted + 1):
                kept[taken] = np.where((good & (number == taken))[:, None], found, kept[taken])
            number += good
            used |= good
        if (number > wanted).all():
            break
    return number > wanted


def _wrong(work, node, count):
    """What a slip leads to, or None where that does not exist."""
    try:
        return _rows(work, node, count)
    except (GraderError, ArithmeticError, np.linalg.LinAlgError):
        return None


def _rows(work, node, count):
    """The value of a node as one row for each candidate, also where it is the same for all."""
    array = work(node)
    return np.broadcast_to(array, (count, *node.shape)).reshape(count, -1)


def _same(one, other):
    with np.errstate(all="ignore"):
        return np.all(np.abs(one - other) <= 1e-9 * np.maximum(np.abs(one), np.abs(other)), axis=1)
