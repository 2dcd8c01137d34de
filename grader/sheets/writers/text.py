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
    return TextWriter(sheet).whole()


class TextWriter(Writer):
    """Pieces of a sheet as plain text in lines of at most `width` characters."""

    def __init__(self, sheet, width=WIDTH):
        super().__init__(sheet)
        self.width = width

    def whole(self):
        head = f"{self.underlined(self.sheet_title(), '=')}\n{self.words['total']}: {self.marks(self.sheet.marks)}"
        head += f"\n{self.owner_line()}" if self.owner_line() else ""
        whole = "\n\n".join([head, *map(self.question, self.sheet.questions)])
        return whole.replace("\u00a0", " ") + "\n"

    def question(self, question):
        heading = self.underlined(f"{self.problem_title(question)} [{self.marks(question.marks)}]", "-")
        pieces = [heading, self.blocks(question.blocks)]
        pieces += [*map(self.part, question.parts), self.conventions(question)]
        return "\n\n".join(filter(None, pieces))

    def conventions(self, question):
        """The conventions that the answers of a question depend on; empty where there are none."""
        lines = [self.wrapped(self.run(line), "  - ") for line in question.conventions]
        return "\n".join([f"{self.words['conventions']}:", *lines]) if lines else ""

    def part(self, part):
        below = self.boxes(part) if part.solution is None else self.solution(part.solution)
        return "\n\n".join(filter(None, (self.asked(part), below.rstrip())))

    def asked(self, part):
        """What a part asks, with its options."""
        head = f"({part.id}) [{self.marks(part.marks, part.bonus)}]"
        body = self.blocks(part.blocks)
        beside = part.blocks and "\n" not in body and len(head) + len(body) < self.width
        options = "\n".join(self.wrapped(self.run(option.run), f"  [ ] {option.key}  ") for option in part.options)
        return "\n\n".join(piece.rstrip() for piece in (f"{head} {body}" if beside else f"{head}\n{body}", options) if piece)

    def boxes(self, part):
        if part.options and not part.ordered:
            return ""
        lines = [(box_label(box) or f"{self.words['answer']}:", self.hint(box)) for box in part.boxes]
        return "\n".join(f"  {label} {BLANK}{f'  ({hint})' if hint else ''}" for label, hint in lines)

    def solution(self, solution):
        lines = [f"  {self.words['solution']}:"]
        lines += map(self.step, solution.steps)
        for result in solution.results:
            value = f"{self.run(result.name)} {self.equal(result.value)}" if result.name else self.run(result.value)
            lines.append(self.wrapped(value, f"  {self.words['answer']}: "))
        for result in solution.options:
            because = f": {self.run(result.because)}" if result.because else ""
            lines.append(self.wrapped(f"{self.state(result)}{because}", f"  {result.key}  "))
        if solution.model:
            lines.append(self.model(solution))
        if solution.rubric:
            lines.append(f"  {self.words['rubric']}:")
            lines += [self.wrapped(self.run(line.run), f"    {self.marks(line.marks)}: ") for line in solution.rubric]
        return "\n".join(lines)

    def step(self, step):
        """One step of a worked solution, a line for each side and one for what it does."""
        name = self.run(step.name)
        pad = " " * len(name)
        lines = [self.side(f"    {pad if row else name} ", self.equal(side)) for row, side in enumerate(step.sides)]
        return "\n".join([*lines, *([self.wrapped(step.why, f"    {pad}   # ")] if step.why else [])])

    def side(self, first, text):
        """One side of an equation, whose sign stands at the beginning; later lines stand behind the sign."""
        sign, blank, rest = text.partition(" ")
        return self.wrapped(rest, f"{first}{sign} ") if blank and len(sign) == 1 else self.wrapped(text, first)

    def model(self, solution):
        """The model answer, indented below its heading."""
        return self.hung(solution.model, "  ", f"  {self.words['model']}:\n  ")

    def equal(self, run):
        return self.run(run) if is_approximate(run) else f"= {self.run(run)}"

    # --- blocks ---

    def of_paragraph(self, block):
        return self.wrapped(self.run(block.run))

    def of_formula(self, block):
        return self.wrapped(plain_formula(block.latex), "    ")

    def of_codeblock(self, block):
        return textwrap.indent(block.text, "    ")

    def of_listing(self, block):
        marks = ("- " if block.start is None else f"{block.start + position}. " for position in range(len(block.items)))
        return "\n".join(self.hung(item, " " * len(mark), mark) for mark, item in zip(marks, block.items, strict=True))

    def of_table(self, block):
        rows = [[self.run(cell) for cell in row] for row in (block.heading, *block.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])

    def of_figure(self, block):
        self.figures += 1
        caption = f" {self.run(block.caption)}" if block.caption else ""
        return self.wrapped(f"[{self.words['figure']} {self.figures}:{caption} {block.alt}]")

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

    def underlined(self, title, sign):
        """A title, with a line of a sign below it."""
        title = self.wrapped(title)
        return f"{title}\n{sign * max(map(len, title.splitlines()))}"

    def hung(self, blocks, indent, first):
        """Blocks in lines that are indented, the first of them behind `first`."""
        self.width -= len(indent)
        text = self.blocks(blocks)
        self.width += len(indent)
        return first + textwrap.indent(text, indent)[len(indent) :]

    def wrapped(self, text, first=""):
        """Lines of at most the writer's width, later ones under the first."""
        lines = [
            textwrap.fill(
                line,
                self.width,
                initial_indent=first if not number else " " * len(first),
                subsequent_indent=" " * len(first),
                break_long_words=False,
                break_on_hyphens=False,
            )
            for number, line in enumerate(text.split("\n"))
        ]
        return "\n".join(lines)
