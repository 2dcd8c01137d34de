"""Sheets as Moodle XML for its question bank: numerical, multichoice, shortanswer and essay questions, cloze for all else.

The rules are those of Moodle's importer, question/format/xml/format.php and question/type/multianswer/questiontype.php. A
statement is written once; values of variants are put into its open places.
"""

import re
from base64 import b64encode
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from html import escape
from math import lcm
from types import MappingProxyType

from grader.sheets.agreement import Target
from grader.sheets.answer_keys import CHOICE, ESSAY, NUMBER, NUMBERS, ORDER, SHORT, AnswerKey, decimal_text
from grader.sheets.blocks import Variant
from grader.sheets.open_questions import matrix_in_text, value_in_formula
from grader.sheets.writers import base_name
from grader.sheets.writers.common import Writer, is_approximate, number_of

# the shares of marks that Moodle knows, beside their negatives, in twentieths, and some more
FRACTIONS = (*(Fraction(part, 20) for part in (20, 18, 16, 15, 14, 12, 10, 8, 6, 5, 4, 2, 1, 0)),) + tuple(
    Fraction(*pair) for pair in ((5, 6), (2, 3), (1, 3), (1, 6), (1, 7), (1, 8), (1, 9))
)
LONGEST_NAME = 200  # characters of a question's name; Moodle cuts off after 255
LINES = 12  # of the field of an essay
OPEN = re.compile("\ue010([tcmf])(\\d+)\ue011")
BOX = re.compile("\ue010b(\\d+)\ue011")
MARKS_TEX = re.compile(r"\\(?=[(\[])|\$(?=\$)|@(?=@)|\[(?=/?tex\])", re.IGNORECASE)  # in front of what Moodle's filters read
IN_CLOZE = re.compile(r"\{(?=\d*:|#)")  # what would begin a field
FIELD_SIGNS = {"}": "&#125;", "~": "&#126;", "#": "&#35;", "\\": "&#92;", "&": "&#38;", "\n": " "}
IN_FIELD = str.maketrans(FIELD_SIGNS)
DIRECT = {NUMBER: "numerical", CHOICE: "multichoice", SHORT: "shortanswer"}
NOT_READ = "Moodle reads decimals only: fractions (37/8), calculations and names in front of a value are not understood"


PERSON = AnswerKey(ESSAY)  # of a box without a key


def write(sheet):
    """{file name: text}. A person marks the boxes that have no key."""
    return {f"{base_name(sheet)}.xml": _Moodle(sheet).whole()}


def remarks(sheet):
    """Sentences on what Moodle cannot express of this sheet's marking."""
    limits, scaled, shares = {}, [], set()
    for question in sheet.questions:
        for part, box, key in _keys(question):
            place = f"{question.name} {part.id}{'.' + box.name if box.name else ''}"
            for limit in key.limits if key.kind != ESSAY or box.kind not in ("text", "file") else ():
                limits.setdefault(limit, []).append(place)
            shares |= {share for share in _shares(key) if nearest(share) != share}
        auto = [(box, key) for _, box, key in _keys(question) if key.kind != ESSAY]
        total = sum((box.marks for box, _ in auto), Fraction(0))
        if _is_cloze(question, auto) and (weights := sum(_weights(auto))) != total:
            scaled.append(f"{question.name} ({total} instead of {weights})")
    yield f"{NOT_READ}."
    for limit, places in limits.items():
        yield f"Moodle: {limit} ({_listed(places)})."
    if scaled:
        told = "Moodle counts the marks of cloze questions in whole numbers; set the maximum mark in the quiz"
        yield f"{told}: {', '.join(scaled)}."
    if shares:
        told = ", ".join(f"{share} as {fraction_text(share)} %" for share in sorted(shares))
        yield f"Moodle knows only some shares of marks, so these are rounded: {told}."
    apart = [question.name for question in sheet.questions if _is_drawn_apart(question)]
    if apart:
        yield f"Moodle draws the parts that a person marks apart from the others ({_listed(apart)})."
    if any(part.bonus for question in sheet.questions for part in question.parts):
        yield "Moodle counts the marks of bonus parts like all others."


