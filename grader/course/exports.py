"""A Grading as texts of files: `gradebook.csv`, `gradebook.json`, `to-review.csv`. Nothing is written here.

Cells with text that somebody typed are made safe for spreadsheets by `safe.cell`; the JSON has everything as it was typed.
"""

import csv
import io
import json
from dataclasses import asdict
from fractions import Fraction

from grader.bank.load import paper_files, problem_files
from grader.bank.places import bank_root
from grader.course.names import short_name
from grader.course.safe import cell, number
from grader.marking.reproduce import command
from grader.marking.verdict import UNREADABLE

SCHEMA = "grader-gradebook/1"
REVIEW = ("hand_in", "problem", "part", "box", "out_of", "state", "tag", "reason", "typed", "file", "reproduce")


# --- gradebook.csv ---


def gradebook_csv(grading):
    """One row a hand-in: id, a column for each part (empty where a human must decide), then the totals.

    decided: marks given, with bonus; still_to_mark: what a human may add at most; maximum: without bonus.
    """
    names = part_names(grading.paper)
    rows = [("id", *names, "decided", "still_to_mark", "maximum")]
    for mark in grading.marks:
        marks = [part.marks for part in mark.parts]
        shown = ["" if one is None or mark.failure else number(one) for one in marks]
        rows.append((cell(mark.id), *shown, number(mark.decided), number(mark.waiting), number(mark.maximum)))
    return _csv(rows)


def part_names(paper):
    """`06.a` for every part of a paper, in order."""
    return [f"{short_name(problem, paper)}.{part.id}" for problem in paper.problems for part in problem.parts]


