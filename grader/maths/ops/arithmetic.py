"""Entry-by-entry arithmetic, powers, comparisons and choice."""

import math

from grader.maths.errors import InexactError
from grader.maths.graph import constant, make
from grader.maths.ops.table import (
    EVERY,
    NO_CORNER,
    NO_GRADIENT,
    TRANSCENDENTAL,
    Sample,
    Slip,
    broadcast,
    define,
    formula,
    operation_forgotten,
    same_shape,
)

HALF = [["1/2", -1, 2], ["3/2", "-1/4", 3]]
OTHER = [[2, "3/4", -1], ["-1/2", 4, "1/3"]]
POSITIVE = [["1/2", 1, 2], ["3/2", "1/4", 3]]
ROW = [2, "-3/2", "1/4"]


def fit(gradient, shape):
    """The gradient summed over the axes along which an input of that shape was repeated."""
    return gradient if gradient.shape == shape else make("sum_to", gradient, dimensions=shape)


def _fitted(rule):
    """A vjp whose parts are summed back to the shapes of the inputs."""

    def vjp(node, upstream):
        parts = rule(node, upstream, *node.inputs)
        return tuple(None if part is None else fit(part, child.shape) for part, child in zip(parts, node.inputs, strict=True))

    return vjp


def _binary(name, sentence, symbol, level, rule, vjp, slips=(), systems=EVERY, corner=NO_CORNER, tex=None, samples=None):
    return define(
        name,
        shape=broadcast,
        sentence=sentence,
        text=symbol if "{0}" in symbol else f"{{0}} {symbol} {{1}}",
        tex=tex or f"{{0}} {symbol} {{1}}",
        level=level,
        rule=rule,
        vjp=vjp if vjp == NO_GRADIENT else _fitted(vjp),
        aligned=True,
        slips=slips,
        systems=systems,
        corner=corner,
        samples=samples or (Sample((HALF, OTHER)), Sample((HALF, ROW)), Sample(("5/4", HALF))),
    )


def _unary(name, sentence, text, tex, rule, vjp, slips=(), systems=EVERY, corner=NO_CORNER, samples=None, level=100):
    return define(
        name,
        shape=same_shape,
        sentence=sentence,
        text=text,
        tex=tex,
        level=level,
        rule=rule,
        vjp=vjp,
        aligned=True,
        slips=slips,
        systems=systems,
        corner=corner,
        samples=samples or (Sample((HALF,)), Sample(("3/4",))),
    )


SIGN = Slip("sign", lambda node: -node, "the sign is wrong")

PRODUCTS = frozenset({"matmul", "conv2d"})


def _bias_position(node):
    """Which term of a sum is a bias: the one of lower rank, or the one beside a product of matrices; None where none is."""
    ranks = [term.rank for term in node.inputs]
    products = [_is_product(term) for term in node.inputs]
    if products[0] != products[1]:
        return products.index(False)
    return ranks.index(min(ranks)) if min(ranks) and ranks[0] != ranks[1] else None


def _is_product(node):
    while node.op in ("reshape", "index"):
        node = node.inputs[0]
    return node.op in PRODUCTS


def _without_bias(node):
    position = _bias_position(node)
    return None if position is None else operation_forgotten(1 - position)(node)


def _bias_twice(node):
    position = _bias_position(node)
    return None if position is None else node + node.inputs[position]


def _unless_bias(rewrite):
    return lambda node: rewrite(node) if _bias_position(node) is None else None


add = _binary(
    "add",
    "adds entry by entry",
    "+",
    10,
    lambda system, a, b: a + b,
    lambda node, g, a, b: (g, g),
    slips=(
        Slip("bias-forgotten", _without_bias, "the bias is missing"),
        Slip("bias-counted-twice", _bias_twice, "the bias is added twice"),
        Slip("first-term-forgotten", _unless_bias(operation_forgotten(1)), "the first term is missing"),
        Slip("second-term-forgotten", _unless_bias(operation_forgotten()), "the second term is missing"),
        Slip("second-term-twice", _unless_bias(lambda node: node + node.inputs[1]), "the second term is counted twice"),
        Slip("minus-for-plus", lambda node: node.inputs[0] - node.inputs[1], "a term is subtracted instead of added"),
    ),
)
subtract = _binary(
    "subtract",
    "subtracts entry by entry",
    "-",
    10,
    lambda system, a, b: a - b,
    lambda node, g, a, b: (g, -g),
    slips=(
        Slip("plus-for-minus", lambda node: node.inputs[0] + node.inputs[1], "a term is added instead of subtracted"),
        Slip("difference-reversed", lambda node: node.inputs[1] - node.inputs[0], "the difference is taken the other way round"),
    ),
)
multiply = _binary(
    "multiply",
    "multiplies entry by entry",
    "*",
    20,
    lambda system, a, b: system.square(a) if a is b else a * b,
    lambda node, g, a, b: (doubled(g * a), None) if a is b else (g * b, g * a),
    slips=(
        Slip("factor-forgotten", operation_forgotten(1), "the first factor is missing"),
        Slip("last-factor-forgotten", operation_forgotten(), "the second factor is missing"),
    ),
    tex=r"{0} \cdot {1}",
)
doubled = formula(
    "doubled",
    lambda x: 2 * x,
    "takes twice the value, as the derivative of a square does",
    (("factor-2-forgotten", lambda x: x, "the factor 2 from the derivative of the square is missing"),),
    (Sample((HALF,)),),
)
divide = _binary(
    "divide",
    "divides entry by entry",
    "/",
    20,
    lambda system, a, b: system.divide(a, b),
    lambda node, g, a, b: (g / b, -(g * node) / b),
    slips=(
        Slip("division-forgotten", operation_forgotten(), "the division is missing"),
        Slip("quotient-reversed", lambda node: node.inputs[1] / node.inputs[0], "the quotient is upside down"),
    ),
    tex=r"\frac{{{0}}}{{{1}}}",
)


