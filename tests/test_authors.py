"""docs/authors.md: every problem in it is sound, every output is real, and every line of its table can be written."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.bank.load import read_file
from grader.bank.model import Problem
from grader.commands import main
from grader.marking.own_tests import run_own_tests

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "authors.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
FILES = {name: body for kind, body in BLOCKS if kind == "yaml" for name in re.findall(r"\A# (\S+\.yaml)\n", body)}
ROWS = re.findall(r"^\| ([^|]+) \| `((?!\.\.\.)[^`]*: [^`]*)` \|$", TEXT, re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory that is the folder of the page, with its bank."""
    (tmp_path / "problems").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_BANK", "problems")
    return tmp_path


def save(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_yaml_block_is_a_file():
    assert len(FILES) == sum(kind == "yaml" for kind, _ in BLOCKS) >= 7
    assert {kind for kind, _ in BLOCKS} == {"yaml", "console"}


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("problems/") and "broken" not in name])
def test_a_problem_of_the_page_is_sound(folder, name):
    problem = read_file(save(folder, name, FILES[name]))
    assert isinstance(problem, Problem)
    assert problem.tests
    assert run_own_tests(problem) == []


def test_the_page_shows_real_output(folder):
    shown = []
    for kind, body in BLOCKS:
        if kind == "yaml":
            save(folder, re.match(r"# (\S+)", body)[1], body)
            continue
        for command, output in re.findall(r"^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", body, re.MULTILINE | re.DOTALL):
            if command in ("mkdir problems", "export GRADER_BANK=problems"):  # the fixture has done so
                continue
            verb, *arguments = shlex.split(command)
            assert verb == "grader"
            assert CliRunner().invoke(main, arguments).output.rstrip() == output.rstrip(), command
            shown.append(command)
    assert len(shown) == 11


def test_a_key_that_is_known_to_be_wrong_is_no_fault(folder):
    """What the page says to write when the printed answer has been looked at."""
    save(folder, "problems/sheet1/neuron.yaml", FILES["problems/sheet1/neuron.yaml"])
    key = FILES["solutions/sheet1/neuron.yaml"]
    assert "marks: 2}" in key
    (known,) = re.findall("`(finding: wrong, .*?)`", TEXT)
    save(folder, "solutions/sheet1/neuron.yaml", key.replace("marks: 2}", f"marks: 2, {known}}}"))
    assert CliRunner().invoke(main, ["validate", "sheet1/neuron"]).exit_code == 0


FRAME = """\
title: All of the table
topics: [other]
text: All.
given:
  u: real
  N: integer > 0
  A: matrix(2, 3)
  v: vector(3)
"""


def test_the_table_is_read():
    assert len(ROWS) == 19


@pytest.mark.parametrize(("wish", "part"), ROWS, ids=[wish for wish, _ in ROWS])
def test_every_line_of_the_table_is_a_part(folder, wish, part):
    neuron, net = (FILES[f"problems/sheet1/{name}.yaml"] for name in ("neuron", "net"))
    given = re.search(r"^given:\n(.*?)^(?=\S)", neuron, re.MULTILINE | re.DOTALL)[1]
    let = re.search(r"^let:\n.*?^(?=\S)", neuron, re.MULTILINE | re.DOTALL)[0]
    stack = re.search(r"^given:\n(.*?)^(?=\S)", net, re.MULTILINE | re.DOTALL)[1]
    text = f"{FRAME}{given}{stack}{let}parts:\n- {{id: a, text: t, marks: 1, {part}}}\n"
    problem = read_file(save(folder, "problems/one.yaml", text))
    assert run_own_tests(problem) == []
