"""The gradient of a class score with respect to the pixels, and its product with them."""

from typing import TYPE_CHECKING, Any

from minicnn import rules
from minicnn.visualize.attribution.walk import joined, rule_step, walks
from minicnn.visualize.scoring import Target, images

if TYPE_CHECKING:
    from minicnn.models import Model


def saliency(model: "Model", x: Any, target: Target = None, rule: str = "vanilla", *, batch_size: int = 32,
             verbose: int = 1) -> Any:
    """The signed gradient of a class score at every pixel: an array like the batch x, or a list for several inputs.

    The score is read before the softmax; that of a network of penalties (LeNet-5's) is minus the penalty.

    x: a batch (N, H, W, C), or one image, which is a batch of one; for a model of several inputs a list of batches.
    target: a class number for all images, or one for each, or None: the class the model answers.
    rule: what happens on the way back at a ReLU, whose input was a and at whose output the signal g arrives:

    ============= =================== ==============================================================
    "vanilla"     g (a > 0)           the gradient: Simonyan et al. 2014, "Deep inside convolutional networks"
    "guided"      g (a > 0) (g > 0)   guided backpropagation: Springenberg et al. 2015
    "deconvnet"   g (g > 0)           Zeiler and Fergus 2014: the forward pass is not asked
    ============= =================== ==============================================================

    Only the first is a derivative. The two others give sharper pictures that depend little on the class and on what
    was learned: see `sanity_check`. They need a ReLU; max pooling goes back to where the maximum was, in all three.
    batch_size: images at a time; it changes the memory taken, not the numbers.
    verbose: 0 for no progress bar; with 1 it appears after two seconds.

    Many tools show the absolute value, and of colors the largest: see `over_channels`.

    Raises MinicnnError for an unknown rule, "guided" or "deconvnet" on a network without ReLU, a class out of range,
    images that do not fit, and a model that has no class scores.
    """
    where = "visualize.saliency"
    inputs, step, nodes = images(model, x, where), rule_step(model, rule, where), model.graph.inputs
    return joined([[walk.signals[node] for node in nodes]
                   for walk in walks(model, inputs, target, step, nodes, where, batch_size, verbose)])


def gradient_x_input(model: "Model", x: Any, target: Target = None, *, batch_size: int = 32, verbose: int = 1) -> Any:
    """The gradient of a class score times the pixel, an array like the batch x, or a list for several inputs.

    Where the network is linear without biases these are the parts that add up to the score (Shrikumar et al. 2016, "Not
    just a black box"; Simonyan's w x is the same). A pixel of value 0 gets 0, whatever it means: mind the background.
    Arguments and errors are those of `saliency`.
    """
    where = "visualize.gradient_x_input"
    inputs, nodes = images(model, x, where), model.graph.inputs
    return joined([[walk.signals[node] * walk.values[node] for node in nodes]
                   for walk in walks(model, inputs, target, rules.gradient, nodes, where, batch_size, verbose)])
