"""Answer keys: intervals that are what our checker accepts, foreseen wrong answers, shares of options, and the agreement."""

import re
from fractions import Fraction
from functools import cache

import pytest

from grader.bank.load import load_bank, load_problem
from grader.bank.model import Policies
from grader.marking.api import check
from grader.marking.solution import solution_of, solve_problem
from grader.sheets.agreement import Agreement, Target, agreement, with_trials
from grader.sheets.answer_keys import answer_key, answer_keys
from grader.sheets.build import sheet_of
from grader.sheets.key_formulas import every_spelling
from grader.sheets.key_model import CHOICE, ESSAY, NUMBER, NUMBERS, ORDER, SHORT, decimal_text

FULL = ("right", "rounded", "reading")


@cache
def bank():
    return load_bank()


def key_of(tmp_path, answer, given="", policies=None):
    """The key of a problem with one part, and its file."""
    lines = ["title: One", "topics: [loss]", *([f"given: {{{given}}}"] if given else []), "parts:", "- id: a", "  text: Go."]
    path = tmp_path / "one.yaml"
    path.write_text("\n".join([*lines, *(f"  {line}" for line in answer.splitlines())]) + "\n", encoding="utf-8")
    problem = load_problem(str(path))
    return answer_key(solve_problem(problem), problem.parts[0], problem.parts[0].boxes[0], policies), str(path)


def accepted(problem, name, value):
    """Whether our checker gives full marks to a decimal, with as many zeros at its end as it takes (`0.7` may be too short)."""
    text = decimal_text(value)
    return any(check(problem, name, text + zeros).state in FULL for zeros in (("", "0", "00") if "." in text else ("",)))


# --------------------------------------------------------------------------------------------------------- intervals


@pytest.mark.parametrize(
    ("value", "digits", "low", "high"),
    [
        ("0.125", 2, "0.12", "0.13"),  # a tie may be rounded either way
        ("0.709", 2, "0.7", "0.71"),  # 0.70 is cut off
        ("-0.709", 2, "-0.71", "-0.7"),
        ("0.702", 2, "0.7", "0.702"),
        ("3", None, "3", "3"),  # a whole number is exact
        ("5/2", None, "2.5", "2.5"),
        ("2/3", None, "0.66", "0.67"),  # 0.66 is cut off
        ("1234.567", None, "1230", "1235"),  # three significant digits will do
        ("0.0123456", None, "0.0123", "0.01235"),
        ("7.25", 0, "7", "7.3"),
    ],
)
def test_the_interval_is_that_of_our_rounding(tmp_path, value, digits, low, high):
    told = f", digits: {digits}" if digits is not None else ""
    key, file = key_of(tmp_path, f"answer: {{value: {value}{told}, marks: 1}}")
    (number,) = key.numbers
    assert (key.kind, number.low, number.high) == (NUMBER, Fraction(low), Fraction(high))
    assert number.low <= Fraction(number.text) <= number.high
    for end, sign in ((number.low, -1), (number.high, 1)):
        assert accepted(file, "a", end)
        assert not accepted(file, "a", end + sign * Fraction(1, 1000) * max(1, abs(round(end))))


def test_a_value_without_end_is_as_wide_as_a_float_can_tell(tmp_path):
    (number,) = key_of(tmp_path, "answer: {value: 1/3, marks: 1}")[0].numbers
    assert number.low == Fraction(33, 100)
    assert Fraction("0.33333334") < number.high < Fraction(1, 3) * (1 + Fraction(1, 10**7))  # what single precision makes of it


def test_rounding_on_the_way_widens_the_interval():
    """dy/du of the sigmoid's graph is -0.5344; with u = 0.37 it is -1/1.37^2 = -0.5328, with p = 1.4 it is -0.5102."""
    keys = answer_keys(solution_of("lectures/sigmoid-graph"))
    (number,) = keys["b", "dy_du"].numbers
    assert number.low <= Fraction("-0.54")
    assert number.high >= Fraction("-0.53")
    assert accepted("lectures/sigmoid-graph", "b.dy_du", number.low)
    assert accepted("lectures/sigmoid-graph", "b.dy_du", number.high)


