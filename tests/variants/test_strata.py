"""`per:`: balanced sets, the same for a seed however many are drawn; and what is said where nothing can be kept."""

from collections import Counter
from fractions import Fraction

import pytest

from grader.maths.errors import BankError
from grader.maths.systems import as_fraction
from grader.variants.draw import Tally, draw, draw_faults, draw_many, strata

NET = """\
title: A layer
topics: [activation]
text: Take $x = {{x}}$, $W = {{W}}$ and the slope {{s}}.
given:
  x: "[1, 2]"
  W: "[[1, -1], [2, 1], [-3, 1]]"
  s: 1/2
let:
  z: W @ x
  h: relu(z)
parts:
- {id: a, text: Compute., answer: h, marks: 1}
- {id: b, text: Scale., answer: "s * sum(h)", marks: 1}
draw:
  x: nonzero_ints(2, -3..3)
  W: nonzero_ints(3, 2, -3..3)
  s: choice(1/2, 1/4, 2)
"""
SIZES = """\
title: Sizes
topics: [conv-shapes]
text: An image of {{w}} pixels a side; kernel {{k}}, stride {{s}}.
given:
  w: 32
  k: 5
  s: 1
  net: {input: 3 x w x w, layers: [{conv: {name: c, filters: 4, kernel: k, stride: s}}]}
parts:
- {id: a, text: Which size?, answer: size(net.c), kind: shape, marks: 1}
draw:
  w: ints(20..60)
  k: choice(3, 5, 7)
  s: ints(1..2)
  per: [k, s]
"""


def value(variant, name):
    return as_fraction(variant.exact[name][()])


def open_units(variant):
    """How many units are open, worked out by hand."""
    x = [as_fraction(entry) for entry in variant.exact["x"]]
    rows = [[as_fraction(entry) for entry in row] for row in variant.exact["W"]]
    return sum(sum(a * b for a, b in zip(row, x, strict=True)) > 0 for row in rows)


# ------------------------------------------------------------------------------------------------------------- balanced


def test_a_drawn_name(bank):
    problem = bank(NET + "  per: s\n")
    assert strata(problem) == ("s = 1/2", "s = 1/4", "s = 2")
    variants = draw_many(problem, 12, 0)
    assert [value(one, "s") for one in variants] == 4 * [Fraction(1, 2), Fraction(1, 4), Fraction(2)]
    assert [one.stratum for one in variants[:3]] == list(strata(problem))
    assert len({one.hash for one in variants}) == 12
    assert [one.number for one in variants] == list(range(12))


def test_a_measure(bank):
    problem = bank(NET + "  per: count(h > 0) in 1..2\n")
    variants = draw_many(problem, 31, 5)
    found = [open_units(one) for one in variants]
    assert found[:4] == [2, 1, 2, 1]  # the variants of seed 5 begin with stratum number 5 mod 2
    assert Counter(found) == {2: 16, 1: 15}


def test_a_condition(bank):
    variants = draw_many(bank(NET + "  per: x[0] > 0\n"), 8, 0)
    assert [one.stratum for one in variants[:2]] == ["x[0] > 0", "not x[0] > 0"]
    assert [as_fraction(one.exact["x"][0]) > 0 for one in variants] == 4 * [True, False]


def test_some_values_of_a_drawn_name(bank):
    variants = draw_many(bank(NET + "  per: s in [2, 1/4]\n"), 4, 0)
    assert [value(one, "s") for one in variants] == 2 * [Fraction(2), Fraction(1, 4)]


def test_every_pair_of_two(bank):
    problem = bank(SIZES)
    variants = draw_many(problem, 12, 0)
    pairs = [(value(one, "k"), value(one, "s")) for one in variants]
    assert pairs == 2 * [(k, s) for k in (3, 5, 7) for s in (1, 2)]
    assert variants[1].stratum == "k = 3, s = 2"


@pytest.mark.parametrize("per", ["s", "count(h > 0) in 1..2", "[s, 'x[0] > 0']"])
def test_neither_count_nor_company_matters(bank, per):
    problem = bank(NET + f"  per: {per}\n")
    many = [one.hash for one in draw_many(problem, 40, 3)]
    assert len(set(many)) == 40
    for count in (1, 2, 5, 7, 39):
        assert [one.hash for one in draw_many(problem, count, 3, tally=Tally())] == many[:count]
        assert [one.hash for one in draw_many(problem, count, 3)] == many[:count]
    for run in (many[start : start + len(strata(problem))] for start in range(5)):
        assert len(run) == len(set(run))


def test_seeds_one_after_the_other_are_balanced_too(bank):
    """Each student has a seed of their own, and takes the first variant of it."""
    problem = bank(NET + "  per: s\n")
    assert Counter(value(draw(problem, seed), "s") for seed in range(-3, 27)) == dict.fromkeys(
        (Fraction(1, 2), Fraction(1, 4), Fraction(2)), 10
    )


def test_what_is_counted(bank):
    tally = Tally()
    draw_many(bank(NET + "  per: s\n"), 6, 1, tally=tally)
    assert set(tally.by_stratum) == {"s = 1/2", "s = 1/4", "s = 2"}
    for one in (tally, *tally.by_stratum.values()):
        assert one.tried == one.kept + sum(one.rejected.values())
        assert 0.55 < one.rejected["in another stratum"] / one.tried < 0.78  # two of three
        assert 0 < one.rate <= 1


