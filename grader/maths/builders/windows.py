"""Windows that slide along one axis: how many fit, and how much of the input one of them sees.

Sources: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), relationships 6, 14 and 15;
Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks (Distill, 2019), equations 1 and 2.
"""

from dataclasses import dataclass

from grader.maths.builders.counting import chosen, is_number, number, over, per_axis, plus, times
from grader.maths.errors import LanguageError, ShapeError, nearest
from grader.maths.graph import Node, as_node
from grader.maths.ops.arithmetic import ceil, equal, floor, less_equal

SAME = "same"
ROUNDING = {"floor": floor, "ceil": ceil}


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
        return self.kernel if is_number(self.dilation, 1) else self.dilation * (self.kernel - 1) + 1

    def count(self, size):
        """The number of windows: floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1."""
        if is_number(self.stride, 1):
            return as_node(size) if self.padding == SAME else self._room(size) + 1
        rounded = chosen("ceil" if self.padding == SAME else self.rounding, ROUNDING, "the rounding of a size")
        steps = rounded(self._steps(size))
        return steps if self.padding == SAME else steps + 1

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

    def back(self, size):
        """The size of a transposed convolution's output: stride (size - 1) + dilation (kernel - 1) + 1 - 2 padding."""
        if self.padding == SAME:
            return times(size, self.stride)
        spread = times(self.stride, as_node(size) - 1) + self.reach
        return spread if is_number(self.padding, 0) else spread - 2 * self.padding

    def sees(self, field, jump):
        """The receptive field of its output: field + (kernel - 1) dilation jump, borders not cut off."""
        return as_node(field) if is_number(self.kernel, 1) else field + times(self.kernel - 1, self.dilation, jump)

    def sees_back(self, field, jump):
        """The largest receptive field of a transposed convolution's outputs: ceil(reach / stride) inputs meet in one output."""
        meeting = self.reach if is_number(self.stride, 1) else ceil(self.reach / self.stride)
        return field + times(meeting - 1, jump)

    def jump(self, jump):
        """The distance, in inputs of the net, between neighbouring outputs."""
        return times(jump, self.stride)

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
