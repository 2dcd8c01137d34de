"""The kinds of answer: verdicts derived by hand, and samples of every kind on the problems of the bank."""

from dataclasses import replace
from fractions import Fraction

import pytest

from grader import check
from grader.bank import model, parts
from grader.bank.load import load_bank, load_problem
from grader.marking.kinds.normal_form import NormalForms
from grader.marking.kinds.question import Question, Samples
from grader.marking.kinds.table import KINDS
from grader.marking.own_tests import failed_samples, run_own_tests
from grader.marking.reading.typed import read_formula
from grader.marking.solution import solution_of
from grader.marking.verdict import STATES, Verdict
from grader.marking.working import references
from grader.maths.errors import BankError
from grader.maths.graph import given


@pytest.fixture
def verdict(make_bank):
    """A function (body of a problem, typed answer, part, earlier answers) -> its Verdict."""

    def judge(body, typed, part="a", earlier=None):
        make_bank({"exam/one.yaml": f"title: t\ntopics: [backprop]\n{body}"})
        return check("exam/one", part, typed, earlier=earlier)

    return judge


@pytest.fixture
def complaints(make_bank):
    """A function (body of a problem) -> the sentences of `bank check`."""

    def found(body):
        make_bank({"exam/one.yaml": f"title: t\ntopics: [backprop]\n{body}"})
        return [str(complaint) for complaint in run_own_tests(load_problem("exam/one"))]

    return found


def outcome(verdict):
    return verdict.state, verdict.tag


# --- the table ---


def test_the_table_covers_the_kinds_of_the_bank():
    assert tuple(sorted(KINDS)) == tuple(sorted(model.KINDS))
    assert {name for name, kind in KINDS.items() if not kind.needs_value} == set(parts.JUDGED_WITHOUT_VALUE)
    assert {name for name, kind in KINDS.items() if not kind.by_engine} == {"text", "file"}


ALL_KINDS = """\
given: {x: real, n: integer > 0, W: "matrix(D, M)", v: vector(M), s: "[1, 2]", lr: 0.3}
let: {y: sigmoid(x), p: softmax(s)}
parts:
- {id: number, text: t, answer: lr / 7, marks: 1}
- {id: array, text: t, answer: p, marks: 1}
- {id: count, text: t, kind: count, answer: 3 * 7, marks: 1}
- {id: shape, text: t, kind: shape, answer: "[3, 4]", marks: 1}
- {id: sizes, text: t, kind: shape, answer: "[n, 4]", marks: 1}
- {id: expression, text: t, answer: "grad(y, x)", marks: 1}
- {id: matrix, text: t, answer: W @ v, marks: 1}
- {id: chain, text: t, answer: {kind: chain, value: y * (1 - y), links: 2, marks: 1}}
- {id: numbers, text: t, answer: {kind: chain, value: lr * 7, links: 1, marks: 1}}
- {id: growth, text: t, answer: {kind: growth, value: "n^2 * log(n) + n", marks: 1}}
- {id: boolean, text: t, answer: {kind: boolean, value: 2 * lr > 1, marks: 1}}
- {id: choice, text: t, marks: 1, options: {A: {text: t, right: true}, B: {text: t, right: lr > 1}}}
- id: order
  text: t
  kind: order
  options: {A: {text: t, right: lr}, B: {text: t, right: "p[1]"}, C: {text: t, right: 0}}
- {id: text, text: t, kind: text, marks: 1}
- {id: file, text: t, kind: file, marks: 1}
"""


def test_samples_of_every_kind_come_out_as_they_must(complaints):
    assert complaints(ALL_KINDS) == []
    solution = solution_of("exam/one")
    assert failed_samples(solution) == []
    boxes = {part.id: Question((solution,), part, part.boxes[0]) for part in solution.problem.parts}
    assert {question.kind for question in boxes.values()} == set(KINDS)
    for name, question in boxes.items():
        samples = KINDS[question.kind].samples(question)
        assert all((samples.right, samples.wrong, samples.unreadable)) == (name not in ("text", "file")), name


@pytest.mark.parametrize("id", sorted(load_bank().problems))
def test_samples_on_the_bank(id):
    assert failed_samples(solution_of(id)) == []


def test_a_sample_that_fails_is_noticed(complaints, monkeypatch):
    complaints(ALL_KINDS)
    swapped = replace(KINDS["boolean"], samples=lambda question: Samples("yes", "no"))
    monkeypatch.setitem(KINDS, "boolean", swapped)
    (complaint, other) = failed_samples(solution_of("exam/one"))  # 2 * 0.3 > 1 does not hold
    assert "'boolean' answered by yes should be right, but is wrong" in str(complaint)
    assert "answered by no should be wrong, but is right" in str(other)


