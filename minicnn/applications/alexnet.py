"""AlexNet: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012.

Section 3.5 and Figure 2. Half of the maps stood on each of two GPUs; "two towers" says which layers see their own
half alone:

=======  ================================================  ===========  ===========  ==========
layer    what it does                                      output       two towers   one tower
=======  ================================================  ===========  ===========  ==========
conv1    96 of 11x11x3, stride 4, ReLU                     55x55x96         34,944       34,944
norm1    local response normalization                      55x55x96
pool1    3x3 maximum, stride 2                             27x27x96
conv2    256 of 5x5x48 (own half), ReLU                    27x27x256       307,456      614,656
norm2    local response normalization                      27x27x256
pool2    3x3 maximum, stride 2                             13x13x256
conv3    384 of 3x3x256, ReLU                              13x13x384       885,120      885,120
conv4    384 of 3x3x192 (own half), ReLU                   13x13x384       663,936    1,327,488
conv5    256 of 3x3x192 (own half), ReLU                   13x13x256       442,624      884,992
pool5    3x3 maximum, stride 2                             6x6x256
fc6      4096 units, ReLU, dropout 0.5                     4096         37,752,832   37,752,832
fc7      4096 units, ReLU, dropout 0.5                     4096         16,781,312   16,781,312
fc8      1000 units, softmax                               1000          4,097,000    4,097,000
total                                                                   60,965,224   62,378,344
=======  ================================================  ===========  ===========  ==========

The paper says images of 224x224, but the 55x55 of its first layer comes of 227x227, which is used here. Weights start
from a normal distribution with deviation 0.01, biases from 1 in conv2, conv4, conv5, fc6 and fc7, and from 0 elsewhere
(section 5). Normalization: n = 5, k = 2, alpha = 1e-4, beta = 0.75 (section 3.3), here over all maps in a row: the two
at the seam of the towers see the neighbors that a GPU could not. The paper does not say which of the maps were
neighbors there.
"""

from typing import Any

from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.initializers import RandomNormal
from minicnn.layers import Conv2D, Dense, Dropout, Flatten, LocalResponseNormalization, MaxPooling2D
from minicnn.layers.nodes import Node
from minicnn.models import Model


def AlexNet(include_top: bool = True, weights: Weights = None, *, towers: int = 2, input_shape: InputShape = None,
            pooling: str | None = None, classes: int = 1000, classifier_activation: ClassifierActivation = "softmax",
            name: str = "alexnet") -> Model:
    """AlexNet of 2012: 60,965,224 parameters, or 62,378,344 in one tower. Further arguments: `minicnn.applications`.

    towers: 2 as published, or 1: then every layer sees all maps before it.
    """
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    inputs = options.input((227, 227, 3))
    start: dict[str, Any] = {"activation": "relu", "kernel_initializer": RandomNormal(stddev=0.01)}
    ones: dict[str, Any] = {**start, "bias_initializer": "ones"}
    halves: dict[str, Any] = {**ones, "padding": "same", "groups": towers}

    x = _normalized_and_pooled(Conv2D(96, 11, 4, name="conv1", **start)(inputs), "1")
    x = _normalized_and_pooled(Conv2D(256, 5, name="conv2", **halves)(x), "2")
    x = Conv2D(384, 3, padding="same", name="conv3", **start)(x)
    x = Conv2D(384, 3, name="conv4", **halves)(x)
    x = Conv2D(256, 3, name="conv5", **halves)(x)
    x = MaxPooling2D(3, 2, name="pool5")(x)
    if not options.include_top:
        return options.model(inputs, options.pooled(x))
    x = Flatten(name="flatten")(x)
    x = Dropout(0.5, name="dropout6")(Dense(4096, name="fc6", **ones)(x))
    x = Dropout(0.5, name="dropout7")(Dense(4096, name="fc7", **ones)(x))
    return options.model(inputs, options.classified(x, "fc8", start["kernel_initializer"]))


def _normalized_and_pooled(x: Node, number: str) -> Node:
    x = LocalResponseNormalization(name=f"norm{number}")(x)
    x = MaxPooling2D(3, 2, name=f"pool{number}")(x)
    return x
