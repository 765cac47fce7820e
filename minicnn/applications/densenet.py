"""DenseNet: Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks", 2016 (CVPR 2017).

Table 1, growth rate k = 32, images of 224x224x3; every "conv" is batch normalization, ReLU, convolution::

    part            output     DenseNet-121   DenseNet-169   DenseNet-201
    convolution     112x112    7x7 conv, 64, stride 2
    pooling         56x56      3x3 max pool, stride 2
    dense block 1   56x56      [1x1 conv, 128; 3x3 conv, 32] x6, x6, x6
    transition 1    28x28      1x1 conv to half the maps, 2x2 average pool, stride 2
    dense block 2   28x28      x12            x12            x12
    transition 2    14x14
    dense block 3   14x14      x24            x32            x48
    transition 3    7x7
    dense block 4   7x7        x16            x32            x32
    classification  1x1        average pool, 1000 units, softmax

    parameters trained         7,978,856      14,149,480     20,013,928
    and with statistics        8,062,504      14,307,880     20,242,984

Each pair of convolutions sees all that stands before it in its block, one beside another, and adds 32 maps. The first
convolution is followed by its normalization instead, and the last block by one more. Convolutions have no biases. These
are Keras's networks: same names, same order, same files.
"""

from minicnn._types import Array
from minicnn.applications import imagenet_utils
from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.applications._residual import normalized, relu
from minicnn.layers import AveragePooling2D, Concatenate, Conv2D, MaxPooling2D, ZeroPadding2D
from minicnn.layers.nodes import Node
from minicnn.models import Model

GROWTH = 32
BLOCKS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
"""Pairs of convolutions in the dense blocks, by the number of layers."""


def preprocess_input(x: Array) -> Array:
    """Pixels 0 to 255 as Keras's weights want them: each channel minus its mean over ImageNet, over its deviation."""
    return imagenet_utils.preprocess_input(x, mode="torch")


def densenet(depth: int, options: Options) -> Model:
    """The network of a column of the table."""
    inputs = options.input((224, 224, 3))
    x = Conv2D(64, 7, 2, use_bias=False, name="conv1_conv")(ZeroPadding2D(3)(inputs))
    x = relu(normalized(x, "conv1_bn"), "conv1_relu")
    x = MaxPooling2D(3, 2, name="pool1")(ZeroPadding2D(1)(x))
    for stage, pairs in enumerate(BLOCKS[depth], start=2):
        for number in range(1, pairs + 1):
            x = grown(x, f"conv{stage}_block{number}")
        x = transition(x, f"pool{stage}") if stage < 5 else relu(normalized(x, "bn"), "relu")
    return options.model(inputs, options.averaged_and_classified(x), f"densenet/densenet{depth}")


def grown(x: Node, name: str) -> Node:
    """x, and behind it the maps that a pair of convolutions makes of it."""
    new = relu(normalized(x, f"{name}_0_bn"), f"{name}_0_relu")
    new = Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = relu(normalized(new, f"{name}_1_bn"), f"{name}_1_relu")
    new = Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    beside: Node = Concatenate(name=f"{name}_concat")([x, new])
    return beside


def transition(x: Node, name: str) -> Node:
    """Half the maps, half the size."""
    half = x.sample_shape[-1] // 2
    x = relu(normalized(x, f"{name}_bn"), f"{name}_relu")
    x = AveragePooling2D(2, name=f"{name}_pool")(Conv2D(half, 1, use_bias=False, name=f"{name}_conv")(x))
    return x


def DenseNet121(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
                pooling: str | None = None, classes: int = 1000,
                classifier_activation: ClassifierActivation = "softmax", name: str = "densenet121") -> Model:
    """121 layers: 7,978,856 trainable parameters. Arguments: `minicnn.applications`."""
    return densenet(121, Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))


def DenseNet169(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
                pooling: str | None = None, classes: int = 1000,
                classifier_activation: ClassifierActivation = "softmax", name: str = "densenet169") -> Model:
    """169 layers: 14,149,480 trainable parameters. Arguments: `minicnn.applications`."""
    return densenet(169, Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))


def DenseNet201(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
                pooling: str | None = None, classes: int = 1000,
                classifier_activation: ClassifierActivation = "softmax", name: str = "densenet201") -> Model:
    """201 layers: 20,013,928 trainable parameters. Arguments: `minicnn.applications`."""
    return densenet(201, Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))
