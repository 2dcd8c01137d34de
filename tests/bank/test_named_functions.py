"""Functions that are given by their name, `f: tanh`: their values and derivatives, what they are called, and what is refused."""

from math import cos, cosh, exp, log, sin, sqrt, tanh

import pytest

from grader.bank.conventions import default_conventions
from grader.bank.load import load_paper
from grader.bank.program import build_program
from grader.bank.statement import filled
from grader.marking.api import check
from grader.maths.errors import BankError
from grader.maths.evaluate import Evaluation
from grader.maths.language.named_functions import NAMED
from grader.maths.systems import FLOAT
from grader.sheets.markdown import in_formula

UNIT = """\
title: A unit
topics: [activation]
text: With {{f}}, $h = {{f}}(z)$ at $z = {{z}}$.
given:
  f: relu
  z: "[1/2, 2]"
  x: "[[1/4, 1/2], [1, 3/4]]"
  U: "[[1, 2], [1/2, 1]]"
let:
  h: f(z)
  g: grad(sum(h), z)
parts:
- {id: a, text: h?, answer: h, marks: 1}
- {id: b, text: g?, answer: g, marks: 1}
- {id: c, text: slope?, answer: f'(z), marks: 1}
- {id: d, text: second?, answer: f''(z), marks: 1}
- {id: e, text: at once?, answer: "f(-z)", marks: 1}
"""
HALF, TWO = 1 / 2, 2.0
S = 1 / (1 + exp(-HALF))
BY_HAND = {  # value, first and second derivative at z = 1/2
    "relu": (HALF, 1, 0),
    "leaky_relu": (HALF, 1, 0),
    "elu": (HALF, 1, 0),
    "sigmoid": (S, S * (1 - S), S * (1 - S) * (1 - 2 * S)),
    "tanh": (tanh(HALF), 1 / cosh(HALF) ** 2, -2 * tanh(HALF) / cosh(HALF) ** 2),
    "softplus": (log(1 + exp(HALF)), S, S * (1 - S)),
    "identity": (HALF, 1, 0),
    "square": (1 / 4, 1, 2),
    "exp": (exp(HALF),) * 3,
    "ln": (-log(2), 2, -4),
    "sqrt": (sqrt(HALF), 1 / (2 * sqrt(HALF)), -1 / (4 * sqrt(HALF) * HALF)),
    "sin": (sin(HALF), cos(HALF), -sin(HALF)),
    "cos": (cos(HALF), -sin(HALF), -cos(HALF)),
    "abs": (HALF, 1, 0),
}
NEGATIVE = {  # the value at -1/2
    "relu": 0,
    "leaky_relu": -1 / 200,
    "elu": exp(-HALF) - 1,
    "sigmoid": 1 - S,
    "identity": -HALF,
    "square": 1 / 4,
    "abs": HALF,
}


def built(problem, **conventions):
    return build_program(problem, default_conventions().with_(**conventions))


def value(program, part):
    return [float(entry) for entry in Evaluation(program.values, (FLOAT,))(program.boxes[part, ""]).flat]


# ------------------------------------------------------------------------------------------------------------- values


def test_every_function_is_worked_out_by_hand_here():
    assert BY_HAND.keys() == NAMED.keys()


@pytest.mark.parametrize("name", NAMED)
def test_value_and_derivatives(bank, name):
    text = UNIT.replace("f: relu", f"f: {name}")
    if name not in NEGATIVE:
        text = text.partition("- {id: e")[0]
    program = built(bank(text))
    zeroth, first, second = BY_HAND[name]
    assert value(program, "a")[0] == pytest.approx(zeroth, abs=1e-9)
    assert value(program, "b")[0] == value(program, "c")[0] == pytest.approx(first, abs=1e-9)
    assert value(program, "d")[0] == pytest.approx(second, abs=1e-9)
    if name in NEGATIVE:
        assert value(program, "e")[0] == pytest.approx(NEGATIVE[name], abs=1e-9)


def test_the_graph_is_that_of_the_function_itself(bank):
    named = built(bank(UNIT.replace("f: relu", "f: tanh").partition("- {id: c")[0]))
    typed = built(bank(UNIT.replace("h: f(z)", "h: tanh(z)").partition("- {id: c")[0]))
    assert named.boxes == typed.boxes


def test_a_recurrent_net_takes_it(bank):
    text = UNIT.partition("let:")[0].replace("f: relu", "f: sigmoid") + (
        "let: {net: 'rnn(x, [0, 0], U, U, activation=%s)'}\nparts: [{id: a, text: h?, answer: net.h_last, marks: 1}]\n"
    )
    assert built(bank(text % "f")).boxes == built(bank(text % "sigmoid")).boxes
    unknown = text.replace("f: sigmoid", "f: function") % "f"
    assert [node.op for node in built(bank(unknown)).boxes.values()] == ["opaque"]


