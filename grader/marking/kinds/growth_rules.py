"""From the graph of an expression to the terms of its growth (`grader.marking.kinds.growth_terms`)."""

from fractions import Fraction
from itertools import product

from grader.marking.kinds.growth_terms import ONE, Term, atom, bounded_below, dominated, largest, scaled, sign_of_rate, summed
from grader.maths.errors import UndecidedError
from grader.maths.graph import reachable
from grader.maths.ops.arithmetic import exp
from grader.maths.systems import as_fraction

MOST_TERMS = 60
MOST_REPEATED, MOST_REPEATED_LONG = 12, 3  # exponents up to which a sum of two terms, of more, is multiplied out
LARGEST_BASE = 10**6
POSITIVE, DOUBTFUL = "positive", "doubtful"  # coefficients that are only known to be positive, or not even that
MAX_BITS = 10_000  # of a constant


class NoGrowthError(UndecidedError):
    """A value that is 0 or negative, which is no growth."""


class Growing:
    """Terms of nodes: {Term: coefficient}, each a Fraction, POSITIVE, or DOUBTFUL.

    A sum of terms stands for a value up to a factor that stays between positive numbers; with Fractions only it is the value.
    """

    def __init__(self, values):
        self.values, self.known = values, {}

    def __call__(self, node):
        """The terms of a number; raises UndecidedError where its growth is not worked out."""
        for step in reachable([node]):
            if step not in self.known:
                self.known[step] = self._terms(step)
        if isinstance(self.known[node], UndecidedError):
            raise self.known[node]
        return self.known[node]

    def _terms(self, node):
        """The terms of a node, or the reason why there are none (which matters only where the node is used)."""
        try:
            inputs = [self._taken(child) for child in ((node.expansion,) if node.expansion is not None else node.inputs)]
            if node.rank:
                raise UndecidedError("the growth of a list is not worked out")
            return inputs[0] if node.expansion is not None else RULES.get(node.op, _no_rule(node.op))(self, node, *inputs)
        except UndecidedError as reason:
            return reason

    def _taken(self, child):
        found = self.known[child]
        if isinstance(found, UndecidedError):
            raise found
        return found

    def given(self, node):
        name = node.settings["name"]
        return _number(as_fraction(self.values[name][()])) if name in self.values else {atom(name): Fraction(1)}


def _no_rule(op):
    def refuse(*_):
        raise UndecidedError(f"the growth of a value with '{op}' in it is not worked out")

    return refuse


def _number(value):
    return {ONE: value} if value else {}


def _constant_of(terms):
    """The rational number that terms are, else None."""
    if not terms:
        return Fraction(0)
    return terms[ONE] if set(terms) == {ONE} and isinstance(terms[ONE], Fraction) else None


def _added(first, second, sign=1):
    total = dict(first)
    for term, coefficient in second.items():
        total[term] = _sum(total.get(term, Fraction(0)), coefficient if sign > 0 else _negated(coefficient))
    return {term: coefficient for term, coefficient in total.items() if coefficient != 0}


def _negated(coefficient):
    return -coefficient if isinstance(coefficient, Fraction) else DOUBTFUL


def _sum(x, y):
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x + y
    return POSITIVE if _positive(x, y) or 0 in (x, y) and POSITIVE in (x, y) else DOUBTFUL


def _product(x, y):
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x * y
    return POSITIVE if _positive(x, y) else DOUBTFUL


def _positive(*coefficients):
    return all(c == POSITIVE or (isinstance(c, Fraction) and c > 0) for c in coefficients)


def _multiplied(first, second):
    total = {}
    for (a, x), (b, y) in product(first.items(), second.items()):
        total = _added(total, {a * b: _product(x, y)})
    if len(total) > MOST_TERMS:
        raise UndecidedError("too many terms")
    return total