@pytest.mark.parametrize("start", range(3))
def test_the_ends_of_every_interval_are_what_our_checker_accepts(start):
    """On every thirty-third problem of the bank: right at the end, no longer right beyond."""
    papers = {problem.id: paper for paper in bank().papers.values() for problem in paper.problems}
    tried = 0
    for problem in list(bank().problems.values())[start * 11 :: 33]:
        solution = solve_problem(problem, papers.get(problem.id))
        for (part, box), key in answer_keys(solution).items():
            name = f"{part}.{box}".rstrip(".")
            for number in key.numbers if key.kind == NUMBER else ():
                step = Fraction(1) if number.low == number.high else (number.high - number.low) / 20
                for end, sign in ((number.low, -1), (number.high, 1)):
                    beyond = end + sign * step
                    assert accepted(problem.id, name, end), (problem.id, name, end)
                    if not any(other.low <= beyond <= other.high for other in number.others):
                        assert not accepted(problem.id, name, beyond), (problem.id, name, beyond)
                    tried += 1
    assert tried >= 8


def test_entries_of_an_array_need_no_more_digits_than_its_largest(tmp_path):
    key, file = key_of(tmp_path, 'answer: {value: "[0.0625, 1/4, 3, 0]", marks: 1}')
    assert (key.kind, key.shape) == (NUMBERS, (4,))
    assert [(number.low, number.high) for number in key.numbers[1:]] == [(Fraction(1, 4),) * 2, (3, 3), (0, 0)]
    assert key.numbers[0].low == Fraction("0.06")
    assert check(file, "a", "[0.06, 0.25, 3, 0]").state in FULL
    assert [number.name for number in key.numbers] == ["[0]", "[1]", "[2]", "[3]"]


def test_more_entries_than_fields_are_for_a_person(tmp_path):
    key, _ = key_of(tmp_path, "answer: {value: 'ones(9, 9)', marks: 1}")
    assert key.kind == ESSAY
    assert "more than 64 entries" in key.limits[0]


# ---------------------------------------------------------------------------------------------------- other answers


def test_foreseen_answers_are_slips_readings_and_partial_credits():
    """Numbers from the problem's own tests, typed by hand there."""
    solution = solution_of("tum-2022ss/06")
    (number,) = answer_keys(solution)["c", ""].numbers
    found = {other.text: other for other in number.others}
    assert found["-1.5"].share == 1
    assert "added up" in found["-1.5"].feedback
    assert found["5"].share == Fraction(1, 2)
    assert found["-0.85"].share == 0
    assert "plain ReLU" in found["-0.85"].feedback


def test_no_two_foreseen_answers_overlap_and_all_have_our_shares():
    for id in ("tum-2022ss/06", "lectures/sigmoid-graph", "hildesheim-workbook/09"):
        for (part, box), key in answer_keys(solution_of(id)).items():
            for number in key.numbers:
                ranges = sorted([(number.low, number.high), *((one.low, one.high) for one in number.others)])
                assert all(before[1] < after[0] for before, after in zip(ranges, ranges[1:], strict=False)), (id, part, box)
                for other in number.others if key.kind == NUMBER else ():
                    verdict = check(id, f"{part}.{box}".rstrip("."), other.text)
                    assert other.feedback == verdict.feedback
                    earned = verdict.marks / verdict.out_of if verdict.out_of else verdict.share
                    assert other.share == earned


# ----------------------------------------------------------------------------------------------- options and texts

OPTIONS = """options:
  A: {{text: a, right: true}}
  B: {{text: b, right: {}}}
  C: {{text: c, right: false}}
  D: {{text: d, right: false}}
marks: 1"""


def test_one_right_option(tmp_path):
    key, _ = key_of(tmp_path, OPTIONS.format("false"))
    assert (key.kind, key.single) == (CHOICE, True)
    assert [option.share for option in key.options] == [1, 0, 0, 0]
    assert [option.ticked for option in key.options] == [1, -1, -1, -1]


