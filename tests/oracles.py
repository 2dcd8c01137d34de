"""The second witness: textbook formulas as plain loops over nested Python lists.

Nothing here knows the reference engine in grader/; each function follows the source named in its docstring.
Whole numbers and fractions.Fraction stay exact (two whole numbers divide to a Fraction), floats stay floats; only functions
that need an exponential, a logarithm or a square root go through `math` and answer in floats.

Shapes: image C x H x W (channels, height, width), kernels F x C x KH x KW (features, channels, kernel height, kernel width),
batch of images N x C x H x W, table of examples N x D (one row an example). "upstream" is always dLoss/dOutput and has the shape
of the output; a gradient always has the shape of the thing it belongs to. No function changes its arguments.

Sources cited by short name:
GBC = Goodfellow, Bengio, Courville: Deep Learning (2016). DV = Dumoulin, Visin: A guide to convolution arithmetic (2016).
IS = Ioffe, Szegedy: Batch normalization (2015). KB = Kingma, Ba: Adam (2015). CS231n = Stanford course notes.
RW = Rasmussen, Williams: Gaussian Processes for Machine Learning (2006).
"""

import math
from fractions import Fraction

# ---------------------------------------------------------------------------------------------------------- nested lists


def divide(numerator, denominator):
    """Quotient of two numbers; two whole numbers give an exact Fraction instead of a float."""
    if isinstance(numerator, int) and isinstance(denominator, int):
        return Fraction(numerator, denominator)
    return numerator / denominator


def elementwise(function, *nested):
    """function(a, b, ...) on the corresponding numbers of nested lists of one and the same shape."""
    if not isinstance(nested[0], list):
        return function(*nested)
    return [elementwise(function, *entries) for entries in zip(*nested, strict=True)]


def flatten(nested):
    """All numbers of a nested list, in row-major order; a single number gives a list of one."""
    if not isinstance(nested, list):
        return [nested]
    return [number for entry in nested for number in flatten(entry)]


def filled(value, *shape):
    """Nested list of the given shape that holds value everywhere."""
    if not shape:
        return value
    return [filled(value, *shape[1:]) for _ in range(shape[0])]


def shape_of(nested):
    """Shape of a nested list as a tuple, read off the first entries; a number has the shape ()."""
    if not isinstance(nested, list):
        return ()
    return (len(nested), *(shape_of(nested[0]) if nested else ()))


def zeros_like(nested):
    """Nested list of zeros in the shape of the given one."""
    return elementwise(lambda number: 0, nested)


def add(left, right):
    """Sum of two nested lists of the same shape."""
    return elementwise(lambda a, b: a + b, left, right)


def multiply(left, right):
    """Product, number by number, of two nested lists of the same shape."""
    return elementwise(lambda a, b: a * b, left, right)


def entry_at(nested, place):
    """The number at the place (i, j, ...) of a nested list."""
    for index in place:
        nested = nested[index]
    return nested


def add_at(nested, place, value):
    """Add value to the number at the place (i, j, ...) of a nested list, in the list itself."""
    *outer_place, last = place
    entry_at(nested, outer_place)[last] += value


def central_difference(f, x, step=1e-6):
    """Numeric gradient of the scalar function f at the nested list x: (f(x + step) - f(x - step)) / (2 step) for each number.

    Exact for f quadratic in every number if x and step are whole numbers or Fractions (GBC section 11.5).
    """
    if not isinstance(x, list):
        return divide(f(x + step) - f(x - step), 2 * step)
    return [central_difference(lambda changed, i=i: f(x[:i] + [changed] + x[i + 1 :]), entry, step) for i, entry in enumerate(x)]


# -------------------------------------------------------------------------------------------------------------- matrices


def dot(left, right):
    """Inner product of two vectors of the same length."""
    return sum(multiply(left, right))


def transpose(matrix):
    """Rows become columns."""
    return [list(column) for column in zip(*matrix, strict=True)]


def matmul(left, right):
    """Matrix product: left N x K, right K x M, result N x M."""
    return [[dot(row, column) for column in transpose(right)] for row in left]


def matrix_vector(matrix, vector):
    """Matrix N x K times column vector of length K, a list of length N."""
    return [dot(row, vector) for row in matrix]


def outer(left, right):
    """Outer product of two vectors: entry [i][j] is left[i] * right[j]."""
    return [[a * b for b in right] for a in left]


def identity(size):
    """Identity matrix size x size."""
    return [[int(row == column) for column in range(size)] for row in range(size)]


def determinant(matrix):
    """Determinant by Laplace expansion along the first row (any linear algebra textbook)."""
    if not matrix:
        return 1
    total = 0
    for column, entry in enumerate(matrix[0]):
        minor = [row[:column] + row[column + 1 :] for row in matrix[1:]]
        total += (-1) ** column * entry * determinant(minor)
    return total


def solve_matrix(matrix, right):
    """The matrix Z with matrix Z = right, by Gauss-Jordan elimination with row exchanges; matrix N x N, right N x M.

    Raises ValueError if the matrix is singular.
    """
    size = len(matrix)
    rows = [row + right_row for row, right_row in zip(matrix, right, strict=True)]
    for column in range(size):
        best = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if rows[best][column] == 0:
            raise ValueError("singular matrix")
        rows[column], rows[best] = rows[best], rows[column]
        pivot = rows[column][column]
        rows[column] = [divide(entry, pivot) for entry in rows[column]]
        for row in range(size):
            if row != column:
                factor = rows[row][column]
                rows[row] = [entry - factor * above for entry, above in zip(rows[row], rows[column], strict=True)]
    return [row[size:] for row in rows]


def solve(matrix, vector):
    """The vector z with matrix z = vector."""
    return [row[0] for row in solve_matrix(matrix, [[entry] for entry in vector])]


