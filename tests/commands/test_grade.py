"""`grader grade` and `grader check`."""

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.commands import main

ANSWERS = "answers: {06: {a: 2/3, b: A, c: Because.}, 07: 4, 08: {a: {z: 2; 1, h: [2, 1]}, b: foo}}"


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def output(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_grade(exam):
    exam({"h/s1.yaml": ANSWERS, "h/s2.yaml": "answers: {07: 4, x: 1}", "h/bad.yaml": "", "h/scan.pdf": ""})
    assert output("grade", "h", "--paper", "exam", "-o", "out") == (
        "id  marks     waiting\n"
        "s1  5 / 15.5  4 in 2 answers\n"
        "s2  1 / 15.5  1 text without a place\n"
        "\n"
        "Not read:\n"
        "  h/bad.yaml: It is empty.\n"
        "1 file ignored: h/scan.pdf\n"
        "\n"
        "2 hand-ins: decided 29 of 33 marks (87 %); 4 wait for a human in out/to-review.csv.\n"
        "The results are in out: gradebook.csv, gradebook.json, to-review.csv and feedback/.\n"
    )
    assert sorted(os.listdir("out")) == ["feedback", "gradebook.csv", "gradebook.json", "to-review.csv"]


def test_grade_again(exam):
    exam({"h/s1.yaml": "answers: {07: 5}"})
    output("grade", "h", "--paper", "exam", "-o", "out")
    assert "\nNo mark changed since the last time.\n" in output("grade", "h", "--paper", "exam", "-o", "out")
    exam({"h/s1.yaml": "answers: {07: 4}"})
    assert "\nChanged since the last time:\n  s1 07.a: 0 -> 1\n" in output("grade", "h", "--paper", "exam", "-o", "out")


def test_results_may_lie_among_the_hand_ins(exam):
    exam({"h/s1.yaml": "answers: {07: 4}"})
    for folder in ("h/out", "h/out", "h"):
        assert "1 hand-in: decided" in output("grade", "h", "--paper", "exam", "-o", folder)
    assert "1 hand-in: decided" in output("grade", "h", "--paper", "exam", "-o", "elsewhere")


def test_grade_says_when_a_changed_file_is_kept(exam):
    exam({"h/s1.yaml": "answers: {07: 4}"})
    output("grade", "h", "--paper", "exam", "-o", "out")
    exam({"out/to-review.csv": "mine"})
    result = run("grade", "h", "--paper", "exam", "-o", "out")
    assert result.stderr == "The file there had been changed by hand; it is kept as out/to-review.kept-1.csv.\n"


def test_grade_json(exam):
    exam({"h/s1.yaml": ANSWERS, "h/bad.yaml": ""})
    found = json.loads(output("grade", "h", "--paper", "exam", "-o", "out", "--json"))
    assert found == {
        "paper": "exam",
        "output": "out",
        "handins": [
            {"id": "s1", "decided": "5", "waiting": "4", "waiting_boxes": 2, "maximum": "31/2", "failure": "", "note": ""},
        ],
        "unread": [{"file": "h/bad.yaml", "reason": "It is empty.", "id": ""}],
        "ignored": [],
        "faults": {},
        "kept": [],
        "out_of": "33/2",
        "waiting": "4",
        "absent": [],
        "changes": None,
    }


def test_grade_with_jobs(exam):
    exam({f"h/s{number:03}.yaml": ANSWERS for number in range(60)})
    one = output("grade", "h", "--paper", "exam", "-o", "out")
    assert output("grade", "h", "--paper", "exam", "-o", "out2", "--jobs", "2") == one.replace("out", "out2")
    assert Path("out/gradebook.json").read_bytes() == Path("out2/gradebook.json").read_bytes()


def test_terminal_controls_are_not_printed(exam):
    exam({"h/s.yaml": 'student: "a\\e[31m\\nb"\nanswers: {07: 4}'})
    assert output("grade", "h", "--paper", "exam", "-o", "out").splitlines()[1].startswith("a[31m b  1 / 15.5")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nope", "--paper", "exam", "-o", "out"), "Error: There is no file or folder 'nope'.\n"),
        (
            ("h", "--paper", "exm", "-o", "out"),
            "Error: There is no paper 'exm' (did you mean 'exam'?); 'grader bank list' shows what there is.\n",
        ),
        (
            ("empty", "--paper", "exam", "-o", "out"),
            "Error: There is no hand-in (no .yaml, .yml, .md or .ipynb file) in 'empty'.\n",
        ),
        (
            ("bad", "--paper", "exam", "-o", "out"),
            "bad/x.yaml: It is empty.\nError: None of the hand-ins in 'bad' can be marked.\n",
        ),
        (
            ("h", "--paper", "exam", "-o", "other"),
            "Error: 'other' holds the gradebook of the paper 'else'; name another folder.\n",
        ),
        (("h", "--paper", "exam", "-o", "h/s.yaml"), "Error: 'h/s.yaml' is a file, not a folder for the results.\n"),
    ],
)
def test_grade_refuses(exam, arguments, sentence):
    other = '{"schema": "grader-gradebook/1", "paper": "else", "handins": []}'
    exam({"h/s.yaml": "answers: {07: 4}", "bad/x.yaml": "", "empty/.keep": "", "other/gradebook.json": other})
    result = run("grade", *arguments)
    assert (result.exit_code, result.stderr, result.stdout) == (2, sentence, "")
    assert not os.path.exists("out")


