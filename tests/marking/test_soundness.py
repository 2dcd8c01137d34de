"""`bank check` refuses answers that nobody could give."""

import pytest

from grader.bank.load import load_problem
from grader.marking.own_tests import run_own_tests

PROBLEM = "title: t\ntopics: [conv]\ngiven: {{x: 2, y: real}}\nparts: [{{id: a, text: t, marks: 1, {answer}}}]"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ('answer: "log(0*x)"', "this cannot be worked out: the logarithm of 0"),
        ('answer: "[1,2]", kind: number', "a number is asked, but the answer is a vector of 2"),
        ("answer: 1/2, kind: count", "a count is made of whole numbers, but the answer is not"),
        ('answer: "[1, 5/2]", kind: shape', "a shape is made of whole numbers, but the answer is not"),
        ("answer: x*y, kind: number", "an answer with symbols in it is an expression, not a number"),
        ("answer: x*y, names: [q]", "'names' allows q, which this problem does not have"),
        (
            "answer: x, partial: [{value: 2, marks: 1/2, tag: same}]",
            "the partial credit 'same' is for the answer itself and can never be earned",
        ),
        ('options: {A: {text: a, right: "x*y > 1"}, B: {text: b, right: true}}', "this cannot be worked out"),
        ("answer: 10 ** 99999999", "this cannot be worked out: a power with more than 8,000 bits is too large"),
    ],
)
def test_an_unsound_answer_is_a_fault(make_bank, answer, sentence):
    make_bank({"exam/one.yaml": PROBLEM.format(answer=answer)})
    (complaint,) = run_own_tests(load_problem("exam/one"))
    assert sentence in str(complaint)


def test_a_sound_answer_is_none(make_bank):
    make_bank({"exam/one.yaml": PROBLEM.format(answer="answer: x * y, names: [y]")})
    assert run_own_tests(load_problem("exam/one")) == []
