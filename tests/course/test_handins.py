"""Reading hand-ins: every answer finds its place, and what has none is kept as a remark."""

import os

import pytest
from click.testing import CliRunner

from grader.bank.load import load_paper
from grader.commands import main
from grader.course.handins import read_handin, read_handins
from grader.maths.errors import HandInError, UsageError


@pytest.fixture
def read(exam):
    def read(text, name="h/s.yaml"):
        exam({name: text})
        return read_handin(name, load_paper("exam"))

    return read


def reasons(handin):
    return [remark.reason for remark in handin.remarks]


# --- YAML ---


def test_yaml(read):
    handin = read(
        """\
student: s01
paper: exam
answers:
  08:
    a: {z: [2, -0.5], h: "(2, 0)", o: 0; -1,5}
    b: 2.50
    c: |
      0,65
  06:
    a: 010
    b: no
  07: 1:30
"""
    )
    assert (handin.id, handin.paper, handin.remarks) == ("s01", "exam", ())
    assert handin.answers == {
        "08": {"a": {"z": "[2, -0.5]", "h": "(2, 0)", "o": "0; -1,5"}, "b": "2.50", "c": "0,65"},
        "06": {"a": "010", "b": "no"},
        "07": {"a": "1:30"},
    }
    assert str(handin.answers["08"]["b"].where) == "h/s.yaml:6"


@pytest.mark.parametrize("key", ["06/a", "06.a", "06a", "6a", "6.a", "6 (a)", "exam/06/a", "Problem 6a", "06-a", "06_A"])
def test_flat_keys(read, key):
    assert read(f"answers:\n  {key}: 5\n").answers == {"06": {"a": "5"}}


@pytest.mark.parametrize("key", ["08.a.z", "08/a/z", "8a.z", "08a.Z"])
def test_flat_keys_of_boxes(read, key):
    assert read(f"answers:\n  {key}: 5\n").answers == {"08": {"a": {"z": "5"}}}


def test_answers_may_stand_at_the_top(read):
    assert read("06a: 5\n07: 4").answers == {"06": {"a": "5"}, "07": {"a": "4"}}


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("[1, 2]", "[1, 2]"),
        ("[0,5; 1,5]", "[0,5; 1,5]"),
        ("[[1, 2],\n      [3, 4]]", "[[1, 2], [3, 4]]"),
        ("['1', \"2\"]", "[1, 2]"),
        ("[1, # one\n      2]", "[1, 2]"),
        ("\n    - [1, 2]\n    - [3, 4]", "[[1, 2], [3, 4]]"),
        ("\n    - 1 2\n    - 3 4", "1 2\n3 4"),
        ("null", "null"),
        ("~", "~"),
        ("", ""),
        ("yes", "yes"),
        ("0.10", "0.10"),
        ("'it''s'", "it's"),
    ],
)
def test_values_stay_text(read, typed, text):
    assert read(f"answers:\n  06:\n    c: {typed}\n").answers == {"06": {"c": text}}


def test_text_answers_stay_as_they_are(read):
    text = "First **bold**.\n\n- a list: 1\n\n| a | b |\n|---|---|\n\n```python\nx = 1\n```"
    block = text.replace("\n", "\n      ")
    assert read(f"answers:\n  06:\n    c: |-\n      {block}\n").answers["06"]["c"] == text


def test_group_and_file_name_as_id(read):
    assert read("group: g7\nanswers: {07: 4}").id == "g7"
    assert read("answers: {07: 4}", "h/s99.yaml").id == "s99"
    assert read("student: [ann, bob]\nanswers: {07: 4}").id == "ann, bob"


def test_part_answered_with_box_lines(read):
    handin = read("answers:\n  08a: |\n    - z: 2; -0.5\n    **h** = 2; 0\n    o: 0; -1.5\n")
    assert handin.answers["08"]["a"] == "z = 2; -0.5\nh = 2; 0\no = 0; -1.5"


