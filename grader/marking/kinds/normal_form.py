"""Normal forms: which expressions are the same but for the order and the brackets of their sums and products.

Functions are opaque, so `1 - sigmoid(x)` and `sigmoid(-x)` differ in form though they are equal. Terms are not collected and
nothing is cancelled, unless forms are expanding: then products of sums are multiplied out and like terms are put together.
"""

from fractions import Fraction
from itertools import product

from grader.maths.graph import constant
from grader.maths.ops.arithmetic import exp

MOST_TERMS = 60  # of a sum that is multiplied out
HIGHEST_POWER = 8  # of a sum that is multiplied out, and of a number that is worked out
ONE = Fraction(1)


class NormalForms:
    """Nodes -> normal forms, which can be compared within one NormalForms.

    A form is a sorted tuple of terms (coefficient, factors); factors are sorted pairs (number of a base, exponent).
    """

    def __init__(self, expanding=False):
        self.expanding, self.known, self.bases, self.sums = expanding, {}, {}, {}

    def __call__(self, node):
        """The normal form of a node."""
        for step in _shown_below(node):
            if step not in self.known:
                self.known[step] = self._form(step)
        return self.known[node]

    def _form(self, node):
        if node.transparent:
            return self.known[node.expansion]  # which is older than the node
        rule = RULES.get(node.op)
        found = rule(self, node, *(self.known[child] for child in node.inputs)) if rule else None
        return self._opaque(node) if found is None else found

    def _opaque(self, node):
        settings = tuple(sorted((name, repr(value)) for name, value in node.settings.items()))
        return self._atom((node.op, settings, *(self.known[child] for child in node.inputs)))

    def _atom(self, key):
        return ((ONE, ((self._number(key), ONE),)),)

    def _number(self, key):
        return self.bases.setdefault(key, len(self.bases))

    def constant(self, node):
        return None if node.rank else _as_number(node.settings["entries"][0])

    def add(self, left, right, sign=1):
        return self._sum((*left, *((sign * coefficient, factors) for coefficient, factors in right)))

    def _sum(self, terms):
        """Terms in order, the numbers among them added up; all like terms where forms are expanding."""
        total, kept = {}, []
        for coefficient, factors in terms:
            if factors and not self.expanding:
                kept.append((coefficient, factors))
            else:
                total[factors] = total.get(factors, Fraction(0)) + coefficient
        kept += [(coefficient, factors) for factors, coefficient in total.items() if coefficient]
        return tuple(sorted(kept, key=lambda term: (term[1], term[0])))

    def multiply(self, left, right):
        if self.expanding and len(left) * len(right) <= MOST_TERMS:
            return self._sum(self._product(*pair) for pair in product(left, right))
        return self._without_minus(self._product(self._single(left), self._single(right)))

    def _single(self, form):
        """A form as one term: a sum becomes a factor, whose first term is positive."""
        if len(form) == 1:
            return form[0]
        if not form:
            return Fraction(0), ()
        sign = -ONE if form[0][0] < 0 else ONE
        base = self._number(("sum", _times(form, sign)))
        self.sums[base] = _times(form, sign)
        return sign, ((base, ONE),)

    def _product(self, left, right):
        """Two terms multiplied; powers of a base other than a sum are put together, those below the bar for themselves."""
        coefficient, total, apart = left[0] * right[0], {}, []
        if not coefficient:
            return coefficient, ()
        for base, exponent in (*left[1], *right[1]):
            if base in self.sums and not self.expanding:
                apart.append((base, exponent))
            else:
                total[base, exponent < 0] = total.get((base, exponent < 0), Fraction(0)) + exponent
        return coefficient, tuple(sorted([*apart, *((base, exponent) for (base, _), exponent in total.items())]))

    def _without_minus(self, term):
        """A term as a form; plus or minus a sum is that sum."""
        coefficient, factors = term
        if not coefficient:
            return ()
        if len(factors) == 1 and factors[0][1] == 1 and abs(coefficient) == 1:
            terms = self.sums.get(factors[0][0])
            if terms:
                return self._sum(_times(terms, coefficient))
        return (term,)

    def power(self, node, base, exponent):
        number = _number_of(exponent)
        if number is None:
            return self._atom(("exp", (), exponent)) if node.inputs[0] is exp(constant(1)) else None
        return self.raised(base, number)

    def raised(self, base, number):
        """A form to the power of a number; None where that is better left as it stands."""
        if self.expanding and len(base) > 1 and number.denominator == 1 and 1 < number <= HIGHEST_POWER:
            return self.multiply(base, self.raised(base, number - 1))
        coefficient, factors = self._single(base)
        whole = number.denominator == 1
        if not coefficient or (not whole and (coefficient != 1 or any(power != 1 for _, power in factors))):
            return None
        if coefficient not in (1, -1) and abs(number) > HIGHEST_POWER:
            return None
        factors = tuple(sorted((base, power * number) for base, power in factors if power * number))
        return self._without_minus((coefficient ** int(number) if whole else coefficient, factors))

    def divide(self, left, right):
        below = self.raised(right, -ONE)
        return None if below is None else self.multiply(left, below)


def _shown_below(node):
    """The nodes that a node is shown with, in an order of evaluation."""
    found, waiting = set(), [node]
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting.extend((step.expansion,) if step.transparent else step.inputs)
    return sorted(found, key=lambda step: step.serial)


def _times(form, number):
    return tuple(sorted(((number * coefficient, factors) for coefficient, factors in form), key=lambda term: (term[1], term[0])))


def _as_number(value):
    return ((Fraction(value), ()),) if value else ()


def _number_of(form):
    """The number that a form is, else None."""
    if not form:
        return Fraction(0)
    return form[0][0] if len(form) == 1 and not form[0][1] else None


RULES = {
    "constant": lambda forms, node: forms.constant(node),
    "add": lambda forms, node, left, right: forms.add(left, right),
    "subtract": lambda forms, node, left, right: forms.add(left, right, -1),
    "negate": lambda forms, node, inner: _times(inner, -1),
    "multiply": lambda forms, node, left, right: forms.multiply(left, right),
    "divide": lambda forms, node, left, right: forms.divide(left, right),
    "power": lambda forms, node, base, exponent: forms.power(node, base, exponent),
    "sqrt": lambda forms, node, inner: forms.raised(inner, Fraction(1, 2)),
}
