"""Strata: what `per:` names takes each of its values equally often, and so in turn."""

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product

import numpy as np

from grader.bank.program import place
from grader.maths.errors import LanguageError, nearest
from grader.maths.evaluate import Evaluation
from grader.maths.graph import make
from grader.maths.language import syntax
from grader.maths.language.named_functions import NAMES
from grader.maths.language.unparse import show
from grader.maths.systems import EXACT, as_fraction
from grader.variants.checks import Check, condition, ensure_condition
from grader.variants.distributions import names_in, sampler

PER = "per"
ELSEWHERE = "in another stratum"
MOST_VALUES = 24  # of one expression
MOST_STRATA = 120
LOGICAL = frozenset({"and", "or", *syntax.COMPARISONS})


@dataclass(frozen=True)
class Axis:
    """One entry of `per`: the text of what is measured, the drawn name that it is (or None), and its values with their labels."""

    text: str
    name: str | None
    values: tuple
    labels: tuple
    where: object


@dataclass(frozen=True)
class Stratum:
    """One of the strata: (Axis, value) for every entry of `per`. `label` says it in words."""

    label: str
    places: tuple

    def inside(self, numerators):
        """A mask of the candidates whose drawn values lie in it; numerators: name -> (whole numbers, denominator)."""
        masks = [
            numerators[axis.name][0] * value.denominator == value.numerator * numerators[axis.name][1]
            for axis, value in self.places
            if axis.name
        ]
        return np.all(masks, axis=0) if masks else None

    def checks(self, program, conventions):
        """The Checks that reject what lies elsewhere; drawn names are looked at before."""
        for axis, value in self.places:
            if not axis.name:
                measured = condition(axis.text, program, conventions)
                yield Check(ELSEWHERE, 1 - make("equal", measured, value), axis.where)


def read_strata(space, guarded):
    """All Strata of a Space, the last entry of `per` changing fastest; none without `per`. guarded collects complaints."""
    texts = space.problem.draw.get(PER, ())
    axes = [guarded(text, lambda text=text: _axis(space, text)) for text in texts]
    if not axes or None in axes:
        return ()
    count = reduce(lambda n, axis: n * len(axis.values), axes, 1)
    if count > MOST_STRATA:
        guarded(texts[-1], lambda: _fail(f"per: {count:,} strata are too many (limit {MOST_STRATA})"))
        return ()
    return tuple(_stratum(axes, chosen) for chosen in product(*(range(len(axis.values)) for axis in axes)))


def _stratum(axes, chosen):
    label = ", ".join(axis.labels[number] for axis, number in zip(axes, chosen, strict=True))
    return Stratum(label, tuple((axis, axis.values[number]) for axis, number in zip(axes, chosen, strict=True)))


def _fail(sentence):
    raise LanguageError(sentence)


def _axis(space, text):
    measured, offered = _split(str(text))
    where = place(text)
    if measured in space.program.functions:
        return _axis_of_functions(space, measured, offered, where)
    name = measured if measured in space.calls and space.values[measured].shape == () else None
    if offered is not None:
        values = _listed(space, offered)
    elif name:
        values = _drawn(space, name)
    else:
        tree = syntax.parse(measured)
        if not isinstance(tree, syntax.Binary | syntax.Unary) or tree.operator not in LOGICAL | {"not"}:
            condition(measured, space.program, space.conventions)  # complains about a name that is not known
            _fail(f"per: it is not known which values '{measured}' has; say it by '{measured} in 0..3' or '{measured} in [1, 2]'")
        ensure_condition(measured, _number(space, measured), space.program)
        return Axis(measured, None, (Fraction(1), Fraction(0)), (measured, f"not {measured}"), where)
    if not 2 <= len(values) <= MOST_VALUES:
        _fail(f"per: '{measured}' has {len(values):,} values; there may be from 2 to {MOST_VALUES}")
    _number(space, measured)
    return Axis(measured, name, values, tuple(f"{measured} = {value}" for value in values), where)


