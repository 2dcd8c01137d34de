"""Sums, products and the like over an index, entries by an index, `delta(i, j)`, and functions of which only the name is known.

An index counts from 1: a symbol declared as `index(n)`, or the `k` of `sum(k in 1..n, ...)`. What stands in square brackets
counts from 1 where such an index stands in it, and from 0 where only numbers do. A sum is the sum of its terms: the term is read
once for every value of the index, and a count bounds how much is read.
"""

from functools import reduce

from grader.maths.errors import GraderError, LanguageError, ShapeError, TooLargeError
from grader.maths.graph import Node, constant, make, reachable
from grader.maths.language import syntax
from grader.maths.language.functions import function
from grader.maths.language.unparse import show
from grader.maths.ops import arithmetic
from grader.maths.ops.indexed import Opaque, over_index, pick, upto

NEUTRAL = {"sum": 0, "prod": 1}
FOLDS = frozenset({*NEUTRAL, "max", "min"})
MOST_READ = 20_000  # parts of syntax trees that the sums of one text may come to
MOST_TYPED = 3_000  # of a typed answer
DELTA = "delta"


@function("prod(k in 1..n, e)", "the product of a term for every value of an index; also with `if`, as `sum`")
def _(scope, e):
    return e


def delta(i, j):
    """Kronecker's delta: 1 where both numbers are equal, else 0."""
    return make("equal", i, j)


# ------------------------------------------------------------------------------------------------------------------ calls


def special_call(reader, tree):
    """The meaning of a call that has to do with indices or unknown functions, None for all others."""
    name = syntax.undashed(tree.function)
    known = reader.scope.names.get(name) if name else None
    if isinstance(known, Opaque):
        return _value_of_unknown(reader, known, tree)
    if known is not None or name is None:
        if reader.scope.typed and getattr(known, "rank", 0):
            _refuse_round(reader, tree)
        return None
    first = tree.arguments[0] if tree.arguments else None
    if name in FOLDS and (isinstance(first, syntax.Each) or _names_an_index(reader, name, tree)):
        return _folded(reader, name, tree)
    if name == "prod":
        reader.fail("prod is used as prod(k in 1..n, e)", tree)
    if name == DELTA and len(tree.arguments) == 2 and not tree.settings:
        return delta(*map(reader.node, tree.arguments))
    if reader.scope.typed and name.endswith("_") and tree.arguments:
        return _subscripted(reader, name[:-1], tree.arguments)
    return None


def _value_of_unknown(reader, meaning, tree):
    if len(tree.arguments) != 1 or tree.settings:
        reader.fail(f"{meaning.name} is a function of one value", tree)
    order, base = 0, tree.function
    while isinstance(base, syntax.Unary):
        order, base = order + 1, base.operand
    return meaning.of(reader.scope, reader.node(tree.arguments[0]), order)


def _names_an_index(reader, name, tree):
    """Whether `sum(k, e)` gives an index and its term: several arguments, and all but the last are new names."""
    *names, _ = tree.arguments or (None,)
    fits = _is_index if name in NEUTRAL else _is_new
    return bool(names) and all(
        isinstance(one, syntax.Each) or (isinstance(one, syntax.Name) and fits(reader, one.name)) for one in names
    )


def _is_new(reader, name):
    return name not in reader.scope.names


def _refuse_round(reader, tree):
    """`x(i)` of a vector x is an entry or a product."""
    if all(isinstance(item, syntax.Name) and counts_from_one(reader, item) for item in tree.arguments) and tree.arguments:
        reader.fail("an entry is typed as x_i or x[i]", tree)


def refuse_number(reader, tree):
    """Raises LanguageError for `x[1]` beside indices, which count from 1 while numbers in brackets count from 0."""
    names = reader.scope.names.values()
    if reader.scope.bound or any(isinstance(one, Node) and upto(one) is not None for one in names):
        reader.fail("a number in square brackets may count from 0 or from 1; type x_1 for the first entry", tree)


