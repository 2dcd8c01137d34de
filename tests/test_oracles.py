"""The oracles against numbers typed in by hand from textbooks, and every gradient against central differences."""

import math
import random
from fractions import Fraction

import oracles
import pytest

F = Fraction


def assert_close(actual, expected, tolerance=1e-9):
    """Same nested shape (dicts, lists, tuples) and every number within the tolerance, relative to numbers above 1."""
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for name in expected:
            assert_close(actual[name], expected[name], tolerance)
    elif isinstance(expected, (list, tuple)):
        assert isinstance(actual, (list, tuple))
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_close(one, other, tolerance)
    else:
        assert actual == expected or abs(actual - expected) <= tolerance * max(1, abs(expected)), (actual, expected)


def whole_numbers(seed, *shape):
    """Nested list of whole numbers from -5 to 5, always the same for one seed."""
    generator = random.Random(seed)
    return oracles.elementwise(lambda _: generator.randint(-5, 5), oracles.filled(0, *shape))


def real_numbers(seed, *shape):
    """Nested list of floats between -1 and 1, always the same for one seed."""
    generator = random.Random(seed)
    return oracles.elementwise(lambda _: generator.uniform(-1, 1), oracles.filled(0, *shape))


def weighted_sum(values, weights):
    """A scalar loss whose gradient by the values is `weights`."""
    return oracles.dot(oracles.flatten(values), oracles.flatten(weights))


# ---------------------------------------------------------------------------------------------------- helpers of the tests


def test_assert_close_can_fail():
    for actual, expected in [(1, 2), ([1], [1, 1]), ({"a": 1}, {"b": 1}), ([[1, 2]], [[1, 2.001]]), (1, [1]), (math.nan, 1)]:
        with pytest.raises(AssertionError):
            assert_close(actual, expected)


# ---------------------------------------------------------------------------------------------- nested lists and matrices


def test_nested_list_helpers():
    assert oracles.shape_of([[[1, 2, 3], [4, 5, 6]]]) == (1, 2, 3)
    assert oracles.shape_of(7) == ()
    assert oracles.shape_of([]) == (0,)
    assert oracles.filled(5, 2, 3) == [[5, 5, 5], [5, 5, 5]]
    assert oracles.flatten([[1, [2]], 3]) == [1, 2, 3]
    assert oracles.zeros_like([[1, 2], [3, 4]]) == [[0, 0], [0, 0]]
    assert oracles.entry_at([[1, 2], [3, 4]], (1, 0)) == 3
    table = [[1, 2], [3, 4]]
    oracles.add_at(table, (0, 1), 5)
    assert table == [[1, 7], [3, 4]]
    assert oracles.filled(0, 2, 2)[0] is not oracles.filled(0, 2, 2)[1]
    with pytest.raises(ValueError, match="shorter"):
        oracles.add([1, 2], [1])


def test_divide_keeps_whole_numbers_exact():
    assert oracles.divide(1, 3) == F(1, 3)
    assert oracles.divide(F(1, 3), 2) == F(1, 6)
    assert isinstance(oracles.divide(1.0, 2), float)


def test_central_difference_exact_for_a_quadratic_and_close_for_a_cubic():
    # d/dx (x^2 y + 3 z) = (2 x y, x^2, 3)
    def quadratic(v):
        return v[0][0] * v[0][0] * v[0][1] + 3 * v[1][0]

    assert oracles.central_difference(quadratic, [[2, 5], [7]], step=1) == [[20, 4], [3]]
    assert_close(oracles.central_difference(lambda v: v[0] ** 3, [2.0]), [12.0], 1e-6)
    # the step error of x^3 is exactly step^2
    assert oracles.central_difference(lambda x: x * x * x, F(2), step=F(1, 10)) == 12 + F(1, 100)


