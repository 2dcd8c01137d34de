"""Questions of Moodle: one of a sheet becomes numerical, multichoice, shortanswer or essay questions, or a cloze."""

import re
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from grader.sheets.blocks import Variant
from grader.sheets.key_model import CHOICE, ESSAY, NUMBER, NUMBERS, ORDER, SHORT, AnswerKey, decimal_text
from grader.sheets.writers.html_blocks import laid_out
from grader.sheets.writers.moodle_items import (
    IN_CLOZE,
    alternative,
    cdata,
    element,
    file_xml,
    html_text,
    in_field,
    name_text,
    numerical_field,
    value_html,
    wildcards_off,
)
from grader.sheets.writers.moodle_rules import (
    DECIMALS,
    DIRECT,
    count_fields,
    fraction_text,
    is_cloze,
    numerical_answers,
    weights_of,
)

LINES = 12  # of the field of an essay
MATRIX = "<div>[{}] {}</div>"
OPEN = re.compile("\ue010([tcmfv])(\\d+)\ue011")
CONVENTIONS = "\ue010v0\ue011"  # the place of those of a variant
BOX = re.compile("\ue010b(\\d+)\ue011")
PERSON = AnswerKey(ESSAY)  # of a box without a key


class Plan:
    """One question of a sheet, its HTML written once; `written` gives the Moodle questions of a variant."""

    def __init__(self, writer, question):
        self.writer, self.question, self.words = writer, question, writer.words
        self.places = [(part, box) for part in question.parts for box in part.boxes]
        self.number = {(part.id, box.name): number for number, (part, box) in enumerate(self.places)}
        writer.figures = 0
        self.statement = writer.blocks(question.blocks)
        self.parts = {part.id: writer.blocks(part.blocks) for part in question.parts}
        self.options = {part.id: {one.key: writer.run(one.run) for one in part.options} for part in question.parts}
        self.decimals = self._decimals()
        self.marking = {part.id: writer.by_person(part.marking) if part.marking else "" for part in question.parts}
        self.weights = {}  # numbers of fields -> their weights, and the marks of all
        self.ready = {}  # what part of the question -> its HTML in pieces

    def only(self):
        """The question as it stands as a Variant without open places."""
        blocks = [*self.question.blocks, *(block for part in self.question.parts for block in part.blocks)]
        figures = tuple(block for block in blocks if type(block).__name__ == "Figure")
        keys = MappingProxyType({(part.id, box.name): box.key or PERSON for part, box in self.places})
        solutions = {part.id: part.solution for part in self.question.parts if part.solution is not None}
        return Variant("", (), figures, keys, MappingProxyType(solutions), self.question.conventions)

    def _decimals(self):
        """How decimals are typed, where some are asked for; nothing elsewhere."""
        keys = [key for variant in self.question.variants or (self.only(),) for key in variant.keys.values()]
        asked = any(number.low != number.high or number.value.denominator > 1 for key in keys for number in key.numbers)
        return f"<p><em>{html_text(DECIMALS[self.writer.sheet.language])}</em></p>" if asked else ""

    def _head(self, part, boxes):
        """The name of a part and the marks of those of its boxes that stand in a question."""
        marks = sum((box.marks for box in boxes), Fraction(0))
        told = f" [{html_text(self.writer.marks(marks, part.bonus))}]" if marks else ""
        return f"<p><strong>({html_text(part.id)})</strong>{told}</p>"

    # --- the questions of a variant ---

    def written(self, variant, label):
        """(suffix of the category, beginning with the name, the rest) of every Moodle question."""
        auto = [(box, variant.keys[part.id, box.name]) for part, box in self.places]
        auto = [(box, key) for box, key in auto if key.kind != ESSAY]
        human = {
            part.id: [box for box in part.boxes if variant.keys[part.id, box.name].kind == ESSAY] for part in self.question.parts
        }
        if is_cloze(self.question, auto):
            yield "", *self._cloze(variant, label, auto)
        elif auto:
            yield "", *self._direct(variant, label, *auto[0])
        alone = not auto and len(self.question.parts) == 1
        for part in self.question.parts:
            if human[part.id]:
                suffix = "" if alone else f" ({part.id})"
                yield suffix, *self._essay(variant, f"{label}{suffix}", part, human[part.id])

    def _fill(self, what, html, variant):
        """HTML with the values of a variant in its open places, and the files of its figures."""
        pieces = self.ready.get(what)
        if pieces is None:
            pieces = self.ready[what] = OPEN.split(html)
        found, files = [pieces[0]], []
        for at in range(1, len(pieces), 3):
            sort, number = pieces[at], int(pieces[at + 1])
            if sort == "f":
                if number < len(variant.figures):
                    figure = variant.figures[number]
                    found.append(self.writer.figure(number, figure))
                    files.append(file_xml(number, figure))
            elif sort == "v":
                found.append(self.writer.conventions(replace(self.question, conventions=variant.conventions)))
            else:
                found.append(value_html(sort, variant.values[number]))
            found.append(pieces[at + 2])
        return "".join(found), "".join(files)

    def _common(self, variant, label, kind, statement, files, marks, parts):
        """Name and what all types of questions begin with."""
        worked = [self.writer.solution(part, variant.solutions[part.id]) for part in parts if part.id in variant.solutions]
        name = f'<question type="{kind}">\n{element("name", name_text(label))}'
        body = (
            element("questiontext", statement, "html", files)
            + element("generalfeedback", "\n".join(worked), "html")
            + f"<defaultgrade>{decimal_text(marks)}</defaultgrade>\n<penalty>0</penalty>\n<hidden>0</hidden>\n"
        )
        return name, body

    def _direct(self, variant, label, box, key):
        """A problem with one answer as a question of its own type."""
        part = self.question.parts[0]
        html = f"{self.statement}\n{self.parts[part.id]}\n{self._hint(box)}\n{self.decimals}\n{CONVENTIONS}"
        statement, files = self._fill("direct", html, variant)
        kind = DIRECT[key.kind]
        name, body = self._common(variant, label, kind, statement, files, box.marks, self.question.parts)
        answers = {NUMBER: self._numerical, SHORT: self._shortanswer}.get(key.kind)
        more = answers(key) if answers else self._multichoice(variant, part, box, key)
        return name, f"{body}{more}</question>\n"

    def _numerical(self, key):
        answers = "".join(
            f'<answer fraction="{fraction_text(share)}" format="moodle_auto_format"><text>{value}</text>'
            f"<tolerance>{tolerance}</tolerance>{element('feedback', html_text(feedback), 'html')}</answer>\n"
            for value, tolerance, share, feedback in numerical_answers(key.numbers[0])
        )
        return f"{answers}<unitgradingtype>0</unitgradingtype>\n<showunits>3</showunits>\n<unitsleft>0</unitsleft>\n"

    def _shortanswer(self, key):
        answers = "".join(
            f'<answer fraction="100" format="moodle_auto_format"><text>{cdata(wildcards_off(text))}</text>'
            f"{element('feedback', '', 'html')}</answer>\n"
            for text in key.spellings
        )
        return f"<usecase>1</usecase>\n{answers}"

    def _multichoice(self, variant, part, box, key):
        single = self._radio(variant, key)
        answers = "".join(
            f'<answer fraction="{fraction_text(share)}" format="html"><text>{cdata(html)}</text>'
            f"{element('feedback', feedback, 'html')}</answer>\n"
            for html, share, feedback in self._choices(variant, part, box, key, single)
        )
        return (
            f"<single>{'true' if single else 'false'}</single>\n<shuffleanswers>false</shuffleanswers>\n"
            f"<answernumbering>none</answernumbering>\n<showstandardinstruction>{int(not single)}</showstandardinstruction>\n"
            f"{element('correctfeedback', '', 'html')}{element('partiallycorrectfeedback', '', 'html')}"
            f"{element('incorrectfeedback', '', 'html')}{answers}"
        )

    def _radio(self, variant, key):
        """Whether only one option can be ticked: where one is right by nature, or in every choice of the question."""
        return key.alone or all(one.single for one in variant.keys.values() if one.kind == CHOICE)

    def _choices(self, variant, part, box, key, single):
        """(HTML, share, feedback) of every option; where several may be ticked also of `none of these`."""
        solved = variant.solutions.get(part.id)
        because = {one.key: self.writer.run(one.because) for one in solved.options} if solved else {}
        for option in key.options:
            if box.kind == "boolean":
                yield html_text(self.words[option.key]), option.share, ""
                continue
            text, _ = self._fill((part.id, option.key), self.options[part.id][option.key], variant)
            share = option.share if single else option.ticked
            told = because.get(option.key) or html_text(option.because)
            yield f"<strong>{html_text(option.key)}</strong> {text}", share, told
        if not single:
            right = any(option.truth == 1 for option in key.options)
            yield f"<em>{self.words['none']}</em>", Fraction(-1 if right else 1), ""

    def _hint(self, box):
        hint = self.writer.hint(box) if box.kind not in ("choice", "boolean") else ""
        return f"<p>({html_text(hint)})</p>" if hint else ""

    # --- cloze ---

    def _cloze(self, variant, label, auto):
        counts = tuple(count_fields(key) for _, key in auto)
        if counts not in self.weights:
            self.weights[counts] = weights_of(auto), sum((box.marks for box, _ in auto), Fraction(0))
        weights, marks = self.weights[counts]
        weights = iter(weights)
        fields = {
            number: self._fields(variant, part, box, variant.keys[part.id, box.name], weights)
            for number, (part, box) in enumerate(self.places)
            if variant.keys[part.id, box.name].kind != ESSAY
        }
        asked = tuple(part for part in self.question.parts if any(self.number[part.id, box.name] in fields for box in part.boxes))
        kinds = {
            number: variant.keys[part.id, box.name].kind for number, (part, box) in enumerate(self.places) if number in fields
        }
        what = "cloze", tuple(kinds.items())
        html = "" if what in self.ready else self._cloze_html(asked, kinds)
        text, files = self._fill(what, html, variant)
        pieces = BOX.split(IN_CLOZE.sub("&#123;", text))
        pieces[1::2] = [fields[int(number)] for number in pieces[1::2]]
        name, body = self._common(variant, label, "cloze", "".join(pieces), files, marks, asked)
        return name, f"{body}</question>\n"

    def _cloze_html(self, asked, kinds):
        """The text of a cloze question, with marks where its fields stand; kinds: number of a field -> kind of its key."""
        pieces = [self.statement]
        for part in asked:
            boxes = [(box, self.number[part.id, box.name]) for box in part.boxes if self.number[part.id, box.name] in kinds]
            pieces += [self._head(part, [box for box, _ in boxes]), self.parts[part.id]]
            if any(box.kind == "order" for box in part.boxes):
                pieces.append(f"<p>{self.words['order']}</p>")
            pieces += [self._box(box, number, kinds[number]) for box, number in boxes]
        return "\n".join(filter(None, [*pieces, self.decimals, CONVENTIONS]))

    def _box(self, box, number, kind):
        mark = f"\ue010b{number}\ue011"
        if box.kind in ("choice", "order"):
            return mark
        label = f"{html_text(box.name)} = " if box.name else ""
        typed = kind == SHORT or box.kind == "count"
        digits = self.writer.hint(box if typed else replace(box, kind="number")) if typed or box.digits is not None else ""
        tag = "div" if box.kind == "array" else "p"
        return f"<{tag}>{label}{mark}{f' ({html_text(digits)})' if digits else ''}</{tag}>"

    def _fields(self, variant, part, box, key, weights):
        """The fields of a box, laid out."""
        if key.kind == NUMBER:
            return numerical_field(key.numbers[0], next(weights))
        if key.kind == NUMBERS:
            fields = [numerical_field(number, next(weights)) for number in key.numbers]
            return " × ".join(fields) if box.kind == "shape" else laid_out(fields, key.shape, MATRIX)
        if key.kind == SHORT:
            answers = "~".join(f"={in_field(wildcards_off(text))}" for text in key.spellings)
            return f"{{{next(weights)}:SHORTANSWER_C:{answers}}}"
        if key.kind == ORDER:
            return self._places(variant, part, key, weights)
        single = self._radio(variant, key)
        kind = "MULTICHOICE_V" if single else "MULTIRESPONSE"
        alternatives = "~".join(
            alternative(share, in_field(html), in_field(feedback))
            for html, share, feedback in self._choices(variant, part, box, key, single)
        )
        return f"{{{next(weights)}:{kind}:{alternatives}}}"

    def _places(self, variant, part, key, weights):
        """A list of places for every option of an order."""
        rows, count = [], len(key.options)
        for option in key.options:
            answers = "~".join(alternative(Fraction(int(at in option.places)), str(at)) for at in range(1, count + 1))
            text, _ = self._fill((part.id, option.key), self.options[part.id][option.key], variant)
            text = IN_CLOZE.sub("&#123;", text)
            field = f"{{{next(weights)}:MULTICHOICE:{answers}}}"
            rows.append(f"<tr><td>{field}</td><td><strong>{html_text(option.key)}</strong> {text}</td></tr>")
        return f"<table><tbody>{''.join(rows)}</tbody></table>"

    # --- essays ---

    def _wanted(self, part, boxes):
        """Which of the answers of a part an essay asks for."""
        told = []
        for box in boxes:
            hint = self.writer.hint(box)
            told.append(f"{html_text(box.name)}{f' ({html_text(hint)})' if hint else ''}".strip())
        return f"<p><strong>{self.words['answer']}:</strong> {', '.join(filter(None, told))}</p>" if any(told) else ""

    def _essay(self, variant, label, part, boxes):
        pieces = [self.statement, self._head(part, boxes), self.parts[part.id], self._wanted(part, boxes), CONVENTIONS]
        names = tuple(box.name for box in boxes)
        statement, files = self._fill(("essay", part.id, names), "\n".join(filter(None, pieces)), variant)
        marks = sum((box.marks for box in boxes), Fraction(0))
        name, body = self._common(variant, label, "essay", statement, files, marks, (part,))
        told, _ = self._fill(("marking", part.id), self.marking[part.id], variant)
        models = [(box.name, variant.keys[part.id, box.name].model) for box in boxes]
        told += "".join(
            f"<p>{html_text(f'{one} = ' if one else '')}<code>{html_text(model)}</code></p>" for one, model in models if model
        )
        files_asked = int(any(box.kind == "file" for box in boxes))
        more = (
            f"<responseformat>{'editorfilepicker' if files_asked else 'editor'}</responseformat>\n"
            f"<responserequired>{int(not files_asked)}</responserequired>\n<responsefieldlines>{LINES}</responsefieldlines>\n"
            f"<attachments>{files_asked}</attachments>\n<attachmentsrequired>0</attachmentsrequired>\n"
            f"{element('graderinfo', told, 'html')}{element('responsetemplate', '', 'html')}"
        )
        return name, f"{body}{more}</question>\n"
