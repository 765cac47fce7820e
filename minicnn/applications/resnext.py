"""ResNeXt: Xie, Girshick, Dollar, Tu and He, "Aggregated residual transformations for deep neural networks", 2016.

Table 1, right: ResNeXt-50 (32x4d), 32 groups that start 4 maps wide::

    stage    output    block                                       blocks
    conv1    112x112   7x7, 64, stride 2
    conv2    56x56     3x3 max pool, stride 2
                       1x1, 128;  3x3, 128,  32 groups;  1x1, 256     3
    conv3    28x28     1x1, 256;  3x3, 256,  32 groups;  1x1, 512     4
    conv4    14x14     1x1, 512;  3x3, 512,  32 groups;  1x1, 1024    6
    conv5    7x7       1x1, 1024; 3x3, 1024, 32 groups;  1x1, 2048    3
             1x1       average pool, 1000 units, softmax
    25.0e6 parameters, 4.2e9 FLOPs

Exactly 25,028,904 trained, 25,097,128 with the statistics of the batch normalization behind each convolution. No biases
in convolutions. The stride of a stage is in the 3x3 convolution; a stage begins with a 1x1 shortcut.
"""

from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.applications._residual import added, convolution, relu, stages, stem
from minicnn.layers.nodes import Node
from minicnn.models import Model

GROUPS = 32


def ResNeXt50(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
              pooling: str | None = None, classes: int = 1000,
              classifier_activation: ClassifierActivation = "softmax", name: str = "resnext50") -> Model:
    """ResNeXt-50 (32x4d): 25,028,904 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    inputs = options.input((224, 224, 3))
    x = stages(stem(inputs, use_bias=False), grouped, (3, 4, 6, 3), filters=128)
    return options.model(inputs, options.averaged_and_classified(x))


def grouped(x: Node, filters: int, stride: int, first: bool, name: str) -> Node:
    """1x1, 3x3 in groups, and 1x1 to twice as many maps, with a shortcut (Figure 3c)."""
    shortcut = convolution(x, 2 * filters, 1, f"{name}_0", stride) if first else x
    x = relu(convolution(x, filters, 1, f"{name}_1"), f"{name}_1_relu")
    x = relu(convolution(x, filters, 3, f"{name}_2", stride, groups=GROUPS), f"{name}_2_relu")
    return added(shortcut, convolution(x, 2 * filters, 1, f"{name}_3"), name)
