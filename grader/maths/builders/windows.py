"""Windows that slide along one axis: how many fit, and how much of the input one of them sees (see `grader.maths.ops.sizes`)."""

from dataclasses import dataclass

from grader.maths.builders.counting import chosen, number, over, per_axis, plus, times
from grader.maths.errors import LanguageError, ShapeError, nearest
from grader.maths.graph import Node, as_node, is_number
from grader.maths.ops.arithmetic import ceil, equal, floor, less_equal
from grader.maths.ops.sizes import (
    ROUNDING,
    reach,
    receptive_field,
    same_window_count,
    stride_product,
    transposed_count,
    window_count,
)

SAME = "same"


@dataclass(frozen=True)
class Window:
    """A window along one axis.

    `padding` zeros stand on each side; "same" pads as much as gives ceil(size / stride) outputs, as in TensorFlow.
    `rounding` ("floor" or "ceil") says what becomes of a last window that does not fit whole.
    """

    kernel: Node
    stride: Node
    padding: Node | str
    dilation: Node
    rounding: str

    @property
    def reach(self):
        """The inputs from the first to the last one it covers: dilation (kernel - 1) + 1."""
        return reach(self.kernel, self.dilation)

    def count(self, size):
        """The number of windows: floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1."""
        if self.padding == SAME:
            return same_window_count(size, self.kernel, self.stride, self.dilation)
        rounding = "floor" if is_number(self.stride, 1) else self.rounding  # one node, where nothing is rounded
        return window_count(size, self.kernel, self.stride, self.padding, self.dilation, rounding=rounding)

    @property
    def proper(self):
        """1 where kernel and stride are at least 1."""
        return times(*(less_equal(1, setting) for setting in (self.kernel, self.stride) if not is_number(setting, 1)))

    def fits(self, size):
        """1 where at least one window fits into the padded axis."""
        return less_equal(1, size) if self.padding == SAME else less_equal(self.reach, plus(size, times(2, self.padding)))

    def whole(self, size):
        """1 where the windows come out even, so that nothing is rounded."""
        steps = self._steps(size)
        return equal(steps, floor(steps))

    def back(self, size, extra):
        """The size of a transposed convolution's output: stride (size - 1) + dilation (kernel - 1) + 1 - 2 padding + extra."""
        if self.padding == SAME:
            return plus(times(size, self.stride), extra)
        return transposed_count(size, self.kernel, self.stride, self.padding, self.dilation, extra)

    def sees(self, field, jump):
        """The receptive field of its output: field + (kernel - 1) dilation jump, borders not cut off."""
        if is_number(self.kernel, 1):
            return as_node(field)
        return receptive_field(field, self.kernel, self.dilation, jump, self.stride)

    def sees_back(self, field, jump):
        """The largest receptive field of a transposed convolution's outputs: ceil(reach / stride) inputs meet in one output."""
        meeting = self.reach if is_number(self.stride, 1) else ceil(self.reach / self.stride)
        return receptive_field(field, meeting, 1, jump, 1 / self.stride)

    def jump(self, jump):
        """The distance, in inputs of the net, between neighbouring outputs."""
        return as_node(jump) if is_number(self.stride, 1) else stride_product(jump, self.stride)

    def jump_back(self, jump):
        return over(jump, self.stride)

    def _room(self, size):
        return plus(size, times(2, self.padding)) - self.reach if not is_number(self.padding, 0) else size - self.reach

    def _steps(self, size):
        return over(size if self.padding == SAME else self._room(size), self.stride)


def windows(axes, *, kernel, stride=1, padding=0, dilation=1, rounding="floor"):
    """One Window per axis; each setting is one value or one per axis, `padding` may be "same"."""
    if axes < 1:
        raise ShapeError("a window needs maps (channels, rows, columns), but its input is a vector of features")
    if isinstance(padding, str) and padding != SAME:
        raise LanguageError(f"padding is a number or 'same', not '{padding}'{nearest(padding, [SAME])}")
    chosen(rounding, ROUNDING, "the rounding of a size")
    paddings = [SAME] * axes if padding == SAME else per_axis(padding, axes)
    settings = zip(per_axis(kernel, axes), per_axis(stride, axes), paddings, per_axis(dilation, axes), strict=True)
    return [Window(*setting, rounding) for setting in settings]


def divides(divisor, value):
    """1 where `value` is a multiple of `divisor`."""
    quotient = number(value) / divisor
    return equal(quotient, floor(quotient))
