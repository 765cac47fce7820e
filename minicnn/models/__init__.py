"""Models: Keras's face over a graph."""

from minicnn.layers.nodes import Input
from minicnn.models.files import load_model, save_model
from minicnn.models.model import Model
from minicnn.models.sequential import Sequential

__all__ = ["Input", "Model", "Sequential", "load_model", "save_model"]
