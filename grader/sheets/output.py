"""Sheets as files in a folder, with empty hand-ins beside them."""

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from grader.maths.errors import UsageError
from grader.sheets.templates import answers_markdown, answers_yaml
from grader.sheets.words import WORDS
from grader.sheets.writers import write

TEMPLATES = {"answers.yaml": answers_yaml, "answers.md": answers_markdown}


@dataclass(frozen=True)
class Written:
    """Names of the files that were written, the sheet first, and of those that were kept under another name."""

    files: tuple[str, ...]
    kept: tuple[str, ...] = ()


def write_sheet(sheet, format, folder):
    """Write a sheet and its empty hand-ins into a folder; gives a Written.

    An `answers` file that somebody has filled in, or that belongs to another sheet, is kept under another name. Raises UsageError
    for a folder that cannot be written.
    """
    files, kept = write(sheet, format), []
    for name, make in TEMPLATES.items():
        files[name] = make(sheet)
        blank = {make(replace(sheet, language=language)).encode() for language in WORDS}
        path = Path(folder, name)
        if path.is_file() and _read(path) not in blank:
            kept.append(_free(path))
            _moved(path, kept[-1])
    for name, content in files.items():
        _write(Path(folder, name), content if isinstance(content, bytes) else content.encode())
    return Written(tuple(files), tuple(path.name for path in kept))


def _read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror}.") from error


def _free(path):
    """A name beside a file that is not taken: `answers.kept-1.yaml`."""
    number = 1
    while (free := path.with_name(f"{path.stem}.kept-{number}{path.suffix}")).exists():
        number += 1
    return free


def _moved(path, target):
    try:
        os.replace(path, target)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be renamed: {error.strerror}.") from error


def _write(path, content):
    """Write a file so that a reader finds the old or the new one, never half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".sheet.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}.") from error
