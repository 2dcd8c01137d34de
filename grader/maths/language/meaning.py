"""Syntax tree to graph: names, numbers, operators and calls take their meaning in a Scope."""

from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from grader.maths.errors import GraderError, LanguageError, ShapeError, TooLargeError, nearest
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Record, as_node, constant, make
from grader.maths.language import (
    builder_functions,
    index_functions,
    metric_functions,
    ordering_functions,
    sequence_functions,
    solving_functions,
    spectral_functions,
    syntax,
    training_functions,
)
from grader.maths.language.functions import FUNCTIONS, call_function
from grader.maths.ops.arithmetic import pi
from grader.maths.ops.indexed import Opaque
from grader.maths.ops.linear import inverse, matmul
from grader.maths.ops.structure import index, stack, transpose
from grader.maths.systems import BALL, EXACT, as_fraction

MAX_EXPONENT = 400
MAX_MATRIX_POWER = 12
ENTRYWISE, MATRIX = "entrywise", "matrix"  # what a product or power can mean
FILL_THE_TABLE = (  # of functions, when they are imported
    builder_functions,
    metric_functions,
    ordering_functions,
    sequence_functions,
    solving_functions,
    spectral_functions,
    training_functions,
)
EMPTY = MappingProxyType({})
AUTHORS_CONSTANTS = MappingProxyType({"pi": pi()})  # unless declared
NONE = frozenset()


class MisfitError(LanguageError):
    """An operation whose operands do not fit together; `operator`, `left` and `right` (nodes) tell which."""

    def __init__(self, problem, text, position, operator, left, right):
        self.operator, self.left, self.right = operator, left, right
        super().__init__(problem, text, position)


class Scope:
    """What names mean while an expression is read.

    names: name -> Node, Record or tuple of these; values: name of a given -> its value, for settings that must be known while
    the graph is built; conventions: name -> value, and `used` collects those that were consulted; functions: the table of
    allowed ones; `derivatives` collects the gradients of named values that a `grad` worked out on its way.

    products: how to take the products (and powers) that fit both as matrix products and entry by entry, in the order in which
    they are read: ENTRYWISE or MATRIX, those beyond as authors mean them; `taken` collects how each was taken. None: all of them
    as authors mean them.
    """

    def __init__(self, names=None, values=None, conventions=EMPTY, functions=FUNCTIONS, products=None):
        self.names, self.values = dict(names or {}), dict(values or {})
        self.conventions, self.functions = conventions, functions
        self.products, self.taken = products, []
        self.typed = functions is not FUNCTIONS  # by a student, so that `w_kj` is an entry
        self.bound, self.ends = frozenset(), {}  # the indices of the sums around, and how far each goes
        self.used = set()
        self.derivatives = {}  # adjoint node -> what a worked solution calls it, such as dL/dz
        self._evaluation = None

    def convention(self, name):
        """The value of a convention; it counts as used from now on."""
        self.used.add(name)
        return self.conventions[name]

    def read(self, text):
        """The meaning of a typed expression: a Node, Record, or tuple; raises LanguageError or ShapeError with a caret."""
        text = str(text)
        functions = unknown_functions(self.names) if "'" in text else NONE
        sums, values = self.typed and may_have_sums(self.names), values_before_brackets(text, self.names)
        return Reader(self, text).value(syntax.parse(text, functions, sums, values))

    def node(self, text):
        """The meaning of a typed expression as a node."""
        return self.as_value(self.read(text))

    def tree(self, tree, text):
        """The node of a syntax tree that was parsed before from `text`."""
        return Reader(self, text).node(tree)

    @staticmethod
    def as_value(value):
        """The node that stands for a meaning: a tuple as a stack, a record by its main field."""
        return stack([Scope.as_value(item) for item in value]) if isinstance(value, tuple) else as_node(value)

    def product(self, operator, left, right):
        """What an operator makes of two nodes; where it fits in both ways, as `products` says."""
        usual = OPERATORS[operator](left, right)
        other = None if self.products is None else OTHERWISE.get(operator, _no_other)(left, right)
        if other is None or other is usual:
            return usual
        turn, default = len(self.taken), MATRIX if operator == "juxtaposed" else ENTRYWISE
        self.taken.append(self.products[turn] if turn < len(self.products) else default)
        return usual if self.taken[-1] == default else other

    def known(self, node):
        """The exact value of a node where it is known while the graph is built, else None."""
        try:
            value, system = self._evaluate(node)
        except GraderError:
            return None
        return value if system is EXACT else None

    def _evaluate(self, node):
        if self._evaluation is None:
            self._evaluation = Evaluation(self.values, (EXACT, BALL))
        return self._evaluation.with_system(as_node(node))

    def fraction(self, node):
        """The exact value of a number that must be known while the graph is built; raises GraderError where it is not."""
        value, system = self._evaluate(node)
        if value.ndim or system is not EXACT:
            raise ShapeError("a setting must be an exact number")
        return as_fraction(value[()])

    def integer(self, node):
        """Like `fraction`, for whole numbers."""
        value = self.fraction(node)
        if value.denominator != 1:
            raise ShapeError(f"a setting must be a whole number, not {value}")
        return int(value)


