"""Sheets as a QTI 1.2 package for Canvas ("Import Course Content", "QTI .zip file"): a quiz with a question for every answer.

The rules are those of Canvas: its importer (gems/plugins/qti_exporter), its page for taking a quiz, which cuts numbers off after
four decimals, and the scoring of its types of questions (app/models/quizzes/quiz_question).
"""

import io
import re
import zipfile
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from html import escape

from grader.bank.words import listed
from grader.sheets.closing import closed
from grader.sheets.key_model import BY_HAND as UNLISTED
from grader.sheets.key_model import CHOICE, ESSAY, NUMBER, NUMBERS, ORDER, SHORT
from grader.sheets.writers import base_name
from grader.sheets.writers.canvas_items import (
    GENERAL,
    LONGEST_TITLE,
    Item,
    choice,
    essay,
    ident,
    item_xml,
    metadata,
    numerical,
    points,
    shared,
    short_answer,
    with_blanks,
)
from grader.sheets.writers.canvas_rules import PLACES, TARGET, as_blanks, spellings, survives
from grader.sheets.writers.common import number_of
from grader.sheets.writers.html_blocks import PlatformWriter, laid_out

__all__ = ["TARGET", "remarks", "write"]

BLANK = "answer"  # how the names of blanks begin
MATRIX = "<p>{}:</p>{}"
EPOCH = (1980, 1, 1, 0, 0, 0)

NOT_READ = "Canvas reads decimals only: fractions (37/8), calculations and names in front of a value are not understood"
CUT_OFF = f"Canvas rounds what is typed to {PLACES} decimals, so these numbers are compared with a list of spellings"
SPELLED = "Canvas compares the entries of these arrays with a list of spellings"
NO_SHARE = "Canvas gives no part of the marks for wrong numbers and no feedback on typical slips"
SHORT_OF_DIGITS = "Canvas: answers with too few digits earn nothing instead of part of the marks"
NO_CASE = "Canvas does not tell capitals from small letters in formulas"
PARTIAL = "Canvas takes off a share of the marks for every wrong option that is ticked"
EITHER = "Canvas knows no options that may be ticked or not; ticking them costs marks"
BY_HAND = (
    "A person marks these in Canvas, which shows them no rubric and no reference "
    "(with --solutions these stand in the feedback, which students see, too)"
)
BONUS = "Canvas counts the marks of bonus parts like all others"
COARSE = 12  # the largest denominator of marks that are written as a fraction
MOST_NAMED = 6  # places that a remark names

_BREAK = re.compile(rf"\\(?=[(\[])|\$(?=\$)|\[(?={BLANK}\d)")  # in front of what Canvas takes for a formula or a blank


def write(sheet):
    """{file name: bytes}: one package, with a quiz, or with one for each variant."""
    return {f"{base_name(sheet)}.zip": _packed(_package(sheet))}


def remarks(sheet):
    """Sentences on what Canvas cannot express of this sheet's marking."""
    found = {}
    for question in closed(sheet, 0).questions:
        for part in question.parts:
            for box in part.boxes:
                place = f"{question.name} {part.id}{'.' + box.name if box.name else ''}"
                for told in _limits(box):
                    found.setdefault(told, []).append(place)
    yield f"{NOT_READ}."
    for told, places in found.items():
        yield f"{told} ({listed(places, MOST_NAMED)})."
    if any(part.bonus for question in sheet.questions for part in question.parts):
        yield f"{BONUS}."


def _limits(box):
    key = box.key
    if key.kind == ESSAY:
        yield BY_HAND
        if box.kind not in ("text", "file"):
            yield from (f"Canvas: {limit}" for limit in key.limits if limit != UNLISTED)
        return
    yield from (f"Canvas: {limit}" for limit in key.limits)
    if key.kind == NUMBER and not survives(key.numbers[0], box.digits):
        yield CUT_OFF
    if key.kind == NUMBERS and as_blanks(box):
        yield SPELLED
    if any(other.short for number in key.numbers for other in number.others):
        yield SHORT_OF_DIGITS
    if any(other.share < 1 and not other.short for number in key.numbers for other in number.others):
        yield NO_SHARE
    if key.kind == SHORT:
        yield NO_CASE
    if key.kind == CHOICE and not key.single:
        yield PARTIAL
        if any(option.truth not in (0, 1) for option in key.options):
            yield EITHER


# --- the package ---


def _count(sheet):
    """How many variants stand beside each other; 0 where there is nothing to choose."""
    return max((len(question.variants) for question in sheet.questions), default=0)