def test_references_of_the_new_kinds(complaints):
    complaints(ALL_KINDS)
    solution = solution_of("exam/one")
    found = {part.id: references(solution, part)[0] for part in solution.problem.parts}
    assert found["boolean"].exact == "no"
    assert found["order"].exact == "C < A < B"  # 0, 0.3, and the second softmax of (1, 2): 1/(1 + 1/e) = 0.73
    assert found["growth"].formula == "O(n^2 * log(n))"
    assert found["choice"].exact == "A"


# --- boolean ---

BOOLEAN = "given: {lr: 0.6}\nparts: [{id: a, text: t, answer: {kind: boolean, value: 2 * lr > 1, marks: 1}}]\n"  # 1.2 > 1


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("yes", "right"),
        ("Yes.", "right"),
        ("TRUE", "right"),
        ("ja", "right"),
        ("wahr", "right"),
        ("1", "right"),
        ("y", "right"),
        ("Yes, because there is no bias", "right"),
        ("Ja, weil der Schritt zu lang ist", "right"),
        (r"\text{yes}", "right"),
        ("2 lr > 1: yes", "right"),
        ("it is true", "right"),
        ("no", "wrong"),
        ("nein", "wrong"),
        ("false", "wrong"),
        ("falsch", "wrong"),
        ("n", "wrong"),
        ("0", "wrong"),
        ("No: yesterday's step was shorter", "wrong"),
        ("yes or no", "unreadable"),
        ("yes/no", "unreadable"),
        ("yes?", "unreadable"),
        ("maybe yes", "unreadable"),
        ("yes, but I am not sure", "unreadable"),
        ("1.5", "unreadable"),
        ("not true", "unreadable"),
        ("Yes - the step is too long", "right"),
        ("no, true learning is slower", "wrong"),
        ("no idea", "unreadable"),
        # what a label could turn round is read as no label
        ("No when lr = 1", "unreadable"),
        ("no if lr=1", "unreadable"),
        ("not convex at w = 1", "unreadable"),
        ("Yes if lr = 0", "unreadable"),
        ("Yes unless g = 0", "unreadable"),
        ("lr = 1", "unreadable"),
        ("1 > 0.1", "unreadable"),
        ("not right: yes", "unreadable"),
        ("The opposite: yes", "unreadable"),
        ("Wrong: true", "unreadable"),
        ("2 lr < 1: yes", "unreadable"),
        ("!true", "unreadable"),
        ("answer = yes", "right"),
        ("a) yes", "right"),
        ("the answer is no", "wrong"),
        ("✓", "right"),
        # what limits an answer, or says the other thing
        ("Yes, if the learning rate is small", "unreadable"),
        ("yes, but only sometimes", "unreadable"),
        ("Yes, I guess", "unreadable"),
        ("Yes, no wait, no", "unreadable"),
        ("yes, it is false", "unreadable"),
        ("Yes, this is wrong", "unreadable"),
        ("yes, not", "unreadable"),
        ("Yes (50%)", "unreadable"),
        ("true for w > 0 only", "unreadable"),
        ("Yes\nNo", "unreadable"),
        ("yes, it does not hold", "unreadable"),
        ("no, it is true", "unreadable"),
        ("Ja, falls w > 0", "unreadable"),
        ("Yes, because of the momentum. No.", "unreadable"),
        ("no, it is not", "wrong"),
        ("Yes, it is", "right"),
        ("Yes: 1.2 > 1", "right"),
        ("Yes, there is no bias", "right"),
        ("No doubt, yes", "unreadable"),
        ("", "blank"),
    ],
)
def test_yes_and_no(verdict, typed, state):
    assert verdict(BOOLEAN, typed).state == state


OWN = """\
given: {w: 2}
let: {z: 3 * w}
parts:
- {id: a, text: t, answer: z, marks: 1}
- {id: b, text: t, answer: {kind: boolean, value: z > 5, marks: 1}}
- {id: c, text: t, kind: order, marks: 1, options: {A: {text: t, right: z}, B: {text: t, right: 5}}}
"""


def test_yes_and_no_follow_from_own_values(verdict):
    # z = 6; from the own z = 4 it follows that z > 5 does not hold, and that A comes before B
    assert outcome(verdict(OWN, "no", "b", {"a": "4"})) == ("follows", "own-values")
    assert outcome(verdict(OWN, "yes", "b", {"a": "4"})) == ("right", "")
    assert outcome(verdict(OWN, "no", "b", {"a": "7"})) == ("wrong", "")
    assert outcome(verdict(OWN, "A, B", "c", {"a": "4"})) == ("follows", "own-values")
    assert outcome(verdict(OWN, "A, B", "c", {"a": "6"})) == ("wrong", "order-reversed")