def _power_vjp(node, g, a, b):
    exponent = None if b.op == "constant" else g * node * log(a)
    return (g * b * a ** (b - 1), exponent)


power = _binary(
    "power",
    "raises to a power entry by entry",
    "^",
    30,
    lambda system, a, b: system.power(a, b),
    _power_vjp,
    slips=(
        Slip("power-forgotten", operation_forgotten(), "the power is missing"),
        Slip("power-as-product", lambda node: node.inputs[0] * node.inputs[1], "the exponent is used as a factor"),
    ),
    tex=r"{0}^{{{1}}}",
    samples=(Sample((POSITIVE, 3)), Sample((POSITIVE, -2)), Sample((POSITIVE, [2, 3, -1]))),
)
negate = _unary(
    "negate",
    "changes the sign",
    "-{0}",
    "-{0}",
    lambda system, a: -a,
    lambda node, g: (-g,),
    slips=(Slip("minus-forgotten", operation_forgotten(), "the minus sign is missing"),),
    level=15,
)
exp = _unary(
    "exp",
    "takes the exponential",
    "exp({0})",
    r"\exp({0})",
    lambda system, a: system.exp(a),
    lambda node, g: (g * node,),
    slips=(Slip("exponent-sign", lambda node: exp(-node.inputs[0]), "the sign in the exponent is wrong"),),
    systems=TRANSCENDENTAL,
)
log = _unary(
    "log",
    "takes the natural logarithm",
    "log({0})",
    r"\ln({0})",
    lambda system, a: system.log(a),
    lambda node, g: (g / node.inputs[0],),
    slips=(
        Slip("logarithm-base-2", lambda node: node / log(constant(2)), "the logarithm is to base 2 instead of the natural one"),
        Slip(
            "logarithm-base-10", lambda node: node / log(constant(10)), "the logarithm is to base 10 instead of the natural one"
        ),
    ),
    systems=TRANSCENDENTAL,
    samples=(Sample((POSITIVE,)),),
)


def _log_of_base(base, others):
    """The logarithm to a whole base, as a quotient of natural logarithms."""
    return formula(
        f"log{base}",
        lambda x: log(x) / log(constant(base)),
        f"takes the logarithm to base {base}",
        (
            ("natural-logarithm", lambda x: log(x), f"the logarithm is the natural one instead of that to base {base}"),
            *(
                (
                    f"logarithm-base-{other}",
                    lambda x, other=other: log(x) / log(constant(other)),
                    f"the logarithm is to base {other}",
                )
                for other in others
            ),
        ),
        (Sample((POSITIVE,)),),
        systems=TRANSCENDENTAL,
    )


log2 = _log_of_base(2, (10,))
log10 = _log_of_base(10, (2,))
standard_deviation = formula(
    "standard_deviation",
    lambda variance: sqrt(variance),
    "takes the root of the variance",
    (("variance-for-standard-deviation", lambda variance: variance, "the variance is taken for the standard deviation"),),
    (Sample((POSITIVE,)),),
    systems=TRANSCENDENTAL,
)
sqrt = _unary(
    "sqrt",
    "takes the square root",
    "sqrt({0})",
    r"\sqrt{{{0}}}",
    lambda system, a: system.sqrt(a),
    lambda node, g: (g / (2 * node),),
    slips=(Slip("root-forgotten", operation_forgotten(), "the square root is missing"),),
    systems=TRANSCENDENTAL,
    samples=(Sample((POSITIVE,)), Sample((["1/4", 9, "25/16"],))),
)
sin = _unary(
    "sin",
    "takes the sine",
    "sin({0})",
    r"\sin({0})",
    lambda system, a: system.sin(a),
    lambda node, g: (g * cos(node.inputs[0]),),
    slips=(Slip("cosine-for-sine", lambda node: cos(node.inputs[0]), "cosine is used instead of sine"),),
    systems=TRANSCENDENTAL,
)
cos = _unary(
    "cos",
    "takes the cosine",
    "cos({0})",
    r"\cos({0})",
    lambda system, a: system.cos(a),
    lambda node, g: (-g * sin(node.inputs[0]),),
    slips=(Slip("sine-for-cosine", lambda node: sin(node.inputs[0]), "sine is used instead of cosine"),),
    systems=TRANSCENDENTAL,
)


