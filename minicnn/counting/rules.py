"""How each layer is counted. `minicnn.counting` says what the figures mean."""

from itertools import groupby

import numpy as np

from minicnn import activations
from minicnn._types import BoolArray, Shape
from minicnn.counting.expressions import Expression, number, product, total
from minicnn.counting.figures import ALL, EVERYTHING, SAME, Figures, Reach, Slide, register, sliding
from minicnn.layers import (
    RBF,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    InputLayer,
    LocalResponseNormalization,
    MaxPooling2D,
    Multiply,
    Rescaling,
    Reshape,
    Subsampling2D,
    TableConv2D,
    ZeroPadding2D,
)
from minicnn.layers.global_pooling import GlobalPooling2D
from minicnn.layers.merge import Elementwise

BY_PLACE = "parameters * output height * output width: at each place every weight and every bias is a link"
WEIGHTS_BY_PLACE = "weights * output height * output width: one multiplication for each weight at each place"
OUTPUTS = "one for each number of the output"
EACH_INPUT = "one link from each unit to each number it sees"


# -- layers with weights -------------------------------------------------------------------------------


def _shared(parameters: Expression, weights: Expression, output: Shape, reach: Reach, words: str) -> Figures:
    """Weights and biases that are used at each place of the output."""
    places = number(output[0]) * output[1]
    return Figures(parameters=parameters, connections=parameters.plain * places, macs=weights.plain * places,
                   neurons=product(output), reach=reach,
                   words={"parameters": words, "connections": BY_PLACE, "macs": WEIGHTS_BY_PLACE, "neurons": OUTPUTS})


