"""Networks of the literature: one file per paper, the paper's table in the docstring."""

from minicnn.applications.lenet5 import LeNet5, lenet5_images
from minicnn.applications.lenet5_modern import LeNet5Modern

__all__ = ["LeNet5", "LeNet5Modern", "lenet5_images"]
