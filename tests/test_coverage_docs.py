"""docs/coverage.md is what the bank and its catalogue say."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture
def maker():
    spec = importlib.util.spec_from_file_location("make_coverage", DOCS / "make_coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_coverage_is_up_to_date(maker, monkeypatch):
    monkeypatch.delenv("GRADER_BANK", raising=False)
    assert maker.FILE.read_text(encoding="utf-8") == maker.coverage(), "run 'make docs'"


PROBLEM = "title: T\ntopics: [loss]\nsource: {{document: 1{completed}}}\nparts:\n{parts}"
NUMBER = "- {{id: a, catalogue: {ids}, text: t, answer: 1 + 1, marks: 1}}\n"
CHOICE = "- {id: b, catalogue: i2, text: t, marks: 1, options: {A: {text: x, right: true}, B: {text: y, right: false}}}\n"


def test_the_coverage_of_a_small_bank(maker, tmp_path, monkeypatch):
    """Two sources share item i2; i3 is left out, i4 is missing: 5 items, 3 of them in 2 of the 3 problems."""
    own = ', completed: "the numbers | all"'
    files = {
        "problems/x/one.yaml": PROBLEM.format(completed=own, parts=NUMBER.format(ids="[i1, i2]")),
        "problems/y/two.yaml": PROBLEM.format(completed="", parts=NUMBER.format(ids="i5") + CHOICE),
        "problems/y/three.yaml": PROBLEM.format(completed="", parts="- {id: a, text: t, answer: 1 + 1, marks: 1}\n"),
        "solutions/catalogue.yaml": "i3: {verdict: not-printed, lost: torn out}\n"
        + "".join(f"{id}: agrees\n" for id in ("i1", "i2", "i4", "i5")),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("GRADER_BANK", str(tmp_path / "problems"))
    lines = maker.coverage(tmp_path / "problems").splitlines()
    assert "5 items of the catalogue: 3 in 2 problems, 1 left out, 1 missing." in lines
    assert [line for line in lines if line.startswith("| `") or line[:2] == "| " and line[2:5] in ("all", "i3 ", "i4 ")] == [
        "| `x` | 2 | 1 | 1 | number 1 |",
        "| `y` | 2 | 2 | 3 | choice 1, number 2 |",
        "| all | 3 | 3 | 4 | choice 1, number 3 |",
        "| i3 | torn out |",
        "| i4 | no problem has it yet |",
        "| `x/one` | the numbers \\| all |",
    ]