def _axis_of_functions(space, name, offered, where):
    """The Axis of a drawn function; its values are the places of the functions in NAMES."""
    if name not in space.calls:
        _fail(f"per: '{name}' is a function that is not drawn; draw it, as in '{name}: choice(relu, tanh)'")
    drawn = [NAMES[one] for one in dict.fromkeys(_sampler(space, name).functions)]
    chosen = drawn
    if offered is not None:
        tree = syntax.parse(offered)
        chosen = [show(item) for item in tree.items] if isinstance(tree, syntax.Items) else [offered]
        wrong = next((one for one in chosen if one not in drawn), None)
        if wrong:
            _fail(f"per: '{name}' is never '{wrong}'{nearest(wrong, drawn)}; it is drawn among {', '.join(drawn)}")
    if len(set(chosen)) < max(len(chosen), 2):
        _fail(f"per: two functions or more that differ were expected for '{name}', not {', '.join(chosen)}")
    values = tuple(Fraction(NAMES.index(one)) for one in chosen)
    return Axis(name, name, values, tuple(f"{name} = {one}" for one in chosen), where)


def _split(text):
    """(what is measured, the text of its values or None): at the `in` that is in no brackets."""
    depth = 0
    for token in syntax.tokens(text):
        depth += (token.text in "([" and token.kind == "symbol") - (token.text in ")]" and token.kind == "symbol")
        if token.text == "in" and token.kind == "name" and not depth:
            return text[: token.at].strip(), text[token.end :].strip()
    return text.strip(), None


def _listed(space, text):
    """The values of `1..3` or `[1, 2, 4]`."""
    tree = syntax.parse(text)
    scope = space.scope({name: value for name, value in space.program.values.items() if name not in space.calls})

    def number(tree):
        value, system = Evaluation(scope.values, (EXACT,)).with_system(scope.tree(tree, text))
        if system.array(value).ndim:
            _fail(f"per: '{text}' must hold numbers")
        return as_fraction(system.array(value)[()])

    if isinstance(tree, syntax.Binary) and tree.operator == "..":
        low, high = number(tree.left), number(tree.right)
        if low.denominator != 1 or high.denominator != 1 or not 0 < high - low < MOST_VALUES:
            _fail(f"per: the range '{text}' must hold from 2 to {MOST_VALUES} whole numbers")
        return tuple(Fraction(value) for value in range(int(low), int(high) + 1))
    if not isinstance(tree, syntax.Items):
        _fail(f"per: a range such as 1..3 or a list such as [1, 2, 4] was expected, not '{text}'")
    values = tuple(number(item) for item in tree.items)
    if len(set(values)) < len(values):
        _fail(f"per: a value stands twice in '{text}'")
    return values


def _drawn(space, name):
    """All values that a drawn number can have."""
    if names_in(space.calls[name]) & space.calls.keys():
        _fail(f"per: what '{name}' can be rests on other drawn values; say its values, as in '{name} in 1..3'")
    found = _sampler(space, name)
    if found.count is None or found.count > MOST_VALUES:
        told = "too many" if found.count is None else f"{found.count:,}"
        _fail(f"per: '{name}' has {told} values (limit {MOST_VALUES}); name some, as in '{name} in [1, 2]'")
    numerators = found.numerators(_each(found.count)).reshape(-1)
    return tuple(dict.fromkeys(Fraction(int(one), found.denominator) for one in numerators))


def _sampler(space, name):
    return sampler(space.calls[name], space.scope(space.values), space.problem.draw[name])


def _each(count):
    """Random bits that lead to each of `count` values once, in order."""
    return (((np.arange(count, dtype=np.uint64) * np.uint64(2**32) + np.uint64(count - 1)) // np.uint64(count)) << np.uint64(32))[
        :, None
    ]


def _number(space, text):
    """The node of what is measured; complains where it cannot be read or is no number."""
    node = condition(text, space.program, space.conventions)
    if node.shape:
        _fail(f"per: '{text}' must be a number")
    return node
