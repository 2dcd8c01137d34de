"""Functions that are given by their name and drawn: balanced, the same again, compared with the original of the same function."""

import json
from collections import Counter
from math import exp, tanh

import numpy as np
import pytest

from grader.bank.statement import filled
from grader.marking.solution import solve_problem
from grader.maths.errors import UsageError
from grader.maths.evaluate import Evaluation
from grader.maths.systems import FLOAT, as_fraction
from grader.sheets.figures import draw as drawing
from grader.trial.variants import try_variants
from grader.variants.draw import draw, draw_faults, draw_for, draw_many, space_of, strata, variant_of

UNIT = """\
title: A layer
topics: [activation]
text: The activation is {{f}}, and $h = {{f}}(z)$ at $z = {{z}}$.
given:
  f: relu
  z: "[1, -2, 1/2]"
  w: 2
let:
  h: f(z)
parts:
- {id: a, text: Compute., answer: {h: {value: "w * h", marks: 1}, g: {value: "grad(sum(h), z)", marks: 1}}}
figures:
- network: {layers: [z, [s]], weights: ["[[1], [1], [1]]"], inputs: rows, activations: [f]}
draw:
  f: choice(relu, sigmoid, tanh)
  z: halves(3, -2..2)
"""
PER = UNIT + "  per: [f]\n"
BY_HAND = {  # value, derivative
    "relu": (lambda z: max(z, 0), lambda z: float(z > 0)),
    "sigmoid": (lambda z: 1 / (1 + exp(-z)), lambda z: exp(-z) / (1 + exp(-z)) ** 2),
    "tanh": (tanh, lambda z: 1 - tanh(z) ** 2),
}


def numbers(variant, name):
    return [float(as_fraction(entry)) for entry in variant.exact[name].flat]


def answered(variant, box):
    """An answer of a variant in floats."""
    program = solve_problem(variant.problem).program
    return [float(entry) for entry in Evaluation(program.values, (FLOAT,))(program.boxes["a", box])]


# ------------------------------------------------------------------------------------------------------------- drawn


def test_every_function_as_often(bank):
    problem = bank(PER)
    assert strata(problem) == ("f = relu", "f = sigmoid", "f = tanh")
    variants = draw_many(problem, 15, 0)
    assert [one.values["f"] for one in variants] == 5 * ["relu", "sigmoid", "tanh"]
    assert [one.stratum for one in variants[:3]] == list(strata(problem))
    assert len({one.hash for one in variants}) == 15


def test_without_per_every_function_comes(bank):
    counts = Counter(one.values["f"] for one in draw_many(bank(UNIT), 60, 1))
    assert counts.keys() == BY_HAND.keys()
    assert min(counts.values()) >= 8


def test_some_of_the_functions(bank):
    variants = draw_many(bank(UNIT + "  per: ['f in [tanh, relu]']\n"), 4, 0)
    assert [one.values["f"] for one in variants] == ["tanh", "relu", "tanh", "relu"]


def test_two_functions_give_every_pair(bank):
    text = UNIT.replace("  w: 2\n", "  w: 2\n  k: tanh\n").replace("h: f(z)", "h: k(f(z))")
    text = text.replace("draw:\n", "draw:\n  k: choice(tanh, softplus)\n")
    variants = draw_many(bank(text + "  per: [f, k]\n"), 6, 0)
    assert [(one.values["f"], one.values["k"]) for one in variants] == [
        (f, k) for f in ("relu", "sigmoid", "tanh") for k in ("tanh", "softplus")
    ]


def test_the_answers_are_those_of_the_function(bank):
    for variant in draw_many(bank(PER), 6, 4):
        value, slope = BY_HAND[variant.values["f"]]
        z = numbers(variant, "z")
        assert answered(variant, "h") == pytest.approx([2 * value(entry) for entry in z])
        assert answered(variant, "g") == pytest.approx([slope(entry) for entry in z])


def test_neither_count_nor_company_matters(bank):
    problem = bank(PER)
    many = [one.hash for one in draw_many(problem, 12, 3)]
    assert [one.hash for one in draw_many(problem, 5, 3)] == many[:5]
    assert [one.hash for one in draw_for(problem, range(6))] == [draw(problem, seed).hash for seed in range(6)]


