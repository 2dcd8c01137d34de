"""`grader check`: command lines and references."""

import pytest
from click.testing import CliRunner

from grader.commands import main

PROBLEM = """\
title: T
topics: [loss]
text: Numbers $w$, $x$, $h$.
given: {w: real, x: real, h: real}
parts:
- {id: a, text: t, answer: -w * x, marks: 1}
- {id: b, text: t, answer: -h, marks: 1}
- {id: c, text: t, answer: -w, marks: 1}
"""


@pytest.fixture
def check(make_bank):
    make_bank({"p.yaml": PROBLEM})
    return lambda *arguments: CliRunner().invoke(main, ["check", "p", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ["a", "-w x"],
        ["a", "-x*w", "--seed", "1"],
        ["--seed=1", "a", "-w x"],
        ["a", "--", "-w x"],
        ["b", "-h"],  # not a call for help
        ["b", "-h + 0"],
        ["c", "-w"],
        ["c", "-w", "--earlier", "b=-h"],
        ["--earlier", "b=-h", "c", "-w"],
    ],
)
def test_an_answer_may_begin_with_a_minus_sign(check, arguments):
    result = check(*arguments)
    assert (result.exit_code, result.stdout.splitlines()[:1]) == (0, ["right, 1 of 1 mark"]), result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a", "-w x", "--reveall"], "No such option '--reveall'. Did you mean '--reveal'?"),
        (["a", "-w x", "--erlier=a=1"], "No such option '--erlier'. Did you mean '--earlier'?"),
        (["a", "-w x", "--earlier"], "Option '--earlier' requires an argument."),
        (["a", "-w x", "--seed", "-x"], "'-x' is not a valid integer."),
        (["a"], "Missing argument 'ANSWER'."),
        (["a", "-w x", "-x"], "Got unexpected extra argument (-x)"),
    ],
)
def test_options_are_checked_all_the_same(check, arguments, sentence):
    result = check(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize("arguments", [["-h"], ["a", "1", "--help"]])
def test_help_can_be_asked_for(check, arguments):
    assert check(*arguments).stdout.startswith("Usage:")
