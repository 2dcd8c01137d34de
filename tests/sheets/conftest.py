"""A problem whose texts are full of what a terminal, a browser, a typesetter or a learning platform could take for its own."""

import pytest

from grader.bank.load import load_problem
from grader.sheets.build import sheet_of

TITLE = r'T # $ <b> & \input{secret} =cmd "quoted" {{ y *x* _y_ `z` 100% ~ ^ | ]]> \(evil\) $$ [answer1] Ω ∘ 😀'
PROBLEM = r"""
title: 'TITLE'
topics: [backprop]
text: |
  =cmd|' /C calc'!A0 and <script>alert(1)</script> and \input{secret} and #let x = 1 and 5 & 6 and $5 or $6 and
  "quotes" {{x}} and { {text}} and `#code $ \input{secret} {{x}}` and `<b>code</b> $ {{x}}` and 100% ~ ^ _under_score_ | and
  \\(evil\\) and \\[b\\] and \begin{align} c and $$ and [answer1] and &amp; and ]]>.

  # Heading $\input{secret}$

  | a | b |
  |---|---|
  | $|x|$ | $\|y\|$ |
given:
  x: "[1, -2]"
  text: real
parts:
- id: a
  text: "- Compute {{x}} # $ & <i> [answer2]"
  answer: {z: {value: "x[0]", marks: 1}, h: {value: 2 * x, marks: 1}}
- id: b
  text: Say { { or why </textarea> </details> </p>.
  rubric:
  - {marks: 1, text: "=1+1 # $ & < \\input{secret}"}
  model: "# $ & <u> \\input{secret} #panic(1) </details> <script>x</script>"
- id: c
  text: Choose.
  options:
    A: {text: "<b># $ & \\input{secret}", right: "true", because: "# <i> $"}
    B: {text: "=cmd", right: "false"}
  marks: 1
"""
PIECES = (
    TITLE,
    "=cmd|' /C calc'!A0 and <script>alert(1)</script>",
    "#let x = 1 and 5 & 6 and $5 or $6",
    '"quotes"',
    "and [answer1] and &amp; and ]]>.",
    "# Heading",
)


@pytest.fixture
def hostile(tmp_path):
    """A function that makes the sheet of this problem."""

    def made(**settings):
        (tmp_path / "hostile.yaml").write_text(PROBLEM.replace("TITLE", TITLE), encoding="utf-8")
        return sheet_of(load_problem(str(tmp_path / "hostile.yaml")), **settings)

    return made


@pytest.fixture
def hostile_pieces():
    """Pieces of its text that every format shows as they stand; the first is its title."""
    return PIECES
