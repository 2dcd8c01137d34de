"""The number systems: EXACT (rationals), BALL (certified intervals), FLOAT (float64) and SYMBOLIC (SymPy expressions).

Structural rules (sums, products, windows, reshaping) are written once over NumPy arrays; a system supplies its elements and the
dozen scalar functions that differ. Comparisons give 1 and 0; in BALL an undecided comparison is the ball [0, 1], so `where` on
it gives the hull of both branches. Nothing converts silently: `check` refuses an element of a foreign type after every
operation.
"""

from fractions import Fraction
from functools import cached_property

import numpy as np

from grader.maths.errors import InexactError, TooLargeError, UndecidedError, UndefinedError

PRECISION = 128  # bits of a ball's midpoint
MAX_BITS = 8_000  # of an exact integer


def elementwise(function, arguments):
    """A vectorised `function` of that many arguments; always gives an object array, also for single numbers."""
    ufunc = np.frompyfunc(function, arguments, 1)

    def apply(*values):
        with np.errstate(all="ignore"):  # NumPy reports the flags of arithmetic inside an element as its own
            return np.asarray(ufunc(*values), dtype=object)

    return apply


def boxed(value):
    """A bare element (NumPy gives them up for 0-dimensional results) as an array again."""
    return value if isinstance(value, np.ndarray) else np.asarray(value, dtype=object)


class System:
    """What the systems share. Subclasses give `name`, `dtype`, `element` (Fraction -> element) and the scalar functions."""

    name = ""
    dtype = object
    scalars = {}

    def array(self, value):
        """An array of this system's elements from a number, nested lists, or an array of ints, Fractions or elements."""
        source = value if isinstance(value, np.ndarray) else np.array(value, dtype=object)
        result = np.empty(source.shape, dtype=self.dtype)
        result[...] = self._elements(source)
        return result

    @cached_property
    def _elements(self):
        return elementwise(self.element, 1)

    def fill(self, shape, number):
        """An array of that shape with the same number everywhere."""
        result = np.empty(shape, dtype=self.dtype)
        result[...] = self.element(number)
        return result

    def __getattr__(self, name):
        """The vectorised scalar function of that name."""
        if name not in type(self).scalars:
            raise AttributeError(name)
        function, arguments = type(self).scalars[name]
        vectorised = elementwise(function, arguments)
        setattr(self, name, vectorised)
        return vectorised

    def square(self, x):
        return x * x

    def check(self, value):
        """The value as an array; raises InexactError where an element is not of this system."""
        value = boxed(value)
        for element in value.flat:
            if not isinstance(element, self.element_type):
                raise InexactError(f"{type(element).__name__} got into {self.name} arithmetic")
        return value

    def __repr__(self):
        return self.name


def as_fraction(value):
    """An int, a Fraction or a rational element as a Fraction."""
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    if isinstance(value, np.integer):
        return Fraction(int(value))
    if not hasattr(value, "p"):
        raise InexactError(f"{value!r} is not an exact number")
    return Fraction(int(value.p), int(value.q))  # flint.fmpq


def _bits_fit(base_bits, exponent):
    if base_bits * abs(exponent) > MAX_BITS:
        raise TooLargeError(f"a power with more than {MAX_BITS:,} bits is too large")


