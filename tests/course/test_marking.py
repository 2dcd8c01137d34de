"""Marking hand-ins: exact marks, errors carried forward, and no hand-in that stops another."""

from fractions import Fraction

import pytest

import grader
from grader.bank.load import load_paper
from grader.course import marking
from grader.course.handins import read_handins
from grader.course.marking import grade, mark_paper
from grader.marking.check import Judge
from grader.maths.errors import BankError, UsageError

PERFECT = """\
answers:
  06: {a: 2/3, b: A, c: Because., d: 2}
  07: 4
  08: {a: {z: [2, -0.5], h: [2, 0], o: "0; -1.5"}, b: 2.5, c: 0.65}
"""


@pytest.fixture
def mark(exam):
    def mark(*texts, jobs=1):
        exam({f"h/s{number:03}.yaml": text for number, text in enumerate(texts)})
        return mark_paper(load_paper("exam"), read_handins(["h"], load_paper("exam")), jobs)

    return mark


def states(mark):
    return {part.name + (verdict.box and f".{verdict.box}"): verdict.state for part in mark.parts for verdict in part.verdicts}


def marks(mark):
    return {part.name: part.marks for part in mark.parts}


def test_perfect(mark):
    (one,) = mark(PERFECT).marks
    assert (one.decided, one.maximum, one.waiting, one.waiting_boxes) == (Fraction(27, 2), Fraction(31, 2), 3, 1)
    assert marks(one)["06.c"] is None
    assert list(marks(one)) == ["06.a", "06.b", "06.c", "06.d", "07.a", "08.a", "08.b", "08.c"]
    assert states(one)["06.c"] == "undecided"


def test_half_points_are_exact(mark):
    (one,) = mark("answers: {06a: 0.67}").marks
    assert one.decided == Fraction(1, 2)
    assert isinstance(one.decided, Fraction)


def test_bonus_counts_above_the_maximum(mark):
    (one,) = mark("answers: {06d: 2}").marks
    assert (one.decided, one.maximum, one.out_of) == (1, Fraction(31, 2), Fraction(33, 2))


def test_blank(mark):
    (one,) = mark("answers: {}").marks
    assert (one.decided, one.waiting, set(states(one).values())) == (0, 0, {"blank"})


def test_errors_are_carried_forward(mark):
    (one,) = mark("answers: {08: {a: {z: 2; 1, h: 2; 1, o: -0.5; -0.5}, b: 1.625}}").marks
    found = states(one)
    assert found["08.a.z"] == "partly"
    assert [found[name] for name in ("08.a.h", "08.a.o", "08.b")] == ["follows"] * 3


def test_hand_ins_do_not_influence_each_other(mark):
    wrong = "answers: {08: {a: {z: 2; 1, h: 2; 1, o: -0.5; -0.5}, b: 1.625}}"
    (alone,), together = mark(PERFECT).marks, mark(PERFECT, wrong, wrong).marks
    assert together[0] == alone
    assert together[1].parts == together[2].parts


def test_boxes_that_cannot_be_told_apart_are_unreadable(mark):
    (one,) = mark("answers: {08: {a: 'q = 5', b: 2.5}}").marks
    found = states(one)
    assert [found[f"08.a.{box}"] for box in "zho"] == ["unreadable"] * 3
    assert found["08.b"] == "right"
    verdict = one.parts[5].verdicts[0]
    assert (verdict.typed, verdict.evidence["problem"]) == ("q = 5", "part a has no box 'q'; its boxes are z, h, o")


def test_a_very_long_answer_is_unreadable(mark):
    (one,) = mark(f"answers: {{08: {{a: 'z = 1{';1' * 100_000}', b: 2.5}}}}").marks
    assert states(one)["08.a.z"] == "unreadable"
    assert one.waiting == 3


def test_policies_of_the_paper(exam):
    exam({"bank/exam/paper.yaml": 'title: E\nproblems: ["08"]\npolicies: {follow: none, array: all-or-nothing}\n'})
    exam({"h/s.yaml": "answers: {08: {a: {z: 2; 1, h: 2; 1}}}"})
    (one,) = grade("h", "exam").marks
    assert states(one)["08.a.h"] == "follows"
    assert one.decided == 0


