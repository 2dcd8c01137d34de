"""Conditions of which some entries are undecided, derivatives by plain numbers, pi, and products behind a name in a power."""

from fractions import Fraction

import pytest

from grader.bank.load import load_problem
from grader.marking.solution import solution_of
from grader.maths.errors import BankError, LanguageError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import given
from grader.maths.language.meaning import Scope
from grader.maths.language.syntax import parse
from grader.maths.language.unparse import show
from grader.maths.systems import BALL, EXACT

UNDECIDED = "exp(1) * exp(-1) == 1"  # true, but no ball tells


def worked_out(text, names=None):
    return Evaluation({}, (EXACT, BALL)).with_system(Scope(names).node(text))[0][()]


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        (f"all([1 > 2, {UNDECIDED}])", 0),
        (f"all([{UNDECIDED}, 1 > 2, 2 > 1])", 0),
        (f"any([2 > 1, {UNDECIDED}])", 1),
        (f"any([{UNDECIDED}, 1 > 2, 2 > 1])", 1),
        (f"2 > 1 or {UNDECIDED}", 1),
        (f"1 > 2 and {UNDECIDED}", 0),
        ("all([1 < 2, 2 < 3])", 1),
        ("any([1 > 2, 2 > 3])", 0),
        ("any(eye(2))", 1),
        ("all(eye(2))", 0),
    ],
)
def test_one_sure_entry_decides(text, truth):
    value = worked_out(text)
    assert value == truth
    assert not hasattr(value, "is_exact") or value.is_exact()


@pytest.mark.parametrize("text", [f"all([2 > 1, {UNDECIDED}])", f"any([1 > 2, {UNDECIDED}])"])
def test_without_a_sure_entry_it_stays_undecided(text):
    value = worked_out(text)
    assert value.contains(0)
    assert value.contains(1)


def test_an_option_is_decided_by_one_sure_entry(tmp_path):
    path = tmp_path / "case.yaml"
    options = f"{{A: {{text: t, right: '[1 > 2, {UNDECIDED}]'}}, B: {{text: t, right: '2 > 1 or {UNDECIDED}'}}}}"
    path.write_text(f"title: t\ntopics: [backprop]\nparts: [{{id: a, text: t, marks: 1, options: {options}}}]\n")
    solution = solution_of(path)
    assert solution.truths(solution.problem.parts[0]) == {"A": Fraction(0), "B": Fraction(1)}


@pytest.mark.parametrize(
    "derivative", ["grad(L, w)", "grad(L, 3)", "vjp(L, w, 1)", "jacobian(L, w)", "hessian(L, w)", "grad(L, 2 * w)"]
)
def test_a_derivative_by_a_plain_number_is_refused(tmp_path, derivative):
    path = tmp_path / "case.yaml"
    path.write_text(
        "title: t\ntopics: [backprop]\nlet: {w: 2, L: (w - 5)^2}\n"
        f'parts: [{{id: a, text: t, answer: "{derivative}", marks: 1}}]\n'
    )
    load_problem(path)
    with pytest.raises(BankError, match="put what it is taken by under 'given'"):
        solution_of(path)


def test_a_derivative_by_a_given_value_is_none_of_these(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(
        "title: t\ntopics: [backprop]\ngiven: {w: 2}\nlet: {L: (w - 5)^2}\n"
        'parts: [{id: a, text: t, answer: "grad(L, w)", marks: 1}]\n'
    )
    solution = solution_of(path)
    assert solution.value(solution.program.boxes["a", ""]).array[()] == -6  # 2 (2 - 5)


def test_pi_is_known_unless_declared():
    assert abs(float(worked_out("2 * pi").mid()) - 6.283185307179586) < 1e-15
    assert Scope({"pi": given("pi", ())}).node("pi") is given("pi", ())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("p^y(1 - p)", "p^y * (1 - p)"),
        ("y(1 - p)^2", "y * (1 - p)^2"),
        ("2 / y(1 - p)^2", "2 / (y * (1 - p)^2)"),
        ("2 / y(1 - p)", "2 / (y * (1 - p))"),
        ("p^-y(1 - p)", "p^(-y) * (1 - p)"),
        ("(y(1 - p))^2", "(y * (1 - p))^2"),
        ("p^(y(1 - p))", "p^(y * (1 - p))"),
        ("p^exp(y)", "p^(exp(y))"),
    ],
)
def test_a_name_of_a_value_is_a_factor(text, plain):
    names = {"p": given("p", ()), "y": given("y", ())}
    values = {"p": BALL.array(Fraction(1, 4)), "y": BALL.array(Fraction(3))}
    first, second = (Evaluation(values, (BALL,))(Scope(names).node(one))[()] for one in (text, plain))
    assert first.overlaps(second)
    assert abs(float(first.mid()) - float(second.mid())) < 1e-12


def test_other_names_of_functions_may_be_declared(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(
        "title: t\ntopics: [backprop]\ngiven: {sigma: 3, mae: 4}\nparts: [{id: a, text: t, answer: sigma * mae, marks: 1}]\n"
    )
    solution = solution_of(path)
    assert solution.value(solution.program.boxes["a", ""]).array[()] == 12


def test_a_name_that_no_row_has_is_complained_about():
    with pytest.raises(LanguageError, match="'tau' is not a name known here"):
        Scope().node("tau")


@pytest.mark.parametrize(
    "text",
    [
        "x/p(y)",
        "x^p(y)",
        "x^(p(y))",
        "(p(y))^2",
        "p(y)^2",
        "x/p(y)^2",
        "x^(-p(y))",
        "x^((p(y))')",
        "-p(y)^2",
        "x p(y)",
        "x/(p(y))(y)",
    ],
)
def test_what_is_shown_parses_to_the_same_tree(text):
    values = frozenset("xyp")
    tree = parse(text, values=values)
    shown = show(tree, values)
    assert without_places(parse(shown, values=values)) == without_places(tree)


def without_places(tree):
    """A syntax tree as nested tuples, but for where its parts were typed."""
    if hasattr(tree, "_fields"):
        return type(tree).__name__, *(without_places(part) for name, part in zip(tree._fields, tree, strict=True) if name != "at")
    return tuple(map(without_places, tree)) if isinstance(tree, tuple) else tree