@pytest.mark.parametrize(
    ("policy", "wrong"), [("all-or-nothing", -1), ("per-option", Fraction(-1, 4)), ("negative", Fraction(-1, 2))]
)
def test_several_right_options_by_policy(tmp_path, policy, wrong):
    key, _ = key_of(tmp_path, OPTIONS.format("true"), policies=Policies(choice=policy))
    assert not key.single
    assert [option.share for option in key.options] == [Fraction(1, 2), Fraction(1, 2), wrong, wrong]


def test_a_yes_or_no(tmp_path):
    key, _ = key_of(tmp_path, "answer: {kind: boolean, value: 2 > 1, marks: 1}")
    assert [(option.key, option.share) for option in key.options] == [("yes", 1), ("no", 0)]


def test_the_places_of_an_order(tmp_path):
    text = "kind: order\noptions: {A: {text: a, right: 3}, B: {text: b, right: 1}, C: {text: c, right: 3}}\nmarks: 1"
    key, _ = key_of(tmp_path, text)
    assert key.kind == ORDER
    assert {option.key: option.places for option in key.options} == {"A": (2, 3), "B": (1,), "C": (2, 3)}


def test_the_spellings_of_a_formula_are_all_right(tmp_path):
    key, file = key_of(tmp_path, "answer: {value: lambda * x, marks: 1}", "x: real, lambda: real")
    assert key.kind == SHORT
    assert {"lambda * x", "lambda*x", "lambda x", "λx", "x*lambda", "x·λ"} <= set(key.spellings)
    assert all(check(file, "a", text).state == "right" for text in key.spellings)


@pytest.mark.parametrize(
    ("text", "kind", "among"),
    [
        ("n * lambda", "expression", {"n*lambda", "lambda*n", "lambda n", "λ n", "nλ"}),
        ("log(p)", "expression", {"log(p)", "ln(p)", "ln p", "log p"}),
        ("O(k * p)", "growth", {"O(k*p)", "O(kp)", "O(pk)", "kp", "Θ(p k)"}),
        ("n^2", "expression", {"n^2", "n**2", "n*n", "n²"}),
        ("a - b_1", "expression", {"a - b_1", "a-b1", "-b_1 + a"}),
        ("N, M", "shape", {"(N, M)", "[N,M]", "N x M", "N × M"}),
        ("2", "expression", {"2"}),
        ("-o", "expression", {"-o", "−o"}),
    ],
)
def test_every_spelling(text, kind, among):
    assert among <= set(every_spelling(text, kind))


@pytest.mark.parametrize(
    "text",
    ["1/3 - 8*alpha/3", "3 * x^2 + 1", "a * b * c", "a / b", "log(1 - p)", "f(a, b)", "W @ x", "sqrt(v)", "a^3", "-log(y)"],
)
def test_formulas_with_many_spellings_have_none(text):
    assert every_spelling(text) == []


@pytest.mark.parametrize("value", ["1/3 - 8*x/3", "(x + x^2) / (1 + x)", "x / 3"])
def test_a_formula_that_can_be_typed_in_many_ways_is_for_a_person_who_sees_ours(tmp_path, value):
    key, file = key_of(tmp_path, f"answer: {{value: {value}, marks: 1}}", "x: real")
    assert key.kind == ESSAY
    assert "too many ways" in key.limits[0]
    assert check(file, "a", key.model).state == "right"


def test_other_right_answers_that_change_several_entries_are_for_a_person():
    for answer in ("3, 1, 1", "5, 1, 2", "1, 1, 0"):  # all keep height and width: 2 * padding = kernel - 1
        assert check("tum-2022ss/04", "1", answer).state in FULL
    key = answer_keys(solution_of("tum-2022ss/04"))["1", ""]
    assert (key.kind, key.numbers) == (ESSAY, ())
    assert "several entries together" in key.limits[0]


