"""Sheets: formulas, statements as blocks, every format over the whole bank, worked solutions, empty hand-ins, hostile text."""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from grader.bank.load import load_bank, load_paper, load_problem
from grader.bank.statement import filled
from grader.commands import main
from grader.marking.solution import solve_problem
from grader.marking.working import part_steps, references
from grader.maths.errors import GraderError, UsageError
from grader.sheets.blocks import Code, CodeBlock, Emphasis, Formula, Listing, Math, Paragraph, Table, Text
from grader.sheets.build import Sheets, sheet_of
from grader.sheets.closing import closed
from grader.sheets.formulas import FormulaError, mathml, plain, tree_of, typst
from grader.sheets.markdown import Reader
from grader.sheets.notation import latex_of, name_latex
from grader.sheets.output import write_sheet
from grader.sheets.templates import answers_markdown, answers_yaml
from grader.sheets.words import WORDS
from grader.sheets.writers import FORMATS, write
from grader.sheets.writers.pdf import source_of
from grader.sheets.writers.text import WIDTH, text_of
from grader.variants.issue import Person, copy_of

FAST = ("text", "markdown", "html")


# ---------------------------------------------------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\partial L / \partial w_{21}", "∂L/∂w_21"),
        (r"y = \sigma(s)", "y = σ(s)"),
        (r"1 - \eta\lambda", "1 − η λ"),
        (r"-\log p", "−log p"),
        (r"\sum_{i=1}^n x_i^2", "∑_(i=1)^n x_i^2"),
        (r"\frac{a + b}{2c}", "(a + b)/(2c)"),
        (r"\left(\frac{a}{b}\right)^2", "(a/b)^2"),
        (r"\hat y_1", "ŷ_1"),
        (r"Q K^\top", "Q K^⊤"),
        (r"\sqrt{p}", "√(p)"),
        (r"\mathrm{ReLU}(x)", "ReLU(x)"),
        (r"[2, -1]", "[2, −1]"),
        (r"\begin{bmatrix} 1 & -1/2 \\ 3 & 4 \end{bmatrix}", "[[1, −1/2], [3, 4]]"),
        (r"0.5 \cdot 10^{-3}", "0.5 · 10^−3"),
        (r"|o - t|", "|o − t|"),
        (r"f''(x)", "f''(x)"),
    ],
)
def test_a_formula_as_plain_text(latex, expected):
    assert plain(latex) == expected


@pytest.mark.parametrize(
    "latex",
    [
        r"\input{/etc/passwd}",
        r"\write18{ls}",
        r"\def\x{1}",
        r"\unknown",
        r"\begin{verbatim} x \end{verbatim}",
        r"{a",
        r"a}",
        "a # b",
        "a & b",
        "a $ b",
        r"x^{\catcode}",
        r"\begin{bmatrix} 1",
        "\\",
        "a\n\nb",
        "{" * 50 + "a" + "}" * 50,
        "a" * 6000,
        r"a^^69nput",
    ],
)
def test_a_formula_with_anything_unknown_is_refused(latex):
    for convert in (plain, mathml, typst):
        with pytest.raises(FormulaError):
            convert(latex)


def test_the_label_of_a_brace_is_no_index():
    latex = r"\underbrace{a + b}_{\text{all}} + \overbrace{c}^{n}"
    assert typst(latex) == '$underbrace(a \\+ b, "all") \\+ overbrace(c, n)$'
    assert plain(latex) == "(a + b)_all + c_n"


def test_mathml_is_well_formed_and_speaks():
    tree = ET.fromstring(mathml(r"a < b \text{ \& } \frac{1}{2}", display=True))
    assert tree.get("display") == "block"
    assert tree.get("alttext") == "a < b & 1/2"
    assert "".join(tree.itertext()).replace("\u00a0", " ") == "a<b & 12"


