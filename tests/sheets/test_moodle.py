"""Moodle XML: what Moodle's importer makes of it (`moodle_import`, written from its source), marks, escaping, variants."""

import json
import re
from fractions import Fraction
from functools import cache
from html import unescape

import moodle_import
import pytest
from click.testing import CliRunner

from grader.bank.load import load_bank, load_problem
from grader.bank.model import Paper
from grader.commands import main
from grader.marking.api import check
from grader.marking.solution import solve_problem
from grader.sheets.agreement import agreement
from grader.sheets.build import sheet_of
from grader.sheets.markdown import in_formula
from grader.sheets.notation import matrix_latex
from grader.sheets.open_questions import matrix_in_text, value_in_formula
from grader.sheets.writers import marked_by, write
from grader.sheets.writers.moodle_items import in_field
from grader.sheets.writers.moodle_rules import TARGET, fraction_text, moodle_number, nearest
from grader.variants.draw import draw_many

SOME = ("tum-2022ss/01", "tum-2022ss/02", "tum-2022ss/04", "tum-2022ss/06", "tum-2022ss/07", "tum-2020ss/02", "tum-2022feb/06")


@cache
def bank():
    return load_bank()


@cache
def sheet(id, solutions=False):
    return sheet_of(bank().problems[id], solutions=solutions, keys=True)


def imported(made):
    """The questions that Moodle makes of a sheet."""
    (xml,) = write(made, "moodle").values()
    return moodle_import.read(xml)


def made_of(tmp_path, text, **settings):
    (tmp_path / "made.yaml").write_text(text, encoding="utf-8")
    return sheet_of(load_problem(str(tmp_path / "made.yaml")), keys=True, **settings)


# ------------------------------------------------------------------------------------------------------------ import


@pytest.mark.parametrize("name", sorted({name.partition("/")[0] for name in bank().problems}))
def test_every_problem_of_the_bank_is_imported(name, monkeypatch):
    monkeypatch.setattr("grader.sheets.build.with_trials", lambda solution, part, box, key: key)  # they take the most time
    for id in bank().problems:
        if id.startswith(f"{name}/"):
            questions = imported(sheet_of(bank().problems[id], keys=True))
            boxes = sum(len(part.boxes) for part in bank().problems[id].parts)
            essays = [one for one in questions if one.kind == "essay"]
            others = [one for one in questions if one.kind != "essay"]
            assert len(others) <= 1, id
            assert len(essays) <= boxes, id
            assert {one.category for one in questions} == {questions[0].category}, id


@pytest.mark.parametrize("id", SOME)
def test_solutions_stand_in_the_general_feedback(id):
    plain, solved = imported(sheet(id)), imported(sheet(id, solutions=True))
    assert [(one.kind, one.text) for one in plain] == [(one.kind, one.text) for one in solved]
    assert not any(one.feedback for one in plain)
    assert all(one.feedback or one.kind == "essay" for one in solved)


ONE_NUMBER = """\
title: One number
topics: [loss]
text: Take $x = {{x}}$.
given: {x: 1/8}
parts: [{id: a, text: "Compute the double of $x$ to two decimals.", answer: {value: 2 * x + 0.001, marks: 3/2, digits: 2}}]
"""


def test_a_single_number_is_a_numerical_question(tmp_path):
    (question,) = imported(made_of(tmp_path, ONE_NUMBER))
    assert (question.kind, question.marks) == ("numerical", 1.5)
    assert "\\(x = 1/8\\)" in question.text
    assert question.answers[0].text == "0.251"  # the value itself is shown as the right answer
    assert moodle_import.numerical_answer(question, "0.25").share == 1
    assert moodle_import.numerical_answer(question, "0.23") is None


def test_the_right_answer_is_shown_with_few_digits(tmp_path):
    (question,) = imported(made_of(tmp_path, ONE_NUMBER.replace("2 * x + 0.001", "1/3")))
    assert question.answers[0].text == "0.3333"  # two decimals are asked for, and two more shown
    assert moodle_import.numerical_answer(question, "0.333333333333333").share == 1


