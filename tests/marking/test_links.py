"""Working that is shown: links of chains, which of them hold, and the values on the way."""

from fractions import Fraction

import pytest

from grader.marking.reading.links import first_broken, read_links, read_working


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ("3·5+25+5 = 45", [True]),
        ("3·5+25+5 = 46", [False]),
        ("(28+4-5)/3+1 = 9", [False]),
        ("10/3 = 3.33", [True]),
        ("2/3 = 0.66", [True]),  # cut off
        ("2/3 = 0.65", [False]),
        ("7/2 = 3", [False]),
        ("7/2 ≈ 4", [True]),
        ("7/2 \\approx 2", [False]),
        ("1234.5 ≈ 1200", [True]),
        ("1234.5 = 1200", [False]),
        ("1/3 + 1/3 = 0.33 + 0.33 = 0.66", [True, True]),
        ("0.5 - 0.1*2.5 = 0.25", [True]),
        ("0.5 - 0.1*2.5 = 0.35", [False]),  # few digits, but a calculation is exact
        ("2.72/11.11 = 0.2447", [True]),  # 2.718/11.107 on a calculator
        ("16*5*5*6+16 = 2,416", [True]),
        ("0,5*3 = 1,5", [True]),
        ("$\\frac{28+4-5}{3}+1 = 10$", [True]),
        ("[1, 2] + [3, 4] = [4, 6]", [True]),
        ("[1, 2] + [3, 4] = [4, 7]", [False]),
        ("[1, 2] = 3", [False]),
        ("w11 = 3 + 4 = 7", [True]),
        ("3*5\n= 15\n= 16", [True, False]),
        ("z = 3*5 = 15\nh = 15/4 ≈ 3.8", [True, True]),
        ("L = 0.5*1 = 0.5, so p = 3/4 = 0.7", [True, True]),
        ("3+4 = 7 => 7*2 = 15", [True, False]),
    ],
)
def test_links(typed, holds):
    assert [link.holds for link in read_links(typed)] == holds


@pytest.mark.parametrize(
    "typed", ["", "12", "z = 3", "a = b = c", "z = x w + b", "=", "x", "f(x=2)", "=" * 5000, "1=" * 2500, "\n" * 5000, "9" * 6000]
)
def test_nothing_to_read_is_none(typed):
    assert read_working(typed) is None
    assert read_links(typed) == ()


def test_a_right_formula_whose_arithmetic_went_wrong_can_be_told():
    working = read_working("z = (28+4-5)/3 + 1 = 27/3 + 1 = 9")
    assert working.first_value.values() == 10
    assert [value.values() for value in working.before] == [10, 10]
    assert working.last_value.values() == 9
    assert working.broken == first_broken(working.links) == working.links[1]
    assert (working.broken.left_text, working.broken.right_text) == ("27/3 + 1", "9")
    assert not working.broken.approximate


def test_the_last_chain_gives_the_answer_and_every_chain_may_break():
    working = read_working("z = 2*3 = 5; h = 5 + 1/2 ≈ 5.5")
    assert working.broken.left_text == "2*3"
    assert working.first_value.values() == working.last_value.values() == Fraction(11, 2)
    assert working.links[1].approximate
    assert len(working.before) == 2
