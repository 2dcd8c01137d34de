"""Choices whose wrong options are what slips give: which are offered, how they are shown, marked, drawn and printed."""

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import exp, isqrt, log, tanh

import pytest
from click.testing import CliRunner

from grader import check
from grader.bank.load import load_bank, load_problem, read_file
from grader.bank.model import Policies
from grader.commands import main
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.kinds import distractors
from grader.marking.kinds.distractors import offers_of
from grader.marking.own_tests import failed_samples, run_own_tests
from grader.marking.solution import solution_of, solve_problem
from grader.marking.statement_text import statement_text
from grader.maths.errors import BankError
from grader.sheets.build import sheet_of
from grader.sheets.writers import write
from grader.variants import blocks
from grader.variants.draw import Tally, draw_many

LETTERS = "ABCDEF"


@pytest.fixture
def solved(make_bank):
    """A function: body of a problem -> its Solution."""

    def solve(body):
        make_bank({"exam/one.yaml": f"title: t\ntopics: [loss]\ntext: t\n{body}"})
        return solution_of("exam/one")

    return solve


@pytest.fixture
def faults(make_bank):
    """A function: body of a problem -> the sentences of `bank check`."""

    def told(body):
        root = make_bank({"exam/one.yaml": f"title: t\ntopics: [loss]\ntext: t\n{body}"})
        result = CliRunner().invoke(main, ["bank", "check", str(root / "exam/one.yaml")])
        return re.findall(r"one\.yaml:\d+: (.*)", result.output)

    return told


def offered(solution, part="a"):
    """The options of a part: letter -> text; and the letter of the right one."""
    options = solution.options(solution.problem.part(part))
    (right,) = [option.key for option in options if option.right == "true"]
    return {option.key: option.text for option in options}, right


def tags(solution, part="a"):
    """Text -> the tag of its slip, None for the right one."""
    return {one.text: one.slip and one.slip.tag for one in offers_of(solution, solution.problem.part(part))}


def letter(solution, text, part="a"):
    options, _ = offered(solution, part)
    return next(key for key, other in options.items() if other == text)


def judged(solution, typed, part="a", policies=None, earlier=()):
    judge = Judge(solution, policies)
    for other, text in earlier:
        judge.part(solution.problem.part(other), {"": text})
    (verdict,) = judge.part(solution.problem.part(part), {"": typed})
    return with_feedback(credit(verdict, judge.policies))


def as_choices(problem, wanted):
    """A problem of the bank with these boxes (`a`, `a.z`) as choices, each a part of its own."""
    parts = []
    for name in wanted:
        id, _, box = name.partition(".")
        part = problem.part(id)
        changed = replace(part.box(box), name="", kind="choice", distractors=3, partial=())
        parts.append(replace(part, id=name.replace(".", "-"), boxes=(changed,), options=()))
    return replace(problem, parts=tuple(parts), figures=(), tests=())


UNIT = """\
given: {x: 2, w: 1/2, b: -1/4, lr: 1/10}
let: {z: w * x + b, p: sigmoid(z)}
parts:
- {id: a, answer: {value: z, kind: choice, distractors: slips, marks: 2}}
- {id: b, answer: {value: -log(p), kind: choice, distractors: {slips: 5}, digits: 3, marks: 3}}
- {id: c, answer: p, marks: 1}
"""


# ------------------------------------------------------------------------------------------------------------ values


def test_options_are_what_the_slips_give_by_hand(solved):
    solution = solved(UNIT)
    known = {"3/4": None, "1": "second-term-forgotten", "1/2": "second-term-twice", "-1/4": "first-term-forgotten"}
    known |= {"5/4": "minus-for-plus"}  # 1 + 1/4
    found = tags(solution)
    assert len(found) == 4
    assert found.items() <= known.items()


def test_slips_with_a_meaning_of_their_own_come_first(solved):
    z = 0.75
    p = 1 / (1 + exp(-z))
    by_hand = {
        None: -log(p),
        "activation-forgotten": -log(z),
        "tanh-for-sigmoid": -log(tanh(z)),
        "logarithm-base-2": -log(p) / log(2),
        "logarithm-base-10": -log(p) / log(10),
        "minus-forgotten": log(p),
    }
    assert tags(solved(UNIT), "b") == {f"{value:.3f}": tag for tag, value in by_hand.items()}


