"""Marking hand-ins for a paper: every problem is solved once, every hand-in judged by itself."""

import copyreg
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from grader.bank.load import load_paper
from grader.bank.model import EMPTY, Paper
from grader.course.answers import Remark
from grader.course.copies import missing, with_copies
from grader.course.handins import HandIn, HandIns, Unread, read_handins
from grader.course.names import short_name
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.reading.boxes import split_boxes
from grader.marking.solution import solve_problem
from grader.marking.verdict import BLANK, UNDECIDED, UNREADABLE, Verdict
from grader.maths.errors import GraderError
from grader.variants.issue import Copy

ENOUGH_FOR_POOL = 50  # hand-ins from which starting processes pays
MOST_COPIES = 16  # whose solutions are kept, for those who answer the same one


def _evidence(entries):
    return MappingProxyType(entries)  # a function of ours, because the type itself has no name that pickle could find


copyreg.pickle(MappingProxyType, lambda proxy: (_evidence, (dict(proxy),)))  # evidence comes back from other processes


@dataclass(frozen=True)
class PartMark:
    """The verdicts on the boxes of a part; `name` as `06.a`."""

    problem: str
    part: str
    bonus: bool
    verdicts: tuple[Verdict, ...]

    @property
    def name(self):
        return f"{self.problem}.{self.part}"

    @property
    def marks(self):
        """The marks of the part, or None while a human must decide about a box."""
        return None if any(verdict.marks is None for verdict in self.verdicts) else self.decided

    @property
    def decided(self):
        """The marks of the boxes that are decided."""
        return sum((verdict.marks for verdict in self.verdicts if verdict.marks is not None), Fraction(0))

    @property
    def out_of(self):
        return sum((verdict.out_of for verdict in self.verdicts), Fraction(0))


@dataclass(frozen=True)
class Mark:
    """A hand-in, marked. `failure` says why nothing was marked, where that is so: then everything waits for a human.

    decided: the marks given so far, bonus among them; maximum: what can be had without bonus; waiting: the marks that a human
    may still give; waiting_boxes: the answers they depend on. copy: whose values it was marked by, None for those of the paper as
    it stands. note: what only the instructor is told.
    """

    id: str
    file: str
    maximum: Fraction
    parts: tuple[PartMark, ...]
    remarks: tuple[Remark, ...] = ()
    failure: str = ""
    copy: Copy | None = None
    note: str = ""

    @property
    def verdicts(self):
        return [verdict for part in self.parts for verdict in part.verdicts]

    @property
    def decided(self):
        return sum((part.decided for part in self.parts), Fraction(0))

    @property
    def waiting(self):
        return sum((verdict.out_of for verdict in self.verdicts if verdict.marks is None), Fraction(0))

    @property
    def waiting_boxes(self):
        return sum(verdict.marks is None for verdict in self.verdicts)

    @property
    def out_of(self):
        """All marks that could be had, with bonus."""
        return sum((part.out_of for part in self.parts), Fraction(0))


@dataclass(frozen=True)
class Grading:
    """A paper marked: a Mark for every hand-in, in their order; files that could not be read; files that are no hand-ins.

    faults: problem -> why it has no solution, so that all its answers wait for a human. absent: the students who got a sheet, but
    handed in nothing; manifest: the file of the sheets that were handed out, empty where everybody had the same.
    """

    paper: Paper
    marks: tuple[Mark, ...]
    unread: tuple[Unread, ...] = ()
    ignored: tuple[str, ...] = ()
    faults: MappingProxyType = field(default_factory=lambda: EMPTY)
    absent: tuple[str, ...] = ()
    manifest: str = ""

    @property
    def out_of(self):
        """The marks of all hand-ins together, with bonus."""
        return sum((mark.out_of for mark in self.marks), Fraction(0))

    @property
    def waiting(self):
        return sum((mark.waiting for mark in self.marks), Fraction(0))


def grade(handins, paper, jobs=1):
    """Mark hand-ins for a paper; gives a Grading.

    handins: a file or folder, a list of them, or HandIn objects; paper: the id of a paper, its YAML file, or a Paper. Raises
    UsageError for a path or paper that is not there, BankError for a faulty paper.
    """
    paper = paper if isinstance(paper, Paper) else load_paper(paper)
    if not isinstance(handins, HandIns):
        handins = [handins] if isinstance(handins, str | HandIn) or hasattr(handins, "__fspath__") else list(handins)
        read = [handin for handin in handins if isinstance(handin, HandIn)]
        paths = [handin for handin in handins if not isinstance(handin, HandIn)]
        handins = read_handins(paths, paper) if paths or not read else HandIns(())
        handins = HandIns((*read, *handins.handins), handins.unread, handins.ignored)
    return mark_paper(paper, handins, jobs)


def mark_paper(paper, handins, jobs=1, progress=None, issue=None):
    """The Grading of hand-ins (a HandIns, or a list of HandIn).

    issue: the Issue of the sheets that were handed out, where every student has an own one; `paper` is then that of the issue.
    jobs: how many processes share the work, where there is enough of it; progress: called with each Mark that is finished.
    """
    if not isinstance(handins, HandIns):
        handins = HandIns(tuple(handins))
    handins = with_copies(handins, paper, issue)
    solved = _Solved(paper)
    marks = []
    for mark in _marks(paper, solved, handins.handins, jobs):
        marks.append(mark)
        if progress:
            progress(mark)
    faults = {short_name(problem, paper): str(found) for problem, found in solved.of(None) if isinstance(found, GraderError)}
    absent, file = (missing(handins, issue), issue.file) if issue else ((), "")
    return Grading(paper, tuple(marks), handins.unread, handins.ignored, MappingProxyType(faults), absent, file)


