"""What Moodle's importer makes of an XML file, written from its source, without anything of ours.

question/format/xml/format.php (structure), question/format.php (shares), question/type/multianswer/questiontype.php (the grammar
of cloze questions), question/type/numerical/{question,questiontype}.php and question/type/multichoice/questiontype.php.
"""

import base64
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from html import unescape

SHARES = (0.9, 0.8333333, 0.8, 0.75, 0.7, 0.6666667, 0.6, 0.5, 0.4, 0.3333333, 0.3, 0.25, 0.2, 0.1666667, 0.1428571, 0.125)
SHARES = (1.0, *SHARES, 0.1111111, 0.1, 0.05, 0.0)
TYPES = ("category", "numerical", "multichoice", "shortanswer", "essay", "cloze")

SHARE = r"=|%(-?[0-9]+(?:[.,][0-9]*)?)%"
ANSWER = r".+?(?<!\\)(?<!&)(?<!&amp;)(?=[~#}]|\Z)"
FEEDBACK = r".*?(?<!\\)(?=[~}]|\Z)"
ALTERNATIVE = rf"({SHARE})?({ANSWER})(#({FEEDBACK}))?"
NUMBER = r"-?(([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][-+]?[0-9]+)?)"
NUMERICAL = re.compile(rf"^({NUMBER})(:{NUMBER})?$")
KINDS = (
    ("numerical", "NUMERICAL|NM"),
    ("multichoice", "MULTICHOICE|MC"),
    ("multichoice", "MULTICHOICE_V|MCV"),
    ("multichoice", "MULTICHOICE_H|MCH"),
    ("shortanswer", "SHORTANSWER|SA|MW"),
    ("shortanswer", "SHORTANSWER_C|SAC|MWC"),
    ("multichoice", "MULTICHOICE_S|MCS"),
    ("multichoice", "MULTICHOICE_VS|MCVS"),
    ("multichoice", "MULTICHOICE_HS|MCHS"),
    ("multiresponse", "MULTIRESPONSE|MR"),
    ("multiresponse", "MULTIRESPONSE_H|MRH"),
    ("multiresponse", "MULTIRESPONSE_S|MRS"),
    ("multiresponse", "MULTIRESPONSE_HS|MRHS"),
)
START = r"\{([0-9]*):(" + "|".join(f"({names})" for _, names in KINDS) + "):"
FIELD = re.compile(rf"{START}({ALTERNATIVE}(~{ALTERNATIVE})*)\}}", re.DOTALL)
ONE = re.compile(rf"~?{ALTERNATIVE}", re.DOTALL)


class RefusedError(Exception):
    """What Moodle would not take, or would complain about."""


@dataclass
class Answer:
    text: str
    share: float
    feedback: str = ""
    tolerance: float = 0.0


@dataclass
class Question:
    kind: str
    name: str = ""
    text: str = ""
    feedback: str = ""
    marks: float = 1.0
    answers: list = field(default_factory=list)
    fields: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    single: bool = True
    grader: str = ""
    category: str = ""


def refuse(condition, sentence):
    if condition:
        raise RefusedError(sentence)


def read(xml):
    """The Questions of a file, each with the category it goes to; raises RefusedError."""
    root = ET.fromstring(xml)
    refuse(root.tag != "quiz", "the root is not <quiz>")
    found, category = [], ""
    for element in root:
        refuse(element.tag != "question" or element.get("type") not in TYPES, f"unknown {element.tag} {element.get('type')}")
        if element.get("type") == "category":
            category = _text(element, "category")
            refuse(not category.startswith("$course$/top/"), f"category {category}")
            continue
        question = _READERS[element.get("type")](element)
        question.category = category
        refuse(not question.name or len(question.name) > 255, f"name {question.name!r}")
        _check_files(question)
        found.append(question)
    refuse(not found, "no questions in the file")
    return found


def _only(element, tag):
    found = element.findall(tag)
    refuse(len(found) != 1, f"{len(found)} times <{tag}> in a {element.get('type') or element.tag}")
    return found[0]


def _text(element, tag):
    """What `import_text` gives: the text of <tag><text>, trimmed."""
    return (_only(_only(element, tag), "text").text or "").strip()


def _html(element, tag):
    refuse(_only(element, tag).get("format") != "html", f"<{tag}> is not html")
    return _text(element, tag)


def _headers(element, kind):
    marks, penalty = (float(_only(element, tag).text) for tag in ("defaultgrade", "penalty"))
    refuse(not 0 <= penalty <= 1 or marks < 0, "penalty or marks")
    text = _only(element, "questiontext")
    files = {}
    for file in text.findall("file"):
        refuse(file.get("encoding") != "base64" or file.get("path") != "/", "a file that is not base64")
        files[file.get("name")] = base64.b64decode(file.text, validate=True)
    name = _text(element, "name")
    return Question(kind, name, _html(element, "questiontext"), _html(element, "generalfeedback"), marks, files=files)


def _check_files(question):
    linked = set(re.findall(r'"@@PLUGINFILE@@/([^"]+)"', question.text))
    refuse(linked != set(question.files), f"files {set(question.files)}, links {linked}")
    for content in question.files.values():
        refuse(ET.fromstring(content).tag != "{http://www.w3.org/2000/svg}svg", "a file that is no SVG")


def _share(element):
    """The share of an <answer>, as `match_grade_options` takes it."""
    share = float(element.get("fraction")) / 100
    refuse(not any(abs(abs(share) - one) < 0.00001 for one in SHARES), f"share {share}")
    return share


def _answers(element):
    found = [
        Answer((_only(one, "text").text or "").strip(), _share(one), _html(one, "feedback")) for one in element.findall("answer")
    ]
    refuse(not found, "no answers")
    return found


