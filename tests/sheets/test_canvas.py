"""Packages for Canvas: sound by QTI 1.2 and by what Canvas' importer needs, and marked as Canvas does it; hostile text is text.

`imported` and `score` are Canvas' importer and its marking once more, written from its source and independently of our writer.
"""

import io
import re
import zipfile
from collections import Counter
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache
from html import unescape
from html.parser import HTMLParser

import pytest
from lxml import etree

from grader.bank.load import load_bank, load_paper, load_problem
from grader.marking.solution import solve_problem
from grader.sheets.answer_keys import answer_keys
from grader.sheets.build import sheet_of
from grader.sheets.key_model import ESSAY, NUMBER, NUMBERS
from grader.sheets.writers import marked_by, write
from grader.sheets.writers.canvas import TARGET
from grader.variants.draw import draw_many

PAPERS = sorted(load_bank().papers)
QTI = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
PACKAGE = "{http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1}"

# the part of QTI 1.2.1 that is used, by the tables of its information model
DTD = """
<!ELEMENT questestinterop (assessment)>
<!ELEMENT assessment (qtimetadata*, section+)> <!ATTLIST assessment ident CDATA #REQUIRED title CDATA #IMPLIED>
<!ELEMENT section (item*)> <!ATTLIST section ident CDATA #REQUIRED>
<!ELEMENT item (itemmetadata?, presentation?, resprocessing*, itemfeedback*)>
<!ATTLIST item ident CDATA #REQUIRED title CDATA #IMPLIED>
<!ELEMENT itemmetadata (qtimetadata*)>
<!ELEMENT qtimetadata (qtimetadatafield+)> <!ELEMENT qtimetadatafield (fieldlabel, fieldentry)>
<!ELEMENT fieldlabel (#PCDATA)> <!ELEMENT fieldentry (#PCDATA)>
<!ELEMENT presentation (material | response_lid | response_str)+>
<!ELEMENT material (mattext)+> <!ELEMENT mattext (#PCDATA)> <!ATTLIST mattext texttype CDATA "text/plain">
<!ELEMENT response_lid (material?, render_choice)>
<!ATTLIST response_lid ident CDATA #REQUIRED rcardinality (Single | Multiple | Ordered) "Single">
<!ELEMENT response_str (render_fib)>
<!ATTLIST response_str ident CDATA #REQUIRED rcardinality (Single | Multiple | Ordered) "Single">
<!ELEMENT render_choice (response_label)+>
<!ELEMENT render_fib (response_label)*> <!ATTLIST render_fib fibtype (String | Integer | Decimal | Scientific) "String">
<!ELEMENT response_label (material?)> <!ATTLIST response_label ident CDATA #REQUIRED>
<!ELEMENT resprocessing (outcomes, respcondition+)> <!ELEMENT outcomes (decvar)+>
<!ELEMENT decvar EMPTY>
<!ATTLIST decvar varname CDATA "SCORE" vartype (Integer | String | Decimal) "Integer"
  minvalue CDATA #IMPLIED maxvalue CDATA #IMPLIED>
<!ELEMENT respcondition (conditionvar, setvar*, displayfeedback*)> <!ATTLIST respcondition continue (Yes | No) "No">
<!ELEMENT conditionvar (not | and | or | other | varequal | vargte | varlte)+>
<!ELEMENT and (not | and | or | varequal | vargte | varlte)+> <!ELEMENT or (not | and | or | varequal | vargte | varlte)+>
<!ELEMENT not (and | or | varequal)> <!ELEMENT other (#PCDATA)>
<!ELEMENT varequal (#PCDATA)> <!ATTLIST varequal respident CDATA #REQUIRED>
<!ELEMENT vargte (#PCDATA)> <!ATTLIST vargte respident CDATA #REQUIRED>
<!ELEMENT varlte (#PCDATA)> <!ATTLIST varlte respident CDATA #REQUIRED>
<!ELEMENT setvar (#PCDATA)> <!ATTLIST setvar varname CDATA "SCORE" action (Set | Add | Subtract | Multiply | Divide) "Set">
<!ELEMENT displayfeedback (#PCDATA)>
<!ATTLIST displayfeedback linkrefid CDATA #REQUIRED feedbacktype (Response | Solution | Hint) "Response">
<!ELEMENT itemfeedback (flow_mat)+> <!ATTLIST itemfeedback ident CDATA #REQUIRED> <!ELEMENT flow_mat (material)+>
"""
TYPES = (
    "text_only_question",
    "numerical_question",
    "short_answer_question",
    "multiple_choice_question",
    "multiple_answers_question",
    "fill_in_multiple_blanks_question",
    "multiple_dropdowns_question",
    "essay_question",
    "file_upload_question",
)


