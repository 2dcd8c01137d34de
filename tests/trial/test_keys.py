"""Printed keys on trial: findings, causes, and what a key's file may say. All expectations are worked out by hand."""

import pytest

from grader.bank.keys import load_items, load_key, read_key
from grader.bank.load import load_problem
from grader.marking.solution import solution_of
from grader.maths.errors import BankError
from grader.trial.items import try_items
from grader.trial.keys import external_key, try_key

PROBLEM = """\
title: A step
topics: [optimizer]
text: Take $x = {{x}}$, $w = {{w}}$, $y = {{y}}$, the rate {{lr}} and $q$.
given: {x: 2, w: 3, y: 1, lr: 0.1, v: "[1, 2]", q: "real(0, 1)", n: "integer > 0"}
let:
  z: w * x
  L: (z - y)^2
  g: grad(L, w)
  w_new: w - lr * g
readings:
- {name: the error is halved, replace: {y: 2}}
parts:
- {id: a, catalogue: item-1, text: t, answer: {z: {value: z, marks: 1}, L: {value: L, marks: 1}}}
- {id: b, catalogue: item-2, text: t, answer: w_new, marks: 1}
- {id: c, catalogue: item-3, text: t, answer: "1 / 3 * x", marks: 1}
- {id: d, catalogue: item-4, text: t, answer: q * n, marks: 1}
- id: e
  catalogue: item-5
  text: t
  options: {A: {text: t, right: z > 5, because: It is 6.}, B: {text: t, right: false, because: No.}}
  marks: 1
- {id: f, catalogue: item-6, text: t, rubric: [{marks: 1, text: says so}]}
- {id: g, catalogue: item-7, text: t, answer: "relu(z - 6)", marks: 0}
- {id: h, catalogue: item-8, text: t, answer: "mse(2 * v, v)", marks: 1}
"""


@pytest.fixture
def bank(tmp_path, monkeypatch):
    """A function that writes the problem, its key and a catalogue, and gives the key's Trials."""
    monkeypatch.setenv("GRADER_BANK", str(tmp_path / "problems"))
    (tmp_path / "problems").mkdir()
    (tmp_path / "solutions").mkdir()
    (tmp_path / "problems" / "step.yaml").write_text(PROBLEM)

    def trials(key, catalogue=None):
        (tmp_path / "solutions" / "step.yaml").write_text(key)
        if catalogue is not None:
            (tmp_path / "solutions" / "catalogue.yaml").write_text(catalogue)
        problem = load_problem("step")
        return try_key(solution_of("step"), load_key(problem))

    return trials


def tried(bank, *lines):
    """(finding, cause) of the answers in a key."""
    return [(trial.finding, trial.cause) for trial in bank("answers:\n" + "".join(f"  {line}\n" for line in lines))]


def test_agrees_exactly_and_by_rounding(bank):
    # w_new = 3 - 0.1 * 2 * (6 - 1) * 2 = 1; c = 2/3
    assert tried(bank, "a.z: 6", "b: 1", "c: 2/3") == [("agrees", "")] * 3
    assert tried(bank, "c: 0.667", "d: q n") == [("rounding", ""), ("agrees", "")]


def test_a_value_with_few_digits_is_a_rounding_and_a_cut_off_one_is_wrong(bank):
    assert tried(bank, "c: 0.7") == [("rounding", "imprecise")]
    assert tried(bank, "c: 0.66") == [("wrong", "truncated")]


def test_another_reading_is_told(bank):
    # with y = 2: L = 16, w_new = 3 - 0.1 * 16 = 1.4
    assert tried(bank, "a.L: 16", "b: 1.4") == [("reading", "the error is halved")] * 2


def test_what_follows_from_a_wrong_printed_value_is_wrong_for_that_reason(bank):
    # z = 5: L = 16 is also right under the reading; z = 4 gives L = 9
    assert tried(bank, "a.z: 4", "a.L: 9")[1] == ("wrong", "follows")


def test_slips_altered_values_and_symbols_are_found(bank):
    assert tried(bank, "b: 5") == [("wrong", "plus-for-minus")]  # 3 + 2
    assert tried(bank, "d: (1 - q) n") == [("wrong", "given-altered")]
    assert tried(bank, "d: q (n - 1)") == [("wrong", "given-altered")]


def test_an_altered_given_is_named(bank):
    (trial,) = bank("answers: {a.z: 16}")  # 2 * 8, 16 = 3 * 16/3
    assert trial.finding == "wrong"
    (trial,) = bank("answers: {b: 2.98}")  # 3 - 0.001 * 20 = 2.98
    assert (trial.cause, trial.detail) == ("given-altered", "it follows if lr is 1/1000 instead of 1/10")


