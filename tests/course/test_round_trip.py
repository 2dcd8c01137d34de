"""From a roster to marks: sheets with own values, filled in by a program that works them out in plain fractions, and marked.

What is right, and what a mistake is worth, is constructed here with nothing of the grader's mathematics.
"""

import ast
import csv
import json
import re
import shlex
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from grader.bank.load import load_paper
from grader.bank.places import supplied_root
from grader.commands import main
from grader.course.handins import read_handins
from grader.course.marking import mark_paper
from grader.maths.errors import UsageError
from grader.sheets.build import sheet_of
from grader.sheets.issuing import issue
from grader.sheets.output import write_sheet
from grader.sheets.roster import read_roster
from grader.variants.issue import Person, copies_of, copy_of
from grader.variants.manifest import read_manifest

PAPER, PROBLEM = "tum-mock-2020", "tum-mock-2020/03"
NASTY = ["=cmd|' /C calc'!A0", "#let x = 1", "$HOME & co", '"quoted" \\input{x}', "<b>bold</b>", "../../etc", "s 01", "S-01"]
ROSTER = tuple(Person(f"s{number:03}", f"Student {number}") for number in range(22)) + tuple(Person(id, id) for id in NASTY)


# --- the values of a sheet, and what follows from them, by hand ---


class Net:
    """Two inputs, two hidden units with ReLU, two linear outputs, mean squared error; W and V have a column for each unit."""

    def __init__(self, values):
        quoted = {name: re.sub(r"-?\d+(?:\.\d+)?(?:/\d+)?", r"'\g<0>'", text) for name, text in values.items()}
        read = {name: _fractions(ast.literal_eval(text)) for name, text in quoted.items()}
        self.i, self.W, self.b, self.V, self.c, self.t = (read[name] for name in "iWbVct")
        self.z = [sum(self.i[j] * self.W[j][k] for j in range(2)) + self.b[k] for k in range(2)]
        self.h = [max(value, Fraction(0)) for value in self.z]
        self.o = [sum(self.h[j] * self.V[j][k] for j in range(2)) + self.c[k] for k in range(2)]

    def loss(self, outputs):
        return sum((outputs[k] - self.t[k]) ** 2 for k in range(2)) / 2

    def slope(self, outputs):
        """The derivative of the loss by the weight from input 2 to hidden unit 1."""
        back = sum((outputs[k] - self.t[k]) * self.V[0][k] for k in range(2))
        return back * (self.z[0] > 0) * self.i[1]

    def stepped(self, outputs, rate=Fraction(1, 10)):
        return self.W[1][0] - rate * self.slope(outputs)


def _fractions(value):
    return [_fractions(part) for part in value] if isinstance(value, list) else Fraction(value)


def typed(value):
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def rounded(value):
    """Two decimals, or all there are where that would be less than is asked for."""
    return f"{float(value):.2f}" if abs(value) >= Fraction(1, 10) and round(1000 * value) % 10 != 5 else str(value)


# --- students: what they type, and what it earns: (a.z, a.h, a.o, b, c) ---


def right(net):
    return [net.z, net.h, net.o, net.loss(net.o), net.stepped(net.o)], (1, 1, 1, 1, 5)


def blank(net):
    return ["", "", "", "", ""], (0, 0, 0, 0, 0)


def with_decimals(net):
    return [net.z, net.h, net.o, rounded(net.loss(net.o)), rounded(net.stepped(net.o))], (1, 1, 1, 1, 5)


def wrong_outputs(net):
    """Both outputs are off, and all that comes after goes on from them without a further mistake."""
    for off in (1, 2, 3):
        outputs = [value + off for value in net.o]
        if net.slope(outputs) and net.loss(outputs):
            return [net.z, net.h, outputs, net.loss(outputs), net.stepped(outputs)], (1, 1, 0, 1, 5)
    raise AssertionError


def uphill(net):
    return [net.z, net.h, net.o, net.loss(net.o), net.stepped(net.o, Fraction(-1, 10))], (1, 1, 1, 1, 4)


def summed_loss(net):
    return [net.z, net.h, net.o, 2 * net.loss(net.o), net.stepped(net.o)], (1, 1, 1, 0, 5)


KINDS = (right, blank, with_decimals, wrong_outputs, uphill, summed_loss)