@register(Conv2D)
def _conv(layer: Conv2D, input_shape: Shape, output_shape: Shape) -> Figures:
    each = product([*layer.kernel_size, input_shape[2] // layer.groups])
    return _shared(layer.filters * (each + layer.use_bias), layer.filters * each, output_shape,
                   sliding(layer.window(input_shape)),
                   "filters * (kernel height * kernel width * input maps that a filter sees + its bias)")


@register(DepthwiseConv2D)
def _depthwise(layer: DepthwiseConv2D, input_shape: Shape, output_shape: Shape) -> Figures:
    each, maps = product(layer.kernel_size), output_shape[2]
    return _shared(maps * (each + layer.use_bias), maps * each, output_shape, sliding(layer.window(input_shape)),
                   "maps * (kernel height * kernel width + bias): each map sees one map of the input")


@register(TableConv2D)
def _table_conv(layer: TableConv2D, input_shape: Shape, output_shape: Shape) -> Figures:
    kernel, runs = product(layer.kernel_size), runs_of_maps(layer.connection_table)
    parameters = total(number(maps) * (inputs * kernel + layer.use_bias) for maps, inputs in runs)
    weights = total(number(maps) * (inputs * kernel) for maps, inputs in runs)
    return _shared(parameters, weights, output_shape, sliding(layer.window(input_shape)),
                   "maps * (input maps that each sees * kernel height * kernel width + its bias), for each run of maps "
                   "of one kind in the connection table")


def runs_of_maps(table: BoolArray) -> list[tuple[int, int]]:
    """(how many maps, inputs each) of consecutive output maps of one kind: as many inputs, and these
    neighbors (the last beside the first) or not, which are the four groups of the paper's Table I."""
    def kind(inputs: BoolArray) -> tuple[int, bool]:
        steps = int(np.count_nonzero(inputs != np.roll(inputs, 1)))  # borders between seen and unseen
        return int(inputs.sum()), steps <= 2

    return [(len(list(run)), inputs) for (inputs, _), run in groupby(kind(column) for column in table.T)]


@register(Conv2DTranspose)
def _transposed(layer: Conv2DTranspose, input_shape: Shape, output_shape: Shape) -> Figures:
    (height, width, maps), filters = input_shape, layer.filters
    each = product(layer.kernel_size)
    painted = each * maps * filters * height * width
    biases = product(output_shape) * int(layer.use_bias) if layer.use_bias else number(0)
    return Figures(
        parameters=filters * (each * maps + layer.use_bias), connections=painted + biases, macs=painted,
        neurons=product(output_shape), reach=_reach_of_painting(layer, input_shape),
        words={"parameters": "filters * (kernel height * kernel width * input maps + bias)",
               "connections": "kernel height * kernel width * input maps * filters, painted at each place of the input "
                              "(what is cut off at the borders included), and a bias for each output",
               "macs": "as the connections, without biases", "neurons": OUTPUTS})


def _reach_of_painting(layer: Conv2DTranspose, input_shape: Shape) -> Reach:
    """With a stride of 1 it is a convolution, with a frame as wide as the kernel reaches less what is cut off."""
    if layer.strides != (1, 1):
        return "neighbors see different parts of the input, in turn, where a transposed convolution has strides"
    _, window = layer.window(input_shape)
    rows, columns = (Slide(window.size[a], 1, (window.size[a] - 1) * window.dilation[a] - window.pads[2 * a],
                           window.dilation[a]) for a in (0, 1))
    return rows, columns


@register(Dense)
def _dense(layer: Dense, input_shape: Shape, output_shape: Shape) -> Figures:
    weights, inputs = number(layer.units) * input_shape[0], number(input_shape[0])
    links = layer.units * (inputs + layer.use_bias)
    return Figures(parameters=links, connections=links, macs=weights, neurons=number(layer.units), reach=EVERYTHING,
                   words={"parameters": "units * (inputs + bias)", "connections": "units * (inputs + bias)",
                          "macs": "units * inputs", "neurons": "the units"})


@register(RBF)
def _rbf(layer: RBF, input_shape: Shape, output_shape: Shape) -> Figures:
    links = number(output_shape[0]) * input_shape[0]
    return Figures(parameters=links, connections=links, macs=links, flops=3 * links, neurons=number(output_shape[0]),
                   reach=EVERYTHING,
                   words={"parameters": "units * inputs: a center each", "connections": "units * inputs",
                          "macs": "units * inputs: the squares", "neurons": "the units",
                          "flops": "for each link a subtraction, a multiplication and an addition"})


@register(Subsampling2D)
def _subsampling(layer: Subsampling2D, input_shape: Shape, output_shape: Shape) -> Figures:
    return Figures(
        parameters=output_shape[2] * (number(1) + 1), macs=product(output_shape), neurons=product(output_shape),
        connections=product(output_shape) * (product(layer.pool_size) + 1), reach=sliding(layer.window(input_shape)),
        words={"parameters": "maps * (coefficient + bias)",
               "connections": "output height * output width * maps * (window + bias)",
               "macs": "one for each output: the sum of its window times the coefficient", "neurons": OUTPUTS})


@register(BatchNormalization)
def _batch_normalization(layer: BatchNormalization, input_shape: Shape, output_shape: Shape) -> Figures:
    learned, maps = int(layer.scale) + int(layer.center), input_shape[-1]
    return Figures(
        parameters=number(learned + 2) * maps, learned=number(learned) * maps, macs=product(output_shape),
        flops=2 * product(output_shape),
        words={"parameters": "(factor, shift, moving mean, moving variance) * maps",
               "trainable": "(factor, shift) * maps; the moving statistics are not learned",
               "macs": "one for each number: in use, the layer is a factor and a shift for each map",
               "flops": "a multiplication and an addition for each number"})


# -- layers without ------------------------------------------------------------------------------------


@register(MaxPooling2D)
@register(AveragePooling2D)
def _pooling(layer: MaxPooling2D, input_shape: Shape, output_shape: Shape) -> Figures:
    return Figures(connections=product(output_shape) * product(layer.pool_size),
                   reach=sliding(layer.window(input_shape)),
                   words={"connections": "output height * output width * maps * window: " + EACH_INPUT})


@register(GlobalPooling2D)
def _global_pooling(layer: GlobalPooling2D, input_shape: Shape, output_shape: Shape) -> Figures:
    return Figures(connections=product(input_shape), reach=EVERYTHING,
                   words={"connections": "maps * input height * input width: " + EACH_INPUT})


@register(LocalResponseNormalization)
def _local_response(layer: LocalResponseNormalization, input_shape: Shape, output_shape: Shape) -> Figures:
    (height, width, channels), away = output_shape, layer.size // 2
    seen = [min(c + away, channels - 1) - max(c - away, 0) + 1 for c in range(channels)]  # fewer at both ends
    links = total(number(len(list(run))) * inputs for inputs, run in groupby(seen)) * height * width
    return Figures(connections=links, macs=links,
                   words={"connections": "maps * neighbors that each sees (itself included), at each place",
                          "macs": "the square of each neighbor"})


@register(Elementwise)
def _elementwise(layer: Elementwise, *shapes: Shape) -> Figures:
    inputs, output = len(shapes) - 1, product(shapes[-1])
    return Figures(connections=inputs * output, macs=(inputs - 1) * output if isinstance(layer, Multiply) else 0,
                   flops=inputs * output,
                   words={"connections": "inputs * numbers of the output: " + EACH_INPUT,
                          "macs": "(inputs - 1) * numbers of the output",
                          "flops": "one for each link"})


@register(Concatenate)
def _concatenate(layer: Concatenate, *shapes: Shape) -> Figures:
    beside = len(shapes[-1]) == 3 and layer.axis not in (-1, 3)
    return Figures(reach="pictures are put side by side" if beside else SAME)


@register(Rescaling)
def _rescaling(layer: Rescaling, input_shape: Shape, output_shape: Shape) -> Figures:
    return Figures(macs=product(output_shape), flops=2 * product(output_shape),
                   words={"macs": "a factor for each number", "flops": "a factor and an offset for each number"})


@register(ZeroPadding2D)
def _zero_padding(layer: ZeroPadding2D, input_shape: Shape, output_shape: Shape) -> Figures:
    (top, _), (left, _) = layer.padding
    return Figures(reach=(Slide(before=top), Slide(before=left)))


@register(Cropping2D)
def _cropping(layer: Cropping2D, input_shape: Shape, output_shape: Shape) -> Figures:
    (top, _), (left, _) = layer.cropping
    return Figures(reach=(Slide(before=-top), Slide(before=-left)))


@register(Reshape)
def _reshape(layer: Reshape, input_shape: Shape, output_shape: Shape) -> Figures:
    kept = len(output_shape) == 1 or output_shape[:-1] == input_shape[:-1]
    return Figures(reach=SAME if kept else "numbers of different places are put beside one another")


@register(Activation)
def _activation(layer: Activation, input_shape: Shape, output_shape: Shape) -> Figures:
    function = layer.function
    axis = function.axis if isinstance(function, activations.Softmax) else -1
    along = axis % (len(output_shape) + 1)  # counted with the batch axis
    if len(output_shape) < 3 or along == 3:
        return Figures()
    return Figures(reach=(ALL, Slide()) if along == 1 else (Slide(), ALL))


@register(Dropout)
@register(Flatten)
@register(InputLayer)
def _one_to_one(layer: Dropout, *shapes: Shape) -> Figures:
    return Figures()


