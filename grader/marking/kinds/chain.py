"""Chains: derivations `a = b = c`, of which every link is checked and the first that breaks is named."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from grader.marking.comparing.compare import DIFFERENT, compare
from grader.marking.comparing.numeric import Finding, judge_numbers
from grader.marking.kinds.chain_text import statements
from grader.marking.kinds.progress import let_names, way_of
from grader.marking.kinds.quantities import samples_of_values
from grader.marking.kinds.question import Misfit, Samples, right_under
from grader.marking.kinds.symbolic import EQUAL, Sense, equality, in_part, names_allowed, samples_of_expression, senses
from grader.marking.reading.typed import Numbers, aliases, read_numbers_in_every_sense
from grader.marking.verdict import FOLLOWS, FULL, PARTLY, UNDECIDED, WRONG
from grader.maths.equality import Equality
from grader.maths.errors import GraderError, LanguageError, UnsupportedError
from grader.maths.gradient import gradient
from grader.maths.graph import Node, given, reachable, show_shape
from grader.maths.language import notation
from grader.maths.show import Formulas
from grader.maths.systems import elementwise

HALF = Fraction(1, 2)
MOST_SIDES = 30
ELSEWHERE = "the steps hold and reach the answer, but do not begin with what is printed, or go on behind it"
DIFFERENTIAL = r"d\s?([^\W\d]\w*(?:_\(\w+\))?)"
DERIVATIVE = re.compile(
    rf"(?:\(\s?{DIFFERENTIAL}\s?\)|(?<![^\W\d]){DIFFERENTIAL})\s?/\s?(?:\(\s?{DIFFERENTIAL}\s?\)|{DIFFERENTIAL})"
)
NAME = r"[^\W\d]\w*(?:_\(\w+\)|\^\(\w+\))?"
LABEL = re.compile(rf"{NAME}'*(?:\([\w\s,]*\))?|nabla.*|\(*d\s*(?:\^\s*\(?\d\)?)?\s*(?:{NAME})?.*/\s*\(*d.*", re.DOTALL)
PRIMED = re.compile(rf"({NAME})'+(?:\([\w\s,]*\))?")


@dataclass(frozen=True)
class Side:
    """One side as typed, its senses as graphs, and its numbers where it is made of numbers only.

    shown: its first sense with derivatives (`dL/dz`) as names of their own; let: the names from `let` that it is written in.
    """

    text: str
    senses: tuple
    numbers: Numbers | None
    shown: Node | None = None
    let: frozenset = frozenset()


@dataclass(frozen=True)
class Link:
    """Two neighbouring sides, the number of their equals sign from 1 on, and whether that sign says `about`."""

    number: int
    left: Side
    right: Side
    about: bool


@dataclass(frozen=True)
class Chain:
    """A typed derivation: the links of all its statements, and the sides of each of them.

    label: what stands before the sides of the last statement: "derivative" (`y' =`), "name", "printed" where the text begins
    with `=`, so that it goes on with what is printed, or "".
    """

    links: tuple
    statements: tuple
    label: str
    text: str

    @property
    def sides(self):
        return self.statements[-1]

    @property
    def end(self):
        return self.sides[-1]


# --- reading ---


def read_chain(question, text):
    """A Chain (or a Misfit, where the dimensions of a side do not fit); raises GraderError where a side cannot be read."""
    notation.clean(text)  # raises for a text that is too long
    links, all_sides, label, number = [], [], "", 0
    for statement in statements(text):
        if len(statement.sides) > MOST_SIDES:
            raise UnsupportedError(f"a derivation of more than {MOST_SIDES} links is not read")
        label = _label(question, statement)
        sides = [_side(question, side) for side in statement.sides[bool(label) :]]
        misfit = next((side for side in sides if isinstance(side, Misfit)), None)
        if misfit:
            return [misfit]
        pairs = zip(sides, sides[1:], statement.about[bool(label) :], strict=False)
        links += [Link(number + bool(label) + turn, a, b, about) for turn, (a, b, about) in enumerate(pairs, start=1)]
        all_sides.append(tuple(sides))
        number += len(statement.about)
    return [Chain(tuple(links), tuple(all_sides), label, " = ".join(side.text for side in all_sides[-1]))]


def _label(question, statement):
    """What sort of label the first side of a statement is, see Chain; "" for one that is no label."""
    if len(statement.sides) == 1 or not statement.headed:
        return "" if len(statement.sides) == 1 else "printed"
    plain = notation.latex(notation.clean(statement.sides[0])).strip()
    primed = PRIMED.fullmatch(plain)
    if primed:
        known = question.solution.program.names.get(primed.group(1))
        return "" if isinstance(known, Node) and known.rank else "derivative"
    if not LABEL.fullmatch(plain):
        return ""
    try:
        _side(question, statement.sides[0])
    except GraderError:
        return "name" if re.fullmatch(NAME, plain) and plain != question.box.name else "derivative"
    return ""


def _side(question, text):
    """A Side, or a Misfit."""
    program = question.solution.program
    cleaned = notation.latex(notation.clean(text))
    _refuse_primes(program, cleaned, text)
    plain, derivatives = _with_derivatives(program, cleaned)
    names, conventions = {**program.names, **derivatives}, question.solution.conventions
    found = senses(plain if derivatives else text, names, conventions, program.symbols)
    if isinstance(found[0], Misfit):
        return found[0]
    kept = tuple(Sense(sense.node, sense.text, getattr(sense, "products", ())) for sense in found)
    opaque = {name: given(f"derivative {node.serial}", node.shape) for name, node in derivatives.items()}
    shown = senses(plain, {**names, **opaque}, conventions, program.symbols)[0].node if derivatives else kept[0].node
    return Side(text.strip(), kept, _numbers(text, kept[0].node), shown, let_names(program, plain))


def _refuse_primes(program, plain, text):
    """Raises LanguageError for a `y'` of a number inside a side: it would be read as its transpose, but means a derivative."""
    for match in re.finditer(rf"(?<![\w'])({NAME})'", plain):
        known = program.names.get(match.group(1))
        if isinstance(known, Node) and not known.rank:
            raise LanguageError(f"it is not clear what {match.group()} is the derivative by", text, 0)


def _with_derivatives(program, plain):
    """A text with `dL/dz` of known names as names of their own, and what these mean."""
    found, known = {}, aliases(program.names)

    def named(match):
        of, by = (known.get(re.sub(r"[()]", "", name)) for name in match.groups() if name)
        if not (isinstance(of, Node) and isinstance(by, Node)) or of.rank or by.op == "constant":
            return match.group()
        name = f"derivative_{len(found)}"
        found[name] = gradient(of, by)
        return f" {name} "

    return DERIVATIVE.sub(named, plain), found


def _numbers(text, node):
    """The typed numbers with their precision, where a side has no names in it."""
    if any(step.op == "given" for step in reachable([node])):
        return None
    try:
        return read_numbers_in_every_sense(text, listed=node.rank > 0)[0]
    except GraderError:
        return None


def last_numbers(question, chain):
    """The numbers a chain ends with, which are carried forward; None where there are none."""
    return chain.end.numbers if isinstance(chain, Chain) else None


# --- judging ---


@dataclass(frozen=True)
class Checked:
    """What checking the links gave: the links in order, the first broken one with its witness (or None), a doubt (or '')."""

    links: tuple
    broken: Link | None
    witness: str
    doubt: str

    @property
    def held(self):
        """The links before the broken one."""
        return self.links[: self.links.index(self.broken)] if self.broken else self.links


def judge_chain(question, chain):
    """The finding for a derivation; its evidence names the first broken link, both sides as typed, and a point of difference."""
    if isinstance(chain, Misfit):
        return Finding.of(WRONG, "dimensions", problem=chain.sentence)
    way = way_of(question)
    chain = _from_front_to_back(way, chain)
    end, begins = _end(question, chain), _beginning(question, chain)
    checked = _checked(question, _links_to_check(chain, end))
    partial = in_part(question, chain.end.senses[0]) or {}
    if checked.broken:
        return max(_broken(question, way, chain, checked, end, begins), partial, key=_share)
    if checked.doubt or (begins.state == "undecided" and _start(question)):
        return Finding.of(UNDECIDED, "equality", None, reason=checked.doubt or begins.reason)
    if end["state"] == UNDECIDED:
        return end
    progress = way.progress(chain.sides, chain.label)
    enough = progress.steps >= _least(question) and _reached(end)
    if enough and progress.starts and progress.arrives:
        return end
    if (enough and progress.arrives and begins.state == "equal") or _arrived_before(question, way, chain):
        return Finding.of(UNDECIDED, "unfinished", None, reason=ELSEWHERE)
    return max(_unfinished(question, chain, end, begins, progress), partial, key=_share_below_full)


def _from_front_to_back(way, chain):
    """The chain with the sides of its last statement in the order that is asked for: equals signs hold both ways."""
    if chain.label or not way.is_backwards(chain.sides):
        return chain
    return replace(chain, statements=(*chain.statements[:-1], chain.sides[::-1]))


def _arrived_before(question, way, chain):
    """Whether an earlier statement of an expression's derivation is all that is asked for."""
    found = (way.progress(sides) for sides in chain.statements[:-1]) if question.symbolic else ()
    return any(one.starts and one.arrives and one.steps >= _least(question) for one in found)