@pytest.mark.parametrize(
    ("answers", "names", "reason"),
    [
        ("08: {a: {zz: 5}}", ("08", "a", "zz", "5"), "Part a of problem 08 has no box 'zz' (did you mean 'z'?)."),
        ("08: {q: [1, 2]}", ("08", "q", "", "[1, 2]"), "Problem 08 has no part 'q'."),
        ("09: {a: 3, b: 4}", ("09", "", "", "a: 3; b: 4"), "There is no '09' in this paper."),
        ("08aa: 3", ("08aa", "", "", "3"), "There is no '08aa' in this paper (did you mean '08.a'?)."),
        ("07: {z: 3}", ("07", "z", "", "3"), "Problem 07 has no part 'z'."),
        ("08: 2.5", ("08", "", "", "2.5"), "This names no part of problem 08; its parts are a, b, c."),
        ("06a: 1, 06.a: 2", ("06", "a", "", "2"), "This is answered twice; the first answer was marked."),
        (
            "08a: 1, 08.a.z: 2",
            ("08", "a", "", "1"),
            "The boxes of this part are also answered by name; those were marked.",
        ),
    ],
)
def test_unknown_names_are_kept(read, answers, names, reason):
    remark = read(f"answers: {{{answers}}}").remarks[0]
    assert (remark.problem, remark.part, remark.box, remark.typed) == names
    assert remark.reason == reason


def test_unknown_field_is_kept_and_details_are_not(read):
    handin = read("name: Ann\nnote: please read\nanswers: {07: 4}")
    assert reasons(handin) == ["There is no 'note' in this paper."]
    assert handin.remarks[0].typed == "please read"


def test_the_same_answer_twice_is_one(read):
    assert read("answers: {06a: 1, 06.a: 1, 6.a: ''}").remarks == ()


def test_very_many_unknown_names(read):
    handin = read("answers:\n" + "".join(f"  q{number}: 1\n" for number in range(1000)))
    assert len(handin.remarks) == 201
    assert handin.remarks[-1].reason == "800 more texts of this file have no place in the paper."


# --- Markdown ---

PAGE = """\
---
student: s02
paper: exam
---
# The exam

## Problem 8: Forward and backward through a small ReLU network

### (a) Forward
- z: 2; -0.5
- **h**: (2, 0)

o = [0, -1.5]

### Part b
$L = 2.5$

### c) 0.65

## 06

a) `2/3`
**b)**
- [x] A
- [ ] B

(c) First.

a) is not a part here.

```python
## 07
b) nor this
```
| x | y |

d) 2

## Problem 7 - One part
**4**
"""


def test_markdown(read):
    handin = read(PAGE, "h/s.md")
    assert (handin.id, handin.remarks) == ("s02", ())
    assert handin.answers == {
        "08": {"a": "z = 2; -0.5\nh = (2, 0)\n\no = [0, -1.5]", "b": "L = 2.5", "c": "0.65"},
        "06": {
            "a": "2/3",
            "b": "A",
            "c": "First.\n\na) is not a part here.\n\n```python\n## 07\nb) nor this\n```\n| x | y |",
            "d": "2",
        },
        "07": {"a": "4"},
    }
    assert str(handin.answers["08"]["b"].where) == "h/s.md:15"


@pytest.mark.parametrize(
    "heading",
    [
        "## 06",
        "# 06",
        "## Problem 06: title",
        "## 6. Small things",
        "## Aufgabe 6",
        "## Exercise 6 – x",
        "**Problem 6**",
        "## 06 ##",
        "## Small things",
    ],
)
@pytest.mark.parametrize(
    "part", ["### a", "### (a)", "### (a) Compute y.", "### Part a", "### a) Compute", "a)", "**a)**", "### 6a"]
)
def test_headings(read, heading, part):
    assert read(f"{heading}\n\n{part}\n5\n", "h/s.md").answers == {"06": {"a": "5"}}


def test_headings_of_one_level_and_of_boxes(read):
    assert read("## 08\n## b\n1\n## 08 c\n2\n", "h/s.md").answers == {"08": {"b": "1", "c": "2"}}
    assert read("## 08\n### a\n#### z\n1; 2\n#### h\n3\n", "h/s.md").answers == {"08": {"a": {"z": "1; 2", "h": "3"}}}


def test_lists_in_an_answer_are_text(read):
    handin = read("## 06\nc) First:\na. one\nb. two\n\nd) 2\n", "h/s.md")
    assert handin.answers == {"06": {"c": "First:\na. one\nb. two", "d": "2"}}
    assert read("## 06\na. 1\nb: A\n", "h/s.md").answers == {"06": {"a": "1", "b": "A"}}


def test_headings_in_an_answer_are_text(read):
    handin = read("## 06\n### c\nFirst.\n#### Then\nSecond.\n", "h/s.md")
    assert handin.answers == {"06": {"c": "First.\n#### Then\nSecond."}}


