"""Worked solutions: the named values on the way to an answer, in order, each as formula, numbers put in, and result."""

from dataclasses import dataclass

from grader.maths.graph import reachable
from grader.maths.ops import OPS
from grader.maths.show import Formulas

WIDEST_NUMBERS = 160  # characters of a line with numbers put in; longer ones are left out


@dataclass(frozen=True)
class Step:
    """One line of a worked solution. `numbers` is empty where putting them in would be unreadable; `why` says what the
    operation does."""

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
    if node.op == "reshape" and [size for size in node.inputs[0].shape if size != 1] != [
        size for size in node.shape if size != 1
    ]:
        formula = f"row_major({Formulas(names)(node)})"
        return Step(name, formula, "", show(node), OPS[node.op].sentence)
    return _plain_step(node, name, names, show)


def _plain_step(node, name, names, show):
    formula, numbers = Formulas(names)(node), Formulas(names, values=show)(node)
    value = show(node)
    shown = numbers if numbers not in (formula, value) and len(numbers) <= WIDEST_NUMBERS else ""
    return Step(name, formula, shown, value, OPS[node.op].sentence)
