"""Normalization: by the statistics of a batch, and by the neighbors of a channel."""

from collections.abc import Sequence

import numpy as np

from minicnn import _checks, initializers, kernels, regularizers
from minicnn._types import Array, Shape
from minicnn.initializers import Initializer
from minicnn.layers.base import Cache, Gradients, Layer, Parameter, Rng, image_shape
from minicnn.regularizers import L1L2


class BatchNormalization(Layer):
    """``y = gamma * (x - mean) / sqrt(variance + epsilon) + beta``, channel by channel (Ioffe and Szegedy 2015).

    (N, ..., C) -> the same shape; gamma, beta, moving_mean and moving_variance are (C,).

    While training, mean and variance are those of the batch, over all axes but the last; the variance is the mean of
    squares (1/n, not 1/(n - 1)). Otherwise they are the moving ones, and the layer is affine. After a training step
    `fold_in` takes up what the step's batch had::

        moving = momentum * moving + (1 - momentum) * batch

    A layer that is not trainable runs on its moving statistics in training, too, and leaves them alone, as in Keras.

    axis: of the channels, which come last: -1, or the number of the last axis, the batch counted (3 for images).
    momentum, epsilon: see above; momentum from 0 to 1.
    center, scale: whether there is a beta, a gamma.
    *_initializer, *_regularizer: names or objects of `minicnn.initializers` and `minicnn.regularizers`.

    Defaults and the order of the weights as in Keras. Gamma and beta have a gradient, the moving statistics have none:
    they are counted and saved, but not learned.
    """

    def __init__(self, axis: int = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True,
                 scale: bool = True, beta_initializer: str | Initializer = "zeros",
                 gamma_initializer: str | Initializer = "ones",
                 moving_mean_initializer: str | Initializer = "zeros",
                 moving_variance_initializer: str | Initializer = "ones",
                 beta_regularizer: str | L1L2 | None = None, gamma_regularizer: str | L1L2 | None = None, *,
                 name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.axis = _checks.integer(axis, "axis", str(self), minimum=-1)
        self.momentum = _checks.number(momentum, "momentum", str(self), minimum=0)
        if self.momentum > 1:
            raise _checks.error(str(self), "momentum is a share", "0 to 1", momentum)
        self.epsilon = _checks.number(epsilon, "epsilon", str(self), minimum=0)
        self.center = _checks.flag(center, "center", str(self))
        self.scale = _checks.flag(scale, "scale", str(self))
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if not input_shape or self.axis not in (-1, len(input_shape)):
            raise _checks.error(str(self), "the channels come last here", f"axis -1 (or {len(input_shape)})",
                                f"axis {self.axis} (input shape {input_shape})")
        return input_shape

    def parameters(self, input_shape: Shape) -> dict[str, Parameter]:
        shape = input_shape[-1:]
        learned = {"gamma": Parameter(shape, self.gamma_initializer)} if self.scale else {}
        if self.center:
            learned["beta"] = Parameter(shape, self.beta_initializer)
        return {**learned, "moving_mean": Parameter(shape, self.moving_mean_initializer, learned=False),
                "moving_variance": Parameter(shape, self.moving_variance_initializer, learned=False)}

    @property
    def regularizers(self) -> dict[str, L1L2]:
        both = {"gamma": self.gamma_regularizer if self.scale else None,
                "beta": self.beta_regularizer if self.center else None}
        return {name: regularizer for name, regularizer in both.items() if regularizer is not None}

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        if training and self.trainable:
            normal, mean, variance = centered(x)
            statistics = np.stack([mean, variance])
        else:
            variance = self.param("moving_variance", x)
            normal, statistics = x - self.param("moving_mean", x), np.empty((0, x.shape[-1]), x.dtype)
        slope = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))
        normal *= slope
        y = normal * self.param("gamma", x) if self.scale else normal
        y = y + self.param("beta", x) if self.center else y
        return y, (normal, slope, statistics)

    def at_rest(self, like: Array) -> tuple[Array, Array, Array, Array]:
        """Mean, slope, gamma and beta, each (C,) and typed like ``like``: outside of training the layer is
        ``y = (x - mean) * slope * gamma + beta``."""
        variance = self.param("moving_variance", like)
        slope = 1 / np.sqrt(variance + like.dtype.type(self.epsilon))
        gamma = self.param("gamma", like) if self.scale else np.ones_like(slope)
        beta = self.param("beta", like) if self.center else np.zeros_like(slope)
        return self.param("moving_mean", like), slope, gamma, beta

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        normal, slope, statistics = cache
        dbeta, dgamma = kernels.bias_gradient(dy), kernels.bias_gradient(dy * normal)
        slope = slope * self.param("gamma", dy) if self.scale else slope
        if not len(statistics):
            return dy * slope, self._learned(dgamma, dbeta)
        # Each x also moves the mean and the variance, and through them the whole batch:
        #     dnormal_i / dx_j = slope * ((i == j) - 1/n - normal_i * normal_j / n)
        n = count(dy)
        dx = normal * (-dgamma / n)
        dx += dy
        dx -= dbeta / n
        dx *= slope
        return dx, self._learned(dgamma, dbeta)

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        """Exact, in training through the statistics as well: backward's derivatives, squared and summed over i::

            ((i == j) - a_ij)^2 = (i == j) * (1 - 2 a_ij) + a_ij^2,    a_ij = (1 + normal_i * normal_j) / n
        """
        normal, slope, statistics = cache
        first, second = kernels.bias_gradient(hy * normal), kernels.bias_gradient(hy * np.square(normal))
        hbeta = kernels.bias_gradient(hy)
        slope = slope * self.param("gamma", hy) if self.scale else slope
        hx = hy
        if len(statistics):
            n, squares = count(hy), np.square(normal)
            hx = hy * (1 - 2 * (1 + squares) / n) + (hbeta + 2 * normal * first + squares * second) / n**2
        return hx * np.square(slope), self._learned(second, hbeta)

    def _learned(self, gamma: Array, beta: Array) -> Gradients:
        return ({"gamma": gamma} if self.scale else {}) | ({"beta": beta} if self.center else {})

    def fold_in(self, cache: Cache) -> None:
        """Move the moving statistics towards those of the batch; nothing where the batch's were not used."""
        _, _, statistics = cache
        if len(statistics):
            for name, batch in zip(("moving_mean", "moving_variance"), statistics, strict=True):
                moving = self.params[name]
                moving[...] = moving * self.momentum + batch * (1 - self.momentum)


