"""`grader bank`, and what every verb does with errors."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from grader.commands import VERBS, main
from grader.commands.output import as_json, plain
from grader.maths.errors import LanguageError

ONE = """\
title: One
topics: [loss, conv]
source: {document: 3, lines: 1-2}
text: Take {{x}}.
given: {x: 1/3, net: {input: (3), layers: [relu, {dense: {units: 2}}]}}
let: {y: 2 * x}
conventions: {bias: none}
parts:
- {id: a, text: Compute., answer: {y: {value: y, marks: 2}, u: 1}}
- {id: b, text: Which?, options: {A: {text: This., right: true}, B: {text: That., right: false}}, marks: 1/2}
- {id: c, text: Why?, rubric: [{marks: 1, text: says so}], bonus: true}
"""
TWO = "title: Two\ntopics: [conv]\nparts: [{id: a, text: t, kind: number, answer: 1, marks: 1}]\n"
PAPER = "title: Exam\nconventions: {ddof: 1}\nproblems: [two, one]\n"
FILES = {"exam/one.yaml": ONE, "exam/two.yaml": TWO, "exam/paper.yaml": PAPER}


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def output(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


# --- list ---


def test_list(make_bank):
    make_bank(FILES)
    assert output("bank", "list") == (
        "exam (2 problems)\n  exam/one  One  (3 parts, 5/2 marks)\n  exam/two  Two  (1 part, 1 mark)\n"
    )


@pytest.mark.parametrize(
    ("by", "headings"),
    [
        ("source", ["exam (2 problems)"]),
        ("topic", ["conv (2 problems)", "loss (1 problem)"]),
        ("kind", ["choice (1 problem)", "expr (1 problem)", "number (1 problem)", "text (1 problem)"]),
    ],
)
def test_list_by(make_bank, by, headings):
    make_bank(FILES)
    assert [line for line in output("bank", "list", "--by", by).splitlines() if not line.startswith(" ")] == headings


def test_list_json(make_bank):
    make_bank(FILES)
    one, two = json.loads(output("bank", "list", "--json"))
    assert one == {
        "id": "exam/one",
        "title": "One",
        "source": "exam",
        "topics": ["loss", "conv"],
        "kinds": ["choice", "expr", "text"],
        "parts": 3,
        "marks": "5/2",
        "catalogue": [],
        "file": "exam/one.yaml",
    }
    assert two["id"] == "exam/two"


def test_list_leaves_out_faulty_files_and_says_so(make_bank):
    make_bank({**FILES, "exam/bad.yaml": "titel: x\n"})
    result = run("bank", "list")
    assert result.exit_code == 0
    assert "exam/one" in result.stdout
    assert result.stderr == "1 file with faults left out; 'grader bank check' names them.\n"


CATALOGUE = "q1: agrees\nq2: agrees\nq3: agrees\nq4: {verdict: not-printed, lost: torn out}\nq5: agrees\n"


@pytest.fixture
def catalogued(make_bank, monkeypatch):
    """A bank with a catalogue beside it: `one` carries q1 and q2, `two` carries q2 and q3; q4 is lost, q5 is in no problem."""

    def make(catalogue):
        one = ONE.replace("{id: a,", "{id: a, catalogue: [q2, q1],").replace("{id: b,", "{id: b, catalogue: q1,")
        two = TWO.replace("{id: a,", "{id: a, catalogue: [q2, q3],")
        root = make_bank({"problems/exam/one.yaml": one, "problems/extra/two.yaml": two, "solutions/catalogue.yaml": catalogue})
        monkeypatch.setenv("GRADER_BANK", str(root / "problems"))

    return make


def test_list_accounts_for_the_catalogue(catalogued):
    catalogued(CATALOGUE)
    assert output("bank", "list", "--items").splitlines() == [
        "exam (1 problem, 2 items)",
        "  exam/one   One  (3 parts, 5/2 marks)",
        "      q2, q1",
        "extra (1 problem, 2 items)",
        "  extra/two  Two  (1 part, 1 mark)",
        "      q2, q3",
        "5 items of the catalogue: 3 in 2 problems, 1 left out, 1 missing.",
        "Missing: q5",
    ]
    assert [row["catalogue"] for row in json.loads(output("bank", "list", "--json"))] == [["q2", "q1"], ["q2", "q3"]]


def test_list_counts_an_item_under_several_headings_once_in_the_end(catalogued):
    catalogued(CATALOGUE.replace("q5: agrees\n", ""))
    assert [line for line in output("bank", "list", "--by", "topic").splitlines() if not line.startswith(" ")] == [
        "conv (2 problems, 3 items)",
        "loss (1 problem, 2 items)",
        "4 items of the catalogue: 3 in 2 problems, 1 left out.",
    ]


def test_list_names_items_that_are_not_in_the_catalogue(catalogued):
    catalogued("q1: agrees\nq2: agrees\n")
    assert output("bank", "list").splitlines()[-2:] == [
        "2 items of the catalogue: 2 in 2 problems, 0 left out.",
        "Not in the catalogue: q3",
    ]


def test_list_of_nothing(make_bank):
    root = make_bank({})
    result = run("bank", "list")
    assert (result.exit_code, result.stderr) == (2, f"Error: There is no problem in '{root}'.\n")


# --- show ---


def test_show(make_bank):
    make_bank(FILES)
    assert (
        output("bank", "show", "exam/one", "--full")
        == """\
