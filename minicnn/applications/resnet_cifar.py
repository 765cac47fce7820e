"""ResNet for CIFAR-10: section 4.2 of He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015.

6n + 2 layers for images of 32x32x3::

    output      32x32     16x16     8x8       1x1
    layers      1 + 2n    2n        2n        average pool, 10 units, softmax
    filters     16        32        64

    layers            20         32         44         56         110          1202
    n                 3          5          7          9          18           200
    printed           0.27M      0.46M      0.66M      0.85M      1.7M         19.4M
    trained here      269,722    464,154    658,586    853,018    1,727,962    19,421,274
    with statistics   271,098    466,426    661,754    857,082    1,736,058    19,510,906

The first layer is a 3x3 convolution, and the others stand in pairs, each with a shortcut around it. All shortcuts are
without parameters (option A): where the image is halved and the maps are doubled, the shortcut takes every second pixel
and has zeros for the new maps::

    x --- every second pixel ---+------------ Concatenate
                                +--- times 0 ---+
"""

from minicnn import _checks
from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.applications._residual import added, convolution, plain, relu, stages, two_convolutions
from minicnn.layers import Concatenate, MaxPooling2D, Rescaling
from minicnn.layers.nodes import Node
from minicnn.models import Model


def ResNetCIFAR(depth: int = 20, include_top: bool = True, weights: Weights = None, *, shortcuts: bool = True,
                input_shape: InputShape = None, pooling: str | None = None, classes: int = 10,
                classifier_activation: ClassifierActivation = "softmax", name: str | None = None) -> Model:
    """The network of ``depth`` layers, one of 6n + 2: 8, 14, 20, ... Further arguments: `minicnn.applications`.

    shortcuts: False makes the paper's plain network, which has the same parameters.
    """
    kind = "resnet" if shortcuts else "plainnet"
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation,
                      f"{kind}{depth}_cifar" if name is None else name)
    n, rest = divmod(_checks.integer(depth, "depth", "ResNetCIFAR", minimum=8) - 2, 6)
    if rest:
        raise _checks.error("ResNetCIFAR", "depth does not fit", "6n + 2, such as 20, 32, 44, 56, 110, 1202", depth)
    inputs = options.input((32, 32, 3))
    x = relu(convolution(inputs, 16, 3, "conv1"), "conv1_relu")
    x = stages(x, zero_padded if shortcuts else plain, (n, n, n), filters=16)
    return options.model(inputs, options.averaged_and_classified(x))


def zero_padded(x: Node, filters: int, stride: int, first: bool, name: str) -> Node:
    """Two convolutions and a shortcut; where the shape changes, it takes every second pixel and has zeros for the new
    maps (option A)."""
    shortcut = x
    if stride > 1:
        pixels = MaxPooling2D(1, stride, name=f"{name}_0_pixels")(x)
        shortcut = Concatenate(name=f"{name}_0_concat")([pixels, Rescaling(0.0, name=f"{name}_0_zeros")(pixels)])
    return added(shortcut, two_convolutions(x, filters, stride, name), name)
