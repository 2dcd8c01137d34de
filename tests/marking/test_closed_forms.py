"""References as formulas: readable, right, and bounded by count."""

import pytest
import sympy

from grader.bank.load import load_problem, read_file
from grader.commands import main
from grader.marking.kinds import closed_forms
from grader.marking.kinds.closed_forms import closed_form
from grader.marking.own_tests import run_own_tests
from grader.marking.solution import solve_problem
from grader.marking.working import references

HEAD = "title: T\ntopics: [rnn]\ntext: t\n"
CHAIN = (
    HEAD
    + """\
given: {U: real, W: real, h_0: real, x_1: real, x_2: real, x_3: real, x_4: real, x_5: real}
let:
  h_1: tanh(U*x_1 + W*h_0)
  h_2: tanh(U*x_2 + W*h_1)
  h_3: tanh(U*x_3 + W*h_2)
  h_4: tanh(U*x_4 + W*h_3)
  h_5: tanh(U*x_5 + W*h_4)
parts:
- {id: a, text: t, answer: h_5, marks: 1}
- {id: b, text: t, answer: h_2, marks: 1}
- {id: c, text: t, answer: "grad(h_5, W)", marks: 1}
"""
)


@pytest.fixture
def solve(tmp_path):
    """A function that gives the Solution of a problem's text."""

    def solution(text):
        path = tmp_path / "p.yaml"
        path.write_text(text, encoding="utf-8")
        return solve_problem(read_file(path))

    return solution


def formulas(solution):
    return [row.formula for part in solution.problem.parts for row in references(solution, part)]


@pytest.fixture
def simplified(monkeypatch):
    """The expressions that SymPy is asked to simplify; it gets no time for them."""
    seen = []
    monkeypatch.setattr(sympy, "simplify", lambda entry: seen.append(entry) or entry)
    monkeypatch.setattr(sympy, "factor", lambda entry: entry)
    return seen


def test_nested_functions_are_not_simplified(solve, simplified):
    """SymPy takes minutes for the last two of these; that it is not asked is decided by a count."""
    last, second, slope = formulas(solve(CHAIN))
    assert last == "tanh(U * x_5 + W * h_4)"  # shorter with a name than without
    assert second == "tanh(U * x_2 + W * tanh(U * x_1 + W * h_0))"  # readable without
    assert "h_4" in slope
    assert len(slope) < 400
    assert all(sympy.count_ops(entry) <= 10 for entry in simplified)


def test_the_command_comes_back(solve, simplified, tmp_path, capsys):
    solve(CHAIN)
    with pytest.raises(SystemExit) as exit:
        main(["check", str(tmp_path / "p.yaml"), "a", "3", "--reveal"])
    assert exit.value.code == 0
    assert "  reference: tanh(U * x_5 + W * h_4)\n" in capsys.readouterr().out
    assert all(sympy.count_ops(entry) <= 10 for entry in simplified)


def test_an_expectation_that_fails_is_told_shortly(solve):
    """The sum of 60 symbols is long: only its beginning is told."""
    names = [f"x_{k}" for k in range(60)]
    given = ", ".join(f"{name}: real" for name in names)
    text = f"given: {{{given}}}\nparts: [{{id: a, text: t, answer: {' + '.join(names)}, marks: 1}}]\n"
    solution = solve(f"{HEAD}{text}tests: [{{expect: {{a: {' - '.join(names)}}}}}]\n")
    (complaint,) = run_own_tests(solution.problem)
    assert complaint.sentence.startswith("'a' should be x_0 - x_1 - x_2")
    assert "the solution says otherwise: x_0 + x_1 + x_2" in complaint.sentence
    assert len(complaint.sentence) < 320


def test_a_form_in_the_allowed_names_is_preferred(solve):
    """Binary cross-entropy behind a sigmoid: its slope by hand is p - y, that by the first weight (p - y) u."""
    solution = solve(
        HEAD
        + """\
given: {w: real, u: real, v: real, b: real, y: "real(0, 1)"}
let: {s: w * u + b * v, p: sigmoid(s), L: -y * log(p) - (1 - y) * log(1 - p)}
parts:
- {id: a, text: t, answer: "grad(L, s)", names: [p, y], marks: 1}
- {id: b, text: t, answer: "grad(L, w)", names: [p, y, u], marks: 1}
- {id: c, text: t, answer: "grad(s, u)", names: [w], marks: 1}
"""
    )
    p, y, u, w = sympy.symbols("p y u w")
    expected = (p - y, (p - y) * u, w)
    for formula, wanted in zip(formulas(solution), expected, strict=True):
        assert sympy.simplify(sympy.sympify(formula.replace("^", "**")) - wanted) == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1 * x + 0", "x"),
        ("grad(sum((A @ v - r)^2), v)", "A^T @ (2 * (A @ v - r))"),  # no factor 1 from the chain rule
        ("A''", "A"),
        ("[4 * n]", "[4 * n]"),  # a list of one
        ("2 * lr * x", "x/5"),  # numbers stand for given values
    ],
)
def test_formulas_are_plain(solve, value, shown):
    given = "given: {x: real, n: integer > 0, lr: 0.1, A: 'matrix(3, 2)', v: vector(2), r: vector(3)}\n"
    solution = solve(f'{HEAD}{given}parts: [{{id: a, text: t, answer: "{value}", marks: 1}}]\n')
    assert closed_form(solution, solution.program.boxes["a", ""]) == shown


def test_what_cannot_be_written_out_is_counted(solve):
    """Each step uses the one before twice: 2^30 - 1 additions and as many squares, if they were written out."""
    steps = "".join(f"  a_{k}: (a_{k - 1} + 1) * (a_{k - 1} + 2)\n" for k in range(1, 31))
    parts = "parts: [{id: a, text: t, answer: a_30, marks: 1}]\n"
    solution = solve(f"{HEAD}given: {{a_0: real}}\nlet:\n{steps}{parts}")
    node = solution.program.boxes["a", ""]
    assert closed_form(solution, node) == "(a_29 + 1) * (a_29 + 2)"
    leaves = {solution.program.names["a_0"]: "a_0"}
    assert closed_forms._operations(node, leaves) == 3 * (2**30 - 1)  # two sums and a product for each of 2^30 - 1
    assert closed_forms._at_length(node, leaves) == "a formula of 3,221,225,469 operations"


def test_sizes_by_name_stay_names():
    """What depends on a size is shown with its name, never with the number that stands for it."""
    scores = {(one.part, one.box): one.formula for one in all_references("lectures/linear-scores")}
    assert scores["b", ""] == "C * n"
    assert scores["e", "entries"] == "d + 1"
    terms = {(one.part, one.box): one.formula for one in all_references("lectures/two-class-cross-entropy")}
    assert terms["b", "terms"] == "n * K"


def all_references(id):
    solution = solve_problem(load_problem(id))
    return [answer for part in solution.problem.parts for answer in references(solution, part)]
