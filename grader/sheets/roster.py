"""A roster: who gets a sheet, read from a CSV file with a column for the student's id and, if wanted, one for the name.

What is read is text of a person: every writer escapes it, and a folder's name is made of it by `grader.bank.files`.
"""

import csv
import io
import re
import unicodedata

from grader.bank.files import clean
from grader.maths.errors import UsageError
from grader.variants.issue import Person

# what columns are called, the surest first; `student` and `id` say less: they may hold a name or a running number
IDS = (
    *("matriculation", "matriculation number", "matriculation no", "matrikelnummer", "matrikelnr", "matrikel nr", "matr nr"),
    *("registration number", "student number", "student id", "student no", "sis user id", "id number", "idnumber"),
)
LOOSE_IDS = ("id", "student", "username", "user name", "login", "sis login id", "email", "e mail", "mail", "email address")
NAMES = ("name", "full name", "display name", "student name", "fullname")
FIRST = ("first name", "firstname", "given name", "vorname", "first name of student")
LAST = ("last name", "lastname", "surname", "family name", "nachname", "familienname", "family name of student")
OTHERS = ("group", "section", "course", "grade", "degree", "tutor", "gruppe", "kurs")  # also stand in a heading
NO_STUDENTS = ("points possible", "student, test")  # rows of an exported gradebook
LONGEST, MOST_BYTES, MOST = 200, 5_000_000, 20_000
_TELLS = re.compile(r"[\d@]")  # stands in most ids, and in no word of a heading
SEPARATORS = ",;\t"


def read_roster(path):
    """The Persons of a CSV file, in its order; raises UsageError with a sentence for what is wrong with it.

    Columns may stand between commas, semicolons or tabs; a heading names them. A file without one is a list of ids, or of ids and
    names; where its first line looks like a heading in unknown words, it is refused.
    """
    rows = [(line, cells) for line, cells in _rows(path) if any(cells)]
    if not rows:
        raise UsageError(f"The roster '{path}' is empty; it needs a line for each student.")
    head = _head(path, rows[0][1])
    persons = [_person(path, line, cells, head) for line, cells in (rows[1:] if head else rows)]
    persons = [one for one in persons if one]
    if not head:
        _check_first(path, [person.id for _, person in persons])
    if not persons:
        raise UsageError(f"The roster '{path}' has a heading, but no student.")
    if len(persons) > MOST:
        raise UsageError(f"The roster '{path}' has {len(persons):,} students; {MOST:,} can be served at once.")
    _check_repeated(path, persons)
    return tuple(person for _, person in persons)


def _head(path, cells):
    """What is in which column: `id`, `name`, `first`, `last` -> its number; empty where the first line is no heading."""
    keys = [_key(cell) for cell in cells]
    named = any(key in (*NAMES, *FIRST, *LAST) for key in keys)
    loose = ("student", *LOOSE_IDS) if named else LOOSE_IDS  # beside a name, a student is an id
    found = {"id": next((keys.index(key) for key in (*IDS, *loose) if key in keys), None)}
    if found["id"] is None:
        if named or len(cells) > 2 or any(key in OTHERS for key in keys):
            columns = ", ".join(filter(None, cells))
            raise UsageError(f"The roster '{path}' has no column 'student' (or 'id'); its columns are {columns}.")
        return {}
    names = NAMES if keys[found["id"]] == "student" else (*NAMES, "student")
    for place, known in (("name", names), ("first", FIRST), ("last", LAST)):
        found[place] = next((keys.index(key) for key in known if key in keys), None)
    return found


def _check_first(path, ids):
    """Raise UsageError where the first of the ids is a word, but all others have digits or `@`: then it likely is a heading."""
    if len(ids) > 1 and not _TELLS.search(ids[0]) and all(map(_TELLS.search, ids[1:])):
        raise UsageError(
            f"The roster '{path}' begins with '{ids[0]}', which looks like a heading and not like the ids below it; "
            "put a heading with a column 'student' above it, or call that column so."
        )


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
    if text.lower().startswith("sep="):  # written by a spreadsheet
        text = text.partition("\n")[2]
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any("\n" in cell.strip() for cell in cells):
                raise UsageError(
                    f"The roster '{path}' has a cell of several lines up to line {reader.line_num}; is a quote not closed?"
                )
            yield reader.line_num, [" ".join(unicodedata.normalize("NFC", clean(cell)).split()) for cell in cells]
    except csv.Error as error:
        raise UsageError(f"The roster '{path}' is no CSV file (line {reader.line_num}: {error}).") from error


def _key(cell):
    return " ".join(re.sub(r"[\W_]+", " ", cell.casefold()).split())


def _person(path, line, cells, head):
    """(line, Person), or None for a row of an exported gradebook that is no student."""

    def cell(place, absent=None):
        number = head.get(place, absent)
        return cells[number] if number is not None and number < len(cells) else ""

    if any(text.casefold() in NO_STUDENTS for text in cells):
        return None
    id, name = (cell("id"), cell("name")) if head else (cells[0], cell("", 1))
    name = name or " ".join(filter(None, (cell("first"), cell("last"))))
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
