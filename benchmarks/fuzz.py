"""Fuzzing: random and mutated answers to every box of the bank, to small problems of every kind, and to `equal`.

    python benchmarks/fuzz.py [COUNT] [SEED]

Every input is judged or refused with a GraderError: no other exception, marks within 0 and what the box is worth, nothing shown
with control characters, no more than 50 ms of CPU time (an offender is measured twice more, because others use the machine), no
memory kept. Prints the times by kind; exits with 1 where an input broke one of these, and prints the shortest of each sort, to be
pasted. An input follows from the seed and its number alone, whatever the number of processes.
"""

import faulthandler
import multiprocessing
import os
import resource
import sys
import time
import traceback
import unicodedata
import warnings
from array import array
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fuzz_inputs import EQUAL, drawn, prepare

import grader
from grader.marking.api import find_box
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.reading.boxes import split_boxes
from grader.maths.errors import GraderError

COUNT, SEED, CHUNK = 200_000, 1, 2_000
SLOW = 0.050  # seconds of CPU time for one input
STUCK, NOWHERE = 60, -1  # seconds after which an input is given up
WARM, GROWTH = 30_000, 20  # inputs before memory is watched; MB more per 100,000 inputs after them, while caches of the bank fill
LEAP = 10  # MB that one input may need

# --- one input ---


def prepared(one):
    """A Judge who has seen the earlier answers of an input; None for two texts to compare."""
    if one.asked.kind == EQUAL:
        return None
    judge = Judge(one.asked.solution, one.policies)
    for name, text in one.earlier:
        part, box = find_box(one.asked.solution.problem, name)
        judge.box(part, box or part.boxes[0], text)
    return judge


def outcome(one, judge):
    """The Verdicts on an input as `grader.check_boxes` gives them, or the Equality; none where it is refused."""
    part, box = one.asked.part, one.asked.box
    try:
        if judge is None:
            return [grader.equal(one.text, one.other, one.symbols)]
        found = judge.part(part, split_boxes(part, one.text)) if one.whole else [judge.box(part, box, one.text)]
        return [with_feedback(credit(verdict, judge.policies)) for verdict in found]
    except GraderError:
        return []


def faults(one):
    """(seconds of CPU time, those for earlier answers aside; what is wrong with the outcome of an input, in a few words each)."""
    start, memory = time.thread_time(), _megabytes()
    try:
        judge = prepared(one)
        start = time.thread_time()
        found = outcome(one, judge)
    except Exception as error:  # this is what is looked for
        return time.thread_time() - start, [f"{type(error).__name__} at {_place(error)}"]
    seconds = time.thread_time() - start
    told = [fault for verdict in found for fault in (_of_equality(verdict) if judge is None else _of_verdict(verdict, one))]
    leap = _done >= WARM and _megabytes() - memory > LEAP
    return seconds, told + [f"memory: one input takes more than {LEAP} MB"] * leap


_done = 0  # inputs of this process


