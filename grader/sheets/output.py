"""Sheets as files in a folder, with empty hand-ins beside them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from grader.bank.files import free_name, write_whole
from grader.maths.errors import UsageError
from grader.sheets.templates import answers_markdown, answers_yaml
from grader.sheets.words import WORDS
from grader.sheets.writers import FORMATS, write

TEMPLATES = {"answers.yaml": answers_yaml, "answers.md": answers_markdown}


@dataclass(frozen=True)
class Written:
    """Names of the files that were written, the sheet first, and of those that were kept under another name."""

    files: tuple[str, ...]
    kept: tuple[str, ...] = ()


def write_sheet(sheet, format, folder):
    """Write a sheet and its empty hand-ins into a folder; gives a Written. Systems that mark by themselves need no hand-ins.

    An `answers` file or a notebook that somebody has filled in, or that belongs to another sheet, is kept under another name.
    Raises UsageError for a folder that cannot be written.
    """
    files, kept = write(sheet, format), []
    for name, make in () if FORMATS[format].marks else TEMPLATES.items():
        files[name] = make(sheet)
        blank = {make(replace(sheet, language=language)).encode() for language in WORDS}
        path = Path(folder, name)
        if path.is_file() and _read(path) not in blank:
            kept.append(free_name(path))
            _moved(path, kept[-1])
    for name in [name for name in files if name.endswith(".ipynb")]:  # a notebook is filled in itself
        path = Path(folder, name)
        if path.is_file() and _read(path) != files[name].encode():
            kept.append(free_name(path))
            _moved(path, kept[-1])
    for name, content in files.items():
        write_whole(os.path.join(folder, name), content)
    return Written(tuple(files), tuple(Path(path).name for path in kept))


def _read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror}.") from error


def _moved(path, target):
    try:
        os.replace(path, target)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be renamed: {error.strerror}.") from error
