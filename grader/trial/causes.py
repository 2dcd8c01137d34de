"""Why a printed answer is wrong, beyond the slips of the operations: another convention, or a value that was altered on the way.

A value is altered in a plausible way where it has another sign, a digit more or less, a neighbour's value and so on, or where
the one value that explains what is printed is as simple as the one in the question. That can be a coincidence, which is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice

import numpy as np

from grader.marking.comparing.compare import SAME, TRUNCATED, as_fraction_of_ball, compare
from grader.marking.comparing.formula_slips import first_equal
from grader.marking.comparing.slip_values import OTHER_VALUE, floats
from grader.marking.comparing.slips import CHANCE, chance_of
from grader.marking.kinds.symbolic import equality
from grader.marking.solution import Value, solve_problem
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node, constant, reachable, replace
from grader.maths.ops.arithmetic import exp, log, sqrt
from grader.maths.slips import slipped
from grader.maths.systems import BALL, EXACT, FLOAT, as_fraction

MOST_ENTRIES = 64  # of a given value that are altered one by one
MOST_STEPS = 20_000  # operations, over all alterations, that are worked out for one printed value
MOST_UNKNOWNS, NEWTON_STEPS, LARGEST = 6, 12, 1e9  # where values are solved for
ROUGH = 0.02  # how near, relative, floats have to come before certified numbers decide

MOST_FIRST, MOST_PAIRS = 40, 2_000  # slips, and pairs of slips, that are tried in a formula
FACTORS = [Fraction(*pair) for pair in ((3, 1), (1, 3), (4, 1), (1, 4), (-2, 1), (-1, 2), (10, 1), (1, 10))]  # beside 2 and -1
CONVENTION, ALTERED, LITERAL, APPLIED = "another-convention", "given-altered", "setting-altered", "function-applied"


@dataclass(frozen=True)
class Cause:
    """What reproduces a wrong printed answer; sure: whether a chance hit is unlikely."""

    tag: str
    sentence: str
    sure: bool = True


def likely_slip(evidence):
    """The Cause of a slip that reproduces an answer, but may do so by chance; None where there is none."""
    if not evidence.get("slips"):
        return None
    return Cause(evidence["slips"][0], f"it may be that {evidence['sentence']}", sure=False)


def other_convention(solution, part, agrees):
    """The Cause where an answer is right under another value of a convention; None where it is under none.

    agrees: Solution -> whether the printed answer is right in it.
    """
    for name in solution.program.used.get(part.id, ()):
        convention = solution.conventions.convention(name)
        for value in convention.lines:
            if value != solution.conventions[name]:
                try:
                    other = solve_problem(solution.problem, solution.paper, solution.conventions.with_(**{name: value}))
                    if agrees(other):
                        return Cause(CONVENTION, f"it is right under another convention: {convention.quote(value)}")
                except GraderError:  # the problem makes no sense under that value
                    continue
    return None


# --- numbers ---


def of_the_pen(solution, target, numbers):
    """The Cause where the reference itself was written down wrongly: its point shifted, digits or entries exchanged, the last
    digit another, or the answer of another box; None otherwise."""
    value = solution.value(target)
    typed = np.asarray(floats(numbers.values()), dtype=float)
    right = np.asarray(Evaluation(solution.program.values, (FLOAT,))(target), dtype=float)
    if typed.shape != right.shape:
        return None
    if typed.ndim and typed.size > 1 and np.allclose(np.sort(typed.ravel()), np.sort(right.ravel()), rtol=1e-3, atol=1e-9):
        return Cause("entries-exchanged", "its entries stand in another order")
    if not typed.ndim and (found := _pen_of_a_number(as_fraction_of_ball(BALL.element(value.array[()])), numbers.entries[()])):
        return found
    return _another_box(solution, target, numbers)


def _pen_of_a_number(exact, entry):
    if not isinstance(entry.value, Fraction) or not entry.value or not exact:
        return None
    typed, unit = entry.value, entry.unit or Fraction(1)
    for power in (1, -1, 2, -2, 3, -3):
        factor = Fraction(10) ** power
        if abs(typed - exact * factor) <= (unit / 2 if entry.unit else 0):
            told = f"it is {decimal_places(power)} what is asked: the point is shifted"
            return Cause("point-shifted", told, sure=len(str(abs(exact.numerator)).rstrip("0")) > 1)
    digits, wanted = (abs(round(number / unit)) for number in (typed, exact))
    if (typed > 0) != (exact > 0) or len(str(digits)) != len(str(wanted)) or digits < 10 or digits == wanted:
        return None
    if Fraction(digits) in list(_digits_exchanged(wanted)):
        return Cause("digits-exchanged", "two digits are exchanged")
    if digits // 10 == wanted // 10:
        return Cause("last-digit", "its last digit is another", sure=digits >= 100)
    return None


def decimal_places(power):
    """`10 times` or `1/100 of`: a power of ten in words."""
    return f"{10**power} times" if power > 0 else f"1/{10**-power} of"


def _another_box(solution, target, numbers):
    """The Cause where an answer is that of another box of the problem."""
    for place, node in solution.program.boxes.items():
        if node is not target and node.shape == target.shape and not solution.symbolic(node):
            try:
                same = compare(solution.value(node), numbers).outcome == SAME
            except GraderError:
                continue
            if same and any(entry.value not in (0, 1) for entry in numbers.entries.flat):
                return Cause(OTHER_VALUE, f"this is the answer to {'.'.join(filter(None, place))}", sure=False)
    return None


@dataclass(frozen=True)
class Alteration:
    """Something else in the place of a value: its words, and the target or the given values changed by it; guessed: whether it
    was found by asking what would give the printed answer."""

    tag: str
    sentence: str
    target: Node
    values: dict
    guessed: bool = False


def altered(solution, target, numbers, digits=None):
    """The Cause where one altered value leads to what is printed, the likelier first; else None."""
    typed, seen = floats(numbers.values()), set()
    right = np.asarray(Evaluation(solution.program.values, (FLOAT,))(target), dtype=float)
    most = max(10, MOST_STEPS // len(reachable([target])))
    for count, one in enumerate(_alterations(solution, target, typed)):
        if count > most:
            break
        try:
            array = Evaluation(one.values, (FLOAT,))(one.target)
        except (GraderError, ArithmeticError, ValueError):
            continue
        seen.add(np.round(array, 9).tobytes())
        if array.shape == typed.shape and np.allclose(array, typed, rtol=ROUGH, atol=0.51) and _certain(one, numbers, digits):
            return Cause(one.tag, one.sentence, not one.guessed and chance_of(len(seen), numbers, right) <= CHANCE)
    return None


def _certain(one, numbers, digits):
    """Whether an alteration leads to what is printed, in certified numbers."""
    try:
        value = Value(*Evaluation(one.values).with_system(one.target))
    except GraderError:
        return False
    return compare(value, numbers, digits).outcome in (SAME, TRUNCATED)


def _alterations(solution, target, typed) -> Iterator[Alteration]:
    """The likelier first: whole values exchanged, entries altered by a slip of the pen, numbers of the question (settings of
    layers), other entries, and last the one value that explains what is printed."""
    values = solution.program.values
    used = [node.settings["name"] for node in reachable([target]) if node.op == "given" and node.settings["name"] in values]
    small = [name for name in used if values[name].size <= MOST_ENTRIES]
    literals = [node for node in reachable([target]) if node.op == "constant" and not node.shape]
    yield from _whole_values(values, small, target)
    for name, position, old in _entries(values, small):
        yield from (_entry(values, name, position, new, target) for new in _plausible(old))
    for node in literals:
        yield from _literals(values, node, target)
    everything = {old for _, _, old in _entries(values, small)}
    for name, position, old in _entries(values, small):
        yield from (_entry(values, name, position, new, target) for new in sorted(everything - {old}))
    yield from _solved(values, small, target, typed)


def _entries(values, names):
    for name in names:
        for position in np.ndindex(*values[name].shape):
            yield name, position, as_fraction(values[name][position])


def _entry(values, name, position, new, target, guessed=False):
    array = values[name].copy()
    old, array[position] = as_fraction(array[position]), EXACT.element(new)
    told = f"it follows if {_entry_in_words(name, position)} is {new} instead of {old}"
    return Alteration(ALTERED, told, target, {**values, name: array}, guessed)


def _entry_in_words(name, position):
    """An entry as people count, from 1 on."""
    if not position:
        return name
    if len(position) == 2:
        return f"row {position[0] + 1}, column {position[1] + 1} of {name}"
    return f"entry {', '.join(str(place + 1) for place in position)} of {name}"


def _whole_values(values, names, target):
    """Arrays with another sign, in reverse, transposed, or with another array of their shape in their place."""
    for name in names:
        array = values[name]
        if not array.ndim:
            continue
        others = {"with all signs changed": -array, "in reverse order": array[::-1]}
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            others["transposed"] = array.T
        others |= {
            f"exchanged for {other}": values[other] for other in names if other != name and values[other].shape == array.shape
        }
        for told, other in others.items():
            yield Alteration(ALTERED, f"it follows if {name} is {told}", target, {**values, name: other})


def _plausible(old):
    """What a value may become through a slip of the pen, the likelier first."""
    found = [-old, Fraction(0), Fraction(1), old * 10, old / 10, old * 100, old / 100, 2 * old, old / 2, 1 - old]
    if old:
        found.append(1 / old)
    if old.denominator == 1:
        found += [old + 1, old - 1, old + 2, old - 2, *_digits_exchanged(old.numerator)]
    whole = old.denominator == 1 and abs(old) > 1
    return [new for new in dict.fromkeys(found) if new != old and not (whole and new.denominator != 1)]


def _digits_exchanged(number):
    text, sign = str(abs(number)), 1 if number > 0 else -1
    for at in range(len(text) - 1):
        yield Fraction(sign * int(text[:at] + text[at + 1] + text[at] + text[at + 2 :]))


def _literals(values, node, target):
    """Numbers that stand in expressions and layers, altered wherever they stand."""
    old = node.settings["entries"][0]
    if abs(old) <= 1:
        return
    for new in _plausible(old):
        if new * old <= 0 or not Fraction(1, 5) < new / old < 5 or new.denominator != 1 and old.denominator == 1:
            continue
        try:
            wrong = replace(target, {node: constant(new)})
        except GraderError:
            continue
        yield Alteration(LITERAL, f"it follows if the {old} of the question is {new}", wrong, values, guessed=True)


def _solved(values, names, target, typed):
    """For every entry, and every array of as many entries as the answer, what gives that, if it is as simple as the original."""
    for name, position, old in _entries(values, names):
        found = _root(values, name, [position], target, typed)
        if found is not None and found[0] != old and _as_simple(found[0], old):
            yield _entry(values, name, position, found[0], target, guessed=True)
    for name in names:
        array = values[name]
        if typed.size > 1 and array.size == typed.size <= MOST_UNKNOWNS:
            found = _root(values, name, list(np.ndindex(*array.shape)), target, typed)
            if found is not None:
                other = EXACT.array(np.array(found, dtype=object).reshape(array.shape))
                told = f"it follows if {name} is [{', '.join(map(str, found))}]"
                yield Alteration(ALTERED, told, target, {**values, name: other}, guessed=True)


def _as_simple(new, old):
    """Whether a number has at most one digit more than another one."""
    places = 10 ** max(_places(new), _places(old))
    return len(str(abs(round(new * places)))) <= len(str(abs(round(old * places)))) + 1


def _root(values, name, positions, target, typed):
    """Entries with no more decimals than those of the question for which a target gives what is typed; None without any.

    By the method of Gauss and Newton in floats, with differences for derivatives.
    """
    original = np.array(FLOAT.array(values[name]), dtype=float)
    places = max(_places(as_fraction(entry)) for entry in values[name].flat)

    def gap(entries):
        array = original.copy()
        for position, entry in zip(positions, entries, strict=True):
            array[position] = entry
        return (np.asarray(Evaluation({**values, name: array}, (FLOAT,))(target), dtype=float) - typed).reshape(-1)

    here = np.array([original[position] for position in positions])
    try:
        for _ in range(NEWTON_STEPS):
            off = gap(here)
            if not np.isfinite(off).all():
                return None
            steps = 1e-6 * np.maximum(1.0, np.abs(here))
            slopes = np.stack([(gap(here + move) - off) / move.sum() for move in np.diag(steps)], axis=1)
            move = np.linalg.lstsq(slopes, off, rcond=None)[0]
            while not np.isfinite(gap(here - move)).all() and np.abs(move).max() > 1e-9:
                move = move / 2
            here = here - move
            if np.abs(move).max() <= 1e-9 * max(1.0, np.abs(here).max()):
                break
    except (GraderError, ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None
    if not np.isfinite(here).all() or np.abs(here).max() > LARGEST:
        return None
    return [Fraction(round(entry * 10**places), 10**places) for entry in here]


def _places(number):
    """The decimals of a rational number, at most 4."""
    return next((places for places in range(4) if (number * 10**places).denominator == 1), 4)


# --- formulas ---


def explained(solution, target, typed, text):
    """The Cause of a typed formula that is not its reference, proved: a slip, the answer to something else, a symbol altered,
    a function applied or left out, or a constant factor; None without one."""

    def proved(wrong):
        return equality(solution, wrong, typed, f"cause | {text}").state == "equal"

    if typed.shape != target.shape:
        return None
    one = chain(_slips(target), _other_answers(solution, target), _altered_symbols(solution, target), _applied(target))
    two = chain(islice(_two_slips(target), MOST_PAIRS), islice(_slip_and_symbol(solution, target), MOST_PAIRS))
    return first_equal(solution, target, typed, proved, chain(one, two))


def _slips(target):
    return ((wrong.node, Cause(wrong.tag, wrong.sentence)) for wrong in slipped(target))


def _two_slips(target):
    """Slips in graphs with a slip, the likeliest first."""
    for first in islice(slipped(target), MOST_FIRST):
        for second in slipped(first.node):
            yield second.node, Cause(f"{first.tag} + {second.tag}", f"two slips: {first.sentence}; and {second.sentence}")


def _slip_and_symbol(solution, target):
    """Slips together with something else in the place of a symbol."""
    for slip in islice(slipped(target), MOST_FIRST):
        for wrong, cause in _altered_symbols(solution, slip.node):
            yield wrong, Cause(f"{slip.tag} + {ALTERED}", f"two slips: {slip.sentence}; and {cause.sentence}")


def _other_answers(solution, target):
    """What other parts ask for, and other named values."""
    program = solution.program
    boxes = ((f"the answer to {'.'.join(filter(None, place))}", node) for place, node in program.boxes.items())
    for told, node in chain(boxes, ((f"the value of {name}", node) for name, node in program.named_nodes())):
        if node is not target and node.shape == target.shape:
            yield node, Cause(OTHER_VALUE, f"this is {told}")


def _altered_symbols(solution, target):
    for told, change in _exchanges(solution, target):
        try:
            yield replace(target, change), Cause(ALTERED, f"it follows if {told}")
        except GraderError:
            continue


def _applied(target):
    """The formula inside a function, without its outermost one, or times a simple number."""
    if not any(step.op == "given" for step in reachable([target])):
        return
    for told, wrong in (("logarithm", log), ("exponential", exp), ("root", sqrt), ("square", lambda node: node * node)):
        yield wrong(target), Cause(APPLIED, f"it is the {told} of what is asked")
    if target.op in ("log", "exp", "sqrt", "mean", "negate"):
        yield target.inputs[0], Cause(APPLIED, f"the outermost operation ({target.op}) is missing")
    for factor in FACTORS:
        yield constant(factor) * target, Cause("constant-factor", f"it is {factor} times what is asked")


def _exchanges(solution, node):
    """(words, {symbol: what takes its place}): other symbols, 1, complement, sign, neighbours, powers, products with others."""
    names, symbols = solution.program.names, solution.program.symbols
    inside = set(reachable([node]))
    used = [(name, names[name]) for name in symbols if names[name] in inside]
    for name, one in used:
        for other in symbols:
            two = names[other]
            if other != name and two.shape == one.shape:
                yield f"{other} stands for {name}", {one: two}
                yield f"{name} and {other} are exchanged", {one: two, two: one}
    for name, one in used:
        if not one.rank:
            for told, new in ((f"1 - {name}", 1 - one), (f"-{name}", -one), ("1", constant(1)), (f"{name}^2", one * one)):
                yield f"{told} stands for {name}", {one: new}
            for told, new in ((f"{name} + 1", one + 1), (f"{name} - 1", one - 1), (f"2 {name}", 2 * one), (f"{name}/2", one / 2)):
                yield f"{told} stands for {name}", {one: new}
    for name, one in used:
        for other, domain in symbols.items():
            if other != name and not names[other].rank and domain.kind != "function":
                yield f"{name} {other} stands for {name}", {one: one * names[other]}
                yield f"{name}/{other} stands for {name}", {one: one / names[other]}
