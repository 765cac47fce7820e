"""The work done by minicnn.

Each ``with_...`` module has the same two functions. ``timed(work, option)`` returns the call whose time counts;
``answer(work, option)`` returns what must be the same for everybody, as a list of arrays in minicnn's axes: the losses
of three steps (without dropout, which everybody draws in his own way), the outputs, or the results of a layer.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import networks
from benchmarks.works import (
    FORWARD,
    TO_INPUT,
    TO_KERNEL,
    WHOLE,
    Conv,
    Dense,
    Epoch,
    Forward,
    Layer,
    Patterns,
    Pool,
    Step,
    Work,
    arrays,
)
from minicnn import Model, _shapes, kernels, patterns
from minicnn.augmentation import lenet5_distortions
from minicnn.feeding import ArrayFeed
from minicnn.optimizers import SDLM, SGD, Optimizer


def timed(work: Work, option: str = "") -> Callable[[], Any]:
    match work:
        case Step():
            return step(compiled(networks.network(work.network), work.network), work)
        case Forward():
            return forward(networks.network(work.network), work)
        case Epoch():
            return epoch(work)
        case Patterns():
            return pattern_by_pattern(work)
    return layer(work)


def answer(work: Work, option: str = "") -> list[np.ndarray]:
    match work:
        case Step() | Epoch():
            model = compiled(networks.network(work.network, dropout=False), work.network)
            run = step(model, Step(work.network, work.batch))
            return [np.array([run() for _ in range(3)])]
        case Forward():
            return [forward(networks.network(work.network), work)()]
        case Patterns():
            return [pattern_by_pattern(Patterns(20), SGD(networks.RATE))()]
    return layer(work)()


def compiled(model: Model, name: str) -> Model:
    """The model with its loss and plain gradient descent."""
    model.compile(SGD(networks.RATE), networks.loss_of(name))
    return model


def step(model: Model, work: Step) -> Callable[[], Any]:
    x, y = networks.batch(work.network, work.batch)
    return lambda: model.train_on_batch(x, y)


def forward(model: Model, work: Forward) -> Callable[[], Any]:
    x, _ = networks.batch(work.network, work.batch)
    return lambda: model.predict(x, batch_size=work.batch, verbose=0)


def epoch(work: Epoch) -> Callable[[], Any]:
    model = networks.network(work.network)
    model.compile(SGD(networks.RATE), networks.loss_of(work.network), metrics=["accuracy"])
    images, labels = networks.bytes_of_digits(work.digits)

    def run() -> Any:
        return model.fit(networks.scaled(images), labels, batch_size=work.batch, epochs=1, verbose=0).history

    return run


def pattern_by_pattern(work: Patterns, optimizer: Optimizer | None = None) -> Callable[[], Any]:
    """The mean loss of so many patterns, and a step after each, all in one compiled call."""
    model = networks.network("LeNet5")
    model.compile(optimizer or SDLM(1e-4), networks.loss_of("LeNet5"), steps_per_execution=work.count)
    transform = lenet5_distortions() if work.distorted else None
    feed = ArrayFeed(*networks.batch("LeNet5", work.count), batch_size=1, shuffle=False, transform=transform)
    if optimizer is None:
        model.fit(feed, verbose=0)  # looks at the curvature
    steps = patterns.steps_at_once(model.graph, model.compiled, feed)
    assert steps is not None
    return lambda: steps(next(feed.runs(0, 0, 0, work.count)))["loss"]


def layer(work: Layer, dtype: type = np.float32) -> Callable[[], list[np.ndarray]]:
    """One kernel, or the three of a convolution."""
    kind = conv if isinstance(work, Conv) else dense if isinstance(work, Dense) else pool
    calls = kind(work, *(array.astype(dtype, copy=False) for array in arrays(work)))
    wanted = [FORWARD, TO_INPUT, TO_KERNEL] if work.way == WHOLE else [work.way]
    return lambda: [calls[way]() for way in wanted]


def conv(work: Conv, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray,
         dy: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    image, pad = (work.image, work.image), 2 * ((work.padding, work.padding),)
    window = _shapes.window(image, 2 * (work.size,), 2 * (work.stride,), pad, (1, 1), "benchmark")
    return {FORWARD: lambda: kernels.conv2d(x, kernel, bias, window),
            TO_INPUT: lambda: kernels.conv2d_input_gradient(dy, kernel, image, window),
            TO_KERNEL: lambda: kernels.conv2d_kernel_gradient(x, dy, window)}


def dense(work: Dense, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray,
          dy: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    return {FORWARD: lambda: kernels.dense(x, kernel, bias),
            TO_INPUT: lambda: kernels.dense_input_gradient(dy, kernel),
            TO_KERNEL: lambda: kernels.dense_kernel_gradient(x, dy)}


def pool(work: Pool, x: np.ndarray, dy: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    image = (work.image, work.image)
    window = _shapes.window(image, (2, 2), (2, 2), "valid", (1, 1), "benchmark")
    if work.maximum:
        _, winner = kernels.max_pool(x, window)
        return {FORWARD: lambda: kernels.max_pool(x, window)[0],
                TO_INPUT: lambda: kernels.max_pool_input_gradient(dy, winner, image, window)}
    quarter, zero = np.full(work.channels, 0.25, x.dtype), np.zeros(work.channels, x.dtype)
    return {FORWARD: lambda: kernels.subsample(x, quarter, zero, window)[0],
            TO_INPUT: lambda: kernels.subsample_input_gradient(dy, quarter, image, window)}
