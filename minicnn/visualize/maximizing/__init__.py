"""Activation maximization: what would a class, a channel or a unit like to see?"""

from minicnn.visualize.maximizing.ascent import Maximized, maximize_activation
from minicnn.visualize.maximizing.recipes import Classic, Recipe, Regularized
from minicnn.visualize.maximizing.sheet import maximized_activations

__all__ = ["Classic", "Maximized", "Recipe", "Regularized", "maximize_activation", "maximized_activations"]
