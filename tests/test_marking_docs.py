"""Every example of docs/marking.md, checked."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

import grader

TEXT = (Path(__file__).parent.parent / "docs" / "marking.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\w+) \| `([^`]*)` \| ([^|]*)\| ([^|]*) \|$", re.MULTILINE)
VERDICT = re.compile(r"(\w+)(?: \(([\w-]+)\))?(?:, ([\d/]+) marks)?")


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    path = tmp_path_factory.mktemp("docs") / "step.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL).group(1), encoding="utf-8")
    return path


@pytest.mark.parametrize(("part", "typed", "earlier", "wanted"), ROW.findall(TEXT))
def test_example(part, typed, earlier, wanted, problem):
    before = dict(re.findall(r"(\w+) = `([^`]*)`", earlier))
    verdict = grader.check(problem, part, typed, earlier=before)
    state, tag, marks = VERDICT.fullmatch(wanted).groups()
    assert verdict.state == state, (verdict.tag, verdict.feedback, verdict.evidence)
    if tag:
        assert verdict.tag == tag
    if marks:
        assert verdict.marks == Fraction(marks)


def test_every_rule_has_examples():
    rules = re.split(r"^\*\*(M\d+)\*\*", TEXT, flags=re.MULTILINE)[1:]
    assert rules[::2] == [f"M{number}" for number in range(1, len(rules) // 2 + 1)]
    assert all(ROW.search(text) for text in rules[1::2])
