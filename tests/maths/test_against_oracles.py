"""The engine against plain textbook loops: values and gradients, exactly where they are rational.

Half of the graphs are built as authors write them, half through the operations directly.
"""

import random
from fractions import Fraction
from itertools import product

import oracles
import pytest
from engine import assert_values, exactly, givens, in_floats, node_of, rationals, scope

from grader.maths.errors import UndefinedError
from grader.maths.evaluate import Evaluation
from grader.maths.gradient import gradient, hessian, jacobian, pull_back
from grader.maths.graph import given, make
from grader.maths.ops import arithmetic, convolution, linear, losses, neural, normalisation
from grader.maths.ops.reductions import over, sum_, variance
from grader.maths.ops.structure import flip, permute, transpose
from grader.maths.systems import BALL, EXACT

F = Fraction
WAYS = ("language", "operations")


def over_images(function, *stacks):
    """function(image, ...) for each image of a batch."""
    return [function(*images) for images in zip(*stacks, strict=True)]


# ----------------------------------------------------------------------------------------------------------- convolution

STRIDES = (1, 2, (2, 1), (1, 3))
PADDINGS = (0, 1, (2, 1))
DILATIONS = (1, (2, 1), (1, 2))
CHANNELS = ((1, 1), (2, 3), (3, 1))
GRID = list(product(STRIDES, PADDINGS, DILATIONS))
WINDOWS = [
    (*setting, *CHANNELS[number % 3], flipped, WAYS[(number // 2 + flipped) % 2])
    for number, setting in enumerate(GRID)
    for flipped in (False, True)
]


def conv_by_language(values, stride, padding, dilation, flipped):
    """Output, input gradient, kernel gradient and bias gradient as an author asks for them."""
    room = scope(values, convolution="flipped" if flipped else "correlation")
    room.names["y"] = room.node(f"conv2d(x, w, b, stride={stride}, padding={padding}, dilation={dilation})")
    return [room.node(text) for text in ("y", "vjp(y, x, g)", "grad(sum(g ∘ y), w)", "vjp(y, b, g)")]


def conv_by_operations(values, stride, padding, dilation, flipped):
    x, w, b, g = givens(values).values()
    y = convolution.convolve(x, w, b, stride, padding, dilation, flipped)
    return y, pull_back(y, x, g), pull_back(y, w, g), gradient(over(sum_, y * g), b)


@pytest.mark.parametrize(("stride", "padding", "dilation", "channels", "features", "flipped", "way"), WINDOWS)
def test_convolution_of_an_image(stride, padding, dilation, channels, features, flipped, way):
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "flip": flipped}
    seed = f"{settings} {channels}"
    x, w, b = rationals(seed, channels, 6, 5), rationals(seed, features, channels, 2, 3), rationals(seed, features)
    y = oracles.conv2d(x, w, b, **settings)
    g = rationals(seed + "g", *oracles.shape_of(y))
    values = {"x": x, "w": w, "b": b, "g": g}
    build = conv_by_language if way == "language" else conv_by_operations
    expected = (
        y,
        oracles.conv2d_input_gradient(g, x, w, **settings),
        oracles.conv2d_kernel_gradient(g, x, w, **settings),
        oracles.conv2d_bias_gradient(g),
    )
    assert_values(values, *zip(build(values, stride, padding, dilation, flipped), expected, strict=True))


@pytest.mark.parametrize(("way", "stride", "padding"), list(product(WAYS, (1, 2), (0, (1, 2)))))
def test_convolution_of_several_images(way, stride, padding):
    settings = {"stride": stride, "padding": padding, "dilation": 1, "flip": False}
    x, w, b = rationals("images", 3, 2, 4, 5), rationals("kernels", 2, 2, 3, 2), rationals("biases", 2)
    y = over_images(lambda image: oracles.conv2d(image, w, b, **settings), x)
    g = rationals("upstream", *oracles.shape_of(y))
    by_kernel = over_images(lambda up, image: oracles.conv2d_kernel_gradient(up, image, w, **settings), g, x)
    expected = (
        y,
        over_images(lambda up, image: oracles.conv2d_input_gradient(up, image, w, **settings), g, x),
        oracles.add(oracles.add(*by_kernel[:2]), by_kernel[2]),
        [sum(column) for column in zip(*over_images(oracles.conv2d_bias_gradient, g), strict=True)],
    )
    values = {"x": x, "w": w, "b": b, "g": g}
    build = conv_by_language if way == "language" else conv_by_operations
    assert_values(values, *zip(build(values, stride, padding, 1, False), expected, strict=True))


def test_convolution_of_a_plain_matrix_with_one_kernel():
    values = {"x": rationals(1, 5, 4), "w": rationals(2, 2, 3)}
    correlation = oracles.conv2d([values["x"]], [[values["w"]]])[0]
    turned = oracles.conv2d([values["x"]], [[values["w"]]], flip=True)[0]
    assert_values(
        values,
        (node_of("conv2d(x, w)", values), correlation),
        (node_of("correlate(x, w)", values, convolution="flipped"), correlation),
        (node_of("conv2d(x, w)", values, convolution="flipped"), turned),
        (node_of("convolve(x, w)", values), turned),
        (node_of("correlate(x, flip(w))", values), turned),
    )


def test_gradients_of_the_gradients_of_a_convolution():
    """A loss quadratic in image and kernel: exact central differences of the oracles' own gradients."""
    settings = {"stride": (2, 1), "padding": (1, 0), "dilation": 1}
    x, w = rationals(3, 1, 4, 3), rationals(4, 2, 1, 2, 2)
    shape = oracles.shape_of(oracles.conv2d(x, w, **settings))
    u, v = rationals(5, 1, 4, 3), rationals(6, 2, 1, 2, 2)
    g = rationals(7, *shape)
    values = {"x": x, "w": w, "u": u, "v": v, "g": g}
    room = scope(values)
    room.names["y"] = room.node("conv2d(x, w, stride=(2, 1), padding=(1, 0))")

    def along_u(kernel):
        return oracles.dot(*map(oracles.flatten, (u, oracles.conv2d_input_gradient(g, x, kernel, **settings))))

    def along_v(upstream):
        return oracles.dot(*map(oracles.flatten, (v, oracles.conv2d_kernel_gradient(upstream, x, w, **settings))))

    def along_v_by_x(image):
        return oracles.dot(*map(oracles.flatten, (v, oracles.conv2d_kernel_gradient(g, image, w, **settings))))

    assert_values(
        values,
        (room.node("grad(sum(u ∘ vjp(y, x, g)), w)"), oracles.central_difference(along_u, w, F(1))),
        (room.node("grad(sum(v ∘ vjp(y, w, g)), g)"), oracles.central_difference(along_v, g, F(1))),
        (room.node("grad(sum(v ∘ vjp(y, w, g)), x)"), oracles.central_difference(along_v_by_x, x, F(1))),
    )


# --------------------------------------------------------------------------------------------------------------- pooling

POOLS = [
    (2, None, 0),
    (2, 1, 0),
    (3, 1, 1),
    (3, 2, 1),
    ((2, 3), (1, 2), (1, 1)),
    ((1, 2), 3, 0),
    ((3, 1), (2, 2), (1, 0)),
]


def binary(seed, *shape):
    """Numbers with ends in binary: as balls they have no width, so that comparing one with itself is decided."""
    return rationals(seed, *shape, denominators=(1, 2, 8))


def few_values(seed, *shape):
    """Whole numbers -1, 0, 1: nearly every window has a tie."""
    return rationals(seed, *shape, low=-1, high=1, denominators=(1,))


def pool_nodes(kind, way, values, size, stride, padding, **conventions):
    """Output and gradient of a pooling layer."""
    if way == "language":
        step = "" if stride is None else f", stride={stride}"
        room = scope(values, **conventions)
        room.names["y"] = room.node(f"{kind}_pool(x, size={size}{step}, padding={padding})")
        return room.node("y"), room.node("grad(sum(g ∘ y), x)")
    nodes = givens(values)
    build, ties = (convolution.max_pool, {"ties": "first"}) if kind == "max" else (convolution.average_pool, {})
    y = convolution.pool(build, nodes["x"], size, stride, padding, **ties)
    return y, pull_back(y, nodes["x"], nodes["g"])


@pytest.mark.parametrize(
    ("way", "draw", "pool"), [(WAYS[k % 2], draw, pool) for draw in (binary, few_values) for k, pool in enumerate(POOLS)]
)
def test_max_pooling(way, draw, pool):
    x = draw(f"max {pool}", 2, 5, 6)
    y = oracles.max_pool2d(x, *pool)
    g = rationals(f"up {pool}", *oracles.shape_of(y))
    expected = y, oracles.max_pool2d_gradient(g, x, *pool)
    values = {"x": x, "g": g}
    assert_values(values, *zip(pool_nodes("max", way, values, *pool), expected, strict=True))


@pytest.mark.parametrize("text", ["max(exp(x))", "-min(-exp(x))", "max_pool(exp(x) exp(x)', size=3)", "max(x/3) + min(x/7)"])
def test_the_gradient_of_a_maximum_of_irrational_numbers_is_certified(text):
    values = {"x": [F(-1), F(1, 2), F(1, 3)]}
    node = node_of(f"grad(sum({text}), x)", values)
    floats = in_floats(node, values).tolist()
    assert_values(values, (node, floats))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("pool", POOLS)
def test_average_pooling(way, pool):
    x = rationals(f"average {pool}", 2, 5, 6)
    y = oracles.avg_pool2d(x, *pool)
    g = rationals(f"up {pool}", *oracles.shape_of(y))
    expected = y, oracles.avg_pool2d_gradient(g, x, *pool)
    values = {"x": x, "g": g}
    assert_values(values, *zip(pool_nodes("avg", way, values, *pool), expected, strict=True))


def shared_maxima_gradient(g, x, size):
    """dLoss/dx of max pooling side by side, H x W: the maxima of a window share its gradient."""
    gradient = oracles.zeros_like(x)
    for row in range(len(g)):
        for column in range(len(g[0])):
            window = [(size * row + i, size * column + j) for i in range(size) for j in range(size)]
            top = max(x[i][j] for i, j in window)
            places = [(i, j) for i, j in window if x[i][j] == top]
            for place in places:
                oracles.add_at(gradient, place, g[row][column] / len(places))
    return gradient


def test_tied_maxima_share_the_gradient_where_the_convention_says_so():
    x, g = few_values("share", 6, 4), rationals("share", 3, 2)
    values = {"x": x, "g": g}
    nodes = pool_nodes("max", "language", values, 2, None, 0, ties="share")
    assert_values(values, (nodes[1], shared_maxima_gradient(g, x, 2)))
    first = pool_nodes("max", "language", values, 2, None, 0)
    assert exactly(first[1], values) != exactly(nodes[1], values)


@pytest.mark.parametrize(("name", "better"), [("max", max), ("min", min)])
def test_extremes_of_rows_and_their_gradient(name, better):
    x, g = few_values(name, 4, 5), rationals(name, 4)
    values = {"x": x, "g": g}
    by_x = oracles.zeros_like(x)
    for row, up in enumerate(g):
        by_x[row][x[row].index(better(x[row]))] += up
    room = scope(values)
    assert_values(
        values,
        (room.node(f"{name}(x, axis=1)"), [better(row) for row in x]),
        (room.node(f"{name}(x, axis=0)"), [better(column) for column in oracles.transpose(x)]),
        (room.node(f"{name}(x)"), better(oracles.flatten(x))),
        (room.node(f"vjp({name}(x, axis=1), x, g)"), by_x),
    )


def test_the_position_of_the_largest_entry_is_that_of_the_first():
    x = few_values("argmax", 5, 4)
    expected = [row.index(max(row)) for row in x]
    assert_values({"x": x}, (node_of("argmax(x)", {"x": x}), expected))
    assert_values({"x": x}, (node_of("argmax(x)", {"x": x}, label_base="1"), [place + 1 for place in expected]))


# ---------------------------------------------------------------------------------------------------- batch normalisation


def batch_norm_nodes(way, values, epsilon):
    """Output and the gradients by x, gamma, beta."""
    if way == "language":
        room = scope(values, batch_norm_epsilon=str(epsilon))
        room.names["y"] = room.node("batch_norm(x, gamma, beta)")
        return [room.node(text) for text in ("y", "vjp(y, x, g)", "grad(sum(g ∘ y), gamma)", "vjp(y, beta, g)")]
    x, gamma, beta, g = givens(values).values()
    y = normalisation.batch_norm(x, gamma, beta, epsilon, ddof=0)
    return y, *(pull_back(y, node, g) for node in (x, gamma, beta))


@pytest.mark.parametrize(("way", "epsilon"), list(product(WAYS, (F(0), F(1, 1000), F(1, 2)))))
def test_batch_norm_in_training(way, epsilon):
    x, gamma, beta, g = rationals("bn", 5, 3), rationals("gamma", 3), rationals("beta", 3), rationals("up", 5, 3)
    by = oracles.batch_norm_train_gradient(g, x, gamma, epsilon)
    expected = oracles.batch_norm_train(x, gamma, beta, epsilon)["out"], by["x"], by["gamma"], by["beta"]
    values = {"x": x, "gamma": gamma, "beta": beta, "g": g}
    assert_values(values, *zip(batch_norm_nodes(way, values, epsilon), expected, strict=True), tolerance=1e-11)


@pytest.mark.parametrize("way", WAYS)
def test_batch_norm_of_images_in_training(way):
    x, gamma, beta, g = (rationals(f"images {k}", *shape) for k, shape in enumerate([(2, 3, 2, 4), (3,), (3,), (2, 3, 2, 4)]))
    by = oracles.batch_norm_train_images_gradient(g, x, gamma, F(1, 100))
    expected = oracles.batch_norm_train_images(x, gamma, beta, F(1, 100))["out"], by["x"], by["gamma"], by["beta"]
    values = {"x": x, "gamma": gamma, "beta": beta, "g": g}
    assert_values(values, *zip(batch_norm_nodes(way, values, F(1, 100)), expected, strict=True), tolerance=1e-11)


def test_batch_norm_is_exact_where_the_roots_are():
    """Columns of plus and minus one deviation: var + epsilon is a square, so every number stays rational."""
    x = [[F(3), F(1, 2)], [F(-1), F(5, 2)], [F(3), F(5, 2)], [F(-1), F(1, 2)]]
    values = {"x": x, "gamma": [F(3, 2), F(2)], "beta": [F(1), F(-1, 4)]}
    expected = oracles.batch_norm_train(x, values["gamma"], values["beta"], 0)
    assert expected["normalised"] == [[1, -1], [-1, 1], [1, 1], [-1, -1]]
    found = exactly(node_of("batch_norm(x, gamma, beta)", values), values)
    assert found == expected["out"]


def test_batch_norm_with_given_statistics_and_its_gradients():
    shapes = {"x": (4, 3), "gamma": (3,), "beta": (3,), "mu": (3,), "g": (4, 3)}
    values = {name: rationals(name, *shape) for name, shape in shapes.items()}
    values["v"] = rationals("v", 3, low=1)
    eps = F(1, 10)
    y = oracles.batch_norm_test(values["x"], values["gamma"], values["beta"], values["mu"], values["v"], eps)
    roots = [(float(v + eps)) ** 0.5 for v in values["v"]]
    shares = [float(scale) / root for scale, root in zip(values["gamma"], roots, strict=True)]
    by_x = [[float(up) * share for up, share in zip(row, shares, strict=True)] for row in values["g"]]
    room = scope(values, batch_norm_epsilon="1/10")
    room.names["y"] = room.node("batch_norm_test(x, gamma, beta, mu, v)")
    assert_values(values, (room.node("y"), y), (room.node("vjp(y, x, g)"), by_x))
    nodes = givens(values)
    direct = normalisation.batch_norm_test(*(nodes[name] for name in ("x", "gamma", "beta", "mu", "v")), eps)
    assert_values(values, (direct, y))


@pytest.mark.parametrize("ddof", [0, 1])
def test_variances(ddof):
    x = rationals("var", 4, 3)

    def spread(numbers):
        mean = sum(numbers) / len(numbers)
        return sum((number - mean) ** 2 for number in numbers) / (len(numbers) - ddof)

    values = {"x": x}
    assert_values(
        values,
        (node_of("var(x, axis=0)", values, ddof=str(ddof)), [spread(column) for column in oracles.transpose(x)]),
        (node_of(f"var(x, axis=1, ddof={ddof})", values), [spread(row) for row in x]),
        (over(variance, given("x", (4, 3)), ddof=ddof), spread(oracles.flatten(x))),
        (
            node_of("grad(var(x), x)", values, ddof=str(ddof)),
            oracles.central_difference(lambda moved: spread(oracles.flatten(moved)), x, F(1)),
        ),
    )


@pytest.mark.parametrize("inverted", [True, False])
def test_dropout(inverted):
    x, keep = rationals("dropout", 3, 4), F(2, 3)
    mask = [[F(random.Random(k + 4 * n).randint(0, 1)) for k in range(4)] for n in range(3)]
    values = {"x": x, "m": mask, "keep": keep}
    node = node_of("dropout(x, m, keep)", values) if inverted else normalisation.dropout(*givens(values).values(), inverted=False)
    assert_values(values, (node, oracles.dropout(x, mask, keep, inverted)))


# ------------------------------------------------------------------------------------------------------ softmax and losses


def one_hot(labels, classes):
    return [[int(k == label) for k in range(classes)] for label in labels]


def test_softmax_of_rows_columns_and_vectors():
    s = rationals("scores", 3, 4)
    values = {"s": s, "v": s[0]}
    columns = oracles.transpose(s)
    assert_values(
        values,
        (node_of("softmax(v)", values), oracles.softmax(s[0])),
        (node_of("log_softmax(v)", values), oracles.log_softmax(s[0])),
        (node_of("softmax(s)", values), [oracles.softmax(row) for row in s]),
        (neural.log_softmax(given("s", (3, 4)), axis=-1), [oracles.log_softmax(row) for row in s]),
        (node_of("softmax(s, axis=0)", values), oracles.transpose([oracles.softmax(column) for column in columns])),
        (neural.log_softmax(given("s", (3, 4)), axis=-2), oracles.transpose([oracles.log_softmax(c) for c in columns])),
    )


def test_the_jacobian_of_softmax_and_log_softmax():
    s = rationals("jacobian", 4)
    p = oracles.softmax(s)
    by_softmax = [[p[i] * ((i == j) - p[j]) for j in range(4)] for i in range(4)]
    by_log = [[(i == j) - p[j] for j in range(4)] for i in range(4)]
    values = {"s": s}
    node = given("s", (4,))
    assert_values(
        values,
        (node_of("jacobian(softmax(s), s)", values), by_softmax),
        (jacobian(neural.log_softmax(node, axis=-1), node), by_log),
    )


def test_softmax_survives_large_scores():
    s = [F(100000), F(99999), F(-100000)]
    values = {"s": s}
    assert_values(
        values,
        (node_of("softmax(s)", values), oracles.softmax(s)),
        (node_of("log_softmax(s)", values), oracles.log_softmax(s)),
        tolerance=1e-10,  # the oracle itself loses digits here
    )


@pytest.mark.parametrize(("way", "reduction"), list(product(WAYS, ("mean", "sum"))))
def test_cross_entropy_of_rows(way, reduction):
    s, labels = rationals("ce", 3, 4), [2, 0, 3]
    share = F(1, 3) if reduction == "mean" else 1
    loss = sum(oracles.cross_entropy(row, label) for row, label in zip(s, labels, strict=True)) * float(share)
    rows = (oracles.softmax_cross_entropy_gradient(row, label) for row, label in zip(s, labels, strict=True))
    by_s = [[entry * float(share) for entry in row] for row in rows]
    values = {"s": s, "y": labels, "hot": one_hot(labels, 4)}
    if way == "language":
        for target in ("y", "hot", "one_hot(y, 4)"):
            node = node_of(f"cross_entropy(s, {target})", values, cross_entropy=reduction)
            assert_values(values, (node, loss))
        by = node_of("grad(cross_entropy(s, y), s)", values, cross_entropy=reduction)
        ones = values | {"y": [label + 1 for label in labels]}
        assert_values(ones, (node_of("cross_entropy(s, y)", ones, cross_entropy=reduction, label_base="1"), loss))
    else:
        scores, hot = given("s", (3, 4)), given("hot", (3, 4))
        node = losses.cross_entropy(scores, hot, reduction=reduction)
        by = gradient(node, scores)
    assert_values(values, (node, loss), (by, by_s))


@pytest.mark.parametrize("way", WAYS)
def test_cross_entropy_of_one_example_and_of_probabilities(way):
    s = rationals("one", 4)
    p = [F(1, 8), F(1, 2), F(1, 4), F(1, 8)]
    values = {"s": s, "p": p, "y": 1, "hot": [0, 1, 0, 0]}
    loss, by_s = oracles.cross_entropy(s, 1), oracles.softmax_cross_entropy_gradient(s, 1)
    by_p = [0, F(-2), 0, 0]
    log_two = oracles.softplus(0)
    if way == "language":
        room = scope(values)
        nodes = [room.node(f"{name}({x}, y)") for name, x in (("cross_entropy", "s"), ("cross_entropy_probabilities", "p"))]
        by = [room.node("grad(cross_entropy(s, y), s)"), room.node("grad(cross_entropy_probabilities(p, y), p)")]
    else:
        scores, chances, _, hot = givens(values).values()
        nodes = [
            losses.cross_entropy(scores, hot, reduction="sum"),
            losses.cross_entropy_probabilities(chances, hot, reduction="sum"),
        ]
        by = [gradient(nodes[0], scores), gradient(nodes[1], chances)]
    assert_values(values, (nodes[0], loss), (nodes[1], log_two), (by[0], by_s), (by[1], by_p))


@pytest.mark.parametrize(("way", "reduction"), list(product(WAYS, ("mean", "sum"))))
def test_hinge(way, reduction):
    s, labels = rationals("hinge", 4, 3), [2, 0, 1, 1]
    values = {"s": s, "y": labels, "hot": one_hot(labels, 3)}
    by_s = oracles.central_difference(lambda moved: oracles.hinge(moved, labels, reduction), s, F(1, 10**6))
    if way == "language":
        room = scope(values, cross_entropy=reduction)
        node, by = room.node("hinge(s, y)"), room.node("grad(hinge(s, y), s)")
    else:
        scores, _, hot = givens(values).values()
        node = losses.hinge(scores, hot, reduction=reduction)
        by = gradient(node, scores)
    assert_values(values, (node, oracles.hinge(s, labels, reduction)), (by, by_s))
    assert_values(values, (node_of("hinge(s[1], 0)", values, cross_entropy=reduction), oracles.hinge(s[1:2], [0])))


@pytest.mark.parametrize(("way", "reduction"), list(product(WAYS, ("mean", "sum"))))
def test_binary_cross_entropy(way, reduction):
    p = rationals("bce", 3, 2, low=1, high=8, denominators=(1,))
    p = oracles.elementwise(lambda number: number / 9, p)
    y = [[0, 1], [1, 1], [0, 0]]
    share = 1 if reduction == "sum" else F(1, 6)
    by_p = oracles.elementwise(lambda chance, target: share * ((1 - target) / (1 - chance) - target / chance), p, y)
    s = rationals("logits", 3, 2)
    chances = oracles.elementwise(oracles.sigmoid, s)
    by_s = oracles.elementwise(lambda chance, target: float(share) * (chance - target), chances, y)
    values = {"p": p, "s": s, "y": y}
    if way == "language":
        room = scope(values, cross_entropy=reduction)
        nodes = [room.node(text) for text in ("bce(p, y)", "grad(bce(p, y), p)", "bce_logits(s, y)", "grad(bce_logits(s, y), s)")]
    else:
        p_node, s_node, y_node = givens(values).values()
        plain = losses.binary_cross_entropy(p_node, y_node, reduction=reduction)
        scored = losses.binary_cross_entropy_logits(s_node, y_node, reduction=reduction)
        nodes = [plain, gradient(plain, p_node), scored, gradient(scored, s_node)]
    expected = (
        oracles.binary_cross_entropy(p, y, reduction),
        by_p,
        oracles.binary_cross_entropy(chances, y, reduction),
        by_s,
    )
    assert_values(values, *zip(nodes, expected, strict=True), tolerance=1e-11)


SQUARES = {
    "mean": lambda p, y: oracles.mse(p, y),
    "half_mean": lambda p, y: oracles.mse(p, y) / 2,
    "sum": lambda p, y: oracles.sse(p, y),
    "half_sum": lambda p, y: oracles.sse(p, y) / 2,
    "per_sample": lambda p, y: oracles.sse(p, y, "mean"),
}


@pytest.mark.parametrize(("way", "reduction"), list(product(WAYS, SQUARES)))
def test_squared_error(way, reduction):
    p, y = rationals("p", 3, 4), rationals("y", 3, 4)
    values = {"p": p, "y": y}
    if way == "language":
        room = scope(values, squared_error=reduction)
        node, by = room.node("mse(p, y)"), room.node("grad(mse(p, y), p)")
    else:
        p_node, y_node = givens(values).values()
        node = losses.squared_error(p_node, y_node, reduction=reduction)
        by = pull_back(node, p_node, make("constant", entries=(F(1),), dimensions=()))
    loss = SQUARES[reduction]
    assert_values(values, (node, loss(p, y)), (by, oracles.central_difference(lambda moved: loss(moved, y), p, F(1))))


def test_squared_error_of_a_vector_and_of_a_number():
    values = {"p": rationals("vector", 4), "y": rationals("target", 4), "a": F(3, 2), "b": F(-1)}
    total = oracles.dot(*[[a - b for a, b in zip(values["p"], values["y"], strict=True)]] * 2)
    for reduction, factor in (("mean", F(1, 4)), ("half_mean", F(1, 8)), ("sum", 1), ("half_sum", F(1, 2)), ("per_sample", 1)):
        assert_values(values, (node_of("mse(p, y)", values, squared_error=reduction), total * factor))
    assert_values(values, (node_of("mse(a, b)", values), F(25, 4)), (node_of("sse(p, y)", values), total))


@pytest.mark.parametrize(("way", "reduction"), list(product(WAYS, ("mean", "sum"))))
def test_absolute_error(way, reduction):
    p, y = rationals("p1", 2, 3), rationals("y1", 2, 3)
    y[0][1] = p[0][1]  # a corner: the derivative there is a convention
    values = {"p": p, "y": y}
    share = F(1, 6) if reduction == "mean" else F(1)
    for at_zero in (0, 1, -1):
        if way == "language":
            room = scope(values, absolute_error=reduction, abs_at_zero=str(at_zero))
            node, by = room.node("l1(p, y)"), room.node("grad(mae(p, y), p)")
        else:
            p_node, y_node = givens(values).values()
            node = losses.absolute_error(p_node, y_node, reduction=reduction, at_zero=F(at_zero))
            by = gradient(node, p_node)
        by_p = oracles.elementwise(lambda a, b, corner=at_zero: share * ((a > b) - (a < b) if a != b else corner), p, y)
        assert_values(values, (node, oracles.l1(p, y, reduction)), (by, by_p))


# ------------------------------------------------------------------------------------------------------------ activations

POINTS = [F(-4), F(-3, 2), F(-1, 5), F(0), F(1, 7), F(1), F(11, 3), F(9)]
ACTIVATIONS = {
    "relu(x)": (oracles.relu, oracles.relu_derivative),
    "leaky_relu(x, 1/10)": (lambda x: oracles.leaky_relu(x, F(1, 10)), lambda x: oracles.leaky_relu_derivative(x, F(1, 10))),
    "elu(x)": (oracles.elu, oracles.elu_derivative),
    "elu(x, 2)": (lambda x: oracles.elu(x, 2), lambda x: oracles.elu_derivative(x, 2)),
    "sigmoid(x)": (oracles.sigmoid, oracles.sigmoid_derivative),
    "tanh(x)": (oracles.tanh, oracles.tanh_derivative),
    "softplus(x)": (oracles.softplus, oracles.softplus_derivative),
}
BUILDERS = {
    "relu(x)": neural.relu,
    "leaky_relu(x, 1/10)": lambda x: neural.leaky_relu(x, F(1, 10)),
    "elu(x)": lambda x: neural.elu(x, F(1)),
    "elu(x, 2)": lambda x: neural.elu(x, F(2)),
    "sigmoid(x)": neural.sigmoid,
    "tanh(x)": neural.tanh,
    "softplus(x)": neural.softplus,
}


@pytest.mark.parametrize(("way", "text"), list(product(WAYS, ACTIVATIONS)))
def test_activations_and_their_derivatives(way, text):
    function, derivative = ACTIVATIONS[text]
    values = {"x": POINTS}
    x = given("x", (len(POINTS),))
    if way == "language":
        node, by = node_of(text, values), node_of(f"grad(sum({text}), x)", values)
    else:
        node = BUILDERS[text](x)
        by = gradient(over(sum_, node), x)
    assert_values(values, (node, list(map(function, POINTS))), (by, list(map(derivative, POINTS))))


@pytest.mark.parametrize("at_zero", [F(0), F(1), F(1, 2)])
def test_the_derivative_at_the_corner_of_relu_is_the_convention(at_zero):
    values = {"x": POINTS}
    slope = F(1, 10)
    plain = [oracles.relu_derivative(point, at_zero) for point in POINTS]
    leaky = [slope + (1 - slope) * share for share in plain]
    written = [node_of(f"grad(sum({text}), x)", values, relu_at_zero=str(at_zero)) for text in ("relu(x)", "leaky_relu(x, 1/10)")]
    x = given("x", (len(POINTS),))
    direct = [gradient(over(sum_, build), x) for build in (neural.relu(x, at_zero), neural.leaky_relu(x, slope, at_zero))]
    for nodes in (written, direct):
        assert_values(values, *zip(nodes, (plain, leaky), strict=True))


@pytest.mark.parametrize("at_zero", [0, 1, -1])
def test_the_derivative_at_the_corner_of_the_absolute_value_is_the_convention(at_zero):
    values = {"x": POINTS}
    expected = [(point > 0) - (point < 0) if point else at_zero for point in POINTS]
    assert_values(values, (node_of("grad(sum(abs(x)), x)", values, abs_at_zero=str(at_zero)), expected))
    x = given("x", (len(POINTS),))
    assert_values(values, (gradient(over(sum_, arithmetic.absolute(x, at_zero=at_zero)), x), expected))


def test_a_relu_passes_no_gradient_through_its_corner_twice():
    """relu(relu(x)) at 0: the outer derivative at_zero times the inner one."""
    values = {"x": F(0)}
    node = node_of("grad(relu(relu(x)), x)", values, relu_at_zero="1/2")
    assert_values(values, (node, F(1, 4)))


@pytest.mark.parametrize(
    ("text", "own", "by_x"),
    [
        ("sigmoid(x)", [F(1, 2), F(1, 4), F(1)], [F(1, 4), F(3, 16), F(0)]),  # own output y: y (1 - y)
        ("tanh(x)", [F(1, 2), F(0), F(1)], [F(3, 4), F(1), F(0)]),  # 1 - y^2
        ("exp(x)", [F(1, 2), F(3), F(-1)], [F(1, 2), F(3), F(-1)]),  # y
        ("sqrt(x)", [F(1, 2), F(3), F(-1)], [F(1), F(1, 6), F(-1, 2)]),  # 1 / (2 y)
        ("relu(x)", [F(5), F(0), F(2)], [1, 1, 1]),  # active where y > 0, else where x > 0: x is 1, 2, -3
        ("relu(x)", [F(0), F(-1), F(0)], [1, 0, 0]),
    ],
)
def test_own_forward_values_flow_into_the_backward_pass(text, own, by_x):
    values = {"x": [F(1), F(2), F(-3)]}
    room = scope(values)
    room.names["y"] = room.node(text)
    changes = [{"override": {room.names["y"]: own}}]
    if text != "sqrt(x)":  # there is no sqrt(-3) to put entries into
        changes.append({"entries": {room.names["y"]: {(k,): entry for k, entry in enumerate(own)}}})
    for change in changes:
        found = Evaluation(values, **change)(room.node("grad(sum(y), x)"))
        assert all((BALL.element(entry) - BALL.element(wanted)).contains(0) for entry, wanted in zip(found, by_x, strict=True))


def test_second_derivatives_of_activations():
    values = {"x": POINTS}
    for text, second in (
        ("sigmoid(x)", lambda x: oracles.sigmoid_derivative(x) * (1 - 2 * oracles.sigmoid(x))),
        ("tanh(x)", lambda x: -2 * oracles.tanh(x) * oracles.tanh_derivative(x)),
        ("softplus(x)", oracles.sigmoid_derivative),
        ("relu(x)", lambda x: 0),
    ):
        expected = [[second(x) if i == j else 0 for j in range(len(POINTS))] for i, x in enumerate(POINTS)]
        assert_values(values, (node_of(f"hessian(sum({text}), x)", values), expected))


# ------------------------------------------------------------------------------------------------ layers and linear algebra


@pytest.mark.parametrize(("way", "seed"), list(product(WAYS, range(3))))
def test_affine_layer(way, seed):
    n, d, m = ((4, 2, 1), (3, 5, 1), (2, 3, 4))[seed]
    shapes = {"x": (n, d), "W": (d, m), "b": (m,), "g": (n, m)}
    values = {name: rationals(f"{name} {seed}", *shape) for name, shape in shapes.items()}
    by = oracles.affine_gradient(values["g"], values["x"], values["W"])
    if way == "language":
        room = scope(values)
        room.names["y"] = room.node("x @ W + b")
        nodes = [room.node(text) for text in ("y", "vjp(y, x, g)", "vjp(y, W, g)", "grad(sum(g ∘ y), b)")]
    else:
        x, W, b, g = givens(values).values()
        y = x @ W + b
        nodes = [y, *(pull_back(y, node, g) for node in (x, W, b))]
    expected = oracles.affine(values["x"], values["W"], values["b"]), by["x"], by["W"], by["b"]
    assert_values(values, *zip(nodes, expected, strict=True))


def test_affine_layer_of_column_vectors():
    values = {"W": rationals("W", 3, 4), "x": rationals("x", 4), "b": rationals("b", 3), "g": rationals("g", 3)}
    room = scope(values)
    room.names["y"] = room.node("W x + b")
    assert_values(
        values,
        (room.node("y"), oracles.add(oracles.matrix_vector(values["W"], values["x"]), values["b"])),
        (room.node("vjp(y, W, g)"), oracles.outer(values["g"], values["x"])),
        (room.node("vjp(y, x, g)"), oracles.matrix_vector(oracles.transpose(values["W"]), values["g"])),
        (room.node("vjp(y, b, g)"), values["g"]),
        (room.node("g x'"), oracles.outer(values["g"], values["x"])),
    )


def regular(seed, size):
    """A random matrix that is not singular."""
    for attempt in range(20):
        matrix = rationals(f"{seed} {attempt}", size, size, low=-3, high=3)
        if oracles.determinant(matrix) != 0:
            return matrix
    raise AssertionError("no regular matrix among twenty")


@pytest.mark.parametrize(("way", "size"), list(product(WAYS, (1, 2, 3, 4))))
def test_determinant_inverse_and_solution(way, size):
    A, b, B = regular(size, size), rationals("b", size), rationals("B", size, 2)
    values = {"A": A, "b": b, "B": B}
    if way == "language":
        nodes = [node_of(text, values) for text in ("det(A)", "inv(A)", "solve(A, b)", "solve(A, B)", "A^-1 b")]
    else:
        a, right, several = givens(values).values()
        inverse = linear.inverse(a)
        nodes = [linear.det(a), inverse, linear.solve(a, right), linear.solve(a, several), inverse @ right]
    solution = oracles.solve(A, b)
    expected = oracles.determinant(A), oracles.inverse(A), solution, oracles.solve_matrix(A, B), solution
    assert_values(values, *zip(nodes, expected, strict=True), tolerance=1e-10)


@pytest.mark.parametrize("way", WAYS)
def test_gradients_of_determinant_inverse_and_solution(way):
    A, b, G, g = regular("gradients", 3), rationals("b", 3), rationals("G", 3, 3), rationals("g", 3)
    values = {"A": A, "b": b, "G": G, "g": g}
    turned = oracles.transpose(oracles.inverse(A))
    by_inverse = oracles.elementwise(lambda entry: -entry, oracles.matmul(oracles.matmul(turned, G), turned))
    back = oracles.matrix_vector(turned, g)
    by_solve = oracles.elementwise(lambda entry: -entry, oracles.outer(back, oracles.solve(A, b)))
    by_det = oracles.central_difference(oracles.determinant, A, F(1))  # linear in every entry, so exact
    if way == "language":
        texts = "vjp(inv(A), A, G)", "vjp(solve(A, b), A, g)", "vjp(solve(A, b), b, g)", "grad(det(A), A)"
        nodes = [node_of(text, values) for text in texts]
    else:
        a, right, upstream, up = givens(values).values()
        solution = linear.solve(a, right)
        nodes = [
            pull_back(linear.inverse(a), a, upstream),
            pull_back(solution, a, up),
            pull_back(solution, right, up),
            gradient(linear.det(a), a),
        ]
    assert_values(values, *zip(nodes, (by_inverse, by_solve, back, by_det), strict=True), tolerance=1e-10)


@pytest.mark.parametrize("text", ["inv(A)", "solve(A, b)", "A^-1"])
def test_a_singular_matrix_has_no_inverse(text):
    values = {"A": [[1, 2, 3], [4, 5, 6], [5, 7, 9]], "b": [1, 2, 3]}
    with pytest.raises(UndefinedError, match="singular"):
        Evaluation(values)(node_of(text, values))
    assert_values(values, (node_of("det(A)", values), 0))


def test_sums_products_and_transposes_of_matrices():
    A, B, v, w = rationals("A", 3, 4), rationals("B", 4, 2), rationals("v", 3), rationals("w", 4)
    values = {"A": A, "B": B, "v": v, "w": w}
    turned = oracles.matrix_vector(oracles.transpose(A), v)
    assert_values(
        values,
        (node_of("A @ B", values), oracles.matmul(A, B)),
        (node_of("A B", values), oracles.matmul(A, B)),
        (node_of("(A B)'", values), oracles.matmul(oracles.transpose(B), oracles.transpose(A))),
        (node_of("v' A w", values), oracles.dot(v, oracles.matrix_vector(A, w))),
        (node_of("grad(v' A w, A)", values), oracles.outer(v, w)),
        (node_of("vjp(v w', v, A)", values), oracles.matrix_vector(A, w)),
        (node_of("vjp(v w', w, A)", values), oracles.matrix_vector(oracles.transpose(A), v)),
        (node_of("vjp(v' A, A, w')", values), oracles.outer(v, w)),
        (node_of("vjp(v' A, v, w')", values), oracles.matrix_vector(A, w)),
        (node_of("grad(v' A w, v)", values), oracles.matrix_vector(A, w)),
        (node_of("grad(v' v, v)", values), [2 * number for number in v]),
        (node_of("grad(v @ v, v)", values), [2 * number for number in v]),
        (node_of("hessian((v' A w)^2, w)", values), oracles.outer([2 * number for number in turned], turned)),
        (node_of("trace(A A')", values), sum(number * number for number in oracles.flatten(A))),
        (transpose(given("A", (3, 4))), oracles.transpose(A)),
        (node_of("sum(A, axis=0)", values), [sum(column) for column in oracles.transpose(A)]),
        (node_of("mean(A, axis=1)", values), [sum(row) / 4 for row in A]),
        (node_of("outer(v, w)", values), oracles.outer(v, w)),
        (node_of("flip(v)", values), v[::-1]),
        (flip(given("A", (3, 4)), axes=(-1,)), [row[::-1] for row in A]),
    )


def test_gradients_through_joined_picked_and_turned_values():
    A, B, T = rationals("upper", 2, 3), rationals("lower", 1, 3), rationals("tensor", 2, 3, 4)
    G, H = rationals("joined", 3, 3), rationals("turned", 4, 2, 3)
    values = {"A": A, "B": B, "T": T, "G": G, "H": H}
    nodes = givens(values)
    turned = permute(nodes["T"], (2, 0, 1))
    spots = range(2), range(3), range(4)
    picked = [[sum(G[k][j] * (k in (0, 2)) for k in range(3)) if i == 1 else 0 for j in range(3)] for i in range(2)]
    assert_values(
        values,
        (node_of("concat(A, B)", values), A + B),
        (node_of("vjp(concat(A, B), A, G)", values), G[:2]),
        (node_of("vjp(concat(A, B), B, G)", values), G[2:]),
        (node_of("vjp(concat(B, A, axis=0), A, G)", values), G[1:]),
        (node_of("vjp(concat(A', B', axis=1), B, G)", values), [[row[2] for row in G]]),
        (node_of("vjp(stack(A[1], B[0], A[1]), A, G)", values), picked),
        (turned, [[[T[i][j][k] for j in spots[1]] for i in spots[0]] for k in spots[2]]),
        (pull_back(turned, nodes["T"], nodes["H"]), [[[H[k][i][j] for k in spots[2]] for j in spots[1]] for i in spots[0]]),
    )


def test_of_two_equal_values_the_first_gets_the_gradient():
    values = {"x": [F(1), F(2), F(3)], "y": [F(3), F(2), F(1)]}
    for name, by_x in (("max", [0, 1, 1]), ("min", [1, 1, 0])):
        assert_values(
            values,
            (node_of(f"grad(sum({name}(x, y)), x)", values), by_x),
            (node_of(f"grad(sum({name}(x, y)), y)", values), [1 - share for share in by_x]),
        )


def test_the_hessian_of_a_quadratic_form_is_the_symmetric_part_doubled():
    A, x = rationals("quadratic", 4, 4), rationals("point", 4)
    values = {"A": A, "x": x}
    expected = oracles.add(A, oracles.transpose(A))
    node = given("x", (4,))
    assert_values(
        values,
        (node_of("hessian(x' A x, x)", values), expected),
        (hessian(over(sum_, node * (given("A", (4, 4)) @ node)), node), expected),
    )


# --------------------------------------------------------------------------------------------------------- recurrent nets


def test_backpropagation_through_time_is_exact():
    """Three steps of a ReLU network: every weight is used three times, so its gradients must add up."""
    xs, h0, W, U, b, ups = (rationals(f"rnn {k}", *shape) for k, shape in enumerate([(3, 2), (3,), (3, 3), (3, 2), (3,), (3, 3)]))
    values = {"X": xs, "h0": h0, "W": W, "U": U, "b": b, "G": ups}
    room = scope(values)
    for t in range(3):
        room.names[f"h{t + 1}"] = room.node(f"relu(W h{t} + U X[{t}] + b)")
    room.names["L"] = room.node("G[0]' h1 + G[1]' h2 + G[2]' h3")
    by = oracles.rnn_backward(xs, h0, W, U, b, oracles.relu, oracles.relu_derivative, ups)
    keys = {"W": "W", "U": "U", "b": "b", "h0": "h0", "X": "xs"}
    pairs = [(room.node(f"grad(L, {name})"), by[key]) for name, key in keys.items()]
    assert Evaluation(values).with_system(pairs[0][0])[1] is EXACT
    assert_values(values, *pairs)


def test_an_lstm_and_its_gradients():
    xs, h0, c0, ups = (rationals(f"lstm {k}", *shape) for k, shape in enumerate([(2, 2), (3,), (3,), (2, 3)]))
    values = {"X": xs, "h0": h0, "c0": c0, "G": ups}
    gates = {}
    for name in "fiog":
        shapes = {"W": (3, 3), "U": (3, 2), "b": (3,)}
        gates[name] = tuple(rationals(name + kind, *shape, low=-1, high=1) for kind, shape in shapes.items())
        values |= {kind + name: part for kind, part in zip("WUb", gates[name], strict=True)}
    room = scope(values)
    for t in range(2):
        for name in "fiog":
            function = "tanh" if name == "g" else "sigmoid"
            room.names[name] = room.node(f"{function}(W{name} h{t} + U{name} X[{t}] + b{name})")
        room.names[f"c{t + 1}"] = room.node(f"f ∘ c{t} + i ∘ g")
        room.names[f"h{t + 1}"] = room.node(f"o ∘ tanh(c{t + 1})")
    room.names["L"] = room.node("G[0]' h1 + G[1]' h2")
    forward = oracles.lstm_forward(xs, h0, c0, gates)
    by = oracles.lstm_backward(xs, h0, c0, gates, ups)
    pairs = [(room.names["h2"], forward[1]["h"]), (room.names["c2"], forward[1]["c"])]
    pairs += [(room.node(f"grad(L, {kind}{name})"), by["gates"][name][k]) for name in "fiog" for k, kind in enumerate("WUb")]
    pairs += [(room.node(f"grad(L, {name})"), by[key]) for name, key in (("h0", "h0"), ("c0", "c0"), ("X", "xs"))]
    assert_values(values, *pairs)
