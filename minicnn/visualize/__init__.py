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
`histograms`           the weights of each layer, and the gradients of the loss
`update_ratio_curves`  how far a step moves each layer, beside the size of its weights
`dead_unit_bars`       which units of each layer do nothing
`record_gif`           kernels or maps over a training, moving, from the same
`training_record`      a whole training on one page, from what `callbacks.Recorder` kept
---------------------  --------------------------------------------------------------------------
`kernel_grid`          the numbers behind `kernels`
`layer_outputs`        the numbers behind `feature_maps`
`weight_histograms`    with `gradient_histograms` the numbers behind `histograms`
`update_ratios`        ||update|| / ||weights|| of each layer
`dead_units`           ReLUs that are never above zero, and saturated tanhs
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
from minicnn.visualize.fields import receptive_fields
from minicnn.visualize.kernel_sheet import kernels
from minicnn.visualize.learning.film import record_gif
from minicnn.visualize.learning.histogram_sheet import histograms
from minicnn.visualize.learning.histograms import gradient_histograms, weight_histograms
from minicnn.visualize.learning.ratio_sheet import update_ratio_curves
from minicnn.visualize.learning.ratios import update_ratios
from minicnn.visualize.learning.record_sheet import training_record
from minicnn.visualize.learning.unit_sheet import dead_unit_bars
from minicnn.visualize.learning.units import dead_units
from minicnn.visualize.map_sheet import feature_maps
from minicnn.visualize.network_sheet import architecture
from minicnn.visualize.plane_sheet import planes

__all__ = [
    "architecture", "confusion_matrix", "dead_unit_bars", "dead_units", "feature_maps", "gradient_histograms",
    "histograms", "kernel_grid", "kernels", "layer_figures", "layer_outputs", "learning_curves", "misclassified",
    "network_figures", "planes", "receptive_fields", "record_gif", "training_record", "update_ratio_curves",
    "update_ratios", "weight_histograms",
]