class Reader:
    """One walk over the syntax tree of one text; complaints carry the text and the place."""

    def __init__(self, scope, text):
        self.scope, self.text = scope, text
        self.read = 0  # parts of the terms of sums

    def value(self, tree):
        try:
            return MEANINGS[type(tree)](self, tree)
        except (LanguageError, TooLargeError):
            raise
        except GraderError as error:
            raise LanguageError(str(error), self.text, tree.at) from error

    def node(self, tree):
        return self.scope.as_value(self.value(tree))

    def fail(self, problem, tree):
        raise LanguageError(problem, self.text, tree.at)

    def _number(self, tree):
        return typed_constant(tree.text)

    def _name(self, tree):
        if tree.name in self.scope.names:
            meaning = self.scope.names[tree.name]
            return self.fail(f"'{tree.name}' is a function and needs brackets", tree) if isinstance(meaning, Opaque) else meaning
        entry = index_functions.subscript(self, tree.name) if self.scope.typed and "_" in tree.name else None
        if entry is not None:
            return entry
        if tree.name in AUTHORS_CONSTANTS and not self.scope.typed:
            return AUTHORS_CONSTANTS[tree.name]
        known = (*self.scope.names, *self.scope.functions)
        if tree.name in self.scope.functions:
            self.fail(f"'{tree.name}' is a function and needs brackets", tree)
        return self.fail(f"'{tree.name}' is not a name known here{nearest(tree.name, known)}", tree)

    def _unary(self, tree):
        if tree.operator == "-" and isinstance(tree.operand, syntax.Number):
            return typed_constant(tree.operand.text, -1)
        operand = self.node(tree.operand)
        if tree.operator == "'":
            return transpose(operand)
        return 1 - operand if tree.operator == "not" else -operand

    def _binary(self, tree):
        """Left-nested chains such as a + b + c + ... are folded in a loop, so that long sums need no deep recursion."""
        chain = []
        while isinstance(tree, syntax.Binary):
            chain.append(tree)
            tree = tree.left
        left = self.node(tree)
        for step in reversed(chain):
            left = self._joined(left, step)
        return left

    def _joined(self, left, step):
        if step.operator == "..":
            self.fail("a range 'a..b' has no value here", step)
        if (
            step.operator == "^"
            and isinstance(step.right, syntax.Name)
            and step.right.name == "T"
            and "T" not in self.scope.names
        ):
            return transpose(left)
        right = self.node(step.right)
        if step.operator == "^" and left.rank and index_functions.upto(right) is not None:
            self.fail("an index above a vector or matrix is no power", step)
        try:
            return self.scope.product(step.operator, left, right)
        except TooLargeError:
            raise
        except ShapeError as error:
            raise MisfitError(str(error), self.text, step.at, step.operator, left, right) from error
        except GraderError as error:
            raise LanguageError(str(error), self.text, step.at) from error

    def _items(self, tree):
        if not tree.items:
            self.fail("an empty list has no value", tree)
        return stack([self.node(item) for item in tree.items])

    def _field(self, tree):
        base = self.value(tree.base)
        if not isinstance(base, Record):
            self.fail(f"there are no named results here to take '{tree.name}' from", tree)
        if tree.name not in base.fields:
            self.fail(
                f"a {base.kind} has no '{tree.name}'{nearest(tree.name, base.fields)}; it has {', '.join(base.fields)}", tree
            )
        return base.fields[tree.name]

    def _index(self, tree):
        base = self.value(tree.base)
        if self.scope.typed and any(type(item) is syntax.Number for item in tree.items):
            index_functions.refuse_number(self, tree)
        counted = [type(item) is not syntax.Number and index_functions.counts_from_one(self, item) for item in tree.items]
        places = zip(tree.items, counted, strict=True)
        keys = [index_functions.place_from_one(self, item) if one else self._key(item) for item, one in places]
        if any(counted):
            array = self.scope.as_value(base)
            index_functions.refuse_too_far(self, array, tree.items, keys)
            return index_functions.entry_at(array, keys, counted)
        if isinstance(base, tuple):
            return self._from_tuple(base, keys, tree)
        return index(as_node(base), tuple(keys))

    def _from_tuple(self, base, keys, tree):
        first, *rest = keys
        if isinstance(first, int) and not -len(base) <= first < len(base):
            self.fail(f"index {first} is outside 0..{len(base) - 1}", tree)
        chosen = base[first]
        return index(self.scope.as_value(chosen), tuple(rest)) if rest else chosen

    def _key(self, tree):
        if isinstance(tree, syntax.Slice):
            return slice(
                *(None if part is None else self.scope.integer(self.node(part)) for part in (tree.start, tree.stop, tree.step))
            )
        return self.scope.integer(self.node(tree))

    def _slice(self, tree):
        self.fail("a slice stands only inside an index", tree)

    def _each(self, tree):
        self.fail(f"'{tree.name} in ...' stands in front of the term of a sum, a product, a max or a min", tree)

    def _is_entry(self, name):
        """Whether a typed name such as `x_i` is an entry."""
        return self.scope.typed and "_" in name and index_functions.subscript(self, name) is not None

    def _call(self, tree):
        special = index_functions.special_call(self, tree)
        if special is not None:
            return special
        function = tree.function
        if isinstance(function, syntax.Name) and function.name in self.scope.functions and function.name not in self.scope.names:
            return call_function(self, self.scope.functions[function.name], tree)
        if isinstance(function, syntax.Name) and function.name not in self.scope.names and not self._is_entry(function.name):
            self.fail(f"'{function.name}' is not a function known here{nearest(function.name, self.scope.functions)}", function)
        if len(tree.arguments) != 1 or tree.settings:
            self.fail("this is not a function", tree)
        left, right = self.node(function), self.node(tree.arguments[0])  # x(1 - x): a product
        try:
            return self.scope.product("juxtaposed", left, right)
        except ShapeError as error:
            raise MisfitError(str(error), self.text, tree.at, "juxtaposed", left, right) from error


