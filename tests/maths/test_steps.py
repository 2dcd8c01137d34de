"""Worked solutions: what stands in a step, where formulas are cut, which numbers are shown, and that every line is true."""

import ast
import math
from fractions import Fraction

import numpy as np
import pytest

from grader.bank.load import load_bank, load_problem
from grader.marking.solution import solve_problem
from grader.marking.working import part_steps, references
from grader.maths.step_numbers import texts_of, tidy
from grader.maths.systems import BALL, EXACT


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """The Solution of a problem from the lines of its file behind the title."""
    folder, count = tmp_path_factory.mktemp("problems"), iter(range(1000))

    def made(lines, topics="backprop"):
        path = folder / f"p{next(count)}.yaml"
        path.write_text(f"title: Steps\ntopics: [{topics}]\n{lines}", encoding="utf-8")
        return solve_problem(load_problem(str(path)))

    return made


def steps_of(solution, part="a", told=()):
    """Name -> Step of a part."""
    (found,) = [one for one in solution.problem.parts if one.id == part]
    return {step.name: step for step in part_steps(solution, found, told)}


def lines(step):
    return [step.formula, step.numbers, step.value]


# --- layers: sizes and counts ---

STACK = """
given:
  net: {input: 3 x 28 x 28, layers: [conv: {name: c1, filters: 32, kernel: 5, padding: 2}, relu: {name: r1},
        conv: {name: c2, filters: 16, kernel: 3, stride: 2}, flatten: {name: flat}, dense: {name: out, units: 10}]}
parts:
- {id: a, text: Sizes?, answer: {c1: {value: net.c1.size, kind: shape}, c2: {value: net.c2.size, kind: shape}}, marks: 2}
- {id: b, text: Parameters?, answer: net.parameters, marks: 1}
- {id: c, text: Field?, answer: "net.c2.receptive_field[0]", marks: 1}
"""


def test_products_entry_by_entry_say_so(solved):
    text = """
given: {M: "[[1, 5/2], [-3, 1/3]]", v: "[1, 2]", P: "[[1, -1], [2, 1]]", p: "[2, 1]"}
let: {S: M * M, T: 2 * M^2, z: relu(P @ p) * v, s: v * v, g: "vjp(relu(P @ p), p, v)"}
parts:
- {id: a, text: t, answer: {S: {value: S, marks: 1}, T: {value: T, marks: 1}, z: {value: z, marks: 1}, s: {value: s, marks: 1},
    g: {value: g, marks: 1}}}
"""
    steps = steps_of(solved(text))
    M = "[[1, 5/2], [-3, 1/3]]"
    assert lines(steps["S"])[:2] == ["M ∘ M", f"{M} ∘ {M}"]
    assert steps["S"].value == "[[1, 25/4], [9, 1/9]]"
    assert steps["T"].formula == "2 * (M ∘ M)"
    assert steps["z"].formula == "relu(P @ p) ∘ v"
    assert steps["s"].formula == "v^2"  # nobody takes that for a product of matrices
    assert lines(steps["g"])[:2] == [
        "P^T @ (v ∘ active(P @ p))",
        "[[1, -1], [2, 1]]^T @ ([1, 2] ∘ active([[1, -1], [2, 1]] @ [2, 1]))",
    ]


def test_a_reference_has_no_hyperbolic_functions_that_the_question_does_not_have():
    solution = solve_problem(load_problem("tum-2022feb/06"))
    (answer,) = references(solution, solution.problem.parts[0])
    assert "exp" in answer.formula
    assert "cosh" not in answer.formula
    solution = solve_problem(load_problem("lectures/saturating-units"))
    assert all("cosh" not in answer.formula for part in solution.problem.parts for answer in references(solution, part))