def _is_index(reader, name):
    """Whether a name can be that of an index: it is new, or an index already."""
    known = reader.scope.names.get(name)
    return known is None or name in reader.scope.bound or (isinstance(known, Node) and upto(known) is not None)


# ------------------------------------------------------------------------------------------------------------------- sums


def _folded(reader, name, tree):
    *indices, term = tree.arguments
    if tree.settings or not indices:
        reader.fail(f"{name} over an index is used as {name}(k in 1..n, e) or {name}(k in 1..n if k != y, e)", tree)
    return _over(reader, name, [_each(reader, one) for one in indices], term, tree)


def _each(reader, one):
    """An index of a sum; in `y != k` the name that is new is the index."""
    if isinstance(one, syntax.Name):
        return syntax.Each(one.name, None, None, one.at)
    if not isinstance(one, syntax.Each):
        reader.fail("expected an index such as 'k in 1..n'", one)
    if one.range is not None and getattr(one.range, "operator", "") != "..":
        reader.fail("this says where the sum begins, but not where it ends", one)
    other = getattr(one.condition, "right", None)
    new = isinstance(other, syntax.Name) and other.name not in reader.scope.names
    if new and one.range is None and one.name in reader.scope.names:
        return syntax.Each(other.name, None, one.condition, one.at)
    return one


def _over(reader, name, indices, term, tree):
    """The fold of a term over the first of the indices, of folds over the others."""
    each, *others = indices
    scope = reader.scope
    if not _is_index(reader, each.name):
        reader.fail(f"'{each.name}' has a meaning already; take another name for the index", each)
    low, high = _ends(reader, each, [*others, term])
    _count(reader, max(0, high - low + 1), (each.condition, *others, term), tree)
    terms, conditions, before = [], [], scope.names.get(each.name)
    turns = _Turns(scope)
    outer, scope.bound = scope.bound, scope.bound | {each.name}
    ends, scope.ends = scope.ends, {**scope.ends, each.name: high}
    try:
        for value in range(low, high + 1):
            scope.names[each.name] = constant(value)
            holds = constant(1) if each.condition is None else reader.node(each.condition)
            if not any(step.op == "given" for step in reachable([holds])):
                if scope.integer(holds) == 0:
                    continue
                holds = constant(1)
            turns.begin()
            node = _over(reader, name, others, term, tree) if others else reader.node(term)
            turns.end()
            terms.append(node)
            conditions.append(holds)
    finally:
        scope.bound, scope.ends = outer, ends
        turns.restore()
        if before is None:
            scope.names.pop(each.name, None)
        else:
            scope.names[each.name] = before
    if not terms and name not in NEUTRAL:
        reader.fail(f"there is nothing to take the {name} of", tree)
    if not terms:
        return constant(NEUTRAL[name])
    return over_index(*_where_they_hold(name, terms, conditions), shown=show(tree), operation=name)


def _where_they_hold(name, terms, conditions):
    """The terms, each where its condition holds; elsewhere what changes nothing: 0, 1, or of a max the least of all terms."""
    if all(holds is constant(1) for holds in conditions):
        return terms
    if name in NEUTRAL:
        other = constant(NEUTRAL[name])
    else:
        other = reduce(arithmetic.minimum if name == "max" else arithmetic.maximum, terms)
    return [make("where", holds, term, other) for holds, term in zip(conditions, terms, strict=True)]


class IndexMisfitError(LanguageError):
    """An index of a sum that goes further than the axis it is used for; the array's node, the axis, and how far it goes."""

    def __init__(self, text, position, name, array, axis, end):
        self.name, self.array, self.axis, self.end = name, array, axis, end
        super().__init__(f"index {array.shape[axis] + 1} is outside 1..{array.shape[axis]}", text, position)


class _Turns:
    """Products that fit in two ways are taken alike in every term of a sum: as they were taken in its first."""

    def __init__(self, scope):
        self.scope, self.products, self.start, self.count = scope, scope.products, len(scope.taken), None

    def begin(self):
        if self.products is not None and self.count is not None:
            self.scope.products = tuple(self.scope.taken)
            del self.scope.taken[self.start :]

    def end(self):
        self.count = len(self.scope.taken) - self.start

    def restore(self):
        self.scope.products = self.products


