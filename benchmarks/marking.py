"""Marking: 10,000 mixed number answers read and judged in one process, and how long commands take to start.

python benchmarks/marking.py [COUNT]
"""

import random
import subprocess
import sys
import time
from collections import Counter
from fractions import Fraction

from grader.bank.load import load_bank
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.solution import solution_of
from grader.maths.errors import GraderError

COUNT = 10_000
STARTS = 7
COMMANDS = (["-c", "pass"], ["-m", "grader", "--help"], ["-c", "import numpy"], ["-c", "import grader.marking.api"])


def number_boxes():
    """(problem, part, box, exact value) of every box of the bank that asks for a single rational number."""
    from grader.maths.evaluate import Evaluation
    from grader.maths.systems import EXACT, as_fraction

    for problem in load_bank().problems.values():
        try:
            solution = solution_of(problem)
        except GraderError:
            continue
        work = Evaluation(solution.program.values)
        for part in problem.parts:
            for box in part.boxes:
                node = solution.program.boxes.get((part.id, box.name))
                if node is None or node.shape or solution.symbolic(node):
                    continue
                value, system = work.with_system(node)
                if system is EXACT:
                    yield solution, part, box, as_fraction(value[()])


def typed_forms(value, generator):
    """A right, a rounded or a wrong number as people type it."""
    wrong = value + generator.choice((1, -1, Fraction(1, 2)))
    forms = (f"{value}", f"{float(value):.4g}", f"{float(value):.3f}", f"{wrong}", f"{float(wrong):.2f}", f"x = {value}")
    return generator.choice(forms)


def main():
    count = int(sys.argv[1]) if sys.argv[1:] else COUNT
    generator, boxes = random.Random(1), list(number_boxes())
    answers = [(one, typed_forms(one[3], generator)) for one in generator.choices(boxes, k=count)]
    states, start = Counter(), time.perf_counter()
    for (solution, part, box, _), text in answers:
        judge = Judge(solution, None)
        states[credit(judge.box(part, box, text), judge.policies).state] += 1
    seconds = time.perf_counter() - start
    print(f"{count:,} number answers to {len(boxes)} boxes: {seconds:.2f} s, {count / seconds:,.0f} a second; {dict(states)}")
    for command in COMMANDS:
        print(f"python {' '.join(command):32} {start_up(command) * 1e3:6.0f} ms")


def start_up(command):
    """The least time to start, of some."""

    def once():
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    return min(once() for _ in range(STARTS))


if __name__ == "__main__":
    main()
