"""Where one number of a network comes from: an activation, and the gradient of a weight."""

from minicnn.visualize.explaining.activation import Explanation, explain
from minicnn.visualize.explaining.gradient import GradientExplanation, explain_gradient

__all__ = ["Explanation", "GradientExplanation", "explain", "explain_gradient"]
