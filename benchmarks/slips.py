"""How well slips are told: every slip's answer typed into every box of the bank, and random wrong answers.

    python benchmarks/slips.py [PROBLEM ...]

A slip's answer is *named* where the verdict's tag is that slip, or one that gives the same value; *possible* where the verdict
only tells it as possible, because a chance hit would be too likely. Exits with 1 where fewer than 95 % are diagnosed, or where
more than 2 % of random wrong answers of plausible size get a slip's name.
"""

import random
import sys
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np

from grader.bank.load import load_bank
from grader.marking.check import Judge
from grader.marking.comparing.slip_values import slip_values
from grader.marking.solution import solution_of
from grader.maths.errors import GraderError
from grader.maths.show import nested
from grader.maths.slips import PLAIN

DIGITS = 5  # significant digits of an answer that does not end sooner
RANDOM = 20  # random wrong answers for each box
LEAST, MOST = 0.95, 0.02
DIAGNOSED = ("named", "declared", "possible", "undecided")


def boxes(solution):
    """(part, box, target) of every box with a numeric reference."""
    for part in solution.problem.parts:
        for box in part.boxes:
            target = solution.program.boxes.get((part.id, box.name))
            if target is not None and not solution.symbolic(target) and solution.kind(part, box) in NUMERIC:
                yield part, box, target


NUMERIC = ("number", "array", "count", "shape")


def typed(array):
    """An array of floats as somebody would type it."""
    return nested(np.asarray(array, dtype=object), _number)


def _number(value):
    exact = Fraction(float(value)).limit_denominator(10**6)
    if abs(float(exact) - value) <= 1e-12 * max(1, abs(value)) and exact.denominator in (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100):
        return f"{float(exact):.10g}" if exact.denominator > 1 else str(exact.numerator)
    return f"{value:.{DIGITS}g}"


def judged(solution, part, box, text):
    """The verdict on one answer by itself."""
    return Judge(solution, solution.paper.policies if solution.paper else None).box(part, box, text)


def outcome(verdict, tag):
    """What became of a slip's answer."""
    told = verdict.evidence.get("slips", ())
    if verdict.state in ("right", "rounded", "reading", "follows"):
        return "accepted"
    if verdict.tag == tag or (tag in told and verdict.evidence.get("sure")):
        return "named"
    if tag in told:
        return "possible"
    if verdict.state == "partly" and verdict.tag and not told:
        return "declared"
    if verdict.state == "undecided":
        return "undecided"
    return "another" if told else "missed"


def slips_of(solution):
    """(problem, box, slip tag, tier, outcome) for every slip's answer of a problem."""
    for part, box, target in boxes(solution):
        right = np.array(solution.value(target).array, dtype=object)
        seen = set()
        for wrong, array in slip_values(solution, target):
            if not _has_value(solution, wrong):
                continue
            text = typed(array)
            if (wrong.tag, text) in seen or text == typed(_floats(right)):
                continue
            seen.add((wrong.tag, text))
            verdict = judged(solution, part, box, text)
            if not (verdict.state == "right" and not verdict.tag):  # it may give the right digits
                yield solution.problem.id, f"{part.id}.{box.name}".rstrip("."), wrong, text, outcome(verdict, wrong.tag), verdict


def _has_value(solution, wrong):
    """Whether a slip's wrong graph has a certified value: 1/(1/0) is 0 only in floats."""
    try:
        solution.value(wrong.node)
    except GraderError:
        return False
    return True


def random_answers(solution, generator):
    """(text, verdict) for random wrong answers of plausible size to every box of a problem."""
    for part, box, target in boxes(solution):
        right = _floats(solution.value(target).array)
        whole = all(float(entry).is_integer() for entry in right.flat)
        size = float(np.max(np.abs(right), initial=0)) or 1.0
        for _ in range(RANDOM):
            entries = [_random(float(entry), size, whole, generator) for entry in right.flat]
            text = nested(np.array(entries, dtype=object).reshape(right.shape), str)
            verdict = judged(solution, part, box, text)
            if verdict.state == "wrong" or (verdict.state == "partly" and "slips" in verdict.evidence):
                yield text, verdict


def _random(entry, size, whole, generator):
    value = generator.choice((entry * generator.uniform(0.2, 3), entry + size * generator.uniform(-1, 1)))
    return round(value) if whole else float(f"{value:.{generator.choice((3, 4))}g}")


def _floats(array):
    return np.array([_float(entry) for entry in np.asarray(array, dtype=object).flat], dtype=float).reshape(np.shape(array))


def _float(entry):
    return float(entry.mid()) if hasattr(entry, "mid") else int(entry.p) / int(entry.q)


def main(names):
    generator, counts, tags, missed = random.Random(7), Counter(), defaultdict(Counter), []
    drawn = named = 0
    for name in names or sorted(load_bank().problems):
        try:
            solution = solution_of(name)
        except GraderError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        for problem, box, wrong, text, found, verdict in slips_of(solution):
            counts[wrong.tier == PLAIN, found] += 1
            tags[wrong.tag][found] += 1
            if found in ("missed", "another", "accepted"):
                missed.append((problem, box, wrong.tag, text, found, verdict.state, verdict.tag))
        for _, verdict in random_answers(solution, generator):
            drawn += 1
            named += bool(verdict.evidence.get("sure"))
    return report(counts, tags, missed, drawn, named)


def report(counts, tags, missed, drawn, named):
    """Prints the rates; True where they are good enough."""
    for line in missed:
        print("  not diagnosed:", *line)
    print(f"{len(tags)} slips; answers by outcome:")
    for tag in sorted(tags):
        print(f"  {tag:40}", ", ".join(f"{found} {number}" for found, number in tags[tag].most_common()))
    good = total = 0
    for plain in (False, True):
        row = {found: number for (own, found), number in counts.items() if own is plain and found != "accepted"}
        here, all_ = sum(row.get(found, 0) for found in DIAGNOSED), sum(row.values())
        good, total = good + here, total + all_
        kind = "plain arithmetic and other values" if plain else "slips with a meaning of their own"
        print(f"{kind}: {here} of {all_} diagnosed ({_percent(here, all_)})", row)
    accepted = sum(number for (_, found), number in counts.items() if found == "accepted")
    print(f"diagnosed: {_percent(good, total)} of {total}; {accepted} more are right under a reading or within rounding")
    print(f"random wrong answers that got a slip's name: {named} of {drawn} ({_percent(named, drawn)})")
    return good >= LEAST * total and named <= MOST * drawn


def _percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "none"


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
