"""Practice sheets from the bank: problems on some topics, spread evenly, with as many marks as are wanted."""

import hashlib
import json
import os
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm
from types import MappingProxyType

import numpy as np

from grader.bank.coverage import items_of
from grader.bank.files import write_whole
from grader.bank.load import PAPER
from grader.bank.model import Paper, Where
from grader.bank.topics import known_topics
from grader.bank.words import counted, show_marks
from grader.maths.errors import GraderError, UsageError, nearest
from grader.variants.draw import draw

DEFAULT_COUNT = 5  # problems where neither a number of them nor marks are asked for
MOST = 50  # problems on a sheet
MOST_CELLS = 200_000  # of the table that is searched; beyond that topics are searched half by half
ANY = ""  # stands for all topics at once
DIGITS_OF_ID = 8
HEADER = "# A practice sheet of 'grader sheet --topic'; 'grader grade HANDINS --paper' takes this file."


@dataclass(frozen=True)
class Pick:
    """A chosen Problem, and the topic it stands for."""

    topic: str
    problem: object


@dataclass(frozen=True)
class Selection:
    """What was chosen for a practice sheet.

    topics: those asked for, none for all; picks: Picks in the order of the topics; seed: which choice it is; remarks: sentences
    on what could not be met.
    """

    topics: tuple[str, ...]
    picks: tuple[Pick, ...]
    seed: int
    remarks: tuple[str, ...] = ()

    @property
    def problems(self):
        return tuple(pick.problem for pick in self.picks)

    @property
    def marks(self):
        return sum((problem.marks for problem in self.problems), Fraction(0))


def select(bank, topics=(), count=None, marks=None, seed=0, with_text=False):
    """The Selection of problems of a Bank on some topics (on any, where none is named).

    count: how many problems, spread evenly over the topics; marks: how many marks they should have together, met as nearly as
    possible. Without either there are DEFAULT_COUNT problems, with marks alone as many as it takes. Of equally good choices the
    seed decides, in favour of problems with variants, which the engine marks, and which are about little else. No two share an
    item of the catalogue. with_text: also problems that only a person can mark. Raises UsageError for an unknown topic, and
    where there is no problem.
    """
    topics = tuple(dict.fromkeys(topics))
    _check(bank, topics, count, marks)
    count = DEFAULT_COUNT if count is None and marks is None else count
    wanted = None if marks is None else Fraction(marks)
    candidates = [_Candidate.of(problem, topics, seed) for problem in bank.problems.values() if _may_be_used(bank, problem)]
    candidates = [one for one in candidates if one.topics and (with_text or one.by_hand < 1)]
    if not candidates:
        raise UsageError(_nothing(topics, bank, with_text))
    groups = _groups(candidates)
    search = _Search(groups, topics or (ANY,), count, wanted)
    picks = sorted(search.found(), key=lambda pick: (search.topics.index(pick.topic), pick.problem.id))
    chosen = Selection(topics, tuple(picks), seed)
    return Selection(topics, chosen.picks, seed, tuple(_remarks(chosen, count, wanted, len(groups))))


def _check(bank, topics, count, marks):
    known = known_topics(bank.root)
    for topic in topics:
        if topic not in known:
            raise UsageError(f"There is no topic '{topic}'{_near(topic, known)}; 'grader bank list --by topic' shows all.")
    if count is not None and not 1 <= count <= MOST:
        raise UsageError(f"A practice sheet has from 1 to {MOST} problems, not {count:,}.")
    if marks is not None and marks <= 0:
        raise UsageError(f"A practice sheet has marks; {marks} is too few.")


def _near(topic, known):
    """The nearest topic by its name, or by a word of its title."""
    words = {word.strip(",").lower(): name for name, title in reversed(known.items()) for word in title.split() if len(word) > 3}
    by_title = nearest(topic.lower(), words)
    return nearest(topic, known) or (f" (did you mean '{words[by_title.split(chr(39))[1]]}'?)" if by_title else "")


def _may_be_used(bank, problem):
    """Whether a problem means the same outside its paper: its paper sets no conventions that it does not set itself."""
    paper = bank.papers.get(problem.id.rpartition("/")[0])
    if paper is None or all(listed.id != problem.id for listed in paper.problems):
        return True
    return paper.conventions.keys() <= problem.conventions.keys()


def _nothing(topics, bank, with_text):
    about = " or ".join(topics)
    there = any(set(topics) & set(problem.topics) for problem in bank.problems.values())
    if there and not with_text:
        return f"On {about} there are only problems that a person marks; --with-text takes them in."
    return f"There is no problem on {about}." if topics else f"There is no problem in '{bank.root}' to choose from."


def _remarks(chosen, count, wanted, there):
    number = len(chosen.picks)
    if count is not None and number < count:
        there_is = f"There {'is' if there == 1 else 'are'} only {counted(there, 'problem')} to choose from"
        reason = there_is if there <= number else "No more fit together"
        yield f"{reason}; {count} were wanted."
    if wanted is not None and chosen.marks != wanted:
        few = counted(number, "problem")
        yield f"The nearest total of {few} here is {show_marks(chosen.marks)}, not {show_marks(wanted)}."
    missing = [topic for topic in chosen.topics if all(pick.topic != topic for pick in chosen.picks)]
    if missing and number >= len(chosen.topics):
        yield f"Nothing on {' and '.join(missing)} could be taken in."