def test_a_sentence_says_how_decimals_are_typed(tmp_path):
    assert "with a point (0.35)" in imported(made_of(tmp_path, ONE_NUMBER))[0].text
    assert "mit Komma eingeben (0,35)" in imported(made_of(tmp_path, ONE_NUMBER, language="de"))[0].text
    whole = ONE_NUMBER.replace("2 * x + 0.001", "8 * x").replace(", digits: 2", "")
    assert "0.35" not in imported(made_of(tmp_path, whole))[0].text
    assert "0.35" not in imported(made_of(tmp_path, WANTED))[1].text  # an essay


LARGE = "15052572459447416415"  # more than 2^63: Moodle keeps 1.5052572459447E+19


def test_a_large_whole_number_is_right_as_moodle_keeps_it(tmp_path):
    text = ONE_NUMBER.replace("2 * x + 0.001", f"'{LARGE}'").replace(", digits: 2", "")
    (question,) = imported(made_of(tmp_path, text))
    assert moodle_import.stored(LARGE) == 1.5052572459447e19
    assert moodle_import.numerical_answer(question, LARGE).share == 1
    assert moodle_import.numerical_answer(question, "15052572459557416415") is None  # another eleventh digit


CHOICE = """\
title: One choice
topics: [loss]
parts:
- id: a
  text: Which?
  options: {A: {text: "$a < b$", right: true, because: So it is.}, B: {text: That., right: %s}, C: {text: No., right: false}}
  marks: 2
"""


def test_a_single_choice_is_a_multichoice_question(tmp_path):
    (question,) = imported(made_of(tmp_path, CHOICE % "false", solutions=True))
    assert (question.kind, question.single) == ("multichoice", True)
    assert [answer.share for answer in question.answers] == [1, 0, 0]
    assert "\\(a &lt; b\\)" in question.answers[0].text
    assert question.answers[0].feedback == "So it is."


def test_several_right_options_share_the_marks_and_wrong_ones_cost_them(tmp_path):
    (question,) = imported(made_of(tmp_path, CHOICE % "true"))
    assert not question.single
    assert [answer.share for answer in question.answers] == [0.5, 0.5, -1, -1]  # the last is `none of these`
    assert moodle_import.ticked(question, [0, 1]) == 1
    assert moodle_import.ticked(question, [0, 1, 2]) == moodle_import.ticked(question, [3]) == 0


def test_without_a_right_option_none_of_them_is_the_answer(tmp_path):
    (question,) = imported(made_of(tmp_path, (CHOICE % "false").replace("right: true", "right: false")))
    assert [answer.share for answer in question.answers] == [-1, -1, -1, 1]


def test_where_nothing_decides_every_option_is_right():
    (cloze,) = imported(sheet("hildesheim-workbook/13"))
    field = cloze.fields[-1]
    assert field.kind == "multichoice"
    assert [answer.share for answer in field.answers] == [1, 1]


SLIPS = """\
title: Slips
topics: [loss]
given: {x: 2, w: 3/2}
parts: [{id: a, text: What is it?, answer: w - 0.1 * x * (w * x - 1), distractors: {slips: 3}, marks: 1}]
"""


def test_options_made_from_slips_have_feedback_without_solutions(tmp_path):
    (question,) = imported(made_of(tmp_path, SLIPS))
    assert sorted(bool(answer.feedback) for answer in question.answers) == [False, True, True, True]
    assert all(bool(answer.feedback) != (answer.share == 1) for answer in question.answers)


SEVERAL = """\
title: Several
topics: [loss]
given: {x: 2}
parts:
- id: a
  text: Which?
  options: {A: {text: a, right: true}, B: {text: b, right: true}, C: {text: c, right: false}}
  marks: 1
- {id: b, text: Which one?, options: {A: {text: a, right: true}, B: {text: b, right: false}}, marks: 1}
- {id: c, text: Large?, answer: {kind: boolean, value: x > 1, marks: 1}}
"""


def test_beside_several_right_options_a_yes_or_no_has_radio_buttons(tmp_path):
    (question,) = imported(made_of(tmp_path, SEVERAL))
    assert [one.kind for one in question.fields] == ["multiresponse", "multiresponse", "multichoice"]
    several, one, large = question.fields
    assert moodle_import.ticked(several, [0, 1]) == moodle_import.ticked(one, [0]) == 1
    assert moodle_import.ticked(several, [0, 1, 2]) == moodle_import.ticked(one, [0, 1]) == 0
    assert [(answer.text, answer.share) for answer in large.answers] == [("yes", 1), ("no", 0)]


