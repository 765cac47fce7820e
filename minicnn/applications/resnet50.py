"""ResNet50 under the name of Keras's module; see `minicnn.applications.resnet`."""

from minicnn.applications.resnet import ResNet50, preprocess_input

__all__ = ["ResNet50", "preprocess_input"]
