"""Figures of problems: what the SVG holds, what is said in words, and what is complained about."""

import re
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner

from grader.bank.figures import FIGURES, figures_of
from grader.bank.load import load_bank, load_problem
from grader.commands import main
from grader.marking.solution import solve_problem
from grader.maths.errors import BankError, UsageError
from grader.sheets.figures import draw
from grader.sheets.figures.drawing import Canvas, plain, width
from grader.sheets.figures.drawing import name as label_of
from grader.sheets.figures.table import KINDS
from grader.sheets.figures.values import cut

GIVEN = """\
title: Figures
topics: [backprop]
text: Look.
given:
  x: "[1, -2]"
  X: "[[1/2, 0.25], [3, 1.50]]"
  T: "[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]"
  W: "[[-1/2, 1, 2], [-1, 0.5, 3/2]]"
  S: matrix(2, 2)
  b: "[10, 20, 30]"
  u: 1/3
  w: 0.7
  h_0: 5
  r: real
  n: integer > 0
  net:
    input: (3, 32, 32)
    layers:
    - conv: {name: c1, filters: 8, kernel: 3, padding: 1}
    - residual: [relu]
    - residual: {layers: [{conv: {filters: 9, kernel: 1}}], shortcut: [{conv: {filters: 9, kernel: 1}}]}
    - branch: [[{conv: {filters: 4, kernel: 1}}], [{maxpool: {kernel: 3, stride: 1, padding: 1}}]]
    - flatten
    - dense: {units: 10}
let:
  z: x @ W + b
  d: u * w
  f: (d - r)^2
  k: (u * r) / (w * r)
parts:
- {id: a, text: Do., answer: "%s", marks: 1}
figures:
"""


@pytest.fixture
def solution(tmp_path):
    """The Solution of a problem with these figures; its part asks for `asks`."""

    def made(figures, asks="1"):
        path = tmp_path / "made.yaml"
        path.write_text(GIVEN % asks + figures, encoding="utf-8")
        return solve_problem(load_problem(str(path)))

    return made


@pytest.fixture
def drawing(solution):
    return lambda figures, asks="1": drawn(solution(figures, asks))


def drawn(solution):
    ((_, figure),) = figures_of(solution.problem)
    return draw(solution, figure)


def tree(drawing):
    return ET.fromstring(drawing.svg)


def elements(drawing, tag):
    """The elements of a kind, without the white ground of labels."""
    return [one for one in tree(drawing).iter(f"{{http://www.w3.org/2000/svg}}{tag}") if tag != "rect" or one.get("stroke")]


def texts(drawing):
    return ["".join(one.itertext()) for one in elements(drawing, "text")]


# --- every kind ---

EACH = {
    "stack": "- stack: net\n",
    "graph": "- graph: f\n",
    "grid": "- grid: [x, X]\n",
    "network": "- network: {layers: [x, [h1, h2, h3]], weights: [W], biases: [b]}\n",
    "unrolled": "- unrolled: {steps: 3, input: x, state: h, output: y, weights: {input: u, state: w}}\n",
}


def test_every_kind_can_be_read_and_drawn():
    assert FIGURES.keys() == KINDS.keys() == EACH.keys()


@pytest.mark.parametrize("kind", EACH)
def test_the_svg_is_well_formed_and_fits_on_a_page(drawing, kind):
    made = drawing(EACH[kind])
    root = tree(made)
    wide, high = (float(root.get(side).removesuffix("mm")) for side in ("width", "height"))
    assert 79 <= wide <= 161
    assert high > 10
    assert root.get("role") == "img"
    assert root.get("aria-label") == made.alt


@pytest.mark.parametrize("kind", EACH)
def test_two_drawings_are_the_same(drawing, kind):
    assert drawing(EACH[kind]) == drawing(EACH[kind])


@pytest.mark.parametrize("kind", EACH)
def test_every_number_drawn_is_in_the_alternative_text(drawing, kind):
    made = drawing(EACH[kind])
    shown = re.findall(r"[0-9]+(?:[./][0-9]+)?", " ".join(text.replace("_", " ") for text in texts(made)))
    assert shown
    assert set(shown) <= set(re.findall(r"[0-9]+(?:[./][0-9]+)?", made.alt.replace("_", " "))) | {"112", "123"}


