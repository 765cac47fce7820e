"""Layers: forward, backward and curvature side by side. One file per family.

Read `base` first: it says what a layer is and how to write one of your own.
"""

from minicnn.layers.base import Layer, Parameter
from minicnn.layers.conv import Conv2D
from minicnn.layers.dense import RBF, Dense
from minicnn.layers.nodes import Input
from minicnn.layers.pooling import AveragePooling2D, MaxPooling2D, Subsampling2D
from minicnn.layers.simple import Activation, Add, Dropout, Flatten, InputLayer
from minicnn.layers.table_conv import TableConv2D

__all__ = [
    "RBF", "Activation", "Add", "AveragePooling2D", "Conv2D", "Dense", "Dropout", "Flatten", "Input",
    "InputLayer", "Layer", "MaxPooling2D", "Parameter", "Subsampling2D", "TableConv2D",
]