def leading(terms):
    """The terms that are not dominated.

    Raises UndecidedError where one of them is subtracted, NoGrowthError where nothing is left or all of them are.
    """
    found = largest(terms)
    if all(isinstance(terms[term], Fraction) and terms[term] < 0 for term in found):
        raise NoGrowthError("this is negative, as its leading terms are subtracted" if found else "this is 0")
    if not _positive(*(terms[term] for term in found)):
        raise UndecidedError("this is not positive, or its leading terms are subtracted")
    return found


def _divided(first, second):
    if len(second) == 1:
        ((term, coefficient),) = second.items()
        if isinstance(coefficient, Fraction):
            return _multiplied(first, {ONE / term: 1 / coefficient})
    below, *more = leading(second)
    if more:
        raise UndecidedError("a quotient by a sum of independent terms is not worked out")
    return dict.fromkeys((term / below for term in leading(first)), POSITIVE) if first else {}


def _raised(base, exponent):
    power = _constant_of(exponent)
    if power is None:
        return _exponential(base, exponent)
    few = power <= MOST_REPEATED if len(base) < 3 else power <= MOST_REPEATED_LONG
    if power.denominator == 1 and power >= 0 and few and len(base) > 1:
        result = _number(Fraction(1))
        for _ in range(int(power)):
            result = _multiplied(result, base)
        return result
    return _power(base, power)


def _power(base, power):
    """(a + b)^p grows like a^p + b^p; one term is raised exactly where its coefficient can be."""
    if len(base) == 1:
        ((term, coefficient),) = base.items()
        if isinstance(coefficient, Fraction) and (coefficient == 1 or power.denominator == 1):
            _check_size(coefficient, power)
            return {term**power: coefficient ** int(power) if power.denominator == 1 else coefficient}
    if power < 0:
        return _divided(_number(Fraction(1)), _power(base, -power))
    return dict.fromkeys((term**power for term in leading(base)), POSITIVE)


def _check_size(coefficient, power):
    """Raises UndecidedError for a power of a number that is too large to be worked with."""
    bits = 0 if coefficient == 1 else coefficient.numerator.bit_length() + coefficient.denominator.bit_length()
    if abs(power) * bits > MAX_BITS:
        raise UndecidedError(f"a constant of more than {MAX_BITS:,} bits is not worked out")


def _exponential(base, exponent):
    """base^exponent for a base that is one term (a number, or a product of atoms) as e^(exponent log base)."""
    if len(base) != 1:
        raise UndecidedError("a sum to a growing power is not worked out")
    ((term, coefficient),) = base.items()
    if term.exponentials or not isinstance(coefficient, Fraction) or coefficient <= 0:
        raise UndecidedError("this power is not worked out")
    parts = [(ONE, _rate_of_log(coefficient))] if coefficient != 1 else []
    parts += [(atom(symbol, level + 1), frozenset({("e", power)})) for (symbol, level), power in term.powers]
    return _e_to_the(parts, exponent)


def _e_to_the(rates, exponent):
    """e^(sum of rates times terms times the exponent); an exponent's constant term is a constant factor."""
    result, lossy = ONE, False
    for (own, rate), (term, coefficient) in product(rates, exponent.items()):
        whole = own * term
        if whole.exponentials or not isinstance(coefficient, Fraction):
            raise UndecidedError("an exponential of this is not worked out")
        speed = scaled(rate, coefficient)
        single = _single_log(whole)
        if whole == ONE:
            lossy = True
        elif single and dict(speed).keys() == {"e"}:
            result = result * atom(*single) ** dict(speed)["e"]  # e^(c log n) is n^c
        else:
            result = result * Term(frozenset(), frozenset({(whole.powers, speed)}))
    return {result: POSITIVE if lossy else Fraction(1)}


def _single_log(term):
    """The atom whose logarithm a term is, or None."""
    if len(term.powers) == 1:
        (((symbol, level), power),) = term.powers
        if power == 1 and level:
            return symbol, level - 1
    return None


def _rate_of_log(number):
    """log of a positive rational as a combination of logarithms of primes."""
    if max(number.numerator, number.denominator) > LARGEST_BASE:
        raise UndecidedError("a power of so large a number is not worked out")
    return summed(_factors(number.numerator), scaled(_factors(number.denominator), Fraction(-1)))


