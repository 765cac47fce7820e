"""Pictures of networks and of their training: arrays for those who compute, figures for those who look.

=====================  ==========================================================================
`architecture`         the layers as boxes, and what goes into which
`planes`               the maps as stacked planes, as in LeCun's drawing of LeNet-5
`learning_curves`      loss and accuracy against epochs
`kernels`              the kernels of a layer; links that a connection table leaves out are holes
`connection_table`     which input maps each map of a layer reads: LeCun's Table I
`connection_wiring`    one map of a layer, from the maps it reads to its activation
`feature_maps`         one image on its way through all layers
`states`               many images, each with the states of all layers and the answer
`channel_maps`         the channels of one layer for one image
`channel_over_images`  one channel of a layer over many images
`images`               images side by side, as they are; codes are images, too
`saliency_maps`        the pixels that speak for a class, by several methods
`class_activation_maps`  where in the image a class is seen: Grad-CAM, alone and over the image
`occlusion_maps`       what becomes of the answer while a part of the image is hidden
`confusion_matrix`     which classes are taken for which
`misclassified`        the images that were answered wrong
`layer_figures`        parameters and multiply-accumulates of each layer
`receptive_fields`     how much of a picture the units of each layer see
`maximized_activations`  what a class, a channel or a unit would like to see
`top_patches`          the parts of images that excite the channels of a layer most
`network_figures`      networks by parameters, multiply-accumulates and memory
`explain`              where one activation comes from, as text and as a figure
`explain_gradient`     which terms made the gradient of one weight, as text and as a figure
`convolution_steps`    a convolution, step by step; `animate_convolution` as an animated GIF
`sparse_matrix`        a convolution as the matrix it is
`activation_functions` activation functions and their derivatives
`pooling_steps`        pooling, step by step; `animate_pooling` as an animated GIF
`histograms`           the weights of each layer, and the gradients of the loss
`update_ratio_curves`  how far a step moves each layer, beside the size of its weights
`dead_unit_bars`       which units of each layer do nothing
`record_gif`           kernels or maps over a training, moving, from the same
`report`               all of it for one model, on one page of HTML
`training_record`      a whole training on one page, from what `callbacks.Recorder` kept
`record_gif`           kernels or maps over a training, moving, from the same
---------------------  --------------------------------------------------------------------------
`kernel_grid`          the numbers behind `kernels`
`layer_outputs`        the numbers behind `feature_maps`
`weight_histograms`    with `gradient_histograms` the numbers behind `histograms`
`update_ratios`        ||update|| / ||weights|| of each layer
`dead_units`           ReLUs that are never above zero, and saturated tanhs
`maximize_activation`  the pictures behind `maximized_activations`
`exciting_patches`     the patches behind `top_patches`
`occlusion`            the numbers behind `occlusion_maps`
`saliency`             the gradient of a class score, guided backpropagation, deconvnet
`gradient_x_input`     the gradient times the pixels
`integrated_gradients`  the gradient summed up on the way from a baseline, and how well it adds up
`over_channels`        one number a pixel from one for each channel, by several conventions
`cam`, `grad_cam`      maps of a layer weighted for a class, in the layer's own cells
`guided_grad_cam`      guided backpropagation times Grad-CAM
`upsample`             maps made as large as the image
`sanity_check`         whether such maps depend on what the network learned: a table, and its figure
`convolution_matrix`   the numbers behind `sparse_matrix`
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
from minicnn.visualize.arrays import layer_outputs
from minicnn.visualize.attribution.channels import over_channels
from minicnn.visualize.attribution.gradients import gradient_x_input, saliency
from minicnn.visualize.attribution.integrated import integrated_gradients
from minicnn.visualize.attribution.sheet import saliency_maps
from minicnn.visualize.cams.guided import guided_grad_cam
from minicnn.visualize.cams.maps import cam, grad_cam
from minicnn.visualize.cams.sheet import class_activation_maps
from minicnn.visualize.cams.upsampling import upsample
from minicnn.visualize.channel_sheet import channel_maps, channel_over_images
from minicnn.visualize.counts import layer_figures, network_figures
from minicnn.visualize.curves import learning_curves
from minicnn.visualize.explaining import explain, explain_gradient
from minicnn.visualize.fields import receptive_fields
from minicnn.visualize.functions import activation_functions
from minicnn.visualize.image_sheet import images
from minicnn.visualize.kernel_arrays import kernel_grid
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
from minicnn.visualize.matrices import convolution_matrix
from minicnn.visualize.matrix_sheet import sparse_matrix
from minicnn.visualize.maximizing import maximize_activation, maximized_activations
from minicnn.visualize.motion import animate_convolution, animate_pooling, convolution_steps, pooling_steps
from minicnn.visualize.network_sheet import architecture
from minicnn.visualize.occluding import occlusion, occlusion_maps
from minicnn.visualize.patches import exciting_patches, top_patches
from minicnn.visualize.plane_sheet import planes
from minicnn.visualize.reporting import report
from minicnn.visualize.sanity.check import sanity_check
from minicnn.visualize.state_sheet import states
from minicnn.visualize.table_sheet import connection_table
from minicnn.visualize.wiring_sheet import connection_wiring

__all__ = [
    "activation_functions", "animate_convolution", "animate_pooling", "architecture", "cam", "channel_maps",
    "channel_over_images", "class_activation_maps", "confusion_matrix", "connection_table", "connection_wiring",
    "convolution_matrix", "convolution_steps", "dead_unit_bars", "dead_units", "exciting_patches", "explain",
    "explain_gradient", "feature_maps", "grad_cam", "gradient_histograms", "gradient_x_input", "guided_grad_cam",
    "histograms", "images", "integrated_gradients", "kernel_grid", "kernels", "layer_figures", "layer_outputs",
    "learning_curves", "maximize_activation", "maximized_activations", "misclassified", "network_figures",
    "occlusion", "occlusion_maps", "over_channels", "planes", "pooling_steps", "receptive_fields", "record_gif",
    "report", "saliency", "saliency_maps", "sanity_check", "sparse_matrix", "states", "top_patches", "training_record",
    "update_ratio_curves", "update_ratios", "upsample", "weight_histograms",
]