def test_header_without_front_matter(read):
    handin = read("# Exam\nStudent: s5\n**Paper:** exam\n\n## 07\n4\n", "h/x.md")
    assert (handin.id, handin.answers, handin.remarks) == ("s5", {"07": {"a": "4"}}, ())


@pytest.mark.parametrize(
    ("text", "typed", "reason"),
    [
        ("## 07\n4\n## Problem 9\n42\n", "42", "There is no problem 'Problem 9' in this paper."),
        ("## 06\n### x\n42\n### a\n1", "42", "Problem 06 has no part 'x'."),
        ("## 06\n42\n\na) 1", "42\n", "This names no part of problem 06; its parts are a, b, c, d."),
        ("I am late.\n\n## 07\n4\n", "I am late.", "This stands above the first problem."),
        ("## 06\n### a: 3\n4\n", "3", "This stands in the heading; the text beneath it was marked."),
        ("## 06\n### a\n1\n### a\n2\n", "2", "This is answered twice; the first answer was marked."),
    ],
)
def test_markdown_without_a_place_is_kept(read, text, typed, reason):
    (remark,) = read(text, "h/s.md").remarks
    assert (remark.typed.strip(), remark.reason) == (typed.strip(), reason)


def test_parts_beneath_an_unknown_problem_do_not_go_elsewhere(read):
    handin = read("## 06\n### a\n1\n## Problem 9\n### a\n2\n", "h/s.md")
    assert handin.answers == {"06": {"a": "1"}}
    assert handin.remarks[0].typed == "### a\n2"


# --- files that are no hand-ins ---


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("h/s.yaml", "student: s9\npaper: exma\nanswers: {}", "It is for the paper 'exma', not for 'exam'."),
        ("h/s.md", "---\npaper: exma\n---\n## 07\n4", "It is for the paper 'exma', not for 'exam'."),
        ("h/s.yaml", "", "It is empty."),
        ("h/s.md", " \n\n", "It is empty."),
        ("h/s.yaml", b"\x7fELF\x00\x01", "It is not a text file."),
        ("h/s.yaml", "answers: {07: 4}".encode("utf-16"), "It is not in UTF-8; save it as UTF-8 text."),
        ("h/s.yaml", b"a: 1\nb: \xfc", "It is not in UTF-8 (line 2); save it as UTF-8 text."),
        ("h/s.yaml", b"a" * 1_000_001, "It is larger than 1 MB."),
        ("h/s.yaml", "answers:\n  07: [1", "Line 2: this is not YAML"),
        ("h/s.yaml", "answers:\n  07: 1\n  07: 2", "Line 3: '07' stands here twice (first in line 2)."),
        ("h/s.yaml", "answers: &x\n  07: 1", "Line 1: '&x' would be a YAML anchor"),
        ("h/s.yaml", "- 1\n- 2", "It is not a mapping with 'student', 'paper' and 'answers'."),
        ("h/s.yaml", "student: s1", "It has no 'answers'."),
        ("h/s.yaml", "answers: 5", "Its 'answers' name no problem; write them as a mapping from problems to parts."),
        ("h/s.yaml", f"student: {'x' * 201}\nanswers: {{}}", "Its 'student' is longer than 200 characters."),
        ("h/s.md", "hello", "It has no heading that names a problem of this paper, such as '## 06'."),
        ("h/s.md", "---\nstudent: s1\n## 07", "Line 1: the front matter that begins with '---' has no end."),
        ("h/s.md", "---\nstudent: s1\npaper: [\n---\n## 07", "Line 3: this is not YAML"),
        ("h/s.md", "## 07\n" + "# x\n" * 3000, "It has more than 2000 headings."),
        ("h/s.txt", "07: 4", "A hand-in is a .yaml, .yml, .md or .ipynb file."),
    ],
)
def test_not_a_hand_in(read, name, data, reason):
    with pytest.raises(HandInError) as caught:
        read(data, name)
    assert str(caught.value).startswith(reason)


def test_deep_nesting_is_refused(read):
    with pytest.raises(HandInError, match="nested more than 40 deep"):
        read("answers: " + "{a: " * 5000)


def test_control_characters_do_not_hurt(read):
    assert read("answers: {07: '4\x1b[31m'}").answers == {"07": {"a": "4\N{REPLACEMENT CHARACTER}[31m"}}


def test_windows_line_ends_and_byte_order_mark(read):
    assert read("\ufeffanswers:\r\n  07: 4\r\n").answers == {"07": {"a": "4"}}