def test_a_fault_costs_only_one_hand_in(mark, monkeypatch):
    judge = Judge.part

    def faulty(self, part, texts):
        if "666" in texts.values():
            raise ZeroDivisionError("by zero")
        return judge(self, part, texts)

    monkeypatch.setattr(Judge, "part", faulty)
    first, second, third = mark(PERFECT, "answers: {06a: 666, 07: 4}", PERFECT).marks
    assert second.failure == "internal error: ZeroDivisionError: by zero"
    assert (second.decided, second.waiting, second.waiting_boxes) == (0, Fraction(3, 2), 2)
    assert first.parts == third.parts
    assert first.decided == Fraction(27, 2)


def test_a_problem_without_a_solution_waits_for_a_human(exam, monkeypatch):
    solve = marking.solve_problem

    def some(problem, paper):
        if problem.id == "exam/07":
            raise UsageError("no way")
        return solve(problem, paper)

    monkeypatch.setattr(marking, "solve_problem", some)
    exam({"h/s.yaml": "answers: {06a: 2/3, 07: 4}", "h/t.yaml": "answers: {06a: 2/3}"})
    grading = grade("h", "exam")
    assert dict(grading.faults) == {"07": "no way"}
    assert (grading.marks[0].decided, grading.marks[0].waiting) == (Fraction(1, 2), 1)
    assert grading.marks[1].waiting == 0


def test_jobs_change_nothing(mark):
    texts = [PERFECT.replace("2/3", str(number)) for number in range(120)]
    assert mark(*texts, jobs=3) == mark(*texts)


def test_progress(exam):
    exam({"h/s.yaml": "answers: {07: 4}"})
    seen = []
    mark_paper(load_paper("exam"), read_handins(["h"], load_paper("exam")), progress=seen.append)
    assert [one.id for one in seen] == ["s"]


# --- for other programs ---


def test_grade(exam):
    root = exam({"h/s.yaml": "answers: {07: 4}", "h/t.yaml": ""})
    grading = grader.grade(root / "h", "exam")
    assert [mark.decided for mark in grading.marks] == [1]
    assert [unread.reason for unread in grading.unread] == ["It is empty."]
    handins = read_handins(["h"], load_paper("exam"))
    assert grade(handins, "exam").marks[0].decided == 1
    assert grade(list(handins.handins), load_paper("exam")).marks[0].decided == 1
    assert grade(["h/s.yaml"], "bank/exam/paper.yaml").paper.id == "exam"


def test_grade_raises_only_our_errors(exam):
    exam({"h/s.yaml": "answers: {07: 4}", "bank/bad/paper.yaml": "title: x"})
    with pytest.raises(UsageError, match="There is no paper 'exm'"):
        grade("h", "exm")
    with pytest.raises(UsageError, match="There is no file or folder 'nope'"):
        grade("nope", "exam")
    with pytest.raises(BankError):
        grade("h", "bad")


def test_check(exam):
    verdict = grader.check("exam/08", "a.h", "2; 1", earlier={"a.z": "2; 1"})
    assert (verdict.state, verdict.marks, verdict.part, verdict.box) == ("follows", 1, "a", "h")
    assert verdict.feedback.startswith("Follows correctly from your own z in (a)")
    assert grader.check("exam/08", "b", "2.5").state == "right"
    assert grader.check("exam/07", "a", "4", seed=4).state == "right"  # it has no variants
    assert grader.check("exam/08", "a", "h = 2; 0").name == "a.h"
    assert grader.check("exam/07", "a", "").state == "blank"
    assert grader.check(grader.load_problem("exam/07"), "a", "4").marks == 1


@pytest.mark.parametrize(
    ("part", "text", "sentence"),
    [
        ("q", "1", "problem exam/08 has no part 'q'; its parts are a, b, c"),
        ("a.hh", "1", "part a has no box 'hh' (did you mean 'h'?); its boxes are z, h, o"),
        ("b.z", "1", "part b has no box 'z'; it has one answer, so the part's name is enough"),
        ("a", "z = 1; h = 2", "part a has several boxes (a.z, a.h, a.o); check them one by one"),
        ("a", "5", "part a has several boxes; answer them by name: z = ...; h = ...; o = ..."),
    ],
)
def test_check_refuses(exam, part, text, sentence):
    with pytest.raises(grader.GraderError) as caught:
        grader.check("exam/08", part, text)
    assert str(caught.value) == sentence


def test_solve(exam):
    assert grader.solve("exam/07").reference("a", "").array[()] == 4
