"""Judging and marks: verdicts a careful human would give, on small problems made here."""

from fractions import Fraction

import pytest

import grader
from grader.bank.load import load_problem
from grader.bank.model import Policies
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.kinds.choices import choice_share
from grader.marking.reading.boxes import split_boxes
from grader.marking.solution import solve_problem
from grader.maths.errors import UsageError

CHAIN = """
title: A chain
topics: [backprop]
text: From $x$ to $L$.
given: {x: "[1, -2]", W: "[[1, 2], [1/2, -1]]", b: "[1/2, 0]", y: "[1, 1]", lr: 0.1}
let:
  z: x @ W + b
  h: relu(z)
  L: mse(h, y)
  g: grad(L, W)
  W_new: W - lr * g
parts:
- id: a
  text: Forward.
  answer:
    z: {value: z, marks: 1}
    h: {value: h, marks: 1}
- {id: b, text: Loss., answer: L, marks: 1}
- {id: c, text: Step., answer: "W_new[0, 1]", marks: 2, partial: [{value: "g[0, 1]", marks: 1, tag: gradient-only}]}
"""
# by hand: z = [1*1 - 2*1/2 + 1/2, 1*2 - 2*(-1) + 0] = [1/2, 4]; h = [1/2, 4]; L = (1/4 + 9)/2 = 37/8;
# dL/dh = h - y = [-1/2, 3]; g[0, 1] = 1 * 3 = 3; W_new[0, 1] = 2 - 0.3 = 1.7


@pytest.fixture
def judged(make_bank):
    """A function (yaml text, answers by part) -> verdicts by box, with marks and feedback."""

    def judge(text, answers, **policies):
        make_bank({"exam/one.yaml": text})
        problem = load_problem("exam/one")
        judge = Judge(solve_problem(problem), Policies(**policies))
        found = {}
        for part in problem.parts:
            for verdict in judge.part(part, split_boxes(part, answers.get(part.id, ""))):
                verdict = with_feedback(credit(verdict, judge.policies))
                found[verdict.name] = verdict
        return found

    return judge


def states(found):
    return {name: (verdict.state, verdict.tag) for name, verdict in found.items()}


def test_all_right_in_many_notations(judged):
    found = judged(CHAIN, {"a": r"z = (0.5, 4); h = \begin{pmatrix} 1/2 & 4 \end{pmatrix}", "b": "37/8", "c": "w12 = 1,70"})
    assert {verdict.state for verdict in found.values()} == {"right"}
    assert sum(verdict.marks for verdict in found.values()) == 5


def test_an_early_error_is_counted_once_and_carried_forward(judged):
    # bias forgotten: z = [0, 4]; h = [0, 4]; L = (1 + 9)/2 = 5; dL/dh = [-1, 3]; W_new[0, 1] is still 1.7
    found = judged(CHAIN, {"a": "z = [0, 4]; h = [0, 4]", "b": "5", "c": "1.7"})
    assert states(found) == {
        "a.z": ("partly", "some-entries"),
        "a.h": ("follows", "own-values"),
        "b": ("follows", "own-values"),
        "c": ("right", ""),
    }
    assert found["b"].marks == 1
    assert found["b"].evidence["from"] == ("a.z",)
    assert "your own z in (a)" in found["b"].feedback


def test_own_forward_values_flow_through_the_gradient(judged):
    # h[1] wrong: 3 instead of 4: dL/dh[1] = 2, g[0, 1] = 2, W_new = 1.8
    found = judged(CHAIN, {"a": "z = [0.5, 4]; h = [0.5, 3]", "c": "1.8"})
    assert states(found)["c"] == ("follows", "own-values")
    assert states(found)["b"] == ("blank", "")


@pytest.mark.parametrize(("policy", "marks"), [("full", 1), ("half", Fraction(1, 2)), ("none", 0)])
def test_follow_policy(judged, policy, marks):
    found = judged(CHAIN, {"a": "z = [0, 4]", "b": "5"}, follow=policy)
    assert (found["b"].state, found["b"].marks) == ("follows", marks)


