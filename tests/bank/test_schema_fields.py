"""The table of fields and the reader agree, and all files of the bank are sound by the schemas made from the table."""

import copy
import re

import jsonschema
import pytest
import yaml

from grader.bank.conventions import default_conventions
from grader.bank.fields import Fields, number
from grader.bank.figures import FIGURES
from grader.bank.figures import INSIDE as READ_INSIDE
from grader.bank.keys import FINDINGS, JUDGEMENTS, read_key
from grader.bank.load import load_problem, read_file
from grader.bank.model import ARRAY_POLICIES, CHOICE_POLICIES, FOLLOW_POLICIES, KINDS
from grader.bank.parts import LAYOUTS
from grader.bank.places import supplied_root
from grader.bank.schema import schema
from grader.bank.schema_fields import FIGURE_SETTINGS, FILES, INSIDE, LAYER_SETTINGS, MAPPINGS, OTHERS, Whole, Words
from grader.bank.topics import known_topics
from grader.maths.errors import BankError

FIGURE_ROWS = {
    "stack": {"stack": "net", "sizes": "all", "columns": 2},
    "graph": {"graph": "z", "from": ["x"], "hide": ["x"], "values": False, "direction": "down"},
    "grid": {"grid": ["x"], "blank": ["x"], "column": ["x"]},
    "network": {
        "layers": ["x", ["a", "b"]],
        "weights": ["none"],
        "biases": ["none"],
        "activations": ["ReLU"],
        "inputs": "rows",
        "values": False,
        "bias_nodes": True,
    },
    "unrolled": {
        "steps": 2,
        "input": "x",
        "state": "h",
        "output": "o",
        "weights": {"input": "U", "state": "V", "output": "W"},
        "cell": "tanh",
        "outputs": "last",
        "first": 0,
        "values": False,
    },
}
ABOUT = {"caption": "c", "alt": "a"}
BOX = {
    "kind": "chain",
    "marks": 2,
    "digits": 2,
    "partial": [{"value": "x", "marks": 1, "tag": "half"}],
    "names": ["x"],
    "layout": "any",
    "follow": False,
    "from": "x",
    "links": 2,
    "distractors": "slips",
}
OPTION = {"text": "t", "right": True, "because": "b"}
PROBLEM = {  # has every field there is
    "title": "P",
    "topics": ["loss"],
    "source": {"document": 1, "lines": "1-2", "heading": "h", "completed": "c"},
    "text": "t",
    "given": {
        "x": "[1, 2]",
        "net": {"input": "3", "layers": ["relu", {"residual": {"layers": ["relu"], "shortcut": ["relu"], "name": "r"}}]},
    },
    "let": {"z": "x"},
    "conventions": {"bias": "none"},
    "readings": [{"name": "r", "conventions": {"bias": "none"}, "replace": {"x": "x"}}],
    "draw": {"keep": ["x"], "alike": ["x"], "x": "ints(2, -3..3)"},
    "figures": [{kind: rows, **ABOUT} if kind in INSIDE else {**rows, **ABOUT} for kind, rows in FIGURE_ROWS.items()],
    "parts": [
        {"id": "a", "catalogue": ["q"], "text": "t", "answer": "x", **BOX, "bonus": True, "model": "m"},
        {"id": "b", "text": "t", "answer": {"y": {"value": "x", **BOX, "distractors": {"slips": 3}}}},
        {"id": "c", "text": "t", "options": {"A": OPTION, "B": OPTION}, "marks": 1, "figures": [{"stack": "net"}]},
        {"id": "d", "text": "t", "rubric": [{"marks": 1, "text": "r"}]},
    ],
    "tests": [{"expect": {"a": "x"}, "respond": {"a": ""}, "marks": 1, "conventions": {"bias": "none"}}],
}
PAPER = {
    "title": "E",
    "problems": ["one"],
    "id": "e",
    "values": {"one": {"x": "2"}},
    "source": {"document": 1},
    "conventions": {"bias": "none"},
    "policies": {"choice": "negative", "follow": "half", "array": "share", "slips": {"sign": "1/2"}},
}
PRINTED = {"printed": 1, "marks": 1, "finding": "wrong", "cause": "c", "judged": "wrong", "because": "b", "catalogue": ["q"]}
KEY = {"answers": {"a": PRINTED}, "claims": [{"about": "x", "value": "x", "kind": "number", **PRINTED}]}
WHOLE = {"problem": PROBLEM, "paper": PAPER, "key": KEY}
PLACES = {  # mapping of the table -> (file, keys on the way to where it stands)
    "problem": ("problem",),
    "source": ("problem", "source"),
    "part": ("problem", "parts", 0),
    "box": ("problem", "parts", 1, "answer", "y"),
    "option": ("problem", "parts", 2, "options", "A"),
    "partial": ("problem", "parts", 1, "answer", "y", "partial", 0),
    "distractors": ("problem", "parts", 1, "answer", "y", "distractors"),
    "rubric line": ("problem", "parts", 3, "rubric", 0),
    "reading": ("problem", "readings", 0),
    "test": ("problem", "tests", 0),
    "stack": ("problem", "given", "net"),
    "residual": ("problem", "given", "net", "layers", 1, "residual"),
    **{f"{kind} figure": ("problem", "figures", at) for at, kind in enumerate(FIGURE_ROWS)},
    **{f"{kind} settings": ("problem", "figures", list(FIGURE_ROWS).index(kind), kind) for kind in INSIDE},
    "weights of an unrolled network": ("problem", "figures", list(FIGURE_ROWS).index("unrolled"), "unrolled", "weights"),
    "paper": ("paper",),
    "policies": ("paper", "policies"),
    "key": ("key",),
    "printed answer": ("key", "answers", "a"),
    "claim": ("key", "claims", 0),
}
FREE = (
    "answer",
    "conventions",
    "layer",
    "draw",
    *(f"{name} layer" for name in LAYER_SETTINGS),
)  # no fixed fields, or not read here