def test_matrix_products():
    # Strang, Introduction to Linear Algebra, section 2.4: row times column
    assert oracles.matmul([[1, 2], [3, 4]], [[5, 6, 0], [7, 8, 1]]) == [[19, 22, 2], [43, 50, 4]]
    assert oracles.matrix_vector([[1, 2], [3, 4], [5, 6]], [1, -1]) == [-1, -1, -1]
    assert oracles.transpose([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]
    assert oracles.outer([1, 2], [3, 4, 5]) == [[3, 4, 5], [6, 8, 10]]
    assert oracles.dot([1, 2, 3], [4, 5, 6]) == 32
    assert oracles.identity(2) == [[1, 0], [0, 1]]
    with pytest.raises(ValueError, match="longer"):
        oracles.dot([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="shorter"):
        oracles.matmul([[1, 2]], [[1, 2]])
    with pytest.raises(ValueError, match="shorter"):
        oracles.transpose([[1, 2], [3]])


def test_second_difference_matrix():
    # Strang, Introduction to Linear Algebra, section 2.5: K = [2 -1 0; -1 2 -1; 0 -1 2] has determinant 4 and this inverse
    K = [[2, -1, 0], [-1, 2, -1], [0, -1, 2]]
    assert oracles.determinant(K) == 4
    assert oracles.inverse(K) == [[F(3, 4), F(1, 2), F(1, 4)], [F(1, 2), 1, F(1, 2)], [F(1, 4), F(1, 2), F(3, 4)]]
    assert oracles.solve(K, [4, 0, 4]) == [4, 4, 4]
    assert_close(oracles.inverse([[2.0, -1.0], [-1.0, 2.0]]), [[2 / 3, 1 / 3], [1 / 3, 2 / 3]])


def test_determinant_and_row_exchange():
    # rule of Sarrus by hand: 1*5*10 + 2*6*7 + 3*4*8 - 3*5*7 - 2*4*10 - 1*6*8 = 50 + 84 + 96 - 105 - 80 - 48 = -3
    assert oracles.determinant([[1, 2, 3], [4, 5, 6], [7, 8, 10]]) == -3
    assert oracles.determinant([[0, 1], [1, 0]]) == -1
    # a zero pivot needs a row exchange
    assert oracles.inverse([[0, 2], [1, 0]]) == [[0, 1], [F(1, 2), 0]]
    assert oracles.solve([[0, 2], [1, 0]], [6, 5]) == [5, 3]
    assert oracles.determinant([[1, 2], [2, 4]]) == 0
    with pytest.raises(ValueError, match="singular"):
        oracles.inverse([[1, 2], [2, 4]])
    with pytest.raises(ValueError, match="longer"):
        oracles.solve([[1, 2], [2, 5]], [1, 2, 3])


def test_elimination_takes_the_largest_pivot():
    # the classic of Forsythe and Moler: with the tiny pivot first, floats would answer (0, 1) instead of about (1, 1)
    assert_close(oracles.solve([[1e-20, 1.0], [1.0, 1.0]], [1.0, 2.0]), [1.0, 1.0])


# ----------------------------------------------------------------------------------------------------------- convolution

# Dumoulin and Visin, A guide to convolution arithmetic for deep learning, figures 1.1, 1.2, 1.5 and 1.6
DUMOULIN_INPUT = [[[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]]
DUMOULIN_KERNEL = [[[[0, 1, 2], [2, 2, 0], [0, 1, 2]]]]


def test_conv2d_of_dumoulin_and_visin():
    assert oracles.conv2d(DUMOULIN_INPUT, DUMOULIN_KERNEL) == [[[12, 12, 17], [10, 17, 19], [9, 6, 14]]]
    strided = oracles.conv2d(DUMOULIN_INPUT, DUMOULIN_KERNEL, stride=2, padding=1)
    assert strided == [[[6, 17, 3], [8, 17, 13], [6, 4, 4]]]


def test_conv2d_flip_is_the_convolution_of_signals():
    # numpy.convolve documentation: [1, 2, 3] * [0, 1, 0.5] = [0, 1, 2.5, 4, 1.5]; as a polynomial (1+2x+3x^2)(x+x^2/2)
    out = oracles.conv2d([[[1, 2, 3]]], [[[[0, 1, F(1, 2)]]]], padding=(0, 2), flip=True)
    assert out == [[[0, 1, F(5, 2), 4, F(3, 2)]]]
    # the 180 degree turn is in rows and columns: a kernel with its one at the top left picks the pixel at the bottom right
    image = [[[1, 2], [3, 4]]]
    assert oracles.conv2d(image, [[[[1, 0], [0, 0]]]], flip=True) == [[[4]]]
    assert oracles.conv2d(image, [[[[1, 0], [0, 0]]]]) == [[[1]]]
    assert oracles.conv2d(image, [[[[0, 1], [0, 0]]]], flip=True) == [[[3]]]


def test_conv2d_channels_features_bias():
    # by hand: feature 0 adds the two channels, feature 1 takes 2 * first - second; biases 10 and -1
    x = [[[1, 2]], [[3, 4]]]
    w = [[[[1]], [[1]]], [[[2]], [[-1]]]]
    assert oracles.conv2d(x, w, [10, -1]) == [[[14, 16]], [[-2, -1]]]


def test_conv2d_pairs_of_settings():
    # by hand: dilation (1, 2) reads columns 0 and 2; stride (1, 2) moves two columns; rows untouched by the 1-row kernel
    x = [[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]]
    w = [[[[1, -10]]]]
    assert oracles.conv2d(x, w, stride=(1, 2), dilation=(1, 2)) == [[[1 - 30, 3 - 50], [6 - 80, 8 - 100]]]
    # padding (1, 0) adds a row above and below only
    assert oracles.conv2d([[[1, 2]]], [[[[1], [1]]]], padding=(1, 0)) == [[[1, 2], [1, 2]]]


def test_conv2d_gradients_by_hand():
    # 3 x 3 image, 2 x 2 kernel (a b; c d) = (1 2; 3 4), upstream only at the output (0, 1): that output reads
    # columns 1 and 2 of rows 0 and 1, so dx holds the kernel there and dw holds those four pixels
    x, w, upstream = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[[1, 2], [3, 4]]]], [[[0, 1], [0, 0]]]
    assert oracles.conv2d_input_gradient(upstream, x, w) == [[[0, 1, 2], [0, 3, 4], [0, 0, 0]]]
    assert oracles.conv2d_kernel_gradient(upstream, x, w) == [[[[2, 3], [5, 6]]]]
    assert oracles.conv2d_input_gradient(upstream, x, w, flip=True) == [[[0, 4, 3], [0, 2, 1], [0, 0, 0]]]
    assert oracles.conv2d_kernel_gradient(upstream, x, w, flip=True) == [[[[6, 5], [3, 2]]]]
    assert oracles.conv2d_bias_gradient([[[1, 2], [3, 4]], [[-1, 0], [0, 0]]]) == [10, -1]


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "out_shape"),
    [(1, 0, 1, (4, 3)), (2, 1, 1, (3, 3)), ((2, 1), (0, 2), (1, 2), (2, 6)), (1, (1, 1), 2, (4, 4))],
)
def test_conv2d_gradients_by_central_differences(stride, padding, dilation, out_shape, flip):
    # the loss is linear in each of x, w, b: central differences with step 1 are exact
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "flip": flip}
    x, w, b = whole_numbers(1, 2, 6, 4), whole_numbers(2, 3, 2, 3, 2), whole_numbers(3, 3)
    upstream = whole_numbers(4, 3, *out_shape)

    def loss(x, w, b):
        return weighted_sum(oracles.conv2d(x, w, b, **settings), upstream)

    by_x = oracles.central_difference(lambda moved: loss(moved, w, b), x, step=1)
    by_w = oracles.central_difference(lambda moved: loss(x, moved, b), w, step=1)
    by_b = oracles.central_difference(lambda moved: loss(x, w, moved), b, step=1)
    assert any(oracles.flatten(by_x))
    assert any(oracles.flatten(by_w))
    assert oracles.conv2d_input_gradient(upstream, x, w, **settings) == by_x
    assert oracles.conv2d_kernel_gradient(upstream, x, w, **settings) == by_w
    assert oracles.conv2d_bias_gradient(upstream) == by_b


def test_conv2d_refuses_wrong_shapes():
    image, kernel = oracles.filled(1, 2, 3, 3), oracles.filled(1, 1, 3, 2, 2)
    with pytest.raises(ValueError, match="shape"):
        oracles.conv2d(image, kernel)
    with pytest.raises(ValueError, match="shorter"):
        oracles.conv2d(image, oracles.filled(1, 2, 2, 2, 2), [1])
    kernel, too_large = oracles.filled(1, 1, 2, 2, 2), oracles.filled(1, 1, 3, 3)
    for gradient in (oracles.conv2d_input_gradient, oracles.conv2d_kernel_gradient):
        with pytest.raises(ValueError, match="shape"):
            gradient(too_large, image, kernel)


def test_conv_output_size():
    # CS231n, convolutional networks: 7 wide, kernel 3: 5 at stride 1, 3 at stride 2; 32 wide, kernel 5, padding 2: 32;
    # AlexNet: 227 wide, kernel 11, stride 4: 55
    assert oracles.conv_output_size(7, 3) == 5
    assert oracles.conv_output_size(7, 3, stride=2) == 3
    assert oracles.conv_output_size(32, 5, padding=2) == 32
    assert oracles.conv_output_size(227, 11, stride=4) == 55
    # Dumoulin and Visin, figures 2.6 and 2.7 (strided) and figure 5.1 (dilation): 5 -> 3, 6 -> 3 (last column unused), 7 -> 3
    assert oracles.conv_output_size(5, 3, stride=2, padding=1) == 3
    assert oracles.conv_output_size(6, 3, stride=2, padding=1) == 3
    assert oracles.conv_output_size(7, 3, dilation=2) == 3
    assert oracles.conv_output_size(2, 3) == 0


