"""Expression equality: ours, SymPy's simplify and math-verify on the same pairs in one run.

    python benchmarks/equality.py [--limit SECONDS] [--ours]

The pairs are those of tests/cases/equality-*.yaml. SymPy and math-verify run in processes of their own, which are ended where a
pair takes longer than the limit; math-verify is installed into a separate environment (.venv/bench) where it can be had. Pairs
with vectors or matrices are put to us alone. Cold: two texts to a verdict; what is kept of texts, names and numbers is forgotten
before every round. Prepared: the first side is read, its points are known; the typed side is read, or (compare) read already.
"""

import argparse
import functools
import gc
import json
import os
import platform
import select
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv" / "bench"
ROUNDS = 3


def pairs():
    """The written pairs: dicts with symbols, a, b, state."""
    import yaml

    found = []
    for path in sorted((ROOT / "tests" / "cases").glob("equality-*.yaml")):
        found += yaml.safe_load(path.read_text())
    return [{"symbols": [], **pair, "a": str(pair["a"]), "b": str(pair["b"])} for pair in found]


def of_numbers(pair):
    return not any(word in text for text in pair["symbols"] for word in ("matrix", "vector", "ones"))


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--limit", type=float, default=5, help="seconds a pair for the other tools")
    options.add_argument("--ours", action="store_true", help="leave the other tools out")
    chosen = options.parse_args()
    limit = chosen.limit
    every = pairs()
    scalar = [pair for pair in every if of_numbers(pair)]
    tell_confounds()
    print(f"{len(every)} pairs, {len(scalar)} of them without vectors and matrices\n")
    print(f"{'':28}{'pairs/s':>10}{'p50 ms':>9}{'p99 ms':>9}  false accepts, false rejects, undecided, not read, too slow")
    report("ours, cold, all pairs", every, *ours(every))
    base = report("ours, cold", scalar, *ours(scalar))
    for name, seconds, states in prepared(scalar):
        report(f"ours, {name}", scalar, seconds, states)
    for tool, python in () if chosen.ours else (("sympy", sys.executable), ("math-verify", math_verify())):
        if python is None:
            print(f"{tool:28} cannot be installed here")
            continue
        rate = report(tool, scalar, *Worker(tool, python, limit).run(scalar))
        print(f"{'':28} ours is {base / rate:,.0f} times as fast")


def tell_confounds():
    """What else decides about the figures."""
    import flint

    names = ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    pinned = {name: os.environ.get(name, "not set") for name in names}
    print(f"Python {platform.python_version()}, python-flint {flint.__version__}, {os.cpu_count()} cores, one thread used")
    print(f"{pinned}")


