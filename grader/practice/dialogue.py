"""The dialogue of practising: what is asked, what an answer gets back, hints, solutions and the summary at the end.

The terminal it is given prints and reads: `say` a text as it is, `tell` sentences in lines that fit, `ask` for a line,
`ask_lines` for several.
"""

from contextlib import suppress
from fractions import Fraction

from grader.bank.fields import number as number_in
from grader.bank.topics import known_topics
from grader.marking.verdict import FOLLOWS, FULL, UNDECIDED, UNREADABLE
from grader.maths.errors import GraderError
from grader.practice import End
from grader.practice.session import Exercise, in_practice, not_reached, summary
from grader.practice.words import COMMANDS, NO, WORDS, YES
from grader.sheets.words import hint_in, marks_in, words_in
from grader.sheets.writers.text import TextWriter

MOST_PROMPTS = 25  # for one answer; then the dialogue goes on, so that an endless input ends
MANY_LINES = ("text", "chain")
NEXT, BACK = "next", "back"


class Dialogue:
    """Asks the Tasks of a Plan."""

    def __init__(self, plan, seed, language, terminal):
        self.plan, self.seed, self.language, self.terminal = plan, seed, language, terminal
        self.words, self.sheet_words = WORDS[language], words_in(language)
        self.exercises, self.hinted = [], False

    def run(self):
        """Ask everything, print the summary; gives the Exercises."""
        for remark in self.plan.remarks:
            self.terminal.tell(remark, "")
        self.terminal.tell(self.told("begin", seed=self.seed, questions=self._questions(len(self.plan.tasks))), "")
        with suppress(End, KeyboardInterrupt):
            for number, task in enumerate(self.plan.tasks, 1):
                self._task(number, task)
        self._summary()
        return self.exercises

    def told(self, name, **values):
        return self.words[name].format(**values) if values else self.words[name]

    def _questions(self, number):
        return f"{number} {self.words['question' if number == 1 else 'questions']}"

    def marks(self, marks):
        return marks_in(self.sheet_words, marks)

    def of_marks(self, marks):
        """Marks behind `of`."""
        return marks_in({**self.sheet_words, "marks": self.words["of-marks"]}, marks)

    # --- a question ---

    def _task(self, number, task):
        try:
            exercise = Exercise(task, self.language)
        except GraderError as error:
            self.terminal.tell(self.told("left-problem", problem=task.problem.id, reason=str(error).partition("\n")[0]), "")
            return
        self.exercises.append(exercise)
        writer = TextWriter(exercise.sheet, self.terminal.width)
        self._heading(number, exercise, writer)
        Asking(self, exercise, writer).run()

    def _heading(self, number, exercise, writer):
        question, say = exercise.question, self.terminal.say
        title = self.told("heading", number=number, total=len(self.plan.tasks), title=question.title)
        heading = f"{title} [{self.marks(question.marks)}]"
        seed = exercise.task.seed
        say()
        self.terminal.tell(heading, "")
        say("-" * min(len(heading), self.terminal.width))
        say(f"{exercise.problem.id}{', ' + self.told('variant', seed=seed) if seed is not None else ''}")
        for piece in filter(None, (writer.blocks(question.blocks), writer.conventions(question))):
            say()
            say(piece)

    # --- the end ---

    def _summary(self):
        tallies, whole = summary(self.exercises)
        say = self.terminal.say
        say()
        say(self.words["summary"])
        say("-" * len(self.words["summary"]))
        if not tallies:
            say(self.words["nothing-done"])
        titles = known_topics()
        for tally in tallies:
            self.terminal.tell(self._line(titles.get(tally.topic, tally.topic), tally), "")
        if len(tallies) > 1:
            self.terminal.tell(self._line(self.words["total"], whole), "")
        if missed := not_reached(self.exercises, self.plan):
            self.terminal.tell(self.told("missed", questions=self._questions(missed)), "")
        self.terminal.tell(self.told("repeat", seed=self.seed), "")

    def _line(self, topic, tally):
        notes = [self.told("note-hints", marks=tally.with_hints)] if tally.with_hints else []
        notes += [self.told("note-own", marks=tally.own)] if tally.own else []
        outcomes = [self.words[outcome].format(number) for outcome, number in tally.outcomes.items() if number]
        told = f" ({', '.join(notes)})" if notes else ""
        marks = self.of_marks(tally.out_of)
        return self.told("line", topic=topic, marks=tally.marks, out_of=marks, notes=told, outcomes=", ".join(outcomes))


