"""Many variants in one call: FLOAT with leading batch axes equals single evaluations, whatever the lengths of the axes."""

import numpy as np
import pytest
from engine import scope

from grader.maths.evaluate import Evaluation
from grader.maths.systems import FLOAT

VARIANTS = 1000

DENSE = {
    "shapes": {"X": (4, 3), "W": (3, 5), "b": (5,), "V": (5, 2), "c": (2,), "Y": (4, 2), "lr": ()},
    "let": {
        "z": "X @ W + b",
        "h": "relu(z)",
        "p": "h @ V + c",
        "L": "mse(p, Y)",
        "g": "grad(L, W)",
        "W_new": "W - lr * g",
        "c_new": "c - lr grad(L, c)",
    },
}
CONV = {
    "shapes": {"x": (2, 2, 5, 5), "w": (3, 2, 2, 2), "b": (3,), "V": (12, 3), "y": (2,)},
    "let": {
        "a": "conv2d(x, w, b)",
        "h": "relu(a)",
        "q": "max_pool(h, size=2)",
        "s": "reshape(q, 2, -1) @ V",
        "L": "cross_entropy(s, y)",
        "g": "grad(L, w)",
        "g_b": "grad(L, b)",
        "w_new": "w - 1/10 * g",
    },
}
NETS = {"dense": DENSE, "conv": CONV}


def program(net, shapes=None):
    """The named nodes of a net over givens of certain shapes."""
    shapes = shapes or net["shapes"]
    room = scope({name: np.zeros(shape, dtype=int).tolist() for name, shape in shapes.items()})
    for name, text in net["let"].items():
        room.names[name] = room.node(text)
    return {name: room.names[name] for name in net["let"]}


def draw(shapes, *batch, seed=1, single=()):
    """Random values with batch axes in front, except for those in `single`; labels are whole numbers."""
    generator = np.random.default_rng(seed)
    values = {}
    for name, shape in shapes.items():
        size = shape if name in single else batch + shape
        values[name] = generator.integers(0, 3, size).astype(float) if name == "y" else generator.uniform(-2, 2, size)
    return values


def one_of(values, shapes, position):
    """The values of one variant: the batch axes of every value that has them picked at a position."""
    return {name: array if array.ndim == len(shapes[name]) else array[position] for name, array in values.items()}


