"""Numbers in texts that a variant has otherwise."""

import pytest

from grader.bank.load import load_problem
from grader.trial.literals import literal_values
from grader.variants.draw import draw_many, space_of

PROBLEM = """\
title: "TITLE"
topics: [loss]
text: "TEXT $k = {{k}}$, $W = {{W}}$, {{lr}}, {{big}}."
given: {k: 3, W: "[[2, -5], [12, 0.25]]", lr: 0.1, big: 1000, one: 1}
let: {n: 9 * k, third: k / 7}
parts:
- id: a
  text: "Give n and third. PART"
  answer: {n: {value: n, marks: 1}, third: {value: third, marks: 1}}
- {id: b, text: "Why?", rubric: [{marks: 1, text: "RUBRIC"}], model: "MODEL"}
- id: c
  text: Which?
  options: {A: {text: "OPTION", right: k > 2, because: "BECAUSE"}, B: {text: Other, right: k <= 2}}
  marks: 1
draw: {k: ints(3..9), W: "ints(2, 2, -9..-6)", lr: "choice(0.2, 0.3)", big: ints(2000..3000), one: ints(1..5)}
"""
PLACES = ("TITLE", "TEXT", "PART", "RUBRIC", "MODEL", "OPTION", "BECAUSE")


@pytest.fixture
def notes(make_bank):
    """A function that puts a text into a place of the problem and gives the notes."""

    def found(**texts):
        text = PROBLEM
        for name in PLACES:
            text = text.replace(name, texts.get(name, "Nothing"))
        make_bank({"p.yaml": text})
        problem = load_problem("p")
        return [str(note) for note in literal_values(problem, space_of(problem), draw_many(problem, 3, 1))]

    return found


@pytest.mark.parametrize(
    ("text", "literal", "proposal"),
    [
        ("a 3 x 3 kernel", "3", "is drawn: write {{k}}"),
        ("with one = 1", "1", "is drawn: write {{one}}"),
        ("with $one=1$", "1", "is drawn: write {{one}}"),
        ("the rate 0.1.", "0.1", "is drawn: write {{lr}}"),
        ("all 1000 of them", "1000", "is drawn: write {{big}}"),
        ("all 1,000 of them", "1,000", "is drawn: write {{big}}"),
        ("the row (2, -5)", "2, -5", "is drawn: write {{W}}"),
        ("the column [-5, 1/4]", "-5, 1/4", "is drawn: write {{W}}"),
        (r"$\\begin{pmatrix} 2 & -5$", "2 & -5", "is drawn: write {{W}}"),
        ("the entry 12", "12", "is drawn: write {{W}}"),
        ("it is 27", "27", "follows from what is drawn: write {{n}}"),
        ("about 0.43", "0.43", "follows from what is drawn: write {{third}}"),
        ("about 3/7", "3/7", "follows from what is drawn: write {{third}}"),
    ],
)
def test_what_is_told(notes, text, literal, proposal):
    (note,) = notes(MODEL=text)
    assert note == f"p.yaml:10: '{literal}' in the model answer of part b is a value that {proposal}, or leave it out"


@pytest.mark.parametrize(
    "text",
    [
        "one of them is 1, or 2",  # small
        "see question 3",
        "give 3 reasons (3 marks)",
        "$x_3$ and $x^3$, $W_{12}$, x3, 3rd, 0.10.3",
        "an entry is -5",  # small, and of an array
        "the interval [0, 1]",
        "{{k}} and {{ 3 + k }}",
        "0.42 or 0.4, 28, 13, 0/0",
        "three kernels",
    ],
)
def test_what_is_chance(notes, text):
    assert notes(MODEL=text) == []


def test_every_text_is_looked_at(notes):
    found = notes(**dict.fromkeys(PLACES, "at 27"))
    assert [note.partition(" in ")[2].partition(" is a value")[0] for note in found] == [
        "the title",
        "the text",
        "the text of part a",
        "the rubric of part b",
        "the model answer of part b",
        "option A of part c",
        "what is said of option A of part c",
    ]
    assert notes() == []
