"""What `grader bank check` says of the mistakes that authors make: the line, and a sentence that helps."""

import re

import pytest
from click.testing import CliRunner

from grader.commands import main

SOUND = """\
title: One step
topics: [optimizer]
text: A weight starts at $w = {{w}}$.
given: {w: 1/2, x: 2, y: 3, lr: 0.1}
let:
  L: (w * x - y)^2
  g: grad(L, w)
parts:
- id: a
  text: Give the gradient.
  answer: g
  marks: 1
- id: b
  text: Is it negative?
  options:
    A: {text: "Yes.", right: g < 0}
    B: {text: "No.", right: g >= 0}
  marks: 1
tests:
- expect: {a: -8}
"""
YAML = "this is not YAML"

# what is typed instead of what; the line, and what the only complaint says there
MISTAKES = {
    "a name too far to the right": ("  g: grad", "   g: grad", 7, "its name begins in column 4, that of line 6 in column 3"),
    "a field of a part too far to the right": ("  text: Give", "   text: Give", 10, "that of line 9 in column 3"),
    "a field of a part too far to the left": ("  answer: g", "answer: g", 12, "that of line 11 in column 1; let them begin"),
    "a tab": ("  g: grad", "\tg: grad", 7, "indent with spaces, not with tabs"),
    "no blank behind a dash": ("- id: b", "-id: b", 14, "put a space behind the '-' of line 13"),
    "no blank behind a colon": ("  answer: g", "  answer:g", 11, "put a space behind the ':' of line 11"),
    "a text not indented": ("text: A weight", "text: |\nA weight", 4, "indent it when it goes on with the text above"),
    "a no-break space": ("  answer: g", "\u00a0 answer: g", 12, "line 11 begins with a special space character"),
    "a comma left out": ("w: 1/2,", "w: 1/2 ", 4, "separate the entries by ', ' and close the bracket"),
    "a brace left open": ("lr: 0.1}", "lr: 0.1", 4, "separate the entries by ', ' and close the bracket"),
    "a field twice": ("answer: g", "answer: g\n  answer: L", 12, "'answer' stands here twice (first in line 11)"),
    "quotes left open": ("text: A weight", 'text: "A weight', 16, "are the quotes closed that line 3 opens?"),
    "a colon in a text": ("title: One step", "title: One: a step", 1, "put a text that contains ': ' in quotes"),
    "no quotes before a bracket": ("grad(L, w)", "[L, w] + 1", 7, "put a value that begins with '[' in quotes"),
    "a list for an expression": ("grad(L, w)", "[L, w]", 7, "put a value that begins with '[' or '{' in quotes"),
    "an unknown function": ("grad(L, w)", "gard(L, w)", 7, "(did you mean 'grad'?)"),
    "an undefined name": ("(w * x - y)", "(w * x - yy)", 6, "'yy' is not a name known here (did you mean 'y'?)"),
    "shapes that do not fit": ("grad(L, w)", '"[1, 2] + [1, 2, 3]"', 7, "a vector of 2 and a vector of 3"),
    "a bracket left open": ("x - y)^2", "x - y^2", 6, "expected ')' to close '('"),
    "a wrong expected value": ("a: -8", "a: 8", 20, "'a' should be 8, but the solution says otherwise: -8"),
    "an id twice": ("id: b", "id: a", 13, "part id 'a' is used twice (first in line 9)"),
    "an unknown topic": ("[optimizer]", "[optimiser]", 2, "(did you mean 'optimizer'?)"),
    "an unknown convention": ("let:", "conventions: {bais: none}\nlet:", 5, "(did you mean 'bias'?)"),
    "an unknown value of a convention": ("let:", "conventions: {bias: no}\nlet:", 5, "it is one of counted, none"),
    "an unknown kind": ("answer: g", "answer: g\n  kind: numbr", 12, "(did you mean 'number'?)"),
    "an unknown field": ("  marks: 1\n- id", "  mark: 1\n- id", 12, "unknown field 'mark' (did you mean 'marks'?)"),
    "an option without right": (", right: g >= 0", "", 17, "part b, option B: 'right' is missing"),
    "an option that is only a text": ('{text: "Yes.", right: g < 0}', "Yes.", 16, "not the text 'Yes.'"),
    "a comma in a text": ('"Yes."', "Yes, so it is", 16, "a text with a comma, put that text in quotes"),
    "a figure of an unknown stack": ("let:", "figures: [{stack: net}]\nlet:", 5, "no layer stack 'net' is given"),
    "a figure of an unknown name": ("let:", "figures: [{graph: LL}]\nlet:", 5, "no value 'LL' (did you mean 'L'?)"),
    "a figure of an unknown kind": ("let:", "figures: [{grap: L}]\nlet:", 5, "(did you mean 'graph'?)"),
    "a test of a part that is not there": ("{a: -8}", "{c: -8}", 20, "there is no answer 'c'; there are a, b"),
}


