"""The values of a problem as figures show them: numbers as the file has them, and names."""

import re
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from grader.maths.errors import GraderError, UsageError
from grader.maths.evaluate import Evaluation
from grader.maths.language.meaning import Scope
from grader.maths.language.named_functions import NAMED
from grader.maths.ops.structure import index
from grader.maths.show import Formulas, decimal_number, exact_number, listed_nodes, terminating
from grader.maths.systems import EXACT, as_fraction

SHORT = 7  # characters of a number that is shown in full, unless it was typed so
DIGITS = 5  # of a number that is cut off
_NUMBER = re.compile(r"(?<![A-Za-z_0-9.])([0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?)(?![A-Za-z_0-9.])")
_SPELT = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30}|/0{0,9}[1-9][0-9]{0,30})?")
MINUS = "−"


class Values:
    """What is known of a problem's values: `solution` has the problem and its program."""

    def __init__(self, solution):
        self.problem, self.program = solution.problem, solution.program
        self.scope = Scope(names=self.program.names, values=self.program.values, conventions=getattr(solution, "conventions", {}))
        self.work = Evaluation(self.program.values)
        self.names = {}
        for name, value in self.program.named_nodes():
            self.names.setdefault(value, name)
        self.formulas = Formulas(self.names)
        self.declared = {name: symbol.dimensions for name, symbol in self.program.symbols.items() if symbol.dimensions}
        self.loose = any(isinstance(size, str) for dimensions in self.declared.values() for size in dimensions)
        self.typed = {}
        for text in self.problem.given.values():
            for value, spelling in _spellings(text):
                self.typed.setdefault(value, spelling)
        self.decimals = any("." in spelling for spelling in self.typed.values())
        self.arrays = {}

    def with_words(self, settings):
        """A figure's settings, in which functions that are given by name stand as words (`f` as `tanh`)."""
        words = {name: NAMED[one.function].words for name, one in self.program.functions.items()}
        activations = tuple(words.get(text, text) for text in settings.get("activations", ()))
        cell = words.get(settings.get("cell"), settings.get("cell"))
        return {**settings, **({"activations": activations} if activations else {}), **({"cell": cell} if cell else {})}

    def node(self, text):
        """The meaning of an expression; raises a UsageError that says where it stands."""
        try:
            return self.scope.node(text)
        except GraderError as error:
            raise UsageError(f"'{text}' cannot be drawn: {error}") from error

    def array(self, node):
        """`(array, system)` of a node's value, or None where symbols are in it."""
        if node not in self.arrays:
            try:
                array, system = self.work.with_system(node)
                self.arrays[node] = np.asarray(array, dtype=object), system
            except GraderError:
                self.arrays[node] = None
        return self.arrays[node]

    def entries(self, node):
        """An array of the texts of all entries: numbers, or formulas where there are symbols."""
        known = self.array(node)
        if known is not None:
            own = _spellings(self.problem.given.get(node.settings["name"], "")) if node.op == "given" else ()
            if len(own) == known[0].size:  # one for each entry, perhaps
                spelt = iter(own)
                return _each(known[0], lambda element: self.number(element, known[1], dict([next(spelt)])))
            own = dict(own)
            return _each(known[0], lambda element: self.number(element, known[1], own))
        if self.loose and node.shape:
            raise UsageError("its sizes are names, not numbers")
        result = np.empty(node.shape, dtype=object)
        for position in np.ndindex(*node.shape):
            result[position] = self.formula(_entry(node, position))
        return result

    def number(self, element, system, own=MappingProxyType({})):
        """A number as it was typed, else exactly where that is short, else cut off with an ellipsis.

        own: value -> how it is typed where it stands.
        """
        if system is EXACT:
            value, size, sign = _signed(element)
            if spelling := own.get(size) or self.typed.get(size):
                return sign + spelling
            if text := _short(value, self.decimals):
                return text
        return cut(decimal_number(element, system, 2 * DIGITS)).replace("-", MINUS)

    def formula(self, node):
        """A node as a formula in names."""
        return self.names.get(node) or self.formulas(node)

    def sizes(self, node):
        """The sizes of a value as text, in names where it is declared so; '' where they follow from such names."""
        if node.op == "given" and (declared := self.declared.get(node.settings["name"])):
            return sizes(declared)
        return "" if self.loose else sizes(node.shape)

    def scalar(self, name):
        """The text of a given number, None for anything else."""
        return self.given(name, ())

    def given(self, name, rank):
        """The texts of a given value of that many sizes (a shape of Nones or numbers), None for anything else."""
        if str(name) not in self.program.values:
            return None
        node = self.program.names[str(name)]
        if len(node.shape) != len(rank):
            return None
        found = self.entries(node)
        return found[()] if rank == () else found

    def member_names(self, node):
        """The names of the entries of a list of names such as `[[w1, w2], [w3, w4]]`, as an array, or None."""
        members = listed_nodes(node)
        rows = [self.member_names(member) if member.shape else self._own_name(member) for member in members]
        if not rows or any(row is None for row in rows):
            return None
        return np.array([list(row) if isinstance(row, np.ndarray) else row for row in rows], dtype=object)

    def _own_name(self, node):
        return node.settings["name"] if node.op == "given" else self.names.get(node)


@lru_cache(maxsize=4096)
def _signed(element):
    """A rational element as a Fraction, the same without its sign, and the sign."""
    value = as_fraction(element)
    return value, abs(value), MINUS if value < 0 else ""


@lru_cache(maxsize=4096)
def _short(value, decimals):
    """A Fraction exactly, where that is short; `decimals`: rather as a decimal."""
    decimal, exact = terminating(value), exact_number(value)
    for text in (decimal, exact) if decimals else (exact, decimal):
        if text and len(text) <= SHORT + 1:
            return text.replace("-", MINUS)
    return ""


def _spellings(text):
    """(value, how it is typed) of all numbers in the text of a given."""
    return _spelt(str(text)) if isinstance(text, str) else ()


@lru_cache(maxsize=4096)
def _spelt(text):
    return tuple((Fraction(spelling), spelling) for spelling in _NUMBER.findall(text) if _SPELT.fullmatch(spelling))


def _entry(node, position):
    """An entry of a node; of a list of nodes the entry of the member itself."""
    while position and (members := listed_nodes(node)):
        node, position = members[position[0]], position[1:]
    return index(node, position) if position else node


def _each(array, show):
    result = np.empty(array.shape, dtype=object)
    for position in np.ndindex(*array.shape):
        result[position] = show(array[position])
    return result


def cut(text):
    """A decimal cut off behind its first significant digits, with an ellipsis."""
    mantissa, e, exponent = text.partition("e")
    seen, kept = 0, ""
    for character in mantissa:
        if seen >= DIGITS and "." in kept and character.isdigit():
            return f"{kept.rstrip('.')}…{e}{exponent}"
        kept += character
        seen += character.isdigit() and (seen > 0 or character != "0")
    return f"{kept}{e}{exponent}"


def sizes(shape):
    """Sizes in a row: `3 × 32 × 32`."""
    return " × ".join(map(str, shape))


def joined(items):
    """Items in a row: `a, b and c`."""
    items = [str(item) for item in items]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
