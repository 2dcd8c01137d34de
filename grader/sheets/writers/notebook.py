"""Sheets as Jupyter notebooks (nbformat 4.5): cells with the questions, and between them cells for the answers.

An answer cell says in its metadata where its text belongs, `{"grader": {"problem": "06", "part": "a"}}`, and again in its first
line, `# Answer 06 (a)`, for editors that lose metadata. It is raw, so that nobody runs or renders what is typed into it; a text
for a person is a Markdown cell. Cells with questions carry a check sum, so that `grader grade` notices what is typed into them.
"""

import base64
import json
import re
from hashlib import sha256
from html import escape

from grader.bank.notebooks import KEY, check_sum
from grader.sheets.templates import LONG, header_of
from grader.sheets.writers import base_name
from grader.sheets.writers.markdown import MarkdownWriter, escaped

LONGEST_ID = 64  # characters of a cell's id
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
BY_HAND = ("text", "file")

_MATHS_SIGN = re.compile(r"([\\$])")


def write(sheet):
    """{file name: text}."""
    cells = _Notebook(sheet).cells()
    about = {"sheet": sheet.id, **{name: text for name, text in header_of(sheet).items() if text}}
    notebook = {"cells": cells, "metadata": {**METADATA, KEY: about}, "nbformat": 4, "nbformat_minor": 5}
    return {f"{base_name(sheet)}.ipynb": json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"}


class _Notebook(MarkdownWriter):
    def __init__(self, sheet):
        super().__init__(sheet)
        self.taken = set()

    @staticmethod
    def plain(text):
        r"""Text of which nothing is Markdown, nor a formula to MathJax, which looks for `$` and `\(` on the rendered page.

        >>> _Notebook.plain("5 $ or \\(x)")
        '5 <span>\\$</span> or <span>\\\\</span>(x)'
        """
        pieces = _MATHS_SIGN.split(text)
        return "".join(f"<span>{escaped(piece)}</span>" if at % 2 else escaped(piece) for at, piece in enumerate(pieces))

    # --- cells ---

    def cells(self):
        """All cells, in order."""
        sheet = self.sheet
        asks = not sheet.solutions
        head = f"# {self.plain(self.sheet_title())}\n\n{self.words['total']}: {self.marks(sheet.marks)}"
        pieces = (head, self.plain(self.owner_line()), self.plain(self.words["cells"]) if asks else "")
        cells = [self.cell("title", "\n\n".join(filter(None, pieces)))]
        if asks:
            header = "\n".join(f"{name}: {text}" for name, text in header_of(sheet).items())
            cells.append(self.made("raw", "student", header, {"header": True}, editable=True))
        for question in sheet.questions:
            cells += self.question_cells(question)
        return cells

    def question_cells(self, question):
        """The cells of a problem."""
        name = question.name
        heading = f"## {self.words['problem']} {self.plain(name)}: {self.plain(question.title)}"
        pieces = (heading, f"*{self.marks(question.marks)}*", self.blocks(question.blocks), self.conventions(question))
        yield self.cell(f"{name}-question", "\n\n".join(filter(None, pieces)))
        for part in question.parts:
            yield self.cell(f"{name}-{part.id}-question", self.asked(part))
            if part.solution is None:
                yield from self.answers(name, part)
            else:
                yield self.cell(f"{name}-{part.id}-solution", self.solution(part.solution))

    def conventions(self, question):
        lines = "\n".join(f"- {self.run(line)}" for line in question.conventions)
        return f"**{self.words['conventions']}**\n\n{lines}" if lines else ""

    def asked(self, part):
        """What is asked in a part, and how the answers are to be typed."""
        pieces = [f"### ({self.plain(part.id)})", f"*{self.marks(part.marks, part.bonus)}*", self.blocks(part.blocks)]
        pieces.append("\n".join(f"- **{self.plain(option.key)}**: {self.run(option.run)}" for option in part.options))
        if part.solution is None:
            pieces.append("  \n".join(f"*{hint}*" for hint in self.hints(part)))
        return "\n\n".join(filter(None, pieces))

    def hints(self, part):
        """How the answers of a part are to be typed, in Markdown."""
        if part.options:
            typed = self.words["order"] if part.ordered else f"{self.words['none']}: none"
            yield self.plain(f"{self.words['answer']}: {', '.join(option.key for option in part.options)} ({typed})")
            return
        for box in part.boxes:
            if hint := self.hint(box):
                yield self.plain(f"{box.name or self.words['answer']}: {hint}")

    def answers(self, problem, part):
        """The cells for the answers of a part: one for all that fit on a line, and one for each that may take several."""
        long = [box for box in part.boxes if box.name and box.kind in LONG]
        if len(long) < len(part.boxes):
            yield self.answer(problem, part, [box for box in part.boxes if box not in long])
        for box in long:
            yield self.answer(problem, part, [box], box.name)

    def answer(self, problem, part, boxes, name=""):
        """The cell for some boxes of a part, or for the one of that name."""
        by_hand = all(box.kind in BY_HAND for box in boxes)
        place = {"problem": problem, "part": part.id, **({"box": name} if name else {})}
        where = f"{self.words['answer']} {problem} ({part.id}){f' {name}' if name else ''}"
        heading = f"#### {self.plain(where)}\n" if by_hand else f"# {where}"
        lines = "" if name else "\n".join(f"{box.name} = " for box in boxes if box.name)
        id = "-".join((problem, part.id, *([name] if name else []), "answer"))
        return self.made("markdown" if by_hand else "raw", id, f"{heading}\n{lines}", place, editable=True)

    def solution(self, solution):
        """A worked solution that opens on a click."""
        heading = f"**{self.words['solution']}**\n\n"
        inside = super().solution(solution).removeprefix(heading)
        return f"<details>\n<summary>{self.words['solution']}</summary>\n\n{inside}\n\n</details>"

    def cell(self, id, source):
        """A Markdown cell that nobody needs to change."""
        return self.made("markdown", id, source, {"question": check_sum(source)}, editable=False)

    def made(self, kind, id, source, place, editable):
        lines = source.splitlines(keepends=True)
        fixed = {} if editable else {"editable": False}
        return {"cell_type": kind, "id": self.id(id), "metadata": {"deletable": False, **fixed, KEY: place}, "source": lines}

    def id(self, name):
        """A cell's id: letters, digits, `-` and `_`, the same on every machine, and no two the same."""
        id = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
        if id != name or len(id) > LONGEST_ID or id in self.taken:
            tail = f"-{sha256(f'{name} {len(self.taken)}'.encode()).hexdigest()[:8]}"
            id = id[: LONGEST_ID - len(tail)] + tail
        self.taken.add(id)
        return id

    # --- Markdown as notebooks show it ---

    def latex(self, latex):
        """A formula on one line, in which nothing begins a list or ends a cell of a table."""
        latex = " ".join(latex.split())
        latex = f"{latex}," if latex.endswith("\\") and not latex.endswith("\\\\") else latex  # `\\ ` at the end becomes `\\,`
        return super().latex(latex)

    def of_figure(self, block):
        """An image that holds its data: SVG cannot be an attachment in JupyterLab, and Markdown's own images not in VS Code."""
        self.figures += 1
        data = base64.b64encode(block.svg.encode()).decode()
        image = f'<img alt="{escape(" ".join(block.alt.split()))}" src="data:image/svg+xml;base64,{data}">'
        caption = f": {self.run(block.caption)}" if block.caption else ""
        return f"{image}\n\n*{self.words['figure']} {self.figures}{caption}*"
