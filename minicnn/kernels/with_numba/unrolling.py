"""The windows of a convolution as the rows of a matrix, and back, in blocks that fit a core's cache."""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array
from minicnn.kernels._jit import jit

BLOCK = 1 << 18  # numbers in an unrolled block: 1 MB of float32, a common size of a core's own cache


@jit
def unroll(x, height, width, channels, first, oh, ow, kh, sh, sw, dh, runs, length, step, col):  # type: ignore[no-untyped-def]
    """Copy each window of flat x into a row of flat col; a kernel row is ``runs`` runs of ``length``.

    The longer of the two inner loops, along the run or along the output row, goes inside: a short loop
    takes longer to start than to run. A run is named before it is copied: an index that might be negative, for all the
    compiler knows, it would look at number by number.
    """
    row = kh * runs * length
    for n in range(col.size // (oh * ow * row)):
        for i in range(oh):
            for p in range(kh):
                for r in range(runs):
                    start = (n * height + i * sh + p * dh) * width * channels + first + r * step
                    d = (n * oh + i) * ow * row + (p * runs + r) * length
                    if length > ow:
                        for j in range(ow):
                            run, place = x[start + j * sw * channels:][:length], col[d + j * row:][:length]
                            for k in range(length):
                                place[k] = run[k]
                    else:
                        for k in range(length):
                            for j in range(ow):
                                col[d + j * row + k] = x[start + j * sw * channels + k]


@jit
def roll_back(col, height, width, channels, first, oh, ow, kh, sh, sw, dh, runs, length, step, dx):  # type: ignore[no-untyped-def]
    """The mirror of `unroll`: add each row of flat col to the pixels of flat dx it came from."""
    row = kh * runs * length
    for n in range(col.size // (oh * ow * row)):
        for i in range(oh):
            for p in range(kh):
                for r in range(runs):
                    start = (n * height + i * sh + p * dh) * width * channels + first + r * step
                    d = (n * oh + i) * ow * row + (p * runs + r) * length
                    if length > ow:
                        for j in range(ow):
                            run, place = col[d + j * row:][:length], dx[start + j * sw * channels:][:length]
                            for k in range(length):
                                place[k] += run[k]
                    else:
                        for k in range(length):
                            for j in range(ow):
                                dx[start + j * sw * channels + k] += col[d + j * row + k]


class Unrolling:
    """How the windows of one convolution lie in memory, and in how large blocks to unroll them."""

    def __init__(self, frame: Array, window: Window, groups: int) -> None:
        _, height, width, channels = frame.shape
        self.share = channels // groups
        kw, (oh, ow) = window.size[1], window.output
        # Without gaps a whole kernel row is one contiguous run; dilation or groups break it into pieces.
        whole = window.dilation[1] == 1 and groups == 1
        self.runs = (1, kw * channels, 0) if whole else (kw, self.share, window.dilation[1] * channels)
        self.image = (height, width, channels)
        self.loops = (oh, ow, window.size[0], *window.strides, window.dilation[0], *self.runs)
        self.rows = oh * ow  # of the matrix, per image
        self.columns = window.size[0] * kw * self.share
        self.block = max(1, BLOCK // (self.rows * self.columns))

    def slices(self, count: int) -> list[slice]:
        return [slice(n, min(n + self.block, count)) for n in range(0, count, self.block)]

    def unroll(self, frame: Array, group: int) -> Array:
        col = np.empty((len(frame) * self.rows, self.columns), frame.dtype)
        unroll(frame.reshape(-1), *self.image, group * self.share, *self.loops, col.reshape(-1))
        return col

    def roll_back(self, col: Array, frame: Array, group: int) -> None:
        roll_back(col.reshape(-1), *self.image, group * self.share, *self.loops, frame.reshape(-1))