def test_a_sign_in_front_of_a_number_stands_close_to_it():
    tree = ET.fromstring(mathml("[1, -2] - 3"))
    signs = [element.get("form") for element in tree.iter("{http://www.w3.org/1998/Math/MathML}mo") if element.text == "−"]
    assert signs == ["prefix", None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x @ W + b", "x W + b"),
        ("2 * 1/2 * (o - t)", "2 · (1/2) · (o − t)"),
        ("dL/dh @ V^T", "∂L/∂h V^⊤"),
        ("z * active(z)", "z ∘ 1[z > 0]"),
        ("floor((n + 2) / 3) + 1", "⌊(n + 2)/3⌋ + 1"),
        ("lr * z", "lr · z"),
        ("1 - (-3)", "1 − (−3)"),
        ("a * (-3/2)", "a · (−3/2)"),
        ("-a*b", "−a · b"),
        ("(a+b)^2/c", "((a + b)^2)/c"),
        ("a/(b*c)", "a/(b · c)"),
        ("a - (b - c)", "a − (b − c)"),
        ("(a^b)^c", "(a^b)^c"),
        ("sqrt(x)", "√(x)"),
        ("net.c1.size[0] / net.x_1", "net.c1.size[0]/net.x_1"),
        ("abs(x)", "|x|"),
        ("≈ [0.12, 1e-05]", "≈ [0.12, 1 · 10^−5]"),
        ("sum(k in 1..n, x[k])", "∑_(k=1)^n x[k]"),
        ("X' (X w - y)", "X^⊤ (X w − y)"),
        ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]"),
        ("[[[1, 2]], [[3, 4]]]", "[[[1, 2]], [[3, 4]]]"),
        ("y_hat + theta_1 + W_new + big_cost", "ŷ + θ_1 + W_new + big_cost"),
    ],
)
def test_an_expression_of_the_language_as_a_formula(text, expected):
    latex = latex_of(text, {"z": 1, "W": 2})
    assert plain(latex) == expected
    assert typst(latex).startswith("$")


def test_names_as_latex():
    assert name_latex("w_11") == "w_{11}"
    assert name_latex("dL/dz") == r"\frac{\partial L}{\partial z}"
    assert plain(name_latex("a.b#c")) == "a.b#c"


def test_a_large_matrix_is_not_typeset():
    with pytest.raises(GraderError):
        latex_of("[[" + ", ".join("1" * 11) + "]]")


# --------------------------------------------------------------------------------------------------------- statements

VALUES = {"W": "[[1, 2], [3, 4]]", "x": "[1, -1/2]", "evil": r"a_b*c $ # < & {{q}} \input{x} \write^^M", "n": "0.10"}


def blocks_of(text, remarks=None):
    return Reader(VALUES.__getitem__, "test", [] if remarks is None else remarks).blocks(text)


def test_a_statement_becomes_blocks():
    blocks = blocks_of(
        "The $w_1$ is *not* `a_b`.\n\n- one\n- two\n\n3. c\n\n| a | b |\n|---|---|\n| 1 | $x$ |\n\n```\nf(x)\n```\n\n$$a=b$$"
    )
    assert blocks == (
        Paragraph((Text("The "), Math("w_1"), Text(" is "), Emphasis((Text("not"),)), Text(" "), Code("a_b"), Text("."))),
        Listing(((Paragraph((Text("one"),)),), (Paragraph((Text("two"),)),))),
        Listing(((Paragraph((Text("c"),)),),), start=3),
        Table(((Text("a"),), (Text("b"),)), (((Text("1"),), (Math("x"),)),)),
        CodeBlock("f(x)"),
        Formula("a=b"),
    )


def test_a_formula_may_go_over_lines_and_hold_signs_of_markdown():
    assert blocks_of("See $a\n- b_1 * c_2 * d$.") == (Paragraph((Text("See "), Math("a\n- b_1 * c_2 * d"), Text("."))),)
    (table,) = blocks_of("| a |\n|---|\n| $|x|$ |")
    assert table.rows == (((Math("|x|"),),),)
    assert blocks_of("`$a$` and $$ b $$")[0].run[0] == Code("$a$")
    assert blocks_of("$a\n\nb$") == (Paragraph((Text("$a"),)), Paragraph((Text("b$"),)))


def test_values_are_filled_in_after_reading():
    (paragraph,) = blocks_of("{{evil}} and {{W}} and $x = {{x}}$ and `{{n}}` and $n={{n}}$")
    evil, matrix, vector, code, number = (piece for piece in paragraph.run if piece not in (Text(" and "),))
    assert evil == Text(VALUES["evil"] + " and ") or evil.text.startswith(VALUES["evil"])
    assert plain(matrix.latex) == VALUES["W"]
    assert plain(vector.latex) == "x = [1, −1/2]"
    assert code == Code("0.10")
    assert plain(number.latex) == "n = 0.10"


def test_a_value_that_is_no_formula_is_shown_in_one_sign_by_sign():
    (paragraph,) = blocks_of("$y = {{evil}}$")
    shown = plain(paragraph.run[0].latex)
    for sign in ("$", "#", "<", "&", "{", r"\input"):
        assert sign in shown.replace("\\ ", "\\")


@pytest.mark.parametrize(
    "text",
    ["# no heading", "> no quote", "[a](http://b)", "![a](b)", "<b>x</b>", "&lt;", "I paid $5 and $6.", "=cmd|' /C'!A0", "$ x $"],
)
def test_what_is_no_part_of_a_statement_stays_text(text):
    assert blocks_of(text) == (Paragraph((Text(text),)),)


