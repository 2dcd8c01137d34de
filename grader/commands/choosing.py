"""Options by which `grader sheet` takes problems from the bank by topic, instead of a paper."""

import os

import click

OPTIONS = (
    click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="A practice sheet on this; may be repeated."),
    click.option("--count", type=int, metavar="N", help="With --topic: how many problems (default: 5)."),
    click.option("--marks", metavar="MARKS", help="With --topic: how many marks, as nearly as possible."),
    click.option("--with-text", is_flag=True, help="With --topic: also problems that only a person can mark."),
)


def practice_options(command):
    """A click command that takes OPTIONS, too; they come as `topics`, `count`, `marks` and `with_text`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def chosen(paper, seed, language, topics, count, marks, with_text, fresh=True):
    """The Practice that the options ask for, or None where a paper is named; raises UsageError for what does not fit together.

    fresh: the problems are the variants of the seed; else they can still be drawn.
    """
    from grader.bank.fields import number
    from grader.maths.errors import UsageError

    given = {"--count": count is not None, "--marks": marks is not None, "--with-text": with_text}
    asked = [name for name, there in given.items() if there]
    if paper and topics:
        raise UsageError("Name a PAPER or topics, not both.")
    if not topics:
        if asked:
            raise UsageError(f"{asked[0]} belongs to --topic, which is missing.")
        if not paper:
            raise UsageError("Name a PAPER, or --topic for a practice sheet; 'grader bank list --by topic' shows the topics.")
        return None
    wanted = number(marks) if marks is not None else None
    if marks is not None and not wanted:
        raise UsageError(f"--marks takes a number such as 30 or 15/2, not '{marks}'.")
    return _practice(topics, count, wanted, with_text, seed, language, fresh)


def _practice(topics, count, marks, with_text, seed, language, fresh):
    from grader.bank.load import load_bank
    from grader.sheets.selection import practice_of, select
    from grader.sheets.words import words_in

    title = words_in(language)["practice"]
    selection = select(load_bank(), topics, count, marks, seed or 0, with_text)
    return practice_of(selection, title, seed if fresh else None)


def saved(practice, output):
    """The Paper of a Practice, read from the file that is written for it."""
    from grader.bank.load import load_paper
    from grader.sheets.selection import write_practice

    folder = output or os.path.join("sheets", practice.paper.id)
    return load_paper(os.path.join(folder, write_practice(practice, folder)))