FOLLOWING = """\
given: {w: 2, t: real, net: {input: 3 x 8 x 8, layers: [{conv: {name: c, filters: 5, kernel: 3}}, {pool: {name: p, kernel: 2}}]}}
let: {z: 3 * w, y: z * t, f: y^2 + t}
parts:
- {id: a, text: t, answer: z, marks: 1}
- {id: b, text: t, answer: y, marks: 1}
- {id: c, text: t, answer: f, marks: 1}
- {id: d, text: t, marks: 1, options: {A: {text: t, right: z > 5}, B: {text: t, right: z < 5}}}
- {id: e, text: t, kind: shape, layout: any, answer: size(net.c), marks: 1}
- {id: f, text: t, kind: shape, layout: any, answer: size(net.p), marks: 1}
"""  # z = 6, y = 6 t, f = 36 t^2 + t; c is 5 x 6 x 6, p 5 x 3 x 3


def test_expressions_choices_and_shapes_follow_from_own_answers(verdict):
    assert outcome(verdict(FOLLOWING, "4 t", "b", {"a": "4"})) == ("follows", "own-values")
    assert outcome(verdict(FOLLOWING, "25 t^2 + t", "c", {"b": "5 t"})) == ("follows", "own-values")
    assert outcome(verdict(FOLLOWING, "25 t^2", "c", {"b": "5 t"})) == ("wrong", "")
    assert outcome(verdict(FOLLOWING, "t", "c", {"a": "0"})) == ("follows", "own-values")
    assert outcome(verdict(FOLLOWING, "B", "d", {"a": "4"})) == ("follows", "own-values")
    assert outcome(verdict(FOLLOWING, "B", "d", {"a": "7"})) == ("wrong", "options")
    assert outcome(verdict(FOLLOWING, "5 x 4 x 4", "f", {"e": "5 x 8 x 8"})) == ("follows", "own-values")
    assert outcome(verdict(FOLLOWING, "4 x 4 x 5", "f", {"e": "8 x 8 x 5"})) == ("follows", "own-values")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("2 * lr", "a boolean is 1 (yes) or 0 (no), but the answer is neither"),
        ('"[1, 0]"', "a boolean is one statement, but the answer is a vector of 2"),
        ("q > 1", "an answer with symbols in it is an expression, not a boolean"),
    ],
)
def test_no_boolean(complaints, value, sentence):
    body = f"given: {{lr: 0.6, q: real}}\nparts:\n- {{id: a, text: t, answer: {{kind: boolean, value: {value}, marks: 1}}}}\n"
    (complaint,) = complaints(body)
    assert complaint.startswith("exam/one.yaml:5: ")
    assert sentence in complaint


# --- order ---

ORDER = """\
given: {x: 2}
parts:
- id: a
  text: t
  kind: order
  marks: 1
  options: {A: {text: t, right: x}, B: {text: t, right: 1}, C: {text: t, right: "exp(x)"}, D: {text: t, right: 4 / x}}
"""  # B is 1, A and D are 2, C is 7.4


@pytest.mark.parametrize(
    ("typed", "state", "tag"),
    [
        ("B, A, D, C", "right", ""),
        ("B, D, A, C", "right", ""),
        ("B < A < D < C", "right", ""),
        ("B < A = D < C", "right", ""),
        ("C > D > A > B", "right", ""),
        ("B -> A -> D -> C", "right", ""),
        ("B → D → A → C", "right", ""),
        ("B A D C", "right", ""),
        ("BADC", "right", ""),
        ("badc", "right", ""),
        ("(b) < (a) < (d) < (c)", "right", ""),
        ("1. B 2. A 3. D 4. C", "right", ""),
        ("4. C\n1. B\n2. A\n3. D", "right", ""),
        ("A: 2, B: 1, C: 4, D: 3", "right", ""),
        (r"$B \prec A \prec D \prec C$", "right", ""),
        ("ascending: B, A, D, C", "right", ""),
        ("B, A, D, C because exp grows", "right", ""),
        ("B = A < D < C", "wrong", "neighbours-exchanged"),
        ("C, D, A, B", "wrong", "order-reversed"),
        ("A, B, D, C", "wrong", "neighbours-exchanged"),
        ("A, D, C, B", "wrong", ""),
        ("B, A, C", "unreadable", "unreadable"),
        ("B, A, A, C", "unreadable", "unreadable"),
        ("B < A > D < C", "unreadable", "unreadable"),
        ("B, A, D, E", "unreadable", "unreadable"),
        ("descending: C, D, A, B", "unreadable", "unreadable"),
        ("B, A, D/C", "unreadable", "unreadable"),
        ("B, A, (D, C)", "unreadable", "unreadable"),
        ("(B, A, D, C)", "right", ""),
        ("B/A/D/C", "right", ""),
        ("B < A, D < C", "unreadable", "unreadable"),
        ("B, A, D, C...", "unreadable", "unreadable"),
    ],
)
def test_orders(verdict, typed, state, tag):
    assert outcome(verdict(ORDER, typed)) == (state, tag)


