"""Measures of predictions, information, Huber's loss, layer norm, one-dimensional convolution: by hand, against plain loops."""

import math
import random
from fractions import Fraction
from itertools import product

import numpy as np
import oracles
import pytest
from engine import assert_ball, assert_values, exactly, in_floats, node_of, rationals, said, scope

from grader.maths.errors import GraderError, UndecidedError, UndefinedError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import given
from grader.maths.ops import OPS
from grader.maths.ops.metrics import vote
from grader.maths.systems import BALL, FLOAT

F = Fraction
GUESSED, LABELS = [1, 1, 1, 0, 0, 1, 0, 0], [1, 1, 0, 0, 1, 1, 1, 0]  # 3 true and 1 false positives, 2 false and 2 true negatives


def slipped(text, values, op, tag, **conventions):
    """The value with a slip made at the only node of an operation."""
    target = node_of(text, values, **conventions)
    seen, waiting = [], [target]
    while waiting:
        node = waiting.pop()
        seen.append(node)
        waiting += node.inputs
    (node,) = {node for node in seen if node.op == op}
    (slip,) = [slip for slip in OPS[op].slips if slip.tag == tag]
    return in_floats(slip.rewrite(node), values)


# --------------------------------------------------------------------------------------------------------------- measures


def test_measures_by_hand():
    values = {"p": GUESSED, "y": LABELS}
    assert said("accuracy(p, y)", values) == F(5, 8)
    assert said("precision(p, y)", values) == F(3, 4)
    assert said("recall(p, y)", values) == F(3, 5)
    assert said("f1_score(p, y)", values) == F(2, 3)
    assert said("precision(p, y, positive=0)", values) == F(1, 2)
    assert said("recall(p, y, positive=0)", values) == F(2, 3)
    assert said("confusion(p, y, 2)", values) == [[2, 1], [2, 3]]


@pytest.mark.parametrize(("tag", "wrong"), [("recall-for-precision", F(3, 5)), ("accuracy-for-precision", F(5, 8))])
def test_slips_of_the_precision(tag, wrong):
    assert slipped("precision(p, y)", {"p": GUESSED, "y": LABELS}, "precision", tag) == float(wrong)