def report(name, asked, seconds, states):
    """Print a line; gives the pairs per second."""
    wrong = Counter()
    for pair, state in zip(asked, states, strict=True):
        if state in ("equal", "different"):
            wrong["accept"] += state == "equal" != pair["state"]
            wrong["reject"] += state == "different" != pair["state"]
        else:
            wrong[state] += 1
    order = sorted(seconds)
    rate = len(order) / sum(order)
    counts = ", ".join(str(wrong[kind]) for kind in ("accept", "reject", "undecided", "unread", "slow"))
    middle, late = order[len(order) // 2], order[int(len(order) * 0.99)]
    print(f"{name:28}{rate:>10,.0f}{middle * 1e3:>9.3f}{late * 1e3:>9.3f}  {counts}")
    return rate


# ----------------------------------------------------------------------------------------------------------------- ours


def ours(asked):
    """Seconds (the best of some rounds) and states, each pair from its texts alone."""
    from grader import GraderError, equal

    def state(pair):
        try:
            return equal(pair["a"], pair["b"], pair["symbols"]).state
        except GraderError:
            return "unread"

    return timed([lambda pair=pair: state(pair) for pair in asked], before=forget)


def forget():
    """Empty every cache of ours that has a bound, which are those of what is typed."""
    for found in gc.get_objects():
        ours = isinstance(found, functools._lru_cache_wrapper) and found.__module__.startswith("grader")
        if ours and found.cache_info().maxsize:
            found.cache_clear()


def timed(calls, before=None):
    best, states = [float("inf")] * len(calls), [None] * len(calls)
    for _ in range(ROUNDS):
        if before:
            before()
        for position, call in enumerate(calls):
            start = time.perf_counter()
            states[position] = call()
            best[position] = min(best[position], time.perf_counter() - start)
    return best, states


def prepared(asked):
    """(name, seconds, states) where the key is prepared: with the typed side still to be read, and without."""
    from grader import GraderError
    from grader.marking.reading.typed import STUDENT_CONVENTIONS, aliases, free_names, is_product, read_formula
    from grader.maths.equality import Prepared
    from grader.maths.graph import given
    from grader.maths.language.declarations import Declaration, declaration

    def key(pair):
        symbols = {text.partition(":")[0].strip(): declaration(text.partition(":")[2]) for text in pair["symbols"]}
        for name in sorted(free_names(pair["a"]) | free_names(pair["b"])):
            if not is_product(name, aliases(symbols)):
                symbols[name] = Declaration("real")
        nodes = {name: given(name) for name in symbols}
        known = read_formula(pair["a"], nodes, STUDENT_CONVENTIONS)
        ready = Prepared(known.node, symbols, text=known.text)
        ready.compare(known.node)
        return ready, lambda: read_formula(pair["b"], nodes, STUDENT_CONVENTIONS)

    def whole(pair):
        try:
            ready, read = key(pair)
            typed = read()
        except GraderError:
            return (lambda: "unread",) * 2
        return (lambda: compare(ready, read()), lambda: compare(ready, typed))

    def compare(ready, typed):
        return ready.compare(typed.node, typed.text).state

    calls = [whole(pair) for pair in asked]
    yield "prepared key", *timed([reading for reading, _ in calls], before=forget)
    yield "prepared key, compare", *timed([comparing for _, comparing in calls])


# --------------------------------------------------------------------------------------------------------------- others


def math_verify():
    """The Python of an environment that has math-verify; None where it cannot be had."""
    python = ENVIRONMENT / "bin" / "python"
    steps = [] if python.exists() else [[sys.executable, "-m", "venv", str(ENVIRONMENT)]]
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "math-verify[antlr4_13_2]"]
    for step in (*steps, install):
        if subprocess.run(step, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            return None
    return str(python)


class Worker:
    """A tool in a process of its own, asked pair by pair, ended and started anew where a pair takes too long."""

    def __init__(self, tool, python, limit):
        self.command, self.limit = [python, __file__, "--worker", tool], limit
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.process.stdout.readline()  # it is ready

    def ask(self, pair):
        if self.process.poll() is not None:
            self.start()  # the last pair ended it
        self.process.stdin.write(json.dumps(pair) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], self.limit)[0]:
            self.process.kill()
            self.process.wait()
            self.start()
            return "slow"
        return self.process.stdout.readline().strip() or "unread"

    def run(self, asked):
        seconds, states = [], []
        for pair in asked:
            start = time.perf_counter()
            states.append(self.ask(pair))
            seconds.append(time.perf_counter() - start)
        self.process.kill()
        self.process.wait()
        return seconds, states


def work(tool):
    """The other end of Worker: a verdict a line."""
    judge = {"sympy": sympy_judge, "math-verify": math_verify_judge}[tool]()
    print("ready", flush=True)
    for line in sys.stdin:
        print(judge(json.loads(line)), flush=True)


def sympy_judge():
    import sympy
    from sympy.parsing.sympy_parser import (
        convert_xor,
        implicit_multiplication_application,
        parse_expr,
        standard_transformations,
    )

    transformations = (*standard_transformations, convert_xor, implicit_multiplication_application)
    known = {"sigmoid": lambda x: 1 / (1 + sympy.exp(-x)), "relu": lambda x: sympy.Max(x, 0), "max": sympy.Max, "min": sympy.Min}

    def symbol(text):
        name, _, domain = (part.strip() for part in text.partition(":"))
        positive = True if domain.startswith("positive") or "> 0" in domain or "(0," in domain else None
        return name, sympy.Symbol(name, real=True, positive=positive, integer=True if domain.startswith("integer") else None)

    def judge(pair):
        names = {**known, **dict(map(symbol, pair["symbols"]))}
        try:
            a, b = (parse_expr(pair[side], local_dict=names, transformations=transformations) for side in "ab")
            return "equal" if sympy.simplify(a - b) == 0 else "different"
        except Exception:  # it raises whatever the text makes its `eval` raise  # noqa: BLE001
            return "unread"

    return judge


def math_verify_judge():
    from math_verify import parse, verify

    def judge(pair):
        a, b = (parse(f"${pair[side]}$") for side in "ab")
        return ("equal" if verify(a, b) else "different") if a and b else "unread"

    return judge


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2])
    else:
        main()