def inverse(matrix):
    """Inverse of a square matrix (Gauss-Jordan); ValueError if it is singular."""
    return solve_matrix(matrix, identity(len(matrix)))


# ----------------------------------------------------------------------------------------------------------- convolution


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    """Number of places along one axis where the window lies within the padded input, counted one by one (DV chapter 2).

    0 if the window does not fit at all.
    """
    count = 0
    for start in range(-padding, size + padding, stride):
        if start + (kernel - 1) * dilation < size + padding:
            count += 1
    return count


def _pair(setting):
    """(vertical, horizontal) from one number for both or from a pair."""
    return (setting, setting) if isinstance(setting, int) else tuple(setting)


def _axes(x, kernel, stride, padding, dilation):
    """[(size, kernel, stride, padding, dilation) of the vertical axis, the same of the horizontal axis] for x: C x H x W."""
    return list(zip(shape_of(x)[1:], *map(_pair, (kernel, stride, padding, dilation)), strict=True))


def _axis_taps(size, kernel, stride, padding, dilation):
    """Yield (output, tap, position): on one axis, kernel entry `tap` of output `output` reads input `position`.

    Taps that fall on the padding are left out: they read a zero.
    """
    for output in range(conv_output_size(size, kernel, stride, padding, dilation)):
        for tap in range(kernel):
            position = output * stride - padding + tap * dilation
            if 0 <= position < size:
                yield output, tap, position


def _plane_taps(x, kernel, stride, padding, dilation=1):
    """Yield ((output row, output column), (kernel row, kernel column), (input row, input column)).

    For any one output the taps come in row-major order of its window.
    """
    vertical, horizontal = _axes(x, kernel, stride, padding, dilation)
    for row in _axis_taps(*vertical):
        for column in _axis_taps(*horizontal):
            yield tuple(zip(row, column, strict=True))


def _output_shape(planes, x, kernel, stride, padding, dilation=1):
    """(planes, output height, output width) of a window that slides over x: C x H x W."""
    return (planes, *(conv_output_size(*axis) for axis in _axes(x, kernel, stride, padding, dilation)))


def _require_shape(nested, shape):
    """ValueError unless the nested list has this shape."""
    if shape_of(nested) != shape:
        raise ValueError(f"shape {shape_of(nested)} where {shape} is needed")


def _conv_terms(x, w, stride, padding, dilation, flip):
    """Yield (place in the output, place in w, place in x) for every product w * x that a convolution adds up.

    The output is linear in kernel and in image, so this one list of products gives the output and both gradients.
    """
    height, width = shape_of(w)[2:]
    _require_shape(w, (len(w), len(x), height, width))
    for output, (row, column), position in _plane_taps(x, (height, width), stride, padding, dilation):
        tap = (height - 1 - row, width - 1 - column) if flip else (row, column)
        for feature in range(len(w)):
            for channel in range(len(x)):
                yield (feature, *output), (feature, channel, *tap), (channel, *position)


def _conv_output_shape(x, w, stride, padding, dilation):
    """(F, OH, OW) of conv2d."""
    return _output_shape(len(w), x, shape_of(w)[2:], stride, padding, dilation)


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, flip=False):
    """Cross-correlation (flip=False) or true convolution (flip=True: each kernel rotated by 180 degrees) of an image.

    x: C x H x W, w: F x C x KH x KW, b: F or None; stride, zero padding (on both sides) and dilation each a number or a pair
    (vertical, horizontal). Result F x OH x OW. GBC section 9.1 (convolution and cross-correlation) and 9.5 (stride); DV.
    """
    out = filled(0, *_conv_output_shape(x, w, stride, padding, dilation))
    for output, tap, position in _conv_terms(x, w, stride, padding, dilation, flip):
        add_at(out, output, entry_at(w, tap) * entry_at(x, position))
    if b is None:
        return out
    return [elementwise(lambda value, shift=shift: value + shift, plane) for plane, shift in zip(out, b, strict=True)]


def conv2d_input_gradient(upstream, x, w, stride=1, padding=0, dilation=1, flip=False):
    """dLoss/dx, C x H x W, of conv2d with the same settings; upstream F x OH x OW (GBC section 9.5, gradient by the input)."""
    _require_shape(upstream, _conv_output_shape(x, w, stride, padding, dilation))
    gradient = zeros_like(x)
    for output, tap, position in _conv_terms(x, w, stride, padding, dilation, flip):
        add_at(gradient, position, entry_at(upstream, output) * entry_at(w, tap))
    return gradient


def conv2d_kernel_gradient(upstream, x, w, stride=1, padding=0, dilation=1, flip=False):
    """dLoss/dw, F x C x KH x KW, of conv2d with the same settings; upstream F x OH x OW (GBC section 9.5, by the kernel).

    Only the shape of w matters.
    """
    _require_shape(upstream, _conv_output_shape(x, w, stride, padding, dilation))
    gradient = zeros_like(w)
    for output, tap, position in _conv_terms(x, w, stride, padding, dilation, flip):
        add_at(gradient, tap, entry_at(upstream, output) * entry_at(x, position))
    return gradient


def conv2d_bias_gradient(upstream):
    """dLoss/db, a list of length F: the sum of each upstream plane (the bias is added to every output of its feature)."""
    return [sum(flatten(plane)) for plane in upstream]


def conv_parameter_count(input_channels, output_channels, kernel, bias=True):
    """Number of learnable entries of a convolution, counted one by one; kernel a number or a pair."""
    height, width = _pair(kernel)
    count = 0
    for _ in range(output_channels):
        for _ in range(input_channels):
            for _ in range(height):
                for _ in range(width):
                    count += 1
        if bias:
            count += 1
    return count


