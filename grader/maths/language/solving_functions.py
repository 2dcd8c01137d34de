"""`root`: the value of an unknown that makes an equation true."""

from grader.maths.builders.solving import Equation, solved
from grader.maths.errors import ShapeError
from grader.maths.graph import given, show_shape
from grader.maths.language import syntax
from grader.maths.language.functions import Tree, function

USAGE = "root(left == right, x, condition)"


@function(
    USAGE,
    "the only number x that makes the equation true where the condition (such as x > 0) holds, in closed form; x is a new name",
)
def _(scope, equation: Tree, unknown: Tree, condition: Tree = None):
    reader, name = equation.reader, getattr(unknown.tree, "name", None)
    if not isinstance(equation.tree, syntax.Binary) or equation.tree.operator != "==":
        reader.fail(f"an equation has == in it; root is used as {USAGE}", equation.tree)
    if not isinstance(unknown.tree, syntax.Name):
        reader.fail(f"the unknown is a single name; root is used as {USAGE}", unknown.tree)
    if name in scope.names:
        reader.fail(f"'{name}' has a meaning already; the unknown of an equation is a new name", unknown.tree)
    symbol = given(f"the unknown {name}")
    scope.names[name] = symbol
    try:
        difference = reader.node(equation.tree.left) - reader.node(equation.tree.right)
        holds = None if condition is None else reader.node(condition.tree)
    finally:
        del scope.names[name]
    for node in (difference, holds):
        if node is not None and node.shape:
            raise ShapeError(f"an equation and its condition are about numbers, not about {show_shape(node.shape)}")
    return solved(Equation(difference, symbol, holds), name, scope.values)