def test_a_task_made_trivial_by_an_own_error_goes_to_a_human(judged):
    # both units dead: every gradient is zero, so W_new = W = 2
    found = judged(CHAIN, {"a": "z = [-1, -4]; h = [0, 0]", "c": "2"})
    assert states(found)["c"] == ("undecided", "follows-but-trivial")
    assert found["c"].marks is None


def test_own_values_of_another_shape_leave_later_parts_to_a_human(judged):
    found = judged(CHAIN, {"a": "z = [1, 2, 3]", "b": "77"})
    assert states(found)["a.z"] == ("wrong", "shape")
    assert "a vector of 2 is asked for" in found["a.z"].feedback
    assert found["b"].state == "undecided"


def test_partial_credit_also_from_own_values(judged):
    assert states(judged(CHAIN, {"c": "3"}))["c"] == ("partly", "gradient-only")
    found = judged(CHAIN, {"a": "h = [0.5, 3]", "c": "2.0"})
    assert (found["c"].state, found["c"].tag, found["c"].marks) == ("partly", "gradient-only", 1)


def test_the_unreadable_goes_to_a_human_and_is_not_wrong(judged):
    found = judged(CHAIN, {"b": "thirty-seven eighths?"})
    assert (found["b"].state, found["b"].marks) == ("unreadable", None)


def test_what_rests_on_an_unreadable_answer_waits_for_a_human(judged):
    found = judged(CHAIN, {"a": "z = about 0 and 4; h = [0, 4]", "b": "5"})
    assert states(found)["a.z"] == ("unreadable", "unreadable")
    found = judged(CHAIN, {"a": "z = about [0, 4]", "b": "5", "c": "1.7"})
    assert states(found)["b"] == ("undecided", "rests-on-unread")
    assert states(found)["c"] == ("right", "")


@pytest.mark.parametrize(
    "typed",
    [
        "z = (0.5, 4)\nso h = (0.5, 4)",
        "z = (0.5, 4) h = (0.5, 4)",
        "We get $\\hat{z} = (0.5, 4)$, and therefore $h = (0.5, 4)$",
        "z: 0.5, 4\nh: 0.5, 4",
        "- z = x W + b = [0.5, 4]\n- h = relu(z) = [0.5, 4]",
    ],
)
def test_boxes_in_running_text(judged, typed):
    found = judged(CHAIN, {"a": typed})
    assert {found["a.z"].state, found["a.h"].state} == {"right"}


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("dL/dw12 = 1 * 3 = 3, so w12 = 2 - 0.1 * 3 = 1.7", "right"),
        ("g12 = 3\nw12 = 2 - 0.3 = 1.7", "right"),
        ("w12 = 1.7\nw11 = 1.05", "unreadable"),  # the last is right for another weight: a human decides
        ("w12 = 1.6\nw12 = 1.7", "unreadable"),  # two answers
        ("w11 = 1.05, w12 = 1.7", "unreadable"),
        ("1.7, 1.05", "unreadable"),
        ("[1.7]", "right"),
        ("w12 = 1.7 = 1.8", "wrong"),
    ],
)
def test_the_last_of_several_statements(judged, typed, state):
    assert judged(CHAIN, {"c": typed})["c"].state == state


def test_array_marks_by_share_need_the_right_shape_and_half(judged):
    text = "title: t\ntopics: [conv]\nparts: [{id: a, text: t, answer: '[[1, 2], [3, 4]]', marks: 2}]"
    assert judged(text, {"a": "[[1, 2], [3, 9]]"})["a"].marks == Fraction(3, 2)
    assert judged(text, {"a": "[[1, 9], [9, 9]]"})["a"].marks == 0
    assert judged(text, {"a": "[[1, 2], [3, 9]]"}, array="all-or-nothing")["a"].marks == 0
    assert judged(text, {"a": "[[1, 3], [2, 4]]"})["a"].tag == "transposed"