def test_conv_output_size_equals_the_formula():
    # Dumoulin and Visin, relationship 15: floor((i + 2p - k - (k - 1)(d - 1)) / s) + 1
    for size, kernel, stride, padding, dilation in [(10, 3, 3, 0, 1), (11, 4, 2, 3, 2), (9, 2, 4, 1, 5), (28, 5, 3, 2, 2)]:
        formula = (size + 2 * padding - kernel - (kernel - 1) * (dilation - 1)) // stride + 1
        assert oracles.conv_output_size(size, kernel, stride, padding, dilation) == formula


def test_receptive_field():
    # Simonyan and Zisserman 2015 (VGG), section 2.3: two 3 x 3 layers see 5, three see 7
    assert oracles.receptive_field([(3, 1, 1)] * 2) == 5
    assert oracles.receptive_field([(3, 1, 1)] * 3) == 7
    # Yu and Koltun 2016, figure 1: 3 x 3 layers with dilation 1, 2, 4 see 3, 7, 15
    assert oracles.receptive_field([(3, 1, 1), (3, 1, 2), (3, 1, 4)]) == 15
    # by hand: a 2 pool at stride 2 over a 3 kernel at stride 1: outputs 0 and 1 of the first layer read 0..3
    assert oracles.receptive_field([(3, 1, 1), (2, 2, 1)]) == 4
    # stride of an early layer spreads the later kernel: outputs 0, 1, 2 of a stride-2 layer with kernel 3 read 0..6
    assert oracles.receptive_field([(3, 2, 1), (3, 1, 1)]) == 7
    assert oracles.receptive_field([]) == 1
    # gaps: kernel 2, dilation 3 reads positions 0 and 3, a width of 4 with 2 positions read
    assert oracles.receptive_positions([(2, 1, 3)]) == [0, 3]
    assert oracles.receptive_field([(2, 1, 3)]) == 4


def test_receptive_positions_are_those_with_a_gradient():
    # all-ones kernels: exactly the positions with a non-zero gradient of output 0 are reached
    layers = [(3, 2, 1), (2, 1, 2), (2, 3, 1)]
    stack = [[[0] * 30]]
    shapes = []
    for kernel, stride, dilation in layers:
        shapes.append(stack)
        stack = oracles.conv2d(stack, [[[[1] * kernel]]], stride=(1, stride), dilation=(1, dilation))
    upstream = oracles.zeros_like(stack)
    upstream[0][0][0] = 1
    for (kernel, stride, dilation), x in zip(reversed(layers), reversed(shapes), strict=True):
        upstream = oracles.conv2d_input_gradient(upstream, x, [[[[1] * kernel]]], (1, stride), 0, (1, dilation))
    assert oracles.receptive_positions(layers) == [place for place, value in enumerate(upstream[0][0]) if value]


def test_parameter_counts():
    # LeCun et al. 1998, LeNet-5: C1 has 156, C5 48,120, F6 10,164 trainable parameters
    assert oracles.conv_parameter_count(1, 6, 5) == 156
    assert oracles.conv_parameter_count(16, 120, 5) == 48120
    assert oracles.mlp_parameter_count([120, 84]) == 10164
    # Nielsen, Neural Networks and Deep Learning, chapter 6: 784-30-10 ... 784*30 + 30 + 30*10 + 10 = 23,860
    assert oracles.mlp_parameter_count([784, 30, 10]) == 23860
    assert oracles.mlp_parameter_count([784, 30, 10], bias=False) == 23820
    assert oracles.conv_parameter_count(3, 2, (1, 4), bias=False) == 24


# --------------------------------------------------------------------------------------------------------------- pooling


def test_pooling_of_dumoulin_and_visin():
    assert oracles.max_pool2d(DUMOULIN_INPUT, 3, stride=1) == [[[3, 3, 3], [3, 3, 3], [3, 2, 3]]]
    # figure 1.5 prints the averages rounded to one decimal: 1.7 1.7 1.7 / 1.0 1.2 1.8 / 1.1 0.8 1.3
    average = oracles.avg_pool2d(DUMOULIN_INPUT, 3, stride=1)
    assert oracles.elementwise(lambda value: float(round(value, 1)), average) == [
        [[1.7, 1.7, 1.7], [1.0, 1.2, 1.8], [1.1, 0.8, 1.3]]
    ]
    assert average[0][0][0] == F(15, 9)