def _count(reader, terms, trees, place):
    """Raises TooLargeError where the sums of a text come to more parts than may be read."""
    size = sum(_size(tree) for tree in trees if tree is not None)
    limit = MOST_TYPED if reader.scope.typed else MOST_READ
    reader.read += terms * size
    if reader.read > limit:
        raise TooLargeError(f"the sums and products over an index come to more than {limit:,} parts")


def _size(tree):
    """How many parts a syntax tree has."""
    count, waiting = 0, [tree]
    while waiting:
        one = waiting.pop()
        count += hasattr(one, "at")
        waiting += [part for part in one if isinstance(part, tuple)]
    return count


def _ends(reader, each, inner):
    """The first and the last value of an index: as typed, or those of the dimension that it is used with."""
    if each.range is not None:
        try:
            return tuple(reader.scope.integer(reader.node(end)) for end in (each.range.left, each.range.right))
        except (LanguageError, TooLargeError):
            raise
        except GraderError:
            reader.fail("where a sum or product begins and ends must be a known whole number, or a dimension", each)
    sizes = {}
    outer, before = reader.scope.bound, reader.scope.names.get(each.name)
    reader.scope.bound = outer | {each.name}
    reader.scope.names[each.name] = constant(1)
    try:
        for tree in (each.condition, *inner):
            if tree is not None:
                _sizes_used_with(reader, each.name, tree, sizes)
    finally:
        reader.scope.bound = outer
        if before is None:
            del reader.scope.names[each.name]
        else:
            reader.scope.names[each.name] = before
    if len(sizes) != 1:
        told = "in dimensions of different sizes" if sizes else "with no dimension"
        reader.fail(f"the index '{each.name}' is used {told}; say where it begins and ends", each)
    return 1, next(iter(sizes))


def _sizes_used_with(reader, name, tree, sizes):
    """Collect the sizes of the axes that an index is used for (as a set: the keys of a dict) in a syntax tree."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if kind is syntax.Each and one.name == name:
            continue
        if kind is syntax.Index:
            _used(reader, name, one.base, one.items, sizes)
        elif kind is syntax.Call and isinstance(one.function, syntax.Name) and one.function.name.endswith("_"):
            _used(reader, name, syntax.Name(one.function.name[:-1], one.at), one.arguments, sizes)
        elif kind is syntax.Name and "_" in one.name and one.name not in reader.scope.names:
            base, _, letters = one.name.rpartition("_")
            names = [syntax.Name(letter, one.at) for letter in ([letters] if letters == name else letters)]
            if base == DELTA and base not in reader.scope.names:
                _compared(reader, name, names, sizes)
            else:
                _used(reader, name, syntax.Name(base, one.at), names, sizes)
        elif kind is syntax.Call and isinstance(one.function, syntax.Name) and one.function.name == DELTA:
            _compared(reader, name, one.arguments, sizes)
        elif kind is syntax.Binary and one.operator in syntax.COMPARISONS:
            _compared(reader, name, (one.left, one.right), sizes)
        waiting += _parts(one)


def _parts(tree):
    """The trees inside a tree, those in its tuples included."""
    for part in tree:
        if hasattr(part, "at"):
            yield part
        elif isinstance(part, tuple):
            yield from _parts(part)


def _used(reader, name, base, items, sizes):
    places = [place for place, item in enumerate(items) if isinstance(item, syntax.Name) and item.name == name]
    if not places:
        return
    try:
        node = _array(reader, base.name) if isinstance(base, syntax.Name) else reader.node(base)
    except GraderError:
        return
    shape = () if node is None else node.shape
    sizes.update((shape[place], True) for place in places if place < len(shape))


def _compared(reader, name, pair, sizes):
    """`k != y` with an index symbol y: both count the same."""
    if len(pair) != 2:
        return
    for one, other in (pair, reversed(pair)):
        known = reader.scope.names.get(getattr(other, "name", None))
        if getattr(one, "name", None) == name and isinstance(known, Node) and upto(known) is not None:
            sizes[upto(known)] = True


# ---------------------------------------------------------------------------------------------------------------- entries


def counts_from_one(reader, tree):
    """Whether an index stands in what is typed in square brackets, so that it counts from 1."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, syntax.Name):
            if one.name in reader.scope.bound:
                return True
            known = reader.scope.names.get(one.name)
            if isinstance(known, Node) and _depends_on_an_index(known):
                return True
        waiting += _parts(one)
    return False