# --- folders ---


def test_folder(exam):
    answers = "answers: {07: 4}"
    exam(
        {
            "h/b.yaml": answers,
            "h/sub/a.yml": answers,
            "h/c.MD": "## 07\n4",
            "h/README.md": "read me",
            "h/.hidden.yaml": answers,
            "h/.git/x.yaml": answers,
            "h/scan.pdf": "x",
            "h/z.yaml": "",
            "h/out/gradebook.json": "{}",
            "h/out/gradebook.csv": "",
            "h/out/feedback/b.md": "## 07\n4",
        }
    )
    found = read_handins(["h", "h/b.yaml"], load_paper("exam"))
    assert [handin.id for handin in found.handins] == ["b", "c", "a"]
    assert [(one.file, one.reason) for one in found.unread] == [("h/z.yaml", "It is empty.")]
    assert found.ignored == ("h/scan.pdf",)


def test_results_are_left_out(exam):
    exam({"h/a.yaml": "answers: {07: 4}", "h/out/b.yaml": "answers: {07: 4}"})
    found = read_handins(["h"], load_paper("exam"), leave_out="h/out")
    assert [handin.id for handin in found.handins] == ["a"]


def test_duplicate_ids(exam):
    exam({"h/a.yaml": "student: s1\nanswers: {07: 4}", "h/b.yaml": "student: ' s1 '\nanswers: {07: 5}"})
    for paths in (["h/a.yaml", "h/b.yaml"], ["h/b.yaml", "h/a.yaml"], ["h"]):
        found = read_handins(paths, load_paper("exam"))
        assert [handin.where.file for handin in found.handins] == ["h/a.yaml"]
        assert [(one.file, one.id, one.reason) for one in found.unread] == [
            ("h/b.yaml", "s1", "The id 's1' is already that of h/a.yaml.")
        ]


def test_missing_path(exam):
    with pytest.raises(UsageError, match="There is no file or folder 'nope'"):
        read_handins(["nope"], load_paper("exam"))


def test_a_pipe_is_not_waited_for(exam):
    exam({"h/s.yaml": "answers: {07: 4}"})
    os.mkfifo("h/p.yaml")
    os.symlink("nowhere", "h/q.yaml")
    found = read_handins(["h", "h/p.yaml"], load_paper("exam"))
    assert [handin.id for handin in found.handins] == ["s"]
    assert [(one.file, one.reason) for one in found.unread] == [("h/p.yaml", "It is not a file.")]


# --- numbers on the sheet ---


@pytest.fixture
def read_quiz(exam):
    """Reads a hand-in for a paper whose problems have full names: by their order, or the one that is given."""

    def read(text, name="h/s.md", problems="exam/08, exam/06, exam/07"):
        exam({"bank/quiz/paper.yaml": f"title: Quiz\nproblems: [{problems}]\n", name: text})
        return read_handin(name, load_paper("quiz"))

    return read


@pytest.mark.parametrize(
    "heading",
    ["Problem 2: Small things", "Problem 2", "2", "Problem 02", "Aufgabe 2", "Aufgabe 2: Small things", "2. Small things"],
)
def test_the_heading_on_the_sheet_is_read(read_quiz, heading):
    handin = read_quiz(f"# {heading}\n## (a)\n5\n## b) A\n")
    assert (handin.answers, handin.remarks) == ({"exam/06": {"a": "5", "b": "A"}}, ())


@pytest.mark.parametrize("key", ["2", "'2'", "'Problem 2: Small things'", "Aufgabe 2"])
def test_the_number_on_the_sheet_as_a_key(read_quiz, key):
    handin = read_quiz(f"answers:\n  {key}: {{a: 5}}\n  1.b: 6\n  3a: 7\n", "h/s.yaml")
    assert handin.answers == {"exam/06": {"a": "5"}, "exam/08": {"b": "6"}, "exam/07": {"a": "7"}}
    assert handin.remarks == ()


