"""The page a student gets: for every answer the marks, what was read, and the verdict in a sentence. The answers are not told."""

from grader.course.names import short_name
from grader.course.safe import code, number, words
from grader.marking.verdict import BLANK


def page(mark, paper):
    """The feedback on a hand-in, in Markdown."""
    lines = [f"# {paper.title}: {words(mark.id)}", "", _total(mark), ""]
    if mark.copy and mark.copy.code:
        other = " It is not the one that was made for you; a person will look at that." if mark.note else ""
        lines += [f"The values are those of the copy {mark.copy.code}.{other}", ""]
    by_name = {part.name: part for part in mark.parts}
    for problem in paper.problems:
        short = short_name(problem, paper)
        lines += [f"## {short}: {problem.title}", ""]
        for part in problem.parts:
            lines += [*_part(by_name[f"{short}.{part.id}"], single=len(problem.parts) == 1), ""]
    return "\n".join([*lines, *_remarks(mark.remarks)]).rstrip() + "\n"


def _total(mark):
    if mark.failure:
        return "This hand-in could not be marked automatically; a person will mark it."
    total = f"**{number(mark.decided)} of {number(mark.maximum)} marks**"
    if not mark.waiting_boxes:
        return f"{total}."
    return f"{total} so far; up to {number(mark.waiting)} more wait for a person, in {_answers(mark.waiting_boxes)}."


def _answers(count):
    return "1 answer" if count == 1 else f"{count} answers"


def _part(part, single):
    earned = f"up to {number(part.out_of)}, waiting for a person" if part.marks is None else _of(part.marks, part.out_of)
    name = "Answer" if single else f"({part.part})"
    yield f"### {name}: {earned}{' (bonus)' if part.bonus else ''}"
    yield ""
    for verdict in part.verdicts:
        yield from _verdict(verdict)


def _of(marks, out_of):
    return f"{number(marks)} of {number(out_of)}"


def _verdict(verdict):
    label = f"**{words(verdict.box)}**: " if verdict.box else ""
    marks = "waiting for a person" if verdict.marks is None else _of(verdict.marks, verdict.out_of)
    said = f" ({marks})" if verdict.box and verdict.out_of else ""
    yield f"- {label}{words(verdict.feedback)}{said}"
    if verdict.state != BLANK:
        yield from _indented("You typed", verdict.typed)
    if verdict.read and verdict.read.strip() != verdict.typed.strip():
        yield from _indented("Read as", verdict.read)


def _indented(label, text):
    """An item beneath another one; a text of several lines stands in a fence."""
    first, *more = f"{label}: {code(text)}".split("\n")
    yield f"  - {first}".rstrip()
    yield from (f"    {line}".rstrip() for line in more)


def _remarks(remarks):
    if not remarks:
        return
    yield "## Not marked"
    yield ""
    yield "A person will look at these texts, which have no place in the paper."
    yield ""
    for remark in remarks:
        yield f"- {words(remark.reason)}"
        if remark.typed.strip():
            yield from _indented("You typed", remark.typed)
