"""Command lines in which an argument may begin with a minus sign: `grader check PROBLEM PART "-w x"`."""

import re

import click

LONG = re.compile(r"--[A-Za-z][A-Za-z-]*(=.*)?", re.DOTALL)


class AnswerCommand(click.Command):
    """A command that takes what begins with a single `-` as an argument; options have long names, and must exist.

    `-h` asks for help only in front of the last argument, as it may be an answer, too.
    """

    def parse_args(self, context, args):
        options, arguments, waiting = [], [], list(args)
        known = {name: one for one in self.get_params(context) if isinstance(one, click.Option) for name in one.opts}
        before_last = len(self.params) - sum(isinstance(one, click.Option) for one in self.params) - 1
        while waiting:
            text = waiting.pop(0)
            if text == "--":
                arguments += waiting
                break
            name = text.partition("=")[0]
            if name in known and (name.startswith("--") or len(arguments) < before_last):
                options.append(text)
                if not known[name].is_flag and "=" not in text:
                    options.append(_value(name, waiting, context))
            elif LONG.fullmatch(text):
                raise click.NoSuchOption(name, possibilities=_near(name, known), ctx=context)
            else:
                arguments.append(text)
        return super().parse_args(context, [*options, "--", *arguments])


def _value(name, waiting, context):
    if not waiting:
        raise click.BadOptionUsage(name, f"Option '{name}' requires an argument.", ctx=context)
    return waiting.pop(0)


def _near(name, known):
    from difflib import get_close_matches

    return get_close_matches(name, known, n=1)