def count(x: Array) -> int:
    """How many numbers of x there are for each channel."""
    return int(np.prod(x.shape[:-1]))


def centered(x: Array) -> tuple[Array, Array, Array]:
    """x - mean, the mean and the variance of each channel, good to the last digits also where x is far from zero.

    Twice: float32 holds a mean of 10,000 only to 0.0005, so what is left of it after the first time is taken off, too.
    The sums run in float64 (`kernels.bias_gradient` adds up a channel). Not mean(x^2) - mean^2, which cancels.
    """
    n = count(x)
    mean = kernels.bias_gradient(x) / n
    rest = x - mean
    correction = kernels.bias_gradient(rest) / n
    rest -= correction
    return rest, mean + correction, kernels.bias_gradient(np.square(rest)) / n


class LocalResponseNormalization(Layer):
    """Each channel divided by what its neighbors do (Krizhevsky, Sutskever and Hinton 2012, section 3.3)::

        y[c] = x[c] / s[c]^beta,     s[c] = k + alpha * (sum of x[d]^2 over the ``size`` channels d around c)

    (N, H, W, C) -> the same, at each position by itself; at the first and the last channels the sum has fewer terms.

    size, k, alpha, beta: the paper's n, k, alpha, beta, with its values. size is odd.
    average: what alpha multiplies. False: the sum, as in the paper and in TensorFlow. True: the sum divided by
        ``size``, as in Caffe and PyTorch, whose alpha = 1e-4 thus is the paper's 2e-5.

    Keras has no such layer.
    """

    def __init__(self, size: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, average: bool = False, *,
                 name: str | None = None, trainable: bool = True, dtype: str = "float32",
                 input_shape: Sequence[int] | None = None) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, input_shape=input_shape)
        self.size = _checks.integer(size, "size", str(self))
        if self.size % 2 == 0:
            raise _checks.error(str(self), "size must be odd: as many neighbors before as after", received=size)
        self.k = _checks.number(k, "k", str(self), minimum=0)
        if not self.k:
            raise _checks.error(str(self), "k must be greater than 0", received=k, cure=
                                "Without it, channels that are zero would be divided by zero.")
        self.alpha = _checks.number(alpha, "alpha", str(self), minimum=0)
        self.beta = _checks.number(beta, "beta", str(self), minimum=0)
        self.average = _checks.flag(average, "average", str(self))

    @property
    def strength(self) -> float:
        """What the sum of squares is multiplied by."""
        return self.alpha / self.size if self.average else self.alpha

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return image_shape(input_shape, str(self))

    def forward(self, x: Array, training: bool = False, rng: Rng = None) -> tuple[Array, Cache]:
        s = self.k + self.strength * self.neighbors(np.square(x))
        power = s ** -self.beta
        return x * power, (x, s, power)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Gradients]:
        # dy[c]/dx[d] = (c == d) * power[c] - 2 beta strength * x[d] * (x * power / s)[c] for neighbors c, d
        x, s, power = cache
        around = self.neighbors(dy * x * power / s)
        return dy * power - 2 * self.beta * self.strength * x * around, {}

    def curvature(self, hy: Array, cache: Cache) -> tuple[Array, Gradients]:
        """Exact: backward's derivatives, squared and summed over c."""
        x, s, power = cache
        each, factor = x * power / s, 2 * self.beta * self.strength
        own = np.square(power) - 2 * factor * power * x * each  # the cross term, of c == d alone
        return hy * own + np.square(factor * x) * self.neighbors(hy * np.square(each)), {}

    def neighbors(self, x: Array) -> Array:
        """x summed over the channels around each: shifted copies added up, so nothing cancels. Its own transpose."""
        total = x.copy()
        for away in range(1, min(self.size // 2, x.shape[-1] - 1) + 1):
            total[..., away:] += x[..., :-away]
            total[..., :-away] += x[..., away:]
        return total
