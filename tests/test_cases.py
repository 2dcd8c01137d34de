"""The tables of typed answers, pairs and hand-ins in tests/cases, which were written without looking at the checker."""

from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import yaml

import grader
from grader.marking.api import find_box
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.reading.boxes import split_boxes
from grader.marking.solution import solution_of

FOLDER = Path(__file__).parent / "cases"


def rows(pattern, inner=None):
    """Every case of the files that match, with an id that tells where it stands."""
    return [
        pytest.param(path.name, number, position, case, id=f"{path.stem}-{number}" + f".{position}" * bool(inner))
        for path in sorted(FOLDER.glob(pattern))
        for number, group in enumerate(yaml.load(path.read_text(), yaml.BaseLoader), 1)
        for position, case in (enumerate(group[inner], 1) if inner else [(0, group)])
    ]


@cache
def groups(name):
    return yaml.load((FOLDER / name).read_text(), yaml.BaseLoader)


@pytest.fixture(scope="session")
def solved(tmp_path_factory):
    """A function from (file, number of the group) to the Solution of its problem, which is worked out once."""
    folder = tmp_path_factory.mktemp("cases")

    @cache
    def solve(name, number):
        group = groups(name)[number - 1]
        if "bank" in group:
            return solution_of(group["bank"])
        problem = {"title": "A case", "topics": ["backprop"], **group["problem"]}
        path = folder / f"{Path(name).stem}-{number}.yaml"
        path.write_text(yaml.safe_dump(problem, sort_keys=False, allow_unicode=True, width=10_000))
        return solution_of(path)

    return solve


def judged(solution, judge, name, text):
    """The verdicts on what was typed for a part or box, with marks and feedback."""
    part, box = find_box(solution.problem, name)
    verdicts = [judge.box(part, box, text)] if box else judge.part(part, split_boxes(part, text))
    return [with_feedback(credit(verdict, judge.policies)) for verdict in verdicts]


def listed(value):
    return value if isinstance(value, list) else [value]


def told(verdict, case):
    """Where a verdict is not what a case says, in words; empty where it is."""
    found = []
    if verdict.state not in listed(case["state"]):
        found.append(f"state {verdict.state} ({verdict.tag}), not {case['state']}")
    if "tag" in case and verdict.tag not in listed(case["tag"]):
        found.append(f"tag '{verdict.tag}', not {case['tag']}")
    if "share" in case and verdict.share != Fraction(case["share"]):
        found.append(f"share {verdict.share}, not {case['share']}")
    if "marks" in case and verdict.marks != Fraction(case["marks"]):
        found.append(f"marks {verdict.marks}, not {case['marks']}")
    if "from" in case and verdict.state == "follows" and set(verdict.evidence.get("from", ())) != set(listed(case["from"])):
        found.append(f"from {verdict.evidence.get('from')}, not {case['from']}")
    return "; ".join(found)


def settle(fault, case, about):
    """Fails where there is a fault, or where a known one is gone."""
    if case.get("known_wrong") == "true":
        assert fault, f"{about}: a known failure is gone; take its known_wrong out"
    else:
        assert not fault, f"{about}: {fault} (note: {case.get('note', '')})"


@pytest.mark.parametrize(("name", "number", "position", "case"), rows("answers-*.yaml", "answers"))
def test_answer(name, number, position, case, solved):
    group, solution = groups(name)[number - 1], solved(name, number)
    judge = Judge(solution, solution.paper.policies if solution.paper else None)
    for earlier, text in (case.get("earlier") or group.get("earlier") or {}).items():
        judged(solution, judge, earlier, text)
    verdicts = judged(solution, judge, group["part"], case["typed"])
    answered = [verdict for verdict in verdicts if verdict.typed.strip()] or verdicts
    settle(told(answered[0], case), case, f"typed {case['typed']!r}, read as {answered[0].read!r}, {answered[0].feedback}")


@pytest.mark.parametrize(("name", "number", "position", "case"), rows("equality-*.yaml"))
def test_pair(name, number, position, case):
    try:
        found = grader.equal(case["a"], case["b"], case.get("symbols"))
        fault = "" if found.state == case["state"] else f"{found.state}, not {case['state']}: {found.witness or found.reason}"
    except grader.GraderError as error:
        fault = f"not read: {error}"
    settle(fault, case, f"{case['a']} | {case['b']}")


@pytest.mark.parametrize(("name", "number", "position", "case"), rows("handins-*.yaml"))
def test_handin(name, number, position, case, solved):
    solution = solved(name, number)
    judge = Judge(solution, solution.paper.policies if solution.paper else None, attempted=True)
    verdicts, typed = {}, {}
    for label, text in case["answers"].items():
        part, box = find_box(solution.problem, label)
        typed.setdefault(part.id, {}).update({box.name: text} if box else split_boxes(part, text))
    for part in solution.problem.parts:
        for verdict in judge.part(part, typed.get(part.id, {})):
            verdicts[verdict.name] = with_feedback(credit(verdict, judge.policies))
    faults = {label: told(verdicts[label], wanted) for label, wanted in case["expect"].items()}
    read = {label: (verdict.state, verdict.read) for label, verdict in verdicts.items()}
    settle("; ".join(f"{label}: {fault}" for label, fault in faults.items() if fault), case, read)