NUMBER = (
    "title: t\ntopics: [conv]\ngiven: {{x: 1}}\nlet: {{y: {expression}}}\nparts: [{{id: a, text: t, answer: y, marks: 1{more}}}]"
)


@pytest.mark.parametrize(
    ("expression", "more", "typed", "state", "tag"),
    [
        ("2/3", "", "0.667", "right", ""),
        ("2/3", "", "0.67", "right", ""),
        ("2/3", "", "0.66", "rounded", "truncated"),
        ("2/3", "", "0.7", "partly", "imprecise"),
        ("2/3", "", "0.65", "wrong", ""),
        ("0.09", "", "0.1", "wrong", ""),  # no digit of 0.09 is left
        ("0.05", "", "0.1", "wrong", ""),
        ("0.05", "", "0.10", "wrong", ""),
        ("7/50", "", "0.1", "undecided", "too-coarse"),  # 0.14: the rounding to one digit, but 0.04 / 0.14 = 29 % off
        ("0.18", "", "0.2", "partly", "imprecise"),  # 11 % off
        ("0.96 x", "", "1.0", "undecided", "too-coarse"),  # 4 % off, but also x
        ("2/3", "", "0.6666667", "right", ""),
        ("2/3", "", "0.6666665", "wrong", ""),
        ("2/3", "", "2/3", "right", ""),
        ("1/8", "", "0.13", "right", ""),
        ("1/8", "", "0.12", "right", ""),  # a tie: either way is right
        ("-1/8", "", "-0.12", "right", ""),
        ("5", "", "5.0", "right", ""),
        ("5", "", "4.98", "wrong", ""),
        ("1/400", "", "0.00", "wrong", ""),  # never 0 for something that is not 0
        ("1/400", "", "0", "wrong", ""),
        ("1/400", "", "0.0025", "right", ""),
        ("1/300", "", "0.00333", "right", ""),
        ("1/300", "", "0.0033", "partly", "imprecise"),
        ("exp(x)", "", "2.718", "right", ""),
        ("exp(x)", "", "e", "right", ""),
        ("exp(x)", "", "2.7", "partly", "imprecise"),
        ("exp(x)", "", "2.719", "wrong", ""),
        ("exp(x)", ", digits: 4", "2.718", "partly", "imprecise"),
        ("exp(x)", ", digits: 0", "3", "right", ""),
        ("sqrt(2) * x", "", "sqrt(2)", "right", ""),
        ("3e-7", "", "3e-7", "right", ""),
        ("0.3", "", "0.30000000000000004", "right", ""),  # what a computer prints, in double and single precision
        ("0.3", "", "0.300000012", "right", ""),
        ("0.3", "", "0.30001", "wrong", ""),
        ("3e-7", "", "4e-7", "wrong", ""),
        ("34944", "", "34,944", "right", ""),  # a decimal comma, or a thousand: right in one of its senses
        ("34.944", "", "34,944", "right", ""),
        ("34944", ", kind: count", "34,944", "right", ""),
    ],
)
def test_rounding(judged, expression, more, typed, state, tag):
    found = judged(NUMBER.format(expression=expression, more=more), {"a": typed})["a"]
    assert (found.state, found.tag) == (state, tag)


@pytest.mark.parametrize(
    ("typed", "state", "share"),
    [
        ("1.50", "follows", 1),
        ("1.4", "wrong", 0),  # the sign of -1.4
        ("1.6", "undecided", None),
        ("1.45", "undecided", None),
    ],
)
def test_half_marks_only_for_the_rounding_of_what_follows_itself(typed, state, share):
    # h is [-0.75, -1.5, 0.5] and the weight -1.4; with the sign of h lost everywhere the carried-forward value is 1.5
    drawn = {"seed": 1627325312, "earlier": {"a.h": "[0.75, 1.5, -0.5]"}}
    found = grader.check("tum-2022ss/06", "c", typed, **drawn)
    assert (found.state, found.marks) == (state, None if share is None else 3 * share)


