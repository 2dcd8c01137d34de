"""Equality of expressions: differences that hide at corners, at far scales, at domain ends or in late digits are found."""

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import flint
import pytest
from flint import arb, fmpq

from grader import equal
from grader.maths import compile as compiling
from grader.maths.compile import SHORT, compiled
from grader.maths.equality import Prepared
from grader.maths.errors import LanguageError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import constant, given, make
from grader.maths.language.declarations import declaration
from grader.maths.ops import OPS
from grader.maths.points import Point, around_corners, residues, sample_points
from grader.maths.systems import BALL, EXACT

X, Y, N = given("x"), given("y"), given("n")
REAL = declaration("real")


def state(a, b, *symbols):
    found = equal(a, b, list(symbols))
    assert bool(found.witness) == (found.state == "different")
    return found.state


# ------------------------------------------------------------------------------------------------ what must be told apart


@pytest.mark.parametrize(
    ("a", "b", "symbols"),
    [
        # derivatives of activations: sigma' = sigma (1 - sigma), tanh' = 1 - tanh^2
        ("sigmoid(x)(1-x)", "sigmoid(x)(1-sigmoid(x))", ()),
        ("sigmoid(x)(1+sigmoid(x))", "sigmoid(x)(1-sigmoid(x))", ()),
        ("1-tanh(x)", "(1-tanh(x))(1+tanh(x))", ()),
        ("sigmoid(x)", "sigmoid(x)^2", ()),
        ("softplus(x)", "relu(x)", ()),
        ("log(1+e^x)", "log(e^x)", ()),
        ("tanh(x)", "sigmoid(2x) - 1", ()),
        ("exp(a)/(exp(a)+exp(b))", "exp(a)/(1+exp(b))", ()),
        ("-y log(p) - (1-y) log(1-p)", "-y log(p) + (1-y) log(1-p)", ("p: real(0, 1)", "y: real")),
        ("(w x + b - y)^2 / 2", "(w x + b - y)^2", ()),
        # corners that random numbers between -20 and 20 do not show
        ("relu(x - 100000)", "0", ()),
        ("max(x, 1000)", "max(x, 1001)", ()),
        ("where(x < 5/7, 1, 2)", "where(x <= 5/7, 1, 2)", ()),
        ("where(x == 1/3, 5, x)", "x", ()),
        ("relu(x - 3) + relu(3 - x)", "x - 3", ()),
        ("relu(relu(x - 1) - 50)", "0", ()),
        ("relu(relu(x - 1) - 50)", "relu(x - 50)", ()),
        ("abs(x - 400)", "400 - x", ()),
        ("relu(w x - 30)", "0", ("w: real(0, 1)", "x: real(0, 50)")),
        ("sign(x)", "2 where(x > 0, 1, 0) - 1", ()),
        ("floor(x)", "ceil(x) - 1", ()),
        ("min(x, 6)", "x", ("x: real(0, 7)",)),
        ("where(x < 0, x, log(x))", "where(x < 0, 5x, log(x))", ()),  # a branch that is not chosen may be undefined
        # windows between corners that are not rational: (ln 3, ln 3.5), (artanh 0.5, artanh 0.6), and a hill at (1, 1)
        ("z + relu(exp(z)-3)*relu(7/2-exp(z))", "z", ()),
        ("z + relu(tanh(z)-1/2)*relu(3/5-tanh(z))", "z", ()),
        ("z + relu(exp(z)-3)*relu(3.0001-exp(z))", "z", ()),
        ("relu(sin(x) - 999/1000) + x", "x", ("x: real(0, 3)",)),
        ("relu(1/1000000-(x-1)^2-(y-1)^2)", "0", ()),
        ("where(a>b, where(b>c, where(c>d, where(d>0, 1, 0), 0), 0), 0)", "0", ()),
        # scales and ends of the domain
        ("1/(1+x/10^9)", "1", ("x: positive",)),
        ("sqrt(x^2 + 1/10^12)", "x", ("x: positive",)),
        ("p/(p + 1/10^6)", "1", ("p: real(0, 1)",)),
        # late digits: exp(-100) is 3.7e-44, below the digits of the first comparison
        ("1 + exp(-100)", "1", ()),
        ("cos(x) + exp(-150)", "cos(x)", ()),
        ("pi", "3.14159265358979323846", ()),
        ("pi x", "22/7 x", ("pi: real(3, 4)",)),  # a symbol where it is declared as one
        ("|x + y|", "|x| + |y|", ()),
        ("log(exp(x)) - x", "exp(-100) x", ()),
        # whole numbers
        ("n^2", "n^3", ("n: integer > 0",)),
        ("floor(n/2)", "n/2", ("n: integer > 0",)),
        ("min(n, 25)", "n", ("n: integer > 0",)),
        # multiples of the prime that residues are taken by
        ("2305843009213693951 x", "0", ()),
        ("(2^61 - 1) x + 1", "1", ()),
        # matrices with dimensions by name
        ("A B", "B A", ("A: matrix(D, D)", "B: matrix(D, D)")),
        ("(A B)^T", "A^T B^T", ("A: matrix(D, D)", "B: matrix(D, D)")),
    ],
)
def test_near_misses_are_different(a, b, symbols):
    assert state(a, b, *symbols) == "different"