@pytest.mark.parametrize("arguments", [("grade",), ("grade", "h"), ("grade", "h", "--paper", "exam"), ("check", "exam/07")])
def test_missing_arguments(exam, arguments):
    exam({"h/s.yaml": "answers: {07: 4}"})
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: Missing" in result.stderr


@pytest.mark.parametrize("verb", ["grade", "check"])
def test_help_ends_in_an_example(verb):
    assert re.search(rf"Examples?:\n    grader {verb} ", output(verb, "--help"))


# --- check ---


def test_check(exam):
    assert output("check", "exam/08", "b", "2,50") == "right, 1 of 1 mark\n  read as: 2.50\n  Right.\n"
    assert output("check", "exam/06", "a", "-0.5").startswith("wrong, 0 of 1/2 mark\n")
    assert output("check", "exam/06", "c", "Because.").startswith(
        "undecided (for-a-human), up to 3 marks, waiting for a person\n"
    )


def test_check_boxes(exam):
    assert output("check", "exam/08", "a", "z = 2; -0.5\nh = (2, 0)") == (
        "a.z: right, 1 of 1 mark\n  read as: [2, -0.5]\n  Right.\n"
        "a.h: right, 1 of 1 mark\n  read as: [2, 0]\n  Right.\n"
        "a.o: blank, 0 of 1 mark\n  No answer.\n"
    )


def test_check_with_earlier_answers(exam):
    found = output("check", "exam/08", "b", "1.625", "--earlier", "a=z = 2; 1\nh = 2; 1", "--earlier", "a.o=-0.5; -0.5")
    assert found.startswith("follows (own-values), 1 of 1 mark\n")


def test_check_shows_the_place_of_an_error(exam):
    assert "      1 +* 2\n         ^\n" in output("check", "exam/08", "b", "1 +* 2")


def test_check_json(exam):
    (found,) = json.loads(output("check", "exam/08", "a.h", "2; 1", "--earlier", "a.z=2; 1", "--json"))
    assert (found["part"], found["box"], found["state"], found["marks"]) == ("a", "h", "follows", "1")
    assert found["evidence"] == {"from": ["a.z"], "value": "[2, 1]", "wrong_before": True, "without_own": "1/2"}


def test_check_reveals_the_reference_only_when_asked(exam):
    plain = output("check", "exam/08", "b", "3", "--evidence")
    assert "2.5" not in plain
    assert "again: grader check exam/08 b 3" in plain
    assert "reference: 5/2  (2.5)" in output("check", "exam/08", "b", "3", "--reveal")
    assert json.loads(output("check", "exam/08", "b", "3", "--reveal", "--json"))[0]["reference"] == "5/2  (2.5)"


def test_check_seed(exam):
    assert output("check", "exam/07", "a", "4", "--seed", "9").startswith("right")
    problem = Path("bank/exam/07.yaml").read_text()
    exam({"bank/exam/09.yaml": problem + "draw:\n  x: ints(100..900)\n"})
    assert output("check", "exam/09", "a", "4", "--seed", "9").startswith("wrong")
    drawn = json.loads(output("draw", "exam/09", "--seed", "9", "--json"))
    (answer,) = json.loads(output("solve", "exam/09", "--seed", "9", "--json"))["parts"][0]["answers"]
    assert drawn
    assert output("check", "exam/09", "a", answer["exact"], "--seed", "9").startswith("right")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("exam/08", "q", "1"), "problem exam/08 has no part 'q'; its parts are a, b, c"),
        (("exam/08", "a.hh", "1"), "part a has no box 'hh' (did you mean 'h'?); its boxes are z, h, o"),
        (("exam/8", "a", "1"), "There is no problem 'exam/8' (did you mean 'exam/08'?); 'grader bank list' shows what there is."),
        (("exam/08", "b", "1", "--earlier", "foo"), "'foo' is not an earlier answer; write PART=ANSWER, such as a.z='2; 1'."),
        (("exam/08", "b", "1", "--earlier", "a.z=1", "--earlier", "a.z=2"), "'a.z' stands twice among the earlier answers."),
        (("exam/08", "b", "1", "--earlier", "q=1"), "problem exam/08 has no part 'q'; its parts are a, b, c"),
    ],
)
def test_check_refuses(exam, arguments, sentence):
    result = run("check", *arguments)
    assert (result.exit_code, result.stderr, result.stdout) == (2, f"Error: {sentence}\n", "")