def _package(sheet):
    """Path -> text, of all files of the package."""
    count = _count(sheet)
    files, figures, resources = {}, {}, []
    for number in range(max(1, count)):
        values = [chr(30).join(one.variants[number % len(one.variants)].values) for one in sheet.questions if one.variants]
        quiz = _Quiz(closed(sheet, number), str(number + 1) if count else "", values)
        files[f"{quiz.ident}/{quiz.ident}.xml"] = quiz.whole()
        files[f"{quiz.ident}/assessment_meta.xml"] = quiz.meta()
        figures |= quiz.files
        resources.append(quiz.resources())
    resources += [
        f'<resource identifier="{ident(name)}" type="webcontent" href="{name}"><file href="{name}"/></resource>\n'
        for name in figures
    ]
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest identifier="{ident(sheet.id, sheet.code, "manifest")}"'
        ' xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1">\n'
        "<metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion></metadata>\n<organizations/>\n"
        f"<resources>\n{''.join(resources)}</resources>\n</manifest>\n"
    )
    return {"imsmanifest.xml": manifest, **files, **figures}


def _packed(files):
    """A zip file, the same on every machine: nothing is compressed, and no time is kept."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16
            package.writestr(info, content.encode())
    return stream.getvalue()


# --- the quiz ---


def html_text(text):
    """Plain text as HTML in which Canvas finds no formula and no blank."""
    return escape(_BREAK.sub("\\g<0>\ue000", text), quote=False).replace("\ue000", "<span></span>")


class _Quiz(PlatformWriter):
    """One quiz: of a sheet without open places, or of one of its variants, which is named by its values as well."""

    answer = "<strong>{}:</strong>"

    def __init__(self, sheet, variant="", values=()):
        super().__init__(sheet)
        self.variant, self.files = variant, {}
        self.ident = ident(sheet.id, sheet.code, sheet.language, variant, *values)

    # --- HTML ---

    def text(self, text):
        return html_text(text)

    def of_codeblock(self, block):
        return f"<pre>{html_text(block.text)}</pre>"

    def of_table(self, block):
        return super().of_table(block, ' border="1"')

    def of_figure(self, block):
        name = f"figures/{sha256(block.svg.encode()).hexdigest()[:16]}.svg"
        self.files[name] = block.svg
        caption = f"<p><em>{self.run(block.caption)}</em></p>" if block.caption else ""
        return f'<p><img src="%24IMS-CC-FILEBASE%24/{name}" alt="{escape(block.alt)}"></p>{caption}'

    def solution(self, solution):
        return "\n".join(filter(None, [*self.worked(solution), self.model(solution), self.rubric(solution)]))

    # --- files ---

    def title(self):
        variant = f", {self.words['variant']} {self.variant}" if self.variant else ""
        return f"{self.sheet_title()}{variant}"[:LONGEST_TITLE]

    def whole(self):
        items = "".join(map(self.question, self.sheet.questions))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">\n'
            f'<assessment ident="{self.ident}" title="{escape(self.title())}">\n'
            f'{metadata({"cc_maxattempts": "1"})}<section ident="root_section">\n{items}</section>\n'
            "</assessment>\n</questestinterop>\n"
        )

    def meta(self):
        fields = {
            "title": self.title(),
            "description": f"<p>{self.words['total']}: {html_text(self.marks(self.sheet.marks))}</p>",
            "shuffle_answers": "false",
            "scoring_policy": "keep_highest",
            "quiz_type": "assignment",
            "points_possible": points(self.sheet.marks),
            "show_correct_answers": "true" if self.sheet.solutions else "false",
            "allowed_attempts": "1",
            "available": "false",
        }
        lines = "".join(f"<{name}>{escape(text)}</{name}>\n" for name, text in fields.items())
        head = f'<quiz identifier="{self.ident}" xmlns="http://canvas.instructure.com/xsd/cccv1p0">'
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{lines}</quiz>\n'

    def resources(self):
        meta = ident(self.ident, "meta")
        return (
            f'<resource identifier="{self.ident}" type="imsqti_xmlv1p2"><file href="{self.ident}/{self.ident}.xml"/>'
            f'<dependency identifierref="{meta}"/></resource>\n'
            f'<resource identifier="{meta}" type="associatedcontent/imscc_xmlv1p1/learning-application-resource"'
            f' href="{self.ident}/assessment_meta.xml"><file href="{self.ident}/assessment_meta.xml"/></resource>\n'
        )

    # --- one problem ---

    def question(self, question):
        title = f"{self.words['problem']} {number_of(question)}"
        statement = self.blocks(question.blocks)
        conventions = self.conventions(question)
        single = all(box.key.single for part in question.parts for box in part.boxes if box.key.kind == CHOICE)
        items = [(part, label, item) for part in question.parts for label, item in self.part(part, single)]
        heading = f"<h3>{html_text(f'{title}: {question.title}')} ({html_text(self.marks(question.marks))})</h3>"
        written = []
        if len(items) > 1:
            text = "\n".join(filter(None, [heading, statement, conventions]))
            common = Item("text_only_question", Fraction(0), text)
            written.append(item_xml(ident(self.ident, question.name, "statement"), title, common))
            heading = statement = conventions = ""
        for part, label, item in items:
            name = f"({part.id}){f' {label}' if label else ''}"
            shown = heading or f"<p><strong>{html_text(f'{title} {name}')}</strong></p>"
            text = "\n".join(filter(None, [shown, statement, item.text, conventions]))
            written.append(
                item_xml(ident(self.ident, question.name, part.id, label), f"{title} {name}", replace(item, text=text))
            )
        return "".join(written)

    def part(self, part, single):
        """(label, Item) for every question that a part becomes; texts of an essay stand in one."""
        asked = self.blocks(part.blocks)
        essays = [box for box in part.boxes if box.key.kind == ESSAY]
        found = [one for box in part.boxes if box.key.kind != ESSAY for one in self.box(part, box, single)]
        if essays:
            marks = sum((box.marks for box in essays), Fraction(0))
            names = ", ".join(box.name for box in essays if box.name)
            hints = [(box.name, self.hint(box)) for box in essays]
            wanted = ", ".join(filter(None, (f"{name} ({hint})".strip() if hint else name for name, hint in hints)))
            kind = "file_upload_question" if all(box.kind == "file" for box in essays) else "essay_question"
            found.append((names if found else "", essay(kind, marks, f"<p>{html_text(wanted)}</p>" if wanted else "")))
        told = self.solution(part.solution) if part.solution is not None else ""
        for position, (label, item) in enumerate(found):
            feedback = ((GENERAL, told),) if told and position == len(found) - 1 else ()
            text = "\n".join(filter(None, [self.worth(item.marks, part.bonus), asked, item.text]))
            yield label, replace(item, text=text, feedback=(*feedback, *item.feedback))

    def worth(self, marks, bonus):
        """The marks of one question; nothing where it is worth none."""
        told = self.marks(marks, bonus)
        if marks.denominator > COARSE:
            told = told.replace(str(marks), points(marks))
        return f"<p>({html_text(told)})</p>" if marks else ""

    def box(self, part, box, single):
        """[(label, Item)] of an answer that is marked by comparing."""
        key, name = box.key, f"{html_text(box.name)} =" if box.name else ""
        hint = self.hint(box) if key.kind in (NUMBER, SHORT) else ""
        ask = f"<p>{name}{f' ({html_text(hint)})' if hint else ''}</p>" if name or hint else ""
        if key.kind == NUMBER and survives(key.numbers[0], box.digits):
            return [(box.name, numerical(box.marks, ask, key.numbers[0]))]
        if key.kind == NUMBER:
            return [(box.name, short_answer(box.marks, ask, spellings(key.numbers[0])))]
        if key.kind == SHORT:
            return [(box.name, short_answer(box.marks, ask, key.spellings))]
        if key.kind == NUMBERS and as_blanks(box):
            return [(box.name, self.blanks(box))]
        if key.kind == NUMBERS:
            labels = [f"{box.name}{number.name}" for number in key.numbers]
            marks = shared(box.marks, len(labels))
            asks = [f"<p>{html_text(label)} =</p>" for label in labels]
            return [
                (label, numerical(share, ask, number))
                for label, share, ask, number in zip(labels, marks, asks, key.numbers, strict=True)
            ]
        if key.kind == ORDER:
            return [(box.name, self.places(part, box))]
        return [(box.name, self.choice(part, box, single or key.alone))]

    def choice(self, part, box, single):
        solved = part.solution
        because = {one.key: self.run(one.because) for one in solved.options if one.because} if solved else {}
        texts = {option.key: f"<strong>{html_text(option.key)}</strong> {self.run(option.run)}" for option in part.options}
        right = {one.key for one in box.key.options if (one.share if single else one.truth) == 1}
        rows = [
            (one.key, texts.get(one.key) or html_text(self.words.get(one.key, one.key)), one.key in right)
            for one in box.key.options
        ]
        if not single:
            rows.append(("none", f"<em>{self.words['none']}</em>", not right))
        return choice(box.marks, rows, because, single)

    def blanks(self, box):
        names = [f"{BLANK}{position}" for position in range(1, len(box.key.numbers) + 1)]
        marks = [f"[{name}]" for name in names]
        label = f"<p>{html_text(box.name)} =</p>" if box.name else ""
        layout = f"<p>{' × '.join(marks)}</p>" if box.kind == "shape" else laid_out(marks, box.key.shape, MATRIX)
        rows = [(name, [(text, True) for text in spellings(number)]) for name, number in zip(names, box.key.numbers, strict=True)]
        return with_blanks("fill_in_multiple_blanks_question", box.marks, label + layout, rows)

    def places(self, part, box):
        texts = {option.key: f"<strong>{html_text(option.key)}</strong> {self.run(option.run)}" for option in part.options}
        options = box.key.options
        names = [f"{BLANK}{position}" for position in range(1, len(options) + 1)]
        lines = "".join(f"<p>[{name}] {texts[option.key]}</p>" for name, option in zip(names, options, strict=True))
        rows = [
            (name, [(str(place), place in option.places) for place in range(1, len(options) + 1)])
            for name, option in zip(names, options, strict=True)
        ]
        text = f"<p>{html_text(self.words['order'])}</p>{lines}"
        return with_blanks("multiple_dropdowns_question", box.marks, text, rows)
