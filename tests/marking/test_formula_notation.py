"""Formulas as students write them: square brackets, powers in front of brackets, declared names of functions, arrows, limits.

What is right or wrong is worked out by hand; `grader.equal` compares with the same formula in the plainest way of writing.
"""

import pytest
import yaml

import grader
from grader.marking.reading.boxes import split_boxes
from grader.marking.solution import solution_of
from grader.maths.errors import GraderError


@pytest.fixture
def verdict(tmp_path):
    """A function (given, let, answer, typed) -> the Verdict on a problem of one part."""

    def judge(given, let, answer, typed):
        parts = [{"id": "a", "text": "What is it?", "answer": answer, "marks": 2}]
        body = {"title": "A case", "topics": ["backprop"], "text": "T.", "given": given, "let": let, "parts": parts}
        path = tmp_path / "case.yaml"
        path.write_text(yaml.safe_dump(body, sort_keys=False))
        return grader.check(path, "a", typed)

    return judge


NUMBERS = ("p: real(0, 1)", "y: real", "t: real", "q: real(0, 1)", "n: integer > 0")
ARRAYS = ("J: matrix(3, 2)", "F: vector(3)", "x: vector(2)", "V: matrix(K, H)", "r: vector(K)", "h: vector(H)", "z: vector(D)")


@pytest.mark.parametrize(
    ("typed", "plain", "symbols"),
    [
        (r"0-\frac1n \left[ t \log q + (1-t) \log(1-q) \right]", "0 - (t*log(q) + (1-t)*log(1-q))/n", NUMBERS),
        (r"0-\frac1n \left\{ t \log q + (1-t) \log(1-q) \right\}", "0 - (t*log(q) + (1-t)*log(1-q))/n", NUMBERS),
        ("y + t y [(1 - p)(1 - q^2) - q (1 - p^2)]", "y + t*y*((1-p)*(1-q^2) - q*(1-p^2))", NUMBERS),
        ("exp[-(y-t)^2]", "exp(-(y-t)^2)", NUMBERS),
        ("y[1 - y]", "y*(1-y)", NUMBERS),
        ("[y + t][y - t]", "y^2 - t^2", NUMBERS),
        ("2/[y (1+y^2)]", "2/(y*(1+y^2))", NUMBERS),
        ("x - [2J^TJ]^{-1} 2J^T F", "x - inv(J^T J) (J^T F)", ARRAYS),
        ("[(2 V^T r + y sign(h)) ∘ (1 - h^2)] z^T", "((2 V^T r + y sign(h)) ∘ (1 - h^2)) z^T", ("y: real", *ARRAYS)),
        ("J [y t]", "J (y, t)", ("y: real", "t: real", *ARRAYS)),
        ("[x, x]", "(x, x)", ARRAYS),
        ("[[y + 1] [t]]", "[[y + 1], [t]]", NUMBERS),
        ("[x, 2 x][1]", "2 x", ARRAYS),
        ("p^y(1-p)^(1-y)", "p^y*(1-p)^(1-y)", NUMBERS),
        ("y(1-p)^2", "y*(1-p)^2", NUMBERS),
        ("(y(1-p))^2", "y^2*(1-p)^2", NUMBERS),
        ("2/y(1-p)^2", "2/(y*(1-p)^2)", NUMBERS),
        ("e^(y(1-p))", "e^(y - y*p)", NUMBERS),
        ("e^-y(1-p)", "(1-p)/e^y", NUMBERS),
        ("ln p^y", "y*ln(p)", NUMBERS),
        ("y log q^2 - 1", "2*y*log(q) - 1", NUMBERS),
        ("ln p^{1-y}", "(1-y)*ln(p)", NUMBERS),
        ("W_i^T u", "sum_k w_ik u_k", ("W: matrix(n, m)", "u: vector(m)", "i: index(n)")),
    ],
)
def test_two_ways_of_writing_are_equal(typed, plain, symbols):
    used = [symbol for symbol in symbols if symbol.partition(":")[0] in typed + plain]
    assert grader.equal(typed, plain, used).state == "equal"


@pytest.mark.parametrize(
    ("typed", "other"),
    [("p^y(1-p)", "p^(y*(1-p))"), ("y(1-p)^2", "(y*(1-p))^2"), ("ln p^2", "ln(p)^2"), ("[y t] 2", "[2 y, 3 t]")],
)
def test_two_formulas_are_different(typed, other):
    assert grader.equal(typed, other, [symbol for symbol in NUMBERS if symbol[0] in typed]).state == "different"