@cache
def solved(id):
    """The sheet of a paper with keys and solutions, which take time."""
    return sheet_of(load_paper(id), keys=True, solutions=True)


def sheet(id, solutions=False):
    made = solved(id)
    if solutions:
        return made
    questions = (
        replace(question, parts=tuple(replace(part, solution=None) for part in question.parts)) for question in made.questions
    )
    return replace(made, solutions=False, questions=tuple(questions))


def packed(made):
    ((name, data),) = write(made, "canvas").items()
    assert name.endswith(".zip")
    return zipfile.ZipFile(io.BytesIO(data))


# ------------------------------------------------------------------------------------------------------------ importing


def imported(package):
    """The quizzes of a package as Canvas takes them in; fails where its importer would complain, or leave something out."""
    names = package.namelist()
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith("/") or ".." in name]
    manifest = etree.fromstring(package.read("imsmanifest.xml"))
    resources = manifest.findall(f".//{PACKAGE}resource")
    listed = [file.get("href") for file in manifest.iter(f"{PACKAGE}file")]
    assert sorted([*listed, "imsmanifest.xml"]) == sorted(names)
    unique([resource.get("identifier") for resource in resources])
    known = {resource.get("identifier"): resource for resource in resources}
    metas = [etree.fromstring(package.read(name)) for name in names if name.endswith("/assessment_meta.xml")]
    quizzes = []
    for resource in resources:
        if resource.get("type") != "imsqti_xmlv1p2":
            continue
        (file,) = resource.iter(f"{PACKAGE}file")
        (needed,) = resource.iter(f"{PACKAGE}dependency")
        assert known[needed.get("identifierref")].get("href").endswith("/assessment_meta.xml")
        tree = etree.fromstring(package.read(file.get("href")))
        check_grammar(tree)
        (assessment,) = tree
        (meta,) = [one for one in metas if one.get("identifier") == assessment.get("ident")]
        fields = {etree.QName(field).localname: field.text for field in meta}
        assert fields["title"] == assessment.get("title")
        questions = [question(item, names) for item in assessment.iter(f"{QTI}item")]
        quizzes.append({"ident": assessment.get("ident"), **fields, "questions": questions})
    unique([one["ident"] for quiz in quizzes for one in quiz["questions"]])  # a second one would take the place of the first
    return quizzes


def unique(identifiers):
    assert [one for one, count in Counter(identifiers).items() if count > 1] == []
    assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_.-]*", one) for one in identifiers)


def check_grammar(tree):
    bare = etree.fromstring(etree.tostring(tree).replace(b' xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"', b""))
    dtd = etree.DTD(io.StringIO(DTD))
    assert dtd.validate(bare), dtd.error_log