# --- candidates ---


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A problem that may be chosen; topics: those it can stand for; by_hand: the share of its answers that a person marks;
    cost: what speaks against it.
    """

    problem: object
    topics: tuple
    by_hand: Fraction
    cost: float

    @classmethod
    def of(cls, problem, topics, seed):
        matched = tuple(topic for topic in topics if topic in problem.topics) if topics else (ANY,)
        boxes = [box for part in problem.parts for box in part.boxes]
        by_hand = Fraction(sum(box.kind in ("text", "file") for box in boxes), len(boxes))
        aside = 1 - len(matched) / len(problem.topics) if topics else 0
        cost = (not problem.draw) + float(by_hand) + aside + _chance(seed, problem.id)
        return cls(problem, matched, by_hand, cost)


def _chance(seed, id):
    """A number from 0 to 1 that depends on the seed and the problem alone."""
    return int.from_bytes(hashlib.sha256(f"{seed} {id}".encode()).digest()[:4], "big") / 2**32


def _groups(candidates):
    """Candidates in groups: those of a group share items of the catalogue, if only by way of others of it."""
    groups = []
    for one in candidates:
        items = set(items_of(one.problem))
        shared = [group for group in groups if group[0] & items]
        groups = [group for group in groups if not group[0] & items]
        groups.append((items.union(*(group[0] for group in shared)), [c for group in shared for c in group[1]] + [one]))
    return [found for _, found in groups]


# --- the search ---


class _Search:
    """Looks for the best choice of at most one candidate a group: all choices, by a table over problems a topic and marks."""

    def __init__(self, groups, topics, count, wanted):
        self.groups, self.topics, self.count, self.wanted = groups, topics, count, wanted
        self.most = min(count or MOST, len(groups))
        marks = [one.problem.marks for group in groups for one in group]
        self.unit = lcm(*(mark.denominator for mark in (*marks, wanted or Fraction(0))))
        self.typical = max(Fraction(1, 2), sum(marks, Fraction(0)) / len(marks))
        if count is None:
            self.most = min(self.most, max(len(topics), ceil(2 * wanted / self.typical)))

    def found(self):
        """The Picks of the best choice."""
        cap, found = self._cap(), None
        while found is None or (self.count and len(found) < self.most and cap < self.most):
            if self._cells(cap) > MOST_CELLS and len(self.topics) > 1:
                return self._by_halves()
            better = self._best(cap)
            found = better if found is None or len(better) > len(found) else found
            cap += 1
        return found

    def _cap(self):
        """The least number of problems a topic with which there can be enough of them."""
        there = [sum(any(topic in one.topics for one in group) for group in self.groups) for topic in self.topics]
        caps = (cap for cap in range(1, self.most + 1) if sum(min(cap, number) for number in there) >= self.most)
        return next(caps, self.most)

    def _width(self):
        """The most marks, in units, that a choice can have, and still be the nearest to what is wanted."""
        if self.wanted is None:
            return 0
        largest = sorted((max(one.problem.marks for one in group) for group in self.groups), reverse=True)
        total = sum(largest[: self.most], Fraction(0))
        return int((total if self.count else min(total, self.wanted + largest[0])) * self.unit)

    def _cells(self, cap):
        return (cap + 1) ** len(self.topics) * (self._width() + 1)

    def _by_halves(self):
        """The first topics by themselves, then the others with what is left."""
        half = len(self.topics) // 2
        share = Fraction(half, len(self.topics))
        count = self.count and ceil(self.count * share)
        wanted = self.wanted and self.wanted * share
        first = self._part(self.groups, self.topics[:half], count, wanted and Fraction(round(wanted * 2), 2))
        taken = {pick.problem.id for pick in first}
        rest = [group for group in self.groups if all(one.problem.id not in taken for one in group)]
        left = self.wanted and max(Fraction(1, 2), self.wanted - sum((pick.problem.marks for pick in first), Fraction(0)))
        second = self._part(rest, self.topics[half:], self.count and self.count - len(first), left)
        return [*first, *second]

    def _part(self, groups, topics, count, wanted):
        kept = [[one for one in group if set(one.topics) & set(topics)] for group in groups]
        kept = [group for group in kept if group]
        return _Search(kept, topics, count, wanted).found() if kept and count != 0 else []

    def _best(self, cap):
        """The Picks of the best choice with at most `cap` problems a topic."""
        table, steps = self._table(cap)
        places = [place for place in map(tuple, np.argwhere(np.isfinite(table))) if sum(place[:-1]) <= self.most]
        place = min(places, key=lambda place: self._rank(place, table))
        picks = []
        for group, step in zip(reversed(self.groups), reversed(steps), strict=True):
            taken = step[place]
            if taken >= 0:
                one, axis = self._options(group)[taken]
                picks.append(Pick(self.topics[axis], one.problem))
                place = self._before(place, one, axis)
        return picks

    def _options(self, group):
        return [(one, self.topics.index(topic)) for one in group for topic in one.topics if topic in self.topics]

    def _marks(self, one):
        return 0 if self.wanted is None else int(one.problem.marks * self.unit)

    def _before(self, place, one, axis):
        counts = (*place[:axis], place[axis] - 1, *place[axis + 1 : -1])
        return (*counts, place[-1] - self._marks(one))

    def _rank(self, place, table):
        """What makes a choice better, the most important first: enough problems, evenly spread, near to the marks, low cost."""
        *counts, marks = map(int, place)
        total, spread = sum(counts), max(counts) - min(counts)
        away = 0 if self.wanted is None else abs(Fraction(marks, self.unit) - self.wanted)
        if self.count is None:
            return total == 0, spread > 1, away, abs(total - self.wanted / self.typical), table[place], place
        return -total, spread, away, table[place], place

    def _table(self, cap):
        """The least cost of a choice by its problems a topic and its marks; and for each group which option leads there."""
        shape = (*(cap + 1 for _ in self.topics), self._width() + 1)
        table = np.full(shape, np.inf)
        table[(0,) * len(shape)] = 0
        steps = []
        for group in self.groups:
            new, step = table.copy(), np.full(shape, -1, dtype=np.int16)
            for number, (one, axis) in enumerate(self._options(group)):
                self._with(table, new, step, number, one, axis)
            table = new
            steps.append(step)
        return table, steps

    def _with(self, table, new, step, number, one, axis):
        """Take in the choices that have one candidate more, where they are better."""
        marks = self._marks(one)
        if marks >= table.shape[-1]:
            return
        target, source = [slice(None)] * table.ndim, [slice(None)] * table.ndim
        target[axis], source[axis] = slice(1, None), slice(None, -1)
        target[-1], source[-1] = slice(marks, None), slice(None, table.shape[-1] - marks)
        cost = table[tuple(source)] + one.cost
        better = cost < new[tuple(target)]
        new[tuple(target)][better] = cost[better]
        step[tuple(target)][better] = number


# --- as a paper ---


@dataclass(frozen=True)
class Practice:
    """A Selection as a paper. values: problem -> drawn name -> text, for those with a variant of their own."""

    paper: Paper
    values: MappingProxyType
    selection: Selection

    @property
    def remarks(self):
        """What to know of the choice."""
        fixed = [problem.id for problem in self.paper.problems if problem.id not in self.values]
        told = f"The same for every seed, as they have no 'draw': {', '.join(fixed)}." if fixed and self.values else ""
        return (*self.selection.remarks, *filter(None, [told]))

    @property
    def text(self):
        """The paper's file, which `grader grade --paper` reads beside any bank that has the problems."""
        lines = [HEADER, f"id: {self.paper.id}", f"title: {_quoted(self.paper.title)}", "problems:"]
        lines += [f"- {_quoted(problem.id)}" for problem in self.paper.problems]
        lines += ["values:"] * bool(self.values)
        for id, values in self.values.items():
            lines += [f"  {_quoted(id)}:", *(f"    {name}: {_quoted(text)}" for name, text in values.items())]
        return "\n".join(lines) + "\n"


