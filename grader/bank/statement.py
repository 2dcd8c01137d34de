"""The statement of a problem as people read it: values put in for `{{name}}`."""

import re

from grader.bank.model import Stack
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.language.meaning import Scope
from grader.maths.show import short_text

PLACE = re.compile(r"\{\{\s*(.+?)\s*\}\}")


def filled(text, problem, program):
    """A text of the problem with every `{{name}}` as it was typed under `given`, and other expressions worked out."""
    scope = Scope(names=program.names, values=program.values)

    def value(match):
        given = problem.given.get(match.group(1))
        if isinstance(given, Stack):
            return described(given)
        if given is not None and match.group(1) not in program.symbols:
            return str(given)
        try:
            return short_text(*Evaluation(program.values).with_system(scope.node(match.group(1))))
        except GraderError:
            return match.group(1)

    return PLACE.sub(value, text)


def described(stack):
    """A layer stack in words: its input and the layers with their settings."""
    return f"input {stack.input}, then {', '.join(_layer(kind, settings) for kind, settings in stack.layers)}"


def _layer(kind, settings):
    if not settings:
        return str(kind)
    told = ", ".join(f"{key} {_nested(value)}" for key, value in settings.items() if value)
    return f"{kind} ({told})"


def _nested(value):
    """A setting, or the layers or paths that stand in it."""
    if not isinstance(value, tuple):
        return str(value)
    layers = (_layer(*item) if isinstance(item[0], str) else _nested(item) for item in value)
    return f"[{', '.join(layers)}]"
