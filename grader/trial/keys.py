"""Printed keys on trial: every printed answer judged like a hand-in, and where it is wrong, the cause."""

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.bank.keys import AGREES, AMBIGUOUS, HUMAN, NOT_PRINTED, READING, ROUNDING, WRONG, Key, Printed
from grader.bank.model import Box, Located, Part
from grader.bank.statement import filled
from grader.marking.check import Judge
from grader.marking.comparing.compare import as_fraction_of_ball
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.kinds.chain import Chain
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.reading.boxes import split_boxes
from grader.marking.reading.typed import Numbers, Sizes
from grader.marking.solution import solve_problem
from grader.marking.verdict import BLANK, FOLLOWS, FULL, PARTLY, RIGHT, ROUNDED, Verdict
from grader.marking.verdict import READING as RIGHT_UNDER_READING
from grader.marking.verdict import WRONG as NOT_RIGHT
from grader.marking.working import references
from grader.maths.errors import GraderError
from grader.maths.graph import Node
from grader.maths.ops.structure import stack
from grader.maths.systems import BALL, as_fraction
from grader.trial.causes import ALTERED, LITERAL, Cause, altered, explained, likely_slip, other_convention

CLAIM = "claim-"  # the parts that claims are judged as
COARSE = "imprecise"  # a printed value with too few digits is a rounding all the same
CUT_OFF = "truncated"
BY_CHANCE = ("boolean", "choice", "order")  # kinds of which another convention gives the printed answer by chance
SMALLEST = Fraction(1, 10**40)  # place of a printed number that is looked at
NO_CAUSE = ("some-entries", "shape", "unfinished", "link-broken")  # tags that say what is wrong, but not why
UNDECIDED_CAUSE = "unreadable"


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
        if self.finding != self.expected:
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
    texts = split_boxes(part, entry.printed or "")
    boxes = [box for box in part.boxes if texts.get(box.name, "").strip()] or part.boxes[:1]
    return [(part, box, replace(entry, place=f"{part.id}.{box.name}"), texts.get(box.name, "")) for box in boxes]


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
    solution, judge.kept = judge.solution, {}  # a key may go by different readings
    question = Question(judge.solutions, part, box, judge.policies)
    verdict = with_feedback(credit(judge.box(part, box, text), judge.policies))
    finding, cause, detail = (NOT_PRINTED, "", "") if entry.printed is None else _finding(question, verdict, text)
    sure = cause.sure if isinstance(cause, Cause) else True
    return Trial(
        problem=solution.problem.id,
        entry=entry,
        finding=finding,
        cause=cause.tag if isinstance(cause, Cause) else cause,
        sure=sure,
        detail=detail,
        reference=_reference(solution, part, box) if finding in (WRONG, READING) or verdict.tag else "",
        kind=question.kind,
        items=entry.catalogue or part.catalogue,
    )


def _finding(question, verdict: Verdict, text):
    """(finding, cause: a tag or a Cause, a sentence)."""
    state, tag = verdict.state, verdict.tag
    if state == BLANK:
        return NOT_PRINTED, "", ""
    if state == RIGHT:
        return (ROUNDING if _approximate(question, text) else AGREES), "", ""
    if state == RIGHT_UNDER_READING:
        return READING, verdict.evidence.get("reading", tag), f"right where {tag}"
    if state == ROUNDED and tag != CUT_OFF:
        reading = verdict.evidence.get("reading", "")
        return (READING, reading, verdict.feedback) if reading else (ROUNDING, "", "")
    if state == PARTLY and tag == COARSE:
        return ROUNDING, "", "printed with few digits"
    if state in (NOT_RIGHT, PARTLY, ROUNDED):
        return WRONG, *_cause(question, verdict, text)
    if state == FOLLOWS:
        return WRONG, "follows", f"it follows from the printed {', '.join(verdict.evidence['from'])}"
    return HUMAN, "" if tag == "for-a-human" else tag or UNDECIDED_CAUSE, verdict.feedback