@pytest.mark.parametrize("id", ["lectures/adam-three-steps", "tum-2022ss/06", "hildesheim-workbook/14"])
def test_the_ends_of_an_interval_of_another_answer_earn_its_share(id):
    tried = 0
    for (part, box), key in answer_keys(solution_of(id)).items():
        for other in (other for number in key.numbers if key.kind == NUMBER for other in number.others):
            for end in {Fraction(other.text), other.low, other.high}:
                verdict = check(id, f"{part}.{box}".rstrip("."), decimal_text(end))
                share = 1 if verdict.state in FULL else verdict.marks / verdict.out_of if verdict.out_of else verdict.share
                assert share == other.share, (part, box, other.text, end)
                tried += 1
    assert tried > 10


ROUNDINGS = [  # of values that were worked out by hand
    ("hildesheim-workbook/02", "step.after", "9.202392", 1),  # 0.988^2 + 1.478^2 + 2.458^2, after one sample
    ("hildesheim-workbook/14", "a.P", "0.1192029", 1),  # 1 / (1 + e^2), kernels flipped
    ("tum-2021/02", "2", "-0.6931472", Fraction(3, 4)),  # -ln 2
    ("tum-2021/02", "2", "0.01083042", Fraction(3, 4)),  # ln 2 / 64
]


@pytest.mark.parametrize(("id", "name", "value", "share"), ROUNDINGS)
def test_every_rounding_of_another_answer_earns_its_share(id, name, value, share):
    part, _, box = name.partition(".")
    (number,) = answer_keys(solution_of(id))[part, box].numbers
    places = len(value.partition(".")[2]) - 1
    for text in (f"{float(value):.{digits}f}" for digits in range(4 if "0.01" in value else 2, places)):
        verdict = check(id, name, text)
        assert (1 if verdict.state in FULL else verdict.marks / verdict.out_of) == share, text
        assert [other.share for other in number.others if other.low <= Fraction(text) <= other.high] == [share], text


@pytest.mark.parametrize(("name", "texts"), [("a.y2", ("0.918", "0.92")), ("a.y3", ("0.928", "0.93"))])
def test_rounding_on_the_way_widens_the_interval_of_another_reading(name, texts):
    part, _, box = name.partition(".")
    (number,) = answer_keys(solution_of("hildesheim-workbook/15"))[part, box].numbers
    for text in texts:
        assert check("hildesheim-workbook/15", name, text).state == "rounded"
        assert [other.share for other in number.others if other.low <= Fraction(text) <= other.high] == [1], text


def test_too_few_digits_earn_half(tmp_path):
    """6.07 is asked for, 6.1 is a correct rounding of it with too few digits; 6 is a number of its own."""
    key, file = key_of(tmp_path, "answer: {value: 6.0687, marks: 2}")
    short = {other.text: other.share for other in key.numbers[0].others if other.short}
    assert short == {"6.1": Fraction(1, 2)}
    assert (check(file, "a", "6.1").tag, check(file, "a", "6.1").marks) == ("imprecise", 1)
    assert check(file, "a", "6").marks == 0
    assert not any("too few digits" in limit for limit in key.limits)


def test_too_few_digits_in_an_entry_earn_half_of_its_share(tmp_path):
    key, file = key_of(tmp_path, 'answer: {value: "[6.0687, 2]", marks: 4}')
    assert [[other.text for other in number.others] for number in key.numbers] == [["6.1"], []]
    assert check(file, "a", "[6.1, 2]").marks == 3


def test_where_nothing_decides_every_option_is_right():
    key = answer_keys(solution_of("hildesheim-workbook/13"))["b", ""]
    assert [(option.key, option.share) for option in key.options] == [("1", 1), ("0", 1)]
    assert (key.single, key.alone) == (True, True)
    assert {check("hildesheim-workbook/13", "b", text).marks for text in ("1", "0")} == {1}


def test_options_made_from_slips_say_what_went_wrong(tmp_path):
    key, file = key_of(tmp_path, "answer: w - 0.1 * x * (w * x - 1)\ndistractors: {slips: 3}\nmarks: 1", "x: 2, w: 3/2")
    wrong = [option for option in key.options if not option.truth]
    assert len(wrong) == 3
    for option in wrong:
        assert option.because
        assert option.because.partition(" (in ")[0] in check(file, "a", option.key).feedback


