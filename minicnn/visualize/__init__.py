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
`saliency_maps`        the pixels that speak for a class, by several methods
`class_activation_maps`  where in the image a class is seen: Grad-CAM, alone and over the image
---------------------  --------------------------------------------------------------------------
`kernel_grid`          the numbers behind `kernels`
`layer_outputs`        the numbers behind `feature_maps`
`saliency`             the gradient of a class score, guided backpropagation, deconvnet
`gradient_x_input`     the gradient times the pixels
`integrated_gradients`  the gradient summed up on the way from a baseline, and how well it adds up
`over_channels`        one number a pixel from one for each channel, by several conventions
`cam`, `grad_cam`      maps of a layer weighted for a class, in the layer's own cells
`guided_grad_cam`      guided backpropagation times Grad-CAM
`upsample`             maps made as large as the image
`sanity_check`         whether such maps depend on what the network learned: a table, and its figure
=====================  ==========================================================================

Every figure function returns a Matplotlib figure, and with ``save="name.png"`` (or ``.svg``, ``.pdf``) also writes
it to a file, which appears whole or not at all. Figures are made without pyplot: no display is needed,
nothing is kept behind your back, and several threads may draw. Models are never changed.

Colors are safe for the color-blind and for print. Numbers of both signs go from blue over white (zero) to
red, on a scale as long below zero as above; numbers of one sign go from white (zero) to black.
Heat over an image goes from dark blue (zero) over green to yellow.

Importing this package does not load Matplotlib; the first figure does.
"""

from minicnn.visualize.answers import confusion_matrix, misclassified
from minicnn.visualize.arrays import kernel_grid, layer_outputs
from minicnn.visualize.attribution.channels import over_channels
from minicnn.visualize.attribution.gradients import gradient_x_input, saliency
from minicnn.visualize.attribution.integrated import integrated_gradients
from minicnn.visualize.attribution.sheet import saliency_maps
from minicnn.visualize.cams.guided import guided_grad_cam
from minicnn.visualize.cams.maps import cam, grad_cam
from minicnn.visualize.cams.sheet import class_activation_maps
from minicnn.visualize.cams.upsampling import upsample
from minicnn.visualize.counts import layer_figures, network_figures
from minicnn.visualize.curves import learning_curves
from minicnn.visualize.fields import receptive_fields
from minicnn.visualize.kernel_sheet import kernels
from minicnn.visualize.map_sheet import feature_maps
from minicnn.visualize.network_sheet import architecture
from minicnn.visualize.plane_sheet import planes
from minicnn.visualize.sanity.check import sanity_check

__all__ = [
    "architecture", "cam", "class_activation_maps", "confusion_matrix", "feature_maps", "grad_cam",
    "gradient_x_input", "guided_grad_cam", "integrated_gradients", "kernel_grid", "kernels", "layer_figures",
    "layer_outputs", "learning_curves", "misclassified", "network_figures", "over_channels", "planes",
    "receptive_fields", "saliency", "saliency_maps", "sanity_check", "upsample",
]
