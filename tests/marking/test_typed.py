"""Reading typed answers: every notation a student would use, and honest refusal of the rest."""

from contextlib import suppress
from fractions import Fraction
from math import prod
from time import process_time

import numpy as np
import pytest

from grader.marking.kinds.choices import read_choice
from grader.marking.reading.typed import (
    STUDENT_CONVENTIONS,
    read_formula,
    read_formulas,
    read_numbers,
    read_numbers_in_every_sense,
    read_shape,
)
from grader.maths.errors import GraderError, SeveralStatementsError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import given
from grader.maths.language import syntax
from grader.maths.language.unparse import show
from grader.maths.systems import BALL, FLOAT


def values(text, **settings):
    numbers = read_numbers(text, **settings)
    return numbers.values().tolist()


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2.5", "5/2"),
        ("2,5", "5/2"),
        ("-1,00", "-1"),
        ("−1", "-1"),
        ("–0.5", "-1/2"),
        ("3/2", "3/2"),
        ("½", "1/2"),
        ("1½", "3/2"),
        (r"\frac{3}{2}", "3/2"),
        (r"$-\frac{3}{2}$", "-3/2"),
        (r"\dfrac{1}{\frac{2}{3}}", "3/2"),
        ("1e-3", "1/1000"),
        ("2e+3", "2000"),
        ("1.2·10^-3", "3/2500"),
        ("1.2 × 10⁻³", "3/2500"),
        ("1,2*10^(-3)", "3/2500"),
        ("65%", "13/20"),
        ("65 %", "13/20"),
        ("3·5+25+5 = 45", "45"),
        ("w11 = 0.65", "13/20"),
        ("w_{11} = 0,65", "13/20"),
        ("L ≈ 2.5", "5/2"),
        ("0.65.", "13/20"),
        ("  7 ", "7"),
        ("２５", "25"),
        ("1\u200b0", "10"),
        ("16*7*7", "784"),
        ("2^10", "1024"),
        ("2²", "4"),
        ("sqrt(4)", "2"),
        ("√(9)", "3"),
        ("(1/2)", "1/2"),
        ("245 parameters", "245"),
        ("36 px", "36"),
        ("1.234.567".replace(".", ","), "1234567"),
        ("1 234 567", "1234567"),
        ("1'234'567", "1234567"),
    ],
)
def test_numbers(typed, value):
    assert values(typed) == Fraction(value)


def test_a_group_of_three_is_a_thousand_only_where_a_count_is_asked():
    assert values("1,234") == Fraction(1234, 1000)
    assert values("1,234", counting=True) == 1234


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("[1, 2]", [1, 2]),
        ("(1, 2)", [1, 2]),
        ("1, 2", [1, 2]),
        ("5; -1", [5, -1]),
        ("5,5; -1,25", [Fraction(11, 2), Fraction(-5, 4)]),
        ("[1 2 3]", [1, 2, 3]),
        ("[1 -2]", [1, -2]),
        ("[1 - 2, 4]", [-1, 4]),
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ("[1 2; 3 4]", [[1, 2], [3, 4]]),
        ("[1, 2; 3, 4]", [[1, 2], [3, 4]]),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", [[1, 2], [3, 4]]),
        (r"\begin{bmatrix} 1 & -\frac{1}{2} \\ 3 & 4 \\ \end{bmatrix}", [[1, Fraction(-1, 2)], [3, 4]]),
        ("1 2\n3 4", [[1, 2], [3, 4]]),
        ("h = [2, 0]", [2, 0]),
        ("[0.7, -1/2]", [Fraction(7, 10), Fraction(-1, 2)]),
    ],
)
def test_arrays(typed, value):
    assert values(typed) == value


def test_precision_is_read_as_typed():
    assert read_numbers("0.650").entries[()].unit == Fraction(1, 1000)
    assert read_numbers("1.20e-3").entries[()].unit == Fraction(1, 100000)
    assert read_numbers("-3").entries[()].unit == 0
    assert read_numbers("2/3").entries[()].unit == 0
    assert read_numbers("6.5%").entries[()].unit == Fraction(1, 1000)


