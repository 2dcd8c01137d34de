"""Sheets as one self-contained HTML page: MathML, figures inline, fields for answers that can be saved as a hand-in."""

import re
from html import escape

from grader.sheets import formulas
from grader.sheets.figures.drawing import MILLIMETRES
from grader.sheets.templates import header_of
from grader.sheets.writers import base_name
from grader.sheets.writers.common import is_approximate, width_of
from grader.sheets.writers.html_blocks import HtmlWriter

LONG = ("text", "file", "chain")  # kinds of answer that are written at length
LONGEST = 60  # characters of a formula in a line that may be wider than a phone
LEAST = 0.8  # of the size at which a drawing was made; below that its letters are too small, and it scrolls

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 1.05rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #1b1b1b;
  background: #fff; max-width: 48rem; margin: 0 auto; padding: 1rem 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.25rem; line-height: 1.3; margin-top: 2.5rem; padding-top: 1rem; border-top: 2px solid #bbb; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .25rem; }
.marks { font-weight: normal; font-size: .95rem; color: #555; white-space: nowrap; }
math { font-size: 1.08em; }
.wide { overflow-x: auto; padding-bottom: .2rem; }
.given math mtable { margin: .1em 0; }
.scroll { display: inline-block; max-width: 100%; overflow-x: auto; vertical-align: middle; }
table { border-collapse: collapse; margin: .75rem 0; }
th, td { border: 1px solid #bbb; padding: .3rem .6rem; text-align: left; }
th { background: #f2f2f2; }
code, pre { font: .92em/1.4 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: #f5f5f5; padding: .75rem; overflow-x: auto; }
figure { margin: 1rem 0; }
figure svg { display: block; max-width: 100%; height: auto; min-width: var(--least); }
figcaption { color: #444; font-size: .95rem; }
.person { display: flex; flex-wrap: wrap; gap: 1rem; }
.person label, .box label { display: block; }
.person label { flex: 1 1 14rem; }
input[type=text], textarea { width: 100%; font: inherit; padding: .45rem .6rem; border: 1px solid #666; border-radius: .3rem; }
textarea { min-height: 6rem; }
.box { margin: .6rem 0; }
.hint { color: #555; font-size: .9rem; }
fieldset { border: 1px solid #999; border-radius: .3rem; margin: .75rem 0; padding: .25rem .9rem .6rem; }
legend { font-size: .9rem; color: #555; padding: 0 .3rem; }
.option { display: flex; gap: .6rem; padding: .3rem 0; }
.option input { width: 1.15rem; height: 1.15rem; margin-top: .25rem; flex: none; }
ol.options { list-style: none; padding-left: 0; }
ol.options li { display: flex; gap: .6rem; }
.conventions { background: #f4f6f9; border-left: 4px solid #8aa0bd; padding: .4rem 1rem; margin-top: 1.5rem; font-size: .97rem; }
.conventions p { margin: .2rem 0; font-weight: bold; }
.conventions ul { margin: .2rem 0; padding-left: 1.2rem; }
details { border: 1px solid #b6c9b2; border-radius: .3rem; background: #f5faf4; padding: .5rem .9rem; margin: .75rem 0; }
summary { cursor: pointer; font-weight: bold; }
.step { margin: .8rem 0; }
.step .lines { display: grid; grid-template-columns: auto 1fr; gap: .35rem .4rem; overflow-x: auto; align-items: baseline; }
.step .name { white-space: nowrap; }
.why { color: #3e5a3a; font-size: .92rem; margin: .1rem 0 0; }
.result { margin: .4rem 0; }
.state { font-weight: bold; }
button { font: inherit; padding: .55rem 1rem; border: 1px solid #333; border-radius: .3rem; background: #1d4f91; color: #fff; }
@media (max-width: 30rem) { body { font-size: 1rem; padding: .75rem .75rem 3rem; } h1 { font-size: 1.35rem; } }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2 { break-after: avoid; } h3 { break-after: avoid; } figure, table, .step, fieldset { break-inside: avoid; }
  .screen { display: none; } figure svg { min-width: 0; }
  input[type=text] { border: 0; border-bottom: 1px solid #333; border-radius: 0; }
  textarea { min-height: 9rem; border-color: #999; } details, .conventions { background: none; }
}
"""

SCROLLING = """
"use strict";
(function () {
  var watched = new ResizeObserver(function (changes) {
    changes.forEach(function (change) {
      var box = change.target;
      if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
    });
  });
  document.querySelectorAll("[tabindex]").forEach(function (box) { watched.observe(box); });
})();
"""  # whatever may scroll can be reached by keys; where nothing scrolls, keys need not stop

SCRIPT = """
"use strict";
(function () {
  var button = document.getElementById("save");
  if (!button) { return; }
  document.getElementById("save-block").hidden = false;
  function answers() {
    var problems = {}, quoted = JSON.stringify;
    document.querySelectorAll("[data-problem]").forEach(function (field) {
      var parts = problems[field.dataset.problem] = problems[field.dataset.problem] || {};
      var boxes = parts[field.dataset.part] = parts[field.dataset.part] || {};
      if (field.tagName === "FIELDSET") {
        boxes[field.dataset.box] = Array.from(field.querySelectorAll("input:checked"), function (one) {
          return one.value;
        }).join(", ");
      } else {
        boxes[field.dataset.box] = field.value;
      }
    });
    var lines = ["student: " + quoted(document.getElementById("student").value)];
    ["paper", "copy", "seed"].forEach(function (key) {
      if (button.dataset[key]) { lines.push(key + ": " + quoted(button.dataset[key])); }
    });
    lines.push("name: " + quoted(document.getElementById("name").value), "answers:");
    Object.keys(problems).forEach(function (problem) {
      lines.push("  " + quoted(problem) + ":");
      Object.keys(problems[problem]).forEach(function (part) {
        var boxes = problems[problem][part];
        if ("" in boxes) { lines.push("    " + quoted(part) + ": " + quoted(boxes[""])); return; }
        lines.push("    " + quoted(part) + ":");
        Object.keys(boxes).forEach(function (box) { lines.push("      " + quoted(box) + ": " + quoted(boxes[box])); });
      });
    });
    return lines.join("\\n") + "\\n";
  }
  window.answersAsYaml = answers;
  button.addEventListener("click", function () {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([answers()], { type: "application/yaml" }));
    link.download = (document.getElementById("student").value.replace(/[^\\w.-]/g, "") || "answers") + ".yaml";
    link.click();
  });
})();
"""


def write(sheet):
    """{file name: text}."""
    return {f"{base_name(sheet)}.html": _Html(sheet).whole()}


class _Html(HtmlWriter):
    def __init__(self, sheet):
        super().__init__(sheet)
        self.fields = 0
        self.english = self.lang("en")  # of reasons, conventions and descriptions of figures, which are always in English
        self.statement = ""  # the same of what the author of a question wrote

    def lang(self, language):
        """The attribute of what is in another language than the page; nothing where that is not known."""
        return f' lang="{language}"' if language not in ("", self.sheet.language) else ""

    def stated(self, html, tag="span"):
        """What the author of a question wrote, said to be in its language."""
        return f"<{tag}{self.statement}>{html}</{tag}>" if self.statement and html else html

    def whole(self):
        sheet, title = self.sheet, escape(self.sheet_title())
        body = "\n".join(map(self.question, sheet.questions))
        asks = not sheet.solutions
        return (
            f'<!DOCTYPE html>\n<html lang="{sheet.language}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
            f"<p>{self.words['total']}: {self.marks(sheet.marks)}</p>\n{self.person() if asks else self.owned()}{body}\n"
            f"{self.save() if asks else ''}</main>\n<script>{SCROLLING}{SCRIPT if asks else ''}</script>\n</body>\n</html>\n"
        )

    def person(self):
        values = {"name": self.sheet.name, "student": self.sheet.student}
        fields = "".join(
            f'<label for="{id}">{self.words[id]}<input type="text" id="{id}" autocomplete="off"{_valued(value)}></label>'
            for id, value in values.items()
        )
        if self.sheet.student and self.sheet.code:
            fields += f"<p>{self.words['copy']} <code>{self.sheet.code}</code></p>"
        return f'<div class="person">{fields}</div>\n'

    def owned(self):
        return f"<p>{escape(self.owner_line())}</p>\n" if self.owner_line() else ""

    def save(self):
        header = {name: value for name, value in header_of(self.sheet).items() if name != "student"}
        data = "".join(f' data-{name}="{escape(value)}"' for name, value in header.items())
        button = f'<button type="button" id="save"{data}>{self.words["save"]}</button>'
        hint = f'<p class="hint">{self.words["save-hint"]}</p>'
        return f'<div id="save-block" class="screen" hidden><p>{button}</p>{hint}</div>\n'

    def question(self, question):
        id = f"problem-{question.number}"
        self.statement = self.lang(question.language)
        title = self.problem_title(question).removesuffix(question.title)
        pieces = [
            f'<section aria-labelledby="{id}">',
            f'<h2 id="{id}">{escape(title)}{self.stated(escape(question.title))} {self.marked(question.marks)}</h2>',
            f'<div class="given"{self.statement}>{self.blocks(question.blocks)}</div>' if question.blocks else "",
            *(self.part(question, part) for part in question.parts),
            self.conventions(question),
            "</section>",
        ]
        return "\n".join(filter(None, pieces))

    def marked(self, marks, bonus=False):
        return f'<span class="marks">[{self.marks(marks, bonus)}]</span>'

    def conventions(self, question):
        if not question.conventions:
            return ""
        lines = "".join(f"<li>{self.run(line)}</li>" for line in question.conventions)
        return f'<div class="conventions"><p>{self.words["conventions"]}</p><ul{self.english}>{lines}</ul></div>'

    def part(self, question, part):
        heading = f"<h3>({escape(part.id)}) {self.marked(part.marks, part.bonus)}</h3>"
        pieces = [heading, self.stated(self.blocks(part.blocks), "div")]
        if part.solution is not None or part.ordered:
            pieces.append(self.options(part))
        pieces.append(self.answers(question, part) if part.solution is None else self.solution(part.solution))
        return "\n".join(filter(None, pieces))

    def options(self, part):
        lines = [(escape(one.key), self.run(one.run)) for one in part.options]
        items = "".join(f"<li><b>{key}</b> <span{self.statement}>{text}</span></li>" for key, text in lines)
        return f'<ol class="options">{items}</ol>' if items else ""

    # --- answers ---

    def answers(self, question, part):
        if part.options and not part.ordered:
            return self.choice(question, part)
        return "\n".join(self.box(question, part, box) for box in part.boxes)

    def place(self, question, part, box):
        """Attributes that say where an answer belongs."""
        names = {"problem": question.name, "part": part.id, "box": box.name}
        return " ".join(f'data-{key}="{escape(text)}"' for key, text in names.items())

    def field(self):
        self.fields += 1
        return f"answer-{self.fields}"

    def box(self, question, part, box):
        id, hint = self.field(), self.hint(box)
        spoken = f"{self.words['problem']} {question.number} ({part.id})"
        label = f"{escape(box.name)} =" if box.name else self.words["answer"]
        shown = f' <span class="hint" id="{id}-hint">({escape(hint)})</span>' if hint else ""
        spoken += f": {box.name or self.words['answer']}"
        more = f'id="{id}" aria-label="{escape(spoken)}" {self.place(question, part, box)}'
        more += f' aria-describedby="{id}-hint"' if hint else ""
        if box.kind in LONG:
            area = f'<textarea {more} rows="5"></textarea>'
        else:
            area = f'<input type="text" {more} autocomplete="off" autocapitalize="off" spellcheck="false">'
        return f'<div class="box"><label for="{id}">{label}{shown}</label>{area}</div>'

    def choice(self, question, part):
        lines, shown = [], [(one.key, self.stated(self.run(one.run))) for one in part.options]
        for key, text in [*shown, ("none", f"<i>{self.words['none']}</i>")]:
            id = self.field()
            shown = "" if key == "none" else f"<b>{escape(key)}</b> "
            extra = " screen" if key == "none" else ""
            lines.append(
                f'<div class="option{extra}"><input type="checkbox" id="{id}" value="{escape(key)}">'
                f'<label for="{id}">{shown}{text}</label></div>'
            )
        legend = f"{self.words['answer']}, {self.words['problem']} {question.number} ({part.id})"
        return (
            f"<fieldset {self.place(question, part, part.boxes[0])}><legend>{escape(legend)}</legend>{''.join(lines)}</fieldset>"
        )

    # --- solutions ---

    def solution(self, solution):
        pieces = [self.step(step) for step in solution.steps]
        answer = f'<p class="result wide" tabindex="0"><b>{self.words["answer"]}:</b>'
        pieces += [f"{answer} {self.result(one)}</p>" for one in solution.results]
        if solution.options:
            pieces.append(f'<ul class="states">{"".join(map(self.option_state, solution.options))}</ul>')
        if solution.model:
            pieces.append(f"<p><b>{self.words['model']}</b></p>{self.stated(self.blocks(solution.model), 'div')}")
        if solution.rubric:
            lines = "".join(f"<li>{self.marks(line.marks)}: {self.stated(self.run(line.run))}</li>" for line in solution.rubric)
            pieces.append(f"<p><b>{self.words['rubric']}</b></p><ul>{lines}</ul>")
        return f"<details><summary>{self.words['solution']}</summary>\n{chr(10).join(pieces)}\n</details>"

    def step(self, step):
        name, rows = self.tall(step.name), []
        for row, side in enumerate(step.sides):
            rows.append(f'<span class="name">{"" if row else name}</span><span>{self.equal(side)}</span>')
        why = f'<p class="why"{self.english}>{escape(step.why)}</p>' if step.why else ""
        return f'<div class="step"><div class="lines" tabindex="0">{"".join(rows)}</div>{why}</div>'

    def result(self, result):
        return f"{self.run(result.name)} {self.equal(result.value)}" if result.name else self.tall(result.value)

    def equal(self, run):
        return self.tall(run) if is_approximate(run) else f"= {self.tall(run)}"

    def tall(self, run):
        """A run in which fractions are not made small."""
        return self.run(run).replace("<math ", '<math displaystyle="true" ')

    def option_state(self, result):
        because = f" – {self.stated(self.run(result.because))}" if result.because else ""
        return f'<li><b>{escape(result.key)}</b>: <span class="state">{escape(self.state(result))}</span>{because}</li>'

    # --- blocks ---

    def of_formula(self, block):
        return f'<div class="wide" tabindex="0">{self.formula(block.latex, True)}</div>'

    def of_codeblock(self, block):
        return f'<pre tabindex="0"><code>{escape(block.text)}</code></pre>'

    def item(self, blocks):
        """An item of a list: a single paragraph without its tags."""
        return self.run(blocks[0].run) if len(blocks) == 1 and hasattr(blocks[0], "run") else self.blocks(blocks)

    def of_table(self, block):
        return f'<div class="wide" tabindex="0">{super().of_table(block)}</div>'

    def of_figure(self, block):
        self.figures += 1
        caption = f": {self.run(block.caption)}" if block.caption else ""
        word = self.words["figure"]
        word = f'<span lang="{self.sheet.language}">{word}</span>' if self.statement else word
        drawing = block.svg.replace("<svg ", f'<svg{self.english} style="--least: {least_width(block.svg):.0f}mm" ', 1)
        words = f"<figcaption>{word} {self.figures}{caption}</figcaption>"
        return f'<figure><div class="wide" tabindex="0">{drawing}</div>{words}</figure>'

    # --- runs ---

    def of_math(self, piece):
        formula = self.formula(piece.latex, False)
        return f'<span class="scroll" tabindex="0">{formula}</span>' if len(piece.latex) > LONGEST else formula

    def formula(self, latex, display):
        try:
            return formulas.mathml(latex, display)
        except formulas.FormulaError:
            return f"<code>{escape(latex)}</code>"


def least_width(svg):
    """How narrow a drawing may become, in millimetres; never wider than it is."""
    frame = re.search(r'viewBox="\S+ \S+ ([\d.]+) ', svg[:300])
    return min(width_of(svg), LEAST * MILLIMETRES * float(frame[1])) if frame else 0


def _valued(value):
    """The attribute of a field that is filled in already."""
    return f' value="{escape(value)}"' if value else ""
