"""LeNet-5 as it is taught today."""

from collections.abc import Sequence

from minicnn import _checks
from minicnn.applications._options import Weights
from minicnn.applications._trained import with_weights
from minicnn.layers import Conv2D, Dense, Flatten, MaxPooling2D
from minicnn.models import Input, Sequential

IMAGES = (28, 28, 1)


def LeNet5Modern(classes: int = 10, input_shape: Sequence[int] = IMAGES, *, weights: Weights = None) -> Sequential:
    """The shape of LeNet-5 with the parts of today: 28x28x1 -> 10 probabilities, 44,426 parameters.

    =========  ===========================  ===========  ==========
    layer      what it does                 output       parameters
    =========  ===========================  ===========  ==========
    conv1      6 filters 5x5, ReLU          24x24x6             156
    pool1      2x2 maximum                  12x12x6               0
    conv2      16 filters 5x5x6, ReLU       8x8x16            2,416
    pool2      2x2 maximum                  4x4x16                0
    flatten                                 256                   0
    dense1     120 units, ReLU              120              30,840
    dense2     84 units, ReLU               84               10,164
    output     10 units, softmax            10                  850
    =========  ===========================  ===========  ==========

    No paper: the net of the tutorials. Beside `LeNet5` it has every input map feed every filter, plain
    pooling without parameters, ReLU for the scaled tanh, and a softmax for the RBF codes.

    classes: units of the output. input_shape: (height, width, channels) of the images, at least 16x16. The table
        is that of ten classes and images of 28x28x1.
    weights: "mnist" for those of this package, trained on MNIST, for images from 0 to 1
        (``applications/weights/lenet5_modern.txt`` tells how, and how good they are); a file of weights; or None.

    Raises MinicnnError for weights that are nowhere or do not fit.
    """
    model = Sequential([
        Input(input_shape),
        Conv2D(6, 5, activation="relu", name="conv1"),
        MaxPooling2D(2, name="pool1"),
        Conv2D(16, 5, activation="relu", name="conv2"),
        MaxPooling2D(2, name="pool2"),
        Flatten(name="flatten"),
        Dense(120, activation="relu", name="dense1"),
        Dense(84, activation="relu", name="dense2"),
        Dense(_checks.integer(classes, "classes", "LeNet5Modern"), activation="softmax", name="output"),
    ], name="lenet5_modern")
    asked = {"classes": (classes, 10), "input_shape": (tuple(input_shape), IMAGES)}
    strange = [f"{name}={value}" for name, (value, usual) in asked.items() if value != usual]
    return with_weights(model, weights, "LeNet5Modern", ", ".join(strange) or None)
