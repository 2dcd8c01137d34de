"""The kinds of figures: each draws `(solution, figure) -> (Canvas, description)`; their settings are in `grader.bank.figures`."""

from grader.sheets.figures import graph, grid, network, stack, unrolled

KINDS = {"stack": stack.drawn, "graph": graph.drawn, "grid": grid.drawn, "network": network.drawn, "unrolled": unrolled.drawn}