def filled_yaml(text, answers):
    for box, value in zip("zho", answers[:3], strict=True):
        text = re.sub(rf"(?m)^(      {box}:).*$", lambda match, value=value: f"{match[1]} {json.dumps(typed(value))}", text)
    head, tail = text.split('  "03":')
    for part, value in zip("bc", answers[3:], strict=True):
        tail = re.sub(rf"(?m)^(    {part}:).*$", lambda match, value=value: f"{match[1]} {json.dumps(typed(value))}", tail)
    return f'{head}  "03":{tail}'


def filled_markdown(text, answers):
    head, tail = text.split("## Problem 03")
    for box, value in zip("zho", answers[:3], strict=True):
        tail = tail.replace(f"- {box} = ", f"- {box} = {typed(value)}")
    for part, value in zip("bc", answers[3:], strict=True):
        tail = tail.replace(f"### ({part})\n", f"### ({part})\n\n{typed(value)}\n")
    return f"{head}## Problem 03{tail}"


@pytest.fixture
def bank(tmp_path, monkeypatch):
    """A bank of its own, so that it can be changed."""
    root = tmp_path / "bank"
    shutil.copytree(supplied_root() / PAPER, root / PAPER)
    monkeypatch.setenv("GRADER_BANK", str(root))
    return root


@pytest.fixture
def issued(bank, tmp_path):
    folder = tmp_path / "handouts"
    issue(load_paper(PAPER), ROSTER, "text", str(folder), seed=7)
    return folder


def hand_in(folder, to):
    """Everybody hands in a filled-in template, by turns as YAML and Markdown; gives id -> the marks that it should get."""
    known, expected = read_manifest(folder / "manifest.json"), {}
    to.mkdir()
    for number, copy in enumerate(known.copies):
        answers, expected[copy.student.id] = KINDS[number % len(KINDS)](Net(copy.values[PROBLEM]))
        suffix, fill = (("yaml", filled_yaml), ("md", filled_markdown))[number % 2]
        text = (folder / copy.folder / f"answers.{suffix}").read_text(encoding="utf-8")
        (to / f"{number}.{suffix}").write_text(fill(text, answers), encoding="utf-8")
    return expected


def marks(mark):
    return tuple(verdict.marks for part in mark.parts if part.problem == "03" for verdict in part.verdicts)


def graded(folder, paths):
    known = read_manifest(folder / "manifest.json")
    return mark_paper(known.paper, read_handins(paths, known.paper), issue=known)


def test_every_mark_is_as_constructed(issued, tmp_path):
    expected = hand_in(issued, tmp_path / "handed-in")
    grading = graded(issued, [tmp_path / "handed-in"])
    assert {mark.id: marks(mark) for mark in grading.marks} == expected
    assert len(expected) == 30
    assert not grading.unread
    assert not grading.absent
    assert len({mark.copy.code for mark in grading.marks}) == 30


def test_own_values_are_marked_in_processes_too(issued, tmp_path):
    expected = hand_in(issued, tmp_path / "handed-in")
    known = read_manifest(issued / "manifest.json")
    handins = read_handins([tmp_path / "handed-in"], known.paper)
    twice = handins.handins + tuple(handins.handins)  # enough for a pool
    again = mark_paper(known.paper, twice, jobs=2, issue=known)
    assert {mark.id: marks(mark) for mark in again.marks} == expected


def test_later_edits_of_the_bank_change_nothing(issued, bank, tmp_path):
    expected = hand_in(issued, tmp_path / "handed-in")
    path = bank / PAPER / "03.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("nonzero_ints(2, -3..3)", "nonzero_ints(2, -2..2)").replace("mse(o, t)", "2 * mse(o, t)"), "utf-8"
    )
    (bank / "conventions.yaml").write_text(
        (supplied_root() / "conventions.yaml").read_text("utf-8").replace("default: mean", "default: sum")
    )
    before = {path: path.read_bytes() for path in issued.rglob("*.txt")}
    again = issue(load_paper(PAPER), (*ROSTER, Person("late")), "text", str(issued))
    assert {path: path.read_bytes() for path in before} == before
    assert again.new == ("late",)
    assert any("has been changed since" in remark for remark in again.remarks)
    grading = graded(issued, [tmp_path / "handed-in"])
    assert {mark.id: marks(mark) for mark in grading.marks} == expected
    assert grading.absent == ("late",)


def test_frozen_files_that_were_changed_are_refused(issued):
    file = issued / "issued" / PAPER / "03.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="has been changed since the sheets were issued"):
        read_manifest(issued / "manifest.json")