def test_sizes_show_the_whole_formula(solved):
    steps = steps_of(solved(STACK))
    # (28 + 2 * 2 - 5) / 1 + 1 = 28; (28 - 3) / 2 = 12.5, rounded down to 12, + 1 = 13
    assert steps["net.c1.size"].formula == "[32, (28 + 2 * 2 - 5) / 1 + 1, (28 + 2 * 2 - 5) / 1 + 1]"
    assert steps["net.c1.size"].value == "[32, 28, 28]"
    assert steps["net.c2.size"].numbers == "[16, floor((28 - 3) / 2) + 1, floor((28 - 3) / 2) + 1]"
    assert steps["net.c2.size"].formula.startswith("[16, floor((net.c1.size[1] - 3) / 2) + 1, ")
    assert steps["net.c2.size"].value == "[16, 13, 13]"
    assert "(size + 2 padding - kernel) / stride + 1" in steps["net.c1.size"].why


def test_parameters_show_the_sides_of_the_kernel_and_leave_out_layers_without_any(solved):
    steps = steps_of(solved(STACK), "b")
    # 5 * 5 * 3 * 32 + 32 = 2432; 3 * 3 * 32 * 16 + 16 = 4624; 16 * 13 * 13 = 2704, * 10 + 10 = 27050; together 34106
    assert lines(steps["net.c1.parameters"]) == ["5 * 5 * 3 * 32 + 32", "", "2432"]
    assert lines(steps["net.c2.parameters"])[1:] == ["3 * 3 * 32 * 16 + 16", "4624"]
    assert lines(steps["net.parameters"])[1:] == ["2432 + 4624 + 27050", "34106"]
    assert not [name for name in steps if "r1" in name]


def test_a_receptive_field_is_told_for_one_axis(solved):
    steps = steps_of(solved(STACK), "c")
    # 1 + (5 - 1) = 5; 5 + (3 - 1) = 7, as no layer before has a stride
    assert lines(steps["net.c1.receptive_field"]) == ["1 + (5 - 1)", "", "5"]
    assert lines(steps["net.c2.receptive_field"]) == ["net.c1.receptive_field + (3 - 1)", "5 + (3 - 1)", "7"]
    assert "c" not in steps  # which only picks one of the two


# --- products, windows, long lists: one entry in full ---

PRODUCTS = """
given: {W: "[[1, 2], [3, -4], [0, 5]]", x: "[2, -1]", b: "[1, 0, 0]", V: "[[1, 1, 2], [0, 1, -1]]"}
let: {z: W @ x + b, y: V @ z}
parts:
- {id: a, text: z and y?, answer: {z: z, y: y}, marks: 2}
"""


def test_the_first_product_is_worked_out_for_one_entry(solved):
    steps = steps_of(solved(PRODUCTS))
    # row (1, 2) times (2, -1), plus 1: 2 - 2 + 1 = 1
    assert lines(steps["z, entry 1"]) == ["1 * 2 + 2 * (-1) + 1", "", "1"]
    assert list(steps) == ["z", "z, entry 1", "y"]
    assert steps["z"].why == "weighted sums of the inputs, plus the bias"


def test_examples_are_not_told_again(solved):
    assert list(steps_of(solved(PRODUCTS), told=("z",))) == ["y"]


CONVOLUTION = """
given: {X: "[[1, 2, 0], [3, -1, 4], [0, 2, 5]]", K: "[[1, 0], [-1, 2]]", G: "[[1, 0], [0, 2]]"}
let: {C: "conv2d(X, K)", P: "max_pool(X, size=2, stride=1)", L: sum(G * C), dK: "grad(L, K)", dX: "grad(L, X)"}
parts:
- {id: a, text: All?, answer: {C: C, P: P, dK: dK, dX: dX}, marks: 4}
"""


def test_a_window_is_worked_out(solved):
    steps = steps_of(solved(CONVOLUTION, "conv"))
    # window (1, 2; 3, -1): 1 * 1 + 2 * 0 + 3 * (-1) + (-1) * 2 = -4; its largest entry is 3
    assert lines(steps["C, entry (1, 1)"]) == ["1 * 1 + 2 * 0 + 3 * (-1) + (-1) * 2", "", "-4"]
    assert lines(steps["P, entry (1, 1)"]) == ["max(1, 2, 3, -1)", "", "3"]


