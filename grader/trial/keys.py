"""Printed keys on trial: every printed answer judged like a hand-in, and where it is wrong, the cause."""

import re
from collections import Counter
from dataclasses import dataclass, replace

from grader.bank.keys import AGREES, AMBIGUOUS, HUMAN, NOT_PRINTED, READING, ROUNDING, WRONG, Key, Printed
from grader.bank.model import Box, Located, Part
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.kinds.choices import read_choice
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.reading.boxes import split_boxes
from grader.marking.solution import solve_problem
from grader.marking.verdict import FULL, UNDECIDED
from grader.marking.working import references
from grader.maths.errors import GraderError
from grader.trial.causes import ALTERED, LITERAL
from grader.trial.findings import NO_CAUSE, NONE, finding_of

CLAIM = "claim-"  # the parts that claims are judged as


@dataclass(frozen=True)
class Trial:
    """One printed answer, tried.

    finding: one of FINDINGS; cause: tag of the slip, name of the reading, or what keeps the engine from deciding; sure: whether
    the cause is more than a coincidence; detail: a sentence about it; reference: the engine's answer, unless it agrees. entry:
    what was printed and what is expected; items: the catalogue's items it belongs to.
    """

    problem: str
    entry: Printed
    finding: str
    cause: str = ""
    sure: bool = True
    detail: str = ""
    reference: str = ""
    kind: str = ""
    items: tuple = ()

    @property
    def name(self):
        """Where it stands: `tum-2022ss/06 c`, or what a claim is about."""
        return f"{self.problem} {self.entry.place or f'({self.entry.about})'}"

    @property
    def expected(self):
        """The finding the key's file expects."""
        by_default = HUMAN if self.kind in ("text", "file") or (self.entry.place == "" and self.entry.value is None) else AGREES
        return self.entry.finding or (NOT_PRINTED if self.entry.printed is None else by_default)

    @property
    def surprise(self):
        """What differs from what the key's file expects, in a sentence; '' where nothing does."""
        if self.finding != self.expected and not (self.finding == ROUNDING and self.entry.finding is None and not self.cause):
            return f"it was expected to be '{self.expected}', but the finding is '{self.finding}'"
        if self.entry.cause != self.cause:
            return f"the cause was expected to be '{self.entry.cause or 'none'}', but is '{self.cause or 'none'}'"
        return ""

    @property
    def explained(self):
        """Whether a cause was found that says why it is wrong."""
        return bool(self.cause) and self.cause not in NO_CAUSE

    @property
    def verdict(self):
        """For an item of the catalogue: agrees, wrong, ambiguous, not-printed or human; what a person judged goes first."""
        by_engine = {ROUNDING: AGREES, READING: AMBIGUOUS}.get(self.finding, self.finding)
        return self.entry.judged or by_engine


def try_key(solution, key):
    """The Trials of all that is printed in a Key, in the order of the problem's parts; claims last."""
    problem = solution.problem
    judge = Judge(solution, solution.paper.policies if solution.paper else None, attempted=True)
    order = [part.id for part in problem.parts]
    answers = sorted(
        (entry for entry in key.printed if entry.place), key=lambda entry: order.index(entry.place.partition(".")[0])
    )
    found = [trial for entry in answers for trial in _answer(judge, entry)]
    claims = [entry for entry in key.printed if not entry.place]
    return _confirmed([*found, *_claims(solution, claims, answers)])


def _confirmed(trials):
    """The Trials with a cause called sure where it explains several printed answers at once."""
    often = Counter(trial.detail for trial in trials if trial.finding == WRONG and trial.cause in (ALTERED, LITERAL))
    return [replace(trial, sure=True) if often[trial.detail] > 1 else trial for trial in trials]


def _answer(judge, entry):
    """The Trials of one printed answer: one, or one for every box where a part with several is printed as a whole."""
    return [_tried(judge, part, box, one, text) for part, box, one, text in _boxes(judge.solution.problem, entry)]


def _boxes(problem, entry):
    """(part, box, entry, text) for every box that a printed answer answers."""
    part_id, _, box_name = entry.place.partition(".")
    part = problem.part(part_id)
    if box_name or len(part.boxes) == 1:
        return [(part, part.box(box_name) if box_name else part.boxes[0], entry, entry.printed or "")]
    texts = _texts(part, entry.printed or "")
    boxes = [box for box in part.boxes if texts.get(box.name, "").strip()] or part.boxes[:1]
    return [
        (part, box, replace(entry, place=f"{part.id}.{box.name}", printed=text and Located(text, entry.where)), text)
        for box, text in ((box, texts.get(box.name, "")) for box in boxes)
    ]


