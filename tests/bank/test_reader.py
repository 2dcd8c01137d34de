"""From a YAML file to a Problem or a Paper: what is read, and what is said about faults."""

import contextlib
import json
import pickle
from fractions import Fraction
from pathlib import Path

import pytest

from grader.bank.conventions import default_conventions
from grader.bank.load import load_bank, load_paper, load_problem
from grader.bank.model import Located, Partial, Stack, Where
from grader.bank.places import supplied_root
from grader.bank.reader import read_problem
from grader.bank.topics import known_topics
from grader.bank.yaml_text import parse
from grader.maths.errors import BankError, UsageError

FULL = """\
title: Two-layer network
topics: [backprop, activation]
source: {document: "002", lines: 11455-11497, heading: Exam}
text: |
  The slope is {{slope}}.
given:
  x: "[1, -2]"
  slope: 0.1
  n: integer > 0
  net:
    input: (3, 32, 32)
    layers:
    - conv: {name: c1, filters: 8, kernel: 3}
    - relu
    - flatten:
    - residual: [relu]
    - residual: {name: r, layers: [relu], shortcut: [{conv: {filters: 8}}]}
    - branch: [[relu], [{pool: {kernel: 2}}, relu]]
let:
  z: x * slope
  g: 2 * z
conventions: {relu_at_zero: 0.5}
readings:
- {name: squared, conventions: {squared_error: sum}}
- {name: rest, replace: {slope: 1 - slope}}
parts:
- id: a
  catalogue: exam-1
  text: Compute.
  answer:
    z: {value: z, marks: 0}
    g: {value: "g[0]", marks: 3, kind: number, digits: 2, partial: [{value: "z[0]", marks: 3/2, tag: half}], follow: false}
- {id: b, catalogue: [exam-2, exam-3], text: Shape., answer: size(net), marks: 0.5, kind: shape, layout: any, names: [n]}
- id: c
  text: Which?
  options: {A: {text: This., right: True}, B: {text: That., right: "size(net) == 3", because: It is.}}
  marks: 1
- {id: d, text: Why?, rubric: [{marks: 1, text: one}, {marks: 1/2, text: two}], model: Because., bonus: true}
- {id: e, text: Upload., kind: file, marks: 2, rubric: [{marks: 3, text: all}]}
draw:
  x: ints(2, -3..3)
  keep:
  - all(z != 0)
  alike: count(z > 0)
tests:
- expect: {a.z: "[1, 2]", b: 3}
- {respond: {a.g: "3,00", a: "", c: A}, marks: 4, conventions: {bias: none}}
"""


def problem(make_bank, text=FULL):
    return load_problem("exam/one", make_bank({"exam/one.yaml": text}))


def faults(make_bank, text):
    """The complaints about a problem file, without the name of the file."""
    with pytest.raises(BankError) as error:
        problem(make_bank, text)
    assert all(complaint.where.file == "exam/one.yaml" for complaint in error.value.complaints)
    return [f"{complaint.where.line}: {complaint.sentence}" for complaint in error.value.complaints]


def minimal(part="answer: 1", more=""):
    """A sound problem of four lines but for what is put in: `part` in line 5, `more` from line 6."""
    return f"title: P\ntopics: [loss]\nparts:\n- id: a\n  text: t\n  {part}\n{more}"


# --- what is read ---


def test_head(make_bank):
    found = problem(make_bank)
    assert (found.id, found.title, found.topics) == ("exam/one", "Two-layer network", ("backprop", "activation"))
    assert (found.source.document, found.source.lines, found.source.heading) == ("002", "11455-11497", "Exam")
    assert found.text == "The slope is {{slope}}."
    assert found.conventions == {"relu_at_zero": "1/2"}
    assert str(found.where) == "exam/one.yaml:1"
    assert found.marks == Fraction(13, 2)