def test_ticking_a_wrong_option_beside_all_right_ones_earns_nothing():
    """The yes or no of part a has one wrong option; b and f have several right ones."""
    (cloze,) = [one for one in imported(sheet("lectures/gradient-descent-conditions")) if one.kind == "cloze"]
    assert [one.kind for one in cloze.fields if one.kind.startswith("multi")] == ["multichoice", "multiresponse", "multiresponse"]
    for one in cloze.fields:
        if one.kind == "multiresponse":
            assert moodle_import.ticked(one, range(len(one.answers) - 1)) == 0


WANTED = """\
title: Wanted
topics: [loss]
given: {x: real, W: "[[1, 2], [3, 5]]"}
parts:
- id: a
  text: Some of each.
  answer:
    first: {value: 2 * x, marks: 1/2}
    second: {value: (x + 3) / (x^2 + 1), marks: 3/2}
    third: {value: W / 8, digits: 2, marks: 1}
"""


def test_an_essay_says_which_answer_it_wants_and_what_it_is_worth(tmp_path):
    cloze, essay = imported(made_of(tmp_path, WANTED))
    assert (cloze.kind, essay.kind) == ("cloze", "essay")
    assert "second (a formula)" in shown(essay.text)
    assert "[3/2\u00a0marks]" in shown(essay.text)
    assert not {"first", "third"} & set(re.findall(r"\w+", essay.text))
    assert (essay.marks, cloze.marks) == (1.5, 1.5)
    assert "[3/2\u00a0marks]" in shown(cloze.text)  # 1/2 and 1
    assert "second" not in cloze.text
    assert re.search(r"<code>.*x.*</code>", essay.grader)  # our formula, for who marks


def test_a_table_of_fields_is_not_told_how_to_type_an_array(tmp_path):
    cloze, _ = imported(made_of(tmp_path, WANTED))
    assert "[1, 2; 3, 4]" not in cloze.text
    assert "(2 decimals)" in cloze.text


def test_text_is_an_essay_with_rubric_and_model_for_who_marks():
    questions = imported(sheet("tum-2022ss/03"))
    assert {one.kind for one in questions} == {"essay"}
    problem = bank().problems["tum-2022ss/03"]
    for question, part in zip(questions, problem.parts, strict=True):
        assert question.marks == float(part.marks)
        assert len(part.rubric) == question.grader.count("<li>")


def test_an_array_has_a_field_for_every_entry():
    (question,) = imported(sheet("tum-2022ss/06"))
    kinds = [(one.kind, one.marks) for one in question.fields]
    assert kinds == [("numerical", 0)] * 6 + [("numerical", 1)] * 2 + [("numerical", 1), ("numerical", 3)]
    right = ["2", "0", "-2", "2", "0", "-1", "5", "-1", "10", "-1"]  # worked out by hand in the problem's own tests
    for one, text in zip(question.fields, right, strict=True):
        assert moodle_import.numerical_answer(one, text).share == 1


def test_marks_become_whole_weights_and_a_remark_says_so():
    made = sheet("tum-2022ss/04")
    fields = next(one for one in imported(made) if one.kind == "cloze").fields
    assert all(one.marks == int(one.marks) for one in fields)
    assert any("set the maximum mark in the quiz" in remark for remark in marked_by(made, "moodle")[0])


# ------------------------------------------------------------------------------------------------------------- marks


def numbers_of(id):
    """(name of the box, field, Number) of every box of a problem with a single number."""
    made = sheet(id)
    question = next(one for one in imported(made) if one.kind in ("cloze", "numerical"))
    fields = iter(question.fields or [question])
    for part in made.questions[0].parts:
        for box in part.boxes:
            if box.key.kind == "essay":
                continue
            for entry in box.key.numbers or [None] * max(1, len(box.key.options) if box.key.kind == "order" else 1):
                yield f"{part.id}.{box.name}".rstrip("."), next(fields), entry if box.key.kind == "number" else None


EDGES = ("lectures/sigmoid-graph", "hildesheim-workbook/14", "hildesheim-workbook/09", "lectures/kaiming-relu", "tum-2022ss/06")