def test_max_pool2d_of_cs231n():
    # CS231n, pooling layer: 2 x 2 windows at stride 2
    x = [[[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]
    assert oracles.max_pool2d(x, 2) == [[[6, 8], [3, 4]]]
    assert oracles.max_pool2d_gradient([[[10, 20], [30, 40]]], x, 2) == [
        [[0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]
    ]


def test_max_pool2d_padding_is_below_every_number_and_ties_go_to_the_first():
    x = [[[-7, -5], [-5, -9]]]
    assert oracles.max_pool2d(x, 2, padding=1) == [[[-7, -5], [-5, -9]]]
    assert oracles.max_pool2d(x, 2) == [[[-5]]]
    assert oracles.max_pool2d_gradient([[[3]]], x, 2) == [[[0, 3], [0, 0]]]
    # overlapping windows add up in the shared maximum
    assert oracles.max_pool2d_gradient([[[3, 4]]], [[[1, 8, 2]]], (1, 2), stride=1) == [[[0, 7, 0]]]
    # a window that sees nothing but padding has no maximum
    assert oracles.max_pool2d([[[5]]], 1, padding=(0, 1)) == [[[-math.inf, 5, -math.inf]]]


def test_avg_pool2d_counts_padding():
    # by hand: 2 x 2 windows at stride 2 over the 2 x 2 image with a zero frame see one pixel each, divided by 4
    x, upstream = [[[4, 8], [12, 16]]], [[[4, 40], [400, 4000]]]
    assert oracles.avg_pool2d(x, 2, padding=1) == [[[1, 2], [3, 4]]]
    assert oracles.avg_pool2d_gradient(upstream, x, 2, padding=1) == [[[1, 10], [100, 1000]]]
    assert oracles.avg_pool2d_gradient([[[8]]], x, 2) == [[[2, 2], [2, 2]]]
    assert oracles.avg_pool2d([[[1, 2, 6]]], (1, 3)) == [[[3]]]


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "out_shape"), [(2, None, 0, (2, 2)), (3, 1, 1, (5, 4)), ((2, 3), (2, 1), (1, 0), (3, 2))]
)
def test_pool_gradients_by_central_differences(kernel, stride, padding, out_shape):
    # numbers at least 4 apart: a step of 1 changes no maximum, so the differences are exact
    values = [4 * place for place in range(2 * 5 * 4)]
    random.Random(5).shuffle(values)
    x = [[[values.pop() for _ in range(4)] for _ in range(5)] for _ in range(2)]
    upstream = whole_numbers(6, 2, *out_shape)
    for pool, gradient in (
        (oracles.max_pool2d, oracles.max_pool2d_gradient),
        (oracles.avg_pool2d, oracles.avg_pool2d_gradient),
    ):
        numeric = oracles.central_difference(
            lambda moved, pool=pool: weighted_sum(pool(moved, kernel, stride, padding), upstream), x, step=1
        )
        assert any(oracles.flatten(numeric))
        assert gradient(upstream, x, kernel, stride, padding) == numeric
        with pytest.raises(ValueError, match="shape"):
            gradient(upstream[:1], x, kernel, stride, padding)


# --------------------------------------------------------------------------------------- batch normalisation and dropout


def test_batch_norm_train_by_hand():
    # column 0: 1, 3 has mean 2, biased variance 1; column 1: 0, 6 has mean 3, variance 9; with epsilon 3 and 7: roots 2 and 4
    x = [[1, 0], [3, 6]]
    forward = oracles.batch_norm_train(x, [1, 10], [5, 0], 0)
    assert forward == {"mean": [2, 3], "var": [1, 9], "normalised": [[-1, -1], [1, 1]], "out": [[4, -10], [6, 10]]}
    assert oracles.batch_norm_train([[1], [3]], [1], [0], 3)["normalised"] == [[-0.5], [0.5]]
    assert oracles.batch_norm_train([[0], [6]], [1], [0], 7)["normalised"] == [[-0.75], [0.75]]


def test_batch_norm_train_images_by_hand():
    # channel 0 holds 1, 3, 1, 3 over both images (mean 2, variance 1); channel 1 holds 0, 0, 0, 8 (mean 2, variance 12)
    x = [[[[1, 3]], [[0, 0]]], [[[1, 3]], [[0, 8]]]]
    forward = oracles.batch_norm_train_images(x, [2, 1], [0, 100], 4)
    assert (forward["mean"], forward["var"]) == ([2, 2], [1, 12])
    assert forward["normalised"][1][1] == [[-0.5, 1.5]]
    assert forward["out"][1][1] == [[99.5, 101.5]]
    assert_close(forward["out"][0][0], [[-2 / math.sqrt(5), 2 / math.sqrt(5)]])
    assert oracles.rows_to_images(oracles.images_to_rows(x), (2, 2, 1, 2)) == x
    assert oracles.images_to_rows([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]) == [[1, 5], [2, 6], [3, 7], [4, 8]]
    # one channel only
    assert oracles.batch_norm_train_images([[[[1, 3]]]], [1], [0], 0)["out"] == [[[[-1, 1]]]]


@pytest.mark.parametrize(
    ("forward", "gradient", "shape"),
    [
        (oracles.batch_norm_train, oracles.batch_norm_train_gradient, (4, 3)),
        (oracles.batch_norm_train_images, oracles.batch_norm_train_images_gradient, (2, 3, 2, 2)),
    ],
)
@pytest.mark.parametrize("epsilon", [0.1, 1e-5])
def test_batch_norm_gradients_by_central_differences(forward, gradient, shape, epsilon):
    x, gamma, beta, upstream = real_numbers(10, *shape), real_numbers(11, 3), real_numbers(12, 3), real_numbers(13, *shape)

    def loss(x, gamma, beta):
        return weighted_sum(forward(x, gamma, beta, epsilon)["out"], upstream)

    numeric = {
        "x": oracles.central_difference(lambda moved: loss(moved, gamma, beta), x),
        "gamma": oracles.central_difference(lambda moved: loss(x, moved, beta), gamma),
        "beta": oracles.central_difference(lambda moved: loss(x, gamma, moved), beta),
    }
    assert_close(gradient(upstream, x, gamma, epsilon), numeric, 1e-7)
    with pytest.raises(ValueError, match="shape"):
        gradient(upstream[:-1], x, gamma, epsilon)


def test_batch_norm_refuses_wrong_shapes():
    # as many numbers, but 1 x 2 pixels where the image has 2 x 1
    with pytest.raises(ValueError, match="shape"):
        oracles.batch_norm_train_images_gradient([[[[1, 2]]]], [[[[1], [2]]]], [1], 1)
    with pytest.raises(ValueError, match="shorter"):
        oracles.batch_norm_test([[1, 2]], [1], [1], [0], [1, 1], 0)


def test_batch_norm_gradient_by_x_has_no_part_along_ones():
    # Ioffe and Szegedy 2015, section 3: a shift of the whole batch changes nothing, so the gradient sums to zero
    gradient = oracles.batch_norm_train_gradient(real_numbers(18, 5, 2), real_numbers(19, 5, 2), [2.0, -3.0], 0.5)
    assert_close([sum(column) for column in oracles.transpose(gradient["x"])], [0, 0], 1e-12)
    assert max(abs(value) for value in oracles.flatten(gradient["x"])) > 0.1


def test_batch_norm_test_and_running_average():
    # by hand: (7 - 1) / sqrt(8 + 1) = 2, times 10 plus 5; (0 - 1) / sqrt(0 + 1) = -1
    assert oracles.batch_norm_test([[7, 0]], [10, 3], [5, 0], [1, 1], [8, 0], 1) == [[25, -3]]
    # PyTorch, BatchNorm1d: with momentum 0.1 nine tenths of the old value stay
    assert oracles.running_average([10, 0], [20, 5], F(1, 10)) == [11, F(1, 2)]


def test_dropout_by_hand():
    x, mask = [[2, 4], [6, 8]], [[1, 0], [0, 1]]
    assert oracles.dropout(x, mask, F(1, 2)) == [[4, 0], [0, 16]]
    assert oracles.dropout(x, mask, F(1, 2), inverted=False) == [[2, 0], [0, 8]]
    # the mean over all masks with their probabilities is x itself (Srivastava et al. 2014, section 10)
    keep, total = F(3, 4), 0
    for first in (0, 1):
        for second in (0, 1):
            probability = (keep if first else 1 - keep) * (keep if second else 1 - keep)
            total += probability * oracles.dropout([5, 7], [first, second], keep)[1]
    assert total == 7


# ---------------------------------------------------------------------------------------------------------------- losses


def test_softmax_and_cross_entropy_of_cs231n():
    # CS231n, linear classification, "SVM vs. Softmax" figure: scores -2.85, 0.86, 0.28, right class 2:
    # exp 0.058, 2.36, 1.32; probabilities 0.016, 0.631, 0.353; loss 1.04; hinge loss 1.58
    scores = [-2.85, 0.86, 0.28]
    assert_close(oracles.softmax(scores), [0.016, 0.631, 0.353], 6e-4)
    assert_close(oracles.cross_entropy(scores, 2), 1.04, 6e-3)
    assert_close(oracles.hinge([scores], [2]), 1.58, 1e-9)
    assert_close(oracles.softmax_cross_entropy_gradient(scores, 2), [0.016, 0.631, 0.353 - 1], 6e-4)


def test_softmax_exact_values_and_large_scores():
    # by hand: exp(log 1), exp(log 2), exp(log 5) = 1, 2, 5 of 8
    scores = [0.0, math.log(2), math.log(5)]
    assert_close(oracles.softmax(scores), [1 / 8, 2 / 8, 5 / 8])
    assert_close(oracles.log_softmax(scores), [-math.log(8), -math.log(4), math.log(5 / 8)])
    assert_close(oracles.cross_entropy(scores, 0), math.log(8))
    assert_close(oracles.softmax_cross_entropy_gradient(scores, 1), [1 / 8, -6 / 8, 5 / 8])
    # CS231n, numeric stability: 123, 456, 789 overflows without the shift
    assert_close(oracles.softmax([123, 456, 789]), [0, 0, 1])
    assert_close(oracles.cross_entropy([123, 456, 789], 0), 666)


def test_softmax_cross_entropy_gradient_by_central_differences():
    scores = real_numbers(50, 5)
    for label in range(5):
        numeric = oracles.central_difference(lambda moved, label=label: oracles.cross_entropy(moved, label), scores)
        assert_close(oracles.softmax_cross_entropy_gradient(scores, label), numeric, 1e-8)


def test_binary_cross_entropy_by_hand():
    assert_close(oracles.binary_cross_entropy([0.5], [1]), math.log(2))
    # -log 1/4 for the one, -log(1 - 1/2) for the zero: log 4 + log 2 = log 8
    assert_close(oracles.binary_cross_entropy([F(1, 4), F(1, 2)], [1, 0], "sum"), math.log(8))
    assert_close(oracles.binary_cross_entropy([[F(1, 4)], [F(1, 2)]], [[1], [0]]), math.log(8) / 2)
    # soft target 1/2 at probability 1/2: log 2
    assert_close(oracles.binary_cross_entropy([0.5], [0.5]), math.log(2))
    assert oracles.binary_cross_entropy([1, 0], [1, 0]) == 0
    with pytest.raises(ValueError, match="math domain error|positive"):
        oracles.binary_cross_entropy([0], [1])


def test_hinge_of_cs231n():
    # CS231n lecture 3: cat 3.2 5.1 -1.7, car 1.3 4.9 2.0, frog 2.2 2.5 -3.1: losses 2.9, 0, 12.9, mean 5.27
    scores, labels = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]], [0, 1, 2]
    for row, label, loss in zip(scores, labels, [2.9, 0, 12.9], strict=True):
        assert_close(oracles.hinge([row], [label]), loss)
    assert_close(oracles.hinge(scores, labels, "sum"), 15.8)
    assert_close(oracles.hinge(scores, labels), 5.27, 1e-3)
    with pytest.raises(ValueError, match="shorter"):
        oracles.hinge(scores, labels[:2])