def _csv(rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()


# --- to-review.csv ---


def review_csv(grading, commands):
    """Everything that a human still has to look at, a row each.

    Answers that wait for marks; unreadable ones without marks, because later answers may rest on them; texts that have no place
    in the paper (state `unknown-name`); answers to the copy of somebody else (`other-copy`); hand-ins that were not read
    (`not-read`). commands: as `commands_of` gives them.
    """
    rows = [REVIEW]
    for mark in grading.marks:
        rows.extend(
            _answer_row(mark, part, verdict, commands[mark.id][part.problem, verdict.name])
            for part in mark.parts
            for verdict in part.verdicts
            if needs_review(verdict)
        )
        rows.extend(_remark_row(mark, remark) for remark in mark.remarks)
        if mark.note:
            rows.append(_row(mark.id, state="other-copy", reason=mark.note, typed=mark.copy.code, file=mark.file))
    rows.extend(_row(unread.id, file=unread.file, state="not-read", reason=unread.reason) for unread in grading.unread)
    return _csv(rows)


def commands_of(grading):
    """Id of a hand-in -> (short name of a problem, box) -> the command that repeats the verdict on it."""
    root = bank_root().resolve()
    papers, problems = frozenset(paper_files(root)), frozenset(problem_files(root))
    return {mark.id: _commands(mark, grading, papers, problems) for mark in grading.marks}


def _commands(mark, grading, papers, problems):
    """(short name of a problem, box) -> command; papers, problems: ids of those in the bank."""
    copy, paper, found = mark.copy, grading.paper, {}
    beside = paper.id in papers and not grading.manifest
    for problem in paper.problems:
        short, drawn = short_name(problem, paper), copy and problem.id in copy.values
        alone = beside and short != problem.id and problem.id in problems  # then the paper is found without being named
        within = None if alone else grading.manifest or (paper.id if beside else paper.where.file)
        verdicts = [verdict for part in mark.parts if part.problem == short for verdict in part.verdicts]
        seed = copy.seed if copy and (drawn or grading.manifest) else None
        named = problem.id if alone else short
        found |= {(short, one.name): command(named, one, verdicts, seed, within) for one in verdicts}
    return found


def needs_review(verdict):
    """Whether a human must look at an answer."""
    return verdict.marks is None or verdict.state == UNREADABLE


def _row(hand_in, problem="", part="", box="", out_of="", state="", tag="", reason="", typed="", file="", again=""):
    return tuple(map(cell, (hand_in, problem, part, box, out_of, state, tag, reason, typed, file, again)))


def _answer_row(mark, part, verdict, again):
    reason = mark.failure or verdict.evidence.get("problem", "").partition("\n")[0] or verdict.feedback
    return _row(
        mark.id,
        part.problem,
        part.part,
        verdict.box,
        number(verdict.out_of),
        "not-marked" if mark.failure else verdict.state,
        verdict.tag,
        reason,
        verdict.typed,
        mark.file,
        again,
    )


def _remark_row(mark, remark):
    names = remark.problem, remark.part, remark.box
    return _row(mark.id, *names, state="unknown-name", reason=remark.reason, typed=remark.typed, file=mark.file)


# --- gradebook.json ---


def gradebook(grading, pages, commands):
    """All there is to know about a Grading, as what JSON can hold; pages: id -> feedback file; commands: of `commands_of`.

    Marks are exact text (`"5/2"`), null where a human must decide. Documented in docs/hand-ins.md.
    """
    paper = grading.paper
    return {
        "schema": SCHEMA,
        "paper": paper.id,
        "title": paper.title,
        "manifest": grading.manifest,
        "maximum": str(paper.marks),
        "policies": paper.policies.as_texts(),
        "parts": part_names(paper),
        "handins": [{**_handin(mark, commands[mark.id]), "page": pages[mark.id]} for mark in grading.marks],
        "unread": [asdict(unread) for unread in grading.unread],
        "ignored": list(grading.ignored),
        "faults": dict(grading.faults),
        "absent": list(grading.absent),
    }


def _handin(mark, commands):
    return {
        "id": mark.id,
        "file": mark.file,
        "copy": mark.copy.code if mark.copy else "",
        "seed": mark.copy.seed if mark.copy and mark.copy.code else None,
        "decided": str(mark.decided),
        "waiting": str(mark.waiting),
        "waiting_boxes": mark.waiting_boxes,
        "failure": mark.failure,
        "parts": [_part(part, commands) for part in mark.parts],
        "remarks": [asdict(remark) for remark in mark.remarks],
        "note": mark.note,
    }


def _part(part, commands):
    return {
        "name": part.name,
        "problem": part.problem,
        "part": part.part,
        "bonus": part.bonus,
        "out_of": str(part.out_of),
        "marks": None if part.marks is None else str(part.marks),
        "boxes": [_box(verdict, commands[part.problem, verdict.name]) for verdict in part.verdicts],
    }


def _box(verdict, again):
    return {
        "box": verdict.box,
        "state": verdict.state,
        "tag": verdict.tag,
        "marks": None if verdict.marks is None else str(verdict.marks),
        "out_of": str(verdict.out_of),
        "typed": str(verdict.typed),
        "read": verdict.read,
        "feedback": verdict.feedback,
        "evidence": jsonable(verdict.evidence),
        "reproduce": again,
    }


def jsonable(value):
    """Evidence as what JSON can hold: exact numbers and anything unusual as text."""
    if value is None or isinstance(value, bool | int):
        return value
    if hasattr(value, "items"):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    return str(value)


def as_text(book):
    """The JSON text of a gradebook, with a line for each hand-in."""
    fields = ",\n".join(f"{_json(key)}: {_value(value)}" for key, value in book.items())
    return f"{{\n{fields}\n}}\n"


def _value(value):
    return "[\n" + ",\n".join(map(_json, value)) + "\n]" if isinstance(value, list) and value else _json(value)


def _json(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


# --- compared with an earlier gradebook ---


def changes(before, after):
    """Sentences on what differs between two gradebooks (as `gradebook` makes them): marks, hand-ins that came and went."""
    old, new = ({handin["id"]: handin for handin in book["handins"]} for book in (before, after))
    sentences = []
    for id in sorted(old.keys() | new.keys()):
        if id not in old:
            sentences.append(f"{id}: new")
        elif id not in new:
            sentences.append(f"{id}: no longer here (had {number(Fraction(old[id]['decided']))} marks)")
        else:
            sentences.extend(f"{id} {line}" for line in _changed_marks(old[id], new[id]))
    return sentences


def _changed_marks(old, new):
    before, after = _marks_by_box(old), _marks_by_box(new)
    for name in dict.fromkeys([*after, *before]):
        if before.get(name, "-") != after.get(name, "-"):
            yield f"{name}: {_said(before.get(name, '-'))} -> {_said(after.get(name, '-'))}"


def _marks_by_box(handin):
    return {
        f"{part['name']}.{box['box']}" if box["box"] else part["name"]: box["marks"]
        for part in handin["parts"]
        for box in part["boxes"]
    }


def _said(marks):
    return "waiting" if marks is None else "not asked" if marks == "-" else number(Fraction(marks))