def entry(text):
    return read_numbers(text).entries[()]


@pytest.mark.parametrize(
    ("typed", "unit"),
    [("2e-11", "1/100000000000"), ("3 × 10⁻⁴", "1/10000"), ("2e3", "0"), ("10^-4", "0"), ("1/1000", "0"), ("1.20e3", "10")],
)
def test_the_last_typed_place_of_a_power_of_ten(typed, unit):
    assert entry(typed).unit == Fraction(unit)


def test_rounding_inside_a_calculation_spreads_to_its_value():
    """2.72/11.11 lies between 2.715/11.115 and 2.725/11.105; the farther end is 2.725/11.105, 0.000561 away."""
    quotient = entry("2.72/11.11")
    assert quotient.value == Fraction(272, 1111)
    assert quotient.unit == 0
    assert Fraction(2725, 11105) - quotient.value <= quotient.spread < Fraction(57, 100000)
    assert quotient.ball().contains(Fraction(2715, 11115).numerator / BALL.element(Fraction(2715, 11115).denominator))
    assert quotient.rounded
    assert entry("e/(e + 1)").spread == entry("2/3").spread == entry("3*4/5").spread == 0


def test_a_calculation_with_few_digits_does_not_count_as_rounded():
    assert not read_numbers("0.5*0.5").rounded
    assert read_numbers("2.72/11.11").rounded


def test_what_was_read_is_shown_in_normal_form():
    assert read_numbers("z = [2; -0,50]").text == "[[2], [-0.50]]"
    assert read_numbers(r"\frac{6}{4}").text == "3/2"


@pytest.mark.parametrize(
    "typed",
    ["banana", "1 +", "(1", "[1, [2, 3]]", "2 apples and pears +", "__import__('os')", "9**9**9**9", "x", "1/0", "=", "a = "]
    + ["(" * 3000, "[" * 3000, "9" * 4000, "1e999999", "factorial(10**9)"],
)
def test_the_unreadable_is_refused_with_a_sentence(typed):
    with pytest.raises(GraderError) as refusal:
        read_numbers(typed)
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("typed", "sizes"),
    [
        ("15x15x8", [15, 15, 8]),
        ("15 x 15 x 8", [15, 15, 8]),
        ("15×15×8", [15, 15, 8]),
        ("(8, 15, 15)", [8, 15, 15]),
        ("[8,15,15]", [8, 15, 15]),
        ("8, 15, 15", [8, 15, 15]),
        ("15*15*8", [15, 15, 8]),
        ("6x6 pixels", [6, 6]),
        ("5", [5]),
    ],
)
def test_shapes(typed, sizes):
    assert read_shape(typed, {}).as_numbers().values().tolist() == sizes


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("a, c", "ac"),
        ("A and C", "ac"),
        ("(a) (c)", "ac"),
        ("ac", "ac"),
        ("b", "b"),
        ("none", ""),
        ("a c", "ac"),
        ("A+C", "ac"),
    ],
)
def test_choices(typed, keys):
    assert read_choice(typed, ["a", "b", "c", "d"]).keys == frozenset(keys)


def test_an_option_that_is_not_there_is_refused():
    with pytest.raises(GraderError, match="not one of the options a, b"):
        read_choice("e", ["a", "b"])


def senses(text, **settings):
    return [numbers.values().tolist() for numbers in read_numbers_in_every_sense(text, **settings)]


def test_a_text_with_several_senses_is_read_in_each():
    assert senses("34.944", counting=True) == [34944, Fraction(34944, 1000)]
    assert senses("37.752.832") == [37752832]
    assert [[Fraction(5, 2), 6], [Fraction(7, 4), 3]] in senses("[2,5 6; 1,75 3]")
    assert senses("1 2 3 3", listed=True)[0] == [1, 2, 3, 3]
    assert senses("0.9093 -0.4161", listed=True)[0] == [Fraction(9093, 10000), Fraction(-4161, 10000)]
    assert senses("0.034", counting=True) == [Fraction(34, 1000)]


