"""A roster: who gets a sheet, read from a CSV file with a column for the student's id and, if wanted, one for the name.

What is read is text of a person: every writer escapes it, and a folder's name is made of it by `grader.bank.files`.
"""

import csv
import io
import unicodedata

from grader.bank.files import clean
from grader.maths.errors import UsageError
from grader.variants.issue import Person

IDS = ("student", "id", "student id", "student number", "matriculation", "matriculation number", "matrikelnummer", "sis user id")
NAMES = ("name", "full name", "display name", "student name")
PARTS = (("first name", "last name"), ("firstname", "lastname"), ("given name", "surname"), ("vorname", "nachname"))
LONGEST, MOST_BYTES, MOST = 200, 5_000_000, 20_000
SEPARATORS = ",;\t"


def read_roster(path):
    """The Persons of a CSV file, in its order; raises UsageError with a sentence for everything that is wrong with it.

    Columns may stand between commas, semicolons or tabs; a heading names them. A file without one is a list of ids, or of ids and
    names.
    """
    rows = [(line, cells) for line, cells in _rows(path) if any(cells)]
    if not rows:
        raise UsageError(f"The roster '{path}' is empty; it needs a line for each student.")
    head = [_key(cell) for cell in rows[0][1]]
    place = next((head.index(key) for key in IDS if key in head), None)
    if place is None and len(head) > 2:
        raise UsageError(f"The roster '{path}' has no column 'student' (or 'id'); its columns are {', '.join(rows[0][1])}.")
    persons = [_person(path, line, cells, head, place) for line, cells in (rows if place is None else rows[1:])]
    if not persons:
        raise UsageError(f"The roster '{path}' has a heading, but no student.")
    if len(persons) > MOST:
        raise UsageError(f"The roster '{path}' has {len(persons):,} students; {MOST:,} can be served at once.")
    _check_repeated(path, persons)
    return tuple(person for _, person in persons)


def _rows(path):
    """(line, cells) of a file."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The roster '{path}' cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"The roster '{path}' is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"The roster '{path}' is not in UTF-8; save it as CSV in UTF-8.") from error
    if "\0" in text:
        raise UsageError(f"The roster '{path}' is not a text file; save it as CSV in UTF-8.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            yield reader.line_num, [" ".join(unicodedata.normalize("NFC", clean(cell)).split()) for cell in cells]
    except csv.Error as error:
        raise UsageError(f"The roster '{path}' is no CSV file (line {reader.line_num}: {error}).") from error


def _key(cell):
    return " ".join(cell.casefold().replace("_", " ").replace("-", " ").split())


def _person(path, line, cells, head, place):
    """(line, Person)."""
    if place is None:
        id, name = cells[0], cells[1] if len(cells) > 1 else ""
    else:
        known = dict(zip(head, cells, strict=False))
        id = cells[place] if place < len(cells) else ""
        name = next((known[key] for key in NAMES if known.get(key)), "")
        for keys in PARTS:
            name = name or " ".join(filter(None, (known.get(key, "") for key in keys)))
    if not id:
        raise UsageError(f"The roster '{path}' names no student in line {line}.")
    if max(len(id), len(name)) > LONGEST:
        raise UsageError(f"The roster '{path}' has a cell of more than {LONGEST} characters in line {line}.")
    return line, Person(id, name)


def _check_repeated(path, persons):
    first = {}
    for line, person in persons:
        before = first.setdefault(person.id.casefold(), line)
        if before != line:
            raise UsageError(f"The roster '{path}' names '{person.id}' twice: in line {before} and line {line}.")