def _megabytes():
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _megabytes_now():
    """The memory this process has, or the most it ever had where that is not told."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return _megabytes()
    return pages * resource.getpagesize() / 2**20


def _place(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "grader" in Path(frame.filename).parts]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{'/'.join(Path(last.filename).parts[-3:])}:{last.lineno} ({last.name})"


def _of_verdict(verdict, one):
    if verdict.marks is not None and not 0 <= verdict.marks <= verdict.out_of:
        yield f"marks out of range ({verdict.state} {verdict.tag})"
    if (verdict.marks is None) != (verdict.share is None and verdict.out_of > 0):
        yield f"marks without a decision ({verdict.state} {verdict.tag})"
    by_hand = verdict.tag == "for-a-human"
    for name in ("feedback",) if by_hand else ("feedback", "read"):
        if strange := steering(getattr(verdict, name)):
            yield f"{name} with {strange} ({one.asked.kind})"


def _of_equality(equality):
    if equality.state not in ("equal", "different", "undecided"):
        yield f"equal says {equality.state}"
    if (equality.state == "different") != bool(equality.witness):
        yield f"{equality.state}, but the witness is {'there' if equality.witness else 'missing'}"
    if strange := steering(equality.witness + equality.reason):
        yield f"witness with {strange}"


def steering(text):
    """The Unicode category of a first character that steers a terminal or turns text around, or ''."""
    return next((unicodedata.category(one) for one in text if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")), "")


def again(one):
    """Faults and time of an input; one that is slow is measured twice more."""
    seconds, told = faults(one)
    for _ in range(2):
        if seconds > SLOW:
            seconds = min(seconds, faults(one)[0])
    return seconds, told + [f"slow: more than {SLOW * 1000:.0f} ms ({one.asked.kind})"] * (seconds > SLOW)


# --- many inputs ---


@dataclass
class Report:
    """What came out: times by kind, how often each fault was found, its smallest input; the slowest input by kind."""

    times: dict = field(default_factory=lambda: defaultdict(partial(array, "d")))
    counts: Counter = field(default_factory=Counter)
    smallest: dict = field(default_factory=dict)
    slowest: dict = field(default_factory=dict)

    def add(self, one):
        seconds, told = again(one)
        kind = one.asked.kind
        if seconds > self.slowest.get(kind, (-1, ""))[0]:
            self.slowest[kind] = seconds, str(one)
        self.times[kind].append(seconds)
        for fault in told:
            self.note(fault, one.size, f"{one}   {seconds * 1000:.0f} ms")

    def note(self, fault, size, line, times=1):
        self.counts[fault] += times
        self.smallest[fault] = min(self.smallest.get(fault, (size, line)), (size, line))

    def join(self, other):
        for kind, times in other.times.items():
            self.times[kind].extend(times)
            self.slowest[kind] = max(self.slowest.get(kind, (0, "")), other.slowest[kind])
        for fault, times in other.counts.items():
            self.note(fault, *other.smallest[fault], times)


def run(seed, first, last, before=lambda number: None):
    """The Report on some inputs; `before` is called with the number of each. A warning that a user would see is a fault, too."""
    report = Report()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(first, last):
            before(number)
            report.add(drawn(seed, number))
    return report


_at = None  # the number of the input that each chunk has come to, in memory that processes share


def chunk(seed, place, first, last):
    """The Report of a process, which ends itself where it is stuck; with (its number, its inputs so far, its MB)."""
    global _done

    def before(number):
        _at[place] = number
        faulthandler.dump_traceback_later(STUCK, exit=True)

    report = run(seed, first, last, before)
    faulthandler.cancel_dump_traceback_later()
    _at[place], _done = NOWHERE, _done + last - first
    return report, (os.getpid(), _done, _megabytes_now())


def fuzz(count, seed, jobs):
    """The Report on `count` inputs, and MB more per 100,000 inputs of the process that kept most (None for too few inputs)."""
    global _at
    prepare()
    starts = range(0, count, CHUNK)
    processes = multiprocessing.get_context("fork")  # they have the bank without reading it
    _at = processes.Array("q", [NOWHERE] * len(starts), lock=False)
    report, memory = Report(), defaultdict(list)
    with ProcessPoolExecutor(jobs, processes) as pool:
        work = [pool.submit(chunk, seed, place, first, min(count, first + CHUNK)) for place, first in enumerate(starts)]
        try:
            for finished in as_completed(work):
                _take(report, memory, *finished.result())
        except BrokenProcessPool:
            for one in (drawn(seed, number) for number in _at if number != NOWHERE):
                report.note(f"stuck for {STUCK} s or crashed, here or elsewhere just then: {one.asked.kind}", one.size, str(one))
    print(file=sys.stderr)
    return report, max((grown for grown in map(growth, memory.values()) if grown is not None), default=None)


def _take(report, memory, part, sample):
    report.join(part)
    process, *state = sample
    memory[process].append(state)
    done = sum(map(len, report.times.values()))
    print(f"\r{done:,} inputs, {len(report.counts)} sorts of faults ", end="", file=sys.stderr, flush=True)


def growth(samples):
    """MB more per 100,000 inputs from samples (inputs, MB) of a process, after its warm-up; None for too few."""
    after = sorted(sample for sample in samples if sample[0] >= WARM)
    if len(after) < 2 or after[-1][0] - after[0][0] < WARM:
        return None
    (first, least), (last, most) = after[0], after[-1]
    return (most - least) / (last - first) * 100_000


def main(arguments):
    count, seed = (int(one) for one in (*arguments, *(COUNT, SEED)[len(arguments) :]))
    jobs = min(2, os.cpu_count() or 1)
    report, grown = fuzz(count, seed, jobs)
    print(f"{count:,} inputs (seed {seed}, {jobs} processes); times in ms of CPU time")
    print(f"  {'kind':12} {'inputs':>8} {'p50':>7} {'p99':>7} {'max':>7}")
    for kind, times in sorted(report.times.items()):
        ordered = sorted(1000 * seconds for seconds in times)
        shown = " ".join(f"{ordered[int(share * (len(ordered) - 1))]:7.2f}" for share in (0.5, 0.99, 1))
        print(f"  {kind:12} {len(ordered):8,} {shown}   {report.slowest[kind][1][:150]}")
    if grown is not None:
        print(f"memory: {grown:+.1f} MB per 100,000 inputs after the first {WARM:,} of a process (limit {GROWTH})")
    for fault, times in report.counts.most_common():
        print(f"FAULT, {times} times: {fault}\n    {report.smallest[fault][1]}")
    return not report.counts and (grown is None or grown <= GROWTH)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
