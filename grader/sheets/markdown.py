"""Statements in Markdown as blocks: paragraphs, lists, tables, code, emphasis, and formulas between dollar signs.

`{{name}}` is filled in after reading, so that no value is taken for Markdown. Headings, links, images, quotes and HTML are no
part of a statement: what looks like one stays text.
"""

import re
import unicodedata
from functools import cache

from grader.bank.statement import PLACE, signed
from grader.maths.errors import GraderError
from grader.maths.language.named_functions import TEX
from grader.sheets.blocks import Break, Code, CodeBlock, Emphasis, Formula, Listing, Math, Paragraph, Table, Text
from grader.sheets.formulas import FormulaError, check, tree_of
from grader.sheets.notation import latex_of, matrix_latex, text_latex

OFF = ("heading", "lheading", "blockquote", "hr", "html_block", "reference")
OFF_INLINE = ("link", "image", "autolink", "html_inline", "entity")
HOLDER = re.compile("\ue000(\\d+)\ue001")  # stands for a place while Markdown is read
BRACKETED = re.compile(r"\(-\d[\d./]*\)")  # a number below 0
FORMULA = re.compile("\ue002(\\d+)\ue003")  # stands for a formula, so that its signs are not taken for Markdown
_DOLLARS = re.compile(  # code and escaped signs, to be passed over; $$...$$; $...$ without blanks at its ends and no digit behind
    r"""\\. | ^[ ]*(?:```|~~~).*?^[ ]*(?:```|~~~)[ ]*$
    | (?P<ticks>(?<!`)`+(?!`)) (?:(?!\n[ ]*\n).)*? (?<!`)(?P=ticks)(?!`)
    | \$\$ (?P<block>(?:\\.|(?!\n[ ]*\n)[^$\\])+) \$\$
    | \$ (?=\S) (?P<line>(?:\\.|(?!\n[ ]*\n)[^$\\])+) (?<=\S) \$ (?!\d)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


@cache
def _parser():
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.block.ruler.disable(list(OFF))
    parser.inline.ruler.disable(list(OFF_INLINE))
    return parser


def printable(text):
    """Text with a sign in place of each character that steers a terminal, may not stand in XML, or is one of our own marks."""
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co") else "\ufffd" for c in text)


class Reader:
    """Reads statements of one problem. `value`: what stands between `{{` and `}}` -> its text; `remarks` gathers complaints."""

    def __init__(self, value, where, remarks):
        self.value, self.where, self.remarks = value, where, remarks
        self.places, self.formulas = [], []

    def blocks(self, text):
        """The blocks of a text."""
        tokens = _parser().parse(self._with_holders(text))
        return tuple(self._blocks(_Stream(tokens), None))

    def run(self, text):
        """A short text as one run; the blocks of a longer one follow each other."""
        run = []
        for block in self.blocks(text):
            run += [Text(" ")] if run else []
            run += _flat(block)
        return tuple(run)

    def _with_holders(self, text):
        self.places, self.formulas = [], []

        def place(match):
            self.places.append(match.group(1))
            return f"\ue000{len(self.places) - 1}\ue001"

        def formula(match):
            if not (match["block"] or match["line"] or "").strip():
                return match[0]
            self.formulas.append(((match["block"] or match["line"]).strip(), match["block"] is not None))
            return f"\ue002{len(self.formulas) - 1}\ue003"

        return _DOLLARS.sub(formula, PLACE.sub(place, printable(text)))

    # --- blocks ---

    def _blocks(self, stream, end):
        while (token := stream.take()) is not None and token.type != end:
            if token.type == "inline":  # of a tight list
                yield from self._paragraphs(token)
            elif token.type == "paragraph_open":
                yield from self._paragraphs(stream.take())
                stream.take()
            elif token.type in ("fence", "code_block"):
                yield CodeBlock(self._filled(token.content).rstrip("\n"))
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                yield self._listing(token, stream)
            elif token.type == "table_open":
                yield self._table(stream)

    def _listing(self, opening, stream):
        end, items = opening.type.replace("open", "close"), []
        while stream.take().type != end:
            items.append(tuple(self._blocks(stream, "list_item_close")))
        ordered = opening.type == "ordered_list_open"
        return Listing(tuple(items), int(opening.attrGet("start") or 1) if ordered else None)

    def _table(self, stream):
        rows, cells = [], []
        while (token := stream.take()).type != "table_close":
            if token.type == "inline":
                cells.append(self._run(token.children))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
                cells = []
        return Table(rows[0], tuple(rows[1:]))

    def _paragraphs(self, token):
        """The paragraph of a token, cut where a formula stands on a line of its own."""
        run = self._run(token.children)
        start = 0
        for position, piece in enumerate(run):
            if isinstance(piece, Formula):
                yield from _paragraph(run[start:position])
                yield piece
                start = position + 1
        yield from _paragraph(run[start:])

    # --- runs ---

    def _run(self, tokens):
        return tuple(_joined(self._pieces(_Stream(tokens), None)))

    def _pieces(self, stream, end):
        while (token := stream.take()) is not None and token.type != end:
            if token.type == "text":
                yield from self._text(token.content)
            elif token.type == "code_inline":
                yield Code(self._filled(token.content))
            elif token.type == "softbreak":
                yield Text(" ")
            elif token.type == "hardbreak":
                yield Break()
            elif token.type in ("em_open", "strong_open"):
                inner = tuple(_joined(self._pieces(stream, token.type.replace("open", "close"))))
                yield Emphasis(inner, strong=token.type == "strong_open")
            else:
                yield Text(token.content)

    def _text(self, text):
        """Text with its formulas and places filled in; a matrix becomes a formula."""
        for position, piece in enumerate(FORMULA.split(text)):
            if position % 2:
                yield self._formula(*self.formulas[int(piece)])
            else:
                yield from self._values(piece)

    def _values(self, text):
        for position, piece in enumerate(HOLDER.split(text)):
            if position % 2 == 0:
                yield Text(piece)
                continue
            value = printable(self.value(self.places[int(piece)]))
            matrix = matrix_latex(value)
            yield Math(matrix) if matrix else Text(value)

    def _filled(self, text):
        """Code with its places filled in; what looks like a formula in it stays as it is typed."""
        text = FORMULA.sub(lambda match: self._typed(*self.formulas[int(match[1])]), text)
        return HOLDER.sub(lambda match: printable(self.value(self.places[int(match[1])])), text)

    @staticmethod
    def _typed(latex, alone):
        mark = "$$" if alone else "$"
        return f"{mark}{latex}{mark}"

    def _formula(self, typed, alone):
        latex = self._formula_filled(typed).replace("{{", "{ {")
        try:
            tree_of(latex)
        except FormulaError as error:
            self.remarks.append(f"{self.where}: the formula '{latex}' is shown as it is typed: {error}.")
            return Code(latex)
        return Formula(latex) if alone else Math(latex)

    def _formula_filled(self, typed):
        """A formula with its places filled in, also where a minus sign cannot follow what stands before."""
        found, end = "", 0
        for match in HOLDER.finditer(typed):
            value = printable(self.value(self.places[int(match[1])]))
            found, value = signed(value, found + typed[end : match.start()], typed[match.end() :])
            found, end = found + in_formula(value), match.end()
        return found + typed[end:]


def in_formula(text):
    """A value within a formula."""
    if BRACKETED.fullmatch(text):
        return text
    if text in TEX:
        return f"{TEX[text]} "
    try:
        latex = latex_of(text)
        check(latex)
        return f"{{{latex}}}" if latex.startswith("\\") else latex
    except GraderError:
        return text_latex(text)


class _Stream:
    """Tokens, one after the other."""

    def __init__(self, tokens):
        self.tokens = iter(tokens or ())

    def take(self):
        return next(self.tokens, None)


def _joined(pieces):
    """Pieces of a run with neighbouring texts put together."""
    last = None
    for piece in pieces:
        if isinstance(piece, Text) and isinstance(last, Text):
            last = Text(last.text + piece.text)
            continue
        if last is not None and last != Text(""):
            yield last
        last = piece
    if last is not None and last != Text(""):
        yield last


def _paragraph(run):
    if any(not isinstance(piece, Text) or piece.text.strip() for piece in run):
        yield Paragraph(run)


def _flat(block):
    """A block as a run."""
    match block:
        case Paragraph(run=run):
            return run
        case Formula(latex=latex):
            return (Math(latex),)
        case CodeBlock(text=text):
            return (Code(text),)
        case Listing(items=items):
            return tuple(piece for item in items for inner in item for piece in (Text("– "), *_flat(inner), Text(" ")))
        case Table(heading=heading, rows=rows):
            return tuple(piece for row in (heading, *rows) for cell in row for piece in (*cell, Text("; ")))
    return ()
