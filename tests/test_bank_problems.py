"""Every problem of the bank on trial: its own tests, the number systems against each other, gradients against central
differences."""

import numpy as np
import pytest

from grader.bank.load import load_bank
from grader.bank.places import supplied_root
from grader.marking.own_tests import run_own_tests
from grader.marking.solution import solve_problem
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.gradient import check_gradient
from grader.maths.graph import Node, reachable
from grader.maths.language import syntax
from grader.maths.ops import OPS
from grader.maths.ops.table import NO_CORNER
from grader.maths.systems import FLOAT, SYMBOLIC

BANK = load_bank(supplied_root())
PAPER_OF = {problem.id: paper for paper in BANK.papers.values() for problem in paper.problems}
SLOW_FOR_SYMBOLS = 3_000  # nodes of a graph above which SymPy is left out


def solution(id):
    return solve_problem(BANK.problems[id], PAPER_OF.get(id))


def floats(value):
    entries = [float(e.mid()) if hasattr(e, "mid") else int(e.p) / int(e.q) for e in np.asarray(value.array, dtype=object).flat]
    return np.array(entries).reshape(np.shape(value.array))


def test_no_file_is_faulty():
    assert dict(BANK.faulty) == {}


@pytest.mark.parametrize("id", BANK.problems)
def test_own_tests_pass(id):
    problem = BANK.problems[id]
    assert run_own_tests(problem, PAPER_OF.get(id)) == []


@pytest.mark.parametrize("id", BANK.problems)
def test_every_value_has_a_hand_typed_expectation(id):
    problem = BANK.problems[id]
    typed = {name for test in problem.tests for name in test.expect}
    boxes = [(part.id, box) for part in problem.parts for box in part.boxes if box.value is not None]
    wanted = {f"{part}.{box.name}" if box.name else part for part, box in boxes}
    assert wanted <= typed


def value_nodes(solved):
    return {name: node for name, node in solved.program.boxes.items() if not solved.symbolic(node)}


@pytest.mark.parametrize("id", BANK.problems)
def test_number_systems_agree(id):
    solved = solution(id)
    work = Evaluation(solved.program.values, (FLOAT,))
    for node in value_nodes(solved).values():
        np.testing.assert_allclose(work(node), floats(solved.value(node)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("id", BANK.problems)
def test_symbolic_agrees(id):
    solved = solution(id)
    work = Evaluation(solved.program.values, (SYMBOLIC,))
    for node in value_nodes(solved).values():
        steps = reachable([node])
        if len(steps) > SLOW_FOR_SYMBOLS or not all("SYMBOLIC" in OPS[step.op].systems for step in steps):
            continue
        found = np.array([float(entry) for entry in work(node).flat]).reshape(node.shape)
        np.testing.assert_allclose(found, floats(solved.value(node)), rtol=1e-9, atol=1e-9)


def gradients(problem, names):
    """(loss, variable, gradient) for every `name: grad(loss, variable)` under `let`."""
    for name, text in problem.let.items():
        tree = syntax.parse(str(text))
        if isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name) and tree.function.name == "grad":
            try:
                loss, variable = (names.get(part.name) if isinstance(part, syntax.Name) else None for part in tree.arguments)
            except GraderError:
                continue
            if isinstance(loss, Node) and isinstance(variable, Node):
                yield loss, variable, names[name]


def on_a_corner(loss, work):
    corners = (OPS[node.op].corner(node) for node in reachable([loss]) if OPS[node.op].corner != NO_CORNER)
    return any(np.any(work(corner)) for corner in corners)


@pytest.mark.parametrize("id", BANK.problems)
def test_gradients_are_central_differences(id):
    solved = solution(id)
    values = solved.program.values
    work = Evaluation(values, (FLOAT,))
    for loss, variable, gradient in gradients(solved.problem, solved.program.names):
        if solved.symbolic(loss) or on_a_corner(loss, work):
            continue

        def at(moved, loss=loss, variable=variable):
            return float(Evaluation(values, (FLOAT,), override={variable: moved})(loss))

        check_gradient(at, work(gradient), work(variable).astype(float).copy(), tolerance=1e-4)


def test_deleting_tests_changes_no_answer():
    from dataclasses import replace

    for id, problem in BANK.problems.items():
        bare = solve_problem(replace(problem, tests=()), PAPER_OF.get(id))
        full = solution(id)
        for name, node in value_nodes(full).items():
            assert floats(full.value(node)).tolist() == floats(bare.value(bare.program.boxes[name])).tolist()
