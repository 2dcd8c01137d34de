"""How good predictions are: accuracy, confusion, precision and recall, overlap; and the vote of the nearest neighbours.

Sources: Goodfellow, Bengio, Courville, Deep Learning (2016), section 11.1 (accuracy, precision, recall, F-score); Everingham et
al., The Pascal Visual Object Classes Challenge (2010), section 4.2 (intersection over union); Bishop, Pattern Recognition and
Machine Learning (2006), section 2.5.2 (nearest neighbours).
"""

from collections import Counter

import numpy as np

from grader.maths.errors import ShapeError, UndecidedError, UndefinedError
from grader.maths.graph import show_shape
from grader.maths.ops.arithmetic import absolute, equal, maximum, minimum, sqrt
from grader.maths.ops.reductions import keep_axes, mean, sum_
from grader.maths.ops.structure import index, one_hot, permute
from grader.maths.ops.table import NO_GRADIENT, NUMERIC, Sample, Slip, define, formula

PREDICTED, LABELS = [0, 2, 1, 1, 0, 2, 2], [0, 1, 1, 2, 0, 2, 1]
COUNTS = (6, 2, 3, 8)  # true and false positives, false and true negatives
BOX, OTHER_BOX = [0, 0, 4, 3], [1, 1, 6, 4]


def _alike(predicted, labels, **_):
    if predicted != labels or len(predicted) != 1:
        raise ShapeError(
            f"predicted and true labels are two vectors of one length, not {show_shape(predicted)} and {show_shape(labels)}"
        )
    return ()


accuracy = define(
    "accuracy",
    shape=_alike,
    sentence="takes the share of labels that are predicted right",
    text="accuracy({0}, {1})",
    tex=r"\operatorname{{accuracy}}({0}, {1})",
    definition=lambda predicted, labels: mean(equal(predicted, labels), axes=(-1,)),
    vjp=NO_GRADIENT,
    slips=(
        Slip("errors-for-accuracy", lambda node: 1 - node, "the share of errors is taken, not of what is right"),
        Slip("count-for-share", lambda node: node * node.inputs[0].shape[0], "the right ones are counted, but not divided"),
    ),
    samples=(Sample((PREDICTED, LABELS)),),
)


def _confusion_shape(predicted, labels, classes):
    _alike(predicted, labels)
    return (classes, classes)


def _by_row(node):
    """A confusion matrix in which every row adds up to 1."""
    return node / keep_axes(sum_(node, axes=(-1,)), node, (-1,))


confusion = define(
    "confusion",
    shape=_confusion_shape,
    sentence="counts for every true class (row) how often each class (column) is predicted; labels count from 0",
    text="confusion({0}, {1})",
    tex=r"\operatorname{{confusion}}({0}, {1})",
    definition=lambda predicted, labels, classes: (
        permute(one_hot(labels, classes=classes), (1, 0)) @ one_hot(predicted, classes=classes)
    ),
    vjp=NO_GRADIENT,
    slips=(
        Slip("confusion-transposed", lambda node: permute(node, (1, 0)), "rows are the predicted classes, columns the true ones"),
        Slip("confusion-by-row", _by_row, "the rows are divided by their sums"),
    ),
    samples=(Sample((PREDICTED, LABELS), {"classes": 3}),),
)


def _accuracy_for(name):
    """The slip of taking the accuracy for another measure."""
    tag = name.lower().replace(" ", "-")
    return (
        f"accuracy-for-{tag}",
        lambda tp, fp, fn, tn: (tp + tn) / (tp + fp + fn + tn),
        f"the accuracy is taken for the {name}",
    )


