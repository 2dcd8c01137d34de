"""The names people type for problems, parts and boxes, and what they mean in a paper.

A problem is called by its short name (`06`, what follows the paper's id), with or without leading zeros and words such as
`Problem`, or by its title; a part by its id (`a`, `(a)`, `Part a`), a box by its name. `06/a`, `06.a`, `06.a.z` and `06a` name
all at once. A problem whose short name is no number has one on the sheet, that of its place in the paper; it is called by that as
well, unless the number could be another problem's name.
"""

import re
import unicodedata
from dataclasses import dataclass

from grader.bank.model import Part, Problem
from grader.maths.errors import nearest

LONGEST = 80  # characters of a name; nothing longer is one
PROBLEM_WORD = re.compile(r"^(?:problem|exercise|question|task|aufgabe|frage|nr|no|q|ex)\b[\s.:#_-]*", re.IGNORECASE)
PART_WORD = re.compile(r"^(?:part|subproblem|subquestion|teil|teilaufgabe)\b[\s.:_-]*", re.IGNORECASE)
_NUMBERED = re.compile(r"0{0,9}(\d{1,6})(?:\s*[-–—]\s|[\s.:)])\s*(\S.*)", re.DOTALL)  # `1: title`
_SEPARATOR = re.compile(r"[/.:_\s(-]+")
_BOUNDARY = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
_AROUND = " \t()[].:*_`#"


@dataclass(frozen=True)
class Place:
    """Where an answer belongs: a problem, a part of it or None, a box of that or None (the part as a whole)."""

    problem: Problem
    part: Part | None = None
    box: str | None = None


def short_name(problem, paper):
    """What a problem is called within its paper: `06` for `tum-2022ss/06`; the full id where it comes from another folder."""
    return problem.id.removeprefix(f"{paper.id}/")


class Places:
    """All places of a paper, found by the names people type."""

    def __init__(self, paper):
        self.paper = paper
        self.shorts = {problem.id: short_name(problem, paper) for problem in paper.problems}
        self.problems = {short: problem for problem, short in zip(paper.problems, self.shorts.values(), strict=True)}
        self.known = self._known()
        self.printed = {short: _printed(short, place) for place, short in enumerate(self.problems, 1)}
        self.numbers = {number: self.problems[short] for short, number in self.printed.items() if not short.isdecimal()}
        self.titles = {}  # normal form -> the problems that have it
        for problem in paper.problems:
            self.titles.setdefault(_normal(problem.title), []).append(problem)

    def _known(self):
        """Normal form of every name of a problem -> the problem; None where two problems share it."""
        known = {}
        for short, problem in self.problems.items():
            for name in {_normal(short), _normal(problem.id), _normal(problem.id.rpartition("/")[2]), _normal(problem.title)}:
                known[name] = None if name in known else problem
        return known

    def short(self, problem):
        """The short name of a problem."""
        return self.shorts[problem.id]

    def problem(self, typed, by_number=True):
        """The problem that is meant, or None; by_number: also by its number on the sheet."""
        names = typed.strip(), _bare(typed)
        for name in names:
            if name in self.problems:
                return self.problems[name]
        numbered = self.numbers.get(_normal(names[1])) if by_number else None
        for name in map(_normal, names):
            if name in self.known:  # with None, the name of several problems
                found = self.known[name]
                return found if numbered is None or numbered is found else None
        return numbered

    def meanings(self, typed):
        """The short names of the problems that may be meant, where these are several; else nothing.

        Several share a name or number; or in `1: title` the number is that of one, and the title that of another.
        """
        name = _normal(_bare(typed))
        if not self.problem(typed):
            found = [short for short, number in self.printed.items() if name in (number, _normal(short.rpartition("/")[2]))]
            if len(found) > 1:
                return found
        number, problems = self._titled(typed)
        numbered = problems and self.numbers.get(number)
        if numbered and number not in [self.printed[self.short(one)] for one in problems]:
            return [self.short(one) for one in (numbered, *problems)]
        return []

    def _titled(self, typed):
        """(number, the problems of that title) where `1: title` is typed; else ("", [])."""
        match = _NUMBERED.fullmatch(_bare(typed[: 4 * LONGEST]))
        return (match[1], self.titles.get(_normal(match[2]), [])) if match else ("", [])

    def find(self, typed, by_number=True):
        """The Place that a name such as `06`, `06/a`, `06.a.z` or `6a` means, or None where there is none or no single one.

        by_number: problems may be called by their numbers on the sheet.
        """
        number, problems = self._titled(typed)
        titled = [problem for problem in problems if self.printed[self.short(problem)] == number]
        if len(titled) == 1:
            return Place(titled[0])
        if len(typed) > LONGEST:
            return None
        problem = self.problem(typed, by_number)
        if problem is not None:
            return Place(problem)
        for splits in (_SEPARATOR, _BOUNDARY):
            found = set(self._found_at(typed, splits, by_number))
            if found:
                return _single(found)
        return None

    def _found_at(self, typed, splits, by_number):
        for match in splits.finditer(typed):
            problem = self.problem(typed[: match.start()], by_number) if match.start() else None
            place = within(problem, typed[match.end() :]) if problem is not None else None
            if place is not None:
                yield _Key(place)

    def names(self):
        """All names of parts and boxes, for hints."""
        for short, problem in self.problems.items():
            yield short
            for part in problem.parts:
                yield f"{short}.{part.id}"
                yield from (f"{short}.{part.id}.{box.name}" for box in part.boxes if box.name)

    def hint(self, typed, problem=None, part=None):
        """` (did you mean '06.a'?)` or nothing: the nearest name of the paper, of a problem's parts or of a part's boxes."""
        if problem is None and part is None and (several := self.meanings(typed)):
            return f" by that name alone (it may be {' or '.join(several)})"
        known = box_names(part) if part else [one.id for one in problem.parts] if problem else self.names()
        return nearest(typed[:LONGEST], known)


