"""GoogLeNet: Szegedy, Liu, Jia et al., "Going deeper with convolutions", 2014 (CVPR 2015).

Table 1; an inception stands for four branches side by side: 1x1; 1x1 (reduce) and 3x3; 1x1 (reduce) and 5x5; 3x3
maximum and 1x1 (proj)::

    layer          output      1x1   reduce 3x3   reduce 5x5   proj   printed   parameters
    conv 7x7/2     112x112x64                                          2.7K        9,472
    maxpool 3x3/2  56x56x64
    conv 3x3/1     56x56x192         64    192                         112K      114,944
    maxpool 3x3/2  28x28x192
    inception 3a   28x28x256   64    96    128    16    32     32      159K      163,696
    inception 3b   28x28x480   128   128   192    32    96     64      380K      388,736
    maxpool 3x3/2  14x14x480
    inception 4a   14x14x512   192   96    208    16    48     64      364K      376,176
    inception 4b   14x14x512   160   112   224    24    64     64      437K      449,160
    inception 4c   14x14x512   128   128   256    24    64     64      463K      510,104
    inception 4d   14x14x528   112   144   288    32    64     64      580K      605,376
    inception 4e   14x14x832   256   160   320    32    128    128     840K      868,352
    maxpool 3x3/2  7x7x832
    inception 5a   7x7x832     256   160   320    32    128    128     1072K   1,043,456
    inception 5b   7x7x1024    384   192   384    48    128    128     1388K   1,444,080
    avgpool 7x7    1x1x1024    dropout 40%
    linear         1000        softmax                                 1000K   1,025,000
    total                                                                      6,998,552

The printed column has the weights alone, in units of 1024, and not all of them are right: the first is that of 7x1 and
1x7 kernels, not of 7x7. ReLU behind each convolution, no batch normalization, images of 224x224x3.

While training, two classifiers beside the network look at 4a and 4d (section 5): 5x5 average pool with stride 3, 1x1
convolution to 128 maps, 1024 units with ReLU, 70% dropout, 1000 units. Their losses count 0.3. With them there are
13,378,280 parameters.

Local response normalization stands where Figure 3 has it, with AlexNet's constants, as the paper names none. Where a
window does not divide the image, "same" pads as Keras does, which gives the table's sizes.
"""

from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.layers import (
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    LocalResponseNormalization,
    MaxPooling2D,
)
from minicnn.layers.nodes import Node
from minicnn.models import Model

INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}
"""Filters: 1x1, reduce and 3x3, reduce and 5x5, proj."""
POOLED = ("3b", "4e")
"""Behind these a pool halves the image."""
WATCHED = ("4a", "4d")
"""At these the auxiliary classifiers look."""


def GoogLeNet(include_top: bool = True, weights: Weights = None, *, auxiliary: bool = False,
              input_shape: InputShape = None, pooling: str | None = None, classes: int = 1000,
              classifier_activation: ClassifierActivation = "softmax", name: str = "googlenet") -> Model:
    """6,998,552 parameters, with the auxiliary classifiers 13,378,280. Further arguments: `minicnn.applications`.

    auxiliary: whether the model has two further outputs, "aux1" and "aux2", behind the first, "predictions"; images
        are then at least 80x80. Train with ``compile(..., loss_weights=[1, 0.3, 0.3])``.
    """
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    inputs = options.input((224, 224, 3))
    x = _beginning(inputs)
    heads: list[Node] = []
    for number, filters in INCEPTIONS.items():
        x = inception(x, filters, f"inception_{number}")
        if number in WATCHED and auxiliary:
            heads.append(_auxiliary(x, options, f"aux{len(heads) + 1}"))
        if number in POOLED:
            x = _pool(x, f"pool{number[0]}")
    if include_top:
        x = options.classified(Dropout(0.4, name="dropout")(GlobalAveragePooling2D(name="avg_pool")(x)))
    else:
        x = options.pooled(x)
    return options.model(inputs, [x, *heads] if heads else x)


def _beginning(x: Node) -> Node:
    x = LocalResponseNormalization(name="norm1")(_pool(_conv(x, 64, 7, "conv1", 2), "pool1"))
    x = _conv(_conv(x, 64, 1, "conv2_reduce"), 192, 3, "conv2")
    return _pool(LocalResponseNormalization(name="norm2")(x), "pool2")


def inception(x: Node, filters: tuple[int, ...], name: str) -> Node:
    """Four branches side by side (Figure 2b)."""
    one, reduce3, three, reduce5, five, proj = filters
    beside: Node = Concatenate(name=f"{name}_concat")([
        _conv(x, one, 1, f"{name}_1x1"),
        _conv(_conv(x, reduce3, 1, f"{name}_3x3_reduce"), three, 3, f"{name}_3x3"),
        _conv(_conv(x, reduce5, 1, f"{name}_5x5_reduce"), five, 5, f"{name}_5x5"),
        _conv(MaxPooling2D(3, 1, "same", name=f"{name}_pool")(x), proj, 1, f"{name}_proj"),
    ])
    return beside


def _auxiliary(x: Node, options: Options, name: str) -> Node:
    x = _conv(AveragePooling2D(5, 3, name=f"{name}_pool")(x), 128, 1, f"{name}_conv")
    x = Dense(1024, activation="relu", name=f"{name}_fc")(Flatten(name=f"{name}_flatten")(x))
    return options.classified(Dropout(0.7, name=f"{name}_dropout")(x), name)


def _conv(x: Node, filters: int, size: int, name: str, stride: int = 1) -> Node:
    x = Conv2D(filters, size, stride, "same", activation="relu", name=name)(x)
    return x


def _pool(x: Node, name: str) -> Node:
    x = MaxPooling2D(3, 2, "same", name=name)(x)
    return x