def test_options_have_letters_in_a_row_and_one_is_right(solved):
    solution = solved(UNIT)
    for part, count in (("a", 4), ("b", 6)):
        options, right = offered(solution, part)
        assert "".join(options) == LETTERS[:count]
        assert solution.truths(solution.problem.part(part)) == {key: Fraction(key == right) for key in options}


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_as_many_as_asked_for(solved, count):
    solution = solved(f"given: {{x: 3, y: 5}}\nparts:\n- {{id: a, answer: x * y + 7, distractors: {{slips: {count}}}}}\n")
    assert len(offered(solution)[0]) == count + 1


def test_a_slip_that_gives_the_right_answer_is_no_option(solved):
    """With b = 0 and w = 1 a forgotten bias and a forgotten factor change nothing; x = 2 makes the square twice x."""
    solution = solved("given: {x: 2, w: 1, b: 0}\nparts:\n- {id: a, answer: (w * x + b)^2, distractors: {slips: 2}}\n")
    found = tags(solution)
    assert [text for text, tag in found.items() if tag is None] == ["4"]
    assert all(Fraction(text) != 4 for text, tag in found.items() if tag)
    assert set(found.values()).isdisjoint({"second-term-forgotten", "bias-forgotten", "minus-for-plus", "power-as-product"})


def test_each_slip_is_offered_once(solved):
    """Of 2 * 3 * 5 * 7 each factor can be the one that is forgotten; that is told as one or two sorts of slips."""
    body = "given: {x: 2, y: 3, u: 5, v: 7}\nparts:\n- {id: a, answer: x * y * u * v, distractors: {slips: 5}}\n"
    found = [tag for tag in tags(solved(body)).values() if tag]
    assert len(set(found)) == 5


def test_two_slips_with_one_value_are_one_option(solved):
    """2 * 2 + 2: without the first term 2, as without either factor's product; 4 without the second, 0 with a minus."""
    options, _ = offered(solved("given: {x: 2}\nparts:\n- {id: a, answer: x * x + x, distractors: {slips: 4}}\n"))
    assert len({Fraction(text) for text in options.values()}) == 5


def test_values_that_look_alike_are_not_both_offered(solved):
    """-ln 0.9 = 0.105, in base 10 it is 0.046, in base 2 0.152: with one decimal 0.1, 0.0 and 0.2; then -0.1, 0.2 (twice)."""
    body = "given: {{p: 9/10}}\nparts:\n- {{id: a, answer: -log(p), digits: {digits}, distractors: {{slips: {count}}}}}\n"
    finely = tags(solved(body.format(digits=3, count=3)))
    assert {finely["0.105"], finely["0.152"], finely["0.046"]} == {None, "logarithm-base-2", "logarithm-base-10"}
    coarsely = tags(solved(body.format(digits=1, count=2)))
    assert len(coarsely) == 3
    assert all(re.fullmatch(r"-?\d+\.\d", text) for text in coarsely)
    assert coarsely["0.1"] is None
    assert "logarithm-base-2" not in coarsely.values()  # 0.152 is less than 0.1 away


def test_rounded_options_are_a_hundredth_apart(solved):
    """1000 e^0.001 = 1001.0005; without the minus sign in front of the exponent 998.9995 is too near."""
    solution = solved("given: {t: 1/1000}\nlet: {y: 1000 * exp(t)}\nparts:\n- {id: a, answer: y, distractors: {slips: 2}}\n")
    options, right = offered(solution)
    assert options[right] == "1001"
    assert all(abs(float(text) - 1001.0005) >= 10.01 for key, text in options.items() if key != right)
    assert "exponent-sign" not in tags(solution).values()


def test_options_are_of_a_like_size(solved):
    body = "given: {x: 700, y: 1/700}\nparts:\n- {id: a, answer: x / y, distractors: {slips: 3}}\n"
    options, right = offered(solved(body))
    assert options[right] == "490000"
    assert all(4900 <= abs(Fraction(text)) <= 49_000_000 for text in options.values())  # not 1/490000, nor 700 / 490000


def test_sizes_stay_whole_and_positive(solved):
    """(13 - 4 + 2) / 2 + 1 = 6 with the half left over."""
    body = 'given: {n: 13}\nparts:\n- {id: a, answer: "floor((n - 4 + 2) / 2) + 1", distractors: {slips: 3}}\n'
    options, right = offered(solved(body))
    assert options[right] == "6"
    assert all(text.isdecimal() for text in options.values())


