"""The work done by JAX: functions of weights and images, jitted. Its axes are ours, so the weights are as they are."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks import jax_networks, networks
from benchmarks.works import FORWARD, TO_INPUT, TO_KERNEL, WHOLE, Conv, Dense, Epoch, Forward, Layer, Step, Work, arrays

Weights = dict[str, dict[str, Any]]


def timed(work: Work, option: str = "") -> Callable[[], Any]:
    match work:
        case Step():
            return step(work)
        case Forward():
            return forward(work)
        case Epoch():
            return epoch(work)
    return layer(work)


def answer(work: Work, option: str = "") -> list[np.ndarray]:
    match work:
        case Step() | Epoch():
            run = step(Step(work.network, work.batch), dropout=False)
            return [np.array([run() for _ in range(3)])]
        case Forward():
            return [np.asarray(forward(work)())]
    return [np.asarray(result) for result in layer(work)()]


def weights_of(name: str) -> Weights:
    """By layer and by our name."""
    return {layer.name: {key: jnp.asarray(array) for key, array in layer.params.items()}
            for layer in networks.network(name).layers if layer.params}


def stepper(name: str, dropout: bool) -> Callable[..., tuple[Weights, Any, Any]]:
    """A jitted step: weights, images, labels and a key -> new weights, the loss, how many are right."""
    def loss_of(weights: Weights, x: Any, y: Any, key: Any) -> tuple[Any, Any]:
        outputs = jax_networks.NETWORKS[name](weights, x, key if dropout else None)
        return jax_networks.loss(name, outputs, y), (outputs.argmax(1) == y).sum()

    @partial(jax.jit, donate_argnums=0)
    def run(weights: Weights, x: Any, y: Any, key: Any) -> tuple[Weights, Any, Any]:
        (loss, right), slopes = jax.value_and_grad(loss_of, has_aux=True)(weights, x, y, key)
        new = {layer: {key: value if key in jax_networks.FIXED else value - networks.RATE * slopes[layer][key]
                       for key, value in of_layer.items()} for layer, of_layer in weights.items()}
        return new, loss, right

    return run


def step(work: Step, dropout: bool = True) -> Callable[[], float]:
    weights, run = weights_of(work.network), stepper(work.network, dropout)
    x, y = (jnp.asarray(array) for array in networks.batch(work.network, work.batch))
    key = jax.random.key(0)

    def once() -> float:
        nonlocal weights, key
        if dropout and work.network == "MNISTConvNet":
            key, _ = jax.random.split(key)
        weights, loss, _ = run(weights, x, y, key)
        return float(loss)

    return once


def forward(work: Forward) -> Callable[[], Any]:
    weights, (x, _) = weights_of(work.network), networks.batch(work.network, work.batch)
    x, logits = jnp.asarray(x), work.network in ("VGG16", "ResNet50")

    @jax.jit
    def run(weights: Weights, x: Any) -> Any:
        outputs = jax_networks.NETWORKS[work.network](weights, x, None)
        return outputs if logits else jax.nn.softmax(outputs)

    return lambda: run(weights, x).block_until_ready()


def epoch(work: Epoch) -> Callable[[], Any]:
    """Batches are picked from the whole by NumPy."""
    weights, run = weights_of(work.network), stepper(work.network, False)
    images, labels = networks.bytes_of_digits(work.digits)
    rng, key = np.random.default_rng(0), jax.random.key(0)

    def whole() -> tuple[float, float]:
        nonlocal weights
        x, y = networks.scaled(images), labels.astype(np.int32)
        order, losses, counts = rng.permutation(len(x)), [], []
        for first in range(0, len(x), work.batch):
            rows = order[first:first + work.batch]
            weights, loss, right = run(weights, x[rows], y[rows], key)
            losses.append(loss * len(rows))
            counts.append(right)
        return float(sum(losses)) / len(x), int(sum(counts)) / len(x)

    return whole


def layer(work: Layer) -> Callable[[], Any]:
    """Forward, gradients or all three, as one jitted function."""
    if isinstance(work, Conv):
        x, kernel, bias, dy = (jnp.asarray(array) for array in arrays(work))
        pads = 2 * ((work.padding, work.padding),)
        forward = partial(jax_networks.convolution, strides=2 * (work.stride,), padding=pads)
    elif isinstance(work, Dense):
        x, kernel, bias, dy = (jnp.asarray(array) for array in arrays(work))
        forward = jnp.matmul
    else:
        x, dy = (jnp.asarray(array) for array in arrays(work))
        kernel, bias = None, None
        mean = lambda x, _: lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4  # noqa: E731
        forward = (lambda x, _: jax_networks.max_pool(x)) if work.maximum else mean

    def results(way: str, x: Any, kernel: Any, dy: Any) -> list[Any]:
        y, pull = jax.vjp(forward, x, kernel)
        dx, dkernel = pull(dy)
        y = y if bias is None else y + bias
        return {FORWARD: [y], TO_INPUT: [dx], TO_KERNEL: [dkernel], WHOLE: [y, dx, dkernel]}[way]

    run = jax.jit(partial(results, work.way))  # what is not returned is not computed
    return lambda: jax.block_until_ready(run(x, kernel, dy))
