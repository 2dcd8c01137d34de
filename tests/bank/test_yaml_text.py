"""The YAML layer: text stays text, everything has a line, and what could surprise is refused."""

import pytest

from grader.bank import yaml_text
from grader.bank.yaml_text import MAX_BYTES, MAX_DEPTH, parse, read_yaml
from grader.maths.errors import BankError


def complaints(text):
    """What is said about a text, as `line: sentence`."""
    try:
        _, found = parse(text, "x.yaml")
    except BankError as error:
        found = error.complaints
    return [str(complaint).removeprefix("x.yaml:") for complaint in found]


@pytest.mark.parametrize("typed", ["no", "1:30", "010", "1e-3", "0.1", "null", "~", "2020-01-01", "0x1F", "=", "Yes", "1_000"])
def test_scalars_stay_text(typed):
    tree, found = parse(f"a: 1\nx: {typed}\n", "x.yaml")
    assert tree == {"a": "1", "x": typed}
    assert found == []
    assert str(tree["x"].where) == "x.yaml:2"


def test_collections_and_keys_know_their_line():
    tree, _ = parse("a:\n- b: 1\n- [c]\nd: |\n  e\n", "x.yaml")
    assert [node.where.line for node in tree["a"]] == [2, 3]
    assert [key.where.line for key in tree] == [1, 4]
    assert tree["d"] == "e\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2", ["2: 'a' stands here twice (first in line 1)"]),
        ("a: *b", ["1: '*b' would be a YAML alias, which is not used here; put the value in quotes"]),
        ("a: &b 1", ["1: '&b' would be a YAML anchor, which is not used here; put the value in quotes"]),
        ("a: !b 1", ["1: '!b' would be a YAML tag, which is not used here; put the value in quotes"]),
        ("a: 1\n---\nb: 2", ["2: a second YAML document begins here ('---'); a file holds one"]),
        ("%YAML 1.1\n---\na: 1", ["1: YAML directives ('%') are not used here"]),
        ("", ["1: the file is empty"]),
        ("# nothing", ["1: the file is empty"]),
        ("a: {{b}}", ["1: a name was expected before the colon; put a value that begins with '{' or '[' in quotes"]),
        ("a: 1\n? [b]\n: 2", ["2: a name was expected before the colon; put a value that begins with '{' or '[' in quotes"]),
    ],
)
def test_what_is_refused(text, expected):
    assert complaints(text) == expected


@pytest.mark.parametrize("value", ["[1, 2] + 3", "@b", "|a| + 1", "!", "*", "& b", "%b", "`b`", "{a} + 1", "[1, 2"])
def test_hint_on_quoting(value):
    (sentence,) = complaints(f"title: x\na: {value}\nc: 3\n")
    assert sentence.startswith("2: ")
    assert "in quotes" in sentence


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: 1\n\tb: 2", "indent with spaces, not with tabs"),
        ("a: Compute: this", "put a text that contains ': ' in quotes, or write it below '|'"),
        ('a: "open\nb: 2', "close the quotes"),
    ],
)
def test_other_hints(text, hint):
    (sentence,) = complaints(text)
    assert sentence.endswith(hint)


def test_alias_bomb_is_refused_without_being_built():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert len(complaints("\n".join(lines))) == 12 + 11 * 9


@pytest.mark.parametrize("depth", [MAX_DEPTH, 100_000])
def test_deep_nesting_is_refused(depth):
    assert complaints("a: " + "[" * depth + "]" * depth) == [f"1: lists and mappings are nested more than {MAX_DEPTH} deep"]


def test_nesting_up_to_the_limit_is_read():
    assert complaints("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x7fELF\x02\x01\x00\x00\xff", "x.yaml:1: this is not a text file"),
        (b"a: 1\nb: \xff", "x.yaml:2: the file is not in UTF-8; save it as UTF-8 text"),
        (b"a: 1\nb: \x1b[31m", "x.yaml:2: the file holds the control character 0x1b"),
        (b"a: " + b"b" * MAX_BYTES, "x.yaml:1: the file is longer than 1,000,000 bytes; split it into several problems"),
    ],
    ids=["binary", "latin-1", "control", "long"],
)
def test_files_that_are_not_text(tmp_path, monkeypatch, data, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_bytes(data)
    with pytest.raises(BankError) as error:
        read_yaml("x.yaml")
    assert str(error.value) == expected


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: \xcf\x83\r\n")
    assert read_yaml(tmp_path / "x.yaml")[0] == {"a": "σ"}


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(BankError, match=r"x.yml:1: the file is not read: its name must end in .yaml"):
        read_yaml(tmp_path / "x.yml")


def test_missing_file(tmp_path):
    with pytest.raises(BankError, match="the file cannot be read: No such file"):
        read_yaml(tmp_path / "x.yaml")


def test_without_the_c_parser(monkeypatch):
    import yaml

    monkeypatch.setattr(yaml_text, "LOADER", yaml.SafeLoader)
    assert parse("a: [no, 010]")[0] == {"a": ["no", "010"]}
    assert "'[' in quotes" in complaints("a: [1, 2] + 3")[0]