class _Solved:
    """The problems of a paper, solved: as they stand, or with the values of a copy."""

    def __init__(self, paper):
        self.paper = paper
        self.fixed = [(problem, _solution_or_error(problem, paper)) for problem in paper.problems]
        self.copies = {}  # code -> what `of` gives

    def of(self, copy):
        """[(problem, its Solution, or the GraderError that says why there is none)]."""
        if not copy or not copy.code:
            return self.fixed
        if copy.code not in self.copies:
            while len(self.copies) >= MOST_COPIES:
                del self.copies[next(iter(self.copies))]
            self.copies[copy.code] = [self._drawn(copy, *one) for one in self.fixed]
        return self.copies[copy.code]

    def _drawn(self, copy, problem, solution):
        try:
            drawn = copy.problem(problem, self.paper)
        except GraderError as error:
            return problem, error
        return (problem, solution) if drawn is problem else (drawn, _solution_or_error(drawn, self.paper))


def _solution_or_error(problem, paper):
    """A Solution whose references are worked out already, so that processes started later need not do it again."""
    try:
        solution = solve_problem(problem, paper)
        for node in solution.program.boxes.values():
            if not solution.symbolic(node):
                solution.value(node)
    except GraderError as error:
        return error
    return solution


# --- many hand-ins ---


def _marks(paper, solved, handins, jobs):
    can_fork = "fork" in multiprocessing.get_all_start_methods()
    if jobs < 2 or len(handins) <= ENOUGH_FOR_POOL or not can_fork:
        return (mark_handin(paper, solved.of(handin.copy), handin) for handin in handins)
    return _in_processes(paper, solved, handins, jobs)


_shared = None  # (paper, solved, handins): inherited by the processes of a pool, so that only numbers need to be sent to them


def _in_processes(paper, solved, handins, jobs):
    global _shared
    _shared = paper, solved, handins
    chunk = max(1, min(50, len(handins) // (4 * jobs)))
    try:
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
            yield from pool.map(_mark_numbered, range(len(handins)), chunksize=chunk)
    except BrokenProcessPool as error:
        raise GraderError("One of the processes ended before it was done; mark again without --jobs.") from error
    finally:
        _shared = None


def _mark_numbered(number):
    paper, solved, handins = _shared
    return mark_handin(paper, solved.of(handins[number].copy), handins[number])


# --- one hand-in ---


def mark_handin(paper, solved, handin):
    """The Mark of one hand-in; a fault of ours that it brings to light costs only this one, and says so in `failure`."""
    try:
        parts = [part for problem, solution in solved for part in _parts(paper, problem, solution, handin)]
        failure = ""
    except Exception as error:  # the one boundary at which a bug is kept from the other hand-ins
        failure = f"internal error: {type(error).__name__}: {error}"
        parts = [part for problem, _ in solved for part in _unmarked(paper, problem, handin, failure)]
    return Mark(handin.id, handin.where.file, paper.marks, tuple(parts), handin.remarks, failure, handin.copy, handin.note)


def _parts(paper, problem, solution, handin):
    """The PartMarks of a problem, judged in order by one Judge, so that earlier answers are carried forward."""
    short = short_name(problem, paper)
    answers = handin.answers.get(short, {})
    judge = None if isinstance(solution, GraderError) else Judge(solution, paper.policies, attempted=bool(answers))
    for part in problem.parts:
        if judge is None:
            verdicts = _for_human(part, answers.get(part.id, ""), UNDECIDED, "no-solution", str(solution))
        else:
            verdicts = _judged(judge, part, answers.get(part.id, ""))
        yield _part_mark(short, part, verdicts, paper)


def _part_mark(short, part, verdicts, paper):
    finished = tuple(with_feedback(credit(verdict, paper.policies)) for verdict in verdicts)
    return PartMark(short, part.id, part.bonus, finished)


def _judged(judge, part, typed):
    """The verdicts on what was typed for a part; unreadable, with the reason, where it cannot be taken apart or judged."""
    try:
        return judge.part(part, boxes_of(part, typed))
    except GraderError as error:
        return _for_human(part, typed, UNREADABLE, "unreadable", str(error))


def boxes_of(part, typed):
    """What was typed for each box of a part; raises GraderError where that cannot be told."""
    return typed if not isinstance(typed, str) else split_boxes(part, typed)


def _unmarked(paper, problem, handin, reason):
    short = short_name(problem, paper)
    answers = handin.answers.get(short, {})
    for part in problem.parts:
        yield _part_mark(short, part, _for_human(part, answers.get(part.id, ""), UNDECIDED, "not-marked", reason), paper)


def _for_human(part, typed, state, tag, reason):
    """Verdicts that leave all boxes of a part to a human, blank ones aside; each shows what was typed for it, or for the part."""
    texts = dict.fromkeys((box.name for box in part.boxes), typed) if isinstance(typed, str) else typed
    return [_left(part, box, texts.get(box.name, ""), state, tag, reason) for box in part.boxes]


def _left(part, box, typed, state, tag, reason):
    if not typed.strip():
        return Verdict(part.id, box.name, BLANK, out_of=box.marks, typed=typed)
    evidence = MappingProxyType({"problem": reason})
    return Verdict(part.id, box.name, state, tag, evidence, share=None, out_of=box.marks, typed=typed)