def _links_to_check(chain, end):
    """The links; where the end follows from own earlier values, less those that say what a named value is."""
    if end["state"] != FOLLOWS:
        return chain.links
    return tuple(link for link in chain.links if not link.left.text.isidentifier())


def _share(finding):
    return finding.get("share", -1)


def _share_below_full(finding):
    """Full marks are for a chain, not for its end."""
    return _share(finding) if _share(finding) < 1 else -1


def _least(question):
    return 1 if question.box.links is None else question.box.links


def _reached(end):
    return end["state"] in FULL or end["state"] == FOLLOWS


def _checked(question, links):
    question, doubt = replace(question, among=len(links)), ""
    for link in links:
        verdict = _compared(question, link)
        if verdict.state == "equal":
            verdict = _at_other_sizes(question, link)
        if verdict.state == "different":
            return Checked(links, link, verdict.witness, doubt)
        if verdict.state == "undecided":
            doubt = doubt or verdict.reason
    return Checked(links, None, "", doubt)


def _start(question):
    """What a chain has to begin with, as a node, or None."""
    return question.solution.program.starts.get(question.place)


def _beginning(question, chain):
    """The Equality of the first side with what the chain has to begin with; without that, with the answer in any form."""
    first = chain.sides[0]
    node, text = _start(question), str(question.box.start)
    if node is None:
        first, node, text = chain.links[0].left if chain.links else first, question.node, str(question.box.value)
    return _compared(question, Link(0, Side(text, (Sense(node, text),), None), first, False))