@pytest.mark.parametrize(
    ("tag", "wrong"),
    [
        ("arithmetic-for-harmonic-mean", F(27, 40)),
        ("geometric-for-harmonic-mean", math.sqrt(9 / 20)),
        ("factor-2-forgotten", F(1, 3)),
        ("true-positives-once", F(1, 2)),
        ("accuracy-for-f1-score", F(5, 8)),
    ],
)
def test_slips_of_the_f1_score(tag, wrong):
    assert slipped("f1_score(p, y)", {"p": GUESSED, "y": LABELS}, "f1_score", tag) == pytest.approx(float(wrong), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_measures_against_loops(seed):
    generator = random.Random(seed)
    guessed, labels = ([*range(3), *(generator.randrange(3) for _ in range(9))] for _ in range(2))
    generator.shuffle(guessed)
    values = {"p": guessed, "y": labels}
    room = scope(values)
    room.names["C"] = room.node("confusion(p, y, 3)")
    pairs = [
        (room.names["C"], oracles.confusion(guessed, labels, 3)),
        (room.node("accuracy(p, y)"), oracles.accuracy(guessed, labels)),
    ]
    for name, positive in product(("precision", "recall", "f1_score"), range(3)):
        if name == "f1_score" and not oracles.precision(guessed, labels, positive):
            continue
        expected = getattr(oracles, name)(guessed, labels, positive)
        pairs += [(room.node(f"{name}({given}, positive={positive})"), expected) for given in ("p, y", "C")]
    assert_values(values, *pairs)


def test_labels_count_as_the_convention_says():
    values = {"p": [1, 2, 2], "y": [1, 1, 2]}
    assert said("confusion(p, y, 2)", values, label_base="1") == [[1, 1], [0, 1]]
    assert said("precision(confusion(p, y, 2), positive=2)", values, label_base="1") == F(1, 2)
    for wrong in ("confusion(p, y, 2)", "confusion([0.5, 1, 1], y, 3)", "confusion(p, y, 0)", "confusion(p, [1, 2], 3)"):
        with pytest.raises(GraderError):
            node_of(wrong, values)


def test_what_cannot_be_measured_is_refused():
    for wrong in (
        "accuracy([1, 2], [1])",
        "accuracy(1, 1)",
        "precision([1], [1, 2])",
        "precision(ones(2, 3))",
        "recall(eye(2), positive=2)",
    ):
        with pytest.raises(GraderError):
            node_of(wrong, {})
    with pytest.raises(UndefinedError):
        said("precision([0, 0], [1, 0])")


# ---------------------------------------------------------------------------------------------------------------- overlap


def test_boxes_by_hand():
    """4 x 3 and 5 x 3 share 3 x 2: 6 over 12 + 15 - 6."""
    values = {"a": [0, 0, 4, 3], "b": [1, 1, 6, 4]}
    room = scope(values)
    room.names["o"] = room.read("iou(a, b)")
    assert [exactly(room.node(f"o.{name}"), values) for name in ("intersection", "union", "iou")] == [6, 21, F(2, 7)]
    assert said("2 * iou(a, b)", values) == F(4, 7)
    assert slipped("iou(a, b)", values, "union_area", "sum-for-union") == 27
    assert slipped("iou(a, b)", values, "overlap_share", "dice-for-iou") == pytest.approx(12 / 27)
    assert slipped("iou(a, b)", values, "overlap_share", "smaller-area-for-union") == pytest.approx(1 / 2)
    assert slipped("iou(a, b)", values, "box_intersection", "hull-for-intersection") == 24


def test_boxes_that_are_apart_share_nothing():
    values = {"a": [0, 0, 1, 2], "b": [4, 5, 6, 6]}
    assert said("iou(a, b)", values) == 0
    assert slipped("iou(a, b)", values, "box_intersection", "overlap-not-clipped") == 9  # (-3) (-3)
    assert said("iou(a, a)", values) == 1


@pytest.mark.parametrize("seed", range(6))
def test_boxes_against_counted_squares(seed):
    generator = random.Random(seed)
    boxes = []
    for _ in range(2):
        left, top = generator.randint(0, 4), generator.randint(0, 4)
        boxes.append([left, top, left + generator.randint(1, 5), top + generator.randint(1, 5)])
    values = dict(zip("ab", boxes, strict=True))
    assert_values(values, (node_of("iou(a, b)", values), oracles.box_iou(*boxes)))


def test_masks_by_hand():
    values = {"a": [[1, 1, 0], [1, 0, 0]], "b": [[0, 1, 1], [1, 0, 1]]}
    assert said("iou(a, b)", values) == F(2, 5)
    for wrong in ("iou([1, 2], [3, 4])", "iou(1, 2)", "iou(ones(2, 2), ones(2, 3))"):
        with pytest.raises(GraderError, match="boxes are vectors"):
            node_of(wrong, {})


# ------------------------------------------------------------------------------------------------------------- neighbours

POINTS = {"X": [[0, 0], [1, 0], [0, 2], [3, 3], [4, 3]], "y": [0, 1, 1, 0, 0], "q": [0, 1]}  # squares 1, 2, 1, 13, 20


def test_neighbours_by_hand():
    room = scope(POINTS)
    room.names["n"] = room.read("knn(X, y, q, 3)")
    assert exactly(room.node("n.squared"), POINTS) == [1, 2, 1, 13, 20]
    assert exactly(room.node("n.label"), POINTS) == exactly(room.node("n"), POINTS) == 1
    np.testing.assert_allclose(in_floats(room.node("n.distances"), POINTS) ** 2, [1, 2, 1, 13, 20], rtol=1e-15)
    assert said("knn(X, y, q, 5)", POINTS) == 0
    assert slipped("knn(X, y, q, 3)", POINTS, "vote", "all-points-vote") == 0
    assert slipped("knn(X, y, q, 3)", POINTS, "vote", "farthest-for-nearest") == 0
    assert slipped("knn(X, y, q, 3)", POINTS | {"y": [2, 1, 1, 0, 0], "q": [0, 0]}, "vote", "nearest-only") == 2


def test_ties_are_refused_in_words():
    """Of the two points at distance 1 one has label 0 and one label 1; of four votes two are for each."""
    for k, words in {1: "equally far", 4: "the vote of the 4 nearest points is a tie"}.items():
        with pytest.raises(UndefinedError, match=words):
            said(f"knn(X, y, q, {k})", POINTS)
        assert np.isnan(in_floats(node_of(f"knn(X, y, q, {k})", POINTS), POINTS))
    assert said("knn(X, y, q, 1)", POINTS | {"y": [1, 0, 1, 0, 0]}) == 1  # a tie that does not matter
    for wrong in ("knn(X, y, q, 0)", "knn(X, y, q, 6)", "knn(X, q, q, 1)", "knn(X, y, y, 1)", "knn(q, y, q, 1)"):
        with pytest.raises(GraderError):
            node_of(wrong, POINTS)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_neighbours_against_loops(k):
    answers = []
    for seed in range(6):
        values = {"X": rationals(f"points {seed}", 7, 2), "q": rationals(f"point {seed}", 2)}
        values["y"] = [random.Random(f"{seed} {place}").randrange(3) for place in range(7)]
        expected = oracles.nearest_label(values["X"], values["y"], values["q"], k)
        answers.append(expected)
        if expected is None:
            with pytest.raises(UndefinedError, match="tie"):
                said(f"knn(X, y, q, {k})", values)
        else:
            assert_values(values, (node_of(f"knn(X, y, q, {k})", values), expected))
    assert any(answer is not None for answer in answers)


def test_balls_that_overlap_leave_the_neighbours_undecided():
    node = vote(given("d", (3,)), given("y", (3,)), k=1)
    labels = BALL.array([0, 1, 1])
    apart = np.array([BALL.interval(0, 1), BALL.interval(2, 4), BALL.interval(3, 5)], dtype=object)
    assert Evaluation({"d": apart, "y": labels}, (BALL,))(node)[()] == 0
    near = np.array([BALL.interval(0, 3), BALL.interval(2, 4), BALL.interval(6, 7)], dtype=object)
    with pytest.raises(UndecidedError, match="which points"):
        Evaluation({"d": near, "y": labels}, (BALL,))(node)


# ------------------------------------------------------------------------------------------------------------ information


def test_entropy_by_hand():
    """A fair coin has one bit, eight equal outcomes three; 1/2, 1/4, 1/8, 1/8 have 7/4 (Cover and Thomas, example 1.1.2)."""
    for p, bits in (("[1/2, 1/2]", 1), ("ones(8) / 8", 3), ("[1/2, 1/4, 1/8, 1/8]", 1.75), ("[0, 1, 0]", 0)):
        for text, conventions in ((f"entropy({p}, base=2)", {}), (f"entropy({p})", {"logarithm": "2"})):
            node = node_of(text, {}, **conventions)
            assert float(in_floats(node)) == pytest.approx(bits, abs=1e-15)
            if bits:
                assert_ball(Evaluation({})(node)[()], float(bits))


def test_divergence_by_hand():
    """Cover and Thomas, example 2.3.1: r = 1/2, s = 1/4 give 1 - log2(3) / 2 and 3/4 log2(3) - 1 bits."""
    values = {"p": [F(1, 2), F(1, 2)], "q": [F(3, 4), F(1, 4)]}
    assert float(in_floats(node_of("kl(p, q, base=2)", values), values)) == pytest.approx(0.20751874963942196, abs=1e-15)
    assert float(in_floats(node_of("kl(q, p, base=2)", values), values)) == pytest.approx(0.18872187554086706, abs=1e-15)
    assert slipped("kl(p, q, base=2)", values, "kl_divergence", "distributions-swapped") == pytest.approx(0.18872187554086706)
    assert slipped("kl(p, q, base=2)", values, "kl_divergence", "cross-entropy-for-divergence") == pytest.approx(
        1.207518749639422
    )
    assert slipped("kl(p, q, base=2)", values, "kl_divergence", "natural-logarithm") == pytest.approx(0.14384103622589042)


@pytest.mark.parametrize(("base", "number"), [("", math.e), (", base=2", 2), (", base=10", 10)])
def test_information_against_loops(base, number):
    values = {"p": [F(1, 2), 0, F(1, 3), F(1, 6)], "q": [F(1, 4), F(1, 4), F(3, 8), F(1, 8)]}
    assert_values(
        values,
        (node_of(f"entropy(p{base})", values), oracles.entropy(values["p"], number)),
        (node_of(f"kl(p, q{base})", values), oracles.kl(values["p"], values["q"], number)),
        exact=False,
    )


def test_information_that_is_not_there_is_refused():
    with pytest.raises(UndefinedError, match="logarithm"):
        Evaluation({})(node_of("kl([1/2, 1/2], [1, 0])", {}))
    assert said("kl([1, 0], [1, 0])") == 0
    for wrong in ("entropy(1)", "entropy(eye(2))", "kl([1, 0], [1])", "entropy([1], base=1)", "entropy([1], base=2000)"):
        with pytest.raises(GraderError):
            node_of(wrong, {})


def test_the_gradient_of_the_entropy():
    """d/dp of -sum p log p is -log p - 1."""
    values = {"p": [F(1, 2), F(1, 4), F(1, 4)]}
    expected = [-math.log(1 / 2) - 1, -math.log(1 / 4) - 1, -math.log(1 / 4) - 1]
    assert_values(values, (node_of("grad(entropy(p), p)", values), expected), exact=False)


# ----------------------------------------------------------------------------------------------------------------- Huber


def test_huber_by_hand():
    """Errors 1/2 and 3 with delta 1: 1/8 and 5/2."""
    values = {"p": [F(3, 2), 0], "y": [1, 3]}
    assert said("huber(p, y)", values) == F(21, 16)
    assert said("huber(p, y, 1)", values, absolute_error="sum") == F(21, 8)
    assert said("grad(huber(p, y, 2), p)", values, absolute_error="sum") == [F(1, 2), -2]
    wrong = {
        "half-forgotten": F(11, 8),
        "offset-forgotten": F(25, 16),
        "squared-everywhere": F(37, 16),
        "absolute-everywhere": F(5, 4),
    }
    for tag, value in wrong.items():
        assert slipped("huber(p, y)", values, "huber", tag) == float(value)
    assert slipped("huber(p, y, 2)", values, "huber", "slope-forgotten") == float((F(1, 8) + 2) / 2)


@pytest.mark.parametrize(("shape", "reduction"), [((4,), "mean"), ((2, 3), "sum"), ((), "mean")])
def test_huber_against_loops(shape, reduction):
    values = {"p": rationals("p", *shape), "y": rationals("y", *shape), "d": F(3, 2)}
    node = node_of("huber(p, y, d)", values, absolute_error=reduction)
    assert_values(values, (node, oracles.huber(values["p"], values["y"], values["d"], reduction)))
    for wrong in ("huber([1, 2], 1)", "huber([1, 2], [1, 2], [1, 1])"):
        with pytest.raises(GraderError):
            node_of(wrong, {})


# ------------------------------------------------------------------------------------------------------------- layer norm


def test_layer_norm_by_hand():
    """1, 3 and 5, 1: means 2 and 3, deviations 1 and 2."""
    values = {"x": [[1, 3], [5, 1]]}
    assert said("layer_norm(x)", values) == [[-1, 1], [1, -1]]
    assert said("layer_norm(x, [2, 3], [0, 1])", values) == [[-2, 4], [2, -2]]
    assert said("layer_norm(x[0], epsilon=3)", values) == [-F(1, 2), F(1, 2)]
    assert slipped("layer_norm(x)", values, "layer_norm", "batch-for-layer-norm").tolist() == [[-1, 1], [1, -1]]
    assert slipped("layer_norm(x)", values, "layer_norm", "root-forgotten").tolist() == [[-1, 1], [0.5, -0.5]]


def test_layer_norm_against_loops():
    values = {"x": rationals("x", 4, 3), "g": rationals("g", 3), "b": rationals("b", 3)}
    expected = oracles.layer_norm(values["x"], values["g"], values["b"], 1e-5)
    assert_values(values, (node_of("layer_norm(x, g, b, epsilon=1e-5)", values), expected), exact=False)
    row = node_of("layer_norm(x[0], g, b, epsilon=1e-5)", values)
    assert_values(values, (row, expected[0]), exact=False)
    for wrong in ("layer_norm(1)", "layer_norm([1])", "layer_norm([1, 2], [1, 2, 3])"):
        with pytest.raises(GraderError, match="layer norm"):
            node_of(wrong, {})


# ---------------------------------------------------------------------------------------------- one-dimensional convolution


@pytest.mark.parametrize(("stride", "padding", "dilation", "flipped"), list(product((1, 2), (0, 2), (1, 2), (False, True))))
def test_convolution_along_one_axis_against_loops(stride, padding, dilation, flipped):
    values = {"x": rationals("x", 2, 7), "w": rationals("w", 3, 2, 3), "b": rationals("b", 3)}
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    text = f"conv1d(x, w, b, stride={stride}, padding={padding}, dilation={dilation})"
    node = node_of(text, values, convolution="flipped" if flipped else "correlation")
    assert_values(values, (node, oracles.conv1d(values["x"], values["w"], values["b"], flip=flipped, **settings)))


def test_convolution_along_one_axis_by_hand():
    values = {"x": [1, 2, 3, 4], "w": [1, 0, -1], "two": [[1, 2, 3, 4], [0, 1, 0, 1]]}
    assert said("conv1d(x, w)", values) == [-2, -2]
    assert said("conv1d(x, w)", values, convolution="flipped") == [2, 2]
    assert said("conv1d(x, w, 5, padding=1)", values) == [3, 3, 3, 8]
    assert said("conv1d(x, w, padding=1, stride=2)", values) == [-2, -2]
    assert said("conv1d(two, [[1, 1], [2, 0]])", values) == [[3, 7, 7]]
    assert said("conv1d(x, [[[1, 1]], [[1, -1]]], [0, 10])", values) == [[3, 5, 7], [9, 9, 9]]
    assert said("conv1d([[x[0:2]], [x[2:4]]], [1, 1])", values) == [[[3]], [[7]]]
    assert said("grad(sum(conv1d(x, w) * [1, 2]), w)", values) == [5, 8, 11]
    assert slipped("conv1d(x, w, padding=1)", values, "conv1d", "padding-ignored").tolist() == [-2, -2]
    for wrong in (
        "conv1d(1, w)",
        "conv1d(x, 1)",
        "conv1d(two, w)",
        "conv1d(x, w, [1, 2])",
        "conv1d(x, w, stride=0)",
        "conv1d(x, w, padding=-1)",
        "conv1d(x, ones(5))",
    ):
        with pytest.raises(GraderError):
            node_of(wrong, values)


def test_every_measure_is_worked_out_for_many_variants_at_once():
    values = {"p": np.array([GUESSED, LABELS], dtype=float), "y": np.array([LABELS, LABELS], dtype=float)}
    node = node_of("f1_score(p, y)", {"p": GUESSED, "y": LABELS})
    np.testing.assert_allclose(Evaluation(values, (FLOAT,))(node), [2 / 3, 1])
