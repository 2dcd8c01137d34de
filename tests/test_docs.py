"""The manual names everything there is, and what it shows is true."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.bank.load import read_file
from grader.commands import VERBS, main
from grader.marking.own_tests import run_own_tests

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def reference_maker(name="make_reference"):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date():
    maker = reference_maker()
    assert maker.FILE.read_text(encoding="utf-8") == maker.reference(), "run 'make docs'"


@pytest.mark.parametrize("name", ["fields.md", "problem.schema.json", "paper.schema.json", "key.schema.json"])
def test_the_fields_are_up_to_date(name):
    assert (DOCS / name).read_text(encoding="utf-8") == reference_maker("make_fields").files()[DOCS / name], "run 'make docs'"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme(verb):
    assert f"grader {verb}" in (ROOT / "README.md").read_text(encoding="utf-8")


README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.compile(r"^```console\n\$ grader ([^\n]*)\n(.*?)\n```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("command", "output"), CONSOLE.findall(README))
def test_the_readme_shows_real_output(command, output, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.exit_code == ("validate" in command)  # which finds a fault in the example key
    assert result.stdout.rstrip() == output


def test_the_problem_of_the_readme_is_sound(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "step.yaml"
    path.write_text(example, encoding="utf-8")
    assert run_own_tests(read_file(path)) == []
