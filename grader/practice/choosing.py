"""What is practised: named problems, those of papers, and problems on topics, each as a variant of its own."""

from dataclasses import dataclass, replace

from grader.bank.load import load_bank, load_paper, names_paper, paper_files, problem_files, problem_with_paper
from grader.bank.model import Paper, Problem
from grader.bank.places import bank_root
from grader.bank.topics import known_topics
from grader.maths.errors import UsageError, nearest
from grader.sheets.selection import DEFAULT_COUNT, MOST, select
from grader.variants.draw import draw


@dataclass(frozen=True)
class Task:
    """A problem to be practised, under the conventions of its paper, or of none.

    topic: what it stands for; seed: that of its variant, None where there is none.
    """

    problem: Problem
    paper: Paper | None
    topic: str
    seed: int | None = None

    def variant(self):
        """The Problem with the values of the variant; raises BankError where none can be drawn."""
        return self.problem if self.seed is None else draw(self.problem, self.seed, self.paper).problem


@dataclass(frozen=True)
class Plan:
    """Tasks in their order, and sentences on what could not be met."""

    tasks: tuple[Task, ...]
    remarks: tuple[str, ...] = ()


def plan(names, seed, count=None, with_text=False):
    """The Plan for names of topics, problems (or their files) and papers; for none, problems on anything.

    Named problems come first, then those on the topics. count: how many questions; where it is more than there are problems,
    those with variants come again with new values. Raises UsageError for a name that is none, with the nearest.
    """
    if count is not None and not 1 <= count <= MOST:
        raise UsageError(f"From 1 to {MOST} questions can be practised at once, not {count:,}.")
    topics = [name for name in names if name in known_topics() and not names_paper(name)]
    named = [task for name in names if name not in topics for task in _named(name)]
    wanted = None if count is None else max(count - len(named), 0)
    chosen, remarks = [], ()
    if (topics or not named) and wanted != 0:
        bank = load_bank()
        selection = select(bank, topics, wanted or DEFAULT_COUNT, None, seed, with_text)
        chosen = [_chosen(pick, topics) for pick in _taking_turns(selection.picks)]
    tasks = _repeated([*named, *chosen][:count], count, seed)
    if count is not None and len(tasks) < count:
        remarks = (f"{count} questions were wanted; there are {len(tasks)}, and none of them has variants to go on with.",)
    return Plan(tuple(tasks), remarks)


def _named(name):
    """The Tasks of a name that is no topic."""
    if names_paper(name):
        paper = load_paper(name)
        return [Task(problem, paper, problem.topics[0]) for problem in paper.problems]
    known = {*known_topics(), *paper_files(bank_root()), *problem_files(bank_root())}
    if not name.endswith(".yaml") and name not in known:
        raise UsageError(
            f"There is no topic, problem or paper '{name}'{nearest(name, known)}; 'grader practice --list' shows the topics."
        )
    problem, paper = problem_with_paper(name)
    return [Task(problem, paper, problem.topics[0])]


def _chosen(pick, topics):
    problem, paper = problem_with_paper(pick.problem.id)
    return Task(problem, paper, pick.topic if topics else problem.topics[0])


def _taking_turns(picks):
    """Picks in an order in which their topics take turns."""
    seen, turns = {}, []
    for place, pick in enumerate(picks):
        seen[pick.topic] = seen.get(pick.topic, 0) + 1
        turns.append((seen[pick.topic], place, pick))
    return [pick for *_, pick in sorted(turns, key=lambda turn: turn[:2])]


def _repeated(tasks, count, seed):
    """The Tasks with their seeds, from the beginning again with the next seed until there are enough of them."""
    found = [_with_seed(task, seed) for task in tasks]
    again = [task for task in tasks if task.problem.draw]
    while again and len(found) < (count or 0):
        seed += 1
        found += [_with_seed(task, seed) for task in again][: count - len(found)]
    return found


def _with_seed(task, seed):
    return replace(task, seed=seed) if task.problem.draw else task


# --- what there is ---


@dataclass(frozen=True)
class TopicRow:
    """How many problems there are on a topic, how many of them have variants, and how many only a person marks."""

    topic: str
    title: str
    problems: int
    variants: int
    by_hand: int


def topics_to_practise():
    """A TopicRow for every topic with problems, in the order of their names."""
    bank, rows = load_bank(), []
    for topic, title in sorted(known_topics().items()):
        found = [problem for problem in bank.problems.values() if topic in problem.topics]
        by_hand = sum(all(part.for_human for part in problem.parts) for problem in found)
        if found:
            rows.append(TopicRow(topic, title, len(found), sum(bool(problem.draw) for problem in found), by_hand))
    return rows