precision = formula(
    "precision",
    lambda tp, fp, fn, tn: tp / (tp + fp),
    "takes the share of the predicted positives that are positive",
    (
        ("recall-for-precision", lambda tp, fp, fn, tn: tp / (tp + fn), "recall and precision are swapped"),
        ("errors-for-precision", lambda tp, fp, fn, tn: fp / (tp + fp), "the share of false positives is taken"),
        _accuracy_for("precision"),
    ),
    (Sample(COUNTS),),
)
recall = formula(
    "recall",
    lambda tp, fp, fn, tn: tp / (tp + fn),
    "takes the share of the positives that are predicted as positive",
    (
        ("precision-for-recall", lambda tp, fp, fn, tn: tp / (tp + fp), "precision and recall are swapped"),
        ("specificity-for-recall", lambda tp, fp, fn, tn: tn / (tn + fp), "the share of the negatives is taken (specificity)"),
        _accuracy_for("recall"),
    ),
    (Sample(COUNTS),),
)


def _mean_of_both(tp, fp, fn, tn):
    return (tp / (tp + fp) + tp / (tp + fn)) / 2


f1_score = formula(
    "f1_score",
    lambda tp, fp, fn, tn: 2 * tp / (2 * tp + fp + fn),
    "takes the harmonic mean of precision and recall",
    (
        ("arithmetic-for-harmonic-mean", _mean_of_both, "the arithmetic mean of precision and recall is taken"),
        (
            "geometric-for-harmonic-mean",
            lambda tp, fp, fn, tn: sqrt(tp / (tp + fp) * (tp / (tp + fn))),
            "the geometric mean of precision and recall is taken",
        ),
        (
            "factor-2-forgotten",
            lambda tp, fp, fn, tn: tp / (2 * tp + fp + fn),
            "the factor 2 of the harmonic mean is missing",
        ),
        ("true-positives-once", lambda tp, fp, fn, tn: tp / (tp + fp + fn), "the true positives count once (Jaccard index)"),
        _accuracy_for("F1 score"),
    ),
    (Sample(COUNTS),),
)


def _corners(box):
    return (index(box, (place,)) for place in range(4))


def _area(box):
    left, top, right, bottom = _corners(box)
    return (right - left) * (bottom - top)


def _inclusive(box):
    left, top, right, bottom = _corners(box)
    return (right - left + 1) * (bottom - top + 1)


box_area = formula(
    "box_area",
    _area,
    "multiplies width and height of the box",
    (
        (
            "corner-for-size",
            lambda box: index(box, (2,)) * index(box, (3,)),
            "the second corner is taken for width and height",
        ),
        ("pixels-inclusive", _inclusive, "width and height are taken one too large"),
    ),
    (Sample((OTHER_BOX,)),),
)


def _sides(a, b):
    """Width and height of what two boxes share, below 0 where they are apart."""
    (left, top, right, bottom), (other_left, other_top, other_right, other_bottom) = _corners(a), _corners(b)
    width = minimum(right, other_right) - maximum(left, other_left)
    return width, minimum(bottom, other_bottom) - maximum(top, other_top)


def _shared_area(a, b):
    width, height = _sides(a, b)
    return maximum(width, 0) * maximum(height, 0)


def _hull_area(a, b):
    (left, top, right, bottom), (other_left, other_top, other_right, other_bottom) = _corners(a), _corners(b)
    width = maximum(right, other_right) - minimum(left, other_left)
    return width * (maximum(bottom, other_bottom) - minimum(top, other_top))


def _unclipped(a, b):
    width, height = _sides(a, b)
    return width * height


box_intersection = formula(
    "box_intersection",
    _shared_area,
    "multiplies width and height of what the boxes share, 0 where they are apart",
    (
        ("overlap-not-clipped", _unclipped, "boxes that are apart share nothing: negative sides count as 0"),
        ("hull-for-intersection", _hull_area, "the box around both is taken for what they share"),
    ),
    (Sample((BOX, OTHER_BOX)), Sample(([0, 0, 1, 2], [4, 5, 6, 6]))),
)
union_area = formula(
    "union_area",
    lambda shared, first, second: first + second - shared,
    "adds both areas and subtracts what they share, which would count twice",
    (("sum-for-union", lambda shared, first, second: first + second, "what both share is counted twice in the union"),),
    (Sample((2, 5, 7)),),
)
overlap_share = formula(
    "overlap_share",
    lambda shared, union, first, second: shared / union,
    "divides the intersection by the union",
    (
        ("dice-for-iou", lambda shared, union, first, second: 2 * shared / (first + second), "the Dice coefficient is taken"),
        (
            "smaller-area-for-union",
            lambda shared, union, first, second: shared / minimum(first, second),
            "the intersection is divided by the smaller area, not by the union",
        ),
        ("quotient-reversed", lambda shared, union, first, second: union / shared, "the quotient is upside down"),
    ),
    (Sample((2, 10, 5, 7)),),
)

