"""Where the problems lie."""

import os
from pathlib import Path

from grader.maths.errors import UsageError

VARIABLE = "GRADER_BANK"
_PACKAGE = Path(__file__).resolve().parent.parent


def bank_root(root=None):
    """The folder that holds the problems.

    The first of: `root`; the environment variable GRADER_BANK; the bank that comes with the grader. Raises UsageError when
    the folder named is not there.
    """
    if root:
        return _existing(Path(root))
    if named := os.environ.get(VARIABLE):
        return _existing(Path(named), f" (named by {VARIABLE})")
    return supplied_root()


def supplied_root():
    """The bank that comes with the grader: installed with the package, or beside it in a checkout."""
    installed = _PACKAGE / "problems"
    return installed if installed.is_dir() else _existing(_PACKAGE.parent / "problems", f" (set {VARIABLE} to the bank's folder)")


def _existing(folder, why=""):
    if not os.path.isdir(folder):  # unlike Path.is_dir, False for a name that is too long
        raise UsageError(f"There is no folder '{folder}'{why}.")
    return folder


def shown(path):
    """The path as a reader finds it: from the working directory when it lies below."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute)


def version(path):
    """The file with what changes when it is written again: a key under which something read from it can be kept."""
    try:
        status = path.stat()
    except OSError:  # whoever reads it will say so
        return path, None, None
    return path, status.st_mtime_ns, status.st_size


def versions(name, root=None):
    """Versions of the file `name` of the bank that comes with the grader, and of the one at `root` where it has its own."""
    folders = dict.fromkeys([supplied_root().resolve(), bank_root(root).resolve()])
    return tuple(version(folder / name) for folder in folders if (folder / name).is_file())
