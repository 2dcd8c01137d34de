"""Sheets for everybody on a roster: a folder each with the student's own copy, and a manifest of what was issued.

A folder that holds a manifest is gone on with: its copies stay as they were issued, and who is new gets one from the same
frozen paper.
"""

import os
from dataclasses import dataclass, replace

from grader.bank.files import file_names
from grader.bank.words import listed
from grader.maths.errors import BankError, UsageError
from grader.sheets.build import Sheets
from grader.sheets.output import write_sheet
from grader.variants.issue import Issue, copies_of, seed_of
from grader.variants.manifest import (
    FROZEN,
    MANIFEST,
    changed_since,
    engine_hash,
    freeze,
    in_the_bank,
    read_manifest,
    write_manifest,
)

SEED = 1


@dataclass(frozen=True)
class Issued:
    """What became of a roster: the Issue, the ids of those who are new in it, and what to know."""

    issue: Issue
    new: tuple[str, ...]
    remarks: tuple[str, ...]


def issue(paper, roster, format, folder, seed=None, solutions=False, language="en", progress=None):
    """Write a sheet in a format, and empty hand-ins, for every Person of a roster; gives an Issued.

    progress: called with each Copy that is written. The manifest is written before the first sheet, so that nothing is handed out
    that it does not know. Raises UsageError where the folder was issued for another paper or seed.
    """
    path = os.path.join(folder, MANIFEST)
    before = read_manifest(path) if os.path.exists(path) else None
    if before:
        _check_same(before, paper, seed, folder)
    frozen = before.paper if before else freeze(paper, folder)
    seed = before.seed if before else SEED if seed is None else seed
    known = before.by_student if before else {}
    named = {person.id: person for person in roster if person.name}
    old = [replace(copy, student=named.get(id, copy.student)) for id, copy in known.items()]  # with names that were mended
    new = [person for person in roster if person.id not in known]
    names = file_names([person.id for person in new], taken=[*(copy.folder for copy in old), FROZEN, MANIFEST])
    try:
        drawn = copies_of(frozen, [(seed_of(seed, person), person) for person in new])
    except BankError as error:
        raise in_the_bank(error, paper, folder) from None
    drawn = (replace(copy, folder=names[copy.student.id]) for copy in drawn)
    copies = (*old, *drawn)
    found = Issue(frozen, seed, before.engine if before else engine_hash(), copies)
    write_manifest(found, folder)
    remarks = _written(found, roster, format, folder, solutions, language, progress)
    if before and changed_since(paper, folder):
        remarks += (f"{paper.id} has been changed since the first of these sheets were issued; all are as it was then.",)
    return Issued(found, tuple(person.id for person in new), (*remarks, *_remarks(before, found, roster)))


def _check_same(before, paper, seed, folder):
    if before.paper.id != paper.id:
        raise UsageError(f"'{folder}' holds sheets of the paper '{before.paper.id}'; name another folder.")
    if seed is not None and seed != before.seed:
        raise UsageError(f"'{folder}' was issued with the seed {before.seed}; leave --seed out, or name another folder.")


def _written(issue, roster, format, folder, solutions, language, progress):
    """Write the sheets of a roster; gives the remarks on what could not be typeset."""
    sheets, remarks, kept = Sheets(issue.paper, solutions, language), {}, []
    persons = {person.id for person in roster}
    for copy in issue.copies:
        if copy.student.id in persons:
            sheet = sheets.sheet(copy)
            written = write_sheet(sheet, format, os.path.join(folder, copy.folder))
            kept += [os.path.join(copy.folder, name) for name in written.kept]
            remarks.update(dict.fromkeys(sheet.remarks))
            if progress:
                progress(copy)
    told = [f"What had been filled in is kept: {listed(kept)}."] if kept else []
    return (*told, *remarks)


def _remarks(before, issue, roster):
    """What to know of copies."""
    fixed = [problem.id for problem in issue.paper.problems if not problem.draw]
    if len(fixed) == len(issue.paper.problems):
        yield f"Nothing is drawn in {issue.paper.id}: all copies are alike."
    elif fixed:
        yield f"The same for everybody, as they have no 'draw': {', '.join(fixed)}."
    if before and before.engine != engine_hash():
        yield "The first of these sheets were issued by another version of the grader; their values are as they were."
    gone = sorted(set(issue.by_student) - {person.id for person in roster})
    if gone:
        yield f"No longer on the roster, but still in the manifest: {listed(gone)}."
    shared = [copies for copies in issue.by_code.values() if len(copies) > 1]
    if shared and len(fixed) < len(issue.paper.problems):
        told = listed([" = ".join(copy.student.id for copy in copies) for copies in shared])
        yield f"Some students have the same values, as there are few variants: {told}."
