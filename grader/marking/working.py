"""Worked solutions of a problem: for every part the steps that lead to its answers, and its reference values as text."""

from dataclasses import dataclass

from grader.marking.kinds.closed_forms import names_of
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.solution import solve_problem
from grader.maths.errors import GraderError
from grader.maths.show import short_text
from grader.maths.steps import worked_steps
from grader.maths.systems import BALL


@dataclass(frozen=True)
class Reference:
    """The reference of one box as text: `exact` (rational, or certified digits with ≈) and `decimal`, or `formula`."""

    part: str
    box: str
    kind: str
    marks: object
    exact: str
    decimal: str
    formula: str = ""


def references(solution, part):
    """The References of a part's boxes."""
    return [_reference(solution, part, box) for box in part.boxes]


def _reference(solution, part, box):
    question = Question((solution,), part, box)
    shown = KINDS[question.kind].show(question)
    return Reference(part.id, box.name, question.kind, box.marks, shown.exact, shown.decimal, shown.formula)


def conventions_that_matter(solution, parts):
    """The conventions among those the parts use whose other values would change an answer (or an expression) of these parts."""
    used = sorted({name for part in parts for name in solution.program.used[part.id]})
    return [name for name in used if _matters(solution, parts, name)]


def _matters(solution, parts, name):
    convention = solution.conventions.convention(name)
    for value in convention.lines:
        if value != solution.conventions[name]:
            try:
                other = solve_problem(solution.problem, solution.paper, solution.conventions.with_(**{name: value}))
                if any(_differs(solution, other, part) for part in parts):
                    return True
            except GraderError:  # the problem makes no sense under that value
                return True
    return bool(convention.any_number)


def _differs(solution, other, part):
    if any(_node_differs(solution, other, *pair) for pair in _nodes(solution, other, part)):
        return True
    return _shown_options(solution, part) != _shown_options(other, part)


def _nodes(solution, other, part):
    """The references of the boxes of a part under two conventions."""
    places = [(part.id, box.name) for box in part.boxes]
    return [(solution.program.boxes[place], other.program.boxes[place]) for place in places if place in solution.program.boxes]


def _node_differs(solution, other, node, changed):
    if node is changed:
        return False
    if node.shape != changed.shape or solution.symbolic(node):
        return True
    one, two = BALL.array(solution.value(node).array), BALL.array(other.value(changed).array)
    return not all(x.overlaps(y) for x, y in zip(one.flat, two.flat, strict=True))


def _shown_options(solution, part):
    """Which options of a part are right, or in which order they stand; None where it has no options."""
    return references(solution, part) if part.options else None


def part_steps(solution, part, told=()):
    """The steps to a part's answers, less those whose names are in `told`."""
    targets = [
        (f"{part.id}.{box.name}" if box.name else part.id, solution.program.boxes[part.id, box.name])
        for box in part.boxes
        if (part.id, box.name) in solution.program.boxes
    ]
    targets = [(name, node) for name, node in targets if not solution.symbolic(node)]

    def show(node):
        value = solution.value(node)
        return short_text(value.array, value.system)

    return [step for step in worked_steps(targets, names_of(solution), show) if step.name not in told]
