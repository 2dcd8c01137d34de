"""Sheets as plain text for a terminal."""

import textwrap

from grader.sheets.writers import base_name
from grader.sheets.writers.common import Writer, box_label, is_approximate, plain_formula

WIDTH = 88
BLANK = "_" * 24


def write(sheet):
    """{file name: text}."""
    return {f"{base_name(sheet)}.txt": text_of(sheet)}


def text_of(sheet):
    """A sheet as plain text."""
    return _Text(sheet).whole()


class _Text(Writer):
    def whole(self):
        title = self.sheet_title()
        head = f"{title}\n{'=' * min(len(title), WIDTH)}\n{self.words['total']}: {self.marks(self.sheet.marks)}"
        whole = "\n\n".join([head, *map(self.question, self.sheet.questions)])
        return whole.replace("\u00a0", " ") + "\n"

    def question(self, question):
        heading = f"{self.problem_title(question)} [{self.marks(question.marks)}]"
        pieces = [f"{heading}\n{'-' * min(len(heading), WIDTH)}", self.blocks(question.blocks)]
        pieces += map(self.part, question.parts)
        if question.conventions:
            lines = "\n".join(_wrapped(self.run(line), "  - ") for line in question.conventions)
            pieces.append(f"{self.words['conventions']}:\n{lines}")
        return "\n\n".join(filter(None, pieces))

    def part(self, part):
        head = f"({part.id}) [{self.marks(part.marks, part.bonus)}]"
        body = self.blocks(part.blocks)
        pieces = [f"{head} {body}" if part.blocks and "\n" not in body and len(head) + len(body) < WIDTH else f"{head}\n{body}"]
        pieces += ["\n".join(_wrapped(self.run(option.run), f"  [ ] {option.key}  ") for option in part.options)]
        if part.solution is None:
            pieces.append(self.boxes(part))
        else:
            pieces.append(self.solution(part.solution))
        return "\n\n".join(piece.rstrip() for piece in pieces if piece)

    def boxes(self, part):
        if part.options and not part.ordered:
            return ""
        lines = [(box_label(box) or f"{self.words['answer']}:", self.hint(box)) for box in part.boxes]
        return "\n".join(f"  {label} {BLANK}{f'  ({hint})' if hint else ''}" for label, hint in lines)

    def solution(self, solution):
        lines = [f"  {self.words['solution']}:"]
        for step in solution.steps:
            name = self.run(step.name)
            pad = " " * len(name)
            lines += [f"    {pad if row else name} {self.equal(side)}" for row, side in enumerate(step.sides)]
            if step.why:
                lines.append(_wrapped(step.why, f"    {pad}   # "))
        for result in solution.results:
            value = f"{self.run(result.name)} {self.equal(result.value)}" if result.name else self.run(result.value)
            lines.append(f"  {self.words['answer']}: {value}")
        for result in solution.options:
            because = f": {self.run(result.because)}" if result.because else ""
            lines.append(_wrapped(f"{self.state(result)}{because}", f"  {result.key}  "))
        if solution.model:
            lines.append(textwrap.indent(f"{self.words['model']}:\n{self.blocks(solution.model)}", "  "))
        if solution.rubric:
            lines.append(f"  {self.words['rubric']}:")
            lines += [_wrapped(self.run(line.run), f"    {self.marks(line.marks)}: ") for line in solution.rubric]
        return "\n".join(lines)

    def equal(self, run):
        return self.run(run) if is_approximate(run) else f"= {self.run(run)}"

    # --- blocks ---

    def of_paragraph(self, block):
        return _wrapped(self.run(block.run))

    def of_formula(self, block):
        return f"    {plain_formula(block.latex)}"

    def of_codeblock(self, block):
        return textwrap.indent(block.text, "    ")

    def of_listing(self, block):
        marks = ("- " if block.start is None else f"{block.start + position}. " for position in range(len(block.items)))
        return "\n".join(_hung(self.blocks(item), mark) for mark, item in zip(marks, block.items, strict=True))

    def of_table(self, block):
        rows = [[self.run(cell) for cell in row] for row in (block.heading, *block.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])

    def of_figure(self, block):
        self.figures += 1
        caption = f" {self.run(block.caption)}" if block.caption else ""
        return _wrapped(f"[{self.words['figure']} {self.figures}:{caption} {block.alt}]")

    # --- runs ---

    def of_text(self, piece):
        return piece.text

    def of_code(self, piece):
        return piece.text

    def of_math(self, piece):
        return plain_formula(piece.latex).replace(" ", "\u00a0") if len(piece.latex) < 40 else plain_formula(piece.latex)

    def of_emphasis(self, piece):
        mark = "**" if piece.strong else "*"
        return f"{mark}{self.run(piece.run)}{mark}"

    def of_break(self, piece):
        return "\n"


def _wrapped(text, first=""):
    """Lines of at most WIDTH, later ones under the first."""
    lines = [
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=first if not number else " " * len(first),
            subsequent_indent=" " * len(first),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, line in enumerate(text.split("\n"))
    ]
    return "\n".join(lines)


def _hung(text, mark):
    return mark + textwrap.indent(text, " " * len(mark))[len(mark) :]
