"""The problems under examples/problems, written from the authors' guide alone: short, sound, two of them with a printed key."""

from pathlib import Path

import pytest

from grader.bank.keys import read_key
from grader.bank.load import load_problem
from grader.marking.solution import solution_of
from grader.trial.keys import try_key
from grader.trial.problems import try_problem

EXAMPLES = Path(__file__).parent.parent / "examples"
PROBLEMS = sorted((EXAMPLES / "problems").glob("*.yaml"))
KEYS = sorted((EXAMPLES / "solutions").glob("*.yaml"))


def test_there_are_ten():
    assert len(PROBLEMS) == 10
    assert KEYS


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_a_short_problem_stands_its_trial(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 20
    assert try_problem(load_problem(str(path))).faults == ()


@pytest.mark.parametrize("path", KEYS, ids=lambda path: path.stem)
def test_a_key_comes_out_as_it_expects(path):
    problem = load_problem(str(EXAMPLES / "problems" / path.name))
    assert [trial.surprise for trial in try_key(solution_of(problem), read_key(path, problem)) if trial.surprise] == []