def test_a_formula_that_cannot_be_set_is_shown_as_typed_and_complained_about():
    remarks = []
    assert blocks_of(r"See $\input{secret}$.", remarks)[0].run[1] == Code(r"\input{secret}")
    assert remarks == [r"test: the formula '\input{secret}' is shown as it is typed: the command \input is not known here."]


def test_control_characters_do_not_get_through():
    (paragraph,) = blocks_of("a\x1b[31m\ue000b")
    assert paragraph.run == (Text("a\ufffd[31m\ufffdb"),)


# ------------------------------------------------------------------------------------------------------- the whole bank


@cache
def bank_sheets():
    return {id: sheet_of(problem, solutions=True) for id, problem in load_bank().problems.items()}


def test_every_problem_comes_out_in_the_fast_formats():
    for id, sheet in bank_sheets().items():
        assert sheet.remarks == (), id
        for format in FAST:
            for name, content in write(sheet, format).items():
                assert "{{" not in content, (id, name)
                assert "\ue000" not in content, (id, name)
                if format == "text":
                    lines = [line for line in content.split("\n") if not re.search(r"\S {2,}\S", line)]  # none of a table
                    assert max(map(len, lines)) <= WIDTH, id
                if format != "markdown":
                    assert not re.search(r"\\(?:frac|text|left|begin|partial|cdot|hat|operatorname)\b", content), (id, name)


def test_every_formula_of_the_bank_can_be_set_by_typst():
    for sheet in bank_sheets().values():
        for latex in formulas_in(sheet):
            typst(latex)


def formulas_in(block):
    """All LaTeX in a block and what it holds."""
    if isinstance(block, Math | Formula):
        yield block.latex
    elif isinstance(block, tuple):
        for inner in block:
            yield from formulas_in(inner)
    elif hasattr(block, "__dataclass_fields__"):
        for field in block.__dataclass_fields__:
            yield from formulas_in(getattr(block, field))


VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """What a test asks of a page: tags that close, ids, headings, labels."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.labels, self.fields, self.levels, self.tags, self.text = [], [], set(), [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "label":
            self.labels.add(attributes["for"])
        if tag in ("input", "textarea"):
            self.fields.append(attributes["id"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)


@pytest.mark.parametrize("language", WORDS)
def test_a_page_is_closed_labelled_and_in_order(language):
    sheet = sheet_of(load_paper("tum-2022ss"), language=language)
    (text,) = write(sheet, "html").values()
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.fields) == page.labels
    assert page.levels[0] == 1
    assert all(deeper <= level + 1 for level, deeper in zip(page.levels, page.levels[1:], strict=False))
    assert ("html", {"lang": language}) in page.tags
    outside = [value for tag, attributes in page.tags for key, value in attributes.items() if key in ("src", "href")]
    assert outside == []
    for tag, attributes in page.tags:
        assert tag != "svg" or attributes.get("aria-label")


@pytest.mark.parametrize("id", ["tum-2021/04", "tum-2020ss/06"])
def test_whatever_scrolls_on_a_page_is_reached_by_keys(id):
    (text,) = write(bank_sheets()[id], "html").values()
    styles = re.findall(r"^([^{}\n]+) \{[^{}]*overflow-x: auto", text, re.MULTILINE)
    assert sorted(styles) == [".scroll", ".step .lines", ".wide", "pre"]
    boxes = [
        attributes
        for tag, attributes in Page(text).tags
        if tag == "pre" or {"scroll", "lines", "wide"} & set(attributes.get("class", "").split())
    ]
    assert len(boxes) > 5
    assert all(attributes.get("tabindex") == "0" for attributes in boxes)


def test_a_wide_figure_scrolls_before_it_is_too_small_to_read():
    (text,) = write(bank_sheets()["tum-2021/04"], "html").values()
    wide, least, frame = re.search(
        r'<svg style="--least: (\d+)mm" .*?width="([\d.]+)mm".*?viewBox="\S+ \S+ ([\d.]+) ', text
    ).group(2, 1, 3)
    # 808 px are shrunk to 160 mm already, to 75 %: it stays as wide as that
    assert float(wide) == pytest.approx(160, abs=0.2)
    assert int(least) == 160
    assert float(frame) > 800
    assert "figure svg { display: block; max-width: 100%; height: auto; min-width: var(--least); }" in text
    (text,) = write(bank_sheets()["tum-2022ss/06"], "html").values()
    least, wide = map(float, re.search(r'--least: (\d+)mm" .*?width="([\d.]+)mm"', text).groups())
    assert 0.7 * wide < least < 0.85 * wide


def test_english_on_a_german_page_is_said_to_be_english(tmp_path):
    problem = load_problem("tum-mock-2020/03")
    (text,) = write(sheet_of(problem, solutions=True, language="de"), "html").values()
    tags = Page(text).tags
    english = [attributes.get("class") for _, attributes in tags if attributes.get("lang") == "en"]
    assert {"why", "given"} <= set(english)
    assert all(attributes["lang"] == "en" for tag, attributes in tags if tag == "svg" or attributes.get("class") == "why")
    assert not re.search(r"<(summary|b|h3)[^>]* lang=", text)
    (text,) = write(sheet_of(problem, solutions=True), "html").values()
    assert re.findall(r' lang="\w+"', text) == [' lang="en"']
    # nobody knows the language of a file of one's own; reasons are in English all the same
    (tmp_path / "own.yaml").write_text(
        "title: Eigene\ntopics: [loss]\ntext: Ein Satz.\ngiven: {x: 2}\nlet: {y: x^2}\n"
        "parts: [{id: a, text: t, answer: y + 1, marks: 1}]"
    )
    own = sheet_of(load_problem(str(tmp_path / "own.yaml")), solutions=True, language="de")
    (text,) = write(own, "html").values()
    assert {attributes.get("class") for _, attributes in Page(text).tags if attributes.get("lang") == "en"} == {"why"}


def test_solutions_are_folded_on_a_page():
    (text,) = write(sheet_of(load_problem("tum-mock-2020/03"), solutions=True), "html").values()
    assert text.count("<details><summary>Solution</summary>") == 3


# ------------------------------------------------------------------------------------------------------ what is on them


@cache
def mock(solutions=False, language="en"):
    return sheet_of(load_paper("tum-mock-2020"), solutions=solutions, language=language)


def test_a_sheet_has_titles_marks_and_conventions_and_no_solution():
    text = text_of(mock())
    assert "Problem 3: Forward and backward through a small ReLU network [9 marks]" in text
    assert "(a) [3 marks]" in text
    assert text.count("The squared error is averaged over all entries.") == 1
    assert "Solution" not in text
    assert "13/20" not in text


def test_worked_solutions_show_formula_numbers_result_and_reason():
    text = text_of(mock(solutions=True))
    why = "ReLU: negative entries become 0, the others stay"
    step = text[text.index("    h = ReLU(z)") :].split("\n")[:4]
    assert [line.strip() for line in step] == ["h = ReLU(z)", "= ReLU([2, −1/2])", "= [2, 0]", f"# {why}"]
    assert "Answer: 13/20 (0.65)" in text


def test_worked_solutions_have_right_options_models_and_rubrics():
    text = text_of(mock(solutions=True))
    assert "  A  wrong: More capacity makes it easier still to learn the training data by heart." in text
    assert "may be ticked or not" in text
    assert "Model answer:" in text
    assert "1 mark: precision" in text


def test_fixed_words_in_german():
    text = text_of(mock(solutions=True, language="de"))
    for word in ("Aufgabe 3:", "Punkte", "Konventionen:", "Lösung:", "Musterantwort:", "richtig:"):
        assert word in text


def test_every_fixed_word_is_there_in_every_language():
    assert {tuple(words) for words in WORDS.values()} == {tuple(WORDS["en"])}


def test_unknown_formats_and_languages():
    with pytest.raises(UsageError, match="did you mean 'html'"):
        write(mock(), "htm")
    with pytest.raises(UsageError, match="en, de"):
        sheet_of(load_paper("tum-mock-2020"), language="fr")


# ------------------------------------------------------------------------------------------------------ PDF and LaTeX

HANDFUL = ("tum-mock-2020/03", "lectures/two-layer-derivatives", "lectures/top-k-error", "hildesheim-workbook/21")


def in_pdf(data):
    """The text of a PDF, or "" where no tool reads it."""
    if shutil.which("pdftotext") is None:
        return ""
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, timeout=30, check=True
    ).stdout.decode()


@pytest.mark.parametrize("id", HANDFUL)
def test_a_pdf_is_made(id):
    (data,) = write(bank_sheets()[id], "pdf").values()
    assert data.startswith(b"%PDF")
    text = in_pdf(data)
    if text:
        assert bank_sheets()[id].title in " ".join(text.split())
        assert not re.search(r"\\[a-z]{3,}|\{\{|attach\(|frac\(", text)


LONG_PAGE = """
title: A page
topics: [loss]
text: |
{}
parts:
- id: a
  text: Which one?
  options:
    A: {{text: First., right: "true", because: So.}}
    B: {{text: Second., right: "false"}}
    C: {{text: Third., right: "false"}}
  marks: 1
- id: b
  text: Why?
  rubric: [{{marks: 1, text: names it}}]
  model: |
    One paragraph.

    Another.
