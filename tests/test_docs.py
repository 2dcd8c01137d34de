"""The manual names everything there is, and what it shows is true."""

import importlib.util
from pathlib import Path

import pytest

from grader.commands import VERBS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def reference_maker():
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date():
    maker = reference_maker()
    assert maker.FILE.read_text(encoding="utf-8") == maker.reference(), "run 'make docs'"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme(verb):
    assert f"grader {verb}" in (ROOT / "README.md").read_text(encoding="utf-8")
