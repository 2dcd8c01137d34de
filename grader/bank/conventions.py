"""Conventions: where textbooks differ (ReLU'(0), mean or sum in a loss, ...), which choice holds.

`problems/conventions.yaml` lists every convention with its default, the values it can take and a line for each that a sheet
can quote. A paper sets its own above the defaults, a problem above its paper.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from grader.bank.fields import Faults, Fields, listed, number
from grader.bank.places import versions
from grader.bank.yaml_text import read_yaml
from grader.maths.errors import UsageError, nearest

FILE = "conventions.yaml"


@dataclass(frozen=True)
class Convention:
    """One convention: its default, a line to quote for each value, and the line for any other number where one is allowed.

    `any_number` holds `{value}` where the number goes; it is empty where only the listed values are allowed.
    """

    name: str
    about: str
    default: str
    lines: MappingProxyType
    any_number: str = ""

    def value(self, text):
        """The value meant by a text (`0.5` is `1/2`); raises UsageError for one this convention cannot take."""
        if text in self.lines:
            return str(text)
        meant = number(text)
        for listed_value in self.lines:
            if meant is not None and number(listed_value) == meant:
                return str(listed_value)
        if self.any_number and meant is not None:
            return str(text)
        expected = f"one of {listed(self.lines)}" + (" or another number from 0 up" if self.any_number else "")
        raise UsageError(f"convention '{self.name}' cannot be '{text}'{nearest(text, self.lines)}; it is {expected}")

    def quote(self, value):
        """The line a sheet can print for a value."""
        return self.lines.get(value) or self.any_number.replace("{value}", value)


@dataclass(frozen=True)
class Conventions:
    """A value for every convention.

    >>> conventions = default_conventions()
    >>> conventions["relu_at_zero"], conventions.with_(relu_at_zero="0.5")["relu_at_zero"]
    ('0', '1/2')
    """

    known: MappingProxyType
    values: MappingProxyType

    def __getitem__(self, name):
        self.convention(name)
        return self.values[name]

    def __iter__(self):
        return iter(self.values)

    def convention(self, name):
        """The Convention of that name; raises UsageError with the nearest name."""
        if name not in self.known:
            raise UsageError(f"there is no convention '{name}'{nearest(name, self.known)}")
        return self.known[name]

    def number(self, name):
        """The value as a Fraction, for conventions that are numbers."""
        return number(self[name])

    def with_(self, **changes):
        """The same with some values changed; raises UsageError for a name or value that does not exist."""
        new = {str(name): self.convention(name).value(value) for name, value in changes.items()}
        return replace(self, values=MappingProxyType({**self.values, **new}))

    def quote(self, name):
        """The line a sheet prints where an answer depends on this convention."""
        return self.convention(name).quote(self[name])


def default_conventions(root=None):
    """The defaults: those that come with the grader, with what the `conventions.yaml` of the bank at `root` changes or adds."""
    return _defaults(*versions(FILE, root))


@lru_cache(maxsize=32)
def _defaults(*files):
    known = {name: convention for path, *_ in files for name, convention in _read(path).items()}
    values = {name: convention.default for name, convention in known.items()}
    return Conventions(MappingProxyType(known), MappingProxyType(values))


def conventions_for(problem, paper=None, root=None):
    """What holds for a problem: its own conventions, over its paper's, over the defaults."""
    above = {} if paper is None else paper.conventions
    return default_conventions(root).with_(**above).with_(**problem.conventions)


def _read(path):
    tree, faults = read_yaml(path)
    faults = Faults(faults)
    top = Fields(tree, "conventions", faults)
    known = {str(name): _convention(str(name), Fields(node, name, faults)) for name, node in top.table.items()}
    faults.raise_any()
    return known


def _convention(name, fields):
    about, default = fields.text("about", required=True), fields.text("default", required=True)
    lines = fields.pairs("values", "a value", identifiers=False)
    any_number = fields.text("any_number")
    fields.end()
    if any_number and "{value}" not in any_number:
        fields.fault(any_number, "'any_number' must say {value} where the number goes")
    convention = Convention(name, str(about), str(default), lines, str(any_number))
    if default:
        try:
            convention.value(default)
        except UsageError as error:
            fields.fault(default, str(error))
    return convention