def test_a_range_may_rest_on_a_function(bank):
    text = (
        UNIT.replace("choice(relu, sigmoid, tanh)", "choice(identity, square)")
        .replace("f: relu", "f: identity")
        .replace("halves", "ints")
    )
    variants = draw_many(bank(text + "  w: ints(f(3)..f(3) + 1)\n"), 20, 0)
    found = {(one.values["f"], one.values["w"]) for one in variants}
    assert found == {("identity", "3"), ("identity", "4"), ("square", "9"), ("square", "10")}


def test_texts_and_figures_name_the_drawn_function(bank):
    shown = {}
    for variant in draw_many(bank(PER), 3, 0):
        solution = solve_problem(variant.problem)
        text = filled(variant.problem.text, variant.problem, solution.program)
        shown[variant.values["f"]] = text.partition(" at ")[0], drawing(solution, variant.problem.figures[0]).alt
    assert {name: text for name, (text, _) in shown.items()} == {
        "relu": r"The activation is ReLU, and $h = \operatorname{ReLU}(z)$",
        "sigmoid": r"The activation is sigmoid, and $h = \sigma(z)$",
        "tanh": r"The activation is tanh, and $h = \tanh(z)$",
    }
    assert all(f"activation {word}" in shown[name][1] for name, word in (("relu", "ReLU"), ("tanh", "tanh")))


# ------------------------------------------------------------------------------------------------------------- stored


@pytest.mark.parametrize("other", ["", "draw: {w: ints(3..9)}\n", "draw: {f: 'choice(square, exp)'}\n"])
def test_stored_values_give_the_variant_again(bank, other):
    for variant in draw_many(bank(PER), 3, 7):
        stored = json.loads(json.dumps(dict(variant.values)))
        again = variant_of(bank(PER.partition("draw:")[0] + other), stored)
        assert (again.hash, dict(again.values), again.answers) == (variant.hash, stored, variant.answers)
        assert again.problem.given["f"] == stored["f"]


def test_a_hash_rests_on_the_name(bank):
    hashes = {name: variant_of(bank(UNIT), {"f": name, "z": "[1, 2, 3]"}).hash for name in ("relu", "tanh", "exp")}
    assert len(set(hashes.values())) == 3


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"f": "tahn"}, "problem p: 'f' is a function, and 'tahn' is none (did you mean 'tanh'?)."),
        ({"f": "3"}, "problem p: 'f' is a function, and '3' is none."),
        ({"w": "tanh"}, "problem p: 'w' cannot be 'tanh'"),
    ],
)
def test_values_that_do_not_fit(bank, values, sentence):
    with pytest.raises(UsageError) as caught:
        variant_of(bank(UNIT), values)
    assert str(caught.value).startswith(sentence)


# ------------------------------------------------------------------------------------------------------------- compared


def decimals(number):
    """How many decimals a rational number has."""
    return next(places for places in range(20) if (number * 10**places).denominator == 1)


def test_decimals_are_those_of_the_same_function(bank):
    """ReLU gives at most one decimal for the original's values, and square two; tanh gives numbers that do not end."""
    text = PER.replace("choice(relu, sigmoid, tanh)", "choice(relu, square, tanh)").replace("halves", "quarters")
    most = {"relu": 0, "square": 1}  # of 2 h: 2 * 1/2 and 2 * 1/4
    for variant in draw_many(bank(text), 30, 0):
        if variant.values["f"] != "tanh":
            z = [as_fraction(entry) for entry in variant.exact["z"]]
            h = [entry**2 if variant.values["f"] == "square" else max(entry, 0) for entry in z]
            assert max(decimals(2 * entry) for entry in h) <= most[variant.values["f"]]


def test_an_irrational_original_lets_relu_be_as_ugly_as_its_own_values(bank):
    variants = draw_many(bank(PER.replace("f: relu", "f: tanh").replace("halves", "quarters")), 30, 0)
    relu = [one for one in variants if one.values["f"] == "relu"]
    assert len(relu) == 10
    for variant in relu:
        assert all((2 * max(as_fraction(entry), 0)).denominator == 1 for entry in variant.exact["z"])  # as 2 * 1/2