@pytest.mark.parametrize(("typed", "state", "marks"), [("0.2", "partly", 1), ("0.3", "undecided", None), ("0.4", "partly", 1)])
def test_too_few_digits_from_own_coarse_values(judged, typed, state, marks):
    # p = sigmoid(0.75) = 0.679, -ln p = 0.387; from p = 0.8: -ln 0.8 = 0.223, but -ln 0.75 = 0.288
    text = """
title: t
topics: [loss]
given: {z: 3/4}
let: {p: sigmoid(z), L: -log(p)}
parts:
- {id: a, text: t, answer: p, marks: 1}
- {id: b, text: t, answer: L, marks: 2}
"""
    found = judged(text, {"a": "0.8", "b": typed})["b"]
    assert (found.state, found.marks) == (state, marks)


def test_too_few_digits_of_an_array_are_measured_at_its_largest_entry(judged):
    text = "title: t\ntopics: [conv]\nparts: [{id: a, text: t, answer: '[0.06, 0.27, 0.67]', marks: 2}]"
    found = judged(text, {"a": "0.1, 0.3, 0.7"})["a"]
    assert (found.state, found.tag, found.marks) == ("partly", "imprecise", 1)


def test_own_rounded_values_widen_what_is_accepted(judged):
    text = """
title: t
topics: [softmax]
given: {s: 1}
let: {p: sigmoid(s), q: 100 * p}
parts:
- {id: a, text: t, answer: p, marks: 1}
- {id: b, text: t, answer: q, marks: 1}
"""
    # p = 0.7310586, q = 73.10586; from the rounded 0.73 one gets 73
    found = judged(text, {"a": "0.73", "b": "73.00"})
    assert states(found) == {"a": ("right", ""), "b": ("rounded", "rounded-on-the-way")}


ON_THE_WAY = """
title: t
topics: [softmax]
given: {s: "[1, 2, 4]"}
let:
  a: exp(s)
  Z: sum(a)
  p: a / Z
parts:
- {id: a, text: t, answer: "p[1]", marks: 1}
- {id: b, text: t, answer: "100 * p[1]", marks: 1}
- {id: c, text: t, answer: "100 * a[1] / Z", marks: 1}
"""
# p[1] = 7.389056 / 64.705488 = 0.114195; with 7.39 / 64.71 one gets 0.114202


@pytest.mark.parametrize(
    ("part", "typed", "state"),
    [
        ("a", "0.1142", "right"),
        ("a", "0.114202", "rounded"),
        ("a", "0.1149", "wrong"),
        ("b", "11.42", "right"),
        ("b", "11.43", "undecided"),  # from p = 0.11 one gets 11: too coarse to tell
        ("b", "12.7", "wrong"),
        ("c", "11.43", "rounded"),
        ("c", "11.5", "wrong"),
    ],
)
def test_honest_rounding_on_the_way_is_never_punished(judged, part, typed, state):
    assert judged(ON_THE_WAY, {part: typed})[part].state == state


SHAPE = """
title: t
topics: [conv-shapes]
given: {n: 32}
parts:
- {id: a, text: t, kind: shape, answer: "[8, floor((n - 6 + 2) / 2) + 1, floor((n - 6 + 2) / 2) + 1]", layout: any, marks: 2}
"""


@pytest.mark.parametrize(
    ("typed", "state", "tag"),
    [
        ("8x15x15", "right", ""),
        ("(8, 15, 15)", "right", ""),
        ("15 × 15 × 8", "right", "channels-last"),
        ("15x8x15", "wrong", "axes-permuted"),
        ("15x15", "wrong", "shape"),
        ("8x16x16", "wrong", "second-term-twice"),  # floor(28 / 2) + 1 + 1
    ],
)
def test_shapes(judged, typed, state, tag):
    found = judged(SHAPE, {"a": typed})["a"]
    assert (found.state, found.tag) == (state, tag)


EXPRESSION = """
title: t
topics: [activation]
given: {x: real}
let: {y: sigmoid(x), L: log(1 + exp(x))}
parts:
- {id: a, text: t, answer: "grad(y, x)", names: [y], marks: 1}
- {id: b, text: t, answer: "grad(L, x)", marks: 1}
"""


