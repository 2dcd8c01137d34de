"""What may stand under `draw:`: the distributions, each a row of a table, and how their arguments are read.

A distribution gives whole numbers over one common denominator, so what is drawn is exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm, prod

import numpy as np

from grader.maths.errors import LanguageError, nearest
from grader.maths.evaluate import Evaluation
from grader.maths.graph import show_shape
from grader.maths.language import syntax
from grader.maths.language.named_functions import NAMES, is_named
from grader.maths.language.unparse import show
from grader.maths.systems import EXACT, as_fraction
from grader.variants.counter import below

MOST_ENTRIES = 4_096  # of one drawn value
MOST_DIFFERENT = 1_000  # values among which different ones are drawn
LARGEST = 10**9
MOST_PLACES = 6
MOST_BITS_TOLD = 100  # of a number that is spelled out in a complaint


@dataclass(frozen=True)
class Sampler:
    """A distribution with its arguments known.

    shape: of one drawn value; denominator: of all its entries; places: how many random numbers one draw takes; numerators: from
    random bits (candidates x places) to whole numbers (candidates x entries); count: of a number, among how many values it is
    drawn (None: many); functions: the places in NAMES of those among which one is drawn.
    """

    shape: tuple
    denominator: int
    places: int
    numerators: Callable
    count: int | None = None
    functions: tuple = ()


@dataclass(frozen=True)
class Distribution:
    """A row of the table: `prepare` gives the Sampler for the Arguments of a call; ranged: the last argument is a range.

    What stands in front of the range, or in a distribution without one, is a size.
    """

    name: str
    usage: str
    sentence: str
    prepare: Callable
    ranged: bool = False


DISTRIBUTIONS = {}


def distribution(usage, sentence, ranged=False):
    """Add a row to the table under the name that its usage begins with."""

    def register(prepare):
        name = usage.partition("(")[0]
        DISTRIBUTIONS[name] = Distribution(name, usage, sentence, prepare, ranged)
        return prepare

    return register


class Arguments:
    """The arguments of a call, read in a Scope (what names mean, and their values)."""

    def __init__(self, call, scope, text):
        self.scope, self.text, self.row = scope, str(text), DISTRIBUTIONS[call.function.name]
        self.trees, self.at = list(call.arguments), call.at
        self.settings = {name: (tree, at) for name, tree, at in call.settings}

    def fail(self, problem, at=None):
        raise LanguageError(f"{problem}; it is used as {self.row.usage}", self.text, self.at if at is None else at)

    def array(self, tree):
        """The exact value of an argument."""
        value, system = Evaluation(self.scope.values, (EXACT,)).with_system(self.scope.tree(tree, self.text))
        return system.array(value)

    def number(self, tree):
        value = self.array(tree)
        if value.ndim:
            self.fail(f"a number was expected, not {show_shape(value.shape)}", tree.at)
        value = as_fraction(value[()])
        if abs(value) > LARGEST:
            self.fail(f"{_told(value)} is too large", tree.at)
        return value

    def whole(self, tree, least=1):
        value = self.number(tree)
        if value.denominator != 1 or value < least:
            self.fail(f"a whole number from {least} was expected, not {_told(value)}", tree.at)
        return int(value)

    def range(self):
        """(low, high) of the last argument."""
        tree = self.trees.pop() if self.trees else None
        if not isinstance(tree, syntax.Binary) or tree.operator != "..":
            self.fail("a range such as -3..3 was expected as the last argument", getattr(tree, "at", None))
        low, high = self.number(tree.left), self.number(tree.right)
        if low > high:
            self.fail(f"the range {_told(low)}..{_told(high)} is empty", tree.at)
        return low, high

    def shape(self):
        """The remaining arguments as a shape."""
        shape = tuple(self.whole(tree) for tree in self.trees)
        if prod(shape) > MOST_ENTRIES:
            self.fail(f"{prod(shape):,} entries are too many (limit {MOST_ENTRIES:,})")
        return shape

    def functions(self):
        """The places in NAMES of the functions that all arguments name; none where none does."""
        if not any(self._is_function(tree) for tree in self.trees):
            return ()
        for tree in self.trees:
            if not self._is_function(tree):
                self.fail(f"'{show(tree)}' is no function that can be given by name{nearest(show(tree), NAMES)}", tree.at)
        return tuple(NAMES.index(tree.name) for tree in self.trees)

    def _is_function(self, tree):
        return isinstance(tree, syntax.Name) and is_named(tree.name, self.scope.names)

    def setting(self, name):
        """The tree of a setting, or None; the others are a fault when `end` is called."""
        return self.settings.pop(name, (None, 0))[0]

    def end(self):
        for name, (_, at) in self.settings.items():
            self.fail(f"'{name}' is not a setting of {self.row.name}", at)


def _told(value):
    """A number in a complaint; one with very many digits is not spelled out."""
    return str(value) if value.numerator.bit_length() + value.denominator.bit_length() <= MOST_BITS_TOLD else "this number"


def called(text):
    """The call of a distribution in a text; raises LanguageError where it is none."""
    tree = syntax.parse(str(text))
    name = tree.function.name if isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name) else ""
    if name not in DISTRIBUTIONS:
        known = ", ".join(DISTRIBUTIONS)
        raise LanguageError(f"'{text}' is no distribution{nearest(name or text, DISTRIBUTIONS)}; there are {known}")
    return tree


def sampler(call, scope, text):
    """The Sampler for a call, its arguments read in a scope."""
    arguments = Arguments(call, scope, text)
    found = arguments.row.prepare(arguments)
    arguments.end()
    return found


def names_in(tree):
    """All names in a syntax tree."""
    if isinstance(tree, syntax.Name):
        return {tree.name}
    return set().union(*map(names_in, tree)) if isinstance(tree, tuple) else set()


def names_in_sizes(call):
    """The names on which the shape of what is drawn may depend."""
    row, settings = DISTRIBUTIONS[call.function.name], {name: tree for name, tree, _ in call.settings}
    if row.name == "choice":
        return names_in(call.arguments) if "of" in settings else set().union(*map(_names_in_shape, call.arguments))
    sizes = call.arguments[:-1] if row.ranged else call.arguments
    return names_in(tuple(sizes)) | names_in(tuple(settings.values()))


def _names_in_shape(tree):
    """The names whose values, and not their shapes alone, may decide about the shape of a value: in slices, ranges and calls."""
    if isinstance(tree, syntax.Slice | syntax.Call) or (isinstance(tree, syntax.Binary) and tree.operator == ".."):
        return names_in(tree)
    if isinstance(tree, syntax.Name) or not isinstance(tree, tuple):
        return set()
    return set().union(*map(_names_in_shape, tree))


# --- the rows ---


def _entrywise(shape, denominator, count, value):
    """A sampler whose entries are drawn independently: `value` makes an array of 0..count-1 to numerators."""
    return Sampler(shape, denominator, prod(shape), lambda random: value(below(random, count)), count)


def _grid(arguments, denominator, without_zero=False):
    """Multiples of 1/denominator in a range."""
    low, high = arguments.range()
    first, last = ceil(low * denominator), floor(high * denominator)
    skips = without_zero and first <= 0 <= last
    count = last - first + 1 - skips
    if count < 1:
        arguments.fail(f"nothing lies in the range {_told(low)}..{_told(high)}")
    if count >= 2**31:
        arguments.fail(f"the range {_told(low)}..{_told(high)} is too long")

    def value(drawn):
        return first + drawn + (drawn >= -first) if skips else first + drawn

    return _entrywise(arguments.shape(), denominator, count, value)


def _places(arguments):
    tree = arguments.setting("places")
    places = 1 if tree is None else arguments.whole(tree)
    if places > MOST_PLACES:
        arguments.fail(f"at most {MOST_PLACES} places can be drawn", tree.at)
    return 10**places


@distribution("ints(2, 3, -3..3)", "whole numbers", ranged=True)
def _ints(arguments):
    return _grid(arguments, 1)


@distribution("nonzero_ints(2, 3, -3..3)", "whole numbers without 0", ranged=True)
def _nonzero_ints(arguments):
    return _grid(arguments, 1, without_zero=True)


@distribution("halves(2, 3, -3..3)", "multiples of 1/2", ranged=True)
def _halves(arguments):
    return _grid(arguments, 2)


@distribution("nonzero_halves(2, 3, -3..3)", "multiples of 1/2 without 0", ranged=True)
def _nonzero_halves(arguments):
    return _grid(arguments, 2, without_zero=True)


@distribution("quarters(2, 3, -3..3)", "multiples of 1/4", ranged=True)
def _quarters(arguments):
    return _grid(arguments, 4)


@distribution("nonzero_quarters(2, 3, -3..3)", "multiples of 1/4 without 0", ranged=True)
def _nonzero_quarters(arguments):
    return _grid(arguments, 4, without_zero=True)


@distribution("decimals(2, 3, -1..1, places=1)", "decimals with that many places", ranged=True)
def _decimals(arguments):
    return _grid(arguments, _places(arguments))


@distribution("nonzero_decimals(2, 3, -1..1, places=1)", "decimals without 0", ranged=True)
def _nonzero_decimals(arguments):
    return _grid(arguments, _places(arguments), without_zero=True)


@distribution("distinct_ints(3, 0..9)", "whole numbers that differ from each other", ranged=True)
def _distinct_ints(arguments):
    low, high = arguments.range()
    first, last = ceil(low), floor(high)
    shape, count = arguments.shape(), last - first + 1
    if not prod(shape) <= count <= MOST_DIFFERENT:
        limit = f"from {prod(shape)} to {MOST_DIFFERENT:,}"
        arguments.fail(f"the range {_told(low)}..{_told(high)} holds {max(count, 0):,} whole numbers; there may be {limit}")
    return Sampler(shape, 1, count, lambda random: first + _order(random)[:, : prod(shape)])


@distribution("permutation(4)", "the numbers 0, 1, 2, 3 in some order")
def _permutation(arguments):
    if len(arguments.trees) != 1:
        arguments.fail("one whole number was expected")
    (length,) = arguments.shape()
    return Sampler((length,), 1, length, _order)


def _order(random):
    return np.argsort(random, axis=-1, kind="stable")


@distribution("signs(3)", "1 and -1")
def _signs(arguments):
    return _entrywise(arguments.shape(), 1, 2, lambda drawn: 2 * drawn - 1)


@distribution("one_hot(2, 3)", "rows of zeros with a single 1 (one row: one_hot(3))")
def _one_hot(arguments):
    shape = arguments.shape()
    if not shape:
        arguments.fail("the length was expected")
    rows, length = prod(shape[:-1]), shape[-1]

    def numerators(random):
        hot = below(random, length)
        return (hot[:, :, None] == np.arange(length)).astype(np.int64).reshape(len(random), -1)

    return Sampler(shape, 1, rows, numerators)


@distribution("choice(a, b, c)", "one of some values; choice(2, 3, of=[a, b, c]): 2 x 3 entries, each one of them")
def _choice(arguments):
    tree = arguments.setting("of")
    functions = () if tree else arguments.functions()
    if functions:
        shape, offered = None, [np.array(place) for place in functions]
    elif tree is None:
        shape, offered = None, [arguments.array(tree) for tree in arguments.trees]
    else:
        if not isinstance(tree, syntax.Items):
            arguments.fail("'of' must be a list of values", tree.at)
        shape, offered = arguments.shape(), [arguments.array(item) for item in tree.items]
    if len(offered) < 2:
        arguments.fail("at least two values were expected")
    shapes = {value.shape for value in offered}
    if len(shapes) > 1 or (shape is not None and shapes != {()}):
        arguments.fail("the values must be numbers, or all of one shape")
    fractions = [[as_fraction(entry) for entry in value.flat] for value in offered]
    denominator = lcm(*(entry.denominator for value in fractions for entry in value))
    table = np.array([[_numerator(entry, denominator, arguments) for entry in value] for value in fractions], dtype=np.int64)
    if shape is not None:
        return _entrywise(shape, denominator, len(offered), lambda drawn: table[drawn, 0])
    count = len(offered)
    return Sampler(offered[0].shape, denominator, 1, lambda random: table[below(random[:, 0], count)], count, functions)


def _numerator(entry, denominator, arguments):
    value = entry * Fraction(denominator)
    if abs(value) > LARGEST**2:
        arguments.fail("the values have no small common denominator")
    return int(value)