@pytest.mark.parametrize(
    ("ranks", "sentence"),
    [
        (("1", "1"), "all options of this order are equal"),
        (("log(2)", "log(4) - log(2)"), "which of B and A comes first cannot be decided"),
        (("q", "1"), "this cannot be worked out"),
    ],
)
def test_no_order(complaints, ranks, sentence):
    options = ", ".join(f'{key}: {{text: t, right: "{rank}"}}' for key, rank in zip("AB", ranks, strict=True))
    body = f"given: {{q: real}}\nparts: [{{id: a, text: t, kind: order, marks: 1, options: {{{options}}}}}]\n"
    (complaint,) = complaints(body)
    assert sentence in complaint


def test_an_order_ascends_by_numbers(make_bank):
    options = 'options: {A: {text: t, right: "[1, 2]"}, B: {text: t, right: 2}}'
    make_bank({"exam/one.yaml": f"title: t\ntopics: [loss]\nparts:\n- {{id: a, text: t, kind: order, {options}}}\n"})
    with pytest.raises(BankError, match=r"one\.yaml:4: the options of an order ascend by numbers, not by a vector of 2"):
        solution_of("exam/one")


# --- choice ---

CHOICE = """\
parts: [{id: a, text: t, marks: 1, options: {A: {text: t, right: true}, B: {text: t, right: false}, C: {text: t, right: true}}}]
"""


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("- A\n- C", "right"),
        ("A, C are correct", "right"),
        ("Both A and C", "right"),
        ("A, A, C", "right"),
        ("A, ~~B~~, C", "right"),
        ("Antwort: A, C", "right"),
        ("all of the above", "wrong"),
        ("none of these", "wrong"),
        ("aac", "unreadable"),
        ("A, C, E", "unreadable"),
        ("A, C?", "unreadable"),
        ("A, C, ...", "unreadable"),
        ("A > C", "unreadable"),
        ("A → C", "unreadable"),
        ("not A", "unreadable"),
        ("A is correct, B is not", "unreadable"),
    ],
)
def test_choices_in_words(verdict, typed, state):
    assert verdict(CHOICE, typed).state == state


# --- growth ---


def growth(value):
    given = "n: integer > 0, m: integer > 0, L: positive, B: positive, d: positive"
    return f"given: {{{given}}}\nparts: [{{id: a, text: t, answer: {{kind: growth, value: '{value}', marks: 1}}}}]\n"


@pytest.mark.parametrize(
    ("value", "typed", "state", "tag"),
    [
        ("L * B * d", "O(L*B*d)", "right", ""),
        ("L * B * d", "O(LBd)", "right", ""),
        ("L * B * d", "Θ(B L d)", "right", ""),
        ("L * B * d", r"\mathcal{O}(L B d)", "right", ""),
        ("L * B * d", "O(3 L B d + 7 B d)", "right", ""),
        ("L * B * d", "T = O(LBd)", "right", ""),
        ("L * B * d", "The complexity is O(LBd) multiplications.", "right", ""),
        ("L * B * d", "O(LB)", "wrong", "grows-too-slowly"),
        ("L * B * d", "O(L^2 B d)", "wrong", "grows-too-fast"),
        ("L * B * d", "O(L + B + d)", "wrong", "grows-too-slowly"),
        ("L * B * d", "Ω(LBd)", "unreadable", "unreadable"),
        ("L * B * d", "o(LBd)", "unreadable", "unreadable"),
        ("L * B * d", "O(LBq)", "unreadable", "unreadable"),
        ("n^2", "n^2 + n", "right", ""),
        ("n^2", "n(n-1)/2", "right", ""),
        ("n^2", "O(n²)", "right", ""),
        ("n^2", "(n+1)^2 - n^2", "wrong", "grows-too-slowly"),  # 2 n + 1
        ("n + m", "O(m + n)", "right", ""),
        ("n + m", "O(max(n, m))", "right", ""),
        ("n + m", "O(n)", "wrong", "grows-too-slowly"),
        ("n + m", "O(n m)", "wrong", "grows-too-fast"),
        ("n * log(n)", "n log n", "right", ""),
        ("n * log(n)", r"O(n \log_2 n)", "right", ""),
        ("n * log(n)", "O(n log(n^3))", "right", ""),
        ("n * log(n)", "O(n log^2 n)", "wrong", "grows-too-fast"),
        ("n * log(n)", "n^1.01", "wrong", "grows-too-fast"),
        ("sqrt(n)", "n^{1/2}", "right", ""),
        ("sqrt(n)", "√(n + 4)", "right", ""),
        ("2^n", "O(2^{n+3})", "right", ""),
        ("2^n", "O(4^(n/2))", "right", ""),
        ("2^n", "e^n", "wrong", "grows-too-fast"),
        ("2^n", "n^100", "wrong", "grows-too-slowly"),
        ("n^2 + m^2", "O(n^2 + n m + m^2)", "right", ""),  # 2 n m <= n^2 + m^2
        ("n^2 + m^2", "O((n + m)^2)", "right", ""),
        ("log(n) + log(m)", "log(n m)", "right", ""),
        ("n", "n + log(m)", "wrong", "grows-too-fast"),  # let m = e^(n^2)
        ("n", "n sin(n)", "undecided", "growth"),
        ("n * m", "1", "wrong", "grows-too-slowly"),
        ("n^2 * d", "O(0)", "wrong", ""),
        ("n^2 * d", "O(-n^2 d)", "wrong", ""),
        ("n^2 * d", "O(min(n, d))", "wrong", ""),  # n = d = x: x against x^3
        ("n * d", "O(n d min(n, d)/n)", "wrong", ""),  # n = x, d = x^2: x^3 against x^3, n = x^2, d = x: x^3 against x^2
        ("log(n)", "O(log(n/m))", "wrong", ""),  # n = m: log 1
        ("n^2", "O(n min(n, n^2))", "right", ""),
        ("2^n", "O(e^(n ln 2))", "right", ""),
        ("3^n", "O(e^(n ln 2))", "wrong", "grows-too-slowly"),
        ("n^7 + m^7 + d^7", "O((n + m + d)^7)", "right", ""),
    ],
)
def test_growth(verdict, value, typed, state, tag):
    assert outcome(verdict(growth(value), typed)) == (state, tag)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("3 * 4", "a growth needs symbols, declared under 'given'"),
        ("n * sin(n)", "the growth of a value with 'sin' in it is not worked out"),
        ("1 - n", "its leading terms are subtracted"),
        ("n * q", "positive symbols without an upper end; q is declared otherwise"),
    ],
)
def test_no_growth(complaints, value, sentence):
    answer = f'answer: {{kind: growth, value: "{value}", marks: 1}}'
    body = f"given: {{n: integer > 0, q: real}}\nparts:\n- id: a\n  text: t\n  {answer}\n"
    (complaint,) = complaints(body)
    assert complaint.startswith("exam/one.yaml:7: ")
    assert sentence in complaint


