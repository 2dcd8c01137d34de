"""Variants on trial, and `grader validate --variants`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.commands import main
from grader.trial.variants import THRESHOLDS, Spread, try_variants

PROBLEM = """\
title: A product
topics: [loss]
text: Take $x = {{x}}$ and $y = {{y}}$.
given: {x: 2, y: 3}
parts: [{id: a, text: Multiply., answer: x * y, marks: 1}]
"""
DRAW = "draw: {x: ints(1..20), y: ints(1..20)}\n"
SHORT = "draw: {x: ints(1..20)}\n"
NARROW = "draw: {x: ints(1..3)}\n"
RARE = "draw: {x: 'ints(1..1000)', y: 'ints(1..1000)', keep: ['x * y == 14']}\n"  # 4 of 1,000,000


@pytest.fixture
def bank(make_bank):
    return make_bank(
        {"fixed.yaml": PROBLEM, "wide.yaml": PROBLEM + DRAW, "narrow.yaml": PROBLEM + NARROW, "rare.yaml": PROBLEM + RARE}
        | {"short.yaml": PROBLEM + SHORT}
    )


def test_a_wide_draw(bank):
    trial = try_variants("wide", 100)
    assert (trial.variants, trial.faults) == (100, ())
    assert trial.rate > 1 / 5
    assert 50 < trial.answers <= 100  # 6 = 2 * 3 = 3 * 2, and the like
    assert (trial.digits.least, trial.digits.most) == (1, 3)
    assert trial.operations == Spread(1, 0, 1)  # a product with 1 is none
    assert trial.open == Spread(None, None, None)
    assert not trial.whole


def test_too_few(bank):
    trial = try_variants("narrow", 100)
    assert (trial.variants, trial.answers) == (2, 2)
    assert trial.whole
    assert [str(fault) for fault in trial.faults] == [
        "narrow.yaml:6: draw: there are only 2 variants in all, and 10 should be; draw more values, or one more given"
    ]
    assert try_variants("narrow", 2).faults == ()


def test_all_there_are_may_be_few(bank):
    """x from 1 to 20 without 2: 19 variants, which are enough."""
    trial = try_variants("short", 100)
    assert (trial.variants, trial.whole, trial.faults) == (19, True, ())


def test_too_rare(bank):
    sentences = [fault.sentence for fault in try_variants("rare", 2).faults]
    assert sentences == [sentence for sentence in sentences if "candidates" in sentence]
    assert len(sentences) == 1


def test_without_a_draw(bank):
    assert try_variants("fixed", 5) is None


def test_the_command(bank):
    run = CliRunner().invoke(main, ["validate", "wide", "--only", "problems", "--variants", "50"])
    assert run.exit_code == 0, run.stderr
    header, line, *_ = run.stdout.splitlines()
    assert header.split() == [
        "problem",
        "pass",
        "variants",
        "answers",
        "operations",
        "digits",
        "open",
        "units",
        "slips",
        "faults",
        "notes",
    ]
    assert line.startswith("wide     100 %        50 ")
    assert [header.index(name) + len(name) for name in ("pass", "variants")] == [line.index(" %") + 2, line.index(" 50") + 3]
    assert CliRunner().invoke(main, ["validate", "short", "--only", "problems", "--variants", "50"]).stdout.count("all 19") == 1
    run = CliRunner().invoke(main, ["validate", "narrow", "--only", "problems", "--variants", "50", "--json"])
    assert run.exit_code == 1
    (drawn,) = json.loads(run.stdout)["drawn"]
    assert (drawn["id"], drawn["variants"], drawn["answers"], drawn["whole"]) == ("narrow", 2, 2, True)
    assert drawn["operations"] == {"original": 1, "least": 0, "most": 1}
    assert drawn["open"] == {"original": None, "least": None, "most": None}
    assert [fault["line"] for fault in drawn["faults"]] == [6]


# ------------------------------------------------------------------------------------------------------------ thresholds

ALIKE = """\
title: Signs
topics: [loss]
text: Take $x = {{x}}$ and $y = {{y}}$.
given: {x: 2, y: 3}
parts: [{id: a, text: Compute., answer: "(x - y)^2 / (x - y) + sign(x)", marks: 1}]
draw: {x: "ints(1..40)", y: "ints(1..40)", keep: ["abs(x - y) <= 3"]}
"""
UNEVEN = """\
title: A product of vectors
topics: [loss]
text: Take $v = {{v}}$ and $w = {{w}}$.
given: {v: "[2, 0, 0, 0, 0, 0]", w: "[3, 0, 0, 0, 0, 0]"}
parts: [{id: a, text: Multiply., answer: "v @ w", marks: 1}]
draw: {v: "ints(6, 2..9)", w: "ints(6, 2..9)"}
"""
STRATA = """\
title: A product
topics: [loss]
text: Take $x = {{x}}$ and $y = {{y}}$.
given: {x: 2, y: 3}
parts: [{id: a, text: Multiply., answer: x * y, marks: 1}]
draw: {x: "ints(1..20)", y: "ints(1..2000)", per: "y == 7"}
"""


def test_answers_that_are_mostly_the_same(make_bank):
    make_bank({"p.yaml": ALIKE})
    trial = try_variants("p", 60)
    assert trial.answers == 6  # x - y is one of -3, -2, -1, 1, 2, 3
    (fault,) = trial.faults
    assert "the 60 variants have only 6 different sets of answers (half as many as variants should be)" in fault.sentence


def test_more_work_than_the_original(make_bank):
    """The original takes one product; the variants six products and five sums."""
    make_bank({"p.yaml": UNEVEN})
    trial = try_variants("p", 20)
    assert trial.operations == Spread(1, 11, 11)
    (fault,) = trial.faults
    assert "the work of 20 of 20 variants is unlike the original's 1 operations (0 to 6 may be): 11 to 11" in fault.sentence


def test_a_stratum_that_is_rare(make_bank):
    make_bank({"p.yaml": STRATA})
    trial = try_variants("p", 10)
    assert trial.strata == (("not y == 7", 5), ("y == 7", 5))
    (fault,) = trial.faults
    assert "pass in the stratum 'y == 7' (1 in 500 should)" in fault.sentence


def test_the_manual_has_the_thresholds():
    text = (Path(__file__).parents[2] / "docs" / "problem-files.md").read_text(encoding="utf-8")
    section = " ".join(text.partition("## Variants\n")[2].partition("\n## ")[0].split())
    values = {name: row.value for name, row in THRESHOLDS.items()}
    assert f"1 in {round(1 / values['rate'])} candidates" in section
    assert f"fewer than {values['variants']} variants" in section
    assert (values["answers"], values["less"], values["more"]) == (1 / 2, 1 / 2, 2)
    assert "half as many" in section
    assert f"half or above twice the original's, with {values['slack']} operations" in section
