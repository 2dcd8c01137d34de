"""One problem being practised: answers judged in their order, hints and solutions given out, and what became of every box."""

from dataclasses import dataclass, replace
from fractions import Fraction

from grader.bank.model import Box, Paper, Part
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.solution import solve_problem
from grader.marking.verdict import FOLLOWS, FULL, PARTLY, UNDECIDED, UNREADABLE, Verdict
from grader.sheets.build import BY_HAND, sheet_of

RIGHT, HELPED, PARTLY_RIGHT, WRONG, LEFT_OUT = "right", "helped", "partly", "wrong", "left-out"
OUTCOMES = {
    RIGHT: "right at the first try, without help",
    HELPED: "right with hints, or at a later try",
    PARTLY_RIGHT: "partly right",
    WRONG: "wrong, or the solution was looked at after a wrong answer",
    LEFT_OUT: "not answered, or never compared with the solution",
}


@dataclass
class Answer:
    """What became of one box.

    tries: answers that could be read; first, last: their Verdicts; right_at: the try that was right; hints: whether there were
    some before the first answer; shown: whether the solution was shown; share: the part of the marks that the student gives
    the answer, where no engine decides; reached: whether the box was asked for.
    """

    part: Part
    box: Box
    tries: int = 0
    first: Verdict | None = None
    last: Verdict | None = None
    right_at: int | None = None
    hints: bool = False
    shown: bool = False
    share: Fraction | None = None
    reached: bool = False

    @property
    def name(self):
        """`a.z`, or `a` where the part has one answer."""
        return f"{self.part.id}.{self.box.name}" if self.box.name else self.part.id

    @property
    def by_hand(self):
        return self.box.kind in BY_HAND

    @property
    def is_open(self):
        """Whether an answer is still worth trying."""
        return self.right_at is None and not self.shown and self.share is None

    @property
    def undecided(self):
        """Whether the student has to decide, by comparing with the solution."""
        return self.share is None and self.first is not None and self.first.state == UNDECIDED and self.right_at is None

    @property
    def marks(self):
        """The marks of the first answer."""
        if self.share is not None:
            return self.box.marks * self.share
        return Fraction(0) if self.first is None else self.first.marks or Fraction(0)

    @property
    def outcome(self):
        """One of OUTCOMES."""
        if self.share is not None:
            return RIGHT if self.share == 1 else PARTLY_RIGHT if self.share else WRONG
        if self.first is None or self.undecided:
            return LEFT_OUT
        if self.right_at is not None:
            return HELPED if self.hints or self.right_at > 1 else RIGHT
        return PARTLY_RIGHT if self.first.state == PARTLY else WRONG


