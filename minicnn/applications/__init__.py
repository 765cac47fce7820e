"""Networks of the literature: one file per paper, the paper's table in the docstring.

`LeNet5` and `LeNet5Modern` have arguments of their own; all others are called as in Keras::

    model = ResNet50(include_top=True, weights=None, input_shape=(224, 224, 3), classes=1000)

include_top: whether the classifier at the end is there.
weights: a file of weights, of Keras (.h5, .weights.h5, .keras) or .safetensors, or None for random ones. Nothing is
    downloaded; the error for a file that is missing names it. Keras's own default is "imagenet". `LeNet5` and
    `LeNet5Modern` come trained: ``weights="mnist"``.
input_shape: (height, width, channels) of the images; the paper's where not given. Unlike in Keras, a network without
    its top has a fixed size as well.
pooling: of a network without its top: "avg" or "max" over each map of the last layer, or None for the maps.
classes, classifier_activation: of the classifier; classifier_activation=None gives logits.
name: of the model.

Parameters are made when they are first asked for, so even the largest is built in no time. The modules have Keras's
names where Keras has the network: ``from minicnn.applications.vgg16 import VGG16, preprocess_input``.
"""

from collections.abc import Callable
from functools import partial

from minicnn.applications.alexnet import AlexNet
from minicnn.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from minicnn.applications.googlenet import GoogLeNet
from minicnn.applications.lenet1 import LeNet1
from minicnn.applications.lenet5 import LeNet5, lenet5_images
from minicnn.applications.lenet5_modern import LeNet5Modern
from minicnn.applications.mnist_convnet import MNISTConvNet
from minicnn.applications.resnet import (
    PlainNet18,
    PlainNet34,
    ResNet18,
    ResNet34,
    ResNet50,
    ResNet101,
    ResNet152,
)
from minicnn.applications.resnet_cifar import ResNetCIFAR
from minicnn.applications.resnext import ResNeXt50
from minicnn.applications.vgg import VGG11, VGG11LRN, VGG13, VGG16, VGG16C, VGG19
from minicnn.models import Model

NETWORKS: dict[str, Callable[[], Model]] = {
    "lenet1": LeNet1, "lenet5": LeNet5, "lenet5-modern": LeNet5Modern, "mnist-convnet": MNISTConvNet,
    "alexnet": AlexNet, "alexnet-one-tower": partial(AlexNet, towers=1, name="alexnet_one_tower"),
    "vgg11": VGG11, "vgg11-lrn": VGG11LRN, "vgg13": VGG13, "vgg16c": VGG16C, "vgg16": VGG16, "vgg19": VGG19,
    "googlenet": GoogLeNet, "googlenet-auxiliary": partial(GoogLeNet, auxiliary=True, name="googlenet_auxiliary"),
    "plainnet18": PlainNet18, "plainnet34": PlainNet34, "resnet18": ResNet18, "resnet34": ResNet34,
    "resnet50": ResNet50, "resnet101": ResNet101, "resnet152": ResNet152,
    **{f"resnet{depth}-cifar": partial(ResNetCIFAR, depth) for depth in (20, 32, 44, 56, 110)},
    "resnext50": ResNeXt50, "densenet121": DenseNet121, "densenet169": DenseNet169, "densenet201": DenseNet201,
}
"""The networks by the names that the command line knows, oldest first; called without arguments, each is the paper's.

ResNetCIFAR can have any depth; these are those of the paper but for 1202.
"""

__all__ = [
    "VGG11", "VGG11LRN", "VGG13", "VGG16", "VGG16C", "VGG19", "AlexNet", "DenseNet121", "DenseNet169",
    "DenseNet201", "GoogLeNet", "LeNet1", "LeNet5", "LeNet5Modern", "MNISTConvNet", "PlainNet18", "PlainNet34",
    "ResNeXt50", "ResNet18", "ResNet34", "ResNet50", "ResNet101", "ResNet152", "ResNetCIFAR", "lenet5_images",
]
