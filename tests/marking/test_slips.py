"""Slips named in marking: the values are worked out by hand beside each case."""

from fractions import Fraction

import pytest

from grader.bank.load import read_file
from grader.bank.model import Policies
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.solution import solution_of

NET = """
title: t
topics: [backprop]
given: {x: "[1, 2]", W: "[[1, 1/4], [3/4, -2]]", b: "[1/10, 1/2]", v: "[3, 2]", y: 4, lr: 0.1}
let:
  z: x @ W + b
  h: relu(z)
  p: h @ v
  L: mse(p, y)
  g: grad(L, v)
  v_new: v - lr * g
parts:
- {id: z, text: t, answer: z, marks: 2}
- {id: h, text: t, answer: h, marks: 2}
- {id: p, text: t, answer: p, marks: 2}
- {id: L, text: t, answer: L, marks: 2}
- {id: g, text: t, answer: g, marks: 2}
- {id: new, text: t, answer: v_new, marks: 2}
"""
# z = (1 + 1.5 + 0.1, 0.25 - 4 + 0.5) = (2.6, -3.25); h = (2.6, 0); p = 7.8; L = 3.8^2 = 14.44; g = 2 * 3.8 h = (19.76, 0)


@pytest.fixture
def judged(tmp_path):
    """A function from (problem text, typed answers in order, policies) to the last verdict, with marks and feedback."""

    def judge(text, typed, policies=None):
        path = tmp_path / "problem.yaml"
        path.write_text(text, encoding="utf-8")
        solution = solution_of(read_file(path))
        judge = Judge(solution, policies)
        for part, answer in typed.items():
            (verdict,) = judge.part(solution.problem.part(part), {"": answer})
        return with_feedback(credit(verdict, judge.policies))

    return judge


@pytest.mark.parametrize(
    ("part", "typed", "tag", "within"),
    [
        ("z", "[2.5, -3.75]", "bias-forgotten", ""),
        ("z", "[2.7, -2.75]", "bias-counted-twice", ""),
        ("z", "[1.6, -2.75]", "right-transposed", ""),  # W x: (1 + 1/2 + 1/10, 3/4 - 4 + 1/2)
        ("h", "[2.6, -3.25]", "activation-forgotten", ""),
        ("p", "1.3", "activation-forgotten", "h"),  # 2.6 * 3 - 3.25 * 2
        ("p", "7.5", "bias-forgotten", "z"),  # 2.5 * 3
        ("L", "7.22", "factor-1/2", ""),
        ("g", "[9.88, 0]", "factor-1/2", ""),
        ("g", "[-19.76, 0]", "sign", ""),
        ("new", "[-16.76, 2]", "factor-forgotten", ""),  # without the learning rate
        ("new", "[4.976, 2]", "plus-for-minus", ""),  # 3 + 1.976
    ],
)
def test_a_slip_is_named(judged, part, typed, tag, within):
    verdict = judged(NET, {part: typed})
    assert tag in verdict.evidence["slips"], (verdict.tag, dict(verdict.evidence))
    if verdict.evidence["sure"]:
        assert verdict.tag in verdict.evidence["slips"]
    assert verdict.evidence["within"] == within


def test_a_named_slip_is_told_with_its_place(judged):
    verdict = judged(NET, {"L": "12.25"})  # bias forgotten: (7.5 - 4)^2
    assert (verdict.state, verdict.tag, verdict.marks) == ("wrong", "bias-forgotten", 0)
    assert verdict.feedback == "Not right: the bias is missing, b (in z)."


def test_a_number_that_many_slips_could_give_gets_no_name(judged):
    verdict = judged(NET, {"p": "7"})
    assert (verdict.state, verdict.tag) == ("wrong", "")


def test_what_no_slip_explains_is_plainly_wrong(judged):
    verdict = judged(NET, {"L": "13.3717"})
    assert (verdict.state, verdict.tag, verdict.feedback) == ("wrong", "", "Not right.")
    assert "slips" not in verdict.evidence