def test_a_value_that_is_right_under_a_reading_is_no_option(solved):
    """The sum of 1, 2 and 6 is 9, the mean 3; a listed reading takes the mean, which then is no wrong option."""
    body = 'given: {{x: "[1, 2, 6]", k: 1}}\n{}parts:\n- {{id: a, answer: k * sum(x), distractors: {{slips: 2}}}}\n'
    assert "mean-for-sum" in tags(solved(body.format(""))).values()
    reading = "readings:\n- {name: the mean is meant, replace: {k: 1/3}}\n"
    assert "3" not in tags(solved(body.format(reading)))


# ------------------------------------------------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("given", "fields", "pattern"),
    [
        ("w: 1/2, x: 3", "answer: w * x + 1", r"-?\d+(/\d+)?"),
        ("w: 0.5, x: 3", "answer: w * x + 1", r"-?\d+(\.\d+)?"),
        ("w: 1/2, x: 3", "answer: w * x + 1, digits: 1", r"-?\d+(\.\d)?"),
        ("w: 1/2, x: 3", "answer: exp(w * x) + 1, digits: 2", r"-?\d+\.\d\d"),
        ("w: 1/2, x: 3", "answer: exp(w * x) + 1", r"-?\d+\.\d{3}"),  # e^1.5 + 1 = 5.48...: four digits
        ("w: 1/2, x: 3", "answer: exp(-20 * w) * x", r"-?\d(\.\d+)?e-0?\d"),
        ('w: "[1, 2]", x: 3', "answer: w * x", r"\[-?\d+(/\d+)?, -?\d+(/\d+)?\]"),
    ],
)
def test_all_options_have_one_form(solved, given, fields, pattern):
    options, _ = offered(solved(f"given: {{{given}}}\nparts:\n- {{id: a, {fields}, distractors: {{slips: 2}}}}\n"))
    assert len(set(options.values())) == 3
    assert [text for text in options.values() if not re.fullmatch(pattern, text)] == []


def test_matrices_are_offered_in_their_shape(solved):
    solution = solved(
        'given: {A: "[[1, 2], [3, 4]]", B: "[[0, 1], [1, 1]]"}\nparts:\n- {id: a, answer: A @ B, distractors: slips}\n'
    )
    found = tags(solution)
    assert found["[[2, 3], [4, 7]]"] is None
    assert {tag: text for text, tag in found.items()}["left-transposed"] == "[[3, 4], [4, 6]]"  # A^T B
    assert all(re.fullmatch(r"\[\[[^\[\]]*\], \[[^\[\]]*\]\]", text) for text in found)


def test_formulas_are_offered(solved):
    solution = solved("given: {x: real, a: real}\nparts:\n- {id: a, answer: (x - a) * x, distractors: slips, marks: 1}\n")
    options, right = offered(solution)
    assert len(set(options.values())) == 4
    at = [eval(text.replace("^", "**"), {"x": 3, "a": 5}) for text in options.values()]  # noqa: S307 - formulas of our own
    assert len(set(at)) == 4
    assert at[LETTERS.index(right)] == -6
    assert judged(solution, "x^2 - a*x").state == "right"
    assert judged(solution, "x^2 - a*x").read == f"option {right}"
    assert judged(solution, "x + a").state == "unreadable"


# ------------------------------------------------------------------------------------------------------------- order

SHOW = """
import sys
from grader import solve
solution = solve(sys.argv[1])
print([(option.key, option.text) for option in solution.options(solution.problem.parts[0])])
"""


