"""Sheets as Moodle XML for its question bank: numerical, multichoice, shortanswer and essay questions, cloze for all else.

The rules are those of Moodle's importer, question/format/xml/format.php and question/type/multianswer/questiontype.php. A
statement is written once; values of variants are put into its open places.
"""

from fractions import Fraction
from html import escape

from grader.bank.words import listed
from grader.sheets.key_model import ESSAY
from grader.sheets.writers import base_name
from grader.sheets.writers.common import number_of
from grader.sheets.writers.html_blocks import PlatformWriter
from grader.sheets.writers.moodle_items import element, html_text, name_text
from grader.sheets.writers.moodle_questions import PERSON, Plan
from grader.sheets.writers.moodle_rules import TARGET, fraction_text, is_cloze, nearest, weights_of

__all__ = ["TARGET", "remarks", "write"]

MOST_PLACES = 6  # that a remark names
NOT_READ = (
    "Moodle reads decimals only: fractions (37/8), powers (10^-5) and calculations are read up to their first sign, 8% as 8; "
    "a typographic minus (−8) and names or signs in front of a value (x = 8, = 8, ≈ 8) are not understood"
)
COMMA = "Type a decimal point in an English Moodle, a comma in a German one: the first reads 0,35 as 35"


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
        if is_cloze(question, auto) and (weights := sum(weights_of(auto))) != total:
            scaled.append(f"{question.name} ({total} instead of {weights})")
    yield f"{NOT_READ}."
    yield f"{COMMA}."
    for limit, places in limits.items():
        yield f"Moodle: {limit} ({listed(places, MOST_PLACES)})."
    if scaled:
        told = "Moodle counts the marks of cloze questions in whole numbers; set the maximum mark in the quiz"
        yield f"{told}: {', '.join(scaled)}."
    if shares:
        told = ", ".join(f"{share} as {fraction_text(share)} %" for share in sorted(shares))
        yield f"Moodle knows only some shares of marks, so these are rounded: {told}."
    apart = [question.name for question in sheet.questions if _is_drawn_apart(question)]
    if apart:
        yield f"Moodle draws the parts that a person marks apart from the others ({listed(apart, MOST_PLACES)})."
    if any(part.bonus for question in sheet.questions for part in question.parts):
        yield "Moodle counts the marks of bonus parts like all others."


def _keys(question):
    keys = question.variants[0].keys if question.variants else {}
    return [(part, box, keys.get((part.id, box.name), box.key or PERSON)) for part in question.parts for box in part.boxes]


def _is_drawn_apart(question):
    kinds = {key.kind == ESSAY for _, _, key in _keys(question)}
    return bool(question.variants) and len(kinds) == 2


def _shares(key):
    yield from (other.share for number in key.numbers for other in number.others)
    yield from (share for option in key.options for share in (option.share, option.ticked))


# --- writing ---


class _Moodle(PlatformWriter):
    def whole(self):
        sheet = self.sheet
        questions = "".join(map(self.question, sheet.questions))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{questions}</quiz>\n'

    def category(self, *names):
        path = "/".join(["$course$", "top", *(name_text(name).replace("/", "//") for name in (self.sheet.title, *names))])
        return f'<question type="category">\n{element("category", path)}</question>\n'

    def question(self, question):
        """The category of a question, and all Moodle questions in it, for every variant."""
        title = f"{number_of(question):02d} {question.title}"
        plan = Plan(self, question)
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

    def text(self, text):
        return html_text(text)

    def of_codeblock(self, block):
        return f"<pre><code>{html_text(block.text)}</code></pre>"

    def of_table(self, block):
        return super().of_table(block, ' class="generaltable"')

    def of_figure(self, block):
        self.figures += 1
        return f"\ue010f{self.figures - 1}\ue011"

    def figure(self, number, block):
        caption = f"<figcaption>{self.run(block.caption)}</figcaption>" if block.caption else ""
        alt = escape(block.alt)
        return f'<figure><img src="@@PLUGINFILE@@/figure-{number + 1}.svg" alt="{alt}" style="max-width: 100%">{caption}</figure>'

    # --- solutions ---

    def solution(self, part, solution):
        heading = f"<p><strong>({html_text(part.id)})</strong></p>"
        return "\n".join([heading, *self.worked(solution), self.by_person(solution)])

    def by_person(self, solution):
        """The model answer and the rubric."""
        return self.model(solution) + self.rubric(solution)
