"""Hostile and random input: judged or refused with a GraderError in bounded time and memory, and nothing typed is ever run.

`make fuzz` does the same with many more inputs.
"""

import builtins
import importlib
import os
import sys
import threading
import time
import tracemalloc
import warnings
from contextlib import contextmanager
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from grader.marking.verdict import Verdict

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
fuzz, inputs = importlib.import_module("fuzz"), importlib.import_module("fuzz_inputs")

RANDOM = 3_000
MEGABYTES = 10
PARTS = ("number", "array", "count", "shape", "expression", "matrix", "chain", "growth", "boolean", "choice", "order", "boxes")
NUMBERS = ("number", "array", "count", "shape", "chain", "boxes")

# What is known to be wrong, as (name of a hostile answer, part): take an entry out when it is mended.
TOWERS = ("tower", "tower of carets", "tower of tens", "tower of odd numbers")
VANISHING = ("tiny number in a root", "tiny number in a sum", "vanishing exponential", "vanishing product")
STUCK = set()  # answers that never end, which are not even tried
SLOW = set()
SHOWN_RAW = set()
# the beginnings of known faults of random answers
KNOWN = ("slow: ",)
SMALL_STACK = 512 * 1024  # bytes; threads of some systems have no more


def hostile(*parts, known=()):
    """(name, part) of the hostile answers, with a mark for those that are known to fail."""
    pairs = product(inputs.HOSTILE, parts)
    return [pytest.param(*pair, marks=known_wrong(pair)) if pair in known or pair in STUCK else pair for pair in pairs]


def known_wrong(pair):
    return pytest.mark.xfail(reason="known to be wrong", run=pair not in STUCK, strict=pair in SHOWN_RAW)


@pytest.fixture(autouse=True)
def time_for_a_busy_machine(monkeypatch):
    """Here only what would take many times too long counts; `make fuzz` holds the limit itself."""
    monkeypatch.setattr(fuzz, "SLOW", 10 * fuzz.SLOW)


@pytest.fixture(scope="module", autouse=True)
def everything_is_imported():
    """What is imported late, SymPy above all, so that neither time nor code of imports is counted."""
    inputs.everything()
    for part in PARTS:
        inputs_for(part, "1")


@contextmanager
def nothing_runs():
    """Text that is made code, in Python or by SymPy, raises."""
    sympy, sympify, parser = map(importlib.import_module, ("sympy", "sympy.core.sympify", "sympy.parsing.sympy_parser"))
    places = [(builtins, "eval"), (builtins, "exec"), (builtins, "compile"), (os, "system"), (sympy, "sympify")]
    places += [(sympy, "parse_expr"), (sympify, "sympify"), (parser, "parse_expr"), (parser, "eval_expr")]
    with pytest.MonkeyPatch.context() as patch:
        for module, name in places:
            patch.setattr(module, name, refuse)
        yield


def refuse(*arguments, **settings):
    raise AssertionError(f"text is run as code: {str(arguments)[:80]}")


def inputs_for(part, text):
    """An Input for the first box of a part of the problem with every kind."""
    asked = next(one for one in inputs.everything()[0] if one.part.id == part)
    return inputs.Input(asked, text, whole=part == "boxes")


def compared(text, other):
    return inputs.Input(inputs.everything()[2], text, other=other, symbols=("x: real",))


def faults(one):
    """What is wrong with an input, and the input; a warning is a fault, and so is text that runs."""
    with warnings.catch_warnings(), nothing_runs():
        warnings.simplefilter("error")
        return [f"{fault}: {one}" for fault in fuzz.again(one)[1]]


@pytest.mark.parametrize("run", [lambda text: eval(text), lambda text: importlib.import_module("sympy").sympify(text)])
def test_text_that_runs_is_noticed(run, monkeypatch):
    monkeypatch.setattr(fuzz, "split_boxes", lambda part, text: run(text))
    (fault,) = faults(inputs_for("boxes", "1 + 1"))
    assert fault.startswith("AssertionError at ")


@pytest.mark.parametrize(("name", "part"), hostile(*PARTS, known=SLOW | SHOWN_RAW))
def test_hostile_answers_are_judged_or_refused(name, part):
    assert faults(inputs_for(part, inputs.HOSTILE[name])) == []


@pytest.mark.parametrize("name", inputs.HOSTILE)
def test_hostile_texts_are_compared_or_refused(name):
    text = inputs.HOSTILE[name]
    assert [fault for pair in ((text, "x"), ("x", text), (text, text)) for fault in faults(compared(*pair))] == []


@pytest.mark.parametrize(("name", "part"), hostile("number", "array", "expression", "choice"))
def test_hostile_answers_need_little_memory(name, part):
    one = inputs_for(part, inputs.HOSTILE[name])
    tracemalloc.start()
    fuzz.outcome(one, fuzz.prepared(one))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEGABYTES * 2**20 + 4 * len(one.text)


def test_hostile_answers_say_the_same_in_a_thread_with_a_small_stack():
    pairs = [pair for pair in product(inputs.HOSTILE, ("number", "expression", "chain")) if pair not in STUCK]
    asked = [inputs_for(part, inputs.HOSTILE[name]) for name, part in pairs]
    found, before = [], threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=lambda: found.extend(map(outcome, asked)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == list(map(outcome, asked))


def outcome(one):
    return [(verdict.state, verdict.tag, verdict.read, verdict.feedback) for verdict in fuzz.outcome(one, fuzz.prepared(one))]


def test_random_answers_are_judged_or_refused(monkeypatch):
    monkeypatch.setattr(fuzz, "STUCK", 10)
    report, _ = fuzz.fuzz(RANDOM, seed=1, jobs=1)
    unknown = {fault: one for fault, one in report.smallest.items() if not fault.startswith(KNOWN)}
    assert unknown == {}
    assert sum(map(len, report.times.values())) == RANDOM or any(fault.startswith("stuck ") for fault in report.counts)


def test_inputs_follow_from_the_seed():
    assert [str(inputs.drawn(1, number)) for number in range(50)] == [str(inputs.drawn(1, number)) for number in range(50)]
    assert len({str(inputs.drawn(seed, 7)) for seed in range(20)}) > 15


# --- the tester tested ---


def test_another_exception_is_noticed(monkeypatch):
    monkeypatch.setattr(fuzz, "split_boxes", lambda part, text: 1 // 0)
    (fault,) = faults(inputs_for("boxes", "z = 1"))
    assert fault.startswith("ZeroDivisionError at ")
    assert fault.endswith("grader.check('small', 'boxes', 'z = 1')")


def test_slow_and_unsuitable_verdicts_are_noticed(monkeypatch):
    marks = {"share": Fraction(1), "marks": Fraction(3), "out_of": Fraction(1)}
    verdict = Verdict("a", "", "right", **marks, read="\x1b[31m", feedback="\u202e")

    def slowly(one, judge):
        start = time.thread_time()
        while time.thread_time() < start + 1.1 * fuzz.SLOW:
            pass
        return [verdict]

    monkeypatch.setattr(fuzz, "outcome", slowly)
    found = [fault.partition(":")[0] for fault in faults(inputs_for("number", "1"))]
    assert found == ["marks out of range (right )", "feedback with Cf (number)", "read with Cc (number)", "slow"]


def test_the_growth_of_memory_is_measured_after_the_warm_up():
    warm = fuzz.WARM
    assert fuzz.growth([(0, 10), (warm, 100), (warm + 50_000, 104), (warm + 100_000, 108)]) == 8
    assert fuzz.growth([(0, 10), (2_000, 100)]) is None
