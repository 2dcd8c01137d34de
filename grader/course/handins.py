"""Hand-ins: what one student or group typed for a paper, read from a YAML or Markdown file or a notebook."""

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.bank.load import PAPER
from grader.bank.model import Where
from grader.course.answers import Answers, Remark
from grader.course.markdown_handins import read_markdown
from grader.course.names import Places
from grader.course.notebook_handins import read_notebook
from grader.course.safe import readable
from grader.course.yaml_handins import read_yaml_answers
from grader.maths.errors import HandInError, UsageError
from grader.variants.issue import Copy
from grader.variants.manifest import FROZEN, MANIFEST

MAX_BYTES = 1_000_000
MAX_NOTEBOOK = 20_000_000  # bytes of a notebook: it holds figures and output
LONGEST_ID = 200
READERS = {".yaml": read_yaml_answers, ".yml": read_yaml_answers, ".md": read_markdown, ".ipynb": read_notebook}
TEMPLATE = "answers"  # what the empty hand-ins beside a sheet are called, without suffix
LEFT_OUT = ("readme.md", PAPER)
# what `grader grade` writes into a folder; where there is a GRADEBOOK, these are no hand-ins
GRADEBOOK, CSV, REVIEW, FEEDBACK = "gradebook.json", "gradebook.csv", "to-review.csv", "feedback"


@dataclass(frozen=True)
class HandIn:
    """What one student or group handed in.

    answers: problem (its short name in the paper) -> part -> text, or {box: text} where boxes were answered by name; every text
    is Located. remarks: what has no place in the paper. code, seed: as typed, of the copy that is answered; copy: which one that
    is, None for the paper as it stands. named: whether the student stands in it, or just in the file's name. note: what only the
    instructor is told.
    """

    id: str
    paper: str
    answers: Mapping
    where: Where
    remarks: tuple[Remark, ...] = ()
    code: str = ""
    seed: str = ""
    copy: Copy | None = None
    named: bool = True
    note: str = ""

    @property
    def typed(self):
        """Whether anything was typed into it, beside names in front of equals signs."""
        parts = (part for parts in self.answers.values() for part in parts.values())
        texts = (text for part in parts for text in ([part] if isinstance(part, str) else part.values()))
        lines = (line.strip() for text in texts for line in text.split("\n"))
        return bool(self.remarks) or any(line and not line.endswith("=") for line in lines)


@dataclass(frozen=True)
class Unread:
    """A file that is not marked, with the reason in a sentence; `id` where it could be read."""

    file: str
    reason: str
    id: str = ""


@dataclass(frozen=True)
class HandIns:
    """All hand-ins that could be read, in the order of their files; the files that could not; and those that are none.

    doubles: further hand-ins of the same students, which are among the unread.
    """

    handins: tuple[HandIn, ...]
    unread: tuple[Unread, ...] = ()
    ignored: tuple[str, ...] = ()
    doubles: tuple[HandIn, ...] = ()


def read_handins(paths, paper, leave_out=None):
    """The HandIns in files and folders, sorted by path, so that their order on the command line changes nothing.

    leave_out: a folder below which nothing is read (that of the results). Of two files of the same student an empty one is
    ignored. Raises UsageError for a path that is not there.
    """
    files, ignored = find_files(paths, leave_out)
    places, ignored = Places(paper), list(ignored)
    handins, unread, doubles = {}, [], []
    for file in files:
        try:
            handin = read_handin(file, paper, places)
        except HandInError as error:
            unread.append(Unread(file, str(error)))
            continue
        if not handin.typed and not handin.named and Path(file).stem == TEMPLATE:
            ignored.append(file)
            continue
        first = handins.setdefault(handin.id, handin)
        if first is handin:
            continue
        if not handin.typed:
            ignored.append(file)
        elif not first.typed:
            ignored.append(first.where.file)
            handins[handin.id] = handin
        else:
            unread.append(Unread(file, f"The id '{handin.id}' is already that of {first.where.file}.", handin.id))
            doubles.append(handin)
    return HandIns(tuple(handins.values()), tuple(unread), tuple(sorted(ignored)), tuple(doubles))


def read_handin(path, paper, places=None):
    """The HandIn in a file; raises HandInError with the reason why there is none."""
    file = str(path)
    text = read_text(file)
    reader = READERS.get(Path(file).suffix.lower())
    if reader is None:
        raise HandInError("A hand-in is a .yaml, .yml, .md or .ipynb file.")
    answers = Answers(places or Places(paper))
    header = reader(text, file, answers)
    named = header.get("paper", "").strip()
    if named and named.casefold() != paper.id.casefold():
        raise HandInError(f"It is for the paper '{named}', not for '{paper.id}'.")
    found, remarks = answers.finished()
    code, seed = header.get("copy", "").strip(), header.get("seed", "").strip()
    named = header.get("student", "").strip() or header.get("group", "").strip()
    return HandIn(_id(named or Path(file).stem), paper.id, found, Where(file, 1), remarks, code, seed, named=bool(named))


def _id(typed):
    if len(typed) > LONGEST_ID:
        raise HandInError(f"Its 'student' is longer than {LONGEST_ID} characters.")
    return " ".join(unicodedata.normalize("NFC", typed).split())


def read_text(path):
    """The text of a file, with what is no text in it (control characters) as `\N{REPLACEMENT CHARACTER}`; raises HandInError."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise HandInError("It is not a file.")
    most = MAX_NOTEBOOK if path.lower().endswith(".ipynb") else MAX_BYTES
    try:
        with open(path, "rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise HandInError(f"It cannot be read: {error.strerror}.") from error
    if len(data) > most:
        raise HandInError(f"It is larger than {most // 1_000_000} MB.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise HandInError("It is not in UTF-8; save it as UTF-8 text.")
    if b"\0" in data:
        raise HandInError("It is not a text file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise HandInError(f"It is not in UTF-8 (line {line}); save it as UTF-8 text.") from error
    text = readable(text)
    if not text.strip():
        raise HandInError("It is empty.")
    return text


# --- which files ---


def find_files(paths, leave_out=None):
    """(files to read, other files), both sorted, of files and folders; each file once.

    Folders are searched to their depths; hidden files, README.md and what lies below `leave_out` are passed over in silence.
    """
    found, ignored = {}, []
    for path in map(str, paths):
        if os.path.isdir(path):
            _search(path, leave_out and os.path.realpath(leave_out), found, ignored)
        elif os.path.exists(path):
            found.setdefault(os.path.realpath(path), path)
        else:
            raise UsageError(f"There is no file or folder '{path}'.")
    return sorted(found.values()), sorted(set(ignored))


def _search(folder, leave_out, found, ignored):
    for here, folders, names in os.walk(folder):
        ours = [name for name, sign in ((FEEDBACK, GRADEBOOK), (FROZEN, MANIFEST)) if sign in names]
        folders[:] = [name for name in folders if not _passed_over(os.path.join(here, name), leave_out, ours)]
        for name in names:
            path = os.path.join(here, name)
            if name.startswith(".") or name.lower() in LEFT_OUT:
                continue
            if os.path.splitext(name)[1].lower() in READERS and os.path.isfile(path):
                found.setdefault(os.path.realpath(path), os.path.normpath(path))
            elif name not in (GRADEBOOK, MANIFEST) and not (FEEDBACK in ours and name in (CSV, REVIEW)):
                ignored.append(os.path.normpath(path))


def _passed_over(folder, leave_out, ours):
    name = os.path.basename(folder)
    return name.startswith(".") or os.path.realpath(folder) == leave_out or name in ours