class Asking:
    """Asks the answers of one Exercise."""

    def __init__(self, dialogue, exercise, writer):
        self.dialogue, self.exercise, self.writer = dialogue, exercise, writer
        self.terminal, self.words, self.told = dialogue.terminal, dialogue.words, dialogue.told

    def run(self):
        """Ask everything that is open, from the first to the last answer."""
        answers, place, shown, returning = self.exercise.answers, 0, None, False
        while place < len(answers):
            answer = answers[place]
            if not (answer.is_open or returning):
                place += 1
                continue
            if answer.part.id != shown:
                shown = answer.part.id
                self.terminal.say()
                self.terminal.say(self.writer.asked(self.exercise.blocks(answer.part)))
            if self._answer(answer) == NEXT:
                place, returning = place + 1, False
            elif self._may_go_back(place):
                place, returning = place - 1, True

    def _may_go_back(self, place):
        if place == 0:
            self.terminal.tell(self.words["first"])
            return False
        before = self.exercise.answers[place - 1]
        if before.shown or before.share is not None:
            self.terminal.tell(self.words["closed"])
            return False
        return True

    # --- one answer ---

    def _answer(self, answer):
        """Ask for a box until it is settled; gives NEXT or BACK."""
        self.terminal.say()
        for _ in range(MOST_PROMPTS):
            text = self._typed(answer)
            command = COMMANDS.get(text.strip().casefold())
            if command == "quit":
                raise End
            if command in ("skip", "back"):
                return self._left(answer) if command == "skip" else BACK
            if command == "solution":
                self._solution(answer.part)
                return NEXT
            if command == "help":
                self.terminal.tell(self.words["help"])
            elif command == "hint":
                answer.reached = True
                self._hint(answer.part)
            elif self._settled(answer, text):
                return NEXT
        self.terminal.tell(self.words["too-many"])
        return self._left(answer)

    def _typed(self, answer):
        prompt, kind = self._prompt(answer), self.exercise.box(answer).kind
        return self.terminal.ask_lines(prompt, COMMANDS) if kind in MANY_LINES else self.terminal.ask(prompt)

    def _prompt(self, answer):
        box, part = self.exercise.box(answer), self.exercise.blocks(answer.part)
        hint = hint_in(self.dialogue.sheet_words, box)
        if part.options and not part.ordered:
            hint = self.told("pick-some", keys=", ".join(option.key for option in part.options))
        if box.kind in MANY_LINES:
            hint = ", ".join(filter(None, [hint, self.words["lines"]]))
        if box.kind == "file":
            hint = self.words["on-paper"]
        label = f"({answer.part.id}) {box.name}".rstrip()
        return f"{label}{' (' + hint + ')' if hint else ''}: "

    def _left(self, answer):
        answer.reached = True
        if answer.first is None:
            self.terminal.tell(self.words["skipped"])
        if answer.by_hand:
            self._compared(answer.part)
        return NEXT

    def _settled(self, answer, text):
        """Judge what was typed, and say what came of it; gives whether to go on to the next answer."""
        if not text.strip() and self.exercise.box(answer).kind != "file":
            self.terminal.tell(self.words["nothing"])
            return False
        verdict = self.exercise.answered(answer, text)
        if answer.by_hand:
            self._compared(answer.part)
            return True
        if verdict.state == UNREADABLE:
            self._unreadable(verdict)
            return False
        right = verdict.state in FULL or verdict.state == FOLLOWS
        self._told_of(answer, verdict, right)
        return right

    def _unreadable(self, verdict):
        first, *caret = str(verdict.evidence.get("problem", "")).splitlines() or [""]
        self.terminal.tell(self.told("unreadable", problem=first.rstrip(".")))
        for line in caret:
            self.terminal.say(f"  {line}")

    def _told_of(self, answer, verdict, right):
        """Say how an answer was read, what is right or wrong with it, and what it earns."""
        if verdict.read:
            self.terminal.tell(self.told("read", text=verdict.read))
        sentences = [in_practice(verdict.feedback)]
        if answer.tries == 1 and verdict.out_of and verdict.marks is not None:
            sentences.append(self.told("marks", marks=verdict.marks, out_of=self.dialogue.of_marks(verdict.out_of)))
        if right and answer.tries > 1:
            sentences.append(self.told("later", number=answer.tries))
        elif right and answer.hints:
            sentences.append(self.words["with-hints"])
        if not right:
            sentences.append(self.words["decide" if verdict.state == UNDECIDED else "again"])
        self.terminal.tell(" ".join(sentences))

    # --- help ---

    def _hint(self, part):
        found = self.exercise.hint(part)
        if found is None:
            self.terminal.tell(self.words["no-more" if self.exercise.has_steps(part) else "no-steps"])
            return
        if not self.dialogue.hinted:
            self.dialogue.hinted = True
            self.terminal.tell(self.words["first-hint"])
        step, number, total = found
        self.terminal.tell(self.told("hint", number=number, total=total))
        self.terminal.say(self.writer.step(step))

    def _solution(self, part):
        undecided = [answer for answer in self.exercise.of_part(part) if answer.undecided]
        self.terminal.say(self.writer.solution(self.exercise.shown(part)))
        for answer in undecided:
            if not answer.by_hand:
                right = self._until(self.words["ask-right"], self.words["ask-yes"], _yes_or_no)
                self.exercise.assessed([answer], answer.box.marks if right else Fraction(0), right)
        self._assessed([answer for answer in undecided if answer.by_hand], with_model=False)

    # --- what no engine judges ---

    def _compared(self, part):
        """Once all texts of a part are typed or left out: compare them with the model answer."""
        texts = [answer for answer in self.exercise.of_part(part) if answer.by_hand]
        if all(answer.reached for answer in texts):
            self._assessed([answer for answer in texts if answer.undecided], with_model=True)

    def _assessed(self, texts, with_model):
        """Let the student give the marks of texts, line by line of the rubric where there is one."""
        if not texts:
            return
        worked = self.exercise.worked(texts[0].part)
        if with_model:
            self._model(worked)
        out_of = sum((answer.box.marks for answer in texts), Fraction(0))
        marks = Fraction(0)
        for line in worked.rubric:
            self.terminal.say(self.writer.wrapped(self.writer.run(line.run), f"    {self.dialogue.marks(line.marks)}: "))
            again = self.told("ask-again", most=line.marks)
            marks += self._until(self.words["ask-line"], again, lambda text, most=line.marks: _share(text, most))
        if not worked.rubric:
            most = self.dialogue.of_marks(out_of)
            again = self.told("ask-number", most=out_of)
            marks = self._until(self.told("ask-marks", out_of=most), again, lambda text: _up_to(text, out_of))
        marks = min(marks, out_of)
        self.exercise.assessed(texts, marks, bool(marks) or not out_of)
        self.terminal.tell(self.told("own", marks=marks, out_of=self.dialogue.of_marks(out_of)))

    def _model(self, worked):
        if worked.model:
            self.terminal.tell(self.words["compare"])
            self.terminal.say(self.writer.model(worked))
        else:
            self.terminal.tell(self.words["no-model"])

    def _until(self, question, again, read):
        """What `read` makes of an answer to a question, asked until that is not None."""
        for _ in range(MOST_PROMPTS):
            text = self.terminal.ask(f"  {question}: ").strip().casefold()
            if COMMANDS.get(text) == "quit":
                raise End
            found = read(text)
            if found is not None:
                return found
            self.terminal.tell(again)
        raise End


def _yes_or_no(text):
    return True if text in YES else False if text in NO else None


def _share(text, most):
    """The marks that `y`, `n` or a number stands for, None for anything else."""
    said = _yes_or_no(text)
    return _up_to(text, most) if said is None else most * said


def _up_to(text, most):
    found = number_in(text.replace(",", "."))
    return found if found is not None and found <= most else None