@pytest.fixture
def complaints(make_bank):
    """A function from a sort of file and its data to the sentences of the reader."""
    root = make_bank({"exam/one.yaml": "title: O\ntopics: [loss]\nparts:\n- {id: a, text: t, answer: 1}\n"})

    def read(file, data):
        path = root / {"problem": "exam/two.yaml", "paper": "exam/paper.yaml", "key": "key.yaml"}[file]
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        try:
            read_key(path, load_problem("exam/one", root)) if file == "key" else read_file(path)
        except BankError as error:
            return [complaint.sentence for complaint in error.complaints]
        finally:
            path.unlink()
        return []

    return read


def changed(name, change):
    """The whole file that holds a mapping, with that mapping changed by a function."""
    file, *way = PLACES[name]
    data = copy.deepcopy(WHOLE[file])
    if not way:
        return file, change(data)
    inner = data
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = change(inner[way[-1]])
    return file, data


def held(name):
    """The mapping of that name in its whole file."""
    found = []
    changed(name, found.append)
    return found[0]


def about_fields(sentences):
    return [sentence for sentence in sentences if "unknown field" in sentence or "unknown kind" in sentence]


def test_every_mapping_of_the_table_is_tried_here():
    assert {*PLACES, *FREE} == set(MAPPINGS)


@pytest.mark.parametrize("name", PLACES)
def test_the_files_here_have_every_field_of_the_table(name):
    tried = set(held(name))
    if name == "part":  # its fields cannot all stand in one part
        tried = {field for part in PROBLEM["parts"] for field in part}
    assert tried == set(MAPPINGS[name])


@pytest.mark.parametrize("file", WHOLE)
def test_the_reader_knows_every_field_of_the_table(complaints, file):
    assert about_fields(complaints(file, WHOLE[file])) == []


@pytest.mark.parametrize("name", PLACES)
def test_the_reader_asks_for_no_field_that_is_not_in_the_table(complaints, monkeypatch, name):
    """What the reader asks for is seen where a strange field makes it complain."""
    asked = []

    def end(fields):
        if "qqqqqqqq" in fields.table:
            asked.append(set(fields.asked))

    file, data = changed(name, lambda mapping: {**mapping, "qqqqqqqq": 1})
    if name == "weights of an unrolled network":
        assert any("cannot be 'qqqqqqqq'; it is one of input, state, output" in sentence for sentence in complaints(file, data))
        return
    monkeypatch.setattr(Fields, "end", end)
    complaints(file, data)
    assert asked == [set(MAPPINGS[name])]


