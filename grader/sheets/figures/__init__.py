"""Figures of problems, drawn from their data as SVG with a description in words. `draw` is all that others need."""

from grader.bank.figures import figures_of
from grader.bank.model import Complaint
from grader.bank.statement import filled
from grader.maths.errors import GraderError, UsageError
from grader.sheets.figures import grid
from grader.sheets.figures.drawing import Drawing
from grader.sheets.figures.table import KINDS


def draw(solution, figure):
    """The Drawing of a figure from the data of a Solution; raises UsageError where it cannot be drawn."""
    try:
        canvas, words = KINDS[figure.kind](solution, figure)
        alt = filled(figure.alt, solution.problem, solution.program) if figure.alt else words
        return Drawing(canvas.svg(alt), alt)
    except UsageError:
        raise
    except GraderError as error:
        raise UsageError(f"it cannot be drawn: {error}") from error


def figure_faults(solution):
    """A Complaint for every figure of a problem that cannot be drawn, or shows what is asked."""
    complaints = []
    for part, figure in figures_of(solution.problem):
        try:
            draw(solution, figure)
            if figure.kind == "grid":
                grid.check_shows_no_answer(solution, figure)
        except UsageError as error:
            where = f"part {part.id}, figure" if part else "figure"
            complaints.append(Complaint(figure.where, f"{where}, {figure.kind}: {error}"))
    return complaints