def test_the_order_is_the_same_in_every_process(make_bank):
    root = make_bank({"exam/one.yaml": f"title: t\ntopics: [loss]\ntext: t\n{UNIT}"})
    runs = {
        subprocess.run(
            [sys.executable, "-c", SHOW, "exam/one"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "GRADER_BANK": str(root)},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert runs.pop().strip() == str(list(offered(solution_of("exam/one"))[0].items()))


def test_the_order_follows_from_problem_part_and_values(solved):
    """Other values, and another part with the same values, have another order somewhere."""
    part = "{{id: {0}, answer: {{value: x * y + 2, kind: choice, distractors: {{slips: 5}}}}}}"
    parts = "\n".join(f"- {part.format(id)}" for id in "abcdef")
    solution = solved(f"given: {{x: 3, y: 5, unused: 1}}\nparts:\n{parts}\n")
    orders = {tuple(offered(solution, id)[0].values()) for id in "abcdef"}
    assert {frozenset(order) for order in orders} == {frozenset(next(iter(orders)))}
    assert len(orders) > 2
    other = solved(f"given: {{x: 3, y: 5, unused: 2}}\nparts:\n{parts}\n")
    assert orders != {tuple(offered(other, id)[0].values()) for id in "abcdef"}


# ---------------------------------------------------------------------------------------------------------- verdicts


def test_the_verdict_names_the_slip(solved):
    solution = solved(UNIT)
    found = {tag: text for text, tag in tags(solution, "b").items()}
    verdict = judged(solution, letter(solution, found["tanh-for-sigmoid"], "b"), "b")
    assert (verdict.state, verdict.tag, verdict.marks) == ("wrong", "tanh-for-sigmoid", 0)
    assert verdict.feedback == "Not right: tanh is used instead of the sigmoid (in p)."
    assert judged(solution, offered(solution, "b")[1].lower(), "b").marks == 3


@pytest.mark.parametrize("typed", ["{}", "({})", "option {}", "{}, because of the bias", "[x] {}", "{}."])
def test_spellings_of_a_letter(solved, typed):
    solution = solved(UNIT)
    options, right = offered(solution)
    for key in options:
        assert judged(solution, typed.format(key)).marks == (2 if key == right else 0)


def test_several_ticks_and_none_are_wrong(solved):
    solution = solved(UNIT)
    for typed in ("A, B", "all", "none", "A B C D"):
        assert (judged(solution, typed).state, judged(solution, typed).marks) == ("wrong", 0)
    assert judged(solution, "").state == "blank"


@pytest.mark.parametrize(
    ("policy", "one_wrong", "two_wrong"), [("all-or-nothing", 0, 0), ("per-option", 1, Fraction(1, 2)), ("negative", 0, 0)]
)
def test_policies_of_choices_hold(solved, policy, one_wrong, two_wrong):
    """Of four boxes a single wrong tick leaves two as they should be; two wrong ticks one, and the right one unticked."""
    solution = solved(UNIT)
    options, right = offered(solution)
    wrong = [key for key in options if key != right]
    policies = Policies(choice=policy)
    assert judged(solution, right, policies=policies).marks == 2
    assert judged(solution, wrong[0], policies=policies).marks == one_wrong
    assert judged(solution, ", ".join(wrong[:2]), policies=policies).marks == two_wrong


def test_a_paper_may_give_marks_for_a_slip(solved):
    solution = solved(UNIT)
    wrong = letter(solution, "1")  # 1/2 * 2 without the bias
    verdict = judged(solution, wrong, policies=Policies(slips=(("second-term-forgotten", Fraction(1, 2)),)))
    assert (verdict.state, verdict.marks) == ("partly", 1)
    assert verdict.feedback == "Partly right: the second term is missing, b."


def test_a_typed_value_stands_for_its_option(solved):
    solution = solved(UNIT)
    options, right = offered(solution)
    for typed in ("3/4", "0.75", "0,75", "z = 3/4", "75 %"):
        assert (judged(solution, typed).marks, judged(solution, typed).read) == (2, f"option {right}")
    wrong = judged(solution, "1")
    assert (wrong.state, wrong.tag, wrong.read) == ("wrong", "second-term-forgotten", f"option {letter(solution, '1')}")


@pytest.mark.parametrize(
    ("typed", "said"), [("0.7", "not the value of an option"), ("17", "not the value"), ("A?", "not clear which")]
)
def test_what_is_no_option_is_unreadable(solved, typed, said):
    verdict = judged(solved(UNIT), typed)
    assert (verdict.state, verdict.marks) == ("unreadable", None)
    assert said in verdict.feedback


def test_a_value_of_two_options_is_unreadable(solved):
    """1.005 e and e, to one decimal asked both are 2.7: 2.7 fits the right 2.732 and the wrong 2.7."""
    body = "given: {s: 1, t: 0.0135}\nparts:\n- {id: a, answer: exp(s) + exp(s) * t, distractors: slips, marks: 1}\n"
    solution = solved(body)
    texts = offered(solution)[0].values()
    assert {"2.755", "2.718"} <= set(texts)  # e = 2.71828, 1.0135 e = 2.75498
    assert judged(solution, "2.7").state == "unreadable"


def test_a_letter_that_is_also_a_value_is_unreadable(solved):
    """With a symbol called A, the answer A is an option's letter and a formula."""
    body = "given: {A: real, u: real}\nparts:\n- {id: a, answer: A + u, distractors: slips, marks: 1}\n"
    solution = solved(body)
    options, _ = offered(solution)
    assert "A" in set(options.values()) - {options["A"]}
    verdict = judged(solution, "A")
    assert verdict.state == "unreadable"
    assert "not clear whether A or the value of option" in verdict.feedback
    other = next(key for key in options if key != "A")
    assert judged(solution, other).state in ("right", "wrong")


CARRIED = """\
given: {x: 3, y: 5}
let: {z: x + y}
parts:
- {id: a, answer: z, distractors: slips, marks: 1}
- {id: b, answer: z * z, distractors: {slips: 5}, marks: 1}
- {id: c, answer: 10 * z, marks: 1}
"""


def test_later_answers_follow_from_the_option_taken(solved):
    """Who takes z = 13 (5 counted twice) goes on with 130."""
    solution = solved(CARRIED)
    wrong = next(text for text, tag in tags(solution).items() if tag)
    follows = judged(solution, str(10 * Fraction(wrong)), "c", earlier=[("a", letter(solution, wrong))])
    assert (follows.state, follows.marks) == ("follows", 1)
    assert judged(solution, str(10 * Fraction(wrong)), "c").state == "wrong"
    assert judged(solution, "80", "c", earlier=[("a", letter(solution, wrong))]).state == "right"


def test_an_option_may_follow_from_own_values(solved):
    """z * z is 64; who has typed z = 4, and finds 16 among the options, has gone on rightly."""
    solution = solved(CARRIED.replace("answer: z, distractors: slips", "answer: z"))
    wrong = next(text for text, tag in tags(solution, "b").items() if tag and Fraction(text) ** 2 and _root(text))
    key = letter(solution, wrong, "b")
    verdict = judged(solution, key, "b", earlier=[("a", str(_root(wrong)))])
    assert (verdict.state, verdict.marks) == ("follows", 1)
    assert judged(solution, key, "b").state == "wrong"


def _root(text):
    value = int(text) if text.isdecimal() else 0
    root = round(value**0.5)
    return root if root * root == value else 0


def test_samples_and_own_tests(solved):
    solution = solved(UNIT + "tests:\n- expect: {a: 3/4, b: 0.387}\n- {respond: {a: '1', b: 0.387}, marks: 3}\n")
    assert run_own_tests(solution.problem) == []
    assert failed_samples(solution) == []
    wrong = solved(UNIT + "tests:\n- expect: {a: 1}\n")
    assert "should be 1, but the solution says otherwise" in str(run_own_tests(wrong.problem)[0])


# ------------------------------------------------------------------------------------------------------------ faults


def test_too_few_slips_are_a_fault(faults):
    """-1, 2 and 1/2; the inverse, the square and the root of 1 are 1."""
    told = faults("given: {x: 1}\nparts:\n- {id: a, answer: x, distractors: {slips: 4}, marks: 1}\n")
    (sentence,) = told
    assert re.fullmatch("part a: 4 wrong options are asked for, but slips give only 3 that can be told apart", sentence)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("answer: x, distractors: sips", "'distractors' cannot be 'sips' (did you mean 'slips'?)"),
        ("answer: x, distractors: {slips: 1}", "'slips' must be a whole number from 2 to 5; this is '1'"),
        ("answer: x, distractors: {slips: 6}", "'slips' must be a whole number from 0 to 5; this is '6'"),
        ("answer: x, distractors: {}", "'slips' is missing"),
        ("answer: x, kind: number, distractors: slips", "'distractors' belongs to kind choice; this part is of kind number"),
        ("kind: choice, distractors: slips", "'distractors' are made of slips on the way to an 'answer'"),
        ("answer: x, distractors: slips, partial: [{value: x, marks: 1, tag: t}]", "a choice has no 'partial'"),
        ("answer: {u: {value: x, distractors: slips}}", "'distractors' make a choice, which is a part of its own"),
        ("answer: {u: {value: x, kind: choice, distractors: slips}}", "a choice cannot be one of several boxes"),
        (
            "answer: x, distractors: slips, options: {A: {text: t, right: true}, B: {text: t, right: false}}",
            "a choice has 'options' or 'distractors', not both",
        ),
        ("answer: x, kind: choice", "a part of kind choice has no 'answer'"),
    ],
)
def test_faults_of_a_file(make_bank, part, said):
    root = make_bank(
        {"exam/one.yaml": f"title: t\ntopics: [loss]\ntext: t\ngiven: {{x: 3}}\nparts:\n- {{id: a, {part}, marks: 1}}\n"}
    )
    with pytest.raises(BankError) as error:
        read_file(root / "exam/one.yaml")
    assert said in str(error.value)


