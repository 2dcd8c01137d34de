"""Worked solutions of a problem: for every part the steps that lead to its answers, and its reference values as text."""

from dataclasses import dataclass

from grader.maths.graph import Node
from grader.maths.show import Formulas, decimal_text, exact_text
from grader.maths.steps import worked_steps


@dataclass(frozen=True)
class Reference:
    """The reference of one box in words: `exact` (rational, or certified digits with ≈), `decimal`, and for expressions
    `formula`."""

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
        return Reference(part.id, box.name, kind, box.marks, "", "", Formulas(_names(solution))(node))
    value = solution.reference(part.id, box.name)
    return Reference(
        part.id, box.name, kind, box.marks, exact_text(value.array, value.system), decimal_text(value.array, value.system)
    )


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
        return exact_text(value.array, value.system)

    return [step for step in worked_steps(targets, _names(solution), show) if step.name not in told]
