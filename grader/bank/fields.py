"""Taking the fields out of a mapping of the bank, with a complaint for whatever is wrong with them.

Nothing here raises: a faulty field is complained about and its default goes on, so one reading finds all mistakes of a file.
"""

import re
from fractions import Fraction
from types import MappingProxyType

from grader.bank.model import Complaint, Located
from grader.bank.yaml_text import Mapping, Sequence
from grader.maths.errors import BankError, nearest

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?(e[+-]?[0-9]{1,2})?|[0-9]{1,9}/0*[1-9][0-9]{0,8}", re.IGNORECASE)
_FLAGS = {"true": True, "false": False}


def number(text):
    """The Fraction written as `2`, `1/2`, `0.5` or `1e-5`, or None: a number that is not negative and not huge."""
    return Fraction(str(text)) if _NUMBER.fullmatch(text) else None


def listed(names):
    """Names in a row, for a sentence."""
    return ", ".join(str(name) for name in names)


class Faults(list):
    """The complaints about one file."""

    def add(self, where, sentence):
        """Note a fault at a place, or at the place of something read (anything with `.where`)."""
        self.append(Complaint(getattr(where, "where", where), sentence))

    def raise_any(self, partial=None):
        """Raise BankError with all of them, in the order of file and line, if there are any; `partial` is what was read."""
        if self:
            raise BankError(sorted(self, key=lambda complaint: (complaint.where.file, complaint.where.line)), partial)


class Fields:
    """One mapping being read. `what` is what complaints call it ("part b").

    Each method takes a field by name; `end` complains about the fields nobody asked for.
    """

    def __init__(self, node, what, faults):
        self.what, self.faults, self.where = what, faults, node.where
        self.broken = not isinstance(node, Mapping)  # then one complaint is enough: nothing is called missing
        self.table = Mapping(node.where) if self.broken else node
        self.asked = []
        if self.broken:
            self.fault(node, f"fields such as 'name: value' were expected, not {_sort(node)}")

    def __contains__(self, name):
        return name in self.table

    def fault(self, where, sentence):
        """Complain about something in this mapping."""
        self.faults.add(where, f"{self.what}: {sentence}")

    def node(self, name, required=False):
        """The field as read, or None where it is missing or empty."""
        self.asked.append(name)
        found = self.table.get(name)
        if found is None and required and not self.broken:
            self.fault(self, f"'{name}' is missing")
        elif found == "":
            self.fault(found, f"'{name}' is empty")
        return None if found == "" else found

    def text(self, name, required=False):
        """A text or expression; '' where there is none."""
        return self.as_text(self.node(name, required), f"'{name}'") or Located("", self.where)

    def as_text(self, node, what, empty=False):
        """A node that must be text, without the line break a block ends in; None (and a complaint) where it is not."""
        if node is None or (isinstance(node, Located) and (node or empty)):
            return node and Located(node.rstrip("\n"), node.where)
        if node == "":
            self.fault(node, f"{what} is empty")
        else:
            self.fault(node, f"{what} must be one text, not {_sort(node)}; put a value that begins with '[' or '{{' in quotes")
        return None

    def texts(self, name, required=False):
        """A list of texts, or a single one, as a tuple."""
        return tuple(text for node in self.items(name, required) if (text := self.as_text(node, f"an entry of '{name}'")))

    def items(self, name, required=False):
        """The nodes of a list; a single text stands for a list of one."""
        node = self.node(name, required)
        if isinstance(node, Mapping):
            self.fault(node, f"'{name}' must be a list (lines that begin with '- ')")
            return []
        if node == [] and required:
            self.fault(node, f"'{name}' is an empty list")
        return [node] if isinstance(node, Located) else list(node or ())

    def fields(self, name, what=None, required=False):
        """A mapping inside this one, or None."""
        node = self.node(name, required)
        return None if node is None else Fields(node, what or f"{self.what}, {name}", self.faults)

    def pairs(self, name, what, identifiers=True, empty=False):
        """A mapping from names to texts, in the order of the file; '' where the text is faulty."""
        inner = self.fields(name)
        if inner is None:
            return MappingProxyType({})
        found = {key: inner.as_text(node, f"'{key}'", empty) or Located("", key.where) for key, node in inner.table.items()}
        if identifiers:
            inner.check_names(found, what)
        return MappingProxyType(found)

    def check_names(self, names, what):
        """Complain about names that could not be written in an expression."""
        for name in names:
            if not name.isidentifier():
                decimals = "; decimals have a point, not a comma" if name.isdigit() else ""
                self.fault(name, f"'{name}' cannot be the name of {what}; use letters, digits and '_', a letter first{decimals}")

    def one_of(self, name, allowed, default=None):
        """A word from a list."""
        word = self.text(name)
        return self.known(word, allowed, f"'{name}'") if word else default

    def known(self, word, allowed, what):
        """The word, or None with a complaint that offers the nearest of the allowed ones, or all."""
        if word in allowed:
            return str(word)
        offer = nearest(word, allowed) or f"; it is one of {listed(allowed)}"
        self.fault(word, f"{what} cannot be '{word}'{offer}")
        return None

    def marks(self, name, required=False):
        """Marks as a Fraction, or None."""
        text = self.text(name, required)
        marks = number(text) if text else None
        if text and marks is None:
            self.fault(text, f"'{name}' must be a number such as 2, 1/2 or 0.5, not negative; this is '{text}'")
        return marks

    def whole(self, name, limit):
        """A whole number from 0 to `limit`, or None."""
        text = self.text(name)
        if text and not (re.fullmatch("[0-9]{1,9}", text) and int(text) <= limit):
            self.fault(text, f"'{name}' must be a whole number from 0 to {limit}; this is '{text}'")
            return None
        return int(text) if text else None

    def flag(self, name, default):
        """`true` or `false`."""
        word = self.one_of(name, _FLAGS)
        return default if word is None else _FLAGS[word]

    def end(self):
        """Complain about every field that was never asked for."""
        for name in self.table:
            if name not in self.asked:
                offer = nearest(name, self.asked) or f"; known are {listed(self.asked)}"
                if self.table[name] == "":
                    offer += "; where it is the rest of a text with a comma, put that text in quotes"
                self.fault(name, f"unknown field '{name}'{offer}")


def _sort(node):
    if isinstance(node, Sequence):
        return "a list"
    return "a mapping" if isinstance(node, Mapping) else f"the text '{node[:40]}'"
