"""The pieces of residual networks: convolution with normalization, and blocks with a shortcut around them."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from minicnn.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D
from minicnn.layers.nodes import Node

EPSILON = 1.001e-5
"""Of the batch normalization in Keras's residual and dense networks."""

Block: TypeAlias = Callable[[Node, int, int, bool, str], Node]
"""``block(x, filters, stride, first, name)``: first is whether it begins a stage."""


def normalized(x: Node, name: str) -> Node:
    """Batch normalization, with Keras's epsilon."""
    x = BatchNormalization(epsilon=EPSILON, name=name)(x)
    return x


def relu(x: Node, name: str) -> Node:
    """As a layer of its own, with a name."""
    x = Activation("relu", name=name)(x)
    return x


def convolution(x: Node, filters: int, size: int, name: str, stride: int = 1, use_bias: bool = False,
                groups: int = 1) -> Node:
    """A convolution ``name_conv`` and its normalization ``name_bn``.

    One larger than 1x1 keeps the size, or halves it with stride 2, under a frame of zeros that is equal on all sides:
    Keras's "same" with a stride would frame the lower and the right side alone.
    """
    framed = size > 1 and stride > 1
    x = ZeroPadding2D(size // 2, name=f"{name}_pad")(x) if framed else x
    x = Conv2D(filters, size, stride, "valid" if framed else "same", groups=groups, use_bias=use_bias,
               name=f"{name}_conv")(x)
    return normalized(x, f"{name}_bn")


def stem(x: Node, use_bias: bool) -> Node:
    """The beginning for large images: 7x7 to 64 maps with stride 2, and a pool of 3x3 with stride 2."""
    x = relu(convolution(x, 64, 7, "conv1", 2, use_bias), "conv1_relu")
    x = MaxPooling2D(3, 2, name="pool1_pool")(ZeroPadding2D(1, name="pool1_pad")(x))
    return x


def stages(x: Node, block: Block, blocks: Sequence[int], filters: int) -> Node:
    """Stages conv2, conv3, ... of so many blocks each; each but the first halves the image and doubles the filters."""
    for stage, count in enumerate(blocks):
        for number in range(1, count + 1):
            stride = 2 if stage and number == 1 else 1
            x = block(x, filters * 2 ** stage, stride, number == 1, f"conv{stage + 2}_block{number}")
    return x


def added(shortcut: Node, x: Node, name: str) -> Node:
    """The end of a residual block: sum, then ReLU."""
    return relu(Add(name=f"{name}_add")([shortcut, x]), f"{name}_out")


def two_convolutions(x: Node, filters: int, stride: int, name: str) -> Node:
    """The inside of a basic block (Figure 5, left): 3x3, 3x3."""
    x = relu(convolution(x, filters, 3, f"{name}_1", stride), f"{name}_1_relu")
    return convolution(x, filters, 3, f"{name}_2")


def basic(x: Node, filters: int, stride: int, first: bool, name: str) -> Node:
    """Two convolutions and a shortcut; where the shape changes, the shortcut is a 1x1 convolution (option B)."""
    shortcut = convolution(x, filters, 1, f"{name}_0", stride) if stride > 1 else x
    return added(shortcut, two_convolutions(x, filters, stride, name), name)


def plain(x: Node, filters: int, stride: int, first: bool, name: str) -> Node:
    """`basic` without the shortcut."""
    return relu(two_convolutions(x, filters, stride, name), f"{name}_out")


def bottleneck(x: Node, filters: int, stride: int, first: bool, name: str) -> Node:
    """1x1, 3x3, and 1x1 to four times as many maps (Figure 5, right); a stage begins with a 1x1 shortcut.

    As in Keras: the stride is in the first 1x1, and the convolutions have biases.
    """
    shortcut = convolution(x, 4 * filters, 1, f"{name}_0", stride, use_bias=True) if first else x
    x = relu(convolution(x, filters, 1, f"{name}_1", stride, use_bias=True), f"{name}_1_relu")
    x = relu(convolution(x, filters, 3, f"{name}_2", use_bias=True), f"{name}_2_relu")
    return added(shortcut, convolution(x, 4 * filters, 1, f"{name}_3", use_bias=True), name)