@pytest.mark.parametrize("id", EDGES)
def test_at_the_edge_of_rounding_right_and_beyond_wrong_for_moodle_and_for_us(id):
    tried = 0
    for name, question, number in numbers_of(id):
        if number is None:
            continue
        step = Fraction(1, 2000) if number.low != number.high else Fraction(1)
        for end, sign in ((number.low, -1), (number.high, 1)):
            edge, beyond = exact_decimal(end), exact_decimal(end + sign * step)
            assert moodle_import.numerical_answer(question, edge).share == 1, (name, edge)
            wrong = moodle_import.numerical_answer(question, beyond)
            assert wrong is None or wrong.share < 1, (name, beyond)
            assert check(id, name, edge).state in ("right", "rounded"), (name, edge)
            assert check(id, name, beyond).state not in ("right", "rounded"), (name, beyond)
            tried += 1
    assert tried >= 4


def exact_decimal(value):
    """A Fraction with a power of ten (nearly) as its denominator in decimals, without `e`."""
    return f"{float(value):.15f}".rstrip("0").rstrip(".") if value.denominator > 1 else str(value)


def test_a_slip_earns_nothing_and_gets_its_sentence():
    question = next(one for _, one, number in numbers_of("tum-2022ss/06") if number and number.exact == "-1")
    answer = moodle_import.numerical_answer(question, "-0.85")  # a plain ReLU, from the problem's own tests
    assert answer.share == 0
    assert "plain ReLU" in answer.feedback
    assert moodle_import.numerical_answer(question, "5").share == 0.5  # the gradient only
    assert moodle_import.numerical_answer(question, "-1.5").share == 1  # the other reading
    assert moodle_import.numerical_answer(question, "-1.2") is None


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(1, 3), "33.33333"),
        (Fraction(5, 6), "83.33333"),
        (Fraction(1, 7), "14.28571"),
        (Fraction(3, 7), "40"),
        (Fraction(-1, 4), "-25"),
        (Fraction(0), "0"),
        (Fraction(11, 12), "90"),
    ],
)
def test_shares_are_rounded_to_those_of_moodle(share, text):
    assert fraction_text(share) == text
    assert any(abs(abs(nearest(share)) - Fraction(one)) < Fraction(1, 10**5) for one in moodle_import.SHARES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3,14", 314.0),
        ("1,234.5", 1234.5),
        ("1.5 x10^-2", 0.015),
        ("37/8", 37.0),
        ("10^-5", 10.0),
        ("8%", 8.0),
        ("x = 2", None),
        ("≈ 2", None),
        ("−2", None),
        ("-.5", -0.5),
        ("2e3", 2000.0),
    ],
)
def test_what_moodle_reads(text, value):
    assert moodle_number(text) == value


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [("0,35", 35, 0.35), ("3.14", 3.14, 3.14), ("1,234.5", 1234.5, 1234.5), ("1,234,567", 1234567, 1234567), ("2,5e1", 250, 25)],
)
def test_a_comma_is_the_thousands_sign_in_english_and_the_decimal_sign_in_german(text, english, german):
    for language, value in (("en", english), ("de", german)):
        assert moodle_number(text, language) == moodle_import.typed_number(text, language) == value


def test_the_agreement_reads_commas_by_the_language_of_the_sheet():
    problem = bank().problems["lectures/sigmoid-graph"]
    lost = {
        language: [sort for _, sort, *_ in agreement(sheet_of(problem, keys=True, language=language), TARGET).others]
        for language in ("en", "de")
    }
    assert "with a decimal comma" in lost["en"]
    assert "with a decimal comma" not in lost["de"]


@pytest.mark.parametrize("id", SOME[:4])
def test_the_agreement_is_that_of_what_moodle_imports(id):
    """The rule in the writer gives what Moodle gives, for every generated answer with single numbers."""
    numbers = {name: question for name, question, number in numbers_of(id) if number}
    for part in sheet(id).questions[0].parts:
        for box in part.boxes:
            name = f"{part.id}.{box.name}".rstrip(".")
            for trial in box.key.trials if name in numbers else ():
                answer = moodle_import.numerical_answer(numbers[name], trial.entries[0])
                assert float(TARGET.share(box, trial)) == pytest.approx(answer.share if answer else 0, abs=1e-4), (name, trial)