def test_squared_and_absolute_errors():
    # by hand: differences 1, -2 | 0, 3: squares 1, 4, 0, 9
    predictions, targets = [[2, 1], [5, 7]], [[1, 3], [5, 4]]
    assert oracles.mse(predictions, targets) == F(14, 4)
    assert oracles.mse(predictions, targets, "sum") == 14
    assert oracles.sse(predictions, targets) == 14
    assert oracles.sse(predictions, targets, "mean") == 7
    assert oracles.l1(predictions, targets) == F(6, 4)
    assert oracles.l1(predictions, targets, "sum") == 6
    assert oracles.sse([1, 2], [3, 5], "mean") == oracles.mse([1, 2], [3, 5]) == F(13, 2)
    for loss in (oracles.mse, oracles.sse, oracles.l1, oracles.binary_cross_entropy):
        with pytest.raises(ValueError, match="reduction"):
            loss([0.5], [1], "average")
        with pytest.raises(ValueError, match="shorter"):
            loss([0.5, 0.5], [1])


# ----------------------------------------------------------------------------------------------------------- activations


def test_activations_by_hand():
    assert [oracles.relu(x) for x in (-2, 0, 3)] == [0, 0, 3]
    assert [oracles.leaky_relu(x, F(1, 10)) for x in (-2, 0, 3)] == [F(-1, 5), 0, 3]
    assert_close([oracles.leaky_relu(-2), oracles.elu(-math.log(2)), oracles.elu(4)], [-0.02, -0.5, 4])
    assert_close(oracles.elu(-math.log(4), alpha=2), -1.5)
    # sigmoid(log 3) = 3/4, tanh(log 2) = (2 - 1/2)/(2 + 1/2) = 3/5, softplus(log 3) = log 4
    assert_close([oracles.sigmoid(x) for x in (0, math.log(3), -math.log(3))], [1 / 2, 3 / 4, 1 / 4])
    assert_close([oracles.tanh(0), oracles.tanh(math.log(2)), oracles.tanh(-math.log(2))], [0, 3 / 5, -3 / 5])
    assert_close([oracles.softplus(x) for x in (0, math.log(3), -math.log(3))], [math.log(2), math.log(4), math.log(4 / 3)])


def test_activations_far_out():
    assert [oracles.sigmoid(-1000), oracles.sigmoid(1000)] == [0, 1]
    assert [oracles.softplus(-1000), oracles.softplus(1000)] == [0, 1000]
    # sigmoid(-40) = exp(-40) up to a relative error of exp(-40)
    assert math.isclose(oracles.sigmoid_derivative(40), math.exp(-40), rel_tol=1e-12)


def test_derivatives_by_hand():
    assert [oracles.relu_derivative(x) for x in (-2, 0, 3)] == [0, 0, 1]
    assert [oracles.relu_derivative(x, at_zero=F(1, 2)) for x in (-2, 0, 3)] == [0, F(1, 2), 1]
    assert [oracles.leaky_relu_derivative(x, F(1, 10)) for x in (-2, 0, 3)] == [F(1, 10), F(1, 10), 1]
    assert_close([oracles.elu_derivative(x, alpha=2) for x in (-math.log(4), 0, 3)], [1 / 2, 2, 1])
    # GBC section 3.10: sigmoid' = s (1 - s) = 3/16 at log 3; tanh' = 1 - 9/25 at log 2; softplus' = sigmoid
    assert_close(oracles.sigmoid_derivative(math.log(3)), 3 / 16)
    assert_close(oracles.tanh_derivative(math.log(2)), 16 / 25)
    assert_close(oracles.softplus_derivative(math.log(3)), 3 / 4)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus"])
def test_derivatives_by_central_differences(name):
    function, derivative = getattr(oracles, name), getattr(oracles, name + "_derivative")
    for x in (-3.0, -0.7, 0.4, 2.5):
        assert_close(derivative(x), oracles.central_difference(function, x), 1e-8)


# ------------------------------------------------------------------------------------------------------------- dense layer


def test_affine_by_hand():
    x, W, b = [[1, 2, 3], [0, 1, 0]], [[1, 0], [0, 1], [1, 1]], [10, 20]
    assert oracles.affine(x, W, b) == [[14, 25], [10, 21]]
    assert oracles.affine_gradient([[1, 0], [0, 2]], x, W) == {
        "x": [[1, 0, 1], [0, 2, 2]],
        "W": [[1, 0], [2, 2], [3, 0]],
        "b": [1, 2],
    }


