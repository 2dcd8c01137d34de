"""Questions with open places closed: the statement with the values, figures, keys and solutions of one variant."""

import re
from dataclasses import replace

from grader.sheets.blocks import Code, CodeBlock, Figure, Formula, Math, Text
from grader.sheets.open_questions import matrix_in_text, value_in_formula

_MARK = re.compile("\ue010[tcm](\\d+)\ue011")


def closed(sheet, number):
    """A Sheet whose questions have the values of their variant of a number; those with fewer begin again with the first."""
    return replace(sheet, questions=tuple(_closed(question, number) for question in sheet.questions))


def _closed(question, number):
    if not question.variants:
        return question
    variant = question.variants[number % len(question.variants)]
    put = _Values(variant)
    blocks = put.all(question.blocks)  # before the parts, as figures are counted in this order
    parts = tuple(
        replace(
            part,
            blocks=put.all(part.blocks),
            options=tuple(replace(option, run=put.all(option.run)) for option in part.options),
            boxes=tuple(replace(box, key=variant.keys[part.id, box.name]) for box in part.boxes),
            solution=variant.solutions.get(part.id),
        )
        for part in question.parts
    )
    return replace(question, blocks=blocks, parts=parts, conventions=variant.conventions, variants=())


class _Values:
    """Puts the values of a Variant into blocks and runs."""

    def __init__(self, variant):
        self.values, self.figures = variant.values, iter(variant.figures)

    def all(self, pieces):
        """A run or blocks, with the values in them."""
        return tuple(one for piece in pieces for one in self._pieces(piece))

    def _pieces(self, piece):
        if isinstance(piece, Text):
            yield from self._text(piece.text)
        elif isinstance(piece, Code | CodeBlock):
            yield type(piece)(_MARK.sub(lambda match: self.values[int(match[1])], piece.text))
        elif isinstance(piece, Math | Formula):
            yield type(piece)(_MARK.sub(lambda match: value_in_formula(self.values[int(match[1])]), piece.latex))
        elif isinstance(piece, Figure):
            yield next(self.figures, piece)
        elif isinstance(piece, tuple):
            yield self.all(piece)
        else:
            names = [name for name in piece.__dataclass_fields__ if isinstance(getattr(piece, name), tuple)]
            yield replace(piece, **{name: self.all(getattr(piece, name)) for name in names})

    def _text(self, text):
        for position, piece in enumerate(_MARK.split(text)):
            value = self.values[int(piece)] if position % 2 else piece
            matrix = matrix_in_text(value) if position % 2 else None
            if matrix or value:
                yield Math(matrix) if matrix else Text(value)
