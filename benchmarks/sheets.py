"""Sheets: variants drawn and kept, variants to Moodle XML, different PDFs, beside the published figures of other tools.

python benchmarks/sheets.py

The figures of R/exams (100 variants to Moodle XML), pdflatex and R/exams (a three-page PDF) were measured on a machine of this
size; factors compare with them. Times are those of one core (of this process). Solving and making answer keys come before the
export and are told on their own, and so is drawing figures that show values.
"""

import gc
import os
import re
import time
from dataclasses import replace

from grader.bank.load import load_paper, load_problem, problem_with_paper
from grader.marking.solution import solve_problem
from grader.sheets.answer_keys import answer_keys
from grader.sheets.blocks import Sheet
from grader.sheets.build import Sheets
from grader.sheets.open_questions import OpenQuestion
from grader.sheets.writers import write
from grader.variants.draw import draw_many
from grader.variants.issue import copy_of

VARIANTS, DRAWN, PDFS, TIMES = 100, 10_000, 100, 5
PAPER, THREE_PAGES = "tum-2022ss", ("tum-2022ss/06", "tum-2022ss/05")
MOODLE = ("lectures/adam-three-steps", "tum-2022ss/06")  # one without a figure, one with a figure of its values
R_EXAMS_MOODLE, R_EXAMS_PDF, PDFLATEX = 2.48, 0.186, 0.094  # seconds for 100 variants, for one PDF, for one PDF


def timed(work, times=1):
    """The least time of some runs, in seconds of this process, and what came out."""
    found = []
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        made = work()
        found.append(time.process_time() - start)
    return min(found), made


def to_moodle(id):
    problem, paper = problem_with_paper(id)
    solve_problem(problem, paper)
    solving, solutions = timed(lambda: [solve_problem(one.problem, paper) for one in draw_many(problem, VARIANTS, 1, paper)])
    keying, keys = timed(lambda: [answer_keys(solution) for solution in solutions])

    def filled():
        opened = OpenQuestion(solutions[0].problem, paper)
        pairs = enumerate(zip(solutions, keys, strict=True), 1)
        return opened.question, tuple(opened.variant(str(label), solution, key) for label, (solution, key) in pairs)

    def written(question, variants):
        question = replace(question, variants=variants)
        return write(Sheet(id, "", problem.title, "en", problem.marks, (question,)), "moodle")

    figures = bool(problem.figures or any(part.figures for part in problem.parts))
    filling, (question, variants) = timed(filled, TIMES)
    writing, files = timed(lambda: written(question, variants), TIMES)
    size, seconds = sum(map(len, files.values())) / 1e6, filling + writing
    print(f"{VARIANTS} variants of {id} to Moodle XML ({size:.1f} MB): {1e3 * seconds:.1f} ms beyond solving", end="")
    print(f", {1e3 * filling:.1f} of them for reading the statement, values{' and drawing a figure each' * figures}")
    print(f"  before: {solving:.2f} s to draw and solve, {keying:.2f} s for answer keys")
    whole = solving + keying + seconds
    factors = f"{R_EXAMS_MOODLE / seconds:.0f} x the export, {R_EXAMS_MOODLE / whole:.2f} x all of it"
    print(f"  R/exams with solving: {R_EXAMS_MOODLE} s; {factors}")


def draw():
    problem, paper = problem_with_paper("tum-2022ss/06")
    draw_many(problem, 100, 2, paper)
    seconds, variants = timed(lambda: draw_many(problem, DRAWN, 1, paper))
    print(f"{len(variants):,} variants of {problem.id} drawn and kept: {seconds:.2f} s")


def to_pdf():
    paper = replace(load_paper(PAPER), problems=tuple(map(load_problem, THREE_PAGES)))
    sheets = Sheets(paper)
    sheets.sheet()
    copies = [sheets.sheet(copy_of(paper, seed)) for seed in range(PDFS)]
    seconds, files = timed(lambda: [write(sheet, "pdf") for sheet in copies])
    contents = {content for made in files for content in made.values()}
    print(f"{len(contents)} different PDFs, {pages(next(iter(contents)))} pages each: {seconds:.2f} s")
    factors = [(name, PDFS * each / seconds) for name, each in (("pdflatex", PDFLATEX), ("R/exams", R_EXAMS_PDF))]
    print(f"  for three pages: {', '.join(f'{name} {factor:.1f} x' for name, factor in factors)}")


def pages(content):
    return len(re.findall(rb"/Type\s*/Page(?![A-Za-z])", content))


if __name__ == "__main__":
    print(f"on {os.cpu_count()} cores, one thread of Python")
    for id in MOODLE:
        to_moodle(id)
    draw()
    to_pdf()
