"""The one table of layers that the audits of this folder run through."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from minicnn import activations, layers
from minicnn._types import Shape

TABLE = np.array([[1, 0, 1], [1, 1, 0]], bool)
CENTERS = np.random.default_rng(5).standard_normal((4, 5))


@dataclass(frozen=True)
class Case:
    """A layer, made by ``make``, on inputs of the given shapes (without the batch axis)."""

    make: Callable[[], layers.Layer]
    shapes: tuple[Shape, ...]
    training: bool = False

    def layer(self, dtype="float64"):
        """Built, in this type, with random numbers also where it would start from zeros or ones."""
        layer = self.make()
        layer.build(*self.shapes)
        layer.cast(dtype)
        rng = np.random.default_rng(7)
        numbers = {name: rng.standard_normal(shape) for name, shape in layer.shapes().items()}
        # The one parameter that may not be negative.
        layer.set_weights([np.abs(v) + 0.1 if name == "moving_variance" else v for name, v in numbers.items()])
        return layer

    def inputs(self, dtype="float64", batch=3, seed=11):
        rng = np.random.default_rng(seed)
        return [rng.standard_normal((batch, *shape)).astype(dtype) for shape in self.shapes]

    def forward(self, layer, *x):
        """The same random numbers each time, for layers that use some."""
        return layer.forward(*x, training=self.training, rng=np.random.default_rng(13))


IMAGE = ((5, 6, 2),)
CASES = {
    "Conv2D": Case(lambda: layers.Conv2D(3, 3, activation="relu"), IMAGE),
    "Conv2D without bias": Case(lambda: layers.Conv2D(3, (2, 3), use_bias=False), IMAGE),
    "Conv2D strides, same": Case(lambda: layers.Conv2D(2, 3, (2, 3), "same", activation="tanh"), IMAGE),
    "Conv2D dilation, padding": Case(
        lambda: layers.Conv2D(2, 2, padding=((1, 0), (2, 1)), dilation_rate=(2, 3), strides=2), IMAGE),
    "Conv2D groups": Case(lambda: layers.Conv2D(4, 2, groups=2, activation="scaled_tanh"), ((4, 3, 4),)),
    "Conv2D depthwise": Case(lambda: layers.Conv2D(6, 3, groups=3), ((4, 3, 3),)),
    "Conv2D softmax": Case(lambda: layers.Conv2D(3, 2, activation="softmax"), ((3, 3, 1),)),
    "Conv2DTranspose": Case(lambda: layers.Conv2DTranspose(3, 3, activation="relu"), IMAGE),
    "Conv2DTranspose strides, same": Case(
        lambda: layers.Conv2DTranspose(2, (3, 2), (2, 3), "same", use_bias=False), IMAGE),
    "Conv2DTranspose output padding": Case(
        lambda: layers.Conv2DTranspose(2, 3, (2, 3), "same", (1, 2), activation="tanh"), ((3, 4, 2),)),
    "Conv2DTranspose strides beyond the kernel": Case(lambda: layers.Conv2DTranspose(2, (1, 2), 3), ((3, 2, 3),)),
    "Conv2DTranspose dilation": Case(
        lambda: layers.Conv2DTranspose(2, 2, padding="same", dilation_rate=(2, 3)), ((4, 5, 1),)),
    "Conv2DTranspose strides, dilation": Case(
        lambda: layers.Conv2DTranspose(1, (2, 3), 2, "valid", 1, dilation_rate=2), ((2, 3, 2),)),
    "DepthwiseConv2D": Case(lambda: layers.DepthwiseConv2D(3, activation="relu"), IMAGE),
    "DepthwiseConv2D multiplier, strides, same": Case(
        lambda: layers.DepthwiseConv2D((3, 2), (2, 1), "same", 3, activation="tanh"), IMAGE),
    "DepthwiseConv2D dilation, padding": Case(
        lambda: layers.DepthwiseConv2D(2, 2, ((1, 0), (2, 1)), 2, dilation_rate=(2, 3), use_bias=False), IMAGE),
    "ZeroPadding2D": Case(lambda: layers.ZeroPadding2D(), IMAGE),
    "ZeroPadding2D one side": Case(lambda: layers.ZeroPadding2D(((2, 0), (0, 1))), IMAGE),
    "ZeroPadding2D none": Case(lambda: layers.ZeroPadding2D(0), IMAGE),
    "Cropping2D": Case(lambda: layers.Cropping2D(((1, 2), (0, 3))), IMAGE),
    "Cropping2D none": Case(lambda: layers.Cropping2D(), IMAGE),
    "BatchNormalization": Case(lambda: layers.BatchNormalization(), IMAGE),
    "BatchNormalization training": Case(lambda: layers.BatchNormalization(), IMAGE, training=True),
    "BatchNormalization frozen, training": Case(lambda: layers.BatchNormalization(trainable=False), IMAGE, True),
    "BatchNormalization not centered": Case(
        lambda: layers.BatchNormalization(3, center=False, epsilon=0.1), IMAGE, training=True),
    "BatchNormalization not scaled": Case(lambda: layers.BatchNormalization(scale=False), IMAGE, training=True),
    "BatchNormalization neither": Case(lambda: layers.BatchNormalization(center=False, scale=False), IMAGE),
    "BatchNormalization of vectors": Case(lambda: layers.BatchNormalization(), ((5,),)),
    "BatchNormalization of vectors, training": Case(
        lambda: layers.BatchNormalization(center=False, scale=False), ((5,),), training=True),
    # The paper's alpha hardly shows in a gradient, so others have larger ones.
    "LocalResponseNormalization": Case(lambda: layers.LocalResponseNormalization(), ((3, 2, 7),)),
    "LocalResponseNormalization strong": Case(
        lambda: layers.LocalResponseNormalization(3, 1.0, 0.7, 0.75), ((3, 2, 7),)),
    "LocalResponseNormalization average": Case(
        lambda: layers.LocalResponseNormalization(5, 0.5, 2.0, 1.5, average=True), ((3, 2, 7),)),
    "LocalResponseNormalization wider than the maps": Case(
        lambda: layers.LocalResponseNormalization(9, alpha=0.5), ((3, 2, 3),)),
    "LocalResponseNormalization one map": Case(lambda: layers.LocalResponseNormalization(alpha=1.0), ((3, 2, 1),)),
    "TableConv2D": Case(lambda: layers.TableConv2D(TABLE, 3, activation="scaled_tanh"), IMAGE),
    "TableConv2D strides, padding": Case(
        lambda: layers.TableConv2D(TABLE, (3, 2), (2, 1), ((1, 0), (0, 2)), use_bias=False), IMAGE),
    "Subsampling2D": Case(lambda: layers.Subsampling2D(2), ((4, 6, 3),)),
    "Subsampling2D rest, linear": Case(lambda: layers.Subsampling2D((2, 3), activation=None), ((5, 7, 2),)),
    "MaxPooling2D": Case(lambda: layers.MaxPooling2D(2), IMAGE),
    "MaxPooling2D overlapping, same": Case(lambda: layers.MaxPooling2D((3, 2), (2, 1), "same"), IMAGE),
    "AveragePooling2D": Case(lambda: layers.AveragePooling2D(2), IMAGE),
    "AveragePooling2D overlapping, same": Case(lambda: layers.AveragePooling2D(3, (2, 1), "same"), IMAGE),
    "Dense": Case(lambda: layers.Dense(4, activation="sigmoid"), ((5,),)),
    "Dense without bias, softmax": Case(lambda: layers.Dense(4, "softmax", use_bias=False), ((5,),)),
    "RBF": Case(lambda: layers.RBF(CENTERS), ((5,),)),
    "RBF trainable": Case(lambda: layers.RBF(CENTERS.tolist(), trainable=True), ((5,),)),
    "Flatten": Case(lambda: layers.Flatten(), IMAGE),
    **{f"Activation {name}": Case(lambda name=name: layers.Activation(name), IMAGE) for name in activations._BY_NAME},
    "Activation softmax of a vector": Case(lambda: layers.Activation("softmax"), ((7,),)),
    "ReLU": Case(lambda: layers.ReLU(), IMAGE),
    "ReLU, all options": Case(lambda: layers.ReLU(0.9, 0.2, 0.1), IMAGE),
    "LeakyReLU": Case(lambda: layers.LeakyReLU(), IMAGE),
    "LeakyReLU 0.1": Case(lambda: layers.LeakyReLU(0.1), ((6,),)),
    "ELU": Case(lambda: layers.ELU(), IMAGE),
    "ELU 0.5": Case(lambda: layers.ELU(alpha=0.5), ((6,),)),
    "Softmax": Case(lambda: layers.Softmax(), ((7,),)),
    "Softmax of columns": Case(lambda: layers.Softmax(axis=2), ((3, 4, 2),)),
    "Softmax of rows": Case(lambda: layers.Softmax(-3), ((3, 4, 2),)),
    "Dropout": Case(lambda: layers.Dropout(0.4), IMAGE),
    "Dropout training": Case(lambda: layers.Dropout(0.4), IMAGE, training=True),
    "Dropout of whole maps": Case(lambda: layers.Dropout(0.4, (None, 1, 1, None)), IMAGE, training=True),
    "Reshape": Case(lambda: layers.Reshape((3, 5, 4)), IMAGE),
    "Reshape, one size left over": Case(lambda: layers.Reshape((-1, 2, 2)), ((6, 2),)),
    "Rescaling": Case(lambda: layers.Rescaling(-2.5, 0.5), IMAGE),
    "Rescaling by channel": Case(lambda: layers.Rescaling([0.5, 3], np.array([[[1.0]], [[2]], [[3]]])), ((3, 4, 2),)),
    "GlobalAveragePooling2D": Case(lambda: layers.GlobalAveragePooling2D(), IMAGE),
    "GlobalAveragePooling2D, axes kept": Case(lambda: layers.GlobalAveragePooling2D(keepdims=True), ((1, 4, 3),)),
    "GlobalMaxPooling2D": Case(lambda: layers.GlobalMaxPooling2D(), IMAGE),
    "GlobalMaxPooling2D, axes kept": Case(lambda: layers.GlobalMaxPooling2D(True), ((17, 19, 2),)),
    **{f"{name} {kind}": Case(getattr(layers, name), shapes) for name in ("Add", "Average", "Multiply")
       for kind, shapes in {"two": ((2, 3, 4),) * 2, "three": ((6,),) * 3,
                            "a factor per channel": ((2, 3, 4), (1, 1, 4)),
                            "crossed": ((2, 1, 4), (1, 3, 4), (2, 3, 1))}.items()},
    "Concatenate": Case(lambda: layers.Concatenate(), ((2, 3, 1), (2, 3, 4))),
    "Concatenate three vectors": Case(lambda: layers.Concatenate(), ((3,), (1,), (2,))),
    "Concatenate rows": Case(lambda: layers.Concatenate(axis=1), ((2, 3, 2), (3, 3, 2))),
    "Concatenate columns": Case(lambda: layers.Concatenate(-2), ((2, 1, 2), (2, 3, 2), (2, 2, 2))),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def all_cases():
    return CASES