class Exact(System):
    """Rational numbers as flint.fmpq. Irrational results raise InexactError; roots of perfect powers stay exact."""

    name = "EXACT"

    @cached_property
    def element_type(self):
        from flint import fmpq

        return fmpq

    def element(self, value):
        if isinstance(value, self.element_type):
            return value
        value = as_fraction(value)
        return self.element_type(value.numerator, value.denominator)

    def check(self, value):
        value = super().check(value)
        for element in value.flat:
            if element.height_bits() > MAX_BITS:
                raise TooLargeError(f"a number with more than {MAX_BITS:,} bits is too large")
        return value

    @staticmethod
    def _only_at(point, result, name):
        def function(x):
            if x == point:
                return type(x)(*result)
            raise InexactError(f"{name}({x}) is irrational")

        return function

    @staticmethod
    def _root(x, degree):
        if x < 0 and degree % 2 == 0:
            raise UndefinedError(f"a root of the negative number {x}")
        sign = -1 if x < 0 else 1
        parts = []
        for part in (abs(int(x.p)), int(x.q)):
            root = _integer_root(part, degree)
            if root**degree != part:
                raise InexactError(f"the root of {x} is irrational")
            parts.append(root)
        return type(x)(sign * parts[0], parts[1])

    @staticmethod
    def _log(x):
        if x <= 0:
            raise UndefinedError(f"the logarithm of {x}")
        if x == 1:
            return type(x)(0)
        raise InexactError(f"log({x}) is irrational")

    @staticmethod
    def _power(x, y):
        degree, exponent = int(y.q), int(y.p)
        if x == 0 and exponent < 0:
            raise UndefinedError("a negative power of zero")
        if degree != 1:
            if degree > 64:
                raise InexactError(f"{x} to the power {y} is not handled exactly")
            x = Exact._root(x, degree)
        _bits_fit(max(int(x.p).bit_length(), int(x.q).bit_length()), 0 if x in (0, 1, -1) else exponent)
        if x in (0, 1, -1):
            exponent = exponent if abs(exponent) < 2 else 2 + exponent % 2
        return x**exponent


def _integer_root(value, degree):
    if value < 2:
        return value
    low, high = 1, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low


def _hull(condition, a, b):
    if condition == 1:
        return a
    return b if condition == 0 else a.union(b)


class Ball(System):
    """Certified real intervals as flint.arb at 128 bits. Overlapping comparisons give the ball [0, 1]."""

    name = "BALL"

    @cached_property
    def element_type(self):
        import flint

        self.ready()
        return flint.arb

    def square(self, x):
        """x^2, which never reaches below 0."""
        return elementwise(lambda entry: Ball._whole_power(entry, 2), 1)(x)

    @cached_property
    def either(self):
        """The undecided truth value: a ball that holds 0 and 1."""
        return self.element_type(0.5, 0.5)

    def element(self, value):
        arb = self.element_type
        if isinstance(value, arb):
            return value
        if not isinstance(value, (int, Fraction)):
            value = as_fraction(value)
        return arb(int(value.numerator)) / int(value.denominator)

    def interval(self, low, high):
        """The ball that holds every number from `low` to `high` (ints or Fractions)."""
        return self.element(low).union(self.element(high))

    @staticmethod
    def _compare(x, y, test):
        """1, 0 or [0, 1] for x < y (test `<`) and the like; `test` is true only where it is certain."""
        certain, impossible = test
        if certain(x, y):
            return type(x)(1)
        return type(x)(0) if impossible(x, y) else BALL.either

    @staticmethod
    def _integer(x, rounded):
        whole = rounded.unique_fmpz()
        if whole is None:
            raise UndecidedError("rounding to an integer is undecided: the value lies on or too near a jump")
        return type(x)(whole)

    @staticmethod
    def _sqrt(x):
        if x.lower() >= 0:
            return x.sqrt()
        if x.upper() < 0:
            raise UndefinedError("the square root of a negative number")
        return type(x)(0).union(x.upper().sqrt())

    @staticmethod
    def _log(x):
        if x.lower() > 0:
            return x.log()
        if x.upper() <= 0:
            raise UndefinedError("the logarithm of a number that is not positive")
        raise UndecidedError("the logarithm of a value that may be zero or less")

    @staticmethod
    def _power(x, y):
        whole = y.unique_fmpz() if y.is_exact() else None
        if whole is None:
            if x.is_zero() and y.lower() > 0:
                return x
            return (y * Ball._log(x)).exp() if y != 0.5 else Ball._sqrt(x)
        exponent = int(whole)
        if abs(exponent) > MAX_BITS:
            shown = f" {exponent}" if abs(exponent) < 10**30 else ""
            raise TooLargeError(f"the exponent{shown} is too large")
        result = Ball._whole_power(x, abs(exponent))
        return Ball._divide(type(x)(1), result) if exponent < 0 else result

    @staticmethod
    def _whole_power(x, exponent):
        """x^n from the ends of the ball: an even power never reaches below 0."""
        if x.is_exact():
            return Ball._repeated(x, exponent)
        low, high = (x.abs_lower(), x.abs_upper()) if exponent % 2 == 0 else (x.lower(), x.upper())
        return Ball._repeated(low, exponent).union(Ball._repeated(high, exponent))

    @staticmethod
    def _repeated(x, exponent):
        result, square = type(x)(1), x
        for bit in reversed(bin(exponent)[2:]):
            if bit == "1":
                result = result * square
            square = square * square
        return result

    @staticmethod
    def ready():
        """The precision of balls is a global setting of flint; anything else may have lowered it."""
        import flint

        if flint.ctx.prec < PRECISION:
            flint.ctx.prec = PRECISION

    @staticmethod
    def _divide(x, y):
        if y.is_zero():
            raise UndefinedError("division by zero")
        if y.contains(0):
            raise UndecidedError("division by a value that may be zero")
        return x / y

    def check(self, value):
        value = super().check(value)
        for element in value.flat:
            if not element.is_finite():
                raise UndecidedError("a value lost all its digits")
        return value


