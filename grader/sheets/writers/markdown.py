"""Sheets in Markdown, with formulas between dollar signs and figures as SVG files beside it."""

import re
import textwrap

from grader.sheets.writers import base_name
from grader.sheets.writers.common import Writer, box_label, is_approximate

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~&^])")
_FIRST = re.compile(r"^(\s*)([-+=:])", re.MULTILINE)
_POINT = re.compile(r"^(\s*\d+)([.)])", re.MULTILINE)
_BAR = re.compile(r"\\\\|\\?\|")  # a bar of a formula, or the end of one of its lines, whose backslash belongs to no bar
_BARS = {"|": r"\vert ", r"\|": r"\Vert "}


def write(sheet):
    """{file name: text}: the sheet and its figures."""
    writer = MarkdownWriter(sheet)
    text = writer.whole()
    return {f"{base_name(sheet)}.md": text, **writer.files}


def escaped(text):
    r"""Text of which nothing is Markdown.

    >>> escaped("a_b $5 <x> {{y}}")
    'a\\_b \\$5 \\<x\\> \\{\\{y\\}\\}'
    """
    return _SPECIAL.sub(r"\\\1", text)


class MarkdownWriter(Writer):
    """Writes blocks as Markdown; figures become files beside it."""

    def __init__(self, sheet):
        super().__init__(sheet)
        self.files, self.in_table = {}, False

    plain = staticmethod(escaped)  # text of which nothing is Markdown

    def whole(self):
        head = f"# {self.plain(self.sheet_title())}\n\n{self.words['total']}: {self.marks(self.sheet.marks)}"
        pieces = [head, self.plain(self.owner_line()), *map(self.question, self.sheet.questions)]
        return "\n\n".join(filter(None, pieces)) + "\n"

    def question(self, question):
        heading = f"## {self.words['problem']} {self.plain(question.name)}: {self.plain(question.title)}"
        pieces = [heading, f"*{self.marks(question.marks)}*", self.blocks(question.blocks), *map(self.part, question.parts)]
        if question.conventions:
            lines = "\n".join(f"- {self.run(line)}" for line in question.conventions)
            pieces.append(f"**{self.words['conventions']}**\n\n{lines}")
        return "\n\n".join(filter(None, pieces))

    def part(self, part):
        pieces = [f"### ({self.plain(part.id)})", f"*{self.marks(part.marks, part.bonus)}*", self.blocks(part.blocks)]
        box = "[ ] " if not part.ordered else ""
        pieces.append("\n".join(f"- {box}{option.key}: {self.run(option.run)}" for option in part.options))
        pieces.append(self.boxes(part) if part.solution is None else self.solution(part.solution))
        return "\n\n".join(filter(None, pieces))

    def boxes(self, part):
        if part.options and not part.ordered:
            return ""
        lines = [(box_label(box) or f"{self.words['answer']}:", self.hint(box)) for box in part.boxes]
        hints = [f" ({self.plain(hint)})" if hint else "" for _, hint in lines]
        return "\n".join(f"- {self.plain(label)} \\_\\_\\_\\_\\_{hint}" for (label, _), hint in zip(lines, hints, strict=True))

    def solution(self, solution):
        pieces = [f"**{self.words['solution']}**"]
        pieces += map(self.step, solution.steps)
        pieces += [self.result(result) for result in solution.results]
        lines = (f"- {one.key}: **{self.state(one)}**{self.because(one.because)}" for one in solution.options)
        pieces.append("\n".join(lines))
        if solution.model:
            pieces += [f"*{self.words['model']}*", self.blocks(solution.model)]
        if solution.rubric:
            lines = "\n".join(f"- {self.marks(line.marks)}: {self.run(line.run)}" for line in solution.rubric)
            pieces += [f"*{self.words['rubric']}*", lines]
        return "\n\n".join(filter(None, pieces))

    def step(self, step):
        lines = [self.equal(side) for side in step.sides]
        why = f"  \n  *{self.plain(step.why)}*" if step.why else ""
        return f"- {self.run(step.name)} " + "  \n  ".join(lines) + why

    def result(self, result):
        value = f"{self.run(result.name)} {self.equal(result.value)}" if result.name else self.run(result.value)
        return f"**{self.words['answer']}:** {value}"

    def equal(self, run):
        return self.run(run) if is_approximate(run) else f"$=$ {self.run(run)}"

    def because(self, run):
        return f" – {self.run(run)}" if run else ""

    # --- blocks ---

    def of_paragraph(self, block):
        text = self.run(block.run)
        return _POINT.sub(r"\1\\\2", _FIRST.sub(r"\1\\\2", text))

    def of_formula(self, block):
        return f"$${self.latex(block.latex)}$$"

    def of_codeblock(self, block):
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
        return f"{fence}\n{block.text}\n{fence}"

    def of_listing(self, block):
        marks = ["- " if block.start is None else f"{block.start + position}. " for position in range(len(block.items))]
        items = zip(marks, map(self.blocks, block.items), strict=True)
        return "\n".join(mark + textwrap.indent(text, " " * len(mark))[len(mark) :] for mark, text in items)

    def of_table(self, block):
        self.in_table = True
        rows = [[self.run(cell) for cell in row] for row in (block.heading, *block.rows)]
        self.in_table = False
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])

    def of_figure(self, block):
        self.figures += 1
        name = f"{base_name(self.sheet)}-figure-{self.figures}.svg"
        self.files[name] = block.svg
        caption = f"\n\n*{self.words['figure']} {self.figures}: {self.run(block.caption)}*" if block.caption else ""
        return f"![{self.plain(block.alt)}]({name}){caption}"

    # --- runs ---

    def of_text(self, piece):
        return self.plain(piece.text)

    def of_code(self, piece):
        ticks = "`" * (1 + max(map(len, re.findall("`+", piece.text)), default=0))
        pad = " " if "`" in piece.text else ""
        code = f"{ticks}{pad}{piece.text}{pad}{ticks}"
        return code.replace("|", r"\|") if self.in_table else code

    def of_math(self, piece):
        return f"${self.latex(piece.latex).strip()}$"

    def latex(self, latex):
        """A formula in which nothing ends a cell of a table; `\\|` would become `|` there."""
        return _BAR.sub(lambda bar: _BARS.get(bar[0], bar[0]), latex) if self.in_table else latex

    def of_emphasis(self, piece):
        mark = "**" if piece.strong else "*"
        return f"{mark}{self.run(piece.run)}{mark}"

    def of_break(self, piece):
        return "  \n"
