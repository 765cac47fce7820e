"""Column E of VGG's table, under Keras's name; see `minicnn.applications.vgg`."""

from minicnn._types import Array
from minicnn.applications import imagenet_utils
from minicnn.applications.vgg import VGG19

__all__ = ["VGG19", "preprocess_input"]


def preprocess_input(x: Array) -> Array:
    """Pixels 0 to 255 as Keras's weights want them: blue, green, red, each minus its mean over ImageNet."""
    return imagenet_utils.preprocess_input(x, mode="caffe")
