"""`grader sheet`: where files go, what is printed, and what is refused."""

import json

import pytest
from click.testing import CliRunner

from grader.bank.load import load_problem
from grader.commands import main
from grader.marking.solution import solution_of


def run(*arguments):
    return CliRunner().invoke(main, ["sheet", *map(str, arguments)])


def test_text_goes_to_the_terminal():
    result = run("tum-mock-2020")
    assert result.exit_code == 0
    assert result.stdout.startswith("TUM, Introduction to Deep Learning: mock exam 2020\n===")
    assert "Solution" not in result.stdout
    assert "Solution" in run("tum-mock-2020/03", "--solutions").stdout


@pytest.mark.parametrize(
    ("format", "file"), [("text", "txt"), ("markdown", "md"), ("html", "html"), ("latex", "tex"), ("pdf", "pdf")]
)
def test_a_sheet_and_empty_hand_ins_are_written(format, file, tmp_path):
    result = run("tum-mock-2020/03", "--to", format, "-o", tmp_path)
    assert result.exit_code == 0, result.output
    names = {path.name for path in tmp_path.iterdir()}
    assert {f"tum-mock-2020-03.{file}", "answers.yaml", "answers.md"} <= names
    assert all(name in result.stdout for name in names)
    assert "paper: tum-mock-2020\n" in (tmp_path / "answers.yaml").read_text(encoding="utf-8")
    assert '  "03":\n' in (tmp_path / "answers.yaml").read_text(encoding="utf-8")


def test_the_default_folder_and_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("lectures/adam-three-steps", "--to", "markdown", "--solutions", "--json")
    assert json.loads(result.stdout) == {
        "sheet": "lectures/adam-three-steps",
        "format": "markdown",
        "folder": "sheets/lectures-adam-three-steps",
        "files": ["lectures-adam-three-steps-solutions.md", "answers.yaml", "answers.md"],
        "kept": [],
        "remarks": [],
    }
    assert (tmp_path / "sheets" / "lectures-adam-three-steps" / "answers.yaml").is_file()


def test_a_variant_has_its_own_values():
    problem = solution_of("freiburg-sheet-9/06", seed=3).problem
    drawn = "".join(str(problem.given["X"]).split())
    assert drawn != "".join(str(load_problem("freiburg-sheet-9/06").given["X"]).split())
    result = run("freiburg-sheet-9/06", "--seed", 3)
    assert drawn in "".join(result.stdout.split())
    assert "Variant 3" in result.stdout
    assert result.stderr == ""


def test_a_problem_file_outside_the_bank(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("title: Mine\ntopics: [backprop]\ntext: What is $1 + 1$?\nparts:\n- {id: a, answer: 1 + 1, marks: 1}\n")
    result = run(file)
    assert result.exit_code == 0, result.output
    assert "What is 1 + 1?" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["tum-mok"], "Error: There is no paper or problem 'tum-mok' (did you mean 'tum-mock-2020'?)"),
        (["tum-mock-2020", "--to", "htm"], "Error: There is no format 'htm' (did you mean 'html'?); there is text,"),
        (["tum-mock-2020", "--language", "fr"], "Error: Sheets are written in en, de, not in 'fr'"),
        (["tum-mock-2020", "--to", "html", "-o", "/dev/null/x"], "Error: '/dev/null/x/tum-mock-2020.html' cannot be written"),
    ],
)
def test_what_is_refused(arguments, sentence):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(sentence)
    assert result.stdout == ""


def test_help_ends_in_an_example():
    assert "grader sheet tum-2022ss --to pdf --solutions -o handouts" in run("--help").stdout
