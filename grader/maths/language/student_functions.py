"""The functions a typed answer may use: those of the language that are for students, under every name they go by.

Names of Python libraries stand behind `np.`, `torch.` and their like, which the notation layer leaves out.
"""

from dataclasses import replace

from grader.maths.errors import ShapeError
from grader.maths.language.functions import FUNCTIONS, Function
from grader.maths.ops import arithmetic, linear

OTHER_NAMES = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "inverse": "inv",
    "sgn": "sign",
    "tr": "trace",
    "logistic": "sigmoid",
    "expit": "sigmoid",
    "maximum": "max",
    "minimum": "min",
    "amax": "max",
    "amin": "min",
} | {name.capitalize(): name for name in ("sigmoid", "tanh", "softmax", "softplus", "exp", "max", "min", "mean", "sum")}


def _own(usage, sentence, build):
    """A function that only students type."""
    return Function(usage.partition("(")[0], build, usage, sentence, students=True)


def _cosh(scope, x):
    return (arithmetic.exp(x) + arithmetic.exp(-x)) / 2


def _sinh(scope, x):
    return (arithmetic.exp(x) - arithmetic.exp(-x)) / 2


def _sech(scope, x):
    return 1 / _cosh(scope, x)


def _clip(scope, x, low, high):
    return arithmetic.minimum(arithmetic.maximum(x, low), high)


def _matmul(scope, a, b):
    return linear.matmul(a, b)


def _log1p(scope, x):
    return arithmetic.log(1 + x)


def _expm1(scope, x):
    return arithmetic.exp(x) - 1


def _square(scope, x):
    return x * x


def _extreme(name):
    """`max` or `min` for students: of one number it is refused, for its comma may have been read as a decimal one."""
    row = FUNCTIONS[name]

    def build(scope, x, *others, **settings):
        if not others and not x.rank:
            raise ShapeError(f"{name} of a single number is not meant; it is used as {row.usage}")
        return row.build(scope, x, *others, **settings)

    build.__wrapped__ = row.build  # for its signature
    return replace(row, build=build)


STUDENT_FUNCTIONS = {name: row for name, row in FUNCTIONS.items() if row.students}
STUDENT_FUNCTIONS |= {"max": _extreme("max"), "min": _extreme("min")}
STUDENT_FUNCTIONS |= {typed: STUDENT_FUNCTIONS[name] for typed, name in OTHER_NAMES.items()}
STUDENT_FUNCTIONS |= {
    row.name: row
    for row in (
        _own("cosh(x)", "the hyperbolic cosine", _cosh),
        _own("sinh(x)", "the hyperbolic sine", _sinh),
        _own("sech(x)", "1 over the hyperbolic cosine", _sech),
        _own("clip(x, low, high)", "x, but at least low and at most high", _clip),
        _own("clamp(x, low, high)", "x, but at least low and at most high", _clip),
        _own("matmul(a, b)", "the matrix product", _matmul),
        _own("log1p(x)", "the logarithm of 1 + x", _log1p),
        _own("expm1(x)", "exp(x) - 1", _expm1),
        _own("square(x)", "every entry squared", _square),
    )
}
