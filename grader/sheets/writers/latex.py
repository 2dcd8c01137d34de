"""Sheets as LaTeX source for pdflatex, lualatex, xelatex or tectonic; figures as PDF files beside it (made by Typst)."""

import re
from functools import cache

from grader.sheets import formulas
from grader.sheets.formulas import COMMANDS, string
from grader.sheets.writers import base_name
from grader.sheets.writers.common import Writer, is_approximate, width_of
from grader.sheets.writers.pdf import LONG, compiled, lines_for

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
\fi
\usepackage{textcomp}
\usepackage[margin=2.3cm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{graphicx}
\usepackage{array}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.6em}
\raggedright
\emergencystretch=3em
\newsavebox{\fitbox}
\newcommand{\fit}[1]{\sbox{\fitbox}{#1}\ifdim\wd\fitbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\fitbox}}\else\usebox{\fitbox}\fi}
\newcommand{\drawing}[2]{\ifdim#1>\linewidth\includegraphics[width=\linewidth]{#2}\else\includegraphics[width=#1]{#2}\fi}
\newcommand{\blank}[2]{#1~\hrulefill~{\footnotesize #2}\par}
\newcommand{\ruled}{\vspace{1.6em}\hrule}
\newcommand{\tick}{\raisebox{-0.1em}{\fbox{\rule{0pt}{0.5em}\rule{0.5em}{0pt}}}}
"""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "\u00a0": "~",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "„": r"\quotedblbase{}",
    "−": r"\ensuremath{-}",
    "√": r"\ensuremath{\surd}",
    "∗": r"\ensuremath{\ast}",
    "·": r"\ensuremath{\cdot}",
    "≤": r"\ensuremath{\le}",
    "≥": r"\ensuremath{\ge}",
    "≠": r"\ensuremath{\ne}",
    "→": r"\ensuremath{\to}",
    "ᵀ": r"\textsuperscript{T}",
    "²": r"\textsuperscript{2}",
    "³": r"\textsuperscript{3}",
}


def write(sheet):
    """{file name: text or bytes}: the document and its figures."""
    writer = _Latex(sheet)
    text = writer.whole()
    return {f"{base_name(sheet)}.tex": text, **writer.files}


def escaped(text):
    r"""Text of which nothing is a command of LaTeX.

    >>> print(escaped("50% of $x_1$ \\input{a}"))
    50\% of \$x\_1\$ \textbackslash{}input\{a\}
    """
    return "".join(map(_character, text))


def _character(character):
    if character in _SPECIAL:
        return _SPECIAL[character]
    if ord(character) < 0x250 or (character.isalpha() and ord(character) in range(0x1E00, 0x1F00)):
        return character
    command = _commands().get(character)
    if command:
        return rf"\ensuremath{{\{command}}}"
    return rf"\ifPDFTeX[U+{ord(character):04X}]\else {character}\fi{{}}"


@cache
def _commands():
    """Character -> the command of a formula that gives it."""
    found = {}
    for command in sorted(COMMANDS):
        try:
            tree = formulas.tree_of(f"\\{command}")
        except formulas.FormulaError:
            continue
        leaves = [element.text for element in tree.iter() if element.text]
        if len(leaves) == 1 and len(leaves[0]) == 1 and not leaves[0].isascii():
            found.setdefault(leaves[0], command)
    return found


class _Latex(Writer):
    def __init__(self, sheet):
        super().__init__(sheet)
        self.files = {}

    def whole(self):
        sheet = self.sheet
        language = {"en": "english", "de": "ngerman"}[sheet.language]
        head = [
            PREAMBLE + rf"\IfFileExists{{{language}.ldf}}{{\usepackage[{language}]{{babel}}}}{{}}",
            rf"\title{{{escaped(self.sheet_title())}}}" + "\n\\author{}\n\\date{}\n\\begin{document}\n\\maketitle",
            f"{self.words['total']}: {self.marks(sheet.marks)}",
        ]
        if not sheet.solutions:
            head.append("\n".join(self.person(word, text) for word, text in self.owner()))
        elif sheet.student:
            head.append(escaped(self.owner_line()))
        return "\n\n".join([*head, *map(self.question, sheet.questions), r"\end{document}"]) + "\n"

    @staticmethod
    def person(word, text):
        return rf"{word}: {escaped(text)}\par" if text else rf"\blank{{{word}:}}{{}}"

    def question(self, question):
        pieces = [
            rf"\section*{{{escaped(self.problem_title(question))} {{\normalfont\small [{self.marks(question.marks)}]}}}}",
            self.blocks(question.blocks),
            *map(self.part, question.parts),
        ]
        if question.conventions:
            pieces.append(
                rf"\textbf{{{self.words['conventions']}}}" + "\n" + _list("itemize", map(self.run, question.conventions))
            )
        return "\n\n".join(filter(None, pieces))

    def part(self, part):
        heading = rf"\subsection*{{({escaped(part.id)}) {{\normalfont\small [{self.marks(part.marks, part.bonus)}]}}}}"
        pieces = [heading, self.blocks(part.blocks), self.options(part)]
        pieces.append(self.answers(part) if part.solution is None else self.solution(part.solution))
        return "\n\n".join(filter(None, pieces))

    def options(self, part):
        mark = "" if part.ordered else r"\tick\ "
        items = "\n".join(rf"\item[{mark}{escaped(one.key)}] {self.run(one.run)}" for one in part.options)
        return f"\\begin{{description}}\n{items}\n\\end{{description}}" if items else ""

    def answers(self, part):
        if part.options and not part.ordered:
            return ""
        return "\n\n".join(map(self.box, part.boxes))

    def box(self, box):
        label = escaped(f"{box.name} =") if box.name else f"{self.words['answer']}:"
        if box.kind in LONG:
            return (label + "\n\n" if box.name else "") + r"\ruled" * lines_for(box) + "\n"
        return rf"\blank{{{label}}}{{{escaped(self.hint(box))}}}"

    # --- solutions ---

    def solution(self, solution):
        pieces = [rf"\textbf{{{self.words['solution']}}}\par\nopagebreak", *map(self.step, solution.steps)]
        pieces += [rf"\fit{{\textbf{{{self.words['answer']}:}} {self.result(one)}}}" for one in solution.results]
        states = [rf"\item[{escaped(one.key)}] {self.option_state(one)}" for one in solution.options]
        pieces += ["\\begin{description}\n" + "\n".join(states) + "\n\\end{description}"] if states else []
        if solution.model:
            pieces += [rf"\textit{{{self.words['model']}}}\par\nopagebreak", self.blocks(solution.model)]
        if solution.rubric:
            lines = (f"{self.marks(line.marks)}: {self.run(line.run)}" for line in solution.rubric)
            pieces += [rf"\textit{{{self.words['rubric']}}}\par\nopagebreak", _list("itemize", lines)]
        return "\\begin{quote}\n" + "\n\n".join(pieces) + "\n\\end{quote}"

    def step(self, step):
        name = self.run(step.name)
        names = [name] + [rf"\phantom{{{name}}}"] * (len(step.sides) - 1)
        rows = [f"{name} {self.equal(side)}" for name, side in zip(names, step.sides, strict=True)]
        lines = [
            row if _typed(side) else rf"\fit{{\everymath{{\displaystyle}}{row}}}"
            for row, side in zip(rows, step.sides, strict=True)
        ]
        why = rf"\\ {{\small\itshape {escaped(step.why)}}}" if step.why else ""
        return "\\\\[0.2em]\n".join(lines) + why

    def result(self, result):
        return f"{self.run(result.name)} {self.equal(result.value)}" if result.name else self.run(result.value)

    def equal(self, run):
        return self.run(run) if is_approximate(run) else f"$=$ {self.run(run)}"

    def option_state(self, one):
        because = f" -- {self.run(one.because)}" if one.because else ""
        return rf"\textbf{{{escaped(self.state(one))}}}{because}"

    # --- blocks ---

    def of_paragraph(self, block):
        return self.run(block.run)

    def of_formula(self, block):
        return rf"\[{block.latex}\]"

    def of_codeblock(self, block):
        lines = (escaped(line).replace(" ", "~") or "~" for line in block.text.split("\n"))
        return "{\\small\\ttfamily " + "\\\\\n".join(lines) + "\\par}"

    def of_listing(self, block):
        items = map(self.blocks, block.items)
        if block.start is None:
            return _list("itemize", items)
        start = f"\\setcounter{{enumi}}{{{block.start - 1}}}\n" if block.start != 1 else ""
        return _list("enumerate", items, start)

    def of_table(self, block):
        rows = [" & ".join(map(self.run, row)) for row in (block.heading, *block.rows)]
        body = "".join(f"{row} \\\\ \\hline\n" for row in rows)
        return rf"\fit{{\begin{{tabular}}{{|{'l|' * len(block.heading)}}}\hline" + f"\n{body}\\end{{tabular}}}}"

    def of_figure(self, block):
        self.figures += 1
        name = f"{base_name(self.sheet)}-figure-{self.figures}.pdf"
        width = width_of(block.svg)
        image = f'#image(bytes({string(block.svg)}), format: "svg", width: {width}mm)'
        source = f"#set page(width: auto, height: auto, margin: 0pt)\n{image}"
        self.files[name] = compiled(source)
        caption = f": {self.run(block.caption)}" if block.caption else ""
        label = rf"{{\small {self.words['figure']} {self.figures}{caption}}}"
        return rf"\drawing{{{width}mm}}{{{name}}}\par\nopagebreak" + "\n\n" + label

    # --- runs ---

    def of_text(self, piece):
        return escaped(piece.text)

    def of_code(self, piece):
        return rf"\texttt{{{_breakable(escaped(piece.text))}}}"

    def of_math(self, piece):
        try:
            formulas.tree_of(piece.latex)
        except formulas.FormulaError:
            return rf"\texttt{{{escaped(piece.latex)}}}"
        return f"${piece.latex.strip()}$"

    def of_emphasis(self, piece):
        return rf"\{'textbf' if piece.strong else 'emph'}{{{self.run(piece.run)}}}"

    def of_break(self, piece):
        return r"\\{}"


def _list(kind, items, before=""):
    return f"\\begin{{{kind}}}\n{before}" + "\n".join(rf"\item {item}" for item in items) + f"\n\\end{{{kind}}}"


def _typed(run):
    """Whether a run is long text in a typewriter font, which is broken into lines instead of made small."""
    return any(type(piece).__name__ == "Code" and len(piece.text) > 60 for piece in run)


def _breakable(text):
    return re.sub(r"([,;)=] ?)", r"\1\\allowbreak{}", text)