@pytest.mark.parametrize("typed", ["ln p^y(1-p)", "p^y (", "[y + t", "y [t)"])
def test_what_may_mean_two_things_is_refused(typed):
    with pytest.raises(GraderError):
        grader.equal(typed, "y", ["y: real"])


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("[x y]", "wrong"),  # two entries
        ("[(1-x)(1-y) - x (1 - y)]", "right"),  # two entries, or one
        ("1 - 2x - y + 2 x y", "right"),
    ],
)
def test_every_sense_of_blanks_in_brackets_is_tried(verdict, typed, state):
    assert verdict({"x": "real", "y": "real"}, {}, "(1 - x) * (1 - y) - x * (1 - y)", typed).state == state


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("(p - y)/p(1-p)", "(p - y)/(p(1 - p))"),
        ("2/p(1-p)^2", "2/(p (1 - p)^2)"),
        ("y^(p(1-p))", "y^(p(1 - p))"),
        ("(p(1-p))^2", "(p(1 - p))^2"),
        ("1/sigmoid(p)", "1/sigmoid(p)"),
        ("y p(1-p)", "y p(1 - p)"),
    ],
)
def test_what_was_read_is_shown_with_the_brackets_it_needs(verdict, typed, shown):
    given = {"p": "real(0, 1)", "y": "real(0, 1)"}
    first = verdict(given, {}, "p + y", typed)
    assert (first.read, verdict(given, {}, "p + y", first.read).read) == (shown, shown)


# --- names of functions that are declared, and pi ---

DENSITY = {"sigma": "positive", "mu": "real", "x": "real"}


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        (r"\frac{1}{\sqrt{2\pi\sigma^2}} \exp\left[-\frac{(x-\mu)^2}{2\sigma^2}\right]", "right"),
        ("1/√(2πσ²) e^{-(x-μ)²/(2σ²)}", "right"),
        ("1/(σ √(2π)) exp(-((x-μ)/σ)²/2)", "right"),
        ("1/(2πσ²) e^{-(x-μ)²/(2σ²)}", "wrong"),
    ],
)
def test_sigma_may_be_declared_and_pi_is_known(verdict, typed, state):
    answer = "exp(-(x - mu)^2 / (2 * sigma^2)) / sqrt(2 * pi * sigma^2)"
    assert verdict(DENSITY, {}, answer, typed).state == state


@pytest.mark.parametrize("typed", ["x/σ μ", "μ x/σ", "σ^{-1}(x μ)", "σ^2(x μ)/σ^3"])
def test_a_declared_sigma_is_no_function(verdict, typed):
    assert verdict(DENSITY, {}, "x * mu / sigma", typed).state == "right"


def test_sigma_that_is_not_declared_is_the_sigmoid(verdict):
    assert verdict({"x": "real"}, {}, "1 / (1 + exp(-x))", "σ(x)").state == "right"


def test_the_text_of_a_refusal_is_what_was_typed(verdict):
    refused = verdict(DENSITY, {}, "x", "sigma x = 1; mu = 2")
    assert (refused.state, "ª" in str(refused)) == ("unreadable", False)


def test_a_declared_pi_wins(verdict):
    assert verdict({"pi": "real", "x": "real"}, {}, "2 * pi * x", "2 π x").state == "right"
    assert verdict({"pi": 3, "x": "real"}, {}, "pi * x", "3 x").state == "right"


def test_main_names_of_functions_stay_refused(verdict):
    with pytest.raises(GraderError, match="'softmax' is the name of a function of the language"):
        verdict({"softmax": "real"}, {}, "softmax", "1")


# --- arrows ---


@pytest.mark.parametrize("arrow", ["<-", "←", ":=", r"\leftarrow", r"\gets", "="])
@pytest.mark.parametrize("name", ["w_0", "w_{0}", "$w_0$"])
def test_an_arrow_behind_a_name_is_a_label(verdict, arrow, name):
    given = {"w_0": "real", "eta": "real", "u": "real"}
    assert verdict(given, {}, "w_0 - eta * u", f"{name} {arrow} w_0 - eta u".replace("$", "")).state == "right"
    assert verdict({}, {}, "9/10", f"w_0 {arrow} 0.9").state == "right"


def test_a_comparison_stays_one(verdict):
    assert verdict({"x": "real"}, {}, "x < -2", "x <-2").state == "right"
    assert verdict({"x": "real"}, {}, "x < -2", "x <-3").state == "wrong"


@pytest.mark.parametrize("arrow", ["<-", "←", ":=", r"\leftarrow", r"\gets"])
def test_an_arrow_labels_boxes_too(tmp_path, arrow):
    path = tmp_path / "case.yaml"
    answer = "{w: {value: 2, marks: 1}, b: {value: 3, marks: 1}}"
    path.write_text(f"title: t\ntopics: [backprop]\nparts: [{{id: a, text: t, answer: {answer}}}]\n")
    (part,) = solution_of(path).problem.parts
    assert split_boxes(part, f"w {arrow} 2; b {arrow} 3 < 4") == {"w": "2", "b": "3 < 4"}


# --- derivatives in chains ---

