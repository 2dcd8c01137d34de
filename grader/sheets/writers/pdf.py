"""Sheets as PDF, set by Typst. Every text goes in as a string, so that nothing in it is taken for markup."""

import re
from functools import cache
from io import BytesIO
from math import ceil
from urllib.parse import urlencode

from grader.maths.errors import UsageError
from grader.sheets import formulas
from grader.sheets.formulas import string
from grader.sheets.writers import base_name
from grader.sheets.writers.common import Writer, is_approximate, width_of

LONG = ("text", "file", "chain")  # kinds of answer that are written at length
SHORT = 2_000  # characters of the source of options that are kept together: about a third of a page
_LONG_WORD, _LONG_PIECE = re.compile(r"\S{40,}"), re.compile(r"[^\s-]{25,}")  # a line of the page; of a name or an id

STYLE = """
#set page(paper: "a4", margin: (x: 2.3cm, top: 2cm, bottom: 2.2cm), numbering: "1 / 1")
#set text(font: ("Libertinus Serif", "DejaVu Sans"), size: 11pt)
#show raw: set text(font: "DejaVu Sans Mono", size: 0.82em)
#show math.equation: set text(top-edge: "bounds", bottom-edge: "bounds")
#set par(justify: false, leading: 0.65em, spacing: 0.95em)
#set math.mat(gap: 0.45em)
#show heading: set block(above: 1.4em, below: 0.8em, sticky: true)
#show heading.where(level: 1): set text(size: 1.35em)
#show heading.where(level: 2): set text(size: 1.1em)
#show heading.where(level: 3): set text(size: 1em)
#show heading.where(level: 2): it => block(width: 100%, stroke: (top: 0.8pt + gray), inset: (top: 0.8em), above: 2em,
  below: 0.9em, sticky: true, it.body)
#let marks(body) = text(weight: "regular", size: 0.9em, fill: luma(80), body)
#let fit(body) = layout(size => {
  let width = measure(body).width
  if width > size.width { scale(size.width / width * 100%, reflow: true, origin: left, body) } else { body }
})
#let drawing(source, words, width) = layout(size => image(bytes(source), format: "svg", alt: words,
  width: calc.min(width, size.width)))
#let blank(label, hint) = block(above: 0.9em, below: 0.9em, grid(columns: (auto, 1fr, auto), column-gutter: 0.5em,
  align: bottom, label, box(width: 100%, height: 1.5em, stroke: (bottom: 0.5pt)), text(size: 0.8em, fill: luma(80), hint)))
#let filled(label, content) = block(above: 0.9em, below: 0.9em, [#label #h(0.3em) #strong(content)])
#let copy-mark(source, words, code) = place(top + right, float: false, dy: -0.6cm, align(center, stack(spacing: 0.35em,
  image(bytes(source), format: "svg", alt: words, width: 2cm), raw(code))))
#let foot(words) = context block(width: 100%, text(size: 0.8em, fill: luma(80), [#words #h(1fr)
  #counter(page).display("1 / 1", both: true)]))
#let ruled(count) = for row in range(count) { block(above: 1.5em, below: 0pt, line(length: 100%, stroke: 0.4pt + gray)) }
#let tick = box(width: 0.8em, height: 0.8em, baseline: 0.1em, stroke: 0.6pt)
#let option(mark, key, body) = block(above: 0.7em, below: 0.7em, grid(columns: (auto, auto, 1fr), column-gutter: 0.6em, mark,
  strong(key), body))
#let together(body) = block(breakable: false, body)
#let asked(body) = block(sticky: true, above: 0.8em, below: 0.95em, body)
#let title(body) = block(sticky: true, strong(body))
#let worked(heading, body) = block(width: 100%, fill: rgb("#f3f8f2"), stroke: (left: 2pt + rgb("#7d9c76")),
  inset: (x: 0.8em, y: 0.7em), above: 1em, below: 1em, { title(heading); body })
#let step(name, why, ..sides) = block(above: 0.9em, below: 0.9em, breakable: false, layout(size => {
  let first = calc.min(measure(name).width, size.width / 3)
  grid(columns: (first, 1fr), column-gutter: 0.5em, row-gutter: 0.55em, align: (left + horizon, left + horizon),
    ..sides.pos().enumerate().map(((row, side)) => (if row == 0 { name }, fit(side))).flatten(),
    ..if why != "" { (none, text(size: 0.85em, fill: rgb("#3e5a3a"), why)) })
}))
#let conventions(heading, ..lines) = block(width: 100%, breakable: false, fill: rgb("#f4f6f9"), inset: 0.7em, above: 1.2em, {
  title(heading); list(..lines.pos()) })
"""