def question(item, files):
    """One question: {ident, title, type, points, text, answers, feedback}."""
    about = {field[0].text: field[1].text or "" for field in item.iter(f"{QTI}qtimetadatafield")}
    kind = about["question_type"]
    assert kind in TYPES
    text = item.find(f"{QTI}presentation/{QTI}material/{QTI}mattext")
    assert text.get("texttype") == "text/html"
    feedback = {one.get("ident"): "".join(one.itertext()) for one in item.iter(f"{QTI}itemfeedback")}
    shown = [one.get("linkrefid") for one in item.iter(f"{QTI}displayfeedback")]
    assert sorted(shown) == sorted(feedback)
    assert all(name == "general_fb" or re.fullmatch(r"\d+_fb", name) for name in feedback)
    found = {
        "ident": item.get("ident"),
        "title": item.get("title"),
        "type": kind,
        "points": Fraction(about["points_possible"]),
        "text": text.text,
        "feedback": feedback,
        "answers": ANSWERS.get(kind, lambda item, text: [])(item, text.text),
    }
    for html in (found["text"], *feedback.values()):
        for path in re.findall(r'src="([^"]*)"', html):
            assert path.removeprefix("%24IMS-CC-FILEBASE%24/") in files
    if kind == "text_only_question":
        assert item.find(f"{QTI}resprocessing") is None
        assert found["points"] == 0
    else:
        (declared,) = item.iter(f"{QTI}decvar")
        assert dict(declared.attrib) == {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
    return found


def scored(item):
    """(conditionvar, points) of the conditions that give any."""
    for condition in item.iter(f"{QTI}respcondition"):
        score = condition.find(f"{QTI}setvar")
        if score is not None:
            yield condition.find(f"{QTI}conditionvar"), Fraction(score.text)


def numerical_answers(item, text):
    """[(start, end)]; Canvas keeps them as floats and compares decimals."""
    found = []
    for condition, points in scored(item):
        low, high = condition
        assert (low.tag, high.tag, points) == (f"{QTI}vargte", f"{QTI}varlte", 100)
        for end in (low.text, high.text):
            assert re.fullmatch(r"-?\d+(\.\d+)?", end)
            assert Decimal(repr(float(end))) == Decimal(end)
        found.append((Decimal(low.text), Decimal(high.text)))
    assert found
    assert all(low <= high for low, high in found)
    return found


def short_answers(item, text):
    ((condition, points),) = scored(item)
    texts = [one.text for one in condition]
    assert points == 100
    assert texts
    assert all(one and one == one.strip() for one in texts)
    assert len({one.lower() for one in texts}) == len(texts)
    return texts


def choices(item, text):
    """{identifier: (HTML, whether it is right)}."""
    (response,) = item.iter(f"{QTI}response_lid")
    labels = {label.get("ident"): "".join(label.itertext()).strip() for label in response.iter(f"{QTI}response_label")}
    assert len(labels) == len(list(response.iter(f"{QTI}response_label"))) > 1
    assert all(re.fullmatch(r"\d+", ident) for ident in labels)
    single = response.get("rcardinality") == "Single"  # each condition names one of the right options
    conditions, points = [condition for condition, _ in scored(item)], {points for _, points in scored(item)}
    tests = [test for condition in conditions for test in condition] if single else list(conditions[0][0])
    assert single or len(conditions) == 1
    right = [test.text for test in tests if test.tag == f"{QTI}varequal"]
    wrong = [test[0].text for test in tests if test.tag == f"{QTI}not"]
    assert points == {100}
    assert right
    assert set(right) | set(wrong) == (set(right) if single else set(labels))
    assert set(right) <= set(labels)
    assert not single or not wrong
    return {ident: (html, ident in right) for ident, html in labels.items()}


def blanks(item, text):
    """{name: {text: whether it is right}}."""
    right = Counter()
    names, points = {}, {}
    for condition, score in scored(item):
        (test,) = condition
        right[test.get("respident"), test.text] += 1
        points[test.get("respident")] = score
    assert set(right.values()) == {1}
    idents = []
    for response in item.iter(f"{QTI}response_lid"):
        name = response.get("ident").removeprefix("response_")
        assert response.find(f"{QTI}material/{QTI}mattext").text == name
        assert text.count(f"[{name}]") == 1
        labels = {label.get("ident"): "".join(label.itertext()).strip() for label in response.iter(f"{QTI}response_label")}
        idents += labels
        assert len(set(labels.values())) == len(labels)
        names[name] = {answer: (response.get("ident"), ident) in right for ident, answer in labels.items()}
        assert any(names[name].values())
    assert len(set(idents)) == len(idents)
    assert abs(sum(points.values()) - 100) < Fraction(1, 1000)
    assert re.findall(r"\[answer\d+\]", text) == [f"[{name}]" for name in names]
    return names


ANSWERS = {
    "numerical_question": numerical_answers,
    "short_answer_question": short_answers,
    "multiple_choice_question": choices,
    "multiple_answers_question": choices,
    "fill_in_multiple_blanks_question": blanks,
    "multiple_dropdowns_question": blanks,
}


# -------------------------------------------------------------------------------------------------------------- marking


def kept(typed, places=4):
    """What the page of a quiz makes of a typed number: JavaScript's `toFixed`; None for what is no number."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", typed):
        return None
    return Decimal(float(typed)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=400))


def score(question, response):
    """The share of the points for a response: a text, ticked identifiers, or {blank: text}."""
    kind, answers = question["type"], question["answers"]
    if kind == "numerical_question":
        value = kept(response)
        return Fraction(int(value is not None and any(low <= value <= high for low, high in answers)))
    if kind == "short_answer_question":
        return Fraction(int(response.strip().lower() in [answer.lower() for answer in answers]))
    if kind == "multiple_choice_question":
        return Fraction(int(answers[response[0]][1])) if response else Fraction(0)
    if kind == "multiple_answers_question":
        right = [ident for ident, (_, correct) in answers.items() if correct]
        wrong = [ident for ident in response if ident not in right]
        return max(Fraction(0), Fraction(len([ident for ident in response if ident in right]) - len(wrong), len(right)))
    found = [
        any(correct and answer.lower() == response[name].strip().lower() for answer, correct in texts.items())
        for name, texts in answers.items()
    ]
    return Fraction(sum(found), len(found))


@pytest.mark.parametrize(
    ("typed", "places", "shown"),
    [
        ("12345.6789", 1, "12345.7"),
        ("12345.6789", 0, "12346"),
        ("2.45", 1, "2.5"),
        ("2.55", 1, "2.5"),
        ("-1.5", 0, "-2"),
        ("1.005", 2, "1.00"),
    ],
)
def test_javascript_rounds_like_this(typed, places, shown):
    """Examples of MDN's page on `Number.prototype.toFixed`; the last is the usual one for binary fractions."""
    assert str(kept(typed, places)) == shown


# ---------------------------------------------------------------------------------------------------------- the papers


@pytest.mark.parametrize("solutions", [False, True])
@pytest.mark.parametrize("id", PAPERS)
def test_every_paper_is_imported(id, solutions):
    made = sheet(id, solutions=solutions)
    (quiz,) = imported(packed(made))
    marks = sum(box.marks for question in made.questions for part in question.parts for box in part.boxes)
    assert abs(sum(question["points"] for question in quiz["questions"]) - marks) < Fraction(1, 1000)
    asked = [question for question in quiz["questions"] if question["type"] != "text_only_question"]
    assert len(asked) >= sum(len(question.parts) for question in made.questions)
    told = sum("general_fb" in question["feedback"] for question in asked)
    assert told == (sum(len(question.parts) for question in made.questions) if solutions else 0)
    for question in made.questions:
        assert any(question.title in unescape(one["text"]) for one in quiz["questions"])


@pytest.mark.parametrize("id", PAPERS)
def test_what_our_key_accepts_is_accepted_after_the_import(id):
    """Every number's own decimal, both ends of its interval, right options and spellings get all the points."""
    made = sheet(id)
    for box, asked in boxes(made, imported(packed(made))[0]):
        key = box.key
        if key.kind in (NUMBER, NUMBERS):
            for texts in (
                [n.text for n in key.numbers],
                [ending(n.low) for n in key.numbers],
                [ending(n.high) for n in key.numbers],
            ):
                if None not in texts and (len(asked) > 1 or asked[0]["type"] == "numerical_question"):
                    assert responses(asked, texts) == 1, (box, texts)
            assert responses(asked, [number.text for number in key.numbers]) == 1, box
        elif key.kind == "short":
            assert all(score(asked[0], text) == 1 for text in key.spellings)


def ending(value):
    """A fraction as a decimal, None where it does not end soon."""
    places = next((places for places in range(13) if (value * 10**places).denominator == 1), None)
    return None if places is None else f"{Decimal(int(value * 10**places)).scaleb(-places):f}"


def boxes(made, quiz):
    """(box, its questions in the quiz) for all boxes that Canvas marks."""
    by_title = {question["title"]: question for question in quiz["questions"] if question["type"] != "text_only_question"}
    for question in made.questions:
        for part in question.parts:
            for box in part.boxes:
                if box.key.kind == ESSAY:
                    continue
                number = int(question.name) if question.name.isdecimal() else question.number
                start = f"Problem {number} ({part.id})"
                whole = f"{start} {box.name}".strip()
                found = (
                    [by_title[whole]] if whole in by_title else [by_title[f"{start} {box.name}{n.name}"] for n in box.key.numbers]
                )
                yield box, found


def responses(asked, texts):
    if len(asked) > 1 or asked[0]["type"] in ("numerical_question", "short_answer_question"):
        return sum((score(one, text) for one, text in zip(asked, texts, strict=True)), Fraction(0)) / len(asked)
    return score(asked[0], dict(zip(asked[0]["answers"], texts, strict=True)))


@pytest.mark.parametrize("id", ["tum-mock-2020", "tum-2022feb", "fu-berlin", "freiburg-sheet-9"])
def test_the_agreement_is_counted_with_the_marks_that_canvas_gives(id):
    made = sheet(id)
    compared = Counter()
    for box, asked in boxes(made, imported(packed(made))[0]):
        for trial in box.key.trials:
            theirs = TARGET.share(box, trial)
            if theirs is None:
                continue
            if asked[0]["type"] in ("multiple_choice_question", "multiple_answers_question"):
                answers = asked[0]["answers"]
                by_key = {re.sub("<.*?>", " ", html).split()[0]: ident for ident, (html, _) in answers.items()}
                wanted = trial.entries or (("none",) if asked[0]["type"] == "multiple_answers_question" else ())
                given = score(asked[0], [by_key[key] for key in wanted])
            elif box.kind == "order":
                places = {key: str(at) for at, key in enumerate(trial.entries, 1)}
                given = score(asked[0], {f"answer{at}": places[one.key] for at, one in enumerate(box.key.options, 1)})
            else:
                given = responses(asked, trial.entries)
            assert given == theirs, (box, trial)
            compared[box.key.kind] += 1
    assert compared["choice"] + compared["number"] > 20


def test_the_sentence_on_agreement_and_the_remarks():
    told, agreement = marked_by(sheet("tum-mock-2020"), "canvas")
    assert told[0].startswith("Canvas reads decimals only")
    assert any("to 4 decimals" in line and "02 4.B" in line for line in told)  # a learning rate of 2e-5
    assert told[-1] == agreement.sentence()
    assert agreement.same > agreement.total / 2


# ------------------------------------------------------------------------------------------------------------- numbers

PROBLEM = """\
title: Numbers
topics: [loss]
text: Take $x = {{{{x}}}}$.
given: {{x: {value}}}
parts:
- {{id: a, text: What is it?, answer: {{value: x, marks: 1{digits}}}}}
"""


@pytest.fixture
def number(tmp_path):
    def made(value, digits=None):
        path = tmp_path / "numbers.yaml"
        path.write_text(PROBLEM.format(value=value, digits="" if digits is None else f", digits: {digits}"), encoding="utf-8")
        (quiz,) = imported(packed(sheet_of(load_problem(str(path)), keys=True)))
        (asked,) = quiz["questions"]
        return asked

    return made


@pytest.mark.parametrize(
    ("value", "digits", "accepted", "refused"),
    [
        (
            "2/3",
            2,
            ["0.67", "0.667", "0.66", "0.6667", "0.66666667", ".67"],
            ["0.65", "0.6598", "0.68", "0.6702", "0.7", "1", "-0.67", "x"],
        ),
        ("-2/3", 2, ["-0.67", "-0.667", "-0.66"], ["-0.65", "-0.68", "0.67", "-0.6702"]),
        ("37/8", None, ["4.625", "4.63", "4.62", "4.6250"], ["4.61", "4.64", "4.6", "4.5"]),
        ("3", None, ["3", "3.0", "+3"], ["3.001", "2.9999", "3.1", "-3", "3 m"]),
        ("0", None, ["0", "-0", "0.00"], ["0.001", "1"]),
        ("138357544", None, ["138357544"], ["138357545", "138357543", "138000000"]),
        (
            "1/1024",
            None,
            ["0.000977", "9.77e-4", "9.77*10^-4", "0.0009765625", "1/1024", ".000977", "0,000977"],
            ["0.001", "0.00098", "0.000975", "0"],
        ),
        (
            "1/50000",
            None,
            ["0.00002", "2e-5", "2e-05", "2*10^-5", "2 * 10^-5", "2·10^-5", "1/50000"],
            ["0", "0.00003", "2e-4", "0.0000"],
        ),
        ("-1/50000", None, ["-0.00002", "-2e-5", "−0.00002"], ["0.00002", "0"]),
        ("0.6931472", 6, ["0.693147", "0.6931472"], ["0.69314", "0.6931", "0.693148", "0.7"]),
    ],
)
def test_a_number_at_the_edge_of_rounding_is_accepted_and_just_beyond_it_is_not(number, value, digits, accepted, refused):
    asked = number(value, digits)
    assert [typed for typed in accepted if score(asked, typed) != 1] == []
    assert [typed for typed in refused if score(asked, typed) != 0] == []


def test_numbers_that_canvas_would_cut_off_are_compared_as_text(number):
    assert [number(value)["type"] for value in ("0.001", "0.0009", "12.5", "123456789012345678")] == [
        "numerical_question",
        "short_answer_question",
        "numerical_question",
        "short_answer_question",
    ]


def test_entries_of_an_array_share_the_marks_exactly(tmp_path):
    path = tmp_path / "array.yaml"
    path.write_text(
        "title: T\ntopics: [loss]\ngiven: {x: '[1/3, 2/3, 1/7]', W: '[[1, -1/2], [3, 4]]'}\nparts:\n"
        "- {id: a, text: Which?, answer: {x: {value: x, marks: 1}, W: {value: W, marks: 2}}}\n",
        encoding="utf-8",
    )
    (quiz,) = imported(packed(sheet_of(load_problem(str(path)), keys=True)))
    asked = quiz["questions"][1:]
    assert [(one["title"].partition(") ")[2], one["type"], one["points"]) for one in asked] == [
        ("x[0]", "numerical_question", Fraction(34, 100)),
        ("x[1]", "numerical_question", Fraction(33, 100)),
        ("x[2]", "numerical_question", Fraction(33, 100)),
        ("W", "fill_in_multiple_blanks_question", 2),
    ]
    blank = dict(zip(asked[3]["answers"], ("1", "-0.5", "3.0", "4"), strict=True))
    assert score(asked[3], blank) == 1
    assert score(asked[3], {**blank, "answer2": "−1/2"}) == 1
    assert score(asked[3], {**blank, "answer2": "1/2", "answer4": ""}) == Fraction(1, 2)


WORTH = """\
title: Worth
topics: [loss]
given: {x: real, W: "[1/3, 1/7, 2/3]"}
parts:
- id: a
  text: Some of each.
  answer:
    z: {value: 3 * 4, marks: 0}
    first: {value: 2 * x, marks: 1/2}
    second: {value: (x + 3) / (x^2 + 1), marks: 3/2}
    W: {value: W, digits: 2, marks: 1}
- {id: b, text: Large?, answer: {kind: boolean, value: 2 > 1, marks: 2}}
"""


def test_every_question_says_what_it_is_worth(tmp_path):
    path = tmp_path / "worth.yaml"
    path.write_text(WORTH, encoding="utf-8")
    (quiz,) = imported(packed(sheet_of(load_problem(str(path)), keys=True)))
    found = {}
    for one in quiz["questions"][1:]:
        found[one["title"].partition(" (")[2]] = re.findall(r"<p>\(([\d./]+)\u00a0marks?\)</p>", one["text"])
    assert found == {
        "a) z": [],
        "a) first": ["1/2"],
        "a) second": ["3/2"],
        "a) W[0]": ["0.34"],
        "a) W[1]": ["0.33"],
        "a) W[2]": ["0.33"],
        "b)": ["2"],
    }
    (essay,) = [one for one in quiz["questions"] if one["type"] == "essay_question"]
    assert "second (a formula)" in essay["text"]
    assert essay["points"] == Fraction(3, 2)


CHOICES = """\
title: Choices
topics: [loss]
given: {x: 2}
parts:
- id: a
  text: Several.
  options:
    A: {text: a, right: true, because: It is.}
    B: {text: b, right: true}
    C: {text: c, right: false}
    D: {text: d, right: either}
  marks: 2
- {id: b, text: None., options: {A: {text: a, right: false}, B: {text: b, right: false}}, marks: 1}
- id: c
  text: Order.
  kind: order
  options: {A: {text: a, right: 3}, B: {text: b, right: 1}, C: {text: c, right: 3}}
  marks: 3
- {id: d, text: Long?, answer: {kind: boolean, value: x > 1, marks: 1}}
- {id: e, text: A file., kind: file, rubric: [{marks: 1, text: works}]}
- {id: f, text: Why?, rubric: [{marks: 2, text: says so}], model: Because.}
"""


@pytest.mark.parametrize("solutions", [False, True])
def test_choices_orders_and_what_a_person_marks(tmp_path, solutions):
    path = tmp_path / "choices.yaml"
    path.write_text(CHOICES, encoding="utf-8")
    (quiz,) = imported(packed(sheet_of(load_problem(str(path)), keys=True, solutions=solutions)))
    several, none, order, boolean, file, text = quiz["questions"][1:]
    assert [one["type"].removesuffix("_question") for one in quiz["questions"][1:]] == [
        "multiple_answers",
        "multiple_answers",
        "multiple_dropdowns",
        "multiple_choice",
        "file_upload",
        "essay",
    ]
    a, b, c, d, neither = several["answers"]
    assert score(several, [a, b]) == 1
    assert score(several, [a]) == Fraction(1, 2)
    assert score(several, [a, b, c]) == Fraction(1, 2)
    assert score(several, [neither]) == 0
    assert score(none, [list(none["answers"])[2]]) == 1
    assert score(order, {"answer1": "2", "answer2": "1", "answer3": "3"}) == 1
    assert score(order, {"answer1": "3", "answer2": "1", "answer3": "2"}) == 1
    assert score(order, {"answer1": "1", "answer2": "3", "answer3": "2"}) == Fraction(1, 3)
    assert [(html, right) for html, right in boolean["answers"].values()] == [("yes", True), ("no", False)]
    assert ("Because." in text["feedback"].get("general_fb", "")) == solutions
    assert (several["feedback"].get(f"{a}_fb") == "It is.") == solutions


# ---------------------------------------------------------------------------------------------- the same, every time


def test_a_package_is_the_same_every_time_byte_by_byte():
    again = sheet_of(load_paper("freiburg-sheet-9"), keys=True)  # with figures
    assert write(again, "canvas") == write(sheet("freiburg-sheet-9"), "canvas")
    package = packed(again)
    assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert package.testzip() is None


DRAWN = next(problem for problem in load_bank().problems.values() if problem.id == "tum-2022ss/06")


def test_another_variant_is_another_quiz():
    quizzes = [imported(packed(sheet_of(DRAWN, keys=True, seed=seed)))[0] for seed in (None, 1, 1, 2)]
    idents = [quiz["ident"] for quiz in quizzes]
    assert idents[1] == idents[2]
    assert len(set(idents)) == 3


def test_variants_are_quizzes_of_their_own_with_their_own_numbers():
    made = sheet_of(DRAWN, keys=True, variants=3, seed=5)
    quizzes = imported(packed(made))
    assert [quiz["title"].rpartition(", ")[2] for quiz in quizzes] == ["Variant 1", "Variant 2", "Variant 3"]
    idents = [one["ident"] for quiz in quizzes for one in quiz["questions"]]
    assert len(idents) == len(set(idents))
    assert len({quiz["questions"][0]["text"] for quiz in quizzes}) == 3
    assert not re.search("[\ue000-\uf8ff]", "".join(one["text"] for quiz in quizzes for one in quiz["questions"]))
    for quiz, drawn in zip(quizzes, draw_many(DRAWN, 3, 5), strict=True):
        for (part, box), key in answer_keys(solve_problem(drawn.problem)).items():
            if key.kind in (NUMBER, NUMBERS):
                start = f"({part}) {box}".strip()
                found = [
                    one for one in quiz["questions"] if re.fullmatch(rf".*{re.escape(start)}(\[\d+(, \d+)?\])?", one["title"])
                ]
                assert responses(found, [number.text for number in key.numbers]) == 1


# ------------------------------------------------------------------------------------------------------------- hostile

PIECES = (
    r"\input{secret}",
    '"quotes" [1, -2]',
    "<b>code</b> $ [1, -2]",
    r"\(evil\) and \[b\] and \begin{align} c and $$ and [answer1]",
    "Say { { or why </textarea> </details> </p>.",
)


class Page(HTMLParser):
    """The tags of a text, which must close, and what is shown."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.shown = set(), [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.shown.append(data)


@pytest.mark.parametrize("solutions", [False, True])
def test_hostile_text_is_text_in_canvas(hostile, hostile_pieces, solutions):
    (quiz,) = imported(packed(hostile(keys=True, solutions=solutions)))
    assert quiz["title"].startswith(hostile_pieces[0])
    texts = [html for one in quiz["questions"] for html in (one["text"], *one["feedback"].values())]
    pages = [Page(html) for html in texts]
    allowed = {"p", "h3", "strong", "em", "span", "code", "ul", "li", "br", "table", "thead", "th", "tbody", "tr", "td"}
    assert set().union(*(page.tags for page in pages)) <= allowed
    shown = " ".join(" ".join("".join(page.shown).split()) for page in pages)
    for piece in (*hostile_pieces, *PIECES):
        assert piece in shown
    for html in texts:
        assert "evil" not in re.findall(r"\\\((.*?)\\\)", html)
        assert "$$" not in html
    options = [html for one in quiz["questions"] if "choice" in one["type"] for html, _ in one["answers"].values()]
    assert any("&lt;b&gt;# $ &amp; \\input{secret}" in html for html in options)
