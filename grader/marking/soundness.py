"""Whether every answer of a problem can be worked out and suits its kind: what a typed test alone would not show."""

from grader.bank.model import Complaint
from grader.bank.program import place
from grader.maths.errors import GraderError
from grader.maths.graph import show_shape
from grader.maths.systems import as_fraction


def unsound_answers(solution):
    """Complaints about boxes, options and partial credits of a problem that nobody could answer rightly."""
    complaints = []
    for part in solution.problem.parts:
        if part.options:
            complaints += _checked(part.where, lambda part=part: _fault_of_options(solution, part))
        for box in part.boxes:
            if box.value is not None:
                complaints += _checked(place(box.value, part.where), lambda part=part, box=box: _fault(solution, part, box))
    return complaints


def _checked(where, fault):
    try:
        sentence = fault()
    except GraderError as error:
        sentence = f"this cannot be worked out: {error}"
    return [Complaint(where, sentence)] if sentence else []


def _fault_of_options(solution, part):
    solution.truths(part)
    return ""


def _fault(solution, part, box):
    """What is wrong with a box, in a sentence; empty where nothing is."""
    node, kind = solution.program.boxes[part.id, box.name], solution.kind(part, box)
    unknown = [name for name in box.names if name not in solution.program.names]
    if unknown:
        return f"'names' allows {', '.join(unknown)}, which this problem does not have"
    if solution.symbolic(node):
        return "" if kind in ("expression", "shape") else f"an answer with symbols in it is an expression, not a {kind}"
    value = solution.value(node)
    if kind in ("number", "count") and node.rank:
        return f"a {kind} is asked, but the answer is {show_shape(node.shape)}"
    if kind == "shape" and node.rank != 1:
        return f"a shape is a list of sizes, but the answer is {show_shape(node.shape)}"
    if kind in ("count", "shape") and not (
        value.exact and all(as_fraction(entry).denominator == 1 for entry in value.array.flat)
    ):
        return f"a {kind} is made of whole numbers, but the answer is not"
    return _fault_of_partial(solution, part, box, value)


def _fault_of_partial(solution, part, box, value):
    for line, node in zip(box.partial, solution.program.partial[part.id, box.name], strict=True):
        other = solution.value(node)
        if value.exact and other.exact and value.array.shape == other.array.shape and (value.array == other.array).all():
            return f"the partial credit '{line.tag}' is for the answer itself and can never be earned"
    return ""