# --- chain ---

CHAIN = """\
given: {x: real}
let: {y: sigmoid(x)}
parts:
- id: a
  text: t
  answer: {kind: chain, value: y * (1 - y), from: "grad(y, x)", links: 2, names: [y], marks: 2}
"""  # d/dx 1/(1 + e^-x) = e^-x / (1 + e^-x)^2 = y (1 - y)


@pytest.mark.parametrize(
    ("typed", "state", "tag", "marks"),
    [
        ("dy/dx = e^{-x}/(1+e^{-x})^2 = y(1-y)", "right", "", 2),
        ("= e^{-x}/(1+e^{-x})^2\n= y - y^2", "right", "", 2),
        ("dy/dx = e^{-x}/(1+e^{-x})^2 => dy/dx = y(1-y)", "right", "", 2),
        ("dy/dx = e^{-x}/(1+e^{-x})^2\ndy/dx = y(1-y)", "right", "", 2),
        ("y' = e^{-x}/(1+e^{-x})^2 = y - y^2", "right", "", 2),
        ("σ'(x) = e^{-x}/(1+e^{-x})^2 = y(1-y)", "right", "", 2),
        ("e^{-x}/(1+e^{-x})^2 ⟹ y/(1+e^x) ⟹ y(1-y)", "right", "", 2),
        (r"\frac{\partial y}{\partial x} = \frac{e^{-x}}{(1+e^{-x})^2} = y(1-y)", "right", "", 2),
        (r"\begin{align} y' &= \frac{e^{-x}}{(1+e^{-x})^2} \\ &= y(1-y) \end{align}", "right", "", 2),
        ("dy/dx = y(1-y)", "partly", "unfinished", 1),  # one step where two are asked
        ("y(1-y)", "wrong", "unfinished", 0),  # no step
        ("dy/dx = e^{-x}/(1+e^{-x})^2 = sigmoid(x)(1-sigmoid(x))", "partly", "unfinished", 1),  # not in y
        ("dy/dx = e^{-x}/(1+e^{-x}) = y(1-y)", "partly", "link-broken", 1),  # wrong on the way, right at the end
        ("dy/dx = e^{-x}/(1+e^{-x})^2 = y(1+y)", "partly", "link-broken", 1),  # one of two links holds
        ("dy/dx = y + y = 2y", "wrong", "link-broken", 0),
        ("x = x = 2x/2", "wrong", "unfinished", 0),  # holds, but begins with something else
        ("e^{-x}/(1+e^{-x})^2 = y(1-y)", "partly", "unfinished", 1),  # one equals sign where two are asked
        ("dy/dx = dy/dx = y + 1", "wrong", "link-broken", 0),  # the link that holds does no work
        ("dy/dx = (3 =", "unreadable", "unreadable", None),
        ("dy/dx = q = y(1-y)", "unreadable", "unreadable", None),
    ],
)
def test_chains(verdict, typed, state, tag, marks):
    found = verdict(CHAIN, typed)
    assert (*outcome(found), found.marks) == (state, tag, marks)