def test_a_slip_with_more_digits_is_not_paid_as_a_value_with_too_few():
    """0.0003 is the reference 0.00028975 with one digit; 0.0002995 is what a gradient that is not squared leads to."""
    (number,) = answer_keys(solution_of("lectures/adam-three-steps"))["b", "v"].numbers
    assert check("lectures/adam-three-steps", "b.v", "0.0002995").marks == 0
    assert not any(other.share and other.low <= Fraction("0.0002995") <= other.high for other in number.others)


def test_one_right_option_by_nature(tmp_path):
    assert key_of(tmp_path, "answer: {kind: boolean, value: 2 > 1, marks: 1}")[0].alone
    assert not key_of(tmp_path, OPTIONS.format("false"))[0].alone


def test_what_a_person_marks():
    keys = answer_keys(solution_of("tum-2022ss/03"))
    assert {key.kind for key in keys.values()} == {ESSAY}


def test_limits_name_what_gets_lost():
    keys = answer_keys(solution_of("tum-2022ss/06"))
    assert "errors carried forward from earlier answers earn no marks" in keys["c", ""].limits
    assert "errors carried forward from earlier answers earn no marks" not in keys["a", "z"].limits


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(1, 8), "0.125"), (Fraction(-3), "-3"), (Fraction(1, 3), "0.333333333333333"), (Fraction(10**20), str(10**20))],
)
def test_decimals(value, text):
    assert decimal_text(value) == text


# --------------------------------------------------------------------------------------------------------- agreement


def test_generated_answers_are_the_same_every_time():
    solution = solution_of("tum-2022ss/06")
    part = solution.problem.part("b")
    key = answer_key(solution, part, part.boxes[0])
    trials = with_trials(solution, part, part.boxes[0], key).trials
    assert trials == with_trials(solution, part, part.boxes[0], key).trials
    assert len(trials) > 12
    for trial in trials:
        verdict = check("tum-2022ss/06", "b", trial.entries[0])
        assert trial.share == (None if verdict.share is None else verdict.marks)  # the part has one mark


def test_a_target_that_gives_our_shares_agrees_on_all():
    made = sheet_of(bank().problems["tum-2022ss/06"], keys=True)
    mirror = agreement(made, Target("A mirror", lambda box, trial, _: trial.share if trial.share is not None else None))
    assert mirror.same == mirror.total > 0
    assert mirror.sentence() == f"A mirror agrees with our marking on {mirror.same:,} of {mirror.total:,} generated answers."
    never = agreement(made, Target("Nobody", lambda box, trial, _: Fraction(0)))
    assert never.same == sum(
        trial.share == 0 for part in made.questions[0].parts for box in part.boxes for trial in box.key.trials
    )
    assert len(never.others) == never.total - never.same
    assert never.fields()["same"] == never.same
    assert re.search(r"Students would get fewer marks than here for answers .*as a calculation \(\d+\)", never.sentence())


def test_the_sentence_says_what_students_lose_and_win():
    others = [("1 a", "as a calculation", ("1 + 1",), Fraction(1), Fraction(0))] * 2
    others += [
        ("1 b", "with some entries wrong", ("1",), Fraction(0), Fraction(1, 2)),
        ("1 c", "spelled otherwise", ("x",), None, 1),
    ]
    assert Agreement("Moodle", 5, 9, tuple(others), 2).sentence() == (
        "Moodle agrees with our marking on 5 of 9 generated answers; it leaves 2 boxes to a person. "
        "Students would get fewer marks than here for answers as a calculation (2). "
        "Students would get more marks than here for answers with some entries wrong (1). "
        "Students would get a verdict without a person for answers spelled otherwise (1)."
    )


def test_nothing_to_compare_gives_no_sentence():
    made = sheet_of(bank().problems["tum-2022ss/03"], keys=True)
    assert agreement(made, Target("Nobody", lambda box, trial, _: Fraction(0))).sentence() == ""