"""


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize("solutions", [False, True])
def test_no_page_of_a_pdf_ends_with_a_heading_or_in_short_options(solutions, tmp_path):
    ends = set()
    for above in range(24, 37):
        (tmp_path / "p.yaml").write_text(LONG_PAGE.format("  Line.\n\n" * above))
        (data,) = write(sheet_of(load_problem(str(tmp_path / "p.yaml")), solutions=solutions), "pdf").values()
        pages = [[line.strip() for line in page.split("\n") if line.strip()][:-1] for page in in_pdf(data).split("\f")[:-1]]
        ends |= {page[-1] for page in pages[:-1]}
    assert "Line." in ends
    assert len(ends) > 2
    kept = r"(\([ab]\) \[1 mark\]|Solution|Model answer|What earns marks|A .*|B .*|Which one\?)"
    assert [end for end in ends if re.fullmatch(kept, end)] == []


def test_words_that_are_longer_than_a_line_can_be_broken_in_a_pdf(tmp_path):
    word = "incomprehensibility" * 6
    (tmp_path / "p.yaml").write_text(LONG_PAGE.format(f"  {word} and `{word}` and short"))
    sheet = sheet_of(load_problem(str(tmp_path / "p.yaml")))
    assert source_of(sheet).count("\u200b".join(word)) == 2
    assert source_of(sheet).count("\u200b") == 2 * (len(word) - 1)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize(
    "id",
    ["maximilian.von-und-zu-hohenstein@students.uni-musterstadt.example", "maximilianvonundzuhohenstein@musterstadt.example"],
)
def test_nothing_is_printed_over_the_code_of_a_copy(id, tmp_path):
    paper = replace(load_paper("tum-mock-2020"), title="Quiz")
    copy = replace(copy_of(paper, 1), student=Person(id, "Maximilian Alexander Graf von und zu Hohenstein-Wittelsbach"))
    (data,) = write(Sheets(paper).sheet(copy), "pdf").values()
    (tmp_path / "s.pdf").write_bytes(data)
    shown = subprocess.run(["pdftotext", "-bbox", "-l", "1", tmp_path / "s.pdf", "-"], capture_output=True, text=True, check=True)
    found = re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', shown.stdout)
    words = [(word.replace("\u200b", ""), *map(float, place)) for *place, word in found]
    (_, left, top, _, bottom), *_ = [one for one in words if one[0] == copy.code]
    assert "Alexander" in [word for word, *_ in words]
    beside = [word for word, _, high, right, low in words if right > left and high < bottom and low > top - 70]
    assert beside == [copy.code]  # the QR code is less than 70 points high


def test_the_caption_of_a_figure_in_latex_stays_below_it():
    (source,) = [text for name, text in write(bank_sheets()["tum-2021/04"], "latex").items() if name.endswith(".tex")]
    assert re.search(r"\\drawing\{[\d.]+mm\}\{\S+\.pdf\}\\par\\nopagebreak\s+\{\\small Figure 1: ", source)


TABLE = r"""
title: Bars
topics: [loss]
text: |
  | norm | code | several |
  | --- | --- | --- |
  | $\|x\|_2$ | `a\|b` | $P(A|B) \\ |x|$ |
