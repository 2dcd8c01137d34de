"""`grader practice`: problems asked one by one in the terminal, with feedback, hints and a summary."""

import sys
import textwrap
import time
from contextlib import suppress
from shutil import get_terminal_size

import click

from grader.commands.output import counted, echo, echo_json, plain
from grader.practice import End

NARROWEST, WIDEST, MARGIN = 40, 92, 4  # columns of the terminal that are used, and those left free at its edge
MOST_LINES = 500  # of one answer
SEEDS = 1_000_000  # seeds from the clock are below


@click.command()
@click.argument("names", nargs=-1, metavar="[TOPIC|PROBLEM|PAPER]...")
@click.option("--count", type=int, metavar="N", help="How many questions (default: all that are named, 5 on topics).")
@click.option("--seed", type=int, help="Which questions and variants; without it others every time.")
@click.option("--language", default="en", metavar="LANGUAGE", help="Of the dialogue: en (default) or de; feedback is in English.")
@click.option("--with-text", is_flag=True, help="On topics also problems that only a person can mark.")
@click.option("--list", "show_list", is_flag=True, help="Only list the topics, with how many problems have variants.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="The summary, with the dialogue on stderr: {seed, questions: [{problem, title, topic, seed, answers: [{part, box, "
    "outcome, tries, right_at, hints, solution, state, tag, marks, out_of, own, typed, read}]}], topics: [{topic, right, helped, "
    "partly, wrong, left_out, marks, out_of, with_hints, own}], marks, out_of, not_reached}; with --list a list of {topic, "
    "title, problems, variants, by_hand}.",
)
def practice(names, count, seed, language, with_text, show_list, as_json):
    """Practise problems by name, those of a paper, or problems on topics; without a name, on anything.

    Every question is a fresh variant where there are some. Answers are typed one by one and judged at once; earlier ones are
    carried forward, and of several tries the first counts. Instead of an answer one may type '?' (a hint: the next step of the
    worked solution), 'solution', 'skip', 'back', 'help' or 'quit'. Answers may come from a file, a line each. Marks in JSON are
    those of the first answers, as exact text such as "5/2".

    \b
    Examples:
      grader practice conv receptive-field --count 3
      grader practice tum-2022ss/06 --seed 7
    """
    from grader.maths.errors import UsageError, nearest
    from grader.practice.choosing import plan
    from grader.practice.dialogue import Dialogue
    from grader.practice.words import WORDS

    if language not in WORDS:
        raise UsageError(f"Practice is in {' or '.join(WORDS)}, not in '{language}'{nearest(language, WORDS)}.")
    if show_list:
        _list(as_json)
        return
    seed = int(time.time()) % SEEDS if seed is None else seed
    found = plan(names, seed, count, with_text)
    exercises = Dialogue(found, seed, language, Terminal(err=as_json)).run()
    if as_json:
        echo_json(_as_json(exercises, found, seed))


def _list(as_json):
    from grader.practice.choosing import topics_to_practise

    rows = topics_to_practise()
    if as_json:
        echo_json(rows)
        return
    width = max((len(row.topic) for row in rows), default=0)
    for row in rows:
        by_hand = f", {row.by_hand} for a person to mark" if row.by_hand else ""
        echo(f"{row.topic:{width}}  {row.title}: {counted(row.problems, 'problem')}, {row.variants} with variants{by_hand}")


class Terminal:
    """Where the dialogue is printed and typed; err: on stderr. What comes from a file is printed as if it were typed."""

    def __init__(self, err):
        self.err, self.typed = err, sys.stdin is not None and sys.stdin.isatty()
        self.width = max(NARROWEST, min(get_terminal_size((WIDEST, 24)).columns, WIDEST) - MARGIN)
        self.editing = self.typed and not err
        if self.editing:
            _with_line_editing()
        if hasattr(sys.stdin, "reconfigure"):
            sys.stdin.reconfigure(errors="replace")

    def say(self, text=""):
        echo(str(text).replace("\u00a0", " "), err=self.err)

    def tell(self, text, indent="  "):
        """Print sentences in lines that fit."""
        for line in text.split("\n"):
            self.say(textwrap.fill(line, self.width, initial_indent=indent, subsequent_indent=indent, break_long_words=False))

    def ask(self, prompt):
        """What is typed on a line; raises End where there is nothing more."""
        prompt = plain(prompt.replace("\u00a0", " "))
        try:
            if self.editing:
                return input(prompt)
            click.echo(prompt, nl=False, err=self.err)
            line = sys.stdin.readline() if sys.stdin else ""
        except EOFError:
            line = ""
        except KeyboardInterrupt:
            self.say()
            raise
        if not line:
            self.say()
            raise End
        if not self.typed:
            self.say(line.rstrip("\r\n"))
        return line.rstrip("\r\n")

    def ask_lines(self, prompt, stops):
        """What is typed up to an empty line or the end; the first line alone where it is empty or one of `stops`."""
        lines = [self.ask(prompt)]
        if not lines[0].strip() or lines[0].strip().casefold() in stops:
            return lines[0]
        with suppress(End):
            while len(lines) < MOST_LINES and (line := self.ask("  ")):
                lines.append(line)
        return "\n".join(lines)


def _with_line_editing():
    with suppress(ImportError):
        import readline  # noqa: F401 (importing it is enough)


def _as_json(exercises, plan, seed):
    from grader.practice.session import not_reached, summary

    tallies, whole = summary(exercises)
    return {
        "seed": seed,
        "questions": [_question(exercise) for exercise in exercises],
        "topics": [{"topic": tally.topic, **_tally(tally)} for tally in tallies],
        "marks": whole.marks,
        "out_of": whole.out_of,
        "not_reached": not_reached(exercises, plan),
    }


def _question(exercise):
    task, problem = exercise.task, exercise.problem
    answers = [_answer(answer) for answer in exercise.answers if answer.reached]
    return {"problem": problem.id, "title": problem.title, "topic": task.topic, "seed": task.seed, "answers": answers}


def _answer(answer):
    first = answer.first
    judged = {name: first and getattr(first, name) for name in ("state", "tag", "typed", "read")}
    return {
        "part": answer.part.id,
        "box": answer.box.name,
        "outcome": answer.outcome,
        "tries": answer.tries,
        "right_at": answer.right_at,
        "hints": answer.hints,
        "solution": answer.shown,
        "marks": answer.marks,
        "out_of": answer.box.marks,
        "own": answer.share is not None,
        **judged,
    }


def _tally(tally):
    outcomes = {name.replace("-", "_"): number for name, number in tally.outcomes.items()}
    fields = ("marks", "out_of", "with_hints", "own")
    return outcomes | {field: getattr(tally, field) for field in fields}
