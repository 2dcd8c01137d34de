"""Functions of the language that measure predictions: accuracy, precision and their like, overlap, neighbours, information."""

from fractions import Fraction

from grader.maths.builders import evaluation
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.language.functions import function
from grader.maths.ops import divergences, metrics

SMALLEST_BASE, LARGEST_BASE = 2, 1000


@function("accuracy(predicted, labels)", "the share of labels that are predicted right")
def _(scope, predicted, labels):
    return metrics.accuracy(predicted, labels)


@function(
    "confusion(predicted, labels, classes)",
    "the confusion matrix: rows are the true classes, columns the predicted ones; labels count as the convention label_base says",
)
def _(scope, predicted, labels, classes):
    base, classes = int(scope.convention("label_base")), scope.integer(classes)
    if not 1 <= classes <= LARGEST_BASE:
        raise ShapeError(f"a confusion matrix has 1 to {LARGEST_BASE} classes, not {classes}")
    for known in (scope.known(predicted), scope.known(labels)):
        if known is not None and not all(base <= entry < base + classes and entry.q == 1 for entry in known.flat):
            raise ShapeError(f"a label here is a whole number from {base} to {base + classes - 1}")
    return metrics.confusion(*((one - base if base else one) for one in (predicted, labels)), classes=classes)


def _rate(name, build, sentence):
    @function(
        f"{name}(predicted, labels, positive=) or {name}(C, positive=)",
        f"{sentence}; of the class `positive` (1), by the labels or the confusion matrix C (rows are the true classes)",
    )
    def _(scope, predicted, labels=None, *, positive: int = 1):
        if labels is not None:
            return build(*evaluation.counts_of_labels(predicted, labels, positive))
        return build(*evaluation.counts_of_confusion(predicted, positive - int(scope.convention("label_base"))))


_rate("precision", metrics.precision, "the share of the predicted positives that are positive")
_rate("recall", metrics.recall, "the share of the positives that are predicted as positive")
_rate("f1_score", metrics.f1_score, "the harmonic mean of precision and recall")


@function(
    "iou(a, b)",
    "intersection over union of two boxes (left, top, right, bottom) or two masks (matrices of zeros and ones): results "
    "intersection, union, iou",
)
def _(scope, a, b):
    return evaluation.overlap(a, b)


@function(
    "knn(X, y, point, k)",
    "rows of X are points with labels y: results squared and distances (from the point), label (of most of the k nearest)",
)
def _(scope, x, y, point, k):
    return evaluation.nearest_neighbours(x, y, point, scope.integer(k))


def _base(scope, base):
    """0 for natural logarithms, else the base: as set, or as the convention says."""
    if base is None:
        return {"natural": 0, "2": 2, "10": 10}[scope.convention("logarithm")]
    if not SMALLEST_BASE <= base <= LARGEST_BASE:
        raise LanguageError(f"the base of a logarithm is a whole number from {SMALLEST_BASE} to {LARGEST_BASE}, not {base}")
    return base


@function(
    "entropy(p, base=)", "-sum p log p of probabilities, 0 log 0 being 0; the base as the convention logarithm says, or as set"
)
def _(scope, p, *, base: int = None):
    return divergences.entropy(p, base=_base(scope, base))


@function("kl(p, q, base=)", "the Kullback-Leibler divergence sum p log(p / q); the base as in entropy")
def _(scope, p, q, *, base: int = None):
    return divergences.kl_divergence(p, q, base=_base(scope, base))


@function(
    "huber(p, y, delta)",
    "Huber's loss: half the square of errors up to delta (1), delta (|error| - delta / 2) beyond; averaged or summed as the "
    "convention absolute_error says",
)
def _(scope, p, y, delta=Fraction(1)):
    return divergences.huber(p, y, delta, reduction=scope.convention("absolute_error"))
