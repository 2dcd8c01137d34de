"""`grader.equal`: verdicts that are proved, and the same in every run."""

import time

import pytest

from grader import GraderError, equal
from grader.maths.errors import TooLargeError


@pytest.mark.parametrize(
    ("a", "b", "symbols", "state"),
    [
        ("x(1-x)", "x - x^2", None, "equal"),
        ("(a+b)^2", "a^2 + 2ab + b^2", ["a: real", "b: real"], "equal"),
        ("1/(1+e^{-x})", "sigmoid(x)", None, "equal"),
        ("sqrt(x^2)", "x", ["x: real"], "different"),
        ("sqrt(x^2)", "x", ["x: positive"], "equal"),
        ("log(x y)", "log(x) + log(y)", ["x: positive", "y: positive"], "equal"),
        ("tanh(x)", "2 sigmoid(2x) - 1", None, "equal"),
        ("tanh(x)", "2 sigmoid(x) - 1", None, "different"),
        ("0.1 + 0.2", "0.3", None, "equal"),
        ("A B", "B A", ["A: matrix(2, 2)", "B: matrix(2, 2)"], "different"),
        ("(A B)^T", "B^T A^T", ["A: matrix(2, 3)", "B: matrix(3, 2)"], "equal"),
        ("relu(x)", "x", ["x: real"], "different"),
        ("max(x, 0)", "relu(x)", ["x: real"], "equal"),
        ("log(x)", "log(x)", ["x: negative"], "undecided"),
        ("9^9^9^9", "x", None, "undecided"),
    ],
)
def test_states(a, b, symbols, state):
    first = equal(a, b, symbols)
    assert first.state == state
    assert bool(first.witness) == (state == "different")
    assert equal(a, b, symbols) == first


@pytest.mark.parametrize(("a", "symbols"), [("x +", None), ("x", ["x real"]), ("x", ["x: reel"]), ("f(x)(", None)])
def test_what_cannot_be_read_raises(a, symbols):
    with pytest.raises(GraderError):
        equal(a, "x", symbols)


NESTED = "where(x>y, where(y>z, where(z>w,1,0),0),0)"  # 1 only where x > y > z > w: one order of 24


@pytest.mark.parametrize("names", ["xyzw", "wxyz", "zwyx"])
def test_the_order_of_symbols_and_sides_is_without_effect(names):
    symbols = [f"{name}: real" for name in names]
    one, other = equal(NESTED, "0", symbols), equal("0", NESTED, symbols)
    assert one.state == other.state == "different"
    assert one == equal(NESTED, "0", ["x: real", "y: real", "z: real", "w: real"])
    assert [one.witness.split(": ")[0], "1 against 0"] == [other.witness.split(": ")[0], one.witness.split(": ")[1]]
    assert other.witness.endswith("0 against 1")


@pytest.mark.parametrize(
    ("a", "b", "symbols", "reason"),
    [
        ("abs(x)", "sqrt(x)^2", ["x: real"], "the second has no value at x = -"),
        ("sqrt(x)^2", "abs(x)", ["x: real"], "the first has no value at x = -"),
        ("ln(x^2)", "2 ln(x)", ["x: real"], "the second has no value at x = -"),
        ("ln(v^2)", "2 ln(v)", ["v: vector(2)"], "the second has no value at v = ["),
        ("ln(-x)", "ln(-x)", ["x: positive"], "the first has no value on the domain"),
        ("x", "ln(-x)", ["x: positive"], "the second has no value on the domain"),
    ],
)
def test_a_side_without_a_value_is_named(a, b, symbols, reason):
    found = equal(a, b, symbols)
    assert found.state == "undecided"
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("a", "b", "symbols"),
    [
        ("(x^2-1)/(x-1) exp(x)", "(x+1) exp(x)", ["x: real"]),  # no value at x = 1 alone
        ("(n^2-m^2)/(n-m) exp(1)", "(n+m) exp(1)", ["n: integer", "m: integer"]),  # none on the line n = m
        ("ln(x^2)", "2 ln(abs(x))", ["x: real"]),
        ("ln(x^2)", "2 ln(x)", ["x: positive"]),
    ],
)
def test_isolated_points_without_a_value_do_not_matter(a, b, symbols):
    assert equal(a, b, symbols).state == "equal"


def test_a_vector_in_front_of_a_matrix_is_transposed():
    symbols = ["u: vector(D)", "S: matrix(D, D)"]
    assert equal("u S", "S' u", symbols).state == "different"
    assert "transposed" in equal("u S", "S' u", symbols).witness
    assert equal("u' S", "(S' u)'", symbols).state == "equal"
    assert equal("u S + 0", "u S", symbols).state == "equal"  # both write rows without a mark


def test_the_bound_of_what_would_be_seen_is_told():
    """exp(-1000) is 5e-435: far below the digits of the last comparison."""
    found = equal("x + exp(-1000)", "x")
    assert found.state == "equal"
    exponent = int(found.reason.partition("below 10^")[2].split()[0])
    assert -435 < exponent <= -140


@pytest.mark.parametrize(
    ("a", "b", "witness"),
    [
        ("3/2", "5/2", "3/2 against 5/2"),
        ("-1", "-1 - 1/10^200", "-1 against -1.00000, which differ by 1e-200"),
        ("1/2", "1/2 + 1/10^7", "0.5 against 0.5000001"),
        ("exp(1) - exp(1)", "2", "0 against 2"),
    ],
)
def test_witnesses_show_what_differs(a, b, witness):
    assert equal(a, b).witness == witness


@pytest.mark.parametrize(
    ("a", "b", "symbols"),
    [
        ("A B", "A B + 0", ["A: matrix(100, 100)", "B: matrix(100, 100)"]),
        ("softmax(Q K' / 8) V", "softmax(Q K' / 8) V + 0", ["Q: matrix(64, 64)", "K: matrix(64, 64)", "V: matrix(64, 64)"]),
        ("inv(A) A b", "b", ["A: matrix(30, 30)", "b: vector(30)"]),
    ],
)
def test_large_arrays_are_refused_at_once(a, b, symbols):
    start = time.perf_counter()
    with pytest.raises(TooLargeError, match="too large to be compared"):
        equal(a, b, symbols)
    assert time.perf_counter() - start < 1


def test_a_tower_of_powers_is_refused_in_words():
    """The exponent has more digits than Python would print."""
    assert equal("45^32^65^2", "45^32^65^2").reason == "the exponent is too large"