class Float(System):
    """float64, for many variants or hand-ins at once. Undefined values are nan or infinite; callers look for them."""

    name = "FLOAT"
    dtype = np.float64
    element_type = float

    def element(self, value):
        return float(value) if isinstance(value, (int, float, Fraction, np.number)) else float(value.p) / float(value.q)

    def array(self, value):
        if isinstance(value, np.ndarray) and value.dtype == np.float64:
            return value
        return super().array(value)

    def check(self, value):
        return np.asarray(value, dtype=np.float64)

    exp, log, sqrt, tanh, absolute = np.exp, np.log, np.sqrt, np.tanh, np.abs
    sin, cos = np.sin, np.cos
    floor, ceil, sign, maximum, minimum = np.floor, np.ceil, np.sign, np.maximum, np.minimum
    power, divide = np.float_power, np.divide

    def sigmoid(self, x):
        return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))

    def softplus(self, x):
        return np.logaddexp(0, x)

    def less(self, x, y):
        return np.less(x, y).astype(np.float64)

    def less_equal(self, x, y):
        return np.less_equal(x, y).astype(np.float64)

    def equal(self, x, y):
        return np.equal(x, y).astype(np.float64)

    def where(self, condition, a, b):
        return np.where(condition != 0, a, b)


class Symbolic(System):
    """SymPy expressions, for closed forms; comparisons stay Piecewise until numbers are put in."""

    name = "SYMBOLIC"

    @cached_property
    def element_type(self):
        import sympy

        return sympy.Basic

    def element(self, value):
        import sympy

        if isinstance(value, sympy.Basic):
            return value
        value = as_fraction(value)
        return sympy.Rational(value.numerator, value.denominator)

    def symbols(self, name, shape):
        """An array of real symbols `name` (a number) or `name_ij...` (indices from 0)."""
        import sympy

        result = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            suffix = "_" + "".join(map(str, index)) if index else ""
            result[index] = sympy.Symbol(f"{name}{suffix}", real=True)
        return result

    @staticmethod
    def _piecewise(condition, a, b):
        import sympy

        return sympy.Piecewise((a, condition), (b, True))

    @staticmethod
    def _relation(kind):
        def relation(x, y):
            import sympy

            return Symbolic._piecewise(getattr(sympy, kind)(x, y), sympy.Integer(1), sympy.Integer(0))

        return relation

    @staticmethod
    def _call(name):
        def call(*arguments):
            import sympy

            return getattr(sympy, name)(*arguments)

        return call

    @staticmethod
    def _where(condition, a, b):
        import sympy

        return Symbolic._piecewise(sympy.Ne(condition, 0), a, b)

    @staticmethod
    def _divide(x, y):
        if y == 0:
            raise UndefinedError("division by zero")
        return x / y


def _exact_divide(x, y):
    if y == 0:
        raise UndefinedError("division by zero")
    return x / y


def _irrational(name):
    def function(x):
        raise InexactError(f"{name}({x}) is irrational")

    return function


def _bit(x, truth):
    return type(x)(int(truth))