def receptive_positions(layers):
    """Input positions (one axis, no borders) that reach output position 0, sorted.

    layers: [(kernel, stride, dilation), ...] from the input to the output. Walks back layer by layer: output p of a layer reads
    its positions p * stride + tap * dilation.
    """
    reached = {0}
    for kernel, stride, dilation in reversed(layers):
        reached = {position * stride + tap * dilation for position in reached for tap in range(kernel)}
    return sorted(reached)


def receptive_field(layers):
    """Width of the receptive field in input positions, from the first one reached to the last one, both included.

    Positions skipped in between count as well; len(receptive_positions(layers)) is the number actually read.
    """
    positions = receptive_positions(layers)
    return len(range(positions[0], positions[-1] + 1))


# --------------------------------------------------------------------------------------------------------------- pooling


def _pool_stride(kernel, stride):
    """Windows lie side by side unless a stride is given."""
    return kernel if stride is None else stride


def _pool_terms(x, kernel, stride, padding):
    """Yield (place in the output, place in x) for every number that a pooling window covers, each window in row-major order."""
    for channel in range(len(x)):
        for output, _, position in _plane_taps(x, kernel, stride, padding):
            yield (channel, *output), (channel, *position)


def _first_maxima(x, kernel, stride, padding):
    """{place in the output: place in x of the first maximum of its window, in row-major order}."""
    maxima = {}
    for output, position in _pool_terms(x, kernel, stride, padding):
        if output not in maxima or entry_at(x, position) > entry_at(x, maxima[output]):
            maxima[output] = position
    return maxima


def max_pool2d(x, kernel, stride=None, padding=0):
    """Maximum of each window, channel by channel: x C x H x W, result C x OH x OW (GBC section 9.3, DV chapter 3).

    kernel, stride, padding a number or a pair; stride None means stride = kernel; the padding is minus infinity.
    """
    stride = _pool_stride(kernel, stride)
    out = filled(-math.inf, *_output_shape(len(x), x, kernel, stride, padding))
    for (channel, row, column), position in _first_maxima(x, kernel, stride, padding).items():
        out[channel][row][column] = entry_at(x, position)
    return out


def max_pool2d_gradient(upstream, x, kernel, stride=None, padding=0):
    """dLoss/dx, C x H x W: each upstream value goes to the first maximum (row-major) of its window; overlaps add up."""
    stride = _pool_stride(kernel, stride)
    _require_shape(upstream, _output_shape(len(x), x, kernel, stride, padding))
    gradient = zeros_like(x)
    for output, position in _first_maxima(x, kernel, stride, padding).items():
        add_at(gradient, position, entry_at(upstream, output))
    return gradient


def avg_pool2d(x, kernel, stride=None, padding=0):
    """Mean of each window, channel by channel, padding zeros counted: x C x H x W, result C x OH x OW (DV chapter 3)."""
    height, width = _pair(kernel)
    stride = _pool_stride(kernel, stride)
    totals = filled(0, *_output_shape(len(x), x, kernel, stride, padding))
    for output, position in _pool_terms(x, kernel, stride, padding):
        add_at(totals, output, entry_at(x, position))
    return elementwise(lambda total: divide(total, height * width), totals)


def avg_pool2d_gradient(upstream, x, kernel, stride=None, padding=0):
    """dLoss/dx, C x H x W: each upstream value spread evenly over its window; the shares of the padding are lost."""
    height, width = _pair(kernel)
    stride = _pool_stride(kernel, stride)
    _require_shape(upstream, _output_shape(len(x), x, kernel, stride, padding))
    gradient = zeros_like(x)
    for output, position in _pool_terms(x, kernel, stride, padding):
        add_at(gradient, position, divide(entry_at(upstream, output), height * width))
    return gradient


# --------------------------------------------------------------------------------------- batch normalisation and dropout


def images_to_rows(images):
    """N x C x H x W to a table (N*H*W) x C: one row a pixel, one column a channel."""
    return [
        [image[channel][row][column] for channel in range(len(image))]
        for image in images
        for row in range(len(image[0]))
        for column in range(len(image[0][0]))
    ]


def rows_to_images(rows, shape):
    """Inverse of images_to_rows; shape is (N, C, H, W)."""
    number, channels, height, width = shape
    return [
        [
            [[rows[(image * height + row) * width + column][channel] for column in range(width)] for row in range(height)]
            for channel in range(channels)
        ]
        for image in range(number)
    ]


def _normalise(x, mean, var, epsilon):
    """(x - mean) / sqrt(var + epsilon), column by column of x: N x D."""
    return [
        [(value - mu) / math.sqrt(variance + epsilon) for value, mu, variance in zip(row, mean, var, strict=True)] for row in x
    ]


def _scale_and_shift(normalised, gamma, beta):
    """gamma * normalised + beta, column by column."""
    return [add(multiply(gamma, row), beta) for row in normalised]


def batch_norm_train(x, gamma, beta, epsilon):
    """Batch normalisation of x: N x D by the statistics of the batch, column by column (IS algorithm 1).

    Returns dict mean (D), var (D, biased: divided by N), normalised (N x D), out = gamma * normalised + beta (N x D).
    """
    columns = transpose(x)
    mean = [divide(sum(column), len(column)) for column in columns]
    var = [
        divide(sum((value - mu) * (value - mu) for value in column), len(column))
        for column, mu in zip(columns, mean, strict=True)
    ]
    normalised = _normalise(x, mean, var, epsilon)
    return {"mean": mean, "var": var, "normalised": normalised, "out": _scale_and_shift(normalised, gamma, beta)}


