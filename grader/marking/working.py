"""Worked solutions of a problem: for every part the steps that lead to its answers, and its reference values as text."""

import re
from dataclasses import dataclass

from grader.marking.kinds.closed_forms import names_of
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.solution import solve_problem
from grader.maths.errors import GraderError
from grader.maths.graph import dependencies, reachable
from grader.maths.step_numbers import StepNumbers
from grader.maths.steps import Way
from grader.maths.systems import BALL

NUMBERS = ("number", "array", "count")
DECIMAL, FRACTION = re.compile(r"\d\.\d"), re.compile(r"\d\s*/\s*\d")


@dataclass(frozen=True)
class Reference:
    """The reference of one box as text: `exact` (rational, or certified digits with ≈) and `decimal`, or `formula`.

    `short` is what a worked solution shows: a fraction only where a person would write it, decimals without zeros at the end.
    """

    part: str
    box: str
    kind: str
    marks: object
    exact: str
    decimal: str
    formula: str = ""
    short: str = ""


def references(solution, part):
    """The References of a part's boxes."""
    return [_reference(solution, part, box) for box in part.boxes]


def _reference(solution, part, box):
    question = Question((solution,), part, box)
    shown = KINDS[question.kind].show(question)
    return Reference(
        part.id, box.name, question.kind, box.marks, shown.exact, shown.decimal, shown.formula, _short(question, shown)
    )


def _short(question, shown):
    """The value as the steps show it; empty where it is no number."""
    if not shown.decimal or question.kind not in NUMBERS:
        return shown.exact
    return _numbers(question.solution)(question.node)


def _numbers(solution):
    """The texts of values in the way in which the question writes its numbers."""
    return StepNumbers(solution.value, _in_decimals(solution.problem), _typed_in_decimals(solution.problem))


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
    return _way(solution).steps(part.id, told)


def _way(solution):
    """The Way to the answers of a problem, worked out once."""
    known = vars(solution)
    if "way" not in known:
        known["way"] = _way_of(solution)
    return known["way"]


def _way_of(solution):
    numbers = _numbers(solution)
    symbolic = _symbolic_nodes(solution)
    targets = {part.id: _targets(solution, part) for part in solution.problem.parts}
    return Way(
        targets,
        names_of(solution),
        lambda node: None if node in symbolic else numbers(node),
        numbers.entries,
        solution.program.derivatives,
    )


def _targets(solution, part):
    """(name, node) for every box of a part with a value or a formula to be worked out."""
    places = [(part.id, box.name) for box in part.boxes if box.kind not in ("growth", "boolean")]
    return [
        (".".join(filter(None, place)), solution.program.boxes[place])
        for place in places
        if solution.program.boxes.get(place) is not None
    ]


def _symbolic_nodes(solution):
    """The nodes that depend on a symbol or a size by name."""
    found = set()
    for node in reachable(list(solution.program.boxes.values())):
        symbol = node.op == "dimension" or (node.op == "given" and node.settings["name"] in solution.program.symbols)
        if symbol or not found.isdisjoint((*dependencies(node), *node.inputs)):
            found.add(node)
    return found


def _in_decimals(problem):
    """Whether the question writes its numbers as decimals, and none as a fraction."""
    return bool(_typed_in_decimals(problem)) and not any(FRACTION.search(str(text)) for text in problem.given.values())


def _typed_in_decimals(problem):
    """The names of the given values that are written in decimals."""
    return [name for name, text in problem.given.items() if DECIMAL.search(str(text))]