# ---------------------------------------------------------------------------------------------------------- variants

TURNED = {  # problem -> its answers that become choices
    "lectures/sigmoid-layer": ("c.L", "c.dY"),
    "hildesheim-workbook/14": ("a.dtheta", "a.dC"),
    "lectures/batchnorm-parameters-dense": ("a.before", "b", "c"),
    "lectures/adam-three-steps": ("c",),
}


@pytest.mark.parametrize("id", TURNED)
def test_options_are_distinct_on_500_variants(id):
    problem = as_choices(load_bank().problems[id], TURNED[id])
    variants = draw_many(problem, 500, 7)
    assert len(variants) == 500
    places = Counter()
    for variant in variants:
        solution = solve_problem(variant.problem)
        for part in problem.parts:
            options, right = offered(solution, part.id)
            values = [_numbers(text) for text in options.values()]
            assert len(set(values)) == 4, variant.values
            assert len({len(value) for value in values}) == 1
            unit = 0 if part.boxes[0].digits is None else 10 ** -part.boxes[0].digits
            assert _close(_numbers(variant.answers[part.id].removeprefix("≈ ")), _numbers(options[right]), unit)
            places[right] += 1
    shares = [places[key] / places.total() for key in "ABCD"]
    assert all(0.17 < share < 0.33 for share in shares), places  # more than four standard deviations of a fair order