def _texts(part, text):
    """Box -> its text, by the names of the boxes; without any name, as many pieces as there are boxes, in their order."""
    boxes = [box for box in part.boxes if box.kind not in ("text", "file")]
    pieces = [piece.strip() for piece in re.split(r"[;\n]", text) if piece.strip()]
    names = {box.name for box in part.boxes}
    unnamed = not any(re.match(rf"\W*{re.escape(name)}\W*[=:]", piece) for name in names for piece in pieces)
    if unnamed and len(pieces) == len(boxes) > 1:
        return {box.name: piece for box, piece in zip(boxes, pieces, strict=True)}
    try:
        return split_boxes(part, text)
    except GraderError:  # no box is named: the first one tells that it cannot be read
        return {part.boxes[0].name: text}


def _claims(solution, entries, answers):
    """Claims, each judged as a part of its own behind the printed answers; without a value a person has to decide."""
    parts = [
        Part(f"{CLAIM}{number}", entry.about, (Box("", entry.kind, entry.value, 0),), entry.where)
        for number, entry in enumerate(entries)
        if entry.value is not None
    ]
    judge = None
    if parts:
        problem = replace(solution.problem, parts=(*solution.problem.parts, *parts))
        judge = Judge(solve_problem(problem, solution.paper, solution.conventions), attempted=True)
        for part, box, _, text in (found for entry in answers for found in _boxes(solution.problem, entry)):
            judge.box(part, box, text)
        owned, formulas = judge.owned, judge.formulas
    by_id = {part.id: part for part in parts}
    for number, entry in enumerate(entries):
        part = by_id.get(f"{CLAIM}{number}")
        if part is None:
            yield Trial(solution.problem.id, entry, HUMAN, detail="a person has to decide", kind="text", items=entry.catalogue)
        else:
            judge.owned, judge.formulas = owned, formulas  # claims do not follow from each other
            yield _tried(judge, part, part.boxes[0], entry, entry.printed or "")


def _tried(judge, part, box, entry, text):
    solution = judge.solution
    if box.distractors and _is_value(judge, part, box, text):
        part, box = _without_options(part, box)
    judge.kept = {}  # a key may go by different readings
    question = Question(judge.solutions, part, box, judge.policies, owned=tuple(judge.owned))
    verdict = judge.box(part, box, text)
    if verdict.state == UNDECIDED and (judge.owned or judge.formulas or judge.unread):  # printed values that do not fit
        alone = Judge(solution, judge.policies, attempted=True).box(part, box, text)
        verdict = verdict if alone.state == UNDECIDED else alone
    verdict = with_feedback(credit(verdict, judge.policies))
    finding, cause = (NOT_PRINTED, NONE) if entry.printed is None else finding_of(question, verdict, text)
    return Trial(
        problem=solution.problem.id,
        entry=entry,
        finding=finding,
        cause=cause.tag,
        sure=cause.sure,
        detail=cause.sentence,
        reference=_reference(solution, part, box) if finding not in (AGREES, HUMAN) or verdict.tag else "",
        kind=question.kind,
        items=entry.catalogue or part.catalogue,
    )


def _is_value(judge, part, box, text):
    """Whether what is printed for a choice made from slips names no option, and is a value that is not the right one."""
    keys = [option.key for option in judge.solution.options(part)]
    try:
        read_choice(text, keys)
        return False
    except GraderError:
        pass
    plain = Question(judge.solutions, *_without_options(part, box))
    try:
        KINDS[plain.kind].read(plain, text)
    except GraderError:
        return False
    return Judge(judge.solution, judge.policies).box(part, box, text).state not in FULL


def _without_options(part, box):
    """A choice made from slips as a part that asks for its value."""
    box = replace(box, kind=None, distractors=0)
    return replace(part, boxes=(box,)), box


def _reference(solution, part, box):
    try:
        found = next(row for row in references(solution, part) if row.box == box.name)
    except GraderError as error:
        return f"cannot be worked out: {error}"
    return found.formula or (f"{found.exact} = {found.decimal}" if "/" in found.exact and found.decimal else found.exact)


def external_key(problem, answers):
    """The Key that somebody's own answers make: part -> text or {box: text}, as hand-ins are read."""
    found = []
    for part, typed in answers.items():
        for box, text in ({"": typed} if isinstance(typed, str) else typed).items():
            where = getattr(text, "where", problem.where)
            found.append(Printed(where, f"{part}.{box}" if box else part, Located(text, where)))
    return Key(problem.id, tuple(found), problem.where)
