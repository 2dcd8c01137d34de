"""Blocks, runs and worked solutions as HTML: what a page of our own and the questions of learning platforms share."""

from html import escape

from grader.sheets.writers.common import Writer, is_approximate


class HtmlWriter(Writer):
    """Writes blocks as HTML; `text` writes plain text."""

    joint = "\n"

    def text(self, text):
        return escape(text)

    def of_paragraph(self, block):
        return f"<p>{self.run(block.run)}</p>"

    def of_listing(self, block):
        tag = "ul" if block.start is None else "ol"
        start = f' start="{block.start}"' if block.start not in (None, 1) else ""
        items = "".join(f"<li>{self.item(item)}</li>" for item in block.items)
        return f"<{tag}{start}>{items}</{tag}>"

    def item(self, blocks):
        """An item of a list."""
        return self.blocks(blocks)

    def of_table(self, block, attributes=""):
        head = "".join(f'<th scope="col">{self.run(cell)}</th>' for cell in block.heading)
        rows = "".join(f"<tr>{''.join(f'<td>{self.run(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
        return f"<table{attributes}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def of_text(self, piece):
        return self.text(piece.text)

    def of_code(self, piece):
        return f"<code>{self.text(piece.text)}</code>"

    def of_emphasis(self, piece):
        tag = "strong" if piece.strong else "em"
        return f"<{tag}>{self.run(piece.run)}</{tag}>"

    def of_break(self, piece):
        return "<br>"


class PlatformWriter(HtmlWriter):
    """The same for a learning platform that typesets formulas with MathJax; `answer`: what stands in front of a result."""

    answer = "{}:"

    def of_formula(self, block):
        return f"<p>{latex_html(block.latex, True)}</p>"

    def of_math(self, piece):
        return latex_html(piece.latex)

    def conventions(self, question):
        return self._list("conventions", [self.run(line) for line in question.conventions])

    def _list(self, word, lines):
        """A list below a fixed word; nothing where it is empty."""
        items = "".join(f"<li>{line}</li>" for line in lines)
        return f"<p><strong>{self.words[word]}</strong></p><ul>{items}</ul>" if lines else ""

    # --- solutions ---

    def worked(self, solution):
        """Steps, results and options of a solution: a list of paragraphs."""
        return [*map(self.step, solution.steps), *map(self.result, solution.results), *map(self.option, solution.options)]

    def step(self, step):
        sides = "<br>".join([f"{self.run(step.name)} {self.equal(step.sides[0])}", *map(self.equal, step.sides[1:])])
        why = f"<br><em>{self.text(step.why)}</em>" if step.why else ""
        return f"<p>{sides}{why}</p>"

    def equal(self, run):
        return self.run(run) if is_approximate(run) else f"= {self.run(run)}"

    def result(self, result):
        value = f"{self.run(result.name)} {self.equal(result.value)}" if result.name else self.run(result.value)
        return f"<p>{self.answer.format(self.words['answer'])} {value}</p>"

    def option(self, result):
        because = f" – {self.run(result.because)}" if result.because else ""
        return f"<p><strong>{self.text(result.key)}</strong>: {self.text(self.state(result))}{because}</p>"

    def model(self, solution):
        return f"<p><strong>{self.words['model']}</strong></p>{self.blocks(solution.model)}" if solution.model else ""

    def rubric(self, solution):
        return self._list("rubric", [f"{self.marks(line.marks)}: {self.run(line.run)}" for line in solution.rubric])


def latex_html(latex, display=False):
    """A formula for MathJax."""
    inside = escape(latex, quote=False)
    return f"\\[{inside}\\]" if display else f"\\({inside}\\)"


def laid_out(fields, shape, matrix):
    """The fields of an array as a table; of one with more axes a table for each matrix, with its place: `matrix` holds both."""
    if len(shape) > 2:
        size = len(fields) // shape[0]
        tables = (laid_out(fields[at * size : (at + 1) * size], shape[1:], matrix) for at in range(shape[0]))
        return "".join(matrix.format(at, table) for at, table in enumerate(tables))
    rows = [fields[at : at + shape[-1]] for at in range(0, len(fields), shape[-1])]
    cells = "".join(f"<tr>{''.join(f'<td>{field}</td>' for field in row)}</tr>" for row in rows)
    return f"<table><tbody>{cells}</tbody></table>"
