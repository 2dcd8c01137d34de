"""A graph of single numbers as a flat program over bare elements: many times faster than arrays of them.

A program is a list of steps over slots: constants first, then symbols, then results. It runs modulo a prime (only +, -, *, / and
whole powers), in rationals, or in balls. The functions are the rules of the table of operations, applied to bare elements;
`SHORT` holds quicker ones for the commonest, and a test compares each with its rule.
"""

import operator
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from types import MappingProxyType, SimpleNamespace
from typing import NamedTuple

import numpy as np
from flint import arb, fmpq, nmod

from grader.maths.errors import InexactError, TooLargeError, UndecidedError, UndefinedError
from grader.maths.graph import is_number
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER
from grader.maths.systems import BALL, EXACT, FLOAT, PRECISION, as_fraction

PRIME = 2**61 - 1
MAX_POWER = 8_000  # a whole exponent up to which a power is repeated multiplication
SYMBOL_BITS = 40  # of a number that is put in for a symbol
EXACT_BITS = 20_000  # of a result that is still worked out in rationals
ENDLESS = 10**9
ONE, SEVERAL, CHOICE = -1, -2, -3  # instead of a second slot: there is none; there are more; condition and branches
GAPS = (UndefinedError, UndecidedError, ZeroDivisionError)

FIELD = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negate": operator.neg,
}
NEVER_DECIDE = frozenset({*FIELD, "same", "whole_power"})
CERTAIN = {name: FIELD[name] for name in ("add", "subtract", "multiply", "negate")}  # defined for any balls
SMOOTH = {  # what is undefined or undecided becomes nan, which goes through to the result
    **FIELD,
    **{name: getattr(arb, name) for name in ("exp", "log", "sqrt", "tanh", "sin", "cos")},
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
}
SHORT = {"fractions": FIELD, "mixed": CERTAIN, "smooth": SMOOTH}


class Traits(NamedTuple):
    """What the table says of an operation: has it a rule for bare elements, keeps it rationals rational, has it corners?"""

    scalar: bool
    exact: bool
    decides: bool


@cache
def _traits(op):
    row = OPS[op]
    exact = "EXACT" in row.systems and op != "power"
    return Traits(row.aligned and row.rule is not None, exact, op == "where" or row.corner is not NO_CORNER)


class Work(NamedTuple):
    """One operation to be done; `uses`: the nodes it takes; `power`: the exponent of a whole power; `exact`: in rationals."""

    serial: int
    node: object
    op: str
    uses: tuple
    power: int | None
    exact: bool


@dataclass(frozen=True, eq=False)
class Program:
    """What nodes compute at a point.

    kind: `fractions` where everything is rational, `smooth` where balls go through functions without corners, else `mixed`: what
    is rational in rationals, so that comparisons are decided, the rest in balls. rational: only field operations, so that
    residues tell it. deciding: the nodes with corners, jumps or choices; bits: a bound for the bits of an exact result, and for
    its degree.
    """

    roots: tuple
    symbols: tuple
    literals: tuple
    work: tuple
    values: tuple
    kind: str
    rational: bool
    deciding: tuple
    bits: int
    ready: dict = field(default_factory=dict, repr=False)

    @property
    def names(self):
        """The names of the symbols."""
        return tuple(node.settings["name"] for node in self.symbols)

    def at(self, point, bits=PRECISION):
        """The values at a point, rationals or balls of the current precision, `bits`; None where undefined or undecided."""
        kind = self.kind
        supplied = point.balls(bits) if kind == "smooth" else point.values
        names, steps, slots, run = self.ready.get(kind) or self._linked(kind)
        try:
            known = run(steps, [*self._literals(kind, bits), *[supplied[name] for name in names]])
        except GAPS:
            return [None] * len(slots)
        return [known[slot] for slot in slots]

    def at_all(self, points):
        """The values of the first node at several points, as `at` gives them one by one at the usual precision.

        None where a point has to be looked at by itself, because a choice is made or something is undefined.
        """
        names, steps, slots, run = self.ready.get(self.kind) or self._linked(self.kind)
        if run is not _run:
            return None
        supplied = [point.balls(PRECISION) if self.kind == "smooth" else point.values for point in points]
        known = [[literal] * len(points) for literal in self._literals(self.kind, PRECISION)]
        known += [[values[name] for values in supplied] for name in names]
        try:
            return _run_in_columns(steps, known, len(points))[slots[0]]
        except (TooLargeError, *GAPS):
            return None

    def modulo(self, residues):
        """The values modulo PRIME, of a rational program, at residues of the symbols; None where a denominator vanishes."""
        names, steps, slots, _ = self._linked("fractions")
        try:
            known = _run(steps, [*self._literals("residues", PRIME), *[residues[name] for name in names]])
        except ZeroDivisionError:
            return None
        return [known[slot] for slot in slots]

    def floats(self, values):
        """The values of the nodes in floats, for arrays of values of the symbols; nan where undefined."""
        known = {node: np.float64(int(value.p) / int(value.q)) for node, value in zip(self.literals, self.values, strict=True)}
        known.update((node, values[node.settings["name"]]) for node in self.symbols)
        with np.errstate(all="ignore"):
            for item in self.work:
                known[item.node] = _in_floats(item, [known[child] for child in item.uses])
        return [known[root] for root in self.roots]

    def _literals(self, kind, bits):
        """The elements of the constants."""
        if kind not in ("smooth", "residues"):
            return self.values
        found = self.ready.get(bits)
        if found is None:
            found = self.ready[bits] = [arb(value) if kind == "smooth" else nmod(value, PRIME) for value in self.values]
        return found

    def _linked(self, kind):
        """(names, steps, slots of the roots, the function that runs them)."""
        if kind not in self.ready:
            slots, steps = _steps(self, kind)
            lazy = any(node.op == "where" for node in self.deciding)
            roots = [slots[root] for root in self.roots]
            self.ready[kind] = self.names, steps, roots, _run_with_gaps if lazy else _run
        return self.ready[kind]