squared_distances = formula(
    "squared_distances",
    lambda points, point: sum_((points - point) * (points - point), axes=(-1,)),
    "adds the squared differences to every point",
    (
        (
            "absolute-for-squared-distance",
            lambda points, point: sum_(absolute(points - point, at_zero=0), axes=(-1,)),
            "absolute differences are added instead of squared ones (Manhattan distance)",
        ),
    ),
    (Sample(([[1, 2], [3, 0], ["1/2", 5]], [2, "3/2"])),),
)


def _vote_shape(squared, labels, k):
    if len(squared) != 1 or squared != labels:
        raise ShapeError(f"the points ({show_shape(squared)}) and their labels ({show_shape(labels)}) do not fit")
    if not 1 <= k <= squared[0]:
        raise ShapeError(f"{k} of {squared[0]} points cannot be the nearest")
    return ()


def _vote_rule(system, squared, labels, k):
    if system.name != "FLOAT":
        return system.array(_winner(system, list(squared), list(labels), k))
    result = np.full(squared.shape[:-1], np.nan)
    for variant in np.ndindex(*result.shape):
        if np.isfinite(squared[variant]).all():
            try:
                result[variant] = _winner(system, squared[variant].tolist(), labels[variant].tolist(), k)
            except UndefinedError:
                continue
    return result


def _winner(system, squared, labels, k):
    """The label that most of the k nearest points have; raises UndefinedError at a tie, UndecidedError where balls overlap."""
    points = range(len(squared))
    inside = [p for p in points if sum(not squared[q] > squared[p] for q in points if q != p) < k]
    border = [p for p in points if p not in inside and sum(bool(squared[q] < squared[p]) for q in points) < k]
    if len({_key(system, labels[place]) for place in border}) > 1:
        if system.name == "BALL":
            raise UndecidedError("it is undecided which points are the nearest")
        raise UndefinedError("which points are the nearest is a tie: several with different labels are equally far")
    votes = Counter(_key(system, labels[place]) for place in [*inside, *border][:k])
    (winner, most), *others = votes.most_common()
    if others and others[0][1] == most:
        raise UndefinedError(f"the vote of the {k} nearest points is a tie: two labels have {most} of them each")
    return next(label for label in labels if _key(system, label) == winner)


def _key(system, label):
    if system.name != "BALL":
        return label
    if label.unique_fmpz() is None:
        raise UndecidedError("a label is not known exactly")
    return int(label.unique_fmpz())


def _with_neighbours(number):
    """The rewrite to another number of neighbours."""

    def rewrite(node):
        k = number(node.settings["k"], node.inputs[0].shape[0])
        return vote(*node.inputs, k=k) if k != node.settings["k"] and 1 <= k <= node.inputs[0].shape[0] else None

    return rewrite


FAR = [1, 9, 4, "5/2", 16, 7]
NEIGHBOURS = [2, 0, 1, 1, 0, 0]
vote = define(
    "vote",
    shape=_vote_shape,
    sentence="takes the label that most of the nearest points have",
    text="vote({0}, {1}, {k})",
    tex=r"\operatorname{{vote}}_{{{k}}}({0}, {1})",
    rule=_vote_rule,
    vjp=NO_GRADIENT,
    slips=(
        Slip("nearest-only", _with_neighbours(lambda k, points: 1), "only the nearest point votes"),
        Slip("all-points-vote", _with_neighbours(lambda k, points: points), "all points vote, not only the nearest"),
        Slip("farthest-for-nearest", lambda node: vote(-node.inputs[0], *node.inputs[1:], **node.settings), "the farthest vote"),
    ),
    samples=(Sample((FAR, NEIGHBOURS), {"k": 3}),),
    systems=NUMERIC,
)
