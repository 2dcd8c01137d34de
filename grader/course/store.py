"""The folder of results: `gradebook.csv`, `gradebook.json`, `to-review.csv` and `feedback/`; what was there before is respected.

Every file is written whole or not at all, `gradebook.json` last. A folder that holds another paper's gradebook, or a gradebook
that was not written here, is refused. A CSV file that somebody has changed since it was written is kept beside the new one.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass

from grader.bank.files import file_names, free_name, write_whole
from grader.course.exports import SCHEMA, as_text, changes, commands_of, gradebook, gradebook_csv, review_csv
from grader.course.handins import CSV, FEEDBACK, GRADEBOOK, REVIEW
from grader.course.pages import page
from grader.maths.errors import UsageError

_PAGE = re.compile(r"feedback/([^/\\]+\.md)")


@dataclass(frozen=True)
class Written:
    """What became of the results: what changed since the last time (None where there was none), and files that were kept."""

    changes: tuple[str, ...] | None
    kept: tuple[str, ...]


def previous(folder, paper, manifest=""):
    """The gradebook in a folder, or None; raises UsageError where the folder must not be written to for this paper.

    manifest: the file of the sheets that are marked, empty where everybody had the same; both are not to be mixed.
    """
    path = os.path.join(folder, GRADEBOOK)
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"'{folder}' is a file, not a folder for the results.")
    if not os.path.exists(path):
        if os.path.exists(os.path.join(folder, CSV)):
            raise UsageError(f"'{folder}' holds a {CSV} that was not written here; name another folder.")
        return None
    book = _read(path)
    if book is None:
        raise UsageError(f"'{path}' is not a gradebook that was written here; name another folder.")
    if book.get("paper") != paper.id:
        raise UsageError(f"'{folder}' holds the gradebook of the paper '{book.get('paper')}'; name another folder.")
    if bool(book.get("manifest", manifest)) != bool(manifest):
        raise UsageError(_mixed(folder, book["manifest"], paper))
    return book


def _mixed(folder, before, paper):
    if before:
        return f"'{folder}' holds results of sheets for a roster; mark with --paper {before}, or name another folder."
    return f"'{folder}' holds results of '{paper.id}' that were marked without a roster's manifest; name another folder."


def _read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            book = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return None
    return book if _ours(book) else None


def _ours(book):
    """Whether a JSON value is a gradebook that can be compared with a new one."""
    try:
        return book["schema"] == SCHEMA and changes(book, book) == []
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def write_results(grading, folder):
    """Write all results of a Grading; gives a Written. Raises UsageError where the folder is refused or cannot be written."""
    folder = str(folder)
    before = previous(folder, grading.paper, grading.manifest)
    pages = {id: f"{FEEDBACK}/{name}.md" for id, name in file_names([mark.id for mark in grading.marks]).items()}
    commands = commands_of(grading)
    texts = {CSV: gradebook_csv(grading), REVIEW: review_csv(grading, commands)}
    book = gradebook(grading, pages, commands)
    kept = _keep_changed(folder, before)
    for mark in grading.marks:
        write_whole(os.path.join(folder, pages[mark.id]), page(mark, grading.paper))
    for name, text in texts.items():
        write_whole(os.path.join(folder, name), text)
    write_whole(
        os.path.join(folder, GRADEBOOK),
        as_text({**book, "written": {name: _hash(text.encode()) for name, text in texts.items()}}),
    )
    _remove_old(folder, before, pages.values())
    return Written(None if before is None else tuple(changes(before, book)), kept)


def _hash(data):
    return hashlib.sha256(data).hexdigest()


def _keep_changed(folder, before):
    """Move CSV files that are no longer as they were written out of the way; gives their new names."""
    kept = []
    for name, written in (before or {}).get("written", {}).items():
        path = os.path.join(folder, name)
        if name in (CSV, REVIEW) and os.path.isfile(path) and _hash(_bytes(path)) != written:
            kept.append(free_name(path))
            os.replace(path, kept[-1])
    return tuple(kept)


def _bytes(path):
    with open(path, "rb") as stream:
        return stream.read()


def _remove_old(folder, before, pages):
    """Remove the feedback of hand-ins that are no longer there."""
    current = {name.casefold() for name in pages}
    for handin in (before or {}).get("handins", ()):
        match = _PAGE.fullmatch(handin.get("page", ""))
        path = match and os.path.join(folder, FEEDBACK, match[1])
        if match and match[0].casefold() not in current and os.path.isfile(path):
            os.unlink(path)