SHOW = """\
given: {x: real, a: real, c: real}
let: {y: sigmoid(x), t: tanh(x)}
parts:
- {id: a, kind: chain, text: t, answer: sigmoid(-x), from: 1 - sigmoid(x), marks: 4}
- {id: b, kind: chain, text: t, answer: sigmoid(x) * (1 - sigmoid(x)), marks: 4}
- {id: c, kind: chain, text: t, answer: 1 - tanh(x)^2, from: 4 / (exp(x) + exp(-x))^2, links: 3, marks: 4}
- {id: d, kind: chain, text: t, answer: y * (1 - y), from: "grad(y, x)", links: 2, names: [y], marks: 4}
- {id: e, kind: chain, text: t, answer: a^2 + 2 * a * c + c^2, from: (a + c)^2, marks: 4}
"""


@pytest.mark.parametrize(
    ("part", "typed", "state", "marks"),
    [
        ("a", "1-σ(x) = e^{-x}/(1+e^{-x}) = 1/(1+e^x) = σ(-x)", "right", 4),
        ("a", "= 1 - 1/(1+e^{-x}) = e^{-x}/(1+e^{-x}) = σ(-x)", "right", 4),  # goes on with what is printed
        ("a", "LHS = 1-σ(x) = e^{-x}/(1+e^{-x}) = σ(-x) = RHS", "right", 4),
        ("a", r"1-σ(x) \overset{def}{=} e^{-x}/(1+e^{-x}) \stackrel{!}{=} σ(-x) \qed", "right", 4),
        ("a", "σ(-x) = 1/(1+e^x) = e^{-x}/(1+e^{-x}) = 1-σ(x)", "right", 4),  # from the end to the beginning
        ("a", "σ(-x) = 1/(1+e^x) and 1-σ(x) = e^{-x}/(1+e^{-x}) = 1/(e^x+1) = σ(-x)", "right", 4),  # two statements
        ("a", "1-σ(x) = -σ(x)+1", "wrong", 0),  # another order of terms
        ("a", "1-σ(x) = 1-σ(x)", "wrong", 0),
        ("a", "1-σ(x) = e^{-x}/(1+e^{-x})", "partly", 2),  # never reaches the end
        ("a", "σ(-x)", "wrong", 0),
        ("a", "σ(-x) = σ(-x)", "wrong", 0),
        ("a", "1-σ(x) = 0 = σ(-x)", "wrong", 0),
        ("a", "e^{-x}/(1+e^{-x}) = 1/(1+e^x) = σ(-x)", "undecided", None),  # one step behind the beginning
        ("a", "1-σ(x) = σ(-x) <=> 1 = σ(x)+σ(-x)", "undecided", None),
        ("b", "e^{-x}/(1+e^{-x})^2 = sigmoid(x)(1-sigmoid(x))", "right", 4),
        ("b", "dy/dx = e^{-x}/(1+e^{-x})^2 = sigmoid(x)(1-sigmoid(x))", "right", 4),
        ("b", "foo = sigmoid(x)(1-sigmoid(x))", "wrong", 0),  # any word is no derivation
        ("b", "1*sigmoid(x)(1-sigmoid(x)) = (1-sigmoid(x)) sigmoid(x)", "wrong", 0),
        ("c", "4/(e^x+e^-x)^2 = 1 - ((e^x-e^-x)/(e^x+e^-x))^2 = 1 - t^2 = 1-tanh(x)^2", "right", 4),  # a name put in
        ("c", "4/(e^x+e^-x)^2 = 1-tanh^2 x = 4/(e^x+e^-x)^2 = 1-tanh^2 x", "partly", 2),  # a circle
        ("d", "y' = σ(x)(1-σ(x)) = y(1-y)", "right", 4),
        ("d", "y(1-y) = e^{-x}/(1+e^{-x})^2 = dy/dx", "right", 4),
        ("d", r"\frac{d}{dx} σ(x) = e^{-x}/(1+e^{-x})^2 = y(1-y)", "right", 4),
        ("d", "y(1-y) = (y)(1-y) = y - y^2 = y(1-y)", "wrong", 0),
        ("d", "y' = y - y^2 = y(1-y)", "partly", 2),  # one step, multiplied out
        ("d", "5 = 5 = y(1-y)", "wrong", 0),
        ("d", "dy/dx = y' = y(1-y)", "unreadable", None),  # by what?
        ("d", "dy/dx = e^{-x}/(1+e^{-x})^2 = y(1-y), because 1-y = e^{-x}/(1+e^{-x})", "unreadable", None),
        ("e", "(a+c)^2 = a^2+2ac+c^2", "right", 4),
        ("e", "(a+c)^2 = (c+a)^2", "wrong", 0),
    ],
)
def test_a_derivation_has_to_derive_something(verdict, part, typed, state, marks):
    found = verdict(SHOW, typed, part)
    assert (found.state, found.marks) == (state, marks)