@pytest.mark.parametrize(
    ("part", "typed", "state"),
    [
        ("a", "y(1-y)", "right"),
        ("a", "y - y^2", "right"),
        ("a", "y (1 + y)", "wrong"),
        ("a", "x", "unreadable"),
        ("b", "1/(1+e^{-x})", "right"),
        ("b", r"\frac{1}{1+\exp(-x)}", "right"),
        ("b", "σ(x)", "right"),
        ("b", "sigmoid(x)", "right"),
        ("b", "e^x/(1+e^x)", "right"),
        ("b", "1/(1+e^x)", "wrong"),
        ("b", "tanh(x)", "wrong"),
    ],
)
def test_expressions(judged, part, typed, state):
    assert judged(EXPRESSION, {part: typed})[part].state == state


CHOICE = """
title: t
topics: [conv]
parts:
- id: a
  text: t
  options:
    A: {text: one, right: true}
    B: {text: two, right: "1 + 1 == 2"}
    C: {text: three, right: "1 > 2"}
    D: {text: joke, right: either}
  marks: 2
"""


@pytest.mark.parametrize(
    ("typed", "policy", "marks"),
    [
        ("A, B", "all-or-nothing", 2),
        ("A and B and D", "all-or-nothing", 2),
        ("A", "all-or-nothing", 0),
        ("A, B, C", "all-or-nothing", 0),
        ("none", "all-or-nothing", 0),
        ("A", "per-option", Fraction(4, 3)),
        ("A, C", "negative", 0),
        ("A", "negative", 1),
    ],
)
def test_choices(judged, typed, policy, marks):
    assert judged(CHOICE, {"a": typed}, choice=policy)["a"].marks == marks


def test_no_option_right_is_a_legal_answer():
    assert choice_share({"A": 0, "B": 0}, frozenset(), "all-or-nothing") == 1
    assert choice_share({"A": 0, "B": 0}, frozenset(), "negative") == 1


READING = """
title: t
topics: [loss]
given: {p: "[1, 2]", y: "[0, 0]"}
readings: [{name: summed, conventions: {squared_error: sum}}]
let: {L: "mse(p, y)", M: 2 * L}
parts:
- {id: a, text: t, answer: L, marks: 1}
- {id: b, text: t, answer: M, marks: 1}
"""


def test_a_listed_reading_is_right_and_says_so(judged):
    found = judged(READING, {"a": "5", "b": "10"})
    assert states(found) == {"a": ("reading", "summed"), "b": ("reading", "summed")}
    assert found["a"].marks == 1
    assert "'summed'" in found["a"].feedback


def test_a_reading_is_kept_through_a_hand_in(judged):
    # the mean of 1 and 4 is 5/2, their sum 5; twice that 5 and 10
    assert states(judged(READING, {"a": "5", "b": "5"})) == {"a": ("reading", "summed"), "b": ("undecided", "reading-changed")}
    assert states(judged(READING, {"a": "2.5", "b": "10"})) == {"a": ("right", ""), "b": ("undecided", "reading-changed")}
    assert states(judged(READING, {"a": "2.5", "b": "5"})) == {"a": ("right", ""), "b": ("right", "")}


def test_feedback_never_tells_the_reference(judged):
    found = judged(CHAIN, {"a": "z = [0, 9]; h = [1, 1]", "b": "17", "c": "0"})
    text = " ".join(verdict.feedback for verdict in found.values())
    assert "4.625" not in text
    assert "37/8" not in text
    assert "1.7" not in text


def test_boxes_are_told_apart(make_bank):
    make_bank({"exam/one.yaml": CHAIN})
    part = load_problem("exam/one").part("a")
    assert split_boxes(part, "z = [1; 2]; h = [3, 4]") == {"z": "[1; 2]", "h": "[3, 4]"}
    assert split_boxes(part, "Z = 1, 2\nh = 3, 4") == {"z": "1, 2", "h": "3, 4"}
    assert split_boxes(part, "z = x W + b = [1, 2]") == {"z": "x W + b = [1, 2]"}
    with pytest.raises(UsageError, match="has no box 'q'"):
        split_boxes(part, "q = 3")
    with pytest.raises(UsageError, match="answer them by name"):
        split_boxes(part, "[1, 2]")