def test_a_coarse_rounding_is_told_from_a_cut_off(bank):
    # 61706 is 60000 to one digit; 2.777e-11 is 3e-11, cut off 2e-11
    assert tried(bank, "c: 7/10") == [("wrong", "imprecise")]
    assert tried(bank, "c: 6/10") == [("wrong", "truncated")]


def test_two_slips_in_a_formula_and_other_answers(bank):
    assert tried(bank, "d: 3 q n")[0] == ("wrong", "constant-factor")
    assert tried(bank, "d: q^2 n")[0] == ("wrong", "given-altered")


def test_slips_of_the_pen_come_first(bank):
    assert tried(bank, "a.z: 60") == [("wrong", "point-shifted")]
    assert tried(bank, "a.L: 52", "h: 0.25") == [("wrong", "digits-exchanged"), ("wrong", "point-shifted")]  # L = 25, h = 2.5
    (trial,) = bank("answers: {a.z: 25}")
    assert (trial.cause, trial.sure) == ("other-value", False)


def test_boxes_printed_in_their_order_without_names(bank):
    trials = bank("answers: {a: '6; 25'}")
    assert [(trial.entry.place, trial.entry.printed, trial.finding) for trial in trials] == [
        ("a.z", "6", "agrees"),
        ("a.L", "25", "agrees"),
    ]
    (trial,) = bank("answers: {a: '6 and 25'}")
    assert trial.finding == "human"


def test_what_follows_coarsely_from_a_wrong_value_does_not_agree(bank):
    # z = 4.123: L = 9.753, with few digits 9.8
    assert tried(bank, "a.z: 4.123", "a.L: 9.8")[1] == ("wrong", "follows")


def test_another_convention_is_found(bank):
    # the mean of (1, 4) is 5/2, half of it 5/4; the sum is 5
    (trial,) = bank("answers: {h: 5/4}")
    assert (trial.finding, trial.cause) in (("wrong", "another-convention"), ("wrong", "factor-1/2"))


def test_options_are_told_with_their_reasons(bank):
    (trial,) = bank("answers: {e: B}")
    assert (trial.finding, trial.cause) == ("wrong", "options")
    assert "A is missing (It is 6)" in trial.detail
    assert "B is not right (No)" in trial.detail


def test_text_is_for_a_person_and_an_empty_entry_is_not_printed(bank):
    trials = bank("answers:\n  f: {printed: Because., judged: agrees}\n  b: {}\n")
    assert [(trial.finding, trial.verdict) for trial in trials] == [("not-printed", "not-printed"), ("human", "agrees")]
    assert [trial.surprise for trial in trials] == ["", ""]


def test_several_printed_answers_for_one_box(bank):
    assert tried(bank, "b: ['1', {printed: 1.0, marks: 2}]") == [("agrees", ""), ("agrees", "")]


def test_a_part_printed_as_a_whole(bank):
    trials = bank("answers: {a: 'z = 6; L = 24'}")
    assert [(trial.entry.place, trial.finding) for trial in trials] == [("a.z", "agrees"), ("a.L", "wrong")]


def test_claims_are_compared_with_their_expression_and_follow_from_printed_answers(bank):
    key = """
answers: {a.z: {printed: 4, finding: wrong, because: x.}}
claims:
- {about: the gradient, value: g, printed: 20, catalogue: item-2}
- {about: the gradient again, value: g, printed: 12, catalogue: item-2, finding: wrong, cause: follows, because: From z.}
- {about: an opinion, printed: It is so., judged: wrong, because: It is not., catalogue: item-3}
"""
    first, second, third, fourth = bank(key)
    assert (second.finding, third.finding, third.cause) == ("agrees", "wrong", "follows")  # 2 * (4 - 1) * 2 = 12
    assert (fourth.finding, fourth.verdict, fourth.items) == ("human", "wrong", ("item-3",))
    assert third.surprise == ""
    assert first.cause != "" or first.surprise == ""


def test_surprises_are_told(bank):
    trials = bank("answers:\n  b: {printed: 7, finding: reading, cause: the other, because: x.}\n")
    assert "it was expected to be 'reading', but the finding is 'wrong'" in trials[0].surprise
    (trial,) = bank("answers:\n  b: {printed: 5, finding: wrong, because: x.}\n")
    assert trial.surprise == "the cause was expected to be 'none', but is 'plus-for-minus'"


FAULTY = """\
answers:
  a.zz: 1
  k: 2
  b: {printed: 1, finding: maybe}
  c: {printed: 1, finding: wrong}
  d: {printed: 1, cause: sign}
  e: {printed: A, jugded: wrong}
claims:
- {about: x, printed: 2}
- {value: z, printed: 2}
"""