@pytest.mark.parametrize(
    ("a", "b", "symbols"),
    [
        ("sigmoid(x)(1-sigmoid(x))", "e^(-x)/(1+e^(-x))^2", ()),
        ("1 - tanh(x)^2", "4/(e^x + e^(-x))^2", ()),
        ("softplus(x) - softplus(-x)", "x", ()),
        ("exp(a)/(exp(a)+exp(b))", "sigmoid(a - b)", ()),
        ("leaky_relu(x, 1/10)", "max(x, x/10)", ()),
        ("relu(x) - relu(-x)", "x", ()),
        ("abs(x)", "max(x, -x)", ()),
        ("max(a, b)", "(a + b + abs(a - b))/2", ()),
        ("min(max(x, 0), 6)", "relu(x) - relu(x - 6)", ()),
        ("where(x < 0, -x, sqrt(x)^2)", "abs(x)", ()),
        ("max(x, 2)", "2", ("x: real(0, 2)",)),
        ("relu(x)", "x", ("x: positive",)),
        ("floor(n/2) + ceil(n/2)", "n", ("n: integer",)),
        ("n^3 - 3n^2 + 2n", "0", ("n: integer(-1, 2)",)),  # n (n - 1)(n - 2) at 0, 1 and 2: as formulas they differ
        ("(-1)^(2n)", "1", ("n: integer > 0",)),
        ("(1-b^n)/(1-b)", "1 + b (1-b^(n-1))/(1-b)", ("b: real(0, 1)", "n: integer > 0")),
        ("x/x", "1", ()),
        ("(x^2-1)/(x-1)", "x+1", ()),
        ("log2(8)", "3", ()),
        ("(x+1)^40", "((x+1)^20)^2", ()),
        ("cos(π n)", "(-1)^n", ("n: integer > 0",)),
        ("sin(pi/6)", "1/2", ()),
        ("2 p i", "2pi", ("p: real", "i: real")),
        ("pi + 1", "1 + pi", ("pi: real(0, 1)",)),
        ("|x y|", "|x| |y|", ()),
        ("|x - y|^2", "|x|^2 - 2 x y + |y|^2", ()),
        ("tanh^2(x)", "tanh(x)^2", ()),
        ("inverse(A)^T", "(A^T)^{-1}", ("A: matrix(2, 2)",)),
        ("(A B)^T", "B^T A^T", ("A: matrix(D, M)", "B: matrix(M, K)")),
        ("x' A x", "x' A^T x", ("x: vector(D)", "A: matrix(D, D)")),
    ],
)
def test_identities_are_equal(a, b, symbols):
    assert state(a, b, *symbols) == "equal"


@pytest.mark.parametrize(
    ("a", "b", "symbols"),
    [("sqrt(-x^2 - 1)", "1", ()), ("1/(x - x)", "1", ()), ("9^9^9^9", "9^9^9^9", ()), ("log(x)", "1", ("x: negative",))],
)
def test_what_has_no_value_is_undecided(a, b, symbols):
    assert state(a, b, *symbols) == "undecided"


@pytest.mark.parametrize(
    ("symbols", "outside"),
    [(["x: real(0, 1)"], "where(x < 0 or x > 1, 7, x)"), (["x: positive"], "where(x <= 0, 7, x)"),
     (["x: integer(0, 9)"], "where(x <= 0 or x > 9, 7, x)"), (["x: integer < 4"], "where(x >= 4, 7, x)"),
     (["x: integer >= 0"], "where(x < 0, 7, x)")],
)  # fmt: skip
def test_points_stay_in_the_domain(symbols, outside):
    assert equal(outside, "x", symbols).state == "equal"


