"""The operations: importing this package fills the table `OPS`."""

from grader.maths.ops import arithmetic, convolution, linear, losses, neural, normalisation, reductions, structure
from grader.maths.ops.table import OPS

__all__ = ["OPS", "arithmetic", "convolution", "linear", "losses", "neural", "normalisation", "reductions", "structure"]
