"""Two-dimensional convolution and pooling.

Images are N x C x H x W, kernels F x C x KH x KW; `stride`, `padding`, `dilation` are pairs (rows, columns). The three operations
forward, input gradient and kernel gradient are bilinear and are each other's gradients, so second derivatives work.
Forward is im2col and one matrix product (GEMM), image by image with one preallocated buffer in FLOAT.
"""

from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from grader.maths.errors import ShapeError
from grader.maths.graph import make, show_shape
from grader.maths.ops.reductions import count_over, max_, mean, min_, over
from grader.maths.ops.structure import flip, pad, reshape
from grader.maths.ops.table import OPS, Sample, Slip, define

IMAGE = [[[[1, 2, 0, "1/2"], [4, -5, 3, 1], [7, 8, 2, -2]], [[9, 1, -1, 3], [2, 6, "1/2", 0], [-3, "7/2", "4/3", 5]]]]
KERNEL = [
    [[[1, -2], [3, "1/2"]], [[0, 1], [2, -1]]],
    [[[2, 1], [0, -3]], [[1, "1/3"], [-1, 2]]],
    [[[1, 0], [0, 1]], [[5, 1], [2, 4]]],
]
PLAIN = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
WIDE = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}


def window_count(size, kernel, stride, padding, dilation):
    """How many windows fit along one axis: floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def _grid(image, kernel, stride, padding, dilation):
    """The number of windows along rows and columns; raises ShapeError where not one fits."""
    sizes = tuple(map(window_count, image[-2:], kernel[-2:], stride, padding, dilation))
    if min(sizes) < 1:
        raise ShapeError(
            f"a window of {show_shape(kernel[-2:])} does not fit into {show_shape(image[-2:])} "
            f"with padding {padding[0]} and {padding[1]}"
        )
    return sizes


def _conv_shape(image, kernel, stride, padding, dilation):
    if len(image) != 4 or len(kernel) != 4:
        raise ShapeError(f"a convolution needs images N x C x H x W and kernels F x C x KH x KW, not {image} and {kernel}")
    if image[1] != kernel[1]:
        raise ShapeError(f"the image has {image[1]} channels, but each kernel has {kernel[1]}")
    return (image[0], kernel[0], *_grid(image, kernel, stride, padding, dilation))


def _padded(system, image, padding):
    if not any(padding):
        return image
    top, left = padding
    height, width = image.shape[-2:]
    result = system.fill((*image.shape[:-2], height + 2 * top, width + 2 * left), 0)
    result[..., top : top + height, left : left + width] = image
    return result


def _spans(kernel, dilation):
    return tuple(step * (size - 1) + 1 for size, step in zip(kernel, dilation, strict=True))


def _windows(image, kernel, stride, dilation):
    """All windows of a padded image, as a view: (..., C, OH, OW, KH, KW)."""
    view = sliding_window_view(image, _spans(kernel, dilation), axis=(-2, -1))
    return view[..., :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def _columns(image, kernel, stride, dilation):
    """im2col: (..., C KH KW, OH OW)."""
    view = np.moveaxis(_windows(image, kernel, stride, dilation), (-2, -1), (-4, -3))
    return view.reshape(*view.shape[:-5], prod(view.shape[-5:-2]), prod(view.shape[-2:]))


def _conv_rule(system, image, kernel, stride, padding, dilation):
    image = _padded(system, image, padding)
    flat = kernel.reshape(*kernel.shape[:-3], prod(kernel.shape[-3:]))
    grid = tuple(map(window_count, image.shape[-2:], kernel.shape[-2:], stride, (0, 0), dilation))
    if system.name == "FLOAT" and image.ndim == kernel.ndim == 4 and image.shape[0] > 1:
        out = _image_by_image(image, kernel, flat, grid, stride, dilation)
    else:
        out = np.matmul(flat[..., None, :, :], _columns(image, kernel.shape[-2:], stride, dilation))
    return out.reshape(*out.shape[:-1], *grid)


def _image_by_image(image, kernel, flat, grid, stride, dilation):
    """One GEMM per image into one buffer, which stays in the cache."""
    view = np.moveaxis(_windows(image, kernel.shape[-2:], stride, dilation), (-2, -1), (-4, -3))
    buffer = np.empty((flat.shape[-1], prod(grid)))
    arranged = buffer.reshape(view.shape[1:])
    out = np.empty((image.shape[0], flat.shape[0], prod(grid)))
    for position, windows in enumerate(view):
        arranged[...] = windows
        np.matmul(flat, buffer, out=out[position])
    return out


def _input_gradient_rule(system, upstream, kernel, size, stride, padding, dilation):
    """Each output's gradient, times the kernel, added back onto its window."""
    flat = kernel.reshape(*kernel.shape[:-3], prod(kernel.shape[-3:]))
    errors = upstream.reshape(*upstream.shape[:-2], prod(upstream.shape[-2:]))
    columns = np.matmul(np.swapaxes(flat, -1, -2)[..., None, :, :], errors)
    windows = columns.reshape(*columns.shape[:-2], *kernel.shape[-3:], *upstream.shape[-2:])
    return _folded(system, windows, size, stride, padding, dilation)


