"""Typed expressions judged: vectors laid down, values at jumps, domains, rounded coefficients and links on the way."""

from fractions import Fraction

import pytest
import yaml

from grader import check
from grader.marking.comparing.numeric import Finding
from grader.marking.kinds.question import Question
from grader.marking.kinds.symbolic import with_links
from grader.marking.solution import solution_of
from grader.marking.verdict import RIGHT


@pytest.fixture
def problem(tmp_path):
    """A function from symbols and an answer to a file with that problem, of one part `a`."""

    def write(given, answer):
        parts = [{"id": "a", "text": "What is it?", "answer": answer, "marks": 2}]
        path = tmp_path / "case.yaml"
        path.write_text(yaml.safe_dump({"title": "A case", "topics": ["backprop"], "text": "T.", "given": given, "parts": parts}))
        return path

    return write


MATRICES = {"W": "matrix(D, M)", "d": "vector(D)", "S": "matrix(D, D)", "u": "vector(D)", "r": "matrix(1, D)"}


@pytest.mark.parametrize(
    ("answer", "typed", "state"),
    [
        ("W' d", "W^T d", "right"),
        ("W' d", "d^T W", "right"),
        ("W' d", "(2 d)^T W / 2", "right"),
        ("W' d", "d W", "wrong"),
        ("(S + S') u", "u^T (S + S^T)", "right"),
        ("(S + S') u", "u (S + S^T)", "wrong"),
        ("u r", "u r", "right"),  # D x 1 times 1 x D
        ("d W", "d W", "right"),  # the author lays vectors down without saying so
    ],
)
def test_a_column_in_front_of_a_matrix_does_not_fit(problem, answer, typed, state):
    verdict = check(problem(MATRICES, answer), "a", typed)
    assert verdict.state == state
    assert (verdict.tag == "dimensions") == (state == "wrong")


@pytest.mark.parametrize(
    ("answer", "typed", "state", "tag"),
    [
        ("where(z > 0, 1, 0)", "where(z >= 0, 1, 0)", "right", "differs-at-corner"),
        ("where(z > 0, 1, 0)", "(1 + sign(z))/2", "right", "differs-at-corner"),
        ("where(z > 0, 1, 0)", "where(z > 1/10, 1, 0)", "wrong", ""),
        ("relu(z)", "where(z == 0, 5, relu(z))", "wrong", ""),  # the reference does not jump at its corner
        ("z", "where(z == 0, 5, z)", "wrong", ""),
    ],
)
def test_a_value_exactly_at_a_jump_is_a_convention(problem, answer, typed, state, tag):
    verdict = check(problem({"z": "real"}, answer), "a", typed)
    assert (verdict.state, verdict.tag) == (state, tag)


@pytest.mark.parametrize(
    ("answer", "typed", "state"),
    [("relu(z)", "exp(ln(z))", "undecided"), ("relu(z)", "sqrt(z)^2", "undecided"), ("ln(z^2)", "2 ln(abs(z))", "right")],
)
def test_an_answer_without_a_value_on_half_of_the_domain_is_left_to_a_person(problem, answer, typed, state):
    assert check(problem({"z": "real"}, answer), "a", typed).state == state


@pytest.mark.parametrize(
    ("typed", "state", "tag", "share"),
    [
        ("0.333x", "rounded", "rounded-coefficients", 1),  # 1/3 lies between 0.3325 and 0.3335
        ("0.33x", "partly", "imprecise", Fraction(1, 2)),  # between 0.325 and 0.335, but two digits only
        ("0.334x", "wrong", "", 0),
        ("0.333x + 0.001", "wrong", "", 0),
        ("0.333x^2", "wrong", "", 0),
    ],
)
def test_a_rounded_coefficient(problem, typed, state, tag, share):
    verdict = check(problem({"x": "real"}, "x/3"), "a", typed)
    assert (verdict.state, verdict.share) == (state, share)
    assert not tag or verdict.tag == tag


@pytest.mark.parametrize(
    ("typed", "broken"),
    [
        ("σ(z) = σ(z)(1-σ(z))", "σ(z) = σ(z)(1-σ(z))"),  # 1/2 against 1/4 at z = 0
        ("σ(z) - σ(z)^2 = σ(z)(1-σ(z))", None),
        ("σ'(z) = σ(z)(1-σ(z))", None),
        ("y = σ(z)(1-σ(z))", None),
        ("σ(z)(1-σ(z))", None),
    ],
)
def test_a_false_link_in_front_of_the_result_is_told(problem, typed, broken):
    solution = solution_of(problem({"z": "real"}, "sigmoid(z)*(1-sigmoid(z))"))
    part = solution.problem.parts[0]
    question = Question((solution,), part, part.boxes[0])
    found = with_links(question, None, typed, Finding.of(RIGHT, "", Fraction(1)))
    assert found["evidence"].get("broken_link") == broken
    assert found["state"] == RIGHT
