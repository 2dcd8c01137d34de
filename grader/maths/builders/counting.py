"""What builders share: settings checked, and sums and products without the terms that nobody would write (`+ 0`, `1 *`)."""

from inspect import Parameter

from grader.maths.errors import LanguageError, ShapeError, nearest
from grader.maths.graph import Node, as_node, is_number, show_shape
from grader.maths.ops.structure import index


def chosen(word, table, what):
    """The entry of `table` under a convention's word; raises LanguageError naming the words there are."""
    if not isinstance(word, str) or word not in table:
        raise LanguageError(f"{what} is one of {', '.join(table)}, not {word!r}{nearest(word, table)}")
    return table[word]


def check_settings(what, settings, known):
    """Raises LanguageError for a setting that is not among `known` (name -> default), or that is missing and has no default."""
    for name in settings:
        if name not in known:
            raise LanguageError(f"{what} has no setting '{name}'{nearest(name, known)}; it has {', '.join(known)}")
    missing = [name for name, default in known.items() if default is Parameter.empty and name not in settings]
    if missing:
        raise LanguageError(f"{what} needs {' and '.join(missing)}")


def plus(*terms):
    """The sum from left to right; terms that are the constant 0 are left out."""
    return _folded(terms, 0, lambda a, b: a + b)


def times(*factors):
    """The product from left to right; factors that are the constant 1 are left out."""
    return _folded(factors, 1, lambda a, b: a * b)


def over(dividend, divisor):
    """The quotient; a divisor that is the constant 1 is left out."""
    return as_node(dividend) if is_number(as_node(divisor), 1) else as_node(dividend) / divisor


def _folded(values, neutral, join):
    nodes = [as_node(value) for value in values]
    result, *others = [node for node in nodes if not is_number(node, neutral)] or [as_node(neutral)]
    for node in others:
        result = join(result, node)
    return result


def entries(vector):
    """The entries of a vector as nodes that depend on the vector, so that a changed vector changes what is built on them."""
    return [index(vector, (position,)) for position in range(vector.shape[0])]


def per_axis(setting, axes):
    """A setting of one value for all axes or of one per axis, as a list; raises ShapeError for another number of them."""
    if isinstance(setting, Node) and setting.rank == 1:
        setting = entries(setting)
    if not isinstance(setting, (tuple, list)):
        setting = (setting,) * axes
    if len(setting) != axes:
        raise ShapeError(f"{len(setting)} settings are given for {axes} axes")
    return [number(part) for part in setting]


def number(value):
    """The node of a single number; raises ShapeError for a vector or matrix, LanguageError for a word."""
    if isinstance(value, str):
        raise LanguageError(f"'{value}' is a word where a number is wanted")
    node = as_node(value)
    if node.shape:
        raise ShapeError(f"a number is wanted, not {show_shape(node.shape)}")
    return node
