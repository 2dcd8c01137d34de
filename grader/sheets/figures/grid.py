"""Vectors, matrices and tensors as grids of numbers, side by side with their names.

A vector is a row (those under `column` stand upright), a tensor of three axes (channels x rows x columns) a grid for each
channel, one of four axes a row of such grids for each filter. Those under `blank` are empty, to be filled in.
"""

from dataclasses import dataclass

import numpy as np

from grader.maths.errors import UsageError
from grader.sheets.figures.drawing import SMALL, WIDE, Canvas, name, width
from grader.sheets.figures.values import Values, sizes

CELL = 26
MOST = 600  # cells of a figure
LONGEST = 20  # cells of an axis
GAP = 28
TITLE = 20
SUBTITLE = 16
FILTER, CHANNEL = "filter {}", "channel {}"


@dataclass
class Panel:
    """The grids of one value: `rows` of grids (a row for each filter), each grid a two-dimensional array of texts."""

    title: str
    rows: list
    wide: float  # of a cell
    told: str

    def size(self):
        across = self._left + sum(map(self._across, self.rows[0])) + (len(self.rows[0]) - 1) * GAP / 2
        down = sum(self._height(row[0]) for row in self.rows) + (len(self.rows) - 1) * 8
        return max(across, width(self.title, bold=True)), down + TITLE

    @property
    def _left(self):
        """The room for the numbers of filters."""
        return width(FILTER.format(len(self.rows)), SMALL) + 8 if len(self.rows) > 1 else 0

    def _across(self, grid):
        return max(grid.shape[1] * self.wide, width(CHANNEL.format(len(self.rows[0])), SMALL) if self.labelled else 0)

    def _height(self, grid):
        return grid.shape[0] * CELL + (SUBTITLE if self.labelled else 0)

    @property
    def labelled(self):
        return len(self.rows) > 1 or len(self.rows[0]) > 1

    def draw(self, canvas, x, y):
        whole, _ = self.size()
        canvas.text(x + whole / 2, y + 8, name(self.title))
        y += TITLE
        for filter, row in enumerate(self.rows, 1):
            left, down = x + self._left, y + (SUBTITLE if self.labelled else 0)
            if len(self.rows) > 1:
                canvas.text(left - 8, down + row[0].shape[0] * CELL / 2, FILTER.format(filter), size=SMALL, anchor="end")
            for channel, grid in enumerate(row, 1):
                across = self._across(grid)
                if self.labelled:
                    canvas.text(left + across / 2, y + 7, CHANNEL.format(channel), size=SMALL)
                self._grid(canvas, left + (across - grid.shape[1] * self.wide) / 2, down, grid)
                left += across + GAP / 2
            y += self._height(row[0]) + 8

    def _grid(self, canvas, x, y, grid):
        rows, columns = grid.shape
        canvas.rect(x, y, columns * self.wide, rows * CELL, thick=1.5)
        for row in range(1, rows):
            canvas.line((x, y + row * CELL), (x + columns * self.wide, y + row * CELL), thick=0.75)
        for column in range(1, columns):
            canvas.line((x + column * self.wide, y), (x + column * self.wide, y + rows * CELL), thick=0.75)
        for row, column in np.ndindex(rows, columns):
            if grid[row, column]:
                canvas.text(x + (column + 0.5) * self.wide, y + (row + 0.5) * CELL, _cell(grid[row, column]))


def drawn(solution, figure):
    """The canvas of the grids, and the same in words."""
    values, settings = Values(solution), figure.settings
    blank, upright = settings.get("blank", ()), settings.get("column", ())
    for text in (*blank, *upright):
        if text not in settings["grid"]:
            raise UsageError(f"'{text}' is not among what is drawn")
    panels = [_panel(values, text, text in blank, text in upright) for text in settings["grid"]]
    if sum(grid.size for panel in panels for row in panel.rows for grid in row) > MOST:
        raise UsageError(f"there are too many numbers to draw (limit {MOST})")
    canvas = Canvas()
    _place(canvas, panels)
    return canvas, " ".join(panel.told for panel in panels)


def _cell(text):
    """The label of an entry: a name with its subscript, or the text itself."""
    return name(text) if text.isidentifier() else text


def check_shows_no_answer(solution, figure):
    """Raises UsageError where a grid that is filled in is the answer to a part."""
    values = Values(solution)
    for text in figure.settings["grid"]:
        node = values.node(text)
        asking = [part for (part, _), reference in solution.program.boxes.items() if reference is node]
        if asking and text not in figure.settings.get("blank", ()) and node.op not in ("given", "constant"):
            raise UsageError(f"'{text}' is what part {asking[0]} asks for; put it under 'blank', or leave it out")


def _panel(values, text, blank, upright):
    node = values.node(text)
    if not 1 <= len(node.shape) <= 4:
        raise UsageError(f"'{text}' has {len(node.shape)} axes; a vector, a matrix or a tensor of 3 or 4 axes can be drawn")
    if max(node.shape[-2:]) > LONGEST:
        raise UsageError(f"'{text}' is too large to draw ({sizes(node.shape)}; limit {LONGEST} rows and columns)")
    found = values.entries(node)
    found = np.full(found.shape, "", dtype=object) if blank else found
    if upright and found.ndim != 1:
        raise UsageError(f"'{text}' is no vector, so it cannot be drawn as a column")
    shape = (-1, 1) if upright else (1, -1)
    rows = {1: lambda: [[found.reshape(shape)]], 2: lambda: [[found]], 3: lambda: [list(found)], 4: lambda: [*map(list, found)]}
    rows = rows[found.ndim]()
    widest = max(width(_cell(cell)) for row in rows for grid in row for cell in grid.ravel())
    return Panel(str(text), rows, max(CELL, widest + 10), _words(str(text), found, blank, upright))


def _place(canvas, panels):
    """Panels side by side, in the middle of each line; a line that would be too wide is broken."""
    limit = WIDE - 12
    lines = _lines(panels, limit)
    while limit > 20 and len(_lines(panels, limit - 20)) == len(lines):
        limit -= 20
    lines = _lines(panels, limit)
    widest, y = max(map(_across, lines)), 0
    for line in lines:
        high, x = max(panel.size()[1] for panel in line), (widest - _across(line)) / 2
        for panel in line:
            wide, own = panel.size()
            panel.draw(canvas, x, y + (high - own) / 2)
            x += wide + GAP
        y += high + GAP / 2


def _lines(panels, limit):
    lines = [[]]
    for panel in panels:
        if lines[-1] and _across([*lines[-1], panel]) > limit:
            lines.append([])
        lines[-1].append(panel)
    return lines


def _across(line):
    return sum(panel.size()[0] + GAP for panel in line) - GAP


# --- words ---


def _words(title, found, blank, upright):
    kind = {
        1: f"a {'column' if upright else 'row'} vector of {found.size}",
        2: f"a matrix of {sizes(found.shape)} (rows × columns)",
    }
    kind[3] = f"a tensor of {sizes(found.shape)} (channels × rows × columns)"
    kind[4] = f"a tensor of {sizes(found.shape)} (filters × channels × rows × columns)"
    if blank:
        return f"{title}, {kind[found.ndim]}, is an empty grid to be filled in."
    return f"{title} is {kind[found.ndim]}: {_told(found)}."


def _told(found):
    if found.ndim == 1:
        return ", ".join(found)
    if found.ndim == 2:
        return "; ".join(f"row {number}: {', '.join(row)}" for number, row in enumerate(found, 1))
    word = "channel" if found.ndim == 3 else "filter"
    return "; ".join(f"{word} {number}: {_told(part)}" for number, part in enumerate(found, 1))