One  (exam/one, 5/2 marks)
Topics: loss, conv, document 3, lines 1-2

Take 1/3.

Given:
  x: 1/3
  net: input (3), then relu, dense (units 2)

Worked out:
  y: 2 * x

Conventions that the file sets:
  bias: none

(a) Compute.  [2 marks]
  y = ____  (expr, 2 marks)
  u = ____  (expr, 0 marks)

(b) Which?  [1/2 mark]
  A) This.
  B) That.

(c) Why?  [bonus, 1 mark]
  1 mark: says so
"""
    )


def test_show_as_a_student_reads_it(make_bank):
    make_bank(FILES)
    shown = output("bank", "show", "exam/one")
    assert "Take 1/3." in shown
    assert "y = ____" in shown
    assert "2 * x" not in shown  # how it is worked out
    assert "says so" not in shown  # the rubric


TOLD = """\
title: Told
topics: [loss]
text: "Take {{x}}, {{X[0]}}, {{x + X[1]}} and {{x + X[0]}}."
given: {x: 26.03, X: "[1/3, 0.5]", a: "[0, 1]"}
parts:
- {id: a, text: "Whose slope is {{x}}?", options: {A: {text: "ReLU at {{a[0]}}", right: "grad(relu(a[0] * 1), a)[0] > 0"},
    B: {text: "{{2 * x}}", right: false, because: "{{x}} is not."}}, marks: 1}
- {id: b, text: t, answer: {u: "grad(relu(a[0]), a)[0]", v: var(X)}}
- {id: c, text: t, rubric: [{marks: 1, text: "says {{x}}"}]}
"""


def test_show_fills_in_options_and_rubrics(make_bank):
    make_bank({"told.yaml": TOLD})
    shown = output("bank", "show", "told", "--full")
    assert "Take 26.03, 1/3, 26.53 and 7909/300." in shown  # 2603/100 + 1/3 = (7809 + 100)/300
    assert "  A) ReLU at 0\n  B) 52.06\n" in shown
    assert "  1 mark: says 26.03\n" in shown


def test_show_quotes_the_conventions_that_answers_depend_on_once_at_the_end(make_bank):
    """Both parts depend on the slope of ReLU at 0, one on the divisor of the variance; none on ties, biases and the like."""
    make_bank({"conventions/told.yaml": TOLD})
    for arguments in ((), ("--full",)):
        *_, last = output("bank", "show", "conventions/told", *arguments).split("\n\n")
        heading, *lines = last.splitlines()
        assert heading == "Conventions:"
        assert len(lines) == 2
        assert any("ReLU" in line for line in lines)
        assert any("variance" in line for line in lines)
    solved = output("solve", "conventions/told").split("\n\n")[-1]
    assert solved.splitlines() == [heading, *lines]


def test_show_without_conventions_that_matter(make_bank):
    make_bank(FILES)
    assert "Conventions" not in output("bank", "show", "exam/two")


def test_the_conventions_of_the_paper_hold(make_bank):
    make_bank({"exam/told.yaml": TOLD, "exam/paper.yaml": "title: E\nconventions: {relu_at_zero: 1}\nproblems: [told]\n"})
    quoted = output("solve", "exam/told").split("\n\n")[-1]
    assert output("bank", "show", "exam/told").endswith(quoted)
    assert quoted != output("solve", "exam/told", "--convention", "relu_at_zero=0").split("\n\n")[-1]


def test_show_paper(make_bank):
    make_bank(FILES)
    assert (
        output("bank", "show", "exam")
        == """\
Exam  (exam, 7/2 marks)

In this order (2 problems)
  exam/two  Two  (1 part, 1 mark)
  exam/one  One  (3 parts, 5/2 marks)

Conventions:
  ddof: 1