def test_affine_gradients_by_central_differences():
    x, W, b, upstream = whole_numbers(60, 4, 3), whole_numbers(61, 3, 2), whole_numbers(62, 2), whole_numbers(63, 4, 2)

    def loss(x, W, b):
        return weighted_sum(oracles.affine(x, W, b), upstream)

    assert oracles.affine_gradient(upstream, x, W) == {
        "x": oracles.central_difference(lambda moved: loss(moved, W, b), x, step=1),
        "W": oracles.central_difference(lambda moved: loss(x, moved, b), W, step=1),
        "b": oracles.central_difference(lambda moved: loss(x, W, moved), b, step=1),
    }


# ---------------------------------------------------------------------------------------------------------- recurrent nets


def test_rnn_by_hand():
    # one unit, relu: h1 = 2*0 + 3*1 - 1 = 2, h2 = 2*2 + 3*1 - 1 = 6, h3 = relu(2*6 + 3*(-5) - 1) = relu(-4) = 0
    xs, h0, W, U, b = [[1], [1], [-5]], [0], [[2]], [[3]], [-1]
    steps = oracles.rnn_forward(xs, h0, W, U, b, oracles.relu)
    assert steps == [{"pre": [2], "h": [2]}, {"pre": [6], "h": [6]}, {"pre": [-4], "h": [0]}]
    # loss h2 + 100 h3: step 3 is dead; step 2 has delta 1, step 1 delta W * 1 = 2
    # dW = 1*h1 + 2*h0 = 2, dU = 1*x2 + 2*x1 = 3, db = 3, dh0 = W * 2 = 4, dx = (U*2, U*1, 0)
    gradient = oracles.rnn_backward(xs, h0, W, U, b, oracles.relu, oracles.relu_derivative, [[0], [1], [100]])
    assert gradient == {"W": [[2]], "U": [[3]], "b": [3], "h0": [4], "xs": [[6], [3], [0]]}


def test_rnn_column_vector_convention():
    # W = (0 1; 0 0) moves unit 1 into unit 0 (rows are outputs); U feeds the input into unit 1 only
    steps = oracles.rnn_forward([[7], [0]], [1, 5], [[0, 1], [0, 0]], [[0], [1]], [0, 0], lambda value: value)
    assert [step["h"] for step in steps] == [[5, 7], [7, 0]]


def test_rnn_gradients_by_central_differences():
    xs, h0, W, U, b = (real_numbers(70 + place, *shape) for place, shape in enumerate([(4, 2), (3,), (3, 3), (3, 2), (3,)]))
    upstream = real_numbers(76, 4, 3)

    def loss(xs=xs, h0=h0, W=W, U=U, b=b):
        return weighted_sum([step["h"] for step in oracles.rnn_forward(xs, h0, W, U, b, oracles.tanh)], upstream)

    numeric = {
        name: oracles.central_difference(lambda moved, name=name: loss(**{name: moved}), value)
        for name, value in (("W", W), ("U", U), ("b", b), ("h0", h0), ("xs", xs))
    }
    gradient = oracles.rnn_backward(xs, h0, W, U, b, oracles.tanh, oracles.tanh_derivative, upstream)
    assert_close(gradient, numeric, 1e-8)
    with pytest.raises(ValueError, match="shape"):
        oracles.rnn_backward(xs, h0, W, U, b, oracles.tanh, oracles.tanh_derivative, upstream[:3])


def constant_gate(bias):
    """A gate of one unit that sees neither state nor input."""
    return [[0]], [[0]], [bias]


def test_lstm_by_hand():
    # all gates at sigmoid(0) = 1/2, g = tanh(log 2) = 3/5: c1 = c0/2 + 3/10, c2 = c1/2 + 3/10; from c0 = 2: 1.3, 0.95
    gates = {"f": constant_gate(0), "i": constant_gate(0), "o": constant_gate(0), "g": constant_gate(math.log(2))}
    steps = oracles.lstm_forward([[0], [0]], [0], [2], gates)
    assert_close([step["c"] for step in steps], [[1.3], [0.95]])
    assert_close([step["h"] for step in steps], [[math.tanh(1.3) / 2], [math.tanh(0.95) / 2]])
    assert_close({name: steps[0][name] for name in "fiog"}, {"f": [0.5], "i": [0.5], "o": [0.5], "g": [0.6]})


def test_lstm_gates_take_their_own_parameters():
    # f = sigmoid(log 3) = 3/4 by the bias, i = sigmoid(-log 3) = 1/4 by the state (h0 = 1),
    # o = sigmoid(log 4) = 4/5 by the input (x = 2), g = tanh(log 2) = 3/5 by the bias:
    # c1 = 3/4 * 8 + 1/4 * 3/5 = 6.15
    gates = {
        "f": constant_gate(math.log(3)),
        "i": ([[-math.log(3)]], [[0]], [0]),
        "o": ([[0]], [[math.log(4) / 2]], [0]),
        "g": constant_gate(math.log(2)),
    }
    step = oracles.lstm_forward([[2]], [1], [8], gates)[0]
    expected = {"f": [0.75], "i": [0.25], "o": [0.8], "g": [0.6], "c": [6.15], "h": [0.8 * math.tanh(6.15)]}
    assert_close(step, expected)


def test_lstm_gradients_by_hand():
    # all of it one half as above, c0 = 0, one step: c = 3/10, h = tanh(c)/2, dh/do = tanh(c), dh/dc = (1 - tanh(c)^2)/2
    gates = {"f": constant_gate(0), "i": constant_gate(0), "o": constant_gate(0), "g": constant_gate(math.log(2))}
    gradient = oracles.lstm_backward([[2]], [3], [0], gates, [[1]])
    root = math.tanh(0.3)
    by_c = (1 - root * root) / 2
    delta = {"f": 0, "i": by_c * 0.6 / 4, "o": root / 4, "g": by_c * 0.5 * 16 / 25}
    assert_close(gradient["gates"], {name: ([[3 * d]], [[2 * d]], [d]) for name, d in delta.items()})
    assert_close(gradient["c0"], [by_c / 2])
    assert_close([gradient["h0"], gradient["xs"]], [[0], [[0]]])