def _compared(question, link):
    """The Equality of two sides: that of the first pair of senses which agrees, else of the first pair."""
    rounded = _rounded(question, link)
    found, pairs = None, list(product(link.left.senses, link.right.senses))
    for left, right in pairs:
        verdict = equality(question.solution, left.node, right.node, f"{left.text} | {right.text}", question.among * len(pairs))
        if verdict.state == "equal" or (rounded and verdict.state == "different"):
            return replace(verdict, state="equal")
        found = found or verdict
    return found


def _at_other_sizes(question, link):
    """The Equality of two sides that are equal, where dimensions that only have a name have other sizes."""
    resized = _resized(question)
    if resized is None:
        return EQUAL
    try:
        left, right = (_side(resized, side.text) for side in (link.left, link.right))
    except GraderError as error:
        return Equality("undecided", reason=f"with other sizes of the dimensions it cannot be read: {error}")
    if isinstance(left, Misfit) or isinstance(right, Misfit):
        return Equality("undecided", reason="with other sizes of the dimensions it does not fit")
    return _compared(resized, replace(link, left=left, right=right))


def _resized(question):
    """The question where dimensions that only have a name have other sizes; None where there are none."""
    other = question.solution.resized
    return None if other is None else replace(question, solutions=(other,))


def _rounded(question, link):
    """Whether one of two sides without symbols is a correct rounding of the other."""
    for one, other in ((link.left, link.right), (link.right, link.left)):
        if other.numbers is None or question.solution.symbolic(one.senses[0].node):
            continue
        numbers = _as_rounded(other.numbers) if link.about else other.numbers
        if compare(question.solution.value(one.senses[0].node), numbers).outcome != DIFFERENT:
            return True
    return False


def _as_rounded(numbers):
    """Numbers behind an ≈: whole ones are good to half a unit."""
    whole = elementwise(lambda entry: entry if entry.unit else replace(entry, unit=Fraction(1)), 1)
    return replace(numbers, entries=whole(numbers.entries))


def _end(question, chain):
    """The finding for the last side by itself."""
    if chain.end.numbers is not None and not question.symbolic:
        arrays = question.policies.array
        return judge_numbers(question.solutions, question.part, question.box, chain.end.numbers, list(question.owned), arrays)
    verdicts = {one.reading: _ends_at(one, question, chain.end) for one in question.solutions}
    if any(verdict.state == "equal" for verdict in verdicts.values()):
        verdicts = {reading: _ends_there_too(question, chain, verdict) for reading, verdict in verdicts.items()}
    under = tuple(reading for reading, verdict in verdicts.items() if verdict.state == "equal")
    if under and _in_allowed_names(question, chain.end):
        return right_under(under)
    doubt = [verdict.reason for verdict in verdicts.values() if verdict.state == "undecided"]
    return Finding.of(UNDECIDED, "equality", None, reason=doubt[0]) if doubt and not under else Finding.of(WRONG)


def _ends_at(solution, question, side):
    node = solution.program.boxes[question.place]
    among = len(side.senses)
    verdicts = [equality(solution, node, sense.node, f"{question.box.value} | {sense.text}", among) for sense in side.senses]
    return next((verdict for verdict in verdicts if verdict.state == "equal"), verdicts[0])