def test_a_whole_number_below_its_bound_comes_up_to_it():
    assert equal("where(n == 3, 7, n)", "n", ["n: integer < 4"]).state == "different"


def test_a_word_before_a_bracket_is_no_symbol():
    with pytest.raises(LanguageError, match="adjugate"):
        equal("adjugate(A + B)", "adjugate(A) + adjugate(B)", ["A: matrix(2, 2)", "B: matrix(2, 2)"])


def test_shapes_that_do_not_fit_are_said_in_words():
    found = equal("A B", "B A", ["A: matrix(2, 3)", "B: matrix(3, 4)"])
    assert found.state == "different"
    assert "3 x 4 and 2 x 3" in found.witness


def test_the_witness_shows_the_difference():
    assert equal("x + 1/10^20", "x", ["x: real"]).state == "different"
    place, values = equal("x + 1/10^20", "x", ["x: real"]).witness.split(": ")
    assert place.startswith("at x = ")
    assert len(set(values.split(" against "))) == 2


# --------------------------------------------------------------------------------------------------- the same every time

PAIRS = (("relu(x - 100)", "0"), ("1/(1+e^(-x))", "sigmoid(x)"), ("tanh(x)", "x"), ("(x+y)^3", "x^3 + y^3"))


def test_verdicts_are_the_same_in_eight_threads():
    alone = [equal(a, b) for a, b in PAIRS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda pair: equal(*pair), PAIRS * 40))
    assert together == alone * 40
    assert flint.ctx.prec >= 128


