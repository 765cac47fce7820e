"""Training by single patterns in one compiled loop, for networks of LeNet-5's kind.

`fit` with ``batch_size=1`` updates the weights behind every image. Where `obstacle` sees none, a model that was
compiled with ``steps_per_execution=500`` takes 500 such steps in one call of `minicnn.kernels.vector.pattern_loop`,
many times as fast as one by one: the weights go there, and come back into the layers. The arithmetic is the same, up to
the rounding of float32.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn import _checks, activations, kernels, metrics
from minicnn._checks import NotFiniteError
from minicnn._data import parts
from minicnn._types import Array
from minicnn.feeding import ArrayFeed, Batch, Feed
from minicnn.graph import Graph
from minicnn.layers import RBF, Conv2D, Dense, Flatten, Subsampling2D, TableConv2D
from minicnn.layers.base import Layer
from minicnn.layers.simple import InputLayer
from minicnn.losses import PenaltyMAP, PenaltyMLE, class_numbers
from minicnn.optimizers import SDLM, SGD
from minicnn.schedules import LearningRateSchedule
from minicnn.training import Compiled

KINDS: tuple[tuple[type[Layer], ...], ...] = (
    (InputLayer,), (Conv2D,), (Subsampling2D,), (TableConv2D, Conv2D), (Subsampling2D,), (Conv2D,), (Flatten,),
    (Dense,), (RBF,))
"""The layers of such a network, in order: input, C1, S2, C3, S4, C5, flatten, F6, RBF."""


def obstacle(graph: Graph, compiled: Compiled, feed: Feed) -> str | None:
    """What stands in the way of the compiled loop, in a few words; None where it can be used."""
    return _of_layers(graph) or _of_settings(compiled) or _of_data(feed)


def _of_layers(graph: Graph) -> str | None:
    layers = graph.layers
    chain = all(node.inputs in ((before,), ()) for before, node in zip(graph.nodes, graph.nodes[1:], strict=False))
    if [type(layer) for layer in layers] not in _allowed() or not chain or len(graph.nodes) != 15:
        return "the layers are not those of LeNet-5: " + ", ".join(type(layer).__name__ for layer in layers)
    for layer in layers:
        if problem := _of_layer(layer):
            return f"{layer}: {problem}"
    c5 = layers[5]
    return None if c5.output_shape(_shape(c5))[:2] == (1, 1) else f"{c5}: it does not see its whole input"


def _allowed() -> list[list[type[Layer]]]:
    """The lists of layers there may be: C3 goes by a table or sees all maps."""
    return [[of[min(choice, len(of) - 1)] for of in KINDS] for choice in (0, 1)]


def _of_layer(layer: Layer) -> str | None:
    """What of a layer's options the loop does not have."""
    squashed = isinstance(layer, (Conv2D, TableConv2D, Dense, Subsampling2D))
    if layer.dtype != "float32":
        return "the loop computes in float32"
    if layer.regularizers:
        return "it has a regularizer"
    if squashed and layer.activation != activations.get("scaled_tanh"):
        return "its activation is not scaled_tanh"
    if isinstance(layer, (Conv2D, TableConv2D, Dense)) and not layer.use_bias:
        return "it has no bias"
    if isinstance(layer, (Conv2D, TableConv2D)):
        return _of_convolution(layer)
    if isinstance(layer, Subsampling2D):
        height, width, _ = _shape(layer)
        return None if layer.pool_size == (2, 2) and height == width and height % 2 == 0 else \
            "its windows are not 2x2 on a square of even size"
    return "its centers learn" if isinstance(layer, RBF) and layer.trainable else None


def _of_convolution(layer: Conv2D | TableConv2D) -> str | None:
    height, width, _ = _shape(layer)
    plain = isinstance(layer, TableConv2D) or (layer.groups == 1 and layer.dilation_rate == (1, 1))
    if not plain or layer.strides != (1, 1) or layer.padding != "valid" or height != width or \
            layer.kernel_size[0] != layer.kernel_size[1]:
        return "it is not a plain convolution of a square, without padding"
    return None


def _of_settings(compiled: Compiled) -> str | None:
    (target,), optimizer = compiled.targets, compiled.optimizer
    if type(target.loss) not in (PenaltyMLE, PenaltyMAP) or target.weight != 1:
        return "the loss is not that of eq. 8 or eq. 9"
    if any(name != "accuracy" or not metrics.is_named(name, metric) for name, metric in target.metrics.items()):
        return "there are other metrics than 'accuracy'"
    if type(optimizer) is not SDLM and not (type(optimizer) is SGD and not optimizer.momentum):
        return "the optimizer is neither SDLM nor SGD without momentum"
    if optimizer.weight_decay or optimizer.clipnorm or optimizer.clipvalue or optimizer.global_clipnorm:
        return "the optimizer decays weights or clips gradients"
    return None