def test_hands_in_order_or_not_the_verdict_is_the_same(judged):
    first = states(judged(CHAIN, {"a": "z = [0, 4]; h = [0, 4]", "b": "5"}))
    second = states(judged(CHAIN, {"b": "5", "a": "h = [0, 4]; z = [0, 4]"}))
    assert first == second


def test_a_second_answer_to_a_box_does_not_follow_from_the_first(make_bank):
    from grader import check

    make_bank({"exam/one.yaml": CHAIN})
    assert check("exam/one", "b", "7", earlier={"b": "7"}).state == "wrong"


@pytest.mark.parametrize("typed", ["exp(300)-exp(300)", "11*sin(exp(300))", "[exp(300)-exp(300), 1]"])
def test_a_value_without_digits_is_not_equal_to_everything(judged, typed):
    assert judged(CHAIN, {"b": typed})["b"].state == "unreadable"


@pytest.mark.parametrize("typed", ["0.0", "0.00", "-0.0"])
def test_zero_is_not_a_rounding_of_something_else(judged, typed):
    assert judged(ON_THE_WAY, {"a": typed})["a"].state == "wrong"


def test_too_few_digits_never_cost_more_than_a_wrong_entry(judged):
    text = "title: t\ntopics: [conv]\nparts: [{id: a, text: t, answer: '[1/6, 1/4, 1/4, 5/8]', marks: 4}]"
    assert judged(text, {"a": "[0.2, 0.25, 0.25, 0.625]"})["a"].marks > judged(text, {"a": "[0.9, 0.25, 0.25, 0.625]"})["a"].marks


@pytest.mark.parametrize("typed", ["2*" * 1100 + "2", "1 " * 1100, "10 " + "a" * 60 + "!", "²" * 5000, "1" * 4999, "½" * 4000])
def test_hostile_answers_are_judged_or_refused(judged, typed):  # some of these once took minutes
    assert judged(CHAIN, {"b": typed})["b"].state in ("wrong", "unreadable")


LAYER = """
title: A layer
topics: [backprop]
given: {x: "[1, -2]", W: "[[1, 2], [1/2, -1]]"}
let:
  z: x @ W
  o: 2 z + [1, 0]
  G: outer(z, x)
parts:
- {id: z, text: t, answer: z, marks: 1}
- {id: o, text: t, answer: o, marks: 2}
- {id: G, text: t, answer: G, marks: 4}
"""
# by hand: z = [1 - 1, 2 + 2] = [0, 4]; o = [1, 8]; G = [[0, 0], [4, -8]]. With z = [3, 5]: o = [7, 10], G = [[3, -6], [5, -10]]


@pytest.mark.parametrize(
    ("part", "typed", "earlier", "state", "tag", "marks"),
    [
        ("o", "[7, 10]", "[3, 5]", "follows", "own-values", 2),
        ("o", "[7, 99]", "[3, 5]", "partly", "some-entries", 1),
        ("o", "[7, 99]", "", "wrong", "", 0),
        ("o", "[1, 10]", "[3, 5]", "partly", "some-entries", 1),  # either way one of two
        ("o", "[99, 77]", "[3, 5]", "wrong", "", 0),
        ("G", "[[3, -6], [5, 77]]", "[3, 5]", "partly", "some-entries", 3),
        ("G", "[[3, -6], [99, 77]]", "[3, 5]", "partly", "some-entries", 2),
        ("G", "[[3, 55], [99, 77]]", "[3, 5]", "wrong", "", 0),
        ("G", "[[3, 5], [-6, -10]]", "[3, 5]", "partly", "transposed", 2),
        ("G", "[3, -6, 5, -10]", "[3, 5]", "partly", "arranged-otherwise", 2),
        ("G", "[[0, 0], [4, 77]]", "[3, 5]", "partly", "some-entries", 3),  # right in itself, though it doesn't follow
        ("G", "[[0, 4], [0, -8]]", "[3, 5]", "partly", "transposed", 2),
    ],
)
def test_part_of_an_array_from_own_values(judged, part, typed, earlier, state, tag, marks):
    found = judged(LAYER, {"z": earlier, part: typed})[part]
    assert (found.state, found.marks) == (state, marks)
    assert tag in ("", found.tag)