@pytest.mark.parametrize(
    ("typed", "names", "same"),
    [
        ("w - ηg - ηλw", ["w", "eta", "g", "lambda"], "w - eta g - eta lambda w"),
        ("p+q-pq", ["p", "q"], "p + q - p q"),
        ("2nv/(n+m)", ["n", "v", "m"], "2 n v/(n+m)"),
        ("uv + ua^2 + vm^2", ["u", "v", "a", "m"], "(u v) + u (a^2) + v (m^2)"),
        ("c^4A_0 + wc^3x_1", ["c", "w", "A_0", "x_1"], "c^4 A_0 + w c^3 x_1"),
        ("2ab", ["a", "b"], "2 a b"),
        ("ln 2 - log y_c", ["y_c"], "ln(2) - log(y_c)"),
        ("-ln yc", ["y_c"], "-ln(y_c)"),
        ("ŷ_1 - y_1", ["yhat_1", "y_1"], "yhat_1 - y_1"),
        (r"\hat{y}_1 (1 - \hat y_1)", ["y_1"], "y_1 (1 - y_1)"),
        (r"\sigma(x)", ["x"], "sigmoid(x)"),
        ("λ_1 x", ["lambda_1", "x"], "lambda_1 x"),
        (r"w_{11} x^{2}", ["w_11", "x"], "w11 x^2"),
    ],
)
def test_formulas(typed, names, same):
    known = {name: given(name) for name in names}
    assert read_formula(typed, known, STUDENT_CONVENTIONS).node is read_formula(same, known, STUDENT_CONVENTIONS).node


@pytest.mark.parametrize(("typed", "sizes"), [("n x m", "n x m"), ("n × m", "n x m"), ("C x 10*H x 10*W", "C x 10*H x 10*W")])
def test_shapes_with_names(typed, sizes):
    assert read_shape(typed, {name: given(name) for name in "nmCHW"}).text == sizes


@pytest.mark.parametrize(
    "typed",
    ["w21 = 0.65\nw11 = 0.7", "L = 2.5 and dL/do = (-1, -2)", "(2, -0.5); q = 3", "z1 = 2, z3 = 4", "A = [1]\nA^{-1} = [2]"]
    + ["0.8 or 0.65", "not 0.65", "0.65 0.65", "3 billion", "61.7k", "3G"],
)
def test_what_can_mean_several_things_is_not_guessed(typed):
    with pytest.raises(GraderError):
        read_numbers(typed)


def test_indexed_labels_are_the_entries_of_a_list():
    assert values("z1 = 2, z2 = -0.5") == [2, Fraction(-1, 2)]
    assert values("z_1 = 2; z_2 = 3·2 = 6") == [2, 6]


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("(B) and (D)", "BD"),
        ("x B, x D", "BD"),
        ("A: no, B: yes, C: no, D: yes", "BD"),
        ("[ ] A [x] B [ ] C [x] D", "BD"),
        ("☐ A ☑ B ☐ C ☐ D", "B"),
        ("only C", "C"),
        ("B, D because it helps", "BD"),
    ],
)
def test_ways_to_tick_options(typed, keys):
    assert read_choice(typed, list("ABCD")).keys == frozenset(keys)


@pytest.mark.parametrize("typed", ["B or D", "A-D", "-", "B: Data augmentation, D: Stopping earlier.", "probably B"])
def test_options_that_are_not_clear_are_refused(typed):
    with pytest.raises(GraderError):
        read_choice(typed, list("ABCD"))


@pytest.mark.parametrize(
    ("typed", "sizes"), [("6@28x28", [6, 28, 28]), ("15X15X8", [15, 15, 8]), ("8x15x15 = 1800", [8, 15, 15])]
)
def test_more_shapes(typed, sizes):
    assert read_shape(typed, {}).as_numbers().values().tolist() == sizes


