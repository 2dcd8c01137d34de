"""The manifest of issued copies: `manifest.json`, beside it in `issued/` the files of the bank as they were then.

Sheets are written again and hand-ins are marked from these alone, so later edits of the bank change nothing that was issued.
"""

import hashlib
import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from grader import __version__
from grader.bank.conventions import FILE as CONVENTIONS
from grader.bank.conventions import default_conventions
from grader.bank.files import write_whole
from grader.bank.load import PAPER, load_paper, root_of
from grader.bank.places import bank_root
from grader.bank.topics import FILE as TOPICS
from grader.maths.errors import BankError, UsageError
from grader.variants.issue import Copy, Issue, Person

MANIFEST, FROZEN = "manifest.json", "issued"
SCHEMA = "grader-manifest/1"
ENGINE = ("maths", "bank", "variants", "marking")  # the folders whose code decides about values and marks


def is_manifest(path):
    """Whether a path names a manifest; raises UsageError for a JSON file that is not there, and for a folder that holds one."""
    path = Path(path)
    if path.suffix == ".json" and not path.is_file():
        raise UsageError(f"There is no file '{path}'.")
    if path.is_dir() and (path / MANIFEST).is_file():
        raise UsageError(f"'{path}' is a folder of issued sheets; name its manifest: {path / MANIFEST}.")
    return path.suffix == ".json"


@cache
def engine_hash():
    """A hash of the code that draws and solves."""
    root, found = Path(__file__).parent.parent, hashlib.sha256()
    for path in sorted(path for folder in ENGINE for path in (root / folder).rglob("*.py")):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


# --- written ---


def freeze(paper, folder):
    """Copy the files of a paper to `issued/` in a folder, and give the Paper that is read from them.

    Its conventions are all that hold now, so that later defaults do not matter.
    """
    for name, source in _sources(paper).items():
        write_whole(os.path.join(folder, FROZEN, name), _bytes(source))
    return _frozen_paper(folder, paper.id, default_conventions().values)


def _sources(paper):
    """Name below `issued/` -> the file that is copied there."""
    root = root_of(Path(paper.where.file).parent)
    return {**{name: root / name for name in (CONVENTIONS, TOPICS) if (root / name).is_file()}, **_own_sources(paper)}


def _own_sources(paper):
    roots = [root_of(Path(paper.where.file).parent), bank_root().resolve()]
    problems = {f"{problem.id}.yaml": _source(problem, roots) for problem in paper.problems}
    return {f"{paper.id}/{PAPER}": Path(paper.where.file), **problems}


def _source(problem, roots):
    """The file of a problem: below one of the banks, else as it was read (which is told from the working directory of then)."""
    files = (root / f"{problem.id}.yaml" for root in roots)
    return next((file for file in files if file.is_file()), Path(problem.where.file))


def in_the_bank(error, paper, folder):
    """A BankError about files that are frozen in a folder as one about the files of the bank, where they can be mended."""
    sources = {Path(folder, FROZEN, name).resolve(): str(source) for name, source in _own_sources(paper).items()}
    places = [(one, sources.get(Path(one.where.file).resolve(), one.where.file)) for one in error.complaints]
    return BankError([replace(one, where=replace(one.where, file=file)) for one, file in places])


def changed_since(paper, folder):
    """Whether the files of a paper are no longer as they were frozen in a folder."""
    return any(_bytes(source) != _bytes(Path(folder, FROZEN, name)) for name, source in _own_sources(paper).items())


def _frozen_paper(folder, id, conventions):
    root = Path(folder, FROZEN)
    paper, known = load_paper(id, root=root), default_conventions(root).values
    held = {name: value for name, value in conventions.items() if name in known}
    return replace(paper, conventions=MappingProxyType({**held, **paper.conventions}))


def write_manifest(issue, folder):
    """Write the manifest of an Issue whose paper is frozen in the folder."""
    files = sorted(path for path in Path(folder, FROZEN).rglob("*.yaml"))
    text = {
        "schema": SCHEMA,
        "paper": issue.paper.id,
        "title": issue.paper.title,
        "seed": issue.seed,
        "version": __version__,
        "engine": issue.engine,
        "conventions": dict(issue.paper.conventions),
        "files": {path.relative_to(Path(folder, FROZEN)).as_posix(): _hash(_bytes(path)) for path in files},
        "copies": [_as_json(copy) for copy in issue.copies],
    }
    text = {**text, "check": _check_sum(text)}
    write_whole(os.path.join(folder, MANIFEST), json.dumps(text, indent=1, ensure_ascii=False) + "\n")


def _check_sum(text):
    """A hash of all that a manifest says, but for its own `check`."""
    return _hash(json.dumps({**text, "check": ""}, sort_keys=True).encode())


def _as_json(copy):
    problems = {id: {"hash": copy.hashes[id], "values": dict(copy.values[id])} for id in copy.values}
    who = {"student": copy.student.id, "name": copy.student.name, "folder": copy.folder}
    return {**who, "seed": copy.seed, "code": copy.code, "problems": problems}


def _hash(data):
    return hashlib.sha256(data).hexdigest()


def _bytes(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror}.") from error


# --- read ---


def read_manifest(path):
    """The Issue of a manifest; raises UsageError where it is none, or what was issued has been changed since."""
    try:
        text = json.loads(_bytes(path))
        issue = replace(_issue(text, os.path.dirname(str(path)) or "."), file=str(path))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"'{path}' is not a manifest that 'grader sheet --roster' wrote.") from None
    return issue


def _issue(text, folder):
    if text["schema"] != SCHEMA:
        raise ValueError
    if text["check"] != _check_sum(text):
        raise UsageError(f"'{Path(folder, MANIFEST)}' has been changed by hand; put back what 'grader sheet --roster' wrote.")
    for name, known in text["files"].items():
        file = Path(folder, FROZEN, name)
        if _hash(_bytes(file)) != known:
            raise UsageError(f"'{file}' has been changed since the sheets were issued; put back what was there.")
    try:
        paper = _frozen_paper(folder, str(text["paper"]), text["conventions"])
    except BankError as error:  # read by a later version that takes it for faulty
        raise UsageError(f"What was issued cannot be read any more: {error}") from error
    return Issue(paper, int(text["seed"]), str(text["engine"]), tuple(map(_copy, text["copies"])))


def _copy(text):
    problems = {str(id): one for id, one in text["problems"].items()}
    values = {id: MappingProxyType({str(k): str(v) for k, v in one["values"].items()}) for id, one in problems.items()}
    hashes = {id: str(one["hash"]) for id, one in problems.items()}
    person = Person(str(text["student"]), str(text["name"]))
    seed, values, hashes = int(text["seed"]), MappingProxyType(values), MappingProxyType(hashes)
    return Copy(person, seed, values, hashes, str(text["code"]), str(text["folder"]))
