"""Judging: typed texts of one problem against its solution, box by box. Marks come later, in `credit`."""

from collections import Counter
from fractions import Fraction

import numpy as np

from grader.bank.model import Policies
from grader.marking import typed as reading
from grader.marking.choices import Choice, judge_choice, read_choice
from grader.marking.follow import Own
from grader.marking.numeric import Finding, judge_numbers
from grader.marking.symbolic import CHANNEL_ORDERS, judge_formula, judge_sizes
from grader.marking.verdict import BLANK, FOLLOWS, FULL, UNDECIDED, UNREADABLE, WRONG, Verdict
from grader.maths.errors import GraderError, LanguageError
from grader.maths.graph import reachable
from grader.maths.systems import as_fraction


class Judge:
    """Judges the answers of one person to one problem, part after part, remembering own values as it goes.

    attempted: whether the person answered anything in this problem, so that a choice without a tick may be meant.
    """

    def __init__(self, solution, policies=None, attempted=False):
        self.solution = solution
        self.policies = policies or Policies()
        self.solutions = (solution, *solution.readings)
        self.owned, self.attempted = [], attempted
        self.unread = []  # reference nodes of boxes whose answers could not be read
        self.alternatives = _alternatives(solution.problem.readings)
        self.kept = {}  # what a reading changes -> the reading this person goes by, empty for none

    def part(self, part, texts):
        """The verdicts on all boxes of a part; `texts` maps box names to what was typed."""
        return [self.box(part, box, texts.get(box.name, "")) for box in part.boxes]

    def box(self, part, box, text):
        """The verdict on one box. What cannot be read is unreadable; what cannot be judged is undecided; neither is wrong."""
        kind, read = self.solution.kind(part, box), ""
        # a second answer to a box replaces the first
        self.owned = [own for own in self.owned if (own.part, own.box) != (part.id, box.name)]
        if not text.strip():
            finding = self._blank(kind, part)
        elif kind in ("text", "file"):
            finding, read = Finding.of(UNDECIDED, "for-a-human", None), text.strip()
        else:
            finding, read = self._read_and_judged(kind, part, box, text)
        node = self.solution.program.boxes.get((part.id, box.name))
        if finding["state"] == UNREADABLE and node is not None:
            self.unread.append(node)
        elif finding["state"] == WRONG and self.unread and not set(self.unread).isdisjoint(reachable([node])):
            finding = Finding.of(UNDECIDED, "rests-on-unread", None)
        return Verdict(part.id, box.name, typed=text, read=read, out_of=box.marks, **finding)

    def _blank(self, kind, part):
        """Nothing typed; for a choice without a right option that may be meant, so a human decides."""
        if kind == "choice" and self.attempted and 1 not in self.solution.truths(part).values():
            return Finding.of(UNDECIDED, "nothing-ticked", None)
        return Finding.of(BLANK)

    def _read_and_judged(self, kind, part, box, text):
        try:
            answers = self._read(kind, part, box, text)
        except GraderError as error:
            refused = Finding.of(UNREADABLE, "unreadable", None, problem=str(error))
            return self._last_statement(kind, part, box, error, refused)
        findings = [self._judged(part, box, answer, kind) for answer in answers]
        finding, answer = max(zip(findings, answers, strict=True), key=lambda pair: pair[0]["share"] or 0)
        finding = self._in_one_reading(finding)
        if isinstance(answer, reading.Numbers):
            self.owned.append(Own(part.id, box.name, answer, finding["state"]))
        return finding, answer.text

    def _last_statement(self, kind, part, box, error, refused):
        """Of several statements the last is the answer where it is right or follows (the rest is working); else a human looks."""
        if not getattr(error, "last", ""):
            return refused, ""
        owned, kept = list(self.owned), dict(self.kept)
        finding, read = self._read_and_judged(kind, part, box, error.last)
        if finding["state"] in FULL or finding["state"] == FOLLOWS:
            return finding, read
        self.owned, self.kept = owned, kept
        return refused, ""

    def _in_one_reading(self, finding):
        """The finding, or undecided where it goes by another reading of the same thing than an earlier answer did."""
        under = finding["evidence"].get("under", ())
        for change, readings in self.alternatives.items():
            here = {name for name in under if name in readings or not name}  # other readings say nothing of this one
            if here and self.kept.get(change, min(here)) not in here:
                return Finding.of(UNDECIDED, "reading-changed", None, before=self.kept[change], under=under)
            if len(here) == 1:
                self.kept[change] = min(here)
        return finding

    def _read(self, kind, part, box, text):
        """What was typed, by the kind of answer: Numbers, Sizes, Formula or Choice, in every sense it can have (`1,234` has two);
        raises GraderError where it cannot be read."""
        program = self.solution.program
        if kind == "choice":
            return [read_choice(text, [option.key for option in part.options])]
        if kind == "expression":
            allowed = box.names or (*program.symbols, *program.values)
            names = {name: program.names[name] for name in allowed if name in program.names}
            return [reading.read_formula(text, names, self.solution.conventions)]
        if kind == "shape":
            sizes = reading.read_shape(text, {name: program.names[name] for name in program.symbols})
            return [sizes if self.solution.symbolic(program.boxes[part.id, box.name]) else sizes.as_numbers()]
        listed = program.boxes[part.id, box.name].rank > 0
        senses = reading.read_numbers_in_every_sense(text, counting=kind == "count", listed=listed)
        single = [numbers for numbers in senses if numbers.entries.size == 1]
        if not listed and not single:
            raise LanguageError("several values are typed, but one is asked", text, 0)
        return senses if listed else single

    def _judged(self, part, box, answer, kind):
        """The finding for a typed answer; undecided where the reference cannot be worked out."""
        try:
            return self._found(part, box, answer, kind)
        except GraderError as error:
            return Finding.of(UNDECIDED, "reference-undecided", None, reason=str(error))

    def _found(self, part, box, answer, kind):
        if isinstance(answer, Choice):
            return judge_choice(self.solution.truths(part), answer.keys, self.policies.choice)
        if isinstance(answer, reading.Formula):
            return judge_formula(self.solutions, part, box, answer)
        if isinstance(answer, reading.Sizes):
            return judge_sizes(self.solution, part, box, answer)
        if kind == "shape":
            return self._in_any_layout(part, box, answer)
        return judge_numbers(self.solutions, part, box, answer, self.owned, self.policies.array)

    def _in_any_layout(self, part, box, numbers):
        """The finding for a shape, tried in every order of its axes that the part allows; a mere permutation is named."""
        finding = judge_numbers(self.solutions, part, box, numbers, self.owned, "all-or-nothing")
        if finding["state"] != WRONG:
            return finding
        for order in CHANNEL_ORDERS.get(numbers.entries.size, ()) if box.layout == "any" else ():
            moved = reading.Numbers(numbers.entries[list(np.argsort(order))], numbers.text)
            other = judge_numbers(self.solutions, part, box, moved, self.owned, "all-or-nothing")
            if other["state"] != WRONG:
                return Finding.of(other["state"], other["tag"] or "channels-last", other["share"], **other["evidence"])
        return self._permuted(part, box, numbers) or finding

    def _permuted(self, part, box, numbers):
        wanted = [as_fraction(size) for size in self.solution.reference(part.id, box.name).array.flat]
        typed = [entry.value for entry in numbers.entries if isinstance(entry.value, Fraction)]
        return Finding.of(WRONG, "axes-permuted") if typed != wanted and Counter(typed) == Counter(wanted) else None


def _alternatives(readings):
    """Convention or given -> the names of the readings that change it."""
    found = {}
    for alternative in readings:
        for change in (*alternative.conventions, *alternative.replace):
            found.setdefault(change, set()).add(alternative.name)
    return found