def _approximate(question, text):
    """Whether a right answer is a decimal that is not exactly the reference."""
    if question.node is None or question.symbolic:
        return False
    try:
        answer = KINDS[question.kind].read(question, text)[0]
    except GraderError:  # the last of several statements
        return False
    value = question.solution.value(question.node)
    if not isinstance(answer, Numbers):
        return False
    if not value.exact:
        return bool(answer.rounded)
    entries = [entry.value for entry in answer.entries.flat]
    wanted = [as_fraction(entry) for entry in value.array.flat]
    return bool(answer.rounded) and sorted(map(str, entries)) != sorted(map(str, wanted))


def _cause(question, verdict, text):
    """(the cause of a wrong printed answer, a sentence): a slip, another convention, an altered value, a likely slip, or none."""
    tag, evidence = verdict.tag, verdict.evidence
    if tag == "options":
        return tag, _options_in_words(question, text)
    if tag and tag not in NO_CAUSE and (evidence.get("sure", True) or "sentence" not in evidence):
        partly = f"it is the partial answer '{tag}' of the problem" if evidence.get("declared") else verdict.feedback
        return tag, evidence.get("sentence") or partly
    part, box, found = question.part, question.box, None
    if question.kind not in BY_CHANCE:
        found = other_convention(question.solution, part, lambda solution: Judge(solution).box(part, box, text).state in FULL)
    numbers = _numbers(question, text)
    if found is None and numbers is not None:
        found = _coarse(question, numbers) or altered(question.solution, question.node, numbers, box.digits)
    elif found is None and question.symbolic:
        found = _explained_formula(question, text)
    if found is None or not found.sure:
        found = likely_slip(evidence) or found
    return (found, found.sentence) if found else (tag, verdict.feedback)


def _coarse(question, numbers):
    """The Cause where a printed number is the reference, rounded or cut off at the printed number's own last digit; else None."""
    value = question.solution.value(question.node)
    if value.array.ndim or not isinstance(numbers.entries[()].value, Fraction):
        return None
    typed, exact = numbers.entries[()].value, as_fraction_of_ball(BALL.element(value.array[()]))
    unit = _last_place(typed)
    if unit is None or typed * exact <= 0:
        return None
    if abs(typed - exact) <= unit / 2:
        return Cause(COARSE, "it is rounded coarsely")
    return Cause(CUT_OFF, "it is cut off instead of rounded") if 0 < abs(exact) - abs(typed) < unit else None


def _last_place(number):
    """The place of the last digit that is not 0, of a decimal; None for 0 and for what has no end."""
    unit = Fraction(1)
    while number and number % (10 * unit) == 0:
        unit *= 10
    while number % unit and unit > SMALLEST:
        unit /= 10
    return unit if number and number % unit == 0 else None


def _explained_formula(question, text):
    """The Cause of a wrong printed formula, shape with symbols, or derivation; None without one."""
    try:
        (answer, *_) = KINDS[question.kind].read(question, text)
    except GraderError:
        return None
    return next((found for node in _formulas(answer) if (found := explained(question.solution, question.node, node, text))), None)


def _formulas(answer):
    """The typed graphs of a formula, a shape, or the sides of a derivation, from the first on."""
    if isinstance(answer, Sizes):
        yield stack(list(answer.nodes))
    elif isinstance(answer, Chain):
        yield from (side.senses[0].node for sides in answer.statements for side in sides if side.senses)
    elif isinstance(getattr(answer, "node", None), Node):
        yield answer.node


def _numbers(question, text):
    if question.node is None or question.symbolic:
        return None
    try:
        answer = KINDS[question.kind].read(question, text)[0]
    except GraderError:
        return None
    return answer if isinstance(answer, Numbers) else None


def _options_in_words(question, text):
    try:
        ticked = set(KINDS[question.kind].read(question, text)[0].keys)
    except GraderError:
        return ""
    truths = question.solution.truths(question.part)
    more = [key for key in truths if key in ticked and truths[key] == 0]
    less = [key for key in truths if key not in ticked and truths[key] == 1]
    problem, program = question.solution.problem, question.solution.program
    reasons = {option.key: filled(option.because, problem, program) for option in question.part.options}
    told = [f"{key} is not right ({reasons[key]})" for key in more] + [f"{key} is missing ({reasons[key]})" for key in less]
    return "; ".join(one.replace(" ()", "").replace(".)", ")") for one in told)


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
