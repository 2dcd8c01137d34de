"""Judging: typed texts of one problem against its solution, box by box. Marks come later, in `credit`."""

from fractions import Fraction
from itertools import permutations

import numpy as np

from grader.bank.model import Policies
from grader.marking import typed as reading
from grader.marking.follow import Own
from grader.marking.numeric import Finding, judge_numbers
from grader.marking.verdict import BLANK, PARTLY, RIGHT, UNDECIDED, UNREADABLE, WRONG, Verdict
from grader.maths.equality import equal_nodes
from grader.maths.errors import GraderError, UsageError, nearest
from grader.maths.ops.structure import index
from grader.maths.systems import as_fraction

CHANNEL_ORDERS = {3: ((0, 1, 2), (1, 2, 0)), 4: ((0, 1, 2, 3), (0, 2, 3, 1))}


class Judge:
    """Judges the answers of one person to one problem, part after part, remembering own values as it goes."""

    def __init__(self, solution, policies=None):
        self.solution = solution
        self.policies = policies or Policies()
        self.solutions = (solution, *solution.readings)
        self.owned = []

    def part(self, part, texts):
        """The verdicts on all boxes of a part; `texts` maps box names to what was typed."""
        return [self.box(part, box, texts.get(box.name, "")) for box in part.boxes]

    def box(self, part, box, text):
        """The verdict on one box."""
        kind = self.solution.kind(part, box)
        finding, numbers, read = self._found(kind, part, box, text)
        if numbers is not None:
            self.owned.append(Own(part.id, box.name, numbers, finding["state"]))
        return Verdict(part.id, box.name, typed=text, read=read, out_of=box.marks, **finding)

    def _found(self, kind, part, box, text):
        """(finding, numbers to carry forward or None, what was read)."""
        if not text.strip():
            return Finding.of(BLANK), None, ""
        if kind in ("text", "file"):
            return Finding.of(UNDECIDED, "for-a-human", None), None, text.strip()
        try:
            return getattr(self, "_" + kind)(part, box, text)
        except GraderError as error:
            return Finding.of(UNREADABLE, "unreadable", None, problem=str(error)), None, ""

    def _number(self, part, box, text):
        return self._judged(part, box, reading.read_numbers(text))

    _array = _number

    def _count(self, part, box, text):
        return self._judged(part, box, reading.read_numbers(text, counting=True))

    def _judged(self, part, box, numbers):
        finding = judge_numbers(self.solutions, part, box, numbers, self.owned, self.policies.array)
        return finding, numbers, numbers.text

    def _shape(self, part, box, text):
        target = self.solution.program.boxes[part.id, box.name]
        names = {name: self.solution.program.names[name] for name in self.solution.program.symbols}
        sizes, read = reading.read_shape(text, names)
        if self.solution.symbolic(target):
            return self._symbolic_shape(target, sizes, box), None, read
        entries = [reading.read_numbers(part_text, counting=True).entries[()] for part_text in read.split(" x ")]
        numbers = reading.Numbers(np.array([*entries, None], dtype=object)[:-1], read)
        return self._in_any_layout(part, box, numbers), numbers, read

    def _in_any_layout(self, part, box, numbers):
        """The finding for a shape, tried in every order of its axes that the part allows; a mere permutation is named."""
        finding = judge_numbers(self.solutions, part, box, numbers, self.owned, "all-or-nothing")
        if finding["state"] != WRONG:
            return finding
        orders = CHANNEL_ORDERS.get(len(numbers.entries), ()) if box.layout == "any" else ()
        for order in orders:
            moved = reading.Numbers(numbers.entries[list(np.argsort(order))], numbers.text)
            other = judge_numbers(self.solutions, part, box, moved, self.owned, "all-or-nothing")
            if other["state"] != WRONG:
                return Finding.of(other["state"], "channels-last", other["share"], **other["evidence"])
        return self._permuted(part, box, numbers) or finding

    def _permuted(self, part, box, numbers):
        wanted = [as_fraction(size) for size in self.solution.reference(part.id, box.name).array.flat]
        typed = [entry.value for entry in numbers.entries]
        return Finding.of(WRONG, "axes-permuted") if typed != wanted and sorted(typed) == sorted(wanted) else None

    def _symbolic_shape(self, target, sizes, box):
        wanted = [index(target, (axis,)) for axis in range(target.shape[0])]
        if len(wanted) != len(sizes):
            return Finding.of(WRONG, "shape", wanted=(len(wanted),), typed=(len(sizes),))
        orders = CHANNEL_ORDERS.get(len(sizes), ((*range(len(sizes)),),)) if box.layout == "any" else ((*range(len(sizes)),),)
        for order in orders:
            if all(self._equal(wanted[axis], size).state == "equal" for axis, size in zip(order, sizes, strict=True)):
                return Finding.of(RIGHT, share=Fraction(1))
        permuted = any(
            all(self._equal(wanted[axis], size).state == "equal" for axis, size in zip(order, sizes, strict=True))
            for order in permutations(range(len(sizes)))
        )
        return Finding.of(WRONG, "axes-permuted" if permuted else "")

    def _equal(self, wanted, typed, seed_text=""):
        program = self.solution.program
        shapes = {name: program.names[name].shape for name in program.symbols}
        return equal_nodes(wanted, typed, program.symbols, shapes, dict(program.values), seed_text)

    def _expression(self, part, box, text):
        program = self.solution.program
        allowed = box.names or (*program.symbols, *program.values)
        names = {name: program.names[name] for name in allowed if name in program.names}
        typed = reading.read_formula(text, names, self.solution.conventions)
        for solution in self.solutions:
            verdict = self._equal(solution.program.boxes[part.id, box.name], typed.node, f"{box.value} | {typed.text}")
            if verdict.state == "equal":
                state = ("reading", solution.reading) if solution.reading else (RIGHT, "")
                return Finding.of(*state, Fraction(1), checked=verdict.reason), None, typed.text
            if verdict.state == "undecided":
                return Finding.of(UNDECIDED, "equality", None, reason=verdict.reason), None, typed.text
        return self._partly_equal(part, box, typed) or Finding.of(WRONG, witness=verdict.witness), None, typed.text

    def _partly_equal(self, part, box, typed):
        """The finding where a typed expression earns a declared partial credit."""
        for line, node in zip(box.partial, self.solution.program.partial[part.id, box.name], strict=True):
            if node.shape == typed.node.shape and self._equal(node, typed.node, str(line.value)).state == "equal":
                return Finding.of(PARTLY, line.tag, line.marks / box.marks if box.marks else Fraction(0))
        return None

    def _choice(self, part, box, text):
        truths = {
            key: as_fraction(self.solution.value(node).array[()]) for key, node in self.solution.program.options[part.id].items()
        }
        choice = reading.read_choice(text, list(truths))
        share = choice_share(truths, choice.keys, self.policies.choice)
        faults = sum((key in choice.keys) != truth for key, truth in truths.items() if truth in (0, 1))
        state = RIGHT if not faults else PARTLY if share > 0 else WRONG
        return Finding.of(state, "" if not faults else "options", share, wrong_options=faults), None, choice.text