@pytest.mark.parametrize("change", ["values", "code", "seed", "conventions", "folder"])
def test_a_manifest_that_was_changed_by_hand_is_refused(issued, change):
    path = issued / "manifest.json"
    book = json.loads(path.read_text(encoding="utf-8"))
    one = book["copies"][0]
    if change == "values":
        one["problems"][PROBLEM]["values"]["t"] = "[5, 5]"
    elif change == "conventions":
        book["conventions"]["squared_error"] = "sum"
    else:
        one[change] = book["copies"][1][change]
    path.write_text(json.dumps(book), encoding="utf-8")
    with pytest.raises(UsageError, match="changed by hand"):
        read_manifest(path)


def test_the_first_of_two_hand_ins_that_can_be_marked_counts(issued, tmp_path):
    known = read_manifest(issued / "manifest.json")
    answers, expected = right(Net(known.copies[0].values[PROBLEM]))
    text = filled_yaml((issued / "s000" / "answers.yaml").read_text(encoding="utf-8"), answers)
    (tmp_path / "a.yaml").write_text(text.replace(known.copies[0].code, "0123456789ab"))
    (tmp_path / "b.yaml").write_text(text)
    grading = graded(issued, [tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert [marks(mark) for mark in grading.marks] == [expected]
    assert [(Path(one.file).name, "no copy" in one.reason) for one in grading.unread] == [("a.yaml", True)]


def test_a_hand_in_without_a_student_is_that_of_its_copy(issued, tmp_path):
    known = read_manifest(issued / "manifest.json")
    answers, expected = right(Net(known.copies[4].values[PROBLEM]))
    text = filled_yaml((issued / "s004" / "answers.yaml").read_text(encoding="utf-8"), answers)
    (tmp_path / "mine.yaml").write_text(text.replace("student: s004", "student:"))
    grading = graded(issued, [tmp_path / "mine.yaml"])
    assert [(mark.id, marks(mark)) for mark in grading.marks] == [("s004", expected)]
    assert len(grading.absent) == 29
    assert "s004" not in grading.absent


def test_who_handed_in_nothing_is_told_also_when_a_neighbour_used_the_sheet(issued, tmp_path):
    known = read_manifest(issued / "manifest.json")
    text = filled_yaml(
        (issued / "s002" / "answers.yaml").read_text(encoding="utf-8"), right(Net(known.copies[2].values[PROBLEM]))[0]
    )
    (tmp_path / "x.yaml").write_text(text.replace("student: s002", "student: s001"))
    grading = graded(issued, [tmp_path / "x.yaml"])
    assert [mark.id for mark in grading.marks] == ["s001"]
    assert "s002" in grading.absent
    assert "s001" not in grading.absent


def test_leading_zeros_may_be_left_out_and_the_id_is_that_of_the_roster(bank, tmp_path):
    issue(load_paper(PAPER), [Person("0012"), Person("0034"), Person("34")], "text", str(tmp_path / "h"))
    for name, id in (("a", "12"), ("b", "034")):
        (tmp_path / f"{name}.yaml").write_text(f"student: '{id}'\nanswers: {{03: {{b: 1}}}}\n")
    grading = graded(tmp_path / "h", [tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert [(mark.id, mark.copy.student.id) for mark in grading.marks] == [("0012", "0012")]
    assert [one.id for one in grading.unread] == ["034"]


@pytest.mark.parametrize(
    ("answers", "unread", "ignored"), [("12", ["b.yaml"], []), (["1", "''"], [], ["b.yaml"]), (["''", "1"], [], ["a.yaml"])]
)
def test_a_student_is_marked_once_however_the_id_is_written(bank, tmp_path, answers, unread, ignored):
    issue(load_paper(PAPER), [Person("0012"), Person("Ada")], "text", str(tmp_path / "h"))
    for name, id, answer in zip("ab", ("12", "0012"), answers, strict=True):
        (tmp_path / f"{name}.yaml").write_text(f"student: '{id}'\nanswers: {{03: {{b: {answer}}}}}\n")
    (tmp_path / "c.yaml").write_text("student: ADA\nanswers: {03: {b: 1}}\n")
    grading = graded(tmp_path / "h", [tmp_path / f"{name}.yaml" for name in "abc"])
    assert [mark.id for mark in grading.marks] == ["0012", "Ada"]
    assert next(box.typed for box in grading.marks[0].verdicts if box.part == "b") == "1"
    assert [Path(file).name for file in grading.ignored] == ignored
    assert [Path(one.file).name for one in grading.unread] == unread
    assert all(one.reason == f"The id '0012' is already that of {tmp_path / 'a.yaml'}." for one in grading.unread)


def test_a_filled_notebook_beside_empty_templates_is_marked_and_kept(issued, bank, tmp_path):
    issue(load_paper(PAPER), ROSTER, "notebook", str(issued))
    (path,) = (issued / "s000").glob("*.ipynb")
    book = json.loads(path.read_text(encoding="utf-8"))
    net = Net(read_manifest(issued / "manifest.json").copies[0].values[PROBLEM])
    (cell,) = [cell for cell in book["cells"] if cell["metadata"].get("grader") == {"problem": "03", "part": "b"}]
    cell["source"] = [*cell["source"], f"\n{net.loss(net.o)}"]
    path.write_text(json.dumps(book), encoding="utf-8")
    grading = graded(issued, [issued])
    assert {mark.id: marks(mark)[3] for mark in grading.marks if mark.decided} == {"s000": 1}
    assert not grading.unread
    again = issue(load_paper(PAPER), ROSTER, "notebook", str(issued))
    assert any("is kept" in remark for remark in again.remarks)
    assert any(kept.read_text(encoding="utf-8") == json.dumps(book) for kept in (issued / "s000").glob("*.kept-1.ipynb"))


def test_the_sheet_of_a_neighbour_is_marked_by_its_values_and_told(issued, tmp_path):
    known = read_manifest(issued / "manifest.json")
    one, two = known.copies[:2]
    answers, expected = right(Net(two.values[PROBLEM]))
    text = (issued / two.folder / "answers.yaml").read_text(encoding="utf-8")
    text = filled_yaml(text, answers).replace(f"student: {two.student.id}", f"student: {one.student.id}")
    (tmp_path / "x.yaml").write_text(text)
    (mark,) = graded(issued, [tmp_path / "x.yaml"]).marks
    assert marks(mark) == expected
    assert mark.id == one.student.id
    note = f"s000 answered the copy of s001 ({two.code}) and was marked by the values of that copy."
    assert (mark.note, mark.remarks) == (note, ())
    result = grade(tmp_path / "x.yaml", issued / "manifest.json", tmp_path / "out")
    assert f"\nThe copy of somebody else:\n  {note}\n" in result.stdout
    page = (tmp_path / "out/feedback/s000.md").read_text(encoding="utf-8")
    assert "s001" not in page
    assert "Not marked" not in page
    assert f"copy {two.code}. It is not the one that was made for you; a person will look at that.\n" in page
    with open(tmp_path / "out/to-review.csv", newline="", encoding="utf-8") as stream:
        assert [(row["hand_in"], row["reason"]) for row in csv.DictReader(stream) if row["state"] == "other-copy"] == [
            ("s000", note)
        ]
    assert json.loads((tmp_path / "out/gradebook.json").read_text(encoding="utf-8"))["handins"][0]["note"] == note


def grade(handins, paper, output):
    return CliRunner().invoke(main, ["grade", str(handins), "--paper", str(paper), "-o", str(output)])


def test_results_with_and_without_a_manifest_are_not_mixed(issued, tmp_path):
    hand_in(issued, tmp_path / "handed-in")
    manifest = str(issued / "manifest.json")
    for first, second, sentence in (
        (manifest, PAPER, f"holds results of sheets for a roster; mark with --paper {manifest}, or name another folder."),
        (PAPER, manifest, f"holds results of '{PAPER}' that were marked without a roster's manifest; name another folder."),
    ):
        out = tmp_path / ("plain" if first == PAPER else "own")
        (tmp_path / "plain.yaml").write_text("student: s000\nanswers: {03: {b: 1}}\n")
        handins = tmp_path / "plain.yaml" if first == PAPER else tmp_path / "handed-in"
        assert grade(handins, first, out).exit_code == 0
        before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        result = grade(tmp_path / "handed-in", second, out)
        assert (result.exit_code, result.stderr, result.stdout) == (2, f"Error: '{out}' {sentence}\n", "")
        assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
        assert grade(handins, first, out).exit_code == 0


@pytest.mark.parametrize(
    ("text", "persons"),
    [
        ("foo;bar\n1;2\n", None),
        ("Kennung\nab12cde\nmm77foo\n", None),
        ("who\nada@x.org\n", None),
        ("ada\n", [Person("ada")]),
        ("ada\ngrace\n", [Person("ada"), Person("grace")]),
        ("s1,Ada\ns2,Grace\n", [Person("s1", "Ada"), Person("s2", "Grace")]),
        ("ada\ns2\ngrace\n", [Person("ada"), Person("s2"), Person("grace")]),
    ],
)
def test_no_sheet_is_issued_to_a_heading(tmp_path, text, persons):
    path = tmp_path / "roster.csv"
    path.write_text(text)
    if persons:
        assert list(read_roster(path)) == persons
        return
    result = CliRunner().invoke(main, ["sheet", PAPER, "--roster", str(path), "-o", str(tmp_path / "out")])
    first = re.match(r"\w+", text)[0]
    assert result.exit_code == 2
    assert f"begins with '{first}', which looks like a heading" in result.stderr
    assert not (tmp_path / "out").exists()


def test_one_copy_of_a_roster_must_be_named_to_check_an_answer(issued):
    arguments = ["check", "03", "b", "1", "--paper", str(issued / "manifest.json")]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: Every student has values of their own for {PROBLEM}; name the copy with --seed")
    seed = read_manifest(issued / "manifest.json").copies[0].seed
    assert CliRunner().invoke(main, [*arguments, "--seed", str(seed)]).exit_code == 0


def test_without_a_code_the_student_tells_the_copy(issued, tmp_path):
    known = read_manifest(issued / "manifest.json")
    answers, expected = right(Net(known.copies[3].values[PROBLEM]))
    text = filled_yaml((issued / "s003" / "answers.yaml").read_text(encoding="utf-8"), answers)
    (tmp_path / "x.yaml").write_text(re.sub("(?m)^copy:.*\n", "", text))
    (tmp_path / "y.yaml").write_text("student: nobody\nanswers: {03: {b: 1}}\n")
    (tmp_path / "z.yaml").write_text("student: z\ncopy: 0123\nanswers: {03: {b: 1}}\n")
    grading = graded(issued, [tmp_path / f"{name}.yaml" for name in "xyz"])
    assert [marks(mark) for mark in grading.marks] == [expected]
    assert [unread.id for unread in grading.unread] == ["nobody", "z"]
    assert "no sheet was issued to 'nobody'" in grading.unread[0].reason
    assert "no copy '0123'" in grading.unread[1].reason


def test_a_sheet_with_a_seed_needs_no_manifest(bank, tmp_path):
    paper = load_paper(PAPER)
    made = sheet_of(paper, seed=5)
    write_sheet(made, "text", str(tmp_path / "sheet"))
    text = (tmp_path / "sheet" / "answers.yaml").read_text(encoding="utf-8")
    assert f"copy: {made.code}" in text
    assert "seed: 5" in text
    (tmp_path / "x.yaml").write_text(re.sub("(?m)^    b:.*$", '    b: "1000"', text))
    (tmp_path / "w.yaml").write_text(text.replace("seed: 5", "seed: 6"))
    (tmp_path / "v.yaml").write_text(text.replace("seed: 5", "seed: five"))
    (tmp_path / "u.yaml").write_text(text.replace("seed: 5\n", ""))
    grading = mark_paper(paper, read_handins([tmp_path / f"{name}.yaml" for name in "xwvu"], paper))
    (mark,) = grading.marks
    assert mark.copy.code == made.code
    assert marks(mark)[3] == 0
    reasons = " ".join(unread.reason for unread in grading.unread)
    assert len(grading.unread) == 3
    assert "not those that seed 6 gives now" in reasons
    assert "'five' is no whole number" in reasons
    assert "manifest.json" in reasons


def test_an_empty_template_beside_a_filled_one_is_ignored(issued, tmp_path):
    known = read_manifest(issued / "manifest.json")
    answers, expected = right(Net(known.copies[0].values[PROBLEM]))
    path = issued / "s000" / "answers.md"
    path.write_text(filled_markdown(path.read_text(encoding="utf-8"), answers), encoding="utf-8")
    grading = graded(issued, [issued])
    assert not grading.unread  # neither the empty YAML files nor the frozen bank
    assert {mark.id: marks(mark) for mark in grading.marks}["s000"] == expected


def test_folders_of_hostile_ids_stay_inside(issued):
    folders = [copy.folder for copy in read_manifest(issued / "manifest.json").copies]
    assert len({name.casefold() for name in folders}) == len(ROSTER)
    assert all((issued / name).resolve().parent == issued.resolve() for name in folders)


def test_a_folder_is_not_issued_twice_for_something_else(issued):
    with pytest.raises(UsageError, match="issued with the seed 7"):
        issue(load_paper(PAPER), ROSTER, "text", str(issued), seed=8)


def test_a_students_values_do_not_depend_on_the_others(bank, tmp_path):
    paper = load_paper(PAPER)
    some = issue(paper, ROSTER[5:8], "text", str(tmp_path / "one"), seed=3).issue
    more = issue(paper, ROSTER[::-1], "text", str(tmp_path / "two"), seed=3).issue
    assert all(more.by_student[copy.student.id].code == copy.code for copy in some.copies)


def test_the_files_of_the_frozen_paper_are_those_of_the_bank(issued, bank):
    for name in ("paper", "01", "02", "03"):
        assert (issued / "issued" / PAPER / f"{name}.yaml").read_bytes() == (bank / PAPER / f"{name}.yaml").read_bytes()
    assert yaml.safe_load((issued / "issued" / PAPER / "paper.yaml").read_text("utf-8"))["problems"]


def test_roster_is_written_by_csv(tmp_path):
    from grader.sheets.roster import read_roster

    with open(tmp_path / "r.csv", "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["Student", "Name"], *((person.id, person.name) for person in ROSTER)])
    assert read_roster(tmp_path / "r.csv") == ROSTER
    assert Path(tmp_path / "r.csv").is_file()


def test_students_with_the_same_seed_have_the_same_copy(bank):
    one, two = copies_of(load_paper(PAPER), [(5, Person("a")), (5, Person("b"))])
    assert (one.student.id, two.student.id) == ("a", "b")
    assert one.code == two.code == copy_of(load_paper(PAPER), 5).code


# --- the commands that repeat a verdict ---


def repeated(book):
    """(what the gradebook says, what its commands say) of all typed answers of nine hand-ins: (state, tag, marks)."""
    said, found = [], []
    for handin in book["handins"][:9]:
        for box in (box for part in handin["parts"] for box in part["boxes"] if box["typed"].strip()):
            said.append((box["state"], box["tag"], box["marks"]))
            result = CliRunner().invoke(main, [*shlex.split(box["reproduce"])[1:], "--json"])
            assert result.exit_code == 0, result.output
            (row,) = json.loads(result.stdout)
            found.append((row["state"], row["tag"], row["marks"]))
    return said, found


def test_commands_repeat_the_verdicts_of_a_roster(issued, bank, tmp_path):
    hand_in(issued, tmp_path / "handed-in")
    (bank / PAPER / "03.yaml").unlink()  # what was issued is enough
    result = CliRunner().invoke(
        main, ["grade", str(tmp_path / "handed-in"), "--paper", str(issued / "manifest.json"), "-o", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    said, found = repeated(json.loads((tmp_path / "out" / "gradebook.json").read_text(encoding="utf-8")))
    assert found == said
    assert {state for state, *_ in said} >= {"right", "follows", "partly", "wrong"}


def test_commands_repeat_the_verdicts_of_an_own_paper(tmp_path):
    """Its policies and its conventions are not those of the bank's papers."""
    own = tmp_path / "own"
    own.mkdir()
    text = f"title: Own\nproblems: [{PROBLEM}]\npolicies: {{follow: half}}\nconventions: {{squared_error: sum}}\n"
    (own / "paper.yaml").write_text(text, encoding="utf-8")
    folder = tmp_path / "handouts"
    issue(load_paper(str(own / "paper.yaml")), [Person("a"), Person("b")], "text", str(folder))
    known = read_manifest(folder / "manifest.json")
    for copy in known.copies:
        answers, _ = wrong_outputs(Net(copy.values[PROBLEM]))
        lines = [f"student: {copy.student.id}", f"copy: {copy.code}", "answers:", f"  {PROBLEM}:"]
        boxes = ", ".join(f"{name}: {json.dumps(typed(value))}" for name, value in zip("zho", answers, strict=False))
        lines += [f"    a: {{{boxes}}}", f"    b: {json.dumps(typed(2 * answers[3]))}"]
        (tmp_path / f"{copy.student.id}.yaml").write_text("\n".join(lines), encoding="utf-8")
    for name, paper in (("out", folder / "manifest.json"), ("seedless", own / "paper.yaml")):
        files = [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
        if name == "seedless":
            for file in files:
                Path(file).write_text(re.sub("(?m)^copy:.*\n", "", Path(file).read_text(encoding="utf-8")), encoding="utf-8")
        result = CliRunner().invoke(main, ["grade", *files, "--paper", str(paper), "-o", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        book = json.loads((tmp_path / name / "gradebook.json").read_text(encoding="utf-8"))
        said, found = repeated(book)
        assert found == said
        if name == "out":
            assert ("follows", "own-values", "1/2") in said