def test_the_agreement_counts_what_differs():
    found = agreement(sheet("tum-2022ss/06"), TARGET)
    assert found.total == found.same + len(found.others) > 60
    assert found.same / found.total > 0.75
    assert {"as a calculation", "with some entries wrong"} <= {sort for _, sort, *_ in found.others}
    for where, _, entries, ours, theirs in found.others:
        part = where.split()[1]
        if part in ("b", "c"):
            verdict = check("tum-2022ss/06", part, entries[0])
            assert ours == (None if verdict.share is None else verdict.marks / verdict.out_of)
            assert ours != theirs


# ---------------------------------------------------------------------------------------------------------- escaping

SIGNS = "# $ <b> & \\input{s} =cmd } ~ ]]> \" ' {1:NUMERICAL:=3} {#1} \\(x\\) $$y$$ @@PLUGINFILE@@/f %50% \\} \\# &amp; &#125;"
HOSTILE = f"""\
title: {json.dumps(SIGNS)}
topics: [loss]
text: {json.dumps("`" + SIGNS + "` {{x}}")}
given: {{x: "[1, -2]"}}
parts:
- id: a
  text: {json.dumps("Compute. `" + SIGNS + "`")}
  answer: {{z: {{value: "x[0]", marks: 1}}, h: {{value: 2 * x, marks: 1}}}}
- id: b
  text: Choose.
  options:
    A: {{text: {json.dumps("`" + SIGNS + "`")}, right: "true", because: {json.dumps("`" + SIGNS + "`")}}}
    B: {{text: "=cmd", right: "false"}}
  marks: 1
- id: c
  text: Say.
  rubric: [{{marks: 1, text: {json.dumps("`" + SIGNS + "`")}}}]
  model: {json.dumps("`" + SIGNS + "`")}
- {{id: d, text: Which $y$?, answer: {{value: "3 * y", marks: 1}}}}
"""
HOSTILE = HOSTILE.replace('given: {x: "[1, -2]"}', 'given: {x: "[1, -2]", y: real}')


def shown(html):
    """What a browser shows of HTML."""
    return unescape(re.sub(r"<[^<>]*>", "", html))


def in_code(html):
    """What stands in the typewriter parts of HTML."""
    return [shown(piece) for piece in re.findall(r"<code>(.*?)</code>", html, re.DOTALL)]


@pytest.mark.parametrize("variants", [False, True])
def test_hostile_text_is_text(tmp_path, variants):
    text = HOSTILE + ("draw: {x: 'ints(2, -3..3)'}\n" if variants else "")
    questions = imported(made_of(tmp_path, text, solutions=True, variants=2 if variants else 0))
    cloze = next(one for one in questions if one.kind == "cloze")
    essay = next(one for one in questions if one.kind == "essay")
    assert len(cloze.fields) == 5
    for html, count in ((cloze.text, 2), (cloze.fields[3].answers[0].text, 1), (essay.text, 1), (essay.grader, 2)):
        assert in_code(html) == [SIGNS] * count
    assert in_code(cloze.fields[3].answers[0].feedback) == [SIGNS]
    assert cloze.fields[3].answers[1].text.endswith("=cmd")
    assert cloze.name.replace("&lt;", "<").startswith(f"01 {SIGNS}")
    for html in (cloze.text, essay.text, *(answer.text for answer in cloze.fields[3].answers)):
        assert not re.search(r"\\\(x|\$\$y|@@PLUGINFILE|<b>|<input", html)  # nothing for a filter or a browser
    category = cloze.category.removeprefix("$course$/top/").replace("//", "\0").split("/")
    assert [name.replace("\0", "/").replace("&lt;", "<") for name in category] == [SIGNS, f"01 {SIGNS}"]


@pytest.mark.parametrize("text", [SIGNS, "a &", "a \\", "}", "~", "#x", "&amp;", "\\}", "&#125;", "x}~#"])
def test_a_field_gives_back_what_was_put_in(text):
    _, fields = moodle_import.fields_of(f"{{1:MULTICHOICE:={in_field(text)}#{in_field(text)}~%0%{in_field(text)}}}")
    html = unescape(text)  # an entity may stand for a sign
    assert [(unescape(answer.text), answer.share) for answer in fields[0].answers] == [(html, 1), (html, 0)]
    assert unescape(fields[0].answers[0].feedback) == html


