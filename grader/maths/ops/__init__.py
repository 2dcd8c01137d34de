"""The operations: importing this package fills the table `OPS`."""

from grader.maths.ops import (
    arithmetic,
    convolution,
    counts,
    estimation,
    indexed,
    initial,
    linear,
    losses,
    neural,
    normalisation,
    recurrence,
    reductions,
    sizes,
    structure,
    updates,
)
from grader.maths.ops.table import OPS

__all__ = [
    "OPS",
    "arithmetic",
    "convolution",
    "counts",
    "estimation",
    "indexed",
    "initial",
    "linear",
    "losses",
    "neural",
    "normalisation",
    "recurrence",
    "reductions",
    "sizes",
    "structure",
    "updates",
]
