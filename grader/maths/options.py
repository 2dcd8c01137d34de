"""Which wrong numbers can stand beside the right one as options: far enough away when they are rounded, and of a like size.

All functions take arrays of floats whose last axis runs over the entries of one value.
"""

from math import floor, log10

import numpy as np

NEAREST = 1 / 100  # rounded options differ by at least that share of the right value's size
FARTHEST = 100  # how many times as large as the right value, or as small, an option may be
NEAR_ZERO = 1 / 20  # what options differ by where the right value is 0
SIGNIFICANT = 4  # digits of the right value's largest entry that rounded options show
WHOLE = 1e9  # below it whole numbers are told apart in floats


def size_of(array):
    """The size of the largest entry."""
    return np.max(np.abs(array), axis=-1)


def decimals_shown(array, digits=None):
    """How many decimals the options beside a single value are rounded to; digits: how many the question asks for."""
    size = float(size_of(array))
    if digits is not None or not size:
        return 2 if digits is None else digits
    return max(0, SIGNIFICANT - 1 - floor(log10(float(f"{size:.{SIGNIFICANT - 1}e}"))))


def apart(one, other, right, digits=None):
    """Whether two options beside the right value are told apart when they are rounded, also by those who round on the way."""
    size = size_of(right)
    least = np.maximum(np.where(size > 0, NEAREST * size, NEAR_ZERO), 0 if digits is None else 10.0**-digits)
    return size_of(one - other) >= least * (1 + 1e-9)


def plausible(array, right):
    """Whether a value is finite and neither far larger nor far smaller than the right one."""
    size, wanted = size_of(array), size_of(right)
    near = np.where(wanted > 0, (size <= FARTHEST * wanted) & (wanted <= FARTHEST * size), size <= FARTHEST)
    return np.isfinite(array).all(axis=-1) & near


def whole(array):
    """Whether all entries are whole numbers."""
    return np.isfinite(array).all(axis=-1) & (size_of(array) < WHOLE) & (np.abs(array - np.round(array)) < 1e-9).all(axis=-1)
