"""`grader bank new` and `grader bank schema`."""

import json

import jsonschema
import pytest
from click.testing import CliRunner

from grader.bank.load import load_problem
from grader.bank.model import KINDS
from grader.bank.schema import schema, schema_file
from grader.commands import main
from grader.commands.new_problem import FILES, SORTS, template


def run(*arguments):
    return CliRunner().invoke(main, ["bank", *arguments])


@pytest.mark.parametrize("sort", SORTS)
def test_every_template_is_sound_as_it_is(make_bank, sort):
    root = make_bank({})
    assert run("new", "exam/one", "--kind", sort).exit_code == 0
    checked = run("check")
    assert (checked.exit_code, checked.stdout) == (0, "1 file read, no faults.\n")
    (part,) = load_problem("exam/one", root).parts
    wanted = {"number": {None}, "array": {None}, "stack": {"shape", "count"}}.get(sort, {sort})
    assert {box.kind for box in part.boxes} == wanted


def test_all_kinds_go_into_one_file(make_bank):
    root = make_bank({})
    sorts = [word for sort in (*SORTS, "number") for word in ("--kind", sort)]
    assert run("new", "all", *sorts).exit_code == 0
    assert run("check").stdout == "1 file read, no faults.\n"
    problem = load_problem("all", root)
    assert len(problem.parts) == len(KINDS) + 2
    values = {name for test in problem.tests for name in test.expect}
    boxes = {f"{part.id}.{box.name}".rstrip(".") for part in problem.parts for box in part.boxes if box.value is not None}
    assert values == boxes


def test_a_template_asks_for_a_number_and_a_choice(make_bank):
    root = make_bank({})
    assert run("new", "first-step").stdout == "first-step.yaml written. Check it: grader bank check first-step.yaml\n"
    problem = load_problem("first-step", root)
    assert problem.title == "First step"
    assert [box.kind for part in problem.parts for box in part.boxes] == [None, "choice"]
    assert problem.part("b").options[0].right == "g < 0"


def test_the_first_line_leads_to_the_schema(make_bank):
    root = make_bank({})
    run("new", "exam/one")
    path = root / "exam" / "one.yaml"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    start = "# yaml-language-server: $schema="
    assert first.startswith(start)
    place = path.parent / first.removeprefix(start)
    assert not first.removeprefix(start).startswith("/")
    assert place.resolve() == schema_file("problem")
    assert json.loads(place.read_text(encoding="utf-8"))["title"] == "grader: problem files"


def test_without_a_checkout_the_template_says_how_to_get_the_schema(make_bank, tmp_path, monkeypatch):
    make_bank({})
    monkeypatch.setattr("grader.bank.schema.FOLDER", tmp_path / "nowhere")
    lines = template(tmp_path / "one.yaml", "One").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=problem.schema.json"
    assert "grader bank schema problem > problem.schema.json" in lines[1]


def test_a_file_is_not_overwritten(make_bank):
    root = make_bank({"exam/one.yaml": "mine"})
    result = run("new", "exam/one")
    assert result.exit_code == 2
    assert result.stderr == "Error: 'exam/one.yaml' is there already; nothing was written.\n"
    assert (root / "exam" / "one.yaml").read_text(encoding="utf-8") == "mine"


def test_an_id_that_is_a_file_and_an_output(make_bank):
    root = make_bank({})
    assert run("new", "here/one.yaml").exit_code == 0
    assert run("new", "two", "-o", "there/two.yaml").exit_code == 0
    assert (root / "here" / "one.yaml").is_file()
    assert (root / "there" / "two.yaml").is_file()
    assert not (root / "two.yaml").exists()
    printed = run("new", "three", "-o", "-").stdout
    assert "title: Three\n" in printed
    assert not (root / "-").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["../one"], "'../one' cannot be the name of a problem"),
        (["/one"], "'/one' cannot be the name of a problem"),
        (["a//b"], "cannot be the name of a problem"),
        ([""], "cannot be the name of a problem"),
        (["my problem"], "cannot be the name of a problem"),
        (["exam/paper.yaml"], "cannot be the file of a problem"),
        (["topics"], "cannot be the file of a problem"),
        (["one", "-o", "one.txt"], "its name must end in .yaml"),
        (["one", "--kind", "numbr"], "'numbr' is not one of"),
        (["file/one"], "cannot be written"),
        (["one", "-o", "x" * 300 + ".yaml"], "cannot be written"),
    ],
)
def test_what_is_refused(make_bank, arguments, words):
    root = make_bank({"file": "a file, not a folder"})
    result = run("new", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert [path.name for path in root.rglob("*")] == ["file"]


@pytest.mark.parametrize("file", FILES)
def test_the_schema_is_printed(file):
    printed = run("schema", file)
    assert printed.exit_code == 0
    assert json.loads(printed.stdout) == schema(file)
    jsonschema.Draft202012Validator.check_schema(json.loads(printed.stdout))


@pytest.mark.parametrize("command", ["new", "schema"])
def test_help_ends_in_an_example(command):
    lines = run(command, "--help").stdout.split("Options:")[0].rstrip().splitlines()
    assert lines[-2].strip() == "Example:"
    assert lines[-1].strip().startswith(f"grader bank {command} ")
