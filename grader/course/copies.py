"""Which copy of a paper a hand-in answers: the one whose code it names, or that of its student."""

from collections import Counter
from dataclasses import replace
from functools import lru_cache

from grader.course.handins import HandIns, Unread
from grader.maths.errors import BankError, HandInError, UsageError, nearest
from grader.variants.issue import copy_of

LARGEST_SEED = 10**12


def with_copies(handins, paper, issue=None):
    """The HandIns, each with its Copy; those whose values cannot be told are among the unread.

    issue: the Issue that the copies belong to, where sheets were made for a roster; without one a hand-in may name the seed of
    its sheet.
    """
    find = _issued(issue) if issue else _seeded(paper)
    found, unread, doubles, ignored = {}, {one.file: one for one in handins.unread}, {}, list(handins.ignored)
    for double in handins.doubles:
        doubles.setdefault(double.id, []).append(double)
    for first in handins.handins:
        for handin in (first, *doubles.get(first.id, ())):  # where the first cannot be marked, a further one of the student may
            try:
                chosen = find(handin)
            except HandInError as error:
                _not_read(unread, handin, str(error))
                continue
            before = found.setdefault(chosen.id, chosen)
            unread.pop(handin.where.file, None)
            if before is not chosen and before.typed and chosen.typed:
                _not_read(unread, chosen, f"The id '{chosen.id}' is already that of {before.where.file}.")
            elif before is not chosen:  # of two the empty one is ignored
                found[chosen.id], other = (before, chosen) if before.typed else (chosen, before)
                ignored.append(other.where.file)
            break
    return HandIns(tuple(found.values()), tuple(unread.values()), tuple(sorted(ignored)))


def _not_read(unread, handin, reason):
    """Put a hand-in at the end of the unread (file -> Unread), in place of what stands there for its file."""
    unread.pop(handin.where.file, None)
    unread[handin.where.file] = Unread(handin.where.file, reason, handin.id)


def missing(handins, issue):
    """Ids of the students of an Issue of whom there is no hand-in, also none that could not be read."""
    known = {key for handin in (*handins.handins, *handins.unread) for key in _members(handin.id)}
    known |= set(map(_short, known))
    return tuple(id for id in issue.by_student if not known & {_key(id), _short(_key(id))})


def _key(id):
    """An id as people type it."""
    return " ".join(id.split()).casefold()


def _short(key):
    """A number without its leading zeros; any other id as it is."""
    return (key.lstrip("0") or "0") if key.isdecimal() else key


# --- copies of an issue ---


def _issued(issue):
    by_student, by_code = _students(issue), issue.by_code
    drawn = any(copy.code for copy in issue.copies)

    def find(handin):
        own = by_student.get(_key(handin.id))
        if own is not None:
            handin = replace(handin, id=own.student.id)
        if not handin.code:
            if own is None and drawn:
                hint = nearest(handin.id, issue.by_student)
                raise HandInError(f"It names no copy, and no sheet was issued to '{handin.id}'{hint}; add 'copy:' and its code.")
            return replace(handin, copy=own)
        copies = by_code.get(handin.code.lower(), ())
        if not copies:
            raise HandInError(f"There is no copy '{handin.code}' among those that were issued{nearest(handin.code, by_code)}.")
        if not handin.named:
            return replace(handin, copy=copies[0], id=copies[0].student.id, named=True)
        mine = next((copy for copy in copies if copy in map(by_student.get, _members(handin.id))), None)
        if mine:
            return replace(handin, copy=mine)
        owner = copies[0].student.id
        note = f"{handin.id} answered the copy of {owner} ({copies[0].code}) and was marked by the values of that copy."
        return replace(handin, copy=copies[0], note=note)

    return find


def _students(issue):
    """Id as people type it -> Copy; leading zeros may be left out where that leaves one student."""
    found = {_key(id): copy for id, copy in issue.by_student.items()}
    count = Counter(map(_short, found))
    return {_short(id): copy for id, copy in found.items() if count[_short(id)] == 1} | found


def _members(id):
    """The ids of a group, as a hand-in names them."""
    return {_key(id), *map(_key, id.replace(";", ",").split(","))}


# --- sheets made with a seed ---


def _seeded(paper):
    drawn = lru_cache(maxsize=None)(lambda seed: copy_of(paper, seed))

    def find(handin):
        if not handin.seed:
            if handin.code:
                own = f"It answers a sheet with values of its own, the copy '{handin.code}'"
                how = "mark it with --paper and the manifest.json of these sheets, or put back its line 'seed:' if it had one"
                raise HandInError(f"{own}; {how}.")
            return handin
        try:
            seed = int(handin.seed)
        except ValueError:
            seed = LARGEST_SEED + 1
        if abs(seed) > LARGEST_SEED:
            raise HandInError(f"Its seed '{handin.seed[:40]}' is no whole number.")
        try:
            copy = drawn(seed)
        except (UsageError, BankError) as error:
            raise HandInError(f"The variant {seed} of {paper.id} cannot be drawn: {error}") from error
        if handin.code and copy.code != handin.code.lower():
            why = f"{paper.id} has been changed since the sheet was made, or the code '{handin.code}' is mistyped"
            raise HandInError(f"Its values are not those that seed {seed} gives now: {why}.")
        return replace(handin, copy=copy)

    return find