def test_gradients_of_a_convolution_are_convolutions(solved):
    steps = steps_of(solved(CONVOLUTION, "conv"))
    # each weight gathers its first input once and its last one twice: 1 + 2 * (-1), 2 + 2 * 4, 3 + 2 * 2, -1 + 2 * 5
    assert steps["dK"].formula == "conv2d(X, dL/dC)"
    assert steps["dK"].value == "[[-1, 10], [7, 9]]"
    # the kernel goes back to the first window once and to the last one twice; both meet in the middle: 2 + 2 * 1
    assert steps["dX"].formula == "conv2d(dL/dC, flip(K), padding=1)"
    assert steps["dX"].value == "[[1, 0, 0], [-1, 4, 0], [0, -2, 4]]"


LONG = """
given: {a: "[0.1234, 0.2345, 0.3456, 0.4567, 0.5678, 0.6789, 0.7891, 0.8912, 0.9123, 0.1357, 0.2468, 0.3579]",
        b: "[0.1111, 0.2222, 0.3333, 0.4444, 0.5555, 0.6666, 0.7777, 0.8888, 0.9999, 0.1212, 0.2323, 0.3434]"}
let: {s: a - 2 * b}
parts:
- {id: a, text: s?, answer: s, marks: 1}
"""


def test_numbers_that_are_too_long_are_shown_for_one_entry(solved):
    steps = steps_of(solved(LONG))
    assert steps["s"].numbers == ""
    assert lines(steps["s, entry 1"]) == ["0.1234 - 2 * 0.1111", "", "-0.0988"]  # 0.1234 - 0.2222


# --- the chain rule ---

CUT = """
given: {x: "[1, 2]", W: "[[1, 0], [0, 1]]", v: "[1, 1]", c: "-2", t: "0"}
let:
  L: "(tanh(W @ x) @ v * sigmoid(tanh(W @ x) @ v + c) - t) ^ 2 + log(1 + exp(tanh(W @ x) @ v + c)) + sum(W ^ 2)"
  dv: grad(L, v)
parts:
- {id: a, text: L and dv?, answer: {L: L, dv: dv}, marks: 2}
"""


def test_a_long_formula_is_cut_and_its_parts_have_gradients(solved):
    steps = steps_of(solved(CUT))
    assert steps["u_1"].formula in ("tanh(W @ x) @ v", "tanh(W @ x) @ v + c")
    assert any(name.startswith("dL/du_") for name in steps)
    assert max(len(step.formula) for step in steps.values()) <= 80


def test_names_of_parts_are_those_of_no_value_of_the_problem(solved):
    taken = CUT.replace("x:", "u_1:").replace("@ x", "@ u_1")
    steps = steps_of(solved(taken))
    assert "u_1" not in steps
    assert "q_1" in steps


NETWORK = """
given: {x: "[1, 2]", W: "[[1, -1], [2, 0]]", v: "[3, -1]", t: "1"}
let: {z: W @ x, h: relu(z), y: v @ h, L: (y - t) ^ 2, dW: "grad(L, W)", W_new: W - 0.1 * dW}
parts:
- {id: a, text: W?, answer: W_new, marks: 2}
"""


def test_the_way_back_goes_step_by_step(solved):
    steps = steps_of(solved(NETWORK))
    # z = (-1, 2), h = (0, 2), y = -2, dL/dy = 2 (-2 - 1) = -6, dL/dh = (-18, 6), dL/dz = (0, 6), dL/dW = dL/dz x'
    order = [name for name in steps if "entry" not in name]
    assert order == ["z", "h", "y", "dL/dy", "dL/dh", "dL/dz", "dW", "W_new"]
    assert lines(steps["dL/dy"]) == ["2 * (y - t)", "2 * (-2 - 1)", "-6"]
    assert lines(steps["dL/dh"]) == ["v * dL/dy", "[3, -1] * (-6)", "[-18, 6]"]
    assert steps["dL/dz"].value == "[0, 6]"
    assert "ReLU" in steps["dL/dz"].why
    assert lines(steps["dW"]) == ["dL/dz @ x^T", "[0, 6] @ [1, 2]^T", "[[0, 0], [6, 12]]"]
    assert steps["W_new"].why == "a step against the gradient, as long as the learning rate says"


