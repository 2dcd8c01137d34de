"""How far a derivation gets: whether it begins and ends as it has to, and how many of its links do real work."""

import re
from dataclasses import dataclass, field

from grader.marking.kinds.chain_text import same_text
from grader.marking.kinds.normal_form import NormalForms
from grader.marking.reading.typed import free_names
from grader.maths.errors import GraderError
from grader.maths.graph import reachable, replace
from grader.maths.ops.arithmetic import exp

DERIVATIVE = re.compile(r"\b(?:grad|hessian|jacobian|vjp)\s*\(")
DEFINITIONS = {
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "tanh": lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x)),
}
LABEL = object()  # stands for a derivative that is only named


@dataclass(frozen=True)
class Progress:
    """starts, arrives: whether sides begin and end in the form asked for; steps: how many links do real work."""

    starts: bool
    arrives: bool
    steps: int


@dataclass(frozen=True)
class Way:
    """What the chain of a question has to begin with (a node or None) and to end in, and the forms to measure by.

    derived: whether it begins with a derivative. Then sides that multiply out to the same are one form; else forms as they stand.
    """

    start: object
    goal: object
    goal_let: frozenset
    derived: bool
    forms: NormalForms = field(compare=False)

    @classmethod
    def of(cls, question):
        derived = bool(DERIVATIVE.search(question.box.start or ""))
        start = question.solution.program.starts.get(question.place)
        let = let_names(question.solution.program, question.box.value)
        return cls(start, question.node, let, derived, NormalForms(expanding=derived))

    def form(self, side):
        """The form of a side, and the names from `let` in it: putting one in is a step."""
        return self.forms(side.shown), side.let

    def starts_with(self, side):
        """Whether a side has the form of the beginning, functions by their definitions allowed."""
        if self.start is None:
            return True
        if self.derived:
            return side.shown is not side.senses[0].node or not self.ends_with(side)
        ways = {self.forms(self.start), self.forms(unfolded(self.start))}
        return not ways.isdisjoint({self.forms(side.shown), self.forms(unfolded(side.shown))})

    def ends_with(self, side):
        """Whether a side has the form of the end, names from `let` either way."""
        goal = self.forms(self.goal)
        return any(self.forms(node) == goal for node in (side.shown, *(sense.node for sense in side.senses)))

    def progress(self, sides, label=""):
        """The Progress of sides behind a label (see Chain)."""
        named = label == "printed" or (label == "derivative" and (self.derived or self.start is None))
        front = [] if not named else [LABEL] if self.derived or self.start is None else [(self.forms(self.start), frozenset())]
        arrival = next((place for place, side in enumerate(sides) if self._has_arrived(side)), len(sides))
        path = [*front, *(self.form(side) for side in sides[: arrival + 1])]
        steps = sum(side not in path[:place] for place, side in enumerate(path) if place)
        return Progress(named or self.starts_with(sides[0]), self.ends_with(sides[-1]), steps)

    def _has_arrived(self, side):
        return side.shown is side.senses[0].node and self.ends_with(side) and side.let == self.goal_let

    def is_backwards(self, sides):
        """Whether sides lead from the end to the beginning."""
        if self.start is None or not self.ends_with(sides[0]) or self.starts_with(sides[0]):
            return False
        if self.derived:
            return sides[-1].shown is not sides[-1].senses[0].node
        return self.starts_with(sides[-1])

    def works(self, link):
        """Whether a link leads to another form."""
        return self.form(link.left) != self.form(link.right)

    def between(self, sides):
        """Whether there is a side with symbols in it that has neither the form of the beginning nor that of the end."""

        def is_between(side):
            constant = not any(step.op == "given" for step in reachable([side.shown]))
            return not constant and not self.ends_with(side) and self.forms(side.shown) != self.forms(self.goal)

        return any(is_between(side) for side in sides[1:-1])


class ByText:
    """What a Way is where no symbols are: every number has the same form, so that a side that is written otherwise is a step."""

    def progress(self, sides, label=""):
        texts = [same_text(side.text) for side in sides]
        named = label in ("derivative", "printed")
        return Progress(True, True, len(set(texts)) - 1 + named)

    def is_backwards(self, sides):
        return False

    def works(self, link):
        return same_text(link.left.text) != same_text(link.right.text)

    def between(self, sides):
        return True


def way_of(question):
    """The Way of a question, or what stands for it where there are no symbols."""
    return Way.of(question) if question.symbolic else ByText()


def let_names(program, text):
    """The names from `let` in a text."""
    try:
        return frozenset(free_names(text)) & (set(program.names) - set(program.symbols) - set(program.values))
    except GraderError:
        return frozenset()


def unfolded(node):
    """A node with functions in the place of their definitions (sigmoid, tanh)."""
    changed = {step: DEFINITIONS[step.op](*step.inputs) for step in reachable([node]) if step.op in DEFINITIONS}
    return replace(node, changed) if changed else node