def _numbers(text):
    return tuple(float(Fraction(number)) for number in re.findall(r"-?\d+(?:/\d+|(?:\.\d+)?(?:e-?\d+)?)", text))


def _close(exact, shown, unit):
    size = max(map(abs, exact))
    return len(exact) == len(shown) and all(
        abs(a - b) <= max(size / 1000, unit / 2 + size / 10**5) for a, b in zip(exact, shown, strict=True)
    )


DRAWN = """\
given: {x: 3, y: 5, b: 2}
draw: {x: "ints(-9..9)", y: "ints(1..9)", b: "halves(-4..4)"}
parts:
- {id: a, answer: x * y + b, distractors: {slips: 4}, marks: 1}
"""


def test_wrong_options_of_variants_are_what_their_slips_give(solved):
    """Every option of 300 variants, worked out again in plain fractions."""
    problem = solved(DRAWN).problem
    for variant in draw_many(problem, 300, 3):
        x, y, b = (Fraction(variant.values[name]) for name in "xyb")
        z = x * y + b
        by_hand = {
            None: {z},
            "second-term-forgotten": {x * y},
            "bias-forgotten": {x * y},
            "first-term-forgotten": {b},
            "second-term-twice": {z + b},
            "bias-counted-twice": {z + b},
            "minus-for-plus": {x * y - b},
            "sign": {-z},
            "factor-2": {2 * z},
            "factor-1/2": {z / 2},
            "factor-forgotten": {y + b, b},
            "last-factor-forgotten": {x + b, b},
            "reciprocal": {1 / z if z else None},
            "root-forgotten": {z * z},
            "root-taken": {Fraction(isqrt(abs(z.numerator)), isqrt(z.denominator))},
            "values-swapped": {x * b + y, b * y + x, z},
        }
        found = tags(solve_problem(variant.problem))
        assert len(found) == 5
        assert [text for text, tag in found.items() if Fraction(text) not in by_hand[tag]] == [], variant.values


