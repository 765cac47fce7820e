"""Fashion-MNIST: 70,000 pictures of garments and shoes in ten classes, 28 x 28 gray levels each."""

from minicnn._types import Array
from minicnn.datasets import _folders
from minicnn.datasets._published import DataSet

FASHION_MNIST = DataSet("Fashion-MNIST", "fashion_mnist", (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
))

CLASS_NAMES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
               "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
"""What the labels 0 ... 9 mean."""


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Fashion-MNIST in Keras's form: ``(x_train, y_train), (x_test, y_test)``.

    ===========  ================  =======  ==============================================
    ``x_train``  (60000, 28, 28)   uint8    gray levels, 0 background ... 255 the thing
    ``y_train``  (60000,)          uint8    the class 0 ... 9, see ``CLASS_NAMES``
    ``x_test``   (10000, 28, 28)   uint8    images to judge by
    ``y_test``   (10000,)          uint8    the class 0 ... 9
    ===========  ================  =======  ==============================================

    Every call returns new, writable arrays. The four IDX files have the same names as those of MNIST. Plain or
    packed (``.gz``), they are looked for in the folder ``fashion_mnist`` of the data folder. This is
    ``$MINICNN_DATA``, else ``minicnn`` in the platform's cache (``~/.cache`` on Linux). What is not there is
    downloaded, 31 MB in all. Each file must be the published one, byte for byte.

    Source: H. Xiao, K. Rasul, R. Vollgraf 2017, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
    Learning Algorithms", arXiv:1708.07747; copyright Zalando SE, MIT license.

    Raises:
        MinicnnError: as in `minicnn.datasets.mnist.load_data`.
    """
    return FASHION_MNIST.load([_folders.data_folder() / FASHION_MNIST.folder])
