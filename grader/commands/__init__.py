"""The `grader` command: which verbs there are, and what every one of them does with errors.

A verb's module is imported when the verb is used, so `grader --help` answers at once.
"""

import sys
from importlib import import_module

import click

from grader import __version__
from grader.commands.output import echo, plain
from grader.maths.errors import BankError, GraderError, nearest

# verb: (where its click command is found, what `grader --help` says of it); in the order in which one meets them
VERBS = {
    "bank": ("grader.commands.bank:bank", "What problems there are, what one asks, whether all are sound."),
    "solve": ("grader.commands.solve:solve", "Reference answers of a problem, with worked steps."),
    "check": ("grader.commands.check:check", "Judge one answer, with feedback."),
    "equal": ("grader.commands.equal:equal", "Whether two expressions are equal, with a witness where not."),
    "draw": ("grader.commands.draw:draw", "Variants of a problem: their values and answers."),
    "validate": ("grader.commands.validate:validate", "Printed keys and problems on trial."),
    "practice": ("grader.commands.practice:practice", "Problems to practise in the terminal, with feedback and hints."),
    "sheet": ("grader.commands.sheet:sheet", "Sheets to hand out, with or without worked solutions."),
    "grade": ("grader.commands.grade:grade", "Mark hand-ins: gradebook, feedback, exports."),
}

INTERRUPTED = 130  # what shells report for Ctrl-C


class Verbs(click.Group):
    """A click group whose commands stand in `VERBS`; the one place where an error becomes a sentence and an exit code."""

    def list_commands(self, context):
        return list(VERBS)

    def get_command(self, context, name):
        if name not in VERBS:
            return None
        module, command = VERBS[name][0].split(":")
        return getattr(import_module(module), command)

    def resolve_command(self, context, arguments):
        if arguments[0] not in VERBS and not arguments[0].startswith("-"):
            context.fail(f"No such command '{arguments[0]}'{nearest(arguments[0], VERBS)}.")
        return super().resolve_command(context, arguments)

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl([(verb, sentence) for verb, (_, sentence) in VERBS.items()])

    def main(self, *arguments, standalone_mode=True, **settings):
        """Run a command line and exit: 2 for bad input, 130 when interrupted, otherwise what the command says."""
        if not standalone_mode:
            return super().main(*arguments, standalone_mode=False, **settings)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.reconfigure(errors="backslashreplace")  # a terminal without Greek letters still gets an answer
        try:
            result = super().main(*arguments, standalone_mode=False, **settings)
        except GraderError as error:
            result = refuse(error)
        except click.Abort:
            result = INTERRUPTED
        except OSError as error:
            result = refuse(GraderError(f"the system refuses: {error.strerror or error} {error.filename or ''}".rstrip() + "."))
        except click.ClickException as error:
            error.message = plain(error.message)
            error.show()
            result = error.exit_code
        sys.exit(result if isinstance(result, int) else 0)


def refuse(error):
    """Say on stderr why the input cannot be used; gives the exit code."""
    for sentence in error.complaints if isinstance(error, BankError) else [error]:
        echo(f"Error: {sentence}", err=True)
    return 2


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main():
    """Grade deep-learning exams: every problem is solved by the grader itself, and marked as a patient human would.

    \b
    Example:
      grader bank list --by topic
    """