def test_all_faults_of_a_key_are_told_with_lines(bank):
    with pytest.raises(BankError) as error:
        bank(FAULTY)
    told = {(complaint.where.line, complaint.sentence) for complaint in error.value.complaints}
    lines = [line for line, _ in sorted(told)]
    assert lines == [2, 3, 4, 5, 6, 7, 9, 10]
    sentences = " ".join(sentence for _, sentence in sorted(told))
    for said in (
        "no box 'zz'",
        "no part 'k'",
        "'maybe'",
        "'because' is missing",
        "a 'cause' belongs",
        "'jugded'",
        "'value'",
        "'about'",
    ):
        assert said in sentences


def test_items_are_what_their_weightiest_answer_is(bank):
    catalogue = """\
item-1: published-wrong
item-2: agrees
item-3: agrees
item-4: ambiguous
item-5: not-printed
item-6: agrees
item-9: {verdict: not-printed, lost: The page is missing.}
"""
    key = """\
answers:
  a.z: 6
  a.L: {printed: 24, finding: wrong, because: x.}
  b: 1
  c: {printed: 1, finding: wrong, because: x.}
  d: {printed: q n, judged: ambiguous, because: Not said.}
  f: {printed: Because., judged: agrees}
"""
    trials = bank(key, catalogue)
    items = {item.id: item for item in try_items(load_items(), [load_problem("step")], trials)}
    assert {id: (item.verdict, item.agrees, item.by_person) for id, item in items.items()} == {
        "item-1": ("wrong", True, False),
        "item-2": ("agrees", True, False),
        "item-3": ("wrong", False, False),
        "item-4": ("ambiguous", True, True),
        "item-5": ("not-printed", True, False),
        "item-6": ("agrees", True, True),
        "item-9": ("not-printed", True, False),
    }


def test_a_key_of_ones_own_needs_no_file(bank, tmp_path):
    bank("answers: {b: 1}")
    key = external_key(load_problem("step"), {"b": "5", "a": {"z": "6"}})
    assert [(trial.entry.place, trial.finding) for trial in try_key(solution_of("step"), key)] == [
        ("a.z", "agrees"),
        ("b", "wrong"),
    ]


def test_a_key_is_no_source_of_truth(bank, tmp_path):
    """The reference is the same whatever is printed."""
    references = {tuple(trial.reference for trial in bank(f"answers: {{b: {printed}}}")) for printed in ("7", "5", "-12")}
    assert references == {("1",)}


def test_reading_a_key_needs_its_problem(bank, tmp_path):
    bank("answers: {b: 1}")
    key = read_key(tmp_path / "solutions" / "step.yaml", load_problem("step"))
    assert [entry.place for entry in key.printed] == ["b"]


CHOICE = """\
title: A convolution
topics: [conv-shapes]
text: An image of 3 x 32 x 32 goes through a convolution with 8 filters of 5 x 5.
given: {net: {input: 3 x 32 x 32, layers: [{conv: {name: c, filters: 8, kernel: 5}}]}}
parts:
- {id: a, text: How many parameters?, answer: {value: parameters(net.c), kind: choice, distractors: slips, marks: 1}}
"""


@pytest.mark.parametrize(
    ("printed", "finding", "reference"),
    [
        ("608", "agrees", ""),  # 8 (3 * 5 * 5 + 1)
        ("600", "wrong", "608"),  # without biases
        ("613", "wrong", "608"),  # no option
    ],
)
def test_a_value_that_is_printed_for_a_choice_made_from_slips(tmp_path, printed, finding, reference):
    (tmp_path / "c.yaml").write_text(CHOICE)
    solution = solution_of(str(tmp_path / "c.yaml"))
    (trial,) = try_key(solution, external_key(solution.problem, {"a": printed}))
    assert (trial.finding, trial.reference) == (finding, reference)


def test_a_letter_that_is_printed_for_a_choice_made_from_slips(tmp_path):
    (tmp_path / "c.yaml").write_text(CHOICE)
    solution = solution_of(str(tmp_path / "c.yaml"))
    (part,) = solution.problem.parts
    (unread,) = try_key(solution, external_key(solution.problem, {"a": "ten"}))
    assert unread.finding == "human"
    right = next(option.key for option in solution.options(part) if option.text == "608")
    for option in solution.options(part):
        (trial,) = try_key(solution, external_key(solution.problem, {"a": option.key}))
        assert (trial.finding, trial.reference) == (("agrees", "") if option.key == right else ("wrong", right))