MOST_PLACES = 6  # that a remark names


def _listed(places):
    more = len(places) - MOST_PLACES
    return ", ".join(places[:MOST_PLACES]) + (f" and {more} more" if more > 0 else "")


def _keys(question):
    keys = question.variants[0].keys if question.variants else {}
    return [(part, box, keys.get((part.id, box.name), box.key or PERSON)) for part in question.parts for box in part.boxes]


def _is_drawn_apart(question):
    kinds = {key.kind == ESSAY for _, _, key in _keys(question)}
    return bool(question.variants) and len(kinds) == 2


def _shares(key):
    yield from (other.share for number in key.numbers for other in number.others)
    yield from (share for option in key.options for share in (option.share, option.ticked))


# --- shares of marks ---


@lru_cache(maxsize=256)
def nearest(share):
    """The share nearest to a share among those that Moodle knows."""
    return min((sign * value for value in FRACTIONS for sign in (1, -1)), key=lambda value: abs(value - share))


@lru_cache(maxsize=256)
def fraction_text(share):
    """A share of the marks in percent, as Moodle types it: `100`, `33.33333`, `-50`."""
    return f"{float(100 * nearest(share)):.5f}".rstrip("0").rstrip(".")


# --- numbers ---


def numerical_answers(number):
    """(value, tolerance, share, feedback) for every answer of a Number, as Moodle tries them, one after the other.

    The first is the value itself, which Moodle shows as the right answer.
    """
    if number.middle != number.text:
        yield number.text, "0", FULL, ""
    if number.middle == number.text or number.margin != "0":
        yield number.middle, number.margin, FULL, ""
    for other in number.others:
        yield other.middle, other.margin, other.share, other.feedback


FULL = Fraction(1)


# --- text ---


def html_text(text):
    """Plain text as HTML in which no filter of Moodle finds a formula or a file."""
    escaped = escape(text, quote=False)
    return MARKS_TEX.sub(r"\g<0><span></span>", escaped) if MARKS_TEX.search(escaped) else escaped


def latex_html(latex, display=False):
    """A formula for Moodle's MathJax filter."""
    inside = escape(latex, quote=False)
    return f"\\[{inside}\\]" if display else f"\\({inside}\\)"


def in_field(html):
    """HTML within a field of a cloze question, so that Moodle's `html_entity_decode` gives it back."""
    html = html.replace("\\}", "\\&#125;").replace("\\#", "\\&#35;")  # Moodle would take these backslashes away
    return html.translate(IN_FIELD)


def wildcards_off(text):
    """A text to compare with, in which `*` is only itself."""
    return text.replace("*", "\\*")


def cdata(text):
    """Text of an XML element, as Moodle writes it itself."""
    if not any(sign in text for sign in "&<>\"'"):
        return text
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _element(tag, text, format="", files=""):
    kind = f' format="{format}"' if format else ""
    return f"<{tag}{kind}><text>{cdata(text)}</text>{files}</{tag}>\n"


# --- questions ---


def _is_cloze(question, auto):
    single = len(question.parts) == 1 and len(question.parts[0].boxes) == 1
    return bool(auto) and not (single and auto[0][1].kind in DIRECT)


def _weights(auto):
    """Marks as the whole numbers that cloze questions need: a list, one for every field."""
    marks = [box.marks / max(1, _fields(key)) for box, key in auto for _ in range(max(1, _fields(key)))]
    marks = marks if any(marks) else [Fraction(1)] * len(marks)
    unit = lcm(*(mark.denominator for mark in marks))
    return [int(mark * unit) for mark in marks]


def _fields(key):
    return len(key.numbers) if key.kind == NUMBERS else len(key.options) if key.kind == ORDER else 1


