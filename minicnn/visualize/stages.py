"""A chain of layers as the stages of the drawing that `planes` makes: what each holds, and how it is reached."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minicnn import _checks
from minicnn._types import Pair, Shape
from minicnn.graph import Graph
from minicnn.layers import (
    RBF,
    AveragePooling2D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    InputLayer,
    Layer,
    MaxPooling2D,
    Subsampling2D,
    TableConv2D,
)
from minicnn.visualize import drawing

# The words of the paper's Figure 2, and words of that kind for what it has not.
OPERATIONS: tuple[tuple[type[Layer], str], ...] = (
    (DepthwiseConv2D, "Depthwise\nconvolutions"), (Conv2DTranspose, "Transposed\nconvolutions"),
    (Conv2D, "Convolutions"), (TableConv2D, "Convolutions"),
    (Subsampling2D, "Subsampling"), (MaxPooling2D, "Max pooling"), (AveragePooling2D, "Average\npooling"),
    (GlobalAveragePooling2D, "Global\naverage"), (GlobalMaxPooling2D, "Global\nmaximum"),
    (Dense, "Full\nconnection"), (RBF, "Gaussian\nconnections"),
)
SHORT_NAME = 6  # letters of a name up to which the paper's words stand beside it: "C1: feature maps"
FULL = "Full\nconnection"


@dataclass(frozen=True)
class Stage:
    """Maps, or a vector.

    shape: (H, W, C), or (N,). operation: what makes it of the stage before; window: the rectangle of that stage's maps
    that one unit sees, where it does not see them whole.
    """

    name: str
    title: str
    shape: Shape
    layer: Layer
    operation: str = ""
    window: Pair | None = None

    @property
    def size(self) -> str:
        """``6@28x28``, ``28x28`` for one map, ``120``."""
        extent = "x".join(map(str, self.shape[:-1] or self.shape))
        return extent if len(self.shape) == 1 or self.shape[-1] == 1 else f"{self.shape[-1]}@{extent}"


def stages(graph: Graph, where: str) -> tuple[list[Stage], list[str]]:
    """The stages of a network, and the names of layers that make none, for they neither mix numbers nor change how
    many there are.

    Raises MinicnnError where the network is no chain.
    """
    first = graph.inputs[0].call.outputs[0]
    result = [Stage(first.call.layer.name, "INPUT", units(first.sample_shape), first.call.layer)]
    left_out = []
    for layer, before, shape in chain(graph, where):
        if isinstance(layer, InputLayer):
            continue
        operation = next((words for kind, words in OPERATIONS if isinstance(layer, kind)), None)
        if operation is None and (isinstance(layer, Flatten) or shape == before):
            left_out.append(layer.name)
        else:
            result.append(_stage(layer, before, units(shape), operation or type(layer).__name__))
    if len(result) > 1:
        last = result[-1]
        result[-1] = Stage(last.name, "OUTPUT", last.shape, last.layer, last.operation, last.window)
    return result, left_out


def _stage(layer: Layer, before: Shape, shape: Shape, operation: str) -> Stage:
    window: Pair | None = None
    if isinstance(layer, (Conv2D, TableConv2D, DepthwiseConv2D)):
        window = layer.kernel_size
    elif isinstance(layer, (MaxPooling2D, AveragePooling2D, Subsampling2D)):
        window = layer.pool_size
    if isinstance(layer, (Conv2D, TableConv2D)) and len(shape) == 1 and window == before[:2]:
        operation = FULL  # kernels as large as the maps: every unit sees all
    title = drawing.shortened(layer.name, 20)
    if len(layer.name) <= SHORT_NAME:
        title += ": feature maps" if len(shape) == 3 else ": layer"
    return Stage(layer.name, title, shape, layer, operation,
                 window if window != before[:2] else None)


def units(shape: Shape) -> Shape:
    """The shape, or how many numbers there are where they are no maps: maps of one unit are none."""
    return shape if len(shape) == 3 and shape[0] * shape[1] > 1 else (_product(shape),)


def _product(shape: Shape) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def chain(graph: Graph, where: str) -> Iterator[tuple[Layer, Shape, Shape]]:
    """The layers one behind the other, those of models in between too, with their input and output shapes."""
    calls: list[Any] = [call for call in graph.calls if call is not graph.inputs[0].call]
    before = graph.inputs[0]
    for call in calls:
        if call.inputs != (before,) or len(call.outputs) != 1:
            raise _no_chain(where, f"{call.layer} is no such link")
        if call.layer.inner is not None:
            yield from chain(call.layer.inner, where)
        else:
            yield call.layer, before.sample_shape, call.outputs[0].sample_shape
        before = call.outputs[0]
    if len(graph.inputs) != 1 or graph.outputs != (before,):
        raise _no_chain(where, f"{len(graph.inputs)} inputs and {len(graph.outputs)} outputs")


def _no_chain(where: str, received: str) -> _checks.MinicnnError:
    return _checks.error(where, "only layers one behind the other can be drawn as stacks of planes",
                         "one input, one output, and in between each layer fed by the one before", received,
                         "Draw this network by visualize.architecture(model).")
