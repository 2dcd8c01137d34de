"""Questions of Canvas as items of QTI 1.2."""

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from html import escape

from grader.sheets.key_numbers import to_places
from grader.sheets.writers.canvas_rules import PLACES, ranges

FULL = '<setvar action="Set" varname="SCORE">100</setvar>'
OUTCOMES = '<outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>\n'
GENERAL = "general_fb"  # feedback that everybody gets
FIRST = 1000  # the first number of an option
LONGEST_TITLE = 200
_FIELD = '<response_str ident="response1" rcardinality="Single"><render_fib{}><response_label ident="answer1"/></render_fib>'


@dataclass(frozen=True)
class Item:
    """A question of Canvas: its type, what follows its text in `presentation`, its scoring, and feedback by identifier."""

    kind: str
    marks: Fraction
    text: str
    responses: str = ""
    conditions: str = ""
    feedback: tuple = ()


def shared(marks, count):
    """Marks over questions, in hundredths, so that their sum stays.

    >>> [str(share) for share in shared(Fraction(1), 3)]
    ['17/50', '33/100', '33/100']
    """
    cents = marks * 100
    whole, rest = divmod(int(cents), count)
    if cents.denominator > 1:
        return [marks / count] * count
    return [Fraction(whole + (at < rest), 100) for at in range(count)]


def points(marks):
    """Marks as a decimal."""
    return f"{float(marks):.6f}".rstrip("0").rstrip(".") if marks else "0"


def ident(*names):
    """An identifier as Canvas writes them itself, from names."""
    return f"g{sha256(chr(31).join(names).encode()).hexdigest()[:32]}"


def metadata(fields):
    """Names and values as QTI writes them."""
    rows = "".join(
        f"<qtimetadatafield><fieldlabel>{name}</fieldlabel><fieldentry>{escape(text)}</fieldentry></qtimetadatafield>"
        for name, text in fields.items()
    )
    return f"<qtimetadata>{rows}</qtimetadata>\n"


def _html(html):
    return f'<mattext texttype="text/html">{escape(html, quote=False)}</mattext>'


def _condition(test, feedback="", score="", more="Yes"):
    """A rule of the scoring."""
    shown = f'<displayfeedback feedbacktype="Response" linkrefid="{feedback}"/>' if feedback else ""
    return f'<respcondition continue="{more}"><conditionvar>{test}</conditionvar>{score}{shown}</respcondition>\n'


def _field(more=""):
    return f"{_FIELD.format(more)}</response_str>\n"


def _equal(text, response="response1"):
    return f'<varequal respident="{response}">{escape(text, quote=False)}</varequal>'


def numerical(marks, text, number):
    conditions = "".join(
        _condition(
            f'<vargte respident="response1">{_decimal(low)}</vargte><varlte respident="response1">{_decimal(high)}</varlte>',
            score=FULL,
            more="No",
        )
        for low, high in ranges(number)
    )
    return Item("numerical_question", marks, text, _field(' fibtype="Decimal"'), conditions)


def _decimal(value):
    """A number of at most four decimals."""
    text = to_places(value, Fraction(1, 10**PLACES))
    return text.rstrip("0").rstrip(".")


def short_answer(marks, text, accepted):
    different = {form.strip().lower(): form.strip() for form in reversed(accepted)}
    tests = "".join(map(_equal, reversed(different.values())))
    return Item("short_answer_question", marks, text, _field(), _condition(tests, score=FULL, more="No"))


def essay(kind, marks, text):
    responses = "" if kind == "file_upload_question" else _field()
    return Item(kind, marks, text, responses, _condition("<other/>", more="No"))


def choice(marks, rows, because, single):
    """rows: (key, HTML, whether it is right) of every option; because: key -> HTML that is shown to those who chose it."""
    numbers = {key: str(FIRST + position) for position, (key, _, _) in enumerate(rows)}
    labels = "".join(_label(numbers[key], _html(html)) for key, html, _ in rows)
    responses = (
        f'<response_lid ident="response1" rcardinality="{"Single" if single else "Multiple"}">'
        f"<render_choice>\n{labels}</render_choice></response_lid>\n"
    )
    told = [(numbers[key], because[key]) for key, _, _ in rows if key in because]
    conditions = "".join(_condition(_equal(number), f"{number}_fb") for number, _ in told)
    if single:  # right is each of those that a condition names
        tests = [_equal(numbers[key]) for key, _, right in rows if right]
    else:
        tests = [_equal(numbers[key]) if right else f"<not>{_equal(numbers[key])}</not>" for key, _, right in rows]
        tests = [f"<and>{''.join(tests)}</and>"]
    kind = "multiple_choice_question" if single else "multiple_answers_question"
    feedback = tuple((f"{number}_fb", html) for number, html in told)
    conditions += "".join(_condition(test, score=FULL, more="No") for test in tests)
    return Item(kind, marks, "", responses, conditions, feedback)


def _label(number, text):
    return f'<response_label ident="{number}"><material>{text}</material></response_label>\n'


def with_blanks(kind, marks, text, rows):
    """rows: (name of a blank, [(text, whether it is right)])."""
    responses, conditions, number = "", "", FIRST
    score = f'<setvar action="Add" varname="SCORE">{points(Fraction(100, len(rows)))}</setvar>'
    for name, answers in rows:
        labels = ""
        for answer, right in answers:
            number += 1
            labels += _label(str(number), f'<mattext texttype="text/plain">{escape(answer, quote=False)}</mattext>')
            conditions += _condition(_equal(str(number), f"response_{name}"), score=score) if right else ""
        responses += (
            f'<response_lid ident="response_{name}"><material><mattext>{name}</mattext></material>'
            f"<render_choice>\n{labels}</render_choice></response_lid>\n"
        )
    return Item(kind, marks, text, responses, conditions)


def item_xml(identifier, title, item):
    """An Item as XML."""
    about = {
        "question_type": item.kind,
        "points_possible": points(item.marks),
        "assessment_question_identifierref": ident(identifier, "reference"),
    }
    feedback = "".join(
        f'<itemfeedback ident="{name}"><flow_mat><material>{_html(html)}</material></flow_mat></itemfeedback>\n'
        for name, html in item.feedback
    )
    general = any(name == GENERAL for name, _ in item.feedback)
    conditions = (_condition("<other/>", GENERAL) if general else "") + item.conditions
    scoring = f"<resprocessing>\n{OUTCOMES}{conditions}</resprocessing>\n" if item.kind != "text_only_question" else ""
    return (
        f'<item ident="{identifier}" title="{escape(title[:LONGEST_TITLE])}">\n'
        f"<itemmetadata>{metadata(about)}</itemmetadata>\n"
        f"<presentation><material>{_html(item.text)}</material>\n{item.responses}</presentation>\n{scoring}{feedback}</item>\n"
    )
