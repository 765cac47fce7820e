"""Training by single patterns in one compiled loop, for networks of LeNet-5's kind: see `POOLS` and `ENDS`.

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
from minicnn.activations import ActivationFunction
from minicnn.feeding import ArrayFeed, Batch, Feed
from minicnn.graph import Graph
from minicnn.layers import RBF, Activation, Conv2D, Dense, Flatten, MaxPooling2D, Subsampling2D, TableConv2D
from minicnn.layers.base import Layer
from minicnn.layers.simple import InputLayer
from minicnn.losses import PenaltyMAP, PenaltyMLE, SparseCategoricalCrossentropy, class_numbers
from minicnn.optimizers import SDLM, SGD
from minicnn.schedules import LearningRateSchedule
from minicnn.training import Compiled

POOLS: tuple[tuple[type[Layer], ...], ...] = ((Subsampling2D,), (MaxPooling2D, Activation))
"""S2 and S4: the sum of four numbers, or the largest of them and the squashing function."""
ENDS: tuple[tuple[type[Layer], ...], ...] = (
    (Conv2D, Flatten, Dense, RBF), (Conv2D, Flatten, Dense, Dense), (Flatten, Dense, RBF))
"""C5, F6 and the output: LeNet-5's, with scores for a softmax, and LeNet-1's, which is without F6."""


def obstacle(graph: Graph, compiled: Compiled, feed: Feed) -> str | None:
    """What stands in the way of the compiled loop, in a few words; None where it can be used."""
    return _of_layers(graph) or _of_settings(graph, compiled) or _of_data(feed)


def _of_layers(graph: Graph) -> str | None:
    layers = graph.layers
    chain = all(node.inputs in ((before,), ()) for before, node in zip(graph.nodes, graph.nodes[1:], strict=False))
    steps = sum(1 + (layer.activation != activations.linear) for layer in layers)
    if [type(layer) for layer in layers] not in _allowed() or not chain or len(graph.nodes) != steps:
        return "the layers are not those of LeNet-5: " + ", ".join(type(layer).__name__ for layer in layers)
    for layer in layers:
        if problem := _of_layer(layer, _function(graph, layer)):
            return f"{layer}: {problem}"
    c5 = roles(graph).c5
    whole = not isinstance(c5, Conv2D) or c5.output_shape_for(_shape(c5))[:2] == (1, 1)
    return None if whole else f"{c5}: it does not see its whole input"


def _allowed() -> list[list[type[Layer]]]:
    """The lists of layers there may be: C3 goes by a table or sees all maps."""
    return [[InputLayer, Conv2D, *pool, c3, *pool, *end]
            for pool in POOLS for c3 in (TableConv2D, Conv2D) for end in ENDS]


def _function(graph: Graph, layer: Layer) -> ActivationFunction:
    """The function that the loop has behind a layer of such a network."""
    if layer is graph.layers[-1] and isinstance(layer, Dense):
        return activations.softmax
    rectify = isinstance(layer, (Conv2D, TableConv2D)) and graph.layers[1].activation == activations.relu
    return activations.relu if rectify else activations.scaled_tanh


def _of_layer(layer: Layer, function: ActivationFunction) -> str | None:
    """What of a layer's options the loop does not have."""
    bent = isinstance(layer, (Conv2D, TableConv2D, Dense, Subsampling2D))
    if layer.dtype != "float32":
        return "the loop computes in float32"
    if layer.regularizers:
        return "it has a regularizer"
    if (bent and layer.activation != function) or (isinstance(layer, Activation) and layer.function != function):
        return f"its activation is not {function.name}"
    if isinstance(layer, (Conv2D, TableConv2D, Dense)) and not layer.use_bias:
        return "it has no bias"
    if isinstance(layer, (Conv2D, TableConv2D)):
        return _of_convolution(layer)
    if isinstance(layer, (Subsampling2D, MaxPooling2D)):
        height, width, _ = _shape(layer)
        return None if layer.pool_size == layer.strides == (2, 2) and height == width and height % 2 == 0 else \
            "its windows are not 2x2 on a square of even size"
    return "its centers learn" if isinstance(layer, RBF) and layer.trainable else None


def _of_convolution(layer: Conv2D | TableConv2D) -> str | None:
    height, width, _ = _shape(layer)
    plain = isinstance(layer, TableConv2D) or (layer.groups == 1 and layer.dilation_rate == (1, 1))
    if not plain or layer.strides != (1, 1) or layer.padding != "valid" or height != width or \
            layer.kernel_size[0] != layer.kernel_size[1]:
        return "it is not a plain convolution of a square, without padding"
    return None


