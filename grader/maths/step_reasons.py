"""Why a step is done: one line, from what the step's operations mean to each other."""

from math import prod

from grader.maths.graph import is_number, spelled_out
from grader.maths.ops import OPS
from grader.maths.show import MOVING

ARITHMETIC = frozenset(
    {"add", "subtract", "multiply", "divide", "negate", "power", "concat", "index", "entry", "entry_of_two", "given", "constant"}
)
UNTOLD = frozenset({"doubled", "standard_deviation"})
ROWS = {
    "gradient_step": "gradient descent: the parameter less the learning rate times its gradient",
    "velocity": "momentum: the decayed velocity so far, less the learning rate times the gradient",
    "velocity_step": "the parameter moves by the velocity",
    "accumulated_velocity": "momentum: the decayed velocity so far, plus the gradient",
    "decayed_average": "running average: beta of the old, 1 - beta of the new",
    "decayed_square": "running average of the squares: beta of the old, 1 - beta of the new square",
    "accumulated_square": "the squares of all gradients so far, added up",
    "bias_corrected": "bias correction: the average began at 0 and is too small by the factor 1 - beta^t",
    "adaptive_step": "the step is divided by the root of the gathered squares, so that every parameter has a rate of its own",
    "look_ahead": "Nesterov: the gradient is taken where the momentum alone would lead",
    "parameters": "weights plus biases; every output has one bias",
    "dense_weights": "a weight for every pair of an input and a unit",
    "conv_weights": "kernel rows times columns times the channels a filter sees, for every filter",
    "conv_macs": "one multiplication for every weight at every position of the output",
    "flops": "operations of the multiply-adds, by the convention",
    "cell_parameters": "each gate has weights for the state, weights for the input, and biases",
    "batch_norm_parameters": "a scale and a shift for every channel",
    "total": "all layers together",
    "window_count": "windows along an axis: (size + 2 padding - kernel) / stride + 1",
    "receptive_field": "each layer widens the field by (kernel - 1) times the strides of the layers before it",
    "stride_product": "distances of neighbouring outputs: the strides multiply",
    "recurrent_input": "what comes from the state before, from the input, and the bias",
    "cell_state": "the forget gate says what is kept of the old cell, the input gate what is taken of the candidate",
    "gated_output": "the output gate says what is let out of the squashed cell",
    "sigmoid_backward": "chain rule: the gradient behind the sigmoid times its slope s (1 - s)",
    "tanh_backward": "chain rule: the gradient behind tanh times its slope 1 - tanh^2",
    "relu": "ReLU: negative entries become 0, the others stay",
    "sigmoid": "the sigmoid 1 / (1 + exp(-x)) of every entry",
    "tanh": "the hyperbolic tangent of every entry",
    "softmax": "softmax: the exponentials, divided by their sum",
    "exp": "the exponential of every entry",
    "active": "the slope of the ReLU: 1 where a unit is active, else 0",
    "conv2d": "the kernel is laid over every window of the image; products are added up (cross-correlation)",
    "conv2d_kernel_gradient": "every weight of the kernel gathers the gradients of the outputs times the inputs it met there",
    "conv2d_input_gradient": "every gradient goes back to the inputs of its window, times the kernel",
    "max_pool": "the largest entry of every window",
    "average_pool": "the mean of every window",
    "mean": "the mean: the sum divided by how many there are",
    "variance": "the mean of the squared distances from the mean",
    "inverse": "the inverse matrix",
    "det": "the determinant",
    "sqrt": "the square root",
    "log": "the natural logarithm",
    "flip": "the kernel turned by 180 degrees",
    "permute": "the transposed matrix",
    "sum_to": "what is added to every row gets the sum over the rows",
    "sum": "the entries, added up",
    "over_index": "one term for every value of the index",
}
CHAIN_PRODUCT = "chain rule through a product: the gradient behind it times the other factor, transposed"
CHAIN_NUMBERS = "chain rule through a product: the gradient behind it times the other factor"
CHAIN_RELU = "chain rule: the slope of the ReLU is 1 where its input is positive, else 0"
CHAIN_LEAKY = "chain rule: the slope is 1 where the input is positive, else that of the negative side"
CHAIN = "chain rule: the gradient behind times the slope of this operation"
FIRST = "the derivative of the last operation, where the way back begins"
ENTRIES = "every entry has a gradient of its own"
SEVERAL_WAYS = "it acts in more than one way; the gradients of all ways add up"
REPEATED = "it acts on every sample or entry; their gradients add up"
SPREAD = "every entry of the sum gets its gradient"
AFFINE = "weighted sums of the inputs, plus the bias"
WEIGHTED = "weighted sums, added up"
DOT = "the products of the entries, added up"
ROWS_TIMES_VECTOR = "each entry is a row times the vector: products, added up"
VECTOR_TIMES_COLUMNS = "each entry is the vector times a column: products, added up"
ROWS_TIMES_COLUMNS = "each entry is a row times a column: products, added up"
OUTER = "outer product: each entry of the column times each of the row"
DESCENT = "a step against the gradient, as long as the learning rate says"
SIZES = "one channel for each filter; along an axis (size + 2 padding - kernel) / stride + 1"
POOLED_SIZES = "channels stay; along an axis (size + 2 padding - kernel) / stride + 1"
FIELDS = "the same along rows and columns: (kernel - 1) times the strides of the layers before is added"
FEATURES = "all entries of the maps in one vector"
COLLECTED = "the values in one list"
SQUARES = "the squares, added up"
ABSOLUTES = "the absolute values, added up"
NORMALISED = "minus the mean, divided by the standard deviation"
CROSS_ENTROPY = "cross-entropy of one sample: minus the logarithm of the probability of its class"
MINUS_LOG = "minus the natural logarithm: large where its argument is small"
GATES = "one gate says what is kept of the old, the other what is taken of the new"
GATE = "the gate says how much is let through"
ROOT_OF_SQUARES = "the length: the root of the sum of squares"