def choice_share(truths, ticked, policy):
    """The share of marks for ticked options. Truths are 1, 0, or 1/2 where an option may be ticked or not.

    all-or-nothing: every box as it should be; per-option: the share of boxes that are; negative: right ticks less wrong ones,
    at least 0.
    """
    decided = {key: truth for key, truth in truths.items() if truth in (0, 1)}
    good = sum((key in ticked) == truth for key, truth in decided.items())
    if policy == "all-or-nothing" or not decided:
        return Fraction(int(good == len(decided)))
    if policy == "per-option":
        return Fraction(good, len(decided))
    right = [key for key, truth in decided.items() if truth]
    balance = sum(1 if decided[key] else -1 for key in ticked if key in decided)
    return max(Fraction(0), Fraction(balance, len(right))) if right else Fraction(int(not ticked))


def split_boxes(part, text):
    """What is typed for each box of a part: `z = ...; h = ...` or a line each; raises UsageError for a name that is not there.

    A part with one box takes the whole text; so does the one box that carries marks where no name is typed.
    """
    names = [box.name for box in part.boxes]
    if names == [""] or not text.strip():
        return {names[0]: text}
    found, current = {}, None
    for piece in _pieces(text):
        label, equals, rest = piece.partition("=")
        name = _box_named(label, names) if equals else None
        if name is not None and name not in found:
            found[name], current = rest.strip(), name
        elif current is not None:
            found[current] += f"; {piece}"
        elif equals and len(label.split()) == 1 and label.strip().isidentifier():
            raise UsageError(
                f"part {part.id} has no box '{label.strip()}'{nearest(label.strip(), names)}; its boxes are {', '.join(names)}"
            )
        else:
            return _unnamed(part, text, names)
    return found


def _unnamed(part, text, names):
    marked = [box.name for box in part.boxes if box.marks]
    if len(marked) == 1:
        return {marked[0]: text}
    raise UsageError(f"part {part.id} has several boxes; answer them by name: {'; '.join(f'{name} = ...' for name in names)}")


def _box_named(label, names):
    """The box a label means: `h`, `h_1` for h1, a hat or LaTeX written out."""
    wanted = "".join(character for character in label.lower() if character.isalnum())
    return next((name for name in names if name.lower().replace("_", "") == wanted), None)


def _pieces(text):
    """The pieces of a text between `;` or line ends, but not inside brackets."""
    pieces, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character in ";\n" and depth <= 0:
            pieces.append(text[start:position])
            start = position + 1
    return [piece.strip() for piece in (*pieces, text[start:]) if piece.strip()]