def test_lstm_gradients_by_central_differences():
    xs, h0, c0 = real_numbers(80, 3, 2), real_numbers(81, 3), real_numbers(82, 3)
    gates = {
        name: (real_numbers(seed, 3, 3), real_numbers(seed + 1, 3, 2), real_numbers(seed + 2, 3))
        for name, seed in (("f", 83), ("i", 86), ("o", 89), ("g", 92))
    }
    upstream = real_numbers(95, 3, 3)

    def loss(xs=xs, h0=h0, c0=c0, gates=gates):
        return weighted_sum([step["h"] for step in oracles.lstm_forward(xs, h0, c0, gates)], upstream)

    def loss_with(name, place, moved):
        parts = [moved if other == place else part for other, part in enumerate(gates[name])]
        return loss(gates=gates | {name: parts})

    numeric = {
        "gates": {
            name: [
                oracles.central_difference(lambda moved, name=name, place=place: loss_with(name, place, moved), part)
                for place, part in enumerate(parts)
            ]
            for name, parts in gates.items()
        },
        "h0": oracles.central_difference(lambda moved: loss(h0=moved), h0),
        "c0": oracles.central_difference(lambda moved: loss(c0=moved), c0),
        "xs": oracles.central_difference(lambda moved: loss(xs=moved), xs),
    }
    assert_close(oracles.lstm_backward(xs, h0, c0, gates, upstream), numeric, 1e-8)
    with pytest.raises(ValueError, match="shape"):
        oracles.lstm_backward(xs, h0, c0, gates, upstream[:2])


# -------------------------------------------------------------------------------------------------------------- optimizers


def test_sgd_and_momentum_by_hand():
    # f = theta^2 / 2 (gradient theta) from 8, learning rate 1/2, beta 1/2
    assert oracles.sgd([8], [8], F(1, 2)) == {"theta": [4]}
    # GBC algorithm 8.2: v = -4, theta = 4; v = -2 - 2 = -4, theta = 0
    first = oracles.momentum([8], [0], [8], F(1, 2), F(1, 2))
    assert first == {"theta": [4], "velocity": [-4]}
    assert oracles.momentum(**first, gradient=[4], learning_rate=F(1, 2), beta=F(1, 2)) == {"theta": [0], "velocity": [-4]}
    # PyTorch keeps the velocity without the learning rate: v = 8, theta = 4; v = 4 + 4 = 8, theta = 0
    first = oracles.momentum_pytorch([8], [0], [8], F(1, 2), F(1, 2))
    assert first == {"theta": [4], "velocity": [8]}
    second = oracles.momentum_pytorch(**first, gradient=[4], learning_rate=F(1, 2), beta=F(1, 2))
    assert second == {"theta": [0], "velocity": [8]}


def test_the_two_momentums_part_when_the_learning_rate_changes():
    # by hand with beta 1, gradient 1: rates 1 then 1/10. Textbook: -1, then v = -1 - 1/10. PyTorch: -1, then 2 * 1/10
    textbook = oracles.momentum(**oracles.momentum([0], [0], [1], 1, 1), gradient=[1], learning_rate=F(1, 10), beta=1)
    pytorch = oracles.momentum_pytorch(
        **oracles.momentum_pytorch([0], [0], [1], 1, 1), gradient=[1], learning_rate=F(1, 10), beta=1
    )
    assert (textbook["theta"], pytorch["theta"]) == ([F(-21, 10)], [F(-6, 5)])


def test_nesterov_by_hand():
    # GBC algorithm 8.3, gradient theta, learning rate 1/2, beta 1/2, theta 8, v = -4: look-ahead 6, v = -2 - 3 = -5, theta 3
    step = oracles.nesterov([8], [-4], lambda point: point, F(1, 2), F(1, 2))
    assert step == {"theta": [3], "velocity": [-5]}
    # PyTorch: v = 4/2 + 8 = 10, theta = 8 - (8 + 10/2)/2 = 3/2
    assert oracles.nesterov_pytorch([8], [4], [8], F(1, 2), F(1, 2)) == {"theta": [F(3, 2)], "velocity": [10]}


def test_the_two_nesterovs_walk_the_same_path():
    # Sutskever et al. 2013 / Bengio et al. 2013: PyTorch's theta is the look-ahead point theta + beta v of the textbook
    def gradient_function(point):
        return [3 * point[0] + point[1], point[0] - 2]

    rate, beta = F(1, 10), F(9, 10)
    textbook, pytorch = ({"theta": [F(5), F(-1)], "velocity": [F(0), F(0)]} for _ in range(2))
    for _ in range(4):
        textbook = oracles.nesterov(**textbook, gradient_function=gradient_function, learning_rate=rate, beta=beta)
        gradient = gradient_function(pytorch["theta"])
        pytorch = oracles.nesterov_pytorch(**pytorch, gradient=gradient, learning_rate=rate, beta=beta)
        ahead = [theta + beta * velocity for theta, velocity in zip(textbook["theta"], textbook["velocity"], strict=True)]
        assert pytorch["theta"] == ahead


def test_adagrad_and_rmsprop_by_hand():
    # adagrad: squares 9 + 16 = 25, root 5, plus epsilon 3 = 8: theta = 1 - 2 * 4 / 8 = 0
    assert oracles.adagrad([1], [9], [4], 2, 3) == {"theta": [0], "squares": [25]}
    # rmsprop: squares 3/4 * 12 + 1/4 * 64 = 25: theta = 1 - 2 * 8 / 8 = -1
    assert oracles.rmsprop([1], [12], [8], 2, F(3, 4), 3) == {"theta": [-1], "squares": [25]}


def test_adam_by_hand():
    # Kingma and Ba 2015, section 2: in the first step m_hat = g and v_hat = g^2, a step of learning_rate * sign(g)
    first = oracles.adam([1, 1], [0, 0], [0, 0], [3, -4], 1, F(1, 10), F(9, 10), F(99, 100), 0)
    assert (first["m_hat"], first["v_hat"]) == ([3, -4], [9, 16])
    assert (first["m"], first["v"]) == ([F(3, 10), F(-4, 10)], [F(9, 100), F(16, 100)])
    assert_close(first["theta"], [0.9, 1.1])
    # second step by hand: beta1 = beta2 = 1/2, m = 3/2 and v = 9/2 after g = 3; then g = 9:
    # m = 3/4 + 9/2 = 21/4, v = 9/4 + 81/2 = 171/4, corrections 1 - 1/4 = 3/4: m_hat = 7, v_hat = 57
    second = oracles.adam([1], [F(3, 2)], [F(9, 2)], [9], 2, 1, F(1, 2), F(1, 2), 2)
    assert (second["m"], second["v"]) == ([F(21, 4)], [F(171, 4)])
    assert (second["m_hat"], second["v_hat"]) == ([7], [57])
    assert_close(second["theta"], [1 - 7 / (math.sqrt(57) + 2)])


# ------------------------------------------------------------------------------------------------------ Bayesian regression


def test_bayesian_linear_regression_one_weight():
    # by hand: x = 1, 2, y = 3, 5, noise variance 1/2, prior variance 1/4: A = 2 * 5 + 4 = 14, mean = 2 * (3 + 10) / 14 = 13/7
    posterior = oracles.bayesian_linear_regression([[1, 2]], [3, 5], [[F(1, 4)]], F(1, 2))
    assert posterior == {"A": [[14]], "A_inverse": [[F(1, 14)]], "mean": [F(13, 7)], "cov": [[F(1, 14)]]}