UNITS = {"w_0": "positive", "w_1": "positive", "w_2": "positive", "x": "positive"}
LET = {"F": "w_1 * relu(w_0 * x)", "y": "relu(F + x)", "G": "w_2 * y", "z": "relu(G + y)"}
CHAIN = {"kind": "chain", "value": "(w_2 + 1) * w_1 * x", "from": "grad(z, w_0)", "links": 2}


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("dz/dw_0 = dz/dy dy/dw_0 = (w_2 + 1) w_1 x", "right"),
        ("dz/dw0 = (dG/dy + 1) dy/dw0 = (w_2 + 1) w_1 x", "right"),
        ("dz/dw_0 = (dG/dy + 1) dF/dw_0 = (w_2 + 1) w_1 x", "right"),
        (
            r"\frac{\partial z}{\partial w_0} = \frac{\partial z}{\partial y}\frac{\partial y}{\partial w0} = (w_2 + 1) w_1 x",
            "right",
        ),
        (r"\frac{dz}{dw_{0}} = \left(\frac{dG}{dy} + 1\right)\frac{dF}{dw_{0}} = (w_2 + 1) w_1 x", "right"),
        ("dz/dw_0 = (dG/dy + 2) dy/dw_0 = (w_2 + 1) w_1 x", "partly"),
        ("dz/dw_0 = (dF/dy + 1) dy/dw_0 = (w_2 + 1) w_1 x", "partly"),
    ],
)
def test_derivatives_of_named_values_in_a_chain(verdict, typed, state):
    assert verdict(UNITS, LET, CHAIN, typed).state == state


# --- indices ---

SAMPLES = {"x": "vector(n)", "W": "matrix(n, m)", "i": "index(n)", "j": "index(m)"}


@pytest.mark.parametrize(
    ("answer", "typed", "state", "tag"),
    [
        ("sum(k in 1..m, W[i, k])", r"\sum_{k=1}^m w_{ik}", "right", ""),
        ("sum(k in 1..m, W[i, k])", r"\sum_{k=1}^n w_{ik}", "wrong", "dimensions"),
        ("sum(k in 1..m, W[i, k])", r"\sum_{k=1}^n W[i, k]", "wrong", "dimensions"),
        ("sum(k in 1..m, W[i, k])", r"\sum_{k=1}^n (x^T W)_k", "wrong", "dimensions"),
        ("sum(k in 1..m, W[i, k]^2)", "W_i^T W_i", "right", ""),
        ("sum(k in 1..m, W[i, k]^2)", "||W_i||^2", "right", ""),
        ("sum(k in 1..m, W[i, k]^2)", r"(W W^T)_{ii}", "right", ""),
        ("sum(k in 1..m, W[i, k]^2)", r"W_j^T W_j", "wrong", ""),
        ("sum(k in 1..n, x[k] * W[k, j])", r"\sum_k x_k W_{kj}", "right", ""),
        ("sum(k in 1..n, x[k] * W[k, j])", r"(\sum_k x_k W_k)_j", "right", ""),
        ("x[i] * (1 - x[i])", "x_i(1 - x_i)", "right", ""),
    ],
)
def test_limits_and_rows(verdict, answer, typed, state, tag):
    found = verdict(SAMPLES, {}, answer, typed)
    assert (found.state, found.tag) == (state, tag)


def test_a_limit_that_does_not_fit_is_said_in_words(verdict):
    found = verdict(SAMPLES, {}, "sum(k in 1..m, W[i, k])", r"\sum_{k=1}^n w_{ik}")
    assert found.evidence["problem"] == "the index k goes up to n, but W is n x m and has m in its place"


def test_only_the_indices_that_occur_count(verdict):
    many = dict.fromkeys("abcd", "index(10)") | {"x": "vector(10)"}  # 10,000 choices together
    assert verdict(many, {}, "2 * x[a]", "x_a + x_a").state == "right"
    assert verdict(many, {}, "2 * x[a]", "x_a + x_b").state == "wrong"


@pytest.mark.parametrize(("typed", "state"), [("1/n sum_k x_k", "right"), ("1/3 sum_k x_k", "broken")])
def test_links_are_checked_at_other_sizes(verdict, typed, state):
    """The mean of a vector(n): n stands for 3 first of all."""
    answer = {"kind": "chain", "value": "2 * sum(x) / n", "links": 1}
    found = verdict({"x": "vector(n)"}, {"m": "sum(x) / n"}, answer, f"2 m = 2 ({typed}) = 2 sum(x)/n")
    assert (found.tag == "link-broken") == (state == "broken")


# --- shapes ---


@pytest.mark.parametrize(
    ("value", "typed", "state"),
    [
        ("[4 * H]", "4*H", "right"),
        ("[4 * H]", "[4 H]", "right"),
        ("[4 * H]", "(4H,)", "right"),
        ("[4 * H]", "4 x H", "wrong"),
        ("[4 * H]", "3*H", "wrong"),
        ("[4, H]", "4*H", "right"),
        ("[4, H]", "4 H", "right"),
        ("[32]", "4*8", "right"),
        ("[4, 8]", "4*8", "right"),
    ],
)
def test_a_shape_of_one_size_is_a_product(verdict, value, typed, state):
    assert verdict({"H": "integer > 0"}, {}, {"kind": "shape", "value": value}, typed).state == state
