"""JAX's versions of our networks, up to their logits (LeNet-5: its penalties): functions of weights, images and a key
for the dropout, None for none."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

FIXED = ("prototypes", "moving_mean", "moving_variance")
"""Numbers that training does not move."""


def loss(name: str, outputs: Any, labels: Any) -> Any:
    """The mean cross-entropy; for penalties LeCun et al. 1998, eq. 9, with j = 10."""
    if name == "LeNet5":
        outputs = jnp.concatenate([-outputs, jnp.full((len(outputs), 1), -10.0)], axis=1)
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), labels[:, None], axis=1).mean()


def convolution(x: Any, kernel: Any, strides: Any = (1, 1), padding: Any = "VALID") -> Any:
    return lax.conv_general_dilated(x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def conv(weights: Any, x: Any, **how: Any) -> Any:
    return convolution(x, weights["kernel"], **how) + weights["bias"]


def dense(weights: Any, x: Any) -> Any:
    return x @ weights["kernel"] + weights["bias"]


def max_pool(x: Any, size: int = 2, stride: int = 2) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, size, size, 1), (1, stride, stride, 1), "VALID")


def dropped(x: Any, rate: float, key: Any) -> Any:
    return x if key is None else jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0.0)


def lenet5_modern(w: Any, x: Any, key: Any) -> Any:
    for name in ("conv1", "conv2"):
        x = max_pool(jax.nn.relu(conv(w[name], x)))
    x = x.reshape(len(x), -1)
    for name in ("dense1", "dense2"):
        x = jax.nn.relu(dense(w[name], x))
    return dense(w["output"], x)


def mnist_convnet(w: Any, x: Any, key: Any) -> Any:
    first, second = (None, None) if key is None else jax.random.split(key)
    x = jax.nn.relu(conv(w["conv2"], jax.nn.relu(conv(w["conv1"], x))))
    x = dropped(max_pool(x), 0.25, first).reshape(len(x), -1)
    return dense(w["output"], dropped(jax.nn.relu(dense(w["dense"], x)), 0.5, second))


def vgg16(w: Any, x: Any, key: Any) -> Any:
    for block, count in enumerate((2, 2, 3, 3, 3), start=1):
        for place in range(1, count + 1):
            x = jax.nn.relu(conv(w[f"block{block}_conv{place}"], x, padding="SAME"))
        x = max_pool(x)
    x = x.reshape(len(x), -1)
    for name in ("fc1", "fc2"):
        x = jax.nn.relu(dense(w[name], x))
    return dense(w["predictions"], x)


def resnet50(w: Any, x: Any, key: Any) -> Any:
    def normalized(name: str, x: Any, **how: Any) -> Any:
        bn, y = w[f"{name}_bn"], conv(w[f"{name}_conv"], x, **how)
        return (y - bn["moving_mean"]) * (bn["gamma"] * lax.rsqrt(bn["moving_variance"] + 1.001e-5)) + bn["beta"]

    x = jax.nn.relu(normalized("conv1", x, strides=(2, 2), padding=((3, 3), (3, 3))))
    x = max_pool(jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 3, 2)
    for stage, count in ((2, 3), (3, 4), (4, 6), (5, 3)):
        for block in range(1, count + 1):
            name, strides = f"conv{stage}_block{block}", 2 * (2 if stage > 2 and block == 1 else 1,)
            shortcut = normalized(f"{name}_0", x, strides=strides) if block == 1 else x
            x = jax.nn.relu(normalized(f"{name}_1", x, strides=strides))
            x = jax.nn.relu(normalized(f"{name}_2", x, padding="SAME"))
            x = jax.nn.relu(normalized(f"{name}_3", x) + shortcut)
    return dense(w["predictions"], x.mean((1, 2)))


def lenet5(w: Any, x: Any, key: Any) -> Any:
    def squashed(x: Any) -> Any:
        return 1.7159 * jnp.tanh(x * (2 / 3))

    def subsampled(weights: Any, x: Any) -> Any:
        sums = lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return weights["coefficient"] * sums + weights["bias"]

    x = squashed(subsampled(w["S2"], squashed(conv(w["C1"], x))))
    x = squashed(convolution(x, by_table(w["C3"]["kernel"])) + w["C3"]["bias"])
    x = squashed(subsampled(w["S4"], x))
    x = squashed(conv(w["C5"], x)).reshape(len(x), -1)
    x = squashed(dense(w["F6"], x))
    return jnp.square(x[:, None] - w["RBF"]["prototypes"]).sum(2)


def by_table(kernel: Any) -> Any:
    """The kernels of the links of Table I as one kernel (kh, kw, C, F), zeros where there is no link."""
    from minicnn.applications.lenet5 import TABLE_I

    filters, channels = TABLE_I.T.nonzero()
    return jnp.zeros((*kernel.shape[:2], *TABLE_I.shape)).at[:, :, channels, filters].set(kernel)


NETWORKS = {"LeNet5Modern": lenet5_modern, "MNISTConvNet": mnist_convnet, "VGG16": vgg16, "ResNet50": resnet50,
            "LeNet5": lenet5}