def test_no_corner_that_the_file_has_not(bank):
    for original in ("relu", "tanh"):
        variants = draw_many(bank(PER.replace("f: relu", f"f: {original}")), 30, 2)
        zeros = {name: sum(0 in numbers(one, "z") for one in variants if one.values["f"] == name) for name in BY_HAND}
        assert zeros["relu"] == 0
        assert zeros["tanh"] > 0


def test_alike_compares_with_the_same_function(bank):
    """Two of the original's ReLUs are open; all sigmoids are positive."""
    for variant in draw_many(bank(PER + "  alike: [count(h > 0)]\n"), 12, 0):
        is_open = sum(BY_HAND[variant.values["f"]][0](entry) > 0 for entry in numbers(variant, "z"))
        assert is_open == (3 if variant.values["f"] == "sigmoid" else 2)


def test_functions_make_graphs_and_twins_of_their_own(bank):
    space = space_of(bank(PER))
    assert space.structural == ("f",)
    by_name = {one.values["f"]: one.checks for one in draw_many(bank(PER), 3, 0)}
    assert by_name["relu"].twin is by_name["relu"].original
    assert by_name["tanh"].twin.program.functions["f"].function == "tanh"
    assert np.array_equal(by_name["tanh"].twin.program.values["z"], by_name["relu"].program.values["z"])


def test_a_trial_compares_with_the_same_function(bank):
    """ReLU is no work and has no slip with a meaning of its own, unlike the derivative of tanh."""
    bank(PER.replace("f: relu", "f: tanh"))
    trial = try_variants("p", 30)
    assert trial.faults == ()
    assert dict(trial.strata) == {"f = relu": 10, "f = sigmoid": 10, "f = tanh": 10}
    assert trial.slips.least < trial.slips.original


# ------------------------------------------------------------------------------------------------------------- complaints


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("choice(relu, sigmoid, tanh)", "choice(relu, 3)", "15: draw: '3' is no function that can be given by name"),
        (
            "choice(relu, sigmoid, tanh)",
            "choice(relu, tahn)",
            "15: draw: 'tahn' is no function that can be given by name (did you mean 'tanh'?)",
        ),
        ("choice(relu, sigmoid, tanh)", "choice(rleu, tahn)", "15: draw: 'rleu' is not a name known here (did you mean 'relu'?)"),
        ("choice(relu, sigmoid, tanh)", "ints(1..3)", "15: draw: 'f' is a function; draw it as in 'f: choice(relu, tanh)'"),
        ("halves(3, -2..2)", "choice(relu, tanh)", "16: draw: 'z' is a value, but functions would be drawn for it"),
        (
            "  f: choice(relu, sigmoid, tanh)\n",
            "",
            "16: draw: per: 'f' is a function that is not drawn; draw it, as in 'f: choice(relu, tanh)'",
        ),
        ("per: [f]", "per: ['f in [relu, elu]']", "17: draw: per: 'f' is never 'elu' (did you mean 'relu'?); it is drawn among"),
        ("per: [f]", "per: ['f in 1..2']", "17: draw: per: 'f' is never '1..2'; it is drawn among relu, sigmoid, tanh"),
        ("choice(relu, sigmoid, tanh)", "choice(relu, relu)", "17: draw: per: two functions or more that differ were expected"),
        ("per: [f]", "keep: [f == relu]", "17: draw: 'f' is a function and needs brackets"),
        (
            "per: [f]",
            "alike: [sum(h)]",
            "15: draw: with f = sigmoid, 'sum(h)' is not rational in the original, so no variant can be like it",
        ),
        (
            "per: [f]",
            "per: [f]\n  keep: [decimals(h) <= 1]",
            "none of the stratum 'f = sigmoid' can be kept: 'keep: decimals(h) <= 1' and ",  # at z = 0
        ),
    ],
)
def test_what_is_said_of_a_draw(bank, old, new, complaint):
    assert old in PER
    complaints = [str(one).partition("\n")[0] for one in draw_faults(bank(PER.replace(old, new)))]
    assert complaints
    assert complaints[0].startswith(f"p.yaml:{complaint}") or complaint in complaints[0]
