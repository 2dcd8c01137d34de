"""`grader draw`, and `--seed` of the other verbs."""

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

from grader.commands import main

PROBLEM = """\
title: A product
topics: [loss]
text: Take $x = {{x}}$ and $y = {{y}}$.
given: {x: 2, y: 1/2}
parts:
- {id: a, text: Multiply., answer: {p: {value: x * y, marks: 1}}}
- {id: b, text: Why?, rubric: [{marks: 1, text: says so}]}
"""
DRAW = """\
draw:
  x: ints(1..9)
  y: nonzero_halves(-4..4)
"""


@pytest.fixture
def run(make_bank):
    make_bank({"p.yaml": PROBLEM + DRAW, "fixed.yaml": PROBLEM, "never.yaml": PROBLEM + DRAW + "  keep: [x > 9]\n"})
    return lambda *arguments: CliRunner().invoke(main, arguments)


def drawn(run, *arguments):
    result = run("draw", "p", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_values_and_answers_belong_together(run):
    found = drawn(run, "--count", "20", "--seed", "4")
    assert (found["problem"], found["seed"], len(found["variants"])) == ("p", 4, 20)
    for number, variant in enumerate(found["variants"]):
        assert variant["number"] == number
        (answer,) = variant["answers"]
        assert (answer["part"], answer["box"]) == ("a", "p")
        assert Fraction(answer["exact"]) == Fraction(variant["values"]["x"]) * Fraction(variant["values"]["y"])
        assert Fraction(answer["exact"]).denominator == 1  # as the original's


def test_so_many_of_each_stratum(make_bank):
    make_bank({"p.yaml": PROBLEM + DRAW + "  per: x in [1, 4]\n"})
    run = lambda *arguments: CliRunner().invoke(main, ["draw", "p", *arguments])  # noqa: E731
    variants = json.loads(run("--per", "3", "--json").stdout)["variants"]
    assert [one["stratum"] for one in variants] == 3 * ["x = 4", "x = 1"]  # seed 1 begins with stratum number 1
    assert [one["values"]["x"] for one in variants] == 3 * ["4", "1"]
    assert "candidate" in run().stdout
    assert "; x = 4" in run().stdout
    stats = json.loads(run("--per", "3", "--stats", "--json").stdout)["stats"]
    assert {label: own["kept"] > 0 for label, own in stats["strata"].items()} == {"x = 1": True, "x = 4": True}
    assert run("--per", "3", "--count", "2").exit_code == 2


SLIPS = """\
title: A line
topics: [loss]
text: Take $x = {{x}}$, $w = {{w}}$ and $b = {{b}}$.
given: {x: 2, w: 1/2, b: -1/4}
parts: [{id: a, text: Add., answer: {value: w * x + b, kind: choice, distractors: slips, marks: 1}}]
draw: {x: ints(2..5), w: nonzero_halves(-3..3), b: nonzero_quarters(-1..1)}
"""


def test_a_choice_made_of_slips_shows_each_value_with_its_slip(make_bank):
    make_bank({"p.yaml": SLIPS})
    run = lambda *arguments: CliRunner().invoke(main, ["draw", "p", *arguments])  # noqa: E731
    (variant,) = json.loads(run("--json").stdout)["variants"]
    x, w, b = (Fraction(variant["values"][name]) for name in "xwb")
    (answer,) = variant["answers"]
    by_slip = {one["slip"]: Fraction(one["text"]) for one in answer["options"]}
    meant = {None: w * x + b, "first-term-forgotten": b, "second-term-forgotten": w * x, "second-term-twice": w * x + 2 * b}
    assert len(by_slip) == 4
    assert all(by_slip[slip] == meant[slip] for slip in by_slip.keys() & meant.keys())
    assert len(by_slip.keys() & meant.keys()) >= 3
    key = next(one["key"] for one in answer["options"] if one["slip"] is None)
    wrong = ", ".join(f"{one['key']} = {one['text']} ({one['slip']})" for one in answer["options"] if one["slip"])
    assert answer["exact"] == key
    assert run().stdout.splitlines()[-1] == f"  (a) {key} = {w * x + b}; {wrong}"


def test_per_without_strata(run):
    result = run("draw", "p", "--per", "2")
    assert result.exit_code == 2
    assert "problem p has no 'per' under 'draw', so it has no strata; use --count." in result.stderr


def test_what_is_printed(run):
    (variant,) = drawn(run)["variants"]
    values, answer = variant["values"], variant["answers"][0]["exact"]
    result = run("draw", "p")
    assert result.stdout.splitlines() == [
        "p: A product",
        "",
        f"variant 0, {variant['hash']}, candidate {variant['tries']}",
        f"  x: {values['x']}",
        f"  y: {values['y']}",
        f"  (a.p) {answer}",
    ]


def test_the_other_verbs_take_the_first_of_a_seed(run):
    (variant,) = drawn(run, "--seed", "9")["variants"]
    answer = variant["answers"][0]["exact"]
    solved = json.loads(run("solve", "p", "--seed", "9", "--json").stdout)
    assert solved["parts"][0]["answers"][0]["exact"] == answer
    assert run("check", "p", "a", answer, "--seed", "9").stdout.startswith("right")
    assert run("check", "p", "a", str(Fraction(answer) + 1), "--seed", "9").stdout.startswith("wrong")
    shown = run("bank", "show", "p", "--seed", "9").stdout
    assert f"$x = {variant['values']['x']}$ and $y = {variant['values']['y']}$" in shown
    assert "$x = 2$ and $y = 1/2$" in run("bank", "show", "p").stdout


def test_stats(run):
    stats = drawn(run, "--count", "10", "--stats")["stats"]
    assert stats["tried"] == stats["kept"] + sum(stats["rejected"].values())
    repeated = stats["rejected"]["duplicates"] + stats["rejected"]["the original"]
    assert stats["rate"] == (stats["kept"] + repeated) / stats["tried"]
    assert stats["variants"] == 10
    assert stats["rejected"]["more decimals than the original"] > 0
    text = run("draw", "p", "--count", "10", "--stats").stdout
    assert f"{stats['kept'] + repeated} of {stats['tried']} candidates pass ({100 * stats['rate']:.3g} %)" in text


def test_fewer_than_wanted(run):
    result = run("draw", "p", "--count", "5000")
    assert result.exit_code == 0
    assert result.stderr.strip() == "There are no more; 5000 were wanted."
    # x y is whole: y whole (8 of them) for all 9 x, y halves (8 of them) for the 4 even x; never the original 2, 1/2
    assert len(drawn_hashes(result.stdout)) == 8 * 9 + 8 * 4 - 1


def drawn_hashes(text):
    return {line.split(", ")[1] for line in text.splitlines() if line.startswith("variant ")}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fixed"], "Error: problem fixed has no 'draw', so it has no variants."),
        (["never"], "Error: never.yaml:11: draw: of 21,760 candidates none can be kept: 'keep: x > 9' rejects all"),
        (["q"], "Error: There is no problem 'q'"),
        (["p", "--count", "0"], "0 is not in the range 1<=x<=10000"),
        (["p", "--seed", "x"], "'x' is not a valid integer"),
    ],
)
def test_what_cannot_be_drawn(run, arguments, sentence):
    result = run("draw", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_bank_check_complains(run, make_bank):
    folder = make_bank({"wrong.yaml": PROBLEM + "draw: {x: ins(1..2)}\n"})
    result = run("bank", "check", str(folder / "wrong.yaml"))
    assert result.exit_code == 1
    assert "wrong.yaml:8: draw: 'ins(1..2)' is no distribution (did you mean 'ints'?)" in result.stdout
