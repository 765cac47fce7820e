"""Pictures of networks and of their training: arrays for those who compute, figures for those who look.

=====================  ==========================================================================
`architecture`         the layers as boxes, and what goes into which
`planes`               the maps as stacked planes, as in LeCun's drawing of LeNet-5
`learning_curves`      loss and accuracy against epochs
`kernels`              the kernels of a layer; links that a connection table leaves out are holes
`feature_maps`         one image on its way through all layers
`confusion_matrix`     which classes are taken for which
`misclassified`        the images that were answered wrong
`layer_figures`        parameters and multiply-accumulates of each layer
`receptive_fields`     how much of a picture the units of each layer see
`network_figures`      networks by parameters, multiply-accumulates and memory
`explain`              where one activation comes from, as text and as a figure
`explain_gradient`     which terms made the gradient of one weight, as text and as a figure
`convolution_steps`    a convolution, step by step; `animate_convolution` as an animated GIF
`sparse_matrix`        a convolution as the matrix it is
`activation_functions` activation functions and their derivatives
`pooling_steps`        pooling, step by step; `animate_pooling` as an animated GIF
---------------------  --------------------------------------------------------------------------
`kernel_grid`          the numbers behind `kernels`
`layer_outputs`        the numbers behind `feature_maps`
`convolution_matrix`   the numbers behind `sparse_matrix`
=====================  ==========================================================================

Every figure function returns a Matplotlib figure, and with ``save="name.png"`` (or ``.svg``, ``.pdf``) also writes
it to a file, which appears whole or not at all. Figures are made without pyplot: no display is needed,
nothing is kept behind your back, and several threads may draw. Models are never changed.

Colors are safe for the color-blind and for print. Numbers of both signs go from blue over white (zero) to
red, on a scale as long below zero as above; numbers of one sign go from white (zero) to black.

Importing this package does not load Matplotlib; the first figure does.
"""

from minicnn.visualize.answers import confusion_matrix, misclassified
from minicnn.visualize.arrays import kernel_grid, layer_outputs
from minicnn.visualize.counts import layer_figures, network_figures
from minicnn.visualize.curves import learning_curves
from minicnn.visualize.explaining import explain, explain_gradient
from minicnn.visualize.fields import receptive_fields
from minicnn.visualize.functions import activation_functions
from minicnn.visualize.kernel_sheet import kernels
from minicnn.visualize.map_sheet import feature_maps
from minicnn.visualize.matrices import convolution_matrix
from minicnn.visualize.matrix_sheet import sparse_matrix
from minicnn.visualize.motion import animate_convolution, animate_pooling, convolution_steps, pooling_steps
from minicnn.visualize.network_sheet import architecture
from minicnn.visualize.plane_sheet import planes

__all__ = [
    "activation_functions", "animate_convolution", "animate_pooling", "architecture", "confusion_matrix",
    "convolution_matrix", "convolution_steps", "explain", "explain_gradient", "feature_maps", "kernel_grid",
    "kernels", "layer_figures", "layer_outputs", "learning_curves", "misclassified", "network_figures", "planes",
    "pooling_steps", "receptive_fields", "sparse_matrix",
]
