"""Who may import whom, read from the import lines of every file; and that heavy libraries come in only where they are used."""

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

import grader

ROOT = Path(grader.__file__).parent
LADDER = ("maths", "bank", "variants", "marking", ("trial", "sheets", "course"), "practice", "commands")
RUNGS = {place: height for height, rung in enumerate(LADDER) for place in ([rung] if isinstance(rung, str) else rung)}
TOP = "grader"  # grader/__init__.py and grader/__main__.py: the doors, which may open to any room
FILES = sorted(ROOT.rglob("*.py"))


def place_of(path):
    """The room of a file below grader/: `maths`, `bank`, ..., or the top."""
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else TOP


def target(module):
    """The room of a dotted module name, None for one that is not ours."""
    first, *rest = module.split(".")
    if first != "grader":
        return None
    return rest[0] if rest else TOP


def imported(tree, package):
    """(line, dotted name) of everything imported, also inside functions and by import_module("...")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}" if base == "grader" else base) for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
            "import_module",
            "__import__",
        ):
            yield from ((node.lineno, part.value) for part in node.args[:1] if isinstance(part, ast.Constant))


def home(name):
    """The room that a name imported from `grader` itself comes from."""
    room = target(name)
    if room in RUNGS or room == TOP:
        return room
    return target(grader._HOMES[room]) if room in grader._HOMES else TOP


def offences(source, place, package="grader"):
    """The imports of a file's text that its room may not make."""
    found = []
    for line, name in imported(ast.parse(source), package):
        if target(name) is None:
            continue
        room = home(name)
        allowed = place == TOP or room == place or (room in RUNGS and RUNGS[room] < RUNGS[place])
        if not allowed and not (room == TOP and name == "grader.__version__" and place != "maths"):
            found.append(f"line {line}: {place} imports {name}")
    return found


def package_of(path):
    return ".".join(("grader", *path.relative_to(ROOT).parent.parts))


def test_every_room_has_a_rung():
    places = {place_of(path) for path in FILES} - {TOP}
    assert places <= RUNGS.keys(), f"say in LADDER where {places - RUNGS.keys()} stands"
    assert {"maths", "bank", "marking", "commands"} <= places


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_the_ladder(path):
    assert offences(path.read_text(encoding="utf-8"), place_of(path), package_of(path)) == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("maths", "import grader.bank.model"),
        ("maths", "from grader.bank.model import Problem"),
        ("maths", "from grader import bank"),
        ("maths", "from grader import load_problem"),
        ("maths", "from grader import __version__"),
        ("maths", "def work():\n    from grader.marking.check import Judge"),
        ("maths", "from importlib import import_module\nimport_module('grader.commands.bank')"),
        ("bank", "from grader.marking import check"),
        ("bank", "if True:\n    import grader.variants.draw as draw"),
        ("variants", "import numpy, grader.marking.check"),
        ("marking", "from grader.course.store import Store"),
        ("sheets", "from grader.course.store import Store"),
        ("course", "from grader.commands import main"),
        ("course", "from ..commands import main"),
        ("maths", "from ..bank import model"),
    ],
)
def test_an_import_up_the_ladder_is_noticed(place, line):
    assert offences(line, place, f"grader.{place}")


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("maths", "from grader.maths.graph import make\nimport numpy as np\nfrom fractions import Fraction"),
        ("maths", "from . import graph"),
        ("maths", "import graderly"),
        ("bank", "from grader.maths.errors import BankError"),
        ("course", "from grader.marking.check import Judge\nfrom grader import load_bank"),
        ("commands", "from grader import __version__\nfrom grader.sheets.text import write"),
        (TOP, "from grader.commands import main"),
    ],
)
def test_an_import_down_the_ladder_is_allowed(place, line):
    assert offences(line, place, f"grader.{place}") == []


# ----------------------------------------------------------------------------------------------------- heavy libraries

SEEN = "print('SEEN', *sorted({name.partition('.')[0] for name in sys.modules} & {'numpy', 'sympy', 'flint', 'yaml', 'rich'}))"


def seen_after(program):
    """The heavy libraries that a program run by itself has imported."""
    script = f"import sys\ntry:\n{indent(program, '    ')}\nfinally:\n    {SEEN}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=ROOT.parent)
    assert run.returncode == 0, run.stderr
    return set(run.stdout[run.stdout.rindex("SEEN") :].split()[1:])


def test_help_comes_without_heavy_libraries():
    assert not seen_after("from grader.commands import main\nmain(['--help'])") & {"numpy", "sympy", "flint", "yaml"}


def test_importing_the_package_imports_nothing_heavy():
    assert seen_after("import grader\ngrader.GraderError") <= {"rich"}


PROBLEM = """\
title: A small ReLU network
topics: [backprop]
text: "The input is $i = {{i}}$, the weights are $W = {{W}}$ and the targets $t = {{t}}$."
given: {i: "[2, -1]", W: "[[1, -1/2], [1/2, -1]]", t: "[1, 1/3]", lr: 0.1}
let:
  h: relu(i @ W)
  L: mse(h, t)
  p: softmax(h)
  W_new: W - lr * grad(L, W)
parts:
- {id: a, text: "Work out $h$.", answer: {h: {value: h, marks: 1}}}
- {id: b, text: "Work out the loss.", answer: L, marks: 1}
- {id: c, text: "Work out the first probability.", answer: "p[0]", marks: 1}
- {id: d, text: "Give the new $w_{11}$.", answer: "W_new[0, 0]", marks: 1}
"""
CHECK = """
from grader.bank.load import load_problem
from grader.marking.check import Judge
from grader.marking.solution import solve_problem
problem = load_problem({path!r})
judge = Judge(solve_problem(problem))
for answers, state in (({right!r}, "right"), ({wrong!r}, "wrong")):
    for part, text in zip(problem.parts, answers, strict=True):
        (verdict,) = judge.part(part, {{part.boxes[0].name: text}})
        assert verdict.state == state, verdict
"""


def test_checking_a_number_does_not_import_sympy(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(PROBLEM, encoding="utf-8")
    right, wrong = ("(1.5, 0)", "13/72", "0,818", "0.9"), ("(-9, 7)", "4", "0.123", "1.1")
    seen = seen_after(CHECK.format(path=str(path), right=right, wrong=wrong))
    assert "flint" in seen
    assert "sympy" not in seen


def test_a_heavy_import_would_be_seen():
    assert seen_after("import sympy.core") >= {"sympy"}