def _pi(system):
    if system.name == "BALL":
        from flint import arb

        return arb.pi()
    if system.name == "SYMBOLIC":
        import sympy

        return sympy.pi
    if system.name == "FLOAT":
        return math.pi
    raise InexactError("pi is irrational")


pi = define(
    "pi",
    shape=tuple,
    sentence="is the circumference of a circle over its diameter",
    text="pi",
    tex=r"\pi",
    rule=_pi,
    vjp=NO_GRADIENT,
    aligned=True,
    systems=TRANSCENDENTAL,
    samples=(Sample(()),),
)


def zero_input(node):
    """The corner of an operation that has one at 0: 1 where its input is 0."""
    return equal(node.inputs[0], 0)


def _slope_at(node, at_zero):
    """The derivative of |x|: the sign, and the declared value at 0."""
    x = node.inputs[0]
    return sign(x) + at_zero * equal(x, 0) if at_zero else sign(x)


absolute = define(
    "absolute",
    shape=same_shape,
    sentence="takes the absolute value; `at_zero` is the derivative used at 0",
    text="abs({0})",
    tex=r"\left|{0}\right|",
    rule=lambda system, a, at_zero=0: system.absolute(a),
    vjp=lambda node, g: (g * _slope_at(node, node.settings.get("at_zero", 0)),),
    aligned=True,
    corner=zero_input,
    slips=(Slip("absolute-value-forgotten", operation_forgotten(), "the absolute value is missing"),),
    samples=(Sample((HALF,)), Sample((HALF,), {"at_zero": 1})),
)


def _stepwise(name, sentence, tex, other):
    slips = (Slip(f"{other}-for-{name}", lambda node: make(other, *node.inputs), f"{other} is used instead of {name}"),)
    return _unary(
        name,
        sentence,
        f"{name}({{0}})",
        tex,
        lambda system, a: getattr(system, name)(a),
        NO_GRADIENT,
        slips=slips,
        corner=lambda node: equal(node.inputs[0], floor(node.inputs[0])),
    )


floor = _stepwise("floor", "rounds down to an integer", r"\lfloor {0} \rfloor", "ceil")
ceil = _stepwise("ceil", "rounds up to an integer", r"\lceil {0} \rceil", "floor")
sign = _unary(
    "sign",
    "gives 1, 0 or -1 by the sign",
    "sign({0})",
    r"\operatorname{{sign}}({0})",
    lambda system, a: system.sign(a),
    NO_GRADIENT,
    slips=(SIGN,),
    corner=zero_input,
)


def _tie(node):
    return equal(*node.inputs)


def _larger(node, g, a, b):
    """The larger entry gets the gradient; the first one at a tie."""
    first = less_equal(b, a)
    return g * first, g * (1 - first)


def _smaller(node, g, a, b):
    first = less_equal(a, b)
    return g * first, g * (1 - first)


def _swapped(name):
    return (Slip(f"{name}-swapped", lambda node: make(name, *node.inputs), f"{name} is used instead"),)


maximum = _binary(
    "maximum",
    "takes the larger entry",
    "max({0}, {1})",
    100,
    lambda system, a, b: system.maximum(a, b),
    _larger,
    slips=_swapped("minimum"),
    corner=_tie,
    tex=r"\max({0}, {1})",
)
minimum = _binary(
    "minimum",
    "takes the smaller entry",
    "min({0}, {1})",
    100,
    lambda system, a, b: system.minimum(a, b),
    _smaller,
    slips=_swapped("maximum"),
    corner=_tie,
    tex=r"\min({0}, {1})",
)


def _comparison(name, symbol, sentence, negation):
    return _binary(
        name,
        f"gives 1 where {sentence}, else 0",
        symbol,
        5,
        lambda system, a, b: getattr(system, name)(a, b),
        NO_GRADIENT,
        slips=(Slip("condition-reversed", negation, "the condition is the wrong way round"),),
        corner=_tie,
    )


less = _comparison("less", "<", "the first is smaller", lambda node: less_equal(node.inputs[1], node.inputs[0]))
less_equal = _comparison("less_equal", "<=", "the first is not larger", lambda node: less(node.inputs[1], node.inputs[0]))
equal = _comparison("equal", "==", "both are equal", lambda node: 1 - node)


def _where_vjp(node, g, condition, a, b):
    zero = constant(0)
    return None, where(condition, g, zero), where(condition, zero, g)


where = define(
    "where",
    shape=broadcast,
    sentence="takes the second value where the condition holds (is not 0), else the third",
    text="where({0}, {1}, {2})",
    tex=r"\begin{{cases}} {1} & {0} \\ {2} & \text{{else}} \end{{cases}}",
    rule=lambda system, condition, a, b: system.where(condition, a, b),
    vjp=_fitted(_where_vjp),
    aligned=True,
    slips=(
        Slip("branches-swapped", lambda node: where(node.inputs[0], node.inputs[2], node.inputs[1]), "the branches are swapped"),
    ),
    samples=(Sample(([1, 0, 1], ROW, [5, "1/2", -2])),),
)
