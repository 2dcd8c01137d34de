"""The manual's section on variants names what there is."""

import re
from pathlib import Path

from grader.variants import draw
from grader.variants.distributions import DISTRIBUTIONS, called

TEXT = (Path(__file__).parents[2] / "docs" / "problem-files.md").read_text(encoding="utf-8")
SECTION = TEXT.partition("## Variants\n")[2].partition("\n## ")[0]


def test_every_distribution_is_in_the_manual():
    named = set(re.findall(r"`(\w+)[(`]", SECTION))
    assert set(DISTRIBUTIONS) <= named


def test_the_examples_can_be_read():
    examples = re.findall(r"```yaml\ndraw:\n(.*?)```", SECTION, re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        for line in re.split(r"  (?:keep|per):", example)[0].splitlines():
            assert called(line.partition(": ")[2])


def test_the_functions_can_be_imported():
    (line,) = re.findall(r"from grader.variants.draw import (.*)", SECTION)
    assert all(callable(getattr(draw, name)) for name in line.split(", "))