class Exercise:
    """A Task being worked on.

    question: its statement in neutral blocks; answers: an Answer for every box, in order. Raises a GraderError for a problem
    that cannot be drawn or solved.
    """

    def __init__(self, task, language="en"):
        self.task, self.language = task, language
        self.problem = task.variant()
        self.paper = _around(self.problem, task.paper)
        self.judge = Judge(solve_problem(self.problem, self.paper), self.paper.policies)
        self.sheet = sheet_of(self.paper, language=language)
        (self.question,) = self.sheet.questions
        self.answers = [Answer(part, box) for part in self.problem.parts for box in part.boxes]
        self._worked, self._hints, self._told = {}, {}, set()

    def blocks(self, part):
        """A part of the problem as the sheet has it."""
        return next(one for one in self.question.parts if one.id == part.id)

    def box(self, answer):
        """The box of an Answer as the sheet has it."""
        return next(one for one in self.blocks(answer.part).boxes if one.name == answer.box.name)

    def of_part(self, part):
        """The Answers of a part."""
        return [answer for answer in self.answers if answer.part.id == part.id]

    # --- answering ---

    def answered(self, answer, text):
        """The Verdict on a text for a box, with marks and feedback. One that cannot be read is no try, and is forgotten."""
        unread = list(self.judge.unread)
        verdict = with_feedback(credit(self.judge.box(answer.part, answer.box, text), self.judge.policies))
        answer.reached = True
        if verdict.state == UNREADABLE:
            self.judge.unread = unread
            return verdict
        answer.tries += 1
        answer.first, answer.last = answer.first or verdict, verdict
        if answer.right_at is None and (verdict.state in FULL or verdict.state == FOLLOWS):
            answer.right_at = answer.tries
        return verdict

    def assessed(self, answers, marks, right):
        """Take the marks that a student gives the answers of a part: the first boxes get theirs first.

        right: what becomes of a box that has no marks.
        """
        for answer in answers:
            own = min(answer.box.marks, marks)
            answer.share = own / answer.box.marks if answer.box.marks else Fraction(right)
            marks -= own

    # --- help ---

    def worked(self, part):
        """The worked Solution of a part, with all steps that lead to it."""
        if part.id not in self._worked:
            alone = replace(self.problem, parts=(part,), tests=())
            sheet = sheet_of(replace(self.paper, problems=(alone,)), solutions=True, language=self.language)
            self._worked[part.id] = sheet.questions[0].parts[0].solution
        return self._worked[part.id]

    def hint(self, part):
        """(the next step, its number, how many there are), or None where there is none left.

        Of a step that gives an answer the formula is told first. Steps that were told already do not come again.
        """
        if part.id not in self._hints:
            self._hints[part.id] = [step for step in self._steps(part) if _told(step) not in self._told], 0
        steps, number = self._hints[part.id]
        if number == len(steps):
            return None
        self._hints[part.id] = steps, number + 1
        self._told.add(_told(steps[number]))
        for answer in self.of_part(part):
            answer.hints = answer.hints or (answer.first is None and not answer.by_hand)
        return steps[number], number + 1, len(steps)

    def has_steps(self, part):
        """Whether there are steps to a part's answers."""
        return bool(self.worked(part).steps)

    def _steps(self, part):
        """The steps to a part's answers; those that give an answer in two."""
        steps, worked = [], self.worked(part)
        for step in worked.steps:
            result = step.sides[-1]
            tells = step is worked.steps[-1] or any(answer.value[: len(result)] == result for answer in worked.results)
            if tells and len(step.sides) > 1:
                steps.append(replace(step, sides=step.sides[:1], why=""))
            steps.append(step)
        return steps

    def shown(self, part):
        """The worked Solution of a part; what is not right by then can no longer be solved."""
        for answer in self.of_part(part):
            answer.reached = True
            answer.shown = answer.shown or answer.right_at is None
        self._told.update(map(_told, self._steps(part)))
        return self.worked(part)


def _told(step):
    """What a step tells, whatever it is for."""
    return step.name, step.sides


def _around(problem, paper):
    """A paper that holds one problem alone, with what holds in its own paper."""
    if paper is None:
        return Paper("", problem.title, (problem,), problem.where)
    return replace(paper, problems=(problem,))


def in_practice(feedback):
    """Feedback for somebody who practises: what a person would decide is left to them.

    >>> in_practice("Rounded values on the way could give this, or not; a person will decide.")
    'Rounded values on the way could give this, or not; you decide.'
    """
    return feedback.replace("A person will decide", "You decide").replace("a person will decide", "you decide")


# --- summary ---


@dataclass(frozen=True)
class Tally:
    """What became of the answers on a topic (or of all): how many of each of OUTCOMES, and their marks.

    out_of: the marks that could be had without bonus; with_hints: the marks among `marks` for which there were hints; own: those
    that the student gave.
    """

    topic: str
    outcomes: dict
    marks: Fraction
    out_of: Fraction
    with_hints: Fraction
    own: Fraction

    @classmethod
    def of(cls, topic, answers):
        def total(marks):
            return sum(marks, Fraction(0))

        return cls(
            topic,
            {outcome: sum(answer.outcome == outcome for answer in answers) for outcome in OUTCOMES},
            total(answer.marks for answer in answers),
            total(answer.box.marks for answer in answers if not answer.part.bonus),
            total(answer.marks for answer in answers if answer.hints),
            total(answer.marks for answer in answers if answer.share is not None),
        )


def not_reached(exercises, plan):
    """How many Tasks of a Plan were not begun."""
    return len(plan.tasks) - sum(any(answer.reached for answer in exercise.answers) for exercise in exercises)


def summary(exercises):
    """(a Tally for every topic, the Tally of all) of the answers that were reached."""
    reached = [(exercise.task.topic, answer) for exercise in exercises for answer in exercise.answers if answer.reached]
    topics = dict.fromkeys(topic for topic, _ in reached)
    tallies = [Tally.of(topic, [answer for own, answer in reached if own == topic]) for topic in topics]
    return tallies, Tally.of("", [answer for _, answer in reached])
