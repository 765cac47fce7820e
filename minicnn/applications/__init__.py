"""Networks of the literature: one file per paper, the paper's table in the docstring."""

from collections.abc import Callable

from minicnn.applications.lenet5 import LeNet5, lenet5_images
from minicnn.applications.lenet5_modern import LeNet5Modern
from minicnn.models import Model

NETWORKS: dict[str, Callable[[], Model]] = {
    "lenet5": LeNet5,
    "lenet5-modern": LeNet5Modern,
}
"""Every network by the name that the command line knows; called without arguments, it is the one of the paper."""

__all__ = ["NETWORKS", "LeNet5", "LeNet5Modern", "lenet5_images"]
