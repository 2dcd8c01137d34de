"""Expressions and shapes with symbols in them: read in every sense that products of arrays can have, and judged."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations

from grader.marking.comparing.compare import fitted
from grader.marking.comparing.formula_slips import formula_slip
from grader.marking.comparing.numeric import Finding
from grader.marking.comparing.slips import slip_evidence
from grader.marking.kinds.chain_text import statements
from grader.marking.kinds.closed_forms import closed_form
from grader.marking.kinds.question import Misfit, Samples, right_under
from grader.marking.reading.names import vocabulary
from grader.marking.reading.typed import STUDENT_FUNCTIONS, Formula, products_apart, read_formulas
from grader.marking.verdict import FOLLOWS, PARTLY, RIGHT, ROUNDED, UNDECIDED, WRONG
from grader.maths.equality import Equality, Prepared, equal_nodes, overlaps_within, row_product
from grader.maths.errors import GraderError, LanguageError
from grader.maths.graph import Node, constant, reachable
from grader.maths.graph import replace as exchanged
from grader.maths.language import notation
from grader.maths.language.index_functions import IndexMisfitError
from grader.maths.language.meaning import ENTRYWISE, MATRIX, MisfitError, Scope
from grader.maths.ops.structure import index, reshape, transpose
from grader.maths.show import Formulas

CHANNEL_ORDERS = {3: ((0, 1, 2), (1, 2, 0)), 4: ((0, 1, 2, 3), (0, 2, 3, 1))}  # channels first, channels last
BARS = re.compile(r"[|∣]|\\(?:vert|lvert|mid)(?![A-Za-z])")
MOST_SENSES = 16
MOST_LINKS = 40  # equals signs up to which the links of an expression are looked at
OTHER_WAY = {ENTRYWISE: MATRIX, MATRIX: ENTRYWISE}
OPERATIONS = {"+": "sum", "-": "difference", "/": "quotient", "^": "power", "∘": "product entry by entry"}
CONDITIONS = frozenset({"less", "less_equal", "equal", "active", "all", "any"})
DECIMAL = re.compile(r"(?<![\w.])(\d+)\.(\d+)(?![\w.])")
ENOUGH_DIGITS = 3  # significant digits of a rounded coefficient
# a first side that names what is worked out: `y`, `f(x)`, `y'`, `dL/dz`
LABEL = re.compile(r"[^\W\d]\w*(?:\([\w\s,]*\))?|.*(?:'|\bd\s*\w*\)*\s*/\s*\(*d|∂|\\partial|nabla).*", re.DOTALL)
EQUAL = Equality("equal")

# --- reading ---


@dataclass(frozen=True)
class Sense:
    """One sense of a typed expression; products: how those were taken that fit both as matrix products and entry by entry;
    ambiguous, condition and hatted: as of a Formula."""

    node: Node
    text: str
    products: tuple = ()
    ambiguous: str = ""
    condition: bool = False
    hatted: bool = False


def read_expression(question, text):
    """The senses of a typed expression, the likeliest first, or a Misfit; raises GraderError where it cannot be read.

    A comparison is an answer only where the reference is 0 or 1, too.
    """
    solution = question.solution
    found = senses(text, names_allowed(question), solution.conventions, solution.program.symbols)
    if any(getattr(sense, "condition", False) for sense in found) and not _is_indicator(question.node):
        raise LanguageError("a comparison stands here, but a value is asked", text, 0)
    return found


def _is_indicator(node):
    """Whether a node is 0 or 1 by its form."""
    if node.op == "constant":
        return all(entry in (0, 1) for entry in node.settings["entries"])
    parts = {"where": node.inputs[1:], "multiply": node.inputs, "maximum": node.inputs, "subtract": node.inputs[1:]}
    return node.op in CONDITIONS or (node.op in parts and all(map(_is_indicator, parts[node.op])))


def names_allowed(question):
    """The names an answer may be written in: those the box lists, else all symbols and given values. Name -> meaning."""
    program = question.solution.program
    allowed = question.box.names or (*program.symbols, *program.values, *program.sizes_and_functions)
    return {name: program.names[name] for name in allowed if name in program.names}


def senses(text, names, conventions, symbols):
    """The senses of a typed expression over names, or one Misfit where its dimensions fit in none; see `read_expression`.

    symbols: name -> Declaration, for the words of a Misfit.
    """
    known = vocabulary(names).known
    try:
        formulas = read_formulas(text, names, conventions)
    except IndexMisfitError as misfit:
        return [Misfit(_too_far_in_words(misfit, names, symbols), misfit.text)]
    except MisfitError as misfit:
        return _senses_of_arrays(text, misfit, known, conventions) or [_misfit(misfit, misfit.text, names, symbols)]
    found = []
    for formula in formulas:
        arrays = _senses_of_arrays(text, formula, known, conventions) if _mentions_arrays(formula.node) else []
        found += arrays or [formula]
    return found


def _senses_of_arrays(text, first, known, conventions):
    """The senses of a Formula, or of a MisfitError, over arrays; bars in the typed text may also be norms."""
    plain = products_apart(first.text, known)
    ways = [plain, plain.replace("abs(", "norm(")] if "abs(" in plain and BARS.search(text) else [plain]
    found = [sense for way in ways for sense in _in_every_sense(way, known, conventions)[0]]
    if not isinstance(first, Formula):
        return found
    return [replace(sense, ambiguous=first.ambiguous, condition=first.condition, hatted=first.hatted) for sense in found]


def _misfit(misfit, plain, names, symbols):
    """The Misfit of an expression over arrays; raises the MisfitError where none of its operands has to do with them."""
    if not (_mentions_arrays(misfit.left) or _mentions_arrays(misfit.right)):
        raise misfit
    return Misfit(_misfit_in_words(misfit, names, symbols), plain)


def _mentions_arrays(node):
    return any(step.op == "given" and step.rank for step in reachable([node]))


def _in_every_sense(plain, known, conventions):
    """(senses, the first MisfitError): the likeliest sense first, then those that take one more product the other way.

    One of both is not empty. Raises GraderError where the likeliest sense fails for another reason than its dimensions.
    """
    found, misfit, waiting = {}, None, [()]
    for _ in range(MOST_SENSES):
        if not waiting:
            break
        products = waiting.pop(0)
        scope = Scope(names=known, functions=STUDENT_FUNCTIONS, conventions=conventions, products=products)
        try:
            node = scope.node(plain)
            found.setdefault(node, Sense(node, plain, tuple(scope.taken)))
        except MisfitError as error:
            misfit = misfit or error
        except GraderError:
            if not products:
                raise
        turns = range(len(products), len(scope.taken))
        waiting += [(*scope.taken[:turn], OTHER_WAY[scope.taken[turn]]) for turn in turns]
    return list(found.values()), misfit


def _misfit_in_words(misfit, names, symbols):
    """`in the product, W is D x M and b is a vector of D`."""
    formulas = Formulas({node: name for name, node in names.items() if isinstance(node, Node)})
    sizes = _names_of_sizes(symbols)
    left, right = (f"{formulas(node, 0, False)} is {_in_sizes(node.shape, sizes)}" for node in (misfit.left, misfit.right))
    return f"in the {OPERATIONS.get(misfit.operator, 'product')}, {left} and {right}"


def _too_far_in_words(misfit, names, symbols):
    """`the index j goes up to n, but W is n x m and has m in its place`."""
    sizes = _names_of_sizes(symbols)
    array = Formulas({node: name for name, node in names.items() if isinstance(node, Node)})(misfit.array, 0, False)
    end, size = (sizes.get(number, number) for number in (misfit.end, misfit.array.shape[misfit.axis]))
    shape = _in_sizes(misfit.array.shape, sizes)
    return f"the index {misfit.name} goes up to {end}, but {array} is {shape} and has {size} in its place"


def _names_of_sizes(symbols):
    """Size -> the dimension it stands for, where it stands for one only."""
    sizes = {}
    for domain in symbols.values():
        domain.shape(sizes)
    numbers = {size for domain in symbols.values() for size in domain.dimensions if isinstance(size, int)}
    once = [size for size in sizes.values() if list(sizes.values()).count(size) == 1 and size not in numbers]
    return {size: name for name, size in sizes.items() if size in once}


def _in_sizes(shape, sizes):
    """A shape in words, with the names of dimensions: `D x M`, `a vector of D`."""
    told = [str(sizes.get(size, size)) for size in shape]
    return "a number" if not told else f"a vector of {told[0]}" if len(told) == 1 else " x ".join(told)


# --- judging ---


def judge_expression(question, answer):
    """The finding for one sense of a typed expression (a Sense, a Formula or a Misfit)."""
    if isinstance(answer, Misfit):
        return Finding.of(WRONG, "dimensions", problem=answer.sentence)
    row = _row_product(question, answer.node)
    if row is not None:
        return Finding.of(WRONG, "dimensions", problem=row)
    taken = {"products": answer.products} if getattr(answer, "products", ()) else {}
    verdicts = {
        one.reading: _equal(one, one.program.boxes[question.place], answer.node, question.box.value, answer.text, question.among)
        for one in question.solutions
    }
    verdicts = {
        one.reading: _at_other_sizes(question, one, answer) if verdicts[one.reading].state == "equal" else verdicts[one.reading]
        for one in question.solutions
    }
    under = tuple(reading for reading, verdict in verdicts.items() if verdict.state == "equal")
    if under:
        return right_under(under, **taken)
    own = verdicts[question.solution.reading]
    if own.only_at_corners:
        return Finding.of(RIGHT, "differs-at-corner", Fraction(1), witness=own.witness, **taken)
    undecided = [verdict.reason for verdict in verdicts.values() if verdict.state == "undecided"]
    if undecided:
        return Finding.of(UNDECIDED, "equality", None, reason=undecided[0])
    credited = _carried(question, answer) or in_part(question, answer) or _rounded(question, answer, own.witness)
    if not credited and getattr(answer, "hatted", False):
        return Finding.of(UNDECIDED, "borrowed-hat", None)
    return credited or _wrong(question, answer, own.witness, taken)


def _at_other_sizes(question, solution, answer):
    """The Equality of an answer that is right, where dimensions that only have a name have other sizes."""
    other = solution.resized
    if other is None:
        return EQUAL
    names = names_allowed(replace(question, solutions=(other,)))
    scope = Scope(
        names=vocabulary(names).known,
        functions=STUDENT_FUNCTIONS,
        conventions=solution.conventions,
        products=getattr(answer, "products", ()),
    )
    try:
        typed = scope.node(products_apart(answer.text, vocabulary(names).known))
    except GraderError as error:
        return Equality("undecided", reason=f"with other sizes of the dimensions it cannot be read: {error}")
    return _equal(other, other.program.boxes[question.place], typed, question.box.value, answer.text)


def _row_product(question, node):
    """What is wrong with a product of a vector that is not transposed and a matrix, in words; None where authors write such."""
    program = question.solution.program
    known = [own for own in program.names.values() if isinstance(own, Node)]
    found = row_product(node, known)
    if found is None or any(row_product(own) for own in (*known, *program.boxes.values()) if isinstance(own, Node)):
        return None
    return _misfit_in_words(MisfitError("", "", 0, "@", *found.inputs), names_allowed(question), program.symbols)


def _rounded(question, answer, witness):
    """The finding where a typed expression is the reference but for the rounding of its decimals; else None."""
    margins, digits = _margins(answer)
    typed = _fitted(answer.node, question.node.shape)
    if not margins or typed.shape != question.node.shape:
        return None
    symbols, shapes, values = _symbols(question.solution, question.node, typed)
    if not overlaps_within(question.node, typed, symbols, shapes, values, margins, f"rounded {answer.text}"):
        return None
    if digits >= ENOUGH_DIGITS:
        return Finding.of(ROUNDED, "rounded-coefficients", Fraction(1), witness=witness)
    return Finding.of(PARTLY, "imprecise", Fraction(1, 2), witness=witness)


def _margins(answer):
    """(constant node -> half a unit of its last typed place, the fewest significant digits) of the decimals that are typed."""
    halves, digits = {}, []
    for whole, places in DECIMAL.findall(answer.text):
        value = Fraction(f"{whole}.{places}")
        if value:
            half = Fraction(1, 2 * 10 ** len(places))
            halves[value] = max(half, halves.get(value, half))
            digits.append(len((whole + places).lstrip("0")))
    constants = [step for step in reachable([answer.node]) if step.op == "constant" and not step.rank]
    sizes = {step: abs(step.settings["entries"][0]) for step in constants}
    return {step: halves[size] for step, size in sizes.items() if size in halves}, min(digits, default=0)


def with_links(question, judge, text, finding):
    """The finding for a typed `a = b = c`, with the first of its links that is proved not to hold among the evidence."""
    del judge
    try:
        found = statements(text) if 0 < text.count("=") <= MOST_LINKS else []
    except GraderError:
        return finding
    for statement in found:
        for left, right, about in zip(statement.sides, statement.sides[1:], statement.about, strict=False):
            label = left is statement.sides[0] and _is_label(left)
            if not about and not label and _is_broken(question, left, right):
                return finding.told(broken_link=f"{left.strip()} = {right.strip()}")
    return finding


def _is_label(text):
    plain = notation.latex(notation.clean(text)).strip()
    return LABEL.fullmatch(plain) is not None and plain.partition("(")[0].strip() not in STUDENT_FUNCTIONS


def _is_broken(question, left, right):
    """Whether two typed sides are proved different in every sense that both have."""
    try:
        senses = [read_expression(question, side) for side in (left, right)]
    except GraderError:
        return False
    pairs = [(a, b) for a in senses[0] for b in senses[1]]
    if any(isinstance(side, Misfit) for pair in pairs for side in pair):
        return False
    solution = question.solution
    found = [equality(solution, a.node, _fitted(b.node, a.node.shape), f"{a.text} | {b.text}") for a, b in pairs]
    return all(one.state == "different" and not one.only_at_corners for one in found)


def own_graph(question, answer):
    """The graph of a typed expression, as later answers follow from it; None for a Misfit."""
    return None if isinstance(answer, Misfit) else answer.node


def _carried(question, answer):
    """The finding where an expression is the reference with own earlier answers, wrong ones, put in."""
    changes = _own_changes(question) if question.box.follow else []
    for chosen in ([changes] if len(changes) > 1 else []) + [[change] for change in changes]:
        target = exchanged(question.node, {node: typed for _, node, typed in chosen})
        if target is question.node or target.shape != question.node.shape:
            continue
        typed = _fitted(answer.node, target.shape)
        if equality(question.solution, target, typed, f"{question.box.value} | {answer.text}").state == "equal":
            names = {"from": tuple(dict.fromkeys(name for origins, _, _ in chosen for name in origins))}
            if question.solution.symbolic(target):
                return Finding.of(FOLLOWS, "own-values", Fraction(1), **names)
            return Finding.of(UNDECIDED, "follows-but-trivial", None, **names)
    return None


def _own_changes(question):
    """(the answers to blame, reference, what was typed for it) of the wrong earlier answers that the reference depends on."""
    below = set(reachable([question.node])) - {question.node}
    found = []
    for own in (*question.owned, *question.formulas):
        node = question.solution.program.boxes.get((own.part, own.box))
        if own.right or node not in below or node.op in ("given", "constant"):
            continue
        typed = own.node if own.node is not None else _constant(own.numbers, node.shape)
        if typed is not None and typed.shape == node.shape:
            found.append((own.origins or (own.name,), node, typed))
    return found


def _constant(numbers, shape):
    """Typed rational numbers as a constant of that shape, else None."""
    values = fitted(numbers.values(), shape)
    if values is None or not all(isinstance(value, Fraction) for value in values.flat):
        return None
    return constant(values.tolist())


def in_part(question, answer):
    """The finding where a typed expression earns a declared partial credit."""
    box, solution = question.box, question.solution
    for line, node in zip(box.partial, solution.program.partial[question.place], strict=True):
        if _equal(solution, node, answer.node, line.value, answer.text).state == "equal":
            return Finding.of(PARTLY, line.tag, line.marks / box.marks if box.marks else Fraction(0))
    return None


def _wrong(question, answer, witness, taken):
    wanted, typed = question.node, answer.node
    if _fitted(typed, wanted.shape).shape == wanted.shape:
        tag = "transposed" if _is_transposed(question, answer) else ""
        slip = None if tag else formula_slip(question.solution, wanted, _fitted(typed, wanted.shape), proof(question, answer))
        said = slip_evidence(question.solution, wanted, slip) if slip else {}
        return Finding.of(WRONG, slip.tag if slip else tag, witness=witness, **taken, **said)
    if typed.rank == 2 and transpose(typed).shape == wanted.shape and _is_transposed(question, answer):
        return Finding.of(WRONG, "transposed", **taken)
    sizes = _names_of_sizes(question.solution.program.symbols)
    shapes = {"wanted": _in_sizes(wanted.shape, sizes), "typed": _in_sizes(typed.shape, sizes)}
    return Finding.of(WRONG, "shape", **shapes, **taken)


def proof(question, answer):
    """A function of a wrong graph: whether it is certainly equal to what was typed."""

    def proved(wrong):
        typed = _fitted(answer.node, wrong.shape)
        return equality(question.solution, wrong, typed, f"slip | {answer.text}").state == "equal"

    return proved


def _is_transposed(question, answer):
    if answer.node.rank != 2:
        return False
    turned = transpose(answer.node)
    return _equal(question.solution, question.node, turned, question.box.value, f"transposed {answer.text}").state == "equal"


def _fitted(node, shape):
    """The node in the wanted shape where only axes of length 1 differ (an n x 1 matrix is a vector of n), else as it is."""
    same = [size for size in node.shape if size != 1] == [size for size in shape if size != 1]
    return reshape(node, shape) if same and node.shape != shape else node


def judge_sizes(solution, part, box, sizes):
    """The finding for a shape typed with symbols, such as `N x 19`."""
    target = solution.program.boxes[part.id, box.name]
    wanted = [index(target, (axis,)) for axis in range(target.shape[0])]
    if len(wanted) != len(sizes.nodes):
        return Finding.of(WRONG, "shape", wanted=(len(wanted),), typed=(len(sizes.nodes),))
    same = [[_equal(solution, size, typed, box.value, sizes.text).state == "equal" for typed in sizes.nodes] for size in wanted]
    plain = tuple(range(len(wanted)))
    for order in CHANNEL_ORDERS.get(len(wanted), (plain,)) if box.layout == "any" else (plain,):
        if _matches(same, order):
            return Finding.of(RIGHT, "" if order == plain else "channels-last", Fraction(1))
    return Finding.of(WRONG, "axes-permuted" if any(_matches(same, order) for order in permutations(plain)) else "")


def _matches(same, order):
    """Whether the typed sizes are the wanted ones in that order of axes; same[i][j]: wanted i equals typed j."""
    return all(same[axis][position] for position, axis in enumerate(order))


def _equal(solution, wanted, typed, key_text, text, among=1) -> Equality:
    """A typed expression compared with a reference of the solution; the texts stand for both where points are chosen.

    among: how many comparisons share a budget.
    """
    symbols, shapes, values = _symbols(solution, wanted, typed)
    place = wanted if symbols.keys() == solution.program.symbols.keys() else (wanted, frozenset(symbols))
    key = solution.prepared.get(place)
    if key is None:
        key = Prepared(wanted, symbols, shapes, values, text=key_text)
        if wanted in solution.lasting:  # not for references that somebody's own answers were put into
            solution.prepared[place] = key
    return key.compare(_fitted(typed, wanted.shape), text, among=among)


def equality(solution, left, right, seed_text, among=1) -> Equality:
    """Two nodes of a problem compared over its symbols, with its given values; among: how many comparisons share a budget."""
    return equal_nodes(left, right, *_symbols(solution, left, right), seed_text, among=among)


def _symbols(solution, *nodes):
    """The symbols of a problem, their shapes, and its given values; of index symbols and arrays only those in the nodes."""
    program = solution.program
    symbols = dict(program.symbols)
    dear = {name for name, domain in symbols.items() if domain.kind == "index" or program.names[name].rank}
    for name in dear - _given_in(nodes) if dear else ():
        del symbols[name]
    return symbols, {name: program.names[name].shape for name in symbols}, dict(program.values)


def _given_in(nodes):
    """The names of the given values and symbols in graphs."""
    return {step.settings["name"] for step in reachable(nodes) if step.op == "given"}


# --- trying out ---


def samples_of_expression(question):
    """The reference as a formula, in the allowed names; nothing right where no form of it can be typed."""
    allowed = {node: name for name, node in names_allowed(question).items() if isinstance(node, Node)}
    names = tuple(allowed.values())
    ways = (lambda: Formulas(allowed)(question.node), lambda: closed_form(question.solution, question.node, names))
    right = next((text for way in ways if _reads(question, text := way())), "")
    return Samples(right, f"({right}) + 1" if right else "17/3")


def _reads(question, text):
    try:
        first = read_expression(question, text)[0]
        return not isinstance(first, Misfit) and first.node.shape == question.node.shape
    except GraderError:
        return False