def practice_of(selection, title="Practice", seed=None):
    """The Practice of a Selection; its id is `practice-` and a hash of what it asks.

    seed: which variants its problems are; they have no others then. A problem whose variants cannot be drawn stays as it is.
    """
    drawn = {problem.id: variant for problem in selection.problems if (variant := _variant(problem, seed))}
    values = {id: MappingProxyType(dict(variant.values)) for id, variant in drawn.items()}
    problems = tuple(drawn[one.id].problem if one.id in drawn else one for one in selection.problems)
    asked = [[one.id, drawn[one.id].hash if one.id in drawn else ""] for one in selection.problems]
    digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:DIGITS_OF_ID]
    titles = known_topics()
    names = ", ".join(titles.get(topic, topic) for topic in selection.topics)
    paper = Paper(f"practice-{digest}", f"{title}: {names}" if names else title, problems, Where(PAPER, 1))
    return Practice(paper, MappingProxyType(values), selection)


def _variant(problem, seed):
    if seed is None or not problem.draw:
        return None
    try:
        return draw(problem, seed)
    except GraderError:  # `grader validate` tells why
        return None


def write_practice(practice, folder):
    """Write the paper of a Practice to a folder; gives the file's name. Raises UsageError where another paper stands there."""
    path = os.path.join(folder, PAPER)
    if os.path.exists(path) and not _is_text(path, practice.text):
        raise UsageError(f"'{path}' is another paper, which hand-ins may answer; choose another folder with -o.")
    write_whole(path, practice.text)
    return PAPER


def _is_text(path, text):
    try:
        with open(path, "rb") as stream:
            return stream.read() == text.encode()
    except OSError:
        return False


def _quoted(text):
    """A text in quotes, as JSON and YAML have them."""
    return json.dumps(str(text), ensure_ascii=False)