def _factors(number):
    found, prime = {}, 2
    while number > 1:
        while number % prime == 0:
            found[prime], number = found.get(prime, Fraction(0)) + 1, number // prime
        prime += 1
        if prime * prime > number > 1:
            found[number], number = found.get(number, Fraction(0)) + 1, 1
    return frozenset(found.items())


def _logarithm(terms):
    """The log of a single product is exact, that of a sum grows like the sum of the logs of its leading terms."""
    found = leading(terms)
    if found == (ONE,):
        return _log_of_number(terms)
    exact = len(terms) == 1 and terms[found[0]] == 1
    total = {} if exact else {ONE: POSITIVE}
    for term in found:
        parts = _log_of_term(term)
        inexact = not exact and _positive(*parts.values())
        total = _added(total, dict.fromkeys(parts, POSITIVE) if inexact else parts)
    return total


def _log_of_number(terms):
    value = _constant_of(terms)
    if value is None or value < 1:
        raise UndecidedError("the logarithm of a number below 1, or near it, is not worked out")
    return {ONE: POSITIVE} if value > 1 else {}


def _log_of_term(term):
    parts = {atom(symbol, level + 1): power for (symbol, level), power in term.powers}
    for m, rate in term.exponentials:
        plain = dict(rate).get("e") if dict(rate).keys() == {"e"} else None
        parts = _added(parts, {Term(m): plain or (POSITIVE if sign_of_rate(rate) > 0 else DOUBTFUL)})
    return parts


def _like_its_argument(growing, node, terms):
    found = leading(terms)
    if not all(bounded_below(term) for term in found):
        raise UndecidedError("the growth of a rounded small number is not worked out")
    return dict.fromkeys(found, POSITIVE)


def _like_the_sum(growing, node, *several):
    return dict.fromkeys((term for terms in several for term in leading(terms)), POSITIVE)


def _power_of(growing, node, base, exponent):
    """A power; e^x is exp(1)^x."""
    if node.inputs[0].op == "exp":
        inner = node.inputs[0].inputs[0]
        return growing(exp(inner * node.inputs[1]) if growing(inner) != _number(Fraction(1)) else exp(node.inputs[1]))
    return _raised(base, exponent)


def _exp(growing, node, terms):
    """e^x; e^(x log c) is c^x exactly."""
    inner = node.inputs[0]
    for factor, other in (inner.inputs, inner.inputs[::-1]) if inner.op == "multiply" else ():
        base = _constant_of(growing(factor.inputs[0])) if factor.op == "log" else None
        if base is not None and base > 0:
            return _raised(_number(base), growing(other))
    return _e_to_the([(ONE, frozenset({("e", Fraction(1))}))], terms)


def _least(growing, node, *several):
    """The minimum, where its arguments can be put in an order."""
    first, second = (leading(terms) for terms in several)
    for small, large in ((first, second), (second, first)):
        if all(dominated(term, large) for term in small):
            return dict.fromkeys(small, POSITIVE)
    raise UndecidedError("the growth of the minimum of independent terms is not worked out")


RULES = {
    "constant": lambda growing, node: _number(node.settings["entries"][0]),
    "given": lambda growing, node: growing.given(node),
    "add": lambda growing, node, a, b: _added(a, b),
    "subtract": lambda growing, node, a, b: _added(a, b, sign=-1),
    "negate": lambda growing, node, a: _added({}, a, sign=-1),
    "multiply": lambda growing, node, a, b: _multiplied(a, b),
    "divide": lambda growing, node, a, b: _divided(a, b),
    "power": _power_of,
    "sqrt": lambda growing, node, a: _power(a, Fraction(1, 2)),
    "exp": _exp,
    "log": lambda growing, node, a: _logarithm(a),
    "maximum": _like_the_sum,
    "minimum": _least,
    "max": _like_its_argument,
    "floor": _like_its_argument,
    "ceil": _like_its_argument,
    "absolute": _like_its_argument,
    "reshape": lambda growing, node, a: a,
}