@pytest.mark.parametrize("name", PLACES)
def test_required_fields_are_those_the_reader_misses(complaints, name):
    def missing(sentences):
        return {field for sentence in sentences for field in re.findall(r"'(\w+)' is missing$", sentence)}

    required = {field for field, row in MAPPINGS[name].items() if row.required}
    if name.endswith(" figure"):  # without the field it is called by, it is no figure
        kind = name.removesuffix(" figure")
        file, data = changed(name, lambda mapping: {"caption": "c"})
        assert any("its kind is missing" in sentence for sentence in complaints(file, data))
        assert required == {kind}
        return
    for field in MAPPINGS[name]:
        file, data = changed(name, lambda mapping, field=field: {key: value for key, value in mapping.items() if key != field})
        told = missing(complaints(file, data)) - {"marks"} if name == "test" else missing(complaints(file, data))
        if (name, field) == ("box", "value"):  # it depends on the kind
            assert told == {"value"}
        else:
            assert told == ({field} if field in required else set()), field


# --- words ---


def test_words_are_those_of_the_reader():
    assert MAPPINGS["part"]["kind"].type.allowed is MAPPINGS["box"]["kind"].type.allowed is KINDS
    assert MAPPINGS["claim"]["kind"].type.allowed is KINDS
    assert MAPPINGS["part"]["layout"].type.allowed is LAYOUTS
    policies = MAPPINGS["policies"]
    assert policies["choice"].type.allowed is CHOICE_POLICIES
    assert policies["follow"].type.allowed is FOLLOW_POLICIES
    assert policies["array"].type.allowed is ARRAY_POLICIES
    assert MAPPINGS["printed answer"]["finding"].type.allowed is FINDINGS
    assert MAPPINGS["printed answer"]["judged"].type.allowed is JUDGEMENTS
    assert MAPPINGS["problem"]["topics"].type.type.allowed == tuple(known_topics(supplied_root()))


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for name in PLACES for field, row in MAPPINGS[name].items() if isinstance(row.type, Words)],
)
def test_the_reader_allows_just_these_words(complaints, name, field):
    file, data = changed(name, lambda mapping: {**mapping, field: "qqqqqqqq"})
    words = ", ".join(MAPPINGS[name][field].type.allowed)
    assert any(sentence.endswith(f"'{field}' cannot be 'qqqqqqqq'; it is one of {words}") for sentence in complaints(file, data))


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for name in PLACES for field, row in MAPPINGS[name].items() if isinstance(row.type, Whole)],
)
def test_the_reader_allows_just_these_numbers(complaints, name, field):
    def refused(value):
        return any(f"'{field}' must be a whole number" in sentence for sentence in complaints(*with_value(value)))

    def with_value(value):
        return changed(name, lambda mapping: {**mapping, field: value})

    low, high = MAPPINGS[name][field].type.low, MAPPINGS[name][field].type.high
    assert [refused(value) for value in (low - 1, low, high, high + 1)] == [True, False, False, True]
    assert [bool(schema_faults(*with_value(value))) for value in (low - 1, low, high, high + 1)] == [True, False, False, True]


def test_conventions_are_the_known_ones():
    known = default_conventions(supplied_root()).known
    rows = {name: row for name, row in MAPPINGS["conventions"].items() if name != OTHERS}
    assert {name: row.type.allowed for name, row in rows.items()} == {name: tuple(one.lines) for name, one in known.items()}
    assert {name for name, row in rows.items() if row.type.others} == {name for name, one in known.items() if one.any_number}


def test_figures_are_those_of_the_reader():
    assert {kind: list(rows) for kind, rows in FIGURE_SETTINGS.items()} == {kind: list(rows) for kind, rows in FIGURES.items()}
    assert tuple(INSIDE) == READ_INSIDE


def stack_faults(layer, settings):
    """What building a net of one layer says of settings."""
    from grader.maths.builders.layers import layer_stack
    from grader.maths.errors import GraderError

    try:
        layer_stack((8, 32, 32), [(layer, settings)])
    except GraderError as error:
        return str(error)
    return ""


GOOD = {"padding": 1, "bias": "true", "rounding": "floor", "name": "n", "slope": 0, "rate": 0}