def _numerical(element):
    question = _headers(element, "numerical")
    question.answers = _answers(element)
    for answer, one in zip(question.answers, element.findall("answer"), strict=True):
        answer.tolerance = float(_only(one, "tolerance").text)
        refuse(not NUMERICAL.match(answer.text), f"number {answer.text!r}")
    refuse(max(answer.share for answer in question.answers) != 1, "no answer with all marks")
    return question


def _multichoice(element):
    question = _headers(element, "multichoice")
    question.answers = _answers(element)
    question.single = _only(element, "single").text == "true"
    for tag in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        _html(element, tag)
    refuse(len(question.answers) < 2 or not all(answer.text for answer in question.answers), "too few options")
    positive = sum(answer.share for answer in question.answers if answer.share > 0)
    refuse(question.single and max(answer.share for answer in question.answers) != 1, "no option with all marks")
    refuse(not question.single and round(positive, 2) != 1, f"the shares add up to {positive}")
    return question


def _shortanswer(element):
    question = _headers(element, "shortanswer")
    question.answers = _answers(element)
    refuse(_only(element, "usecase").text not in ("0", "1"), "usecase")
    refuse(max(answer.share for answer in question.answers) != 1, "no answer with all marks")
    return question


def _essay(element):
    question = _headers(element, "essay")
    refuse(_only(element, "responseformat").text not in ("editor", "editorfilepicker"), "responseformat")
    numbers = [int(_only(element, f"{tag}").text) for tag in ("responserequired", "attachments", "attachmentsrequired")]
    refuse(numbers[2] > numbers[1], "more files are required than allowed")
    question.grader = _html(element, "graderinfo")
    _html(element, "responsetemplate")
    return question


def _cloze(element):
    question = _headers(element, "cloze")
    question.text, question.fields = fields_of(question.text)
    refuse(not question.fields, "a cloze question without fields")
    refuse(not any(one.marks for one in question.fields), "a cloze question without marks")
    return question


def fields_of(text):
    """(text with {#1}, {#2}, ... for its fields, the fields as Questions); as qtype_multianswer_extract_question."""
    refuse("{#" in text, "the text looks as if it had a field already")
    found = []
    while match := FIELD.search(text):
        kind = next(kind for (kind, _), name in zip(KINDS, match.groups()[2:], strict=False) if name)
        one = Question(kind, match[0], marks=float(match[1] or 1), single=kind == "multichoice")
        one.answers = list(_alternatives(kind, match[3 + len(KINDS)]))
        _check_field(one)
        found.append(one)
        text = text.replace(match[0], f"{{#{len(found)}}}", 1)
    refuse(re.search(START, text), f"a field that cannot be read: {text[:200]}")
    return text, found


def _alternatives(kind, rest):
    while match := ONE.search(rest):
        mark, percent, answer, feedback = match[1], match[2], match[3], match[5] or ""
        share = 1.0 if mark == "=" else float(percent.replace(",", ".")) / 100 if percent else 0.0
        number = NUMERICAL.match(answer) if kind == "numerical" else None
        refuse(kind == "numerical" and not number, f"number {answer!r}")
        told = unescape(feedback).replace("\\}", "}").replace("\\#", "#")
        if number:
            yield Answer(number[1], share, told, float(number[6] or 0))
        else:
            yield Answer(unescape(answer).replace("\\}", "}").replace("\\#", "#"), share, told)
        rest = rest.replace(match[0], "", 1)


def _check_field(one):
    """As qtype_multianswer_validate_question."""
    shares = [answer.share for answer in one.answers]
    refuse(one.kind in ("multichoice", "multiresponse") and len(one.answers) < 2, "too few options")
    refuse(not any(share > 0 if one.kind == "multiresponse" else share == 1 for share in shares), "no answer with all marks")
    refuse(one.kind == "multiresponse" and abs(sum(share for share in shares if share > 0) - 1) > 1e-4, "shares")


_READERS = {
    "numerical": _numerical,
    "multichoice": _multichoice,
    "shortanswer": _shortanswer,
    "essay": _essay,
    "cloze": _cloze,
}


# --- marking ---


SEPARATORS = {"en": {"thousandssep": ",", "decsep": "."}, "de": {"thousandssep": ".", "decsep": ","}}  # langconfig.php
DIGITS = 14  # `precision` of php.ini, which a float has as text


def typed_number(text, language="en"):
    """As qtype_numerical_answer_processor::apply_units: the number a response begins with."""
    text = text.replace(" ", "")
    if "." in text or text.count(",") > 1:
        text = text.replace(",", "")
    else:
        for sign, instead in ((SEPARATORS[language]["thousandssep"], ""), (SEPARATORS[language]["decsep"], "."), (",", ".")):
            text = text.replace(sign, instead)
    match = re.match(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", text)
    return float(match.group()) if match else math.nan


def stored(text):
    """An answer as the database has it: PHP's integers as they are, all other numbers as floats with `precision` digits."""
    whole = re.fullmatch(r"[+-]?\d+", text) and -(2**63) <= int(text) < 2**63
    return float(int(text)) if whole else float(f"{float(text):.{DIGITS}g}")


def numerical_answer(question, text, language="en"):
    """The first Answer within whose tolerance a response lies, as qtype_numerical_question::get_matching_answer; else None."""
    value, epsilon = typed_number(text, language), 10**-DIGITS
    for answer in question.answers:
        middle = stored(answer.text)
        margin = answer.tolerance + epsilon * max(abs(answer.tolerance), abs(middle), epsilon)
        if middle - margin <= value <= middle + margin:
            return answer
    return None


def ticked(question, chosen):
    """The share for ticked options (positions), at least 0 and at most 1."""
    return min(1.0, max(0.0, sum(question.answers[at].share for at in chosen)))
