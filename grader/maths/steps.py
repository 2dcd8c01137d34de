"""Worked solutions: the named values on the way to an answer, in order, each as formula, numbers put in, and result."""

from dataclasses import dataclass

from grader.maths.graph import reachable
from grader.maths.ops import OPS
from grader.maths.show import Formulas

WIDEST_NUMBERS = 160  # characters of a line with numbers put in; longer ones are left out


@dataclass(frozen=True)
class Step:
    """One line of a worked solution.

    `numbers` is empty where putting them in would be unreadable; `why` says what the operation does.
    """

    name: str
    formula: str
    numbers: str
    value: str
    why: str


def worked_steps(targets, names, show):
    """The steps to reach some nodes.

    targets: (name, node) pairs; names: node -> name for every value that may stand as a step; show: node -> text of its value.
    """
    labels = {node: name for node, name in names.items() if node.op not in ("given", "constant")}
    labels.update({node: name for name, node in targets if node not in labels and node.op not in ("given", "constant")})
    every = dict(names) | labels
    wanted = [node for node in reachable([node for _, node in targets]) if node in labels]
    return [_step(node, labels[node], every, show) for node in wanted]


def _step(node, name, names, show):
    formula, value, sentence = Formulas(names)(node), show(node), OPS[node.op].sentence
    if node.op == "reshape" and _long_axes(node) != _long_axes(node.inputs[0]):
        return Step(name, f"row_major({formula})", "", value, sentence)
    numbers = Formulas(names, values=show)(node)
    shown = numbers if numbers not in (formula, value) and len(numbers) <= WIDEST_NUMBERS else ""
    return Step(name, formula, shown, value, sentence)


def _long_axes(node):
    """The shape without axes of length 1, which only change how a value is laid out."""
    return [size for size in node.shape if size != 1]
