"""Finding problems and papers by name, and reading them once.

A problem is called by its path below the bank's folder without suffix (`tum-2022ss/06`), a paper by the folder its
`paper.yaml` stands in (`tum-2022ss`). What was read is kept until a file changes.
"""

import os
from functools import cache
from pathlib import Path
from types import MappingProxyType

from grader.bank import conventions, topics
from grader.bank.conventions import default_conventions
from grader.bank.model import Bank, Paper, Problem
from grader.bank.places import bank_root, shown, version, versions
from grader.bank.reader import read_paper, read_problem
from grader.bank.topics import known_topics
from grader.maths.errors import BankError, UsageError, nearest

PAPER = "paper.yaml"
VOCABULARY = (conventions.FILE, topics.FILE)


def load_bank(root=None):
    """The Bank with all problems and papers below a folder; its `faulty` holds the complaints about files that cannot be used."""
    root = _root(root)
    words, problems, papers, faulty = _vocabulary(root), {}, {}, {}
    for id, path in problem_files(root).items():
        _keep(problems, faulty, id, path, lambda path=path, id=id: _problem_once(root, version(path), id, words))
    for id, path in paper_files(root).items():
        _keep(papers, faulty, id, path, lambda path=path, id=id: _paper(root, path, id))
    return Bank(root, MappingProxyType(problems), MappingProxyType(papers), MappingProxyType(faulty))


def load_problem(id, root=None):
    """The Problem of that id, or in that YAML file; raises UsageError with the nearest id, BankError for a faulty file."""
    if _is_file(id):
        return _expected(Problem, read_file(id), id)
    root, id = _root(root), str(id).removesuffix(".yaml")
    return _problem(root, _named(problem_files(root), id, "problem"), id)


def load_paper(id, root=None):
    """The Paper of that id, or in that YAML file.

    Raises UsageError with the nearest id, BankError for faults in it and in its problems.
    """
    if _is_file(id):
        return _expected(Paper, read_file(id), id)
    root, id = _root(root), str(id)
    return _paper(root, _named(paper_files(root), id, "paper"), id)


def problem_with_paper(id, root=None):
    """The Problem of that id (or in that YAML file), and the Paper beside it that lists it, or None."""
    problem = load_problem(id, root)
    root = root_of(Path(id).parent) if _is_file(id) else _root(root)
    folder = Path(id).resolve().parent if _is_file(id) else problem_files(root)[problem.id].parent
    if not (folder / PAPER).is_file():
        return problem, None
    paper = _paper(root, folder / PAPER, _id(folder, root))
    return problem, paper if any(listed.id == problem.id for listed in paper.problems) else None


def read_file(path):
    """The Problem or Paper in a YAML file, in a bank or not; raises BankError."""
    path = Path(path)
    path = path.parent.resolve() / path.name
    root = root_of(path.parent)
    if path.name == PAPER:
        return _paper(root, path, _id(path.parent, root))
    return _problem(root, path, _id(path.with_suffix(""), root))


def root_of(folder):
    """The folder of the bank that a folder belongs to.

    The nearest folder upwards with a `conventions.yaml`; else the default bank when it lies inside; else the folder itself, or
    the one above when a `paper.yaml` stands in it.
    """
    folder = Path(folder).resolve()
    for above in (folder, *folder.parents):
        if (above / conventions.FILE).is_file():
            return above
    default = bank_root().resolve()
    if folder.is_relative_to(default):
        return default
    return folder.parent if (folder / PAPER).is_file() else folder


def names_paper(id, root=None):
    """Whether a name is that of a paper (or of its file), not of a problem."""
    return Path(id).name == PAPER or id in paper_files(_root(root))


def yaml_files(folder):
    """The files of problems and papers below a folder, sorted; not those that hold the bank's vocabulary.

    Files in `.yml` are among them, to be complained about rather than overlooked.
    """
    files = [*Path(folder).rglob("*.yaml"), *Path(folder).rglob("*.yml")]
    return sorted(path for path in files if path.name not in VOCABULARY and not path.is_dir())


def problem_files(root):
    """The file of every problem of a bank, by id."""
    return {_id(path.with_suffix(""), root): path for path in yaml_files(root) if path.name != PAPER}


def paper_files(root):
    """The file of every paper of a bank, by id."""
    return {_id(path.parent, root): path for path in yaml_files(root) if path.name == PAPER}


def _root(root):
    return bank_root(root).resolve()


def _id(path, root):
    return path.relative_to(root).as_posix() if path != root else root.name


def _is_file(id):
    return str(id).endswith(".yaml") and os.path.isfile(id)


def _expected(type, found, id):
    if not isinstance(found, type):
        raise UsageError(f"'{id}' holds a {found.__class__.__name__.lower()}, not a {type.__name__.lower()}.")
    return found


def _named(files, id, what):
    if id in files:
        return files[id]
    hint = nearest(id, files) or nearest(id, {name.split("/")[-1] for name in files})
    raise UsageError(f"There is no {what} '{id}'{hint}; 'grader bank list' shows what there is.")


def _keep(found, faulty, id, path, read):
    try:
        found[id] = read()
    except BankError as error:
        faulty[shown(path)] = error.complaints


def _problem(root, path, id):
    return _problem_once(root, version(path), id, _vocabulary(root))


def _vocabulary(root):
    return tuple(versions(name, root) for name in VOCABULARY)


@cache
def _problem_once(root, file, id, _vocabulary):
    return read_problem(file[0], id, default_conventions(root), known_topics(root))


def _is_problem(root, id):
    """Whether a bank has a problem of that id."""
    inside = ".." not in id.split("/") and not id.startswith("/") and f"{id}.yaml" not in VOCABULARY
    return inside and not id.endswith(f"/{PAPER.removesuffix('.yaml')}") and os.path.isfile(root / f"{id}.yaml")


def _paper(root, path, id):
    """Read afresh each time: its problems are kept, and the rest is short."""
    folder = _id(path.parent, root)

    def find(entry):
        for place, full in ((root, f"{folder}/{entry}"), (root, str(entry)), (_root(None), str(entry))):
            if _is_problem(place, full):
                return _problem(place, place / f"{full}.yaml", full)
        own = [name.removeprefix(f"{folder}/") for name in (*problem_files(root), *problem_files(_root(None)))]
        raise UsageError(f"there is no problem '{entry}'{nearest(entry, own)}")

    return read_paper(path, id, default_conventions(root), find)
