"""Formulas of windows that slide along one axis: how many fit, and how much of the image one of them sees.

Sources: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), relationships 6, 14 and 15;
Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks (Distill, 2019), equations 1 and 2.
"""

from grader.maths.graph import is_number
from grader.maths.ops.arithmetic import ceil, floor
from grader.maths.ops.table import NO_GRADIENT, Sample, formula

ROUNDING = {"floor": floor, "ceil": ceil}


def reach(kernel, dilation):
    """The inputs from the first to the last one a window covers: dilation (kernel - 1) + 1."""
    return kernel if is_number(dilation, 1) else dilation * (kernel - 1) + 1


def steps(room, stride, rounding):
    """How often a window can be moved on in that room."""
    return room if is_number(stride, 1) else ROUNDING[rounding](room / stride)


def _count(size, kernel, stride, padding, dilation, rounding):
    return steps(size + 2 * padding - reach(kernel, dilation), stride, rounding) + 1


def _covering_nothing(size, kernel, stride, padding, dilation, rounding):
    return steps(size + 2 * padding, stride, rounding) + 1


def _one_inside(size, kernel, stride, padding, dilation, rounding):
    return steps(size + 2 * padding - reach(kernel, dilation) + 1, stride, rounding)


def _dilated_kernel(size, kernel, stride, padding, dilation, rounding):
    return window_count(size, dilation * kernel, stride, padding, 1, rounding=rounding)


window_count = formula(
    "window_count",
    _count,
    "counts the windows along an axis: (size + 2 padding - kernel) / stride + 1",
    (
        (
            "plus-one-forgotten",
            lambda *inputs, **settings: _count(*inputs, **settings) - 1,
            "the + 1 of the output size is missing",
        ),
        ("plus-one-inside", _one_inside, "the + 1 of the output size is divided by the stride, too"),
        ("padding-ignored", {"padding": 0}, "the padding is left out"),
        ("padding-once", {"padding": lambda padding: padding / 2}, "the padding is added on one side only"),
        ("stride-ignored", {"stride": 1}, "the stride is taken as 1"),
        ("kernel-not-subtracted", _covering_nothing, "the size of the kernel is not subtracted"),
        ("rounded-up", {"rounding": "ceil"}, "the output size is rounded up instead of down"),
        ("rounded-down", {"rounding": "floor"}, "the output size is rounded down instead of up"),
        ("dilation-ignored", {"dilation": 1}, "the dilation is taken as 1"),
        (
            "dilation-times-kernel",
            _dilated_kernel,
            "a dilated kernel covers dilation (kernel - 1) + 1 inputs, not dilation kernel",
        ),
    ),
    (
        Sample((32, 5, 2, 2, 1), {"rounding": "floor"}),
        Sample((32, 4, 2, 1, 2), {"rounding": "ceil"}),
        Sample((32, 4, 2, 1, 1), {"rounding": "floor"}),
    ),
    vjp=NO_GRADIENT,
)


def _unpadded(size, kernel, stride, dilation):
    return window_count(size, kernel, stride, 0, dilation, rounding="floor")


same_window_count = formula(
    "same_window_count",
    lambda size, kernel, stride, dilation: steps(size, stride, "ceil"),
    "counts the windows along an axis padded so that only the stride makes it shorter: size / stride, rounded up",
    (
        ("padding-ignored", _unpadded, "the padding is left out"),
        ("stride-ignored", {"stride": 1}, "the stride is taken as 1"),
        (
            "rounded-down",
            lambda size, kernel, stride, dilation: steps(size, stride, "floor"),
            "the output size is rounded down instead of up",
        ),
    ),
    (Sample((31, 5, 2, 1)),),
    vjp=NO_GRADIENT,
)


def _transposed_count(size, kernel, stride, padding, dilation, extra):
    return stride * (size - 1) + reach(kernel, dilation) - 2 * padding + extra


def _as_convolution(size, kernel, stride, padding, dilation, extra):
    return window_count(size, kernel, stride, padding, dilation, rounding="floor")


transposed_count = formula(
    "transposed_count",
    _transposed_count,
    "gives the output size of a transposed convolution: stride (size - 1) + kernel - 2 padding",
    (
        ("convolution-for-transposed", _as_convolution, "the formula of a convolution is used, not of a transposed one"),
        ("stride-ignored", {"stride": 1}, "the stride is taken as 1"),
        ("padding-ignored", {"padding": 0}, "the padding is left out"),
        ("padding-once", {"padding": lambda padding: padding / 2}, "the padding is subtracted on one side only"),
        (
            "padding-added",
            {"padding": lambda padding: -1 * padding},
            "the padding is added, but it makes the output of a transposed convolution smaller",
        ),
        ("minus-one-forgotten", {"size": lambda size: size + 1}, "the stride is multiplied with the size, not with the size - 1"),
        (
            "kernel-forgotten",
            lambda size, kernel, stride, padding, dilation, extra: stride * (size - 1) - 2 * padding + extra,
            "the size of the kernel is not added",
        ),
        ("dilation-ignored", {"dilation": 1}, "the dilation is taken as 1"),
        ("output-padding-forgotten", {"extra": 0}, "the output padding is missing"),
    ),
    (Sample((7, 3, 2, 1, 2, 1)),),
)


def _receptive_field(field, kernel, dilation, jump, stride):
    return field + (kernel - 1) * dilation * jump


receptive_field = formula(
    "receptive_field",
    _receptive_field,
    "widens the receptive field by (kernel - 1) times the product of the strides before",
    (
        ("stride-product-forgotten", {"jump": 1}, "the product of the strides of the layers before is missing"),
        ("kernel-for-kernel-minus-one", {"kernel": lambda kernel: kernel + 1}, "the kernel is used where the kernel - 1 belongs"),
        (
            "own-stride-counted",
            lambda field, kernel, dilation, jump, stride: field + (kernel - 1) * dilation * (jump * stride),
            "the stride of the layer itself is counted; only those of the layers before widen its steps",
        ),
        (
            "fields-multiplied",
            lambda field, kernel, dilation, jump, stride: field * kernel,
            "the sizes of the kernels are multiplied",
        ),
        ("dilation-ignored", {"dilation": 1}, "the dilation is taken as 1"),
        (
            "earlier-layers-forgotten",
            lambda field, kernel, dilation, jump, stride: reach(kernel, dilation),
            "only the kernel of this layer is counted, not the layers before",
        ),
    ),
    (Sample((5, 3, 2, 4, 2)),),
)
stride_product = formula(
    "stride_product",
    lambda jump, stride: jump * stride,
    "multiplies the strides",
    (
        ("stride-product-forgotten", lambda jump, stride: stride, "the product of the strides of the layers before is missing"),
        ("last-stride-forgotten", lambda jump, stride: jump, "the stride of the layer itself is missing"),
        ("strides-added", lambda jump, stride: jump + stride, "the strides are added instead of multiplied"),
    ),
    (Sample((4, 3)),),
)
