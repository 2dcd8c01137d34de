"""Variants on trial, and `grader validate --variants`."""

import json

import pytest
from click.testing import CliRunner

from grader.commands import main
from grader.trial.variants import try_variants

PROBLEM = """\
title: A product
topics: [loss]
text: Take $x = {{x}}$ and $y = {{y}}$.
given: {x: 2, y: 3}
parts: [{id: a, text: Multiply., answer: x * y, marks: 1}]
"""
DRAW = "draw: {x: ints(1..20), y: ints(1..20)}\n"
NARROW = "draw: {x: ints(1..3)}\n"
RARE = "draw: {x: 'ints(1..1000)', y: 'ints(1..1000)', keep: ['x * y == 14']}\n"  # 4 of 1,000,000


@pytest.fixture
def bank(make_bank):
    return make_bank(
        {"fixed.yaml": PROBLEM, "wide.yaml": PROBLEM + DRAW, "narrow.yaml": PROBLEM + NARROW, "rare.yaml": PROBLEM + RARE}
    )


def test_a_wide_draw(bank):
    trial = try_variants("wide", 100)
    assert (trial.variants, trial.faults) == (100, ())
    assert trial.rate > 1 / 5
    assert 50 < trial.answers <= 100  # 6 = 2 * 3 = 3 * 2, and the like
    assert trial.digits == (1, 3)


def test_too_few(bank):
    trial = try_variants("narrow", 100)
    assert (trial.variants, trial.answers) == (2, 2)
    assert [str(fault) for fault in trial.faults] == ["narrow.yaml:6: draw: there are only 2 variants; 100 were wanted"]


def test_too_rare(bank):
    sentences = [fault.sentence for fault in try_variants("rare", 2).faults]
    assert sentences == [sentence for sentence in sentences if "candidates" in sentence]
    assert len(sentences) == 1


def test_without_a_draw(bank):
    assert try_variants("fixed", 5) is None


def test_the_command(bank):
    run = CliRunner().invoke(main, ["validate", "wide", "--only", "problems", "--variants", "50"])
    assert run.exit_code == 0, run.stderr
    assert "wide: " in run.stdout
    assert "50 variants, " in run.stdout
    run = CliRunner().invoke(main, ["validate", "narrow", "--only", "problems", "--variants", "50", "--json"])
    assert run.exit_code == 1
    (drawn,) = json.loads(run.stdout)["drawn"]
    assert (drawn["id"], drawn["variants"], drawn["answers"]) == ("narrow", 2, 2)
