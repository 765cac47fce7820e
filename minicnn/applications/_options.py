"""What the networks of this folder share: what a caller may ask of them, and how they begin and end."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from minicnn import _checks
from minicnn._types import Shape
from minicnn.activations import ActivationFunction
from minicnn.initializers import Initializer
from minicnn.layers import Dense, GlobalAveragePooling2D, GlobalMaxPooling2D
from minicnn.layers.nodes import Input, Node
from minicnn.models import Model

Weights: TypeAlias = str | os.PathLike[str] | None
InputShape: TypeAlias = Sequence[int] | None
ClassifierActivation: TypeAlias = str | ActivationFunction | None

KERAS_FILES = "https://storage.googleapis.com/tensorflow/keras-applications/"
"""Where Keras keeps its ImageNet weights."""


@dataclass(frozen=True)
class Options:
    """The arguments that all networks take, as in Keras:

    include_top: whether the classifier at the end is there. weights: a file with weights, or None for random ones.
    input_shape: (height, width, channels) of the images; the paper's where not given.
    pooling: of a network without the top: "avg" or "max" over each map of the last layer, or None for the maps.
    classes, classifier_activation: of the classifier. name: of the model.
    """

    include_top: bool
    weights: Weights
    input_shape: InputShape
    pooling: str | None
    classes: int
    classifier_activation: ClassifierActivation
    name: str

    def input(self, default: Shape) -> Node:
        """Where the images come in."""
        if self.pooling not in (None, "avg", "max"):
            raise _checks.error(self.name, "unknown pooling", "'avg', 'max' or None", repr(self.pooling))
        _checks.integer(self.classes, "classes", self.name)
        shape = default if self.input_shape is None else self.input_shape
        if not isinstance(shape, Sequence) or len(shape) != 3:
            raise _checks.error(self.name, "the input is an image", "input_shape=(height, width, channels)",
                                repr(shape))
        return Input(shape)

    def classified(self, x: Node, name: str = "predictions", kernel: str | Initializer = "glorot_uniform",
                   bias: str | Initializer = "zeros") -> Node:
        """The classifier: a unit for each class, its weights starting so."""
        x = Dense(self.classes, self.classifier_activation, kernel_initializer=kernel, bias_initializer=bias,
                  name=name)(x)
        return x

    def pooled(self, x: Node, average: str | None = "avg_pool", maximum: str | None = "max_pool") -> Node:
        """The end of a network without its top."""
        if self.pooling == "avg":
            x = GlobalAveragePooling2D(name=average)(x)
        elif self.pooling == "max":
            x = GlobalMaxPooling2D(name=maximum)(x)
        return x

    def averaged_and_classified(self, x: Node) -> Node:
        """The end of a network whose classifier sees the mean of each map."""
        return self.classified(GlobalAveragePooling2D(name="avg_pool")(x)) if self.include_top else self.pooled(x)

    def model(self, inputs: Node, outputs: Node | list[Node], keras_file: str | None = None) -> Model:
        """The network, with its weights where a file was given.

        keras_file: the beginning of the name of the file that Keras has for it, such as "vgg16/vgg16".
        """
        model = Model(inputs, outputs, name=self.name)
        if self.weights is not None:
            if not os.path.isfile(self.weights):
                raise self._no_file(keras_file)
            model.expect_weights()
            model.load_weights(self.weights)
        return model

    def _no_file(self, keras_file: str | None) -> _checks.MinicnnError:
        expected = "the path of a .h5, .weights.h5, .keras, .safetensors or .npz file, or None for random weights"
        cure = "Nobody offers such a file for this network; train it, and save_weights."
        if self.weights == "mnist":
            cure = 'Trained on MNIST are LeNet5(weights="mnist") and LeNet5Modern(weights="mnist").'
        elif keras_file is not None:
            top = "" if self.include_top else "_notop"
            address = f"{KERAS_FILES}{keras_file}_weights_tf_dim_ordering_tf_kernels{top}.h5"
            cure = (f"Nothing is downloaded. Keras's file, trained on ImageNet, is {address}: fetch it, and pass "
                    f"weights={address.rpartition('/')[2]!r}.")
        return _checks.error(self.name, "there is no such file of weights", expected,
                             repr(os.fspath(self.weights or "")), cure)