def test_given_and_let(make_bank):
    found = problem(make_bank)
    assert dict(found.let) == {"z": "x * slope", "g": "2 * z"}
    assert {name: found.given[name] for name in ("x", "slope", "n")} == {"x": "[1, -2]", "slope": "0.1", "n": "integer > 0"}
    assert found.given["slope"].where == Where("exam/one.yaml", 8)


def test_stack(make_bank):
    net = problem(make_bank).given["net"]
    assert isinstance(net, Stack)
    assert net.input == "(3, 32, 32)"
    relu = ("relu", {})
    assert net.layers == (
        ("conv", {"name": "c1", "filters": "8", "kernel": "3"}),
        relu,
        ("flatten", {}),
        ("residual", {"layers": (relu,), "shortcut": ()}),
        ("residual", {"layers": (relu,), "shortcut": (("conv", {"filters": "8"}),), "name": "r"}),
        ("branch", {"paths": ((relu,), (("pool", {"kernel": "2"}), relu))}),
    )
    assert net.layers[0][0].where.line == 13


def test_named_boxes(make_bank):
    part = problem(make_bank).part("a")
    assert part.catalogue == ("exam-1",)
    assert [(box.name, box.kind, box.value, box.marks) for box in part.boxes] == [("z", None, "z", 0), ("g", "number", "g[0]", 3)]
    assert part.box("g").partial == (Partial("z[0]", Fraction(3, 2), "half"),)
    assert (part.box("g").digits, part.box("g").follow, part.box("z").follow) == (2, False, True)


def test_single_box(make_bank):
    part = problem(make_bank).part("b")
    (box,) = part.boxes
    assert (box.name, box.kind, box.value, box.marks) == ("", "shape", "size(net)", Fraction(1, 2))
    assert (box.layout, box.names, part.catalogue) == ("any", ("n",), ("exam-2", "exam-3"))


def test_choice(make_bank):
    part = problem(make_bank).part("c")
    assert [(box.name, box.kind, box.value, box.marks) for box in part.boxes] == [("", "choice", None, 1)]
    assert [(o.key, o.text, o.right, o.because) for o in part.options] == [
        ("A", "This.", "true", ""),
        ("B", "That.", "size(net) == 3", "It is."),
    ]


def test_parts_for_humans(make_bank):
    text, file = problem(make_bank).parts[3:]
    assert (text.boxes[0].kind, text.marks, text.bonus, text.model, text.for_human) == (
        "text",
        Fraction(3, 2),
        True,
        "Because.",
        True,
    )
    assert [(line.marks, line.text) for line in text.rubric] == [(1, "one"), (Fraction(1, 2), "two")]
    assert (file.boxes[0].kind, file.marks) == ("file", 2)


def test_readings_draw_and_tests(make_bank):
    found = problem(make_bank)
    assert [(r.name, dict(r.conventions), dict(r.replace)) for r in found.readings] == [
        ("squared", {"squared_error": "sum"}, {}),
        ("rest", {}, {"slope": "1 - slope"}),
    ]
    assert dict(found.draw) == {"x": "ints(2, -3..3)", "keep": ("all(z != 0)",), "alike": ("count(z > 0)",)}
    expect, respond = found.tests
    assert (dict(expect.expect), expect.marks) == ({"a.z": "[1, 2]", "b": "3"}, None)
    assert (dict(respond.respond), respond.marks) == ({"a.g": "3,00", "a": "", "c": "A"}, 4)
    assert (respond.conventions, respond.where.line) == ({"bias": "none"}, 47)


def test_marks_are_shared_evenly_where_no_box_has_its_own(make_bank):
    part = problem(make_bank, minimal("answer: {p: 1, q: {value: 2}, r: 3}", "  marks: 2\n")).part("a")
    assert [box.marks for box in part.boxes] == [Fraction(2, 3)] * 3


def test_a_single_answer_may_hold_its_fields(make_bank):
    answer = "answer: {kind: chain, value: 2, from: 1 + 1, links: 3, digits: 1}"
    (box,) = problem(make_bank, minimal(answer, "  marks: 2\n")).part("a").boxes
    assert (box.name, box.kind, box.value, box.start, box.links) == ("", "chain", "2", "1 + 1", 3)
    assert (box.marks, box.digits) == (2, 1)


