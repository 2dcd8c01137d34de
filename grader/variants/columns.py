"""Many exact evaluations at once: every entry of an array is a column of rationals, one for each candidate.

A column takes part in arithmetic and in the scalar functions of EXACT. Nothing can look at it and decide (`if x > 0`): that
raises, and the candidates are then evaluated one by one.
"""

import operator

import numpy as np
from flint import fmpq

from grader.maths.errors import InexactError, UnsupportedError
from grader.maths.systems import EXACT, Exact, System


class Column:
    """One number for each candidate."""

    __slots__ = ("entries",)
    __hash__ = None

    def __init__(self, entries):
        self.entries = entries

    def __neg__(self):
        return Column(list(map(operator.neg, self.entries)))

    def _undecided(self, *_):
        raise UnsupportedError("candidates differ in what is decided here")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __abs__ = __pow__ = __float__ = __int__ = _undecided


def _joining(function):
    def join(self, other):
        if isinstance(other, Column):
            return Column(list(map(function, self.entries, other.entries)))
        other = fmpq(other)
        return Column([function(entry, other) for entry in self.entries])

    def join_behind(self, other):
        other = fmpq(other)
        return Column([function(other, entry) for entry in self.entries])

    return join, join_behind


for _name, _function in (
    ("add", operator.add),
    ("sub", operator.sub),
    ("mul", operator.mul),
    ("truediv", operator.truediv),
):
    _front, _behind = _joining(_function)
    setattr(Column, f"__{_name}__", _front)
    setattr(Column, f"__r{_name}__", _behind)


def _in_columns(function):
    """A function of rationals as one of columns and rationals."""

    def apply(*values):
        columns = [value for value in values if isinstance(value, Column)]
        if not columns:
            return function(*values)
        length = len(columns[0].entries)
        return Column(list(map(function, *[v.entries if isinstance(v, Column) else [v] * length for v in values])))

    return apply


class Columns(System):
    """Columns of rationals; constants stay single rationals."""

    name = "EXACT"
    element_type = (Column, fmpq)
    scalars = {name: (_in_columns(function), count) for name, (function, count) in Exact.scalars.items()}

    def element(self, value):
        return value if isinstance(value, Column) else EXACT.element(value)

    def array(self, value):
        if isinstance(value, Column):
            value = np.array(value, dtype=object)
        return super().array(value)


COLUMNS = Columns()


def column(numerators, denominator):
    """The array of Columns of drawn values: numerators is an array of whole numbers, candidates first."""
    result = np.empty(numerators.shape[1:], dtype=object)
    for place in np.ndindex(result.shape):
        known = {}
        entries = numerators[(slice(None), *place)].tolist()
        for entry in set(entries):
            known[entry] = fmpq(entry, denominator)
        result[place] = Column([known[entry] for entry in entries])
    return result


def entries(value, length):
    """The entries of a worked out number as a list, one for each candidate."""
    value = value[()] if isinstance(value, np.ndarray) else value
    if isinstance(value, Column):
        return value.entries
    if not isinstance(value, fmpq):
        raise InexactError("this is not an exact number")
    return [value] * length
