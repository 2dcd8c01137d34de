"""What is issued: the copies of a paper, one for each student, with the values that were drawn for it.

A copy's code stands for the paper and all its values, so a hand-in that names it is marked by just these.
"""

import hashlib
from dataclasses import dataclass
from types import MappingProxyType

from grader.bank.model import Paper
from grader.maths.errors import UsageError
from grader.variants.draw import draw_for, variant_of

DIGITS_OF_CODE = 12


@dataclass(frozen=True)
class Person:
    """A student of a roster: the id that a gradebook uses, and a name, which may be empty."""

    id: str
    name: str = ""


@dataclass(frozen=True)
class Copy:
    """One copy of a paper.

    seed: that of its variants; values: problem -> drawn name -> text, for the problems that have variants; hashes: problem -> the
    identity of its variant; code: the identity of the copy; folder: the name of the one with the student's sheet.
    """

    student: Person | None
    seed: int
    values: MappingProxyType
    hashes: MappingProxyType
    code: str
    folder: str = ""

    def problem(self, problem, paper):
        """A problem of the paper with this copy's values; raises UsageError where they do not fit it."""
        values = self.values.get(problem.id)
        if not values:
            return problem
        variant = variant_of(problem, values, paper)
        if variant.hash != self.hashes[problem.id]:
            raise UsageError(f"The values of {problem.id} are not those that were drawn for the copy {self.code}.")
        return variant.problem


@dataclass(frozen=True)
class Issue:
    """All copies of a paper that were issued together.

    paper: as it was then; seed: from which those of the students follow; engine: a hash of the code that made them; file: the
    manifest they were read from.
    """

    paper: Paper
    seed: int
    engine: str
    copies: tuple[Copy, ...]
    file: str = ""

    @property
    def by_student(self):
        """Id -> Copy."""
        return {copy.student.id: copy for copy in self.copies}

    @property
    def by_code(self):
        """Code -> the Copies that have it; more than one where a problem has few variants."""
        found = {}
        for copy in self.copies:
            found.setdefault(copy.code, []).append(copy)
        return found


def copy_of(paper, seed):
    """The Copy of a paper for a seed; every problem with `draw` gets its variant of that seed."""
    (copy,) = copies_of(paper, [(seed, None)])
    return copy


def copies_of(paper, students):
    """The Copies of a paper for some seeds, drawn together; students: (seed, the Person who gets it or None)."""
    seeds = [seed for seed, _ in students]
    drawn = {problem.id: draw_for(problem, seeds, paper) for problem in paper.problems if problem.draw}
    found = []
    for place, (seed, student) in enumerate(students):
        variants = {id: some[place] for id, some in drawn.items()}
        hashes = {id: variant.hash for id, variant in variants.items()}
        values = {id: variant.values for id, variant in variants.items()}
        found.append(Copy(student, seed, MappingProxyType(values), MappingProxyType(hashes), code_of(paper, hashes)))
    return found


def code_of(paper, hashes):
    """The identity of a copy: of the paper's id and the identities of its variants; empty where nothing is drawn."""
    if not hashes:
        return ""
    lines = [paper.id, *(f"{id}={hashes[id]}" for id in sorted(hashes))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:DIGITS_OF_CODE]


def seed_of(seed, student):
    """A student's own seed: it follows from that of the whole issue and the student's id alone."""
    return int(hashlib.sha256(f"{seed}\n{student.id}".encode()).hexdigest()[:8], 16) >> 1