def write(sheet):
    """{file name: bytes}. Raises UsageError where Typst is not installed or refuses."""
    return {f"{base_name(sheet)}.pdf": compiled(source_of(sheet))}


def source_of(sheet):
    """A sheet as Typst source."""
    return _Typst(sheet).whole()


@cache
def _compiler(typst):
    """The one compiler of this process: it knows its fonts, and what many sheets share."""
    return typst.Compiler()


def compiled(source, format="pdf"):
    """Typst source as PDF (or `svg`, `png`)."""
    try:
        import typst
    except ImportError as error:
        raise UsageError("PDF needs the package typst: pip install typst.") from error
    try:
        return _compiler(typst).compile(source.encode(), format=format)
    except RuntimeError as error:  # what typst.TypstError is
        raise UsageError(f"Typst cannot set this sheet: {' '.join(str(error).split())[:300]}.") from error


def qr_code(text):
    """A QR code as SVG."""
    try:
        import segno
    except ImportError as error:
        raise UsageError("The QR codes of PDF sheets need the package segno: pip install segno.") from error
    drawing = BytesIO()
    segno.make(text, error="m", micro=False).save(drawing, kind="svg", border=2, svgns=True, xmldecl=False)
    return drawing.getvalue().decode()


class _Typst(Writer):
    def whole(self):
        sheet = self.sheet
        title = self.sheet_title()
        width = f"width: 100%{' - 2.6cm' if sheet.code else ''}"  # beside the mark of the copy
        head = [
            f"#set document(title: {string(title)})",
            f"#set text(lang: {string(sheet.language)})",
            STYLE,
            *([f"#set page(footer: foot({string(self.footer())}))"] if sheet.student else []),
            *([self.mark_of_copy()] if sheet.code else []),
            f"#block({width}, heading(level: 1, {string(title)}))",
            f"{show(self.words['total'])}#{string(': ' + self.marks(sheet.marks))};",
        ]
        if not sheet.solutions or sheet.student:
            owner = ", ".join(self.person(word, text) for word, text in self.owner()[:2])
            head.append(f"#block({width}, grid(columns: (1fr, 1fr), column-gutter: 2em, {owner}))")
        return "\n\n".join([*head, *map(self.question, sheet.questions)]) + "\n"

    def person(self, word, text):
        form = "filled" if text or self.sheet.solutions else "blank"
        return f"{form}({string(word + ':')}, {string(breakable(text, _LONG_PIECE))})"

    def footer(self):
        """What stands on every page, in case they come apart."""
        return " · ".join(filter(None, (self.sheet.id, self.sheet.student, self.sheet.code)))

    def mark_of_copy(self):
        """The QR code with paper, student and copy, in the corner of the first page, its code below it."""
        known = {"paper": self.sheet.paper, "student": self.sheet.student, "copy": self.sheet.code}
        text = f"grader:?{urlencode({name: value for name, value in known.items() if value})}"
        alt = f"QR code: {self.words['copy']} {self.sheet.code}"
        return f"#copy-mark({string(qr_code(text))}, {string(alt)}, {string(self.sheet.code)})"

    def question(self, question):
        heading = f"#heading(level: 2)[{show(self.problem_title(question))} {self.marked(question.marks)}]"
        pieces = [heading, self.blocks(question.blocks), *map(self.part, question.parts)]
        if question.conventions:
            lines = ", ".join(f"[{self.run(line)}]" for line in question.conventions)
            pieces.append(f"#conventions({string(self.words['conventions'])}, {lines})")
        return "\n\n".join(filter(None, pieces))

    def marked(self, marks, bonus=False):
        return f"#marks({string('[' + self.marks(marks, bonus) + ']')})"

    def part(self, part):
        pieces = [f"#heading(level: 3)[{show(f'({part.id})')} {self.marked(part.marks, part.bonus)}]"]
        asked = self.blocks(part.blocks)
        pieces.append(f"#asked[{asked}]" if asked and part.options else asked)
        mark = "[]" if part.ordered else "tick"
        pieces.append(together([f"#option({mark}, {string(one.key)})[{self.run(one.run)}]" for one in part.options]))
        pieces.append(self.answers(part) if part.solution is None else self.solution(part.solution))
        return "\n\n".join(filter(None, pieces))

    def answers(self, part):
        if part.options and not part.ordered:
            return ""
        return "\n".join(map(self.box, part.boxes))

    def box(self, box):
        if box.kind in LONG:
            label = f"#block(below: 0pt, {string(box.name + ' =')})\n" if box.name else ""
            return f"{label}#ruled({lines_for(box)})"
        label = f"{box.name} =" if box.name else f"{self.words['answer']}:"
        return f"#blank({string(label)}, {string(self.hint(box))})"

    # --- solutions ---

    def solution(self, solution):
        pieces = [self.step(step) for step in solution.steps]
        pieces += [f"#fit[*{show(self.words['answer'] + ':')}* {self.result(one)}]" for one in solution.results]
        pieces.append(together([self.option_state(one) for one in solution.options]))
        if solution.model:
            pieces += [f"#title({string(self.words['model'])})", self.blocks(solution.model)]
        if solution.rubric:
            lines = ", ".join(f"[{show(self.marks(line.marks) + ': ')}{self.run(line.run)}]" for line in solution.rubric)
            pieces += [f"#title({string(self.words['rubric'])})", f"#list({lines})"]
        return f"#worked({string(self.words['solution'])})[\n{chr(10).join(piece + chr(10) for piece in pieces if piece)}]"

    def option_state(self, result):
        because = f"{show(' – ')}{self.run(result.because)}" if result.because else ""
        return f"#option([], {string(result.key)})[*{show(self.state(result))}*{because}]"

    def step(self, step):
        sides = ", ".join(f"[#show math.equation: math.display\n{self.equal(side)}]" for side in step.sides)
        return f"#step([{self.run(step.name)}], {string(step.why)}, {sides})"

    def result(self, result):
        return f"{self.run(result.name)} {self.equal(result.value)}" if result.name else self.run(result.value)

    def equal(self, run):
        return self.run(run) if is_approximate(run) else f"$=$ {self.run(run)}"

    # --- blocks ---

    def of_paragraph(self, block):
        return f"#par[{self.run(block.run)}]"

    def of_formula(self, block):
        return f"#fit[{self.formula(block.latex, True)}]"

    def of_codeblock(self, block):
        return f"#raw({string(block.text)}, block: true)"

    def of_listing(self, block):
        items = ", ".join(f"[{self.blocks(item)}]" for item in block.items)
        return f"#list({items})" if block.start is None else f"#enum(start: {block.start}, {items})"

    def of_table(self, block):
        head = ", ".join(f"[*{self.run(cell)}*]" for cell in block.heading)
        rows = ", ".join(f"[{self.run(cell)}]" for row in block.rows for cell in row)
        columns = f"columns: ({'auto, ' * len(block.heading)})"
        return f"#table({columns}, stroke: 0.5pt + gray, align: left, table.header({head}), {rows})"

    def of_figure(self, block):
        self.figures += 1
        caption = f": {self.run(block.caption)}" if block.caption else ""
        number = show(f"{self.words['figure']} {self.figures}")
        label = f"#text(size: 0.9em, fill: luma(60))[{number}{caption}]"
        drawing = f"#drawing({string(block.svg)}, {string(block.alt)}, {width_of(block.svg)}mm)"
        return f"#block(breakable: false, above: 1.2em, below: 1.2em)[{drawing}\n\n{label}]"

    # --- runs ---

    def of_text(self, piece):
        return show(piece.text)

    def of_code(self, piece):
        return f"#raw({string(breakable(piece.text))});"

    def of_math(self, piece):
        return self.formula(piece.latex, False)

    def formula(self, latex, display):
        try:
            return formulas.typst(latex, display)
        except formulas.FormulaError:
            return f"#raw({string(breakable(latex))});"

    def of_emphasis(self, piece):
        return f"#{'strong' if piece.strong else 'emph'}[{self.run(piece.run)}];"

    def of_break(self, piece):
        return "#linebreak();"


def lines_for(box):
    """How many ruled lines an answer at length gets: two a mark and one more."""
    return min(max(1 + ceil(2 * box.marks), 3), 12)


def show(text):
    """Text as Typst markup that shows it as it is."""
    return f"#{string(breakable(text))};"


def together(options):
    """Options as they stand below each other; on one page where they are short."""
    text = "\n".join(options)
    return f"#together[\n{text}\n]" if options and len(text) <= SHORT else text


def breakable(text, long=_LONG_WORD):
    """Text in which words that may be longer than a line can be broken anywhere."""
    return long.sub(lambda word: "\u200b".join(word[0]), text)
