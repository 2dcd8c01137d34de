"""Growth up to constant factors, as all symbols go to infinity each on its own: sums of products of powers of symbols, logarithms
and exponentials.

A term is a product of atoms to rational powers and of exponentials. The atom (n, 0) is the symbol n itself, (n, 1) is log n,
(n, 2) is log log n. An exponential e^(r m) has a product m of atoms and a rate r, a rational combination of logarithms of primes
(so that 2^n 2^n is 4^n exactly) and of 1, written as the logarithm of "e". Such combinations are zero only where all coefficients
are: primes factor uniquely, and e is transcendental.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from itertools import combinations, product
from math import log

from grader.maths.errors import UndecidedError

NEARNESS = 1e-9  # of a rate to 0, below which its sign is not told by floating point
SPEEDS = (Fraction(1), Fraction(1, 7), Fraction(7), Fraction(1, 2), Fraction(2))  # of symbols, along the way to infinity
MOST_PATHS = 400
FEW = 8  # terms that are compared with each other as they are
MOST_LEADING = 24
MOST_OUTER = 10
FAR = 1000


@dataclass(frozen=True)
class Term:
    """A product as sets of pairs without zeros: (atom, power) and (powers of m, rate), a rate made of (prime or "e", factor)."""

    powers: frozenset = frozenset()
    exponentials: frozenset = frozenset()

    def __mul__(self, other):
        return Term(
            summed(self.powers, other.powers),
            without_zeros({m: summed(r, dict(other.exponentials).get(m, ())) for m, r in self._with(other).items()}),
        )

    def _with(self, other):
        return {**{m: frozenset() for m, _ in other.exponentials}, **dict(self.exponentials)}

    def __pow__(self, exponent):
        return Term(scaled(self.powers, exponent), without_zeros({m: scaled(r, exponent) for m, r in self.exponentials}))

    def __truediv__(self, other):
        return self * other ** Fraction(-1)


ONE = Term()


def without_zeros(mapping):
    return frozenset((key, value) for key, value in mapping.items() if value)


def summed(first, second):
    total = dict(first)
    for key, value in dict(second).items():
        total[key] = total.get(key, 0) + value
    return without_zeros(total)


def scaled(mapping, factor):
    return without_zeros({key: value * factor for key, value in mapping})


def atom(symbol, level=0):
    return Term(frozenset({((symbol, level), Fraction(1))}))


# --- which of two terms grows faster ---


def bounded_below(term):
    """Whether a term stays above some positive number whenever all symbols are large.

    Its logarithm is a sum of rates times products of atoms; every negative one must be outgrown by a positive one. (A sum of
    several that only together outgrow it is not looked for; so False can also mean that this is not known.)
    """
    if not term.exponentials:
        return _leads_upwards(term.powers)
    signed = [(Term(m), sign_of_rate(rate)) for m, rate in term.exponentials]
    signed += [(atom(symbol, level + 1), _sign_of(power)) for (symbol, level), power in term.powers]
    falling = [part for part, sign in signed if sign < 0]
    rising = [part for part, sign in signed if sign > 0]
    return all(any(other != part and _leads_upwards((other / part).powers) for other in rising) for part in falling)


def _leads_upwards(powers):
    """Whether, symbol by symbol, the power of its fastest atom is positive."""
    fastest = {}
    for (symbol, level), power in powers:
        if symbol not in fastest or level < fastest[symbol][0]:
            fastest[symbol] = level, power
    return all(power > 0 for _, power in fastest.values())


def _sign_of(number):
    return (number > 0) - (number < 0)


@cache
def sign_of_rate(rate):
    value = sum(float(coefficient) * (1.0 if prime == "e" else log(prime)) for prime, coefficient in rate)
    if abs(value) < NEARNESS:
        raise UndecidedError("two exponentials grow almost alike")
    return _sign_of(value)


def dominated(term, others):
    """Whether a term is at most a constant times the sum of other terms: below one of them, or a geometric mean of some."""
    if any(bounded_below(other / term) for other in others):
        return True
    pairs = (_means(term, *pair) for pair in combinations(others, 2))
    means = [mean for found in pairs for mean in found]
    means += [(a * b * c) ** Fraction(1, 3) for a, b, c in combinations(others, 3)]
    return any(bounded_below(mean / term) for mean in means)


def _means(term, first, second):
    """Weighted geometric means of two terms with the weights at which one of the powers equals that of the term, or between."""
    a, b, wanted = dict(first.powers), dict(second.powers), dict(term.powers)
    weights = {Fraction(1, 2)}
    for key in {*a, *b, *wanted}:
        here, there = a.get(key, Fraction(0)), b.get(key, Fraction(0))
        if here != there:
            weights.add((wanted.get(key, Fraction(0)) - there) / (here - there))
    inside = sorted(weight for weight in weights if 0 < weight < 1)
    inside += [(low + high) / 2 for low, high in zip(inside, inside[1:], strict=False)]
    return [first**weight * second ** (1 - weight) for weight in inside]


def largest(terms):
    """The terms that no other ones dominate, in a fixed order."""
    kept = _not_below_outer_ones(sorted(set(terms), key=shown))
    if len(kept) > MOST_LEADING:
        raise UndecidedError("too many terms")
    for term in list(kept):
        others = [other for other in kept if other != term]
        if dominated(term, others):
            kept = others
    return tuple(kept)


def _not_below_outer_ones(terms):
    """The terms without those that the outermost ones dominate, so that few are left to be compared with each other."""
    if len(terms) <= FEW:
        return terms
    kept = [term for term in terms if not any(term != other and bounded_below(other / term) for other in terms)]
    outer = _outermost(kept) if len(kept) > FEW else kept
    return [term for term in kept if term in outer or not dominated(term, outer)]


def _outermost(terms):
    """Terms that are the largest along some direction of the symbols, up to MOST_OUTER; exponentials are always among them."""
    atoms = sorted({key for term in terms for key, _ in term.powers})
    tilt = {key: (place + 1) ** 2 for place, key in enumerate(atoms)}  # so that no two terms are equally large
    found = [term for term in terms if term.exponentials]
    for ahead, chosen in product((True, False), atoms):
        direction = {key: tilt[key] + FAR * ((key == chosen) == ahead) for key in atoms}
        best = max(terms, key=partial(_height, direction))
        found += [] if best in found else [best]
    return found[:MOST_OUTER]


def _height(direction, term):
    return sum(power * direction[key] for key, power in term.powers)


# --- two sums compared ---


def same_growth(first, second):
    """'' where two sums of terms grow alike, else a path to infinity along which they do not, in words.

    Raises UndecidedError where neither could be shown.
    """
    if all(dominated(term, second) for term in first) and all(dominated(term, first) for term in second):
        return ""
    symbols = sorted({symbol for term in (*first, *second) for symbol in symbols_of(term)})
    for path in _paths(symbols):
        one, two = (_along(terms, path) for terms in (first, second))
        if one is not None and two is not None and one != two:
            return _told(path, one, two)
    raise UndecidedError("whether these grow alike could not be decided")


def symbols_of(term):
    inner = (m for m, _ in term.exponentials)
    return {symbol for powers in (term.powers, *inner) for (symbol, _), _ in powers}


def _paths(symbols):
    """Symbol -> ("x", speed) for x^speed, ("e^x", 1) or ("log(x)", 1): all alike first, then one apart, then any mixture."""
    plain = dict.fromkeys(symbols, ("x", Fraction(1)))
    yield plain
    for symbol in symbols:
        yield from ({**plain, symbol: ("x", speed)} for speed in SPEEDS[1:])
        yield {**plain, symbol: ("e^x", Fraction(1))}
        yield {**dict.fromkeys(symbols, ("e^x", Fraction(1))), symbol: ("x", Fraction(1))}
        yield {**dict.fromkeys(symbols, ("e^x", Fraction(1))), symbol: ("log(x)", Fraction(1))}
    for count, speeds in enumerate(product(SPEEDS[:3], repeat=len(symbols))):
        if count == MOST_PATHS:
            return
        yield dict(zip(symbols, (("x", speed) for speed in speeds), strict=True))


def _along(terms, path):
    """The leading term of a sum along a path, or None where it has none there that could be told."""
    try:
        found = largest([_substituted(term, path) for term in terms])
    except UndecidedError:
        return None
    return found[0] if len(found) == 1 else None


def _substituted(term, path):
    result = ONE
    for (symbol, level), power in term.powers:
        result = result * _atom_along(path[symbol], level) ** power
    for m, rate in term.exponentials:
        inner, factor = ONE, Fraction(1)
        for (symbol, level), power in m:
            inner = inner * _atom_along(path[symbol], level) ** power
            factor *= _speed_left(path[symbol], level, power)
        if inner.exponentials:
            raise UndecidedError("an exponential of an exponential")
        result = result * Term(frozenset(), frozenset({(inner.powers, scaled(rate, factor))}))
    return result


def _atom_along(way, level):
    form, speed = way
    if form == "x":
        return atom("x", level) if level else atom("x") ** speed
    if form == "log(x)":
        return atom("x", level + 1)
    if level:
        return atom("x", level - 1)
    return Term(frozenset(), frozenset({(atom("x").powers, frozenset({("e", Fraction(1))}))}))


def _speed_left(way, level, power):
    """The factor that log x^speed leaves in front of log x; it counts inside an exponential."""
    form, speed = way
    if form != "x" or level != 1 or speed == 1:
        return Fraction(1)
    if power.denominator != 1:
        raise UndecidedError("a root of a logarithm in an exponent")
    return speed**power


def _told(path, one, two):
    ways = ", ".join(f"{symbol} = {_way(*way)}" for symbol, way in path.items())
    return f"for {ways}: {shown(two)} against {shown(one)}" if len(path) > 1 else f"{shown(two)} against {shown(one)}"


def _way(form, speed):
    return form if speed == 1 else f"x^{speed}" if speed.denominator == 1 else f"x^({speed})"


# --- in words ---


def shown(term):
    """A term as text: `L^2 log(n)`, `2^n`."""
    powers = sorted(term.powers, key=lambda pair: (pair[0][1], str(pair[0][0])))
    over = [_atom_text(key, power) for key, power in powers if power > 0]
    over += [_exponential_text(m, rate) for m, rate in sorted(term.exponentials, key=str)]
    under = [_atom_text(key, -power) for key, power in powers if power < 0]
    text = " * ".join(over) or "1"
    return text if not under else f"{text} / {under[0]}" if len(under) == 1 else f"{text} / ({' * '.join(under)})"


def _atom_text(key, power):
    symbol, level = key
    text = symbol
    for _ in range(level):
        text = f"log({text})"
    return text if power == 1 else f"sqrt({text})" if power == Fraction(1, 2) else f"{text}^{_exponent(power)}"


def _exponent(power):
    return str(power) if power.denominator == 1 else f"({power})"


def _exponential_text(m, rate):
    inner, primes = shown(Term(m)), dict(rate)
    if "e" not in primes and all(abs(c) == abs(next(iter(primes.values()))) for c in primes.values()):
        common = abs(next(iter(primes.values())))
        base = Fraction(1)
        for prime, coefficient in primes.items():
            base *= Fraction(prime) ** _sign_of(coefficient)
        inner = inner if common == 1 else f"{common} * {inner}"
        return f"{base if base.denominator == 1 else f'({base})'}^{inner if inner.isidentifier() else f'({inner})'}"
    parts = [c if prime == "e" else f"{c} * log({prime})" for prime, c in sorted(primes.items(), key=str)]
    return f"exp({inner})" if parts == [1] else f"exp(({' + '.join(map(str, parts))}) * {inner})"
