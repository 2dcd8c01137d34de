"""Moodle's XML and its cloze fields: text that its filters and its importer leave alone."""

import re
from base64 import b64encode
from functools import lru_cache
from html import escape

from grader.sheets.open_questions import matrix_in_text, value_in_formula
from grader.sheets.writers.html_blocks import latex_html
from grader.sheets.writers.moodle_rules import FULL, fraction_text, nearest, numerical_answers

LONGEST_NAME = 200  # characters of a question's name; Moodle cuts off after 255
MARKS_TEX = re.compile(r"\\(?=[(\[])|\$(?=\$)|@(?=@)|\[(?=/?tex\])", re.IGNORECASE)  # in front of what Moodle's filters read
IN_CLOZE = re.compile(r"\{(?=\d*:|#)")  # what would begin a field
FIELD_SIGNS = {"}": "&#125;", "~": "&#126;", "#": "&#35;", "\\": "&#92;", "&": "&#38;", "\n": " "}
IN_FIELD = str.maketrans(FIELD_SIGNS)


# --- text ---


def html_text(text):
    """Plain text as HTML in which no filter of Moodle finds a formula or a file."""
    escaped = escape(text, quote=False)
    return MARKS_TEX.sub(r"\g<0><span></span>", escaped) if MARKS_TEX.search(escaped) else escaped


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


def element(tag, text, format="", files=""):
    """A text of Moodle XML."""
    kind = f' format="{format}"' if format else ""
    return f"<{tag}{kind}><text>{cdata(text)}</text>{files}</{tag}>\n"


def name_text(text):
    """A name in Moodle, which takes tags out of names."""
    return text[:LONGEST_NAME].replace("<", "&lt;")


def value_html(sort, text):
    """A value in an open place: in text, in code, or in a formula."""
    if sort == "m":
        return escape(value_in_formula(text), quote=False)
    matrix = matrix_in_text(text) if sort == "t" else None
    return latex_html(matrix) if matrix else html_text(text)


def file_xml(number, figure):
    """The file of a figure."""
    content = b64encode(figure.svg.encode()).decode()
    return f'<file name="figure-{number + 1}.svg" path="/" encoding="base64">{content}</file>\n'


# --- fields of a cloze question ---


def numerical_field(number, weight):
    """The field of a Number in a cloze question."""
    answers = [
        f"{_mark_of(share)}{value}:{tolerance}#{_feedback(feedback)}" if feedback else f"{_mark_of(share)}{value}:{tolerance}"
        for value, tolerance, share, feedback in numerical_answers(number)
    ]
    return f"{{{weight}:NUMERICAL:{'~'.join(answers)}}}"


@lru_cache(maxsize=4096)
def _feedback(text):
    return in_field(html_text(text))


def alternative(share, answer, feedback=""):
    """One answer of a field."""
    return f"{_mark_of(share)}{answer}#{feedback}" if feedback else f"{_mark_of(share)}{answer}"


def _mark_of(share):
    """What stands in front of an answer of a field."""
    return "=" if share is FULL else _mark(share) if share else "%0%"


@lru_cache(maxsize=256)
def _mark(share):
    return "=" if nearest(share) == 1 else f"%{fraction_text(share)}%"