HOSTILE = [
    "\\frac",
    "\\sqrt{",
    "\\hat",
    "$",
    "\\\\",
    "[",
    "(",
    "|",
    "1 ",
    "1,",
    "\n",
    "\n ",
    "a(",
    "a ",
    "aaaa",
    "is 1 ",
    "or ",
    "z1=",
    "√ ",
    "^ ",
]
HOSTILE += ["1[z>0", " if ", " if a else ", " with ", "with p=", ")[+", "ln ", "a.sum()", " because ", "the ", "ᶻ", "and ", "1 "]
HOSTILE += [
    "\u0327\u0301",
    "ﷺ",
    "½",
    "\x1b[",
    "2*",
    "5%",
    "e^",
    "σ",
    "x ",
    "1:",
    "'",
    "\t",
    "\ud800",
    "\x00",
    "1e9",
    "A: ",
    "=> ",
    "|1|",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("head", ["", "1"])
def test_hostile_input_is_read_or_refused_at_once(head, piece):
    """Quadratic reading would take seconds at this length; the bound leaves room for a busy machine."""
    text = (head + piece * 5000)[:4999] + "!"
    readers = (read_numbers_in_every_sense, lambda typed: read_shape(typed, {}), lambda typed: read_formula(typed, {}, {}))
    for read in readers:  # what is imported at the first reading does not count
        read("1")
    started = process_time()
    for read in readers:
        with suppress(GraderError):
            read(text)
    assert process_time() - started < 1


@pytest.mark.parametrize("typed", ["\x1b[31m12\x1b[0m", "1\x00\x072", "\x1b]0;title\x0712", "\u202e12\u202c", "12\r\n", "\x9b12"])
def test_nothing_that_moves_a_terminal_survives_in_the_echo(typed):
    assert read_numbers(typed).text == "12"


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1/2 * 2 - 1/4", "3/4"), ("-(2 - 3*4)/5", "2"), ("1 - 2 - 3", "-4"), ("2/3/4", "1/6"), ("-1/-3", "1/3"), ("0/7", "0")]
    + [("2 - 2^2/3", "2/3"), ("1" + "+1" * 30, "31"), ("2*" * 30 + "1", str(2**30))],
)
def test_calculations_with_integers_are_exact(typed, value):
    assert values(typed) == Fraction(value)
    assert read_numbers(typed).text == value


@pytest.mark.parametrize("typed", ["1/0", "1/(2-2)", "[1, 2/0]", "*".join(["9" * 390] * 15)])
def test_calculations_without_a_value_are_refused(typed):
    with pytest.raises(GraderError):
        read_numbers(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "a (b + c)",
        "2 (3) x",
        "2^(-3)",
        "(2^x)^y",
        "a - (b - c)",
        "[(a b)]",
        "a*(b*c)",
        "-(-a)",
        "sum(x, axis=0)[1, 0:2].y",
        "-a^2",
    ]
    + ["a < b and b < c", "W' x", "not (a and b)", "[[1, 2], [3, -4]]"],
)
def test_a_tree_is_shown_as_it_is_typed_in_normal_form(typed):
    assert show(syntax.parse(typed)) == typed


@pytest.mark.parametrize(
    ("typed", "names", "same"),
    [
        ("\\frac1n", ["n"], "1/n"),
        ("\\frac n2", ["n"], "n/2"),
        ("W.T x", ["W", "x"], "W^T x"),
        ("|c|", ["c"], "abs(c)"),
        ("\\lvert c\\rvert", ["c"], "abs(c)"),
        ("np.exp(-x)", ["x"], "exp(-x)"),
        ("0,5x + 0,25y", ["x", "y"], "0.5 x + 0.25 y"),
        ("f = e^{-\\frac{x}{2}}", ["x"], "e^(-(x/2))"),
        ("\\frac{\\frac{1}{\\frac{x}{y}}}{2}", ["x", "y"], "((1)/(((x)/(y))))/(2)"),
    ],
)
def test_more_formulas(typed, names, same):
    known = {name: given(name, (2, 2) if name == "W" else (2,) if "W" in names else ()) for name in names}
    assert read_formula(typed, known, STUDENT_CONVENTIONS).node is read_formula(same, known, STUDENT_CONVENTIONS).node


