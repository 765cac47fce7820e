"""The methods by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from minicnn._types import Array
from minicnn.visualize.attribution.gradients import gradient_x_input, saliency
from minicnn.visualize.attribution.integrated import integrated_gradients

if TYPE_CHECKING:
    from minicnn.models import Model

Method: TypeAlias = Callable[["Model", Any, Array, int], Any]
METHODS: dict[str, Method] = {
    "vanilla": lambda model, x, classes, verbose: saliency(model, x, classes, verbose=verbose),
    "guided": lambda model, x, classes, verbose: saliency(model, x, classes, "guided", verbose=verbose),
    "deconvnet": lambda model, x, classes, verbose: saliency(model, x, classes, "deconvnet", verbose=verbose),
    "gradient_x_input": lambda model, x, classes, verbose: gradient_x_input(model, x, classes, verbose=verbose),
    "integrated_gradients": lambda model, x, classes, verbose: integrated_gradients(
        model, x, classes, verbose=verbose).attributions,
}
"""Each takes a model, a batch, the class of each image, and `verbose`; it gives an array like the batch."""