@dataclass(frozen=True)
class _Key:
    """A place that can stand in a set: problems hold mappings, which cannot."""

    place: Place

    def _names(self):
        return self.place.problem.id, self.place.part and self.place.part.id, self.place.box

    def __eq__(self, other):
        return self._names() == other._names()

    def __hash__(self):
        return hash(self._names())


def _bare(typed):
    """A name without words such as `Problem`."""
    return PROBLEM_WORD.sub("", typed.strip(_AROUND)).strip(_AROUND)


def _printed(short, place):
    """The number that a problem has on the sheet: its name, where that is one, else its place."""
    return _normal(short) if short.isdecimal() else str(place)


def _single(found):
    return next(iter(found)).place if len(found) == 1 else None


def within(problem, typed):
    """The Place in a problem that `a`, `(a)`, `Part a`, `a.z` or, where it has a single part, `z` means, or None."""
    if len(typed) > LONGEST:
        return None
    part = part_named(problem, typed)
    if part is not None:
        return Place(problem, part)
    for match in _SEPARATOR.finditer(typed):
        part = part_named(problem, typed[: match.start()])
        box = part and box_named(part, typed[match.end() :])
        if box:
            return Place(problem, part, box)
    if len(problem.parts) == 1:
        box = box_named(problem.parts[0], typed)
        return Place(problem, problem.parts[0], box) if box else None
    return None


def part_named(problem, typed):
    """The part that is meant, or None."""
    wanted = (_normal(typed), _normal(PART_WORD.sub("", typed.strip(_AROUND))))
    return next((part for name in wanted for part in problem.parts if name and _normal(part.id) == name), None)


def box_named(part, typed):
    """The name of the box that is meant (`h_1` for h1, `\\hat{y}` aside), or None."""
    names = box_names(part)
    if typed.strip() in names:
        return typed.strip()
    wanted = _letters(typed)
    return next((name for name in names if wanted and _letters(name) == wanted), None)


def box_names(part):
    """The names of a part's boxes; a box without a name has none."""
    return [box.name for box in part.boxes if box.name]


def _letters(text):
    return "".join(character for character in text.casefold() if character.isalnum())


def _normal(text):
    """A name without case, brackets around it and leading zeros."""
    text = unicodedata.normalize("NFKC", text).strip(_AROUND).casefold()
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)
