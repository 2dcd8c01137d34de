"""Sheets: variants drawn and kept, variants to Moodle XML, different PDFs, beside the published figures of other tools.

python benchmarks/sheets.py

The figures of R/exams (100 variants to Moodle XML), pdflatex and R/exams (a three-page PDF) were measured on a machine of this size;
a factor compares with them. Solving and making answer keys come before the export and are told on their own.
"""

import gc
import os
import time

from grader.bank.load import problem_with_paper
from grader.marking.solution import solve_problem
from grader.sheets.answer_keys import answer_keys
from grader.sheets.blocks import Sheet
from grader.sheets.build import Sheets
from grader.sheets.open_questions import OpenQuestion
from grader.sheets.writers import write
from grader.variants.draw import draw_many
from grader.variants.issue import copy_of

VARIANTS, DRAWN, PDFS, TIMES = 100, 10_000, 100, 5
MOODLE = ("tum-2022ss/06", "lectures/adam-three-steps")  # one with a figure of its values, one without
R_EXAMS_MOODLE, R_EXAMS_PDF, PDFLATEX = 2.48, 0.186, 0.094  # seconds for 100 variants, for one PDF, for one PDF
LONG = "tum-2022ss/06"


def best(work, times=TIMES):
    """The least of some running times, in seconds, and what came out."""
    found = []
    for _ in range(times):
        gc.collect()
        start = time.perf_counter()
        made = work()
        found.append(time.perf_counter() - start)
    return min(found), made


def to_moodle(id):
    problem, paper = problem_with_paper(id)
    start = time.perf_counter()
    solutions = [solve_problem(one.problem, paper) for one in draw_many(problem, VARIANTS, 1, paper)]
    solved = time.perf_counter()
    keys = [answer_keys(solution) for solution in solutions]
    keyed = time.perf_counter()

    def export():
        opened = OpenQuestion(solutions[0].problem, paper)
        pairs = enumerate(zip(solutions, keys, strict=True), 1)
        variants = tuple(opened.variant(str(label), solution, key) for label, (solution, key) in pairs)
        return written(opened, variants)

    def written(opened, variants):
        from dataclasses import replace

        question = replace(opened.question, variants=variants)
        return write(Sheet(id, "", problem.title, "en", problem.marks, (question,)), "moodle")

    seconds, files = best(export)
    size = sum(map(len, files.values())) / 1e6
    with_figure = " with a figure each" if problem.figures or any(part.figures for part in problem.parts) else ""
    print(f"{VARIANTS} variants of {id}{with_figure} to Moodle XML ({size:.1f} MB): {1e3 * seconds:.1f} ms beyond solving")
    print(f"  ({keyed - solved:.2f} s for the answer keys, {solved - start:.2f} s for drawing and solving)")
    print(f"  R/exams, solving included: {R_EXAMS_MOODLE} s, {R_EXAMS_MOODLE / seconds:.0f} times as long as the export")
    print(f"  and {R_EXAMS_MOODLE / (seconds + keyed - start):.1f} times as long as all of it")


def draw():
    problem, paper = problem_with_paper(LONG)
    draw_many(problem, 100, 2, paper)
    seconds, variants = best(lambda: draw_many(problem, DRAWN, 1, paper), 1)
    print(f"{len(variants):,} variants of {LONG} drawn and kept: {seconds:.2f} s")


def to_pdf():
    _, paper = problem_with_paper(LONG)
    sheets = Sheets(paper)
    sheets.sheet()
    copies = [sheets.sheet(copy_of(paper, seed)) for seed in range(PDFS)]
    start = time.perf_counter()
    files = [write(sheet, "pdf") for sheet in copies]
    seconds = time.perf_counter() - start
    contents = {content for made in files for content in made.values()}
    print(f"{len(contents)} different PDFs of {paper.id}, {pages(next(iter(contents)))} pages each: {seconds:.2f} s")
    print(f"  pdflatex {PDFS * PDFLATEX / seconds:.1f} times as long for a page set of three pages, R/exams {PDFS * R_EXAMS_PDF / seconds:.1f} times")


def pages(content):
    return content.count(b"/Type /Page\n") or content.count(b"/Type/Page") - content.count(b"/Type/Pages")


if __name__ == "__main__":
    print(f"on {os.cpu_count()} cores, one thread of Python")
    for id in MOODLE:
        to_moodle(id)
    draw()
    to_pdf()