Exact.scalars = {
    "exp": (Exact._only_at(0, (1,), "exp"), 1),
    "log": (Exact._log, 1),
    "sqrt": (lambda x: Exact._root(x, 2), 1),
    "tanh": (Exact._only_at(0, (0,), "tanh"), 1),
    "sin": (Exact._only_at(0, (0,), "sin"), 1),
    "cos": (Exact._only_at(0, (1,), "cos"), 1),
    "sigmoid": (Exact._only_at(0, (1, 2), "sigmoid"), 1),
    "softplus": (_irrational("softplus"), 1),
    "absolute": (abs, 1),
    "floor": (lambda x: type(x)(x.floor()), 1),
    "ceil": (lambda x: type(x)(x.ceil()), 1),
    "sign": (lambda x: type(x)((x > 0) - (x < 0)), 1),
    "maximum": (max, 2),
    "minimum": (min, 2),
    "power": (Exact._power, 2),
    "divide": (_exact_divide, 2),
    "less": (lambda x, y: _bit(x, x < y), 2),
    "less_equal": (lambda x, y: _bit(x, x <= y), 2),
    "equal": (lambda x, y: _bit(x, x == y), 2),
    "where": (lambda condition, a, b: a if condition != 0 else b, 3),
}

_LESS = (lambda x, y: x < y, lambda x, y: x >= y)
_LESS_EQUAL = (lambda x, y: x <= y, lambda x, y: x > y)
_EQUAL = (lambda x, y: x == y, lambda x, y: not x.overlaps(y))


def _ball_sign(x):
    zero = type(x)(0)
    return Ball._compare(zero, x, _LESS) - Ball._compare(x, zero, _LESS)


def _ball_sigmoid(x):
    """Monotone, so the ends of a wide ball give the tightest ball of results."""
    low, high = (1 / (1 + (-end).exp()) for end in (x.lower(), x.upper()))
    return low.union(high)


def _ball_minimum(x, y):
    return -((-x).max(-y))


Ball.scalars = {
    "exp": (lambda x: x.exp(), 1),
    "log": (Ball._log, 1),
    "sqrt": (Ball._sqrt, 1),
    "tanh": (lambda x: x.tanh(), 1),
    "sin": (lambda x: x.sin(), 1),
    "cos": (lambda x: x.cos(), 1),
    "sigmoid": (_ball_sigmoid, 1),
    "softplus": (lambda x: x.lower().exp().log1p().union(x.upper().exp().log1p()), 1),
    "absolute": (lambda x: x.abs_lower().union(x.abs_upper()), 1),
    "floor": (lambda x: Ball._integer(x, x.floor()), 1),
    "ceil": (lambda x: Ball._integer(x, x.ceil()), 1),
    "sign": (_ball_sign, 1),
    "maximum": (lambda x, y: x.max(y), 2),
    "minimum": (_ball_minimum, 2),
    "power": (Ball._power, 2),
    "divide": (Ball._divide, 2),
    "less": (lambda x, y: Ball._compare(x, y, _LESS), 2),
    "less_equal": (lambda x, y: Ball._compare(x, y, _LESS_EQUAL), 2),
    "equal": (lambda x, y: Ball._compare(x, y, _EQUAL), 2),
    "where": (_hull, 3),
}

Symbolic.scalars = {
    "exp": (Symbolic._call("exp"), 1),
    "log": (Symbolic._call("log"), 1),
    "sqrt": (Symbolic._call("sqrt"), 1),
    "tanh": (Symbolic._call("tanh"), 1),
    "sin": (Symbolic._call("sin"), 1),
    "cos": (Symbolic._call("cos"), 1),
    "sigmoid": (lambda x: 1 / (1 + Symbolic._call("exp")(-x)), 1),
    "softplus": (lambda x: Symbolic._call("log")(1 + Symbolic._call("exp")(x)), 1),
    "absolute": (Symbolic._call("Abs"), 1),
    "floor": (Symbolic._call("floor"), 1),
    "ceil": (Symbolic._call("ceiling"), 1),
    "sign": (Symbolic._call("sign"), 1),
    "maximum": (Symbolic._call("Max"), 2),
    "minimum": (Symbolic._call("Min"), 2),
    "power": (Symbolic._call("Pow"), 2),
    "divide": (Symbolic._divide, 2),
    "less": (Symbolic._relation("Lt"), 2),
    "less_equal": (Symbolic._relation("Le"), 2),
    "equal": (Symbolic._relation("Eq"), 2),
    "where": (Symbolic._where, 3),
}

EXACT, BALL, FLOAT, SYMBOLIC = Exact(), Ball(), Float(), Symbolic()
SYSTEMS = {system.name: system for system in (EXACT, BALL, FLOAT, SYMBOLIC)}
