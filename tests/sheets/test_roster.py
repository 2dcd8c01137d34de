"""Rosters: how they are read, what is refused, and that nothing in them is more than text, in any format."""

import html
import json
import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from grader.commands import main
from grader.maths.errors import UsageError
from grader.sheets.roster import read_roster
from grader.variants.issue import Person
from grader.variants.manifest import read_manifest

HOSTILE = "#let x = 1; $HOME <b>& \\input{/etc/passwd} =cmd|\"quoted\" 'single' `tick` {{x}} *star* [link](x) %"


def roster(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "students.csv"
    path.write_bytes(text.encode(encoding))
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, ["sheet", *map(str, arguments)])


# --- read ---


@pytest.mark.parametrize(
    "text",
    [
        "student,name\ns1,Ada Lovelace\ns2,Grace Hopper\n",
        "name;Matrikelnummer\r\nAda Lovelace;s1\r\nGrace Hopper;s2\r\n",
        "\ufeffStudent_ID\tFirst Name\tLast Name\tgroup\ns1\tAda\tLovelace\t3\n\ns2\tGrace\tHopper\t4\n",
        's1,Ada Lovelace\n"s2"," Grace   Hopper "\n',
        "sep=;\nMatr.-Nr.;Name\ns1;Ada Lovelace\ns2;Grace Hopper\n",
        "ID;Matrikelnummer;Vorname;Nachname\n1;s1;Ada;Lovelace\n2;s2;Grace;Hopper\n",
        "Student,ID,SIS User ID,Section\n    Points Possible,,,\nAda Lovelace,77,s1,A\nGrace Hopper,78,s2,A\n",
        "First name,Surname,ID number,Email address\nAda,Lovelace,s1,a@x\nGrace,Hopper,s2,g@x\n",
        "REGISTRATION_NUMBER;FAMILY_NAME_OF_STUDENT;FIRST_NAME_OF_STUDENT\ns1;Lovelace;Ada\ns2;Hopper;Grace\n",
        "student,id\nAda Lovelace,s1\nGrace Hopper,s2\n",
        "Email,Name\ns1,Ada Lovelace\ns2,Grace Hopper\n",
    ],
)
def test_columns_are_found_by_their_names(tmp_path, text):
    assert read_roster(roster(tmp_path, text)) == (Person("s1", "Ada Lovelace"), Person("s2", "Grace Hopper"))


def test_a_list_of_ids(tmp_path):
    assert read_roster(roster(tmp_path, "0012\n0013\n")) == (Person("0012"), Person("0013"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; it needs a line for each student"),
        ("student,name\n", "has a heading, but no student"),
        ("a,b,c\n1,2,3\n", "has no column 'student' (or 'id'); its columns are a, b, c"),
        ("student,name\ns1,A\nS1,B\n", "names 'S1' twice: in line 2 and line 3"),
        ("student,name\n,A\n", "names no student in line 2"),
        ("student\n" + "x" * 300, "has a cell of more than 200 characters in line 2"),
        ("student\0\n", "is not a text file"),
        ("grade,mark\n1,2\n", "has no column 'student' (or 'id'); its columns are grade, mark"),
        ('student,name\ns1,"Ada\ns2,Grace\n', "line 3"),
        ('student,name\ns1,"Ada\ns2,Gr"\ns3,X\n', "has a cell of several lines up to line 3; is a quote not closed?"),
    ],
)
def test_what_is_refused(tmp_path, text, sentence):
    with pytest.raises(UsageError, match=re.escape(sentence)):
        read_roster(roster(tmp_path, text))


def test_other_encodings_are_refused(tmp_path):
    with pytest.raises(UsageError, match="is not in UTF-8"):
        read_roster(roster(tmp_path, "student\nMüller\n", "latin-1"))
    with pytest.raises(UsageError, match="cannot be read"):
        read_roster(str(tmp_path / "none.csv"))


# --- the command ---