def test_the_places_of_faults_inside_a_single_answer(make_bank):
    assert faults(make_bank, minimal("answer: {value: 1,\n    kind: numbr}")) == [
        "7: part a: 'kind' cannot be 'numbr' (did you mean 'number'?)"
    ]


def test_an_order(make_bank):
    part = problem(make_bank, minimal("kind: order\n  options: {A: {text: t, right: 2}, B: {text: t, right: 1/2}}")).part("a")
    assert (part.boxes[0].kind, part.boxes[0].value) == ("order", None)
    assert [(option.key, option.right) for option in part.options] == [("A", "2"), ("B", "1/2")]


def test_traps_stay_text(make_bank):
    found = problem(make_bank, minimal(more="given: {a: no, b: 1:30, c: 010, d: 1e-3, e: 0.1, f: null}\n"))
    assert list(found.given.values()) == ["no", "1:30", "010", "1e-3", "0.1", "null"]


def test_located_text_can_be_pickled():
    text = pickle.loads(pickle.dumps(Located("x", Where("f", 3))))
    assert (text, text.where) == ("x", Where("f", 3))


# --- faults ---


def test_all_faults_of_a_file_are_told_at_once(make_bank):
    text = """\
titel: Five mistakes
topics: [backpropp]
given:
  x: [1, 2]
conventions: {relu_at_zeroo: 1}
parts:
- {id: a, text: t, answer: x, marks: minus one}
"""
    assert faults(make_bank, text) == [
        "1: problem: 'title' is missing",
        "1: problem: unknown field 'titel' (did you mean 'title'?)",
        "2: problem: a topic cannot be 'backpropp' (did you mean 'backprop'?)",
        "4: given: 'x' must be one text, not a list; put a value that begins with '[' or '{' in quotes",
        "5: problem: there is no convention 'relu_at_zeroo' (did you mean 'relu_at_zero'?)",
        "7: part a: 'marks' must be a number such as 2, 1/2 or 0.5, not negative; this is 'minus one'",
    ]


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (
            "answer: {z: 1}\n  options: {A: {text: t, right: true}, B: {text: t, right: true}}",
            "a part has 'options' or an 'answer', not both",
        ),
        ("kind: text\n  answer: 1", "a part of kind text has no 'answer'; write it as 'model'"),
        ("kind: choice", "a part of kind choice needs 'options'"),
        ("kind: order", "a part of kind order needs 'options'"),
        ("kind: order\n  options: {A: {text: t, right: true}, B: {text: t, right: 2}}", "'true' is none"),
        ("kind: order\n  options: {A: {text: t, right: 1}}", "an order needs at least two options"),
        ("kind: order\n  answer: 1\n  options: {A: {text: t, right: 1}, B: {text: t, right: 2}}", "order has no 'answer'"),
        ("answer: {z: {kind: order}}", "an order cannot be one of several boxes; make it a part of its own"),
        ("answer: 1\n  from: 2", "'from' belongs to kind chain"),
        ("answer: {kind: growth, value: 1, links: 2}", "'links' belongs to kind chain"),
        ("answer: {kind: chain, value: 1, links: many}", "'links' must be a whole number from 0 to 50; this is 'many'"),
        ("kind: boolean", "it needs 'answer' (an expression)"),
        ("kind: growth\n  answer: {kind: growth, value: 1}", "'kind' stands beside 'answer' and inside it; give it once"),
        ("answer: {value: 1, mark: 2}", "part a: unknown field 'mark' (did you mean 'marks'?)"),
        ("kind: number\n  options: {A: {text: t, right: true}, B: {text: t, right: true}}", "'options' belong to kind choice"),
        ("kind: nummber\n  answer: 1", "'kind' cannot be 'nummber' (did you mean 'number'?)"),
        ("marks: 1", "it needs 'answer' (an expression), 'options' (a choice) or 'rubric' (marked by a human)"),
        ("answer:", "'answer' is empty"),
        ("answer: 1\n  marks: -1", "not negative; this is '-1'"),
        ("answer: 1\n  marks: 1/0", "this is '1/0'"),
        ("answer: 1\n  digits: 1.5", "'digits' must be a whole number from 0 to 30; this is '1.5'"),
        ("answer: 1\n  bonus: yes", "'bonus' cannot be 'yes'; it is one of true, false"),
        ("answer: 1\n  layout: all", "'layout' cannot be 'all'; it is one of any"),
        ("answer: 1\n  marks: 1\n  partial: [{value: 2, marks: 2, tag: t}]", "a partial earns 2, more than the 1 of its box"),
        ("answer: 1\n  partial: [{value: 2, marks: 0}]", "part a, partial: 'tag' is missing"),
        ("answer: {z: {value: 1, mark: 2}}", "part a, answer, box z: unknown field 'mark' (did you mean 'marks'?)"),
        ("answer: {z: {marks: 2}}", "part a, answer, box z: 'value' is missing"),
        ("answer: {z: 1, q: {value: 2, marks: 1}}\n  marks: 3", "'marks' stands beside boxes that have marks of their own"),
        ("answer: {z: 1, q: 2}\n  digits: 3", "'digits' belongs to a single box; write it inside one of z, q"),
        ("answer: {digits: 1, marks: 2}", "'digits' cannot be the name of a box; for a single answer write 'answer: expression'"),
        ("answer: {value: {value: 1, marks: 1}, z: 2}", "part a, answer: a box cannot be called 'value'"),
        ("answer: {value: 1, z: {value: 2}}", "part a, answer: a box cannot be called 'value'"),
        ("answer: {value: 1, z: 2}", "part a: if value, z are boxes: a box cannot be called 'value'"),
        ("answer: {z: 1, z: 2}", "'z' stands here twice (first in line 6)"),
        ("answer: {2z: 1}", "'2z' cannot be the name of a box"),
        ("answer: {z: {kind: choice}}", "a choice cannot be one of several boxes"),
        ("answer: {z: {kind: text, value: 1}}", "a box of kind text has no 'value'"),
        ("options: {A: {text: t, right: no}, B: {text: t, right: true}}", "'right' cannot be 'no'; write false"),
        ("options: {A: {text: t, right: true}}", "a choice needs at least two options"),
        ("rubric: [{marks: 1}]", "part a, rubric: 'text' is missing"),
        ("rubric: {marks: 1, text: t}", "'rubric' must be a list (lines that begin with '- ')"),
    ],
)
def test_faults_of_a_part(make_bank, part, sentence):
    assert any(sentence in fault for fault in faults(make_bank, minimal(part)))


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("- {id: a, text: t, answer: 2}", "7: part id 'a' is used twice (first in line 4)"),
        ("- {id: b c, text: t, answer: 2}", "7: part b c: 'b c' cannot be the id of a part"),
        ("- nothing", "7: part: fields such as 'name: value' were expected, not the text 'nothing'"),
        ("given: {x: 1}\nlet: {x: 2}", "8: problem: 'x' is both in 'let' and in 'given'"),
        ("given: {x: 1, x: 2}", "7: 'x' stands here twice (first in line 7)"),
        ("given: {x 1: 2}", "7: given: 'x 1' cannot be the name of a given"),
        ("given: {n: {input: 3, layer: []}}", "7: given n: unknown field 'layer' (did you mean 'layers'?)"),
        ("given: {n: {input: 3, layers: [{conv: {}, relu: {}}]}}", "7: given n: a layer is one name with its settings"),
        ("given: {n: {input: 3, layers: [{branch: [relu]}]}}", "7: given n: a path of 'branch' is a list of layers"),
        (
            "text: It is {{slop}}.\ngiven: {slope: 1}",
            "7: problem: the text shows '{{slop}}', which has no value (did you mean 'slope'?)",
        ),
        ("source: {document: 2, lines: abc}", "7: source: 'lines' must be such as 120-131"),
        ("conventions: {ddof: 3}", "7: problem: convention 'ddof' cannot be '3'; it is one of 0, 1"),
        ("readings: [{name: r}]", "7: reading 'r': it changes nothing; it needs 'conventions' or 'replace'"),
        ("readings: [{name: r, replace: {w: 1}}]", "7: reading 'r': 'w' is not given; 'replace' may name nothing here"),
        ("draw: {w: ints(3)}", "7: draw: 'w' is not given"),
        ("tests: [{expect: {b: 1}}]", "7: test: there is no answer 'b'; there are a"),
        ("tests: [{expect: {a.z: 1}}]", "7: test: there is no answer 'a.z'"),
        ("tests: [{respond: {a: 1}}]", "7: test: 'marks' is missing"),
        ("tests: [{expect: {a: 1}, marks: 1}]", "7: test: 'marks' belongs to 'respond', which is missing"),
        ("tests: [{marks: 1, respond: {}}]", "7: test: it tests nothing; it needs 'expect' or 'respond'"),
    ],
)
def test_faults_of_a_problem(make_bank, more, sentence):
    assert any(fault.startswith(sentence) for fault in faults(make_bank, minimal(more=more)))


