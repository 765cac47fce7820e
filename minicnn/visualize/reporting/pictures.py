"""What a report shows, from the network as it stands to what training did to it. The docstrings are its captions."""


import numpy as np

from minicnn import _checks, counting, visualize
from minicnn.layers import Conv2D, DepthwiseConv2D, TableConv2D
from minicnn.layers.base import Layer
from minicnn.visualize import scoring
from minicnn.visualize.reporting.registry import Drawn, picture
from minicnn.visualize.reporting.subject import Subject

KERNEL_SHEETS, LARGEST = 4, 64  # layers whose kernels are drawn; filters and input maps a legible sheet has at most
PATCH_LAYERS, PATCH_CHANNELS = 2, 8


@picture("The network")
def architecture(subject: Subject) -> Drawn:
    """Every layer with its name, what leaves it, and its parameters."""
    yield "", visualize.architecture(subject.model)


@picture("The maps as planes")
def planes(subject: Subject) -> Drawn:
    """In the manner of LeCun's drawing of LeNet-5: a stack of planes is a layer, a plane is a map."""
    yield "", visualize.planes(subject.model)


@picture("Where the parameters and the work are")
def figures(subject: Subject) -> Drawn:
    """Parameters and multiply-accumulates of each layer, on one image."""
    yield "", visualize.layer_figures(counting.count(subject.model))


@picture("What a unit sees")
def receptive_fields(subject: Subject) -> Drawn:
    """The part of the image that the middle unit of each layer can depend on."""
    yield subject.names[0], visualize.receptive_fields(counting.count(subject.model), subject.images[0])


@picture("Kernels")
def kernels(subject: Subject) -> Drawn:
    """The weights of the first convolutions: red positive, blue negative, white zero. A kernel answers most to what
    looks like itself."""
    layers = [layer for layer in _layers(subject, Conv2D, TableConv2D, DepthwiseConv2D)
              if max(visualize.kernel_grid(layer).shape[2:]) <= LARGEST]
    if not layers:
        raise _checks.error("kernels", "no layer has kernels that a page could hold", f"up to {LARGEST} filters")
    for layer in layers[:KERNEL_SHEETS]:
        yield layer.name, visualize.kernels(subject.model, layer.name)


@picture("Which maps a map reads")
def connection_table(subject: Subject) -> Drawn:
    """Rows are input maps, columns output maps, as in Table I of LeCun et al. 1998."""
    layers = [layer for layer in _layers(subject, TableConv2D, Conv2D)
              if isinstance(layer, TableConv2D) or layer.groups > 1]  # type: ignore[attr-defined]
    if not layers:
        raise _checks.error("connection_table", "every map of every convolution reads all maps before it")
    for layer in layers[:KERNEL_SHEETS]:
        yield layer.name, visualize.connection_table(subject.model, layer.name)


@picture("An image on its way")
def feature_maps(subject: Subject) -> Drawn:
    """All that an image becomes, layer by layer."""
    for name, image in zip(subject.names, subject.images, strict=True):
        yield name, visualize.feature_maps(subject.model, image)


@picture("All channels of the last maps")
def channel_maps(subject: Subject) -> Drawn:
    """What each channel finds, and where: the last maps before the classes, up to 49 channels."""
    node = scoring.map_node(subject.model, None, "channel_maps")
    for name, image in zip(subject.names, subject.images, strict=True):
        yield name, visualize.channel_maps(subject.model, image, scoring.name_of(subject.model, node),
                                           channels=min(49, node.sample_shape[-1]))


@picture("What changes the answer: gradients")
def saliency(subject: Subject) -> Drawn:
    """The gradient of the class score in each pixel: red where more light would raise the score, blue where it would
    lower it; and the rules and products that people make of it."""
    yield "", visualize.saliency_maps(subject.model, subject.images, names=subject.classes)


@picture("What the answer looks at: Grad-CAM")
def grad_cam(subject: Subject) -> Drawn:
    """The last maps, weighted by how much the class score depends on each of them."""
    yield "", visualize.class_activation_maps(subject.model, subject.images, names=subject.classes)


@picture("What the answer needs: occlusion")
def occlusion(subject: Subject) -> Drawn:
    """A patch is moved over the image; the maps tell what the network says while it covers a place."""
    yield "", visualize.occlusion_maps(subject.model, subject.images, names=subject.classes)


@picture("What each class wants to see")
def maximization(subject: Subject) -> Drawn:
    """Images that raise a class score as far as they can, found by following its gradient from noise."""
    yield "", visualize.maximized_activations(subject.model, range(min(len(subject.classes), 10)), like=subject.many,
                                              names=subject.classes, verbose=0)


@picture("What excites a channel")
def patches(subject: Subject) -> Drawn:
    """The parts of the images to which a channel answers most, cut out as large as its receptive field."""
    for layer in _layers(subject, Conv2D, TableConv2D)[:PATCH_LAYERS]:
        channels = layer.output.sample_shape[-1]
        yield layer.name, visualize.top_patches(subject.model, layer.name, subject.many,
                                                range(min(PATCH_CHANNELS, channels)))


@picture("Where one number comes from")
def explain(subject: Subject) -> Drawn:
    """The largest number of the last maps, taken apart: what it sees, each product, bias and squashing."""
    node = scoring.map_node(subject.model, None, "explain")
    name = scoring.name_of(subject.model, node)
    value = subject.model.activations(subject.images[:1])[name][0]
    unit = tuple(int(i) for i in np.unravel_index(int(np.abs(value).argmax()), value.shape))
    yield f"{subject.names[0]}, {name} at {unit}", visualize.explain(
        subject.model, name, unit, subject.images[0]).figure()


@picture("Training")
def learning_curves(subject: Subject) -> Drawn:
    """Loss and accuracy, epoch by epoch."""
    if not subject.history:
        raise _checks.error("learning_curves", "nothing is recorded of the training", cure=
                            "Give history=model.fit(...).")
    yield "", visualize.learning_curves(subject.history)


@picture("Which classes are taken for which")
def confusion_matrix(subject: Subject) -> Drawn:
    """Counted on images that were held out."""
    _, truth, answers = subject.judged
    yield "", visualize.confusion_matrix(truth, answers, len(subject.classes), names=subject.classes)


@picture("Mistakes")
def misclassified(subject: Subject) -> Drawn:
    """Images that were held out and are answered wrong."""
    yield "", visualize.misclassified(*subject.judged, names=subject.classes)


@picture("Weights")
def weights(subject: Subject) -> Drawn:
    """How the weights of each layer are spread."""
    yield "", visualize.histograms(subject.model)


@picture("Dead and saturated units")
def dead_units(subject: Subject) -> Drawn:
    """Units that say the same whatever they see: ReLUs that are never above zero, tanhs at their ends."""
    yield "", visualize.dead_unit_bars(subject.model, subject.many)


def _layers(subject: Subject, *kinds: type[Layer]) -> list[Layer]:
    return [layer for layer in subject.model.layers if isinstance(layer, kinds)]
