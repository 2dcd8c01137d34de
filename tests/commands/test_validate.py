"""`grader validate`: what it prints and how it exits."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
from click.testing import CliRunner

from grader.commands import main

ONE = """\
title: One & only
topics: [loss]
text: Take $x = {{x}}$.
given: {x: 3}
parts:
- {id: a, catalogue: item-1, text: t, answer: {d: {value: 2 * x, marks: 1}, s: {value: x^2, marks: 1}}}
- {id: b, catalogue: item-2, text: t, options: {A: {text: t, right: x > 2}, B: {text: t, right: false}}, marks: 1}
"""
PAPER = "title: Exam\nproblems: [one]\n"
KEY = """\
answers:
  a.d: 6
  a.s: {printed: 27, finding: wrong, cause: setting-altered, because: That is the cube.}
  b: A
"""


@pytest.fixture
def bank(tmp_path, monkeypatch):
    files = {"problems/exam/one.yaml": ONE, "problems/exam/paper.yaml": PAPER, "solutions/exam/one.yaml": KEY}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("GRADER_BANK", str(tmp_path / "problems"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["validate", *arguments])


def test_everything_as_expected(bank):
    result = run()
    assert result.exit_code == 0, result.output
    assert "exam/one a.s: is wrong" in result.stdout
    assert "printed: 27" in result.stdout
    assert "worked out: 9" in result.stdout
    assert "it follows if the 2 of the question is 3" in result.stdout
    assert "3 printed answers: agrees: 2; is wrong: 1." in result.stdout
    assert "1 problem tried, 0 with faults." in result.stdout
    assert "a.d" not in result.stdout


@pytest.mark.parametrize("path", ["exam", "exam/one", "problems/exam/one.yaml", "solutions/exam", "problems/exam/paper.yaml"])
def test_paths(bank, path):
    result = run(path)
    assert result.exit_code == 0, result.output
    assert "3 printed answers" in result.stdout


def test_all_lists_what_agrees(bank):
    assert "exam/one a.d: agrees" in run("--all").stdout


def test_a_changed_finding_is_a_fault(bank):
    (bank / "solutions" / "exam" / "one.yaml").write_text(KEY.replace("a.d: 6", "a.d: 7"))
    result = run("--only", "keys")
    assert result.exit_code == 1
    assert "it was expected to be 'agrees', but the finding is 'wrong'" in result.stdout
    assert "solutions/exam/one.yaml:2" in result.stdout
    assert "1 finding did not come out as expected." in result.stdout


def test_a_faulty_key_and_a_key_without_a_problem_are_faults(bank):
    (bank / "solutions" / "exam" / "one.yaml").write_text("answers: {c: 1}\n")
    (bank / "solutions" / "exam" / "two.yaml").write_text(KEY)
    result = run("--only", "keys")
    assert result.exit_code == 1
    assert "solutions/exam/one.yaml:1: " in result.stdout
    assert "has no part 'c'" in result.stdout
    assert "there is no problem 'exam/two'" in result.stdout


def test_a_problem_at_odds_with_itself_is_a_fault(bank):
    (bank / "problems" / "exam" / "one.yaml").write_text(ONE + "tests: [{expect: {a.d: 7, a.s: 9}}]\n")
    result = run("exam", "--only", "problems")
    assert result.exit_code == 1
    assert "problems/exam/one.yaml:8: 'a.d' should be 7" in result.stdout


def test_json(bank):
    found = json.loads(run("--json").stdout)
    assert found["counts"] == {"agrees": 2, "wrong": 1}
    assert [(key["place"], key["finding"], key["surprise"]) for key in found["keys"]] == [
        ("a.d", "agrees", ""),
        ("a.s", "wrong", ""),
        ("b", "agrees", ""),
    ]
    assert found["problems"][0]["faults"] == []


def test_reports(bank):
    strange = KEY.replace("27", "'<b>27</b> | 28'").replace("wrong, cause: setting-altered", "human")
    (bank / "solutions" / "exam" / "one.yaml").write_text(strange)
    page = run("--to", "html", "-o", "report.html")
    assert page.stdout == "The report is in report.html.\n"
    text = (bank / "report.html").read_text()
    tree = ElementTree.fromstring(text.partition("\n")[2])
    assert "<b>27" not in text
    assert "exam/one a.s" in [cell.text for cell in tree.iter("td")]
    assert "<td>That is the cube.</td>" in text
    assert "| exam/one a.s |" in run("--to", "md").stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("key.csv", "question,answer\n1a.d,6\n1a.s,27\n1b,A\n"),
        ("key.csv", "problem;part;box;answer\none;a;d;6\none;a;s;27\none;b;;A\n"),
        ("key.yaml", "answers:\n  one:\n    a: {d: 6, s: 27}\n    b: A\n"),
        ("key.md", "# one\n\n## a\n\nd = 6\ns = 27\n\n## b\n\nA\n"),
    ],
)
def test_a_key_of_ones_own(bank, name, text):
    (bank / "problems" / "exam" / "paper.yaml").write_text(PAPER)
    (bank / "problems" / "exam" / "one.yaml").rename(bank / "problems" / "exam" / "one.yaml")
    (bank / name).write_text(text.replace("1a", "one.a").replace("1b", "one.b"))
    result = run("--key", name, "--paper", "exam")
    assert result.exit_code == 1, result.output
    assert "exam/one a.d: agrees" in result.stdout
    assert "exam/one a.s: is wrong" in result.stdout
    assert "exam/one b: agrees" in result.stdout


def test_a_right_key_of_ones_own_is_no_fault(bank):
    (bank / "key.csv").write_text('question,answer\none.a,"d = 6; s = 9"\none.z,4\n')
    result = run("--key", "key.csv", "--paper", "exam")
    assert result.exit_code == 1
    assert "Not tried: one.z: There is no 'one.z' in this paper" in result.stdout
    (bank / "key.csv").write_text('question,answer\none.a,"d = 6; s = 9"\n')
    assert run("--key", "key.csv", "--paper", "exam").exit_code == 0


def test_a_line_with_too_many_cells_is_told(bank):
    (bank / "key.csv").write_text("question,answer\none.a.d,6,0\none.a.s,9\n")
    result = run("--key", "key.csv", "--paper", "exam")
    assert result.exit_code == 1
    assert "Line 2 has more cells than the heading; put an answer that holds ',' in quotes." in result.stdout
    assert "1 printed answer: agrees: 1." in result.stdout


def test_one_answer_never_stops_the_others(bank):
    (bank / "key.csv").write_text('question,answer\none.a,"6 and 9"\none.b,A\n')
    result = run("--key", "key.csv", "--paper", "exam", "--to", "md")
    assert "| exam/one b |" not in result.stdout
    assert "Left to a person" in result.stdout
    assert "6 and 9" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--key", "key.csv"), "--key and --paper belong together"),
        (("--paper", "exam"), "--key and --paper belong together"),
        (("--key", "none.csv", "--paper", "exam"), "'none.csv' cannot be used as a key: It cannot be read: No such file"),
        (("--key", "bad.csv", "--paper", "exam"), "must name the columns"),
        (("--key", "empty.csv", "--paper", "exam"), "It is empty"),
        (("--key", "other.csv", "--paper", "exam"), "answers no question of the paper 'exam'"),
        (("--key", "key.txt", "--paper", "exam"), "A key is a .csv"),
        (("exan",), "There is no problem 'exan'"),
        (("-o", "x.html"), "-o is the file for a report"),
        (("--to", "md", "-o", "problems"), "'problems' is a folder"),
        (("--to", "md", "--json"), "--json and --to exclude each other"),
        (("--key", "bad.csv", "--paper", "exam", "--to", "md", "-o", "bad.csv"), "is the key itself"),
        (("/",), "lies neither among the problems nor among their keys"),
    ],
)
def test_bad_input_is_a_sentence(bank, arguments, said):
    (bank / "bad.csv").write_text("a,b\n1,2\n")
    (bank / "empty.csv").write_text("")
    (bank / "other.csv").write_text("question,answer\nzzz,2\n")
    (bank / "key.txt").write_text("x")
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_faults_of_drawing_are_counted(bank):
    """Of two problems one has two variants only, and ten variants should differ."""
    drawn = ONE.replace("given: {x: 3}", "given: {x: 3}\ndraw: {x: 'ints(3..5)'}")
    (bank / "problems" / "exam" / "one.yaml").write_text(drawn)
    (bank / "problems" / "exam" / "two.yaml").write_text(ONE.replace("item-1", "item-3").replace("item-2", "item-4"))
    result = run("--only", "problems", "--variants", "10")
    assert result.exit_code == 1
    assert "exam/one.yaml:5: draw: there are only 2 variants" in result.stdout
    assert result.stdout.splitlines()[-1].endswith("2 problems tried, 1 with faults.")
    assert run("--only", "keys", "--variants", "10").stdout.splitlines()[-1].count("1 with faults.") == 1
