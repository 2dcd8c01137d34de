"""How much work a variant is, counted by hand."""

from fractions import Fraction

import numpy as np
import pytest

from grader.maths.systems import as_fraction
from grader.variants.draw import draw_many, space_of
from grader.variants.measures import measured, measures

PROBLEM = """\
title: t
topics: [loss]
text: Take {{x}}, {{v}}, {{W}}, {{n}}.
given:
  x: 3
  v: "[2, 0, 1, -1]"
  W: "[[2, 3, 1, 0], [0, -4, 5, 2]]"
  n: 2
parts: [{id: a, text: t, answer: "ANSWER", marks: 1}]
draw: {x: ints(1..9)}
"""


def original(problem):
    return measures(space_of(problem).original, {}, 1)


@pytest.mark.parametrize(
    ("answer", "operations"),
    [
        ("x", 0),
        ("x * x", 1),
        ("1 * x + 0", 0),
        ("-x", 0),
        ("x + 4 * x", 2),
        ("x / 7 - 2", 2),
        ("x / 1", 0),
        ("x^4", 1),
        ("x^1 * 1^x", 0),
        ("v + v", 3),  # the sum 0 + 0 is none
        ("x * v", 1),  # 3 * 2, but not 3 * 0, 3 * 1, 3 * (-1)
        ("sum(v)", 2),  # three that are not 0
        ("W @ v", 3),  # row 1: 2 * 2 and a sum with 1; row 2: the sum 5 - 2, as 0 * 2, -4 * 0, 5 * 1, 2 * (-1) are no products
        ("relu(W) + 0", 0),
        ("max(v) * x", 1),
        ("exp(x) * exp(0)", 1),
        ("log(1) + sqrt(4)", 1),
        ("x + x * x + x * x", 3),  # the same product is worked out once
        ("mean(v)", 3),
        ("conv(W, [[2, 1], [0, 1]])", 0),
    ],
)
def test_operations(bank, answer, operations):
    if answer.startswith("conv"):
        # windows [[2, 3], [0, -4]], [[3, 1], [-4, 5]], [[1, 0], [5, 2]] times [[2, 1], [0, 1]]:
        # 2*2 + 3 - 4 (1 product, 2 sums), 3*2 + 1 + 5 (1, 2), 1*2 + 0 + 2 (0, 1)
        answer, operations = "correlate(W, [[2, 1], [0, 1]])", 7
    assert original(bank(PROBLEM.replace("ANSWER", answer))).operations[0] == operations


@pytest.mark.parametrize(
    ("answer", "digits"),
    [
        ("x", 1),
        ("x * 100", 3),
        ("x / 2", 2),
        ("x / 8", 4),
        ("x / 7", 5),
        ("[12, 0.5, -1/4]", 2 + 2 + 3),
        ("1000 - x", 3),
        ("1000 * x / 3", 4),
    ],
)
def test_digits(bank, answer, digits):
    assert original(bank(PROBLEM.replace("ANSWER", answer))).digits[0] == digits


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("relu(v)", 2 / 4),
        ("sum(relu(W)) + sum(leaky_relu(v, 0.1))", (5 + 2) / 12),
        ("max(0, x - 5)", 0),
        ("max(x, 5)", None),
    ],
)
def test_open_units(bank, answer, share):
    found = original(bank(PROBLEM.replace("ANSWER", answer).replace("ints(1..9)", "ints(6..9)"))).open[0]
    assert np.isnan(found) if share is None else found == pytest.approx(share)


DRAWN = """\
title: t
topics: [loss]
text: Take {{n}}, {{v}}, {{w}}.
given: {n: 2, v: "[2, 3]", w: "[4, 5]"}
let: {h: relu(v ∘ w)}
parts: [{id: a, text: t, answer: "sum(h)", marks: 1}]
draw: {n: ints(2..4), v: "ints(n, -3..3)", w: "nonzero_ints(n, -3..3)"}
"""


def by_hand(v, w):
    """Operations and open units of sum(relu(v w))."""
    products = [a * b for a, b in zip(v, w, strict=True)]
    hard = sum(abs(a) > 1 and abs(b) > 1 for a, b in zip(v, w, strict=True))
    is_open = sum(product > 0 for product in products)
    return hard + max(is_open - 1, 0), Fraction(is_open, len(v))


def test_many_variants_at_once(bank):
    """Of different lengths, so of different graphs, in the order of the variants."""
    variants = draw_many(bank(DRAWN), 60, 1)
    found = measured(variants)
    assert {one.exact["v"].shape for one in variants} == {(2,), (3,), (4,)}
    for position, one in enumerate(variants):
        operations, share = by_hand(*([as_fraction(entry) for entry in one.exact[name]] for name in "vw"))
        assert found.operations[position] == operations
        assert found.open[position] == pytest.approx(float(share))
    answers = [one.answers["a"] for one in variants]
    assert len(set(found.answers)) == len(set(answers))
    assert [int(count) for count in found.digits] == [len(answer) for answer in answers]
