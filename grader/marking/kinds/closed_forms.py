"""References with symbols in them as formulas: those of our own graph, or what SymPy makes of them where they are small."""

from math import prod

from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node, dependencies, reachable, spelled_out
from grader.maths.ops import OPS
from grader.maths.ops.indexed import upto
from grader.maths.show import MOVING, Formulas, nested, short_text
from grader.maths.systems import SYMBOLIC

READABLE = 60  # characters, blanks aside, of a formula up to which names from `let` are put in
LONG = 150  # the same of one in the names that an answer may have
LONGEST = 400  # operations of a formula that is written out
SMALL, MOST_ENTRIES = 16, 5_000  # entries of an array that SymPy works out, and a bound on all operations in them
MOST_SYMBOLS = 12
# operations that SymPy simplifies within about a second, by how deep functions stand inside functions
MOST_OPERATIONS = {0: 40, 1: 20, 2: 10}
MOST_TAME = {0: 40, 1: 40, 2: 20}  # the same where all functions are `exp` and `log`
ATOMS = frozenset({"given", "constant", "dimension"})
PICKING = frozenset({"index", "concat", "permute", "row", "place", "pad", "flip"})
HARD = frozenset({"inverse", "solve", "det"})  # better left as they are


def names_of(solution):
    """Node -> name for everything a worked solution may call by name."""
    program = solution.program
    own = [(name, node) for name, node in program.names.items() if isinstance(node, Node)]
    names = {}
    for name, node in (*own, *program.named_nodes()):
        names.setdefault(node, name)
    return {**program.derivatives, **names}


def closed_form(solution, node, allowed=()):
    """An expression in the symbols of the problem as text.

    It stands in the names that are `allowed`, where there are any and they suffice. Otherwise names from `let` are put in while
    the formula stays readable, or where it gets shorter by that.
    """
    names = names_of(solution)
    if names.get(node) in allowed:
        return names[node]
    known = {own: name for own, name in names.items() if own not in (node, *_wrapped(node))}
    named = {own: name for own, name in known.items() if own not in solution.program.derivatives}
    plain = {own: name for own, name in named.items() if spelled_out(own).op in ATOMS}
    within = plain | {own: name for own, name in named.items() if name in allowed}
    limits = ((within, LONG), (plain, READABLE)) if _symbols(solution, node, within) <= set(allowed) else ((plain, READABLE),)
    forms = []
    for names, limit in limits:
        forms.append(_shortest(solution, node, names))
        if _length(forms[-1]) <= limit:
            return forms[-1]
    forms.append(_shortest(solution, node, named))
    return min(filter(None, forms), key=_length, default=None) or _at_length(node, known)


def _wrapped(node):
    """The node whose entries a node picks out or moves, and so on: `q` of `q[0]`."""
    node = spelled_out(node)
    while node.op == "index" or node.op in MOVING:
        node = node.inputs[0]
        yield node
        node = spelled_out(node)


def _symbols(solution, node, names):
    """The names of the symbols and of the named values that a formula is made of."""
    steps = [step for step in reachable([node], stop=names) if step in names and step.op != "constant"]
    return {names[step] for step in steps} - set(solution.program.values)


def _length(form):
    return len(form.replace(" ", "")) if form else float("inf")


def _shortest(solution, node, names):
    """The shortest formula with these names (node -> name), or None where it would be very long."""
    forms = [_own(solution, node, names), _simplified(solution, node, names)]
    return min(filter(None, forms), key=_length, default=None)


# --- from our own graph ---


def _own(solution, node, names):
    if _operations(node, names) > LONGEST:
        return None
    text = Formulas(names, values=_numbers(solution, names))(node)
    alone = node.op == "reshape" and not node.inputs[0].rank  # a list of one
    return f"{'[' * node.rank}{text}{']' * node.rank}" if alone else text


