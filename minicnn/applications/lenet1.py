"""LeNet-1: Le Cun, Boser, Denker et al., "Handwritten digit recognition with a back-propagation network", 1990.

Section 4 (Advances in Neural Information Processing Systems 2, pp. 396-404):

======  =======================================  ========  ==========  ===========
layer   what it does                             output    parameters  connections
======  =======================================  ========  ==========  ===========
H1      4 maps, 5x5 convolution                  24x24x4          104       59,904
H2      sum of 2x2 * coefficient + bias          12x12x4            8        2,880
H3      12 maps, 5x5 along Table 1               8x8x12           512       32,768
H4      sum of 2x2 * coefficient + bias          4x4x12            24          960
output  10 units                                 10             1,930        1,930
total                                                           2,578       98,442
======  =======================================  ========  ==========  ===========

The paper counts 4,635 units: those above, the input's 784, and one for the biases. The digits of 16x16, from -1 to 1,
stand in the middle of the input of 28x28. Every layer squashes. The authors called it LeNet-1 later, in 1995.
Trained like LeNet-5 it has 2.1 % of MNIST's test digits wrong (``examples/train_lenet1.py``); the paper of 1998: 1.7 %.
"""

from typing import Any

import numpy as np

from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.initializers import FanInUniform, Initializer
from minicnn.layers import Conv2D, Flatten, Subsampling2D, TableConv2D
from minicnn.models import Model

# Table 1 of the paper: rows are the maps of H2, columns the maps of H3.
TABLE_1 = np.array([[cell == "X" for cell in row] for row in (
    "XXX.XX......",
    ".XXXXX......",
    "......XXX.XX",
    ".......XXXXX",
)])


def LeNet1(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
           pooling: str | None = None, classes: int = 10, classifier_activation: ClassifierActivation = "scaled_tanh",
           initializer: Initializer | None = None, name: str = "lenet1") -> Model:
    """28x28x1 images -> 10 scores around -1 and 1 (the largest wins): 2,578 parameters.

    initializer: of all parameters; uniform within 2.4 / fan-in unless told, the rule of these authors.
    Further arguments: `minicnn.applications`.
    """
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    inputs = options.input((28, 28, 1))
    start = FanInUniform(2.4, 1.0) if initializer is None else initializer
    squashed: dict[str, Any] = {"activation": "scaled_tanh", "bias_initializer": start}
    conv = {**squashed, "kernel_initializer": start}
    pool = {**squashed, "coefficient_initializer": start}
    x = Subsampling2D(2, name="H2", **pool)(Conv2D(4, 5, name="H1", **conv)(inputs))
    x = Subsampling2D(2, name="H4", **pool)(TableConv2D(TABLE_1, 5, name="H3", **conv)(x))
    if include_top:
        return options.model(inputs, options.classified(Flatten(name="flatten")(x), "output", start, start))
    return options.model(inputs, options.pooled(x))
