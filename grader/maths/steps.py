"""Worked solutions: the named values on the way to an answer, in order, each as formula, numbers put in, and result."""

from dataclasses import dataclass

from grader.maths.graph import reachable, spelled_out
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
    labels = {node: name for node, name in names.items() if _worked_out(node)}
    labels.update({node: name for name, node in targets if node not in labels and _worked_out(node)})
    every = dict(names) | labels
    wanted = [node for node in reachable([node for _, node in targets]) if node in labels]
    return [_step(node, labels[node], every, show) for node in wanted]


def _worked_out(node):
    return spelled_out(node).op not in ("given", "constant")


def _step(node, name, names, show):
    formula, value, sentence = Formulas(names)(node), show(node), _why(node)
    if node.op == "reshape" and _long_axes(node) != _long_axes(node.inputs[0]):
        return Step(name, f"row_major({formula})", "", value, sentence)
    numbers = Formulas(names, values=show)(node)
    shown = numbers if numbers not in (formula, value) and len(numbers) <= WIDEST_NUMBERS else ""
    return Step(name, formula, shown, value, sentence)


def _why(node):
    """What the operation does; of a formula, what its definition does last, as the step shows that."""
    while OPS[node.op].is_formula:
        node = node.expansion
    return OPS[node.op].sentence


def _long_axes(node):
    """The shape without axes of length 1, which only change how a value is laid out."""
    return [size for size in node.shape if size != 1]