def test_a_part_must_ask_something(make_bank):
    text = "title: P\ntopics: [loss]\nparts:\n- {id: a, answer: 1}\n"
    assert faults(make_bank, text) == ["4: problem: part a has no 'text', and the problem has none either"]


@pytest.mark.parametrize(
    ("parts", "sentence"), [("[]", "'parts' is an empty list"), ("", "'parts' is empty"), ("{}", "must be a list")]
)
def test_a_problem_has_parts(make_bank, parts, sentence):
    (fault,) = faults(make_bank, f"title: P\ntopics: [loss]\nparts: {parts}\n")
    assert sentence in fault


@pytest.mark.parametrize("text", ["- a\n", "just text\n"])
def test_a_file_that_is_no_mapping_gets_one_complaint(make_bank, text):
    assert len(faults(make_bank, text)) == 1


# --- papers and finding things ---

SMALL = minimal()


def test_paper(make_bank):
    text = """\
title: Exam
source: {document: 1}
conventions: {bias: none}
policies: {choice: negative, follow: half}
problems: [two, other/three, exam/one]
"""
    root = make_bank({"exam/one.yaml": SMALL, "exam/two.yaml": SMALL, "other/three.yaml": SMALL, "exam/paper.yaml": text})
    paper = load_paper("exam", root)
    assert (paper.id, paper.title, paper.source.document) == ("exam", "Exam", "1")
    assert [found.id for found in paper.problems] == ["exam/two", "other/three", "exam/one"]
    assert (paper.policies.choice, paper.policies.follow, paper.policies.array) == ("negative", "half", "share")
    assert paper.conventions == {"bias": "none"}