@pytest.mark.parametrize(
    ("one", "other", "alike", "multiplied_out"),
    [
        ("1 - x", "-x + 1", True, True),
        ("1 - x", "-(x - 1)", True, True),
        ("x * (1 - x)", "(1 - x) x", True, True),
        ("2 * x / 4", "x / 2", True, True),
        ("1 - (x - 2)", "3 - x", True, True),
        ("x * (1 - x)", "x - x^2", False, True),
        ("x + x", "2 x", False, True),
        ("(1 + x)^2", "x^2 + 2 x + 1", False, True),
        ("exp(x) * exp(-x)", "1", False, False),  # functions are opaque
        ("x / x", "1", False, False),  # nothing is cancelled
        ("exp(-x)", "e^{-x}", True, True),
        ("exp(1 - x)", "exp(-x + 1)", True, True),
        ("sqrt(x)", "x^{1/2}", True, True),
    ],
)
def test_normal_forms(one, other, alike, multiplied_out):
    left, right = (read_formula(text, {"x": given("x")}, {}).node for text in (one, other))
    for expanding, same in ((False, alike), (True, multiplied_out)):
        form = NormalForms(expanding)
        assert (form(left) == form(right)) == same


def test_the_first_broken_link_is_named_with_a_point_of_difference(verdict):
    body = "given: {x: real}\nparts: [{id: a, text: t, answer: {kind: chain, value: x^2 - 1, marks: 1}}]\n"
    found = verdict(body, "(x-1)(x+1) = x^2 + x - x - 1 = x^2 + 1")
    assert (found.state, found.marks) == ("partly", Fraction(1, 2))
    assert (found.evidence["link"], found.evidence["left"], found.evidence["right"]) == (2, "x^2 + x - x - 1", "x^2 + 1")
    assert found.evidence["witness"].startswith("at x = ")
    assert "the equals sign number 2 does not hold: x^2 + x - x - 1 is not x^2 + 1 (at x = " in found.feedback


def test_true_steps_that_lead_nowhere_earn_nothing(verdict):
    body = "given: {x: real}\nparts: [{id: a, text: t, answer: {kind: chain, value: x^2 - 1, marks: 1}}]\n"
    assert outcome(verdict(body, "2 x = x + x")) == ("wrong", "unfinished")
    assert outcome(verdict(body, "2 x = x + x = 5")) == ("wrong", "link-broken")


NUMBERS = """\
given: {x: 2, w: 1, b: 1/3}
let: {L: (w * x - b)^2}
parts: [{id: a, text: t, answer: {kind: chain, value: L, links: 2, marks: 2}}, {id: b, text: t, answer: 9 * L, marks: 1}]
"""  # L = (2 - 1/3)^2 = 25/9 = 2.777...


@pytest.mark.parametrize(
    ("typed", "state", "tag"),
    [
        ("L = (1*2 - 1/3)^2 = (5/3)^2 = 25/9", "right", ""),
        ("L = (w x - b)^2 = (2 - 1/3)^2 = 25/9", "right", ""),
        ("(2 - 1/3)^2 = (5/3)^2 = 2.78", "right", ""),  # rounded
        ("L = (5/3)^2 ≈ 2,78", "right", ""),
        ("L = (2-1/3)^2 = (4/3)^2 = 16/9", "partly", "link-broken"),
        ("L = (2-1/3)^2 = 4/3 = 25/9", "partly", "link-broken"),
        ("(2+1/3)^2 = 49/9", "wrong", "unfinished"),
        ("25/9", "partly", "unfinished"),
        ("L = 25/9", "partly", "unfinished"),
    ],
)
def test_chains_of_numbers(verdict, typed, state, tag):
    assert outcome(verdict(NUMBERS, typed)) == (state, tag)


def test_the_end_of_a_chain_is_carried_forward_and_never_told(verdict):
    assert outcome(verdict(NUMBERS, "16", "b", {"a": "L = (2-1/3)^2 = (4/3)^2 = 16/9"})) == ("follows", "own-values")
    found = verdict(NUMBERS, "L = 4 = 4")
    assert "2.77" not in found.feedback
    assert "25/9" not in found.feedback


def test_a_chain_follows_from_own_earlier_values(verdict):
    body = """\
given: {x: 3}
let: {z: 2 * x, L: z^2}
parts:
- {id: a, text: t, answer: z, marks: 1}
- {id: b, text: t, answer: {kind: chain, value: L, marks: 1}}
"""
    assert verdict(body, "L = 6^2 = 36", "b").state == "right"
    assert outcome(verdict(body, "L = 5^2 = 25", "b", {"a": "5"})) == ("follows", "own-values")
    assert outcome(verdict(body, "L = 5^2 = 24", "b", {"a": "5"})) == ("wrong", "link-broken")


