"""Worked solutions of a problem: for every part the steps that lead to its answers, and its reference values as text."""

from dataclasses import dataclass
from math import prod

from grader.marking.solution import solve_problem
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node
from grader.maths.show import Formulas, decimal_text, exact_text, nested, short_text
from grader.maths.steps import worked_steps
from grader.maths.systems import BALL, SYMBOLIC


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
    kind = solution.kind(part, box)
    if kind in ("text", "file"):
        return Reference(part.id, box.name, kind, box.marks, "", "")
    if kind == "choice":
        right = ", ".join(right_options(solution, part)) or "none"
        return Reference(part.id, box.name, kind, box.marks, right, right)
    node = solution.program.boxes[part.id, box.name]
    if solution.symbolic(node):
        return Reference(part.id, box.name, kind, box.marks, "", "", closed_form(solution, node))
    value = solution.reference(part.id, box.name)
    return Reference(
        part.id, box.name, kind, box.marks, exact_text(value.array, value.system), decimal_text(value.array, value.system)
    )


SMALL = 16  # entries of a symbolic array up to which it is written out


def closed_form(solution, node):
    """An expression in the symbols of the problem, simplified by SymPy; large arrays by their formula."""
    if prod(node.shape) > SMALL:
        return Formulas(_names(solution))(node)
    import sympy

    program = solution.program
    values = {name: SYMBOLIC.symbols(name, program.names[name].shape) for name in program.symbols}
    try:
        array = Evaluation({**program.values, **values}, (SYMBOLIC,))(node)
    except GraderError:
        return Formulas(_names(solution))(node)
    return nested(array, lambda entry: sympy.sstr(sympy.simplify(entry)).replace("**", "^"))


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
    for box in part.boxes:
        node = solution.program.boxes.get((part.id, box.name))
        changed = other.program.boxes.get((part.id, box.name))
        if node is changed:
            continue
        if node.shape != changed.shape or solution.symbolic(node):
            return True
        one, two = BALL.array(solution.value(node).array), BALL.array(other.value(changed).array)
        if not all(x.overlaps(y) for x, y in zip(one.flat, two.flat, strict=True)):
            return True
    return solution.truths(part) != other.truths(part)


def right_options(solution, part):
    """The keys of the options that are right; those that may be ticked or not in brackets."""
    return [key if truth == 1 else f"({key})" for key, truth in solution.truths(part).items() if truth]


def _names(solution):
    """Node -> name for everything a worked solution may call by name."""
    program = solution.program
    own = [(name, node) for name, node in program.names.items() if isinstance(node, Node)]
    names = {}
    for name, node in (*own, *program.named_nodes()):
        names.setdefault(node, name)
    return {**program.derivatives, **names}


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

    return [step for step in worked_steps(targets, _names(solution), show) if step.name not in told]
