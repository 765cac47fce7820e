"""VGG: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014 (ICLR 2015).

Table 1, the six columns; conv3-64 is a 3x3 convolution to 64 maps, and each is followed by ReLU::

    A          A-LRN      B          C          D          E
    11 layers  11 layers  13 layers  16 layers  16 layers  19 layers
    conv3-64   conv3-64   conv3-64   conv3-64   conv3-64   conv3-64
               LRN        conv3-64   conv3-64   conv3-64   conv3-64
    maxpool
    conv3-128  conv3-128  conv3-128  conv3-128  conv3-128  conv3-128
                          conv3-128  conv3-128  conv3-128  conv3-128
    maxpool
    conv3-256  conv3-256  conv3-256  conv3-256  conv3-256  conv3-256
    conv3-256  conv3-256  conv3-256  conv3-256  conv3-256  conv3-256
                                     conv1-256  conv3-256  conv3-256
                                                           conv3-256
    maxpool
    conv3-512  conv3-512  conv3-512  conv3-512  conv3-512  conv3-512
    conv3-512  conv3-512  conv3-512  conv3-512  conv3-512  conv3-512
                                     conv1-512  conv3-512  conv3-512
                                                           conv3-512
    maxpool
    the last five rows once more
    FC-4096, FC-4096, FC-1000, softmax
    parameters, in millions (Table 2; below exactly)
    133        133        133        134        138        144

Images are 224x224x3; a maxpool is 2x2 with stride 2. The paper trains with dropout of 0.5 behind the first two FC;
it is not in the network here, nor in Keras's. Weights start by Keras's rule; the paper started the deeper nets from the
trained A, and later found that Glorot's rule, which is Keras's, does as well. D and E are Keras's VGG16 and VGG19:
same names, same order, same files.
"""

from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.layers import Conv2D, Dense, Flatten, LocalResponseNormalization, MaxPooling2D
from minicnn.models import Model

FILTERS = (64, 128, 256, 512, 512)
"""Of the convolutions of each block; a pool ends the block."""

COLUMNS = {
    "A": ("3", "3", "33", "33", "33"),
    "A-LRN": ("3n", "3", "33", "33", "33"),
    "B": ("33", "33", "33", "33", "33"),
    "C": ("33", "33", "331", "331", "331"),
    "D": ("33", "33", "333", "333", "333"),
    "E": ("33", "33", "3333", "3333", "3333"),
}
"""Block by block: 3 and 1 are the sizes of the kernels, n is local response normalization."""

KERAS_FILES = {"D": "vgg16/vgg16", "E": "vgg19/vgg19"}


def vgg(column: str, options: Options) -> Model:
    """The network of a column of the table."""
    x = inputs = options.input((224, 224, 3))
    for number, (layers, filters) in enumerate(zip(COLUMNS[column], FILTERS, strict=True), start=1):
        for place, kind in enumerate(layers, start=1):
            name = f"block{number}_conv{place}"
            x = LocalResponseNormalization(name=f"block{number}_lrn")(x) if kind == "n" else Conv2D(
                filters, int(kind), activation="relu", padding="same", name=name)(x)
        x = MaxPooling2D(2, name=f"block{number}_pool")(x)
    if options.include_top:
        x = Flatten(name="flatten")(x)
        x = Dense(4096, activation="relu", name="fc1")(x)
        x = Dense(4096, activation="relu", name="fc2")(x)
        x = options.classified(x)
    else:
        x = options.pooled(x, average=None, maximum=None)  # Keras gives these no name of their own
    return options.model(inputs, x, KERAS_FILES.get(column))


def VGG11(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
          pooling: str | None = None, classes: int = 1000,
          classifier_activation: ClassifierActivation = "softmax", name: str = "vgg11") -> Model:
    """Column A: 132,863,336 parameters. Arguments: `minicnn.applications`."""
    return vgg("A", Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))


def VGG11LRN(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
             pooling: str | None = None, classes: int = 1000,
             classifier_activation: ClassifierActivation = "softmax", name: str = "vgg11_lrn") -> Model:
    """Column A-LRN: 132,863,336 parameters. Arguments: `minicnn.applications`."""
    return vgg("A-LRN", Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))


def VGG13(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
          pooling: str | None = None, classes: int = 1000,
          classifier_activation: ClassifierActivation = "softmax", name: str = "vgg13") -> Model:
    """Column B: 133,047,848 parameters. Arguments: `minicnn.applications`."""
    return vgg("B", Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))


def VGG16C(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
           pooling: str | None = None, classes: int = 1000,
           classifier_activation: ClassifierActivation = "softmax", name: str = "vgg16c") -> Model:
    """Column C: 133,638,952 parameters. Arguments: `minicnn.applications`."""
    return vgg("C", Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))


def VGG16(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
          pooling: str | None = None, classes: int = 1000,
          classifier_activation: ClassifierActivation = "softmax", name: str = "vgg16") -> Model:
    """Column D: 138,357,544 parameters. Arguments: `minicnn.applications`."""
    return vgg("D", Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))


def VGG19(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
          pooling: str | None = None, classes: int = 1000,
          classifier_activation: ClassifierActivation = "softmax", name: str = "vgg19") -> Model:
    """Column E: 143,667,240 parameters. Arguments: `minicnn.applications`."""
    return vgg("E", Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name))
