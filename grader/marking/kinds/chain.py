"""Chains: derivations `a = b = c`, of which every link is checked and the first that breaks is named."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.marking.comparing.compare import DIFFERENT, compare
from grader.marking.comparing.numeric import Finding, judge_numbers
from grader.marking.kinds.chain_text import same_text, statements
from grader.marking.kinds.quantities import samples_of_values
from grader.marking.kinds.question import Misfit, Samples, right_under
from grader.marking.kinds.symbolic import Sense, equality, in_part, names_allowed, samples_of_expression, senses
from grader.marking.reading.typed import Numbers, read_numbers_in_every_sense
from grader.marking.verdict import FOLLOWS, FULL, PARTLY, UNDECIDED, WRONG
from grader.maths.errors import GraderError, UnsupportedError
from grader.maths.gradient import gradient
from grader.maths.graph import Node, reachable, show_shape
from grader.maths.language import notation
from grader.maths.systems import elementwise

HALF = Fraction(1, 2)
MOST_SIDES = 60
DERIVATIVE = re.compile(r"\(*\bd\s*([^\W\d]\w*)\s*\)*\s*/\s*\(*d\s*([^\W\d]\w*)\)*")
NAME = r"[^\W\d]\w*(?:_\(\w+\)|\^\(\w+\))?"
LABEL = re.compile(rf"{NAME}'*(?:\([\w\s,]*\))?|nabla.*|\(*d\s*(?:\^\s*\(?\d\)?)?\s*{NAME}?.*/\s*\(*d.*", re.DOTALL)
PRIMED = re.compile(rf"({NAME})'+(?:\([\w\s,]*\))?")


@dataclass(frozen=True)
class Side:
    """One side as typed, its senses as graphs, and its numbers where it is made of numbers only."""

    text: str
    senses: tuple
    numbers: Numbers | None


@dataclass(frozen=True)
class Link:
    """Two neighbouring sides, the number of their equals sign from 1 on, and whether that sign says `about`."""

    number: int
    left: Side
    right: Side
    about: bool

    @property
    def works(self):
        """Whether the right side says something else than the left one."""
        if same_text(self.left.text) == same_text(self.right.text):
            return False
        return self.left.numbers is not None or self.left.senses[0].node is not self.right.senses[0].node


@dataclass(frozen=True)
class Chain:
    """A typed derivation: its links, those of side calculations too; the sides of its last statement; its labels."""

    links: tuple
    sides: tuple
    labels: int
    text: str

    @property
    def end(self):
        return self.sides[-1]


# --- reading ---


def read_chain(question, text):
    """A Chain (or a Misfit, where the dimensions of a side do not fit); raises GraderError where a side cannot be read."""
    notation.clean(text)  # raises for a text that is too long
    links, sides, labels, number = [], (), 0, 0
    for statement in statements(text):
        if len(statement.sides) > MOST_SIDES:
            raise UnsupportedError(f"a derivation of more than {MOST_SIDES} links is not read")
        labelled = len(statement.sides) > 1 and (not statement.headed or _is_label(question, statement.sides[0]))
        sides = [_side(question, side) for side in statement.sides[labelled:]]
        misfit = next((side for side in sides if isinstance(side, Misfit)), None)
        if misfit:
            return [misfit]
        labels += labelled
        pairs = zip(sides, sides[1:], statement.about[labelled:], strict=False)
        links += [Link(number + labelled + turn, a, b, about) for turn, (a, b, about) in enumerate(pairs, start=1)]
        number += len(statement.about)
    return [Chain(tuple(links), tuple(sides), labels, " = ".join(side.text for side in sides))]


def _is_label(question, text):
    """Whether a first side only names what follows: a derivative, `y'`, or a name that the problem does not have."""
    plain = notation.latex(notation.clean(text)).strip()
    primed = PRIMED.fullmatch(plain)
    if primed:
        known = question.solution.program.names.get(primed.group(1))
        return not isinstance(known, Node) or not known.rank
    if not LABEL.fullmatch(plain):
        return False
    try:
        _side(question, text)
    except GraderError:
        return True
    return False


def _side(question, text):
    """A Side, or a Misfit."""
    program = question.solution.program
    plain, derivatives = _with_derivatives(program, notation.latex(notation.clean(text)))
    names = {**program.names, **derivatives}
    found = senses(plain if derivatives else text, names, question.solution.conventions, program.symbols)
    if isinstance(found[0], Misfit):
        return found[0]
    kept = tuple(Sense(sense.node, sense.text, getattr(sense, "products", ())) for sense in found)
    return Side(text.strip(), kept, _numbers(text, kept[0].node))


def _with_derivatives(program, plain):
    """A text with `dL/dz` of known names as names of their own, and what these mean."""
    found = {}

    def named(match):
        of, by = (program.names.get(name) for name in match.groups())
        if not (isinstance(of, Node) and isinstance(by, Node)) or of.rank or match.group().count("(") != match.group().count(")"):
            return match.group()
        name = f"derivative_{len(found)}"
        found[name] = gradient(of, by)
        return name

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
    end, begins = _end(question, chain), _beginning(question, chain)
    checked = _checked(question, _links_to_check(chain, end))
    partial = in_part(question, chain.end.senses[0]) or {}
    if checked.broken:
        return max(_broken(question, chain, checked, end, begins), partial, key=_share)
    if checked.doubt or (begins.state == "undecided" and _start(question)):
        return Finding.of(UNDECIDED, "equality", None, reason=checked.doubt or begins.reason)
    if end["state"] == UNDECIDED:
        return end
    if chain.labels + sum(link.works for link in chain.links) >= _least(question) and _reached(end):
        return end
    return max(_unfinished(question, chain, end, begins), end, partial, key=_share_below_full)


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
    doubt = ""
    for link in links:
        verdict = _compared(question, link)
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
    found = None
    for left in link.left.senses:
        for right in link.right.senses:
            verdict = equality(question.solution, left.node, right.node, f"{left.text} | {right.text}")
            if verdict.state == "equal" or (rounded and verdict.state == "different"):
                return replace(verdict, state="equal")
            found = found or verdict
    return found


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
    under = tuple(reading for reading, verdict in verdicts.items() if verdict.state == "equal")
    if under and _in_allowed_names(question, chain.end):
        return right_under(under)
    doubt = [verdict.reason for verdict in verdicts.values() if verdict.state == "undecided"]
    return Finding.of(UNDECIDED, "equality", None, reason=doubt[0]) if doubt and not under else Finding.of(WRONG)


def _ends_at(solution, question, side):
    node = solution.program.boxes[question.place]
    verdicts = [equality(solution, node, sense.node, f"{question.box.value} | {sense.text}") for sense in side.senses]
    return next((verdict for verdict in verdicts if verdict.state == "equal"), verdicts[0])


def _in_allowed_names(question, side):
    """Whether the last side is written in the names the box lists."""
    if not question.box.names:
        return True
    try:
        senses(side.text, names_allowed(question), question.solution.conventions, question.solution.program.symbols)
    except GraderError:
        return False
    return True


def _broken(question, chain, checked, end, begins):
    link = checked.broken
    evidence = {
        "link": link.number,
        "left": link.left.text,
        "right": link.right.text,
        "witness": checked.witness,
        "open": _in_symbols_only(question, link),
    }
    if _reached(end):
        return Finding.of(PARTLY, "link-broken", HALF, **evidence)
    if any(link.works for link in checked.held) and begins.state != "different":
        total = max(len(chain.links), _least(question))
        return Finding.of(PARTLY, "link-broken", min(HALF, Fraction(len(checked.held), total)), **evidence)
    return Finding.of(WRONG, "link-broken", **evidence)


def _in_symbols_only(question, link):
    """Whether a point of difference gives nothing away: both sides are written in symbols alone."""
    program = question.solution.program
    symbols = {name: program.names[name] for name in program.symbols}
    try:
        sides = [senses(side.text, symbols, question.solution.conventions, program.symbols) for side in (link.left, link.right)]
    except GraderError:
        return False
    return any(question.solution.symbolic(side[0].node) for side in sides)


def _unfinished(question, chain, end, begins):
    """All links hold, but there are too few, or the beginning or end is not what is asked for."""
    on_the_way = _start(question) is not None and begins.state == "equal" and any(link.works for link in chain.links)
    half = _reached(end) or on_the_way
    return Finding.of(PARTLY if half else WRONG, "unfinished", HALF if half else Fraction(0), links=len(chain.links))


# --- trying out, checking for sense ---


def samples_of_chain(question):
    """The reference behind as many equal forms of it as there have to be links."""
    right = (samples_of_expression if question.symbolic else samples_of_values)(question).right
    if not right or question.node.rank:
        return Samples()
    steps = [f"({turn} * ({right})) / {turn}" for turn in range(2, _least(question) + 2)]
    return Samples(" = ".join([*steps, right]), f"({right}) + 1 = ({right}) + 2")


def fault_of_chain(question):
    start = question.solution.program.starts.get(question.place)
    if not question.symbolic:
        question.solution.value(question.node)  # raises where it cannot be worked out
    if start is None:
        return ""
    if start.shape != question.node.shape:
        return f"'from' is {show_shape(start.shape)}, but the answer is {show_shape(question.node.shape)}"
    verdict = equality(question.solution, start, question.node, f"{question.box.start} | {question.box.value}")
    if verdict.state == "different":
        return f"no chain leads from '{question.box.start}' to the answer: they differ ({verdict.witness})"
    return ""
