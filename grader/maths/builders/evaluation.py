"""Measures of predictions: counts of a class, overlap of boxes or masks, nearest neighbours."""

from grader.maths.errors import ShapeError
from grader.maths.graph import Record, as_node, make, show_shape
from grader.maths.ops.arithmetic import sqrt
from grader.maths.ops.metrics import box_area, box_intersection, overlap_share, squared_distances, union_area, vote
from grader.maths.ops.reductions import over, sum_
from grader.maths.ops.structure import index


def counts_of_labels(predicted, labels, positive):
    """(true positives, false positives, false negatives, true negatives) of one class, from vectors of labels."""
    if predicted.shape != labels.shape or predicted.rank != 1:
        shapes = f"{show_shape(predicted.shape)} and {show_shape(labels.shape)}"
        raise ShapeError(f"predicted and true labels are two vectors of one length, not {shapes}")
    said, true = make("equal", predicted, positive), make("equal", labels, positive)
    pairs = ((said, true), (said, 1 - true), (1 - said, true), (1 - said, 1 - true))
    return tuple(over(sum_, a * b) for a, b in pairs)


def counts_of_confusion(matrix, place):
    """The same of the class at a place of a confusion matrix, whose rows are the true classes."""
    if matrix.rank != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(f"a confusion matrix is square, not {show_shape(matrix.shape)}")
    if not 0 <= place < matrix.shape[0]:
        raise ShapeError(f"a confusion matrix of {matrix.shape[0]} classes has none of that number")
    right = index(matrix, (place, place))
    others_said = over(sum_, index(matrix, (slice(None), place))) - right
    others_true = over(sum_, index(matrix, (place,))) - right
    return right, others_said, others_true, over(sum_, matrix) - right - others_said - others_true


def overlap(a, b):
    """Record("overlap", main iou) of two boxes (left, top, right, bottom) or two masks of zeros and ones (matrices).

    Its fields are intersection, union and iou.
    """
    if a.shape != b.shape or (a.rank != 2 and a.shape != (4,)):
        raise ShapeError(
            f"boxes are vectors of 4 (left, top, right, bottom) and masks are matrices of one shape, not {show_shape(a.shape)} "
            f"and {show_shape(b.shape)}"
        )
    boxes = a.rank == 1
    shared = box_intersection(a, b) if boxes else over(sum_, a * b)
    areas = [box_area(one) if boxes else over(sum_, one) for one in (a, b)]
    union = union_area(shared, *areas)
    return Record.of("overlap", main="iou", intersection=shared, union=union, iou=overlap_share(shared, union, *areas))


def nearest_neighbours(X, y, point, k):
    """Record("nearest neighbours", main label): squared and distances (from the point to the rows of X), label: the one that most
    of the k nearest have. A tie is refused when the label is worked out.
    """
    X, y, point = as_node(X), as_node(y), as_node(point)
    if X.rank != 2 or y.shape != X.shape[:1] or point.shape != X.shape[1:]:
        shapes = ", ".join(show_shape(node.shape) for node in (X, y, point))
        raise ShapeError(f"the rows of X are points, y their labels, and there is one more point; these have {shapes}")
    if not 1 <= k <= X.shape[0]:
        raise ShapeError(f"1 to {X.shape[0]} of the points can be the nearest, not {k}")
    squared = squared_distances(X, point)
    return Record.of("nearest neighbours", main="label", squared=squared, distances=sqrt(squared), label=vote(squared, y, k=k))