def test_the_command(tmp_path):
    students = roster(tmp_path, "student,name\ns1,Ada\ns2,Grace\n")
    result = run("tum-mock-2020", "--roster", students, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "Sheets for 2 students" in result.stdout
    assert "manifest.json" in result.stdout
    assert "The same for everybody, as they have no 'draw'" in result.stderr or "same for everybody" not in result.stderr
    again = run("tum-mock-2020", "--roster", roster(tmp_path, "student\ns1\ns2\ns3\n"), "-o", tmp_path / "out", "--json")
    shown = json.loads(again.stdout)
    assert [(one["student"], one["new"]) for one in shown["students"]] == [("s1", False), ("s2", False), ("s3", True)]
    assert [one["name"] for one in shown["students"][:2]] == ["Ada", "Grace"]
    assert read_manifest(shown["manifest"]).by_student["s1"].code == shown["students"][0]["code"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["tum-mock-2020/03", "--roster"], "A roster needs a paper; 'tum-mock-2020/03' is a single problem."),
        (["tum-mock-2020", "--to", "moodle", "--roster"], "Moodle hands out variants itself: use --variants N"),
    ],
)
def test_what_the_command_refuses(tmp_path, arguments, sentence):
    result = run(*arguments, roster(tmp_path, "student\ns1\n"), "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not (tmp_path / "out").exists()


NEVER = """
title: Never
topics: [loss]
text: Take {{x}}.
given: {x: 2}
parts: [{id: a, text: Double it., answer: 2 * x, marks: 1}]
draw:
  x: ints(1..9)
  keep: [x > 9]
"""


def test_a_fault_of_draw_is_told_of_the_file_of_the_bank_and_not_of_its_frozen_copy(tmp_path, monkeypatch):
    problems = tmp_path / "problems"
    (problems / "quiz").mkdir(parents=True)
    (problems / "quiz" / "paper.yaml").write_text("title: Quiz\nproblems: [quiz/01]\n")
    (problems / "quiz" / "01.yaml").write_text(NEVER)
    monkeypatch.setenv("GRADER_BANK", str(problems))
    result = run("quiz", "--roster", roster(tmp_path, "student\ns1\n"), "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert f"{problems / 'quiz' / '01.yaml'}:9: draw: " in result.stderr
    assert "issued" not in result.stderr


# --- nothing in a roster is more than text ---


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The folder of a student with a hostile id and name, with a sheet in every format that is made for a roster."""
    folder = tmp_path_factory.mktemp("hostile")
    quoted = HOSTILE.replace('"', '""')
    path = folder / "students.csv"
    path.write_text(f'student,name\n"{quoted}","{quoted}"\n', encoding="utf-8")
    for format in ("text", "markdown", "html", "latex", "pdf", "notebook"):
        result = run("tum-mock-2020", "--roster", path, "--to", format, "-o", folder / "out")
        assert result.exit_code == 0, result.output
    (copy,) = read_manifest(folder / "out" / "manifest.json").copies
    assert copy.student == Person(HOSTILE, HOSTILE)
    return folder / "out" / copy.folder


def only(folder, suffix):
    """The sheet, among the figures and the empty hand-ins."""
    (path,) = [path for path in folder.glob(f"tum-mock-2020-*.{suffix}") if "-figure-" not in path.name]
    return path


def test_in_text(hostile):
    assert HOSTILE in only(hostile, "txt").read_text(encoding="utf-8")


def test_in_markdown(hostile):
    from markdown_it import MarkdownIt

    text = only(hostile, "md").read_text(encoding="utf-8")
    line = next(line for line in text.split("\n") if "HOME" in line)
    (_, inline, _) = MarkdownIt().parse(line)
    assert inline.content == line
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    assert "".join(child.content for child in inline.children).count(HOSTILE) == 2


def test_in_html(hostile):
    text = only(hostile, "html").read_text(encoding="utf-8")
    assert text.count(f'value="{html.escape(HOSTILE)}"') == 2
    assert "<b>&" not in text


def test_in_latex(hostile):
    text = only(hostile, "tex").read_text(encoding="utf-8")
    assert "\\input{/etc" not in text
    assert r"\#let x = 1; \$HOME" in text
    assert r"\textbackslash{}input\{/etc/passwd\}" in text


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs pdftotext")
def test_in_pdf(hostile):
    shown = subprocess.run(["pdftotext", "-layout", only(hostile, "pdf"), "-"], capture_output=True, text=True, check=True).stdout
    assert "#let x = 1; $HOME <b>& \\input{/etc/passwd} =cmd|" in " ".join(shown.split())


def test_in_the_notebook(hostile):
    book = json.loads(only(hostile, "ipynb").read_text(encoding="utf-8"))
    assert any(HOSTILE in "".join(cell["source"]) for cell in book["cells"])


def test_in_the_templates(hostile, tmp_path):
    paper = hostile.parent / "manifest.json"
    result = CliRunner().invoke(
        main, ["grade", str(hostile / "answers.yaml"), "--paper", str(paper), "-o", str(tmp_path / "out"), "--json"]
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["handins"][0]["id"] == HOSTILE
    other = CliRunner().invoke(
        main, ["grade", str(hostile / "answers.md"), "--paper", str(paper), "-o", str(tmp_path / "md"), "--json"]
    )
    assert json.loads(other.stdout)["handins"][0]["id"] == HOSTILE