def batch_norm_train_gradient(upstream, x, gamma, epsilon):
    """Gradients of batch_norm_train, step by step as in IS section 3: dict x (N x D), gamma (D), beta (D)."""
    _require_shape(upstream, shape_of(x))
    forward = batch_norm_train(x, gamma, filled(0, len(gamma)), epsilon)
    number = len(x)
    by_x, by_gamma, by_beta = zeros_like(x), [], []
    for d, (mean, var) in enumerate(zip(forward["mean"], forward["var"], strict=True)):
        deviation = math.sqrt(var + epsilon)
        centred = [row[d] - mean for row in x]
        by_out = [row[d] for row in upstream]
        by_normalised = [value * gamma[d] for value in by_out]
        by_var = dot(by_normalised, centred) * (-1 / 2) * deviation**-3
        by_mean = sum(by_normalised) * (-1 / deviation) + by_var * (-2) * sum(centred) / number
        for n in range(number):
            by_x[n][d] = by_normalised[n] / deviation + by_var * 2 * centred[n] / number + by_mean / number
        by_gamma.append(dot(by_out, [row[d] for row in forward["normalised"]]))
        by_beta.append(sum(by_out))
    return {"x": by_x, "gamma": by_gamma, "beta": by_beta}


def batch_norm_train_images(x, gamma, beta, epsilon):
    """Batch normalisation of images x: N x C x H x W, one mean and (biased) variance a channel over N, H, W (IS section 3.2).

    Returns dict mean (C), var (C), normalised and out (both N x C x H x W).
    """
    forward = batch_norm_train(images_to_rows(x), gamma, beta, epsilon)
    return forward | {name: rows_to_images(forward[name], shape_of(x)) for name in ("normalised", "out")}


def batch_norm_train_images_gradient(upstream, x, gamma, epsilon):
    """Gradients of batch_norm_train_images: dict x (N x C x H x W), gamma (C), beta (C)."""
    _require_shape(upstream, shape_of(x))
    gradient = batch_norm_train_gradient(images_to_rows(upstream), images_to_rows(x), gamma, epsilon)
    return gradient | {"x": rows_to_images(gradient["x"], shape_of(x))}


def batch_norm_test(x, gamma, beta, mean, var, epsilon):
    """Batch normalisation of x: N x D with given statistics mean (D) and var (D), as at test time (IS algorithm 2): N x D."""
    return _scale_and_shift(_normalise(x, mean, var, epsilon), gamma, beta)


def running_average(old, new, momentum):
    """(1 - momentum) * old + momentum * new, number by number; new is the statistic of the batch (PyTorch's convention)."""
    return elementwise(lambda before, batch: (1 - momentum) * before + momentum * batch, old, new)


def dropout(x, mask, keep, inverted=True):
    """Training-time dropout: x times the mask of zeros and ones, divided by the probability `keep` if inverted.

    x and mask have one shape. Not inverted: no division, the test-time output is then multiplied by keep
    (Srivastava et al. 2014).
    """
    dropped = multiply(x, mask)
    return elementwise(lambda value: divide(value, keep), dropped) if inverted else dropped


# ---------------------------------------------------------------------------------------------------------------- losses


def log_softmax(scores):
    """s_k - log(sum_j exp(s_j)) of a list of scores, the largest score taken out first (GBC section 6.2.2.3)."""
    largest = max(scores)
    log_sum = largest + math.log(sum(math.exp(score - largest) for score in scores))
    return [score - log_sum for score in scores]


def softmax(scores):
    """exp(s_k) / sum_j exp(s_j) of a list of scores, the largest score taken out first (GBC section 6.2.2.3)."""
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    return [power / sum(powers) for power in powers]


def cross_entropy(scores, label):
    """-log softmax(scores)[label] of one example; label counts from 0 (GBC section 6.2.2.3)."""
    return -log_softmax(scores)[label]


def softmax_cross_entropy_gradient(scores, label):
    """dLoss/dscores of cross_entropy for one example: softmax(scores) minus the one-hot vector of the label (CS231n)."""
    return [probability - int(k == label) for k, probability in enumerate(softmax(scores))]


def _reduce(terms, reduction):
    """Sum or mean of a list of loss terms."""
    if reduction == "sum":
        return sum(terms)
    if reduction == "mean":
        return divide(sum(terms), len(terms))
    raise ValueError(f"reduction {reduction!r} is neither 'mean' nor 'sum'")


def binary_cross_entropy(probabilities, targets, reduction="mean"):
    """-(t log p + (1 - t) log(1 - p)) reduced over all numbers; nested lists of one shape (GBC section 6.2.2.2).

    0 log 0 counts as 0; ValueError where the loss would be infinite.
    """

    def term(probability, target):
        parts = (target, probability), (1 - target, 1 - probability)
        return -sum(weight * math.log(chance) for weight, chance in parts if weight != 0)

    return _reduce(flatten(elementwise(term, probabilities, targets)), reduction)


def hinge(scores, labels, reduction="mean"):
    """Multi-class SVM loss: sum over the wrong classes j of max(0, s_j - s_y + 1), reduced over the examples.

    scores: N x K, labels: N class numbers from 0 (Weston, Watkins 1999; CS231n "linear classification").
    """
    losses = []
    for row, label in zip(scores, labels, strict=True):
        losses.append(sum(max(0, score - row[label] + 1) for j, score in enumerate(row) if j != label))
    return _reduce(losses, reduction)


def _squared_differences(predictions, targets):
    """(prediction - target)^2, number by number."""
    return elementwise(lambda prediction, target: (prediction - target) * (prediction - target), predictions, targets)


def mse(predictions, targets, reduction="mean"):
    """Squared error reduced over all numbers, without a factor 1/2; nested lists of one shape (GBC section 5.1.4)."""
    return _reduce(flatten(_squared_differences(predictions, targets)), reduction)