def _depends_on_an_index(node):
    return not node.rank and any(upto(step) is not None for step in reachable([node]))


def place_from_one(reader, tree):
    """What an index typed in square brackets picks: a number that counts from 0 where it is known, else a node."""
    return _place(reader, tree)


def _place(reader, tree):
    node = reader.node(tree)
    if node.rank:
        reader.fail("an index is a number", tree)
    if any(step.op == "given" for step in reachable([node])):
        return node
    value = reader.scope.integer(node)
    if value < 1:
        raise ShapeError(f"an index counts from 1, but this is {value}")
    return value - 1


def entry_at(base, key, indices):
    """Entries of an array by numbers and slices that count from 0, and nodes that count from 1.

    indices: for each part of the key whether it was typed with an index, for complaints that count from 1, too.
    """
    for size, part, counted in zip(base.shape, key, indices, strict=False):
        if counted and isinstance(part, int) and part >= size:
            raise ShapeError(f"index {part + 1} is outside 1..{size}")
    return pick(base, tuple(key))


def refuse_too_far(reader, array, trees, places):
    """Raises IndexMisfitError where the index of a sum goes beyond the axis that it is used for; one of `k + 1` stays open."""
    for axis, (size, tree, place) in enumerate(zip(array.shape, trees, places, strict=False)):
        name = tree.name if isinstance(tree, syntax.Name) else None
        if name in reader.scope.bound and isinstance(place, int) and place >= size:
            raise IndexMisfitError(reader.text, tree.at, name, array, axis, reader.scope.ends[name])


def subscript(reader, name):
    """The meaning of a typed name such as `w_kj`, `W_ij` or `delta_ij`; None where it is none of these."""
    base, _, letters = name.rpartition("_")
    if not base or not letters:
        return None
    places = _split(reader, letters)
    if places is None:
        return None
    trees = [syntax.Number(part, 0) if part.isdigit() else syntax.Name(part, 0) for part in places]
    if base == DELTA and base not in reader.scope.names:
        return delta(*map(reader.node, trees)) if len(trees) == 2 else None
    if _array(reader, base) is None:
        return None
    return _subscripted(reader, base, trees)


def _subscripted(reader, base, trees):
    """An entry of the array `base`; of a matrix called so also a row, such as `X_i`."""
    array = _array(reader, base)
    if array is None:
        raise LanguageError(f"'{base}' has no entries here", reader.text, None)
    row = len(trees) == 1 and array.rank == 2 and base in reader.scope.names and not isinstance(trees[0], syntax.Number)
    if len(trees) != array.rank and not row:
        raise ShapeError(f"{base} has {array.rank} indices, not {len(trees)}")
    places = [_place(reader, tree) for tree in trees]
    refuse_too_far(reader, array, trees, places)
    return entry_at(array, places, [True] * len(places))


def _array(reader, name):
    """The array that a typed name with a subscript means: its own, or `W` for `w`; None where there is none."""
    for way in (name, name[:1].upper() + name[1:]):
        known = reader.scope.names.get(way)
        if isinstance(known, Node):
            return known if known.rank else None
    return None


def _split(reader, letters):
    """The indices and digits that a subscript is made of, or None: `kj` is k and j, `i2` is i and 2."""
    if letters in reader.scope.names or letters in reader.scope.bound:
        return [letters]
    fits = all(letter.isdigit() or letter in reader.scope.names for letter in letters)
    return list(letters) if fits else None