def test_bayesian_linear_regression_line():
    # intercept and slope (first row of ones), prior I, noise variance 1, points (0, 1), (1, 2), (2, 4), by hand:
    # A = (3 3; 3 5) + I = (4 3; 3 6), determinant 15, X y = (7, 10), mean = (6*7 - 3*10, -3*7 + 4*10)/15 = (12, 19)/15
    posterior = oracles.bayesian_linear_regression([[1, 1, 1], [0, 1, 2]], [1, 2, 4], [[1, 0], [0, 1]], 1)
    assert posterior["A"] == [[4, 3], [3, 6]]
    assert posterior["A_inverse"] == posterior["cov"] == [[F(6, 15), F(-3, 15)], [F(-3, 15), F(4, 15)]]
    assert posterior["mean"] == [F(12, 15), F(19, 15)]


def test_bayesian_linear_regression_other_form():
    # Rasmussen and Williams, section 2.1.2: the same mean as prior X (X^T prior X + noise I)^-1 y, exactly
    X, y, prior, noise = whole_numbers(97, 3, 4), whole_numbers(98, 4), [[3, 1, 0], [1, 2, 0], [0, 0, 5]], F(2, 3)
    spread = oracles.matmul(prior, X)
    inner = oracles.add(oracles.matmul(oracles.transpose(X), spread), oracles.multiply([[noise] * 4] * 4, oracles.identity(4)))
    expected = oracles.matrix_vector(spread, oracles.solve(inner, y))
    assert oracles.bayesian_linear_regression(X, y, prior, noise)["mean"] == expected


# ------------------------------------------------------------------------------------------------------------ all together


def test_no_argument_is_changed():
    x, w, h = [[[1, 2], [3, 4]]], [[[[1, 1]]]], [5]
    before = repr((x, w, h))
    oracles.conv2d(x, w, padding=1)
    oracles.max_pool2d_gradient([[[1]]], x, 2)
    oracles.lstm_backward([[1]], h, h, {name: constant_gate(1) for name in "fiog"}, [h])
    oracles.momentum(h, h, h, 1, 1)
    oracles.inverse(x[0])
    assert repr((x, w, h)) == before


def test_fractions_stay_exact():
    image = oracles.elementwise(lambda number: F(number, 3), DUMOULIN_INPUT)
    assert oracles.conv2d(image, DUMOULIN_KERNEL)[0][0] == [4, 4, F(17, 3)]
    assert oracles.max_pool2d(image, 3, stride=1)[0][2] == [1, F(2, 3), 1]
    assert oracles.batch_norm_train([[F(1, 3)], [F(2, 3)]], [1], [0], 1)["var"] == [F(1, 36)]


# ------------------------------------------------ eigenvalues, sorted lists, measures of predictions, one-dimensional layers


def test_eigenvalues_rank_and_covariance():
    assert_close(oracles.symmetric_eigenvalues([[2, 1], [1, 2]]), [1, 3])
    assert_close(oracles.symmetric_eigenvalues([[2, -1, 0], [-1, 2, -1], [0, -1, 2]]), [2 - 2**0.5, 2, 2 + 2**0.5])
    assert oracles.rank([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == 2
    assert oracles.rank([[0, 1], [1, 0]]) == 2
    assert oracles.covariance([[0, 0], [2, 4]]) == [[1, 2], [2, 4]]
    assert oracles.covariance([[0, 0], [2, 4]], ddof=1) == [[2, 4], [4, 8]]
    found = oracles.principal_components([[0, 0], [2, 4]], 1)
    assert_close(found, {"variances": [5], "shares": [1], "explained": 1})


def test_sorted_lists():
    assert oracles.insertion_sort([3, 1, 2, 1]) == [1, 1, 2, 3]
    assert oracles.median([5, 1, 9]) == 5
    assert oracles.median([5, 1, 9, 2]) == F(7, 2)
    assert oracles.running_sums([1, 2, 3]) == [1, 3, 6]


def test_measures_of_predictions():
    guessed, labels = [1, 1, 1, 0, 0], [1, 0, 1, 1, 0]
    assert oracles.confusion(guessed, labels, 2) == [[1, 1], [1, 2]]
    assert oracles.accuracy(guessed, labels) == F(3, 5)
    assert oracles.precision(guessed, labels) == F(2, 3)
    assert oracles.recall([1, 0, 0], [1, 1, 0]) == F(1, 2)
    assert oracles.f1_score([1, 0, 0], [1, 1, 0]) == F(2, 3)
    assert oracles.box_iou([0, 0, 4, 3], [1, 1, 6, 4]) == F(2, 7)
    assert oracles.nearest_label([[0], [1], [5]], [2, 3, 3], [2], 1) == 3
    assert oracles.nearest_label([[0], [1], [5]], [2, 3, 3], [0], 2) is None


def test_information_and_huber():
    assert_close(oracles.entropy([F(1, 2), F(1, 4), F(1, 8), F(1, 8), 0], 2), 1.75)
    assert_close(oracles.kl([F(1, 2), F(1, 2)], [F(3, 4), F(1, 4)], 2), 1 - math.log2(3) / 2)
    assert oracles.huber([F(3, 2), 0], [1, 3], 1) == F(21, 16)
    assert oracles.huber([F(3, 2), 0], [1, 3], 1, "sum") == F(21, 8)


def test_layers_along_one_axis():
    assert_close(oracles.layer_norm([[1, 3], [5, 1]], [1, 1], [0, 2], 0), [[-1, 3], [1, 1]])
    assert oracles.conv1d([[1, 2, 3, 4]], [[[1, 0, -1]]]) == [[-2, -2]]
    assert oracles.conv1d([[1, 2, 3, 4]], [[[1, 0, -1]]], flip=True) == [[2, 2]]
    assert oracles.conv1d([[1, 2, 3, 4]], [[[1, 0, -1]]], [5], padding=1) == [[3, 3, 3, 8]]
    assert oracles.conv1d([[1, 2, 3], [4, 5, 6]], [[[1], [2]]], stride=2) == [[9, 15]]
    assert oracles.conv1d([[1, 2, 3, 4, 5]], [[[1, 1]]], dilation=3) == [[5, 7]]


def test_steps_on_a_linear_loss():
    """(2 w + b - 1)^2 at w = 0, b = 0: gradients -4 and -2; two rows are taken one after the other or together."""
    assert oracles.linear_gradients([[2]], [1], [0], 0) == ([-4], -2)

    def half_a_step(parameters, gradient, number):
        return [a - F(1, 2) * b for a, b in zip(parameters, gradient, strict=True)]

    taken = oracles.train_linear([[2], [0]], [1, 3], [0], 0, half_a_step, 1, 1)
    assert taken == [([2], 1), ([2], 3)]
    together = oracles.train_linear([[2], [0]], [1, 3], [0], 0, lambda p, g, number: oracles.add(p, g), 1, 2)
    assert together == [([-2], -4)]