def sse(predictions, targets, reduction="sum"):
    """Squared length of the error of each example (row), without a factor 1/2, reduced over the examples.

    N x D with "mean" gives 1/N sum_n ||prediction_n - target_n||^2, D times mse; in a flat list every number is an example.
    """
    return _reduce([sum(flatten(row)) for row in _squared_differences(predictions, targets)], reduction)


def l1(predictions, targets, reduction="mean"):
    """Absolute error |prediction - target| reduced over all numbers; nested lists of one shape."""
    differences = elementwise(lambda prediction, target: abs(prediction - target), predictions, targets)
    return _reduce(flatten(differences), reduction)


# ----------------------------------------------------------------------------------- activations (number in, number out)


def relu(x):
    """max(0, x) (GBC section 6.3.1)."""
    return max(0, x)


def relu_derivative(x, at_zero=0):
    """1 right of zero, 0 left of it, at_zero in the kink."""
    if x == 0:
        return at_zero
    return 1 if x > 0 else 0


def leaky_relu(x, slope=0.01):
    """x if x > 0, otherwise slope * x (Maas et al. 2013)."""
    return x if x > 0 else slope * x


def leaky_relu_derivative(x, slope=0.01):
    """1 right of zero, slope left of it and in zero."""
    return 1 if x > 0 else slope


def elu(x, alpha=1):
    """x if x > 0, otherwise alpha * (exp(x) - 1) (Clevert et al. 2016)."""
    return x if x > 0 else alpha * math.expm1(x)


def elu_derivative(x, alpha=1):
    """1 right of zero, alpha * exp(x) left of it and in zero."""
    return 1 if x > 0 else alpha * math.exp(x)


