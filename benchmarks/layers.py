"""Layer by layer, forward and both gradients: the vector kernels, those of Numba, and PyTorch.

    python benchmarks/layers.py                    # every row, PyTorch included where it is installed
    python benchmarks/layers.py conv2 pool1        # rows whose names contain these words
    python benchmarks/layers.py --rounds 20

PyTorch runs eagerly, in both of its memory layouts (NCHW and channels_last); the better one counts in each row.
"""

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from racing import Racers, setting, table


class Conv(NamedTuple):
    """A convolution: batch, image, channels, kernel, filters, padding, strides."""

    batch: int
    image: int
    channels: int
    size: int
    filters: int
    padding: int = 0
    stride: int = 1


class Dense(NamedTuple):
    """A dense layer: batch, inputs, units."""

    batch: int
    inputs: int
    units: int


class Pool(NamedTuple):
    """2x2 pooling: batch, image, channels."""

    batch: int
    image: int
    channels: int


LAYERS: dict[str, Conv | Dense | Pool] = {
    "conv1 28x28x1-6 k5 b128": Conv(128, 28, 1, 5, 6),
    "conv1 28x28x1-6 k5 b1": Conv(1, 28, 1, 5, 6),
    "conv2 12x12x6-16 k5 b128": Conv(128, 12, 6, 5, 16),
    "conv2 12x12x6-16 k5 b1": Conv(1, 12, 6, 5, 16),
    "C5 5x5x16-120 k5 b128": Conv(128, 5, 16, 5, 120),
    "mnist conv2 26x26x32-64 k3 b128": Conv(128, 26, 32, 3, 64),
    "vgg 56x56x128-256 k3 b8": Conv(8, 56, 128, 3, 256, 1),
    "resnet 28x28x128-256 k1 s2 b8": Conv(8, 28, 128, 1, 256, 0, 2),
    "dense 256-120 b128": Dense(128, 256, 120),
    "dense 256-120 b1": Dense(1, 256, 120),
    "dense 84-10 b128": Dense(128, 84, 10),
    "mnist dense 9216-128 b128": Dense(128, 9216, 128),
    "max pool1 24x24x6 b128": Pool(128, 24, 6),
    "max pool2 8x8x16 b128": Pool(128, 8, 16),
    "mnist max pool 24x24x64 b128": Pool(128, 24, 64),
    "subsample S2 28x28x6 b128": Pool(128, 28, 6),
}
WAYS = ("forward", "input gradient", "kernel gradient")


def ways(name: str) -> tuple[str, ...]:
    """What there is to time of a layer."""
    return WAYS[:2] if isinstance(LAYERS[name], Pool) else WAYS


def numbers(*shape: int) -> np.ndarray:
    """Random float32."""
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def ours(kernels_of: str, name: str, way: str) -> Callable[[], object]:
    """The call to one of minicnn's kernels."""
    from minicnn import _shapes, kernels

    layer = LAYERS[name]
    calls: tuple[Callable[[], Any], ...]
    if isinstance(layer, Conv):
        image, pad = (layer.image, layer.image), 2 * ((layer.padding, layer.padding),)
        window = _shapes.window(image, 2 * (layer.size,), 2 * (layer.stride,), pad, (1, 1), name)
        x = numbers(layer.batch, *image, layer.channels)
        k = numbers(layer.size, layer.size, layer.channels, layer.filters)
        bias, dy = numbers(layer.filters), numbers(layer.batch, *window.output, layer.filters)
        calls = (lambda: kernels.conv2d(x, k, bias, window),
                 lambda: kernels.conv2d_input_gradient(dy, k, image, window),
                 lambda: kernels.conv2d_kernel_gradient(x, dy, window))
    elif isinstance(layer, Dense):
        x, k, bias = numbers(layer.batch, layer.inputs), numbers(layer.inputs, layer.units), numbers(layer.units)
        dy = numbers(layer.batch, layer.units)
        calls = (lambda: kernels.dense(x, k, bias), lambda: kernels.dense_input_gradient(dy, k),
                 lambda: kernels.dense_kernel_gradient(x, dy))
    else:
        image = (layer.image, layer.image)
        window = _shapes.window(image, (2, 2), (2, 2), "valid", (1, 1), name)
        x, dy = numbers(layer.batch, *image, layer.channels), numbers(layer.batch, *window.output, layer.channels)
        if name.startswith("subsample"):
            ones = np.ones(layer.channels, np.float32)
            calls = (lambda: kernels.subsample(x, ones, ones, window),
                     lambda: kernels.subsample_input_gradient(dy, ones, image, window))
        else:
            _, winner = kernels.max_pool(x, window)
            calls = (lambda: kernels.max_pool(x, window),
                     lambda: kernels.max_pool_input_gradient(dy, winner, image, window))
    call = calls[WAYS.index(way)]

    def run() -> object:
        with kernels.use(kernels_of):
            return call()

    return run