def test_verdicts_are_the_same_in_another_process():
    program = "from grader import equal; import sys; print([equal(a, b) for a, b in eval(sys.argv[1])])"
    told = subprocess.run([sys.executable, "-c", program, repr(PAIRS)], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str([equal(a, b) for a, b in PAIRS])


def test_a_prepared_expression_says_the_same_in_any_order():
    symbols, key = {"x": REAL}, make("relu", X - 3, at_zero=Fraction(0))
    others = [make("maximum", X - 3, constant(0)), X - 3, make("exp", X), (X - 3) * (X - 3), constant(0)]
    alone = [Prepared(key, symbols, text="key").compare(other, "other") for other in others]
    for order in (others, others[::-1]):
        prepared = Prepared(key, symbols, text="key")
        assert [prepared.compare(other, "other") for other in order] == [alone[others.index(other)] for other in order]
    assert [found.state for found in alone] == ["equal", "different", "different", "different", "different"]


# ----------------------------------------------------------------------------------------- programs and the table of operations

NUMBERS = (Fraction(3, 4), Fraction(-5, 2), Fraction(2), Fraction(1, 3))


def _agree(found, expected):
    if isinstance(found, fmpq) and isinstance(expected, fmpq):
        return found == expected
    return arb(found).overlaps(arb(expected)) and arb(found).rel_accuracy_bits() > 100


SCALAR = [name for name, row in OPS.items() if row.aligned and row.rule is not None]


@pytest.mark.parametrize("op", SCALAR)
def test_a_program_computes_what_the_rule_does(op):
    """Every operation with a rule for numbers, at points where it is defined; Evaluation applies the row's own rule."""
    settings = OPS[op].samples[-1].settings
    names = [given(f"a{k}") for k in range(len(OPS[op].samples[0].inputs))]
    compared = 0
    for shift in range(len(NUMBERS)):
        values = {f"a{k}": NUMBERS[(shift + k) % len(NUMBERS)] for k in range(len(names))}
        node = make(op, *names, **settings)
        program = compiled([node], values)
        [found] = program.at(Point({name: fmpq(value.numerator, value.denominator) for name, value in values.items()}))
        if found is None or not arb(found).is_finite():
            continue
        array, _ = Evaluation(values, (EXACT, BALL)).with_system(node)
        assert _agree(found, array[()])
        compared += 1
    assert compared >= 2


@pytest.mark.parametrize("op", SCALAR)
def test_a_program_computes_the_same_at_several_points_together(op):
    names = [f"a{k}" for k in range(len(OPS[op].samples[0].inputs))]
    program = compiled([make(op, *map(given, names), **OPS[op].samples[-1].settings)], names)
    numbers = [fmpq(value.numerator, value.denominator) for value in NUMBERS]
    points = [Point({name: numbers[(shift + k) % 4] for k, name in enumerate(names)}) for shift in range(4)]
    alone = [program.at(point)[0] for point in points]
    together = program.at_all(points)
    if together is None:  # a choice, or something undefined among them
        assert op == "where" or None in alone
    else:
        assert [str(value) for value in together] == [str(value) for value in alone]


@pytest.mark.parametrize(("kind", "op"), [(kind, op) for kind, table in SHORT.items() for op in table])
def test_the_quicker_functions_are_the_rules(kind, op):
    system = EXACT if kind == "fractions" else BALL
    rule = compiling._bare(system)
    arity = len(OPS[op].samples[0].inputs)
    for first, second in ((Fraction(3, 4), Fraction(2, 5)), (Fraction(7, 2), Fraction(1, 3))):
        elements = [system.element(value) for value in (first, second)[:arity]]
        assert _agree(SHORT[kind][op](*elements), OPS[op].rule(rule, *elements))


def test_residues_are_those_of_the_fraction():
    """(x + 1)^2 / (3 y) at x = 4, y = 2 is 25/6."""
    program = compiled([(X + 1) ** 2 / (3 * Y)], {"x", "y"})
    p = compiling.PRIME
    [found] = program.modulo({"x": flint.nmod(4, p), "y": flint.nmod(2, p)})
    assert int(found) == 25 * pow(6, -1, p) % p
    assert program.modulo({"x": flint.nmod(4, p), "y": flint.nmod(0, p)}) is None


def test_arrays_and_unknown_names_have_no_program():
    assert compiled([given("v", (2,))], {"v"}) is None
    assert compiled([X + Y], {"x"}) is None
    assert compiled([X + Y], {"x"}, {"y": 2}) is not None


def test_a_huge_shared_product_is_not_worked_out_exactly():
    node = X
    for _ in range(40):
        node = node * node  # x^(2^40)
    assert Prepared(node, {"x": REAL}).compare(node).state in ("equal", "undecided")


# ---------------------------------------------------------------------------------------------------------------- points


def test_corners_are_hit_on_both_sides_and_far_away():
    """x - 7/3 has its zero at 7/3; behind it relu(x - 7/3) - 5 has one at 22/3."""
    inner = make("relu", X - Fraction(7, 3), at_zero=Fraction(0))
    outer = make("relu", inner - 5, at_zero=Fraction(0))
    symbols = {"x": REAL}
    bases = list(sample_points(symbols, "any", range(4)))
    values = {point.values["x"] for point in around_corners([inner, outer], symbols, {}, bases)}
    for zero in (fmpq(7, 3), fmpq(22, 3)):
        assert zero in values
        assert any(0 < value - zero < fmpq(1, 10**6) for value in values)
        assert any(0 < zero - value < fmpq(1, 10**6) for value in values)
        assert max(values) > 10**5
        assert min(values) < -(10**5)


def test_samples_reach_tiny_huge_and_both_ends():
    symbols = {"x": REAL, "p": declaration("real(0, 1)"), "s": declaration("positive")}
    points = [point.values for point in sample_points(symbols, "some text", range(6))]
    assert min(abs(float(point["x"])) for point in points) < 1e-8
    assert max(abs(float(point["x"])) for point in points) > 1e3
    assert min(float(point["p"]) for point in points) < 1e-8
    assert max(float(point["p"]) for point in points) > 1 - 1e-8
    assert all(0 < point["p"] < 1 and point["s"] > 0 for point in points)
    assert math.log10(max(float(point["s"]) for point in points) / min(float(point["s"]) for point in points)) > 9


def test_a_size_by_name_is_a_number():
    size = make("dimension", name="n", size=3)
    assert Prepared(size * X / X, {"x": REAL}).compare(size).state == "equal"
    assert Prepared(size * X / X, {"x": REAL}).compare(size + 1).state == "different"


def test_comparisons_that_share_a_budget_try_fewer_points():
    vector = given("v", (3,))
    symbols, shapes = {"v": declaration("vector(3)")}, {"v": (3,)}
    key = Prepared(vector + vector, symbols, shapes)
    points = [int(key.compare(2 * vector, among=among).reason.split()[2]) for among in (1, 1_000)]
    assert points[0] > points[1] >= 3
    assert key.compare(3 * vector, among=1_000).state == "different"


def test_points_follow_from_the_text_alone():
    """The first residue is read off the hash as its definition says: eight little-endian bytes of SHAKE-128."""
    import hashlib

    first = int.from_bytes(hashlib.shake_128(b"residues of a | b").digest(8), "little")
    assert int(residues({"x": REAL}, "a | b")["x"]) == first % (2**61 - 1)
