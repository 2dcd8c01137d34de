"""Every example of docs/notation.md is read as the page says, and every rule of the notation layer stands there."""

import re
from pathlib import Path

import pytest

from grader.marking.reading.typed import STUDENT_CONVENTIONS, read_formula, read_numbers, read_numbers_in_every_sense, read_shape
from grader.maths.errors import GraderError
from grader.maths.graph import given
from grader.maths.language import notation
from grader.maths.language.declarations import declaration, named_sizes

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "notation.md").read_text(encoding="utf-8")
NAMES = {name: given(name) for name in ("x", "y", "y_1", "w_11", "lambda_1")} | {"W": given("W", (3, 2))}
SIZES = {}
INDICES = {"x": "vector(n)", "W": "matrix(n, m)", "i": "index(n)", "y": "index(n)", "j": "index(m)"}
INDICES |= {"f": "function", "g": "function"}
INDICES = {name: declaration(text).meaning(name, SIZES) for name, text in INDICES.items()} | named_sizes(SIZES)
HEAD = re.compile(r"\| typed \| read as \(asked: (\w+)\) \|")
ROW = re.compile(r"\| (`+)(.+?)\1 \| (.+) \|")
RULE = re.compile(r"^(?:## )?(N\d+) ", re.MULTILINE)
CODES = {"n": "\n", "t": "\t"}


def examples():
    """(rule, what is asked, typed, [what it is read as]) of every table of the page."""
    rule = asked = ""
    for line in PAGE.splitlines():
        rule = RULE.match(line).group(1) if line.startswith("## ") else rule
        head, row = HEAD.fullmatch(line), ROW.fullmatch(line)
        asked = head.group(1) if head else asked
        if row:
            typed = row.group(2).strip() if len(row.group(1)) > 1 else row.group(2)
            typed = re.sub(r"\{(n|t|200b|1b|feff)\}", character, typed.replace("\\|", "|"))
            yield rule, asked, typed, re.findall(r"`([^`]*)`", row.group(3))


def character(match):
    code = match.group(1)
    return CODES.get(code) or chr(int(code, 16))


EXAMPLES = list(examples())


def texts(asked, typed):
    """What an answer is read as, in every sense, in normal form."""
    if asked == "expression":
        return [read_formula(typed, NAMES, STUDENT_CONVENTIONS).text]
    if asked == "indices":
        return [read_formula(typed, INDICES, STUDENT_CONVENTIONS).text]
    if asked == "shape":
        return [read_shape(typed, {}).text]
    senses = read_numbers_in_every_sense(typed, counting=asked == "count", listed=asked == "array")
    return [numbers.text for numbers in senses]


@pytest.mark.parametrize(("rule", "asked", "typed", "read_as"), EXAMPLES)
def test_an_example_is_read_as_the_page_says(rule, asked, typed, read_as):
    if read_as:
        assert texts(asked, typed) == read_as
    else:
        with pytest.raises(GraderError):
            texts(asked, typed)


@pytest.mark.parametrize(("rule", "asked", "typed", "read_as"), [example for example in EXAMPLES if example[3]])
def test_reading_what_is_shown_gives_the_same(rule, asked, typed, read_as):
    for shown in read_as:
        assert texts("number" if asked == "count" else asked, shown)[0] == shown


def test_every_rule_has_three_examples():
    rules = RULE.findall(notation.__doc__)
    assert rules == [f"N{number}" for number in range(1, 23)]
    assert RULE.findall(PAGE) == rules
    assert all(sum(example[0] == rule for example in EXAMPLES) >= 3 for rule in rules)


def test_the_doubt_is_said_in_words():
    assert read_numbers("1,234").ambiguous == "read as 1.234; could also mean 1234"
    assert read_numbers("5,5; 0,25").ambiguous == "read as [5.5, 0.25]; could also mean [[5, 5], [0, 25]]"
    assert read_numbers("2,5").ambiguous == read_numbers("1,234", counting=True).ambiguous == ""
    assert read_numbers("2.125").ambiguous == ""
    assert read_formula("sum([1,5])", NAMES, {}).ambiguous == "read as sum([1, 5]); could also mean sum([1.5])"