def _folded(system, windows, size, stride, padding, dilation):
    """The adjoint of `_windows`: (..., C, KH, KW, OH, OW) added up onto (..., C, H, W)."""
    height, width = (length + 2 * extra for length, extra in zip(size, padding, strict=True))
    result = system.fill((*windows.shape[:-4], height, width), 0)
    rows, columns = windows.shape[-2:]
    for i in range(windows.shape[-4]):
        for j in range(windows.shape[-3]):
            top, left = i * dilation[0], j * dilation[1]
            target = (..., slice(top, top + stride[0] * rows, stride[0]), slice(left, left + stride[1] * columns, stride[1]))
            result[target] = result[target] + windows[..., i, j, :, :]
    return result[..., padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]


def _kernel_gradient_rule(system, upstream, image, size, stride, padding, dilation):
    columns = _columns(_padded(system, image, padding), size, stride, dilation)
    errors = upstream.reshape(*upstream.shape[:-2], prod(upstream.shape[-2:]))
    gradient = np.matmul(errors, np.swapaxes(columns, -1, -2)).sum(axis=-3)
    return gradient.reshape(*gradient.shape[:-1], image.shape[-3], *size)


def _settings(node, *left_out):
    return {name: value for name, value in node.settings.items() if name not in left_out}


def _conv_vjp(node, g):
    image, kernel = node.inputs
    return (
        conv2d_input_gradient(g, kernel, size=image.shape[-2:], **node.settings),
        conv2d_kernel_gradient(g, image, size=kernel.shape[-2:], **node.settings),
    )


def _input_gradient_vjp(node, g):
    upstream, kernel = node.inputs
    settings = _settings(node, "size")
    return conv2d(g, kernel, **settings), conv2d_kernel_gradient(upstream, g, size=kernel.shape[-2:], **settings)


def _kernel_gradient_vjp(node, g):
    upstream, image = node.inputs
    settings = _settings(node, "size")
    return conv2d(image, g, **settings), conv2d_input_gradient(upstream, g, size=image.shape[-2:], **settings)


def _resized(**changes):
    """The rewrite to the same convolution with other settings, where those are other and fit; its output may change its shape."""

    def rewrite(node):
        settings = dict(node.settings) | changes
        if settings == dict(node.settings):
            return None
        try:
            return conv2d(*node.inputs, **settings)
        except ShapeError:
            return None

    return rewrite


conv2d = define(
    "conv2d",
    shape=_conv_shape,
    sentence="slides the kernel over the image and adds up the products of each window (cross-correlation)",
    text="conv2d({0}, {1}{more})",
    tex=r"{1} \star {0}",
    rule=_conv_rule,
    vjp=_conv_vjp,
    slips=(
        Slip(
            "kernel-flipped",
            lambda node: conv2d(node.inputs[0], flip(node.inputs[1], axes=(-2, -1)), **node.settings),
            "the kernel is turned by 180 degrees (or not turned where it should be)",
        ),
        Slip("padding-ignored", _resized(padding=(0, 0)), "the padding is left out"),
        Slip("stride-ignored", _resized(stride=(1, 1)), "the stride is taken as 1"),
    ),
    samples=(Sample((IMAGE, KERNEL), PLAIN), Sample((IMAGE, KERNEL), WIDE)),
)