def test_what_part_of_an_array_follows_from_is_told(judged):
    found = judged(LAYER, {"z": "[3, 5]", "G": "[[3, -6], [5, 77]]"})["G"]
    assert found.feedback == "Partly right, with your own answer to (z): 3 of 4 entries."
    assert "answer to (z)" not in judged(LAYER, {"z": "[3, 5]", "G": "[[0, 0], [4, 77]]"})["G"].feedback


@pytest.mark.parametrize(
    ("typed", "follow", "marks"),
    [
        ("[[3, -6], [5, -10]]", "half", 2),
        ("[[3, -6], [5, 77]]", "half", Fraction(3, 2)),
        ("[[3, -6], [5, 77]]", "none", 0),
        ("[[0, 0], [5, -10]]", "none", 2),  # the same two entries by the reference as by the own values
        ("[[0, -6], [5, -10]]", "none", 0),
    ],
)
def test_a_part_that_follows_earns_no_more_than_a_paper_gives_for_following(judged, typed, follow, marks):
    assert judged(LAYER, {"z": "[3, 5]", "G": typed}, follow=follow)["G"].marks == marks


def test_own_values_that_follow_earn_what_the_answer_earns_in_itself(judged):
    # z = [0, 5] gives G = [[0, 0], [5, -10]], of which two entries are also those of the reference
    found = judged(LAYER, {"z": "[0, 5]", "G": "[[0, 0], [5, -10]]"}, follow="none")["G"]
    assert (found.state, found.marks) == ("follows", 2)


ROUNDED_LAYER = """
title: t
topics: [backprop]
given: {x: "[1, -2]", u: "[2/7, 6/11]"}
let: {g: u / 2, G: "outer(g, x)"}
parts:
- {id: g, text: t, answer: g, marks: 1}
- {id: G, text: t, answer: G, marks: 2}
"""
# g = [0.142857, 0.272727]; G = [[0.142857, -0.285714], [0.272727, -0.545455]]; two entries with two digits, two with one


@pytest.mark.parametrize("earlier", ["", "0.142857, 0.272727", "0.143, 0.273", "1/7, 3/11"])
def test_a_right_earlier_answer_leaves_the_share_of_imprecise_entries(judged, earlier):
    found = judged(ROUNDED_LAYER, {"g": earlier, "G": "[[0.143, -0.29], [0.3, -0.5]]"})["G"]
    assert (found.state, found.tag, found.marks) == ("partly", "imprecise", Fraction(3, 2))


@pytest.mark.parametrize(
    ("typed", "state", "marks"),
    [
        ("[[0.2, -0.4], [0.2727, -0.5455]]", "follows", 2),  # 0.2 as it was typed, 0.2727 as it was before it was rounded
        ("[[0.2, 0.2727], [-0.4, -0.5455]]", "partly", 1),
        ("[[0.2, -0.4], [0.2727, -0.9]]", "partly", Fraction(3, 2)),
    ],
)
def test_each_entry_follows_from_the_own_value_or_its_rounding(judged, typed, state, marks):
    found = judged(ROUNDED_LAYER, {"g": "0.2, 0.273", "G": typed})["G"]
    assert (found.state, found.marks) == (state, marks)


