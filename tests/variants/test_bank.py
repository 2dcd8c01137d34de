"""Every problem of the bank with a `draw`: a variant passes the trials that the problem itself has to pass."""

import pytest

from grader.bank.load import load_bank, problem_with_paper
from grader.marking.solution import solve_problem
from grader.trial.problems import CHECKS
from grader.variants.draw import draw_many

DRAWN = [id for id, problem in load_bank().problems.items() if problem.draw]


def test_there_are_many():
    assert len(DRAWN) >= 36


@pytest.mark.parametrize("id", DRAWN)
def test_a_variant_is_sound(id):
    paper = problem_with_paper(id)[1]
    first, *_ = variants = draw_many(id, 10, 1)
    assert len({variant.hash for variant in variants}) == 10
    solution = solve_problem(first.problem, paper)
    assert [str(fault) for check in CHECKS for fault in check(solution)] == []