def _input_gradient_shape(upstream, kernel, size, stride, padding, dilation):
    return (upstream[0], kernel[1], *size)


def _kernel_gradient_shape(upstream, image, size, stride, padding, dilation):
    return (upstream[1], image[1], *size)


OUT = [[[[1, 2, -1], [3, 0, "1/2"]], [[2, 2, 1], [-1, 1, 0]], [[0, 1, 4], [1, -2, 3]]]]
conv2d_input_gradient = define(
    "conv2d_input_gradient",
    shape=_input_gradient_shape,
    sentence="spreads the gradient of a convolution back over its input",
    text="conv2d_input_gradient({0}, {1}{more})",
    tex=r"{0} \ast {1}",
    rule=_input_gradient_rule,
    vjp=_input_gradient_vjp,
    slips=(
        Slip(
            "kernel-flipped",
            lambda node: conv2d_input_gradient(node.inputs[0], flip(node.inputs[1], axes=(-2, -1)), **node.settings),
            "the kernel is turned the wrong way in the backward pass",
        ),
    ),
    samples=(Sample((OUT, KERNEL), {"size": (3, 4), **PLAIN}),),
)
conv2d_kernel_gradient = define(
    "conv2d_kernel_gradient",
    shape=_kernel_gradient_shape,
    sentence="gathers the gradient of a convolution for its kernel",
    text="conv2d_kernel_gradient({0}, {1}{more})",
    tex=r"{0} \star {1}",
    rule=_kernel_gradient_rule,
    vjp=_kernel_gradient_vjp,
    slips=(Slip("kernel-flipped", lambda node: flip(node, axes=(-2, -1)), "the kernel's gradient is turned by 180 degrees"),),
    samples=(Sample((OUT, IMAGE), {"size": (2, 2), **PLAIN}),),
)


def _patches_shape(image, size, stride):
    return (*image[:-2], *_grid(image, size, stride, (0, 0), (1, 1)), *size)


def _patches_rule(system, image, size, stride):
    return _windows(image, size, stride, (1, 1))


def _fold_rule(system, windows, size, stride):
    arranged = np.moveaxis(windows, (-2, -1), (-4, -3))
    return _folded(system, arranged, size, stride, (0, 0), (1, 1))


def _patches_vjp(node, g):
    return (fold(g, size=node.inputs[0].shape[-2:], stride=node.settings["stride"]),)


patches = define(
    "patches",
    shape=_patches_shape,
    sentence="cuts the image into windows",
    text="windows({0})",
    tex=r"\operatorname{{windows}}({0})",
    rule=_patches_rule,
    vjp=_patches_vjp,
    samples=(Sample((IMAGE,), {"size": (2, 2), "stride": (1, 2)}),),
)
fold = define(
    "fold",
    shape=lambda windows, size, stride: (*windows[:-4], *size),
    sentence="adds windows back onto an image",
    text="fold({0})",
    tex=r"\operatorname{{fold}}({0})",
    rule=_fold_rule,
    vjp=lambda node, g: (patches(g, size=node.inputs[0].shape[-2:], stride=node.settings["stride"]),),
    samples=(Sample(([[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]],), {"size": (2, 3), "stride": (1, 1)}),),
)


def _max_pool(image, size, stride, padding, ties):
    if not any(padding):
        return max_(patches(image, size=size, stride=stride), axes=(-2, -1), ties=ties)
    low = over(min_, image) - 1  # below every entry, so the border never wins
    return _max_pool(_bordered(image - low, padding), size, stride, (0, 0), ties) + low


def _bordered(image, padding):
    if not any(padding):
        return image
    widths = ((0, 0),) * (image.rank - 2) + tuple((extra, extra) for extra in padding)
    return pad(image, widths=widths)


def _average_pool(image, size, stride, padding):
    return mean(patches(_bordered(image, padding), size=size, stride=stride), axes=(-2, -1))