def _ends_there_too(question, chain, verdict):
    """The Equality of the last side with the answer at other sizes of the dimensions, where it is equal at the first ones."""
    resized = _resized(question)
    if verdict.state != "equal" or resized is None:
        return verdict
    try:
        side = _side(resized, chain.end.text)
    except GraderError as error:
        return Equality("undecided", reason=f"with other sizes of the dimensions it cannot be read: {error}")
    if isinstance(side, Misfit):
        return Equality("undecided", reason="with other sizes of the dimensions it does not fit")
    return _ends_at(resized.solution, resized, side)


def _in_allowed_names(question, side):
    """Whether the last side is written in the names the box lists."""
    if not question.box.names:
        return True
    try:
        senses(side.text, names_allowed(question), question.solution.conventions, question.solution.program.symbols)
    except GraderError:
        return False
    return True


def _broken(question, way, chain, checked, end, begins):
    link = checked.broken
    evidence = {
        "link": link.number,
        "left": link.left.text,
        "right": link.right.text,
        "witness": checked.witness,
        "open": _in_symbols_only(question, link),
    }
    steps = sum(way.works(link) for link in checked.held)
    tried = begins.state == "equal" and (way.between(chain.sides) or _is_elsewhere(link, chain))
    if (_reached(end) or _arrived_before(question, way, chain)) and (steps or tried or not question.symbolic):
        return Finding.of(PARTLY, "link-broken", HALF, **evidence)
    if steps and begins.state != "different":
        total = max(len(chain.links), _least(question))
        return Finding.of(PARTLY, "link-broken", min(HALF, Fraction(steps, total)), **evidence)
    return Finding.of(WRONG, "link-broken", **evidence)


def _is_elsewhere(link, chain):
    """Whether a link belongs to a statement before the last one, and that one has links of its own."""
    return len(chain.sides) > 1 and not any(side is link.right for side in chain.sides)


def _in_symbols_only(question, link):
    """Whether a point of difference gives nothing away: both sides are written in symbols alone."""
    program = question.solution.program
    symbols = {name: program.names[name] for name in program.symbols}
    try:
        sides = [senses(side.text, symbols, question.solution.conventions, program.symbols) for side in (link.left, link.right)]
    except GraderError:
        return False
    return any(question.solution.symbolic(side[0].node) for side in sides)


def _unfinished(question, chain, end, begins, progress):
    """All links hold, but there are too few, or the beginning or end is not what is asked for; what is printed earns nothing."""
    on_the_way = progress.steps > 0 and begins.state == "equal"
    half = _reached(end) if not question.symbolic else on_the_way and (_start(question) is not None or _reached(end))
    return Finding.of(PARTLY if half else WRONG, "unfinished", HALF if half else Fraction(0), links=len(chain.links))


# --- trying out, checking for sense ---


def samples_of_chain(question):
    """The reference behind as many equal forms of it as there have to be links, the first of them what is printed."""
    right = (samples_of_expression if question.symbolic else samples_of_values)(question).right
    if not right or question.node.rank:
        return Samples()
    turns = range(2, _least(question) + 2)
    if not question.symbolic:
        steps = [f"({turn} * ({right})) / {turn}" for turn in turns]
    else:
        steps = [f"({right}) * exp({turn}) / exp({turn})" for turn in turns]
        start = _printed(question)
        steps = [start, *steps[1:]] if start else steps
    return Samples(" = ".join([*steps, right]), f"({right}) + 1 = ({right}) + 2")


def _printed(question):
    """What a chain has to begin with as it can be typed; '' where nothing or a derivative is printed."""
    way = way_of(question)
    if way.start is None or way.derived:
        return ""
    known = {node: name for name, node in question.solution.program.names.items() if isinstance(node, Node)}
    return Formulas(known)(way.start)


def fault_of_chain(question):
    start = question.solution.program.starts.get(question.place)
    if not question.symbolic:
        question.solution.value(question.node)  # raises where it cannot be worked out
    if start is None:
        return ""
    if start.shape != question.node.shape:
        return f"'from' is {show_shape(start.shape)}, but the answer is {show_shape(question.node.shape)}"
    verdict = equality(question.solution, start, question.node, f"{question.box.start} | {question.box.value}")
    way = way_of(question)
    if question.symbolic and not way.derived and way.forms(start) == way.forms(question.node):
        return f"'{question.box.start}' is the answer but for the order of its terms, so that there is nothing to derive"
    if verdict.state == "different":
        return f"no chain leads from '{question.box.start}' to the answer: they differ ({verdict.witness})"
    return ""