@pytest.mark.parametrize("layer", LAYER_SETTINGS)
def test_settings_of_layers_are_those_of_the_builder(layer):
    rows = LAYER_SETTINGS[layer]
    needed = {field: 2 for field, row in rows.items() if row.required}
    assert stack_faults(layer, needed) == ""
    for field, row in rows.items():
        assert stack_faults(layer, {**needed, field: GOOD.get(field, 1)}) == "", field
        if row.required:
            assert field in stack_faults(layer, {key: value for key, value in needed.items() if key != field})
    assert "qqqqqqqq" in stack_faults(layer, {**needed, "qqqqqqqq": 1})


# --- schemas ---


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors load it: only these words and numbers are not text."""

    yaml_implicit_resolvers = {}


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(?:null|Null|NULL|~|)$"), ["n", "N", "~", ""])
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), list("-+.0123456789")
)
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))

ROOT = supplied_root()
BANK = {
    "problem": [path for path in ROOT.glob("*/**/*.yaml") if path.name != "paper.yaml"],
    "paper": list(ROOT.glob("**/paper.yaml")),
    "key": list((ROOT.parent / "solutions").glob("*/**/*.yaml")),
}
VALIDATORS = {file: jsonschema.Draft202012Validator(schema(file)) for file in FILES}


def editor(text):
    """A file as an editor loads it, names as text."""

    def named(value):
        if isinstance(value, dict):
            return {str(key): named(inner) for key, inner in value.items()}
        return [named(inner) for inner in value] if isinstance(value, list) else value

    return named(yaml.load(text, Loader))


def schema_faults(file, data):
    return [f"{list(error.absolute_path)}: {error.message}" for error in VALIDATORS[file].iter_errors(data)]


@pytest.mark.parametrize("file", FILES)
def test_the_schemas_are_schemas(file):
    jsonschema.Draft202012Validator.check_schema(schema(file))


@pytest.mark.parametrize("file", FILES)
def test_all_files_of_the_bank_are_sound_by_the_schema(file):
    assert len(BANK[file]) > 5
    faults = {path: schema_faults(file, editor(path.read_text(encoding="utf-8"))) for path in BANK[file]}
    assert {str(path): found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize("file", WHOLE)
def test_files_with_every_field_are_sound_by_the_schema(file):
    assert schema_faults(file, editor(yaml.safe_dump(WHOLE[file]))) == []


@pytest.mark.parametrize("name", PLACES)
def test_the_schema_notices_strange_fields(name):
    file, data = changed(name, lambda mapping: {**mapping, "strange": ["x"]})
    assert schema_faults(file, data)


@pytest.mark.parametrize("name", PLACES)
def test_the_schema_notices_missing_fields(name):
    for field, row in MAPPINGS[name].items():
        file, data = changed(name, lambda mapping, field=field: {key: value for key, value in mapping.items() if key != field})
        assert bool(schema_faults(file, data)) == row.required or (name, field) in [("box", "value"), ("part", "answer")], field


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("title",), ["a list"]),
        (("title",), None),
        (("parts", 0, "kind"), "numbr"),
        (("parts", 0, "marks"), "one"),
        (("parts", 0, "marks"), -1),
        (("parts", 0, "digits"), 31),
        (("parts", 0, "digits"), 1.5),
        (("parts", 0, "follow"), "no"),
        (("parts", 0, "answer"), ["1", "2"]),
        (("parts", 1, "answer"), {}),
        (("conventions",), {"bias": "nobody"}),
        (("given", "net", "layers"), ["cnov"]),
        (("given", "net", "layers"), [{"conv": {"filters": 3}}]),
        (("given", "net", "layers"), [{"conv": {"filter": 3, "kernel": 3}}]),
        (("given", "net", "layers"), [{"conv": {"filters": 3, "kernel": 3}, "dense": {"units": 2}}]),
        (("figures",), [{"stak": "net"}]),
        (("figures",), [{"stack": "net", "sizes": "some"}]),
    ],
)
def test_the_schema_notices_wrong_values(place, value):
    data = copy.deepcopy(PROBLEM)
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    assert schema_faults("problem", data)


@pytest.mark.parametrize("text", ["2", "1/2", "0.5", "1e-5", "0", "1/0", "-1", "1/", "two", "2.", "1/02"])
def test_marks_in_the_schema_are_those_of_the_reader(text):
    assert (schema_faults("problem", {**PROBLEM, "parts": [{**PROBLEM["parts"][0], "marks": text}]}) == []) == (
        number(text) is not None
    )