def reason(node, names, slopes=None):
    """One line on why a step is done, or empty where no more is known of it than its formula says.

    names: the nodes that have one; slopes: those of gradients.
    """
    told = _reason(node, names, slopes or {})
    return told if node.rank else told.removesuffix(" of every entry")


def _reason(node, names, slopes):
    head, row = _head(node, names)
    if row and row not in UNTOLD:
        return ROWS.get(row) or OPS[row].sentence
    if node in slopes and head in names and head is not node:
        return SPREAD
    if node in slopes:
        return _of_gradient(head, names, slopes)
    if (told := _of_structure(head, names, slopes)) is not None:
        return told
    if head.op in ROWS:
        return ROWS[head.op]
    return "" if head.op in ARITHMETIC else OPS[head.op].sentence


def _head(node, names):
    """(the operation that is done last, the name of a formula of the field that it belongs to or None)."""
    top, row = True, None
    while top or node not in names:
        if node.transparent:
            if node.op not in UNTOLD:
                return node, node.op
            node = node.expansion
        elif node.op in MOVING:
            node = node.inputs[0]
        else:
            break
        top = False
    return node, row


def _plain(node, names):
    """A part of a step behind definitions and moves; named ones stay."""
    while node not in names and (node.transparent or node.op in MOVING):
        node = node.expansion if node.transparent else node.inputs[0]
    return node


def _flat(node, names):
    """The same, behind what turns a matrix around."""
    node = _plain(node, names)
    while node not in names and node.op in ("permute", "row"):
        node = _plain(node.inputs[0], names)
    return node


def _inside(node, names):
    """The parts of a step's formula, down to the names."""
    found, waiting = [], [_plain(child, names) for child in node.inputs]
    while waiting:
        part = waiting.pop()
        found.append(part)
        if part not in names:
            waiting += [_plain(child, names) for child in (part.inputs if part.expansion is None or part.inputs else ())]
    return found


# --- gradients ---