def _pool_shape(image, size, stride, padding, ties=None):
    return (*image[:-2], *_grid(image, size, stride, padding, (1, 1)))


def _stride_one(node):
    """The same pooling with stride 1, where it has another."""
    if node.settings["stride"] == (1, 1):
        return None
    return make(node.op, *node.inputs, **dict(node.settings) | {"stride": (1, 1)})


def _tied_windows(node):
    windows = node.expansion
    while windows.op != "max":
        windows = windows.inputs[0]
    return over(max_, OPS["max"].corner(windows))


def _average_for_max(node):
    return average_pool(node.inputs[0], **_settings(node, "ties"))


def _max_for_average(node):
    return max_pool(node.inputs[0], ties="first", **node.settings)


POOL = {"size": (2, 2), "stride": (1, 2), "padding": (0, 0)}
max_pool = define(
    "max_pool",
    shape=_pool_shape,
    sentence="takes the largest entry of each window",
    text="max_pool({0}{more})",
    tex=r"\operatorname{{maxpool}}({0})",
    definition=_max_pool,
    corner=_tied_windows,
    slips=(
        Slip("average-for-max-pooling", _average_for_max, "the average is taken instead of the maximum"),
        Slip("stride-ignored", _stride_one, "the windows overlap: the stride is taken as 1"),
    ),
    samples=(Sample((IMAGE,), POOL | {"ties": "first"}), Sample((IMAGE,), POOL | {"ties": "first", "padding": (1, 1)})),
)
average_pool = define(
    "average_pool",
    shape=_pool_shape,
    sentence="takes the mean of each window (zeros of the border count)",
    text="avg_pool({0}{more})",
    tex=r"\operatorname{{avgpool}}({0})",
    definition=_average_pool,
    slips=(
        Slip("max-for-average-pooling", _max_for_average, "the maximum is taken instead of the average"),
        Slip(
            "pooling-not-divided",
            lambda node: node * count_over(node.settings["size"], (-2, -1)),
            "the window is summed, not averaged",
        ),
    ),
    samples=(Sample((IMAGE,), POOL), Sample((IMAGE,), POOL | {"padding": (1, 1)})),
)


def pair(value, what, least):
    """A setting for rows and columns from one number or two; raises ShapeError for another number of them or smaller ones."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or min(both) < least:
        raise ShapeError(f"the {what} is one whole number or two, at least {least}")
    return both


def _as_images(x):
    """An H x W or C x H x W value as N x C x H x W."""
    return reshape(x, (1,) * (4 - x.rank) + x.shape)


def convolve(image, kernel, bias=None, stride=1, padding=0, dilation=1, flipped=False):
    """The convolution layer for H x W, C x H x W or N x C x H x W images and F x C x KH x KW kernels.

    A KH x KW kernel is one filter of one channel, a C x KH x KW kernel one filter. `flipped` True turns the kernel by 180 degrees
    (convolution proper), else it is cross-correlation. The result has the rank of the image.
    """
    images, kernels = _as_images(image), _as_images(kernel)
    if flipped:
        kernels = flip(kernels, axes=(-2, -1))
    settings = {
        "stride": pair(stride, "stride", 1),
        "padding": pair(padding, "padding", 0),
        "dilation": pair(dilation, "dilation", 1),
    }
    out = conv2d(images, kernels, **settings)
    if bias is not None:
        out = out + reshape(bias, (*bias.shape, 1, 1))
    return reshape(out, out.shape[4 - max(image.rank, 3 if kernel.rank == 4 else 2) :] if image.rank < 4 else out.shape)


def pool(build, image, size, stride=None, padding=0, **settings):
    """Max or average pooling of an H x W, C x H x W or N x C x H x W image; the stride is the window's size unless given."""
    size, padding = pair(size, "window", 1), pair(padding, "padding", 0)
    if any(border >= window for border, window in zip(padding, size, strict=True)):
        raise ShapeError("the padding must be smaller than the window, else there are windows of nothing but border")
    stride = size if stride is None else pair(stride, "stride", 1)
    out = build(_as_images(image), size=size, stride=stride, padding=padding, **settings)
    return reshape(out, out.shape[4 - image.rank :])
