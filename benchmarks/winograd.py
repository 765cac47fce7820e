"""What Winograd's products gain, and how exact they are: 3x3 convolutions beside the products along offset lists.

    python -m benchmarks.winograd

See `minicnn.kernels.vector.winograd`. A ratio below 1 is a gain; where ``pays`` says no, the other way is taken.
Kernels take turns, so that those of a deep layer come from the memory, as they do in a network.
"""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.machine import setting
from benchmarks.report import table
from minicnn import _shapes, kernels
from minicnn.kernels.vector import back_to_image, conv, winograd

LAYERS = [  # batch, side of the image, channels, filters
    (1, 224, 64, 64), (1, 112, 64, 128), (1, 112, 128, 128), (1, 56, 256, 256), (1, 28, 512, 512), (1, 14, 512, 512),
    (1, 56, 64, 64), (1, 28, 128, 128), (1, 14, 256, 256), (1, 7, 512, 512), (4, 7, 512, 512), (8, 56, 128, 256),
    (8, 28, 8, 64), (8, 28, 16, 64), (8, 28, 32, 32), (8, 28, 32, 64), (8, 28, 64, 32)]
FRESH = 40_000_000
"""Numbers in all kernels that take turns: more than caches hold."""


def median(calls: list[Callable[[], object]]) -> float:
    """Milliseconds of a call."""
    times = []
    for call in calls:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return 1e3 * float(np.median(times[1:]))


def row(batch: int, side: int, channels: int, filters: int) -> list[str]:
    """Times forward, the ratio of both ways, and the errors."""
    rng = np.random.default_rng(0)
    w = _shapes.window((side, side), (3, 3), (1, 1), "same", (1, 1), "benchmark")
    x, dy = (rng.standard_normal((batch, side, side, maps), dtype=np.float32) for maps in (channels, filters))
    ks = [rng.standard_normal((3, 3, channels, filters), dtype=np.float32)
          for _ in range(int(np.clip(FRESH / (9 * channels * filters), 2, 12)))]
    calls = ks * -(-13 // len(ks))
    pads, image = (1, 1), (side, side)
    direct = median([lambda k=k: conv.direct(x, k, None, w, 1) for k in calls])
    fewer = median([lambda k=k: winograd.conv2d(x, k, None, pads, image) for k in calls])
    back = median([lambda k=k: back_to_image.turn_around(dy, k, image, w, 1) for k in calls])
    fewer_back = median([lambda k=k: winograd.conv2d_input_gradient(dy, k, image, pads) for k in calls])
    with kernels.use("numba"):
        truth = kernels.conv2d(x.astype(np.float64), ks[0].astype(np.float64), None, w)
    errors = [np.abs(way - truth).max() / np.abs(truth).max()
              for way in (conv.direct(x, ks[0], None, w, 1), winograd.conv2d(x, ks[0], None, pads, image))]
    chosen = [winograd.pays(batch, ks[0], w, image, 1, fewest) for fewest in (winograd.FORWARD, winograd.BACK)]
    ratios = [f"{ratio:.2f}" + ("" if pays else " (no)")
              for ratio, pays in zip((fewer / direct, fewer_back / back), chosen, strict=True)]
    return [f"{batch} x {side}x{side}, {channels}-{filters}", f"{direct:.2f}", f"{fewer:.2f}", *ratios,
            *(f"{error:.1e}" for error in errors)]


def main() -> None:
    print(setting() + "\n")
    head = ["layer", "direct, ms", "Winograd, ms", "ratio", "of the image's gradient", "error, direct", "Winograd"]
    print(table(head, [row(*layer) for layer in LAYERS]))


if __name__ == "__main__":
    main()