class _Moodle(Writer):
    joint = "\n"

    def whole(self):
        sheet = self.sheet
        questions = "".join(map(self.question, sheet.questions))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{questions}</quiz>\n'

    def category(self, *names):
        path = "/".join(["$course$", "top", *(_name(name).replace("/", "//") for name in (self.sheet.title, *names))])
        return f'<question type="category">\n{_element("category", path)}</question>\n'

    def question(self, question):
        """The category of a question, and all Moodle questions in it, for every variant."""
        title = f"{number_of(question):02d} {question.title}"
        plan = _Plan(self, question)
        variants = question.variants or (plan.only(),)
        pieces = {}  # category -> questions, each once
        for variant in variants:
            label = f"{title}, {self.words['variant']} {variant.label}" if variant.label else title
            for suffix, name, body in plan.written(variant, label):
                pieces.setdefault(suffix if question.variants else "", {}).setdefault(body, name)
        written = []
        for suffix, found in pieces.items():
            written.append(self.category(f"{title}{suffix}"))
            written += [name + body for body, name in found.items()]
        return "".join(written)

    # --- blocks as HTML ---

    def of_paragraph(self, block):
        return f"<p>{self.run(block.run)}</p>"

    def of_formula(self, block):
        return f"<p>{latex_html(block.latex, True)}</p>"

    def of_codeblock(self, block):
        return f"<pre><code>{html_text(block.text)}</code></pre>"

    def of_listing(self, block):
        tag = "ul" if block.start is None else "ol"
        start = f' start="{block.start}"' if block.start not in (None, 1) else ""
        items = "".join(f"<li>{self.blocks(item)}</li>" for item in block.items)
        return f"<{tag}{start}>{items}</{tag}>"

    def of_table(self, block):
        head = "".join(f'<th scope="col">{self.run(cell)}</th>' for cell in block.heading)
        rows = "".join(f"<tr>{''.join(f'<td>{self.run(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
        return f'<table class="generaltable"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'

    def of_figure(self, block):
        self.figures += 1
        return f"\ue010f{self.figures - 1}\ue011"

    def figure(self, number, block):
        caption = f"<figcaption>{self.run(block.caption)}</figcaption>" if block.caption else ""
        alt = escape(block.alt)
        return f'<figure><img src="@@PLUGINFILE@@/figure-{number + 1}.svg" alt="{alt}" style="max-width: 100%">{caption}</figure>'

    def of_text(self, piece):
        return html_text(piece.text)

    def of_code(self, piece):
        return f"<code>{html_text(piece.text)}</code>"

    def of_math(self, piece):
        return latex_html(piece.latex)

    def of_emphasis(self, piece):
        tag = "strong" if piece.strong else "em"
        return f"<{tag}>{self.run(piece.run)}</{tag}>"

    def of_break(self, piece):
        return "<br>"

    # --- solutions ---

    def solution(self, part, solution):
        pieces = [f"<p><strong>({html_text(part.id)})</strong></p>"]
        pieces += [self.step(step) for step in solution.steps]
        for one in solution.results:
            name = f"{self.run(one.name)} " if one.name else ""
            pieces.append(f"<p>{self.words['answer']}: {name}{self.equal(one.value) if one.name else self.run(one.value)}</p>")
        for one in solution.options:
            because = f" – {self.run(one.because)}" if one.because else ""
            pieces.append(f"<p><strong>{html_text(one.key)}</strong>: {html_text(self.state(one))}{because}</p>")
        return "\n".join([*pieces, self.by_person(solution)])

    def step(self, step):
        sides = "<br>".join([f"{self.run(step.name)} {self.equal(step.sides[0])}", *map(self.equal, step.sides[1:])])
        why = f"<br><em>{html_text(step.why)}</em>" if step.why else ""
        return f"<p>{sides}{why}</p>"

    def equal(self, run):
        return self.run(run) if is_approximate(run) else f"= {self.run(run)}"

    def by_person(self, solution):
        """The model answer and the rubric."""
        model = f"<p><strong>{self.words['model']}</strong></p>{self.blocks(solution.model)}" if solution.model else ""
        lines = "".join(f"<li>{self.marks(line.marks)}: {self.run(line.run)}</li>" for line in solution.rubric)
        return model + (f"<p><strong>{self.words['rubric']}</strong></p><ul>{lines}</ul>" if lines else "")


def _name(text):
    """A name in Moodle, which takes tags out of names but keeps entities."""
    return escape(text[:LONGEST_NAME], quote=False)


class _Plan:
    """One question of a sheet, its HTML written once; `written` gives the Moodle questions of a variant."""

    def __init__(self, writer, question):
        self.writer, self.question, self.words = writer, question, writer.words
        self.figures = []  # the Figures of the question as it stands
        self.places = [(part, box) for part in question.parts for box in part.boxes]
        self.number = {(part.id, box.name): number for number, (part, box) in enumerate(self.places)}
        writer.figures = 0
        self.statement = writer.blocks(question.blocks)
        self.parts = {part.id: writer.blocks(part.blocks) for part in question.parts}
        self.options = {part.id: {one.key: writer.run(one.run) for one in part.options} for part in question.parts}
        self.conventions = self._conventions()
        self.marking = {part.id: writer.by_person(part.marking) if part.marking else "" for part in question.parts}
        self.weights = {}  # numbers of fields -> their weights, and the marks of all
        self.ready = {}  # what part of the question -> its HTML in pieces

    def only(self):
        """The question as it stands as a Variant without open places."""
        blocks = [*self.question.blocks, *(block for part in self.question.parts for block in part.blocks)]
        figures = tuple(block for block in blocks if type(block).__name__ == "Figure")
        keys = MappingProxyType({(part.id, box.name): box.key or PERSON for part, box in self.places})
        solutions = {part.id: part.solution for part in self.question.parts if part.solution is not None}
        return Variant("", (), figures, keys, MappingProxyType(solutions))

    def _head(self, part, boxes):
        """The name of a part and the marks of those of its boxes that stand in a question."""
        marks = sum((box.marks for box in boxes), Fraction(0))
        told = f" [{html_text(self.writer.marks(marks, part.bonus))}]" if marks else ""
        return f"<p><strong>({html_text(part.id)})</strong>{told}</p>"

    def _conventions(self):
        lines = "".join(f"<li>{self.writer.run(line)}</li>" for line in self.question.conventions)
        return f"<p><strong>{self.words['conventions']}</strong></p><ul>{lines}</ul>" if lines else ""

    # --- the questions of a variant ---

    def written(self, variant, label):
        """(suffix of the category, beginning with the name, the rest) of every Moodle question."""
        auto = [(box, variant.keys[part.id, box.name]) for part, box in self.places]
        auto = [(box, key) for box, key in auto if key.kind != ESSAY]
        human = {
            part.id: [box for box in part.boxes if variant.keys[part.id, box.name].kind == ESSAY] for part in self.question.parts
        }
        if auto and _is_cloze(self.question, auto):
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
                    files.append(_file(number, figure))
            else:
                found.append(_value(sort, variant.values[number]))
            found.append(pieces[at + 2])
        return "".join(found), "".join(files)

    def _common(self, variant, label, kind, statement, files, marks, parts):
        """Name and what all types of questions begin with."""
        worked = [self.writer.solution(part, variant.solutions[part.id]) for part in parts if part.id in variant.solutions]
        name = f'<question type="{kind}">\n{_element("name", _name(label))}'
        body = (
            _element("questiontext", statement, "html", files)
            + _element("generalfeedback", "\n".join(worked), "html")
            + f"<defaultgrade>{decimal_text(marks)}</defaultgrade>\n<penalty>0</penalty>\n<hidden>0</hidden>\n"
        )
        return name, body

    def _direct(self, variant, label, box, key):
        """A problem with one answer as a question of its own type."""
        part = self.question.parts[0]
        html = f"{self.statement}\n{self.parts[part.id]}\n{self._hint(box)}\n{self.conventions}"
        statement, files = self._fill("direct", html, variant)
        kind = DIRECT[key.kind]
        name, body = self._common(variant, label, kind, statement, files, box.marks, self.question.parts)
        answers = {NUMBER: self._numerical, SHORT: self._shortanswer}.get(key.kind)
        more = answers(key) if answers else self._multichoice(variant, part, box, key)
        return name, f"{body}{more}</question>\n"

    def _numerical(self, key):
        answers = "".join(
            f'<answer fraction="{fraction_text(share)}" format="moodle_auto_format"><text>{value}</text>'
            f"<tolerance>{tolerance}</tolerance>{_element('feedback', html_text(feedback), 'html')}</answer>\n"
            for value, tolerance, share, feedback in numerical_answers(key.numbers[0])
        )
        return f"{answers}<unitgradingtype>0</unitgradingtype>\n<showunits>3</showunits>\n<unitsleft>0</unitsleft>\n"

    def _shortanswer(self, key):
        answers = "".join(
            f'<answer fraction="100" format="moodle_auto_format"><text>{cdata(wildcards_off(text))}</text>'
            f"{_element('feedback', '', 'html')}</answer>\n"
            for text in key.spellings
        )
        return f"<usecase>1</usecase>\n{answers}"

    def _multichoice(self, variant, part, box, key):
        single = self._radio(variant, key)
        answers = "".join(
            f'<answer fraction="{fraction_text(share)}" format="html"><text>{cdata(html)}</text>'
            f"{_element('feedback', feedback, 'html')}</answer>\n"
            for html, share, feedback in self._choices(variant, part, box, key, single)
        )
        return (
            f"<single>{'true' if single else 'false'}</single>\n<shuffleanswers>false</shuffleanswers>\n"
            f"<answernumbering>none</answernumbering>\n<showstandardinstruction>{int(not single)}</showstandardinstruction>\n"
            f"{_element('correctfeedback', '', 'html')}{_element('partiallycorrectfeedback', '', 'html')}"
            f"{_element('incorrectfeedback', '', 'html')}{answers}"
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
            yield f"<strong>{html_text(option.key)}</strong> {text}", share, because.get(option.key, "")
        if not single:
            right = any(option.truth == 1 for option in key.options)
            yield f"<em>{self.words['none']}</em>", Fraction(-1 if right else 1), ""

    def _hint(self, box):
        hint = self.writer.hint(box) if box.kind not in ("choice", "boolean") else ""
        return f"<p>({html_text(hint)})</p>" if hint else ""

    # --- cloze ---

    def _cloze(self, variant, label, auto):
        counts = tuple(_fields(key) for _, key in auto)
        if counts not in self.weights:
            self.weights[counts] = _weights(auto), sum((box.marks for box, _ in auto), Fraction(0))
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
        return "\n".join(filter(None, [*pieces, self.conventions]))

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
            return _numerical_field(key.numbers[0], next(weights))
        if key.kind == NUMBERS:
            fields = [_numerical_field(number, next(weights)) for number in key.numbers]
            return " × ".join(fields) if box.kind == "shape" else _laid_out(fields, key.shape)
        if key.kind == SHORT:
            answers = "~".join(f"={in_field(wildcards_off(text))}" for text in key.spellings)
            return f"{{{next(weights)}:SHORTANSWER_C:{answers}}}"
        if key.kind == ORDER:
            return self._places(variant, part, key, weights)
        single = self._radio(variant, key)
        kind = "MULTICHOICE_V" if single else "MULTIRESPONSE"
        alternatives = "~".join(
            _alternative(share, in_field(html), in_field(feedback))
            for html, share, feedback in self._choices(variant, part, box, key, single)
        )
        return f"{{{next(weights)}:{kind}:{alternatives}}}"

    def _places(self, variant, part, key, weights):
        """A list of places for every option of an order."""
        rows, count = [], len(key.options)
        for option in key.options:
            answers = "~".join(_alternative(Fraction(int(at in option.places)), str(at)) for at in range(1, count + 1))
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
        pieces = [self.statement, self._head(part, boxes), self.parts[part.id], self._wanted(part, boxes), self.conventions]
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
            f"{_element('graderinfo', told, 'html')}{_element('responsetemplate', '', 'html')}"
        )
        return name, f"{body}{more}</question>\n"


def _value(sort, text):
    """A value in an open place: in text, in code, or in a formula."""
    if sort == "m":
        return escape(value_in_formula(text), quote=False)
    matrix = matrix_in_text(text) if sort == "t" else None
    return latex_html(matrix) if matrix else html_text(text)


def _file(number, figure):
    content = b64encode(figure.svg.encode()).decode()
    return f'<file name="figure-{number + 1}.svg" path="/" encoding="base64">{content}</file>\n'


def _numerical_field(number, weight):
    alternatives = "~".join(
        _alternative(share, f"{value}:{tolerance}", _feedback(feedback))
        for value, tolerance, share, feedback in numerical_answers(number)
    )
    return f"{{{weight}:NUMERICAL:{alternatives}}}"


@lru_cache(maxsize=4096)
def _feedback(text):
    return in_field(html_text(text))


def _alternative(share, answer, feedback=""):
    """One answer of a field."""
    mark = "=" if share is FULL else _mark(share) if share else "%0%"
    return f"{mark}{answer}#{feedback}" if feedback else f"{mark}{answer}"


@lru_cache(maxsize=256)
def _mark(share):
    """What stands in front of an answer of a field."""
    return "=" if nearest(share) == 1 else f"%{fraction_text(share)}%"


def _laid_out(fields, shape):
    """The fields of an array as a table; of one with more axes a table for each matrix."""
    if len(shape) > 2:
        size = len(fields) // shape[0]
        return "".join(f"<div>[{at}] {_laid_out(fields[at * size : (at + 1) * size], shape[1:])}</div>" for at in range(shape[0]))
    columns = shape[-1]
    rows = [fields[at : at + columns] for at in range(0, len(fields), columns)]
    cells = "".join(f"<tr>{''.join(f'<td>{field}</td>' for field in row)}</tr>" for row in rows)
    return f"<table><tbody>{cells}</tbody></table>"


# --- Moodle's own rule ---

EXPONENT = re.compile(r"(?:e|E|(?:x|\*|×)10(?:\^|\*\*))([+-]?\d+)")
NUMBER_IN_FRONT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?")
PRECISION = 1e-14


def moodle_number(text):
    """What Moodle reads: the number that a text begins with, as a float; None where it begins with none."""
    text = EXPONENT.sub(r"e\1", text.replace(" ", ""))
    text = text.replace(",", "") if "." in text or text.count(",") > 1 else text.replace(",", ".")
    match = NUMBER_IN_FRONT.match(text)
    return float(match[0]) if match else None


def moodle_share(number, text):
    """The share of the marks that Moodle's numerical question gives to a text."""
    value = moodle_number(text)
    if value is None:
        return Fraction(0)
    for answer, tolerance, share, _ in numerical_answers(number):
        width = float(tolerance) + PRECISION * max(1.0, abs(float(answer)))
        if float(answer) - width <= value <= float(answer) + width:
            return nearest(share)
    return Fraction(0)


def _share(box, trial):
    """Moodle's share for a generated answer; None where nobody can enter it."""
    key = box.key
    if key.kind in (NUMBER, NUMBERS):
        shares = [moodle_share(number, text) for number, text in zip(key.numbers, trial.entries, strict=True)]
        return sum(shares) / len(shares)
    if key.kind == SHORT:
        return Fraction(int(trial.entries[0].strip() in key.spellings))
    if key.kind == ORDER:
        places = {option.key: option.places for option in key.options}
        return Fraction(sum(at in places[one] for at, one in enumerate(trial.entries, 1)), len(places))
    if key.single:
        chosen = [option for option in key.options if option.key in trial.entries]
        return nearest(chosen[0].share) if len(chosen) == 1 == len(trial.entries) else None if chosen else Fraction(0)
    none = () if trial.entries else (Fraction(-1 if any(option.truth == 1 for option in key.options) else 1),)
    ticked = [nearest(option.ticked) for option in key.options if option.key in trial.entries]
    return min(Fraction(1), max(Fraction(0), sum((*ticked, *none), Fraction(0))))


TARGET = Target("Moodle", _share)