def test_formulas_in_symbols_have_steps_too(solved):
    text = """
given: {s: real, t: real}
let: {p: sigmoid(s), L: (p - t) ^ 2, ds: "grad(L, s)"}
parts:
- {id: a, text: ds?, answer: ds, marks: 1}
- {id: b, text: Twice t?, answer: 2 * t, marks: 1}
"""
    steps = steps_of(solved(text))
    assert [(name, step.formula) for name, step in steps.items()] == [
        ("p", "sigmoid(s)"),
        ("dL/dp", "2 * (p - t)"),
        ("ds", "dL/dp * p * (1 - p)"),
    ]
    assert steps_of(solved(text), "b") == {}  # the answer says it all


# --- what a person would not write ---


@pytest.mark.parametrize(
    ("expression", "formula"),
    [
        ("a + (-1) * b", "a - b"),
        ("-(-1) * a / b", "a / b"),
        ("1 * a * b", "a * b"),
        ("a * 2 * b", "2 * a * b"),
        ("a / b / c", "a / (b * c)"),
        ("a - (b + c)", "a - (b + c)"),
        ("a * (b - c) / 2", "a * (b - c) / 2"),
        ("a * (b @ [1, 1]) * c", "a * (b @ [1, 1]) * c"),
    ],
)
def test_formulas_are_plain(solved, expression, formula):
    vector = "[2, 5]" if "@" in expression else "2"
    text = f"given: {{a: '3', b: '{vector}', c: '7'}}\nlet: {{y: '{expression}'}}\n"
    steps = steps_of(solved(text + "parts:\n- {id: a, text: y?, answer: y, marks: 1}\n"))
    assert steps["y"].formula == formula


def test_a_negative_number_that_is_added_has_brackets(solved):
    text = "given: {a: '3', b: '-2'}\nlet: {y: a + b}\nparts:\n- {id: a, text: y?, answer: y, marks: 1}\n"
    assert lines(steps_of(solved(text))["y"]) == ["a + b", "3 + (-2)", "1"]


def test_a_rounded_negative_number_has_brackets(solved):
    text = "given: {a: '1'}\nlet: {s: 1 - exp(a), y: s ^ 2 + s}\nparts:\n- {id: a, text: y?, answer: y, marks: 1}\n"
    assert steps_of(solved(text))["y"].numbers == "(-1.71828)^2 + (-1.71828)"


def test_a_step_without_a_known_reason_says_what_it_is_for(solved):
    text = "given: {a: '3', b: '4'}\nlet: {s: a + b, y: s / 2}\nparts:\n- {id: a, text: y?, answer: y, marks: 1}\n"
    steps = steps_of(solved(text))
    assert steps["s"].why == "needed for y"
    assert steps["y"].why == "this is what is asked for"


# --- numbers ---


@pytest.mark.parametrize(
    ("values", "decimals", "text"),
    [
        (["1/2", "3"], False, "1/2 3"),
        (["1/2", "3"], True, "0.5 3"),
        (["1/3", "1/4"], True, "1/3 0.25"),
        (["1/2", "1159/7996"], False, "≈ 0.5 0.144947"),
        (["1/1000", "1/2"], False, "0.001 0.5"),
        (["61296299/125000000"], False, "≈ 0.49037"),  # 0.490370392
        (["1/40000000000"], False, "≈ 2.5e-11"),
        (["123456789012345678"], False, "≈ 1.23457e+17"),
    ],
)
def test_numbers_are_short(values, decimals, text):
    texts, cut = texts_of(EXACT.array([Fraction(value) for value in values]), EXACT, decimals)
    assert ("≈ " if cut else "") + " ".join(texts) == text


def test_certified_numbers_have_no_zeros_at_their_end():
    exact = texts_of(BALL.exp(BALL.array([0, 1])), BALL)
    assert list(exact[0]) == ["1", "2.71828"]
    assert [tidy(text) for text in ("0e-37", "0.0500000", "3.12500e-7", "-1.50", "100")] == [
        "0",
        "0.05",
        "3.125e-7",
        "-1.5",
        "100",
    ]