def test_a_set_ends_where_one_stratum_does(bank):
    """x may be 2 or 4 in the stratum y = 1 (1 is the original), and 1, 2 or 4 in the other: 2 + 2 and one more in turn."""
    text = """\
title: t
topics: [loss]
text: Take {{x}} and {{y}}.
given: {x: 1, y: 1}
parts: [{id: a, text: Add., answer: exp(x + 10 * y), marks: 1}]
draw: {x: "choice(1, 2, 4)", y: "choice(1, 2)", per: y}
"""
    assert [(value(one, "y"), value(one, "x")) for one in draw_many(bank(text), 20, 0)][::2] in (
        [(1, 2), (1, 4)],
        [(1, 4), (1, 2)],
    )
    assert len(draw_many(bank(text), 20, 0)) == 4
    assert len(draw_many(bank(text), 20, 1)) == 5


# ------------------------------------------------------------------------------------------------------ what can go wrong


def test_a_stratum_that_is_never_found_is_named(bank):
    problem = bank(NET + "  keep:\n  - any(h > 0)\n  per: count(h > 0) in 0..2\n")
    assert draw(problem, 1).stratum == "count(h > 0) = 1"
    for seed, count in ((0, 1), (1, 3), (2, 100)):
        with pytest.raises(BankError) as caught:
            draw_many(problem, count, seed)
        sentence = str(caught.value)
        assert "none of the stratum 'count(h > 0) = 0' can be kept" in sentence
        assert sentence.startswith("p.yaml:19: ")
        assert sentence.endswith("can be kept: 'keep: any(h > 0)' rejects all")


@pytest.mark.parametrize(
    ("per", "sentence"),
    [
        ("count(h > 0)", "it is not known which values 'count(h > 0)' has; say it by 'count(h > 0) in 0..3'"),
        ("h in 0..1", "'h' must be a number"),
        ("x", "it is not known which values 'x' has"),
        ("q > 0", "'q' is not a name known here"),
        ("q", "'q' is not a name known here"),
        ("zz", "'zz' is not a name known here (did you mean 'z'?)"),
        ("count(h > 0) in 2..2", "the range '2..2' must hold from 2 to 24 whole numbers"),
        ("count(h > 0) in 0..1000", "the range '0..1000' must hold from 2 to 24 whole numbers"),
        ("count(h > 0) in 2", "a range such as 1..3 or a list such as [1, 2, 4] was expected, not '2'"),
        ("count(h > 0) in [1, 1]", "a value stands twice in '[1, 1]'"),
        ("count(h > 0) in [1]", "'count(h > 0)' has 1 values; there may be from 2 to 24"),
        ("count(h > 0) in [[1, 2], 1]", "'[[1, 2], 1]' must hold numbers"),
        ("count(h > 0) in [x, 1]", "'x' is not a name known here"),
        ("['count(h > 0) in 0..20', 'count(z > 0) in 0..20']", "441 strata are too many (limit 120)"),
    ],
)
def test_faults(bank, per, sentence):
    (fault,) = draw_faults(bank(NET + f"  per: {per if per[0] == '[' else repr(per)}\n"))
    assert str(fault).startswith("p.yaml:18: draw: ")
    assert sentence in str(fault)


def test_a_name_with_too_many_values(bank):
    (fault,) = draw_faults(bank(NET.replace("choice(1/2, 1/4, 2)", "quarters(1/4..9)") + "  per: s\n"))
    assert "'s' has 36 values (limit 24); name some, as in 's in [1, 2]'" in str(fault)


@pytest.mark.parametrize(
    ("conditions", "told", "line"),
    [
        (["s > 1/8", "x[0] > 5", "any(h > 0)"], "'keep: x[0] > 5' rejects all", 20),
        (["any(h > 0)", "x[0] > 1", "x[0] < 1"], "'keep: x[0] > 1' and 'keep: x[0] < 1' together reject all (by themselves ", 20),
        (
            ["s <= 1/2", "s != 1/2", "s != 1/4"],
            "'keep: s <= 1/2', 'keep: s != 1/2' and 'keep: s != 1/4' together reject all (by themselves ",
            19,
        ),
        (["all(h == 0)"], "'keep: all(h == 0)' and 'all zero (a)' together reject all (by themselves ", 19),
    ],
)
def test_conditions_that_exclude_each_other(bank, conditions, told, line):
    with pytest.raises(BankError) as caught:
        draw(bank(NET + "  keep:\n" + "".join(f"  - {one}\n" for one in conditions)), 1)
    sentence = str(caught.value)
    assert sentence.startswith(f"p.yaml:{line}: draw: of ")
    assert told in sentence


COLOURS = """\
title: A convolution
topics: [conv-shapes]
text: An image of 3 x 32 x 32 goes through a convolution with 8 filters of {{n}} x {{n}} and padding {{p}}.
given:
  n: 5
  p: 1
  net: {input: 3 x 32 x 32, layers: [{conv: {name: c, filters: 8, kernel: n, padding: p}}]}
parts:
- {id: a, text: How many parameters?, answer: {value: parameters(net.c), kind: count, marks: 1}}
draw:
  n: choice(3, 5, 7)
  p: ints(0..3)
  per: [n]
"""


def test_a_stratum_in_which_slips_coincide_is_a_fault(bank):
    """8 (3 n + 1) without the square and 8 (n^2 + 1) without the input channels are the same for n = 3 alone."""
    (fault,) = draw_faults(bank(COLOURS))
    assert "none of the stratum 'n = 3' can be kept: 'more slips coincide than in the original' rejects all" in fault.sentence
    assert "in a: input-channels-forgotten = kernel-not-squared" in fault.sentence
    assert draw_faults(bank(COLOURS.replace("choice(3, 5, 7)", "choice(5, 7)"))) == ()