def _of_settings(graph: Graph, compiled: Compiled) -> str | None:
    (target,), optimizer = compiled.targets, compiled.optimizer
    if isinstance(graph.layers[-1], RBF):
        if type(target.loss) not in (PenaltyMLE, PenaltyMAP) or target.weight != 1:
            return "the loss is not that of eq. 8 or eq. 9"
    elif type(target.loss) is not SparseCategoricalCrossentropy or target.loss.from_logits or target.weight != 1:
        return "the loss is not the cross-entropy of class numbers"
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


# -- which layer is what ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Roles:
    """The layers of a network to which there is no `obstacle`; ``f6`` is None in one like LeNet-1."""

    c1: Conv2D
    s2: Layer
    c3: Conv2D | TableConv2D
    s4: Layer
    c5: Layer
    f6: Layer | None
    output: Layer

    @property
    def all(self) -> list[Layer | None]:
        """In the order of the loop's weights, the layer of the scores at the end."""
        return [self.c1, self.s2, self.c3, self.s4, self.c5, self.f6,
                None if isinstance(self.output, RBF) else self.output]


def roles(graph: Graph) -> Roles:
    """Of a network whose list of layers is one of those allowed."""
    c1, s2, c3, s4, *end = (layer for layer in graph.layers[1:] if not isinstance(layer, (Activation, Flatten)))
    assert isinstance(c1, Conv2D)
    assert isinstance(c3, (Conv2D, TableConv2D))
    return Roles(c1, s2, c3, s4, end[0], end[1] if len(end) == 3 else None, end[-1])


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

        of, layout, table = roles(self.graph), self._layout(), self._table()
        pairs = [Pair(*self._numbers(layer, of)) for layer in of.all]
        weights = layout.fill(pairs, table)
        factors = [Pair(*self._factors(layer, pair)) for layer, pair in zip(of.all, pairs, strict=True)]
        rates = layout.fill(factors, table)
        centers = np.zeros((self.graph.outputs[0].sample_shape[0], layout.wide_6), np.float32)
        if isinstance(of.output, RBF):
            centers[:, :of.output.prototypes.shape[1]] = of.output.prototypes
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

    def _numbers(self, layer: Layer | None, of: Roles) -> tuple[Array, ...]:
        """Kernel and bias of a layer, or coefficient and bias: 1 and 0 for the largest of four numbers, none for what
        is not there."""
        if layer is None:
            inputs = (of.f6 or of.c5).params["bias"].size
            return np.zeros((inputs, 0), np.float32), np.zeros(0, np.float32)
        if isinstance(layer, MaxPooling2D):
            maps = _shape(layer)[2]
            return np.ones(maps, np.float32), np.zeros(maps, np.float32)
        return tuple(layer.params.values())

    def _table(self) -> Any:
        c3 = roles(self.graph).c3
        return c3.connection_table if isinstance(c3, TableConv2D) else None

    def _layout(self) -> Any:
        from minicnn.kernels.vector.pattern_layout import Plan, layout

        of = roles(self.graph)
        size, _, channels = _shape(of.c1)
        seen = of.s4.output_shape_for(_shape(of.s4))[0]  # C5 sees all of S4
        sizes = of.c1.kernel_size[0], of.c3.kernel_size[0], seen
        m1, m3, m5, m6 = (0 if layer is None else layer.params["bias"].size for layer in (of.c1, of.c3, of.c5, of.f6))
        return layout(Plan((size, channels), sizes, (m1, m3, m5, m6), of.c1.activation == activations.relu,
                           isinstance(of.s2, MaxPooling2D)))

    def _factors(self, layer: Layer | None, pair: tuple[Array, ...]) -> list[Array]:
        """By what the learning rate is multiplied for each parameter of a layer: 1 / (mu + h), or 1; 0 if frozen."""
        if layer is None or not layer.has_parameters or not (self.trainable and layer.trainable):
            return [np.zeros_like(value) for value in pair]
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
        """Of eq. 9; the loop takes a number below zero for eq. 8. Cross-entropy is eq. 9 without a rubbish class."""
        loss = self.compiled.targets[0].loss
        if isinstance(loss, SparseCategoricalCrossentropy):
            return np.float32(np.inf)
        return np.float32(loss.j if isinstance(loss, PenaltyMAP) else -1)