def test_given_values_are_shown_as_they_are_typed_and_answers_as_in_the_steps(solved):
    text = """
given: {lr: "0.1", a: "1/2"}
let: {y: a * lr, z: y / 7}
parts:
- {id: a, text: y?, answer: {y: y, z: z}, marks: 2}
"""
    solution = solved(text)
    steps = steps_of(solution)
    assert steps["y"].numbers == "1/2 * 0.1"
    shown = {answer.box: answer.short for answer in references(solution, solution.problem.parts[0])}
    assert shown == {name: steps[name].value for name in ("y", "z")} == {"y": "1/20", "z": "≈ 0.00714286"}  # 1/20 / 7 = 1/140


# --- every line is true ---

FUNCTIONS = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sum": np.sum,
    "mean": np.mean,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "inv": np.linalg.inv,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "relu": lambda x: np.maximum(x, 0),
    "max": lambda *x: np.max(x),
    "min": lambda *x: np.min(x),
    "array": lambda rows: np.array(rows, dtype=float),
    "turned": lambda x: x[None, :] if x.ndim == 1 else x.T,
}


class _Python(ast.NodeTransformer):
    """Lists as arrays, `^T` as a transposition."""

    def visit_List(self, node):
        return ast.Call(ast.Name("array", ast.Load()), [node], [])

    def visit_Attribute(self, node):
        return ast.Call(ast.Name("turned", ast.Load()), [self.visit(node.value)], [])


def worked_out(text):
    """What a line of numbers gives in NumPy; None where it holds what NumPy has no word for, or a sum over columns."""
    tree = ast.parse(text.replace("^T", ".T").replace("^", "**").replace("∘", "*"), mode="eval")
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if not named <= FUNCTIONS.keys() or any(
        isinstance(node, ast.Subscript | ast.Compare | ast.keyword) for node in ast.walk(tree)
    ):
        return None
    code = compile(ast.fix_missing_locations(_Python().visit(tree)), "line", "eval")
    try:
        return np.asarray(
            eval(code, {"__builtins__": {}}, FUNCTIONS), dtype=float
        )  # text of our own, without names but FUNCTIONS
    except (ValueError, TypeError, IndexError):  # columns and lists that NumPy does not tell apart
        return None


def test_every_line_of_numbers_gives_the_result_beside_it():
    checked, wrong = 0, []
    for problem in load_bank().problems.values():
        solution = solve_problem(problem)
        for part in problem.parts:
            for step in part_steps(solution, part):
                line = step.numbers or (step.formula if ", entry " in step.name else "")
                found = worked_out(line) if line else None
                if found is None:
                    continue
                value = worked_out(step.value.removeprefix("≈ "))
                if value is None or value.size != found.size:
                    continue  # a sum over some of the axes
                checked += 1
                size = max(1e-6, float(np.abs(value).max()))
                gap = float(np.abs(found.ravel() - value.ravel()).max())
                if not gap <= 2e-3 * size + 1e-4 * math.sqrt(size):
                    wrong.append((problem.id, step.name, line, step.value))
    assert checked > 600
    assert wrong == []


def test_every_step_is_readable():
    """No names of the engine, no line that runs over several others, a reason for nearly each."""
    missing = total = 0
    for problem in load_bank().problems.values():
        solution = solve_problem(problem)
        for part in problem.parts:
            for step in part_steps(solution, part):
                total += 1
                missing += not step.why
                for text in (step.formula, step.numbers):
                    assert not any(word in text for word in ("place(", "_gradient(", "eye(", "0e-", "--", "+ -")), (
                        problem.id,
                        text,
                    )
    assert total > 1000
    assert missing <= total / 100


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        ("tanh", "2 * {o} * (1 - {o}^2) * u"),  # of o^2: 2 o do/dk, and do/dk = (1 - o^2) u
        ("relu", "2 * {o} * active(k * u + c) * u"),
        ("sigmoid", "2 * {o} * {o} * (1 - {o}) * u"),
    ],
)
def test_a_short_formula_in_which_a_part_comes_twice_has_steps(solved, function, formula):
    given = f"given: {{f: {function}, c: 1/2, k: real, u: real}}\n"
    first, last = steps_of(solved(given + 'parts: [{id: a, text: t, answer: "grad(f(k * u + c)^2, k)", marks: 1}]\n')).values()
    assert first.formula == f"{function}(k * u + c)"
    assert last.formula == formula.format(o=first.name)
