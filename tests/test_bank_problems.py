"""Every problem of the bank on trial; and that no answer stands in its file but in its tests."""

import numpy as np
import pytest

from grader.bank.load import load_bank
from grader.bank.places import supplied_root
from grader.marking.solution import solve_problem
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable
from grader.maths.language import syntax
from grader.maths.ops import OPS
from grader.maths.systems import SYMBOLIC
from grader.trial.problems import try_problem

BANK = load_bank(supplied_root())
PAPER_OF = {problem.id: paper for paper in BANK.papers.values() for problem in paper.problems}
SLOW_FOR_SYMBOLS = 10_000  # operations of a formula written out in full above which SymPy is left out
LEFT_OUT = {"lectures/resnet-training": "SymPy would work out a fraction to the power 150,000"}


def solution(id):
    return solve_problem(BANK.problems[id], PAPER_OF.get(id))


def floats(value):
    entries = [float(e.mid()) if hasattr(e, "mid") else int(e.p) / int(e.q) for e in np.asarray(value.array, dtype=object).flat]
    return np.array(entries).reshape(np.shape(value.array))


def test_no_file_is_faulty():
    assert dict(BANK.faulty) == {}


@pytest.mark.parametrize("id", BANK.problems)
def test_it_stands_its_trial(id):
    """Own tests, floats against certified numbers, gradients against central differences, sample answers, slips, statement."""
    assert try_problem(BANK.problems[id], PAPER_OF.get(id)).faults == ()


@pytest.mark.parametrize("id", BANK.problems)
def test_every_value_has_a_hand_typed_expectation(id):
    problem = BANK.problems[id]
    typed = {name for test in problem.tests for name in test.expect}
    boxes = [(part.id, box) for part in problem.parts for box in part.boxes if box.value is not None]
    wanted = {f"{part}.{box.name}" if box.name else part for part, box in boxes}
    assert wanted <= typed


def value_nodes(solved):
    return {name: node for name, node in solved.program.boxes.items() if not solved.symbolic(node)}


def written_out(node):
    """The operations of a node's formula where every shared value is written out again."""
    sizes = {}
    for step in reachable([node]):
        inputs = step.inputs if step.expansion is None else (step.expansion,)
        sizes[step] = 1 + sum(sizes[child] for child in inputs)
    return sizes[node]


@pytest.mark.parametrize("id", [id for id in BANK.problems if id not in LEFT_OUT])
def test_symbolic_agrees(id):
    solved = solution(id)
    work = Evaluation(solved.program.values, (SYMBOLIC,))
    for node in value_nodes(solved).values():
        exact = all("SYMBOLIC" in OPS[step.op].systems for step in reachable([node]))
        if not exact or written_out(node) > SLOW_FOR_SYMBOLS:
            continue
        found = np.array([float(entry) for entry in work(node).flat]).reshape(node.shape)
        np.testing.assert_allclose(found, floats(solved.value(node)), rtol=1e-9, atol=1e-9)


def test_no_answer_is_typed_beside_its_question():
    """A reference is worked out: no value of a box is a bare number or list of numbers (the end of a derivation may be one)."""
    for problem in BANK.problems.values():
        typed = [box.value for part in problem.parts for box in part.boxes if box.kind != "chain" and _bare(box.value or "x")]
        assert typed == [], problem.id


def _bare(text):
    plain = ("number", "end")
    return all(token.kind in plain or token.text in ("[", "]", "(", ")", ",", ";", "-", "/") for token in syntax.tokens(text))


def test_deleting_tests_changes_no_answer():
    from dataclasses import replace

    for id, problem in BANK.problems.items():
        bare = solve_problem(replace(problem, tests=()), PAPER_OF.get(id))
        full = solution(id)
        for name, node in value_nodes(full).items():
            assert floats(full.value(node)).tolist() == floats(bare.value(bare.program.boxes[name])).tolist()
