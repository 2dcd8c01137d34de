"""A variant made from stored values is the one that was drawn."""

import pytest

from grader.bank.load import load_bank
from grader.maths.errors import UsageError
from grader.variants.draw import draw_many, variant_of

DRAWN = [id for id, problem in load_bank().problems.items() if problem.draw]
PROBLEM = """\
title: A sum
topics: [loss]
text: Take $v = {{v}}$, of length {{n}}, and $w = {{w}}$, with {{m}} and {{s}}.
given:
  n: 2
  v: "[1, 2]"
  w: 1/2
  m: "[1, 2, 3]"
  s: real
  net: {input: 3 x 8 x 8, layers: [flatten]}
parts:
- {id: a, text: Add., answer: "w * sum(j in 1..n, v[j]) + m[n]", marks: 1}
"""
DRAW = "draw: {n: ints(1..2), v: 'ints(n, 1..9)', w: 'halves(1..9)'}\n"


@pytest.mark.parametrize("id", DRAWN)
def test_stored_values_give_the_variant(id):
    for variant in draw_many(id, 3, 1):
        again = variant_of(id, dict(variant.values))
        assert again.hash == variant.hash
        assert dict(again.values) == dict(variant.values)
        assert again.problem == variant.problem
        assert again.answers == variant.answers


@pytest.fixture
def problem(bank):
    return lambda text=PROBLEM + DRAW: bank(text)


@pytest.mark.parametrize("other", ["", "draw: {w: ints(5..7), m: 'ints(3, 1..9)'}\n", "draw: {n: nothing(1)}\n"])
def test_a_changed_draw_changes_nothing(problem, other):
    drawn = next(variant for variant in draw_many(problem(), 9, 3) if variant.values["n"] == "2")
    stored = dict(drawn.values)
    again = variant_of(problem(PROBLEM + other), stored)
    assert (again.hash, dict(again.values), again.answers) == (drawn.hash, stored, drawn.answers)
    assert (again.seed, again.number, again.tries) == (None, None, None)


def test_a_hand_made_variant(problem):
    variant = variant_of(problem(), {"n": "1", "v": "[7]", "w": "1.5"})
    assert variant.answers == {"a": "25/2"}  # 3/2 * 7 + m[1], where m counts from 0
    assert variant.problem.given["v"] == "[7]"
    assert variant_of(problem(), {"n": "1", "v": "[7]", "w": "3/2"}).hash == variant.hash  # the values count, not their text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "a variant of problem p needs at least one value."),
        ({"wv": "1"}, "problem p: 'wv' is not given (did you mean 'w'?)."),
        ({"v": "[1, 2, 3]"}, "problem p: 'v' should be a vector of 2, not a vector of 3."),
        ({"n": "1", "v": "[1, 2]"}, "problem p: 'v' should be a vector of 1, not a vector of 2."),
        ({"m": "4"}, "problem p: 'm' should be a vector of 3, not a number."),
        ({"w": "x"}, "problem p: 'w' cannot be 'x': 'x' is not a name known here"),
        ({"w": "exp(1)"}, "problem p: 'w' cannot be 'exp(1)', as a given value must be rational."),
        ({"w": "1/0"}, "problem p: 'w' cannot be '1/0': "),
        ({"s": "1"}, "problem p: 's' is no value but a symbol."),
        ({"net": "1"}, "problem p: 'net' is no value but a layer stack."),
        ({"n": "3", "v": "[1, 2, 3]"}, "problem p: the values do not fit: "),
    ],
)
def test_values_that_do_not_fit(problem, values, sentence):
    with pytest.raises(UsageError) as caught:
        variant_of(problem(), values)
    assert str(caught.value).startswith(sentence)