def test_the_convention_of_the_corner_holds(bank):
    text = UNIT.replace('"[1/2, 2]"', '"[0, 2]"')
    assert value(built(bank(text)), "b") == value(built(bank(text)), "c") == [0, 1]
    assert value(built(bank(text), relu_at_zero="1"), "b") == value(built(bank(text), relu_at_zero="1"), "c") == [1, 1]
    assert "relu_at_zero" in built(bank(text)).used["b"]
    assert "relu_at_zero" not in built(bank(text.replace("f: relu", "f: tanh"))).used["b"]


def test_a_given_value_of_that_name_is_meant(bank):
    text = UNIT.partition("let:")[0].replace("f: relu", "square: 3\n  f: square") + (
        "parts: [{id: a, text: Add., answer: f + square, marks: 1}]\n"
    )
    assert value(built(bank(text)), "a") == [6]


# ------------------------------------------------------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("relu", r"With ReLU, $h = \operatorname{ReLU}(z)$ at $z = [1/2, 2]$."),
        ("tanh", r"With tanh, $h = \tanh(z)$ at $z = [1/2, 2]$."),
        ("sigmoid", r"With sigmoid, $h = \sigma(z)$ at $z = [1/2, 2]$."),
        ("identity", r"With identity, $h = \operatorname{id}(z)$ at $z = [1/2, 2]$."),
        ("leaky_relu", r"With leaky ReLU with slope 0.01, $h = \operatorname{LeakyReLU}(z)$ at $z = [1/2, 2]$."),
    ],
)
def test_what_a_text_shows(bank, name, shown):
    problem = bank(UNIT.replace("f: relu", f"f: {name}"))
    assert filled(problem.text, problem, built(problem)) == shown


def test_what_a_formula_of_a_sheet_shows():
    assert [in_formula(NAMED[name].words).strip() for name in ("relu", "tanh", "sigmoid")] == [
        r"\operatorname{ReLU}",
        r"\tanh",
        r"\sigma",
    ]


# ------------------------------------------------------------------------------------------------------------- typed answers

FORMULA = """\
title: A unit
topics: [activation]
text: A unit computes $h = f(w x)$ with the activation {{f}}.
given: {f: tanh, w: real, x: real}
let: {h: f(w * x)}
parts:
- {id: a, text: dh/dw?, answer: "grad(h, w)", marks: 1}
- {id: b, text: dh/dw in x and h?, answer: "grad(h, w)", names: [x, h], marks: 1}
"""


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("x f'(w x)", "right"),
        ("x (1 - tanh(w x)^2)", "right"),
        ("x (1 - f(w x)^2)", "right"),
        ("x / cosh(w x)^2", "right"),
        ("x f(w x)", "wrong"),
        ("f'(w x)", "wrong"),
        ("x f(w x) (1 - f(w x))", "wrong"),  # as if it were the sigmoid
    ],
)
def test_students_may_type_either_name(bank, typed, state):
    assert check(bank(FORMULA), "a", typed).state == state


def test_names_are_all_that_may_stand(bank):
    assert check(bank(FORMULA), "b", "x (1 - h^2)").state == "right"
    assert check(bank(FORMULA), "b", "x f'(w x)").state == "unreadable"


# ------------------------------------------------------------------------------------------------------------- complaints

KNOWN = "the functions that can be given by name are relu, leaky_relu, elu, sigmoid, tanh, softplus, identity, square, exp, ln, "


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("f: relu", "f: rellu", f"5: 'rellu' is neither a value nor a function known here (did you mean 'relu'?); {KNOWN}"),
        ("f: relu", "f: sigma", f"5: 'sigma' is neither a value nor a function known here (did you mean 'sigmoid'?); {KNOWN}"),
        ("f: relu", "f: softmax", f"5: 'softmax' is not a function of one value that works entry by entry; {KNOWN}"),
        ("f: relu", "f: outer", f"5: 'outer' is not a function of one value that works entry by entry; {KNOWN}"),
        ("f: relu", "f: xyzzy", "5: 'xyzzy' is not a name known here"),
        ("h: f(z)", "h: f", "10: 'f' is a function and needs brackets"),
        ("h: f(z)", "h: f(z, z)", "10: f is a function of one value"),
        ("h: f(z)", "h: f(z, axis=0)", "10: f is a function of one value"),
        (
            "parts:",
            "readings: [{name: other, replace: {f: tanh}}]\nparts:",
            "12: reading 'other': 'f' is a function, and no reading",
        ),
    ],
)
def test_what_is_refused(bank, old, new, complaint):
    with pytest.raises(BankError) as caught:
        built(bank(UNIT.replace(old, new)))
    assert str(caught.value.complaints[0]).startswith(f"p.yaml:{complaint}")


def test_a_paper_sets_another_function(make_bank):
    paper = "title: Exam\nproblems: [p]\nvalues: {p: {f: tanh}}\n"
    make_bank({"e/p.yaml": UNIT, "e/paper.yaml": paper})
    (problem,) = load_paper("e").problems
    assert value(built(problem), "a") == pytest.approx([tanh(HALF), tanh(TWO)])
