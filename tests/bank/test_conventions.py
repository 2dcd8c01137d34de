"""Conventions: what ships with the grader, how they are set, and what is said about those that do not exist."""

from fractions import Fraction

import pytest

from grader.bank.conventions import conventions_for, default_conventions
from grader.bank.load import load_paper
from grader.bank.places import supplied_root
from grader.maths.errors import BankError, UsageError

SUPPLIED = default_conventions(supplied_root())


def test_defaults():
    assert SUPPLIED["relu_at_zero"] == "0"
    assert SUPPLIED["squared_error"] == "mean"
    assert SUPPLIED["momentum_form"] == "velocity"
    assert SUPPLIED["ties"] == "first"


@pytest.mark.parametrize("name", list(SUPPLIED))
def test_every_value_of_every_convention_can_be_quoted(name):
    convention = SUPPLIED.convention(name)
    assert convention.about
    for value in convention.lines:
        line = SUPPLIED.with_(**{name: value}).quote(name)
        assert line.endswith(".")
        assert "{value}" not in line


def test_with_changes_a_copy():
    changed = SUPPLIED.with_(ddof="1", relu_at_zero="0.5")
    assert (changed["ddof"], changed["relu_at_zero"], SUPPLIED["ddof"]) == ("1", "1/2", "0")
    assert changed.number("relu_at_zero") == Fraction(1, 2)


def test_free_numbers():
    changed = SUPPLIED.with_(batch_norm_epsilon="0.001", optimizer_epsilon="0.00000001")
    assert changed.number("batch_norm_epsilon") == Fraction(1, 1000)
    assert changed.quote("batch_norm_epsilon") == r"Batch normalisation adds $\epsilon = 0.001$ to the variance."
    assert changed["optimizer_epsilon"] == "1e-8"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"relu_zero": "0"}, "there is no convention 'relu_zero' (did you mean 'relu_at_zero'?)"),
        ({"ties": "frist"}, "convention 'ties' cannot be 'frist' (did you mean 'first'?); it is one of first, share"),
        ({"ddof": "2"}, "convention 'ddof' cannot be '2'; it is one of 0, 1"),
        (
            {"batch_norm_epsilon": "-1"},
            "convention 'batch_norm_epsilon' cannot be '-1'; it is one of 0, 1e-5 or another number from 0 up",
        ),
    ],
)
def test_what_does_not_exist(changes, sentence):
    with pytest.raises(UsageError) as error:
        SUPPLIED.with_(**changes)
    assert str(error.value) == sentence


def test_unknown_name_is_refused_when_read():
    with pytest.raises(UsageError, match="did you mean 'ddof'"):
        SUPPLIED["ddoff"]


def test_problem_over_paper_over_default(make_bank):
    problem = "title: P\ntopics: [loss]\nconventions: {ddof: 1}\nparts: [{id: a, text: t, answer: 1}]\n"
    paper = "title: Q\nproblems: [one]\nconventions: {ddof: 0, bias: none}\n"
    root = make_bank({"exam/one.yaml": problem, "exam/paper.yaml": paper})
    paper = load_paper("exam", root)
    found = conventions_for(paper.problems[0], paper, root)
    assert (found["ddof"], found["bias"], found["ties"]) == ("1", "none", "first")
    assert conventions_for(paper.problems[0], root=root)["bias"] == "counted"


def test_a_bank_adds_its_own_conventions(make_bank):
    root = make_bank(
        {"conventions.yaml": "weather: {about: the sky, default: sun, values: {sun: It shines., rain: It rains.}}\n"}
    )
    assert default_conventions(root).quote("weather") == "It shines."
    assert default_conventions(root)["bias"] == "counted"


def test_faults_of_a_conventions_file(make_bank):
    root = make_bank(
        {"conventions.yaml": "sky: {about: it, default: snow, values: {sun: It shines.}, any_number: none}\nsea: 3\n"}
    )
    with pytest.raises(BankError) as error:
        default_conventions(root)
    assert [str(one).split("yaml:")[1] for one in error.value.complaints] == [
        "1: sky: 'any_number' must say {value} where the number goes",
        "1: sky: convention 'sky' cannot be 'snow'; it is one of sun or another number from 0 up",
        "2: sea: fields such as 'name: value' were expected, not the text '3'",
    ]