def _numbers(solution, names):
    """What Formulas shows for a named value: its number where it is given one, else its name."""
    formulas = Formulas(names)

    def shown(node):
        if node.rank or solution.symbolic(node) or solution.program.has_indices(node):
            return formulas(node, 0, False)
        value = solution.value(node)
        return short_text(value.array, value.system)

    return shown


def _operations(node, names):
    """How many operations are written out in a formula that stops at names; a part that stands twice counts twice."""

    def below(step):
        return () if step in names else (step.expansion,) if step.transparent else step.inputs

    return _count(node, below, lambda step, inside: (step.op not in ATOMS and not step.transparent) + inside)


def _count(node, below, counted):
    """A count from the leaves up; below: step -> its parts; counted: (step, the sum of its parts' counts) -> its own."""
    counts, waiting = {}, [node]
    while waiting:
        step = waiting[-1]
        missing = [child for child in below(step) if child not in counts]
        if missing:
            waiting += missing
        else:
            counts[waiting.pop()] = counted(step, sum(counts[child] for child in below(step)))
    return counts[node]


def _at_length(node, names):
    """A formula that only names of gradients on the way make short, or how long it is."""
    count = _operations(node, names)
    return Formulas(names)(node) if count <= LONGEST else f"a formula of {count:,} operations"


# --- by SymPy ---


def _simplified(solution, node, names):
    """A small formula over single numbers, simplified by SymPy; None where it is large, by count, or SymPy cannot have it."""
    steps = reachable([node], stop=names)
    symbols = [step for step in steps if step in names and (step.op == "dimension" or solution.symbolic(step))]
    if any(leaf.rank for leaf in symbols) or len(symbols) > MOST_SYMBOLS:
        return None
    if any(step.op in ("over_index", "opaque") or upto(step) is not None for step in steps):
        return None
    if prod(node.shape) > SMALL or prod(node.shape) * _entries(node, names) > MOST_ENTRIES:
        return None
    if any(step.op in HARD or "SYMBOLIC" not in OPS[step.op].systems for step in steps if step not in names):
        return None
    values = {**solution.program.values, **{names[leaf]: SYMBOLIC.symbols(names[leaf], ()) for leaf in symbols}}
    cut = {leaf: values[names[leaf]] for leaf in symbols if leaf.op != "given"}
    try:
        return _as_text(Evaluation(values, (SYMBOLIC,), override=cut)(node))
    except GraderError:
        return None


def _entries(node, names):
    """A bound on how many operations SymPy would have in each entry."""

    def counted(step, inside):
        alone = OPS[step.op].aligned or step.op in MOVING | PICKING  # each entry rests on one of each input
        return 1 + inside * (1 if alone else max((prod(child.shape) for child in dependencies(step)), default=1))

    return _count(node, lambda step: () if step in names else dependencies(step), counted)


def _as_text(array):
    import sympy

    entries = [sympy.sympify(entry) for entry in array.flat]
    functions = set().union(*(entry.atoms(sympy.Function) for entry in entries))
    limits = MOST_TAME if all(isinstance(one, sympy.exp | sympy.log) for one in functions) else MOST_OPERATIONS
    if sum(int(sympy.count_ops(entry)) for entry in entries) > limits.get(max(map(_nesting, entries)), 0):
        return None
    return nested(array, lambda entry: min((sympy.sstr(form).replace("**", "^") for form in _forms(entry)), key=_length))


def _forms(entry):
    """What SymPy makes of an entry, without `cosh` and the like that were not in it."""
    import sympy
    from sympy.functions.elementary.hyperbolic import HyperbolicFunction

    forms = (sympy.simplify(entry), sympy.factor(entry))
    return [form for form in forms if entry.has(HyperbolicFunction) or not form.has(HyperbolicFunction)] or [entry]


def _nesting(expression):
    """How deep functions and roots stand inside each other."""
    root = expression.is_Pow and not expression.exp.is_Integer
    own = bool(expression.is_Function or expression.is_Piecewise or root)
    return own + max(map(_nesting, expression.args), default=0)
