"""Whole models that go from one program to the other, with data for them."""

import numpy as np

from minicnn import Input, Model, Sequential, activations, initializers, layers, set_random_seed
from minicnn.applications import LeNet5

BATCH = 6


def shared_layer():
    """One convolution twice, one model twice."""
    x = Input((6, 6, 2), name="x")
    conv = layers.Conv2D(2, 3, padding="same", activation="relu", name="conv")
    y = conv(layers.MaxPooling2D(1, name="same")(conv(x)))
    inside = Input((6, 6, 2), name="inside")
    inner = Model(inside, layers.DepthwiseConv2D(3, padding="same", name="deep")(inside), name="inner")
    y = layers.Flatten(name="flat")(inner(layers.ReLU(name="between")(inner(y))))
    return Model(x, layers.Dense(3, name="scores")(y), name="shared")


def two_inputs_and_outputs():
    image, numbers = Input((5, 4, 1), name="image"), Input((3,), name="numbers")
    row = layers.Flatten(name="row")(layers.Conv2D(2, 2, strides=2, name="conv")(image))
    both = layers.Concatenate(name="both")([row, numbers])
    return Model([image, numbers], [layers.Dense(3, "softmax", name="classes")(both),
                                    layers.Dense(2, name="place")(both)], name="two")


def residual():
    x = Input((6, 5, 3), name="x")
    y = layers.Conv2D(3, 3, padding="same", use_bias=False, name="first")(x)
    y = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(y))
    y = layers.Add(name="sum")([x, layers.Conv2D(3, 3, padding="same", name="second")(y)])
    return Model(x, layers.Dense(4, name="scores")(layers.GlobalAveragePooling2D(name="mean")(y)), name="residual")


def branches():
    x = Input((6, 6, 2), name="x")
    towers = [layers.Conv2D(2, 1, activation="relu", name="one")(x),
              layers.Conv2D(3, 3, padding="same", activation="relu", name="three")(x),
              layers.MaxPooling2D(3, 1, "same", name="pool")(x)]
    y = layers.GlobalMaxPooling2D(name="most")(layers.Concatenate(name="all")(towers))
    return Model(x, layers.Dense(3, name="scores")(y), name="branches")


def batch_normalization():
    return Sequential([
        Input((6, 6, 1), name="x"), layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization(name="norm"),
        layers.Activation("relu", name="relu"), layers.Flatten(name="flat"), layers.Dense(3, name="scores"),
        layers.BatchNormalization(momentum=0.8, scale=False, name="last")], name="normalized")


def nested():
    deepest = Sequential([Input((4, 4, 2), name="d"), layers.Conv2D(2, 2, name="conv"), layers.Flatten(name="flat")],
                         name="deepest")
    x = Input((4, 4, 2), name="m")
    middle = Model(x, [deepest(x), layers.GlobalAveragePooling2D(name="mean")(x)], name="middle")
    start = Input((4, 4, 2), name="x")
    y = layers.Concatenate(name="both")(middle(start))
    frozen = Sequential([Input((20,), name="f"), layers.Dense(5, "tanh", name="fixed")], name="frozen")
    frozen.trainable = False
    return Model(start, layers.Dense(3, name="scores")(frozen(y)), name="nested")


def mnist_cnn():
    return Sequential([
        Input((28, 28, 1), name="x"), layers.Conv2D(4, 3, activation="relu", name="conv1"),
        layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2", name="conv2"),
        layers.MaxPooling2D(2, name="pool"), layers.Dropout(0.25, name="drop1"), layers.Flatten(name="flat"),
        layers.Dense(16, "relu", kernel_initializer=initializers.HeNormal(seed=3), name="dense"),
        layers.Dropout(0.5, name="drop2"), layers.Dense(10, "softmax", name="scores")], name="mnist")


def lenet5():
    return LeNet5()


def lacking():
    """What Keras lacks, beside LeNet-5: paddings in cells, strides with dilation, functions with arguments."""
    table = np.array([[1, 0, 1], [1, 1, 0]], bool)
    return Sequential([
        Input((11, 10, 2), name="x"),
        layers.Conv2D(2, 2, 2, ((1, 0), (2, 1)), dilation_rate=(2, 3), activation=activations.Relu(0.1), name="a"),
        layers.TableConv2D(table, (3, 2), (1, 1), ((1, 1), (0, 2)), use_bias=False, activation="relu", name="b"),
        layers.DepthwiseConv2D(2, padding=1, activation=activations.Elu(0.5), name="c"),
        layers.Activation("scaled_tanh", name="d"), layers.Subsampling2D((2, 3), activation=None, name="e"),
        layers.Conv2DTranspose(2, 2, activation="scaled_tanh", name="f"),
        layers.Conv2D(2, 2, strides=2, padding="same", dilation_rate=2, name="g"),
        layers.Activation(activations.Relu(max_value=1.0), name="h"), layers.Flatten(name="flat"),
        layers.Dense(3, activations.LeakyRelu(0.3), name="scores")], name="lacking")


MODELS = {make.__name__: make for make in (shared_layer, two_inputs_and_outputs, residual, branches,
                                           batch_normalization, nested, mnist_cnn, lenet5, lacking)}


def model(name):
    """The model, with numbers in every parameter also where it would start from zeros or ones."""
    set_random_seed(len(name))
    made = MODELS[name]()
    rng = np.random.default_rng(len(name))
    for path, array in made.params.items():
        if not path.startswith("RBF"):
            array += (0.2 * rng.random(array.shape) - 0.1).astype(array.dtype)  # around 0: no softmax says 1 and 0
    return made


def inputs(made, seed=0):
    """One batch, an array or a list of them."""
    rng = np.random.default_rng(seed)
    arrays = [rng.random((BATCH, *node.sample_shape), np.float32) for node in made.inputs]
    return arrays if len(arrays) > 1 else arrays[0]


def targets(made, seed=1):
    """Numbers like the outputs."""
    rng = np.random.default_rng(seed)
    arrays = [rng.random((BATCH, *node.sample_shape), np.float32) for node in made.outputs]
    return arrays if len(arrays) > 1 else arrays[0]


def outputs(made, x):
    """What a model of either program predicts, as a list."""
    y = made.predict(x, verbose=0)
    return y if isinstance(y, list) else [y]
