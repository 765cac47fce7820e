"""The convolutional network of Keras's MNIST example, which a generation of listings begins with."""

from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from minicnn.models import Model


def MNISTConvNet(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
                 pooling: str | None = None, classes: int = 10,
                 classifier_activation: ClassifierActivation = "softmax", name: str = "mnist_convnet") -> Model:
    """28x28x1 images -> 10 probabilities: 1,199,882 parameters. Arguments: `minicnn.applications`.

    =========  ===========================  ===========  ==========
    layer      what it does                 output       parameters
    =========  ===========================  ===========  ==========
    conv1      32 filters 3x3, ReLU         26x26x32            320
    conv2      64 filters 3x3x32, ReLU      24x24x64         18,496
    pool       2x2 maximum                  12x12x64              0
    dropout1   25%                          12x12x64              0
    flatten                                 9216                  0
    dense      128 units, ReLU              128           1,179,776
    dropout2   50%                          128                   0
    output     10 units, softmax            10                1,290
    =========  ===========================  ===========  ==========
    """
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    inputs = options.input((28, 28, 1))
    x = Conv2D(32, 3, activation="relu", name="conv1")(inputs)
    x = Conv2D(64, 3, activation="relu", name="conv2")(x)
    x = Dropout(0.25, name="dropout1")(MaxPooling2D(2, name="pool")(x))
    if not include_top:
        return options.model(inputs, options.pooled(x))
    x = Dense(128, activation="relu", name="dense")(Flatten(name="flatten")(x))
    return options.model(inputs, options.classified(Dropout(0.5, name="dropout2")(x), "output"))