"""
    )
    assert output("bank", "show", "exam/paper.yaml") == output("bank", "show", "exam")


def test_show_json(make_bank):
    make_bank(FILES)
    found = json.loads(output("bank", "show", "exam/one", "--json"))
    assert found["given"]["x"] == "1/3"
    assert found["parts"][0]["boxes"][0]["marks"] == "2"
    assert found["parts"][0]["where"] == "exam/one.yaml:9"


def test_show_unknown(make_bank):
    make_bank(FILES)
    result = run("bank", "show", "exam/oen")
    assert result.exit_code == 2
    assert (
        result.stderr
        == "Error: There is no problem 'exam/oen' (did you mean 'exam/one'?); 'grader bank list' shows what there is.\n"
    )


def test_show_faulty(make_bank):
    make_bank({"bad.yaml": TWO.replace("title", "titel")})
    result = run("bank", "show", "bad")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "Error: bad.yaml:1: problem: 'title' is missing",
        "Error: bad.yaml:1: problem: unknown field 'titel' (did you mean 'title'?)",
    ]


# --- check ---


def test_check_sound(make_bank):
    make_bank(FILES)
    assert output("bank", "check") == "3 files read, no faults.\n"
    assert output("bank", "check", "exam/one.yaml") == "1 file read, no faults.\n"
    assert json.loads(output("bank", "check", "--json")) == {"files": 3, "faults": []}


def test_check_faulty(make_bank):
    make_bank({**FILES, "exam/two.yaml": TWO.replace("conv", "convv").replace("marks: 1", "marks: x")})
    result = run("bank", "check", "exam")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "exam/two.yaml:2: problem: a topic cannot be 'convv' (did you mean 'conv'?)",
        "exam/two.yaml:3: part a: 'marks' must be a number such as 2, 1/2 or 0.5, not negative; this is 'x'",
        "3 files read, 2 faults in 1 file.",
    ]


def test_check_of_a_reading(make_bank):
    make_bank({"exam/one.yaml": ONE.replace("parts:", "readings: [{name: other, replace: {x: sie(1)}}]\nparts:")})
    result = run("bank", "check")
    assert result.exit_code == 1
    assert result.stdout.startswith("exam/one.yaml:8: 'sie' is not a function known here")


def test_check_faulty_json(make_bank):
    make_bank({"bad.yaml": "a: [1] + 2\n"})
    result = run("bank", "check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "files": 1,
        "faults": [
            {
                "file": "bad.yaml",
                "line": 1,
                "sentence": "this is not YAML (did not find expected key); put a value that begins with '[' in quotes",
            }
        ],
    }


def test_check_of_texts(make_bank):
    """A name in the text of an option, and one in the rubric, that nothing stands for."""
    make_bank({"told.yaml": TOLD.replace("{{2 * x}}", "{{2 * y}}").replace("says {{x}}", "says {{z}}")})
    result = run("bank", "check")
    assert result.exit_code == 1
    assert [line.partition(", but")[0] for line in result.stdout.splitlines()[:-1]] == [
        "told.yaml:7: the text shows '{{2 * y}}'",
        "told.yaml:9: the text shows '{{z}}'",
    ]


@pytest.mark.parametrize(
    ("path", "sentence"), [("nowhere", "There is no file or folder 'nowhere'."), ("empty", "There is no problem")]
)
def test_check_of_nothing(make_bank, path, sentence):
    (make_bank(FILES) / "empty").mkdir()
    result = run("bank", "check", path)
    assert result.exit_code == 2
    assert sentence in result.stderr


# --- every verb ---


def test_help_lists_the_verbs_without_importing_anything_heavy():
    code = "import sys; from grader.commands import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(f"  {verb} " in shown for verb in VERBS)
    assert {"numpy", "sympy", "flint", "yaml", "rich"}.isdisjoint(shown.splitlines()[-1].split())


@pytest.mark.parametrize("command", [["bank"], ["bank", "list"], ["bank", "show"], ["bank", "check"]])
def test_help_ends_in_an_example(command):
    lines = output(*command, "--help").split("Options:")[0].rstrip().splitlines()
    assert lines[-2].strip() == "Example:"
    assert lines[-1].strip().startswith("grader bank ")


def test_version_and_module():
    shown = subprocess.run([sys.executable, "-m", "grader", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout == "grader 0.1.0\n"


def test_unknown_verb():
    result = run("bnak")
    assert result.exit_code == 2
    assert "No such command 'bnak' (did you mean 'bank'?)." in result.stderr


@pytest.mark.parametrize(
    "arguments", [["\x1b[31m"], ["bank", "show", "\x1b[31m"], ["bank", "list", "--\x1b[31m"], ["bank", "check", "\x1b"]]
)
def test_control_characters_never_reach_the_terminal(make_bank, arguments):
    make_bank(FILES)
    result = run(*arguments)
    assert result.exit_code == 2
    assert "\x1b" not in result.output
    assert r"\x1b" in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (LanguageError("this is not a number", "1+", 2), 2, "Error: this is not a number\n    1+\n      ^\n"),
        (KeyboardInterrupt(), 130, "\n"),
        (click.UsageError("missing \x07"), 2, "Error: missing \\x07\n"),
    ],
)
def test_errors_become_sentences_and_exit_codes(monkeypatch, error, code, words):
    @click.command()
    def fail():
        raise error

    monkeypatch.setattr(type(main), "get_command", lambda self, context, name: fail)
    result = run("bank")
    assert result.exit_code == code
    assert result.stderr.endswith(words)
    assert "Traceback" not in result.stderr


def test_a_closed_pipe_is_silent(make_bank):
    make_bank(FILES)
    command = f"{sys.executable} -m grader bank show exam/one --json | head -c 1"
    assert subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stderr == ""


def test_plain_keeps_what_people_write():
    assert plain("σ'(x) ≤ ½\u00a0€\n\tétude") == "σ'(x) ≤ ½\u00a0€\n\tétude"
    assert plain("a\x00\x1b\x9b\u202e\udcff") == r"a\x00\x1b\x9b\u202e\udcff"


def test_json_of_plain_values():
    assert as_json({"a": (1, None, True, "x")}) == {"a": [1, None, True, "x"]}