def test_a_star_is_only_itself_in_a_short_answer(tmp_path):
    text = "title: A formula\ntopics: [loss]\ngiven: {y: real}\nparts: [{id: a, text: Triple it., answer: 3 * y, marks: 1}]\n"
    (question,) = imported(made_of(tmp_path, text))
    assert question.kind == "shortanswer"
    assert all("*" not in re.sub(r"\\\*", "", answer.text) for answer in question.answers)
    assert {"3 \\* y", "3\\*y", "3y"} <= {answer.text for answer in question.answers}


# ---------------------------------------------------------------------------------------------------------- variants


def test_variants_stand_beside_each_other_in_a_category():
    problem = bank().problems["tum-2022ss/06"]
    made = sheet_of(problem, keys=True, variants=5, seed=2)
    questions = imported(made)
    assert len(questions) == 5
    assert len({one.category for one in questions}) == 1
    assert len({one.text for one in questions}) == 5
    paper = next(paper for paper in bank().papers.values() if problem in paper.problems)
    for question, variant in zip(questions, draw_many(problem, 5, 2, paper), strict=True):
        single = sheet_of(variant.problem, keys=True)  # the same without open places
        (alone,) = imported(single)
        assert re.sub(r"^<p>|</p>$", "", question.text) == re.sub(r"^<p>|</p>$", "", alone.text)
        assert [[(a.text, a.share, a.tolerance) for a in one.answers] for one in question.fields] == [
            [(a.text, a.share, a.tolerance) for a in one.answers] for one in alone.fields
        ]
        assert question.files == alone.files
        solution = solve_problem(variant.problem, paper)
        value = solution.reference("b", "").array[()]
        assert moodle_import.numerical_answer(question.fields[8], str(float(Fraction(str(value))))).share == 1


def test_all_drawn_problems_come_out_with_variants():
    drawn = [problem for problem in bank().problems.values() if problem.draw and len(problem.parts) <= 3][::8]
    assert len(drawn) >= 5
    for problem in drawn:
        questions = imported(sheet_of(problem, keys=True, variants=2, seed=1))
        assert all("\ue010" not in one.text + one.grader for one in questions), problem.id


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "-1/2",
        "0.25",
        "[1, -2, 0.5]",
        "[[1, 2], [3, -1/4]]",
        "[[1, 2], [3]]",
        "[[1]]",
        "x^2",
        "1e-3",
        "[]",
        "[[1, 2, 3]]",
        "a_b",
    ],
)
def test_values_in_open_places_are_typeset_as_in_a_statement(text):
    assert value_in_formula(text) == in_formula(text)
    assert matrix_in_text(text) == matrix_latex(text)


# ----------------------------------------------------------------------------------------------------------- command


def run(*arguments):
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_it_and_says_what_is_different(tmp_path):
    code, _, errors = run("sheet", "tum-2022ss/06", "--to", "moodle", "-o", str(tmp_path))
    assert code == 0
    assert len(moodle_import.read((tmp_path / "tum-2022ss-06.xml").read_text(encoding="utf-8"))) == 1
    assert re.search(r"Moodle agrees with our marking on \d+ of \d+ generated answers. Students would get fewer marks", errors)
    assert "errors carried forward from earlier answers earn no marks (06 a.h, 06 a.p, 06 b, 06 c)" in errors


def test_the_agreement_in_json(tmp_path):
    code, out, _ = run("sheet", "tum-2022ss/06", "--to", "moodle", "--variants", "3", "-o", str(tmp_path), "--json")
    found = json.loads(out)
    assert code == 0
    assert found["agreement"]["total"] == found["agreement"]["same"] + len(found["agreement"]["others"])
    assert set(found["agreement"]["others"][0]) == {"where", "sort", "answer", "ours", "theirs"}
    assert len(moodle_import.read((tmp_path / "tum-2022ss-06.xml").read_text(encoding="utf-8"))) == 3


def test_variants_are_for_moodle_only(tmp_path):
    code, _, errors = run("sheet", "tum-2022ss/06", "--to", "html", "--variants", "3", "-o", str(tmp_path))
    assert code == 2
    assert "--variants is for --to moodle" in errors


def test_a_paper_is_one_file_with_a_category_for_each_problem():
    paper = bank().papers["tum-2022ss"]
    assert isinstance(paper, Paper)
    questions = imported(sheet_of(paper, keys=True))
    assert len({one.category for one in questions}) == len(paper.problems)