def test_a_slip_behind_own_values(judged):
    # own z = (1.25, -1): p = 3.75, L = 0.25^2 = 0.0625; half of it is 0.03125
    verdict = judged(NET, {"z": "[1.25, -1]", "L": "0.03125"})
    assert (verdict.state, verdict.tag) == ("wrong", "factor-of-the-square")
    assert verdict.evidence["from"] == ("z",)
    assert verdict.feedback.startswith("Not right, also with your own answer to (z): ")


def test_a_common_factor_of_an_array(judged):
    verdict = judged(NET, {"z": "[7.8, -9.75]"})
    assert (verdict.state, verdict.tag) == ("wrong", "constant-factor")


def test_one_wrong_entry_is_not_a_slip_by_chance(judged):
    verdict = judged(NET, {"h": "[2.6, -3]"})  # half right, and no slip
    assert (verdict.state, verdict.tag, verdict.marks) == ("partly", "some-entries", 1)


def test_a_paper_may_give_a_slip_part_of_the_marks(judged):
    half = Policies(slips=(("bias-forgotten", Fraction(1, 2)),))
    assert judged(NET, {"L": "12.25"}, half).marks == 1
    assert judged(NET, {"L": "12.25"}, half).state == "partly"
    any_slip = Policies(slips=(("any", Fraction(1, 4)),))
    assert judged(NET, {"L": "12.25"}, any_slip).marks == Fraction(1, 2)
    assert judged(NET, {"L": "13.3717"}, any_slip).marks == 0
    assert judged(NET, {"h": "[2.6, -3.25]"}, any_slip).marks == 1  # half of the entries are right, which is more


SIGMOID = """
title: t
topics: [backprop]
given: {x: real, y: "real(0, 1)"}
let: {L: "-(y * log(sigmoid(x)) + (1 - y) * log(1 - sigmoid(x)))"}
parts:
- {id: s, text: t, answer: sigmoid(x) * (1 - sigmoid(x)), marks: 1}
- {id: d, text: t, answer: sigmoid(x) - y, marks: 1}
"""


@pytest.mark.parametrize(
    ("part", "typed", "tag"),
    [
        ("s", "-σ(x)(1-σ(x))", "sign"),
        ("s", "2σ(x)(1-σ(x))", "factor-2"),
        ("s", "σ(x)(1+σ(x))", "plus-for-minus"),
        ("s", "tanh(x)(1-tanh(x))", "tanh-for-sigmoid"),
        ("d", "tanh(x) - y", "tanh-for-sigmoid"),
        ("d", "y - σ(x)", "sign"),
        ("d", "σ(x) + y", "plus-for-minus"),
    ],
)
def test_slips_of_expressions_are_proved(judged, part, typed, tag):
    verdict = judged(SIGMOID, {part: typed})
    assert (verdict.state, verdict.tag) == ("wrong", tag)
    assert verdict.evidence["witness"]


def test_an_expression_without_a_slip(judged):
    assert judged(SIGMOID, {"s": "x^2 σ(x)"}).tag == ""


ROUNDED = """
title: t
topics: [softmax]
given: {s: "[1, 2, 4]"}
let: {e: exp(s), Z: sum(e), p: e / Z}
parts:
- {id: p, text: t, answer: "p[1]", marks: 1}
"""
# e = (2.71828, 7.38906, 54.59815), Z = 64.70549, p1 = 0.114195


def test_honest_rounding_is_accepted(judged):
    verdict = judged(ROUNDED, {"p": "0.1142"})
    assert verdict.state in ("right", "rounded")
    verdict = judged(ROUNDED, {"p": "0.11421"})  # 7.39 / 64.71 = 0.114202
    assert (verdict.state, verdict.tag) == ("rounded", "rounded-on-the-way")


def test_policies_of_a_paper_are_read(tmp_path):
    (tmp_path / "01.yaml").write_text(ROUNDED.replace("given", "text: t\ngiven"), encoding="utf-8")
    paper = 'title: P\nproblems: ["01"]\npolicies: {slips: {sign: 1/3}}\n'
    (tmp_path / "paper.yaml").write_text(paper, encoding="utf-8")
    policies = solution_of(tmp_path / "01.yaml").paper.policies
    assert dict(policies.slips) == {"arithmetic": Fraction(1, 2), "sign": Fraction(1, 3)}
    assert policies.as_texts()["slips"] == {"arithmetic": "1/2", "sign": "1/3"}