def _in_floats(item, inputs):
    if item.op == "same":
        return inputs[0]
    if item.op == "whole_power":
        return np.float_power(inputs[0], item.power)
    return OPS[item.op].rule(FLOAT, *inputs, **({} if item.op == "exp" else item.node.settings))


def _run(steps, known):
    """The known values, with every step's result appended."""
    append = known.append
    for function, i, j in steps:
        if j >= 0:
            append(function(known[i], known[j]))
        elif j == ONE:
            append(function(known[i]))
        else:
            append(function(*[known[slot] for slot in i]))
    return known


def _run_in_columns(steps, columns, count):
    """As `_run`, with a list of `count` values in the place of each."""
    for function, i, j in steps:
        if j >= 0:
            columns.append(list(map(function, columns[i], columns[j])))
        elif j == ONE:
            columns.append(list(map(function, columns[i])))
        elif i:
            columns.append(list(map(function, *[columns[slot] for slot in i])))
        else:
            columns.append([function() for _ in range(count)])
    return columns


def _run_with_gaps(steps, known):
    """The same where choices are made: a value that does not exist is None, and matters only where it is used."""
    for function, i, j in steps:
        inputs = [known[slot] for slot in (i if j in (SEVERAL, CHOICE) else (i,) if j == ONE else (i, j))]
        try:
            known.append(_chosen(function, *inputs) if j == CHOICE else None if None in inputs else function(*inputs))
        except GAPS:
            known.append(None)
    return known


def _chosen(rule, condition, a, b):
    """The branch that a condition chooses; the hull of both where it is undecided."""
    if condition is None:
        return None
    if condition == 0 or condition == 1:
        return a if condition == 1 else b
    return None if a is None or b is None else rule(condition, a, b)


# --------------------------------------------------------------------------------------------------- from graph to program


def compiled(roots, symbols, values=MappingProxyType({})):
    """The Program of some nodes, or None where an array, an unknown name or an operation without a scalar rule is in it.

    symbols: the names that a point supplies; values: what other names stand for.
    """
    collected = _collected(roots, symbols)
    if collected is None:
        return None
    given, literals, work = collected
    try:
        numbers = tuple([_literal(node, values) for node in literals])
    except (InexactError, KeyError):
        return None  # a name without a rational value
    bits, exact = _measured(given, literals, numbers, work)
    deciding = tuple([item.node for item in work if item.power is None and _decides(item)])
    largest = max(bits.values(), default=1)
    if largest > EXACT_BITS:
        exact = dict.fromkeys((*given, *literals), True)
    work = tuple([item._replace(exact=exact.get(item.node, False)) for item in work]) if deciding else tuple(work)
    kind = "fractions" if all(exact.get(root) for root in roots) else "mixed" if deciding else "smooth"
    rational = not deciding and all(root in bits for root in roots)
    return Program(tuple(roots), tuple(given), tuple(literals), work, numbers, kind, rational, deciding, largest)


def _collected(roots, symbols):
    """The symbols, the constants and the operations that some nodes need, in an order of evaluation; None for arrays."""
    given, literals, work = [], [], []
    found, waiting = set(), list(roots)
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        found.add(node)
        if node.shape:
            return None
        if node.op in ("constant", "dimension"):
            literals.append(node)
        elif node.op == "given":
            (given if node.settings["name"] in symbols else literals).append(node)
        else:
            item = _work(node)
            if item is None:
                return None
            work.append(item)
            waiting.extend(item.uses)
    work.sort()
    return given, literals, work


