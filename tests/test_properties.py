"""Properties of marking that hold for every problem, answer and policy.

A right answer rewritten stays right; a visible change makes it wrong; what we show is read as the same; a better answer never
earns less; marks stay between 0 and what the answer is worth; order, threads, processes and the seed of hashes change nothing.
"""

import itertools
import json
import math
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import grader
from grader.bank.load import load_paper
from grader.bank.model import Policies
from grader.course.handins import read_handins
from grader.course.marking import mark_paper
from grader.marking.api import find_box
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.reading.boxes import split_boxes
from grader.marking.solution import solution_of
from grader.marking.verdict import FULL, UNREADABLE

# the same examples in every run
settings.register_profile("same", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
same = settings.get_profile("same")
some, many = (settings(same, max_examples=count) for count in (40, 80))

HEAD = "title: t\ntopics: [backprop]\n"


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A function (body of a problem) -> its Solution, new for each call."""
    folder, numbers = tmp_path_factory.mktemp("problems"), itertools.count()

    def solve(body):
        path = folder / f"{next(numbers)}.yaml"
        path.write_text(HEAD + body)
        return solution_of(path)

    return solve


def judged(solution, text, part="a", earlier=(), policies=None):
    """The Verdict on an answer, with marks and feedback."""
    judge = Judge(solution, policies)
    for name, typed in earlier:
        judge.box(*_box(solution, name), typed)
    return with_feedback(credit(judge.box(*_box(solution, part), text), judge.policies))


def _box(solution, name):
    part, box = find_box(solution.problem, name)
    return part, box or part.boxes[0]


def said(verdict):
    """All that a verdict says, to compare with another one."""
    evidence = str(dict(verdict.evidence))
    return verdict.name, verdict.state, verdict.tag, verdict.read, str(verdict.marks), verdict.feedback, evidence


# --- numbers ---

TEN = (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100)  # denominators of decimals that end
numbers = st.builds(Fraction, st.integers(-2_000, 2_000), st.sampled_from((*TEN, 3, 7, 12, 37)))
ended = st.builds(Fraction, st.integers(-2_000, 2_000), st.sampled_from(TEN))


def asks_for(solved, value, extra=""):
    return solved(f'parts: [{{id: a, text: t, answer: {{value: "{value}", marks: 6{extra}}}}}]\n')


def decimal(value):
    """A decimal that ends, written out."""
    digits = str(abs(value.numerator) * 10**5 // value.denominator).rjust(6, "0")
    assert abs(value) == Fraction(int(digits), 10**5)
    text = f"{digits[:-5]}.{digits[-5:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def latex(value):
    return rf"{'-' * (value < 0)}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def wide(text):
    return "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in text)


ALWAYS = {  # rewritings of every number
    "fraction": lambda x: f"{x.numerator}/{x.denominator}",
    "brackets": lambda x: f"({x.numerator})/({x.denominator})",
    "expanded fraction": lambda x: f"{3 * x.numerator}/{3 * x.denominator}",
    "LaTeX": latex,
    "dollars": lambda x: f"${latex(x).replace('frac', 'dfrac')}$",
    "product": lambda x: f"3 · {x.numerator}/{3 * x.denominator}",
    "cross": lambda x: f"{x.numerator} × 1/{x.denominator}",
    "Unicode minus": lambda x: f"{x.numerator}/{x.denominator}".replace("-", "−"),
    "fraction slash": lambda x: f"{x.numerator}⁄{x.denominator}",
    "sum": lambda x: f"1 + {(x - 1).numerator}/{x.denominator}" if x > 1 else f"{(x - 1).numerator}/{x.denominator} + 1",
    "chain": lambda x: f"2 · {x.numerator}/{2 * x.denominator} = {x.numerator}/{x.denominator}",
    "full width": lambda x: wide(f"{x.numerator}/{x.denominator}"),
    "power of a half": lambda x: f"{4 * x.numerator}/{x.denominator} · (1/2)^2",
}
ENDED = {  # rewritings of decimals that end
    "decimal": decimal,
    "zeros": lambda x: f"{decimal(x)}00" if "." in decimal(x) else f"{decimal(x)}.00",
    "comma": lambda x: decimal(x).replace(".", ",") if len(decimal(x).partition(".")[2]) != 3 else decimal(x),
    "power of ten": lambda x: f"{decimal(x * 1000)}e-3",
    "typeset power of ten": lambda x: f"{decimal(x * 100)} × 10⁻²",
    "LaTeX power of ten": lambda x: rf"{decimal(x * 100)} \cdot 10^{{-2}}",
    "percent": lambda x: f"{decimal(x * 100)} %",
    "full-width decimal": lambda x: wide(decimal(x)),
    "chain with a decimal": lambda x: f"x = {x.numerator}/{x.denominator} = {decimal(x)}",
}
AROUND = {  # what may stand around a number
    "nothing": str,
    "label": lambda text: f"w_new = {text}",
    "words in front": lambda text: f"Answer: {text}",
    "unit": lambda text: f"{text} px",
    "full stop": lambda text: f"{text}.",
    "stars": lambda text: f"**{text}**",
    "zero width": lambda text: "\u200b" + "\u200b".join(text) + "\ufeff",
    "blanks": lambda text: f"\t {text}\u00a0\n",
    "about": lambda text: f"≈ {text}",
}


@some
@given(value=numbers, data=st.data())
def test_a_right_number_rewritten_stays_right(solved, value, data):
    solution = asks_for(solved, value)
    ways = ALWAYS if set(decimal_factors(value)) - {2, 5} else ALWAYS | ENDED
    for way in data.draw(st.lists(st.sampled_from(sorted(ways)), min_size=4, max_size=4, unique=True)):
        text = AROUND[data.draw(st.sampled_from(sorted(AROUND)))](ways[way](value))
        verdict = judged(solution, text)
        assert (verdict.state, verdict.tag, verdict.marks) == ("right", "", 6), (way, text, verdict)


def decimal_factors(value):
    """The primes of a denominator."""
    rest, found = value.denominator, []
    for prime in (2, 3, 5, 7, 37):
        while rest % prime == 0:
            rest, found = rest // prime, [*found, prime]
    return found


@pytest.mark.parametrize("way", sorted(ALWAYS | ENDED))
def test_every_rewriting_of_a_number_stays_right(solved, way):
    for value in (Fraction(13, 20), Fraction(-5, 2), Fraction(12), Fraction(1, 8)):
        for around, wrap in AROUND.items():
            verdict = judged(asks_for(solved, value), wrap((ALWAYS | ENDED)[way](value)))
            assert verdict.state == "right", (around, verdict)


def rounded(value, places):
    """A value rounded to so many decimals, halves away from 0."""
    whole = int(abs(value) * 10**places * 2 + 1) // 2
    return Fraction(whole if value >= 0 else -whole, 10**places)


def fixed(value, places):
    """A value that ends, with exactly so many decimals."""
    digits = str(abs(value) * 10**places).rjust(places + 1, "0")
    return f"{'-' * (value < 0)}{digits[:-places]}.{digits[-places:]}"


@many
@given(value=numbers, data=st.data())
def test_another_digit_makes_a_number_wrong(solved, value, data):
    assume(abs(value) >= Fraction(1, 10))
    solution, text = asks_for(solved, value), fixed(rounded(value, 2), 2)
    place = data.draw(st.sampled_from([place for place, one in enumerate(text) if one.isdigit()]))
    digit = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != text[place]]))
    other = text[:place] + digit + text[place + 1 :]
    assume(abs(Fraction(other) - value) >= Fraction(1, 100))  # cut off instead of rounded is accepted
    assert judged(solution, text).state == "right"
    verdict = judged(solution, other)
    assert verdict.state not in FULL, verdict
    assert verdict.marks < 6


@some
@given(value=numbers, way=st.sampled_from(sorted(ALWAYS)))
def test_another_sign_makes_a_number_wrong(solved, value, way):
    assume(value)
    verdict = judged(asks_for(solved, value), ALWAYS[way](-value))
    assert (verdict.state, verdict.marks) == ("wrong", 0), verdict


@some
@given(value=st.builds(Fraction, st.integers(-9_999, 9_999), st.sampled_from((7, 37, 999, 10_007))))
def test_more_digits_never_earn_less(solved, value):
    assume(value)
    solution = asks_for(solved, value)
    marks = [judged(solution, fixed(rounded(value, places), places)).marks for places in range(1, 12)]
    assert None not in marks
    assert marks == sorted(marks)
    assert marks[-1] == 6


# --- arrays ---

entries = st.builds(Fraction, st.integers(-40, 40), st.sampled_from((1, 1, 2, 3, 4)))
columns = st.shared(st.integers(2, 4), key="columns")
row = columns.flatmap(lambda count: st.lists(entries, min_size=count, max_size=count))
matrices = st.lists(row, min_size=2, max_size=3)
vectors = st.lists(entries, min_size=2, max_size=5)


def rows(matrix, between, behind):
    """The entries with something between them, and the rows too."""
    return behind.join(between.join(map(str, row)) for row in matrix)


def nested(matrix):
    return f"[[{rows(matrix, ', ', '], [')}]]"


MATRICES = {
    "nested": nested,
    "round": lambda m: f"(({rows(m, ', ', '), (')}))",
    "semicolons": lambda m: f"[{rows(m, ' ', '; ')}]",
    "commas and semicolons": lambda m: f"[{rows(m, ', ', '; ')}]",
    "pmatrix": lambda m: r"\begin{pmatrix} " + rows(m, " & ", r" \\ ") + r" \end{pmatrix}",
    "bmatrix": lambda m: r"$\begin{bmatrix}" + rows(m, "&", r"\\") + r"\end{bmatrix}$",
    "lines": lambda m: rows(m, " ", "\n"),
    "lines with tabs": lambda m: rows(m, "\t", "\n"),
    "lines with commas": lambda m: rows(m, ", ", "\n"),
    "NumPy": lambda m: f"np.array({nested(m)})",
    "torch": lambda m: f"torch.tensor({nested(m)})",
    "label": lambda m: f"W = {nested(m)}",
}
VECTORS = {
    "square": lambda v: f"[{', '.join(v)}]",
    "round": lambda v: f"({', '.join(v)})",
    "bare": ", ".join,
    "semicolons": "; ".join,
    "blanks": lambda v: f"[{' '.join(v)}]",
    "column": lambda v: r"\begin{pmatrix} " + r" \\ ".join(v) + r" \end{pmatrix}",
    "NumPy": lambda v: f"np.array([{', '.join(v)}])",
    "transposed": lambda v: f"({', '.join(v)})^T",
    "label": lambda v: f"z = ({', '.join(v)})",
}


@some
@given(matrix=matrices, data=st.data())
def test_a_right_matrix_rewritten_stays_right(solved, matrix, data):
    solution = asks_for(solved, nested(matrix))
    for way in data.draw(st.lists(st.sampled_from(sorted(MATRICES)), min_size=4, max_size=4, unique=True)):
        verdict = judged(solution, MATRICES[way](matrix))
        assert (verdict.state, verdict.marks) == ("right", 6), (way, verdict)


@some
@given(vector=vectors, data=st.data())
def test_a_right_vector_rewritten_stays_right(solved, vector, data):
    vector = list(map(str, vector))
    solution = asks_for(solved, VECTORS["square"](vector))
    for way in data.draw(st.lists(st.sampled_from(sorted(VECTORS)), min_size=4, max_size=4, unique=True)):
        verdict = judged(solution, VECTORS[way](vector))
        assert (verdict.state, verdict.marks) == ("right", 6), (way, verdict)


def changed(matrix, places, data):
    """A matrix with other entries in these places."""
    new = [list(row) for row in matrix]
    for row, column in places:
        new[row][column] += data.draw(st.sampled_from((-3, -1, 1, 2, 5, 100)))
    return new


@many
@given(matrix=matrices, data=st.data(), policy=st.sampled_from(("share", "all-or-nothing")))
def test_fewer_right_entries_never_earn_more(solved, matrix, data, policy):
    solution = asks_for(solved, nested(matrix))
    places = data.draw(st.permutations([(row, column) for row in range(len(matrix)) for column in range(len(matrix[0]))]))
    count, more = data.draw(st.integers(1, len(places))), data.draw(st.integers(0, 3))
    worse = changed(matrix, places[: count + more], data)
    better = [list(row) for row in worse]
    for row, column in places[count : count + more]:
        better[row][column] = matrix[row][column]
    first, second = (judged(solution, nested(one), policies=Policies(array=policy)) for one in (better, worse))
    assert first.state not in FULL, first
    assert second.marks <= first.marks < 6, (first, second)


# --- part of an array, from own values ---

OWN = """
given: {x: "[1, 2, 3, 4]"}
let: {z: "3 x - [1, 1, 2, 3]", o: "2 z + [1, 0, 5, 1]"}
parts:
- {id: z, text: t, answer: z, marks: 1}
- {id: o, text: t, answer: o, marks: 4}
"""
# by hand: z = [2, 5, 7, 9]; o = [5, 10, 19, 19]
OWN_Z, BEHIND = (2, 5, 7, 9), (1, 0, 5, 1)
FAR = 1_000  # added to an entry, it is what nothing gives
ENTRY = st.sampled_from(("reference", "own", "wrong"))


def from_values(values):
    return [2 * value + more for value, more in zip(values, BEHIND, strict=True)]


def by_share(right):
    """The share of so many right entries of four."""
    return Fraction(right, 4) if right >= 2 else Fraction(0)


@pytest.fixture(scope="module")
def own(solved):
    return solved(OWN)


@many
@given(
    values=st.tuples(*(st.sampled_from((value, value + 1, value + 20, -value)) for value in OWN_Z)),
    entries=st.tuples(ENTRY, ENTRY, ENTRY, ENTRY),
    policy=st.sampled_from(("full", "half", "none")),
)
def test_the_better_share_of_right_entries_counts(own, values, entries, policy):
    assume(values != OWN_Z)
    right, follows = from_values(OWN_Z), from_values(values)
    of = {"reference": right, "own": follows, "wrong": [FAR + 7 * place**2 for place in range(4)]}
    typed = [of[entry][place] for place, entry in enumerate(entries)]
    alone, with_own = (
        by_share(sum(one == other for one, other in zip(typed, wanted, strict=True))) for wanted in (right, follows)
    )
    factor = {"full": 1, "half": Fraction(1, 2), "none": 0}[policy]
    verdict = judged(own, str(typed), "o", [("z", str(list(values)))], Policies(follow=policy))
    assert verdict.marks == 4 * max(alone, factor * with_own), verdict


PRECISE = """
given: {x: "[3, 5, 6, 8]"}
let: {z: x / 7, o: "2 z + [1, 0, 5, 1]"}
parts:
- {id: z, text: t, answer: z, marks: 1}
- {id: o, text: t, answer: o, marks: 4}
"""


@pytest.fixture(scope="module")
def precise(solved):
    return solved(PRECISE)


@many
@given(places=st.integers(3, 6), entries=st.tuples(*[st.integers(0, 4)] * 4))
def test_a_right_earlier_answer_never_lowers_the_share_of_a_later_one(precise, places, entries):
    z = [Fraction(x, 7) for x in (3, 5, 6, 8)]
    right = from_values(z)
    typed = [f"{float(right[place]):.{digits}f}" if digits else str(FAR + 7 * place**2) for place, digits in enumerate(entries)]
    answer, earlier = (f"[{', '.join(texts)}]" for texts in (typed, [f"{float(value):.{places}f}" for value in z]))
    before, after = judged(precise, answer, "o"), judged(precise, answer, "o", [("z", earlier)])
    assert (before.marks is None) == (after.marks is None), (before, after)
    assert before.marks is None or after.marks >= before.marks, (before, after)


# --- shapes, choices ---

sizes = st.lists(st.integers(1, 600), min_size=2, max_size=4)
SIZES = {
    "x": "x".join,
    "x and blanks": " x ".join,
    "cross": " × ".join,
    "tuple": lambda sizes: f"({', '.join(sizes)})",
    "list": lambda sizes: f"[{','.join(sizes)}]",
    "torch": lambda sizes: f"torch.Size([{', '.join(sizes)}])",
    "stars": "*".join,
    "LaTeX": r" \times ".join,
    "label": lambda sizes: f"shape = ({', '.join(sizes)})",
    "full width": lambda sizes: wide("x".join(sizes)),
}


@some
@given(shape=sizes, data=st.data())
def test_a_right_shape_rewritten_stays_right_and_another_size_makes_it_wrong(solved, shape, data):
    solution = solved(f'parts: [{{id: a, text: t, kind: shape, answer: "{shape}", marks: 6}}]\n')
    place, by = data.draw(st.integers(0, len(shape) - 1)), data.draw(st.sampled_from((1, 2, 10)))
    other = [size + by * (position == place) for position, size in enumerate(shape)]
    for way in data.draw(st.lists(st.sampled_from(sorted(SIZES)), min_size=4, max_size=4, unique=True)):
        verdict = judged(solution, SIZES[way](list(map(str, shape))))
        assert (verdict.state, verdict.marks) == ("right", 6), (way, verdict)
        verdict = judged(solution, SIZES[way](list(map(str, other))))
        assert verdict.state not in FULL, (way, verdict)
        assert verdict.marks < 6


KEYS = "ABCDE"
SEPARATORS = (", ", " and ", "; ", " ", "", " & ", "\n", " und ", ",")


@some
@given(right=st.sets(st.sampled_from(KEYS), min_size=1), data=st.data())
def test_a_right_choice_rewritten_stays_right_and_another_option_makes_it_wrong(solved, right, data):
    options = ", ".join(f"{key}: {{text: t, right: {'true' if key in right else 'false'}}}" for key in KEYS)
    solution = solved(f"parts: [{{id: a, text: t, marks: 6, options: {{{options}}}}}]\n")
    order = data.draw(st.permutations(sorted(right)))
    wrap = data.draw(st.sampled_from(("{}", "({})", "{})")))
    separator = data.draw(st.sampled_from([one for one in SEPARATORS if one or wrap == "{}"]))
    case = data.draw(st.sampled_from((str.upper, str.lower)))

    def text(keys):
        return separator.join(wrap.format(case(key)) for key in keys) or "none"

    verdict = judged(solution, text(order))
    assert (verdict.state, verdict.marks) == ("right", 6), verdict
    other = data.draw(st.sampled_from(KEYS))
    verdict = judged(solution, text([key for key in order if key != other] if other in order else [*order, other]))
    assert (verdict.state, verdict.marks) == ("wrong", 0), verdict


# --- expressions ---

LEAVES = ("x", "y", "z", 1, 2, 3, 5, Fraction(1, 2))
trees = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(("+", "-", "*")), inner, inner),
        st.tuples(st.just("over"), inner, inner),
        st.tuples(st.just("^"), inner, st.sampled_from((2, 3))),
        st.tuples(st.sampled_from(("exp", "sigmoid", "tanh")), inner),
    ),
    max_leaves=7,
)
SPELLED = {"exp": r"\exp", "sigmoid": r"\sigma", "tanh": r"\tanh"}
POINTS = [{"x": 0.37, "y": 1.21, "z": 0.83}, {"x": 1.43, "y": 0.29, "z": 0.61}]


def value(tree, point):
    """The value of a tree, by Python's floats alone; `over` is a/(1 + b^2)."""
    match tree:
        case str():
            return point[tree]
        case ("+", a, b):
            return value(a, point) + value(b, point)
        case ("-", a, b):
            return value(a, point) - value(b, point)
        case ("*", a, b):
            return value(a, point) * value(b, point)
        case ("over", a, b):
            return value(a, point) / (1 + value(b, point) ** 2)
        case ("^", a, power):
            return value(a, point) ** power
        case (name, a):
            return {"exp": math.exp, "tanh": math.tanh, "sigmoid": lambda x: 1 / (1 + math.exp(-x))}[name](value(a, point))
    return float(tree)


def plain(tree):
    """A tree in the language of authors."""
    match tree:
        case ("over", a, b):
            return f"({plain(a)}/(1 + ({plain(b)})^2))"
        case ("^", a, power):
            return f"({plain(a)})^{power}"
        case (str() as name, a):
            return f"{name}({plain(a)})"
        case (operator, a, b):
            return f"({plain(a)} {operator} {plain(b)})"
    return f"({tree})" if isinstance(tree, Fraction) else str(tree)


def rewritten(tree, draw):
    """A tree as somebody else would write it: commuted, with other brackets and signs, in LaTeX, plus 0, times 1."""
    here = lambda one: rewritten(one, draw)  # noqa: E731
    match tree:
        case ("+", a, b):
            text = f"({here(b)} + {here(a)})" if draw(2) else f"({here(a)} + {here(b)})"
        case ("-", a, b):
            text = f"(-{here(b)} + {here(a)})" if draw(2) else f"({here(a)} − {here(b)})"
        case ("*", a, b):
            first, second = (b, a) if draw(2) else (a, b)
            text = here(first) + ("*", "·", r" \cdot ", " ", "")[draw(5)] + f"({here(second)})"
        case ("over", a, b):
            top, below = here(a), f"({here(b)})^2"
            text = (rf"\frac{{{top}}}{{1 + {below}}}", f"({top})/({below} + 1)", f"{top} * (1 + {below})^(-1)")[draw(3)]
        case ("^", a, power):
            text = (f"({here(a)})^{power}", f"{{({here(a)})}}^{{{power}}}", "*".join([here(a)] * power))[draw(3)]
            text = f"({text})"
        case (name, a):
            text = f"{(name, SPELLED[name])[draw(2)]}({here(a)})"
        case Fraction():
            text = ("(1/2)", r"\frac12", "0.5", r"\frac{1}{2}", "½")[draw(5)]
        case _:
            text = f"{tree}"
    return padded(text, draw(12))


def padded(text, way):
    """A text in brackets, plus 0 or times 1; a name or an integer as it is."""
    if way < 3:
        return (f"({text} + 0)", f"(1*{text})", f"(({text}))")[way]
    return text if text.isalnum() else f"({text})"


EXPRESSION = "given: {x: positive, y: positive, z: positive}\nparts: [{id: a, text: t, answer: "


def asks_for_expression(solved, tree):
    return solved(f'{EXPRESSION}{{kind: expression, value: "{plain(tree)}", marks: 6}}}}]\n')


def tame(tree):
    """Whether floats give the value of a tree at the points, and it is neither huge nor 0."""
    try:
        return all(1e-6 < abs(value(tree, point)) < 1e6 for point in POINTS)
    except OverflowError:
        return False


@some
@given(tree=trees, data=st.data())
def test_a_right_expression_rewritten_stays_right(solved, tree, data):
    assume(tame(tree))
    solution = asks_for_expression(solved, tree)
    for _ in range(3):
        text = rewritten(tree, lambda count: data.draw(st.integers(0, count - 1)))
        verdict = judged(solution, text)
        assert (verdict.state, verdict.marks) == ("right", 6), (text, verdict)


@some
@given(tree=trees, other=trees, by=st.sampled_from(("+", "-", "*")), data=st.data())
def test_another_coefficient_makes_an_expression_wrong(solved, tree, other, by, data):
    different = (by, tree, other)
    assume(tame(tree) and tame(different))
    far = [abs(value(tree, point) - value(different, point)) > 1e-6 * abs(value(tree, point)) for point in POINTS]
    assume(all(far))
    text = rewritten(different, lambda count: data.draw(st.integers(0, count - 1)))
    verdict = judged(asks_for_expression(solved, tree), text)
    assert verdict.state not in FULL, (text, verdict)
    assert verdict.state == "undecided" or verdict.marks < 6


@some
@given(tree=trees, other=trees)
def test_equal_says_the_same_the_other_way_round(tree, other):
    symbols = ["x: positive", "y: positive", "z: positive"]
    there = grader.equal(plain(tree), plain(other), symbols).state
    assert there == grader.equal(plain(other), plain(tree), symbols).state
    assert grader.equal(plain(tree), plain(tree), symbols).state == "equal"


# --- several parts ---

STEPS = """\
given: {x: real, W: "[[1, -2], [1/2, 3]]", b: "[1/2, -1]", s: "[1, 2]", y: 2}
let: {z: W @ s + b, h: relu(z), p: softmax(h), L: sum(h^2) / 3, c: L * y + 1}
parts:
- {id: a, text: t, answer: {z: {value: z, marks: 1}, h: {value: h, marks: 2}}}
- {id: b, text: t, answer: L, marks: 2}
- {id: c, text: t, answer: c, marks: 3, partial: [{value: L * y, marks: 1, tag: one-forgotten}]}
- {id: d, text: t, answer: "p[0]", marks: 1}
- {id: e, text: t, answer: c * sigmoid(x) * (1 - sigmoid(x)), marks: 4}
- {id: f, text: t, marks: 2, options: {A: {text: t, right: L > 5}, B: {text: t, right: c > 100}, C: {text: t, right: true}}}
- {id: g, text: t, answer: {kind: boolean, value: c > 20, marks: 1}}
- {id: h, text: t, kind: order, marks: 2, options: {A: {text: t, right: L}, B: {text: t, right: c}, C: {text: t, right: 0}}}
- {id: i, text: t, answer: {kind: chain, value: c, links: 1, marks: 2}}
- {id: j, text: t, kind: text, marks: 1}
"""
# by hand: z = [1 - 4 + 1/2, 1/2 + 6 - 1] = [-5/2, 11/2]; h = [0, 11/2]; L = 121/12; c = 121/6 + 1 = 127/6 = 21.17
RIGHT = {"a.z": "[-5/2, 11/2]", "a.h": "[0, 11/2]", "b": "121/12", "c": "127/6", "d": "1/(1 + e^5.5)"} | {
    **{"e": "127/6 * sigmoid(x) * (1 - sigmoid(x))", "f": "A, C", "g": "yes", "h": "C, A, B", "i": "2 * 121/12 + 1 = 127/6"}
}
OTHER = {
    "a.z": ("[-5/2, 5]", "[5/2, -11/2]", "[-3, 13/2]", "[0, 0]", "5", "?"),
    "a.h": ("[0, 5]", "[5/2, 11/2]", "[1, 2]", "[0, 0]", "[[1, 2], [3, 4]]"),
    "b": ("25/3", "121/6", "10.1", "0", "1/0", "a or b"),
    "c": ("53/3", "121/6", "-1", "21", "21.2"),
    "d": ("0.5", "0.0041", "0"),
    "e": ("sigmoid(x)", "20 * sigmoid(x)", "exp(x)"),
    "f": ("A", "B, C", "none"),
    "g": ("no", "perhaps"),
    "h": ("A, B, C", "B, A, C"),
    "i": ("1 = 2", "127/6"),
    "j": ("so", ""),
}
answers = st.fixed_dictionaries({}, optional={name: st.sampled_from((*OTHER[name], RIGHT.get(name, ""))) for name in OTHER})
policies = st.builds(
    Policies,
    st.sampled_from(("all-or-nothing", "per-option", "negative")),
    st.sampled_from(("full", "half", "none")),
    st.sampled_from(("share", "all-or-nothing")),
    st.sampled_from(((), (("any", Fraction(1, 3)),), (("arithmetic", Fraction(1, 2)),), (("any", Fraction(1)),))),
)


@pytest.fixture(scope="module")
def steps(solved):
    return solved(STEPS)


def marked(solution, texts, policies=None):
    """The Verdicts of a person who typed these texts, by name."""
    judge, found = Judge(solution, policies, attempted=bool(texts)), {}
    for part in solution.problem.parts:
        for box in part.boxes:
            name = f"{part.id}.{box.name}" if box.name else part.id
            found[name] = with_feedback(credit(judge.box(part, box, texts.get(name, "")), judge.policies))
    return found


def test_the_right_answers_are_right(steps):
    found = marked(steps, RIGHT)
    assert {name: found[name].state for name in RIGHT} == dict.fromkeys(RIGHT, "right")


@many
@given(texts=answers, policies=policies)
def test_marks_are_never_negative_and_never_exceed_the_worth(steps, texts, policies):
    for verdict in marked(steps, texts, policies).values():
        if verdict.marks is None:
            assert verdict.state in ("undecided", "unreadable")
        else:
            assert 0 <= verdict.marks <= verdict.out_of, verdict


@many
@given(texts=answers, policies=policies)
def test_follow_through_never_earns_less_than_without(steps, texts, policies):
    by = {
        follow: marked(steps, texts, Policies(policies.choice, follow, policies.array, policies.slips))
        for follow in ("none", "half", "full")
    }
    for name in by["full"]:
        marks = [by[follow][name].marks for follow in ("none", "half", "full")]
        assert None in marks or marks == sorted(marks), name


@many
@given(texts=answers, policies=policies, names=st.sampled_from(list(itertools.combinations(sorted(RIGHT), 2))))
def test_a_right_earlier_answer_never_lowers_the_mark_of_a_right_later_one(steps, texts, policies, names):
    name, later = names
    texts = texts | {later: RIGHT[later]}
    before, after = (marked(steps, one, policies)[later] for one in (texts, texts | {name: RIGHT[name]}))
    assert (before.state, before.marks) == ("right", before.out_of), before
    assert after.marks >= before.marks


@many
@given(texts=answers, name=st.sampled_from(sorted(OTHER)), data=st.data())
def test_what_is_shown_is_read_as_the_same(steps, texts, name, data):
    texts = texts | {name: data.draw(st.sampled_from([text for text in (*OTHER[name], RIGHT.get(name, "so")) if text]))}
    first = marked(steps, texts)[name]
    assume(first.state != UNREADABLE)
    again = marked(steps, texts | {name: first.read})[name]
    assert (again.read, again.state, again.marks) == (first.read, first.state, first.marks), first


@some
@given(value=ended, way=st.sampled_from(sorted(ALWAYS | ENDED)), around=st.sampled_from(sorted(AROUND)))
def test_what_is_shown_of_a_number_is_read_as_the_same(solved, value, way, around):
    solution = asks_for(solved, value)
    first = judged(solution, AROUND[around]((ALWAYS | ENDED)[way](value)))
    again = judged(solution, first.read)
    assert (again.read, again.state) == (first.read, first.state), first


# --- the same, whoever asks and how often ---

MORE = """\
given: {x: real, u: positive, n: integer > 0, m: integer > 0, W: "matrix(D, M)", v: vector(M), lr: 0.3, q: "[1, 2]"}
let: {g: sigmoid(x), t: tanh(u) / lr}
parts:
- {id: a, text: t, answer: "grad(g, x)", marks: 1}
- {id: b, text: t, answer: W @ v, marks: 1}
- {id: c, text: t, answer: {kind: growth, value: "n^2 * log(n) + m", marks: 1}}
- {id: d, text: t, answer: "softmax(q)", marks: 2}
- {id: e, text: t, answer: {kind: chain, value: g * (1 - g), links: 1, marks: 1}}
- {id: f, text: t, kind: shape, layout: any, answer: "[3, 4, 4]", marks: 1}
- {id: g, text: t, answer: "exp(-1000 * lr) * 10^130", marks: 1}
- {id: h, text: t, answer: "abs(x - 1) + max(x, 2)", marks: 1}
"""
TYPED = {
    "a": ("e^(-x)/(1+e^(-x))^2", r"\sigma(x)(1-\sigma(x))", "1/(4 cosh(x/2)^2)", "sigmoid(x)", "1/(2+exp(x)+exp(-x))", "x^", "q"),
    "b": ("W v", "v W", "(v' W')'", "W * v", "W^T v", "2 W v", "W v + v"),
    "c": ("O(n^2 log n + m)", "n^2", "O(m n)", "Θ(n log(n) n + m + 7)", "log n"),
    "d": ("[0.269, 0.731]", "[e, e^2]/(e + e^2)", "[0.27, 0.73]", "[0.731, 0.269]", "1/(1+e), 1/(1+1/e)", "[0.3, 0.7]"),
    "e": ("g (1-g) = e^(-x)/(1+e^(-x))^2 = g - g^2", "g = g^2", "g(1-g) = sigmoid(x) - sigmoid(x)^2"),
    "f": ("3x4x4", "(4, 4, 3)", "4 x 3 x 4", "48", "3,4,5"),
    "g": ("0.515", "5.1e-1", "exp(-300) 10^130", "0.52", "1"),
    "h": ("|x-1| + max(2, x)", "abs(1-x) + max(x,2)", "x - 1 + max(x, 2)", "relu(x - 2) + 2 + |x - 1|"),
}


@pytest.fixture(scope="module")
def questions():
    """(body of a problem, part, text, earlier answers), a few hundred, in an order of their own."""
    found = [(MORE, part, text, ()) for part, texts in TYPED.items() for text in texts for _ in range(2)]
    generator = random.Random(5)
    for _ in range(150):
        name = generator.choice(sorted(RIGHT))
        earlier = tuple((one, generator.choice(OTHER[one])) for one in sorted(OTHER) if one < name and generator.random() < 0.4)
        found.append((STEPS, name, generator.choice((*OTHER[name], RIGHT[name])), earlier))
    generator.shuffle(found)
    return found


def test_eight_threads_say_what_one_says(solved, questions):
    alone = {body: solved(body) for body in (STEPS, MORE)}
    expected = [said(judged(alone[body], text, part, earlier)) for body, part, text, earlier in questions]
    shared = {body: solved(body) for body in (STEPS, MORE)}  # nothing is worked out yet
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(2):
                found = list(pool.map(lambda one: said(judged(shared[one[0]], one[2], one[1], one[3])), questions))
                assert found == expected
    finally:
        sys.setswitchinterval(interval)


def test_the_order_of_answers_to_several_people_changes_nothing(solved, questions):
    forwards, backwards = solved(STEPS), solved(STEPS)
    mine = [one for one in questions if one[0] is STEPS]
    first = [said(judged(forwards, text, part, earlier)) for _, part, text, earlier in mine]
    last = [said(judged(backwards, text, part, earlier)) for _, part, text, earlier in reversed(mine)]
    assert first == last[::-1]


PROGRAM = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import test_properties as own
asked, folder = json.loads(sys.stdin.read())
solutions = {body: own.solution_of(path) for body, path in folder.items()}
print(json.dumps([own.said(own.judged(solutions[body], text, part, earlier)) for body, part, text, earlier in asked]))
"""


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_with_other_hashes_says_the_same(tmp_path, questions, seed):
    asked = [*questions[:60], *((MORE, part, text, ()) for part, texts in TYPED.items() for text in texts)]
    paths = {body: str(tmp_path / f"{number}.yaml") for number, body in enumerate((STEPS, MORE))}
    for body, path in paths.items():
        with open(path, "w") as stream:
            stream.write(HEAD + body)
    solutions = {body: solution_of(path) for body, path in paths.items()}
    here = [said(judged(solutions[body], text, part, earlier)) for body, part, text, earlier in asked]
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM, os.path.dirname(__file__)],
        input=json.dumps([asked, paths]),
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(map(tuple, json.loads(there.stdout))) == here


HANDED_IN = {
    "06a": ("2/3", "0.67", "0.7", "?"),
    "06b": ("A", "B", "A B"),
    "06d": ("2", "3"),
    "07": ("4", "5", "2+2"),
    "08.a.z": ("2, -0.5", "2; 1", "3; 4", "x"),
    "08.a.h": ("2, 0", "2; 1", "1"),
    "08.a.o": ("0; -1.5", "-0.5; -0.5", "1; 1"),
    "08b": ("2.5", "1.625", "1"),
    "08c": ("0.65", "0.9", "1"),
}


def hand_in(generator):
    """The YAML of a hand-in for the paper of `exam`, answers right and wrong."""
    lines = [f"  {place}: '{generator.choice(texts)}'" for place, texts in HANDED_IN.items()]
    return "\n".join(["answers:", *lines])


def all_said(grading):
    """Hand-in -> its marks, and what its verdicts say."""
    return {mark.id: (mark.decided, mark.waiting, mark.failure, list(map(said, mark.verdicts))) for mark in grading.marks}


def test_the_order_of_hand_ins_and_the_number_of_processes_change_nothing(exam):
    generator = random.Random(3)
    exam({f"h/s{number:03}.yaml": hand_in(generator) for number in range(60)})
    paper = load_paper("exam")
    handins = list(read_handins(["h"], paper).handins)
    expected = all_said(mark_paper(paper, handins))
    assert len({marks for marks, *_ in expected.values()}) > 10
    generator.shuffle(handins)
    assert all_said(mark_paper(paper, handins)) == expected
    assert all_said(mark_paper(paper, handins[::-1], jobs=2)) == expected


def test_a_part_as_a_whole_is_judged_like_its_boxes(steps):
    part = steps.problem.parts[0]
    texts = split_boxes(part, "h = [0, 11/2]; z = [-5/2, 5]")
    assert texts == {"z": "[-5/2, 5]", "h": "[0, 11/2]"}
    together = {verdict.name: said(verdict) for verdict in Judge(steps).part(part, texts)}
    assert together == {name: said(judged_alone) for name, judged_alone in _one_by_one(steps, part, texts).items()}


def _one_by_one(solution, part, texts):
    judge = Judge(solution)
    return {f"{part.id}.{box.name}": judge.box(part, box, texts[box.name]) for box in part.boxes}