def test_faults_of_a_paper_and_its_problems_are_told_together(make_bank):
    text = "title: Exam\npolicies: {folow: half, array: all}\nproblems: [one, oen, bad, one]\n"
    root = make_bank({"exam/one.yaml": SMALL, "exam/bad.yaml": "title: x\n", "exam/paper.yaml": text})
    with pytest.raises(BankError) as error:
        load_paper("exam", root)
    assert str(error.value).splitlines() == [
        "exam/bad.yaml:1: problem: 'topics' is missing",
        "exam/bad.yaml:1: problem: 'parts' is missing",
        "exam/paper.yaml:2: policies: 'array' cannot be 'all'; it is one of share, all-or-nothing",
        "exam/paper.yaml:2: policies: unknown field 'folow' (did you mean 'follow'?)",
        "exam/paper.yaml:3: paper: there is no problem 'oen' (did you mean 'one'?)",
        "exam/paper.yaml:3: paper: problem 'one' is listed twice",
    ]


def test_load_bank(make_bank):
    root = make_bank({
        "exam/one.yaml": SMALL,
        "exam/bad.yaml": "title: x\n",
        "exam/old.yml": SMALL,
        "exam/paper.yaml": "title: E\nproblems: [one]\n",
        "free.yaml": SMALL,
    })  # fmt: skip
    bank = load_bank(root)
    assert list(bank.problems) == ["exam/one", "free"]
    assert list(bank.papers) == ["exam"]
    assert list(bank.faulty) == ["exam/bad.yaml", "exam/old.yml"]
    assert bank.papers["exam"].problems[0] is bank.problems["exam/one"]


