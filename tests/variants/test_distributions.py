"""What the distributions give, and what is said of faulty ones."""

from fractions import Fraction

import numpy as np
import pytest

from grader.maths.errors import GraderError
from grader.maths.graph import given
from grader.maths.language.meaning import Scope
from grader.maths.systems import EXACT
from grader.variants.counter import bits, key
from grader.variants.distributions import DISTRIBUTIONS, called, sampler

SCOPE = Scope({"n": given("n"), "h": given("h")}, {"n": EXACT.array(3), "h": EXACT.array(Fraction(1, 2))})


def drawn(text, count=2_000):
    """(shape, values as nested tuples of Fractions in a list, one for each candidate)."""
    found = sampler(called(text), SCOPE, text)
    numerators = found.numerators(bits(key(text, 1, "x"), np.arange(count), found.places)).reshape(count, -1)
    return found.shape, [tuple(Fraction(entry, found.denominator) for entry in row) for row in numerators.tolist()]


def grid(low, high, step, without=()):
    values, value = set(), Fraction(low)
    while value <= high:
        values.add(value)
        value += Fraction(step)
    return values - set(without)


@pytest.mark.parametrize(
    ("text", "shape", "values"),
    [
        ("ints(-3..3)", (), grid(-3, 3, 1)),
        ("ints(2, 3, -3..3)", (2, 3), grid(-3, 3, 1)),
        ("ints(n, 1..n)", (3,), grid(1, 3, 1)),
        ("ints(2 * n, h..n)", (6,), grid(1, 3, 1)),
        ("nonzero_ints(2, -2..2)", (2,), grid(-2, 2, 1, [0])),
        ("nonzero_ints(1..3)", (), grid(1, 3, 1)),
        ("nonzero_ints(0..3)", (), grid(1, 3, 1)),
        ("nonzero_ints(-3..0)", (), grid(-3, -1, 1)),
        ("halves(2, -1..1)", (2,), grid(-1, 1, "1/2")),
        ("nonzero_halves(-1..1)", (), grid(-1, 1, "1/2", [0])),
        ("quarters(-1..1)", (), grid(-1, 1, "1/4")),
        ("nonzero_quarters(0..1)", (), grid(0, 1, "1/4", [0])),
        ("decimals(0..1)", (), grid(0, 1, "1/10")),
        ("decimals(0..0.1, places=2)", (), grid(0, Fraction(1, 10), "1/100")),
        ("nonzero_decimals(2, -0.2..0.2, places=1)", (2,), grid(Fraction(-1, 5), Fraction(1, 5), "1/10", [0])),
        ("signs(3)", (3,), {Fraction(-1), Fraction(1)}),
        ("signs()", (), {Fraction(-1), Fraction(1)}),
        ("choice(1/2, 0.1, n)", (), {Fraction(1, 2), Fraction(1, 10), Fraction(3)}),
        ("choice(2, 2, of=[1/3, -1, 0.25])", (2, 2), {Fraction(1, 3), Fraction(-1), Fraction(1, 4)}),
        ("permutation(4)", (4,), grid(0, 3, 1)),
        ("distinct_ints(3, 2..5)", (3,), grid(2, 5, 1)),
        ("one_hot(4)", (4,), {Fraction(0), Fraction(1)}),
    ],
)
def test_shape_and_values(text, shape, values):
    found, rows = drawn(text)
    assert found == shape
    assert all(len(row) == int(np.prod(shape)) for row in rows)
    for entries in zip(*rows, strict=True):  # every entry takes every value
        assert set(entries) == values


def test_arrays_may_be_chosen():
    shape, rows = drawn("choice([1, 2], [3, 1/2])")
    assert shape == (2,)
    assert set(rows) == {(1, 2), (3, Fraction(1, 2))}


def test_different_values_and_permutations():
    assert all(sorted(row) == [0, 1, 2, 3] for row in drawn("permutation(4)")[1])
    assert len(set(drawn("permutation(4)")[1])) == 24
    assert all(len(set(row)) == 3 for row in drawn("distinct_ints(3, 2..5)")[1])
    assert len(set(drawn("distinct_ints(2, 0..3)")[1])) == 12


def test_one_hot_rows():
    shape, rows = drawn("one_hot(2, 3)")
    assert shape == (2, 3)
    assert all(sum(row[:3]) == sum(row[3:]) == 1 and set(row) == {0, 1} for row in rows)
    assert len(set(rows)) == 9


def test_what_is_drawn_depends_on_the_candidate_alone():
    found = sampler(called("halves(3, -9..9)"), SCOPE, "halves(3, -9..9)")
    together = found.numerators(bits(5, np.arange(100), found.places))
    assert together[37:38].tolist() == found.numerators(bits(5, np.array([37]), found.places)).tolist()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("3", "'3' is no distribution; there are ints, "),
        ("intz(3, 1..2)", "'intz(3, 1..2)' is no distribution (did you mean 'ints'?)"),
        ("ints(2, 3)", "a range such as -3..3 was expected as the last argument; it is used as ints(2, 3, -3..3)"),
        ("ints(3..1)", "the range 3..1 is empty"),
        ("ints(0.2..0.8)", "nothing lies in the range 1/5..4/5"),
        ("nonzero_ints(0..0)", "nothing lies in the range 0..0"),
        ("ints(1/2, 1..2)", "a whole number from 1 was expected, not 1/2"),
        ("ints(0, 1..2)", "a whole number from 1 was expected, not 0"),
        ("ints(100, 100, 1..2)", "10,000 entries are too many (limit 4,096)"),
        ("ints(m, 1..2)", "'m' is not a name known here"),
        ("ints([1, 2], 1..2)", "a number was expected, not a vector of 2"),
        ("ints(1..10000000000)", "10000000000 is too large"),
        ("ints(2, 1..10^400)", "this number is too large; it is used as"),
        ("ints(10^-400, 1..2)", "a whole number from 1 was expected, not this number; it is used as"),
        ("ints(1..2, places=1)", "'places' is not a setting of ints"),
        ("decimals(0..1, places=9)", "at most 6 places can be drawn"),
        ("distinct_ints(3, 1..2)", "the range 1..2 holds 2 whole numbers; there may be from 3 to 1,000"),
        ("permutation(2, 3)", "one whole number was expected"),
        ("choice(1)", "at least two values were expected"),
        ("choice(1, [1, 2])", "the values must be numbers, or all of one shape"),
        ("choice(3, of=2)", "'of' must be a list of values"),
        ("one_hot()", "the length was expected"),
    ],
)
def test_faults(text, sentence):
    with pytest.raises(GraderError) as caught:
        sampler(called(text), SCOPE, text)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_every_usage_is_an_example(name):
    usage = DISTRIBUTIONS[name].usage.replace("a, b, c", "1, 2, 3")
    shape, rows = drawn(usage, 10)
    assert len(rows) == 10
    assert len(rows[0]) == int(np.prod(shape))
