"""Problems on trial: does the engine agree with itself, and does the question say what is needed to answer it?

Each check takes a Solution and yields (where, sentence) for what is wrong; they stand in one table, CHECKS.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grader.bank.model import Complaint, Stack
from grader.bank.program import expressions, place
from grader.bank.statement import WORD, is_named, statement_source, unfilled
from grader.bank.words import listed
from grader.marking.comparing.slip_values import slip_values
from grader.marking.own_tests import failed_samples, run_own_tests
from grader.marking.solution import solution_of
from grader.marking.statement_text import quoted_conventions, statement_text
from grader.maths.errors import BankError, GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.gradient import check_gradient
from grader.maths.graph import reachable
from grader.maths.language import syntax
from grader.maths.language.meaning import Scope
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER
from grader.maths.slips import SPECIFIC
from grader.maths.systems import BALL, FLOAT

CLOSE = 1e-9  # relative: exact or certified numbers against floats
CLOSE_TO_SLOPE = 1e-4  # how near central differences have to come, relative
MOST_ENTRIES = 200  # of a gradient whose central differences are taken
MOST_SENTENCES = 3  # that a complaint names
NUMERIC = ("number", "array", "count", "shape")


@dataclass(frozen=True)
class ProblemTrial:
    """What became of a problem: its faults, and what is worth knowing without being one."""

    id: str
    faults: tuple[Complaint, ...]
    notes: tuple[Complaint, ...] = ()


def try_problem(problem, paper=None):
    """The ProblemTrial of a Problem that could be read."""
    try:
        faults = list(run_own_tests(problem, paper))
        solution = solution_of(problem.id) if paper else solution_of(problem)
        faults += [complaint for check in CHECKS for complaint in check(solution)]
        notes = list(idle_slips(solution))
    except BankError as error:
        return ProblemTrial(problem.id, tuple(error.complaints))
    return ProblemTrial(problem.id, tuple(faults), tuple(notes))


# --- the number systems agree ---


def systems_agree(solution) -> Iterator[Complaint]:
    """Every numeric answer once more in floats, and every gradient by central differences."""
    for part, box, node in numeric_boxes(solution):
        value = solution.value(node)
        certain = _floats(value.array)
        try:
            plain = Evaluation(solution.program.values, (FLOAT,))(node)
        except GraderError as error:
            yield Complaint(place(box.value, part.where), f"'{_name(part, box)}' has no value in floats: {error}")
            continue
        if not np.allclose(plain, certain, rtol=CLOSE, atol=CLOSE):
            yield Complaint(place(box.value, part.where), f"'{_name(part, box)}' is {certain} for sure, but {plain} in floats")


def _floats(array):
    return np.array([float(entry.mid()) for entry in BALL.array(array).flat]).reshape(np.shape(array))


def numeric_boxes(solution):
    """(part, box, node) of every box with numbers as its reference."""
    for part in solution.problem.parts:
        for box in part.boxes:
            node = solution.program.boxes.get((part.id, box.name))
            if node is not None and not solution.symbolic(node) and solution.kind(part, box) in NUMERIC:
                yield part, box, node


def gradients_agree(solution) -> Iterator[Complaint]:
    """Every `grad(L, w)` of the file whose loss has a value, against central differences."""
    scope = Scope(names=solution.program.names, values=solution.program.values, conventions=solution.conventions)
    texts = [*solution.problem.let.values(), *(box.value for part in solution.problem.parts for box in part.boxes if box.value)]
    seen = set()
    for text in texts:
        for call in _gradients(syntax.parse(str(text))):
            try:
                loss, by, slope = (Scope.as_value(scope.tree(tree, str(text))) for tree in (*call.arguments, call))
            except GraderError:
                continue
            if (loss, by) in seen or solution.symbolic(loss) or solution.symbolic(slope):
                continue
            seen.add((loss, by))
            fault = _off(solution.program.values, loss, by, slope)
            if fault:
                yield Complaint(place(text, solution.problem.where), f"'{text}': {fault}")


def _gradients(tree):
    """The calls of `grad` with two arguments in a syntax tree."""
    named = isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name) and tree.function.name
    if named == "grad" and len(tree.arguments) == 2:
        yield tree
    if isinstance(tree, tuple):
        for child in tree:
            yield from _gradients(child)


def _off(values, loss, by, slope):
    """How a gradient differs from central differences, in a sentence; '' where it does not, at a corner, and without floats."""
    work = Evaluation(values, (FLOAT,))
    try:
        here, slopes = (np.array(work(node), dtype=float) for node in (by, slope))
        corners = [OPS[node.op].corner(node) for node in reachable([loss]) if OPS[node.op].corner != NO_CORNER]
        if here.size > MOST_ENTRIES or any(np.any(work(corner)) for corner in corners):
            return ""

        def at(moved):
            return float(Evaluation(values, (FLOAT,), override={by: moved})(loss))

        at(here)
    except GraderError:  # the other check tells
        return ""
    try:
        check_gradient(at, slopes, here, tolerance=CLOSE_TO_SLOPE)
    except GraderError as error:
        return str(error)
    return ""


# --- slips ---


def some_slip_matters(solution) -> Iterator[Complaint]:
    """A problem in which every mistake leads to the right answer examines nothing."""
    for part, box, node in numeric_boxes(solution):
        wrong, idle = _slips(solution, node)
        if idle and not wrong:
            sentence = f"'{_name(part, box)}' comes out right with every slip: {listed(idle, MOST_SENTENCES, '; ')}"
            yield Complaint(place(box.value, part.where), sentence)


def idle_slips(solution) -> Iterator[Complaint]:
    """Wrong methods that lead to the right answer with these values: worth knowing, and a reason to choose others."""
    for part, box, node in numeric_boxes(solution):
        if box.marks:
            _, idle = _slips(solution, node)
            if idle:
                sentence = f"'{_name(part, box)}' comes out right also with: {listed(idle, MOST_SENTENCES, '; ')}"
                yield Complaint(place(box.value, part.where), sentence)


def _slips(solution, node):
    """(tags of slips that change the answer, sentences of those that do not) among the slips with a meaning of their own."""
    right = np.asarray(Evaluation(solution.program.values, (FLOAT,))(node), dtype=float)
    wrong, idle = set(), {}
    for slip, array in slip_values(solution, node):
        if array.shape == right.shape and np.allclose(array, right, rtol=CLOSE, atol=0):
            if slip.tier == SPECIFIC:
                idle[slip.tag] = slip.sentence
        else:
            wrong.add(slip.tag)
    return wrong, [sentence for tag, sentence in idle.items() if tag not in wrong]


# --- the statement ---


def statement_is_complete(solution) -> Iterator[Complaint]:
    """Every given value that an answer rests on is named by the statement, or its value stands there."""
    problem = solution.problem
    statement = statement_source(problem)
    used = set(WORD.findall(" ".join(map(str, expressions(problem)))))
    for name, value in problem.given.items():
        shown = isinstance(value, Stack) or name not in used  # stacks that belong to the question are shown
        if not shown and not is_named(name, statement, str(value)):
            sentence = f"the statement does not name '{name}' (write {{{{{name}}}}} where its value belongs)"
            yield Complaint(place(name, problem.where), sentence)


def texts_are_filled(solution) -> Iterator[Complaint]:
    """Every `{{...}}` in a text has a value."""
    yield from unfilled(solution.problem, solution.program)


def conventions_are_quoted(solution) -> Iterator[Complaint]:
    """The statement ends in the conventions that the answers depend on."""
    statement = statement_text(solution).splitlines()
    for name, line in quoted_conventions(solution).items():
        if f"  {line}" not in statement:
            yield Complaint(solution.problem.where, f"the answers depend on '{name}', but the statement does not say: {line}")


def _name(part, box):
    return f"{part.id}.{box.name}" if box.name else part.id


CHECKS = (
    systems_agree,
    gradients_agree,
    failed_samples,
    some_slip_matters,
    statement_is_complete,
    texts_are_filled,
    conventions_are_quoted,
)