def test_all_headings_of_a_sheet_are_read(exam):
    """Where names are numbers they stand on the sheet, else places; the sheet is what `grader sheet` prints."""
    exam({"bank/quiz/paper.yaml": "title: Q\nproblems: [exam/08, exam/06]\n"})
    exam({"bank/exam/paper.yaml": "title: E\nproblems: ['08', '06', '07']\n"})
    for paper, names in (("quiz", ["exam/08", "exam/06"]), ("exam", ["08", "06", "07"])):
        for language in ("en", "de"):
            result = CliRunner().invoke(main, ["sheet", paper, "--to", "text", "--language", language, "-o", "out"])
            assert result.exit_code == 0, result.output
            with open(f"out/{paper}.txt", encoding="utf-8") as stream:
                headings = [line.strip() for line in stream if line.startswith(("Problem ", "Aufgabe "))]
            exam({"h/s.md": "\n".join(f"## {heading}\na) {n}" for n, heading in enumerate(headings))})
            handin = read_handin("h/s.md", load_paper(paper))
            assert handin.answers == {name: {"a": str(n)} for n, name in enumerate(names)}
            assert handin.remarks == ()


@pytest.mark.parametrize(
    ("problems", "heading", "found"),
    [
        ("exam/07, exam/06", "Problem 6", "exam/06"),  # there is no sixth one
        ("exam/07, w/01", "Problem 2", "w/01"),
        ("w/01, exam/07", "Problem 1", "w/01"),  # both readings are the same
        ("exam/07, w/01", "Problem 1: One part", "exam/07"),  # the title tells
        ("exam/07, w/01", "Problem 01", None),  # the first one, or w/01
        ("exam/07, w/01", "1", None),
        ("exam/07, exam/06", "Problem 1: Small things", None),  # the title of the second one
        ("exam/07, exam/06", "Problem 3", None),
    ],
)
def test_where_a_number_could_be_two_problems_nothing_is_guessed(exam, read_quiz, problems, heading, found):
    problem = "title: W\ntopics: [loss]\nparts: [{id: a, text: t, answer: '3', marks: 1}]\n"
    exam({"bank/w/01.yaml": problem})
    handin = read_quiz(f"## {heading}\na) 5\n", problems=problems) if found else None
    if found:
        assert (handin.answers, handin.remarks) == ({found: {"a": "5"}}, ())
        return
    first = problems.partition(",")[0]
    handin = read_quiz(f"## {heading}\na) 5\n## {first}\na) 7\n", problems=problems)
    assert handin.answers == {first: {"a": "7"}}
    assert [(remark.problem, remark.typed) for remark in handin.remarks] == [(heading, "a) 5")]


def test_what_a_number_could_be_is_told(exam, read_quiz):
    exam({"bank/w/01.yaml": "title: W\ntopics: [loss]\nparts: [{id: a, text: t, answer: '3', marks: 1}]\n"})
    handin = read_quiz("answers: {'1': {a: 5}}", "h/s.yaml", "exam/07, w/01")
    assert reasons(handin) == ["There is no '1' in this paper by that name alone (it may be exam/07 or w/01)."]


def test_names_of_an_own_problem_go_before_places(exam, read_quiz):
    """Its own problem 2 is called 02 in the empty hand-in; `2` may as well be the second one on the sheet."""
    exam({"bank/quiz/02.yaml": "title: W\ntopics: [loss]\nparts: [{id: a, text: t, answer: '3', marks: 1}]\n"})
    handin = read_quiz("## Problem 02\na) 5\n## Problem 2: One part\na) 6\n## Problem 2\na) 7", problems='"02", exam/07')
    assert handin.answers == {"02": {"a": "5"}, "exam/07": {"a": "6"}}
    assert [remark.typed for remark in handin.remarks] == ["a) 7"]


def test_marks_behind_a_heading_are_no_answer(read_quiz):
    text = "## Problem 2: Small things [5.5\u00a0marks]\n### (a) [1/2\u00a0mark]\n## Aufgabe 3: One part [1 Punkt]\n"
    handin = read_quiz(text)
    assert (handin.typed, handin.remarks) == (False, ())
    assert read_quiz("## 3: [1, 2]\n").answers == {"exam/07": {"a": "[1, 2]"}}


def test_numbers_within_answers_are_no_problems(read_quiz):
    handin = read_quiz("## Problem 2\n### (c)\nBecause.\n#### 1. First\nfoo\n#### 3\nbar\n")
    assert handin.answers == {"exam/06": {"c": "Because.\n#### 1. First\nfoo\n#### 3\nbar"}}
    assert read_quiz("answers: {exam/08/b: 1,3, exam/08/c: 2,1}", "h/s.yaml").answers == {"exam/08": {"b": "1,3", "c": "2,1"}}
    assert read_quiz("answers: {exam/07: 5, 1: {b: 3}, 2: , 3: 8}", "h/t.yaml").answers["exam/07"] == {"a": "5"}