def assert_batch_equals_singles(nodes, shapes, values, batch):
    """Every node, for all variants in one evaluation and for each by itself."""
    together = Evaluation(values, (FLOAT,))
    whole = {name: together(node) for name, node in nodes.items()}
    for position in np.ndindex(*batch):
        alone = Evaluation(one_of(values, shapes, position), (FLOAT,))
        for name, node in nodes.items():
            single = alone(node)
            assert single.shape == node.shape
            joined = np.broadcast_to(whole[name], batch + node.shape) if whole[name].shape == node.shape else whole[name]
            assert joined.shape == batch + node.shape, name
            np.testing.assert_allclose(joined[position], single, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", NETS)
def test_a_thousand_variants_of_a_net(name):
    net = NETS[name]
    nodes, values = program(net), draw(net["shapes"], VARIANTS)
    together = Evaluation(values, (FLOAT,))
    whole = [together(node) for node in nodes.values()]
    assert {array.shape[: array.ndim - node.rank] for array, node in zip(whole, nodes.values(), strict=True)} == {(VARIANTS,)}
    for k in range(VARIANTS):
        alone = Evaluation({given: array[k] for given, array in values.items()}, (FLOAT,))
        for node, array in zip(nodes.values(), whole, strict=True):
            assert np.abs(alone(node) - array[k]).max() <= 1e-12 * max(1, np.abs(array[k]).max())


def test_the_naive_way_adds_biases_to_the_wrong_axis():
    """With as many variants as rows, plain broadcasting fits by accident and is wrong."""
    shapes = {"X": (4, 2), "W": (2, 3), "b": (3,)}
    values = draw(shapes, 4)
    right = np.stack([values["X"][k] @ values["W"][k] + values["b"][k] for k in range(4)])
    naive = values["X"] @ values["W"] + values["b"]
    assert naive.shape == right.shape
    assert not np.allclose(naive, right)
    node = scope({name: np.zeros(shape, dtype=int).tolist() for name, shape in shapes.items()}).node("X @ W + b")
    np.testing.assert_allclose(Evaluation(values, (FLOAT,))(node), right, rtol=1e-14)


EXPRESSIONS = [
    "X + b", "X - c", "b X[0]", "X ∘ b", "X / b", "max(X, b)", "where(X > b, b, X)", "X @ W + b", "b + X[0]", "X + s", "s X",
    "X^2 + b^2", "b' X[0]", "outer(b, X[0])", "softmax(X + b)", "softmax(X, axis=0)", "sum(X, axis=0) + b", "mean(X, axis=1) s",
    "X' X", "X b", "b' W b", "var(X, axis=0)", "batch_norm(X, b, c, epsilon=1/10)", "leaky_relu(X, b)", "leaky_relu(X, s)",
    "concat(X, [b])", "stack(b, c) W", "X[1:, ::2]", "flatten(X)", "reshape(X, -1, 1) + [s]", "X[0] == X[1]", "argmax(X)",
    "argmax(X, axis=0)", "max(X, axis=0)", "one_hot(argmax(X), 5)", "det(W + 9 eye(length(b)))", "inv(W + 9 eye(length(b)))",
    "solve(W + 9 eye(length(b)), b)", "trace(W)", "diag(b)", "norm(b)", "min(X)", "cross_entropy(X, softmax(X + c))", "flip(X)",
    "hinge(X, one_hot(argmax(X), length(b)))", "dropout(X, b > 0, 1/2)", "b[::-1] + c", "abs(X) + b",
    "grad(sum(sigmoid(X @ W + b)), b)", "grad(sum(tanh(X @ W + b)), X)", "grad(sum((X @ W + b)^2), W)",
    "grad(sum(batch_norm(X, b, c, epsilon=1)^2), X)", "grad(sum(max(X, b)), b)", "grad(max(X), X)", "grad(sum(s X / b^2), s)",
    "hessian(sum(sigmoid(X b)), b)", "jacobian(softmax(b), b)", "grad(det(W + 9 eye(length(b))), W)",
    "grad(sum(inv(W + 9 eye(length(b)))), W)", "vjp(solve(W + 9 eye(length(b)), b), W, c)",
]  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_a_batch_as_long_as_another_axis(text):
    """Rows, features and variants all of the same length, two of them, or none."""
    for rows, features, batch in ((3, 3, 3), (2, 3, 3), (3, 2, 3), (3, 3, 2), (1, 3, 3), (3, 1, 3), (3, 3, 1), (2, 1, 1)):
        if text in ("X[0] == X[1]", "X[1:, ::2]") and rows < 2:
            continue
        shapes = {"X": (rows, features), "W": (features, features), "b": (features,), "c": (features,), "s": ()}
        if text in ("X' X", "stack(b, c) W") and features == 1:
            continue
        room = scope({name: np.ones(shape, dtype=int).tolist() for name, shape in shapes.items()})
        assert_batch_equals_singles({text: room.node(text)}, shapes, draw(shapes, batch), (batch,))


@pytest.mark.parametrize("single", [("X",), ("W", "b"), ("b",), ("X", "W", "b", "V", "c", "lr"), ("lr",), ("Y", "X")])
@pytest.mark.parametrize("batch", [(4,), (5,), (2,), (1,)])
def test_some_values_common_to_all_variants(batch, single):
    shapes = DENSE["shapes"]
    assert_batch_equals_singles(program(DENSE), shapes, draw(shapes, *batch, single=single), batch)


@pytest.mark.parametrize("single", [("x",), ("w", "b"), ("y",), ("V", "x", "y")])
@pytest.mark.parametrize("batch", [(2,), (3,), (5,)])
def test_images_or_kernels_common_to_all_variants(batch, single):
    shapes = CONV["shapes"]
    assert_batch_equals_singles(program(CONV), shapes, draw(shapes, *batch, single=single), batch)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("batch", [(2, 3), (3, 2), (4, 4), (1, 3), (3, 1), (2, 2, 2)])
@pytest.mark.parametrize("single", [(), ("b",)])
def test_several_batch_axes(name, batch, single):
    shapes = NETS[name]["shapes"]
    assert_batch_equals_singles(program(NETS[name]), shapes, draw(shapes, *batch, single=single), batch)


def test_values_with_different_numbers_of_batch_axes():
    """Students along one axis, rounding readings along another: (3, 1), (5,) and none meet as (3, 5)."""
    shapes = DENSE["shapes"]
    values = draw(shapes)
    values |= {name: draw(shapes, 3, 1, seed=2)[name] for name in ("W", "lr")}
    values |= {name: draw(shapes, 5, seed=3)[name] for name in ("X", "c")}
    nodes = program(DENSE)
    together = Evaluation(values, (FLOAT,))
    for i in range(3):
        for j in range(5):
            picked = {"W": values["W"][i, 0], "lr": values["lr"][i, 0], "X": values["X"][j], "c": values["c"][j]}
            work = Evaluation(values | picked, (FLOAT,))
            for node in nodes.values():
                found = together(node)
                assert found.shape == (3, 5) + node.shape
                np.testing.assert_allclose(found[i, j], work(node), rtol=1e-12, atol=1e-12)


def test_an_override_may_hold_many_variants():
    """Own earlier values of a thousand hand-ins put in for one node; the rest of the question is common to all."""
    nodes, shapes = program(DENSE), DENSE["shapes"]
    values = draw(shapes)
    own = np.random.default_rng(4).uniform(-1, 1, (VARIANTS, 4, 5))
    together = Evaluation(values, (FLOAT,), override={nodes["h"]: own})
    whole = together(nodes["W_new"])
    assert whole.shape == (VARIANTS, 3, 5)
    for k in range(0, VARIANTS, 50):
        alone = Evaluation(values, (FLOAT,), override={nodes["h"]: own[k]})
        np.testing.assert_allclose(whole[k], alone(nodes["W_new"]), rtol=1e-12, atol=1e-12)


def test_overridden_entries_of_a_batch():
    nodes, shapes = program(DENSE), DENSE["shapes"]
    values = draw(shapes, 6)
    entries = {nodes["z"]: {(0, 1): 2, (3, 4): -1}}
    together = Evaluation(values, (FLOAT,), entries=entries)
    for k in range(6):
        alone = Evaluation(one_of(values, shapes, k), (FLOAT,), entries=entries)
        for name in ("z", "h", "L", "g"):
            np.testing.assert_allclose(together(nodes[name])[k], alone(nodes[name]), rtol=1e-12, atol=1e-12)
    assert (together(nodes["z"])[:, 0, 1] == 2).all()


def test_putting_entries_in_changes_no_array_that_was_handed_in():
    room = scope({"b": [0, 0], "W": [[0, 0], [0, 0]]})
    values = {"b": np.array([1.0, 2.0]), "W": np.eye(2)}
    work = Evaluation(values, (FLOAT,), entries={room.node("b"): {(0,): 9}, room.node("W"): {(1, 0): 9}})
    np.testing.assert_array_equal(work(room.node("W b")), [9, 83])
    np.testing.assert_array_equal(values["b"], [1, 2])
    np.testing.assert_array_equal(values["W"], np.eye(2))


def test_one_undefined_variant_leaves_the_others_alone():
    room = scope({"A": [[0, 0], [0, 0]], "b": [0, 0]})
    values = {"A": np.array([[[1.0, 2], [2, 4]], [[2, 0], [0, 4]]]), "b": np.ones((2, 2))}
    with np.errstate(all="ignore"):
        for text in ("1 / det(A)", "inv(A)", "solve(A, b)"):
            value = Evaluation(values, (FLOAT,))(room.node(text))
            assert not np.isfinite(value[0]).all()
            assert np.isfinite(value[1]).all()
