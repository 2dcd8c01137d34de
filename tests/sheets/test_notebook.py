"""Notebooks: valid, filled in and marked like YAML, whatever an editor or a student does to their cells; hostile text is text."""

import base64
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path

import nbformat
import pytest
import yaml
from markdown_it import MarkdownIt

from grader.bank.load import load_bank, load_paper, load_problem
from grader.course.handins import read_handin, read_handins
from grader.course.marking import mark_paper
from grader.marking.solution import solve_problem
from grader.marking.working import references
from grader.maths.errors import HandInError
from grader.sheets.blocks import Figure
from grader.sheets.build import sheet_of
from grader.sheets.writers import write

PAPERS = sorted(load_bank().papers)


@cache
def sheet(id, **settings):
    return sheet_of(load_paper(id), **settings)


def notebook(sheet):
    """The notebook of a sheet as JSON, fresh on every call."""
    (text,) = write(sheet, "notebook").values()
    return json.loads(text)


def source(cell):
    return "".join(cell["source"])


def answer_cells(found):
    return [cell for cell in found["cells"] if "problem" in cell["metadata"]["grader"]]


# --------------------------------------------------------------------------------------------------------------- valid


@pytest.mark.parametrize("solutions", [False, True])
@pytest.mark.parametrize("id", PAPERS)
def test_every_paper_is_a_valid_notebook(id, solutions):
    ((name, text),) = write(sheet(id, solutions=solutions), "notebook").items()
    assert name.endswith(".ipynb")
    read = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(read)
    assert (read.nbformat, read.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in read.cells]
    assert len(ids) == len(set(ids))
    assert not [cell for cell in read.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("id", PAPERS)
def test_every_box_has_one_place(id):
    paper = sheet(id)
    boxes = {(question.name, part.id, box.name) for question in paper.questions for part in question.parts for box in part.boxes}
    found = []
    for cell in answer_cells(notebook(paper)):
        about = cell["metadata"]["grader"]
        names = [about["box"]] if "box" in about else re.findall(r"^(\S+) = $", source(cell), re.MULTILINE) or [""]
        found += [(about["problem"], about["part"], name) for name in names]
    assert sorted(found) == sorted(boxes)


def test_a_notebook_is_the_same_every_time_and_ids_stay_when_other_problems_come():
    assert write(sheet("tum-2022ss"), "notebook") == write(sheet_of(load_paper("tum-2022ss")), "notebook")
    ids = {cell["id"] for cell in notebook(sheet_of(load_problem("tum-2022ss/06")))["cells"]}
    assert ids <= {cell["id"] for cell in notebook(sheet("tum-2022ss"))["cells"]}


def test_statements_have_formulas_and_figures_in_the_cell():
    paper = sheet("hildesheim-workbook")
    text = "\n".join(source(cell) for cell in notebook(paper)["cells"])
    svgs = [ET.fromstring(base64.b64decode(data)) for data in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)">', text)]
    figures = [
        block
        for question in paper.questions
        for blocks in (question.blocks, *(part.blocks for part in question.parts))
        for block in blocks
        if isinstance(block, Figure)
    ]
    assert len(svgs) == len(figures) > 0
    assert {tree.tag for tree in svgs} == {"{http://www.w3.org/2000/svg}svg"}
    assert text.count("<img alt=") == len(figures)
    assert r"\begin{bmatrix}" in "".join(source(cell) for cell in notebook(sheet("tum-2022ss"))["cells"])


def test_solutions_are_folded_and_leave_no_cell_for_answers():
    found = notebook(sheet("tum-mock-2020", solutions=True))
    folded = [source(cell) for cell in found["cells"] if "<details>" in source(cell)]
    assert len(folded) == sum(len(question.parts) for question in sheet("tum-mock-2020").questions)
    assert all(
        text.startswith("<details>\n<summary>Solution</summary>\n\n") and text.endswith("\n\n</details>") for text in folded
    )
    assert "0.65" in "".join(folded)
    assert answer_cells(found) == []
    assert "0.65" not in json.dumps(notebook(sheet("tum-mock-2020")))


def test_a_notebook_in_german():
    found = notebook(sheet("tum-mock-2020", language="de"))
    assert source(answer_cells(found)[0]) == "# Antwort 01 (1)\n"
    assert "Aufgabe 03" in json.dumps(found)


# --------------------------------------------------------------------------------------------------- filled in and marked


def fill(found, student, answers):
    """Type answers (problem -> part -> text or {box: text}) into a notebook as a student does."""
    for cell in found["cells"]:
        about, text = cell["metadata"]["grader"], source(cell)
        if "header" in about:
            cell["source"] = text.replace("student: ", f"student: {student}").splitlines(keepends=True)
        if "problem" not in about:
            continue
        typed = answers.get(about["problem"], {}).get(about["part"], "")
        if "box" in about:
            typed = typed.get(about["box"], "") if isinstance(typed, dict) else ""
        if isinstance(typed, dict):
            for name, value in typed.items():
                text = re.sub(rf"^{re.escape(name)} = $", lambda _, n=name, v=value: f"{n} = {v}", text, flags=re.MULTILINE)
        elif typed:
            text = f"{text.splitlines()[0]}\n{typed}\n"
        cell["source"] = text.splitlines(keepends=True)
    return found


def verdicts(paper, path):
    """(id, remarks, (part, box, state, tag, marks) of every box) for a hand-in."""
    grading = mark_paper(paper, read_handins([str(path)], paper))
    assert grading.unread == ()
    (mark,) = grading.marks
    boxes = [(part.name, v.box, v.state, v.tag, v.marks) for part in mark.parts for v in part.verdicts]
    return mark.id, [remark.reason for remark in mark.remarks], boxes


def saved(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


EXAMPLES = [
    (paper, path)
    for paper in ("tum-mock-2020", "freiburg-sheet-9")
    for path in sorted((Path(__file__).parents[2] / "examples" / paper).glob("*.yaml"))
]


@pytest.mark.parametrize(("id", "path"), EXAMPLES, ids=lambda value: getattr(value, "stem", value))
def test_a_filled_in_notebook_is_marked_like_the_same_answers_in_yaml(id, path, tmp_path):
    paper = load_paper(id)
    typed = read_handin(str(path), paper)
    made = saved(tmp_path / "made.ipynb", fill(notebook(sheet(id)), typed.id, typed.answers))
    found, expected = verdicts(paper, made), verdicts(paper, path)
    assert (found[0], found[2]) == (expected[0], expected[2])
    assert found[1] == []


@pytest.mark.parametrize("id", PAPERS)
@pytest.mark.parametrize("bare", [False, True])
def test_right_and_wrong_answers_to_every_paper(id, bare, tmp_path):
    """Every second answer is as the solution says, every other one is 7, and text goes to a human: the same as in YAML."""
    paper, answers = load_paper(id), {}
    for problem in paper.problems:
        solution = solve_problem(problem, paper)
        parts = answers.setdefault(str(problem.id.removeprefix(f"{id}/")), {})
        for part in problem.parts:
            known = {str(answer.box): answer.formula or answer.exact for answer in references(solution, part)}
            texts = {}
            for position, name in enumerate(str(box.name) for box in part.boxes):
                right = known.get(name, "").removeprefix("≈ ")
                texts[name] = right if (position + len(part.id) + len(parts)) % 2 and right else "7"
            parts[str(part.id)] = texts.get("", texts) if list(texts) == [""] else texts
    made = fill(notebook(sheet(id)), "s01", answers)
    if bare:
        for cell in made["cells"]:
            cell["metadata"] = {}
        made["metadata"] = {}
    in_yaml = yaml.safe_dump({"student": "s01", "paper": id, "answers": answers}, allow_unicode=True)
    as_notebook = verdicts(paper, saved(tmp_path / "made.ipynb", made))
    assert as_notebook == verdicts(paper, saved(tmp_path / "same.yaml", in_yaml))
    assert as_notebook[1] == []
    assert {"right", "wrong"} <= {state for _, _, state, _, _ in as_notebook[2]}


def test_an_empty_notebook_is_blank(tmp_path):
    id, remarks, boxes = verdicts(load_paper("tum-mock-2020"), saved(tmp_path / "s07.ipynb", notebook(sheet("tum-mock-2020"))))
    assert (id, remarks) == ("s07", [])
    assert {state for _, _, state, _, _ in boxes} == {"blank"}


# --------------------------------------------------------------------------------------------- what happens to notebooks


@pytest.fixture
def read(tmp_path):
    """A function that changes the mock exam's notebook (`change(cells by id, list of cells)`) and reads it."""

    def read(change):
        made = notebook(sheet("tum-mock-2020"))
        change({cell["id"]: cell for cell in made["cells"]}, made["cells"])
        return read_handin(str(saved(tmp_path / "s.ipynb", made)), load_paper("tum-mock-2020"))

    return read


def typed(handin):
    """All that was typed, without what is blank: {problem.part: text}."""
    found = {f"{problem}.{part}": text for problem, parts in handin.answers.items() for part, text in parts.items()}
    found = {name: {"": text} if isinstance(text, str) else text for name, text in found.items()}
    kept = {
        name: {box: re.sub(r"^\w+ =\s*$", "", text, flags=re.M) for box, text in boxes.items()} for name, boxes in found.items()
    }
    return {name: boxes.get("", boxes) for name, boxes in kept.items() if any(map(str.strip, boxes.values()))}


def reasons(handin):
    return [(remark.problem, remark.part, remark.typed, remark.reason) for remark in handin.remarks]


def test_the_answer_may_stand_on_the_first_line(read):
    def change(by_id, cells):
        by_id["03-b-answer"]["source"] = ["# Answer 03 (b): 2.5"]
        by_id["03-c-answer"]["source"] = ["# Answer 03 (c) 0,65\n"]

    assert typed(read(change)) == {"03.b": "2.5", "03.c": "0,65"}


@pytest.mark.parametrize("line", ["", "Answer 03 (b)\n", "# Answer\n", "# answer 3b\n", "## Antwort 03/b:\n"])
def test_the_first_line_may_be_lost_or_changed(read, line):
    assert typed(read(lambda by_id, cells: by_id["03-b-answer"].update(source=[line, "2.5"]))) == {"03.b": "2.5"}


def test_a_cell_may_be_split_and_its_type_changed(read):
    def change(by_id, cells):
        first = by_id["03-a-answer"]
        first["source"] = ["# Answer 03 (a)\n", "z = [2, -0.5]"]
        second = {**first, "id": "new", "cell_type": "code", "source": ["h = [2, 0]\n", "o = [0, -1.5]"], "outputs": []}
        cells.insert(cells.index(first) + 1, second)

    assert typed(read(change)) == {"03.a": "z = [2, -0.5]\nh = [2, 0]\no = [0, -1.5]"}


def test_where_metadata_and_first_line_differ_the_line_counts(read):
    """A copy of a cell, its line changed by hand: what one sees counts."""

    def change(by_id, cells):
        cells.remove(by_id["03-c-answer"])
        cells.append({**by_id["03-b-answer"], "id": "copy", "source": ["# Answer 03 (c)\n", "0.65"]})

    assert typed(read(change)) == {"03.c": "0.65"}


def test_a_second_answer_and_cells_of_ones_own_are_listed(read):
    def change(by_id, cells):
        by_id["03-b-answer"]["source"] = ["# Answer 03 (b)\n", "2.5"]
        cells.append({**by_id["03-b-answer"], "id": "copy", "source": ["# Answer 03 (b)\n", "3"]})
        place = cells.index(by_id["03-b-answer"]) + 1
        cells.insert(place, {"cell_type": "markdown", "id": "own", "metadata": {}, "source": "And b is 4."})
        for number in (1, 2):
            code = {"cell_type": "code", "id": f"code{number}", "metadata": {}, "source": f"x = {number}", "outputs": []}
            cells.insert(place, {**code, "execution_count": None})
        cells.insert(place, {"cell_type": "markdown", "id": "blank", "metadata": {}, "source": "\n"})
        by_id["03-question"]["source"].append("\n\nI think h = 3")
        cells.append({"cell_type": "raw", "id": "zz", "metadata": {}, "source": "# Answer 03 (zz)\n9"})

    handin = read(change)
    assert typed(handin) == {"03.b": "2.5"}
    found = reasons(handin)
    assert ("03", "", "And b is 4.", "This stands in a cell of its own; only cells for answers were marked.") in found
    assert ("03", "b", "3", "This is answered twice; the first answer was marked.") in found
    assert any(part == "" and text.endswith("I think h = 3") and "was changed" in reason for _, part, text, reason in found)
    assert ("", "", "x = 2", "2 code cells are no cells for answers and not marked.") in found
    assert any("9" in text and reason.startswith("There is no '03 (zz)' in this paper") for _, _, text, reason in found)
    assert len(found) == 5


@pytest.mark.parametrize(
    "text", ["student: s9", "student:\ns9\npaper: tum-mock-2020", "**student:** s9", "Student: s9\nnote: hello"]
)
def test_the_student_is_in_the_first_cell(read, text):
    handin = read(lambda by_id, cells: by_id["student"].update(source=text))
    assert handin.id == "s9"
    assert [typed for _, _, typed, _ in reasons(handin)] == (["note: hello"] if "note" in text else [])


def test_the_file_names_the_student_where_nothing_else_does_and_the_notebook_its_paper(read, tmp_path):
    assert read(lambda by_id, cells: cells.remove(by_id["student"])).id == "s"
    with pytest.raises(HandInError, match="for the paper 'tum-mock-2020', not for 'tum-2022ss'"):
        read_handin(str(tmp_path / "s.ipynb"), load_paper("tum-2022ss"))


def test_control_characters_in_cells_do_not_get_through(read):
    handin = read(lambda by_id, cells: by_id["03-b-answer"].update(source="# Answer 03 (b)\n2\x00.5\x1b[31m\ud800\r\n"))
    assert typed(handin) == {"03.b": "2\ufffd.5\ufffd[31m\ufffd"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not valid JSON .line 1"),
        ("[" * 100_000, "not valid JSON"),
        ('{"a": ' + "1" * 10_000 + "}", "not valid JSON"),
        ("[1, 2]", "no list of cells"),
        ('{"worksheets": [{"cells": []}]}', "no list of cells"),
        ('{"cells": []}', "no cell for answers"),
        ('{"cells": [1, {"source": 3}, {"metadata": 1, "source": [2]}, {"metadata": {"grader": []}}]}', "no cell for answers"),
        (json.dumps({"cells": [{}] * 6000}), "more than 5000 cells"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(text, reason, tmp_path):
    with pytest.raises(HandInError, match=reason):
        read_handin(str(saved(tmp_path / "s.ipynb", text)), load_paper("tum-mock-2020"))


def test_metadata_that_name_nothing_are_listed(read):
    def change(by_id, cells):
        about = {"problem": "99", "part": ["a"], "box": None}
        cells.append({"cell_type": "raw", "id": "new", "metadata": {"grader": about}, "source": "2.5"})

    assert [(typed, reason) for _, _, typed, reason in reasons(read(change))] == [
        ("2.5", "There is no '99/['a']/None' in this paper.")
    ]


def test_the_id_of_a_student_is_kept_as_it_is(tmp_path):
    """A sheet of a roster: hostile ids and names are text, and the id comes back from the hand-in."""
    id, name = "=cmd|'a' *x* #1 $5 \\input{y} <b>", '"Ana" <script> $x$ **b**'
    made = notebook(replace(sheet("tum-mock-2020"), student=id, name=name))
    page = MarkdownIt("commonmark", {"html": True}).render(source(made["cells"][0]))
    assert f"Name: {name}, Student number: {id}" in unescape(re.sub("</?(?:span|p)>", "", page))
    assert source(made["cells"][1]).split("\n")[0] == f"student: {id}"
    assert read_handin(str(saved(tmp_path / "s.ipynb", made)), load_paper("tum-mock-2020")).id == id


# ------------------------------------------------------------------------------------------------------------- hostile

TAGS = {"<span>", "</span>", "<details>", "</details>", "<summary>", "</summary>"}


@pytest.mark.parametrize("solutions", [False, True])
def test_hostile_text_is_text_in_a_notebook(hostile, hostile_pieces, solutions):
    made = notebook(hostile(solutions=solutions))
    nbformat.validate(nbformat.from_dict(made))
    shown, html = [], []
    for cell in made["cells"]:
        assert cell["cell_type"] == "markdown" or "secret" not in source(cell)
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(source(cell))
        inline = [child for token in tokens if token.type == "inline" for child in token.children]
        html += [token.content for token in inline if token.type == "html_inline"]
        html += [line for token in tokens if token.type == "html_block" for line in token.content.split("\n") if line]
        assert not [token for token in inline if token.type in ("link_open", "image")]
        shown += ["".join(" " if token.type == "softbreak" else token.content for token in inline if token.type != "html_inline")]
        headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
        assert not any("Heading" in heading for heading in headings)
        assert cell["id"].isascii()
    assert {re.sub(r"(<summary>).*(</summary>)", r"\1", tag) for tag in html} <= TAGS
    text = " ".join(" ".join(shown).split())
    for piece in (*hostile_pieces, r"\input{secret}", r"\(evil\) and \[b\] and \begin{align} c"):
        assert piece in text


def test_no_dollar_or_backslash_of_a_text_can_begin_a_formula_on_the_rendered_page(hostile):
    """MathJax looks for `$`, `\\(`, `\\[` and `\\begin` in each text of the page: alone in its tag, a sign begins nothing."""
    for cell in notebook(hostile())["cells"]:
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(source(cell))
        page = re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL)  # left out by MathJax
        texts = re.split(r"<[^>]*>", page)
        for text in texts:
            formulas = re.findall(r"\$[^$]+\$", text)
            rest = re.sub(r"\$[^$]+\$", "", text)
            assert "\\" not in rest.strip("\\") or len(rest) == 1
            assert "$" not in rest or rest == "$"
            assert all(formula in (r"$\vert x\vert$", r"$\Vert y\Vert$", "$[1, -2]$") for formula in formulas), formulas


def test_formulas_in_tables_have_no_bars(hostile):
    text = "".join(source(cell) for cell in notebook(hostile())["cells"])
    page = MarkdownIt("commonmark").enable("table").render(text)
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert [" ".join(cell.split()) for cell in cells] == [r"$\vert x\vert$", r"$\Vert y\Vert$"]