MEANINGS = {
    syntax.Number: Reader._number,
    syntax.Name: Reader._name,
    syntax.Unary: Reader._unary,
    syntax.Binary: Reader._binary,
    syntax.Items: Reader._items,
    syntax.Field: Reader._field,
    syntax.Index: Reader._index,
    syntax.Slice: Reader._slice,
    syntax.Call: Reader._call,
    syntax.Each: Reader._each,
}


def unknown_functions(names):
    """The names (name -> meaning) that are declared as functions."""
    return frozenset(name for name, meaning in names.items() if isinstance(meaning, Opaque))


def values_before_brackets(text, names):
    """The names (name -> meaning) in a text that are no functions although an opening bracket follows."""
    return frozenset(name for name in syntax.names_before_brackets(text) if name in names and not isinstance(names[name], Opaque))


def may_have_sums(names):
    """Whether `sum_k` is the beginning of a sum, and none of the names."""
    return not any(map(syntax.BIG.fullmatch, names))


@lru_cache(maxsize=1024)
def typed_constant(text, sign=1):
    """The node of a typed number."""
    return constant(sign * read_number(text))


@lru_cache(maxsize=1024)
def read_number(text):
    """The exact value of a typed number: `0.1` is 1/10."""
    mantissa, _, exponent = text.lower().rstrip(".").partition("e")
    if abs(int(exponent or 0)) > MAX_EXPONENT:
        raise TooLargeError(f"the exponent of {text} is too large (limit {MAX_EXPONENT})")
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)


def star(left, right):
    """`*`: entry by entry, unless only the matrix product fits."""
    try:
        return left * right
    except ShapeError as error:
        try:
            return matmul(left, right)
        except ShapeError:
            raise error from None


def raised(base, exponent):
    """`^`: entry by entry; a square matrix to the power -1 is its inverse."""
    square = base.rank == 2 and base.shape[0] == base.shape[1] > 1
    return inverse(base) if square and exponent is constant(-1) else base**exponent


def either(left, right):
    """`or` of two conditions."""
    if left.shape != right.shape:
        return make("maximum", left, right)
    return make("any", stack([left, right]), axes=(-1 - left.rank,))


def _no_other(left, right):
    return None


def _matrix_product(left, right):
    """The matrix product where it fits, else None."""
    try:
        return matmul(left, right) if left.rank and right.rank else None
    except (ShapeError, TooLargeError):
        return None


def _vectors_entry_by_entry(left, right):
    """The product of two vectors of one length entry by entry: as columns they have no matrix product; None for all else."""
    return left * right if left.rank == right.rank == 1 and left.shape == right.shape else None


def _matrix_power(base, exponent):
    """A square matrix multiplied with itself, for exponents from 2 to 12; else None."""
    if base.rank != 2 or base.shape[0] != base.shape[1] or exponent.op != "constant" or exponent.rank:
        return None
    count = exponent.settings["entries"][0]
    if count.denominator != 1 or not 2 <= count <= MAX_MATRIX_POWER:
        return None
    result = base
    for _ in range(int(count) - 1):
        result = matmul(result, base)
    return result


OTHERWISE = {
    "*": _matrix_product,
    "juxtaposed": _vectors_entry_by_entry,
    "^": _matrix_power,
}  # what the operators below can mean besides; None where they cannot
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": star,
    "∘": lambda a, b: a * b,
    "@": matmul,
    "juxtaposed": matmul,
    "/": lambda a, b: a / b,
    "^": raised,
    "==": lambda a, b: make("equal", a, b),
    "!=": lambda a, b: 1 - make("equal", a, b),
    "<": lambda a, b: make("less", a, b),
    "<=": lambda a, b: make("less_equal", a, b),
    ">": lambda a, b: make("less", b, a),
    ">=": lambda a, b: make("less_equal", b, a),
    "and": lambda a, b: a * b,
    "or": either,
}
