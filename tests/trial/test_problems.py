"""Problems on trial: each check finds what it is for."""

import pytest

from grader.bank.load import load_problem
from grader.trial.problems import try_problem

HEAD = "title: One\ntopics: [loss]\n"


@pytest.fixture
def trial(make_bank):
    """A function from a problem's text to its ProblemTrial."""

    def tried(text):
        make_bank({"one.yaml": HEAD + text})
        return try_problem(load_problem("one"))

    return tried


def sentences(complaints):
    return [complaint.sentence for complaint in complaints]


SOUND = """\
text: Take $x = {{x}}$ and $w = {{w}}$.
given: {x: "[1, -2]", w: "[3, 1/2]"}
let: {L: sum((w * x)^2), g: "grad(L, w)"}
parts: [{id: a, text: t, answer: g, marks: 1}]
tests: [{expect: {a: "[6, 4]"}}]
"""


def test_a_sound_problem_has_no_faults(trial):
    assert trial(SOUND).faults == ()


def test_a_wrong_expectation_is_a_fault(trial):
    (fault,) = trial(SOUND.replace("[6, 4]", "[6, 5]")).faults
    assert "should be [6, 5]" in fault.sentence
    assert fault.where.line == 7


def test_a_given_the_statement_does_not_name_is_a_fault(trial):
    assert sentences(trial(SOUND.replace(" and $w = {{w}}$", "")).faults) == [
        "the statement does not name 'w' (write {{w}} where its value belongs)"
    ]


@pytest.mark.parametrize("said", ["the weights $w$", "w = ?", "{{ 2 * w }}", "$w_{1}$ and $w_{2}$"])
def test_ways_to_name_a_given(trial, said):
    assert trial(SOUND.replace("$w = {{w}}$", said)).faults == ()


def test_a_given_that_nothing_rests_on_need_not_be_named(trial):
    assert trial(SOUND.replace("w: ", "unused: 7, w: ")).faults == ()


def test_a_gradient_that_is_none_is_found(trial, monkeypatch):
    from grader.maths.language import functions

    wrong = functions.FUNCTIONS["grad"].build
    monkeypatch.setitem(
        functions.FUNCTIONS, "grad", functions.Function("grad", lambda scope, L, w: 2 * wrong(scope, L, w), "grad(L, w)", "twice")
    )
    told = sentences(trial(SOUND.replace("[6, 4]", "[12, 8]")).faults)
    assert len(told) == 1
    assert "central differences give" in told[0]


def test_an_answer_that_no_slip_changes_is_a_fault(trial):
    text = """\
text: Take $v = {{v}}$.
given: {v: "[0, 0]"}
parts: [{id: a, text: t, answer: mean(v), marks: 1}]
"""
    (told,) = sentences(trial(text).faults)
    assert told.startswith("'a' comes out right with every slip")


def test_wrong_methods_with_the_right_answer_are_notes(trial):
    text = """\
text: Take $x = {{x}}$ and $s = {{s}}$.
given: {x: "[3, 4]", s: "[1, 1]"}
parts: [{id: a, text: t, answer: "sum(leaky_relu(x, 0.1) * s)", marks: 1}]
tests: [{expect: {a: 7}}]
"""
    found = trial(text)
    assert found.faults == ()
    assert any("comes out right also with" in sentence for sentence in sentences(found.notes))


CORNER = """\
text: Take $a = {{a}}$.
given: {a: 0}
parts: [{id: a, text: t, answer: "grad(relu(a), a) + 1", marks: 1}]
tests: [{expect: {a: 1}}]
"""


def test_a_convention_that_the_statement_does_not_quote_is_a_fault(trial, monkeypatch):
    """The slope of ReLU at 0 decides; a statement without its last line does not say so."""
    from grader.trial import problems

    assert trial(CORNER).faults == ()
    whole = problems.statement_text
    monkeypatch.setattr(problems, "statement_text", lambda solution: whole(solution).rpartition("\n")[0])
    (fault,) = trial(CORNER).faults
    assert "'relu_at_zero'" in fault.sentence
    assert "The derivative of ReLU at 0 is taken as 0" in fault.sentence


def test_a_text_that_cannot_be_filled_in_is_a_fault(trial):
    (fault,) = trial(SOUND.replace("answer: g,", "model: 'It is {{w[7]}}.', answer: g,")).faults
    assert fault.sentence.startswith("the text shows '{{w[7]}}', but ")
    assert fault.where.line == 6
