"""A problem's own tests: hand-typed expectations against the solution, and typed answers against the marks they should get."""

from fractions import Fraction

from grader.bank.model import Complaint
from grader.bank.program import place
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.reading.boxes import split_boxes
from grader.marking.solution import solve_problem
from grader.marking.soundness import unsound_answers
from grader.marking.verdict import RIGHT, UNREADABLE, WRONG
from grader.marking.working import references
from grader.maths.errors import GraderError, UsageError

LONGEST_SHOWN = 120  # characters of a value in a complaint


def run_own_tests(problem, paper=None):
    """Complaints about answers that cannot be worked out or do not suit their kind, or else about every test that fails.

    Raises BankError where the problem's expressions cannot be read.
    """
    solution = solve_problem(problem, paper)
    complaints = unsound_answers(solution)
    if complaints:
        return complaints
    for test in problem.tests:
        changed = solution
        if test.conventions:
            changed = solve_problem(problem, paper, solution.conventions.with_(**test.conventions))
        for name, text in test.expect.items():
            complaints.extend(_expected(changed, paper, name, text))
        if test.respond:
            try:
                complaints.extend(_responded(changed, paper, test))
            except UsageError as error:
                complaints.append(Complaint(test.where, str(error)))
    return complaints


def failed_samples(solution):
    """Complaints about made-up answers that come out wrongly: the reference itself typed, a wrong and an unreadable one.

    `run_own_tests` leaves them out: they test the grader on a problem rather than the problem.
    """
    complaints = []
    for part in solution.problem.parts:
        for box in part.boxes:
            question = Question((solution,), part, box)
            samples = KINDS[question.kind].samples(question)
            for state, text in ((RIGHT, samples.right), (WRONG, samples.wrong), (UNREADABLE, samples.unreadable)):
                verdict = Judge(solution).box(part, box, text) if text else None
                if verdict is not None and verdict.state != state:
                    sentence = f"'{verdict.name}' answered by {text} should be {state}, but is {verdict.state} {verdict.tag}"
                    complaints.append(Complaint(place(box.value, part.where), sentence.strip()))
    return complaints


def _expected(solution, paper, name, text):
    part_id, _, box_name = str(name).partition(".")
    part = solution.problem.part(part_id)
    box = part.box(box_name)
    try:
        verdict = Judge(solution, paper.policies if paper else None).box(part, box, str(text))
    except GraderError as error:
        return [Complaint(place(text), f"'{name}' cannot be worked out: {error}")]
    if verdict.state == RIGHT:
        return []
    problem = str(verdict.evidence.get("problem", "")).partition("\n")[0]
    found = f" ({_short(problem)})" if problem else ""
    says = _short(_found(solution, part, box))
    return [Complaint(place(text), f"'{name}' should be {_short(text)}, but the solution says otherwise: {says}{found}")]


def _found(solution, part, box):
    (reference,) = [line for line in references(solution, part) if line.box == box.name]
    return reference.exact or reference.formula


def _short(text):
    """A value in a sentence: its beginning where it is long."""
    text = " ".join(str(text).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _responded(solution, paper, test):
    """One person's typed answers: part or part.box -> text, in the order of the problem's parts."""
    judge = Judge(solution, paper.policies if paper else None)
    total, lines = Fraction(0), []
    for part in solution.problem.parts:
        texts = dict.fromkeys((box.name for box in part.boxes), "")
        if part.id in test.respond:
            texts.update(split_boxes(part, str(test.respond[part.id])))
        texts.update({box: str(test.respond[name]) for box in texts if (name := f"{part.id}.{box}") in test.respond})
        for verdict in (credit(verdict, judge.policies) for verdict in judge.part(part, texts)):
            total += verdict.marks or 0
            lines.append(f"{verdict.name}: {verdict.state} {verdict.tag}".strip())
    if total == test.marks:
        return []
    return [Complaint(test.where, f"these answers should get {test.marks} marks, but get {total} ({'; '.join(lines)})")]