def test_side_calculations_are_checked_too(verdict):
    body = "given: {x: 3}\nlet: {z: 2 * x, L: z^2}\nparts: [{id: a, text: t, answer: {kind: chain, value: L, marks: 2}}]\n"
    assert verdict(body, "z = 2 * 3 = 6\nL = 6^2 = 36").state == "right"
    found = verdict(body, "z = 2 * 3 = 5\nL = 6^2 = 36")
    assert outcome(found) == ("partly", "link-broken")
    assert (found.evidence["left"], found.evidence["right"]) == ("2 * 3", "5")


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ("x + 2", "no chain leads from 'x + 2' to the answer: they differ"),
        ('"[x, x]"', "'from' is a vector of 2"),
        ("x * 2", "'x * 2' is the answer but for the order of its terms, so that there is nothing to derive"),
    ],
)
def test_no_chain(complaints, start, sentence):
    body = f"given: {{x: real}}\nparts: [{{id: a, text: t, answer: {{kind: chain, value: 2 * x, from: {start}, marks: 1}}}}]\n"
    (complaint,) = complaints(body)
    assert sentence in complaint


# --- matrix expressions ---


def matrix(value):
    given = "W: 'matrix(D, M)', x: vector(M), v: vector(D), A: 'matrix(D, D)', B: 'matrix(D, D)', s: real"
    return f"given: {{{given}}}\nparts: [{{id: a, text: t, answer: {value}, marks: 1}}]\n"


@pytest.mark.parametrize(
    ("value", "typed", "state", "tag"),
    [
        ("W @ x", "W x", "right", ""),
        ("W @ x", "W*x", "right", ""),
        ("W @ x", "(x^T W^T)^T", "right", ""),
        ("W @ x", "W^T x", "wrong", "dimensions"),
        ("W @ x", "x W", "wrong", "dimensions"),
        ("W @ x", "W (x + v)", "wrong", "dimensions"),
        ("W @ x", "x", "wrong", "shape"),
        ("W @ x", "W + x", "wrong", "shape"),
        ("W @ x", "(W x", "unreadable", "unreadable"),
        ("W @ x", "W q", "unreadable", "unreadable"),
        ("x * (1 - x)", "x(1-x)", "right", ""),
        ("x * (1 - x)", "x*(1-x)", "right", ""),
        ("x * (1 - x)", "x - x^2", "right", ""),
        ("x * (1 - x)", "x^T (1-x)", "wrong", "shape"),
        ("x' (1 - x)", "x^T (1-x)", "right", ""),
        ("x' (1 - x)", "x*(1-x)", "right", ""),
        ("A @ B", "A B", "right", ""),
        ("A @ B", "A*B", "right", ""),
        ("A @ B", "B A", "wrong", ""),
        ("A @ B", "(A B)^T", "wrong", "transposed"),
        ("A @ B", "A ∘ B", "wrong", ""),
        ("A * B", "A*B", "right", ""),
        ("A * B", "A ∘ B", "right", ""),
        ("A * B", "A B", "wrong", ""),  # side by side, matrices have one product
        ("A @ A", "A^2", "right", ""),
        ("A * A", "A^2", "right", ""),
        ("inv(A) @ v", "A^{-1} v", "right", ""),
        ("W' @ (v * (1 - v))", "W^T (v (1 - v))", "right", ""),
        ("W' @ (v * (1 - v))", "W^T*(v*(1-v))", "right", ""),
        ("outer(v, x)", "v x^T", "right", ""),
        ("outer(v, x)", "x v^T", "wrong", "transposed"),
        ("s * x", "s x + v", "wrong", "dimensions"),
    ],
)
def test_matrix_expressions(verdict, value, typed, state, tag):
    assert outcome(verdict(matrix(f'"{value}"'), typed)) == (state, tag)


def test_the_evidence_says_how_products_were_read(verdict):
    assert verdict(matrix("A @ B"), "A*B").evidence["products"] == ("matrix",)
    assert verdict(matrix("x * (1 - x)"), "x(1-x)").evidence["products"] == ("entrywise",)
    assert "products" not in verdict(matrix("A @ B"), "A B").evidence


def test_dimensions_that_do_not_fit_are_said_in_words(verdict):
    sentence = "the dimensions do not fit: in the product, W^T is M x D and x is a vector of M."
    assert verdict(matrix("W @ x"), "W^T x").feedback == f"Not right: {sentence}"
    assert verdict(matrix("W @ x"), "A").feedback == "Not right: a vector of D is asked for, you typed D x D."


def test_every_state_is_one_of_the_states(verdict):
    for typed in ("yes", "no", "perhaps", ""):
        found = verdict(BOOLEAN, typed)
        assert isinstance(found, Verdict)
        assert found.state in STATES
