"""A problem's expressions as a graph: complaints, names, stacks, readings."""

import pytest

from grader.bank.conventions import default_conventions
from grader.bank.load import load_problem
from grader.bank.program import build_program
from grader.maths.errors import BankError
from grader.maths.evaluate import Evaluation
from grader.maths.systems import EXACT, as_fraction


def program(make_bank, text, **settings):
    make_bank({"exam/one.yaml": text})
    return build_program(load_problem("exam/one"), default_conventions(), **settings)


def value(built, part="a", box=""):
    return [as_fraction(entry) for entry in Evaluation(built.values, (EXACT,))(built.boxes[part, box]).flat]


def complaints(make_bank, text):
    with pytest.raises(BankError) as caught:
        program(make_bank, text)
    return [str(complaint).partition("\n")[0] for complaint in caught.value.complaints]


def test_every_faulty_expression_is_named_once(make_bank):
    text = """\
title: t
topics: [conv]
given:
  net: {input: 3 x 8 x 8, layers: [{conv: {filters: 8, kernle: 3}}]}
  x: "[1, 2"
let:
  a: size(net)
  c: relux(3)
  d: "[1, 2] + [1, 2, 3]"
parts:
- {id: a, text: t, answer: a + d, marks: 1}
- {id: b, text: t, answer: y, marks: 1}
"""
    assert complaints(make_bank, text) == [
        "exam/one.yaml:4: layer 'conv1' (conv) has no setting 'kernle' (did you mean 'kernel'?); it has name, filters, kernel, "
        "stride, padding, dilation, groups, bias, rounding",
        "exam/one.yaml:5: expected ']' to close '[', but found the end of the text",
        "exam/one.yaml:8: 'relux' is not a function known here (did you mean 'relu'?)",
        "exam/one.yaml:9: the shapes do not fit together entry by entry: a vector of 2 and a vector of 3",
        "exam/one.yaml:12: 'y' is not a name known here",
    ]


def test_a_value_is_not_called_like_a_function(make_bank):
    """Not like one that students may use, nor like one that the problem uses; another name is free."""
    text = "title: t\ntopics: [conv]\ngiven: {size: 3}\nparts: [{id: a, text: t, answer: size, marks: 1}]"
    assert value(program(make_bank, text)) == [3]
    told = "is the name of a function of the language; give this value another one"
    assert complaints(make_bank, text.replace("size", "mean"))[0] == f"exam/one.yaml:3: 'mean' {told}"
    assert complaints(make_bank, text.replace("answer: size", "answer: 2 * size(3)"))[0] == f"exam/one.yaml:3: 'size' {told}"


def test_a_given_must_be_rational(make_bank):
    text = "title: t\ntopics: [conv]\ngiven: {x: sqrt(2)}\nparts: [{id: a, text: t, answer: 2, marks: 1}]"
    assert "a given value must be rational" in complaints(make_bank, text)[0]


STACK = """\
title: t
topics: [conv-shapes]
given:
  n: 32
  net:
    input: 3 x n x n
    layers:
    - conv: {name: c1, filters: 8, kernel: 5, stride: 2, padding: 2}
    - relu
    - branch: [[{conv: {filters: 4, kernel: 1}}], []]
    - residual: [{conv: {filters: 12, kernel: 3, padding: 1}}]
    - flatten
    - dense: {name: out, units: 10}
parts:
- {id: a, text: t, answer: size(net.c1), marks: 1}
- {id: b, text: t, answer: parameters(net.out), marks: 1}
- {id: c, text: t, answer: "receptive_field(net, at=c1)", marks: 1}
"""


def test_a_stack_with_paths(make_bank):
    built = program(make_bank, STACK)
    assert value(built) == [8, 16, 16]  # floor((32 + 4 - 5) / 2) + 1
    assert value(built, "b") == [12 * 16 * 16 * 10 + 10]  # 8 + 4 channels behind the branch
    assert value(built, "c") == [5, 5]


def test_conventions_are_recorded_for_the_parts_that_use_them(make_bank):
    text = """\
title: t
topics: [loss]
given: {p: "[1, -2]", y: "[0, 0]"}
let: {h: relu(p), L: "mse(h, y)"}
parts:
- {id: a, text: t, answer: L, marks: 1}
- {id: b, text: t, answer: sum(p), marks: 1}
"""
    built = program(make_bank, text)
    assert built.used == {"a": ("relu_at_zero", "squared_error"), "b": ()}


def test_a_reading_replaces_values_and_symbols(make_bank):
    text = """\
title: t
topics: [dropout]
given: {p: 1/4, q: "real(0, 1)"}
parts:
- {id: a, text: t, answer: 8 * p, marks: 1}
- {id: b, text: t, answer: q, marks: 1}
"""
    built = program(make_bank, text, replace={"p": "1 - p", "q": "1 - q"})
    assert value(built) == [6]
    given = {**built.values, "q": 1}
    assert as_fraction(Evaluation(given, (EXACT,))(built.boxes["b", ""])[()]) == 0


def test_what_a_chain_begins_with_and_an_order_ascends_by(make_bank):
    text = """\
title: t
topics: [conv]
given: {x: 3}
parts:
- {id: a, text: t, answer: {kind: chain, value: 2 * x, from: x + x, marks: 1}}
- {id: b, text: t, kind: order, options: {A: {text: t, right: x / 2}, B: {text: t, right: 1}}}
"""
    built = program(make_bank, text)
    assert [as_fraction(entry) for entry in Evaluation(built.values, (EXACT,))(built.starts["a", ""]).flat] == [6]
    assert Evaluation(built.values, (EXACT,))(built.options["b"]["A"])[()] * 2 == 3
    assert complaints(make_bank, text.replace("x + x", "x + q")) == ["exam/one.yaml:5: 'q' is not a name known here"]