def test_a_vector_and_a_decimal_comma_are_both_offered_where_several_values_are_asked():
    assert senses("1,5", listed=True) == [[1, 5], Fraction(3, 2)]
    assert senses("1,5") == [Fraction(3, 2)]
    assert senses("[224,224,3]", listed=True)[0] == [224, 224, 3]


def test_a_count_may_be_typed_as_a_product_but_a_list_may_not():
    assert values("5x5x6x16+16", counting=True) == 2416
    with pytest.raises(GraderError):
        read_numbers("5x5", listed=True)


REALS = {name: given(name) for name in ("x", "y", "z", "a", "y_1")}
ARRAYS = {"W": given("W", (3, 2)), "u": given("u", (3,)), "g": given("g", (3,)), "X": given("X", (3, 3)), "z": given("z")}


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("max(z, 0)-max(z-6,0)", "max(z, 0) - max(z - 6, 0)"),
        ("0.5*min(abs(z),1)^2 + max(abs(z)-1,0)", "1/2 min(abs(z), 1)^2 + max(abs(z) - 1, 0)"),
        ("0,5 max(z,0)", "1/2 max(z, 0)"),
        ("leaky_relu(z, 0,01)", "leaky_relu(z, 1/100)"),
        ("a (1 - a) where a = σ(z)", "sigmoid(z) (1 - sigmoid(z))"),
        ("q - y, wobei q = softplus(z)", "softplus(z) - y"),
        ("r^2 with r = x - q and q = 2y", "(x - 2 y)^2"),
        ("eᶻ/(1+eᶻ)²", "exp(z)/(1 + exp(z))^2"),
        ("1-xᵃ", "1 - x^a"),
        ("2⁻ᶻ", "2^(-z)"),
        ("-y 1[yz<1]", "-y where(y z < 1, 1, 0)"),
        ("z \\mathbf 1_{z>0}", "where(z > 0, z, 0)"),
        ("x \\mathbb{1}\\{z>0\\}", "where(z > 0, x, 0)"),
        ("z if z > 0 else a z", "where(z > 0, z, a z)"),
        (
            "\\begin{cases} x, & z>0,\\\\ y, & z=0,\\\\ 0, & \\text{sonst}.\\end{cases}".replace("z=0", "z \\le -1"),
            "where(z > 0, x, where(z <= -1, y, 0))",
        ),
        ("\\sigma(z)[1-\\sigma(z)]", "sigmoid(z) - sigmoid(z)^2"),
        ("-aln(a)", "-a ln(a)"),
        ("ln\\left|z\\right|", "ln(abs(z))"),
        ("\\log\\operatorname{sigmoid}(z)", "ln(sigmoid(z))"),
        ("2|z|/2", "abs(z)"),
        ("\\operatorname{sech}^2(z)", "1/(exp(z)/2 + exp(-z)/2)^2"),
        ("np.clip(z, 0, 6)", "min(max(z, 0), 6)"),
        ("np.log1p(np.exp(z))", "ln(1 + exp(z))"),
        ("expit(z) + logistic(x)", "sigmoid(z) + sigmoid(x)"),
        ("x -= 2a", "x - 2 a"),
    ],
)
def test_ways_to_type_a_formula(typed, same):
    assert equal_nodes_of(typed, same, REALS)


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("\\|u\\|_2^2", "norm(u)^2"),
        ("z‖u‖²", "z norm(u)^2"),
        ("\\mathrm{mean} (u)", "sum(u)/3"),
        ("u.mean()", "sum(u)/3"),
        ("W.sum(axis=0)", "sum(W, axis=0)"),
        ("np.dot(W.T, u)", "W^T u"),
        ("X.dot(u)", "X u"),
        ("np.linalg.inv(X) @ u", "inv(X) u"),
        ("\\langle u, g\\rangle", "dot(u, g)"),
        ("W^\\mathsf{T} u", "W^T u"),
        ("tr(X)", "trace(X)"),
    ],
)
def test_ways_to_type_a_formula_of_arrays(typed, same):
    assert equal_nodes_of(typed, same, ARRAYS)