def complaints(root, text):
    """(line, sentence) of every complaint of `grader bank check`."""
    (root / "one.yaml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["bank", "check", str(root / "one.yaml")])
    assert result.exit_code in (0, 1), result.stderr
    return [(int(line), sentence) for line, sentence in re.findall(r"^\S*one\.yaml:(\d+): (.*)$", result.stdout, re.MULTILINE)]


def test_the_file_is_sound_without_a_mistake(make_bank):
    assert complaints(make_bank({}), SOUND) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake(make_bank, mistake):
    sound, typed, line, words = MISTAKES[mistake]
    assert SOUND.count(sound) == 1
    ((found, sentence),) = complaints(make_bank({}), SOUND.replace(sound, typed))
    assert found == line
    assert words in sentence


def test_a_missing_dash_is_told_by_what_stands_twice(make_bank):
    found = complaints(make_bank({}), SOUND.replace("- id: b", "  id: b"))
    assert (13, "'id' stands here twice (first in line 9); begin the next entry of the list with '- '") in found


def test_a_field_twice_is_not_taken_for_a_missing_dash(make_bank):
    ((_, sentence),) = complaints(make_bank({}), SOUND.replace("answer: g", "answer: g\n  answer: L"))
    assert "begin the next entry" not in sentence


def test_a_decimal_comma_is_told(make_bank):
    found = complaints(make_bank({}), SOUND.replace("lr: 0.1", "lr: 0,1"))
    assert any(line == 4 and sentence.endswith("decimals have a point, not a comma") for line, sentence in found)


def test_a_misspelt_field_of_all_parts_is_told_once(make_bank):
    assert complaints(make_bank({}), SOUND.replace("parts:", "part:")) == [
        (1, "problem: 'parts' is missing"),
        (8, "problem: unknown field 'part' (did you mean 'parts'?)"),
    ]


def test_all_mistakes_are_told_at_once(make_bank):
    text = (
        SOUND.replace("optimizer", "optimiser").replace("grad(", "gard(").replace(", right: g >= 0", "").replace("a: -8", "c: 1")
    )
    assert [line for line, _ in complaints(make_bank({}), text)] == [2, 7, 17, 20]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("answers: {a: 1}\n", "this looks like a printed key"),
        ("claims: []\n", "this looks like a printed key"),
        ("title: E\nproblems: [a]\n", "the file of a paper must be called paper.yaml"),
    ],
)
def test_another_sort_of_file_gets_one_complaint(make_bank, text, words):
    ((line, sentence),) = complaints(make_bank({}), text)
    assert line == 1
    assert words in sentence


def test_a_key_for_a_part_that_is_not_there(make_bank, monkeypatch):
    root = make_bank({"problems/one.yaml": SOUND, "solutions/one.yaml": 'answers:\n  aa: "1"\n  b.z: "2"\n'})
    monkeypatch.setenv("GRADER_BANK", str(root / "problems"))
    result = CliRunner().invoke(main, ["validate", "one"])
    assert result.exit_code == 1
    assert "one.yaml:2: answers: problem one has no part 'aa' (did you mean 'a'?)" in result.output
    assert "one.yaml:3: answers: part b has no box 'z'" in result.output
