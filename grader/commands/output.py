"""What commands print: text without control characters, and values as JSON."""

import json
import re
import unicodedata
from dataclasses import fields, is_dataclass

from grader.bank.words import counted, show_marks

__all__ = ["as_json", "counted", "echo", "echo_json", "plain", "show_marks"]

LONGEST_NUMBER = 40  # characters of an exact number that people read
NUMBER = re.compile(r"[\d/]+")


def plain(text):
    r"""Text that is safe to show: characters that steer a terminal are spelled out.

    >>> plain("red \x1b[31m")
    'red \\x1b[31m'
    """
    return "".join(c if c.isprintable() or c in "\n\t" or unicodedata.category(c) == "Zs" else _spelled(c) for c in str(text))


def _spelled(character):
    return character.encode("ascii", "backslashreplace").decode() if ord(character) > 127 else f"\\x{ord(character):02x}"


def echo(text="", err=False):
    """Print text that may hold something a user typed."""
    import click

    click.echo(plain(text), err=err)


def echo_json(value):
    """Print a value as JSON: dataclasses as objects, Fractions and places as text (`"1/2"`, `"06.yaml:12"`)."""
    echo(json.dumps(as_json(value), indent=2))


def as_json(value):
    """The value in what `json` can write."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if is_dataclass(value) and type(value).__str__ is object.__str__:
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "items"):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return str(value)


def value_text(exact, decimal):
    """A value as people read it: exact, with its decimals where these say more; decimals alone where a fraction is long."""
    if not decimal or decimal in (exact, exact.removeprefix("≈ ")):
        return exact
    long = any(len(number) > LONGEST_NUMBER for number in NUMBER.findall(exact))
    return f"≈ {decimal}" if long else f"{exact}  ({decimal})"


def complaints_as_json(complaints):
    """Complaints as {file, line, sentence}."""
    return [{"file": one.where.file, "line": one.where.line, "sentence": one.sentence} for one in complaints]