def torchs(layout: str, name: str, way: str) -> Callable[[], object]:
    """The call to PyTorch's kernel, without autograd around it."""
    import torch
    from torch.nn import functional

    torch.set_grad_enabled(False)
    layer = LAYERS[name]
    form = torch.channels_last if layout == "torch channels_last" else torch.contiguous_format

    def image(*shape: int) -> Any:
        return torch.from_numpy(numbers(*shape)).to(memory_format=form)

    calls: tuple[Callable[[], Any], ...]
    if isinstance(layer, Conv):
        x = image(layer.batch, layer.channels, layer.image, layer.image)
        k, bias = image(layer.filters, layer.channels, layer.size, layer.size), torch.zeros(layer.filters)
        dy = functional.conv2d(x, k, bias, layer.stride, layer.padding)

        def back(*wanted: bool) -> Any:
            return torch.ops.aten.convolution_backward(dy, x, k, [0], 2 * [layer.stride], 2 * [layer.padding], [1, 1],
                                                       False, [0, 0], 1, wanted)

        calls = (lambda: functional.conv2d(x, k, bias, layer.stride, layer.padding),
                 lambda: back(True, False, False), lambda: back(False, True, False))
    elif isinstance(layer, Dense):
        x, k = (torch.from_numpy(numbers(rows, layer.inputs)) for rows in (layer.batch, layer.units))
        bias, dy = torch.zeros(layer.units), torch.from_numpy(numbers(layer.batch, layer.units))
        calls = (lambda: functional.linear(x, k, bias), lambda: dy @ k, lambda: dy.T @ x)
    else:
        x, half = image(layer.batch, layer.channels, layer.image, layer.image), layer.image // 2
        dy = image(layer.batch, layer.channels, half, half)
        if name.startswith("subsample"):
            calls = (lambda: functional.avg_pool2d(x, 2),
                     lambda: torch.ops.aten.avg_pool2d_backward(dy, x, [2, 2], [2, 2], [0, 0], False, True, None))
        else:
            _, index = functional.max_pool2d(x, 2, return_indices=True)
            calls = (lambda: functional.max_pool2d(x, 2, return_indices=True),
                     lambda: torch.ops.aten.max_pool2d_with_indices_backward(dy, x, [2, 2], [2, 2], [0, 0], [1, 1],
                                                                             False, index))
    return calls[WAYS.index(way)]


def make(competitor: str, work: str) -> Callable[[], object]:
    """What `racing` times: called in the competitor's process."""
    name, way = work.split(": ")
    return torchs(competitor, name, way) if competitor.startswith("torch") else ours(competitor, name, way)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only rows whose names contain one of these")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(setting(["numpy", "numba", "torch"]) + f"; milliseconds, medians of {options.rounds} turns\n")
    others = ["torch", "torch channels_last"] if find_spec("torch") else []
    racers = Racers(make, ["vector", "numba", *others])
    rows = []
    for name in LAYERS:
        for way in ways(name):
            if options.words and not any(word in f"{name}: {way}" for word in options.words):
                continue
            times = racers.race(f"{name}: {way}", options.rounds)
            best = min([times[other] for other in others], default=float("nan"))
            vector = times["vector"]
            rows.append([f"{name}: {way}", *(f"{1e3 * t:.3f}" for t in times.values()),
                         f"{vector / times['numba']:.2f}", f"{vector / best:.2f}"])
    racers.close()
    print(table(["layer", "vector", "numba", *others, "vector/numba", "vector/torch"], rows))


if __name__ == "__main__":
    main()
