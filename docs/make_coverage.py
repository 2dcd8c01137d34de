"""Writes docs/coverage.md: which questions of the source documents are in the bank, and where data are our own.

Run by `make docs`; a test compares.
"""

from collections import Counter
from pathlib import Path

from grader.bank.coverage import Coverage, items_of
from grader.bank.keys import load_items
from grader.bank.load import load_bank
from grader.bank.places import supplied_root
from grader.marking.solution import solution_of

FILE = Path(__file__).resolve().parent / "coverage.md"
HEAD = """# Coverage

What the bank holds of its source documents. The catalogue (`solutions/catalogue.yaml`) lists every question of theirs as an item;
`grader bank list --items` says in which problems each item is. An item that stands in problems of two sources counts once in the
last row. This page is written by `make docs`.
"""


def coverage(root=None):
    """The text of docs/coverage.md."""
    root = root or supplied_root()
    bank, items = load_bank(root), load_items(root)
    problems = list(bank.problems.values())
    covered = Coverage.of(items, [items_of(problem) for problem in problems])
    lines = [HEAD, str(covered), ""]
    lines += _sources(problems, items)
    lines += _left_out(covered, items)
    return "\n".join([*lines, *_completed(problems)]) + "\n"


def _sources(problems, items):
    groups = {}
    for problem in problems:
        groups.setdefault(problem.id.rpartition("/")[0], []).append(problem)
    yield "| source | items | problems | parts | answers by kind |"
    yield "| --- | --- | --- | --- | --- |"
    for source, inside in sorted(groups.items()):
        yield _row(f"`{source}`", inside, items)
    yield _row("all", problems, items)
    yield ""


def _row(name, problems, items):
    held = {id for problem in problems for id in items_of(problem) if id in items}
    kinds = Counter(kind for problem in problems for kind in _kinds(problem))
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    return f"| {name} | {len(held)} | {len(problems)} | {sum(len(problem.parts) for problem in problems)} | {told} |"


def _kinds(problem):
    solution = solution_of(problem)
    return [solution.kind(part, box) for part in problem.parts for box in part.boxes]


def _left_out(covered, items):
    yield "## Left out\n"
    rows = [f"| {id} | {_cell(items[id].lost)} |" for id in covered.left_out]
    rows += [f"| {id} | no problem has it yet |" for id in covered.missing]
    yield from ["| item | why |", "| --- | --- |", *rows] if rows else ["Nothing."]
    yield ""


def _completed(problems):
    yield "## Completed by us\n"
    yield "Where a document lost data of a question, what stands in their place is ours.\n"
    yield "| problem | what is our own |"
    yield "| --- | --- |"
    for problem in problems:
        if problem.source.completed:
            yield f"| `{problem.id}` | {_cell(problem.source.completed)} |"


def _cell(text):
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(coverage(), encoding="utf-8")
