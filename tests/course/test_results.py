"""The files that are written: safe, whole, exact, and respectful of what was there."""

import csv
import json
import os
from pathlib import Path

import pytest

from grader.bank.files import clean, file_name, file_names, write_whole
from grader.bank.load import load_paper
from grader.course.handins import read_handins
from grader.course.marking import grade
from grader.course.safe import cell, code, words
from grader.course.store import write_results
from grader.maths.errors import UsageError


@pytest.fixture
def results(exam):
    """A function that marks hand-ins (file -> text) and writes to `out`; gives what was Written."""

    def results(files):
        exam(files)
        return write_results(grade("h", "exam"), "out")

    return results


def rows(name):
    with open(f"out/{name}", newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def text(name):
    with open(f"out/{name}", encoding="utf-8") as stream:
        return stream.read()


def book():
    return json.loads(text("gradebook.json"))


ANSWERS = "answers: {06: {a: 2/3, b: A, c: Because.}, 07: 4, 08: {a: {z: 2; 1, h: [2, 1]}, b: foo}}"


def test_gradebook_csv(results):
    results({"h/s1.yaml": ANSWERS, "h/s2.yaml": "answers: {}"})
    assert text("gradebook.csv") == (
        "id,06.a,06.b,06.c,06.d,07.a,08.a,08.b,08.c,decided,still_to_mark,maximum\n"
        "s1,0.5,2,,0,1,1.5,,0,5,4,15.5\n"
        "s2,0,0,0,0,0,0,0,0,0,0,15.5\n"
    )


def test_marks_that_do_not_end_stay_fractions(exam, results):
    problem = "title: T\ntopics: [loss]\nparts: [{id: a, text: t, answer: '[1, 2, 3]', marks: 1}]\n"
    exam({"bank/exam/07.yaml": problem})
    results({"h/s.yaml": "answers: {07: [1, 2, 4]}"})
    assert rows("gradebook.csv")[0]["07.a"] == "2/3"
    assert book()["handins"][0]["parts"][4]["marks"] == "2/3"


def test_gradebook_json(results):
    results({"h/s1.yaml": ANSWERS, "h/bad.yaml": "", "h/x.pdf": ""})
    found = book()
    assert (found["schema"], found["paper"], found["maximum"]) == ("grader-gradebook/1", "exam", "31/2")
    assert found["unread"] == [{"file": "h/bad.yaml", "reason": "It is empty.", "id": ""}]
    assert found["ignored"] == ["h/x.pdf"]
    (handin,) = found["handins"]
    assert (handin["id"], handin["decided"], handin["waiting"], handin["page"]) == ("s1", "5", "4", "feedback/s1.md")
    part = handin["parts"][5]
    assert (part["name"], part["marks"], part["out_of"]) == ("08.a", "3/2", "3")
    assert part["boxes"][1] == {
        "box": "h",
        "state": "follows",
        "tag": "own-values",
        "marks": "1",
        "out_of": "1",
        "typed": "[2, 1]",
        "read": "[2, 1]",
        "feedback": "Follows correctly from your own z in (a); the error made there is counted only once.",
        "evidence": {"from": ["a.z"], "value": "[2, 1]", "wrong_before": True, "without_own": "1/2"},
        "reproduce": "grader check exam/08 a.h '[2, 1]' --earlier 'a.z=2; 1'",
    }


@pytest.mark.parametrize(
    ("z", "typed"), [("$1$", "$1$"), ("costs 5$", "costs 5$"), ("1,", "1"), ("$1$,", "$1$"), ("$a$ or $b$", "$a$ or $b$")]
)
def test_dollar_signs_are_kept_as_they_were_typed(results, z, typed):
    results({"h/s1.md": f"## 08\n### (a)\n- z = {z}\n- $h$ = $[2, 1]$\n- o: $$3$$\n"})
    boxes = {box["box"]: box["typed"] for box in book()["handins"][0]["parts"][5]["boxes"]}
    assert boxes == {"z": typed, "h": "$[2, 1]$", "o": "$$3$$"}


def test_dollar_signs_on_one_line_are_kept(results):
    results({"h/s1.md": "## 08\n### (a)\nz = $1$; $h$ = 2; o = $$3$$"})
    boxes = {box["box"]: box["typed"] for box in book()["handins"][0]["parts"][5]["boxes"]}
    assert boxes == {"z": "$1$", "h": "2", "o": "$$3$$"}


def test_to_review(results):
    results({"h/s1.yaml": ANSWERS, "h/s2.yaml": "answers: {08: {q: 3}, 99: {a: 5}}", "h/s3.yaml": "[", "h/t.md": "hello"})
    found = [tuple(row.values()) for row in rows("to-review.csv")]
    assert found[0] == (
        *("s1", "06", "c", "", "3", "undecided", "for-a-human", "This answer is marked by a person.", "Because."),
        "h/s1.yaml",
        "grader check exam/06 c Because. --earlier a=2/3 --earlier b=A",
    )
    assert found[1][:6] == ("s1", "08", "b", "", "1", "unreadable")
    assert found[1][8] == "foo"
    assert found[2] == ("s2", "08", "q", "", "", "unknown-name", "", "Problem 08 has no part 'q'.", "3", "h/s2.yaml", "")
    assert found[3] == ("s2", "99", "", "", "", "unknown-name", "", "There is no '99' in this paper.", "a: 5", "h/s2.yaml", "")
    assert [(row[5], row[9]) for row in found[4:]] == [("not-read", "h/s3.yaml"), ("not-read", "h/t.md")]


def test_every_duplicate_and_failure_is_listed(results):
    typed = "student: s\nanswers: {07: 4}"
    results({"h/a.yaml": typed, "h/b.yaml": typed, "h/c.yaml": "student: s\nanswers: {07: }"})  # an empty one is no duplicate
    (row,) = rows("to-review.csv")
    assert (row["hand_in"], row["state"], row["reason"]) == ("s", "not-read", "The id 's' is already that of h/a.yaml.")


def test_feedback(results):
    results({"h/s1.yaml": ANSWERS + "\nnote: hi"})
    page = text("feedback/s1.md")
    assert page.startswith("# The exam: s1\n\n**5 of 15.5 marks** so far; up to 4 more wait for a person, in 2 answers.\n")
    assert "### (a): 0.5 of 0.5\n\n- Right.\n  - You typed: `2/3`\n" in page
    assert "### (c): up to 3, waiting for a person\n\n- This answer is marked by a person.\n  - You typed: `Because.`\n" in page
    assert "- **z**: Partly right: 1 of 2 entries. (0.5 of 1)\n  - You typed: `2; 1`\n  - Read as: `[2, 1]`\n" in page
    assert "- **o**: No answer. (0 of 1)\n" in page
    assert "### (d): 0 of 1 (bonus)" in page
    assert "## Not marked\n" in page
    assert "- There is no 'note' in this paper.\n  - You typed: `hi`" in page


def test_feedback_never_tells_the_answer(results):
    results({"h/s1.yaml": "answers: {08: {c: 123}}"})
    assert "0.65" not in text("feedback/s1.md")
    assert "13/20" not in text("feedback/s1.md")


# --- hostile texts ---


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r=", "＝", " =", "\x00="])
def test_no_cell_is_a_formula(sign):
    assert cell(f"{sign}1+1")[0] == "'"


def test_cells_stay_readable_and_reversible():
    assert cell("-1") == "'-1"
    assert cell("'tis") == "''tis"
    assert cell("0.5") == "0.5"
    assert cell("2;-0.5") == "2; -0.5"
    assert cell("1;=1+1") == "1; =1+1"
    assert cell("a\nb\tc") == "a ⏎ b c"


def test_csv_injection(results):
    command = '=HYPERLINK("http://x","y")'
    results({"h/s.yaml": f"student: '=cmd|x!A0'\nanswers: {{06: {{c: '{command}'}}, 07: '-1+foo(', '@x': '+1'}}"})
    assert rows("gradebook.csv")[0]["id"] == "'=cmd|x!A0"
    for row in rows("to-review.csv"):
        assert all(not value.startswith(("=", "+", "-", "@", "\t")) for value in row.values())
    assert [row["typed"] for row in rows("to-review.csv")] == [f"'{command}", "'-1+foo(", "'+1"]
    assert book()["handins"][0]["parts"][2]["boxes"][0]["typed"] == command


def test_file_names(results):
    ids = ["../../x", "/etc/passwd", "a/b", "a_b", "A_B", "CON", "..", "s\x1b[1m", "ä ö", "x" * 300, ".hidden", "-o"]
    names = file_names(ids)
    assert len({name.casefold() for name in names.values()}) == len(ids)
    for name in names.values():
        assert os.path.basename(name) == name
        assert not name.startswith((".", "-"))
        assert len(name) <= 84
    assert file_name("../../x") == "x"
    assert names["A_B"] == "A_B"
    assert {names["a/b"], names["a_b"]} == {"a_b-2", "a_b-3"}
    assert file_name("CON") == "_CON"
    assert file_name("..") == "handin"


def test_no_path_leads_out_of_the_folder(results):
    results({"h/s.yaml": "student: ../../../evil\nanswers: {07: 4}"})
    assert os.listdir("out/feedback") == ["evil.md"]


def test_markdown_is_shown_not_obeyed(results):
    typed = "<script>alert(1)</script> `x` ![i](http://x) </details>"
    results({"h/s.yaml": f'student: "<b>*x*"\nanswers: {{06: {{c: "{typed}"}}, 07: "<i>"}}'})
    page = text("feedback/" + os.listdir("out/feedback")[0])
    assert f"`` {typed} ``" in page
    assert page.startswith("# The exam: \\<b\\>\\*x\\*\n")


def test_code():
    assert code("x") == "`x`"
    assert code("a``b`") == "``` a``b` ```"
    assert code("a\n```\nb") == "\n````text\na\n```\nb\n````"
    assert words("a\n# b") == "a \\# b"


def test_clean():
    assert clean("a\x1b[31m\x00\u202eb\r\nc\u2028d\ud800") == "a[31mb\nc\nd"


# --- what was there before ---


def test_again(results):
    assert results({"h/a.yaml": "answers: {07: 5}", "h/b.yaml": "answers: {07: 4}", "h/c.yaml": ANSWERS}).changes is None
    assert results({}).changes == ()
    os.unlink("h/b.yaml")
    written = results({"h/a.yaml": "answers: {07: 4, 06b: A, 06c: x}", "h/d.yaml": "answers: {}"})
    assert written.changes == (
        "a 06.b: 0 -> 2",
        "a 06.c: 0 -> waiting",
        "a 07.a: 0 -> 1",
        "b: no longer here (had 1 marks)",
        "d: new",
    )
    assert sorted(os.listdir("out/feedback")) == ["a.md", "c.md", "d.md"]
    assert written.kept == ()


def test_a_changed_file_is_kept(results):
    results({"h/c.yaml": ANSWERS})
    with open("out/to-review.csv", "a", encoding="utf-8") as stream:
        stream.write("my marks\n")
    written = results({})
    assert written.kept == ("out/to-review.kept-1.csv",)
    assert text("to-review.kept-1.csv").endswith("my marks\n")
    assert "my marks" not in text("to-review.csv")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"out/gradebook.json": '{"schema": "grader-gradebook/1", "paper": "other", "handins": []}'},
            "'out' holds the gradebook of",
        ),
        ({"out/gradebook.json": "{}"}, "'out/gradebook.json' is not a gradebook that was written here; name another folder."),
        ({"out/gradebook.json": "["}, "'out/gradebook.json' is not a gradebook that was written here; name another folder."),
        ({"out/gradebook.json": b"\xff"}, "'out/gradebook.json' is not a gradebook that was written here; name another folder."),
        ({"out/gradebook.csv": "id,mark"}, "'out' holds a gradebook.csv that was not written here; name another folder."),
        ({"out": "x"}, "'out' is a file, not a folder for the results."),
    ],
)
def test_refused(exam, results, files, sentence):
    exam(files)
    with pytest.raises(UsageError) as caught:
        results({"h/a.yaml": "answers: {07: 4}"})
    assert str(caught.value).startswith(sentence)


def test_a_file_is_whole_or_as_before(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_whole(str(path), "first")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError, match=r"a\.txt' cannot be written: No space left on device\."):
        write_whole(str(path), "second")
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_order_changes_nothing(exam):
    exam({f"h/{name}.yaml": text for name, text in {"a": ANSWERS, "b": "answers: {07: 4}", "c": "", "d": "student: a"}.items()})
    paper, books = load_paper("exam"), []
    for number, paths in enumerate((["h"], ["h/d.yaml", "h/c.yaml", "h/b.yaml", "h/a.yaml"])):
        write_results(grade(read_handins(paths, paper), paper), f"out{number}")
        books.append(
            {name: Path(f"out{number}/{name}").read_bytes() for name in ("gradebook.json", "gradebook.csv", "to-review.csv")}
        )
    assert books[0] == books[1]