def sigmoid(x):
    """1 / (1 + exp(-x)), written so that exp never overflows (GBC section 3.10)."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def sigmoid_derivative(x):
    """sigmoid(x) * (1 - sigmoid(x)), where 1 - sigmoid(x) = sigmoid(-x) (GBC section 3.10)."""
    return sigmoid(x) * sigmoid(-x)


def tanh(x):
    """Hyperbolic tangent."""
    return math.tanh(x)


def tanh_derivative(x):
    """1 - tanh(x)^2."""
    return 1 - math.tanh(x) * math.tanh(x)


def softplus(x):
    """log(1 + exp(x)), written so that exp never overflows (GBC section 3.10)."""
    return max(x, 0) + math.log1p(math.exp(-abs(x)))


def softplus_derivative(x):
    """sigmoid(x) (GBC section 3.10)."""
    return sigmoid(x)


# ---------------------------------------------------------------------------------------------- dense and recurrent nets


def affine(x, W, b):
    """Dense layer x W + b: x N x D (one row an example), W D x M, b M, result N x M (CS231n convention)."""
    return [add(row, b) for row in matmul(x, W)]


def affine_gradient(upstream, x, W):
    """Gradients of affine, upstream N x M: dict x = upstream W^T, W = x^T upstream, b = column sums of upstream."""
    return {
        "x": matmul(upstream, transpose(W)),
        "W": matmul(transpose(x), upstream),
        "b": [sum(column) for column in transpose(upstream)],
    }


def mlp_parameter_count(widths, bias=True):
    """Number of weights (and biases) of a fully connected net with layer widths [input, hidden ..., output], one by one."""
    count = 0
    for layer in range(1, len(widths)):
        for _ in range(widths[layer]):
            for _ in range(widths[layer - 1]):
                count += 1
            if bias:
                count += 1
    return count


def _recurrent_input(parameters, h, x):
    """W h + U x + b for the column vectors h and x; parameters is (W, U, b)."""
    W, U, b = parameters
    return add(add(matrix_vector(W, h), matrix_vector(U, x)), b)


def _add_recurrent_gradient(gradient, delta, h, x):
    """The gradient triple (of W, U, b) after one more time step; delta is dLoss/d(W h + U x + b)."""
    return tuple(add(old, new) for old, new in zip(gradient, (outer(delta, h), outer(delta, x), delta), strict=True))


def rnn_forward(xs, h0, W, U, b, activation):
    """Plain recurrent net: pre_t = W h_(t-1) + U x_t + b, h_t = activation(pre_t) (GBC equations 10.8 and 10.9).

    Column vectors: xs T x D, h0 H, W H x H, U H x D, b H. Returns a list of T dicts pre (H), h (H).
    """
    steps, h = [], h0
    for x in xs:
        pre = _recurrent_input((W, U, b), h, x)
        h = [activation(value) for value in pre]
        steps.append({"pre": pre, "h": h})
    return steps


def rnn_backward(xs, h0, W, U, b, activation, activation_derivative, upstream):
    """Backpropagation through time for rnn_forward (GBC section 10.2.2).

    upstream: T x H, the direct dLoss/dh_t of every time step (without what flows back from later steps);
    activation_derivative takes pre. Returns dict W, U, b, h0, xs.
    """
    _require_shape(upstream, (len(xs), len(h0)))
    steps = rnn_forward(xs, h0, W, U, b, activation)
    gradient = zeros_like(W), zeros_like(U), zeros_like(b)
    by_xs, from_later = zeros_like(xs), zeros_like(h0)
    for t in reversed(range(len(xs))):
        previous_h = steps[t - 1]["h"] if t > 0 else h0
        delta = multiply(add(upstream[t], from_later), [activation_derivative(value) for value in steps[t]["pre"]])
        gradient = _add_recurrent_gradient(gradient, delta, previous_h, xs[t])
        from_later = matrix_vector(transpose(W), delta)
        by_xs[t] = matrix_vector(transpose(U), delta)
    return dict(zip(("W", "U", "b"), gradient, strict=True)) | {"h0": from_later, "xs": by_xs}


def lstm_forward(xs, h0, c0, gates):
    """LSTM with forget gate, without peepholes (Hochreiter, Schmidhuber 1997; Gers et al. 2000; GBC section 10.10.1).

    gates: dict f, i, o, g -> (W, U, b), W H x H for the state, U H x D for the input, b H. At each time step
    f, i, o = sigmoid(W h_(t-1) + U x_t + b), g = tanh(the same with its own W, U, b),
    c_t = f * c_(t-1) + i * g, h_t = o * tanh(c_t). xs T x D, h0 H, c0 H. Returns a list of T dicts f, i, o, g, c, h.
    """
    steps, h, c = [], h0, c0
    for x in xs:
        step = {}
        for name, activation in (("f", sigmoid), ("i", sigmoid), ("o", sigmoid), ("g", tanh)):
            step[name] = [activation(value) for value in _recurrent_input(gates[name], h, x)]
        c = add(multiply(step["f"], c), multiply(step["i"], step["g"]))
        h = multiply(step["o"], [tanh(value) for value in c])
        steps.append(step | {"c": c, "h": h})
    return steps


def lstm_backward(xs, h0, c0, gates, upstream_h):
    """Backpropagation through time for lstm_forward, by the chain rule on its equations from the last step to the first.

    upstream_h: T x H, the direct dLoss/dh_t of every time step. Returns dict gates (f, i, o, g -> (W, U, b) gradients, in the
    form of the argument gates), h0, c0, xs.
    """
    _require_shape(upstream_h, (len(xs), len(h0)))
    steps = lstm_forward(xs, h0, c0, gates)
    gradients = {name: tuple(zeros_like(part) for part in gates[name]) for name in gates}
    by_xs, h_from_later, c_from_later = zeros_like(xs), zeros_like(h0), zeros_like(c0)
    for t in reversed(range(len(xs))):
        step = steps[t]
        previous_h, previous_c = (steps[t - 1]["h"], steps[t - 1]["c"]) if t > 0 else (h0, c0)
        by_h = add(upstream_h[t], h_from_later)
        by_c = add(multiply(multiply(by_h, step["o"]), [tanh_derivative(value) for value in step["c"]]), c_from_later)
        by_gate = {
            "f": multiply(by_c, previous_c),
            "i": multiply(by_c, step["g"]),
            "o": multiply(by_h, [tanh(value) for value in step["c"]]),
            "g": multiply(by_c, step["i"]),
        }
        c_from_later = multiply(by_c, step["f"])
        h_from_later = zeros_like(h0)
        for name, (W, U, _) in gates.items():
            slope = [1 - value * value if name == "g" else value * (1 - value) for value in step[name]]
            delta = multiply(by_gate[name], slope)
            gradients[name] = _add_recurrent_gradient(gradients[name], delta, previous_h, xs[t])
            h_from_later = add(h_from_later, matrix_vector(transpose(W), delta))
            by_xs[t] = add(by_xs[t], matrix_vector(transpose(U), delta))
    return {"gates": gradients, "h0": h_from_later, "c0": c_from_later, "xs": by_xs}


# ------------------------------------------------------------------------------ optimizers (one step each, dict returned)


def sgd(theta, gradient, learning_rate):
    """theta - learning_rate * gradient (GBC algorithm 8.1): dict theta."""
    return {"theta": elementwise(lambda value, slope: value - learning_rate * slope, theta, gradient)}


def momentum(theta, velocity, gradient, learning_rate, beta):
    """velocity = beta * velocity - learning_rate * gradient; theta = theta + velocity (GBC algorithm 8.2).

    Returns dict theta, velocity.
    """
    velocity = elementwise(lambda speed, slope: beta * speed - learning_rate * slope, velocity, gradient)
    return {"theta": add(theta, velocity), "velocity": velocity}


def momentum_pytorch(theta, velocity, gradient, learning_rate, beta):
    """velocity = beta * velocity + gradient; theta = theta - learning_rate * velocity (torch.optim.SGD).

    Returns dict theta, velocity.
    """
    velocity = elementwise(lambda speed, slope: beta * speed + slope, velocity, gradient)
    return {"theta": sgd(theta, velocity, learning_rate)["theta"], "velocity": velocity}


def nesterov(theta, velocity, gradient_function, learning_rate, beta):
    """momentum with the gradient taken at the look-ahead point theta + beta * velocity (GBC algorithm 8.3).

    Sutskever et al. 2013; gradient_function(point) gives the gradient there. Returns dict theta, velocity.
    """
    ahead = elementwise(lambda value, speed: value + beta * speed, theta, velocity)
    return momentum(theta, velocity, gradient_function(ahead), learning_rate, beta)


def nesterov_pytorch(theta, velocity, gradient, learning_rate, beta):
    """velocity = beta * velocity + gradient; theta = theta - learning_rate * (gradient + beta * velocity).

    torch.optim.SGD with nesterov=True; gradient is taken at theta itself, which plays the part of the look-ahead point.
    Returns dict theta, velocity.
    """
    velocity = elementwise(lambda speed, slope: beta * speed + slope, velocity, gradient)
    direction = elementwise(lambda slope, speed: slope + beta * speed, gradient, velocity)
    return {"theta": sgd(theta, direction, learning_rate)["theta"], "velocity": velocity}


def _scaled_step(theta, direction, squares, learning_rate, epsilon):
    """theta - learning_rate * direction / (sqrt(squares) + epsilon), number by number; epsilon outside the root."""
    return elementwise(
        lambda value, slope, square: value - learning_rate * slope / (math.sqrt(square) + epsilon), theta, direction, squares
    )


def adagrad(theta, squares, gradient, learning_rate, epsilon):
    """squares = squares + gradient^2; theta = theta - learning_rate * gradient / (sqrt(squares) + epsilon).

    Duchi et al. 2011, GBC algorithm 8.4. Returns dict theta, squares.
    """
    squares = elementwise(lambda square, slope: square + slope * slope, squares, gradient)
    return {"theta": _scaled_step(theta, gradient, squares, learning_rate, epsilon), "squares": squares}


def _decayed(average, new, decay):
    """decay * average + (1 - decay) * new, number by number."""
    return elementwise(lambda before, now: decay * before + (1 - decay) * now, average, new)


def rmsprop(theta, squares, gradient, learning_rate, decay, epsilon):
    """squares = decay * squares + (1 - decay) * gradient^2, then theta as in adagrad.

    Tieleman, Hinton 2012, lecture 6.5; epsilon outside the root as in PyTorch (GBC algorithm 8.5 has it inside).
    Returns dict theta, squares.
    """
    squares = _decayed(squares, multiply(gradient, gradient), decay)
    return {"theta": _scaled_step(theta, gradient, squares, learning_rate, epsilon), "squares": squares}


def adam(theta, m, v, gradient, step, learning_rate, beta1, beta2, epsilon):
    """Adam with bias correction (KB algorithm 1); step counts from 1; m and v are the averages before this step.

    m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, m_hat = m / (1 - beta1^step), v_hat = v / (1 - beta2^step),
    theta = theta - learning_rate * m_hat / (sqrt(v_hat) + epsilon). Returns dict theta, m, v, m_hat, v_hat.
    """
    m = _decayed(m, gradient, beta1)
    v = _decayed(v, multiply(gradient, gradient), beta2)
    m_hat = elementwise(lambda average: divide(average, 1 - beta1**step), m)
    v_hat = elementwise(lambda average: divide(average, 1 - beta2**step), v)
    theta = _scaled_step(theta, m_hat, v_hat, learning_rate, epsilon)
    return {"theta": theta, "m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat}


# ---------------------------------------------------------------------------------------------------- Bayesian regression


def bayesian_linear_regression(X, y, prior_covariance, noise_variance):
    """Posterior over the weights of y = X^T w + noise, w ~ N(0, prior_covariance) (RW equations 2.7 and 2.8).

    X: D x N, columns are data points; y: N. A = X X^T / noise_variance + prior_covariance^-1 (D x D),
    mean = A^-1 X y / noise_variance (D), cov = A^-1. Returns dict A, A_inverse, mean, cov (A_inverse and cov are equal).
    """
    precision = divide(1, noise_variance)
    data_part = elementwise(lambda entry: precision * entry, matmul(X, transpose(X)))
    A = add(data_part, inverse(prior_covariance))
    A_inverse = inverse(A)
    mean = [precision * entry for entry in matrix_vector(A_inverse, matrix_vector(X, y))]
    return {"A": A, "A_inverse": A_inverse, "mean": mean, "cov": A_inverse}


# ----------------------------------------------------------------------- eigenvalues, rank, covariance; sorted lists and sums


def symmetric_eigenvalues(matrix, rounds=60):
    """Eigenvalues of a symmetric matrix, ascending, as floats: Jacobi's rotations make one entry beside the diagonal 0 at a time.

    Source: Golub, Van Loan: Matrix Computations (2013), section 8.5.
    """
    rows = [[float(entry) for entry in row] for row in matrix]
    size = len(rows)
    for _ in range(rounds):
        for p in range(size):
            for q in range(p + 1, size):
                if rows[p][q] == 0:
                    continue
                ratio = (rows[q][q] - rows[p][p]) / (2 * rows[p][q])
                tangent = math.copysign(1, ratio) / (abs(ratio) + math.sqrt(1 + ratio * ratio))
                cosine = 1 / math.sqrt(1 + tangent * tangent)
                sine = tangent * cosine
                for k in range(size):
                    left, right = rows[k][p], rows[k][q]
                    rows[k][p], rows[k][q] = cosine * left - sine * right, sine * left + cosine * right
                for k in range(size):
                    above, below = rows[p][k], rows[q][k]
                    rows[p][k], rows[q][k] = cosine * above - sine * below, sine * above + cosine * below
    return insertion_sort([rows[k][k] for k in range(size)])


def rank(matrix):
    """Number of pivots of Gaussian elimination; matrix of whole numbers or Fractions."""
    rows, found = [list(row) for row in matrix], 0
    for column in range(len(rows[0])):
        pivots = [k for k in range(found, len(rows)) if rows[k][column] != 0]
        if not pivots:
            continue
        rows[found], rows[pivots[0]] = rows[pivots[0]], rows[found]
        for below in range(found + 1, len(rows)):
            factor = divide(rows[below][column], rows[found][column])
            rows[below] = [entry - factor * above for entry, above in zip(rows[below], rows[found], strict=True)]
        found += 1
    return found


def covariance(points, ddof=0):
    """Covariance matrix of points (rows): entry [i][j] is the sum of (x_i - mean_i)(x_j - mean_j) over n - ddof."""
    count, columns = len(points), transpose(points)
    means = [divide(sum(column), count) for column in columns]
    result = filled(0, len(columns), len(columns))
    for i in range(len(columns)):
        for j in range(len(columns)):
            total = 0
            for point in points:
                total += (point[i] - means[i]) * (point[j] - means[j])
            result[i][j] = divide(total, count - ddof)
    return result


def principal_components(points, kept, ddof=0):
    """{"variances", "shares", "explained"} of the first `kept` principal components, floats (Bishop 2006, section 12.1.1)."""
    variances = symmetric_eigenvalues(covariance(points, ddof))[::-1]
    shares = [variance / sum(variances) for variance in variances[:kept]]
    return {"variances": variances[:kept], "shares": shares, "explained": sum(shares)}


def insertion_sort(numbers):
    """The numbers in ascending order."""
    ordered = []
    for number in numbers:
        place = 0
        while place < len(ordered) and ordered[place] <= number:
            place += 1
        ordered.insert(place, number)
    return ordered


def median(numbers):
    """The middle one of the sorted numbers, or the mean of the two in the middle."""
    ordered, half = insertion_sort(numbers), len(numbers) // 2
    return ordered[half] if len(numbers) % 2 else divide(ordered[half - 1] + ordered[half], 2)


def running_sums(numbers):
    """The sums of the first, the first two, the first three, ... numbers."""
    return [sum(numbers[: k + 1]) for k in range(len(numbers))]


# --------------------------------------------------------------------------------------------- steps repeated on a loss


def linear_gradients(X, y, w, b):
    """(dL/dw, dL/db) of L = mean of (x w + b - y)^2 over the rows x of X."""
    errors = [dot(row, w) + b - target for row, target in zip(X, y, strict=True)]
    by_w = [0 for _ in w]
    for row, error in zip(X, errors, strict=True):
        for place, entry in enumerate(row):
            by_w[place] += divide(2 * error * entry, len(X))
    return by_w, divide(2 * sum(errors), len(X))


def train_linear(X, y, w, b, step, epochs, batch):
    """[(w, b) after every step] of going through the rows of X and y, `batch` of them at a time, the rest at the end.

    step: (parameters as one list, their gradient, number of the step from 1) -> new parameters.
    """
    taken, number = [], 0
    for _ in range(epochs):
        for start in range(0, len(X), batch):
            by_w, by_b = linear_gradients(X[start : start + batch], y[start : start + batch], w, b)
            number += 1
            *w, b = step([*w, b], [*by_w, by_b], number)
            taken.append((w, b))
    return taken


# ------------------------------------------------------------------- layer norm, one-dimensional convolution, measures, losses


def layer_norm(rows, gamma, beta, epsilon):
    """gamma (x - mean) / sqrt(var + epsilon) + beta with mean and variance of every row by itself (Ba et al. 2016)."""
    result = []
    for row in rows:
        mean = divide(sum(row), len(row))
        var = divide(sum((x - mean) ** 2 for x in row), len(row))
        result.append([g * (x - mean) / math.sqrt(var + epsilon) + b for x, g, b in zip(row, gamma, beta, strict=True)])
    return result


def conv1d(x, w, b=None, stride=1, padding=0, dilation=1, flip=False):
    """Convolution layer along one axis: x C x L, w F x C x K, result F x L' (DV chapter 2); flip reads the kernels backwards."""
    result = []
    for number, kernels in enumerate(w):
        row = []
        for out in range(conv_output_size(len(x[0]), len(kernels[0]), stride, padding, dilation)):
            total = 0 if b is None else b[number]
            for channel, kernel in enumerate(kernels):
                for tap in range(len(kernel)):
                    place = out * stride - padding + tap * dilation
                    if 0 <= place < len(x[0]):
                        total += x[channel][place] * kernel[len(kernel) - 1 - tap if flip else tap]
            row.append(total)
        result.append(row)
    return result


