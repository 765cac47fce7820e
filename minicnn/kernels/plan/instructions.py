"""What a line of a program says: which step, where its numbers lie, how many there are.

All lines have the same columns, each step reads those it needs. Offsets count numbers from the beginning of a memory:
the floats of the thread that runs, its bytes, or the table of integers that all threads read.
"""

import numpy as np

STEPS = (
    # once a run, before the first image
    "CLEAR", "PACK", "SPREAD", "TILE",
    # forward and back
    "TAKE", "GIVE", "COPY", "FRAME", "CROP",
    "PRODUCT", "KERNEL_SUMS", "COLUMN_SUMS", "WINDOWS_BACK", "DENSE_BACK",
    "MAX_POOL", "MAX_POOL_BACK", "WINDOW_SUMS", "WINDOW_SPREADS", "SCALE",
    "RELU", "RELU_BACK", "TANH", "TANH_BACK", "NOISE", "SOFTMAX", "RBF", "RBF_BACK",
    # the ends
    "CROSS_ENTROPY", "PENALTY",
)
(CLEAR, PACK, SPREAD, TILE, TAKE, GIVE, COPY, FRAME, CROP, PRODUCT, KERNEL_SUMS, COLUMN_SUMS, WINDOWS_BACK, DENSE_BACK,
 MAX_POOL, MAX_POOL_BACK, WINDOW_SUMS, WINDOW_SPREADS, SCALE, RELU, RELU_BACK, TANH, TANH_BACK,
 NOISE, SOFTMAX, RBF, RBF_BACK, CROSS_ENTROPY, PENALTY) = range(len(STEPS))

COLUMNS = {
    "source": "numbers that are read", "target": "numbers that are written",
    "size": "how many numbers of an image there are",
    "other": "further numbers: what went forward, a scale, room to work in",
    "parameter": "which parameter of the network; -1 for none",
    "bytes": "in the memory of bytes: which cell of each window won",
    # a product along offset lists: see `minicnn.kernels.vector.tables` and `.panels`
    "weights": "the panels", "start": "what the sums start from: the bias, or zeros",
    "reads": "how far the next image lies in what is read", "writes": "the same in what is written",
    "starts": "list: where each pixel's window begins", "pixels": "the length of that list",
    "steps": "list: from there to each cell", "depth": "the length of that list",
    "places": "list: where each pixel's row of results begins",
    "edges": "list: where the panels begin and the last one ends", "panels": "the length of that list",
    "columns": "columns of one group", "groups": "how many groups there are",
    "share": "how far the next group lies in what is read", "per_list": "how many images the lists cover",
    # windows
    "window": "list of 13: height, width, channels, output, strides, size, top and left padding, dilation",
}
LINE = np.dtype([("step", np.int64), *((name, np.int64) for name in COLUMNS), ("number", np.float32),
                 ("inner", np.float32)])
"""number: a factor, such as what is added to the penalties of the classes."""

MOVE = np.dtype([(name, np.int64) for name in (
    "parameter", "size", "source", "target", "groups", "depth", "columns", "width", "links")])
"""How the gradient of a parameter is collected: (groups, depth, width) numbers, of whose rows the first ``columns`` are
wanted, become (depth, groups, columns); or, with ``links``, those that a list of offsets names."""