def overlap(one, other):
    """Whether two rectangles (left, top, right, bottom) overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("kind", EACH)
def test_labels_do_not_overlap(solution, kind):
    made = solution(EACH[kind])
    ((_, figure),) = figures_of(made.problem)
    canvas, _ = KINDS[kind](made, figure)
    pairs = [(one, other) for at, one in enumerate(canvas.labels) for other in canvas.labels[:at]]
    assert pairs
    assert not any(overlap(one, other) for one, other in pairs)


def test_an_own_alternative_text_and_the_caption(solution):
    made = solution('- {stack: net, alt: "A net for {{u}}.", caption: The net.}\n')
    assert drawn(made).alt == "A net for 1/3."
    assert figures_of(made.problem)[0][1].caption == "The net."


# --- stacks ---


def test_a_stack_has_a_box_for_every_layer(drawing):
    made = drawing("- {stack: net, sizes: all}\n")
    # input, c1, relu, conv, its shortcut, conv and max pooling in the branch, the bar that joins them, flatten, dense
    assert len(elements(made, "rect")) == 10
    assert len(elements(made, "circle")) == 2  # the sums of both residual blocks
    # 3 x 3 with padding 1 keeps 32 x 32; the branch joins 4 and 9 channels; 13 * 32 * 32 = 13312
    for size in ("8 × 32 × 32", "9 × 32 × 32", "13 × 32 × 32", "13312"):
        assert size in texts(made)
        assert f"gives {size}" in made.alt


@pytest.mark.parametrize(
    ("setting", "asks", "shows_input", "shows_others"),
    [
        ("", "1", True, True),
        ("", "size(net.c1)[1]", True, False),  # what is asked is not given away
        ("", "parameters(net)", True, False),
        (", sizes: all", "size(net.c1)[1]", True, True),
        (", sizes: input", "1", True, False),
        (", sizes: none", "1", False, False),
    ],
)
def test_which_sizes_a_stack_shows(drawing, setting, asks, shows_input, shows_others):
    made = drawing(f"- {{stack: net{setting}}}\n", asks)
    assert ("3 × 32 × 32" in made.alt) == ("3 × 32 × 32" in texts(made)) == shows_input
    assert ("13312" in made.alt) == ("13312" in texts(made)) == shows_others


def test_settings_of_layers_are_told(drawing):
    made = drawing("- stack: net\n")
    assert "convolution c1" in texts(made)
    assert "filters 8, kernel 3, padding 1" in texts(made)
    assert "convolution c1 (filters 8, kernel 3, padding 1)" in made.alt


# --- graphs ---


def test_a_graph_has_boxes_for_givens_and_circles_for_operations(drawing):
    made = drawing("- graph: f\n")  # u and w times each other, r subtracted, squared
    assert len(elements(made, "rect")) == 3 + 2  # u, w, r; and the pills "d − r" and "( )²"
    assert len(elements(made, "circle")) == 1
    assert len(elements(made, "polygon")) == 5 + 1  # arrow heads: two into "×", two into "−", one into the square, one out
    assert "u = 1/3, w = 0.7 and r" in made.alt
    assert "d = u × w; step 2 = d − r; f = step 2 ^ 2" in made.alt


def test_sizes_that_are_names_stay_names(tmp_path):
    path = tmp_path / "symbols.yaml"
    text = "title: t\ntopics: [loss]\ntext: t\ngiven: {n: integer > 0, v: vector(n), M: 'matrix(n, 4)'}\nlet: {q: sum(v @ M)}\n"
    path.write_text(f"{text}parts: [{{id: a, text: t, answer: q, marks: 1}}]\nfigures: [{{graph: q}}]\n", encoding="utf-8")
    assert "begins at v (n) and M (n × 4)." in drawn(solve_problem(load_problem(str(path)))).alt
    path.write_text(path.read_text().replace("graph: q", "grid: M"), encoding="utf-8")
    with pytest.raises(UsageError, match="its sizes are names, not numbers"):
        drawn(solve_problem(load_problem(str(path))))


def test_a_graph_begins_where_it_is_said_to(drawing):
    made = drawing("- {graph: f, from: d}\n")
    assert "begins at d and r" in made.alt
    assert "1/3" not in made.alt


def test_operands_without_names_are_told_apart(drawing):
    made = drawing("- graph: k\n")  # k: (u * r) / (w * r)
    assert sorted(text for text in texts(made) if "(" in text) == ["(1)", "(1)/(2)", "(2)"]
    assert "step 1 = u × r; step 2 = w × r; k = step 1 / step 2" in made.alt


def test_a_graph_without_hidden_names_and_values(drawing):
    made = drawing("- {graph: f, hide: r, values: false}\n")
    assert "begins at u and w" in made.alt
    assert "0.7" not in "".join(texts(made)) + made.alt


def test_the_direction_of_a_graph(drawing):
    right, down = (drawing(f"- {{graph: f, direction: {direction}}}\n") for direction in ("right", "down"))
    assert float(tree(right).get("width").removesuffix("mm")) > float(tree(down).get("width").removesuffix("mm"))
    assert float(tree(right).get("height").removesuffix("mm")) < float(tree(down).get("height").removesuffix("mm"))
    assert right.alt == down.alt


# --- grids ---


def test_a_matrix_shows_numbers_as_they_were_typed(drawing):
    made = drawing("- grid: X\n")
    assert texts(made) == ["X", "1/2", "0.25", "3", "1.50"]
    assert "row 1: 1/2, 0.25; row 2: 3, 1.50" in made.alt


@pytest.mark.parametrize("typed", ["1.5/2", "3/4", "0.750", "1" + "0" * 99 + "/1" + "0" * 99])
def test_odd_spellings_of_numbers(solution, tmp_path, typed):
    path = tmp_path / "odd.yaml"
    path.write_text(
        f"title: t\ntopics: [loss]\ntext: t\ngiven: {{v: '[{typed}]'}}\nparts: [{{id: a, text: t, answer: 1, marks: 1}}]\n"
        "figures: [{grid: v}]\n",
        encoding="utf-8",
    )
    shown = texts(drawn(solve_problem(load_problem(str(path)))))[1]
    assert shown == {"1.5/2": "3/4", "1" + "0" * 99 + "/1" + "0" * 99: "1"}.get(typed, typed)


def test_a_tensor_has_a_grid_for_each_channel(drawing):
    made = drawing("- grid: T\n")
    assert len(elements(made, "rect")) == 2
    assert "channel 1: row 1: 1, 2; row 2: 3, 4; channel 2: row 1: 5, 6; row 2: 7, 8" in made.alt


def test_blank_and_upright_grids(drawing):
    made = drawing("- {grid: [x, X], column: x, blank: X}\n")
    assert texts(made) == ["x", "1", "−2", "X"]
    assert "x is a column vector of 2: 1, −2." in made.alt
    assert "X, a matrix of 2 × 2 (rows × columns), is an empty grid" in made.alt


def test_symbols_in_a_grid(drawing):
    made = drawing("- grid: S\n")
    assert len(texts(made)) == 1 + 4
    assert "S[0, 1]" in made.alt


def test_what_is_worked_out_can_be_drawn(drawing):
    # z = x W + b: 1 * -1/2 + -2 * -1 + 10 = 23/2; 1 - 1 + 20 = 20; 2 - 3 + 30 = 29
    assert "11.5, 20, 29" in drawing("- grid: z\n").alt


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("0.3333333333", "0.33333…"),
        ("1.5", "1.5"),
        ("12345.67", "12345…"),
        ("2.718281828e-7", "2.7182…e-7"),
        ("0.00123456", "0.0012345…"),
    ],
)
def test_long_numbers_are_cut_off(text, short):
    assert cut(text) == short


# --- networks ---


def test_a_network_has_its_units_and_edges(drawing):
    made = drawing(EACH["network"])
    assert len(elements(made, "circle")) == 2 + 3
    assert len(elements(made, "polygon")) == 2 * 3
    assert [text for text in ("−1/2", "2", "0.5", "3/2") if text not in texts(made)] == []
    # W has a row for each input: from x_2 to the third unit leads 3/2
    assert "from x_2 to h3: W_23 = 3/2" in made.alt
    assert "h3: b_3 = 30" in made.alt


def test_bias_nodes(drawing):
    made = drawing("- network: {layers: [x, [h1, h2, h3]], weights: [W], biases: [b], bias_nodes: true}\n")
    assert len(elements(made, "circle")) == 2 + 3 + 1
    assert len(elements(made, "polygon")) == 2 * 3 + 3


def test_the_other_layout_of_weights(drawing):
    made = drawing("- network: {layers: [[a, b, c], x], weights: [W], inputs: columns}\n")
    assert "from c to x_1: W_13 = 2" in made.alt


def test_named_weights_show_names_and_numbers(drawing):
    made = drawing('- network: {layers: [[p, q], [s]], weights: ["[u, r]"]}\n')
    assert "from p to s: u = 1/3; from q to s: r" in made.alt


def test_expressions_as_weights(drawing):
    made = drawing('- network: {layers: [[p, q], [s]], weights: ["2 * x"], biases: ["3 * u"]}\n')
    assert {"2", "−4", "+1"} <= set(texts(made))
    assert "from p to s: 2; from q to s: −4. Biases of s: 1." in made.alt


def test_large_layers_are_hinted_at(drawing):
    made = drawing("- network: {layers: [784, 10], activations: [softmax]}\n")
    assert len(elements(made, "circle")) == 3 + 3
    assert "784 units" in made.alt
    assert "10 units, activation softmax" in made.alt


# --- unrolled networks ---


def test_an_unrolled_network(drawing):
    made = drawing(EACH["unrolled"])
    assert len(elements(made, "rect")) == 3
    assert len(elements(made, "polygon")) == 3 + 3 + 4  # inputs, outputs, states
    assert "from the state h_0 = 5" in made.alt
    assert "u = 1/3 and w = 0.7" in made.alt


def test_values_of_the_inputs_and_a_single_output(drawing):
    made = drawing("- unrolled: {steps: 2, input: x, state: h, output: y, outputs: last}\n")
    assert "the input x_1 = 1" in made.alt
    assert "the input x_2 = −2" in made.alt
    assert "y_1" not in made.alt
    assert "y_2" in made.alt


# --- hostile names ---

HOSTILE = "</text><script>&\"'"


@pytest.mark.parametrize(
    "figures",
    [
        f"- network: {{layers: [['{HOSTILE.replace(chr(39), chr(39) * 2)}'], [y]]}}\n",
        f"- {{stack: net, alt: '{HOSTILE.replace(chr(39), chr(39) * 2)}'}}\n",
    ],
)
def test_names_cannot_break_out(drawing, figures):
    made = drawing(figures)
    assert not elements(made, "script")
    assert HOSTILE in tree(made).get("aria-label") + "".join(texts(made))


def test_hostile_text_in_a_canvas():
    canvas = Canvas()
    canvas.text(0, 0, [(f"{HOSTILE}\x00\ud800", "name"), ("<", "sub")])
    root = ET.fromstring(canvas.svg("\x01<"))
    assert root.get("aria-label") == "?<"


# --- labels ---


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("w_11", "w_11"),
        ("x1", "x_1"),
        ("sigma", "σ"),
        ("w_1_new", "w_1,new"),
        ("yhat", "ŷ"),
        ("dL_dz", "dL/dz"),
        ("slope", "slope"),
    ],
)
def test_names_become_labels(text, label):
    assert plain(label_of(text)) == label


def test_widths_are_not_underestimated():
    # advances of DejaVu Sans, one of the widest usual fonts
    for text, advance in (("m", 0.974), ("W", 0.989), ("0", 0.636), ("e", 0.615), ("i", 0.278), (" ", 0.318)):
        assert width(text, size=1) >= advance


# --- faults ---

LINE = GIVEN.count("\n") + 1  # of the first figure


@pytest.mark.parametrize(
    ("figures", "line", "sentence"),
    [
        ("- stak: net\n", 0, "unknown kind 'stak' (did you mean 'stack'?)"),
        ("- caption: none\n", 0, "its kind is missing; it is one of stack, graph, grid, network, unrolled"),
        ("- {stack: net, grid: x}\n", 0, "it is of one kind, not of several (stack, grid)"),
        ("- stack: nett\n", 0, "no layer stack 'nett' is given (did you mean 'net'?)"),
        ("- stack: x\n", 0, "'x' is no layer stack; there is net"),
        ("- stack: net\n  size: all\n", 1, "unknown field 'size' (did you mean 'sizes'?)"),
        ("- stack: net\n  sizes: al\n", 1, "'sizes' cannot be 'al' (did you mean 'all'?)"),
        ("- graph: zz\n", 0, "there is no value 'zz'"),
        ("- graph: f\n  from: [h_1]\n", 1, "there is no value 'h_1' (did you mean 'h_0'?)"),
        ("- grid: [x, net2]\n", 0, "there is no value 'net2' (did you mean 'net'?)"),
        (
            "- network:\n    layers: [[a], hh]\n",
            1,
            "a layer is a list of units, a number of them, or a vector's name; there is no value 'hh'",
        ),
        ("- network:\n    layers: [0, 3]\n", 1, "a layer has from 1 to 10,000,000 units, not 0"),
        ("- network:\n    layer: [[a], [c]]\n", 1, "unknown field 'layer' (did you mean 'layers'?)"),
        ("- network:\n    layers: [[a], [c]]\n    weights: [V]\n", 2, "there is no value 'V'"),
        ("- unrolled: {state: h}\n", 0, "'steps' is missing"),
        ("- unrolled:\n    steps: 9\n    state: h\n", 1, "'steps' must be a whole number from 0 to 6"),
        (
            "- unrolled:\n    steps: 2\n    state: h\n    weights: {inputs: u}\n",
            3,
            "'weights' cannot be 'inputs' (did you mean 'input'?)",
        ),
        ("- stack: net\n  caption: 'See {{uu}}.'\n", 1, "the text shows '{{uu}}', which has no value"),
    ],
)
def test_faults_of_the_file(solution, figures, line, sentence):
    with pytest.raises(BankError) as caught:
        solution(figures)
    told = [(complaint.where.line, complaint.sentence) for complaint in caught.value.complaints]
    assert any(at == LINE + line and sentence in text for at, text in told), told


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ("- grid: u\n", "'u' has 0 axes"),
        ("- {grid: x, blank: X}\n", "'X' is not among what is drawn"),
        ("- {grid: X, column: X}\n", "no vector"),
        ("- graph: u\n", "'u' is given, so it has no graph"),
        ("- network: {layers: [x, [a, c]], weights: [W]}\n", "the weights 'W' (2 × 3) do not fit 2 and 2 units"),
        ("- network: {layers: [x, [a, c]], weights: [X]}\n", "'X' is square; say 'inputs: rows'"),
        ("- network: {layers: [x, [a, c]], biases: [b]}\n", "the biases 'b' (3) do not fit a layer of 2"),
        ("- network: {layers: [x, [a, c]], activations: [ReLU, softmax]}\n", "there are 2 activations; there should be 1"),
        ("- network: {layers: [x]}\n", "from 2 to 6 layers, not 1"),
        ("- unrolled: {steps: 2, state: a_very_long_name}\n", "too long for a label"),
    ],
)
def test_what_cannot_be_drawn(solution, figures, sentence):
    with pytest.raises(UsageError) as caught:
        drawn(solution(figures))
    assert sentence in str(caught.value)


def test_bank_check_tells_what_cannot_be_drawn(tmp_path):
    path = tmp_path / "made.yaml"
    path.write_text(GIVEN % "1" + "- stack: net\n- grid: u\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["bank", "check", str(path)])
    assert result.exit_code == 1
    assert f"made.yaml:{LINE + 1}: figure, grid: 'u' has 0 axes" in result.stdout


def test_bank_check_tells_of_answers_that_are_drawn(tmp_path):
    path = tmp_path / "made.yaml"
    path.write_text(GIVEN % "z" + "- grid: [x, z]\n- {grid: [x, z], blank: z}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["bank", "check", str(path)])
    assert result.stdout.count("figure, grid") == 1
    assert f"made.yaml:{LINE}: figure, grid: 'z' is what part a asks for; put it under 'blank'" in result.stdout


# --- the command ---


def test_show_tells_figures_where_they_stand(tmp_path):
    path = tmp_path / "made.yaml"
    part = "- {id: b, text: More., answer: 2, marks: 1, figures: [{grid: x, caption: The input.}]}\nfigures:\n"
    path.write_text((GIVEN % "1").replace("figures:\n", part) + "- graph: d\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["bank", "show", str(path)])
    assert result.exit_code == 0
    order = [
        "Look.",
        "[Figure 1: A computational graph that leads to d.",
        "(a) Do.",
        "(b) More.",
        "[Figure 2 (The input.): x is a row",
    ]
    places = [result.stdout.index(text) for text in order]
    assert places == sorted(places)


def test_figures_are_written(tmp_path):
    path = tmp_path / "made it.yaml"
    path.write_text(GIVEN % "1" + EACH["stack"] + EACH["grid"], encoding="utf-8")
    result = CliRunner().invoke(main, ["bank", "show", str(path), "--figures", str(tmp_path / "new" / "folder")])
    assert result.exit_code == 0, result.stderr
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [file.name for file in files] == ["made-it-1.svg", "made-it-2.svg"]
    for file in files:
        assert f"{file}: {ET.parse(file).getroot().get('aria-label')}" in result.stdout


# --- the bank ---

WITH_FIGURES = [problem for problem in load_bank().problems.values() if figures_of(problem)]


@pytest.mark.parametrize("problem", WITH_FIGURES, ids=lambda problem: problem.id)
def test_figures_of_the_bank(problem):
    solution = solve_problem(problem)
    for _, figure in figures_of(problem):
        assert tree(draw(solution, figure)).get("aria-label")
        canvas, _ = KINDS[figure.kind](solution, figure)
        pairs = [(one, other) for at, one in enumerate(canvas.labels) for other in canvas.labels[:at]]
        assert not [pair for pair in pairs if overlap(*pair)]