def _of_gradient(head, names, slopes):
    parts = _inside(head, names)
    behind = [part for part in parts if part in slopes]
    ops = {part.op for part in parts if part not in names} | {head.op}
    if head.op == "matmul":
        return CHAIN_NUMBERS if any(_flat(child, names).shape == () for child in head.inputs) else CHAIN_PRODUCT
    if head.op in ("sum", "sum_to"):
        return REPEATED
    if head.op == "add" and any(_plain(child, names).op == "place" for child in head.inputs):
        return ENTRIES
    if head.op in ("add", "subtract") and behind:
        return SEVERAL_WAYS
    if "active" in ops:
        return CHAIN_LEAKY if {"add", "subtract"} <= set(ops) else CHAIN_RELU
    if not behind:
        return FIRST
    if ops <= {"multiply"}:
        return CHAIN_NUMBERS
    if head.op in ("multiply", "divide", "negate"):
        return CHAIN
    return ENTRIES if head.op in ("concat", "place") else ROWS.get(head.op, CHAIN)


# --- values ---


def _of_structure(head, names, slopes):
    """What the last operation means with what is inside of it; None where nothing is known of that."""
    children = [_plain(child, names) for child in head.inputs]
    unnamed = [None if child in names else child.op for child in children]
    if head.op == "matmul":
        return _of_product(head, names)
    if head.op == "add" and "matmul" in unnamed:
        other = children[1 - unnamed.index("matmul")]
        return WEIGHTED if other not in names or other.op == "matmul" else AFFINE
    if head.op == "subtract" and _has_gradient(head.inputs[1], names, slopes):
        return DESCENT
    if head.op == "concat":
        return _of_list([_member(child, names) for child in head.inputs], names)
    if head.op in ("sum", "mean"):
        return _of_sum(head, children[0], names)
    if head.op == "sqrt" and unnamed == ["sum"] and _is_square(_plain(children[0].inputs[0], names)):
        return ROOT_OF_SQUARES
    if head.op == "divide" and unnamed[0] == "subtract" and spelled_out(children[0].inputs[1]).op == "mean":
        return NORMALISED
    if head.op == "negate" and unnamed == ["log"]:
        return CROSS_ENTROPY if _is_softmax(children[0].inputs[0], names) else MINUS_LOG
    if head.op == "add" and unnamed == ["multiply", "multiply"] and all(map(_is_gated, children)):
        return GATES
    if head.op == "multiply" and _is_gated(head):
        return GATE
    return None


def _is_softmax(node, names):
    node = _flat(node, names)
    while spelled_out(node).op == "index":
        node = spelled_out(node).inputs[0]
    return spelled_out(node).op == "softmax"


def _is_gated(node):
    """Whether a product has the value of a sigmoid as its first factor, as gates have."""
    return spelled_out(node.inputs[0]).op == "sigmoid" and spelled_out(node.inputs[1]).op != "subtract"


def _of_product(head, names):
    ranks = [sum(size != 1 for size in child.shape) for child in head.inputs]
    inner = head.inputs[0].shape[-1] if head.inputs[0].rank else 1
    if any(_flat(child, names).shape == () for child in head.inputs):
        return ""
    if prod(head.shape) == 1:
        return DOT
    if inner == 1:
        return OUTER
    if ranks[1] <= 1:
        return ROWS_TIMES_VECTOR
    return VECTOR_TIMES_COLUMNS if ranks[0] <= 1 else ROWS_TIMES_COLUMNS


def _has_gradient(node, names, slopes):
    node = _plain(node, names)
    return node in slopes or (node not in names and any(part in slopes for part in _inside(node, names)))


def _member(node, names):
    """A member of a list, down to the formula of the field that it belongs to."""
    while node not in names and (node.op in MOVING or (node.transparent and node.op not in ROWS)):
        node = node.expansion if node.transparent else node.inputs[0]
    return node


def _of_list(children, names):
    rows = {child.op for child in children if child not in names}
    if "window_count" in rows or "same_window_count" in rows:
        return POOLED_SIZES if children[0].op == "index" else SIZES
    if "receptive_field" in rows:
        return FIELDS
    return COLLECTED


def _of_sum(head, child, names):
    if child in names:
        return None
    if _is_square(child):
        return SQUARES if head.op == "sum" else "the mean of the squares"
    return ABSOLUTES if child.op == "absolute" and head.op == "sum" else None


def _is_square(node):
    if node.op == "power":
        return is_number(node.inputs[1], 2)
    return node.op == "multiply" and spelled_out(node.inputs[0]) is spelled_out(node.inputs[1])
