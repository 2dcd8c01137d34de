"""`grader.equal`: verdicts that are proved, and the same in every run."""

import pytest

from grader import GraderError, equal


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
