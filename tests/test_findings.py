"""All printed keys of the bank on trial: nothing comes out otherwise than its file expects; docs/findings.md is the report."""

from pathlib import Path

import pytest

from grader.bank.keys import AMBIGUOUS, WRONG, load_items
from grader.commands.validate import try_bank
from grader.trial.report import markdown

FINDINGS = Path(__file__).parent.parent / "docs" / "findings.md"


@pytest.fixture(scope="module")
def outcome():
    return try_bank((), "keys")


def test_no_finding_is_a_surprise(outcome):
    assert [f"{trial.name}: {trial.surprise}" for trial in outcome.surprises] == []
    assert outcome.faults == ()


def test_every_item_of_the_catalogue_is_accounted_for(outcome):
    items = load_items()
    assert len(items) == 541
    assert sorted(item.id for item in outcome.items) == sorted(items)
    assert all(item.problems or item.lost for item in outcome.items)


def test_what_the_catalogue_calls_wrong_or_ambiguous_is_found(outcome):
    """Disagreements have an argument beside the key."""
    for item in outcome.items:
        assert item.agrees or any(trial.entry.because for trial in item.trials), item.id
    found = {verdict: sum(item.verdict == verdict for item in outcome.items) for verdict in (WRONG, AMBIGUOUS)}
    assert found == {WRONG: 65, AMBIGUOUS: 61}


def test_nine_of_ten_wrong_computed_answers_have_a_cause(outcome):
    explained, sure, wrong = outcome.explained
    assert wrong > 60
    assert sure <= explained
    assert explained >= 0.9 * wrong


def test_the_report_in_the_docs_is_up_to_date(outcome):
    assert FINDINGS.read_text(encoding="utf-8") == markdown(outcome), "run `make docs`"
