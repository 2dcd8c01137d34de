"""Functions that are given by their name (`f: tanh`), of one value and entry by entry, and what texts and formulas call them."""

from dataclasses import dataclass
from fractions import Fraction

from grader.maths.errors import LanguageError, nearest
from grader.maths.language.functions import FUNCTIONS
from grader.maths.ops import neural
from grader.maths.ops.indexed import Opaque
from grader.maths.ops.structure import filled

SLOPE = Fraction(1, 100)  # of the leaky ReLU


@dataclass(frozen=True)
class Called:
    """What a function is called in texts and in formulas; build: (scope, node) -> node, None for that of the language."""

    words: str
    tex: str
    build: object = None


def _leaky(scope, x):
    return neural.leaky_relu(x, SLOPE, Fraction(scope.convention("relu_at_zero")))


NAMED = {
    "relu": Called("ReLU", r"\operatorname{ReLU}"),
    "leaky_relu": Called(f"leaky ReLU with slope {float(SLOPE)}", r"\operatorname{LeakyReLU}", _leaky),
    "elu": Called("ELU", r"\operatorname{ELU}"),
    "sigmoid": Called("sigmoid", r"\sigma"),
    "tanh": Called("tanh", r"\tanh"),
    "softplus": Called("softplus", r"\operatorname{softplus}"),
    "identity": Called("identity", r"\operatorname{id}", lambda scope, x: x),
    "square": Called("square", r"\operatorname{square}", lambda scope, x: x * x),
    "exp": Called("exp", r"\exp"),
    "ln": Called("ln", r"\ln"),
    "sqrt": Called("square root", r"\operatorname{sqrt}"),
    "sin": Called("sin", r"\sin"),
    "cos": Called("cos", r"\cos"),
    "abs": Called("absolute value", r"\operatorname{abs}"),
}
NAMES = tuple(NAMED)  # a drawn one is a place in it
TEX = {one.words: one.tex for one in NAMED.values()}


class NamedFunction(Opaque):
    """The meaning of a name that is given as one of these functions: `f(x)`, and with primes its derivatives."""

    def __init__(self, name, function):
        super().__init__(name)
        self.function = function

    def __eq__(self, other):
        return isinstance(other, NamedFunction) and (self.name, self.function) == (other.name, other.function)

    def __hash__(self):
        return hash((self.name, self.function))

    def of(self, scope, x, order=0):
        """The function's value at a node, or that of its derivative of an order."""
        build = NAMED[self.function].build or FUNCTIONS[self.function].build
        result = build(scope, x)
        for _ in range(order):
            result = FUNCTIONS["vjp"].build(scope, result, x, filled(x.shape, 1))
        return result


def is_named(text, given):
    """Whether a text under `given` is the name of one of these functions, and not that of another given value."""
    text = str(text).strip()
    return text in NAMED and text not in given


def refuse_misfit(text, given):
    """Raises LanguageError for the bare name of a function that is no such one, or misspelt."""
    name = str(text).strip()
    if not name.isidentifier() or name in given:
        return
    offered = nearest(name, NAMES)
    if name in FUNCTIONS and not FUNCTIONS[name].is_another_name:
        wrong, offered = "is not a function of one value that works entry by entry", ""
    elif offered:
        wrong = "is neither a value nor a function known here"
    else:
        return
    raise LanguageError(f"'{name}' {wrong}{offered}; the functions that can be given by name are {', '.join(NAMES)}")
