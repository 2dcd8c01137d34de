"""Judging: typed texts of one problem against its solution, box by box. Marks come later, in `credit`."""

import re
from dataclasses import replace

from grader.bank.model import Policies
from grader.marking.comparing.follow import Own
from grader.marking.comparing.numeric import Finding
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.reading.typed import Numbers
from grader.marking.verdict import FOLLOWS, FULL, UNDECIDED, UNREADABLE, WRONG, Verdict, in_one_line
from grader.maths.errors import GraderError
from grader.maths.graph import reachable
from grader.maths.language.characters import MAX_TYPED, no_longer

THOUSANDS_BY_DOT = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?![\d.,])")  # `13.781` is rather a decimal


class Judge:
    """Judges the answers of one person to one problem, part after part, remembering own values as it goes.

    attempted: whether the person answered anything in this problem, so that a choice without a tick may be meant.
    """

    def __init__(self, solution, policies=None, attempted=False):
        self.solution = solution
        self.policies = policies or Policies()
        self.solutions = (solution, *solution.readings)
        self.owned, self.formulas, self.attempted = [], [], attempted
        self.unread = []  # reference nodes of boxes whose answers could not be read
        self.alternatives = _alternatives(solution.problem.readings)
        self.kept = {}  # what a reading changes -> the reading this person goes by, empty for none

    def part(self, part, texts):
        """The verdicts on all boxes of a part; `texts` maps box names to what was typed."""
        return [self.box(part, box, texts.get(box.name, "")) for box in part.boxes]

    def box(self, part, box, text):
        """The verdict on one box. What cannot be read is unreadable; what cannot be judged is undecided; neither is wrong."""
        # a second answer to a box replaces the first
        self.owned, self.formulas = (
            [own for own in found if (own.part, own.box) != (part.id, box.name)] for found in (self.owned, self.formulas)
        )
        question = Question(
            self.solutions, part, box, self.policies, tuple(self.owned), tuple(self.formulas), attempted=self.attempted
        )
        kind, read = KINDS[question.kind], ""
        if not text.strip():
            finding = kind.blank(question)
        else:
            finding, read = self._read_and_judged(kind, question, text)
        finding = self._waiting(question, finding)
        return Verdict(part.id, box.name, typed=text, read=read, out_of=box.marks, **finding)

    def _waiting(self, question, finding):
        """The finding, or undecided where it is wrong, but rests on an answer that could not be read."""
        if finding["state"] == UNREADABLE and question.node is not None:
            self.unread.append(question.node)
        elif finding["state"] == WRONG and self.unread and not set(self.unread).isdisjoint(reachable(_rests_on(question))):
            return Finding.of(UNDECIDED, "rests-on-unread", None)
        return finding

    def _read_and_judged(self, kind, question, text, whole=True):
        """(finding, what was read); whole: whether the text is all that was typed, and not the last of several statements."""
        try:
            answers = kind.read(question, no_longer(text, MAX_TYPED) if kind.by_engine else text)
        except GraderError as error:
            refused = Finding.of(UNREADABLE, "unreadable", None, problem=str(error))
            return self._last_statement(kind, question, error, refused) if whole else (refused, "")
        finding, answer = _best(kind, question, answers)
        finding = self._in_one_reading(kind.working(question, kind.judge, text, finding))
        if answer is not answers[0] and question.kind == "number" and THOUSANDS_BY_DOT.search(text) and finding["state"] in FULL:
            finding = Finding.of(UNDECIDED, "thousands-or-decimals", None, **finding["evidence"])
        finding = _told_if_ambiguous(finding, answer)
        self._remember(question, kind.own(question, answer), finding)
        return finding, in_one_line(answer.text) if kind.by_engine else answer.text

    def _remember(self, question, own, finding):
        """Keep what later answers may follow from: Numbers or a Node, or None for nothing of the sort."""
        if isinstance(own, Numbers):
            self.owned.append(Own.of(question.part, question.box, own, finding))
        elif own is not None:
            self.formulas.append(Own.of(question.part, question.box, own, finding))

    def _last_statement(self, kind, question, error, refused):
        """Of several statements the last is the answer where it is right or follows (the rest is working); else a human looks."""
        if not getattr(error, "last", ""):
            return refused, ""
        owned, formulas, kept = list(self.owned), list(self.formulas), dict(self.kept)
        finding, read = self._read_and_judged(kind, question, error.last, whole=False)
        if finding["state"] in FULL or finding["state"] == FOLLOWS:
            return finding, read
        self.owned, self.formulas, self.kept = owned, formulas, kept
        return refused, ""

    def _in_one_reading(self, finding):
        """The finding, or undecided where it goes by another reading of the same thing than an earlier answer did."""
        under = finding["evidence"].get("under", ())
        for change, readings in self.alternatives.items():
            here = {name for name in under if name in readings or not name}  # other readings say nothing of this one
            if here and self.kept.get(change, min(here)) not in here:
                return Finding.of(UNDECIDED, "reading-changed", None, before=self.kept[change], under=under)
            if len(here) == 1:
                self.kept[change] = min(here)
        return finding


def _told_if_ambiguous(finding, answer):
    """The finding, with what the text could also mean among its evidence."""
    told = getattr(answer, "ambiguous", "")
    return finding.told(ambiguous=told) if told else finding


def _best(kind, question, answers):
    """(finding, answer) of the first of the senses of an answer that earns most."""
    question, best = replace(question, among=len(answers)), None
    for answer in answers:
        finding = _judged(kind, question, answer)
        if best is None or (finding["share"] or 0) > (best[0]["share"] or 0):
            best = finding, answer
        if best[0]["share"] == 1:
            break
    return best


def _judged(kind, question, answer):
    """The finding for a typed answer; undecided where the reference cannot be worked out."""
    try:
        return kind.judge(question, answer)
    except GraderError as error:
        return Finding.of(UNDECIDED, "reference-undecided", None, reason=str(error))


def _rests_on(question):
    """The nodes a box's reference is worked out from: its value, or those of its options."""
    return [question.node] if question.node is not None else list(question.solution.program.options[question.part.id].values())


def _alternatives(readings):
    """Convention or given -> the names of the readings that change it."""
    found = {}
    for alternative in readings:
        for change in (*alternative.conventions, *alternative.replace):
            found.setdefault(change, set()).add(alternative.name)
    return found