def _point(place, shape):
    """Positive numbers that differ from place to place and fit every function here."""
    values = [Fraction(7 * number * number + 3 * place + 5, 10 + 3 * number) for number in range(prod(shape))]
    return np.array(values, dtype=object).reshape(shape) if shape else values[0]


def equal_nodes_of(typed, same, names):
    """Whether two texts have one value at a point of our choice, as floats."""
    point = {name: _point(place, node.shape) for place, (name, node) in enumerate(names.items())}
    typed, same = (Evaluation(point, (FLOAT,))(read_formula(text, names, STUDENT_CONVENTIONS).node) for text in (typed, same))
    return typed.shape == same.shape and np.allclose(typed.astype(float), same.astype(float), rtol=1e-9)


@pytest.mark.parametrize(
    "typed",
    ["x and y", "x or y", "not x", "x\ny", "x = y\nz", "σ(x) σ(y) where σ(t) = exp(t)", "x where x is small", "1 1/2 z", "x^+ y"]
    + ["x 1", "1^T x", "5z > 0", "max(z)", "\\begin{cases} 5 \\\\ 0 \\end{cases}", "f(z) where f = 2 and f = 3"],
)
def test_formulas_that_may_mean_something_else_are_refused(typed):
    with pytest.raises(GraderError):
        read_formula(typed, REALS, STUDENT_CONVENTIONS)


@pytest.mark.parametrize("typed", ["u(1) + u(2)", "W^T \\mathbf{1}", "\\mathbf{1}^T u", "X^+ u"])
def test_formulas_of_arrays_that_may_mean_something_else_are_refused(typed):
    with pytest.raises(GraderError):
        read_formula(typed, ARRAYS, STUDENT_CONVENTIONS)


def test_the_last_of_several_lines_is_offered():
    with pytest.raises(SeveralStatementsError) as refusal:
        read_formula("x y\nz", REALS, STUDENT_CONVENTIONS)
    assert refusal.value.last == "z"


def test_every_sense_of_a_comma_is_offered():
    senses = read_formulas("sum([1,5])", REALS, STUDENT_CONVENTIONS)
    assert [formula.text for formula in senses] == ["sum([1, 5])", "sum([1.5])"]


def test_a_borrowed_hat_and_a_bare_condition_are_told():
    assert read_formula("ŷ - x", REALS, STUDENT_CONVENTIONS).hatted
    assert not read_formula("y - x", REALS, STUDENT_CONVENTIONS).hatted
    assert not read_formula("ŷ - x", {**REALS, "yhat": given("yhat")}, STUDENT_CONVENTIONS).hatted
    assert read_formula("z > 0", REALS, STUDENT_CONVENTIONS).condition
    assert not read_formula("1[z > 0]", REALS, STUDENT_CONVENTIONS).condition


def test_a_calculation_in_brackets_repeats_its_value():
    assert values("12 (3*4)") == 12
    assert values("0,5 (1/2)") == Fraction(1, 2)
    assert values("3(4+5)") == 27
    for typed in ("144 (3*4)", "12 (3)", "(2 4)(6 8)"):
        with pytest.raises(GraderError):
            read_numbers(typed)


@pytest.mark.parametrize("typed", ["3-8-8", "3/8/8", "(3 - 8 - 8)"])
def test_sizes_between_other_signs_are_refused(typed):
    with pytest.raises(GraderError):
        read_shape(typed, {})
