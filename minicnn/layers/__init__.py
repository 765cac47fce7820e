"""Layers: forward, backward and curvature side by side. One file per family.

Read `base` first: it says what a layer is and how to write one of your own.
"""

from minicnn.layers.base import Layer, Parameter
from minicnn.layers.conv import Conv2D
from minicnn.layers.conv_transpose import Conv2DTranspose
from minicnn.layers.dense import RBF, Dense
from minicnn.layers.depthwise import DepthwiseConv2D
from minicnn.layers.functions import ELU, LeakyReLU, ReLU, Softmax
from minicnn.layers.global_pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from minicnn.layers.merge import Add, Average, Concatenate, Multiply, add, average, concatenate, multiply
from minicnn.layers.nodes import Input
from minicnn.layers.normalization import BatchNormalization, LocalResponseNormalization
from minicnn.layers.padding import Cropping2D, ZeroPadding2D
from minicnn.layers.pooling import AveragePooling2D, MaxPooling2D, Subsampling2D
from minicnn.layers.reshaping import Flatten, Reshape
from minicnn.layers.simple import Activation, Dropout, InputLayer, Rescaling
from minicnn.layers.table_conv import TableConv2D

__all__ = [
    "ELU", "RBF", "Activation", "Add", "Average", "AveragePooling2D", "BatchNormalization", "Concatenate", "Conv2D",
    "Conv2DTranspose", "Cropping2D", "Dense", "DepthwiseConv2D", "Dropout", "Flatten", "GlobalAveragePooling2D",
    "GlobalMaxPooling2D", "Input", "InputLayer", "Layer", "LeakyReLU", "LocalResponseNormalization", "MaxPooling2D",
    "Multiply", "Parameter", "ReLU", "Rescaling", "Reshape", "Softmax", "Subsampling2D", "TableConv2D",
    "ZeroPadding2D", "add", "average", "concatenate", "multiply",
]