def test_the_half_for_imprecise_entries_is_told(judged):
    # 1/3 = 0.3333, 2/3 = 0.6667: 0.7 has too few digits, 0.9 is wrong: (1 + 1/2) / 3 of 3 marks
    text = "title: t\ntopics: [conv]\nparts: [{id: a, text: t, answer: '[1/3, 2/3, 5]', marks: 3}]"
    found = judged(text, {"a": "0.333, 0.7, 9"})["a"]
    assert found.marks == Fraction(3, 2)
    assert found.feedback == "Partly right: 1 of 3 entries; 1 more with too few digits counts half."


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("99", "wrong"),
        ("[1, 2, 3]", "wrong"),
        ("[[1, 2, 3], [4, 5, 6]]", "wrong"),
        ("0", "undecided"),  # may stand for a matrix of zeros
        ("[[1, 2], [3, 4]]", "undecided"),
        ("[1, 2, 3, 4]", "undecided"),
    ],
)
def test_an_answer_that_fits_no_values_is_wrong_whatever_came_before(judged, typed, state):
    assert judged(LAYER, {"z": "-4", "G": typed})["G"].state == state


@pytest.mark.parametrize(
    ("answer", "typed", "read", "state"),
    [
        ("[1, 5]", "[[1,2],[3,4]]", "[[1, 2], [3, 4]]", "wrong"),
        ("[1, 5]", "[1,2], [3,4]", "[[1, 2], [3, 4]]", "wrong"),
        ("[1.2, 3.4]", "[[1,2],[3,4]]", "[[1.2], [3.4]]", "right"),  # in one of its senses
        ("[[1, 2], [3, 4]]", "[[1,2],[3,4]]", "[[1, 2], [3, 4]]", "right"),
    ],
)
def test_brackets_of_two_whole_numbers_are_rather_a_matrix(judged, answer, typed, read, state):
    text = f"title: t\ntopics: [conv]\nparts: [{{id: a, text: t, answer: '{answer}', marks: 2}}]"
    found = judged(text, {"a": typed})["a"]
    assert (found.read, found.state) == (read, state)
    assert state == "right" or found.feedback == "Not right: a vector of 2 is asked for, you typed 2 x 2."


@pytest.mark.parametrize(
    ("kind", "typed", "right"),
    [
        ("count", "2.313e4", True),
        ("count", "2,313e4", True),
        ("count", "2.313 * 10^4", True),
        ("number", "2.313E+4", True),
        ("count", "2.313e7", False),
    ],
)
def test_a_number_with_a_power_of_ten_has_no_thousands_point(judged, kind, typed, right):
    text = f"title: t\ntopics: [conv]\nparts: [{{id: a, text: t, kind: {kind}, answer: 23130, marks: 2}}]"
    found = judged(text, {"a": typed})["a"]
    assert (found.state == "right") == right
    assert "could also mean" not in found.feedback


SHAPES = """
title: t
topics: [conv-shapes]
given:
  net:
    input: 4 x 32 x 32
    layers:
    - conv: {name: c1, filters: 8, kernel: 5, padding: 1}
    - maxpool: {name: p1, kernel: 2, stride: 2}
parts:
- {id: a, text: t, kind: shape, answer: size(net.c1), marks: 2}
- {id: b, text: t, kind: shape, answer: size(net.p1), marks: 2}
"""
# (32 + 2 - 5) + 1 = 30, so 8 x 30 x 30, and 8 x 15 x 15 behind the pooling; from 8 x 28 x 28 follows 8 x 14 x 14


@pytest.mark.parametrize(
    ("earlier", "typed", "state", "marks"),
    [
        ("", "15x15x8", "partly", 1),
        ("", "14x14x8", "wrong", 0),
        ("8x28x28", "8x14x14", "follows", 2),
        ("8x28x28", "14x14x8", "partly", 1),
        ("8x28x28", "15x15x8", "partly", 1),
        ("28x28x8", "14x14x8", "partly", 1),
        ("28x28x8", "8x14x14", "follows", 2),
        ("28x28x8", "14x8x14", "wrong", 0),
    ],
)
def test_channels_last_from_own_sizes(judged, earlier, typed, state, marks):
    found = judged(SHAPES, {"a": earlier, "b": typed})["b"]
    assert (found.state, found.marks) == (state, marks)
    assert state != "partly" or found.tag == "channels-last"
