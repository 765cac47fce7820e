"""How the loss curves along each parameter: the second walk back.

LeCun et al. 1998, appendix C. A network's loss has as many second derivatives as it has pairs of parameters; those of
each parameter with itself, the *diagonal*, can be had by one more walk back, like the gradient, if three things are
left out or taken for others:

- for a weight shared by many places, the places are summed up and their mixed derivatives left out (eq. 23);
- the nonlinearities' own curvature is left out, so that only squares of first derivatives remain, and nothing is below
  zero (Gauss-Newton, eq. 27);
- it is averaged over some hundred patterns instead of all.

The walk is `graph.pull_back` with the rule `rules.gauss_newton`: at each layer, `Layer.curvature`. Where it starts is
the second derivative of the loss. Before an RBF layer it starts *before* that layer: the losses of LeCun et al. are
(nearly) linear in the penalties, and what curves is the square inside of them. Started behind it, by eq. 8 it would be
zero everywhere.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from minicnn import _checks, rules
from minicnn._data import parts
from minicnn._types import Array
from minicnn.feeding import Batch
from minicnn.graph import Graph, pull_back, push_forward
from minicnn.layers import RBF
from minicnn.layers.base import Gradients, Layer
from minicnn.layers.nodes import Node
from minicnn.losses import Loss, PenaltyMLE, one_hot
from minicnn.training import Target, start_of_the_walk


def diagonal(graph: Graph, targets: Sequence[Target], batches: Iterable[Batch],
             trainable: bool = True) -> dict[str, Array]:
    """The mean over the batches' rows of d2E/dw_k^2 by Gauss-Newton, for each parameter that learns, by
    "layer/parameter" and shaped and typed like it.

    targets: loss and weight of each output, as `compile` settled them. Rows are weighed as in training; dropout is out
    of use and batch normalization takes its running statistics.

    Raises MinicnnError for a layer or a loss without a curvature rule.
    """
    learning = graph.learning() if trainable else {}
    learned = {f"{path}/{name}": value for path, layer in learning.items() for name, value in layer.learned.items()}
    sums = {key: np.zeros(value.shape) for key, value in learned.items()}
    count = 0
    for batch in batches:
        found = _of_batch(graph, targets, batch, list(learning.values()))
        for path, layer in learning.items():
            for name, h in found.get(layer, {}).items():
                sums[f"{path}/{name}"] += h
        count += len(parts(batch.x)[0])
    if not count:
        raise _checks.error("curvature", "there is no data")
    means = {key: (total / count).astype(learned[key].dtype) for key, total in sums.items()}
    for path, layer in learning.items():
        for name, regularizer in layer.regularizers.items():
            means[f"{path}/{name}"] += regularizer.curvature(layer.params[name])
    return means


def _of_batch(graph: Graph, targets: Sequence[Target], batch: Batch, learning: list[Layer]) -> dict[Layer, Gradients]:
    """The sum over the rows of a batch."""
    trained = [(place, node, target) for place, (node, target) in
               enumerate(zip(graph.outputs, targets, strict=True)) if target.loss is not None]
    starts = [start(node, target.loss) for _, node, target in trained if target.loss is not None]
    values, caches = push_forward(graph, parts(batch.x), keep=[*graph.outputs, *(node for node, _ in starts)])
    signals: dict[Node, Array] = {}
    centers: dict[Layer, Gradients] = {}
    for (place, output, target), (node, loss) in zip(trained, starts, strict=True):
        y = parts(batch.y)[place]
        weight = _weights(batch, place, target.weight, values[output])
        seed = _times(weight, _seed(output, node, loss, y, values))
        signals[node] = signals[node] + seed if node in signals else seed
        if behind_rbf(output, loss) and output.step in learning:
            own = 2 * _times(weight, one_hot(y, values[output])).sum(axis=0)
            centers[output.step] = {"prototypes": own[:, None] + np.zeros_like(output.step.params["prototypes"])}
    back = pull_back(graph, signals, caches, _rule, inputs=False, learning=learning).parameters
    return {**back, **centers}


def step_eigenvalue(graph: Graph, target: Target, batch: Batch, rates: Mapping[str, Array]) -> float:
    """Whether steps on single patterns can be stable: they are not where this is above 2.

    A step on one pattern, with a rate for each parameter, changes the outputs of the network by

        e -> (I - M) e,    M = S^1/2 J D J^T S^1/2

    in a straight-line approximation: e is how far the outputs are off, J their derivatives by the parameters, D the
    rates, and S the second derivatives of the loss by the outputs, from which the second walk starts. The largest
    eigenvalue of M is returned; with one above 2, e grows instead of shrinking. It takes a walk back for each output.

    batch: one row, for a network of one output. rates: by "layer/parameter", as `SDLM.rates` has them.
    """
    if target.loss is None or len(parts(batch.x)[0]) != 1 or len(graph.outputs) != 1:
        raise _checks.error("step_eigenvalue", "it is one of a single pattern and a single output with a loss",
                            received=f"{len(parts(batch.x)[0])} rows, {len(graph.outputs)} outputs")
    output, learning = graph.outputs[0], graph.learning()
    node, loss = start(output, target.loss)
    values, caches = push_forward(graph, parts(batch.x), keep=[node, output])
    root = np.sqrt(np.maximum(_seed(output, node, loss, parts(batch.y)[0], values), 0)).reshape(-1)
    rows = []
    for place in range(root.size):
        signal = np.zeros_like(values[node])
        signal.reshape(-1)[place] = root[place]
        back = pull_back(graph, {node: signal}, caches, inputs=False, learning=learning.values()).parameters
        rows.append(np.concatenate([
            (np.sqrt(rates[f"{path}/{name}"]) * back[layer][name]).reshape(-1).astype(np.float64)
            for path, layer in learning.items() for name in layer.learned if layer in back]))
    jacobian = np.stack(rows)
    return float(np.linalg.eigvalsh(jacobian @ jacobian.T)[-1])


# -- where the walk starts -------------------------------------------------------------------------


def behind_rbf(output: Node, loss: Loss) -> bool:
    """Whether the loss is one of penalties that an RBF layer makes."""
    return isinstance(output.step, RBF) and isinstance(loss, PenaltyMLE)


def start(output: Node, loss: Loss) -> tuple[Node, Loss]:
    """The node where the second walk starts, and the loss as seen from there."""
    return (output.inputs[0], loss) if behind_rbf(output, loss) else start_of_the_walk(output, loss)


def _seed(output: Node, node: Node, loss: Loss, y: Array, values: Mapping[Node, Array]) -> Array:
    """The second derivatives at the node, of each row."""
    if isinstance(output.step, RBF) and isinstance(loss, PenaltyMLE):
        x = values[node]
        return loss.curvature_before_rbf(values[output], x, output.step.param("prototypes", x))
    return loss.curvature(y, values[node])


def _weights(batch: Batch, place: int, of_loss: float, like: Array) -> Array:
    """What each row weighs in the loss of an output."""
    weight = np.full(len(like), of_loss, like.dtype)
    if batch.weight is not None:
        weight *= parts(batch.weight)[place if isinstance(batch.weight, tuple) else 0]
    return weight


def _times(weight: Array, values: Array) -> Array:
    weighed: Array = values * weight.reshape(len(weight), *(1,) * (values.ndim - 1))
    return weighed


# -- the walk --------------------------------------------------------------------------------------


def _rule(layer: Layer, hy: Array, cache: object) -> tuple[object, Gradients]:
    if type(layer).curvature is Layer.curvature:
        raise _checks.error("curvature", f"{layer} has no curvature rule", cure=
                            "Write curvature(hy, cache) beside its backward, with the derivatives squared; or train "
                            "with SGD or Adam.")
    return rules.gauss_newton(layer, hy, cache)  # type: ignore[arg-type]
