"""Numbers that stand literally in the texts of a problem, though a variant has others.

Notes, not faults: that a number is the same may be chance. What is often chance is left out: 0, 1 and 2 but in `k = 2`, small
whole numbers (and 1/2) that are one entry of an array or follow from what is drawn, indices, exponents, `question 3`, and
numbers in words.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.bank.figures import figures_of
from grader.bank.model import Complaint
from grader.bank.program import place
from grader.bank.statement import PLACE
from grader.maths.errors import GraderError
from grader.variants.measures import floats
from grader.variants.rough import RoughEvaluation

SIGNED = r"(?<![\w.\\^_{/)\]-])-?(?<![\w.^_{/])\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?(?![\w/]|\.\d)"
NUMBER = re.compile(SIGNED)
SEQUENCE = re.compile(rf"{SIGNED}(?:\s*(?:,|&|;)\s*-?\d+(?:\.\d+)?(?:/\d+)?)+(?![\w/]|\.\d)")
SCRIPTS = re.compile(r"[_^](?:\{[^{}]*\}|\w+)")  # indices and exponents
ABOUT = re.compile(r"(?:question|part|figure|step|page|lecture|section|chapter|table|equation|line|problem)s?\s+$", re.IGNORECASE)
BEHIND = re.compile(r"\s*(?:marks?|points?|decimals?|digits?|places|sentences?|examples?|reasons?)\b", re.IGNORECASE)
SMALL, SMALL_ENTRY = 2, 9  # whole numbers up to these are often there by chance
COMMON = 0.5  # likewise
LOOKS = 3  # variants in which a value has to differ somewhere
LEAST_DECIMALS = 2  # of a number that may be rounded
MOST_SHOWN = 40  # characters of an expression that a note proposes


@dataclass(frozen=True)
class _Value:
    """Something that differs between variants: how a text would write it, its values in the original, and whether it is drawn."""

    text: str
    array: object
    drawn: bool

    def told(self):
        return "is drawn" if self.drawn else "follows from what is drawn"


def literal_values(problem, space, variants):
    """A Complaint for every number in a text that is a value of the original, but not of its variants."""
    values = [*_drawn(space), *_derived(space, variants[:LOOKS])]
    seen = set()
    for what, text, where in texts(problem):
        for literal, value in _found(str(text), values):
            if (what, literal) not in seen:
                seen.add((what, literal))
                proposal = f"write {{{{{value.text}}}}}" if value.text else "work it out between {{ and }}"
                shown = f"'{literal}' in {what} is a value that {value.told()}"
                proposal = "" if text is problem.title else f"{proposal}, or "
                yield Complaint(place(text, where), f"{shown}: {proposal}leave it out")


def texts(problem):
    """(what it is, text, where) of every text that people read."""
    yield "the title", problem.title, problem.where
    yield "the text", problem.text, problem.where
    for part in problem.parts:
        yield f"the text of part {part.id}", part.text, part.where
        for option in part.options:
            yield f"option {option.key} of part {part.id}", option.text, part.where
            yield f"what is said of option {option.key} of part {part.id}", option.because, part.where
        for line in part.rubric:
            yield f"the rubric of part {part.id}", line.text, part.where
        yield f"the model answer of part {part.id}", part.model, part.where
    for _, figure in figures_of(problem):
        yield "the caption of a figure", figure.caption, figure.where
        yield "the description of a figure", figure.alt, figure.where


# --- what differs between variants ---


def _drawn(space):
    return [_Value(name, floats(space.program.values[name]), True) for name in space.calls if name in space.program.values]


def _derived(space, variants):
    """The values under `let` and the answers that are not the same in some variants."""
    original, others = _worked_out(space.original, {}), [_worked_out(one.checks, one.exact) for one in variants]
    for text, array in original.items():
        if any(text not in other or other[text].shape != array.shape or not np.allclose(other[text], array) for other in others):
            yield _Value(text if len(text) <= MOST_SHOWN else "", array, False)


def _worked_out(checks, exact):
    """Text of an expression -> its value in floats."""
    program, found = checks.program, {}
    work = RoughEvaluation({**program.values, **{name: floats(array) for name, array in exact.items()}})
    nodes = dict(program.named_nodes())
    for part, box in checks.boxes:
        nodes.setdefault(str(checks.problem.part(part).box(box).value), checks.boxes[part, box])
    for text, node in nodes.items():
        try:
            with np.errstate(all="ignore"):
                array = np.asarray(work(node), dtype=float)
        except (GraderError, ArithmeticError, np.linalg.LinAlgError):
            continue  # it has symbols
        found[text] = array.reshape(node.shape) if array.size == int(np.prod(node.shape)) else array
    return found


# --- what stands in a text ---


def _found(text, values):
    """(literal, the first value that it is) of everything suspicious in a text."""
    bare = SCRIPTS.sub(_blank, PLACE.sub(_blank, text))
    covered = []
    for match in SEQUENCE.finditer(bare):
        numbers = [_number(one) for one in NUMBER.findall(match.group())]
        for value in values:
            if _is_row(numbers, value.array):
                covered.append(match.span())
                yield " ".join(match.group().split()), value
                break
    for match in NUMBER.finditer(bare):
        if any(start <= match.start() < end for start, end in covered):
            continue
        if ABOUT.search(bare[: match.start()]) or BEHIND.match(bare[match.end() :]):
            continue
        value = next((value for value in values if _matches(match.group(), value, bare[: match.start()])), None)
        if value:
            yield match.group(), value


def _blank(match):
    return " " * len(match.group())


def _number(literal):
    try:
        return float(Fraction(literal.replace(",", "")))
    except ZeroDivisionError:  # `0/0` in words on what is undefined
        return float("nan")


def _is_row(numbers, array):
    """Whether numbers in a row are a vector, or a row or column of a matrix; not where they are but zeros and ones."""
    if set(numbers) <= {0.0, 1.0} or array.ndim not in (1, 2):
        return False
    rows = [array.reshape(-1)] if array.ndim == 1 else [array.reshape(-1), *array, *array.T]
    return any(len(row) == len(numbers) and np.allclose(row, numbers, atol=0) for row in rows)


def _matches(literal, value, before):
    number = _number(literal)
    if np.isnan(number):
        return False
    if value.drawn and not value.array.ndim and number == float(value.array):
        named = re.search(rf"(?<!\w){re.escape(value.text)}\s*\$?\s*=\s*\$?\s*$", before)
        return bool(named) or not _whole(number) or abs(number) > SMALL
    if abs(number) != COMMON and (not _whole(number) or abs(number) > SMALL_ENTRY):
        places = len(literal.partition(".")[2])
        close = 0.5 * 10.0**-places if not value.drawn and places >= LEAST_DECIMALS and "/" not in literal else 1e-9 * abs(number)
        return bool(np.any(np.abs(value.array - number) <= close))
    return False


def _whole(number):
    return number == int(number)
