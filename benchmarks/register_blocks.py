"""What a register block gains: billions of operations a second for blocks of several shapes, on one thread.

    python -m benchmarks.register_blocks

The product is that of LeNet's second convolution for one image and as many filters as the block has columns: 64 rows,
150 deep. All of it lies in the fastest cache, so nothing but the block counts. See
`minicnn.kernels.vector.primitives`.
"""

import time

import numba
import numpy as np

from benchmarks.machine import setting
from benchmarks.report import table
from minicnn.kernels.vector.primitives import multiply_block
from minicnn.kernels.vector.widths import BITS, HALF

ROWS, DEPTH, CALLS = 64, 150, 400


def gigaflops(rows: int, vectors: int, bits: int) -> float:
    """The best of many runs of one shape."""
    @numba.njit(nogil=True, error_model="numpy")
    def product(a, starts, steps, b, c, places, start):
        columns = vectors * bits // 32
        for row in range(0, starts.size, rows):
            multiply_block(rows, vectors, bits, a, 0, starts, row, min(rows, starts.size - row), steps, 0, steps.size,
                           b, 0, columns, c, 0, places, columns, start, 0, 0)

    columns = vectors * bits // 32
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(size, dtype=np.float32) for size in (ROWS + DEPTH, DEPTH * columns))
    c, starts, steps = np.empty(ROWS * columns, np.float32), np.arange(ROWS), np.arange(DEPTH)
    seconds = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        product(a, starts, steps, b, c, starts * columns, np.zeros(columns, np.float32))
        seconds.append(time.perf_counter() - begin)
    return 2e-9 * ROWS * DEPTH * columns / min(seconds)


def main() -> None:
    print(setting() + "; billions of operations a second\n")
    shapes = [("half a vector", 1, HALF), ("one vector", 1, BITS), ("two vectors", 2, BITS)]
    rows = [[str(rows), *(f"{gigaflops(rows, vectors, bits):.0f}" for _, vectors, bits in shapes)]
            for rows in (1, 2, 4, 6, 8, 10, 12)]
    print(table(["rows", *(name for name, _, _ in shapes)], rows))


if __name__ == "__main__":
    main()
