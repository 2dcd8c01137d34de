"""What a problem's text shows for `{{...}}`, and layer stacks in words."""

import pytest

from grader.bank.load import read_file
from grader.bank.statement import described, filled, stacks_to_show, unfilled
from grader.marking.solution import solve_problem

HEAD = "title: T\ntopics: [loss]\n"


@pytest.fixture
def read(tmp_path):
    """A function that gives the Problem of a text, and its program."""

    def problem(text):
        path = tmp_path / "p.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        found = read_file(path)
        return found, solve_problem(found).program

    return problem


VALUES = """\
given:
  a: "[26.03, 1/4, 3]"
  d: "[[0.5, -1.25], [2, .75]]"
  f: "[1/2, 1/3]"
  lr: 0.1
  n: 3
  x: real
let:
  half: lr / 2
  third: lr / 3
  both: lr * f[0]
parts: [{id: a, text: t, answer: half, marks: 1}]
"""


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("a[0]", "26.03"),
        ("a[1]", "1/4"),  # typed as a fraction, although others have decimals
        ("a[2]", "3"),
        ("d[0, 1]", "-1.25"),
        ("d[1, 1]", "0.75"),
        ("d[0]", "[0.5, -1.25]"),
        ("f[0]", "1/2"),
        ("f", "[1/2, 1/3]"),
        ("2 * lr", "0.2"),
        ("half", "0.05"),  # through `let`
        ("third", "1/30"),  # does not end
        ("both", "1/20"),  # rests on fractions, too
        ("a[0] + lr", "26.13"),  # but not on that of a[1]
        ("a + lr", "[2613/100, 7/20, 31/10]"),
        ("n / 4", "3/4"),
    ],
)
def test_values_look_as_they_were_typed(read, expression, shown):
    assert filled(f"<{{{{ {expression} }}}}>", *read(VALUES)) == f"<{shown}>"


def test_what_cannot_be_worked_out_is_complained_about_in_every_text(read):
    text = """\
text: Given {{n}} and {{no1 + n}}.
given: {n: 3, x: real}
parts:
- id: a
  text: Take {{no2 + n}}.
  options:
    A: {text: "{{no3}}", right: true, because: "{{no4}}"}
    B: {text: "{{n + 1}}", right: false}
  marks: 1
- id: b
  text: Symbols have no value, {{x}}.
  rubric: [{marks: 1, text: "says {{no5}}"}]
  model: It is {{1 / 0}}.
"""
    complaints = unfilled(*read(text))
    told = [complaint.sentence.split("'")[1] for complaint in complaints]
    assert told == ["{{no1 + n}}", "{{no2 + n}}", "{{no3}}", "{{no4}}", "{{x}}", "{{no5}}", "{{1 / 0}}"]
    assert [complaint.where.line for complaint in complaints] == [3, 7, 9, 9, 13, 14, 15]


def test_a_title_shows_no_values(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("topics: [loss]\ntitle: With {{w}}\ngiven: {w: 2}\nparts: [{id: a, text: t, answer: w, marks: 1}]\n")
    problem = read_file(path)
    (complaint,) = unfilled(problem, solve_problem(problem).program)
    assert complaint.sentence.startswith("the title shows '{{w}}'")


def test_a_figures_caption_is_a_text(read):
    figure = "given: {A: '[[1, 2]]'}\nfigures: [{grid: A, caption: 'Of {{1 / 0}}.'}]\n"
    text = f"{figure}parts: [{{id: a, text: t, rubric: [{{marks: 1, text: u}}]}}]\n"
    assert [complaint.where.line for complaint in unfilled(*read(text))] == [4]


# --- layer stacks ---

STACKS = """\
given:
  K: 92
  p: 0.25
  C: integer > 0
  net: {input: "(C, 32, K)", layers: [{conv: {name: K5, filters: 2 * K, kernel: "(3, K)"}}, {dropout: {rate: p}}, relu]}
  wide: {input: K x 8 x 8, layers: [{branch: [[relu], []]}, {residual: {name: r, layers: [{conv: {filters: K, kernel: 1}}]}}]}
parts: [{id: a, text: t, kind: shape, answer: size(net), marks: 1}]
"""


def test_a_stack_in_words_has_values_for_names(read):
    problem, program = read(STACKS)
    assert described(problem.given["net"], problem, program) == (
        "input (C, 32, 92), then conv (name K5, filters 184, kernel (3, 92)), dropout (rate 0.25), relu"
    )


def test_a_path_without_layers_can_be_told(read):
    problem, program = read(STACKS)
    assert described(problem.given["wide"], problem, program) == (
        "input 92 x 8 x 8, then branch (paths [[relu], [identity]]), residual (layers [conv (filters 92, kernel 1)], name r)"
    )


SECRET = """\
{text}given:
  a: {{input: 3, layers: [relu]}}
  b: {{input: 3, layers: [relu]}}
  c: {{input: 3, layers: [relu]}}
  d: {{input: 3, layers: [relu]}}
let:
  of_b: size(b)[0]
  of_c: size(c)[0]
{figures}parts:
- {{id: a, text: t, answer: of_b, marks: 1}}
- {{id: b, text: t, options: {{A: {{text: x, right: "size(a)[0] == of_b"}}, B: {{text: y, right: of_c > 3}}}}, marks: 1}}
"""


@pytest.mark.parametrize(
    ("text", "figures", "shown"),
    [
        ("", "", ["b", "d"]),  # a and c stand in conditions only; d in nothing, so it gives nothing away
        ("text: Take {{a}}.\n", "", ["a", "b", "d"]),
        ("", "figures: [{stack: c}]\n", ["b", "c", "d"]),
    ],
)
def test_stacks_that_only_conditions_use_are_not_shown(read, text, figures, shown):
    assert stacks_to_show(read(SECRET.format(text=text, figures=figures))[0]) == shown