def _work(node):
    """The Work a node stands for: e^x is an exponential, x^2 a whole power, a composite operation its definition."""
    op = node.op
    if op in FIELD:
        return Work(node.serial, node, op, node.inputs, None, True)
    if node.expansion is not None:
        return Work(node.serial, node, "same", (node.expansion,), None, True)
    if op == "power":
        base, exponent = node.inputs
        if base.op == "exp" and is_number(base.inputs[0], 1):
            return Work(node.serial, node, "exp", (exponent,), None, False)
        power = _whole_number(exponent)
        if power is not None:
            return Work(node.serial, node, "whole_power", (base,), power, True)
    return Work(node.serial, node, op, node.inputs, None, True) if _traits(op).scalar else None


def _whole_number(exponent):
    if exponent.op != "constant":
        return None
    value = exponent.settings["entries"][0]
    return int(value) if value.denominator == 1 and abs(value) <= MAX_POWER else None


@lru_cache(4096)
def _fmpq(value):
    return fmpq(value.numerator, value.denominator)


def _literal(node, values):
    if node.op == "constant":
        return _fmpq(node.settings["entries"][0])
    if node.op == "dimension":
        return fmpq(node.settings["size"])
    value = values[node.settings["name"]]
    return _fmpq(as_fraction(value.item() if hasattr(value, "item") else value))


def _decides(item):
    return item.op not in NEVER_DECIDE and _traits(item.op).decides


def _measured(given, literals, numbers, work):
    """Bounds for the bits of the nodes that are rational for rational symbols; and which those are."""
    bits = dict.fromkeys(given, SYMBOL_BITS)
    bits.update((node, 2 * value.height_bits()) for node, value in zip(literals, numbers, strict=True))
    for _, node, op, uses, power, _ in work:
        sizes = [bits.get(child) for child in uses]
        if None in sizes or not (op in NEVER_DECIDE or _traits(op).exact):
            continue
        size = sizes[0] * abs(power) if power is not None else sum(sizes) + 1
        bits[node] = size if size < ENDLESS else ENDLESS
    return bits, dict.fromkeys(bits, True)


# --------------------------------------------------------------------------------------------------------------- linking


def _steps(program, kind):
    """The slot of every node, and the steps: (function, slot, second slot), or (function, slots, SEVERAL or CHOICE)."""
    slots = {node: position for position, node in enumerate((*program.literals, *program.symbols))}
    exact, balls, steps, count = set(slots), {}, [], len(slots)
    for item in program.work:
        if item.op == "same":
            slots[item.node] = slots[item.uses[0]]
            if item.uses[0] in exact:
                exact.add(item.node)
            continue
        inputs = [slots[child] for child in item.uses]
        if kind == "mixed" and item.exact:
            exact.add(item.node)
        elif kind == "mixed":
            for position, child in enumerate(item.uses):
                if child in exact:
                    slot = inputs[position]
                    if slot not in balls:
                        steps.append((arb, slot, ONE))
                        balls[slot], count = count, count + 1
                    inputs[position] = balls[slot]
        steps.append((_function(item, kind), *_joined(item.op, inputs)))
        slots[item.node], count = count, count + 1
    return slots, steps


def _joined(op, inputs):
    if op == "where":
        return inputs, CHOICE
    if len(inputs) == 2:
        return inputs
    return (inputs[0], ONE) if len(inputs) == 1 else (inputs, SEVERAL)


def _function(item, kind):
    """The function of bare elements that does an operation."""
    if kind == "mixed" and item.exact:
        kind = "fractions"
    short = SHORT[kind].get(item.op)
    if short is not None:
        return short
    if item.op == "whole_power":
        return _whole_power(item.power, kind)
    settings = {} if item.op == "exp" else item.node.settings
    return partial(OPS[item.op].rule, _bare(EXACT if kind == "fractions" else BALL), **settings)


@cache
def _whole_power(exponent, kind):
    if kind != "mixed":
        return lambda x: x**exponent
    power, ball = _bare(BALL).power, arb(exponent)
    return lambda x: power(x, ball)


@cache
def _bare(system):
    """A number system whose functions take and give bare elements instead of arrays."""
    functions = {name: function for name, (function, _) in type(system).scalars.items()}
    whole = cache(system.element)
    constant = whole if system is EXACT else lambda value: whole(value) if value.denominator == 1 else system.element(value)
    return SimpleNamespace(name=system.name, array=constant, square=lambda x: functions["power"](x, constant(2)), **functions)