COINCIDING = """\
given: {x: 3, y: 5}
draw: {x: "ints(-2..6)", y: "ints(-2..6)"}
parts:
- {id: a, answer: x * y + 1, distractors: {slips: 5}, marks: 1}
"""


def test_candidates_with_too_few_options_are_rejected(solved, monkeypatch):
    """With x or y 0 most slips coincide. Without the check such variants are drawn, and with it no others are lost."""
    problem = solved(COINCIDING).problem
    part = problem.parts[0]

    def sorted_out():
        good, bad = set(), set()
        for variant in draw_many(problem, 81, 1, tally=(tally := Tally())):
            try:
                offers_of(solve_problem(variant.problem), part)
                good.add(tuple(variant.values.values()))
            except BankError:
                bad.add(tuple(variant.values.values()))
        return good, bad, tally.rejected["too few options can be told apart"]

    good, bad, rejected = sorted_out()
    assert not bad
    assert rejected > 0
    monkeypatch.setattr(blocks, "few_options", lambda *arguments: ())
    all_good, all_bad, _ = sorted_out()
    assert all_bad
    assert all("0" in values for values in all_bad)
    assert good == all_good


# ---------------------------------------------------------------------------------------------------- where it shows


def test_the_statement_lists_the_options_and_keeps_the_secret(solved):
    solution = solved(UNIT)
    lines = statement_text(solution).splitlines()
    options, _ = offered(solution)
    assert all(f"  {key}) {text}" in lines for key, text in options.items())
    assert "missing" not in statement_text(solution)


def test_solve_shows_the_slip_of_every_option(solved):
    solution = solved(UNIT)
    printed = CliRunner().invoke(main, ["solve", "exam/one", "--part", "a"]).output
    options, right = offered(solution)
    assert f"\n  {right}\n" in printed
    assert f"\n  {right}) 3/4  (right)\n" in printed
    assert f"\n  {letter(solution, '1')}) 1  (the second term is missing, b)\n" in printed


@pytest.mark.parametrize("format", ["text", "markdown", "html", "latex", "notebook"])
def test_sheets_show_the_options_and_solutions_the_slips(solved, format):
    solved(UNIT)
    problem = load_problem("exam/one")
    asked, solved_sheet = (
        "".join(text for text in write(sheet_of(problem, solutions), format).values() if isinstance(text, str))
        for solutions in (False, True)
    )
    assert "the second term is missing" not in asked
    assert "the second term is missing" in solved_sheet
    assert "0.558" in asked  # a wrong option of part b
    assert sheet_of(problem).questions[0].parts[0].options[0].key == "A"


def test_templates_ask_for_a_letter(solved):
    from grader.sheets.templates import answers_yaml

    solved(UNIT)
    assert re.search(r"^ +a: +# A, B, C, D", answers_yaml(sheet_of(load_problem("exam/one"))), re.MULTILINE)


def test_a_hand_in_is_graded(make_bank):
    root = make_bank(
        {
            "bank/exam/one.yaml": f"title: t\ntopics: [loss]\ntext: t\n{UNIT}",
            "bank/exam/paper.yaml": "title: The exam\nproblems: [one]\n",
        }
    )
    os.environ["GRADER_BANK"] = str(root / "bank")  # set by the fixture, which puts it back
    options, right = offered(solution_of("exam/one"))
    wrong = next(key for key in options if key != right)
    for name, ticked in (("s1", right), ("s2", wrong)):
        path = root / "h" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        boxes = "\n".join(f"- [{'x' if key == ticked else ' '}] {key}" for key in options)
        path.write_text(f"## Problem one\n\n### (a)\n\n{boxes}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["grade", "h", "--paper", "exam", "-o", "out"])
    assert result.exit_code == 0, result.output
    assert re.search(r"^s1 +2 / 6", result.output, re.MULTILINE)
    assert re.search(r"^s2 +0 / 6", result.output, re.MULTILINE)


def test_check_takes_the_letter_and_the_value(solved):
    solution = solved(UNIT)
    assert check("exam/one", "a", offered(solution)[1]).state == "right"
    assert check("exam/one", "a", "3/4").state == "right"


def test_options_are_worked_out_once(solved, monkeypatch):
    solution = solved(UNIT)
    offered(solution)
    monkeypatch.setattr(distractors, "_values", None)
    assert len(offered(solution)[0]) == 4