def confusion(predicted, labels, classes):
    """Entry [i][j]: how often class i is predicted as class j; classes count from 0."""
    result = filled(0, classes, classes)
    for guess, label in zip(predicted, labels, strict=True):
        result[label][guess] += 1
    return result


def accuracy(predicted, labels):
    """Share of right predictions."""
    return divide(sum(guess == label for guess, label in zip(predicted, labels, strict=True)), len(labels))


def precision(predicted, labels, positive=1):
    """Share of right ones among the predictions `positive` (GBC section 11.1)."""
    said = [label for guess, label in zip(predicted, labels, strict=True) if guess == positive]
    return divide(said.count(positive), len(said))


def recall(predicted, labels, positive=1):
    """Share of the members of the class `positive` that are found."""
    return precision(labels, predicted, positive)


def f1_score(predicted, labels, positive=1):
    """2 p r / (p + r) of precision p and recall r (GBC equation 11.1)."""
    p, r = precision(predicted, labels, positive), recall(predicted, labels, positive)
    return 2 * p * r / (p + r)


def box_iou(a, b):
    """Intersection over union of boxes (left, top, right, bottom) with whole numbers as corners, by counting unit squares."""

    def squares(box):
        left, top, right, bottom = box
        return {(x, y) for x in range(left, right) for y in range(top, bottom)}

    return Fraction(len(squares(a) & squares(b)), len(squares(a) | squares(b)))


def nearest_label(X, y, point, k):
    """The label that most of the k nearest rows of X have, None at a tie of votes."""
    near = sorted((sum((a - b) ** 2 for a, b in zip(row, point, strict=True)), label) for row, label in zip(X, y, strict=True))
    votes = [label for _, label in near[:k]]
    best = max(votes.count(label) for label in votes)
    winners = {label for label in votes if votes.count(label) == best}
    return winners.pop() if len(winners) == 1 else None


def entropy(p, base=math.e):
    """-sum p log p, where 0 log 0 is 0."""
    return -sum(share * math.log(share, base) for share in p if share)


def kl(p, q, base=math.e):
    """sum p log(p / q), where 0 log 0 is 0."""
    return sum(share * math.log(share / other, base) for share, other in zip(p, q, strict=True) if share)


def huber(predictions, targets, delta, reduction="mean"):
    """Mean or sum of d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2)."""
    total = 0
    for p, y in zip(flatten(predictions), flatten(targets), strict=True):
        d = abs(p - y)
        total += divide(d * d, 2) if d <= delta else delta * (d - divide(delta, 2))
    return total if reduction == "sum" else divide(total, len(flatten(targets)))