given: {x: 2}
parts: [{id: a, text: t, answer: x, marks: 1}]
"""


@pytest.mark.parametrize("format", ["markdown", "notebook"])
def test_bars_in_tables_end_no_cell(format, tmp_path):
    (tmp_path / "p.yaml").write_text(TABLE)
    (text,) = write(sheet_of(load_problem(str(tmp_path / "p.yaml"))), format).values()
    if format == "notebook":
        text = "".join(json.loads(text)["cells"][2]["source"])
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    cells = [token for at, token in enumerate(tokens) if tokens[at - 1].type == "td_open"]
    norm, code, several = cells
    assert norm.content.replace(" ", "") == r"$\Vertx\Vert_2$"
    assert [child.content for child in code.children if child.type == "code_inline"] == ["a|b"]
    assert several.content.replace(" ", "") == r"$P(A\vertB)\\\vertx\vert$"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("id", HANDFUL[:2])
def test_the_latex_compiles_and_fits(id, tmp_path):
    assert not compile_latex(bank_sheets()[id], tmp_path)


def compile_latex(sheet, folder):
    """Lines of the log about text that runs over the margin; fails where the source does not compile."""
    files = write(sheet, "latex")
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    source = next(name for name in files if name.endswith(".tex"))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, env={**os.environ, "max_print_line": "1000"})
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-1500:]
    return [line for line in run.stdout.decode(errors="replace").split("\n") if line.startswith("Overfull \\hbox")]


@pytest.mark.parametrize(("package", "format"), [("typst", "pdf"), ("latex2mathml.converter", "html")])
def test_a_missing_package_is_named(package, format, monkeypatch):
    tree_of.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=f"pip install {package.partition('.')[0]}"):
        write(sheet_of(load_problem("tum-mock-2020/03")), format)


# ------------------------------------------------------------------------------------------------------------ hostile

PLAIN, SAY = '"quotes" [1, -2] and {', "Say { { or why </textarea> </details> </p>."


@pytest.mark.parametrize("solutions", [False, True])
def test_hostile_text_is_text_in_plain_text(hostile, hostile_pieces, solutions):
    text = " ".join(text_of(hostile(solutions=solutions)).split())
    for piece in (*hostile_pieces, PLAIN, SAY):
        assert piece in text


@pytest.mark.parametrize("solutions", [False, True])
def test_hostile_text_is_text_on_a_page(hostile, hostile_pieces, solutions):
    (source,) = write(hostile(solutions=solutions), "html").values()
    page = Page(source)
    assert page.open == []
    scripts = [tag for tag, _ in page.tags if tag == "script"]
    assert len(scripts) == 1
    assert not {"i", "u"} & {tag for tag, _ in page.tags} - ({"i"} if not solutions else set())
    text = " ".join("".join(page.text).split())
    for piece in (*hostile_pieces, PLAIN, SAY):
        assert piece in text


@pytest.mark.parametrize("solutions", [False, True])
def test_hostile_text_is_text_in_markdown(hostile, hostile_pieces, solutions):
    files = write(hostile(solutions=solutions), "markdown")
    tokens = MarkdownIt("commonmark").enable("table").parse(files[next(iter(files))])
    inline = [child for token in tokens if token.type == "inline" for child in token.children]
    assert not [token.type for token in [*tokens, *inline] if "html" in token.type or token.type in ("link_open", "image")]
    text = " ".join("".join(token.content if token.type != "softbreak" else " " for token in inline).split())
    for piece in (*hostile_pieces, PLAIN):
        assert piece in text
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert not any("Heading" in heading for heading in headings)


@pytest.mark.parametrize("solutions", [False, True])
def test_hostile_text_is_text_in_a_pdf(hostile, solutions):
    (data,) = write(hostile(solutions=solutions), "pdf").values()
    text = " ".join(in_pdf(data).split())
    if text:
        assert "\\input{secret}" in text
        assert "<script>alert(1)</script>" in text
        assert "#let x = 1" in text
        assert "{{ y *x*" in text


@pytest.mark.parametrize("solutions", [False, True])
def test_hostile_text_is_text_in_latex(hostile, solutions, tmp_path):
    sheet = hostile(solutions=solutions)
    (source,) = write(sheet, "latex").values()
    body = source[source.index(r"\begin{document}") :]
    assert r"\input" not in body
    assert r"\textbackslash{}input\{secret\}" in body
    if shutil.which("pdflatex"):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "secret.tex").write_text("LEAKED", encoding="utf-8")
        compile_latex(sheet, tmp_path / "out")
        (made,) = (tmp_path / "out").glob("*.pdf")
        assert "LEAKED" not in in_pdf(made.read_bytes())


def test_hostile_text_in_empty_hand_ins(hostile):
    for make in (answers_yaml, answers_markdown):
        assert "secret" not in make(hostile())


# ------------------------------------------------------------------------------------------------------ empty hand-ins


def graded(folder, paper, tmp_path):
    """(gradebook as {id: [part]}, remarks) of the hand-ins in a folder, by the command."""
    run = CliRunner().invoke(main, ["grade", str(folder), "--paper", paper, "-o", str(tmp_path / "results")])
    assert run.exit_code == 0, run.output
    book = json.loads((tmp_path / "results" / "gradebook.json").read_text(encoding="utf-8"))
    assert book["unread"] == []
    return book["handins"]


@pytest.mark.parametrize("paper", ["tum-mock-2020", "tum-2022ss", "tum-2021", "hildesheim-workbook"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_an_empty_hand_in_is_blank(paper, language, tmp_path):
    write_sheet(sheet_of(load_paper(paper), language=language), "text", tmp_path / "in")
    (tmp_path / "in" / "answers.md").rename(tmp_path / "in" / "other.md")
    (tmp_path / "in" / "answers.yaml").rename(tmp_path / "in" / "another.yaml")
    handins = graded(tmp_path / "in", paper, tmp_path)
    assert [handin["id"] for handin in handins] == ["another", "other"]
    for handin in handins:
        assert handin["remarks"] == []
        assert handin["decided"] == "0"
        states = {(box["state"], box["tag"]) for part in handin["parts"] for box in part["boxes"]}
        assert {state for state, tag in states if tag != "nothing-ticked"} == {"blank"}


def right_answers(paper):
    """(part, box, right answer as a student would type it) for every box of a paper, in the order of the sheet."""
    for problem in paper.problems:
        solution = solve_problem(problem, paper)
        for part in problem.parts:
            for box, answer in zip(part.boxes, references(solution, part), strict=True):
                by_hand = answer.kind in ("text", "file", "chain")
                formula = answer.formula.replace("solve(A^T @ A, A^T @ t)", "inv(A^T A) A^T t")  # `solve` may not be typed
                yield part, box, "Because\nof this." if by_hand else formula or answer.exact.removeprefix("≈ ")


def fill_yaml(template, answers):
    """The template with an answer in each of its fields, in order."""
    answers, lines = iter(answers), template.split("\n")
    out = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        field = re.fullmatch(r'( {4,})("?[^":]+"?):( \|)?(  # .*)?', line)
        deeper = after.startswith(" " * (len(field[1]) + 1)) if field else True
        if deeper:
            out.append(line)
            continue
        _, _, answer = next(answers)
        if field[3]:
            out += [line, *(f"{field[1]}  {row}" for row in answer.split("\n"))]
        else:
            out.append(f"{field[1]}{field[2]}: '{answer}'{field[4] or ''}")
    assert next(answers, None) is None
    return "\n".join(out)


def fill_markdown(template, answers):
    """The same for Markdown."""
    waiting, out, lines = list(answers), [], template.split("\n")
    for line in lines:
        part, box, answer = waiting[0] if waiting else (None, None, "")
        out.append(line)
        if waiting and box.name and line == f"- {box.name} = ":
            out[-1] += answer
            waiting.pop(0)
        elif waiting and line == (f"#### {box.name}" if box.name else f"### ({part.id})"):
            out += ["", answer]
            waiting.pop(0)
    assert waiting == []
    return "\n".join(out)


@pytest.mark.parametrize("paper", ["tum-mock-2020", "tum-2022ss"])
def test_a_hand_in_filled_with_the_solutions_earns_all_marks(paper, tmp_path):
    sheet = sheet_of(load_paper(paper), solutions=True)
    answers = list(right_answers(load_paper(paper)))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.yaml").write_text(fill_yaml(answers_yaml(sheet), answers), encoding="utf-8")
    (tmp_path / "in" / "two.md").write_text(fill_markdown(answers_markdown(sheet), answers), encoding="utf-8")
    handins = graded(tmp_path / "in", paper, tmp_path)
    assert [handin["id"] for handin in handins] == ["one", "two"]
    for handin in handins:
        assert handin["remarks"] == []
        by_hand = 0
        for part, (question, own) in zip(handin["parts"], ((q, p) for q in sheet.questions for p in q.parts), strict=True):
            for box, asked in zip(part["boxes"], own.boxes, strict=True):
                if asked.kind in ("text", "file", "chain"):
                    by_hand += 1
                    assert box["typed"].strip() == "Because\nof this.", (question.name, own.id)
                else:
                    assert box["state"] in ("right", "rounded"), (question.name, own.id, box)
                    assert box["marks"] == box["out_of"]
        assert by_hand


def test_filled_in_answers_are_kept(tmp_path):
    sheet = mock()
    assert write_sheet(sheet, "text", tmp_path).kept == ()
    (tmp_path / "answers.yaml").write_text("student: me\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert write_sheet(mock(language="de"), "text", tmp_path).kept == ("answers.kept-1.yaml",)
    assert (tmp_path / "answers.kept-1.yaml").read_text(encoding="utf-8") == "student: me\n"
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert write_sheet(sheet, "text", tmp_path).kept == ()


def test_there_is_a_module_for_every_format():
    assert list(FORMATS) == ["text", "markdown", "html", "latex", "pdf", "notebook", "moodle", "canvas"]
    for format, row in FORMATS.items():
        assert len(write(sheet_of(load_paper("tum-mock-2020"), keys=row.marks), format)) >= 1


def test_every_answer_has_one_field_on_a_page():
    (source,) = write(mock(), "html").values()
    fields = [attributes for _, attributes in Page(source).tags if "data-problem" in attributes]
    asked = [(q.name, part.id, box.name) for q in mock().questions for part in q.parts for box in part.boxes]
    assert [(field["data-problem"], field["data-part"], field["data-box"]) for field in fields] == asked


# ------------------------------------------------------------------------------------------------------- conventions

DRAWN_FUNCTION = """
title: A unit
topics: [activation]
text: A unit computes $o = {{f}}(k u + {{c}})$.
given: {f: relu, c: 1, k: real, u: real}
parts:
- {id: a, text: Give its derivative., answer: {kind: expression, value: "grad(f(k * u + c), k)"}, marks: 1}
- {id: b, text: Compute., answer: "f(c)^2", marks: 1}
draw: {f: "choice(tanh, relu, sigmoid)", c: nonzero_ints(-3..3), per: [f]}
"""
AT_ZERO = "The derivative of ReLU at 0"


def of_drawn_function(tmp_path, **settings):
    (tmp_path / "p.yaml").write_text(DRAWN_FUNCTION)
    return sheet_of(load_problem(str(tmp_path / "p.yaml")), **settings)


def test_the_conventions_are_those_of_the_function_that_is_drawn(tmp_path):
    for seed in range(6):
        shown = "\n".join(map(str, write(of_drawn_function(tmp_path, seed=seed), "text").values()))
        assert (AT_ZERO in shown) == ("ReLU(k u" in shown)
    assert AT_ZERO in "\n".join(map(str, write(of_drawn_function(tmp_path), "text").values()))


def test_copies_of_one_paper_have_the_conventions_of_their_own_functions(tmp_path):
    (tmp_path / "p.yaml").write_text(DRAWN_FUNCTION)
    sheets = Sheets(load_problem(str(tmp_path / "p.yaml")))
    texts = [text_of(sheets.sheet(copy_of(sheets.paper, seed))) for seed in range(6)]
    assert [AT_ZERO in text for text in texts] == ["ReLU(k u" in text for text in texts]
    assert {AT_ZERO in text for text in texts} == {True, False}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_variant_for_moodle_and_canvas_has_its_own_conventions(seed, tmp_path):
    sheet = of_drawn_function(tmp_path, seed=seed, variants=3, keys=True)
    (found,) = write(sheet, "moodle").values()
    questions = [one for one in re.split("<question ", found)[1:] if "A unit computes" in one]
    assert len(questions) == 6  # a field for (b) and an essay for (a)
    assert [AT_ZERO in one for one in questions] == [r"\operatorname{ReLU} (k u" in one for one in questions]
    told = [any(AT_ZERO in str(line) for line in closed(sheet, number).questions[0].conventions) for number in range(3)]
    assert sorted(told) == [False, False, True]


# --------------------------------------------------------------------------------------------- numbers below 0 in formulas

BELOW_ZERO = r"""
title: A unit
topics: [activation]
text: Take $o = f(k u + {{c}})$, $p = k - {{c}}$, $q = {{c}}^2 + 2 \cdot {{c}}$, $r = {{c}} + {{v}}$ and $s = k +{{c}}^2$.
given: {c: -3/2, k: real, u: real, v: "[-1, 2]"}
parts:
- {id: a, text: Give it., answer: {kind: expression, value: "k * u + c"}, marks: 1}
draw: {c: "choice(-1/2, 5)"}
"""


def below_zero(tmp_path, **settings):
    (tmp_path / "p.yaml").write_text(BELOW_ZERO)
    problem = load_problem(str(tmp_path / "p.yaml"))
    return problem, sheet_of(problem, **settings)


def test_a_number_below_0_takes_the_sign_before_it_or_brackets(tmp_path):
    problem, sheet = below_zero(tmp_path)
    (found,) = write(sheet, "markdown").values()
    for formula in ("$o = f(k u - 3/2)$", "$p = k - (-3/2)$", r"$q = (-3/2)^2 + 2 \cdot (-3/2)$", "$s = k +(-3/2)^2$"):
        assert formula in str(found)
    assert "$o = f(k u - 3/2)$" in filled(problem.text, problem, solve_problem(problem).program)
    assert "r = -3/2 + [-1, 2]" in filled(problem.text, problem, solve_problem(problem).program)


def test_the_same_in_variants_for_moodle(tmp_path):
    _, sheet = below_zero(tmp_path, seed=1, variants=2, keys=True)
    (found,) = write(sheet, "moodle").values()
    for formula in ("o = f(k u - 1/2)", "p = k - (-1/2)", r"q = (-1/2)^2 + 2 \cdot (-1/2)", "s = k +(-1/2)^2", "r = -1/2 + "):
        assert rf"\({formula}" in found
    for formula in ("o = f(k u + 5)", "p = k - 5", r"q = 5^2 + 2 \cdot 5", "s = k +5^2"):
        assert rf"\({formula}\)" in found


@pytest.mark.parametrize("id", ["lectures/saturating-units", "lectures/residual-block-zero"])
def test_steps_name_only_what_the_text_introduces(id):
    problem = load_problem(id)
    texts = re.sub(r"\{\\text\{(\w+)\}\}", r"\1", " ".join([problem.text, *(part.text for part in problem.parts)]))
    solution = solve_problem(problem)
    shown = [step for part in problem.parts for step in part_steps(solution, part)]
    used = {word for step in shown for side in (step.name, step.formula) for word in re.findall(r"[^\W\d]\w*", side)}
    known = {*problem.given, *problem.let} & used
    assert len(known) > 5
    assert [name for name in sorted(known) if not re.search(rf"(?<!\w){name}(?!\w)", texts)] == []


def test_a_derivation_in_s_is_shown_in_s():
    problem = load_problem("lectures/saturating-units")
    (answer,) = references(solve_problem(problem), problem.part("e"))
    assert answer.formula == "tanh(s)"