def _of_data(feed: Feed) -> str | None:
    if not isinstance(feed, ArrayFeed) or feed.batch_size != 1:
        return "the data are not arrays in batches of 1"
    if feed.weight is not None:
        return "rows have weights of their own"
    if kernels.current() not in ("numba", "vector"):
        return f"the kernels are those of {kernels.current()!r}"
    from minicnn.kernels.vector import probe

    problem = probe.problem()
    return None if problem is None else f"vectors do not compile on this machine ({problem})"


def _shape(layer: Layer) -> Any:
    """Of the layer's input, without the batch axis."""
    assert layer.built_shapes is not None
    return layer.built_shapes[0]


# -- the steps -------------------------------------------------------------------------------------


def steps_at_once(graph: Graph, compiled: Compiled, feed: Feed, trainable: bool = True) -> "PatternSteps | None":
    """What does ``steps_per_execution`` steps in one call, where that is more than one and nothing is in the way."""
    if compiled.steps_per_execution == 1 or not isinstance(feed, ArrayFeed) or obstacle(graph, compiled, feed):
        return None
    return PatternSteps(graph, compiled, feed, trainable)


@dataclass(frozen=True)
class PatternSteps:
    """As many steps as a batch has rows, one behind the other; where there is no `obstacle`."""

    graph: Graph
    compiled: Compiled
    feed: ArrayFeed
    trainable: bool = True

    def __call__(self, batch: Batch, where: str = "patterns") -> dict[str, Array]:
        """Move the weights; the loss and the accuracy of each row, from before its own step.

        Raises NotFiniteError where a loss is NaN or infinite.
        """
        from minicnn.kernels.vector.pattern_layout import Pair
        from minicnn.kernels.vector.pattern_loop import train

        rbf = self.graph.layers[-1]
        assert isinstance(rbf, RBF)
        layers, layout, table = self._layers(), self._layout(), self._table()
        pairs = [Pair(*layer.params.values()) for layer in layers]
        weights = layout.fill(pairs, table)
        rates = layout.fill([Pair(*self._factors(layer)) for layer in layers], table)
        centers = np.zeros((len(rbf.prototypes), layout.wide_6), np.float32)
        centers[:, :rbf.prototypes.shape[1]] = rbf.prototypes
        x, y = parts(batch.x)[0], parts(batch.y)[0]
        losses, right = np.empty(len(x), np.float32), np.empty(len(x))
        gradients = layout.gradients(weights)
        train(np.ascontiguousarray(x).reshape(len(x), -1), class_numbers(y, self.graph.outputs[0].sample_shape),
              self._etas(len(x)), self._j(), weights, rates, gradients, centers.reshape(-1), layout.lists,
              layout.sizes, layout.room(len(centers)), losses, right)
        layout.take(weights, pairs, table)
        if not np.isfinite(losses).all():
            bad = int(np.argmin(np.isfinite(losses)))
            raise NotFiniteError(str(_checks.error(where, f"the loss of image {bad + 1} from here on is not finite",
                                                   cure="Lower the learning rate, or look at the scale of the data.")))
        self.compiled.optimizer.iterations += len(x)
        rows = {"loss": losses.astype(np.float64), "accuracy": right}
        return {name: rows[name] for name in ("loss", *self.compiled.targets[0].metrics)}

    def _layers(self) -> list[Layer]:
        """C1, S2, C3, S4, C5 and F6."""
        return [layer for layer in self.graph.layers if layer.has_parameters][:6]

    def _table(self) -> Any:
        c3 = self.graph.layers[3]
        return c3.connection_table if isinstance(c3, TableConv2D) else None

    def _layout(self) -> Any:
        from minicnn.kernels.vector.pattern_layout import Plan, layout

        c1, _, c3, _, c5, f6 = self._layers()
        size, _, channels = _shape(c1)
        sizes = [layer.kernel_size[0] for layer in (c1, c3, c5) if isinstance(layer, (Conv2D, TableConv2D))]
        maps = [layer.params["bias"].size for layer in (c1, c3, c5, f6)]
        return layout(Plan((size, channels), tuple(sizes), tuple(maps)))  # type: ignore[arg-type]

    def _factors(self, layer: Layer) -> list[Array]:
        """By what the learning rate is multiplied for each parameter of a layer: 1 / (mu + h), or 1; 0 if frozen."""
        if not (self.trainable and layer.trainable):
            return [np.zeros_like(value) for value in layer.params.values()]
        optimizer = self.compiled.optimizer
        if not isinstance(optimizer, SDLM):
            return [np.ones_like(value) for value in layer.params.values()]
        return [1 / (optimizer.curvature_of(f"{layer.name}/{name}") + np.float32(optimizer.mu))
                for name in layer.params]

    def _etas(self, count: int) -> Array:
        """The learning rates of the next steps."""
        rate, done = self.compiled.optimizer.learning_rate, self.compiled.optimizer.iterations
        if not isinstance(rate, LearningRateSchedule):
            return np.full(count, rate, np.float32)
        return np.array([rate(done + step) for step in range(count)], np.float32)

    def _j(self) -> np.float32:
        """Of eq. 9; the loop takes a number below zero for eq. 8."""
        loss = self.compiled.targets[0].loss
        return np.float32(loss.j if isinstance(loss, PenaltyMAP) else -1)
