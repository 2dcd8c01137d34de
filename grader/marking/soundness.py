"""Whether every answer of a problem can be worked out and suits its kind: what a typed test alone would not show."""

from grader.bank.model import Complaint
from grader.bank.program import place
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.maths.errors import GraderError


def unsound_answers(solution):
    """Complaints about boxes, options and partial credits of a problem that nobody could answer rightly."""
    questions = [Question((solution,), part, box) for part in solution.problem.parts for box in part.boxes]
    return [complaint for question in questions for complaint in _complaints(question)]


def _complaints(question):
    try:
        sentence = _fault(question)
    except GraderError as error:
        sentence = f"this cannot be worked out: {error}"
    return [Complaint(place(question.box.value, question.part.where), sentence)] if sentence else []


def _fault(question):
    """What is wrong with a box, in a sentence; empty where nothing is."""
    unknown = [name for name in question.box.names if name not in question.solution.program.names]
    if unknown:
        return f"'names' allows {', '.join(unknown)}, which this problem does not have"
    return KINDS[question.kind].fault(question)