@pytest.mark.parametrize(("id", "offer"), [("exam/oen", "exam/one"), ("oen", "one"), ("../exam/one", "exam/one")])
def test_unknown_problem(make_bank, id, offer):
    root = make_bank({"exam/one.yaml": SMALL})
    with pytest.raises(UsageError) as error:
        load_problem(id, root)
    assert f"There is no problem '{id}' (did you mean '{offer}'?)" in str(error.value)


def test_unknown_paper(make_bank):
    root = make_bank({"exam/one.yaml": SMALL, "exam/paper.yaml": "title: E\nproblems: [one]\n"})
    with pytest.raises(UsageError, match=r"There is no paper 'exma' \(did you mean 'exam'\?\)"):
        load_paper("exma", root)


def test_a_file_outside_any_bank(make_bank, tmp_path_factory):
    make_bank({"exam/one.yaml": SMALL})
    path = tmp_path_factory.mktemp("elsewhere") / "mine.yaml"
    path.write_text(SMALL)
    assert load_problem(str(path)).id == "mine"
    with pytest.raises(UsageError, match="holds a problem, not a paper"):
        load_paper(str(path))


def test_a_changed_file_is_read_again(make_bank):
    first = problem(make_bank, SMALL)
    assert load_problem("exam/one") is first
    assert problem(make_bank, SMALL + "text: more\n").text == "more"


def test_a_bank_adds_its_own_topics(make_bank):
    root = make_bank({"topics.yaml": "weather: The weather\n", "a.yaml": SMALL.replace("[loss]", "[loss, weather]")})
    assert load_problem("a", root).topics == ("loss", "weather")


def test_a_folder_that_is_not_there(monkeypatch):
    with pytest.raises(UsageError, match="There is no folder 'nowhere'"):
        load_bank("nowhere")
    monkeypatch.setenv("GRADER_BANK", "nowhere")
    with pytest.raises(UsageError, match=r"There is no folder 'nowhere' \(named by GRADER_BANK\)"):
        load_bank()


def test_the_example_of_the_manual_is_sound(make_bank):
    manual = (Path(__file__).parents[2] / "docs" / "problem-files.md").read_text(encoding="utf-8")
    example = manual.split("```yaml\n")[1].split("```")[0]
    assert [part.marks for part in problem(make_bank, example).parts] == [3, 1, Fraction(3, 2)]


def replaced_everywhere(tree, odd):
    """The tree as JSON (which is YAML) once for each of its nodes, with that node replaced by `odd`."""
    yield odd
    if isinstance(tree, dict):
        pairs = list(tree.items())
        for i, (key, value) in enumerate(pairs):
            for changed in replaced_everywhere(value, odd):
                yield {**dict(pairs[:i]), key: changed, **dict(pairs[i + 1 :])}
            yield {**dict(pairs[:i]), str(odd)[:5]: value, **dict(pairs[i + 1 :])}
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            for changed in replaced_everywhere(value, odd):
                yield [*tree[:i], changed, *tree[i + 1 :]]


@pytest.mark.parametrize("odd", ["", "x", [], {}, [{"x": ["y"]}]], ids=str)
def test_no_odd_value_anywhere_does_more_than_cause_complaints(tmp_path, odd):
    conventions, topics = default_conventions(supplied_root()), known_topics(supplied_root())
    path = tmp_path / "one.yaml"
    for tree in replaced_everywhere(parse(FULL)[0], odd):
        path.write_text(json.dumps(tree))
        with contextlib.suppress(BankError):
            read_problem(path, "one", conventions, topics)
